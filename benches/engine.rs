//! What a real-time workflow adds to an update, on SQLite in a file, and what a rule of ten conditions adds in memory.
//!
//! Method: each sample is one transaction of 1,000 updates of one field of one record, with everything an update does
//! (checks, log, wake-ups), committed to disk once; the time shown is that of 1,000 updates. `bare` has no process on the
//! entity, `with_workflow` one before each update that reads two fields and sets a third. Compare the two. `bare_in_memory`
//! and `with_rule_in_memory` are the same on the store in memory; the rule has ten conditions, of which none holds.

#![allow(clippy::expect_used, reason = "a bench stops where it cannot go on")]

use std::sync::Arc;

use abide::{
    base::value::{RecordRef, Value},
    codegen,
    engine::{
        Engine, Settings, Write,
        clock::VirtualClock,
        store::{Store, memory::MemoryStore, sqlite::SqliteStore},
    },
    pipeline,
    project::load_text,
    vm::program::Program,
};
use divan::{Bencher, counter::ItemsCount};
use tempfile::TempDir;

const UPDATES: i64 = 1_000;

const ENTITY: &str = "entity Deal { title: text  value: int = 0  score: int = 0  rated: int = 0 }\n";
const WORKFLOW: &str = "realtime workflow Rate for deal: Deal before updated(value) {
    if deal.value > deal.score { set deal.rated = deal.value - deal.score }
}\n";

fn main() {
    divan::main();
}

const RULE: &str = "rule Check for deal: Deal on save {
    if deal.value < 0 { refuse deal.value \"value\" }
    if deal.score < 0 { refuse deal.score \"score\" }
    if deal.rated < 0 { refuse deal.rated \"rated\" }
    if deal.title == \"y\" { refuse deal.title \"title\" }
    if deal.value > 1_000_000_000 { refuse deal.value \"value\" }
    if deal.score > 1_000 { refuse deal.score \"score\" }
    if deal.rated > 1_000 { refuse deal.rated \"rated\" }
    if deal.score > deal.value + 1_000 { refuse deal.score \"score\" }
    if deal.rated > deal.value + 1_000 { refuse deal.rated \"rated\" }
    if deal.rated + deal.score > 2_000 { refuse deal.rated \"both\" }
}\n";

fn engine(source: &str, store: Box<dyn Store>) -> (Engine, RecordRef) {
    let front = pipeline::check(load_text("bench.proc", source.as_bytes().to_vec()));
    let program = front.projects.first().expect("one project");
    let module = codegen::lower(&program.checked.program, &front.sources).expect("it compiles");
    let settings = Settings { clock: Box::new(VirtualClock::at(0)), seed: 1, build: "bench".into() };
    let program = Arc::new(Program::new(module).expect("it is verified"));
    let mut engine = Engine::open(store, program, settings).expect("an engine");
    let (entity, def) = engine.module().entity_by_name("Deal").expect("the entity");
    let (title, _) = def.field_by_name("title").expect("the field");
    let record = engine.create(None, entity, &[Write::set(title, Value::Text("x".into()))]).expect("a record");
    (engine, record)
}

fn updates(bencher: Bencher<'_, '_>, source: &str) {
    let folder = TempDir::new().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("store.db")).expect("a store");
    updates_on(bencher, source, Box::new(store));
}

fn updates_on(bencher: Bencher<'_, '_>, source: &str, store: Box<dyn Store>) {
    let (mut engine, record) = engine(source, store);
    let (_, def) = engine.module().entity_by_name("Deal").expect("the entity");
    let (value, _) = def.field_by_name("value").expect("the field");
    let mut number = 0;
    bencher.counter(ItemsCount::new(1_000usize)).bench_local(|| {
        engine
            .together(|engine| {
                for _ in 0..UPDATES {
                    number += 1;
                    engine.update(None, record, &[Write::set(value, Value::Int(number))])?;
                }
                Ok(())
            })
            .expect("updates");
    });
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn bare(bencher: Bencher<'_, '_>) {
    updates(bencher, ENTITY);
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn with_workflow(bencher: Bencher<'_, '_>) {
    updates(bencher, &format!("{ENTITY}{WORKFLOW}"));
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn bare_in_memory(bencher: Bencher<'_, '_>) {
    updates_on(bencher, ENTITY, Box::new(MemoryStore::new()));
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn with_rule_in_memory(bencher: Bencher<'_, '_>) {
    updates_on(bencher, &format!("{ENTITY}{RULE}"), Box::new(MemoryStore::new()));
}
