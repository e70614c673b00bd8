//! `abide record`: records of a store, written through the same pipeline as by processes.

mod done;
pub(in crate::cli) mod fields;
mod import;
mod keys;
mod refused;
mod rows;
pub(in crate::cli) mod show;

use serde_json::json;

use crate::base::value::RecordRef;
use crate::cli::args::{CreateArgs, DeleteArgs, RecordArgs, RecordCommand, UpdateArgs, WriteArgs};
use crate::cli::cmd::start;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::engine::Engine;

pub(in crate::cli) fn run(args: &RecordArgs, term: &Term) -> Exit {
    let answer = match &args.command {
        RecordCommand::Create(args) => create(args, term),
        RecordCommand::Delete(args) => delete(args, term),
        RecordCommand::Find(args) => show::find(args, term),
        RecordCommand::Get(args) => show::get(args, term),
        RecordCommand::History(args) => show::history(args, term),
        RecordCommand::Import(args) => import::import(args, term),
        RecordCommand::Update(args) => update(args, term),
    };
    answer.unwrap_or_else(|exit| exit)
}

fn create(args: &CreateArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let user = acting(&mut engine, args.write.user.as_deref(), term);
    let entity = fields::entity(engine.module(), &args.entity, term)?;
    let writes = fields::writes(&mut engine, entity, &args.fields, term);
    let (user, writes) = (user?, writes?);
    fields::begins(engine.module(), entity, &writes, term)?;
    let record = engine.create(user, entity, &writes).map_err(|failure| store::refused(term, failure))?;
    told(&engine, "created", record, &args.write, term)
}

fn update(args: &UpdateArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let user = acting(&mut engine, args.write.user.as_deref(), term);
    let record = fields::record(engine.module(), &args.record, term)?;
    let writes = fields::writes(&mut engine, record.entity, &args.fields, term);
    let (user, writes) = (user?, writes?);
    engine.update(user, record, &writes).map_err(|failure| store::refused(term, failure))?;
    told(&engine, "updated", record, &args.write, term)
}

fn delete(args: &DeleteArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let user = acting(&mut engine, args.write.user.as_deref(), term);
    let record = fields::record(engine.module(), &args.record, term)?;
    engine.delete(user?, record).map_err(|failure| store::refused(term, failure))?;
    told(&engine, "deleted", record, &args.write, term)
}

fn told(engine: &Engine, what: &str, record: RecordRef, args: &WriteArgs, term: &Term) -> Result<Exit, Exit> {
    let record = engine.identity(record);
    if args.json {
        term.out(&format!("{:#}\n", json!({"version": 1, "record": record})));
    } else {
        term.out(&format!("{what} {record}\n"));
    }
    Ok(Exit::Fine)
}

/// Whose rights a command has; none is the system.
pub(in crate::cli) fn acting(engine: &mut Engine, word: Option<&str>, term: &Term) -> Result<Option<i64>, Exit> {
    let Some(word) = word else { return Ok(None) };
    let id = start::user(engine.module(), word, term)?;
    let entity = engine.module().entity_by_name("User").map(|(entity, _)| entity);
    let is_there = match entity {
        Some(entity) => engine.is_there(RecordRef { entity, id }).map_err(|failure| store::failed(term, failure))?,
        None => false,
    };
    if is_there {
        return Ok(Some(id));
    }
    term.err(&format!("error: there is no user `{word}`\n  help: `abide record find User` lists them\n"));
    Err(Exit::Wrong)
}
