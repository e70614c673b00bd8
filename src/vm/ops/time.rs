//! Dates, times, moments and durations.
//!
//! Adding takes months first, then days, both on the wall clock of the zone, then exact time. A wall time that does
//! not exist moves forward by the length of the gap; one that exists twice is the earlier.

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime, Time, date},
    tz::TimeZone,
};

use super::{Context, Done, Raised, sign};
use crate::{
    base::value::Duration,
    bytecode::{isa::Instruction, traps::TrapCode},
    vm::window::Slots,
};

/// Microseconds of a day without changes of the clock.
const DAY: i64 = 86_400_000_000;

/// A result or a trap.
type Computed<T = ()> = Result<T, TrapCode>;

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let window = &context.window;
    let (into, result) = match instruction {
        Instruction::DateAdd { into, left, right } => (into, date_add(window.int(left), window.duration(right))),
        Instruction::DatePart { into, from, part } => (into, Ok(date_part(window.int(from), part))),
        Instruction::MonthsBetween { into, left, right } => {
            (into, months_between(civil(window.int(left)), civil(window.int(right))))
        }
        Instruction::DateTimeAdd { into, left, right } => {
            (into, moment_add(context.zone, window.int(left), window.duration(right)))
        }
        Instruction::DateTimeDate { into, from } => (into, day_number(civil(wall(context.zone, window.int(from)).0))),
        Instruction::DateTimeTime { into, from } => (into, Ok(wall(context.zone, window.int(from)).1)),
        Instruction::DateTimeOf { into, date, time } => {
            let wall = civil(window.int(date)).to_datetime(clock(window.int(time)));
            (into, moment(context.zone, wall))
        }
        Instruction::TimePart { into, from, part } => (into, Ok(time_part(window.int(from), part))),
        Instruction::TimeAdd { into, left, right } => {
            let duration = window.duration(right);
            let exact = duration.months == 0 && duration.days == 0;
            let sum = window.int(left).checked_add(duration.micros).ok_or(TrapCode::Overflow);
            (into, if exact { sum.map(|sum| sum.rem_euclid(DAY)) } else { Err(TrapCode::MixedDuration) })
        }
        Instruction::DurationPart { into, from, part } => {
            let duration = window.duration(from);
            let number = match part {
                0 => i64::from(duration.months),
                1 => i64::from(duration.days),
                _ => duration.micros,
            };
            (into, Ok(number))
        }
        Instruction::DurationCompare { into, left, right } => {
            (into, compare(window.duration(left), window.duration(right)))
        }
        Instruction::DurationEqual { into, left, right } => {
            (into, Ok(i64::from(window.duration(left) == window.duration(right))))
        }
        other => return durations(context, other),
    };
    Some(result.map(|number| context.window.put_int(into, number)).map_err(Raised::trap))
}

#[inline(always)]
fn durations(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let window = &context.window;
    let (into, result) = match instruction {
        Instruction::DateDifference { into, left, right } => {
            (into, days(window.int(left).checked_sub(window.int(right))))
        }
        Instruction::DateTimeDifference { into, left, right } | Instruction::TimeDifference { into, left, right } => {
            let micros = window.int(left).checked_sub(window.int(right)).ok_or(TrapCode::Overflow);
            (into, micros.map(|micros| Duration { micros, ..Duration::default() }))
        }
        Instruction::DurationOfDays { into, from } => (into, days(Some(window.int(from)))),
        Instruction::DurationAdd { into, left, right } => (into, add(window.duration(left), window.duration(right))),
        Instruction::DurationSub { into, left, right } => {
            let negated = times(window.duration(right), -1);
            (into, negated.and_then(|right| add(window.duration(left), right)))
        }
        Instruction::DurationNegate { into, from } => (into, times(window.duration(from), -1)),
        Instruction::DurationMul { into, left, right } => (into, times(window.duration(left), window.int(right))),
        _ => return None,
    };
    Some(result.map(|duration| context.window.put_duration(into, duration)).map_err(Raised::trap))
}

/// The first day that dates count from.
fn epoch() -> Date {
    date(1970, 1, 1)
}

/// A date; days that no date has give the nearest one.
pub(super) fn civil(days: i64) -> Date {
    let span = Span::new().try_days(days);
    let nearest = if days < 0 { Date::MIN } else { Date::MAX };
    span.and_then(|span| epoch().checked_add(span)).unwrap_or(nearest)
}

/// The days of a date. Years outside of 1 to 9999 are a trap.
fn day_number(date: Date) -> Computed<i64> {
    if date.year() < 1 {
        return Err(TrapCode::TimeRange);
    }
    Ok(epoch().duration_until(date).as_secs() / 86_400)
}

/// A time of day.
fn clock(micros: i64) -> Time {
    let micros = micros.rem_euclid(DAY);
    let nanos = jiff::SignedDuration::from_micros(micros);
    Time::midnight().checked_add(nanos).unwrap_or(Time::MAX)
}

/// The microseconds of a time of day.
fn clock_micros(time: Time) -> i64 {
    let whole = Time::midnight().duration_until(time);
    whole.as_secs() * 1_000_000 + i64::from(whole.subsec_micros())
}

/// The wall clock at a moment: days, and microseconds since midnight.
pub(super) fn wall(zone: &TimeZone, micros: i64) -> (i64, i64) {
    let Ok(timestamp) = Timestamp::from_microsecond(micros) else { return (0, 0) };
    let wall = zone.to_datetime(timestamp);
    (epoch().duration_until(wall.date()).as_secs() / 86_400, clock_micros(wall.time()))
}

/// The moment of a wall time.
fn moment(zone: &TimeZone, wall: DateTime) -> Computed<i64> {
    let zoned = zone.to_ambiguous_zoned(wall).compatible().map_err(|_| TrapCode::TimeRange)?;
    within(zoned.timestamp().as_microsecond())
}

/// A moment in the years 1 to 9999.
fn within(micros: i64) -> Computed<i64> {
    let timestamp = Timestamp::from_microsecond(micros).map_err(|_| TrapCode::TimeRange)?;
    if TimeZone::UTC.to_datetime(timestamp).year() < 1 { Err(TrapCode::TimeRange) } else { Ok(micros) }
}

/// Months, then days.
fn calendar(duration: Duration) -> Computed<(Span, Span)> {
    let months = Span::new().try_months(duration.months).map_err(|_| TrapCode::TimeRange)?;
    let days = Span::new().try_days(duration.days).map_err(|_| TrapCode::TimeRange)?;
    Ok((months, days))
}

fn date_add(days: i64, duration: Duration) -> Computed<i64> {
    if duration.micros != 0 {
        return Err(TrapCode::MixedDuration);
    }
    let (months, more) = calendar(duration)?;
    let date = civil(days).checked_add(months).map_err(|_| TrapCode::TimeRange)?;
    day_number(date)?;
    day_number(date.checked_add(more).map_err(|_| TrapCode::TimeRange)?)
}

fn moment_add(zone: &TimeZone, micros: i64, duration: Duration) -> Computed<i64> {
    let start = if duration.months == 0 && duration.days == 0 {
        micros
    } else {
        let (months, days) = calendar(duration)?;
        let timestamp = Timestamp::from_microsecond(micros).map_err(|_| TrapCode::TimeRange)?;
        let wall = zone.to_datetime(timestamp).checked_add(months).and_then(|wall| wall.checked_add(days));
        moment(zone, wall.map_err(|_| TrapCode::TimeRange)?)?
    };
    within(start.checked_add(duration.micros).ok_or(TrapCode::Overflow)?)
}

/// The largest number of whole months that do not lead beyond the later date.
fn months_between(left: Date, right: Date) -> Computed<i64> {
    if right < left {
        return months_between(right, left).map(|months| -months);
    }
    let years = i64::from(right.year()) - i64::from(left.year());
    let months = years * 12 + i64::from(right.month()) - i64::from(left.month());
    let span = Span::new().try_months(months).map_err(|_| TrapCode::TimeRange)?;
    let reached = left.checked_add(span).map_err(|_| TrapCode::TimeRange)?;
    Ok(if reached > right { months - 1 } else { months })
}

fn date_part(days: i64, part: i16) -> i64 {
    let date = civil(days);
    match part {
        0 => i64::from(date.year()),
        1 => i64::from(date.month()),
        2 => i64::from(date.day()),
        3 => i64::from(date.weekday().to_monday_one_offset()),
        _ => i64::from(date.day_of_year()),
    }
}

fn time_part(micros: i64, part: i16) -> i64 {
    let seconds = micros / 1_000_000;
    match part {
        0 => seconds / 3600,
        1 => seconds / 60 % 60,
        2 => seconds % 60,
        _ => micros % 1_000_000,
    }
}

fn days(days: Option<i64>) -> Computed<Duration> {
    let days = days.and_then(|days| i32::try_from(days).ok()).ok_or(TrapCode::Overflow)?;
    Ok(Duration { days, ..Duration::default() })
}

fn add(left: Duration, right: Duration) -> Computed<Duration> {
    let sum = || {
        Some(Duration {
            months: left.months.checked_add(right.months)?,
            days: left.days.checked_add(right.days)?,
            micros: left.micros.checked_add(right.micros)?,
        })
    };
    sum().ok_or(TrapCode::Overflow)
}

fn times(duration: Duration, factor: i64) -> Computed<Duration> {
    let part = |part: i32| i64::from(part).checked_mul(factor).and_then(|part| i32::try_from(part).ok());
    let product = || {
        Some(Duration {
            months: part(duration.months)?,
            days: part(duration.days)?,
            micros: duration.micros.checked_mul(factor)?,
        })
    };
    product().ok_or(TrapCode::Overflow)
}

/// Durations compare when both have parts of one kind only.
fn compare(left: Duration, right: Duration) -> Computed<i64> {
    let months = left.months != 0 || right.months != 0;
    let days = left.days != 0 || right.days != 0;
    let micros = left.micros != 0 || right.micros != 0;
    if u8::from(months) + u8::from(days) + u8::from(micros) > 1 {
        return Err(TrapCode::MixedDuration);
    }
    let key = |duration: Duration| (duration.months, duration.days, duration.micros);
    Ok(sign(key(left).cmp(&key(right))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn span(months: i32, days: i32, micros: i64) -> Duration {
        Duration { months, days, micros }
    }

    #[test]
    fn wall_times_in_gaps_move_forward_and_in_folds_are_the_earlier() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-03-28 02:30 plus a day does not exist: 03:30.
        assert_eq!(moment_add(&zone, at("2026-03-28T01:30:00Z"), span(0, 1, 0)), Ok(at("2026-03-29T01:30:00Z")));
        // 2026-10-24 02:30 plus a day exists twice: the one in summer time.
        assert_eq!(moment_add(&zone, at("2026-10-24T00:30:00Z"), span(0, 1, 0)), Ok(at("2026-10-25T00:30:00Z")));
        // Exact time is exact: a day of 24 hours over the change.
        assert_eq!(moment_add(&zone, at("2026-03-28T09:00:00Z"), span(0, 0, DAY)), Ok(at("2026-03-29T09:00:00Z")));
        assert_eq!(moment_add(&zone, at("2026-03-28T09:00:00Z"), span(0, 1, 0)), Ok(at("2026-03-29T08:00:00Z")));
    }

    #[test]
    fn months_come_first_and_clamp() {
        let day = |text: &str| day_number(text.parse().unwrap()).unwrap();
        assert_eq!(date_add(day("2026-01-31"), span(1, 1, 0)), Ok(day("2026-03-01")));
        assert_eq!(date_add(day("2024-02-29"), span(12, 0, 0)), Ok(day("2025-02-28")));
        assert_eq!(date_add(0, span(0, 0, 1)), Err(TrapCode::MixedDuration));
        assert_eq!(date_add(day("9999-12-31"), span(0, 1, 0)), Err(TrapCode::TimeRange));
        assert_eq!(date_add(0, span(-30_000, 0, 0)), Err(TrapCode::TimeRange));
        assert_eq!(months_between("2026-01-31".parse().unwrap(), "2026-02-28".parse().unwrap()), Ok(1));
        assert_eq!(months_between("2026-01-31".parse().unwrap(), "2026-02-27".parse().unwrap()), Ok(0));
        assert_eq!(months_between("2026-03-01".parse().unwrap(), "2026-01-15".parse().unwrap()), Ok(-1));
    }

    #[test]
    fn parts_and_comparison() {
        assert_eq!((0..5).map(|part| date_part(20_779, part)).collect::<Vec<_>>(), [2026, 11, 22, 7, 326]);
        assert_eq!(clock_micros(clock(34_201_500_000)), 34_201_500_000);
        assert_eq!(compare(span(0, 3, 0), span(0, 2, 0)), Ok(1));
        assert_eq!(compare(span(0, 3, 0), span(1, 0, 0)), Err(TrapCode::MixedDuration));
        assert_eq!(compare(span(0, 0, 0), span(1, 0, 0)), Ok(-1));
    }
}
