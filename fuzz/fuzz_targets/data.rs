//! Any text is a data file that can be carried out, or messages.
#![no_main]

use std::{
    io::Cursor,
    sync::{Arc, LazyLock},
};

use abide::{
    base::span::FileId,
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
    let input = Box::new(Cursor::new(text.as_bytes().to_vec()));
    let Ok(mut plan) = plan::plan(PROGRAM.module(), input, FileId(0)) else { return };
    let store = Box::new(MemoryStore::new());
    let beginning = plan.data.now.unwrap_or_default();
    let mut simulation = Simulation::open(store, Arc::clone(&PROGRAM), "fuzz".into(), beginning).unwrap();
    simulation.carry_out(&mut plan, Default::default()).unwrap();
});
