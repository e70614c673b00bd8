//! Functions of the language, as far as tests compare them.

use rust_decimal::Decimal;

use super::{Evaluated, Fault, Reference, arithmetic, query};
use crate::{
    base::value::{Duration, Value},
    sema::{hir::Arithmetic, hir::Builtin, ty::Ty},
};

impl<'a> Reference<'a> {
    pub(super) fn builtin(&mut self, builtin: Builtin, args: &[Value], ty: &Ty) -> Evaluated {
        Ok(match (builtin, args) {
            (Builtin::Absolute, [Value::Int(n)]) => Value::Int(n.checked_abs().ok_or(Fault::Trap("R0101"))?),
            (Builtin::Absolute, [Value::Decimal(n)]) => Value::Decimal(n.abs()),
            (Builtin::Amount, [Value::Money(money)]) => Value::Decimal(Decimal::new(money.amount, 4)),
            (Builtin::Base, [Value::Money(money), Value::Decimal(rate)]) => self.in_base(*money, *rate)?,
            (Builtin::CurrencyOf, [Value::Money(money)]) => Value::Text(money.currency.as_str().to_owned()),
            (Builtin::Exchange, [Value::Money(money), Value::Date(day)]) => self.exchanged(*money, *day, ty)?,
            (Builtin::Today, []) => Value::Date(self.today()?),
            (Builtin::Days, [Value::Int(n)]) => {
                let days = i32::try_from(*n).map_err(|_| Fault::Trap("R0101"))?;
                Value::Duration(Duration { days, ..Duration::default() })
            }
            (Builtin::Distinct, [Value::List(items)]) => {
                let mut seen: Vec<Value> = Vec::new();
                for item in items {
                    if !seen.contains(item) {
                        seen.push(item.clone());
                    }
                }
                Value::List(seen)
            }
            (Builtin::First, [Value::List(items)]) => items.first().cloned().unwrap_or(Value::None),
            (Builtin::Hour, [Value::Time(at)]) => Value::Int(at / 3_600_000_000),
            (Builtin::Join, [Value::List(items), Value::Text(separator)]) => {
                let texts: Vec<&str> = items.iter().filter_map(text).collect();
                Value::Text(texts.join(separator))
            }
            (Builtin::Last, [Value::List(items)]) => items.last().cloned().unwrap_or(Value::None),
            (Builtin::Length, [Value::Text(text)]) => count(text.chars().count()),
            (Builtin::Length | Builtin::ListLength, [Value::List(items)]) => count(items.len()),
            (Builtin::ListMaximum, [Value::List(items)]) => query::extreme(items, true)?,
            (Builtin::ListMinimum, [Value::List(items)]) => query::extreme(items, false)?,
            (Builtin::ListSum, [Value::List(items)]) if *ty.present() == Ty::Int => {
                let add = |sum: Value, item: &Value| arithmetic::compute(Arithmetic::Add, &sum, item, ty, &self.zone);
                items.iter().filter(|item| !item.is_none()).try_fold(Value::Int(0), add)?
            }
            (Builtin::Lower, [Value::Text(text)]) => Value::Text(text.to_lowercase()),
            (Builtin::Maximum, [left, right]) => {
                if arithmetic::order(left, right)?.is_ge() {
                    left.clone()
                } else {
                    right.clone()
                }
            }
            (Builtin::Minimum, [left, right]) => {
                if arithmetic::order(left, right)?.is_le() {
                    left.clone()
                } else {
                    right.clone()
                }
            }
            (Builtin::Minute, [Value::Time(at)]) => Value::Int(at / 60_000_000 % 60),
            (Builtin::Now, []) => Value::DateTime(self.now),
            (Builtin::Range, [Value::Int(low), Value::Int(high)]) => {
                Value::List((*low..=*high).map(Value::Int).collect())
            }
            (builtin, [Value::Float(number), rest @ ..]) if of_float(builtin) => float(builtin, *number, rest)?,
            (Builtin::ToFloat, [Value::Int(number)]) => read_float(&number.to_string())?,
            (Builtin::ToFloat, [Value::Decimal(number)]) => read_float(&number.to_string())?,
            (Builtin::ListSum, [Value::List(items)]) if *ty.present() == Ty::Float => {
                let add = |sum: Value, item: &Value| arithmetic::compute(Arithmetic::Add, &sum, item, ty, &self.zone);
                items.iter().try_fold(Value::Float(0.0), add)?
            }
            (Builtin::ListAverage, [Value::List(items)]) if *ty.present() == Ty::Float => {
                let add = |sum: Value, item: &Value| arithmetic::compute(Arithmetic::Add, &sum, item, ty, &self.zone);
                let sum = items.iter().try_fold(Value::Float(0.0), add)?;
                let number = read_float(&items.len().to_string())?;
                if items.is_empty() {
                    Value::None
                } else {
                    arithmetic::compute(Arithmetic::Divide, &sum, &number, ty, &self.zone)?
                }
            }
            (Builtin::Round, [Value::Decimal(number)]) => Value::Decimal(arithmetic::round(*number, 0)),
            (Builtin::Round, [Value::Decimal(number), Value::Int(places)]) => {
                let places = u32::try_from(*places).map_err(|_| Fault::Unsupported("negative places"))?;
                Value::Decimal(arithmetic::round(*number, places))
            }
            (Builtin::StoredValue, [Value::Enum(number)]) => Value::Int(i64::from(*number)),
            (Builtin::ToDecimal, [Value::Int(number)]) => Value::Decimal((*number).into()),
            (Builtin::ToInt, [Value::Decimal(number)]) => arithmetic::whole(*number)?,
            (Builtin::ToText, [value @ (Value::Int(_) | Value::Bool(_) | Value::Decimal(_))]) => {
                Value::Text(self.shown(value, &Ty::Error)?)
            }
            (Builtin::Sorted, [Value::List(items)]) => {
                let mut items = items.clone();
                items.sort_by(|left, right| arithmetic::order(left, right).unwrap_or(std::cmp::Ordering::Equal));
                Value::List(items)
            }
            (Builtin::Trim, [Value::Text(text)]) => Value::Text(text.trim().to_owned()),
            (Builtin::Upper, [Value::Text(text)]) => Value::Text(text.to_uppercase()),
            _ => return Err(Fault::Unsupported("function")),
        })
    }
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether the function takes floats as they are.
fn of_float(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Absolute | Builtin::Round | Builtin::ToDecimal | Builtin::ToInt | Builtin::ToText)
}

/// A function of a float; a second value is the number of places.
fn float(builtin: Builtin, number: f64, rest: &[Value]) -> Evaluated {
    Ok(match (builtin, rest) {
        (Builtin::Absolute, _) => Value::Float(number.abs()),
        (Builtin::Round, []) => Value::Float(number.round_ties_even()),
        (Builtin::Round, [Value::Int(places)]) => {
            let unit = 10f64.powi(i32::try_from(*places).map_err(|_| Fault::Unsupported("places"))?);
            Value::Float((number * unit).round_ties_even() / unit)
        }
        (Builtin::ToDecimal, _) => number.to_string().parse().map(Value::Decimal).map_err(|_| Fault::Trap("R0101"))?,
        (Builtin::ToInt, _) => {
            let whole = format!("{:.0}", number.trunc());
            whole.parse().map(Value::Int).map_err(|_| Fault::Trap("R0101"))?
        }
        (Builtin::ToText, _) => Value::Text(number.to_string()),
        _ => return Err(Fault::Unsupported("function")),
    })
}

/// The float that is nearest to a number in digits.
pub(super) fn read_float(digits: &str) -> Evaluated {
    digits.parse().map(Value::Float).map_err(|_| Fault::Unsupported("float"))
}
