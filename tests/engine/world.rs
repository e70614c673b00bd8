//! A compiled text, an engine for it, and short words for what tests do.

use std::sync::Arc;

use abide::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::{module::Module, types::FieldIdx},
    codegen,
    diag::render,
    engine::{
        Engine, Settings, Write,
        clock::VirtualClock,
        faults::{Answer, Failure},
        store::{InstanceFilter, LogEntry, Status, Store, memory::MemoryStore, sqlite::SqliteStore},
    },
    pipeline,
    project::load_text,
    vm::program::Program,
};
use tempfile::TempDir;

/// 2026-01-05T09:00Z.
pub(super) const START: i64 = 1_767_603_600_000_000;
pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const DAY: i64 = 24 * HOUR;

/// Compiles a project of one file.
pub(super) fn compile(text: &str) -> Arc<Program> {
    Arc::new(Program::new(module(text)).unwrap())
}

/// The module of a project of one file.
pub(super) fn module(text: &str) -> Module {
    let front = pipeline::check(load_text("test.proc", text.as_bytes().to_vec()));
    assert!(!front.has_errors(), "{}", render::short(&front.diagnostics, &front.sources));
    codegen::lower(&front.projects[0].checked.program, &front.sources).unwrap()
}

pub(super) fn settings() -> Settings {
    Settings { clock: Box::new(VirtualClock::at(START)), seed: 1, build: "test".into() }
}

/// An engine with what its tests need.
pub(super) struct World {
    pub(super) engine: Engine,
    _folder: Option<TempDir>,
}

impl World {
    pub(super) fn on(store: Box<dyn Store>, program: &Arc<Program>) -> Self {
        Self { engine: Engine::open(store, Arc::clone(program), settings()).unwrap(), _folder: None }
    }

    pub(super) fn of(engine: Engine) -> Self {
        Self { engine, _folder: None }
    }

    pub(super) fn entity(&self, name: &str) -> EntityIdx {
        self.engine.module().entity_by_name(name).unwrap().0
    }

    pub(super) fn field_idx(&self, entity: EntityIdx, field: &str) -> FieldIdx {
        self.engine.module().entity(entity).unwrap().field_by_name(field).unwrap().0
    }

    fn writes(&self, entity: EntityIdx, fields: &[(&str, Value)]) -> Vec<Write> {
        fields.iter().map(|(name, value)| Write::set(self.field_idx(entity, name), value.clone())).collect()
    }

    pub(super) fn try_create(&mut self, entity: &str, fields: &[(&str, Value)]) -> Answer<RecordRef> {
        let entity = self.entity(entity);
        let writes = self.writes(entity, fields);
        self.engine.create(None, entity, &writes)
    }

    pub(super) fn create(&mut self, entity: &str, fields: &[(&str, Value)]) -> RecordRef {
        let record = self.try_create(entity, fields).unwrap();
        self.idle();
        record
    }

    /// A rate of a currency from a day on.
    pub(super) fn rate(&mut self, currency: &str, day: i32, rate: &str) {
        let rate = Value::Decimal(rate.parse().unwrap());
        self.create("ExchangeRate", &[("currency", text(currency)), ("from", Value::Date(day)), ("rate", rate)]);
    }

    pub(super) fn try_update(&mut self, record: RecordRef, fields: &[(&str, Value)]) -> Answer<()> {
        let writes = self.writes(record.entity, fields);
        self.engine.update(None, record, &writes)
    }

    pub(super) fn update(&mut self, record: RecordRef, fields: &[(&str, Value)]) {
        self.try_update(record, fields).unwrap();
        self.idle();
    }

    pub(super) fn delete(&mut self, record: RecordRef) {
        self.engine.delete(None, record).unwrap();
        self.idle();
    }

    pub(super) fn idle(&mut self) {
        assert!(self.engine.run_until_idle().unwrap().idle);
        assert_eq!(self.engine.forgotten().unwrap(), [0; 0], "nobody waits for nothing");
    }

    pub(super) fn advance(&mut self, micros: i64) {
        let to = self.engine.now() + micros;
        assert!(self.engine.advance_to(to).unwrap().idle);
        self.idle();
    }

    pub(super) fn field(&mut self, record: RecordRef, name: &str) -> Value {
        let field = self.field_idx(record.entity, name);
        self.engine.field(record, field).unwrap().unwrap()
    }

    pub(super) fn ids(&mut self, entity: &str) -> Vec<i64> {
        let entity = self.entity(entity);
        self.engine.store().candidates(entity, &[], 0, 1000).unwrap()
    }

    /// The text field of all records of an entity, in order.
    pub(super) fn texts(&mut self, entity: &str, field: &str) -> Vec<String> {
        let index = self.entity(entity);
        let ids = self.ids(entity);
        ids.into_iter()
            .map(|id| match self.field(RecordRef { entity: index, id }, field) {
                Value::Text(text) => text,
                other => format!("{other:?}"),
            })
            .collect()
    }

    /// The statuses of all instances of a process, in order.
    pub(super) fn statuses(&mut self, process: &str) -> Vec<Status> {
        let filter = InstanceFilter { process: Some(process.into()), ..InstanceFilter::default() };
        self.engine.store().instances(&filter).unwrap().iter().map(|i| i.status).collect()
    }

    /// The ids of all instances of a process, in order.
    pub(super) fn instances(&mut self, process: &str) -> Vec<i64> {
        let filter = InstanceFilter { process: Some(process.into()), ..InstanceFilter::default() };
        self.engine.store().instances(&filter).unwrap().iter().map(|i| i.id).collect()
    }

    /// What processes said, in order.
    pub(super) fn notes(&mut self) -> Vec<String> {
        use abide::engine::store::LogKind;
        let log: Vec<LogEntry> = self.engine.timeline(None).unwrap();
        log.into_iter().filter(|e| e.kind == LogKind::Note).map(|e| e.message).collect()
    }
}

/// The code and message of a refusal.
pub(super) fn fault<T: std::fmt::Debug>(answer: Answer<T>) -> String {
    match answer {
        Err(Failure::Fault(fault)) => format!("{}: {}", fault.code, fault.message),
        other => panic!("expected a fault: {other:?}"),
    }
}

pub(super) fn text(t: &str) -> Value {
    Value::Text(t.into())
}

/// Runs a check on both stores.
pub(super) fn on_both(source: &str, check: impl Fn(&mut World)) {
    let program = compile(source);
    check(&mut World::on(Box::new(MemoryStore::new()), &program));
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("store.db")).unwrap();
    let mut world = World::on(Box::new(store), &program);
    world._folder = Some(folder);
    check(&mut world);
}
