//! Values as text: the self-describing form of arguments and results, and the plain form of lists and records in
//! columns, which people read with their own tools.

use std::{fmt::Write as _, str::FromStr};

use jiff::civil::{self, date};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value as Json, json};

use crate::base::value::{Currency, Duration, EntityIdx, Money, RecordRef, Value};

use super::{
    Result, Schema, StoreError,
    schema::{Kind, Member},
};

/// Nested values deeper than this are not read.
const DEPTH_MAX: usize = 32;

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} does not hold a value"))
}

/// The self-describing form of some values.
#[must_use]
pub fn values_to_text(values: &[Value]) -> String {
    let mut text = String::from("[");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        push_value(value, &mut text);
    }
    text.push(']');
    text
}

/// Adds the self-describing form of a value to a text: that of [`to_json`].
pub fn push_value(value: &Value, out: &mut String) {
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Text(text) => push_text(text, out),
        Value::Int(number) => push_int(*number, out),
        Value::DateTime(moment) => push_object("datetime", *moment, out),
        Value::Enum(number) => push_object("enum", i64::from(*number), out),
        Value::Ref(record) => {
            out.push_str("{\"ref\":[");
            push_number(usize::from(record.entity.0), out);
            out.push(',');
            push_int(record.id, out);
            out.push_str("]}");
        }
        value => _ = write!(out, "{}", to_json(value)),
    }
}

fn push_object(key: &str, number: i64, out: &mut String) {
    out.push_str("{\"");
    out.push_str(key);
    out.push_str("\":");
    push_int(number, out);
    out.push('}');
}

/// Adds a number.
pub fn push_int(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    match usize::try_from(number.unsigned_abs()) {
        Ok(number) => push_number(number, out),
        Err(_) => _ = write!(out, "{}", number.unsigned_abs()),
    }
}

/// Adds a number; many are written, and formatting them in the general way takes several times as long.
pub fn push_number(mut number: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        count += 1;
        if number == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(digits.len() - count).map(|digit| char::from(*digit)));
}

/// Adds a text as JSON has it.
pub fn push_text(text: &str, out: &mut String) {
    if text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        _ = write!(out, "{}", Json::from(text));
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// Reads the self-describing form of some values.
pub fn values_from_text(text: &str) -> Result<Vec<Value>> {
    match serde_json::from_str(text) {
        Ok(Json::Array(items)) => items.iter().map(|item| from_json(item, 0)).collect(),
        _ => Err(damaged("a column of values")),
    }
}

/// The self-describing form: what JSON knows stands for itself, everything else is an object of one key.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => json!(n),
        Value::Text(t) => Json::String(t.clone()),
        Value::Decimal(d) => json!({ "decimal": d.to_string() }),
        Value::Float(f) => json!({ "float": format!("{f:?}") }),
        Value::Money(m) => json!({ "money": [m.amount, m.currency.as_str()] }),
        Value::Date(d) => json!({ "date": d }),
        Value::Time(t) => json!({ "time": t }),
        Value::DateTime(t) => json!({ "datetime": t }),
        Value::Duration(d) => json!({ "duration": [d.months, d.days, d.micros] }),
        Value::Enum(n) => json!({ "enum": n }),
        Value::Ref(r) => json!({ "ref": [r.entity.0, r.id] }),
        Value::Instance(id) => json!({ "instance": id }),
        Value::List(items) => json!({ "list": items.iter().map(to_json).collect::<Vec<_>>() }),
        Value::Record(items) => json!({ "record": items.iter().map(to_json).collect::<Vec<_>>() }),
    }
}

/// Reads the self-describing form.
pub fn from_json(json: &Json, depth: usize) -> Result<Value> {
    let bad = || damaged("a self-describing value");
    if depth > DEPTH_MAX {
        return Err(bad());
    }
    let object = match json {
        Json::Null => return Ok(Value::None),
        Json::Bool(b) => return Ok(Value::Bool(*b)),
        Json::Number(n) => return n.as_i64().map(Value::Int).ok_or_else(bad),
        Json::String(t) => return Ok(Value::Text(t.clone())),
        Json::Array(_) => return Err(bad()),
        Json::Object(object) => object,
    };
    let (kind, inner) = object.iter().next().ok_or_else(bad)?;
    let number = || inner.as_i64().ok_or_else(bad);
    let small = || inner.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or_else(bad);
    let part = |index: usize| inner.get(index).and_then(Json::as_i64).ok_or_else(bad);
    let items = || {
        let items = inner.as_array().ok_or_else(bad)?;
        items.iter().map(|item| from_json(item, depth + 1)).collect::<Result<Vec<_>>>()
    };
    Ok(match kind.as_str() {
        "decimal" => Value::Decimal(inner.as_str().and_then(|t| Decimal::from_str(t).ok()).ok_or_else(bad)?),
        "float" => Value::Float(inner.as_str().and_then(|t| f64::from_str(t).ok()).ok_or_else(bad)?),
        "money" => Value::Money(Money {
            amount: part(0)?,
            currency: inner.get(1).and_then(Json::as_str).and_then(Currency::parse).ok_or_else(bad)?,
        }),
        "date" => Value::Date(small()?),
        "time" => Value::Time(number()?),
        "datetime" => Value::DateTime(number()?),
        "duration" => Value::Duration(Duration {
            months: i32::try_from(part(0)?).map_err(|_| bad())?,
            days: i32::try_from(part(1)?).map_err(|_| bad())?,
            micros: part(2)?,
        }),
        "enum" => Value::Enum(small()?),
        "ref" => Value::Ref(RecordRef { entity: EntityIdx(u16::try_from(part(0)?).map_err(|_| bad())?), id: part(1)? }),
        "instance" => Value::Instance(number()?),
        "list" => Value::List(items()?),
        "record" => Value::Record(items()?),
        _ => return Err(bad()),
    })
}

/// The plain form of a value of a known kind.
pub fn to_plain(schema: &Schema, kind: &Kind, value: &Value) -> Result<Json> {
    Ok(match (kind, value) {
        (_, Value::None) => Json::Null,
        (Kind::Bool, Value::Bool(b)) => Json::Bool(*b),
        (Kind::Int, Value::Int(n)) | (Kind::Instance, Value::Instance(n)) => json!(n),
        (Kind::Caseless | Kind::Text, Value::Text(t)) => Json::String(t.clone()),
        (Kind::Enum, Value::Enum(n)) => json!(n),
        (Kind::Float, Value::Float(f)) => Number::from_f64(*f).map_or(Json::Null, Json::Number),
        (Kind::Decimal | Kind::Scaled(_), Value::Decimal(d)) => Json::String(d.to_string()),
        (Kind::Money(_), Value::Money(m)) => json!(m.amount),
        (Kind::AnyMoney | Kind::MoneyBeside(_), Value::Money(m)) => json!([m.amount, m.currency.as_str()]),
        (Kind::Date, Value::Date(d)) => Json::String(date_to_text(*d)?),
        (Kind::Time, Value::Time(t)) => Json::String(time_to_text(*t)),
        (Kind::DateTime, Value::DateTime(t)) => json!(t),
        (Kind::Duration, Value::Duration(d)) => Json::String(duration_to_text(*d)),
        (Kind::Ref(_), Value::Ref(r)) => json!(r.id),
        (Kind::AnyRef, Value::Ref(r)) => json!({ "entity": schema.table(r.entity)?.entity, "id": r.id }),
        (Kind::List(member), Value::List(items)) => {
            Json::Array(items.iter().map(|i| to_plain(schema, &member.kind, i)).collect::<Result<_>>()?)
        }
        (Kind::Record(members), Value::Record(fields)) => {
            let mut object = Map::new();
            for ((name, member), field) in members.iter().zip(fields) {
                object.insert(name.clone(), to_plain(schema, &member.kind, field)?);
            }
            Json::Object(object)
        }
        _ => return Err(StoreError::Schema(format!("a value does not fit its column: {value:?}"))),
    })
}

/// Reads the plain form of a value of a known kind.
pub fn from_plain(schema: &Schema, member: &Member, json: &Json) -> Result<Value> {
    let bad = || damaged("a column with a list or record");
    if json.is_null() {
        return if member.optional || matches!(member.kind, Kind::Ref(_) | Kind::AnyRef | Kind::Instance) {
            Ok(Value::None)
        } else {
            Err(bad())
        };
    }
    let number = || json.as_i64().ok_or_else(bad);
    let text = || json.as_str().ok_or_else(bad);
    Ok(match &member.kind {
        Kind::Bool => Value::Bool(json.as_bool().ok_or_else(bad)?),
        Kind::Int => Value::Int(number()?),
        Kind::Instance => Value::Instance(number()?),
        Kind::Caseless | Kind::Text => Value::Text(text()?.to_owned()),
        Kind::Enum => Value::Enum(i32::try_from(number()?).map_err(|_| bad())?),
        Kind::Float => Value::Float(json.as_f64().ok_or_else(bad)?),
        Kind::Gone => return Err(bad()),
        Kind::Decimal | Kind::Scaled(_) => Value::Decimal(Decimal::from_str(text()?).map_err(|_| bad())?),
        Kind::Money(currency) => Value::Money(Money { amount: number()?, currency: *currency }),
        Kind::AnyMoney | Kind::MoneyBeside(_) => {
            let currency = json.get(1).and_then(Json::as_str).and_then(Currency::parse).ok_or_else(bad)?;
            Value::Money(Money { amount: json.get(0).and_then(Json::as_i64).ok_or_else(bad)?, currency })
        }
        Kind::Date => Value::Date(date_from_text(text()?)?),
        Kind::Time => Value::Time(time_from_text(text()?)?),
        Kind::DateTime => Value::DateTime(number()?),
        Kind::Duration => Value::Duration(duration_from_text(text()?)?),
        Kind::Ref(entity) => Value::Ref(RecordRef { entity: *entity, id: number()? }),
        Kind::AnyRef => {
            let name = json.get("entity").and_then(Json::as_str).ok_or_else(bad)?;
            let id = json.get("id").and_then(Json::as_i64).ok_or_else(bad)?;
            Value::Ref(RecordRef { entity: schema.entity(name).ok_or_else(bad)?, id })
        }
        Kind::List(inner) => {
            let items = json.as_array().ok_or_else(bad)?;
            Value::List(items.iter().map(|i| from_plain(schema, inner, i)).collect::<Result<_>>()?)
        }
        Kind::Record(members) => {
            let fields =
                members.iter().map(|(name, inner)| from_plain(schema, inner, json.get(name).unwrap_or(&Json::Null)));
            Value::Record(fields.collect::<Result<_>>()?)
        }
    })
}

/// `2026-01-05`.
pub fn date_to_text(days: i32) -> Result<String> {
    let span = jiff::Span::new().try_days(days);
    let day = span.and_then(|span| date(1970, 1, 1).checked_add(span));
    day.map(|d| d.to_string()).map_err(|_| StoreError::Schema(format!("day {days} is beyond the calendar")))
}

/// Reads [`date_to_text`].
pub fn date_from_text(text: &str) -> Result<i32> {
    let bad = || damaged("a date column");
    let day: civil::Date = text.parse().map_err(|_| bad())?;
    let span = day.since((jiff::Unit::Day, date(1970, 1, 1))).map_err(|_| bad())?;
    Ok(span.get_days())
}

/// `09:30:00.000000`.
#[must_use]
pub fn time_to_text(micros: i64) -> String {
    let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    format!("{:02}:{:02}:{:02}.{rest:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Reads [`time_to_text`].
pub fn time_from_text(text: &str) -> Result<i64> {
    let bad = || damaged("a time column");
    let mut parts = text.split([':', '.']).map(|p| p.parse::<i64>().map_err(|_| bad()));
    let mut next = || parts.next().ok_or_else(bad)?;
    let (hours, minutes, seconds, micros) = (next()?, next()?, next()?, next()?);
    let in_range = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    if !in_range || !(0..1_000_000).contains(&micros) || parts.next().is_some() {
        return Err(bad());
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

/// `P14M3DT1500000U`: months, days and microseconds, as a duration has them.
#[must_use]
pub fn duration_to_text(d: Duration) -> String {
    format!("P{}M{}DT{}U", d.months, d.days, d.micros)
}

/// Reads [`duration_to_text`].
pub fn duration_from_text(text: &str) -> Result<Duration> {
    let parse = || {
        let rest = text.strip_prefix('P')?.strip_suffix('U')?;
        let (months, rest) = rest.split_once('M')?;
        let (days, micros) = rest.split_once("DT")?;
        Some(Duration { months: months.parse().ok()?, days: days.parse().ok()?, micros: micros.parse().ok()? })
    };
    parse().ok_or_else(|| damaged("a duration column"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn self_describing_values_come_back() {
        let record = RecordRef { entity: EntityIdx(3), id: 42 };
        let money = Money { amount: -15_000, currency: Currency(*b"EUR") };
        let values = vec![
            Value::None,
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Int(-907),
            Value::Int(0),
            Value::Decimal(Decimal::new(-1230, 3)),
            Value::Float(0.1),
            Value::Money(money),
            Value::Text("\"{".into()),
            Value::Date(-1),
            Value::Time(86_399_999_999),
            Value::DateTime(1),
            Value::Duration(Duration { months: 14, days: -3, micros: 7 }),
            Value::Enum(-2),
            Value::Ref(record),
            Value::Instance(9),
            Value::List(vec![Value::Record(vec![Value::Int(1), Value::None])]),
        ];
        assert_eq!(values_from_text(&values_to_text(&values)).unwrap(), values);
        let json = Json::Array(values.iter().map(to_json).collect());
        assert_eq!(values_to_text(&values), json.to_string());
    }

    #[test]
    fn damaged_text_is_refused() {
        for text in ["", "{}", "[{}]", "[{\"date\": 99999999999}]", "[1.5]", "[[1]]", "[{\"ref\": [70000, 1]}]"] {
            assert!(matches!(values_from_text(text), Err(StoreError::Damaged(_))), "{text}");
        }
        assert!(time_from_text("24:00:00.000000").is_err());
        assert!(duration_from_text("P1M").is_err());
    }

    #[test]
    fn dates_and_times_sort_as_text() {
        assert_eq!(date_to_text(0).unwrap(), "1970-01-01");
        assert_eq!(date_from_text("2026-01-05").unwrap(), 20_458);
        assert_eq!(date_to_text(20_458).unwrap(), "2026-01-05");
        assert_eq!(time_to_text(34_200_000_000), "09:30:00.000000");
        assert_eq!(time_from_text("09:30:00.000001").unwrap(), 34_200_000_001);
    }
}
