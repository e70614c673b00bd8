//! `abide run`: the records and events of a data file on a virtual clock, and what happened, as a timeline.
//!
//! `plan` checks a data file against a module before anything runs; `carry` carries it out, a piece at a time, on a
//! [`Simulation`]; `recorder` tells what happens, with the names that records have then; `timeline` and `json` show it;
//! `progress` notes how far it has come. Nothing here holds a whole data file, or all that happened.

mod carry;
pub mod json;
pub mod names;
pub mod order;
pub mod plan;
pub mod progress;
pub mod recorder;
pub mod timeline;

use std::sync::Arc;

use crate::{
    base::{limits::TURNS_MAX, value::RecordRef},
    data::{file::When, moments::wall_moment, reader::Trouble},
    diag::codes,
    engine::{
        Engine, Ran, Settings, Write,
        clock::VirtualClock,
        faults::{Answer, Failure},
        later,
        store::{Store, StoreError},
    },
    vm::program::Program,
};

use recorder::Recorder;

/// A store on a virtual clock, with what happened on it.
pub struct Simulation<'t> {
    /// The engine.
    pub engine: Engine,
    /// Tells what happens, with names.
    pub recorder: Recorder<'t>,
    /// How many records of the data file were refused. What its events try and is refused is a part of the story.
    pub refused: u64,
}

/// Why a simulation cannot begin or go on.
#[derive(Debug)]
pub enum Error {
    /// The store failed, or does not fit the build.
    Engine(Failure),
    /// Processes do not come to rest at one moment.
    Endless,
    /// The data file cannot be read again, or is not what it was when it was checked.
    Data(Trouble),
}

impl Error {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Error::Engine(Failure::Store(error)) => error.code().0,
            Error::Engine(Failure::Fault(fault)) => &fault.code,
            Error::Endless => codes::E0924.0,
            Error::Data(Trouble::Io(_)) => codes::E0901.0,
            Error::Data(Trouble::NotText(_)) => codes::E0902.0,
            Error::Data(Trouble::Wrong(problem)) => problem.code.0,
        }
    }
}

impl std::error::Error for Error {}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Error::Data(trouble)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Error::Engine(error.into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::Engine(failure)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Engine(Failure::Fault(fault)) => f.write_str(&fault.message),
            Error::Engine(Failure::Store(error)) => error.fmt(f),
            Error::Data(Trouble::Io(error)) => write!(f, "the data file cannot be read again: {error}"),
            Error::Data(_) => f.write_str("the data file was changed while it was read"),
            Error::Endless => {
                write!(f, "processes go on without end: {TURNS_MAX} turns at one moment, and more to do")
            }
        }
    }
}

impl<'t> Simulation<'t> {
    /// Opens a store. `now` is where the clock of a new store begins; one that was used goes on where it stands.
    ///
    /// # Errors
    /// If the store does not fit the build, or is not a simulated one.
    pub fn open(store: Box<dyn Store>, program: Arc<Program>, build: String, now: i64) -> Result<Self, Error> {
        let settings = Settings { clock: Box::new(VirtualClock::at(now)), seed: 1, build };
        let mut engine = Engine::open(store, program, settings)?;
        let recorder = Recorder::after_now(&mut engine)?;
        Ok(Self { engine, recorder, refused: 0 })
    }

    /// The same for an engine that is there.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn on(mut engine: Engine) -> Result<Self, Error> {
        let recorder = Recorder::after_now(&mut engine)?;
        Ok(Self { engine, recorder, refused: 0 })
    }

    /// Where the clock of a project begins without a word about it: today at 09:00 in its zone.
    #[must_use]
    pub fn default_beginning(zone: &str, today: jiff::civil::Date) -> i64 {
        wall_moment(today.year(), today.month(), today.day(), 9, zone).unwrap_or_default()
    }

    /// Moves the clock; what falls due on the way happens in order.
    ///
    /// # Errors
    /// If the store fails.
    pub fn advance_to(&mut self, moment: i64) -> Result<(), Error> {
        let ran = self.engine.advance_to(moment.max(self.engine.now()))?;
        self.settle(ran)
    }

    /// Writes one field of a record as a user; none is the system. Whether it was accepted.
    ///
    /// # Errors
    /// If the store fails. What the rules refuse is a part of what happens.
    pub fn update(&mut self, user: Option<i64>, record: RecordRef, write: Write) -> Result<bool, Error> {
        let answer = self.engine.update(user, record, &[write]);
        self.done(answer).map(|done| done.is_some())
    }

    /// What moment a word about time means; none if it lies beyond the year 9999.
    #[must_use]
    pub fn moment(&self, from: i64, when: When) -> Option<i64> {
        match when {
            When::At(moment) => Some(moment),
            When::After(duration) => later(from, duration, &self.engine.module().meta.zone),
        }
    }

    fn settle(&mut self, ran: Ran) -> Result<(), Error> {
        self.recorder.pull(&mut self.engine)?;
        if ran.idle { Ok(()) } else { Err(Error::Endless) }
    }

    /// Takes the answer of an operation: a refusal was logged and is a part of the story.
    fn done<T>(&mut self, answer: Answer<T>) -> Result<Option<T>, Error> {
        let value = match answer {
            Ok(value) => Some(value),
            Err(Failure::Fault(_)) => None,
            Err(failure) => return Err(failure.into()),
        };
        let ran = self.engine.run_until_idle()?;
        self.settle(ran)?;
        Ok(value)
    }
}
