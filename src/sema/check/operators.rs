//! Operators: which check reads which, and the logic of truths and absent values.

use super::checker::{Checker, error};
use crate::{
    base::span::Span,
    diag::codes,
    sema::{
        errors::types,
        hir::{Arithmetic, Comparison, Expr, ExprKind},
        ty::Ty,
    },
    syntax::ast::{self, BinaryOp, UnaryOp},
};

/// An operator with its place.
pub(super) type Operator = (BinaryOp, Span);

/// A truth.
pub(super) fn boolean(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, ty: Ty::Bool, span }
}

/// The negation of a truth.
pub(super) fn negated(value: Expr) -> Expr {
    let span = value.span;
    boolean(ExprKind::Not(Box::new(value)), span)
}

impl Checker<'_> {
    /// `-x`, `not x`.
    pub(super) fn unary(&mut self, op: UnaryOp, inner: &ast::Expr, expected: Option<&Ty>, span: Span) -> Expr {
        if op == UnaryOp::Not {
            let value = self.condition(inner);
            if let ExprKind::Compare(comparison, a, b) = &value.kind
                && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
                && (a.ty.is_optional() || b.ty.is_optional())
            {
                self.report(types::negated_comparison(span));
            }
            return boolean(ExprKind::Not(Box::new(value)), span);
        }
        let value = self.expr(inner, expected);
        let value = self.present(value);
        match &value.ty {
            Ty::Int | Ty::Decimal | Ty::Float | Ty::Money | Ty::MoneyIn(_) | Ty::Duration => {
                let ty = value.ty.clone();
                Expr { kind: ExprKind::Negate(Box::new(value)), ty, span }
            }
            Ty::Error => error(span),
            other => {
                let shown = self.show(other);
                self.refuse(types::cannot_negate(&shown, value.span), span)
            }
        }
    }

    /// `a + b`, `a and b`, `a == b`, …
    pub(super) fn binary(
        &mut self,
        op: Operator,
        left: &ast::Expr,
        right: &ast::Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        match op.0 {
            BinaryOp::And | BinaryOp::Or => self.logic(op.0 == BinaryOp::And, left, right, span),
            BinaryOp::Coalesce => self.coalesce(left, right, expected, span),
            BinaryOp::Equal => self.comparison(Comparison::Equal, op.1, left, right, span),
            BinaryOp::NotEqual => self.comparison(Comparison::NotEqual, op.1, left, right, span),
            BinaryOp::Less => self.comparison(Comparison::Less, op.1, left, right, span),
            BinaryOp::LessEqual => self.comparison(Comparison::LessEqual, op.1, left, right, span),
            BinaryOp::Greater => self.comparison(Comparison::Greater, op.1, left, right, span),
            BinaryOp::GreaterEqual => self.comparison(Comparison::GreaterEqual, op.1, left, right, span),
            BinaryOp::In => self.within(left, right, false, span),
            BinaryOp::NotIn => self.within(left, right, true, span),
            BinaryOp::Contains => self.contains(left, right, span),
            BinaryOp::StartsWith => self.text_test(Comparison::StartsWith, left, right, span),
            BinaryOp::EndsWith => self.text_test(Comparison::EndsWith, left, right, span),
            BinaryOp::Matches => self.matches(left, right, span),
            BinaryOp::Under => self.under(op.1, left, right, false, span),
            BinaryOp::UnderOrEqual => self.under(op.1, left, right, true, span),
            BinaryOp::NotUnder => negated(self.under(op.1, left, right, false, span)),
            BinaryOp::Add => self.arithmetic(Arithmetic::Add, op.1, left, right, span),
            BinaryOp::Subtract => self.arithmetic(Arithmetic::Subtract, op.1, left, right, span),
            BinaryOp::Append => self.arithmetic(Arithmetic::Append, op.1, left, right, span),
            BinaryOp::Multiply => self.arithmetic(Arithmetic::Multiply, op.1, left, right, span),
            BinaryOp::Divide => self.arithmetic(Arithmetic::Divide, op.1, left, right, span),
            BinaryOp::IntDivide => self.arithmetic(Arithmetic::IntDivide, op.1, left, right, span),
            BinaryOp::Modulo => self.arithmetic(Arithmetic::Modulo, op.1, left, right, span),
        }
    }

    fn logic(&mut self, is_and: bool, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let left = self.condition(left);
        let facts = self.facts_of(&left, is_and);
        let right = self.assuming(facts, |checker| checker.condition(right));
        let (left, right) = (Box::new(left), Box::new(right));
        boolean(if is_and { ExprKind::And(left, right) } else { ExprKind::Or(left, right) }, span)
    }

    fn coalesce(&mut self, left: &ast::Expr, right: &ast::Expr, expected: Option<&Ty>, span: Span) -> Expr {
        let wanted = expected.map(|ty| ty.clone().optional());
        let told = self.messages.len();
        let left = self.expr(left, wanted.as_ref());
        // `a?.b ?? c` of an `a` that is always there: one message for both signs.
        let is_told = self.messages.iter().skip(told).any(|message| message.code == codes::W0302);
        let inner = left.ty.present().clone();
        let facts = self.presence(&left, false);
        let right = self.assuming(facts, |checker| {
            checker.expr(right, Some(if inner == Ty::None { expected.unwrap_or(&inner) } else { &inner }))
        });
        match &left.ty {
            Ty::Error => return error(span),
            Ty::None => return right,
            Ty::Optional(_) => {}
            _ => {
                if !is_told {
                    self.report(types::never_absent(left.span, right.span));
                }
                return left;
            }
        }
        let Some(ty) = self.common(&inner, &right.ty) else {
            let (a, b) = (self.show(&inner), self.show(&right.ty));
            return self.refuse(types::alternatives_differ(&a, left.span, &b, right.span), span);
        };
        let right = self.coerce(right, &ty, None);
        let left = self.coerce(left, &ty.present().clone().optional(), None);
        Expr { kind: ExprKind::Coalesce(Box::new(left), Box::new(right)), ty, span }
    }
}
