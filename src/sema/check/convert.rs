//! Conversions: which values fit which types, and what is said where they do not.

use super::checker::{Checker, constant, error, read};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::types,
        hir::{Conversion, Expr, ExprKind},
        instead,
        schema::EntityId,
        ty::Ty,
    },
    syntax::ast,
};

impl Checker<'_> {
    /// An expression of the type `ty`. `cause` is where that type was declared.
    pub(super) fn expr_as(&mut self, written: &ast::Expr, ty: &Ty, cause: Option<Span>) -> Expr {
        let value = self.expr(written, Some(ty));
        self.coerce(value, ty, cause)
    }

    /// A condition.
    pub(super) fn condition(&mut self, written: &ast::Expr) -> Expr {
        let value = self.expr(written, Some(&Ty::Bool));
        if matches!(value.ty, Ty::Bool | Ty::Error) {
            return value;
        }
        let found = self.show(&value.ty);
        let is_truth = matches!(value.ty.present(), Ty::Bool);
        self.refuse(types::not_a_condition(&found, value.ty.is_optional(), is_truth, value.span), value.span)
    }

    /// The value as one of the type `to`, or a message.
    pub(super) fn coerce(&mut self, value: Expr, to: &Ty, cause: Option<Span>) -> Expr {
        match self.convert(value, to) {
            Ok(value) => value,
            Err(value) => {
                self.mismatch(&value, to, cause);
                error(value.span)
            }
        }
    }

    /// The value as one of the type `to`, or the value back.
    pub(super) fn convert(&mut self, value: Expr, to: &Ty) -> Result<Expr, Expr> {
        if value.ty == *to || value.ty == Ty::Error || *to == Ty::Error {
            return Ok(value);
        }
        match (&value.ty, to) {
            (Ty::None, Ty::Optional(_)) => Ok(constant(Value::None, to.clone(), value.span)),
            (Ty::Optional(_), Ty::Optional(inner)) => {
                let inner = (**inner).clone();
                self.map_present(value, |checker, present| checker.convert(present, &inner))
            }
            (Ty::Optional(_), _) => Err(value),
            (_, Ty::Optional(inner)) => Ok(wrap(Conversion::Present, to.clone(), self.convert(value, inner)?)),
            (Ty::Int, Ty::Decimal) => Ok(match value.kind {
                ExprKind::Const(Value::Int(number)) => constant(Value::Decimal(number.into()), Ty::Decimal, value.span),
                _ => wrap(Conversion::IntToDecimal, Ty::Decimal, value),
            }),
            (Ty::MoneyIn(_), Ty::Money) => Ok(wrap(Conversion::ForgetCurrency, Ty::Money, value)),
            (Ty::Ref(_) | Ty::Union(_), Ty::AnyRef) => Ok(wrap(Conversion::Widen, Ty::AnyRef, value)),
            (Ty::Ref(_) | Ty::Union(_), Ty::Union(all)) if value.ty.entities().iter().all(|e| all.contains(e)) => {
                Ok(wrap(Conversion::Widen, to.clone(), value))
            }
            _ => Err(value),
        }
    }

    /// `value` with its present value changed; absent stays absent.
    pub(super) fn map_present(
        &mut self,
        value: Expr,
        change: impl FnOnce(&mut Self, Expr) -> Result<Expr, Expr>,
    ) -> Result<Expr, Expr> {
        let span = value.span;
        let inner = value.ty.present().clone();
        let bind = self.made(inner.clone(), span);
        let path = self.path(&value);
        self.alias(bind, path);
        match change(self, read(bind, inner, span)) {
            Ok(then) => {
                let ty = then.ty.clone().optional();
                let then = if then.ty == ty { then } else { wrap(Conversion::Present, ty.clone(), then) };
                Ok(Expr {
                    kind: ExprKind::IfPresent { subject: Box::new(value), bind, then: Box::new(then) },
                    ty,
                    span,
                })
            }
            Err(_) => Err(value),
        }
    }

    /// The type that both convert to, if there is one.
    pub(super) fn common(&self, a: &Ty, b: &Ty) -> Option<Ty> {
        if a == b || *b == Ty::Error {
            return Some(a.clone());
        }
        match (a, b) {
            (Ty::Error, _) => Some(b.clone()),
            (Ty::None, other) | (other, Ty::None) => Some(other.clone().optional()),
            (Ty::Optional(_), _) | (_, Ty::Optional(_)) => Some(self.common(a.present(), b.present())?.optional()),
            (Ty::Int, Ty::Decimal) | (Ty::Decimal, Ty::Int) => Some(Ty::Decimal),
            (Ty::MoneyIn(_), Ty::Money) | (Ty::Money, Ty::MoneyIn(_)) => Some(Ty::Money),
            (Ty::AnyRef, Ty::Ref(_) | Ty::Union(_)) | (Ty::Ref(_) | Ty::Union(_), Ty::AnyRef) => Some(Ty::AnyRef),
            (Ty::Ref(_) | Ty::Union(_), Ty::Ref(_) | Ty::Union(_)) => {
                let mut all: Vec<EntityId> = a.entities();
                all.extend(b.entities());
                all.sort_unstable();
                all.dedup();
                Some(Ty::Union(all))
            }
            _ => None,
        }
    }

    /// Says why a value does not fit.
    pub(super) fn mismatch(&mut self, value: &Expr, to: &Ty, cause: Option<Span>) {
        let message = match (&value.ty, to) {
            (Ty::Optional(inner), _) if !to.is_optional() && (**inner == *to || *to == Ty::Error) => self.absent(value),
            (Ty::None, _) => types::none_not_allowed(&self.show(to), value.span),
            (Ty::MoneyIn(a), _) if matches!(to.present(), Ty::MoneyIn(_)) => match to.present() {
                Ty::MoneyIn(b) => types::currencies_differ(*a, *b, value.span, None),
                _ => return,
            },
            (Ty::Void, _) => types::no_value(value.span),
            (found, expected) => {
                let message = types::mismatch(&self.show(expected), &self.show(found), value.span);
                match (self.literal_instead(value, expected), conversion_hint(found, expected.present())) {
                    (Some(right), _) => types::write_literal(message, right, value.span),
                    (None, Some(help)) => message.help(help),
                    (None, None) => message,
                }
            }
        };
        let message = match cause {
            Some(cause) => message.label(cause, format!("expects `{}`", self.show(to))),
            None => message,
        };
        self.report(message);
    }

    /// The literal of another type that a literal was probably meant as.
    pub(super) fn literal_instead(&self, value: &Expr, wanted: &Ty) -> Option<String> {
        let ExprKind::Const(found) = &value.kind else { return None };
        instead::literal(wanted, found, self.schema, self.base_currency)
    }

    /// A value that may be absent stands where it must be there.
    pub(super) fn absent(&self, value: &Expr) -> crate::diag::Diagnostic {
        let loss = self.path(value).and_then(|path| self.flow.loss(&path));
        types::absent(&self.show(&value.ty), value.span, loss)
    }

    /// A value that must be there; a message where it may be absent.
    pub(super) fn present(&mut self, value: Expr) -> Expr {
        if !value.ty.is_optional() {
            return value;
        }
        let message = match value.ty {
            Ty::None => types::none_not_allowed("a value", value.span),
            _ => self.absent(&value),
        };
        self.refuse(message, value.span)
    }
}

/// A conversion of `value`.
pub(super) fn wrap(conversion: Conversion, ty: Ty, value: Expr) -> Expr {
    let span = value.span;
    Expr { kind: ExprKind::Convert(conversion, Box::new(value)), ty, span }
}

fn conversion_hint(found: &Ty, expected: &Ty) -> Option<&'static str> {
    Some(match (found, expected) {
        (Ty::DateTime, Ty::Date) => "write `date(…)` for the day of the moment",
        (Ty::Date, Ty::DateTime) => "write `datetime(…, @00:00)` for a moment of that day",
        (Ty::Decimal, Ty::Int) => "write `whole(…)` to cut off, or `whole(round(…))` to round",
        (Ty::Float, Ty::Decimal) => "write `decimal(…)` for the shortest decimal that stands for it",
        (Ty::Int | Ty::Decimal, Ty::Float) => "write `float(…)`, or `1.5f`",
        (Ty::Float, Ty::Int) => "write `whole(…)` to cut off, or `whole(round(…))` to round",
        (Ty::Int, Ty::Duration) => "write `days(…)`, or a duration such as `3 days`",
        (Ty::Record(_) | Ty::List(_) | Ty::Set(_) | Ty::Fault | Ty::Handle(_) | Ty::Void, Ty::Text) => return None,
        (_, Ty::Text) => "write it in a text: `\"{…}\"`",
        (Ty::MoneyIn(_), Ty::Decimal) => "write `amount(…)` for the number alone",
        _ => return None,
    })
}
