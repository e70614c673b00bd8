//! Runs what was accepted: only listed traps may stop it. Fuzzing and the tests both do.

use std::sync::Arc;

use abide::{
    base::value::Value,
    bytecode::{
        module::{Module, RecordDef, RecordKind},
        traps::TrapCode,
        types::{FuncIdx, TypeDef, TypeIdx},
    },
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};
use jiff::tz::TimeZone;

/// Some value of a type.
fn some(module: &Module, ty: TypeIdx) -> Value {
    match module.ty(ty) {
        Some(TypeDef::Bool) => Value::Bool(true),
        Some(TypeDef::Int) => Value::Int(3),
        Some(TypeDef::Text) => Value::Text("x".to_owned()),
        Some(TypeDef::Enum(_)) => Value::Enum(7),
        Some(TypeDef::Date) => Value::Date(20_779),
        _ => Value::None,
    }
}

/// Runs every function for a while, answering with values of the wrong and of the right type. It only ends as a program
/// may end.
pub(crate) fn exercise(program: &Arc<Program>) {
    for (index, function) in program.module().functions.iter().enumerate() {
        let args: Vec<Value> = function.params.iter().map(|ty| some(program.module(), *ty)).collect();
        let index = FuncIdx(u32::try_from(index).unwrap());
        let Ok(mut machine) = Machine::new(program, index, &args, TimeZone::UTC) else { continue };
        let mut fuel = 5_000;
        for _ in 0..50 {
            match machine.step(&mut fuel) {
                Outcome::Call(call) => {
                    let result = program.module().sites[call.site.index()].result;
                    machine.reply(&result.map_or(Value::None, |ty| some(program.module(), ty)));
                }
                Outcome::Wait(_) => {
                    let bytes = machine.freeze().unwrap();
                    machine = Machine::thaw(program, &bytes, TimeZone::UTC).unwrap();
                    machine.resume();
                }
                Outcome::Faulted(fault) => {
                    let is_trap = TrapCode::ALL.iter().any(|trap| trap.code() == fault.code);
                    let raised = |record: &RecordDef| record.kind == RecordKind::Error && record.name == fault.code;
                    assert!(is_trap || program.module().records.iter().any(raised), "{fault:?}");
                    break;
                }
                Outcome::Done(_) | Outcome::Stopped { .. } | Outcome::OutOfFuel => break,
            }
        }
    }
}
