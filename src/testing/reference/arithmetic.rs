//! Arithmetic and order of values.

use std::cmp::Ordering;

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Evaluated, Fault};
use crate::{
    base::value::{Duration, Money, Value},
    sema::{hir::Arithmetic, ty::Ty},
};

const OVERFLOW: Fault = Fault::Trap("R0101");
const DIVISION: Fault = Fault::Trap("R0102");
const CURRENCIES: Fault = Fault::Trap("R0201");
const MIXED: Fault = Fault::Trap("R0202");
const RANGE: Fault = Fault::Trap("R0203");
const UNKNOWN: Fault = Fault::Unsupported("arithmetic");

/// `left op right`; an absent operand gives an absent result where the type allows it.
pub(super) fn compute(op: Arithmetic, left: &Value, right: &Value, ty: &Ty, zone: &TimeZone) -> Evaluated {
    match (left, right) {
        (Value::None, _) | (_, Value::None) => Ok(Value::None),
        (Value::Int(l), Value::Int(r)) if *ty.present() == Ty::Int => int(op, *l, *r).map(Value::Int),
        (Value::Int(_) | Value::Decimal(_), Value::Int(_) | Value::Decimal(_)) => {
            let result = decimal(op, as_decimal(left)?, as_decimal(right)?)?;
            if *ty.present() == Ty::Int { whole(result) } else { Ok(Value::Decimal(result)) }
        }
        (Value::Float(l), Value::Float(r)) => floats(op, *l, *r),
        (Value::Money(money), factor) if !matches!(factor, Value::Money(_)) => scaled(op, *money, factor),
        (factor, Value::Money(money)) if !matches!(factor, Value::Money(_)) => scaled(op, *money, factor),
        (Value::Money(l), Value::Money(r)) => moneys(op, *l, *r),
        (Value::Text(l), Value::Text(r)) => Ok(Value::Text(format!("{l}{r}"))),
        (Value::List(l), Value::List(r)) => Ok(Value::List(l.iter().chain(r).cloned().collect())),
        _ => time(op, left, right, zone),
    }
}

/// Never infinite, never not a number.
fn floats(op: Arithmetic, left: f64, right: f64) -> Evaluated {
    let result = match op {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide if right == 0.0 => return Err(Fault::Trap("R0102")),
        Arithmetic::Divide => left / right,
        Arithmetic::Modulo if right == 0.0 => return Err(Fault::Trap("R0102")),
        Arithmetic::Modulo => {
            let rest = left % right;
            if rest != 0.0 && (rest < 0.0) != (right < 0.0) { rest + right } else { rest }
        }
        _ => return Err(UNKNOWN),
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err(Fault::Trap("R0107")) }
}

/// `-x`.
pub(super) fn negate(value: &Value) -> Evaluated {
    Ok(match value {
        Value::Int(number) => Value::Int(number.checked_neg().ok_or(OVERFLOW)?),
        Value::Decimal(number) => Value::Decimal(-*number),
        Value::Float(number) => Value::Float(-*number),
        Value::Money(money) => Value::Money(Money { amount: money.amount.checked_neg().ok_or(OVERFLOW)?, ..*money }),
        Value::Duration(duration) => Value::Duration(times(*duration, -1)?),
        _ => return Err(UNKNOWN),
    })
}

/// Which of two present values comes first.
pub(super) fn order(left: &Value, right: &Value) -> Evaluated<Ordering> {
    Ok(match (left, right) {
        (Value::Bool(l), Value::Bool(r)) => l.cmp(r),
        (Value::Date(l), Value::Date(r)) => l.cmp(r),
        (Value::DateTime(l), Value::DateTime(r))
        | (Value::Int(l), Value::Int(r))
        | (Value::Time(l), Value::Time(r)) => l.cmp(r),
        (Value::Decimal(l), Value::Decimal(r)) => l.cmp(r),
        (Value::Duration(l), Value::Duration(r)) => durations(*l, *r)?,
        (Value::Enum(l), Value::Enum(r)) => l.cmp(r),
        (Value::Float(l), Value::Float(r)) => l.partial_cmp(r).ok_or(UNKNOWN)?,
        (Value::Money(l), Value::Money(r)) => {
            if l.currency != r.currency && l.amount != 0 && r.amount != 0 {
                return Err(CURRENCIES);
            }
            l.amount.cmp(&r.amount)
        }
        (Value::Ref(l), Value::Ref(r)) => l.cmp(r),
        (Value::Text(l), Value::Text(r)) => l.cmp(r),
        _ => return Err(UNKNOWN),
    })
}

/// Midnight of a date.
pub(super) fn midnight(days: i32, zone: &TimeZone) -> Evaluated {
    let zoned = date(i64::from(days))?.to_zoned(zone.clone()).map_err(|_| RANGE)?;
    Ok(Value::DateTime(zoned.timestamp().as_microsecond()))
}

/// Rounded half to even.
pub(super) fn round(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

fn int(op: Arithmetic, l: i64, r: i64) -> Evaluated<i64> {
    let floor = |l: i128, r: i128| l.div_euclid(r) - i128::from(r < 0 && l.rem_euclid(r) != 0);
    let (left, right) = (i128::from(l), i128::from(r));
    let result = match op {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::IntDivide | Arithmetic::Modulo if r == 0 => return Err(DIVISION),
        Arithmetic::IntDivide => floor(left, right),
        Arithmetic::Modulo => left - right * floor(left, right),
        Arithmetic::Append | Arithmetic::Divide => return Err(UNKNOWN),
    };
    i64::try_from(result).map_err(|_| OVERFLOW)
}

fn decimal(op: Arithmetic, l: Decimal, r: Decimal) -> Evaluated<Decimal> {
    let divides = matches!(op, Arithmetic::Divide | Arithmetic::IntDivide | Arithmetic::Modulo);
    if divides && r.is_zero() {
        return Err(DIVISION);
    }
    let result = match op {
        Arithmetic::Add => l.checked_add(r),
        Arithmetic::Subtract => l.checked_sub(r),
        Arithmetic::Multiply => l.checked_mul(r),
        Arithmetic::Divide => l.checked_div(r),
        Arithmetic::IntDivide => l.checked_div(r).map(|quotient| quotient.floor()),
        Arithmetic::Modulo => {
            let rest = l.checked_rem(r).ok_or(OVERFLOW)?;
            let same_side = rest.is_zero() || rest.is_sign_negative() == r.is_sign_negative();
            if same_side { Some(rest) } else { rest.checked_add(r) }
        }
        Arithmetic::Append => return Err(UNKNOWN),
    };
    result.ok_or(OVERFLOW)
}

pub(super) fn whole(number: Decimal) -> Evaluated {
    let digits = number.trunc().to_string();
    digits.parse().map(Value::Int).map_err(|_| OVERFLOW)
}

fn as_decimal(value: &Value) -> Evaluated<Decimal> {
    match value {
        Value::Int(number) => Ok(Decimal::from(*number)),
        Value::Decimal(number) => Ok(*number),
        _ => Err(UNKNOWN),
    }
}

fn scaled(op: Arithmetic, money: Money, factor: &Value) -> Evaluated {
    let factor = as_decimal(factor)?;
    let amount = match op {
        Arithmetic::Multiply => Decimal::from(money.amount).checked_mul(factor),
        Arithmetic::Divide if factor.is_zero() => return Err(DIVISION),
        Arithmetic::Divide => Decimal::from(money.amount).checked_div(factor),
        _ => return Err(UNKNOWN),
    };
    let amount = round(amount.ok_or(OVERFLOW)?, 0).to_string().parse().map_err(|_| OVERFLOW)?;
    Ok(Value::Money(Money { amount, ..money }))
}

fn moneys(op: Arithmetic, l: Money, r: Money) -> Evaluated {
    if l.currency != r.currency && l.amount != 0 && r.amount != 0 {
        return Err(CURRENCIES);
    }
    let currency = if l.amount == 0 { r.currency } else { l.currency };
    let amount = match op {
        Arithmetic::Add => l.amount.checked_add(r.amount),
        Arithmetic::Subtract => l.amount.checked_sub(r.amount),
        Arithmetic::Divide if r.amount == 0 => return Err(DIVISION),
        Arithmetic::Divide => {
            return Ok(Value::Decimal(Decimal::from(l.amount).checked_div(r.amount.into()).ok_or(OVERFLOW)?));
        }
        _ => return Err(UNKNOWN),
    };
    Ok(Value::Money(Money { amount: amount.ok_or(OVERFLOW)?, currency }))
}

fn time(op: Arithmetic, left: &Value, right: &Value, zone: &TimeZone) -> Evaluated {
    let sign = if op == Arithmetic::Subtract { -1 } else { 1 };
    Ok(match (left, right) {
        (Value::Date(l), Value::Date(r)) => {
            let days = l.checked_sub(*r).ok_or(OVERFLOW)?;
            Value::Duration(Duration { days, ..Duration::default() })
        }
        (Value::DateTime(l), Value::DateTime(r)) => {
            let micros = l.checked_sub(*r).ok_or(OVERFLOW)?;
            Value::Duration(Duration { micros, ..Duration::default() })
        }
        (Value::Time(l), Value::Time(r)) => Value::Duration(Duration { micros: l - r, ..Duration::default() }),
        (Value::Time(at), Value::Duration(d)) => {
            let d = times(*d, sign)?;
            if d.months != 0 || d.days != 0 {
                return Err(MIXED);
            }
            let moved = i128::from(*at) + i128::from(d.micros);
            Value::Time(i64::try_from(moved.rem_euclid(86_400_000_000)).map_err(|_| OVERFLOW)?)
        }
        (Value::Date(days), Value::Duration(d)) | (Value::Duration(d), Value::Date(days)) => {
            let d = times(*d, sign)?;
            if d.micros != 0 {
                return Err(MIXED);
            }
            let moved = date(i64::from(*days))?.checked_add(months(d)?).and_then(|date| date.checked_add(days_of(d)));
            Value::Date(day_number(moved.map_err(|_| RANGE)?)?)
        }
        (Value::DateTime(at), Value::Duration(d)) | (Value::Duration(d), Value::DateTime(at)) => {
            moment(*at, times(*d, sign)?, zone)?
        }
        (Value::Duration(l), Value::Duration(r)) => Value::Duration(sum(*l, times(*r, sign)?)?),
        (Value::Duration(d), Value::Int(n)) | (Value::Int(n), Value::Duration(d)) => Value::Duration(times(*d, *n)?),
        _ => return Err(UNKNOWN),
    })
}

fn moment(at: i64, d: Duration, zone: &TimeZone) -> Evaluated {
    let mut start = Timestamp::from_microsecond(at).map_err(|_| RANGE)?;
    if d.months != 0 || d.days != 0 {
        let wall = zone.to_datetime(start).checked_add(months(d)?).and_then(|wall| wall.checked_add(days_of(d)));
        let zoned = zone.to_ambiguous_zoned(wall.map_err(|_| RANGE)?).compatible().map_err(|_| RANGE)?;
        start = zoned.timestamp();
    }
    let moved = start.as_microsecond().checked_add(d.micros).ok_or(OVERFLOW)?;
    Timestamp::from_microsecond(moved).map_err(|_| RANGE)?;
    Ok(Value::DateTime(moved))
}

fn date(days: i64) -> Evaluated<Date> {
    let span = Span::new().try_days(days).map_err(|_| RANGE)?;
    jiff::civil::date(1970, 1, 1).checked_add(span).map_err(|_| RANGE)
}

fn day_number(date: Date) -> Evaluated<i32> {
    if date.year() < 1 {
        return Err(RANGE);
    }
    let days = jiff::civil::date(1970, 1, 1).duration_until(date).as_secs() / 86_400;
    i32::try_from(days).map_err(|_| RANGE)
}

fn months(d: Duration) -> Evaluated<Span> {
    Span::new().try_months(d.months).map_err(|_| RANGE)
}

fn days_of(d: Duration) -> Span {
    Span::new().try_days(d.days).unwrap_or_default()
}

fn times(d: Duration, n: i64) -> Evaluated<Duration> {
    let part = |part: i32| i64::from(part).checked_mul(n).and_then(|part| i32::try_from(part).ok()).ok_or(OVERFLOW);
    Ok(Duration { months: part(d.months)?, days: part(d.days)?, micros: d.micros.checked_mul(n).ok_or(OVERFLOW)? })
}

fn sum(l: Duration, r: Duration) -> Evaluated<Duration> {
    Ok(Duration {
        months: l.months.checked_add(r.months).ok_or(OVERFLOW)?,
        days: l.days.checked_add(r.days).ok_or(OVERFLOW)?,
        micros: l.micros.checked_add(r.micros).ok_or(OVERFLOW)?,
    })
}

fn durations(l: Duration, r: Duration) -> Evaluated<Ordering> {
    let kinds = [l.months != 0 || r.months != 0, l.days != 0 || r.days != 0, l.micros != 0 || r.micros != 0];
    if kinds.into_iter().filter(|used| *used).count() > 1 {
        return Err(MIXED);
    }
    Ok((l.months, l.days, l.micros).cmp(&(r.months, r.days, r.micros)))
}
