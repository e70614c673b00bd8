//! What a simulation did, told on standard output.

use jiff::tz::TimeZone;

use super::exit::Exit;
use super::store;
use super::term::Term;
use crate::data::show::Show;
use crate::engine::store::InstanceFilter;
use crate::engine::view::InstanceView;
use crate::simulation::{self, Simulation, timeline::Timeline};

/// Shows what happened since `began` and what waits.
pub(super) fn tell(
    simulation: &mut Simulation,
    began: i64,
    as_json: bool,
    term: &Term,
    next: &dyn Fn(&[InstanceView], &Show<'_>) -> String,
) -> Result<Exit, Exit> {
    let Simulation { engine, recorder, .. } = simulation;
    let filter = InstanceFilter { live: true, ..InstanceFilter::default() };
    let open = engine.list(&filter).map_err(|error| store::failed(term, error))?;
    let primaries = open.iter().filter_map(|view| view.record);
    recorder.learn(engine, primaries).map_err(|error| store::failed(term, error))?;
    let now = engine.now();
    let zone = TimeZone::get(&engine.module().meta.zone).unwrap_or(TimeZone::UTC);
    let show = Show { module: engine.module(), zone };
    let timeline = Timeline { show: &show, names: &recorder.names };
    if as_json {
        let object = simulation::json::simulation(&timeline, now, &recorder.entries, &open);
        term.out(&format!("{object:#}\n"));
        return Ok(Exit::Fine);
    }
    let meta = &engine.module().meta;
    term.out(&format!(
        "{} {}: a simulation from {} to {} ({})\n\n",
        meta.name,
        meta.version,
        timeline.heading(began),
        timeline.heading(now),
        meta.zone
    ));
    let told = timeline.text(&recorder.entries);
    term.out(if told.is_empty() { "Nothing happened.\n" } else { &told });
    term.out(&format!("\n{}\n", heading(&open)));
    term.out(&timeline.instances(&open));
    term.out(&next(&open, &show));
    Ok(Exit::Fine)
}

fn heading(open: &[InstanceView]) -> String {
    match open.len() {
        0 => "No process waits.".to_owned(),
        1 => "One process has not ended:".to_owned(),
        n => format!("{n} processes have not ended:"),
    }
}

/// A moment as `--until` takes it.
pub(super) fn moment(at: i64, show: &Show<'_>) -> String {
    let Ok(timestamp) = jiff::Timestamp::from_microsecond(at) else { return at.to_string() };
    let wall = timestamp.to_zoned(show.zone.clone());
    let zone = wall.time_zone().iana_name().unwrap_or("UTC").to_owned();
    format!("{}[{zone}]", wall.strftime("%Y-%m-%dT%H:%M:%S"))
}
