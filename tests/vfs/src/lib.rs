//! A disk in memory on which SQLite keeps its files: it counts what is asked of it, fails at a chosen call, and forgets
//! at a power loss what was not synced.
//!
//! [`Disk::new`] registers the file system with SQLite under [`NAME`]; a file on a disk is opened by that name and by
//! [`Disk::path`]. Any number of connections of one program may have a file open, also with a write-ahead log: locks and
//! shared memory are those of the disk.
//!
//! Only `glue` is unsafe. It stands in a crate of its own, because the package that it tests forbids that.

mod files;
mod glue;
mod state;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use files::{Action, Dice, Files, Loss};
pub use state::{Fault, Trouble};

use state::State;

/// The name of the file system.
pub const NAME: &str = "disk";

/// A disk. It is gone when this is dropped and all its files are closed.
#[derive(Debug)]
pub struct Disk {
    state: Arc<Mutex<State>>,
    number: u64,
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Files::default())
    }

    /// A disk with these files.
    #[must_use]
    pub fn with(files: Files) -> Self {
        glue::register();
        let state = Arc::new(Mutex::new(State::new(files)));
        let number = glue::add(&state);
        Self { state, number }
    }

    /// The path of a file, which names the disk as well.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/{}/{name}", self.number))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something goes wrong from now on; calls are counted from here.
    pub fn fail(&self, fault: Fault) {
        self.state().arm(fault);
    }

    /// Nothing goes wrong any more. Gives what did, if anything.
    pub fn mend(&self) -> Option<String> {
        self.state().mend()
    }

    /// Calls so far in which such a thing could go wrong.
    #[must_use]
    pub fn chances(&self, trouble: Trouble) -> u64 {
        self.state().chances(trouble)
    }

    /// Remembers every change from now on.
    pub fn record(&self) {
        self.state().record();
    }

    /// How many changes it remembers.
    #[must_use]
    pub fn recorded(&self) -> usize {
        self.state().recorded()
    }

    /// The changes that it remembers; it goes on without.
    #[must_use]
    pub fn take_record(&self) -> Vec<Action> {
        self.state().take_record()
    }

    /// The files as they are now, with what was not synced yet.
    #[must_use]
    pub fn files(&self) -> Files {
        self.state().files.clone()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        glue::remove(self.number);
    }
}
