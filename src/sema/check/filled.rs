//! Whether people have filled in a step of a flow: it has a value, a text is not empty, and a question is answered with yes.

use super::checker::{Checker, constant, error};
use crate::{
    base::{span::Span, value::Value},
    sema::{hir::Expr, ty::Ty},
    syntax::ast::{self, Arg, BinaryOp, ExprKind, IsTest},
};

impl Checker<'_> {
    /// `<filled>(lead.budget)`, which only flows write.
    pub(super) fn filled(&mut self, args: &[Arg], span: Span) -> Expr {
        let [Arg { value, .. }] = args else { return error(span) };
        let ty = self.expr(value, None).ty;
        let of = |kind: ExprKind| ast::Expr { kind, span };
        let binary = |op: BinaryOp, right: ExprKind| {
            of(ExprKind::Binary { op, op_span: span, left: Box::new(value.clone()), right: Box::new(of(right)) })
        };
        let is_there = of(ExprKind::Is { value: Box::new(value.clone()), test: IsTest::None, negated: true });
        let empty = || ExprKind::Text(ast::TextLiteral { parts: Vec::new() });
        let test = match (&ty, ty.present()) {
            (Ty::Error, _) => return error(span),
            (_, Ty::Bool) => binary(BinaryOp::Equal, ExprKind::Bool(true)),
            (Ty::Optional(_), Ty::Text) => {
                let written = binary(BinaryOp::NotEqual, empty());
                let (left, right) = (Box::new(is_there), Box::new(written));
                of(ExprKind::Binary { op: BinaryOp::And, op_span: span, left, right })
            }
            (_, Ty::Text) => binary(BinaryOp::NotEqual, empty()),
            (Ty::Optional(_), _) => is_there,
            (_, Ty::List(_) | Ty::Set(_)) => binary(BinaryOp::NotEqual, ExprKind::List(Vec::new())),
            _ => return constant(Value::Bool(true), Ty::Bool, span),
        };
        self.expr(&test, None)
    }
}
