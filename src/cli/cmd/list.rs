//! `abide list` and `abide show`: the instances in a store; `show` prints libraries, too.

use std::path::Path;

use crate::cli::args::{ListArgs, ShowArgs, Shown};
use crate::cli::cmd::run::quoted;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::engine::faults::Failure;
use crate::engine::store::InstanceFilter;
use crate::simulation::{Simulation, json, timeline::Timeline};

pub(in crate::cli) fn list(args: &ListArgs, term: &Term) -> Exit {
    instances(args, term).unwrap_or_else(|exit| exit)
}

fn instances(args: &ListArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let Simulation { engine, recorder, .. } = &mut simulation;
    let filter = InstanceFilter { live: !args.all, process: args.process.clone(), ..InstanceFilter::default() };
    let found = engine.list(&filter).map_err(|error| store::failed(term, error))?;
    let primaries = found.iter().filter_map(|view| view.record);
    recorder.learn(engine, primaries).map_err(|error| store::failed(term, error))?;
    let show = Show::new(engine.module(), args.json);
    let timeline = Timeline { show: &show, names: &recorder.names };
    if args.json {
        let instances: Vec<serde_json::Value> = found.iter().map(|view| json::instance(&timeline, view)).collect();
        let now = json::moment(engine.now());
        term.out(&format!("{:#}\n", serde_json::json!({"version": 1, "now": now, "instances": instances})));
    } else if found.is_empty() {
        term.out(if args.all {
            "No instances.\n"
        } else {
            "No instance is open; --all lists those that have ended.\n"
        });
    } else {
        term.out(&timeline.instances(&found));
    }
    Ok(Exit::Fine)
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
                fault.message,
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
