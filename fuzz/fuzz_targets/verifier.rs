//! Any code is refused, or only stops with a listed trap.
#![no_main]

use std::sync::{Arc, LazyLock};

use abide::{
    base::value::Value,
    bytecode::{
        module::{Module, Word},
        types::FuncIdx,
    },
    pipeline, project,
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

static GOOD: LazyLock<Module> = LazyLock::new(|| {
    let source = include_str!("../../benches/fixtures/vm.proc");
    let front = pipeline::check(project::load_text("vm.proc", source.into()));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap().module().clone()
});

/// Each change: which function, which instruction, its new bits.
fuzz_target!(|changes: Vec<(u8, u8, u64)>| {
    let mut module = GOOD.clone();
    for (function, pc, bits) in changes {
        let functions = module.functions.len();
        let code = &mut module.functions[usize::from(function) % functions].code;
        let length = code.len();
        code[usize::from(pc) % length] = Word(bits);
    }
    let Ok(program) = Program::new(module).map(Arc::new) else { return };
    for (index, function) in program.module().functions.iter().enumerate() {
        let args = vec![Value::Int(5); function.params.len()];
        let index = FuncIdx(u32::try_from(index).unwrap());
        let Ok(mut machine) = Machine::new(&program, index, &args, TimeZone::UTC) else { continue };
        let mut fuel = 10_000;
        while let Outcome::Call(_) = machine.step(&mut fuel) {
            machine.reply(&Value::None);
        }
    }
});
