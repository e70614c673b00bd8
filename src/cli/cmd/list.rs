//! `abide list` and `abide show`: the instances in a store; `show` prints libraries, too.

use std::path::Path;

use crate::cli::args::{ListArgs, ShowArgs, Shown};
use crate::cli::cmd::operate;
use crate::cli::cmd::run::quoted;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::engine::faults::Failure;
use crate::engine::store::InstanceFilter;
use crate::engine::view::InstanceView;
use crate::simulation::{Simulation, json, timeline::Timeline};

pub(in crate::cli) fn list(args: &ListArgs, term: &Term) -> Exit {
    instances(args, term).unwrap_or_else(|exit| exit)
}

/// Instances that are read and told at a time.
const BATCH: usize = 256;
/// Numbers of instances that are read at a time: to find them, all that a filter takes may have to be looked at.
const NUMBERS: u32 = 50_000;

fn instances(args: &ListArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let engine = &mut simulation.engine;
    let process = args.process.clone().or_else(|| args.process_option.clone());
    let primary = operate::primary(engine, args.record.as_deref(), term)?;
    let live = !args.all && args.status.is_none();
    let filter = InstanceFilter { live, process, primary, status: args.status, ..InstanceFilter::default() };
    let (mut last, mut left) = (args.after, args.limit.unwrap_or(u64::MAX));
    let mut is_first = true;
    while left > 0 && !term.is_closed() {
        let wanted = u32::try_from(left.min(u64::from(NUMBERS))).unwrap_or(NUMBERS);
        let ids = simulation.engine.store().instance_ids(&filter, last, wanted);
        let ids = ids.map_err(|error| store::failed(term, error))?;
        let Some(end) = ids.last() else { break };
        (last, left) = (*end, left.saturating_sub(ids.len() as u64));
        for some in ids.chunks(BATCH) {
            let found = simulation.engine.views(some).map_err(|error| store::failed(term, error))?;
            tell(&mut simulation, &found, args.json, &mut is_first, term)?;
        }
        if ids.len() < wanted as usize {
            break;
        }
    }
    let engine = &mut simulation.engine;
    let more = if left > 0 { Ok(Vec::new()) } else { engine.store().instance_ids(&filter, last, 1) };
    let is_more = !more.map_err(|error| store::failed(term, error))?.is_empty();
    if is_first && let Some(name) = &filter.process {
        operate::refuse_unknown(engine, name, term)?;
    }
    finish(&simulation, args, is_first, is_more.then_some(last), term);
    Ok(Exit::Fine)
}

/// Tells some instances, with the names that their records have now.
fn tell(
    simulation: &mut Simulation<'_>,
    found: &[InstanceView],
    as_json: bool,
    is_first: &mut bool,
    term: &Term,
) -> Result<(), Exit> {
    let Simulation { engine, recorder, .. } = simulation;
    recorder.names.clear();
    recorder.learn(engine, found.iter().filter_map(|view| view.record)).map_err(|error| store::failed(term, error))?;
    let show = Show::new(engine.module(), as_json);
    let timeline = Timeline { show: &show, names: &recorder.names };
    if !as_json {
        term.out(&timeline.instances(found));
        *is_first &= found.is_empty();
        return Ok(());
    }
    let mut out = String::new();
    for view in found {
        out.push_str(&if *is_first { opening(engine.now()) } else { ",".to_owned() });
        out.push_str("\n    ");
        out.push_str(&json::indented(&json::instance(&timeline, view), "    "));
        *is_first = false;
    }
    term.out(&out);
    Ok(())
}

/// How the object of a listing begins: its list follows.
fn opening(now: i64) -> String {
    format!("{{\n  \"version\": 1,\n  \"now\": \"{}\",\n  \"instances\": [", json::moment(now))
}

/// What follows the instances. `next` is the last of them, if there are more.
fn finish(simulation: &Simulation<'_>, args: &ListArgs, is_empty: bool, next: Option<i64>, term: &Term) {
    if args.json {
        let start = if is_empty { opening(simulation.engine.now()) } else { "\n  ".to_owned() };
        let next = next.map_or_else(|| "null".to_owned(), |next| next.to_string());
        term.out(&format!("{start}],\n  \"next\": {next}\n}}\n"));
    } else if let Some(next) = next {
        term.out(&format!("\nThere are more: the same with --after {next}\n"));
    } else if is_empty {
        let is_chosen = args.after > 0 || args.limit == Some(0) || args.status.is_some() || args.record.is_some();
        term.out(match (is_chosen, args.all) {
            (true, _) => "No instance is one of these.\n",
            (false, true) => "No instances.\n",
            (false, false) => "No instance is open; --all lists those that have ended.\n",
        });
    }
}

pub(in crate::cli) fn show(args: &ShowArgs, term: &Term) -> Exit {
    match (args.what, &args.store) {
        (Shown::Library(library), _) => {
            term.out(library.text);
            Exit::Fine
        }
        (Shown::Instance(number), Some(store)) => instance(number, store, args.json, term).unwrap_or_else(|exit| exit),
        (Shown::Instance(number), None) => {
            term.err("error: an instance is in a store\n");
            term.err(&format!("  help: abide show {number} --store FILE\n"));
            Exit::Usage
        }
    }
}

fn instance(number: i64, store: &Path, as_json: bool, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(store, term)?;
    let Simulation { engine, recorder, .. } = &mut simulation;
    let view = match engine.show(number) {
        Ok(view) => view,
        Err(Failure::Fault(fault)) => {
            term.err(&format!(
                "error[{}]: {}\n  help: `abide list --all --store {}` names them\n",
                fault.code,
                fault.beside_code(),
                quoted(&store.to_string_lossy())
            ));
            return Err(Exit::Wrong);
        }
        Err(failure) => return Err(store::failed(term, failure)),
    };
    let entries = engine.timeline(Some(number)).map_err(|error| store::failed(term, error))?;
    let records = entries.iter().filter_map(|e| e.record).chain(view.record);
    recorder.learn(engine, records).map_err(|error| store::failed(term, error))?;
    let show = Show::new(engine.module(), as_json);
    let timeline = Timeline { show: &show, names: &recorder.names };
    let result = view.result.as_ref().map(|result| {
        let name = |record| recorder.names.get(&record).cloned();
        let ty = engine.module().processes.iter().find(|p| p.name == view.process).and_then(|p| p.result);
        ty.map_or_else(|| show.plain(result, &name), |ty| show.value(ty, result, &name))
    });
    if as_json {
        let log: Vec<serde_json::Value> = entries.iter().map(|e| json::entry(&timeline, e)).collect();
        let object = serde_json::json!({"version": 1, "instance": json::instance(&timeline, &view), "result": result, "log": log});
        term.out(&format!("{object:#}\n"));
        return Ok(Exit::Fine);
    }
    term.out(&timeline.instances(std::slice::from_ref(&view)));
    if let Some(result) = result {
        term.out(&format!("            result {result}\n"));
    }
    term.out(&format!("\n{}", timeline.text(&entries)));
    Ok(Exit::Fine)
}
