//! Constructs of later versions: each is refused with one message, and the names in it are looked up all the same.
//! What else may be wrong in one is not told, for nothing runs it yet.

use super::checker::Checker;
use crate::{
    diag::{Diagnostic, codes},
    syntax::ast,
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

    /// Values of which nobody can say yet what they are for: they may be bare members.
    pub(super) fn values_for_anything<'a>(&mut self, values: impl Iterator<Item = &'a ast::Expr>) {
        let outer = std::mem::replace(&mut self.is_for_anything, true);
        self.names_only(|checker| values.for_each(|value| drop(checker.expr(value, None))));
        self.is_for_anything = outer;
    }
}
