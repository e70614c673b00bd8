//! Opening the store that a command works on.

use std::fs;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::output;
use super::term::Term;
use crate::engine::Engine;
use crate::engine::clock::{Clock, SystemClock, VirtualClock};
use crate::engine::faults::Failure;
use crate::engine::store::{Store, StoreError, sqlite::SqliteStore};
use crate::simulation::{self, Simulation};

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
pub(super) fn open(path: &Path, term: &Term) -> Result<Box<dyn Store>, Exit> {
    if !path.exists() {
        term.err(&format!("error[E0918]: there is no store `{}`\n", path.display()));
        let shown = path.display();
        term.err(&format!(
            "  help: `abide deploy PROJECT --store {shown}` makes one for real use, `abide run PROJECT --store {shown}` \
             one of a simulation\n"
        ));
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

/// Opens a store to look at it, with the build that is current there.
pub(super) fn simulation(path: &Path, term: &Term) -> Result<Simulation<'static>, Exit> {
    let engine = attach(open(path, term)?, path, term)?;
    Simulation::on(engine).map_err(|error| failed(term, error))
}

/// Opens the store of real processes, to work on it.
pub(super) fn engine(path: &Path, term: &Term) -> Result<Engine, Exit> {
    let store = not_simulated(path, term)?;
    attach(store, path, term)
}

/// The same, whatever builds it has.
pub(super) fn not_simulated(path: &Path, term: &Term) -> Result<Box<dyn Store>, Exit> {
    let mut store = real(path, term)?;
    let kind = store.meta("kind").map_err(|error| failed(term, error))?;
    if kind.as_deref() == Some("simulated") {
        term.err(&format!("error[E0920]: the store `{}` is that of a simulation\n", path.display()));
        term.err(
            "  help: `abide run PROJECT --store FILE` goes on with it; `abide deploy` makes a store for real use\n",
        );
        return Err(Exit::Environment);
    }
    Ok(store)
}

/// Opens the file of a store of real processes.
pub(super) fn real(path: &Path, term: &Term) -> Result<Box<dyn Store>, Exit> {
    if !path.exists() {
        term.err(&format!("error[E0918]: there is no store `{}`\n", path.display()));
        term.err(&format!("  help: `abide deploy PROJECT --store {}` makes one\n", path.display()));
        return Err(Exit::Environment);
    }
    make(path, term)
}

/// The same; it is made if there is none.
pub(super) fn make(path: &Path, term: &Term) -> Result<Box<dyn Store>, Exit> {
    match SqliteStore::open(path) {
        Ok(store) => Ok(Box::new(store)),
        Err(error) => Err(failed(term, error)),
    }
}

/// Makes the file of a store that is not there yet, with what `fill` puts into it: all of it, or no file. False if there
/// is one, also if another program has made it meanwhile.
pub(super) fn make_whole(
    path: &Path,
    term: &Term,
    fill: impl FnOnce(Box<dyn Store>) -> Result<(), Exit>,
) -> Result<bool, Exit> {
    if path.exists() {
        return Ok(false);
    }
    output::put_new(path, term, |beside| {
        // Nobody knows the name that it has until then.
        let named = |error| match error {
            StoreError::Io(text) => StoreError::Io(text.replace(&*beside.to_string_lossy(), &path.to_string_lossy())),
            error => error,
        };
        let store = SqliteStore::open(beside).map_err(|error| failed(term, named(error)));
        let filled = store.and_then(|store| fill(Box::new(store)));
        // What is closed well is one file.
        let logs = ["-wal", "-shm", "-journal"].map(|ending| with_ending(beside, ending));
        let is_whole = logs.iter().filter(|log| fs::remove_file(log).is_ok()).count() == 0;
        match filled {
            Ok(()) if !is_whole => Err(failed(term, StoreError::Io("its log could not be closed".to_owned()))),
            filled => filled,
        }
    })
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn attach(mut store: Box<dyn Store>, path: &Path, term: &Term) -> Result<Engine, Exit> {
    let mut meta = |key| store.meta(key).map_err(|error| failed(term, error));
    let (kind, build) = (meta("kind")?, meta(BUILD)?);
    if build.is_none() {
        let shown = path.display();
        let (what, help) = if kind.as_deref() == Some("real") {
            ("has no active build yet", format!("abide activate --store {shown}"))
        } else {
            (
                "holds no build yet: its making was cut short",
                format!("`abide run PROJECT --store {shown}` begins it again"),
            )
        };
        term.err(&format!("error[E0918]: the store `{shown}` {what}\n  help: {help}\n"));
        return Err(Exit::Environment);
    }
    let clock: Box<dyn Clock> =
        if kind.as_deref() == Some("real") { Box::new(SystemClock) } else { Box::new(VirtualClock::at(0)) };
    Engine::attach(store, clock, seed()).map_err(|failure| failed(term, failure))
}

/// Where `random` begins in a store that has drawn none yet.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// Tells that a clock would go beyond the calendar.
pub(super) fn too_late(term: &Term) -> Exit {
    term.err("error: `--advance` leads beyond the year 9999\n");
    Exit::Usage
}

/// Tells what refused a command, with its place in the source if it has one, or what is wrong with the store.
pub(super) fn refused(term: &Term, failure: Failure) -> Exit {
    let Failure::Fault(fault) = failure else { return failed(term, failure) };
    term.err(&format!("error[{}]: {}\n", fault.code, fault.beside_code()));
    if let Some(place) = &fault.at {
        let call = if place.called_at.is_empty() { String::new() } else { format!(", called at {}", place.called_at) };
        term.err(&format!("  at {}, in {}{call}\n", place.line(), place.function));
    }
    Exit::Wrong
}

/// Tells that a store cannot be used, with what may be done about it.
pub(super) fn failed(term: &Term, error: impl Into<simulation::Error>) -> Exit {
    let error = error.into();
    term.err(&format!("error[{}]: {error}\n", error.code()));
    let help = match error.code() {
        "E0918" => "see that the disk has room, and that the file and its folder may be written; what was told is kept",
        "E0920" => "name another file with --store; `abide deploy` and `abide run` make one",
        "E0922" => "wait until it has ended, or name another file with --store",
        "E0924" => "the last lines of the timeline name the loop; let it wait for something, or end",
        _ => return Exit::Environment,
    };
    term.err(&format!("  help: {help}\n"));
    Exit::Environment
}
