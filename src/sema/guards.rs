//! Whether a condition can hold right after a write: what ends a ring of triggers in simple cases.

use std::collections::BTreeMap;

use super::{
    constants,
    hir::{Comparison, Expr, ExprKind, LocalId},
    schema::{EntityId, FieldId},
    writes::{self, Condition},
};
use crate::base::value::Value;

/// The truth of a condition over the primary record (the first local), as far as the known fields tell.
pub(super) fn holds(condition: &Expr, known: &BTreeMap<FieldId, Value>) -> Option<bool> {
    match &condition.kind {
        ExprKind::And(a, b) => match (holds(a, known), holds(b, known)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        ExprKind::Or(a, b) => match (holds(a, known), holds(b, known)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        ExprKind::Not(inner) => holds(inner, known).map(|holds| !holds),
        ExprKind::Compare(comparison, a, b) => compare(*comparison, &value(a, known)?, &value(b, known)?),
        ExprKind::IsNone(inner) => value(inner, known).map(|value| value.is_none()),
        ExprKind::OneOf(inner, numbers) => match value(inner, known)? {
            Value::Enum(number) => Some(numbers.contains(&number)),
            _ => None,
        },
        _ => match value(condition, known)? {
            Value::Bool(truth) => Some(truth),
            _ => None,
        },
    }
}

/// Whether a condition is false after a write: by the values that are known, or since it asks whether a field differs
/// from the very value that the write gives it.
pub(super) fn is_over(condition: &Condition<'_>, known: &BTreeMap<FieldId, Value>, set: &[(FieldId, &Expr)]) -> bool {
    holds(condition.value, known) == Some(!condition.holds) || asks_whether_set(condition, set)
}

/// `if deal.total != total { update deal { total: total } }`.
fn asks_whether_set(condition: &Condition<'_>, set: &[(FieldId, &Expr)]) -> bool {
    let (ExprKind::Compare(comparison, a, b), true) = (&condition.value.kind, !set.is_empty()) else { return false };
    let wanted = if condition.holds { Comparison::NotEqual } else { Comparison::Equal };
    let is_set = |field: &Expr, other: &Expr| match &plain(field).kind {
        ExprKind::Field { base, field, .. } if is_primary(base) => {
            set.iter().any(|(written, value)| written == field && is_same_name(value, other))
        }
        _ => false,
    };
    *comparison == wanted && (is_set(a, b) || is_set(b, a))
}

/// One name, or one particular record.
fn is_same_name(a: &Expr, b: &Expr) -> bool {
    match (&plain(a).kind, &plain(b).kind) {
        (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
        _ => particular(a).is_some_and(|record| particular(b) == Some(record)),
    }
}

/// The entity and the key of `Team["Sales"]`.
pub(super) fn particular(value: &Expr) -> Option<(EntityId, &str)> {
    match &plain(value).kind {
        ExprKind::Particular { entity, key } => Some((*entity, key)),
        _ => None,
    }
}

/// A value without what conversions and facts add to it.
fn plain(value: &Expr) -> &Expr {
    match &value.kind {
        ExprKind::Convert(_, inner) | ExprKind::Unwrap(inner) => plain(inner),
        _ => value,
    }
}

fn value(expr: &Expr, known: &BTreeMap<FieldId, Value>) -> Option<Value> {
    match &expr.kind {
        ExprKind::Field { base, field, .. } if is_primary(base) => known.get(field).cloned(),
        ExprKind::Convert(conversion, inner) => match value(inner, known)? {
            Value::Int(n) if *conversion == super::hir::Conversion::IntToDecimal => Some(Value::Decimal(n.into())),
            other => Some(other),
        },
        ExprKind::Unwrap(inner) => value(inner, known),
        _ => writes::constant(expr),
    }
}

fn is_primary(base: &Expr) -> bool {
    match &base.kind {
        ExprKind::Local(LocalId(0)) => true,
        ExprKind::Convert(_, inner) => is_primary(inner),
        _ => false,
    }
}

fn compare(comparison: Comparison, a: &Value, b: &Value) -> Option<bool> {
    match comparison {
        Comparison::Equal => return Some(a == b),
        Comparison::NotEqual => return Some(a != b),
        _ => {}
    }
    if a.is_none() || b.is_none() {
        return Some(false);
    }
    let order = constants::compare(a, b)?;
    match comparison {
        Comparison::Less => Some(order.is_lt()),
        Comparison::LessEqual => Some(order.is_le()),
        Comparison::Greater => Some(order.is_gt()),
        Comparison::GreaterEqual => Some(order.is_ge()),
        _ => None,
    }
}
