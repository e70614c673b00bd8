//! Amounts in other currencies: `deal.value.base`, `convert(m, EUR, at: day)`.

use super::checker::{Checker, constant, error};
use crate::{
    base::{currencies, span::Span, value::Value},
    sema::{
        errors::{calls, names, types},
        hir::{Builtin, Expr, ExprKind},
        ty::Ty,
    },
    syntax::ast::{self, Arg, Ident},
};

/// The ways to call `convert`.
const FORMS: [&str; 2] = ["convert(amount, EUR)", "convert(amount, EUR, at: day)"];

impl Checker<'_> {
    /// `m.base` of an amount; none where the value is no amount.
    pub(super) fn base_amount(
        &mut self,
        written: &ast::Expr,
        name: &Ident,
        optional: bool,
        span: Span,
    ) -> Option<Expr> {
        if let ast::ExprKind::TypeName(_) = written.kind {
            return None;
        }
        let (messages, locals) = (self.messages.len(), self.locals.len());
        let amount = self.expr(written, None);
        let rate = match (amount.ty.present(), &written.kind) {
            (Ty::MoneyIn(_), _) => None,
            (Ty::Money, ast::ExprKind::Member { base, optional, .. }) => {
                let rate = Ident { name: "exchange_rate".to_owned(), span: name.span };
                let kind = ast::ExprKind::Member { base: base.clone(), name: rate, optional: *optional };
                Some(ast::Expr { kind, span: written.span })
            }
            (Ty::Money, ast::ExprKind::Name(_)) => {
                let rate = Ident { name: "exchange_rate".to_owned(), span: name.span };
                Some(ast::Expr { kind: ast::ExprKind::Name(rate), span: written.span })
            }
            (Ty::Money, _) => None,
            _ => {
                self.messages.truncate(messages);
                self.locals.truncate(locals);
                return None;
            }
        };
        let base = self.base_currency;
        if let Ty::MoneyIn(currency) = amount.ty.present() {
            let is_base = *currency == base;
            return Some(if is_base { amount } else { self.refuse(types::base_of_fixed(*currency, base, span), span) });
        }
        let rate = rate.map(|rate| self.expr(&rate, None));
        let stored = |value: &Expr| is_stored(value);
        let Some(rate) = rate.filter(|rate| *rate.ty.present() == Ty::Decimal && stored(&amount) && stored(rate))
        else {
            self.messages.truncate(messages);
            return Some(self.refuse(types::base_of_value(amount.span, span), span));
        };
        let ty = Ty::MoneyIn(base);
        let rate = match rate.ty {
            Ty::Optional(_) => Expr { ty: Ty::Decimal, span, kind: ExprKind::Unwrap(Box::new(rate)) },
            _ => rate,
        };
        let divided = |amount: Expr, rate: Expr| {
            let kind = ExprKind::Builtin { builtin: Builtin::Base, args: vec![amount, rate] };
            Expr { kind, ty: ty.clone(), span }
        };
        Some(match (&amount.ty, optional) {
            (Ty::Optional(_), false) => {
                let message = self.absent(&amount).help("write `?.base`, or test for `is none` before");
                self.refuse(message, span)
            }
            (Ty::Optional(_), true) => {
                let mapped = self.map_present(amount, |_, present| Ok(divided(present, rate)));
                mapped.unwrap_or_else(|_| error(span))
            }
            _ => divided(amount, rate),
        })
    }

    /// `convert(m, EUR, at: day)`.
    pub(super) fn exchange(&mut self, name: &Ident, args: &[Arg], span: Span) -> Expr {
        let forms = FORMS.map(str::to_owned);
        let (money, code, day) = match args {
            [money, code] => (money, code, None),
            [money, code, day] if day.name.as_ref().is_none_or(|name| name.name == "at") => (money, code, Some(day)),
            _ => {
                let values = args.iter().filter(|arg| !matches!(arg.value.kind, ast::ExprKind::TypeName(_)));
                values.for_each(|arg| drop(self.expr(&arg.value, Some(&Ty::Error))));
                return self.refuse(calls::builtin_arguments(&name.name, &forms, name.span), span);
            }
        };
        let money = self.expr_as(&money.value, &Ty::Money, None);
        let day = match day {
            Some(day) => self.expr_as(&day.value, &Ty::Date, None),
            None => Expr { kind: ExprKind::Builtin { builtin: Builtin::Today, args: Vec::new() }, ty: Ty::Date, span },
        };
        let ast::ExprKind::TypeName(code) = &code.value.kind else {
            return self.refuse(types::code_of_currency(code.value.span), span);
        };
        let Some(currency) = currencies::known(&code.name) else {
            return self.refuse(names::bad_currency(&code.name, code.span), span);
        };
        if money.ty == Ty::Error || day.ty == Ty::Error {
            return error(span);
        }
        if let ExprKind::Const(Value::Money(money)) = &money.kind
            && money.amount == 0
        {
            return constant(
                Value::Money(crate::base::value::Money { amount: 0, currency }),
                Ty::MoneyIn(currency),
                span,
            );
        }
        let kind = ExprKind::Builtin { builtin: Builtin::Exchange, args: vec![money, day] };
        Expr { kind, ty: Ty::MoneyIn(currency), span }
    }
}

/// Whether a value is that of a field of a record.
fn is_stored(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Field { .. } | ExprKind::UnionField { .. } | ExprKind::Capture(_) => true,
        ExprKind::Convert(_, inner) | ExprKind::Unwrap(inner) => is_stored(inner),
        ExprKind::IfPresent { then, .. } => is_stored(then),
        _ => false,
    }
}
