//! Arithmetic: which operands go together, and what they give.

use super::checker::{Checker, error};
use crate::{
    base::{span::Span, value::Value},
    diag::Diagnostic,
    sema::{
        errors::{types, uses},
        hir::{Arithmetic, Expr, ExprKind},
        ty::Ty,
    },
    syntax::ast,
};

impl Checker<'_> {
    /// Arithmetic as written.
    pub(super) fn arithmetic(
        &mut self,
        op: Arithmetic,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Expr {
        if op == Arithmetic::Subtract
            && let Some(message) = self.hyphenated(left, op_span, right)
        {
            return self.refuse(message, span);
        }
        let left = self.expr(left, None);
        // What is appended to a list or set is one of the same kind.
        let like = Some(&left.ty).filter(|ty| op == Arithmetic::Append && matches!(ty, Ty::List(_) | Ty::Set(_)));
        let right = self.expr(right, like);
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return error(span);
        }
        if self.is_moment && (left.ty.is_optional() || right.ty.is_optional()) {
            return self.lifted(op, op_span, left, right, span);
        }
        let left = self.present(left);
        let right = self.present(right);
        self.calculate(op, op_span, left, right, span)
    }

    /// `deal.total-price`: a difference of two names without spaces, the second of which is unknown, is meant as one.
    fn hyphenated(&self, left: &ast::Expr, sign: Span, right: &ast::Expr) -> Option<Diagnostic> {
        let ast::ExprKind::Name(last) = &right.kind else { return None };
        let first = match &left.kind {
            ast::ExprKind::Name(name) | ast::ExprKind::Member { name, .. } => name,
            _ => return None,
        };
        let is_one_word = first.span.end == sign.start && sign.end == last.span.start;
        (is_one_word && self.is_unknown(last))
            .then(|| uses::hyphenated(&first.name, &last.name, first.span.to(last.span)))
    }

    /// In a moment, absent values are passed on.
    fn lifted(&mut self, op: Arithmetic, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        let (first, is_left) = if left.ty.is_optional() { (left.clone(), true) } else { (right.clone(), false) };
        let result = self.map_present(first, |checker, present| {
            let (left, right) = if is_left { (present, right) } else { (left, present) };
            let value = if left.ty.is_optional() || right.ty.is_optional() {
                checker.lifted(op, op_span, left, right, span)
            } else {
                checker.calculate(op, op_span, left, right, span)
            };
            if value.ty == Ty::Error { Err(value) } else { Ok(value) }
        });
        result.unwrap_or_else(|_| error(span))
    }

    /// Arithmetic of two present values.
    pub(super) fn calculate(&mut self, op: Arithmetic, op_span: Span, left: Expr, right: Expr, span: Span) -> Expr {
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return error(span);
        }
        if let (Ty::MoneyIn(a), Ty::MoneyIn(b)) = (&left.ty, &right.ty)
            && a != b
            && matches!(op, Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Divide)
        {
            return self.refuse(types::currencies_differ(*a, *b, right.span, Some(left.span)), span);
        }
        let swaps = op == Arithmetic::Multiply
            && matches!(left.ty, Ty::Int | Ty::Decimal)
            && matches!(right.ty, Ty::Money | Ty::MoneyIn(_) | Ty::Duration);
        let (left, right) = if swaps { (right, left) } else { (left, right) };
        let Some((to_left, to_right, ty)) = arithmetic_types(op, &left.ty, &right.ty) else {
            let (a, b) = (self.show(&left.ty), self.show(&right.ty));
            return self.refuse(types::cannot_calculate(op, &a, &b, op_span, left.span, right.span), span);
        };
        if left.ty == Ty::Date
            && let ExprKind::Const(Value::Duration(duration)) = &right.kind
            && duration.micros != 0
        {
            return self.refuse(types::exact_time_on_date(right.span), span);
        }
        if left.ty == Ty::Time
            && let ExprKind::Const(Value::Duration(duration)) = &right.kind
            && (duration.months != 0 || duration.days != 0)
        {
            return self.refuse(types::days_on_time(right.span), span);
        }
        let left = self.coerce(left, &to_left, None);
        let right = self.coerce(right, &to_right, None);
        Expr { kind: ExprKind::Arithmetic(op, Box::new(left), Box::new(right)), ty, span }
    }
}

/// What the operands become, and the type of the result.
fn arithmetic_types(op: Arithmetic, left: &Ty, right: &Ty) -> Option<(Ty, Ty, Ty)> {
    use Arithmetic::{Add, Append, Divide, IntDivide, Modulo, Multiply, Subtract};
    let same = |ty: &Ty| Some((ty.clone(), ty.clone(), ty.clone()));
    let keep = |ty: Ty| Some((left.clone(), right.clone(), ty));
    match (op, left, right) {
        (Append, Ty::Text, Ty::Text) => same(&Ty::Text),
        (Append, Ty::List(a), Ty::List(b)) | (Append, Ty::Set(a), Ty::Set(b)) if a == b => same(left),
        (Append, ..) => None,
        (Divide, Ty::Int | Ty::Decimal, Ty::Int | Ty::Decimal) => same(&Ty::Decimal),
        (_, Ty::Int, Ty::Int) => same(&Ty::Int),
        (_, Ty::Int | Ty::Decimal, Ty::Int | Ty::Decimal) => same(&Ty::Decimal),
        (Add | Subtract | Multiply | Divide | Modulo, Ty::Float, Ty::Float) => same(left),
        (IntDivide | Modulo, ..) => None,
        (Add | Subtract, Ty::MoneyIn(_), Ty::MoneyIn(_)) => same(left),
        (Add | Subtract, Ty::Money | Ty::MoneyIn(_), Ty::Money | Ty::MoneyIn(_)) => same(&Ty::Money),
        (Multiply | Divide, Ty::Money | Ty::MoneyIn(_), Ty::Int | Ty::Decimal) => keep(left.clone()),
        (Divide, Ty::MoneyIn(_), Ty::MoneyIn(_)) => keep(Ty::Decimal),
        (Divide, Ty::Money | Ty::MoneyIn(_), Ty::Money | Ty::MoneyIn(_)) => Some((Ty::Money, Ty::Money, Ty::Decimal)),
        (Add | Subtract, Ty::Date | Ty::DateTime | Ty::Time, Ty::Duration) => keep(left.clone()),
        (Subtract, Ty::Date, Ty::Date) | (Subtract, Ty::DateTime, Ty::DateTime) | (Subtract, Ty::Time, Ty::Time) => {
            keep(Ty::Duration)
        }
        (Add | Subtract, Ty::Duration, Ty::Duration) => same(&Ty::Duration),
        (Multiply, Ty::Duration, Ty::Int) => keep(Ty::Duration),
        _ => None,
    }
}
