//! What every check reads, and where it reports.

use super::{answers::Answers, hir::Body, names::Names, schema::Schema, schema::Settings, ty::Ty, types};
use crate::base::span::FileId;
use crate::diag::{Diagnostic, Sink};
use crate::syntax::ast;

/// All names and declarations, the file whose text is checked, and the sink for messages.
pub struct Context<'a> {
    /// What names stand for.
    pub names: &'a Names,
    /// What is declared.
    pub schema: &'a Schema,
    /// Facts of the project.
    pub settings: &'a Settings,
    /// The typed bodies of functions, where they are known already: a condition is woken by what they read.
    pub functions: &'a [Body],
    /// What people are asked, where it is known already: tests answer it.
    pub answers: &'a Answers,
    /// The file that is checked: it decides which library names are seen.
    pub file: FileId,
    /// Where messages go.
    pub sink: &'a mut Sink,
}

impl Context<'_> {
    /// The type that `written` stands for; `Ty::Error` after a message.
    pub fn resolve_type(&mut self, written: &ast::TypeExpr) -> Ty {
        types::resolve(self.names, self.file, written, self.sink)
    }

    /// Adds a message.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// The type as its author would write it.
    #[must_use]
    pub fn show(&self, ty: &Ty) -> String {
        self.schema.show(ty)
    }
}
