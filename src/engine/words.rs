//! Values, places and endings in words, independent of where they are shown.

use jiff::{Span, Timestamp, tz::TimeZone};
use rust_decimal::Decimal;

use crate::{
    base::value::{Duration, Value, time_of_day},
    vm::fault::Place,
};

use super::{
    Engine,
    store::{Status, codec},
};

/// `deals.proc:24`.
pub(crate) fn place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// `canceled: the deal was closed`.
pub(crate) fn ending(status: Status, message: &str) -> String {
    if message.is_empty() { status.word().to_owned() } else { format!("{}: {message}", status.word()) }
}

/// A moment later by a duration: months and days on the wall clock of the zone, then exact time.
#[must_use]
pub fn later(at: i64, duration: Duration, zone: &str) -> i64 {
    let wall = || {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let span = Span::new().try_months(duration.months).ok()?.try_days(duration.days).ok()?;
        let moved = Timestamp::from_microsecond(at).ok()?.to_zoned(zone).checked_add(span).ok()?;
        Some(moved.timestamp().as_microsecond())
    };
    wall().unwrap_or(i64::MAX).saturating_add(duration.micros)
}

impl Engine {
    /// A value as faults show it.
    pub(crate) fn value_in_words(&self, value: &Value) -> String {
        match value {
            Value::None => "none".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Time(micros) => time_of_day(*micros),
            Value::Enum(n) => n.to_string(),
            Value::Decimal(d) => d.normalize().to_string(),
            Value::Float(f) => f.to_string(),
            Value::Money(m) => format!("{} {}", Decimal::new(m.amount, 4).normalize(), m.currency),
            Value::Text(t) => format!("\"{t}\""),
            Value::Date(days) => codec::date_to_text(*days).unwrap_or_else(|_| days.to_string()),
            Value::DateTime(at) => {
                Timestamp::from_microsecond(*at).map_or_else(|_| at.to_string(), |moment| moment.to_string())
            }
            Value::Duration(d) => codec::duration_to_text(*d),
            Value::Ref(record) => self.identity(*record),
            Value::Instance(id) => format!("instance {id}"),
            Value::List(items) | Value::Record(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value_in_words(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}
