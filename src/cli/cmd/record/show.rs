//! `abide record get`, `find`, `history`: what a store has of records. What is private stays hidden.

use serde_json::{Map, Value as Json, json};

use super::fields;
use crate::base::value::{RecordRef, Value};
use crate::bytecode::module::FieldDef;
use crate::cli::args::{FindArgs, GetArgs};
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::data::write;
use crate::engine::store::Row;
use crate::simulation::{Simulation, json as lines, timeline::Timeline};

/// What stands for a private value.
pub(in crate::cli) const PRIVATE: &str = "(private)";

pub(super) fn get(args: &GetArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let record = fields::record(simulation.engine.module(), &args.record, term)?;
    let Some(row) = simulation.engine.get(record).map_err(|error| store::failed(term, error))? else {
        term.err(&gone(&simulation, record));
        return Err(Exit::Wrong);
    };
    let mentioned = row.iter().filter_map(|value| match value {
        Value::Ref(record) => Some(*record),
        _ => None,
    });
    learn(&mut simulation, mentioned.chain([record]).collect(), term)?;
    if args.json {
        let Json::Object(mut object) = object(&simulation, record, &row) else { return Err(Exit::Bug) };
        object.insert("version".to_owned(), Json::from(1));
        term.out(&format!("{:#}\n", Json::Object(object)));
    } else {
        term.out(&text(&simulation, record, &row));
    }
    Ok(Exit::Fine)
}

fn gone(simulation: &Simulation<'_>, record: RecordRef) -> String {
    format!("error[R0401]: {} does not exist, or no longer\n", simulation.engine.identity(record))
}

pub(in crate::cli) fn learn(simulation: &mut Simulation<'_>, records: Vec<RecordRef>, term: &Term) -> Result<(), Exit> {
    let Simulation { engine, recorder, .. } = simulation;
    recorder.learn(engine, records).map_err(|error| store::failed(term, error))
}

fn fields_of<'a>(
    simulation: &'a Simulation<'_>,
    record: RecordRef,
    row: &'a Row,
) -> impl Iterator<Item = (&'a FieldDef, &'a Value)> {
    let fields = simulation.engine.module().entity(record.entity).map(|def| def.fields.as_slice()).unwrap_or_default();
    fields.iter().zip(row).skip(1).filter(|(field, _)| !field.is_gone())
}

/// The record with its fields, a line each.
fn text(simulation: &Simulation<'_>, record: RecordRef, row: &Row) -> String {
    let show = Show::new(simulation.engine.module(), false);
    let name = |record| simulation.recorder.names.get(&record).cloned();
    let mut text = format!("{}\n", show.record(record, &name));
    let width = fields_of(simulation, record, row).map(|(field, _)| field.name.chars().count()).max().unwrap_or(0);
    for (field, value) in fields_of(simulation, record, row) {
        let shown = match value {
            _ if field.private => PRIVATE.to_owned(),
            Value::None => "none".to_owned(),
            Value::Text(text) => format!("\"{}\"", text.replace('\n', &format!("\n{:width$}    ", ""))),
            value => show.value(field.ty, value, &name),
        };
        text += &format!("  {:width$} {shown}\n", field.name);
    }
    text
}

/// The record with its fields as data files have them, which `record import` reads.
fn object(simulation: &Simulation<'_>, record: RecordRef, row: &Row) -> Json {
    let module = simulation.engine.module();
    let mut values = Map::new();
    let mut private = Vec::new();
    for (field, value) in fields_of(simulation, record, row) {
        if field.private {
            private.push(field.name.as_str());
        } else {
            values.insert(field.name.clone(), write::to_json(module, field.ty, value));
        }
    }
    let name = simulation.recorder.names.get(&record);
    json!({"record": module.identity(record), "name": name, "fields": values, "private": private})
}

pub(super) fn find(args: &FindArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let entity = fields::entity(simulation.engine.module(), &args.entity, term)?;
    let conditions = fields::conditions(&mut simulation.engine, entity, &args.fields, term)?;
    let limit = args.limit.saturating_add(1);
    let found = simulation.engine.store().candidates(entity, &conditions, args.after, limit);
    let mut ids = found.map_err(|error| store::failed(term, error))?;
    let is_more = ids.len() > args.limit as usize;
    ids.truncate(args.limit as usize);
    let next = ids.last().copied().filter(|_| is_more);
    let records: Vec<RecordRef> = ids.into_iter().map(|id| RecordRef { entity, id }).collect();
    learn(&mut simulation, records.clone(), term)?;
    if args.json {
        let mut objects = Vec::with_capacity(records.len());
        for record in records {
            // Another program may have deleted it meanwhile.
            if let Some(row) = simulation.engine.get(record).map_err(|error| store::failed(term, error))? {
                objects.push(object(&simulation, record, &row));
            }
        }
        term.out(&format!("{:#}\n", json!({"version": 1, "records": objects, "next": next})));
        return Ok(Exit::Fine);
    }
    let module = simulation.engine.module();
    let show = Show::new(module, args.json);
    if records.is_empty() {
        term.out("No records.\n");
    }
    for record in &records {
        term.out(&format!("{}\n", show.record(*record, &|record| simulation.recorder.names.get(&record).cloned())));
    }
    if let Some(next) = next {
        term.err(&format!("there are more: --after {next} goes on\n"));
    }
    Ok(Exit::Fine)
}

pub(super) fn history(args: &GetArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let record = fields::record(simulation.engine.module(), &args.record, term)?;
    let entries = simulation.engine.history(record).map_err(|error| store::failed(term, error))?;
    let is_there = simulation.engine.is_there(record).map_err(|error| store::failed(term, error))?;
    if entries.is_empty() && !is_there {
        term.err(&gone(&simulation, record));
        return Err(Exit::Wrong);
    }
    let user = simulation.engine.module().entity_by_name("User").map(|(entity, _)| entity);
    let users = entries.iter().filter_map(|entry| Some(RecordRef { entity: user?, id: entry.user? }));
    let values = entries.iter().flat_map(|entry| &entry.changes).flat_map(|change| [&change.old, &change.new]);
    let mentioned = values.filter_map(|value| match value {
        Value::Ref(record) => Some(*record),
        _ => None,
    });
    learn(&mut simulation, users.chain(mentioned).chain([record]).collect(), term)?;
    let module = simulation.engine.module();
    let show = Show::new(module, args.json);
    let timeline = Timeline { show: &show, names: &simulation.recorder.names };
    if args.json {
        let log: Vec<Json> = entries.iter().map(|entry| lines::entry(&timeline, entry)).collect();
        let object = json!({"version": 1, "record": module.identity(record), "log": log});
        term.out(&format!("{object:#}\n"));
    } else if entries.is_empty() {
        term.out("Nothing is known of what was done to it.\n");
    } else {
        term.out(&timeline.text(&entries));
    }
    Ok(Exit::Fine)
}
