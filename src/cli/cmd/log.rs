//! `abide log`: the log of a store or of an instance, a batch at a time.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use serde_json::json;

use super::{operate, run::quoted};
use crate::base::value::{RecordRef, Value};
use crate::cli::args::LogArgs;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::engine::store::{LogEntry, LogKind, Store, StoreError};
use crate::simulation::{Simulation, json as shown, timeline::Timeline};

/// Lines that are read at a time.
const BATCH: u32 = 1_000;

pub(in crate::cli) fn run(args: &LogArgs, term: &Term) -> Exit {
    print(args, term).unwrap_or_else(|exit| exit)
}

/// Which lines are asked for.
struct Chosen<'a> {
    instance: Option<i64>,
    process: Option<&'a str>,
    record: Option<RecordRef>,
    kinds: &'a [LogKind],
}

impl Chosen<'_> {
    fn takes(&self, entry: &LogEntry) -> bool {
        self.process.is_none_or(|process| entry.process.as_deref() == Some(process))
            && self.record.is_none_or(|record| entry.record == Some(record))
            && (self.kinds.is_empty() || self.kinds.contains(&entry.kind))
    }

    /// Lines with a greater key, as many as were looked at, with the key of the last of these.
    fn after(&self, store: &mut dyn Store, after: i64) -> Result<Option<(Vec<LogEntry>, i64)>, StoreError> {
        let mut entries = store.log(after, self.instance, BATCH)?;
        let Some(end) = entries.last().map(|entry| entry.key) else { return Ok(None) };
        entries.retain(|entry| self.takes(entry));
        Ok(Some((entries, end)))
    }

    /// The last so many lines, in order.
    fn last(&self, store: &mut dyn Store, count: usize) -> Result<VecDeque<LogEntry>, StoreError> {
        let mut found = VecDeque::new();
        if self.instance.is_some() {
            let mut after = 0;
            while let Some((entries, end)) = self.after(store, after)? {
                found.extend(entries);
                found.drain(..found.len().saturating_sub(count));
                after = end;
            }
            return Ok(found);
        }
        let (mut end, mut window) = (store.last_log()?, i64::from(BATCH));
        while end > 0 && found.len() < count {
            let start = end.saturating_sub(window).max(0);
            let entries = store.log(start, None, BATCH)?;
            let is_cut = entries.len() == BATCH as usize && entries.last().is_some_and(|entry| entry.key < end);
            if is_cut && window > i64::from(BATCH) {
                window = i64::from(BATCH);
                continue;
            }
            let entries: Vec<LogEntry> = entries.into_iter().filter(|entry| entry.key <= end).collect();
            // Where lines are no longer kept, steps become longer.
            window = if entries.is_empty() { window.saturating_mul(2) } else { i64::from(BATCH) };
            for entry in entries.into_iter().rev().filter(|entry| self.takes(entry)) {
                if found.len() < count {
                    found.push_front(entry);
                }
            }
            end = start;
        }
        Ok(found)
    }
}

fn print(args: &LogArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let record = operate::primary(&simulation.engine, args.record.as_deref(), term)?;
    let chosen = Chosen { instance: args.instance, process: args.process.as_deref(), record, kinds: &args.kinds };
    let mut told = Told { as_json: args.json, is_first: true, at: None };
    let mut last = args.after;
    let mut left = args.limit.unwrap_or(u64::MAX);
    if let Some(count) = args.last {
        let found = chosen.last(simulation.engine.store(), count).map_err(|error| store::failed(term, error))?;
        last = found.back().map_or(0, |entry| entry.key);
        for some in Vec::from(found).chunks(BATCH as usize) {
            told.batch(&mut simulation, some, term)?;
        }
    } else {
        while left > 0 && !term.is_closed() {
            let found = chosen.after(simulation.engine.store(), last).map_err(|error| store::failed(term, error))?;
            let Some((mut entries, end)) = found else { break };
            entries.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= entries.len() as u64;
            last = if left == 0 { entries.last().map_or(end, |entry| entry.key) } else { end };
            told.batch(&mut simulation, &entries, term)?;
        }
    }
    if told.is_first {
        return nothing(&mut simulation, args, term);
    }
    if args.json {
        term.out(&format!("\n  ],\n  \"last\": {last}\n}}\n"));
    } else if left == 0 {
        term.out(&format!("\nNext:\n  {}\n", next(args, last)));
    }
    Ok(Exit::Fine)
}

/// The call that goes on behind a line.
fn next(args: &LogArgs, last: i64) -> String {
    let mut call = "abide log".to_owned();
    call.extend(args.instance.map(|id| format!(" {id}")));
    call += &format!(" --store {}", quoted(&args.store.store.to_string_lossy()));
    call.extend(args.process.as_ref().map(|process| format!(" --process {process}")));
    call.extend(args.record.as_ref().map(|record| format!(" --record {record}")));
    if !args.kinds.is_empty() {
        let kinds: Vec<&str> = args.kinds.iter().map(|kind| kind.word()).collect();
        call += &format!(" --kind {}", kinds.join(","));
    }
    call + &format!(" --after {last} --limit {}", args.limit.unwrap_or_default())
}

/// What was told.
struct Told {
    as_json: bool,
    /// Whether it was nothing yet.
    is_first: bool,
    /// The moment of the last heading.
    at: Option<i64>,
}

impl Told {
    fn batch(&mut self, simulation: &mut Simulation<'_>, entries: &[LogEntry], term: &Term) -> Result<(), Exit> {
        if entries.is_empty() {
            return Ok(());
        }
        if self.is_first && self.as_json {
            term.out("{\n  \"version\": 1,\n  \"log\": [");
        }
        term.out(&batch(simulation, entries, self.as_json, self.is_first, &mut self.at, term)?);
        self.is_first = false;
        Ok(())
    }
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
    if let Some(name) = &args.process {
        operate::refuse_unknown(&mut simulation.engine, name, term)?;
    }
    let is_chosen = args.process.is_some() || args.record.is_some() || !args.kinds.is_empty();
    let path: &Path = &args.store.store;
    if args.json {
        term.out(&format!("{:#}\n", json!({"version": 1, "log": [], "last": args.after})));
    } else {
        term.out(&format!(
            "No lines in the log of `{}`{}{}.\n",
            path.display(),
            if is_chosen { " are of these" } else { "" },
            if args.after > 0 { " after this key" } else { "" }
        ));
    }
    Ok(Exit::Fine)
}
