//! The reference, and the engine on a store, as something that events can be done to.

use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use abide::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
    engine::{
        Engine, Retries, Settings, Write,
        clock::{Clock, VirtualClock},
        faults::{Answer, Failure},
        store::{InstanceFilter, LogEntry, Status, Store, memory::MemoryStore, sqlite::SqliteStore},
    },
    sema::{
        hir::Program as Typed,
        schema::{EntityId, FieldId, ProcessId, RecordId},
    },
    testing::reference::{Fault, Reference, Seen},
    vm::program::Program,
};
use abide_disk::Disk;
use jiff::tz::TimeZone;

use super::{
    activities::{self, Asked},
    events::{START, Side},
};

/// Lines of the log after which a project has run for too long.
const LINES_MAX: usize = 1_500;
/// Turns of one project: more of them are a mistake of the generator.
const TURNS_MAX: u64 = 20_000;

/// The reference.
pub(super) struct Specified<'a> {
    reference: Reference<'a>,
    program: &'a Typed,
    now: i64,
}

impl<'a> Specified<'a> {
    pub(super) fn new(program: &'a Typed, retries: Retries) -> Self {
        let mut reference = Reference::at(program, TimeZone::UTC, START).unwrap();
        reference.set_retries(retries);
        for (name, activity) in activities::all(&Asked::default()) {
            reference.implement(name, activity);
        }
        Self { reference, program, now: START }
    }
}

/// A project that runs for too long to be compared.
pub(super) struct TooLong;

/// A refusal is in the log; what the reference does not know is a mistake here.
fn known<T>(answer: Result<T, Fault>) {
    match answer {
        Err(Fault::Unsupported("too many steps" | "too many turns")) => resume_unwind(Box::new(TooLong)),
        Err(Fault::Unsupported(what)) => panic!("the reference does not know: {what}"),
        _ => {}
    }
}

fn numbered(fields: &[(u16, Value)]) -> Vec<(FieldId, Value)> {
    fields.iter().map(|(field, value)| (FieldId(*field), value.clone())).collect()
}

impl Side for Specified<'_> {
    fn create(&mut self, user: Option<i64>, entity: u16, fields: &[(u16, Value)]) {
        known(self.reference.create_as(user, EntityId(entity), &numbered(fields)));
    }

    fn update(&mut self, user: Option<i64>, record: RecordRef, fields: &[(u16, Value)]) {
        known(self.reference.update_as(user, record, &numbered(fields)));
    }

    fn delete(&mut self, user: Option<i64>, record: RecordRef) {
        known(self.reference.delete_as(user, record));
    }

    fn start(&mut self, user: Option<i64>, process: &str, record: RecordRef, inputs: &[Value]) {
        let index = self.program.schema.processes.iter().position(|head| head.name == process).unwrap();
        let process = ProcessId(u16::try_from(index).unwrap());
        known(self.reference.start_as(user, process, Some(record), inputs));
    }

    fn advance(&mut self, micros: i64) {
        self.now += micros;
        known(self.reference.advance_to(self.now));
    }

    fn stand_still(&mut self, micros: i64) {
        self.now += micros;
        self.reference.stand_still_to(self.now);
    }

    fn configure(&mut self, name: &str, value: Value) {
        self.reference.configure(name, value);
    }

    fn own(&mut self, process: &str, user: Option<i64>) {
        self.reference.set_owner(process, user);
    }

    fn emit(&mut self, user: Option<i64>, signal: &str, value: &Value, to: Option<RecordRef>) {
        let index = self.program.schema.records.iter().position(|record| record.name == signal).unwrap();
        let signal = RecordId(u16::try_from(index).unwrap());
        known(self.reference.emit_as(user, signal, value, to));
    }

    fn settle(&mut self) {
        known(self.reference.run_until_idle());
        if self.reference.log().len() > LINES_MAX {
            resume_unwind(Box::new(TooLong));
        }
    }

    fn instances_of(&mut self, process: &str, status: Status) -> Vec<i64> {
        self.reference.instances_of(process, status)
    }

    fn retry(&mut self, instance: i64) {
        self.reference.retry(instance);
    }

    fn give_up(&mut self, instance: i64) {
        self.reference.give_up(instance);
    }

    fn cancel(&mut self, instance: i64) {
        self.reference.cancel(instance, "by hand");
    }

    fn rows(&mut self, entity: u16) -> Vec<(RecordRef, Vec<Value>)> {
        self.reference.rows(EntityId(entity))
    }

    fn log(&mut self) -> Vec<LogEntry> {
        self.reference.log()
    }

    fn instances(&mut self) -> Vec<(i64, Seen)> {
        self.reference.instances()
    }
}

/// A virtual clock that several engines have together.
#[derive(Clone)]
struct Together(Arc<AtomicI64>);

impl Clock for Together {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&mut self, to: i64) -> bool {
        self.0.fetch_max(to, Ordering::Relaxed);
        true
    }

    fn resume_at(&mut self, moment: i64) {
        self.0.fetch_max(moment, Ordering::Relaxed);
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// The engine on a store.
pub(super) struct Running {
    engine: Option<Engine>,
    /// Another one on the same file, which does the next turn or operation.
    other: Option<Engine>,
    program: Arc<Program>,
    /// Where the store is, if it is closed and opened again before each turn.
    reopened: Option<Disk>,
    asked: Asked,
    retries: Retries,
    turns: u64,
}

impl Running {
    pub(super) fn in_memory(program: &Arc<Program>, retries: Retries) -> Self {
        Self::on(Box::new(MemoryStore::new()), program, retries, None)
    }

    pub(super) fn on_sqlite(program: &Arc<Program>, retries: Retries) -> Self {
        Self::on(Box::new(SqliteStore::open_in_memory().unwrap()), program, retries, None)
    }

    /// On a file that is closed and opened again before each turn.
    pub(super) fn reopened(program: &Arc<Program>, retries: Retries) -> Self {
        let disk = Disk::new();
        Self::on(file(&disk), program, retries, Some(disk))
    }

    /// Two engines on one file, which take turns.
    pub(super) fn two_on_one_file(program: &Arc<Program>, retries: Retries) -> Self {
        let (disk, asked) = (Disk::new(), Asked::default());
        let clock = Together(Arc::new(AtomicI64::new(START)));
        let open = || open(file(&disk), program, &asked, retries, Box::new(clock.clone()));
        let (engine, other) = (Some(open()), Some(open()));
        Self { engine, other, program: Arc::clone(program), reopened: None, asked, retries, turns: 0 }
    }

    fn on(store: Box<dyn Store>, program: &Arc<Program>, retries: Retries, reopened: Option<Disk>) -> Self {
        let asked = Asked::default();
        let engine = Some(open(store, program, &asked, retries, Box::new(VirtualClock::at(START))));
        Self { engine, other: None, program: Arc::clone(program), reopened, asked, retries, turns: 0 }
    }

    fn engine(&mut self) -> &mut Engine {
        self.engine.as_mut().unwrap()
    }

    /// Does something to the engine; it may refuse.
    fn ask<T>(&mut self, work: impl FnOnce(&mut Engine) -> Answer<T>) {
        if let Err(Failure::Store(error)) = work(self.engine()) {
            panic!("the store fails: {error}");
        }
        self.take_turns();
    }

    /// The other one goes on.
    fn take_turns(&mut self) {
        if let (Some(engine), Some(other)) = (&mut self.engine, &mut self.other) {
            std::mem::swap(engine, other);
        }
    }

    fn reopen(&mut self) {
        self.take_turns();
        let Some(disk) = &self.reopened else { return };
        drop(self.engine.take());
        let clock = Box::new(VirtualClock::at(START));
        self.engine = Some(open(file(disk), &self.program, &self.asked, self.retries, clock));
    }
}

fn file(disk: &Disk) -> Box<dyn Store> {
    Box::new(SqliteStore::open_on(&disk.path("store.db"), abide_disk::NAME).unwrap())
}

fn open(
    store: Box<dyn Store>,
    program: &Arc<Program>,
    asked: &Asked,
    retries: Retries,
    clock: Box<dyn Clock>,
) -> Engine {
    let settings = Settings { clock, seed: 1, build: "test".into() };
    let mut engine = Engine::open(store, Arc::clone(program), settings).unwrap();
    engine.set_retries(retries);
    for (name, activity) in activities::all(asked) {
        engine.implement(name, activity).unwrap();
    }
    engine
}

fn writes(fields: &[(u16, Value)]) -> Vec<Write> {
    fields.iter().map(|(field, value)| Write::set(FieldIdx(*field), value.clone())).collect()
}

impl Side for Running {
    fn create(&mut self, user: Option<i64>, entity: u16, fields: &[(u16, Value)]) {
        self.ask(|engine| engine.create(user, EntityIdx(entity), &writes(fields)));
    }

    fn update(&mut self, user: Option<i64>, record: RecordRef, fields: &[(u16, Value)]) {
        self.ask(|engine| engine.update(user, record, &writes(fields)));
    }

    fn delete(&mut self, user: Option<i64>, record: RecordRef) {
        self.ask(|engine| engine.delete(user, record));
    }

    fn start(&mut self, user: Option<i64>, process: &str, record: RecordRef, inputs: &[Value]) {
        let args: Vec<Value> = std::iter::once(Value::Ref(record)).chain(inputs.iter().cloned()).collect();
        self.ask(|engine| engine.start(user, process, &args));
    }

    fn advance(&mut self, micros: i64) {
        let to = self.engine().now() + micros;
        self.settle();
        while let Some(due) = self.engine().next_due().unwrap().filter(|due| *due <= to) {
            self.engine().set_clock(due).unwrap();
            self.settle();
        }
        self.engine().set_clock(to).unwrap();
    }

    fn stand_still(&mut self, micros: i64) {
        let to = self.engine().now() + micros;
        self.engine().set_clock(to).unwrap();
    }

    fn configure(&mut self, name: &str, value: Value) {
        self.engine().configure(name, value).unwrap();
    }

    fn own(&mut self, process: &str, user: Option<i64>) {
        self.engine().set_owner(process, user).unwrap();
    }

    fn emit(&mut self, user: Option<i64>, signal: &str, value: &Value, to: Option<RecordRef>) {
        self.ask(|engine| engine.emit(user, signal, value, to));
    }

    fn settle(&mut self) {
        loop {
            let alone = self.reopened.is_none() && self.other.is_none();
            let at_a_time = if alone { TURNS_MAX } else { 1 };
            let ran = self.engine().run_ready(at_a_time).unwrap();
            self.turns += ran.turns;
            assert!(self.turns < TURNS_MAX, "too many turns");
            if ran.idle {
                break;
            }
            self.reopen();
        }
        assert_eq!(self.engine().forgotten().unwrap(), [0; 0], "nobody waits for nothing");
    }

    fn instances_of(&mut self, process: &str, status: Status) -> Vec<i64> {
        let filter =
            InstanceFilter { process: Some(process.to_owned()), status: Some(status), ..InstanceFilter::default() };
        self.engine().store().instances(&filter).unwrap().into_iter().map(|instance| instance.id).collect()
    }

    fn retry(&mut self, instance: i64) {
        self.ask(|engine| engine.retry(instance));
    }

    fn give_up(&mut self, instance: i64) {
        self.ask(|engine| engine.give_up(instance));
    }

    fn cancel(&mut self, instance: i64) {
        self.ask(|engine| engine.cancel(instance, "by hand"));
    }

    fn rows(&mut self, entity: u16) -> Vec<(RecordRef, Vec<Value>)> {
        let entity = EntityIdx(entity);
        let ids = self.engine().store().candidates(entity, &[], 0, u32::MAX).unwrap();
        let mut row = |id| {
            let record = RecordRef { entity, id };
            (record, self.engine.as_mut().unwrap().get(record).unwrap().unwrap())
        };
        ids.into_iter().map(&mut row).collect()
    }

    fn log(&mut self) -> Vec<LogEntry> {
        self.engine().timeline(None).unwrap()
    }

    fn instances(&mut self) -> Vec<(i64, Seen)> {
        let all = self.engine().store().instances(&InstanceFilter::default()).unwrap();
        let seen = all.into_iter().map(|instance| {
            let seen = Seen {
                process: instance.process,
                record: instance.primary,
                status: instance.status,
                point: instance.point,
                fault: instance.fault.map(|fault| fault.code),
                result: instance.result,
                due: instance.due,
            };
            (instance.id, seen)
        });
        seen.collect()
    }
}
