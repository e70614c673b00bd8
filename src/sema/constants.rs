//! Fixed values: literals and members of enums, as defaults and bounds have them.

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    schema::{Enum, Schema},
    ty::Ty,
};
use crate::base::currencies;
use crate::base::value::{Currency, Money, Value};
use crate::syntax::ast::{Expr, ExprKind, TextPart, UnaryOp};

/// What an expression is, seen as a fixed value of some type.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// The value.
    Value(Value),
    /// Not a literal; a full check decides what it is.
    NotFixed,
    /// A literal of another type.
    WrongType,
    /// A name that the enum does not have as a member.
    UnknownMember(String),
}

/// Reads `expr` as a fixed value of the type `ty`.
#[must_use]
pub fn evaluate(schema: &Schema, expr: &Expr, ty: &Ty) -> Constant {
    if let Ty::Optional(inner) = ty {
        return match expr.kind {
            ExprKind::None => Constant::Value(Value::None),
            _ => evaluate(schema, expr, inner),
        };
    }
    match &expr.kind {
        ExprKind::Paren(inner) => evaluate(schema, inner, ty),
        ExprKind::Unary(UnaryOp::Negate, inner) => negated(evaluate(schema, inner, ty)),
        ExprKind::Name(name) => match ty {
            Ty::Enum(id) => schema.enumeration(*id).map_or(Constant::NotFixed, |e| member(e, &name.name)),
            _ => Constant::NotFixed,
        },
        ExprKind::Member { base, name, optional: false } => match (&base.kind, ty) {
            (ExprKind::TypeName(of), Ty::Enum(id)) => match schema.enumeration(*id) {
                Some(e) if e.name == of.name => member(e, &name.name),
                _ => Constant::NotFixed,
            },
            _ => Constant::NotFixed,
        },
        ExprKind::List(items) => match ty {
            Ty::List(item) => list(schema, items, item),
            Ty::Set(item) => match list(schema, items, item) {
                Constant::Value(Value::List(items)) => Constant::Value(Value::set_of(items)),
                other => other,
            },
            _ => Constant::WrongType,
        },
        _ => literal(expr, ty),
    }
}

fn member(e: &Enum, name: &str) -> Constant {
    match e.members.iter().find(|member| member.name == name) {
        Some(member) => Constant::Value(Value::Enum(member.value)),
        None => Constant::UnknownMember(name.to_owned()),
    }
}

fn list(schema: &Schema, items: &[Expr], ty: &Ty) -> Constant {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        match evaluate(schema, item, ty) {
            Constant::Value(value) => values.push(value),
            other => return other,
        }
    }
    Constant::Value(Value::List(values))
}

fn literal(expr: &Expr, ty: &Ty) -> Constant {
    let value = match (&expr.kind, ty) {
        (ExprKind::Bool(b), Ty::Bool) => Value::Bool(*b),
        (ExprKind::Int(n), Ty::Int) => Value::Int(*n),
        (ExprKind::Int(n), Ty::Decimal) => Value::Decimal(Decimal::from(*n)),
        (ExprKind::Decimal(d) | ExprKind::Percent(d), Ty::Decimal) => Value::Decimal(*d),
        (ExprKind::Float(number), Ty::Float) => Value::Float(*number),
        // The checker of expressions says what is wrong with the code.
        (ExprKind::Money(_, code), _) if currencies::known(&code.name).is_none() => return Constant::NotFixed,
        (ExprKind::Money(amount, code), Ty::MoneyIn(currency)) => match money(*amount, &code.name) {
            Some(money) if money.currency == *currency => Value::Money(money),
            _ => return Constant::WrongType,
        },
        (ExprKind::Money(amount, code), Ty::Money) => match money(*amount, &code.name) {
            Some(money) => Value::Money(money),
            None => return Constant::WrongType,
        },
        (ExprKind::Text(text), Ty::Text) => match text.parts.as_slice() {
            [] => Value::Text(String::new()),
            [TextPart::Plain(plain)] => Value::Text(plain.clone()),
            _ => return Constant::NotFixed,
        },
        (ExprKind::Date(days), Ty::Date) => Value::Date(*days),
        (ExprKind::Time(micros), Ty::Time) => Value::Time(*micros),
        (ExprKind::DateTime(micros), Ty::DateTime) => Value::DateTime(*micros),
        (ExprKind::Duration(duration), Ty::Duration) => Value::Duration(*duration),
        (kind, _) if is_literal(kind) => return Constant::WrongType,
        _ => return Constant::NotFixed,
    };
    Constant::Value(value)
}

fn is_literal(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Int(_)
            | ExprKind::Decimal(_)
            | ExprKind::Percent(_)
            | ExprKind::Float(_)
            | ExprKind::Money(..)
            | ExprKind::Text(_)
            | ExprKind::Date(_)
            | ExprKind::Time(_)
            | ExprKind::DateTime(_)
            | ExprKind::Duration(_)
    )
}

/// An amount in ten-thousandths; nothing if it has more places or does not fit.
#[must_use]
pub fn money(amount: Decimal, code: &str) -> Option<Money> {
    let scaled = amount.checked_mul(Decimal::from(10_000))?;
    let whole = scaled.is_integer().then(|| scaled.to_i64())??;
    Some(Money { amount: whole, currency: Currency::parse(code)? })
}

fn negated(constant: Constant) -> Constant {
    let Constant::Value(value) = constant else { return constant };
    let negative = match value {
        Value::Int(n) => n.checked_neg().map(Value::Int),
        Value::Decimal(d) => Some(Value::Decimal(-d)),
        Value::Float(f) => Some(Value::Float(-f)),
        Value::Money(m) => m.amount.checked_neg().map(|amount| Value::Money(Money { amount, ..m })),
        Value::Duration(d) => negative_duration(d).map(Value::Duration),
        _ => None,
    };
    negative.map_or(Constant::WrongType, Constant::Value)
}

fn negative_duration(d: crate::base::value::Duration) -> Option<crate::base::value::Duration> {
    Some(crate::base::value::Duration {
        months: d.months.checked_neg()?,
        days: d.days.checked_neg()?,
        micros: d.micros.checked_neg()?,
    })
}

/// Which of two fixed values of one type is the lesser, for types that have an order.
#[must_use]
pub fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b))
        | (Value::DateTime(a), Value::DateTime(b))
        | (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Money(a), Value::Money(b)) => Some(a.amount.cmp(&b.amount)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
