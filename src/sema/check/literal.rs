//! Texts with slots, lists, record values; and which typed expressions are constants.

use super::checker::{Checker, constant, error};
use crate::{
    base::{distance::did_you_mean, span::Span, value::Value},
    sema::{
        errors::{types, uses},
        hir::{Conversion, Expr, ExprKind, TextPiece},
        names::Def,
        schema::RecordId,
        ty::Ty,
    },
    syntax::ast::{self, FieldInit, Ident, TextPart},
};

impl Checker<'_> {
    /// A text.
    pub(super) fn text(&mut self, text: &ast::TextLiteral, span: Span) -> Expr {
        let mut pieces = Vec::new();
        let mut is_broken = false;
        for part in &text.parts {
            match part {
                TextPart::Plain(plain) => pieces.push(TextPiece::Plain(plain.clone())),
                TextPart::Slot { value, format } => {
                    let value = self.expr(value, None);
                    let value = self.printable(value);
                    is_broken |= value.ty == Ty::Error;
                    if let Some(pattern) = format {
                        self.check_format(&value.ty, pattern, value.span);
                    }
                    let format = self.shown_by(&value.ty, format);
                    pieces.push(TextPiece::Slot { value, format });
                }
            }
        }
        if is_broken {
            return Expr { ty: Ty::Text, ..error(span) };
        }
        match pieces.as_slice() {
            [] => constant(Value::Text(String::new()), Ty::Text, span),
            [TextPiece::Plain(plain)] => constant(Value::Text(plain.clone()), Ty::Text, span),
            _ => Expr { kind: ExprKind::Interpolate(pieces), ty: Ty::Text, span },
        }
    }

    /// A value that can stand in a text, or a message.
    pub(super) fn printable(&mut self, value: Expr) -> Expr {
        let is_printable = !matches!(
            value.ty.present(),
            Ty::List(_)
                | Ty::Set(_)
                | Ty::Named(_)
                | Ty::Record(_)
                | Ty::Fault
                | Ty::Handle(_)
                | Ty::Void
                | Ty::Pending(_)
        );
        if value.ty == Ty::None {
            return self.refuse(types::none_not_allowed("a value", value.span), value.span);
        }
        if is_printable {
            return value;
        }
        let shown = self.show(&value.ty);
        let hint = match value.ty.present() {
            Ty::Fault => Some("write `.message` after it"),
            Ty::List(item) if **item == Ty::Text => Some("write `join(…, \", \")`"),
            Ty::Named(_) | Ty::Record(_) => Some("write one of its fields"),
            _ => None,
        };
        self.refuse(types::not_printable(&shown, value.span, hint), value.span)
    }

    /// `[1, 2, 3]`.
    pub(super) fn list(&mut self, items: &[ast::Expr], expected: Option<&Ty>, span: Span) -> Expr {
        let element = match expected.map(Ty::present) {
            Some(Ty::List(item) | Ty::Set(item)) if **item != Ty::Error => Some((**item).clone()),
            _ => None,
        };
        let is_set = matches!(expected.map(Ty::present), Some(Ty::Set(_)));
        let mut values: Vec<Expr> = items.iter().map(|item| self.expr(item, element.as_ref())).collect();
        if values.iter().any(|value| value.ty == Ty::Error) {
            return error(span);
        }
        let fits = element.filter(|element| {
            values.iter().all(|value| self.common(element, &value.ty).as_ref() == Some(element)) || values.is_empty()
        });
        let ty = match fits {
            Some(element) => element,
            None => match self.joined(&values.iter().collect::<Vec<_>>(), None) {
                Some(ty) if ty != Ty::None => ty,
                Some(_) => return self.refuse(types::unknown_elements(span), span),
                None if values.is_empty() => return self.refuse(types::unknown_elements(span), span),
                None => return error(span),
            },
        };
        values = values.into_iter().map(|value| self.coerce(value, &ty, None)).collect();
        let ty = Box::new(ty);
        Expr { kind: ExprKind::List(values), ty: if is_set { Ty::Set(ty) } else { Ty::List(ty) }, span }
    }

    /// `Address { street: "…" }`.
    pub(super) fn record_value(&mut self, name: &Ident, fields: &[FieldInit], span: Span) -> Expr {
        match self.names.get(self.file, &name.name).map(|entry| entry.def.clone()) {
            Some(Def::Record(record)) => self.record_fields(record, name.span, fields, span),
            Some(Def::Broken | Def::Later(_)) => {
                fields.iter().for_each(|field| drop(self.expr(&field.value, Some(&Ty::Error))));
                error(span)
            }
            Some(def) => self.refuse(uses::not_a_record_type(&name.name, &def, name.span), span),
            None => {
                let near = self.near_upper(&name.name);
                self.refuse(uses::unknown_upper(&name.name, name.span, &near), span)
            }
        }
    }

    /// The fields of a record type, an error or named results, all of them in order.
    pub(super) fn record_fields(
        &mut self,
        record: RecordId,
        name_span: Span,
        fields: &[FieldInit],
        span: Span,
    ) -> Expr {
        let Some(declared) = self.schema.record(record) else { return error(span) };
        let mut given: Vec<Option<Expr>> = declared.fields.iter().map(|_| None).collect();
        let mut is_broken = false;
        for init in fields {
            let found = declared.fields.iter().zip(&mut given).find(|(field, _)| field.name == init.name.name);
            let Some((field, slot)) = found else {
                is_broken = true;
                // A field that could not be read was told.
                if matches!(init.value.kind, ast::ExprKind::Error) {
                    continue;
                }
                self.expr(&init.value, Some(&Ty::Error));
                let near = did_you_mean(&init.name.name, declared.fields.iter().map(|field| field.name.as_str()));
                self.report(uses::unknown_field(&declared.name, &init.name.name, init.name.span, declared.span, &near));
                continue;
            };
            if slot.is_some() {
                self.report(uses::given_twice(&init.name.name, init.name.span));
            }
            let value = self.expr_as(&init.value, &field.ty, Some(field.span));
            *slot = Some(self.limited(value, field.text_max, Some(field.span)));
        }
        let mut missing = Vec::new();
        let mut values = Vec::new();
        for (field, value) in declared.fields.iter().zip(given) {
            match (value, &field.default, &field.ty) {
                (Some(value), ..) => values.push(value),
                (None, Some(default), _) => values.push(constant(default.clone(), field.ty.clone(), span)),
                (None, None, Ty::Optional(_)) => values.push(constant(Value::None, field.ty.clone(), span)),
                (None, None, _) => missing.push(field.name.as_str()),
            }
        }
        if !missing.is_empty() && !is_broken {
            return self.refuse(types::missing_fields(&declared.name, &missing, name_span, declared.span), span);
        }
        if is_broken {
            return error(span);
        }
        Expr { kind: ExprKind::Record(record, values), ty: Ty::Record(record), span }
    }

    /// `(ticket: "T1", level: 2)`: only where named results are expected, and behind `select`.
    pub(super) fn named_values(&mut self, fields: &[FieldInit], expected: Option<&Ty>, span: Span) -> Expr {
        match expected.map(Ty::present) {
            Some(Ty::Record(record)) => self.record_fields(*record, span, fields, span),
            Some(Ty::Error) => error(span),
            _ => self.refuse(types::named_values_here(span), span),
        }
    }
}

/// The value of a constant expression.
pub(super) fn constant_value(value: &Expr) -> Option<Value> {
    match &value.kind {
        ExprKind::Const(value) => Some(value.clone()),
        ExprKind::Convert(Conversion::IntToDecimal, inner) => match constant_value(inner)? {
            Value::Int(number) => Some(Value::Decimal(number.into())),
            other => Some(other),
        },
        ExprKind::Convert(Conversion::Present | Conversion::ForgetCurrency, inner) => constant_value(inner),
        ExprKind::Negate(inner) => match constant_value(inner)? {
            Value::Int(number) => Some(Value::Int(number.checked_neg()?)),
            Value::Decimal(number) => Some(Value::Decimal(-number)),
            Value::Float(number) => Some(Value::Float(-number)),
            Value::Money(mut money) => {
                money.amount = money.amount.checked_neg()?;
                Some(Value::Money(money))
            }
            Value::Duration(mut duration) => {
                duration.months = duration.months.checked_neg()?;
                duration.days = duration.days.checked_neg()?;
                duration.micros = duration.micros.checked_neg()?;
                Some(Value::Duration(duration))
            }
            _ => None,
        },
        ExprKind::List(items) => items.iter().map(constant_value).collect::<Option<Vec<_>>>().map(Value::List),
        ExprKind::Record(_, items) => items.iter().map(constant_value).collect::<Option<Vec<_>>>().map(Value::Record),
        _ => None,
    }
}
