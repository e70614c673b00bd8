//! Schedules: when each is due, and what begins then.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{Evaluated, Fault, Reference, arithmetic, triggers::Kept, world::Actor};
use crate::{
    base::{schedule::Schedule, value::Value},
    sema::{
        hir::Arithmetic,
        schema::{ProcessId, TriggerEvent},
        ty::Ty,
    },
};

/// Days within which every schedule comes.
const DAYS_MAX: i32 = 366 * 9;

/// A schedule of a process.
#[derive(Clone)]
pub(super) struct Scheduled<'a> {
    process: ProcessId,
    schedule: &'a Schedule,
    zone: TimeZone,
    /// When it is due; none if never again.
    due: Option<i64>,
}

impl<'a> Reference<'a> {
    /// All schedules count from now.
    pub(super) fn take_up_schedules(&mut self) -> Evaluated<()> {
        let heads = (0u16..).map(ProcessId).zip(&self.program.schema.processes);
        let mut found = Vec::new();
        for (process, head) in heads {
            for trigger in &head.triggers {
                let TriggerEvent::Schedule { schedule, zone } = &trigger.event else { continue };
                let zone = match zone.as_ref().or(head.zone.as_ref()) {
                    Some(name) => TimeZone::get(name).map_err(|_| Fault::Unsupported("zone"))?,
                    None => self.zone.clone(),
                };
                let due = self.first_after(schedule, &zone, self.now)?;
                found.push(Scheduled { process, schedule, zone, due });
            }
        }
        self.schedules = found;
        Ok(())
    }

    /// When the next schedule is due.
    pub(super) fn next_scheduled(&self) -> Option<i64> {
        self.schedules.iter().filter_map(|scheduled| scheduled.due).min()
    }

    /// Starts what is due, in order of the moments, then as declared. Moments that were missed are one start.
    pub(super) fn start_scheduled(&mut self) -> Evaluated<()> {
        loop {
            let all = self.schedules.iter().enumerate();
            let first = all.filter_map(|(index, scheduled)| Some((scheduled.due?, index))).min();
            let Some((due, index)) = first.filter(|(due, _)| *due <= self.now) else { return Ok(()) };
            let Some(Scheduled { process, schedule, zone, .. }) = self.schedules.get(index).cloned() else {
                return Ok(());
            };
            let mut next = Some(due);
            while let Some(moment) = next.filter(|moment| *moment <= self.now) {
                next = self.first_after(schedule, &zone, moment)?;
            }
            self.schedules.get_mut(index).into_iter().for_each(|scheduled| scheduled.due = next);
            let actor = Actor::default();
            let kept = Kept { kind: "schedule", ..Kept::called(None, &[]) };
            if !self.start_caused(actor, process, None, &kept)? {
                let message = format!("{} does not apply", self.process_name(process));
                self.note(actor, message);
            }
        }
    }

    /// The moment after one: that time later, or the next time that the clock on the wall shows it.
    fn first_after(&self, schedule: &Schedule, zone: &TimeZone, moment: i64) -> Evaluated<Option<i64>> {
        let times = match schedule {
            Schedule::Every(time) => {
                let (from, time) = (Value::DateTime(moment), Value::Duration(*time));
                return match arithmetic::compute(Arithmetic::Add, &from, &time, &Ty::DateTime, zone)? {
                    Value::DateTime(next) => Ok(Some(next)),
                    _ => Err(Fault::Unsupported("schedule")),
                };
            }
            Schedule::Wall(times) => times,
        };
        let unknown = |_| Fault::Unsupported("calendar");
        let number = |number: i8| u32::try_from(number).unwrap_or_default();
        let today = Timestamp::from_microsecond(moment).map_err(unknown)?.to_zoned(zone.clone()).date();
        for days in -1..DAYS_MAX {
            let day = today.checked_add(days.days()).map_err(unknown)?;
            let weekday = number(day.weekday().to_sunday_zero_offset());
            if !times.falls_on(number(day.month()), number(day.day()), number(day.days_in_month()), weekday) {
                continue;
            }
            let mut found = Vec::new();
            for (hour, minute) in times.times() {
                let (Ok(hour), Ok(minute)) = (i8::try_from(hour), i8::try_from(minute)) else { continue };
                let zoned = zone.to_ambiguous_zoned(day.at(hour, minute, 0, 0)).compatible().map_err(unknown)?;
                found.push(zoned.timestamp().as_microsecond());
            }
            if let Some(first) = found.into_iter().filter(|other| *other > moment).min() {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }
}
