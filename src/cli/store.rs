//! Opening the store that a command works on.

use std::path::Path;
use std::sync::Arc;

use super::exit::Exit;
use super::term::Term;
use crate::bytecode::container;
use crate::engine::store::{Store, sqlite::SqliteStore};
use crate::simulation::{self, Simulation};
use crate::vm::program::Program;

/// The setting of a store that holds the hash of its newest build.
const BUILD: &str = "build";

/// Opens the store of a simulation that goes on in it; it is made if there is none. Nobody else may until it ends.
pub(super) fn hold(path: &Path, term: &Term) -> Result<Box<dyn Store>, Exit> {
    match SqliteStore::hold(path) {
        Ok(store) => Ok(Box::new(store)),
        Err(error) => Err(failed(term, error)),
    }
}

/// Opens a store to look at it.
fn open(path: &Path, term: &Term) -> Result<Box<dyn Store>, Exit> {
    if !path.exists() {
        term.err(&format!("error[E0918]: there is no store `{}`\n", path.display()));
        term.err(&format!("  help: `abide run PROJECT --store {}` makes one\n", path.display()));
        return Err(Exit::Environment);
    }
    match SqliteStore::open_to_read(path) {
        Ok(store) => Ok(Box::new(store)),
        Err(error) => Err(failed(term, error)),
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
    keep().map_err(|error| failed(term, error))
}

/// Opens a store that was made by `run --store`, with the build that it holds.
pub(super) fn simulation(path: &Path, term: &Term) -> Result<Simulation<'static>, Exit> {
    let mut store = open(path, term)?;
    let hash = store.meta(BUILD).map_err(|error| failed(term, error))?;
    let bytes = match &hash {
        Some(hash) => store.build(hash).map_err(|error| failed(term, error))?,
        None => None,
    };
    let (Some(hash), Some(bytes)) = (hash, bytes) else {
        term.err(&format!(
            "error[E0918]: the store `{}` holds no build yet: its making was cut short\n",
            path.display()
        ));
        term.err(&format!("  help: `abide run PROJECT --store {}` begins it again\n", path.display()));
        return Err(Exit::Environment);
    };
    let program = container::decode(&bytes)
        .map_err(|e| e.to_string())
        .and_then(|(module, _)| Program::new(module).map_err(|e| e.to_string()));
    let program = program.map_err(|message| {
        term.err(&format!("error[E0904]: the build in `{}`: {message}\n", path.display()));
        Exit::Environment
    })?;
    Simulation::open(store, Arc::new(program), hash, 0).map_err(|error| failed(term, error))
}

/// Tells that a store cannot be used, with what may be done about it.
pub(super) fn failed(term: &Term, error: impl Into<simulation::Error>) -> Exit {
    let error = error.into();
    term.err(&format!("error[{}]: {error}\n", error.code()));
    let help = match error.code() {
        "E0918" => "see that the disk has room, and that the file and its folder may be written; what was told is kept",
        "E0920" => "name another file with --store; one that is not there is made",
        "E0922" => "wait until it has ended, or name another file with --store",
        "E0924" => "the last lines of the timeline name the loop; let it wait for something, or end",
        _ => return Exit::Environment,
    };
    term.err(&format!("  help: {help}\n"));
    Exit::Environment
}
