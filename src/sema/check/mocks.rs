//! `mock ScoreCredit(_) => (score: 700)` in tests.

use super::checker::Checker;
use crate::{
    base::{distance::did_you_mean, value::Value},
    sema::{
        errors::{calls, uses},
        hir::{Expr, ExprKind, MockAnswer, TestStmt},
        names::Def,
        schema::{ParamHead, ProcessHead, ProcessId},
        ty::Ty,
        types::Wanted,
    },
    syntax::ast::{self, Arg, Ident, ProcessKind},
};

impl Checker<'_> {
    /// An answer for an activity; inputs that are not named may be anything.
    pub(super) fn mock(&mut self, callee: &Ident, args: &[Option<Arg>], answer: &ast::MockAnswer) -> Option<TestStmt> {
        let schema = self.schema;
        let found = self.activity_named(callee);
        let Some((process, head)) = found.and_then(|id| Some((id, schema.process(id)?))) else {
            args.iter().flatten().for_each(|arg| drop(self.expr(&arg.value, Some(&Ty::Error))));
            match answer {
                ast::MockAnswer::Value(value) => drop(self.expr(value, Some(&Ty::Error))),
                ast::MockAnswer::Raise(error, fields) => drop(self.raised(error, fields, error.span)),
            }
            return None;
        };
        let inputs = self.mocked_inputs(callee, head, args);
        let answer = match answer {
            ast::MockAnswer::Value(value) => MockAnswer::Value(self.mocked_result(callee, head, value)),
            ast::MockAnswer::Raise(error, fields) => {
                let value = self.raised(error, fields, error.span);
                match value.ty {
                    Ty::Record(error) => MockAnswer::Raise(error, value),
                    _ => return None,
                }
            }
        };
        Some(TestStmt::Mock { process, inputs, answer })
    }

    fn activity_named(&mut self, callee: &Ident) -> Option<ProcessId> {
        let def = self.find_named(callee, Wanted::Process)?;
        let Def::Process(process) = def else { return None };
        let head = self.schema.process(process)?;
        if head.kind != ProcessKind::Activity {
            let is = super::super::heads::kind_word(head.kind);
            self.report(calls::mock_of_other(&head.name, is, callee.span, head.span));
            return None;
        }
        Some(process)
    }

    /// The inputs that are given, by their place; the primary record is the first.
    fn mocked_inputs(&mut self, callee: &Ident, head: &ProcessHead, args: &[Option<Arg>]) -> Vec<(u16, Expr)> {
        let takes: Vec<&ParamHead> = head.primary.iter().chain(&head.params).collect();
        let mut inputs: Vec<(u16, Expr)> = Vec::new();
        for (place, arg) in args.iter().enumerate() {
            let Some(arg) = arg else { continue };
            let index = match &arg.name {
                Some(name) => takes.iter().position(|param| param.name == name.name),
                None => (place < takes.len()).then_some(place),
            };
            let found = index.and_then(|index| Some((u16::try_from(index).ok()?, takes.get(index)?)));
            let Some((index, param)) = found else {
                self.expr(&arg.value, Some(&Ty::Error));
                let message = match &arg.name {
                    Some(name) => {
                        let near = did_you_mean(&name.name, takes.iter().map(|param| param.name.as_str()));
                        uses::unknown_argument(&head.name, &name.name, name.span, head.span, &near)
                    }
                    None => calls::too_many_arguments(&head.name, takes.len(), callee.span, head.span),
                };
                self.report(message);
                continue;
            };
            if inputs.iter().any(|(known, _)| *known == index) {
                self.report(uses::given_twice(&param.name, arg.value.span));
            }
            let value = self.expr_as(&arg.value, &param.ty, Some(param.span));
            inputs.push((index, value));
        }
        inputs
    }

    fn mocked_result(&mut self, callee: &Ident, head: &ProcessHead, value: &ast::Expr) -> Option<Expr> {
        if head.result != Ty::Void {
            let result = self.expr_as(value, &head.result, Some(head.span));
            return Some(self.limited(result, head.result_max, Some(head.span)));
        }
        let given = self.expr(value, Some(&Ty::Bool.optional()));
        let is_nothing = matches!(given.kind, ExprKind::Const(Value::None))
            || matches!(&given.kind, ExprKind::Convert(_, inner) if matches!(inner.kind, ExprKind::Const(Value::None)));
        if !is_nothing && given.ty != Ty::Error {
            self.report(calls::mock_gives_nothing(&callee.name, value.span, head.span));
        }
        None
    }
}
