//! Killed after storage write k, for every k: reopened and finished, a scenario ends like a run without a crash.
//!
//! In this process the store answers nothing after write k, and its file is opened again. In a process of its own the
//! program dies at once.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use abide::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
    engine::{
        Engine,
        store::{
            CausedStart, Condition, Instance, InstanceFilter, LogEntry, Row, Savepoint, Schema, Store, StoreError,
            Subscription, sqlite::SqliteStore,
        },
    },
    vm::program::Program,
};
use tempfile::TempDir;

use super::{
    scenarios::{ALL, Scenario, picture},
    world::{World, compile, settings},
};

type Result<T> = std::result::Result<T, StoreError>;

/// A store that dies after a number of writes.
struct Mortal {
    inner: SqliteStore,
    /// Writes so far.
    writes: Arc<AtomicU64>,
    /// After which it dies.
    last: u64,
    /// Whether the whole program dies with it.
    abort: bool,
}

impl Mortal {
    fn alive(&self) -> Result<()> {
        if self.writes.load(Ordering::Relaxed) < self.last { Ok(()) } else { Err(StoreError::Io("killed".into())) }
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut SqliteStore) -> Result<T>) -> Result<T> {
        self.alive()?;
        let answer = work(&mut self.inner);
        if self.writes.fetch_add(1, Ordering::Relaxed) + 1 >= self.last {
            if self.abort {
                std::process::abort();
            }
            return Err(StoreError::Io("killed".into()));
        }
        answer
    }

    fn read<T>(&mut self, work: impl FnOnce(&mut SqliteStore) -> Result<T>) -> Result<T> {
        self.alive()?;
        work(&mut self.inner)
    }
}

/// Hands the methods on, as reads or as writes.
macro_rules! hand_on {
    ($($how:ident $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        $(fn $name(&mut self, $($arg: $ty),*) -> Result<$out> { self.$how(|store| store.$name($($arg),*)) })*
    };
}

impl Store for Mortal {
    hand_on! {
        write prepare(schema: &Arc<Schema>) -> ();
        write begin() -> ();
        write commit() -> ();
        write rollback() -> ();
        write savepoint() -> Savepoint;
        write release(savepoint: Savepoint) -> ();
        write rollback_to(savepoint: Savepoint) -> ();
        read meta(key: &str) -> Option<String>;
        write set_meta(key: &str, value: &str) -> ();
        write put_build(hash: &str, bytes: &[u8]) -> ();
        read build(hash: &str) -> Option<Vec<u8>>;
        write count_up(counter: &str) -> i64;
        write raise_counter(counter: &str, to: i64) -> ();
        write insert(entity: EntityIdx, row: &[Value]) -> ();
        write update(record: RecordRef, writes: &[(FieldIdx, Value)]) -> ();
        write delete(record: RecordRef) -> ();
        read get(record: RecordRef) -> Option<Row>;
        read candidates(entity: EntityIdx, conditions: &[Condition], after: i64, limit: u32) -> Vec<i64>;
        read count(entity: EntityIdx, conditions: &[Condition]) -> i64;
        write put_instance(instance: &Instance) -> ();
        read instance(id: i64) -> Option<Instance>;
        write delete_instance(id: i64) -> ();
        read instances(filter: &InstanceFilter) -> Vec<Instance>;
        read next_ready() -> Option<i64>;
        read next_due() -> Option<(i64, i64)>;
        write subscribe(instance: i64, to: &[Subscription]) -> ();
        read subscriptions(instance: i64) -> Vec<Subscription>;
        read subscribers(of: Subscription) -> Vec<i64>;
        read field_subscribers(record: RecordRef) -> Vec<(FieldIdx, i64)>;
        write note_start(start: &CausedStart) -> ();
        write starts_since(process: &str, record: RecordRef, since: i64) -> u32;
        write append_log(entry: &LogEntry) -> i64;
        read log(after: i64, instance: Option<i64>, limit: u32) -> Vec<LogEntry>;
    }
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("store.db")
}

/// Runs a scenario until write `last`, then finishes it without a crash; gives what is there in the end.
fn cut_at(scenario: &Scenario, program: &Arc<Program>, last: u64, writes: &Arc<AtomicU64>) -> String {
    let folder = TempDir::new().unwrap();
    let mut done = 0;
    {
        let inner = SqliteStore::open(&file(folder.path())).unwrap();
        let store = Mortal { inner, writes: Arc::clone(writes), last, abort: false };
        if let Ok(engine) = Engine::open(Box::new(store), Arc::clone(program), settings()) {
            let _ = scenario.go_on(&mut World::of(engine), &mut done, &mut |_| {});
        }
    }
    finish(scenario, program, folder.path(), done)
}

fn finish(scenario: &Scenario, program: &Arc<Program>, folder: &Path, mut done: usize) -> String {
    let store = SqliteStore::open(&file(folder)).unwrap();
    let mut world = World::on(Box::new(store), program);
    scenario.go_on(&mut world, &mut done, &mut |_| {}).unwrap();
    picture(&mut world)
}

/// The picture without a crash, and how many writes there are.
fn whole(scenario: &Scenario, program: &Arc<Program>) -> (String, u64) {
    let writes = Arc::new(AtomicU64::new(0));
    let picture = cut_at(scenario, program, u64::MAX, &writes);
    (picture, writes.load(Ordering::Relaxed))
}

fn killed_everywhere(scenario: &Scenario) {
    let program = compile(scenario.source);
    let (expected, writes) = whole(scenario, &program);
    assert!(writes > 100, "{}: {writes} writes", scenario.name);
    for last in 1..=writes {
        let found = cut_at(scenario, &program, last, &Arc::new(AtomicU64::new(0)));
        assert_eq!(found, expected, "{}: killed after write {last} of {writes}", scenario.name);
    }
}

#[test]
fn waits_survive_every_kill() {
    killed_everywhere(&ALL[0]);
}

#[test]
fn children_and_faults_survive_every_kill() {
    killed_everywhere(&ALL[1]);
}

/// What a process of its own does: nothing, but where it is told to.
#[test]
fn child_process() {
    let Ok(task) = std::env::var("ABIDE_TEST_KILL") else { return };
    let mut parts = task.splitn(3, ' ');
    let mut next = || parts.next().unwrap();
    let (scenario, last, folder) = (next(), next(), next());
    let scenario = &ALL[scenario.parse::<usize>().unwrap()];
    let folder = Path::new(folder);
    let inner = SqliteStore::open(&file(folder)).unwrap();
    let store = Mortal { inner, writes: Arc::default(), last: last.parse().unwrap(), abort: true };
    let engine = Engine::open(Box::new(store), compile(scenario.source), settings()).unwrap();
    let mut tell = |done: usize| std::fs::write(folder.join("done"), done.to_string()).unwrap();
    scenario.go_on(&mut World::of(engine), &mut 0, &mut tell).unwrap();
}

#[test]
fn a_process_that_dies_at_a_write_leaves_a_store_that_goes_on() {
    let program = std::env::current_exe().unwrap();
    for (number, scenario) in ALL.iter().enumerate() {
        let compiled = compile(scenario.source);
        let (expected, writes) = whole(scenario, &compiled);
        // Every write is cut in this process above; here those that differ are enough: a few, spread over all.
        for last in (1..writes).step_by(usize::try_from(writes / 12).unwrap()) {
            let folder = TempDir::new().unwrap();
            let output = Command::new(&program)
                .args(["--exact", "engine::kill::child_process", "--nocapture", "--test-threads", "1"])
                .env("ABIDE_TEST_KILL", format!("{number} {last} {}", folder.path().display()))
                .output()
                .unwrap();
            assert!(!output.status.success(), "it should have died");
            let done = std::fs::read_to_string(folder.path().join("done")).map_or(0, |t| t.parse().unwrap());
            let found = finish(scenario, &compiled, folder.path(), done);
            assert_eq!(found, expected, "{}: died at write {last} of {writes}", scenario.name);
        }
    }
}
