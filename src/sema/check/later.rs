//! Constructs of later versions: each is refused with one message, and the names in it are looked up all the same.
//! What else may be wrong in one is not told, for nothing runs it yet.

use super::checker::Checker;
use crate::{
    base::distance::did_you_mean,
    diag::{Diagnostic, codes},
    sema::{errors::names, names::Def, ty::Ty, types},
    syntax::ast::{self, EffectKind, Ident, PageElement, Param, ProcessKind, RuleEffect},
};

/// Whether a message is about a name, and not about a construct.
fn is_about_names(message: &Diagnostic) -> bool {
    message.code.0.starts_with("E02") && message.code != codes::E0206
}

impl Checker<'_> {
    /// Looks at a construct of a later version, and keeps only what is said about names.
    pub(super) fn names_only(&mut self, look: impl FnOnce(&mut Self)) {
        let mut messages = std::mem::take(&mut self.messages);
        let flow = self.flow.clone();
        let outer = std::mem::replace(&mut self.is_later, true);
        look(self);
        self.is_later = outer;
        self.flow = flow;
        messages.extend(std::mem::take(&mut self.messages).into_iter().filter(is_about_names));
        self.messages = messages;
    }

    /// A statement of a later version.
    pub(super) fn later_stmt_names(&mut self, kind: &ast::StmtKind) {
        self.names_only(|checker| match kind {
            ast::StmtKind::Saga(body) => drop(checker.block(body)),
            ast::StmtKind::Undo { stmt, undo } => {
                checker.stmt(stmt, &mut Vec::new());
                drop(checker.block(undo));
            }
            ast::StmtKind::Give(value) => drop(checker.expr(value, None)),
            ast::StmtKind::Page { title, elements } => checker.page_names(title, elements),
            ast::StmtKind::Rule(effect) => checker.rule_names(effect),
            _ => {}
        });
    }

    /// A statement of a test of a later version.
    pub(super) fn later_test_names(&mut self, stmt: &ast::TestStmt) {
        self.names_only(|checker| match stmt {
            ast::TestStmt::Answer { who, fields, .. } => {
                match &who.kind {
                    ast::ExprKind::TypeName(dialog) => checker.later_name(dialog, "dialog", "dialog"),
                    _ => drop(checker.expr(who, None)),
                }
                checker.values_for_anything(fields.iter().map(|field| &field.value));
            }
            _ => {}
        });
    }

    /// Values of which nobody can say yet what they are for: they may be bare members.
    pub(super) fn values_for_anything<'a>(&mut self, values: impl Iterator<Item = &'a ast::Expr>) {
        let outer = std::mem::replace(&mut self.is_for_anything, true);
        self.names_only(|checker| values.for_each(|value| drop(checker.expr(value, None))));
        self.is_for_anything = outer;
    }

    /// An effect of a later version, and the type of what it gives, where that is known.
    pub(super) fn later_effect_names(&mut self, effect: &EffectKind) -> Ty {
        let mut given = Ty::Error;
        self.names_only(|checker| match effect {
            EffectKind::Ask { user, title, fields, due } => {
                let values = [Some(user), Some(title), due.as_ref()];
                values.into_iter().flatten().for_each(|value| drop(checker.expr(value, None)));
                let answers = fields.iter().map(|field| (field.name.name.clone(), checker.input_type(field)));
                given = Ty::Named(answers.collect());
            }
            EffectKind::Parallel { branches, .. } => branches.iter().for_each(|(_, body)| drop(checker.block(body))),
            EffectKind::ParallelFor { name, source, limit, body } => {
                limit.iter().for_each(|limit| drop(checker.expr(limit, None)));
                let element = checker.source(source).map_or(Ty::Error, |elements| elements.ty);
                checker.scoped(|checker| {
                    checker.declare(name, element, false);
                    checker.block(body)
                });
            }
            _ => {}
        });
        given
    }

    /// In a dialog, what a page within a block asks for is known behind the block too: it may be absent there.
    pub(super) fn answers_within(&mut self, stmt: &ast::Stmt) {
        if self.host.kind() != Some(ProcessKind::Dialog) {
            return;
        }
        let mut answers = Vec::new();
        asked_within(stmt, &mut answers);
        for answer in answers {
            if self.lookup(&answer.name).is_none() {
                self.declare(answer, Ty::Error, false);
            }
        }
    }

    /// The type of an input, after a look at its default.
    pub(super) fn input_type(&mut self, input: &Param) -> Ty {
        let ty = self.resolve(&input.ty);
        if let Some(default) = &input.default {
            drop(self.expr(default, Some(&ty)));
        }
        ty
    }

    /// A page: its answers are names for what follows.
    fn page_names(&mut self, title: &ast::Expr, elements: &[PageElement]) {
        drop(self.expr(title, None));
        for element in elements {
            match element {
                PageElement::Error(_) => {}
                PageElement::Say(words) => drop(self.expr(words, None)),
                PageElement::Ask { param, question, help, from, .. } => {
                    let values = [Some(question), help.as_ref(), from.as_ref()];
                    values.into_iter().flatten().for_each(|value| drop(self.expr(value, None)));
                    let ty = self.input_type(param);
                    self.declare(&param.name, ty, false);
                }
            }
        }
    }

    fn rule_names(&mut self, effect: &RuleEffect) {
        let target = self.expr(&effect.target, None);
        if let Some(value) = &effect.value {
            drop(self.expr(value, Some(&target.ty)));
        }
        effect.messages.iter().chain(&effect.when).for_each(|value| drop(self.expr(value, None)));
    }

    /// The name of a declaration that comes with a later version, or a message.
    pub(super) fn later_name(&mut self, name: &Ident, kind: &str, words: &str) {
        match self.names.get(self.file, &name.name).map(|entry| (&entry.def, entry.span)) {
            Some((Def::Later(found), _)) if *found == kind => {}
            Some((Def::Broken | Def::Later(_), _)) => {}
            Some((other, declared)) => {
                let expected = format!("{} {words}", if words.starts_with('e') { "an" } else { "a" });
                let message = names::wrong_kind(&name.name, types::kind_words(other), &expected, name.span, declared);
                self.report(message);
            }
            None => {
                let known = self.names.entries.iter();
                let known = known.filter(|(_, entry)| matches!(entry.def, Def::Later(found) if found == kind));
                let near = did_you_mean(&name.name, known.map(|(name, _)| name.as_str()));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                self.report(names::unknown_process(words, &name.name, name.span, &near));
            }
        }
    }
}

/// The names of answers that pages in the blocks of a statement ask for.
fn asked_within<'a>(stmt: &'a ast::Stmt, answers: &mut Vec<&'a Ident>) {
    let blocks: Vec<&ast::Block> = match &stmt.kind {
        ast::StmtKind::If { branches, otherwise } => branches.iter().map(|(_, body)| body).chain(otherwise).collect(),
        ast::StmtKind::Match { arms, .. } => arms.iter().map(|arm| &arm.body).collect(),
        ast::StmtKind::For { body, .. } | ast::StmtKind::While { body, .. } | ast::StmtKind::Stage { body, .. } => {
            vec![body]
        }
        ast::StmtKind::Try { body, catches, finally } => {
            std::iter::once(body).chain(catches.iter().map(|catch| &catch.body)).chain(finally).collect()
        }
        _ => Vec::new(),
    };
    for inner in blocks.into_iter().flat_map(|block| &block.stmts) {
        if let ast::StmtKind::Page { elements, .. } = &inner.kind {
            answers.extend(elements.iter().filter_map(|element| match element {
                PageElement::Ask { param, .. } => Some(&param.name),
                PageElement::Error(_) | PageElement::Say(_) => None,
            }));
        }
        asked_within(inner, answers);
    }
}
