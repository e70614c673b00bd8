//! Any code is refused, or only stops with a listed trap.
#![no_main]

use std::sync::{Arc, LazyLock};

use abide::{
    bytecode::module::{Module, Word},
    pipeline, project,
    vm::program::Program,
};
use libfuzzer_sys::fuzz_target;

#[path = "../exercise.rs"]
mod exercise;

static GOOD: LazyLock<Module> = LazyLock::new(|| {
    let source = include_str!("../../benches/fixtures/vm.proc");
    let front = pipeline::check(project::load_text("vm.proc", source.into()));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap().module().clone()
});

// Each change: which function, which instruction, its new bits.
fuzz_target!(|changes: Vec<(u8, u8, u64)>| {
    let mut module = GOOD.clone();
    for (function, pc, bits) in changes {
        let functions = module.functions.len();
        let code = &mut module.functions[usize::from(function) % functions].code;
        let length = code.len();
        code[usize::from(pc) % length] = Word(bits);
    }
    let Ok(program) = Program::new(module).map(Arc::new) else { return };
    exercise::exercise(&program);
});
