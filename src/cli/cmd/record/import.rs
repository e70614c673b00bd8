//! `abide record import`: a record of each row of a file. What refuses one row does not stop the others.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::done::{Done, Known, absolute};
use super::fields;
use super::keys::{Keys, Meant};
use super::refused::{Left, REASON, Refused};
use super::rows::{Row, Rows};
use crate::base::limits::{IMPORT_BATCH, IMPORT_SHOWN_MAX};
use crate::base::value::{EntityIdx, Value};
use crate::bytecode::module::{DefaultDef, EntityDef, FieldDef, Module};
use crate::bytecode::types::{FieldIdx, TypeDef};
use crate::cli::args::ImportArgs;
use crate::cli::exit::Exit;
use crate::cli::term::{Term, counted};
use crate::cli::{settings, stop, store};
use crate::data::convert;
use crate::data::json::{Json, JsonKind};
use crate::engine::faults::{Answer, Failure};
use crate::engine::store::StoreError;
use crate::engine::{Engine, Write};
use crate::vm::fault::told;

/// How often it is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Names of columns or keys with their fields; of those that are left out, none.
type Columns = BTreeMap<String, Option<FieldIdx>>;

pub(super) fn import(args: &ImportArgs, term: &Term) -> Result<Exit, Exit> {
    let stop = stop::on_signals(term)?;
    let mut engine = store::engine(&args.write.store.store, term)?;
    let user = super::acting(&mut engine, args.write.user.as_deref(), term);
    let entity = fields::entity(engine.module(), &args.entity, term)?;
    let unreadable = |error| unreadable(&args.file, &error, term);
    let (mut rows, header) = Rows::open(&args.file).map_err(unreadable)?;
    let columns = columns(engine.module(), entity, args, header.as_deref(), term);
    let (user, columns) = (user?, columns?);
    let name = engine.module().entity(entity).map_or_else(String::new, |def| def.name.clone());
    let nothing = Done::nothing(&name, &args.file).map_err(unreadable)?;
    let (done, replaces) = begin(&mut engine, args, nothing, term)?;
    let left = match args.skip {
        None if done.rows > 0 => Left::Own(done.refused_bytes),
        Some(skip) if skip > 0 => Left::Other,
        _ => Left::Nothing,
    };
    let refused = Refused::new(done.refused_into.clone(), header.clone(), left);
    pass_over(&mut rows, done.rows, args, term)?;
    let place = Place { entity, user, header: header.as_deref(), columns: &columns };
    let mut import = Import { place, refused, done, replaces, shown: 0, keys: Keys::default(), term };
    let ended = import.carry_out(&mut engine, &mut rows, &stop);
    let exit = match ended {
        Ok(()) => Ok(Exit::Fine),
        Err(Stop::Asked) => {
            term.err("stopped before the last row\n");
            Err(Exit::Environment)
        }
        Err(Stop::Store(failure)) => Err(store::refused(term, failure)),
        Err(Stop::File(error)) => Err(cut_off(args, &error, term)),
        Err(Stop::Refused(error)) => {
            let path = import.refused.path.display();
            term.err(&format!("error[E0921]: cannot write `{path}`: {error}\n"));
            Err(Exit::Environment)
        }
    };
    let done = &import.done;
    if exit.is_err() {
        let rows = counted(done.rows, "row");
        term.err(&format!(
            "  help: {rows} done so far: the same call goes on behind, as does `--skip {}`, ",
            done.rows
        ));
        term.err("also where the file was changed from there on\n");
    }
    tell(args, &name, done, term);
    exit.map(|fine| if done.refused > 0 { Exit::Wrong } else { fine })
}

fn pass_over(rows: &mut Rows, count: u64, args: &ImportArgs, term: &Term) -> Result<(), Exit> {
    for passed in 0..count {
        match rows.next() {
            Ok(Some(_)) => {}
            Ok(None) => {
                term.err(&format!("error: `--skip {count}`: the file has {}\n", counted(passed, "row")));
                return Err(Exit::Wrong);
            }
            Err(error) => return Err(cut_off(args, &error, term)),
        }
    }
    Ok(())
}

fn cut_off(args: &ImportArgs, error: &io::Error, term: &Term) -> Exit {
    term.err(&format!("error[E0912]: `{}` cannot be read on: {error}\n", args.file.display()));
    Exit::Wrong
}

fn unreadable(path: &Path, error: &io::Error, term: &Term) -> Exit {
    if error.kind() == io::ErrorKind::InvalidData {
        term.err(&format!("error[E0912]: `{}` has no rows that can be read: {error}\n", path.display()));
        return Exit::Wrong;
    }
    term.err(&format!("error[E0901]: cannot read `{}`: {error}\n", path.display()));
    Exit::Environment
}

/// Where an import begins, and the note about another one that it takes the place of. One that would create records
/// twice is refused.
fn begin(engine: &mut Engine, args: &ImportArgs, nothing: Done, term: &Term) -> Result<(Done, Option<Done>), Exit> {
    let known = nothing.known(engine.store()).map_err(|error| store::failed(term, error))?;
    let (file, beside) = (args.file.display(), Refused::beside(&args.file));
    let into = args.refused.clone().unwrap_or(beside);
    match (args.skip, known) {
        (None, Known::Done(done)) if !done.is_whole => {
            term.err(&format!("goes on behind {}, done before\n", counted(done.rows, "row")));
            let is_own = args.refused.is_some() || absolute(&into) == done.refused_into;
            let into = if is_own { into } else { done.refused_into.clone() };
            let length = std::fs::metadata(&into).ok().map(|found| found.len());
            let is_same = absolute(&into) == done.refused_into;
            if is_same && length.is_some_and(|length| length < done.refused_bytes) {
                term.err(&format!("error[E0921]: `{}` is not as the import has left it\n", into.display()));
                term.err("  help: name another file with --refused, or remove it\n");
                return Err(Exit::Environment);
            }
            // A batch that was cut short may have written more than it has noted.
            let noted = if is_same { done.refused_bytes } else { u64::MAX };
            let refused_bytes = length.map_or(0, |length| length.min(noted));
            Ok((Done { refused_into: into, refused_bytes, ..done }, None))
        }
        (None, Known::Done(done)) if done.created > 0 => {
            let (rows, into) = (counted(done.created, "row"), &args.entity);
            term.err(&format!("error: `{file}` has been imported already: {rows} became records of {into}\n"));
            term.err("  help: `--skip 0` imports all of its rows again\n");
            Err(Exit::Wrong)
        }
        (None, Known::Other(done)) => {
            let rows = done.rows;
            let told = counted(rows, "row");
            term.err(&format!(
                "error: an import of `{file}` ended after {told}, and the file has been changed since\n"
            ));
            term.err(&format!("  help: `--skip {rows}` goes on behind, `--skip 0` imports all rows\n"));
            Err(Exit::Wrong)
        }
        (skip, known) => {
            let rows = skip.unwrap_or(0);
            if into.exists() && rows == 0 {
                let into = into.display();
                term.err(&format!("error[E0921]: `{into}` is there already, with rows of an earlier import\n"));
                term.err("  help: name another file with --refused, or remove it\n");
                return Err(Exit::Environment);
            }
            let replaces = if let Known::Other(done) = known { Some(done) } else { None };
            Ok((Done { rows, refused_into: into, ..nothing }, replaces))
        }
    }
}

fn tell(args: &ImportArgs, name: &str, done: &Done, term: &Term) {
    let file = (done.refused > 0).then(|| done.refused_into.display().to_string());
    if args.write.json {
        let (rows, created, refused) = (done.rows, done.created, done.refused);
        let object = json!({"version": 1, "rows": rows, "created": created, "refused": refused, "file": file});
        term.out(&format!("{object:#}\n"));
    } else {
        term.out(&format!("created {} of {name}\n", done.created));
    }
    if let Some(file) = file {
        let rows = counted(done.rows, "row");
        term.err(&format!("refused {} of {rows}: what was refused stands in `{file}`\n", done.refused));
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
    user: Option<i64>,
    header: Option<&'a [String]>,
    columns: &'a Columns,
}

/// Why an import ends before its last row.
enum Stop {
    Asked,
    Store(Failure),
    File(io::Error),
    Refused(io::Error),
}

/// An import on its way.
struct Import<'a> {
    place: Place<'a>,
    refused: Refused,
    /// What is committed.
    done: Done,
    /// The note whose place it takes.
    replaces: Option<Done>,
    /// Reasons that were shown.
    shown: u64,
    keys: Keys,
    term: &'a Term,
}

impl Import<'_> {
    fn carry_out(&mut self, engine: &mut Engine, rows: &mut Rows, stop: &AtomicBool) -> Result<(), Stop> {
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
            self.commit(engine, &batch, matches!(end, Some(Ok(()))))?;
            if let Some(end) = end {
                return end;
            }
            if stop.load(Ordering::Relaxed) {
                return Err(Stop::Asked);
            }
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                self.term.err(&format!("{}, {} refused\n", counted(self.done.rows, "row"), self.done.refused));
            }
        }
    }

    /// Creates the records of some rows in one transaction, together with the note about them. Those that are refused
    /// stand in their file before: after a crash there may be more in it than the note says, never less.
    fn commit(&mut self, engine: &mut Engine, batch: &[Row], is_last: bool) -> Result<(), Stop> {
        let Self { place, refused, done, replaces, keys, .. } = self;
        let before = refused.flush().map_err(Stop::Refused)?;
        let (mut next, mut unwritten) = (done.clone(), None);
        let answers = engine.noting(
            |engine| create(engine, place, keys, batch),
            |store, answers| {
                for (row, answer) in batch.iter().zip(answers.iter().flatten()) {
                    next.rows += 1;
                    match answer {
                        Ok(()) => next.created += 1,
                        Err(reason) => {
                            next.refused += 1;
                            if let Err(error) = refused.add(row, reason) {
                                unwritten.get_or_insert(error);
                            }
                        }
                    }
                }
                match refused.flush() {
                    Ok(bytes) => next.refused_bytes = bytes,
                    Err(error) => drop(unwritten.get_or_insert(error)),
                }
                if let Some(error) = &unwritten {
                    return Err(StoreError::Io(error.to_string()));
                }
                next.is_whole = is_last;
                replaces.iter().try_for_each(|other| other.forget(store))?;
                next.note(store)
            },
        );
        let answers = match answers {
            Ok(answers) => answers,
            Err(failure) => {
                // Nothing is lost where this fails: they are refused again, and stand there twice.
                let _ = refused.cut(before);
                return Err(unwritten.map_or(Stop::Store(failure), Stop::Refused));
            }
        };
        let first = self.done.rows;
        (self.done, self.replaces) = (next, None);
        for (row, answer) in (first + 1..).zip(&answers) {
            // LIMIT: IMPORT_SHOWN_MAX
            if let (Err(reason), true) = (answer, self.shown < IMPORT_SHOWN_MAX) {
                self.shown += 1;
                self.term.err(&format!("row {row}: {reason}\n"));
            }
        }
        Ok(())
    }
}

/// Creates the records of some rows; of each row that it is there, or why not.
fn create(engine: &mut Engine, place: &Place<'_>, keys: &mut Keys, batch: &[Row]) -> Answer<Vec<Result<(), String>>> {
    let mut answers = Vec::with_capacity(batch.len());
    for row in batch {
        answers.push(match writes(engine, place, keys, row)? {
            Err(reason) => Err(reason),
            Ok(writes) => match engine.create(place.user, place.entity, &writes) {
                Ok(_) => Ok(()),
                Err(Failure::Fault(fault)) => Err(told(&fault.code, ": ", &fault.message)),
                Err(failure) => return Err(failure),
            },
        });
    }
    Ok(answers)
}

/// What a row says; or all that is wrong with it.
fn writes(engine: &mut Engine, place: &Place<'_>, keys: &mut Keys, row: &Row) -> Answer<Result<Vec<Write>, String>> {
    let program = Arc::clone(engine.program());
    let module = program.module();
    let Some(def) = module.entity(place.entity) else { return Ok(Err("there is no such entity".to_owned())) };
    let mut values: Vec<Result<Option<Write>, String>> = Vec::new();
    match row {
        Row::Bad(_, reason) => return Ok(Err(reason.clone())),
        Row::Cells(cells, lines) => {
            let header = place.header.unwrap_or_default();
            if cells.len() != header.len() {
                let cells = format!("it has {} cells, not {}", cells.len(), header.len());
                let hint =
                    if *lines > 1 { format!(", on {lines} lines: is a quote not closed?") } else { String::new() };
                return Ok(Err(cells + &hint));
            }
            for (name, cell) in header.iter().zip(cells) {
                let Some(Some(index)) = place.columns.get(name) else { continue };
                let Some(field) = def.fields.get(index.index()) else { continue };
                let meant = if cell.is_empty() { Meant::Other } else { keys.meant(engine, field.ty, cell)? };
                values.push(match meant {
                    Meant::Record(value) => Ok(Some(Write::set(*index, value))),
                    Meant::Wrong(problem) => Err(format!("{name}: {problem}")),
                    Meant::Other => write_of_cell(module, field, *index, name, cell),
                });
            }
        }
        Row::Object(json, _) => {
            let JsonKind::Object(entries) = &json.kind else { return Ok(Err("it is no object".to_owned())) };
            for (name, value) in entries {
                values.push(write_of_json(engine, module, place, keys, &name.node, value)?);
            }
        }
    }
    Ok(gathered(def, values))
}

/// The writes; or all that is wrong.
fn gathered(def: &EntityDef, values: Vec<Result<Option<Write>, String>>) -> Result<Vec<Write>, String> {
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
    field: &FieldDef,
    index: FieldIdx,
    name: &str,
    cell: &str,
) -> Result<Option<Write>, String> {
    if cell.is_empty() {
        return Ok(takes_empty(module, field).then(|| Write::set(index, Value::Text(String::new()))));
    }
    match settings::from_text(module, field.ty, cell, name, &|_| None) {
        Ok(value) => Ok(Some(Write::set(index, value))),
        Err((problem, _)) => Err(format!("{name}: {}", problem.message)),
    }
}

/// An empty cell says nothing, but for a text that must be there.
fn takes_empty(module: &Module, field: &FieldDef) -> bool {
    matches!(module.ty(field.ty), Some(TypeDef::Text)) && matches!(field.default, DefaultDef::None)
}

fn write_of_json(
    engine: &mut Engine,
    module: &Module,
    place: &Place<'_>,
    keys: &mut Keys,
    name: &str,
    json: &Json,
) -> Answer<Result<Option<Write>, String>> {
    let Some(def) = module.entity(place.entity) else { return Ok(Ok(None)) };
    let index = match place.columns.get(name) {
        Some(None) => return Ok(Ok(None)),
        Some(Some(index)) => *index,
        None => match field_of(def, name) {
            Ok(index) => index,
            Err(problem) => return Ok(Err(problem)),
        },
    };
    let Some(field) = def.fields.get(index.index()) else { return Ok(Ok(None)) };
    if let JsonKind::Text(text) = &json.kind {
        match keys.meant(engine, field.ty, text)? {
            Meant::Record(value) => return Ok(Ok(Some(Write::set(index, value)))),
            Meant::Wrong(problem) => return Ok(Err(format!("{name}: {problem}"))),
            Meant::Other => {}
        }
    }
    let value = convert::to_value(module, field.ty, json, &format!("`{name}`"), &|_| None);
    Ok(value.map(|value| Some(Write::set(index, value))).map_err(|problem| problem.message))
}
