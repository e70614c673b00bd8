//! What a simulation does, told on standard output while it happens.

use std::cell::Cell;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::exit::Exit;
use super::store;
use super::term::Term;
use crate::bytecode::module::Module;
use crate::data::show::Show;
use crate::engine::clock::SECOND;
use crate::engine::store::{InstanceFilter, LogEntry};
use crate::engine::view::InstanceView;
use crate::simulation::{
    Simulation, json,
    recorder::{Listener, Names},
    timeline::Timeline,
};
use crate::vm::program::Program;

/// Tells a simulation while it runs.
pub(super) struct Story<'a> {
    term: &'a Term,
    as_json: bool,
    program: Arc<Program>,
    zone: TimeZone,
    /// The moment of the last line.
    told_at: Cell<Option<i64>>,
}

impl<'a> Story<'a> {
    /// A story that has not begun.
    pub(super) fn new(program: Arc<Program>, as_json: bool, term: &'a Term) -> Self {
        let zone = TimeZone::get(&program.module().meta.zone).unwrap_or(TimeZone::UTC);
        Self { term, as_json, program, zone, told_at: Cell::new(None) }
    }

    fn show(&self) -> Show<'_> {
        Show { module: self.program.module(), zone: self.zone.clone(), exact: self.as_json, whole: false }
    }

    /// Tells where it begins, and from now on what happens.
    pub(super) fn begin<'t>(&'t self, simulation: &mut Simulation<'t>) {
        simulation.recorder.listener = Box::new(self);
        if self.as_json {
            return self.term.out(&json::opening());
        }
        let (meta, show) = (&self.program.module().meta, self.show());
        let now = Timeline { show: &show, names: &Names::new() }.heading(simulation.engine.now());
        self.term.out(&format!("{} {}: a simulation from {now} ({})\n\n", meta.name, meta.version, meta.zone));
    }

    /// Tells what waits at the end.
    pub(super) fn end(
        &self,
        simulation: &mut Simulation<'_>,
        next: &dyn Fn(&[InstanceView], &Show<'_>) -> String,
    ) -> Result<Exit, Exit> {
        let term = self.term;
        let Simulation { engine, recorder, .. } = simulation;
        let filter = InstanceFilter { live: true, ..InstanceFilter::default() };
        let open = engine.list(&filter).map_err(|error| store::failed(term, error))?;
        let primaries = open.iter().filter_map(|view| view.record);
        recorder.learn(engine, primaries).map_err(|error| store::failed(term, error))?;
        let (now, show) = (engine.now(), self.show());
        let timeline = Timeline { show: &show, names: &recorder.names };
        let is_empty = self.told_at.get().is_none();
        if self.as_json {
            term.out(&json::closing(&timeline, now, &open, is_empty));
            return Ok(Exit::Fine);
        }
        if is_empty {
            term.out("Nothing happened.\n");
        }
        term.out(&format!("\nIt is {}. {}\n", timeline.heading(now), heading(&open)));
        term.out(&timeline.instances(&open));
        term.out(&next(&open, &show));
        Ok(Exit::Fine)
    }
}

impl Listener for &Story<'_> {
    fn hear(&mut self, _: &Module, names: &Names, entries: &[LogEntry]) {
        let show = self.show();
        let timeline = Timeline { show: &show, names };
        let mut told_at = self.told_at.get();
        let is_first = told_at.is_none();
        let text = if self.as_json {
            told_at = entries.last().map(|entry| entry.at).or(told_at);
            json::lines(&timeline, entries, is_first)
        } else {
            timeline.more(entries, &mut told_at)
        };
        self.told_at.set(told_at);
        self.term.out(&text);
    }
}

fn heading(open: &[InstanceView]) -> String {
    match open.len() {
        0 => "No process waits.".to_owned(),
        1 => "One process has not ended:".to_owned(),
        n => format!("{n} processes have not ended:"),
    }
}

/// A moment as `--until` takes it: a whole second, in which what is due has come.
pub(super) fn moment(at: i64, zone: &TimeZone) -> String {
    let after = at.rem_euclid(SECOND);
    let at = if after == 0 { at } else { at.saturating_add(SECOND - after) };
    let Ok(timestamp) = jiff::Timestamp::from_microsecond(at) else { return at.to_string() };
    let wall = timestamp.to_zoned(zone.clone());
    let zone = wall.time_zone().iana_name().unwrap_or("UTC").to_owned();
    format!("{}[{zone}]", wall.strftime("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_within_a_second_has_come_at_its_end() {
        let shown = [0, 1, SECOND, SECOND + 999_999].map(|at| moment(at, &TimeZone::UTC));
        let [zero, one, two] = ["00", "01", "02"].map(|s| format!("1970-01-01T00:00:{s}[UTC]"));
        assert_eq!(shown, [zero, one.clone(), one, two]);
    }
}
