//! Moments, dates and durations as data files and the command line write them.

use jiff::{Timestamp, Zoned, civil};

use crate::base::value::Duration;

/// `2026-01-05T09:00[Europe/Berlin]` or `2026-01-05T09:00Z`, in microseconds since 1970-01-01T00:00Z. A moment without
/// a zone is nothing.
#[must_use]
pub fn parse_moment(text: &str) -> Option<i64> {
    let text = text.strip_prefix('@').unwrap_or(text);
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Some(zoned.timestamp().as_microsecond());
    }
    text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}

/// `2026-11-22`, in days since 1970-01-01.
#[must_use]
pub fn parse_date(text: &str) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    let date: civil::Date = text.parse().ok()?;
    let days = date.since(civil::date(1970, 1, 1)).ok()?;
    Some(days.get_days())
}

/// `09:30`, `09:30:15`, in microseconds since midnight.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    // The library also takes the time out of a moment.
    if text.len() < 5 || !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')) {
        return None;
    }
    let time: civil::Time = text.parse().ok()?;
    let since = time.duration_since(civil::Time::midnight());
    i64::try_from(since.as_micros()).ok()
}

/// `3 days`, `1 hour 30 minutes`, `6 months`: as in the language.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() || !words.len().is_multiple_of(2) {
        return None;
    }
    let mut sum = Duration::default();
    for pair in words.chunks(2) {
        let [number, unit] = pair else { return None };
        let number: i32 = number.replace('_', "").parse().ok()?;
        let exact = |seconds: i64| i64::from(number).checked_mul(seconds * 1_000_000);
        match unit.strip_suffix('s').unwrap_or(unit) {
            "second" => sum.micros = sum.micros.checked_add(exact(1)?)?,
            "minute" => sum.micros = sum.micros.checked_add(exact(60)?)?,
            "hour" => sum.micros = sum.micros.checked_add(exact(3600)?)?,
            "day" => sum.days = sum.days.checked_add(number)?,
            "week" => sum.days = sum.days.checked_add(number.checked_mul(7)?)?,
            "month" => sum.months = sum.months.checked_add(number)?,
            "year" => sum.months = sum.months.checked_add(number.checked_mul(12)?)?,
            _ => return None,
        }
    }
    Some(sum)
}

/// A full hour of a day on the wall clock of a zone; nothing if the zone is unknown.
#[must_use]
pub fn wall_moment(year: i16, month: i8, day: i8, hour: i8, zone: &str) -> Option<i64> {
    let wall = civil::DateTime::new(year, month, day, hour, 0, 0, 0).ok()?;
    wall.in_tz(zone).ok().map(|moment| moment.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_need_a_zone() {
        assert_eq!(parse_moment("1970-01-01T00:00Z"), Some(0));
        assert_eq!(parse_moment("2026-01-05T09:00[Europe/Berlin]"), Some(1_767_600_000_000_000));
        assert_eq!(parse_moment("2026-01-05T09:00"), None);
        assert_eq!(parse_moment("soon"), None);
    }

    #[test]
    fn dates_are_whole() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("2026-02-30"), None);
        assert_eq!(parse_date("2026-02-03T00:00"), None);
    }

    #[test]
    fn times_are_of_the_clock() {
        assert_eq!(parse_time("09:30"), Some(34_200_000_000));
        assert_eq!(parse_time("23:59:59.5"), Some(86_399_500_000));
        for bad in ["", "9", "24:00", "09:60", "2026-01-05T09:30", "soon!"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_add_their_parts() {
        assert_eq!(parse_duration("1 hour 30 minutes"), Some(Duration { months: 0, days: 0, micros: 5_400_000_000 }));
        assert_eq!(parse_duration("1 year 2 weeks"), Some(Duration { months: 12, days: 14, micros: 0 }));
        for bad in ["", "3", "days", "3 fortnights", "9999999999 days", "2000000000 years"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
