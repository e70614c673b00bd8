//! `answer ann { … }`, `answer QualifyCall { … }` in tests.

use super::checker::Checker;
use crate::{
    base::distance::did_you_mean,
    sema::{
        answers::Types,
        errors::forms as errors,
        hir::{Expr, TestStmt},
        names::Def,
        ty::Ty,
        types::Wanted,
    },
    syntax::ast::{self, FieldInit, Ident, ProcessKind},
};

impl Checker<'_> {
    /// Fills in a form, or submits a page.
    pub(super) fn answer(&mut self, who: &ast::Expr, fields: &[FieldInit], back: bool) -> Option<TestStmt> {
        if let ast::ExprKind::TypeName(dialog) = &who.kind {
            return self.answer_page(dialog, fields, back);
        }
        let user = self.expr(who, None);
        if user.ty != Ty::Error && user.ty != self.core_entity("User") {
            let shown = self.show(&user.ty);
            self.report(errors::not_asked(&shown, user.span));
        }
        if back {
            self.report(errors::form_back(who.span));
            return None;
        }
        let known = &self.answers.forms;
        let fields = self.answered("no form", known, fields);
        Some(TestStmt::AnswerForm { user, fields })
    }

    fn answer_page(&mut self, dialog: &Ident, fields: &[FieldInit], back: bool) -> Option<TestStmt> {
        let schema = self.schema;
        let found = match self.find_named(dialog, Wanted::Process) {
            Some(Def::Process(process)) => schema.process(process).map(|head| (process, head)),
            _ => None,
        };
        let Some((process, head)) = found else {
            self.values_for_anything(fields.iter().map(|field| &field.value));
            return None;
        };
        if head.kind != ProcessKind::Dialog {
            self.report(errors::not_asked(&head.name, dialog.span));
            return None;
        }
        if back {
            return Some(TestStmt::Back(process));
        }
        let none = Types::new();
        let known = self.answers.pages.get(&process).unwrap_or(&none);
        let fields = self.answered(&format!("no page of `{}`", head.name), known, fields);
        Some(TestStmt::AnswerPage { process, fields })
    }

    /// The answers, each of the type that is asked for.
    fn answered(&mut self, of: &str, known: &Types, fields: &[FieldInit]) -> Vec<(String, Expr)> {
        let mut answered = Vec::new();
        for field in fields {
            let Some(types) = known.get(&field.name.name) else {
                self.values_for_anything(std::iter::once(&field.value));
                let near = did_you_mean(&field.name.name, known.keys().map(String::as_str));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                self.report(errors::unknown_answer(of, &field.name.name, field.name.span, &near));
                continue;
            };
            let mut types = types.iter();
            // Several forms may ask for one name: what fits none of them is told when the test runs.
            let value = match (types.next(), types.next()) {
                (Some(ty), None) => self.expr_as(&field.value, ty, None),
                _ => self.expr(&field.value, None),
            };
            answered.push((field.name.name.clone(), value));
        }
        answered
    }
}
