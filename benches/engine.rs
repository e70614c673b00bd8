//! What a real-time workflow adds to an update, on SQLite in a file.
//!
//! Method: each sample is one transaction of 1,000 updates of one field of one record, with everything an update does
//! (checks, log, wake-ups), committed to disk once; the time shown is that of 1,000 updates. `bare` has no process on the
//! entity, `with_workflow` one before each update that reads two fields and sets a third. Compare the two.

#![allow(clippy::expect_used, reason = "a bench stops where it cannot go on")]

use std::sync::Arc;

use abide::{
    base::value::{RecordRef, Value},
    codegen,
    engine::{Engine, Settings, Write, clock::VirtualClock, store::sqlite::SqliteStore},
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

fn engine(source: &str, folder: &TempDir) -> (Engine, RecordRef) {
    let front = pipeline::check(load_text("bench.proc", source.as_bytes().to_vec()));
    let program = front.projects.first().expect("one project");
    let module = codegen::lower(&program.checked.program, &front.sources).expect("it compiles");
    let store = SqliteStore::open(&folder.path().join("store.db")).expect("a store");
    let settings = Settings { clock: Box::new(VirtualClock::at(0)), seed: 1, build: "bench".into() };
    let program = Arc::new(Program::new(module).expect("it is verified"));
    let mut engine = Engine::open(Box::new(store), program, settings).expect("an engine");
    let (entity, def) = engine.module().entity_by_name("Deal").expect("the entity");
    let (title, _) = def.field_by_name("title").expect("the field");
    let record = engine.create(None, entity, &[Write::set(title, Value::Text("x".into()))]).expect("a record");
    (engine, record)
}

fn updates(bencher: Bencher<'_, '_>, source: &str) {
    let folder = TempDir::new().expect("a folder");
    let (mut engine, record) = engine(source, &folder);
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
