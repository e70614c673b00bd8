//! Entities, records and values as they stand on the command line.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::keys::{Keys, Meant};
use crate::base::distance::did_you_mean;
use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::module::{CompareOp, EntityDef, FieldDef, Module, SystemField};
use crate::bytecode::types::FieldIdx;
use crate::cli::exit::Exit;
use crate::cli::term::Term;
use crate::cli::{settings, store};
use crate::diag::render;
use crate::engine::store::Condition;
use crate::engine::{Engine, Write};

/// Finds an entity by its name or its table.
pub(in crate::cli) fn entity(module: &Module, word: &str, term: &Term) -> Result<EntityIdx, Exit> {
    if let Some(found) = entity_of(module, word) {
        return Ok(found);
    }
    let near = did_you_mean(word, module.entities.iter().filter(|def| !def.is_gone()).map(|def| def.name.as_str()));
    term.err(&format!("error[E0915]: there is no entity `{word}`\n"));
    if let Some(near) = near.first() {
        term.err(&format!("  help: did you mean `{near}`?\n"));
    }
    Err(Exit::Wrong)
}

fn entity_of(module: &Module, word: &str) -> Option<EntityIdx> {
    let is_it = |entity: &EntityDef| !entity.is_gone() && (entity.name == word || entity.table == word);
    module.entities.iter().position(is_it).and_then(|index| u16::try_from(index).ok()).map(EntityIdx)
}

/// `opportunity:42`.
pub(in crate::cli) fn record(module: &Module, word: &str, term: &Term) -> Result<RecordRef, Exit> {
    let usage = |what: &str| {
        term.err(&format!("error: `{word}`: {what}\n  help: write a record as opportunity:42\n"));
        Exit::Usage
    };
    let (name, id) = word.split_once(':').ok_or_else(|| usage("there is no `:`"))?;
    let id = id.parse().ok().filter(|id| *id > 0).ok_or_else(|| usage("the record has no number"))?;
    Ok(RecordRef { entity: entity(module, name, term)?, id })
}

/// The fields that may be written.
pub(super) fn is_writable(field: &FieldDef) -> bool {
    !field.is_gone()
        && matches!(field.system, None | Some(SystemField::Owner | SystemField::State | SystemField::Status))
}

/// `NAME=VALUE …` as writes; all mistakes are told.
pub(in crate::cli) fn writes(
    engine: &mut Engine,
    entity: EntityIdx,
    words: &[String],
    term: &Term,
) -> Result<Vec<Write>, Exit> {
    let program = Arc::clone(engine.program());
    let mut all = Vec::new();
    for (field, def, value) in named(engine, program.module(), entity, words, term)? {
        if is_writable(def) {
            all.push(read(engine, def, value, term).map(|value| Write::set(field, value)));
        } else {
            term.err(&format!("error[R0310]: `{}` is written by abide itself\n", def.name));
            all.push(Err(Exit::Wrong));
        }
    }
    gathered(all)
}

/// A new record begins where all of its entity do; from there the arrows lead on.
pub(super) fn begins(module: &Module, entity: EntityIdx, writes: &[Write], term: &Term) -> Result<(), Exit> {
    let Some(def) = module.entity(entity) else { return Err(Exit::Bug) };
    let Some(states) = &def.states else { return Ok(()) };
    let (state, status) = states.first(module);
    for write in writes {
        let field = def.fields.get(write.field.index());
        let first = match field.and_then(|field| field.system) {
            Some(SystemField::State) => state,
            Some(SystemField::Status) => status,
            _ => continue,
        };
        if write.value != Value::Enum(first) {
            let begins = module.enum_def(states.state).and_then(|def| def.members.iter().find(|m| m.value == state));
            let (entity, begins) = (&def.name, begins.map_or("", |member| member.name.as_str()));
            term.err(&format!("error[R0303]: a new `{entity}` is {begins}\n"));
            term.err("  help: create it, then `abide record update` it; `abide record import` takes any state\n");
            return Err(Exit::Wrong);
        }
    }
    Ok(())
}

/// `NAME=VALUE …` as conditions; all mistakes are told. What is private cannot be asked for.
pub(in crate::cli) fn conditions(
    engine: &mut Engine,
    entity: EntityIdx,
    words: &[String],
    term: &Term,
) -> Result<Vec<Condition>, Exit> {
    let program = Arc::clone(engine.program());
    let mut all = Vec::new();
    for (field, def, value) in named(engine, program.module(), entity, words, term)? {
        if def.private {
            term.err(&format!("error: `{}` is private: nothing can be found by it\n", def.name));
            all.push(Err(Exit::Wrong));
            continue;
        }
        all.push(read(engine, def, value, term).map(|value| match value {
            Value::None => Condition { path: vec![field], op: CompareOp::IsNone, argument: Value::None },
            value => Condition::equal(field, value),
        }));
    }
    gathered(all)
}

/// The fields that are named, with the texts of their values. What is wrong is told, and fails only at the end.
fn named<'m, 'w>(
    engine: &mut Engine,
    module: &'m Module,
    entity: EntityIdx,
    words: &'w [String],
    term: &Term,
) -> Result<Vec<(FieldIdx, &'m FieldDef, &'w str)>, Exit> {
    let Some(def) = module.entity(entity) else { return Err(Exit::Bug) };
    let mut seen = BTreeSet::new();
    let found = words.iter().map(|word| {
        let Some((name, value)) = word.split_once('=') else {
            term.err(&format!("error: `{word}` has no `=`\n  help: write fields as NAME=VALUE\n"));
            return Err(Exit::Usage);
        };
        if !seen.insert(name) {
            term.err(&format!("error: `{name}` stands twice\n"));
            return Err(Exit::Usage);
        }
        match def.field_by_name(name).filter(|(_, def)| !def.is_gone()) {
            Some((field, def)) => Ok((field, def, value)),
            None => {
                term.err(&format!("error[E0915]: {}\n", unknown(def, name)));
                Err(Exit::Wrong)
            }
        }
    });
    let (known, wrong): (Vec<_>, Vec<_>) = found.partition(Result::is_ok);
    // The values of those that are known are looked at even so.
    let known: Vec<_> = known.into_iter().flatten().collect();
    if let Some(Err(exit)) = wrong.into_iter().next() {
        for (_, def, value) in known {
            // It tells what is wrong itself.
            let _ = read(engine, def, value, term);
        }
        return Err(exit);
    }
    Ok(known)
}

/// Says that an entity has no such field.
pub(super) fn unknown(entity: &EntityDef, name: &str) -> String {
    let known = entity.fields.iter().filter(|field| is_writable(field)).map(|field| field.name.as_str());
    let near = did_you_mean(name, known.clone());
    let hint = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}", known.collect::<Vec<_>>().join(", ")),
    };
    format!("`{}` has no field `{name}`; {hint}", entity.name)
}

/// The value of a field, as it stands on the command line.
fn read(engine: &mut Engine, field: &FieldDef, text: &str, term: &Term) -> Result<Value, Exit> {
    match Keys::default().meant(engine, field.ty, text).map_err(|failure| store::failed(term, failure))? {
        Meant::Record(value) => return Ok(value),
        Meant::Wrong(problem) => {
            term.err(&format!("error[E0915]: `{}`: {problem}\n", field.name));
            term.err("  help: `abide record find` lists records; each can be named by its number, too: account:7\n");
            return Err(Exit::Wrong);
        }
        Meant::Other => {}
    }
    let read = settings::from_text(engine.module(), field.ty, text, &format!("{}=", field.name), &|_| None);
    read.map_err(|(problem, sources)| {
        term.err(&render::human(&[problem], &sources, &term.messages()));
        Exit::Wrong
    })
}

/// All of them, or how the first mistake ends the program.
fn gathered<T>(all: Vec<Result<T, Exit>>) -> Result<Vec<T>, Exit> {
    all.into_iter().collect()
}
