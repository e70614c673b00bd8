//! Values, places and endings in words, independent of where they are shown.

use jiff::{Span, Timestamp, tz::TimeZone};

use crate::{
    base::value::Duration,
    bytecode::module::ArmWords,
    data::show::Show,
    vm::fault::{Named, Place},
};

use super::{Engine, store::Status};

/// The longest value that a fault keeps in full, in characters.
const VALUE_SHOWN_MAX: usize = 200;

/// `deals.proc:24`, of a function `deals.proc:3, called at deals.proc:24`.
pub(crate) fn place(place: &Place) -> String {
    let mut told = place.line();
    if !place.called_at.is_empty() {
        told.push_str(", called at ");
        told.push_str(&place.called_at);
    }
    told
}

/// `canceled: the deal was closed`.
pub(crate) fn ending(status: Status, message: &str) -> String {
    if message.is_empty() { status.word().to_owned() } else { format!("{}: {message}", status.word()) }
}

/// A moment later by a duration: months and days on the wall clock of the zone, then exact time. None if it lies beyond
/// the year 9999.
#[must_use]
pub fn later(at: i64, duration: Duration, zone: &str) -> Option<i64> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let span = Span::new().try_months(duration.months).ok()?.try_days(duration.days).ok()?;
    let moved = Timestamp::from_microsecond(at).ok()?.to_zoned(zone).checked_add(span).ok()?;
    let moment = moved.timestamp().as_microsecond().checked_add(duration.micros)?;
    Timestamp::from_microsecond(moment).is_ok().then_some(moment)
}

/// What a wait is for: its arms in the words of the source, those that the clock ends with their moments.
pub(crate) fn waiting(arms: &[ArmWords], moments: &[i64], show: &Show<'_>) -> String {
    let timed = arms.iter().filter(|arm| arm.is_timed).count();
    let mut rest = moments.iter();
    let told: Vec<String> = arms
        .iter()
        .map(|arm| match if arm.is_timed && timed == moments.len() { rest.next() } else { None } {
            Some(moment) => format!("{} ({})", arm.words, show.moment(*moment)),
            None => arm.words.clone(),
        })
        .collect();
    let told = told.join(", or ");
    match moments.iter().min() {
        // An arm whose moment is not known yet notes none, so that it is open whose this is.
        Some(first) if timed != moments.len() => format!("{told}; by the clock {}", show.moment(*first)),
        _ => told,
    }
}

/// The name that people know of a process: what a flow does stands in processes that are named behind it, such as
/// `SalesPipeline.move`.
pub(crate) fn told_process(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

impl Engine {
    /// Shows values in the zone of the project.
    pub(crate) fn showing(&self) -> Show<'_> {
        Show::new(self.module(), false)
    }

    /// A value as faults show it.
    pub(crate) fn value_in_words(&self, named: &Named) -> String {
        let shown = self.showing().value(named.ty, &named.value, &|_| None);
        // LIMIT: VALUE_SHOWN_MAX
        match shown.char_indices().nth(VALUE_SHOWN_MAX).and_then(|(at, _)| shown.get(..at)) {
            Some(start) => format!("{start}…"),
            None => shown,
        }
    }
}
