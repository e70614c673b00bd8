//! Values as people read them in listings: money `80000 USD`, enums by label, records by entity, number and shown name.

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::base::value::{Duration, Money, RecordRef, Value, time_of_day};
use crate::bytecode::{
    module::Module,
    types::{EnumIdx, TypeDef, TypeIdx},
};

/// The longest text that a listing shows in full, in characters.
const TEXT_SHOWN_MAX: usize = 60;

/// Shows values of a module.
pub struct Show<'a> {
    /// The module whose types the values have.
    pub module: &'a Module,
    /// The zone of moments.
    pub zone: TimeZone,
    /// Whether moments show parts of seconds, which people do not look for.
    pub exact: bool,
    /// Whether long texts are shown to their end.
    pub whole: bool,
}

impl<'a> Show<'a> {
    /// In the zone of the project.
    #[must_use]
    pub fn new(module: &'a Module, exact: bool) -> Self {
        let zone = TimeZone::get(&module.meta.zone).unwrap_or(TimeZone::UTC);
        Self { module, zone, exact, whole: false }
    }

    /// A value of type `ty`; `name` gives the shown name of a record.
    #[must_use]
    pub fn value(&self, ty: TypeIdx, value: &Value, name: &dyn Fn(RecordRef) -> Option<String>) -> String {
        match (self.module.ty(ty), value) {
            (_, Value::None) => "none".to_owned(),
            (Some(TypeDef::Optional(inner)), _) => self.value(*inner, value, name),
            (Some(TypeDef::Enum(idx)), Value::Enum(number)) => self.member(*idx, *number),
            (Some(TypeDef::List(item) | TypeDef::Set(item)), Value::List(items)) => {
                let shown: Vec<String> = items.iter().map(|v| self.value(*item, v, name)).collect();
                format!("[{}]", shown.join(", "))
            }
            (Some(TypeDef::Record(idx)), Value::Record(values)) => {
                let fields = self.module.record(*idx).map_or(&[][..], |r| r.fields.as_slice());
                let shown: Vec<String> = fields
                    .iter()
                    .zip(values)
                    .map(|(field, v)| format!("{}: {}", field.name, self.value(field.ty, v, name)))
                    .collect();
                format!("({})", shown.join(", "))
            }
            (_, value) => self.plain(value, name),
        }
    }

    /// A value whose type is not known or does not matter.
    #[must_use]
    pub fn plain(&self, value: &Value, name: &dyn Fn(RecordRef) -> Option<String>) -> String {
        match value {
            Value::None => "none".to_owned(),
            Value::Bool(b) => b.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Enum(n) => n.to_string(),
            Value::Decimal(d) => d.normalize().to_string(),
            Value::Float(f) if *f == 0.0 => "0".to_owned(),
            Value::Float(f) => f.to_string(),
            Value::Money(m) => money(*m),
            Value::Text(t) if self.whole => quoted(t),
            Value::Text(t) => text(t),
            Value::Date(days) => date(*days),
            Value::Time(micros) => time_of_day(*micros),
            Value::DateTime(micros) => self.moment(*micros),
            Value::Duration(d) => duration(*d),
            Value::Ref(record) => self.record(*record, name),
            Value::Instance(id) => format!("#{id}"),
            Value::List(items) | Value::Record(items) => {
                let shown: Vec<String> = items.iter().map(|v| self.plain(v, name)).collect();
                format!("[{}]", shown.join(", "))
            }
        }
    }

    /// The label of a member; its number if the enum has no such member any more.
    #[must_use]
    pub fn member(&self, idx: EnumIdx, number: i32) -> String {
        let member = self.module.enum_def(idx).and_then(|e| e.members.iter().find(|m| m.value == number));
        member.map_or_else(|| format!("{number} (no member of this build)"), |m| m.label.clone())
    }

    /// `opportunity:42 "Turbines"`.
    #[must_use]
    pub fn record(&self, record: RecordRef, name: &dyn Fn(RecordRef) -> Option<String>) -> String {
        let id = self.module.identity(record);
        match name(record) {
            Some(shown) if !shown.is_empty() => format!("{id} {}", text(&shown)),
            _ => id,
        }
    }

    /// `2026-01-05 09:00`, with seconds where there are some.
    #[must_use]
    pub fn moment(&self, micros: i64) -> String {
        moment(micros, &self.zone, self.exact)
    }
}

fn moment(micros: i64, zone: &TimeZone, exact: bool) -> String {
    let Ok(timestamp) = Timestamp::from_microsecond(micros) else { return micros.to_string() };
    let wall = timestamp.to_zoned(zone.clone());
    let fraction = if exact { wall.subsec_nanosecond() } else { 0 };
    let day = wall.date();
    match (wall.second(), fraction) {
        (0, 0) => format!("{day} {:02}:{:02}", wall.hour(), wall.minute()),
        (second, 0) => format!("{day} {:02}:{:02}:{second:02}", wall.hour(), wall.minute()),
        _ => wall.strftime("%Y-%m-%d %H:%M:%S%.f").to_string(),
    }
}

/// `80000 USD`, `9.99 EUR`: no more decimals than there are, at least two if there are any.
#[must_use]
pub fn money(value: Money) -> String {
    let whole = value.amount.unsigned_abs() / 10_000;
    let sign = if value.amount < 0 { "-" } else { "" };
    let decimals = match value.amount.unsigned_abs() % 10_000 {
        0 => String::new(),
        part if part % 100 == 0 => format!(".{:02}", part / 100),
        part => format!(".{part:04}").trim_end_matches('0').to_owned(),
    };
    format!("{sign}{whole}{decimals} {}", value.currency)
}

/// A text in quotes, on one line.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\n', "⏎"))
}

/// A text in quotes, on one line, cut where it is long.
#[must_use]
pub fn text(value: &str) -> String {
    if value.chars().count() <= TEXT_SHOWN_MAX {
        return quoted(value);
    }
    let cut: String = value.chars().take(TEXT_SHOWN_MAX - 1).collect();
    quoted(&format!("{cut}…"))
}

/// `2026-11-22`.
#[must_use]
pub fn date(days: i32) -> String {
    let epoch = civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(days)).map_or_else(|_| days.to_string(), |d| d.to_string())
}

/// `1 year 2 months 3 days 4 hours`.
#[must_use]
pub fn duration(value: Duration) -> String {
    let seconds = value.micros / 1_000_000;
    let parts = [
        (i64::from(value.months / 12), "year"),
        (i64::from(value.months % 12), "month"),
        (i64::from(value.days), "day"),
        (seconds / 3600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n != 0)
        .map(|(n, unit)| format!("{n} {unit}{}", if n.abs() == 1 { "" } else { "s" }))
        .collect();
    if shown.is_empty() { "0 seconds".to_owned() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::Currency;

    #[test]
    fn money_shows_no_digit_too_many() {
        let usd = Currency::parse("USD").unwrap();
        let shown: Vec<String> =
            [800_000_000, -99_900, 12_345, 5, 0].map(|amount| money(Money { amount, currency: usd })).to_vec();
        assert_eq!(shown, ["80000 USD", "-9.99 USD", "1.2345 USD", "0.0005 USD", "0 USD"]);
    }

    #[test]
    fn people_see_seconds_and_machines_everything() {
        let moments = [0, 1, 1_000_000, 1_999_999];
        assert_eq!(
            moments.map(|at| moment(at, &TimeZone::UTC, false)),
            ["1970-01-01 00:00", "1970-01-01 00:00", "1970-01-01 00:00:01", "1970-01-01 00:00:01"]
        );
        assert_eq!(moment(1, &TimeZone::UTC, true), "1970-01-01 00:00:00.000001");
        assert_eq!(moment(1_000_000, &TimeZone::UTC, true), "1970-01-01 00:00:01");
    }

    #[test]
    fn durations_name_their_parts() {
        assert_eq!(
            duration(Duration { months: 13, days: 1, micros: 5_400_000_000 }),
            "1 year 1 month 1 day 1 hour 30 minutes"
        );
        assert_eq!(duration(Duration::default()), "0 seconds");
    }

    #[test]
    fn times_show_what_there_is() {
        let shown = [34_200_000_000, 34_201_000_000, 34_200_500_000, 86_399_999_999].map(time_of_day);
        assert_eq!(shown, ["09:30", "09:30:01", "09:30:00.5", "23:59:59.999999"]);
    }

    #[test]
    fn long_texts_are_cut_on_characters() {
        assert_eq!(text("a\nb"), "\"a⏎b\"");
        assert_eq!(text(&"ü".repeat(100)).chars().count(), TEXT_SHOWN_MAX + 2);
    }
}
