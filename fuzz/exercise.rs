//! Runs what was accepted: only listed traps may stop it.

use std::sync::Arc;

use abide::{
    base::value::Value,
    bytecode::{traps::TrapCode, types::FuncIdx},
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};
use jiff::tz::TimeZone;

/// Runs every function that takes whole numbers or nothing for a while.
pub fn exercise(program: &Arc<Program>) {
    for (index, function) in program.module().functions.iter().enumerate() {
        let args = vec![Value::Int(5); function.params.len()];
        let index = FuncIdx(u32::try_from(index).unwrap());
        let Ok(mut machine) = Machine::new(program, index, &args, TimeZone::UTC) else { continue };
        let mut fuel = 2_000;
        for _ in 0..20 {
            match machine.step(&mut fuel) {
                Outcome::Call(_) => machine.reply(&Value::None),
                Outcome::Wait(_) => {
                    let bytes = machine.freeze().unwrap();
                    machine = Machine::thaw(program, &bytes, TimeZone::UTC).unwrap();
                    machine.resume();
                }
                Outcome::Faulted(fault) => {
                    let is_trap = TrapCode::ALL.iter().any(|trap| trap.code() == fault.code);
                    assert!(is_trap || program.module().records.iter().any(|r| r.name == fault.code), "{fault:?}");
                    break;
                }
                Outcome::Done(_) | Outcome::Stopped { .. } | Outcome::OutOfFuel => break,
            }
        }
    }
}
