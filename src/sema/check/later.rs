//! Constructs of later versions: each is refused with one message, and the names in it are looked up all the same.
//! What else may be wrong in one is not told, for nothing runs it yet.

use super::checker::Checker;
use crate::{
    base::distance::did_you_mean,
    diag::{Diagnostic, codes},
    sema::{errors::names, names::Def, types},
    syntax::ast::{self, Ident, RuleEffect},
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
            ast::StmtKind::Rule(effect) => checker.rule_names(effect),
            _ => {}
        });
    }

    /// Values of which nobody can say yet what they are for: they may be bare members.
    pub(super) fn values_for_anything<'a>(&mut self, values: impl Iterator<Item = &'a ast::Expr>) {
        let outer = std::mem::replace(&mut self.is_for_anything, true);
        self.names_only(|checker| values.for_each(|value| drop(checker.expr(value, None))));
        self.is_for_anything = outer;
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
