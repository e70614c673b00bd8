//! Constructs of later versions: each is refused with one message, and the names in it are looked up all the same.
//! What else may be wrong in one is not told, for nothing runs it yet.

use super::checker::Checker;
use crate::{
    base::distance::did_you_mean,
    diag::{Diagnostic, codes},
    sema::{errors::names, names::Def, ty::Ty, types},
    syntax::ast::{self, EffectKind, Ident, PageElement, Param, RuleEffect},
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
        look(self);
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

    /// An effect of a later version.
    pub(super) fn later_effect_names(&mut self, effect: &EffectKind) {
        self.names_only(|checker| match effect {
            EffectKind::Ask { user, title, fields, due } => {
                let values = [Some(user), Some(title), due.as_ref()];
                values.into_iter().flatten().for_each(|value| drop(checker.expr(value, None)));
                fields.iter().for_each(|field| drop(checker.input_type(field)));
            }
            EffectKind::SendTemplate { template, args, to } => {
                checker.later_name(template, "email", "e-mail template");
                args.iter().for_each(|arg| drop(checker.expr(&arg.value, None)));
                to.iter().for_each(|(_, party)| drop(checker.expr(party, None)));
            }
            EffectKind::SendFields(fields) => {
                fields.iter().for_each(|field| drop(checker.expr(&field.value, None)));
            }
            EffectKind::Parallel { branches, .. } => branches.iter().for_each(|(_, body)| drop(checker.block(body))),
            EffectKind::ParallelFor { name, source, limit, body } => {
                limit.iter().for_each(|limit| drop(checker.expr(limit, None)));
                let element = match checker.expr(source, None).ty {
                    Ty::List(element) | Ty::Set(element) => *element,
                    _ => Ty::Error,
                };
                checker.scoped(|checker| {
                    checker.declare(name, element, false);
                    checker.block(body)
                });
            }
            _ => {}
        });
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
