//! Literals and their values.

use jiff::{civil, tz::TimeZone};
use pest::iterators::Pair;
use rust_decimal::Decimal;

use super::{Builder, Built, Defect};
use crate::base::span::Span;
use crate::base::value::Duration;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::errors::{self, BadMoment};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// A literal; one whose value does not exist gives a message and an error node.
    pub(super) fn literal(&mut self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let written = pair.as_str().trim_end();
        let kind = match pair.as_rule() {
            Rule::truth => ExprKind::Bool(written == "true"),
            Rule::nothing => ExprKind::None,
            Rule::text => ExprKind::Text(self.text(pair)?),
            Rule::integer => self.integer(written, span).map_or(ExprKind::Error, ExprKind::Int),
            Rule::decimal => self.number(written, span).map_or(ExprKind::Error, ExprKind::Decimal),
            Rule::percent => {
                let number = self.number(written.trim_end_matches('%'), span);
                let hundredth = number.and_then(|n| n.checked_mul(Decimal::new(1, 2)));
                hundredth.map_or(ExprKind::Error, |n| ExprKind::Percent(n.normalize()))
            }
            Rule::float => self.float(written, span),
            Rule::money => {
                let mut nodes = self.nodes(pair);
                let amount = nodes.presume(Rule::money_amount)?;
                let currency = self.ident(&nodes.presume(Rule::currency)?);
                let amount = self.number(amount.as_str(), self.span(&amount));
                amount.map_or(ExprKind::Error, |amount| ExprKind::Money(amount, currency))
            }
            Rule::duration => self.duration(pair)?.map_or(ExprKind::Error, ExprKind::Duration),
            Rule::moment => self.moment(written, span),
            _ => return Err(Defect { span }),
        };
        Ok(Expr { kind, span })
    }

    fn integer(&mut self, written: &str, span: Span) -> Option<i64> {
        let value = written.replace('_', "").parse().ok();
        if value.is_none() {
            self.diagnostics.push(errors::number_too_large(span, "a whole number goes up to 9223372036854775807"));
        }
        value
    }

    /// A whole number where no expression may stand: `rank -10`, `low = 1`.
    pub(super) fn stored(&mut self, pair: &Pair<'_, Rule>) -> i64 {
        let span = self.span(pair);
        self.integer(pair.as_str().trim_end(), span).unwrap_or(0)
    }

    fn number(&mut self, written: &str, span: Span) -> Option<Decimal> {
        let value = Decimal::from_str_exact(&written.replace('_', "")).ok();
        if value.is_none() {
            self.diagnostics.push(errors::number_too_large(span, "a decimal has up to 28 digits"));
        }
        value
    }

    fn float(&mut self, written: &str, span: Span) -> ExprKind {
        let value = written.trim_end_matches('f').replace('_', "").parse::<f64>().ok().filter(|n| n.is_finite());
        if value.is_none() {
            self.diagnostics.push(errors::number_too_large(span, "a float goes up to about 1.8e308"));
        }
        value.map_or(ExprKind::Error, ExprKind::Float)
    }

    pub(super) fn duration(&mut self, pair: Pair<'_, Rule>) -> Built<Option<Duration>> {
        let nodes = self.nodes(pair);
        let span = nodes.span;
        let mut total = Some(Duration::default());
        for part in nodes {
            let mut part = self.nodes(part);
            let number = part.presume(Rule::integer)?;
            let Some(count) = self.integer(number.as_str().trim_end(), self.span(&number)) else { return Ok(None) };
            let unit = part.presume(Rule::unit)?;
            total = total.and_then(|sum| add_unit(sum, count, unit.as_str().trim_end().trim_end_matches('s')));
        }
        if total.is_none() {
            self.diagnostics.push(errors::number_too_large(span, "a duration goes up to about 290,000 years"));
        }
        Ok(total)
    }

    fn moment(&mut self, written: &str, span: Span) -> ExprKind {
        read_moment(written.trim_start_matches('@')).unwrap_or_else(|bad| {
            self.diagnostics.push(errors::bad_moment(&bad, written, span));
            ExprKind::Error
        })
    }
}

fn add_unit(sum: Duration, count: i64, unit: &str) -> Option<Duration> {
    let calendar =
        |have: i32, each: i64| -> Option<i32> { have.checked_add(i32::try_from(count.checked_mul(each)?).ok()?) };
    let exact = |each: i64| sum.micros.checked_add(count.checked_mul(each)?);
    Some(match unit {
        "year" => Duration { months: calendar(sum.months, 12)?, ..sum },
        "month" => Duration { months: calendar(sum.months, 1)?, ..sum },
        "week" => Duration { days: calendar(sum.days, 7)?, ..sum },
        "day" => Duration { days: calendar(sum.days, 1)?, ..sum },
        "hour" => Duration { micros: exact(3_600_000_000)?, ..sum },
        "minute" => Duration { micros: exact(60_000_000)?, ..sum },
        "second" => Duration { micros: exact(1_000_000)?, ..sum },
        "millisecond" => Duration { micros: exact(1_000)?, ..sum },
        "microsecond" => Duration { micros: exact(1)?, ..sum },
        _ => return None,
    })
}

/// A date, a time or an instant.
fn read_moment(written: &str) -> Result<ExprKind, BadMoment> {
    let Some((date, time)) = written.split_once('T') else {
        if written.contains(':') {
            return read_time(written).map(|time| ExprKind::Time(micros_of_day(time)));
        }
        return read_date(written).map(|date| ExprKind::Date(days_of(date)));
    };
    let date = read_date(date)?;
    let (clock, zone) = split_zone(time)?;
    let at = date.to_datetime(read_time(clock)?);
    let instant = zone.to_timestamp(at).map_err(|_| BadMoment::NoSuchDate)?;
    Ok(ExprKind::DateTime(instant.as_microsecond()))
}

fn read_date(written: &str) -> Result<civil::Date, BadMoment> {
    let well_formed = written.len() == 10 && written.bytes().filter(|b| *b == b'-').count() == 2;
    if !well_formed {
        return Err(BadMoment::Shape);
    }
    written.parse().map_err(|_| BadMoment::NoSuchDate)
}

fn read_time(written: &str) -> Result<civil::Time, BadMoment> {
    let well_formed = matches!(written.len(), 5 | 8 | 10..=15) && written.get(2..3) == Some(":");
    if !well_formed {
        return Err(BadMoment::Shape);
    }
    written.parse().map_err(|_| BadMoment::NoSuchTime)
}

/// The wall time and its zone: `Z`, `+01:00` or `[Europe/Berlin]`.
fn split_zone(written: &str) -> Result<(&str, TimeZone), BadMoment> {
    if let Some(clock) = written.strip_suffix('Z') {
        return Ok((clock, TimeZone::UTC));
    }
    if let Some((clock, zone)) = written.strip_suffix(']').and_then(|w| w.split_once('[')) {
        let known = TimeZone::get(zone).map_err(|_| BadMoment::UnknownZone(zone.to_owned()))?;
        return Ok((clock, known));
    }
    let Some(sign) = written.find(['+', '-']) else { return Err(BadMoment::NoZone) };
    let (clock, shift) = written.split_at_checked(sign).ok_or(BadMoment::Shape)?;
    let seconds = |(hours, minutes): (&str, &str)| -> Option<i32> {
        hours.parse::<i32>().ok()?.checked_mul(3600)?.checked_add(minutes.parse::<i32>().ok()?.checked_mul(60)?)
    };
    let size = shift.get(1..).and_then(|s| s.split_once(':')).and_then(seconds).ok_or(BadMoment::Shape)?;
    let size = if shift.starts_with('-') { -size } else { size };
    let shift = jiff::tz::Offset::from_seconds(size).map_err(|_| BadMoment::Shape)?;
    Ok((clock, TimeZone::fixed(shift)))
}

/// Days since 1970-01-01.
fn days_of(date: civil::Date) -> i32 {
    let epoch = civil::Date::constant(1970, 1, 1);
    date.duration_since(epoch).as_hours().checked_div(24).and_then(|days| i32::try_from(days).ok()).unwrap_or(0)
}

fn micros_of_day(time: civil::Time) -> i64 {
    let since = time.duration_since(civil::Time::midnight());
    i64::try_from(since.as_micros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_count_from_1970() {
        assert_eq!(read_moment("1970-01-02"), Ok(ExprKind::Date(1)));
        assert_eq!(read_moment("1969-12-31"), Ok(ExprKind::Date(-1)));
        assert_eq!(read_moment("00:01"), Ok(ExprKind::Time(60_000_000)));
        let utc = read_moment("1970-01-01T01:00Z");
        assert_eq!(utc, Ok(ExprKind::DateTime(3_600_000_000)));
        assert_eq!(read_moment("1970-01-01T02:00[Europe/Berlin]"), utc);
        assert_eq!(read_moment("1970-01-01T02:00+01:00"), utc);
    }

    #[test]
    fn a_moment_that_does_not_exist_is_refused() {
        assert_eq!(read_moment("2026-02-30"), Err(BadMoment::NoSuchDate));
        assert_eq!(read_moment("2026-2-3"), Err(BadMoment::Shape));
        assert_eq!(read_moment("25:00"), Err(BadMoment::NoSuchTime));
        assert_eq!(read_moment("2026-02-03T10:00"), Err(BadMoment::NoZone));
        assert_eq!(read_moment("2026-02-03T10:00[Mars/Base]"), Err(BadMoment::UnknownZone("Mars/Base".into())));
    }

    #[test]
    fn units_of_one_kind_add_up() {
        let week = add_unit(Duration::default(), 2, "week").and_then(|d| add_unit(d, 1, "day"));
        assert_eq!(week, Some(Duration { months: 0, days: 15, micros: 0 }));
        assert_eq!(add_unit(Duration::default(), i64::MAX, "hour"), None);
    }
}
