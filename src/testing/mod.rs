//! `test` blocks: each on an empty store and a virtual clock of its own.
//!
//! [`run`] runs the tests of a program; `driver` carries out the statements that only tests have. Each test runs twice:
//! in memory, and on SQLite with every record and instance going through its tables. Both runs must tell the same.
//! `reference` runs programs without the machine, for tests that compare the two (feature `reference`).

mod driver;
mod mails;
#[cfg(feature = "reference")]
pub mod reference;

use std::sync::Arc;

use crate::{
    base::value::Value,
    bytecode::module::TestDef,
    data::moments::wall_moment,
    engine::{
        Engine, Settings,
        clock::VirtualClock,
        faults::Failure,
        store::{LogEntry, Store, memory::MemoryStore, sqlite::SqliteStore},
    },
    vm::program::Program,
};

use driver::Driver;

/// How a test ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its title.
    pub title: String,
    /// Its file, as messages show it.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// What went wrong, if anything did.
    pub problem: Option<Problem>,
}

/// Why a test failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// What happened.
    pub message: String,
    /// The code of the fault; empty for an `expect` that does not hold.
    pub code: String,
    /// Where: `deals.proc:24`.
    pub place: String,
    /// Names in scope with their values.
    pub values: Vec<(String, String)>,
}

/// Runs the tests whose titles contain `filter`.
#[must_use]
pub fn run(program: &Arc<Program>, filter: &str) -> Vec<Outcome> {
    run_with(program, filter, &[])
}

/// The same with other values of settings.
#[must_use]
pub fn run_with(program: &Arc<Program>, filter: &str, given: &[(String, Value)]) -> Vec<Outcome> {
    let module = program.module();
    module
        .tests
        .iter()
        .filter(|test| test.title.contains(filter))
        .map(|test| Outcome {
            title: test.title.clone(),
            file: module.debug.files.get(test.file as usize).cloned().unwrap_or_default(),
            line: test.line,
            problem: run_twice(program, test, given).err(),
        })
        .collect()
}

/// In memory and on SQLite; the traces must be equal.
fn run_twice(program: &Arc<Program>, test: &TestDef, given: &[(String, Value)]) -> Result<(), Problem> {
    let in_memory = run_once(program, test, given, Box::new(MemoryStore::new()))?;
    let sqlite = SqliteStore::open_in_memory().map_err(|error| plain(error.to_string()))?;
    let on_sqlite = run_once(program, test, given, Box::new(sqlite))?;
    let difference = in_memory.iter().zip(&on_sqlite).find(|(a, b)| a != b);
    if let Some((a, b)) = difference {
        return Err(plain(format!("the run in memory and the run on SQLite differ: {a:?} and {b:?}")));
    }
    if in_memory.len() != on_sqlite.len() {
        return Err(plain("the run in memory and the run on SQLite differ in length".to_owned()));
    }
    Ok(())
}

fn plain(message: String) -> Problem {
    Problem { message, ..Problem::default() }
}

fn run_once(
    program: &Arc<Program>,
    test: &TestDef,
    given: &[(String, Value)],
    store: Box<dyn Store>,
) -> Result<Vec<LogEntry>, Problem> {
    let zone = test.zone.as_ref().unwrap_or(&program.module().meta.zone).clone();
    let now = test.at.or_else(|| wall_moment(2026, 1, 5, 9, &zone)).unwrap_or_default();
    let settings = Settings { clock: Box::new(VirtualClock::at(now)), seed: 1, build: "test".to_owned() };
    let mut engine = Engine::open(store, Arc::clone(program), settings).map_err(problem)?;
    for (name, value) in given {
        engine.configure(name, value.clone()).map_err(problem)?;
    }
    let mut driver = Driver::new(zone.clone());
    engine.run_test(test.body, &zone, &mut driver).map_err(problem)?;
    driver.finish(&mut engine).map_err(problem)?;
    engine.store().log(0, None, u32::MAX).map_err(|error| plain(error.to_string()))
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Store(error) => plain(error.to_string()),
        Failure::Fault(fault) => Problem {
            place: fault.at.as_ref().map(|at| format!("{}:{}", at.file, at.line)).unwrap_or_default(),
            values: Vec::new(),
            code: if fault.code == driver::EXPECT { String::new() } else { fault.code },
            message: fault.message,
        },
    }
}
