//! Schedules: what `every …` and `cron "…"` mean. When one is due next is the engine's business.

use super::value::Duration;

/// When something is due, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// After each such time.
    Every(Duration),
    /// At times of the wall clock.
    Wall(WallTimes),
}

/// Times of the wall clock, as sets of bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallTimes {
    /// Bits 0 to 59.
    pub minutes: u64,
    /// Bits 0 to 23.
    pub hours: u32,
    /// Days of the month: bits 1 to 31.
    pub days: u32,
    /// Bits 1 to 12.
    pub months: u16,
    /// Bits 0 (Sunday) to 6.
    pub weekdays: u8,
    /// Whether a day of the month or of the week is enough.
    pub either: bool,
    /// Whether a day that the month lacks is its last.
    pub clamp: bool,
}

/// The bits from `low` to `high`.
fn bits(low: u32, high: u32) -> u64 {
    (low..=high).fold(0, |all, bit| all | 1 << bit)
}

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// The longest months.
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl WallTimes {
    fn at(minute: u32, hour: u32) -> Self {
        Self {
            minutes: 1 << minute,
            hours: 1 << hour,
            days: !1,
            months: 0x1FFE,
            weekdays: 0x7F,
            either: false,
            clamp: false,
        }
    }

    /// Whether a date is one of its days; `last` is the last day of its month, `weekday` counts from Sunday.
    #[must_use]
    pub fn falls_on(&self, month: u32, day: u32, last: u32, weekday: u32) -> bool {
        let beyond = self.clamp && day == last && self.days >> day > 1;
        let by_day = self.days >> day & 1 == 1 || beyond;
        let by_weekday = self.weekdays >> weekday & 1 == 1;
        self.months >> month & 1 == 1 && if self.either { by_day || by_weekday } else { by_day && by_weekday }
    }

    /// Its times of a day, in order: hour and minute.
    pub fn times(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (hours, minutes) = (self.hours, self.minutes);
        (0..24).filter(move |hour| hours >> hour & 1 == 1).flat_map(move |hour| {
            (0..60).filter(move |minute| minutes >> minute & 1 == 1).map(move |minute| (hour, minute))
        })
    }

    /// Whether there is such a day.
    fn comes(&self) -> bool {
        let is_there = |(month, length): (u32, &u32)| {
            self.months >> month & 1 == 1 && (self.clamp || u64::from(self.days) & bits(1, *length) != 0)
        };
        self.either || (1..).zip(&LENGTHS).any(is_there)
    }
}

impl Schedule {
    /// Reads `every 15 minutes`, `every monday, thursday at 09:00`, words joined by one space.
    ///
    /// # Errors
    /// With what is wrong, as a sentence goes on.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("every ").unwrap_or(text);
        let Some((days, clock)) = rest.rsplit_once(" at ") else { return every(rest) };
        let (hour, minute) = clock_time(clock)?;
        let mut times = WallTimes::at(minute, hour);
        if let Some(day) = days.strip_prefix("month on day ") {
            let number = day.replace('_', "").parse().ok().filter(|day| (1..=31).contains(day));
            let number: u32 = number.ok_or_else(|| format!("no month has a day {day}"))?;
            times.days = 1 << number;
            times.clamp = true;
            return Ok(Schedule::Wall(times));
        }
        times.weekdays = 0;
        for word in days.split(',').map(str::trim) {
            times.weekdays |= match word {
                "day" => 0x7F,
                "weekday" => 0x3E,
                word => {
                    let found = (0..).zip(WEEKDAYS).find(|(_, name)| *name == word);
                    1 << found.map(|(bit, _): (u32, _)| bit).ok_or_else(|| format!("`{word}` is no day of the week"))?
                }
            };
        }
        Ok(Schedule::Wall(times))
    }

    /// Reads the five fields of `cron`: minute, hour, day of the month, month, day of the week.
    ///
    /// # Errors
    /// With what is wrong, as a sentence goes on.
    pub fn parse_cron(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(format!("it has five fields, not {}", fields.len()));
        };
        let names: Vec<&str> = WEEKDAYS.iter().filter_map(|name| name.get(..3)).collect();
        let weekdays = field(weekday, "day of the week", 0, 7, &names, 0)?;
        let times = WallTimes {
            minutes: field(minute, "minute", 0, 59, &[], 0)?,
            hours: narrow(field(hour, "hour", 0, 23, &[], 0)?),
            days: narrow(field(day, "day of the month", 1, 31, &[], 0)?),
            months: u16::try_from(field(month, "month", 1, 12, &MONTHS, 1)?).unwrap_or_default(),
            // 7 is Sunday, too.
            weekdays: u8::try_from((weekdays | weekdays >> 7) & 0x7F).unwrap_or_default(),
            either: !day.starts_with('*') && !weekday.starts_with('*'),
            clamp: false,
        };
        if times.comes() { Ok(Schedule::Wall(times)) } else { Err("no month has such a day".to_owned()) }
    }
}

fn narrow(bits: u64) -> u32 {
    u32::try_from(bits).unwrap_or_default()
}

/// One field of `cron`: `*`, `*/5`, `1-5`, `mon,fri`, `10-50/10`.
fn field(text: &str, what: &str, low: u32, high: u32, names: &[&str], first: u32) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no {what}");
    let number = |word: &str| -> Result<u32, String> {
        let named = (first..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(word)).map(|(number, _)| number);
        let number = named.or_else(|| word.parse().ok());
        number.filter(|number| (low..=high).contains(number)).ok_or_else(wrong)
    };
    let mut all = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0_usize).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if step > 1 => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return Err(wrong());
        }
        all = (from..=to).step_by(step).fold(all, |all, bit| all | 1 << bit);
    }
    Ok(all)
}

fn clock_time(text: &str) -> Result<(u32, u32), String> {
    let parts = text.split_once(':').and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)));
    parts.filter(|(hour, minute)| *hour < 24 && *minute < 60).ok_or_else(|| format!("`{text}` is no time of a day"))
}

/// `1 hour 30 minutes`.
fn every(text: &str) -> Result<Schedule, String> {
    const SECOND: i64 = 1_000_000;
    let wrong = || format!("`{text}` is no time to come again after");
    let mut total = Duration::default();
    let mut words = text.split(' ');
    while let (Some(number), Some(unit)) = (words.next(), words.next()) {
        let number: i64 = number.replace('_', "").parse().map_err(|_| wrong())?;
        let whole = |factor: i64| number.checked_mul(factor).and_then(|n| i32::try_from(n).ok()).ok_or_else(wrong);
        let exact = |factor: i64| number.checked_mul(factor).ok_or_else(wrong);
        let (months, days, micros) = match unit.trim_end_matches('s') {
            "year" => (whole(12)?, 0, 0),
            "month" => (whole(1)?, 0, 0),
            "week" => (0, whole(7)?, 0),
            "day" => (0, whole(1)?, 0),
            "hour" => (0, 0, exact(3_600 * SECOND)?),
            "minute" => (0, 0, exact(60 * SECOND)?),
            "second" => (0, 0, exact(SECOND)?),
            _ => return Err(wrong()),
        };
        total.months = total.months.checked_add(months).ok_or_else(wrong)?;
        total.days = total.days.checked_add(days).ok_or_else(wrong)?;
        total.micros = total.micros.checked_add(micros).ok_or_else(wrong)?;
    }
    if total == Duration::default() { Err(wrong()) } else { Ok(Schedule::Every(total)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(schedule: Result<Schedule, String>) -> WallTimes {
        match schedule.unwrap() {
            Schedule::Wall(times) => times,
            Schedule::Every(_) => panic!("not at times of the clock"),
        }
    }

    #[test]
    fn words_are_days_and_times() {
        let every = Schedule::parse("every 1 hour 30 minutes").unwrap();
        assert_eq!(every, Schedule::Every(Duration { months: 0, days: 0, micros: 5_400_000_000 }));
        let times = wall(Schedule::parse("every monday, thursday at 9:05"));
        assert_eq!((times.weekdays, times.times().collect::<Vec<_>>()), (0b1_0010, vec![(9, 5)]));
        assert_eq!(wall(Schedule::parse("every weekday at 18:30")).weekdays, 0b11_1110);
        let month = wall(Schedule::parse("every month on day 31 at 06:00"));
        assert!(month.falls_on(2, 28, 28, 6) && !month.falls_on(3, 28, 31, 6) && month.falls_on(3, 31, 31, 2));
    }

    #[test]
    fn cron_has_lists_steps_and_names() {
        let times = wall(Schedule::parse_cron("*/20 8-10 1,15 jan MON-fri"));
        assert_eq!(times.times().count(), 9);
        assert_eq!((times.days, times.months, times.weekdays), (1 << 1 | 1 << 15, 2, 0b11_1110));
        assert!(times.either);
        assert_eq!(wall(Schedule::parse_cron("0 0 * * 7")).weekdays, 1);
    }

    #[test]
    fn what_never_comes_is_refused() {
        for text in [
            "0 0 * *",
            "60 0 * * *",
            "0 24 * * *",
            "0 0 0 * *",
            "0 0 30 2 *",
            "0 0 * * fry",
            "5-1 0 * * *",
            "*/0 0 * * *",
        ] {
            assert!(Schedule::parse_cron(text).is_err(), "{text}");
        }
        for text in ["every 0 minutes", "every day at 24:00", "every month on day 32 at 06:00"] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }
}
