//! Any text is a data file that can be carried out, or messages.
#![no_main]

use std::sync::{Arc, LazyLock};

use abide::{
    base::span::FileId,
    data::{file, json},
    engine::store::memory::MemoryStore,
    pipeline, project,
    simulation::{Simulation, plan},
    vm::program::Program,
};
use libfuzzer_sys::fuzz_target;

static PROGRAM: LazyLock<Arc<Program>> = LazyLock::new(|| {
    let source = include_str!("../../examples/hello/hello.proc");
    let front = pipeline::check(project::load_text("hello.proc", source.into()));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
});

fuzz_target!(|text: &str| {
    let Ok(json) = json::parse(FileId(0), text) else { return };
    let Ok(data) = file::read(&json) else { return };
    let Ok(order) = plan::plan(PROGRAM.module(), &data) else { return };
    let store = Box::new(MemoryStore::new());
    let beginning = data.now.unwrap_or_default();
    let mut simulation = Simulation::open(store, Arc::clone(&PROGRAM), "fuzz".into(), beginning).unwrap();
    simulation.carry_out(&data, &order, Default::default()).unwrap();
});
