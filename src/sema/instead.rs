//! What to write for a literal of one type where another one is expected: `100 USD` for `100`, `@2026-01-01` for
//! `"2026-01-01"`, `hot` for `"hot"`.

use super::{schema::Schema, ty::Ty};
use crate::base::value::{Currency, Value};
use crate::syntax::ast::{ExprKind, TextPart};

/// A text of at most this many bytes is shown again.
const SHOWN_MAX: usize = 40;

/// The literal of the type `wanted` that a literal was probably meant as; `base` is the project's currency.
pub(super) fn literal(wanted: &Ty, found: &Value, schema: &Schema, base: Currency) -> Option<String> {
    let number = match found {
        Value::Int(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        _ => None,
    };
    let text = match found {
        Value::Text(text) if text.len() <= SHOWN_MAX && !text.contains(['"', '{', '\\', '\n']) => Some(text.as_str()),
        _ => None,
    };
    Some(match (wanted.present(), number, text) {
        (Ty::MoneyIn(currency), Some(number), _) => format!("{number} {currency}"),
        (Ty::Money, Some(number), _) => format!("{number} {base}"),
        (Ty::MoneyIn(_) | Ty::Money, _, Some(text)) => money(text)?,
        (Ty::Duration, Some(number), _) if matches!(found, Value::Int(_)) => format!("{number} days"),
        (Ty::Date, _, Some(text)) => format!("@{}", date(text)?),
        (Ty::Time, _, Some(text)) => format!("@{}", time(text)?),
        (Ty::DateTime, _, Some(text)) => moment(text)?,
        (Ty::Int, _, Some(text)) => text.parse::<i64>().ok()?.to_string(),
        (Ty::Decimal, _, Some(text)) if is_decimal(text) => text.to_owned(),
        (Ty::Bool, _, Some(text)) => truth(text)?.to_owned(),
        (Ty::Bool, Some(number), _) => truth(&number)?.to_owned(),
        (Ty::Enum(id), _, Some(text)) => {
            let is_meant = |known: &str| known.eq_ignore_ascii_case(text);
            let members = &schema.enumeration(*id)?.members;
            members.iter().find(|member| is_meant(&member.name) || is_meant(&member.label))?.name.clone()
        }
        (Ty::Ref(id), _, Some(text)) => format!("{}[\"{text}\"]", schema.entity(*id)?.name),
        (Ty::Union(all), _, Some(text)) => format!("{}[\"{text}\"]", schema.entity(*all.first()?)?.name),
        _ => return None,
    })
}

/// The value of a literal as it is written.
pub(super) fn written(value: &ExprKind) -> Option<Value> {
    Some(match value {
        ExprKind::Int(number) => Value::Int(*number),
        ExprKind::Decimal(number) => Value::Decimal(*number),
        ExprKind::Text(text) => match text.parts.as_slice() {
            [TextPart::Plain(plain)] => Value::Text(plain.clone()),
            _ => return None,
        },
        _ => return None,
    })
}

/// `2026-01-31`, `31.01.2026`, `2026/1/31` as `2026-01-31`.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', '.', '/']).collect();
    let number = |part: &&str| part.parse::<u16>().ok();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        [day, month, year] if year.len() == 4 && text.contains('.') => (number(year)?, number(month)?, number(day)?),
        _ => return None,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// `9:30` as `09:30`.
fn time(text: &str) -> Option<String> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.parse::<u8>().ok()?, minute.get(..2)?.parse::<u8>().ok()?);
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

/// `2026-01-31T09:30Z`; a zone is added where there is none.
fn moment(text: &str) -> Option<String> {
    let (day, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let zone = if text.ends_with('Z') { "Z" } else { "[Europe/Berlin]" };
    Some(format!("@{}T{}{zone}", date(day)?, time(clock)?))
}

/// `100 USD`, `USD 100`.
fn money(text: &str) -> Option<String> {
    let (first, second) = text.split_once(' ')?;
    let (amount, code) = if Currency::parse(second).is_some() { (first, second) } else { (second, first) };
    Currency::parse(code).filter(|_| is_decimal(amount))?;
    Some(format!("{amount} {code}"))
}

fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, places)) => digits(whole) && digits(places),
        None => digits(text),
    }
}

fn truth(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" => Some("true"),
        "false" | "no" | "n" | "off" | "0" => Some("false"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instead(wanted: &Ty, text: &str) -> Option<String> {
        let base = Currency::parse("USD").unwrap();
        literal(wanted, &Value::Text(text.to_owned()), &Schema::default(), base)
    }

    #[test]
    fn texts_are_taken_as_what_they_look_like() {
        assert_eq!(instead(&Ty::Date, "2026-1-5").as_deref(), Some("@2026-01-05"));
        assert_eq!(instead(&Ty::Date, "05.01.2026").as_deref(), Some("@2026-01-05"));
        assert_eq!(instead(&Ty::Date, "tomorrow"), None);
        assert_eq!(instead(&Ty::Date, "2026-13-05"), None);
        assert_eq!(instead(&Ty::Time, "9:30").as_deref(), Some("@09:30"));
        assert_eq!(instead(&Ty::DateTime, "2026-01-05T09:30Z").as_deref(), Some("@2026-01-05T09:30Z"));
        assert_eq!(instead(&Ty::Money, "EUR 5.20").as_deref(), Some("5.20 EUR"));
        assert_eq!(instead(&Ty::Int, "12").as_deref(), Some("12"));
        assert_eq!(instead(&Ty::Int, "twelve"), None);
    }

    #[test]
    fn numbers_take_the_currency_of_their_place_or_of_the_project() {
        let base = Currency::parse("USD").unwrap();
        let euros = Ty::MoneyIn(Currency::parse("EUR").unwrap());
        let schema = Schema::default();
        assert_eq!(literal(&euros, &Value::Int(5), &schema, base).as_deref(), Some("5 EUR"));
        assert_eq!(literal(&Ty::Money, &Value::Int(5), &schema, base).as_deref(), Some("5 USD"));
        assert_eq!(literal(&Ty::Text, &Value::Int(5), &schema, base), None);
    }
}
