//! `abide record import`: a record of each row of a file. What refuses one row does not stop the others.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fields;
use super::refused::{REASON, Refused};
use super::rows::{Row, Rows};
use crate::base::limits::{IMPORT_BATCH, IMPORT_SHOWN_MAX};
use crate::base::value::{EntityIdx, Value};
use crate::bytecode::module::{DefaultDef, EntityDef, FieldDef, Module};
use crate::bytecode::types::{FieldIdx, TypeDef};
use crate::cli::args::ImportArgs;
use crate::cli::exit::Exit;
use crate::cli::term::{Term, counted};
use crate::cli::{settings, store};
use crate::data::convert;
use crate::data::json::{Json, JsonKind};
use crate::engine::faults::{Answer, Failure};
use crate::engine::{Engine, Write};

/// How often it is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Names of columns or keys with their fields; of those that are left out, none.
type Columns = BTreeMap<String, Option<FieldIdx>>;

/// How far an import is.
#[derive(Default)]
struct Count {
    rows: u64,
    created: u64,
    refused: u64,
}

pub(super) fn import(args: &ImportArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let user = super::acting(&mut engine, args.write.user.as_deref(), term);
    let entity = fields::entity(engine.module(), &args.entity, term)?;
    let unreadable = |error| {
        term.err(&format!("error[E0901]: cannot read `{}`: {error}\n", args.file.display()));
        Exit::Environment
    };
    let (mut rows, header) = Rows::open(&args.file).map_err(unreadable)?;
    let columns = columns(engine.module(), entity, args, header.as_deref(), term);
    let (user, columns) = (user?, columns?);
    let path = args.refused.clone().unwrap_or_else(|| Refused::beside(&args.file));
    if path.exists() && args.skip == 0 {
        term.err(&format!("error[E0921]: `{}` is there already, with rows of an earlier import\n", path.display()));
        term.err("  help: name another file with --refused, or remove it\n");
        return Err(Exit::Environment);
    }
    let mut refused = Refused::new(path, header.clone(), args.skip > 0);
    let mut count = Count::default();
    while count.rows < args.skip {
        match rows.next() {
            Ok(Some(_)) => count.rows += 1,
            Ok(None) => {
                term.err(&format!("error: `--skip {}`: the file has {}\n", args.skip, counted(count.rows, "row")));
                return Err(Exit::Wrong);
            }
            Err(error) => return Err(cut_off(args, &error, term)),
        }
    }
    let place = Place { entity, header: header.as_deref(), columns: &columns };
    let done = carry_out(&mut engine, &mut rows, &place, user, &mut refused, &mut count, term);
    let exit = match done {
        Ok(()) => Ok(Exit::Fine),
        Err(Stop::Store(failure)) => Err(store::refused(term, failure)),
        Err(Stop::File(error)) => Err(cut_off(args, &error, term)),
        Err(Stop::Refused(error)) => {
            term.err(&format!("error[E0921]: cannot write `{}`: {error}\n", refused.path.display()));
            Err(Exit::Environment)
        }
    };
    if exit.is_err() {
        let done = counted(count.rows, "row");
        term.err(&format!("  help: {done} done so far; `--skip {}` goes on behind\n", count.rows));
    }
    tell(&engine, args, entity, &count, &refused.path, term);
    exit.map(|fine| if count.refused > 0 { Exit::Wrong } else { fine })
}

fn cut_off(args: &ImportArgs, error: &io::Error, term: &Term) -> Exit {
    term.err(&format!("error[E0912]: `{}` cannot be read on: {error}\n", args.file.display()));
    Exit::Wrong
}

fn tell(engine: &Engine, args: &ImportArgs, entity: EntityIdx, count: &Count, path: &Path, term: &Term) {
    let file = (count.refused > 0).then(|| path.display().to_string());
    if args.write.json {
        let object = json!({"version": 1, "created": count.created, "refused": count.refused, "file": file});
        term.out(&format!("{object:#}\n"));
    } else {
        let name = engine.module().entity(entity).map_or("record", |def| def.name.as_str());
        term.out(&format!("created {} of {name}\n", count.created));
    }
    if let Some(file) = file {
        let rows = counted(count.rows, "row");
        term.err(&format!("refused {} of {rows}: what was refused stands in `{file}`\n", count.refused));
    }
}

/// The fields of the columns; all mistakes are told.
fn columns(
    module: &Module,
    entity: EntityIdx,
    args: &ImportArgs,
    header: Option<&[String]>,
    term: &Term,
) -> Result<Columns, Exit> {
    let Some(def) = module.entity(entity) else { return Err(Exit::Bug) };
    let mut columns = Columns::from([(REASON.to_owned(), None)]);
    let mut exit = None;
    for map in &args.map {
        let Some((column, field)) = map.rsplit_once('=') else {
            term.err(&format!("error: `--map {map}` has no `=`\n  help: write --map COLUMN=FIELD\n"));
            exit = Some(Exit::Usage);
            continue;
        };
        if header.is_some_and(|header| !header.iter().any(|name| name == column)) {
            term.err(&format!("error: `--map {map}`: the file has no column `{column}`\n"));
            exit = Some(Exit::Wrong);
        }
        match (field, field_of(def, field)) {
            ("", _) => drop(columns.insert(column.to_owned(), None)),
            (_, Ok(found)) => drop(columns.insert(column.to_owned(), Some(found))),
            (_, Err(problem)) => {
                term.err(&format!("error[E0915]: `--map {map}`: {problem}\n"));
                exit = Some(Exit::Wrong);
            }
        }
    }
    for name in header.unwrap_or_default() {
        if columns.contains_key(name) {
            continue;
        }
        match field_of(def, name) {
            Ok(found) => drop(columns.insert(name.clone(), Some(found))),
            Err(problem) => {
                term.err(&format!("error[E0915]: {problem}\n  help: `--map \"{name}=FIELD\"` names its field, "));
                term.err(&format!("`--map \"{name}=\"` leaves it out\n"));
                exit = Some(Exit::Wrong);
            }
        }
    }
    exit.map_or(Ok(columns), Err)
}

fn field_of(entity: &EntityDef, name: &str) -> Result<FieldIdx, String> {
    match entity.field_by_name(name) {
        Some((index, field)) if fields::is_writable(field) => Ok(index),
        _ => Err(fields::unknown(entity, name)),
    }
}

/// Where rows go.
struct Place<'a> {
    entity: EntityIdx,
    header: Option<&'a [String]>,
    columns: &'a Columns,
}

/// Why an import ends before its last row.
enum Stop {
    Store(Failure),
    File(io::Error),
    Refused(io::Error),
}

fn carry_out(
    engine: &mut Engine,
    rows: &mut Rows,
    place: &Place<'_>,
    user: Option<i64>,
    refused: &mut Refused,
    count: &mut Count,
    term: &Term,
) -> Result<(), Stop> {
    let mut told = Instant::now();
    loop {
        let mut batch = Vec::new();
        // LIMIT: IMPORT_BATCH
        let end = loop {
            match rows.next() {
                Ok(Some(row)) => batch.push(row),
                Ok(None) => break Some(Ok(())),
                Err(error) => break Some(Err(Stop::File(error))),
            }
            if batch.len() >= IMPORT_BATCH {
                break None;
            }
        };
        let answers = create(engine, place, user, &batch).map_err(Stop::Store)?;
        for (row, answer) in batch.iter().zip(answers) {
            count.rows += 1;
            let Err(reason) = answer else {
                count.created += 1;
                continue;
            };
            count.refused += 1;
            // LIMIT: IMPORT_SHOWN_MAX
            if count.refused <= IMPORT_SHOWN_MAX {
                term.err(&format!("row {}: {reason}\n", count.rows));
            }
            refused.add(row, &reason).map_err(Stop::Refused)?;
        }
        refused.flush().map_err(Stop::Refused)?;
        if let Some(end) = end {
            return end;
        }
        if told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            term.err(&format!("{}, {} refused\n", counted(count.rows, "row"), count.refused));
        }
    }
}

/// Creates the records of some rows in one transaction; of each row that it is there, or why not.
fn create(engine: &mut Engine, place: &Place<'_>, user: Option<i64>, batch: &[Row]) -> Answer<Vec<Result<(), String>>> {
    let module = engine.module();
    let ready: Vec<Result<Vec<Write>, String>> = batch.iter().map(|row| writes(module, place, row)).collect();
    engine.together(|engine| {
        let mut answers = Vec::with_capacity(ready.len());
        for row in &ready {
            answers.push(match row {
                Err(reason) => Err(reason.clone()),
                Ok(writes) => match engine.create(user, place.entity, writes) {
                    Ok(_) => Ok(()),
                    Err(Failure::Fault(fault)) => Err(format!("{}: {}", fault.code, fault.message)),
                    Err(failure) => return Err(failure),
                },
            });
        }
        Ok(answers)
    })
}

/// What a row says; or all that is wrong with it.
fn writes(module: &Module, place: &Place<'_>, row: &Row) -> Result<Vec<Write>, String> {
    let Some(def) = module.entity(place.entity) else { return Err("there is no such entity".to_owned()) };
    let values: Vec<Result<Option<Write>, String>> = match row {
        Row::Bad(_, reason) => return Err(reason.clone()),
        Row::Cells(cells) => {
            let header = place.header.unwrap_or_default();
            if cells.len() != header.len() {
                return Err(format!("it has {} cells, not {}", cells.len(), header.len()));
            }
            header.iter().zip(cells).map(|(name, cell)| write_of_cell(module, def, place, name, cell)).collect()
        }
        Row::Object(json, _) => {
            let JsonKind::Object(entries) = &json.kind else { return Err("it is no object".to_owned()) };
            entries.iter().map(|(name, value)| write_of_json(module, def, place, &name.node, value)).collect()
        }
    };
    let mut writes: Vec<Write> = Vec::new();
    let mut problems = Vec::new();
    for value in values {
        match value {
            Ok(Some(write)) if writes.iter().any(|other| other.field == write.field) => {
                let name = def.fields.get(write.field.index()).map_or("", |field| field.name.as_str());
                let problem = format!("it says more than once what `{name}` is");
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
            Ok(write) => writes.extend(write),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(writes) } else { Err(problems.join("; ")) }
}

fn write_of_cell(
    module: &Module,
    def: &EntityDef,
    place: &Place<'_>,
    name: &str,
    cell: &str,
) -> Result<Option<Write>, String> {
    let Some(Some(index)) = place.columns.get(name) else { return Ok(None) };
    let Some(field) = def.fields.get(index.index()) else { return Ok(None) };
    if cell.is_empty() {
        return Ok(takes_empty(module, field).then(|| Write::set(*index, Value::Text(String::new()))));
    }
    match settings::from_text(module, field.ty, cell, name, &|_| None) {
        Ok(value) => Ok(Some(Write::set(*index, value))),
        Err((problem, _)) => Err(format!("{name}: {}", problem.message)),
    }
}

/// An empty cell says nothing, but for a text that must be there.
fn takes_empty(module: &Module, field: &FieldDef) -> bool {
    matches!(module.ty(field.ty), Some(TypeDef::Text)) && matches!(field.default, DefaultDef::None)
}

fn write_of_json(
    module: &Module,
    def: &EntityDef,
    place: &Place<'_>,
    name: &str,
    json: &Json,
) -> Result<Option<Write>, String> {
    let index = match place.columns.get(name) {
        Some(None) => return Ok(None),
        Some(Some(index)) => *index,
        None => field_of(def, name)?,
    };
    let Some(field) = def.fields.get(index.index()) else { return Ok(None) };
    let value = convert::to_value(module, field.ty, json, &format!("`{name}`"), &|_| None);
    value.map(|value| Some(Write::set(index, value))).map_err(|problem| problem.message)
}
