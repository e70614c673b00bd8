//! Opening the store that a command works on.

use std::path::Path;
use std::sync::Arc;

use super::exit::Exit;
use super::term::Term;
use crate::bytecode::container;
use crate::engine::store::{Store, sqlite::SqliteStore};
use crate::simulation::Simulation;
use crate::vm::program::Program;

/// The setting of a store that holds the hash of its newest build.
const BUILD: &str = "build";

/// Opens a store file; it is made if there is none and `create` allows it.
pub(super) fn open(path: &Path, create: bool, term: &Term) -> Result<Box<dyn Store>, Exit> {
    if !create && !path.exists() {
        term.err(&format!("error: there is no store `{}`\n", path.display()));
        term.err(&format!("  help: `abide run PROJECT --store {}` makes one\n", path.display()));
        return Err(Exit::Environment);
    }
    match SqliteStore::open(path) {
        Ok(store) => Ok(Box::new(store)),
        Err(error) => Err(failed(term, &error)),
    }
}

/// Keeps a build in the store and names it the newest.
pub(super) fn keep_build(store: &mut dyn Store, hash: &str, build: &[u8], term: &Term) -> Result<(), Exit> {
    let mut keep = || {
        store.begin()?;
        store.put_build(hash, build)?;
        store.set_meta(BUILD, hash)?;
        store.commit()
    };
    keep().map_err(|error| failed(term, &error))
}

/// Opens a store that was made by `run --store`, with the build that it holds.
pub(super) fn simulation(path: &Path, term: &Term) -> Result<Simulation, Exit> {
    let mut store = open(path, false, term)?;
    let hash = store.meta(BUILD).map_err(|error| failed(term, &error))?;
    let bytes = match &hash {
        Some(hash) => store.build(hash).map_err(|error| failed(term, &error))?,
        None => None,
    };
    let (Some(hash), Some(bytes)) = (hash, bytes) else {
        term.err(&format!("error: the store `{}` holds no build\n", path.display()));
        return Err(Exit::Environment);
    };
    let program = container::decode(&bytes)
        .map_err(|e| e.to_string())
        .and_then(|(module, _)| Program::new(module).map_err(|e| e.to_string()));
    let program = program.map_err(|message| {
        term.err(&format!("error[E0904]: the build in `{}`: {message}\n", path.display()));
        Exit::Environment
    })?;
    Simulation::open(store, Arc::new(program), hash, 0).map_err(|error| failed(term, &error))
}

/// Tells that a store cannot be used.
pub(super) fn failed(term: &Term, error: &dyn std::fmt::Display) -> Exit {
    term.err(&format!("error: {error}\n"));
    Exit::Environment
}
