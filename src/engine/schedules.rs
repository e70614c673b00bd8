//! Schedules: when processes are due, and their start at that moment.
//!
//! The next moment of each is a setting of the store. Each moment that is come to is a start of its own; of those that
//! were missed while nothing ran one late start stands for all.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    base::schedule::{Schedule, WallTimes},
    bytecode::{
        module::{Module, TriggerEvent},
        types::ProcessIdx,
    },
};

use super::{Engine, actor::Actor, clock::HOUR, faults::Answer, triggers::Kept, words::later};

/// A schedule of a process.
#[derive(Debug)]
pub(crate) struct Scheduled {
    process: ProcessIdx,
    schedule: Schedule,
    zone: String,
    /// Its setting in the store.
    key: String,
    /// When it is due; none if never again.
    due: Option<i64>,
}

/// The schedules of a build.
pub(crate) fn of(module: &Module) -> Vec<Scheduled> {
    let mut found = Vec::new();
    for (index, process) in (0u16..).zip(&module.processes) {
        for (number, trigger) in (1..).zip(&process.triggers) {
            if let TriggerEvent::Schedule { schedule, zone } = &trigger.event {
                found.push(Scheduled {
                    process: ProcessIdx(index),
                    schedule: schedule.clone(),
                    zone: zone.clone(),
                    key: format!("schedule/{}/{number}", process.name),
                    due: None,
                });
            }
        }
    }
    found
}

impl Scheduled {
    /// What the setting holds: the moment, and what it was computed of.
    fn setting(&self) -> String {
        let due = self.due.map_or_else(String::new, |due| due.to_string());
        format!("{due} {} {:?}", self.zone, self.schedule)
    }

    /// The moment of a setting, if it was computed of the same schedule.
    fn take_up(&mut self, setting: &str) -> bool {
        let due = setting.split(' ').next().and_then(|due| due.parse().ok());
        self.due = due;
        self.setting() == setting
    }
}

impl Engine {
    /// Takes up the schedules where the store left them; new ones count from now.
    pub(crate) fn take_up_schedules(&mut self) -> Answer<()> {
        let mut changed = Vec::new();
        for index in 0..self.schedules.len() {
            let Some(key) = self.schedules.get(index).map(|scheduled| scheduled.key.clone()) else { continue };
            let setting = self.store.meta(&key)?;
            let now = self.now;
            let Some(scheduled) = self.schedules.get_mut(index) else { continue };
            if !setting.is_some_and(|setting| scheduled.take_up(&setting)) {
                scheduled.due = next(&scheduled.schedule, &scheduled.zone, now, now);
                changed.push((key, scheduled.setting()));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.transaction(|engine| changed.iter().try_for_each(|(key, value)| Ok(engine.store.set_meta(key, value)?)))
    }

    /// Counts all schedules from now.
    pub(crate) fn restart_schedules(&mut self) -> Answer<()> {
        for index in 0..self.schedules.len() {
            let now = self.now;
            self.move_schedule(index, now)?;
        }
        Ok(())
    }

    /// When the next schedule is due.
    pub(crate) fn next_scheduled(&self) -> Option<i64> {
        self.schedules.iter().filter_map(|scheduled| scheduled.due).min()
    }

    /// Starts what is due, in order.
    pub(crate) fn start_scheduled(&mut self) -> Answer<bool> {
        let mut any = false;
        loop {
            let all = self.schedules.iter().enumerate();
            let first = all.filter_map(|(index, scheduled)| Some((scheduled.due?, index))).min();
            let Some((due, index)) = first.filter(|(due, _)| *due <= self.now) else { return Ok(any) };
            any = true;
            self.move_schedule(index, due)?;
            let Some(process) = self.schedules.get(index).map(|scheduled| scheduled.process) else { continue };
            let program = Arc::clone(&self.definitions.program);
            let Some(def) = program.module().process(process).filter(|_| !self.is_inactive(process)) else { continue };
            let actor = Actor::default();
            let kept = Kept {
                event: None,
                kind: "schedule",
                stage: "background",
                user: None,
                inputs: &[],
                result: None,
                signal: None,
            };
            if !self.start_caused(&actor, process, def, None, &kept)? {
                self.log_note(&actor, format!("{} does not apply", def.name))?;
            }
        }
    }

    /// Sets a schedule to its first moment after now; times that come again count from `due`.
    fn move_schedule(&mut self, index: usize, due: i64) -> Answer<()> {
        let now = self.now;
        let Some(scheduled) = self.schedules.get_mut(index) else { return Ok(()) };
        scheduled.due = next(&scheduled.schedule, &scheduled.zone, due, now);
        let (key, setting) = (scheduled.key.clone(), scheduled.setting());
        Ok(self.store.set_meta(&key, &setting)?)
    }
}

/// The first moment after `now`; of a time that comes again, counted from `due`.
fn next(schedule: &Schedule, zone: &str, due: i64, now: i64) -> Option<i64> {
    match schedule {
        Schedule::Every(time) if time.months == 0 && time.days == 0 => {
            let missed = now.saturating_sub(due).checked_div(time.micros.max(1))?;
            due.checked_add(missed.saturating_add(1).checked_mul(time.micros.max(1))?)
        }
        Schedule::Every(time) => {
            let mut at = due;
            while at <= now {
                let after = later(at, *time, zone).unwrap_or(i64::MAX);
                if after <= at {
                    return None;
                }
                at = after;
            }
            Some(at).filter(|at| *at < i64::MAX)
        }
        Schedule::Wall(times) => wall_after(times, &TimeZone::get(zone).unwrap_or(TimeZone::UTC), now),
    }
}

/// Days that are looked through: the 29th of February may be eight years away.
const DAYS_MAX: usize = 366 * 9;
/// A day of the clock.
const DAY: i64 = 24 * HOUR;

/// A wall time that does not exist moves forward by the gap, of one that exists twice the earlier counts.
fn wall_after(times: &WallTimes, zone: &TimeZone, now: i64) -> Option<i64> {
    let local = |moment: i64| Some(Timestamp::from_microsecond(moment).ok()?.to_zoned(zone.clone()));
    let here = local(now)?;
    let a_day_ago = local(now.saturating_sub(DAY))?;
    // Where the clock was not changed, no wall time that has passed can still come.
    let from = if here.offset() == a_day_ago.offset() { here.datetime() } else { a_day_ago.datetime() };
    let mut day = from.date();
    let mut first: Option<i64> = None;
    for _ in 0..DAYS_MAX {
        let number = |n: i8| u32::try_from(n).unwrap_or_default();
        let weekday = number(day.weekday().to_sunday_zero_offset());
        if times.falls_on(number(day.month()), number(day.day()), number(day.days_in_month()), weekday) {
            for (hour, minute) in times.times() {
                let wall = day.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
                if wall < from {
                    continue;
                }
                // One that moves forward may come after one that stands later on the wall.
                if let Some(first) = first
                    && wall >= local(first)?.datetime()
                {
                    return Some(first);
                }
                let moment = wall.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond();
                if moment > now {
                    first = Some(first.map_or(moment, |first| first.min(moment)));
                }
            }
            if first.is_some() {
                return first;
            }
        }
        day = day.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    /// The next moments of a schedule in Berlin, in UTC.
    fn berlin(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
        let mut at = moment(from);
        let mut found = Vec::new();
        for _ in 0..count {
            at = next(schedule, "Europe/Berlin", at, at).unwrap();
            found.push(Timestamp::from_microsecond(at).unwrap().to_string());
        }
        found
    }

    #[test]
    fn wall_times_follow_the_clock_of_their_zone() {
        let daily = Schedule::parse("every day at 02:30").unwrap();
        let gap = ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"];
        assert_eq!(berlin(&daily, "2026-03-27T12:00:00Z", 3), gap, "02:30 does not exist on the 29th: 03:30");
        let fold = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        assert_eq!(berlin(&daily, "2026-10-24T12:00:00Z", 2), fold, "02:30 exists twice on the 25th: the earlier");
    }

    #[test]
    fn months_and_weeks_have_their_days() {
        let monthly = Schedule::parse("every month on day 31 at 06:00").unwrap();
        let ends = ["2026-01-31T05:00:00Z", "2026-02-28T05:00:00Z", "2026-03-31T04:00:00Z"];
        assert_eq!(berlin(&monthly, "2026-01-05T00:00:00Z", 3), ends);
        let weekday = Schedule::parse("every weekday at 18:30").unwrap();
        assert_eq!(berlin(&weekday, "2026-01-09T17:30:00Z", 1), ["2026-01-12T17:30:00Z"], "after Friday comes Monday");
        let leap = Schedule::parse_cron("0 0 29 2 *").unwrap();
        assert_eq!(berlin(&leap, "2026-01-01T00:00:00Z", 1), ["2028-02-28T23:00:00Z"]);
    }

    /// The plain way: all wall times of three days.
    fn looked_through(times: &WallTimes, zone: &TimeZone, now: i64) -> Option<i64> {
        let today = Timestamp::from_microsecond(now).unwrap().to_zoned(zone.clone()).date();
        let days = [today.yesterday().unwrap(), today, today.tomorrow().unwrap()];
        let walls = days.into_iter().flat_map(|day| {
            times.times().map(move |(h, m)| day.at(i8::try_from(h).unwrap(), i8::try_from(m).unwrap(), 0, 0))
        });
        let moments = walls.map(|wall| wall.to_zoned(zone.clone()).unwrap().timestamp().as_microsecond());
        moments.filter(|moment| *moment > now).min()
    }

    #[test]
    fn the_quick_way_finds_what_the_plain_way_finds() {
        for zone in ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "Asia/Kolkata"] {
            let zone = TimeZone::get(zone).unwrap();
            for text in ["*/7 * * * *", "30 2 * * *", "15,45 */2 * * *", "0 0 * * *", "59 23 * * *"] {
                let Schedule::Wall(times) = Schedule::parse_cron(text).unwrap() else { panic!("{text}") };
                for day in
                    ["2026-03-28", "2026-10-24", "2026-04-04", "2026-10-03", "2026-03-07", "2026-10-31", "2026-06-01"]
                {
                    let from = moment(&format!("{day}T00:00:00Z"));
                    for step in 0..160 {
                        let now = from + step * 19 * 60_000_000;
                        assert_eq!(
                            wall_after(&times, &zone, now),
                            looked_through(&times, &zone, now),
                            "{text} in {zone:?} after {}",
                            Timestamp::from_microsecond(now).unwrap()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_missed_is_passed_over() {
        let quarter = Schedule::parse("every 15 minutes").unwrap();
        let (due, now) = (moment("2026-01-05T09:00:00Z"), moment("2026-01-05T10:07:00Z"));
        assert_eq!(next(&quarter, "UTC", due, now), Some(moment("2026-01-05T10:15:00Z")));
        assert_eq!(next(&quarter, "UTC", due, due), Some(moment("2026-01-05T09:15:00Z")));
    }
}
