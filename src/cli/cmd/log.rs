//! `abide log`: the log of a store or of an instance, a batch at a time.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::run::quoted;
use crate::base::value::{RecordRef, Value};
use crate::cli::args::LogArgs;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::engine::store::LogEntry;
use crate::simulation::{Simulation, json as shown, timeline::Timeline};

/// Lines that are read at a time.
const BATCH: u32 = 1_000;

pub(in crate::cli) fn run(args: &LogArgs, term: &Term) -> Exit {
    print(args, term).unwrap_or_else(|exit| exit)
}

fn print(args: &LogArgs, term: &Term) -> Result<Exit, Exit> {
    let path = &args.store.store;
    let mut simulation = store::simulation(path, term)?;
    let mut last = args.after;
    let mut left = args.limit.unwrap_or(u64::MAX);
    let (mut told_at, mut is_first) = (None, true);
    loop {
        let wanted = u32::try_from(left.min(u64::from(BATCH))).unwrap_or(BATCH);
        let store = simulation.engine.store();
        let entries = store.log(last, args.instance, wanted).map_err(|error| store::failed(term, error))?;
        let Some(end) = entries.last() else { break };
        if is_first && args.json {
            term.out("{\n  \"version\": 1,\n  \"log\": [");
        }
        last = end.key;
        left -= u64::try_from(entries.len()).unwrap_or(left);
        term.out(&batch(&mut simulation, &entries, args.json, is_first, &mut told_at, term)?);
        is_first = false;
        if term.is_closed() {
            return Ok(Exit::Fine);
        }
    }
    if is_first {
        return nothing(&mut simulation, args, term);
    }
    if args.json {
        term.out(&format!("\n  ],\n  \"last\": {last}\n}}\n"));
    } else if left == 0 {
        let instance = args.instance.map(|id| format!(" {id}")).unwrap_or_default();
        let limit = args.limit.unwrap_or_default();
        let path = quoted(&path.to_string_lossy());
        term.out(&format!("\nNext:\n  abide log{instance} --store {path} --after {last} --limit {limit}\n"));
    }
    Ok(Exit::Fine)
}

/// Lines with the names that their records have now.
fn batch(
    simulation: &mut Simulation<'_>,
    entries: &[LogEntry],
    as_json: bool,
    is_first: bool,
    told_at: &mut Option<i64>,
    term: &Term,
) -> Result<String, Exit> {
    let Simulation { engine, recorder, .. } = simulation;
    let user = engine.module().entity_by_name("User").map(|(entity, _)| entity);
    let mut records: BTreeSet<RecordRef> = entries.iter().filter_map(|entry| entry.record).collect();
    records.extend(entries.iter().filter_map(|entry| Some(RecordRef { entity: user?, id: entry.user? })));
    let values = entries.iter().flat_map(|entry| &entry.changes).flat_map(|change| [&change.old, &change.new]);
    records.extend(values.filter_map(|value| if let Value::Ref(record) = value { Some(*record) } else { None }));
    recorder.names.clear();
    recorder.learn(engine, records).map_err(|error| store::failed(term, error))?;
    let show = Show::new(engine.module(), as_json);
    let timeline = Timeline { show: &show, names: &recorder.names };
    if !as_json {
        return Ok(timeline.more(entries, told_at));
    }
    let mut out = String::new();
    for entry in entries {
        if !(is_first && out.is_empty()) {
            out.push(',');
        }
        let mut line = shown::entry(&timeline, entry);
        if let Some(object) = line.as_object_mut() {
            object.insert("key".to_owned(), json!(entry.key));
        }
        out.push_str(&format!("\n    {line}"));
    }
    Ok(out)
}

fn nothing(simulation: &mut Simulation<'_>, args: &LogArgs, term: &Term) -> Result<Exit, Exit> {
    if let (Some(id), 0) = (args.instance, args.after) {
        super::why::known(&mut simulation.engine, id, &args.store.store, term)?;
    }
    let path: &Path = &args.store.store;
    if args.json {
        term.out(&format!("{:#}\n", json!({"version": 1, "log": [], "last": args.after})));
    } else {
        term.out(&format!(
            "No lines in the log of `{}`{}.\n",
            path.display(),
            if args.after > 0 { " after this key" } else { "" }
        ));
    }
    Ok(Exit::Fine)
}
