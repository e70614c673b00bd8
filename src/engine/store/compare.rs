//! How a store compares: the meaning of [`Condition`](super::Condition), which the SQLite store expresses in SQL.

use std::cmp::Ordering;

use crate::{base::value::Value, bytecode::module::CompareOp};

/// Whether `value op argument` holds. With an absent side only `Equal`, `NotEqual`, `IsNone` and `IsPresent` can.
#[must_use]
pub fn holds(value: &Value, op: CompareOp, argument: &Value) -> bool {
    match op {
        CompareOp::IsNone => value.is_none(),
        CompareOp::IsPresent => !value.is_none(),
        CompareOp::Equal => same(value, argument),
        CompareOp::NotEqual => !same(value, argument),
        CompareOp::Less => order(value, argument) == Some(Ordering::Less),
        CompareOp::LessEqual => matches!(order(value, argument), Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Greater => order(value, argument) == Some(Ordering::Greater),
        CompareOp::GreaterEqual => matches!(order(value, argument), Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Equality of stored values: amounts of zero agree with every currency, numbers of an `id` with references to it.
#[must_use]
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Money(x), Value::Money(y)) => x.amount == y.amount && (x.currency == y.currency || x.amount == 0),
        (Value::Int(id), Value::Ref(record)) | (Value::Ref(record), Value::Int(id)) => record.id == *id,
        _ => a == b,
    }
}

/// The order of two present values of one kind that has an order.
#[must_use]
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(x), Value::Bool(y)) => Some(x.cmp(y)),
        (Value::Int(x), Value::Int(y))
        | (Value::Time(x), Value::Time(y))
        | (Value::DateTime(x), Value::DateTime(y))
        | (Value::Instance(x), Value::Instance(y)) => Some(x.cmp(y)),
        (Value::Enum(x), Value::Enum(y)) | (Value::Date(x), Value::Date(y)) => Some(x.cmp(y)),
        (Value::Decimal(x), Value::Decimal(y)) => Some(x.cmp(y)),
        (Value::Float(x), Value::Float(y)) => x.partial_cmp(y),
        (Value::Money(x), Value::Money(y)) => Some(x.amount.cmp(&y.amount)),
        (Value::Text(x), Value::Text(y)) => Some(x.cmp(y)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_compare_only_by_equality() {
        let one = Value::Int(1);
        assert!(holds(&Value::None, CompareOp::Equal, &Value::None));
        assert!(holds(&Value::None, CompareOp::NotEqual, &one));
        assert!(!holds(&Value::None, CompareOp::LessEqual, &Value::None));
        assert!(!holds(&one, CompareOp::Greater, &Value::None));
        assert!(holds(&one, CompareOp::GreaterEqual, &one));
    }
}
