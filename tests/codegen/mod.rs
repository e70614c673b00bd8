//! Compiled code: programs are compiled and verified, run by the machine, and listings of small ones are golden files.

mod differential;
mod examples;
mod functions;
mod listings;

use std::sync::Arc;

use abide::{
    base::value::Value,
    bytecode::{module::Module, types::FuncIdx},
    diag::render,
    pipeline, project,
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};

/// Compiles a project of one file, which must have no errors, and verifies what comes out.
fn compile(source: &str) -> Arc<Program> {
    let front = pipeline::check(project::load_text("test.proc", source.into()));
    assert!(!front.has_errors(), "{}", render::short(&front.diagnostics, &front.sources));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap_or_else(|errors| panic!("{errors:#?}\n{source}"))
}

/// The function of this name.
fn function(module: &Module, name: &str) -> FuncIdx {
    let index = module.functions.iter().position(|f| f.name == name).unwrap_or_else(|| panic!("no function {name}"));
    FuncIdx(u32::try_from(index).unwrap())
}

/// What a pure function gives: its value, or the code of its fault.
fn run(program: &Arc<Program>, name: &str, args: &[Value]) -> Result<Value, String> {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let mut machine = Machine::new(program, function(program.module(), name), args, zone).unwrap();
    let mut fuel = 1_000_000;
    match machine.step(&mut fuel) {
        Outcome::Done(value) => Ok(value.unwrap_or(Value::None)),
        Outcome::Faulted(fault) => Err(fault.code),
        other => panic!("{name} came to {other:?}"),
    }
}
