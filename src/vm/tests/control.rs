//! Loops, calls, fuel, requests, waits.

use super::*;
use crate::{bytecode::isa::FunctionOperand, vm::fault::Fault};

/// `while i < n { total += i; i += 1 }`.
fn counting(module: &mut Module) -> FuncIdx {
    let mut builder = function(module, FunctionKind::Pure, &[INT], Some(INT));
    let (total, i) = (int(&mut builder), int(&mut builder));
    let done = builder.label();
    let top = builder.bound_label();
    builder.emit(Instruction::JumpLessEqual { left: slot(0), right: i, to: done.target() });
    builder.emit(Instruction::IntAdd { into: total, left: total, right: i });
    builder.emit(Instruction::IntAddConst { into: i, left: i, value: 1 });
    builder.emit(Instruction::Jump { to: top.target() });
    builder.bind(done);
    builder.emit(Instruction::Return { from: total });
    add(module, builder)
}

/// `if n < 2 { return n } return fib(n - 1) + fib(n - 2)`.
fn fib(module: &mut Module) -> FuncIdx {
    let mut builder = function(module, FunctionKind::Pure, &[INT], Some(INT));
    let (arg, left, right) = (int(&mut builder), int(&mut builder), int(&mut builder));
    let this = FunctionOperand(u16::try_from(module.functions.len()).unwrap());
    let end = builder.label();
    builder.emit(Instruction::JumpLessThan { left: slot(0), value: 2, to: end.target() });
    builder.emit(Instruction::IntAddConst { into: arg, left: slot(0), value: -1 });
    builder.emit(Instruction::Call { into: left, args: arg, function: this });
    builder.emit(Instruction::IntAddConst { into: arg, left: slot(0), value: -2 });
    builder.emit(Instruction::Call { into: right, args: arg, function: this });
    builder.emit(Instruction::IntAdd { into: left, left, right });
    builder.emit(Instruction::Return { from: left });
    builder.bind(end);
    builder.emit(Instruction::Return { from: slot(0) });
    add(module, builder)
}

#[test]
fn loops_use_fuel_and_go_on_with_more() {
    let mut module = module();
    let function = counting(&mut module);
    let program = program(module);
    let mut machine = machine(&program, function, &[Value::Int(100)]);
    let mut steps = 0;
    let outcome = loop {
        steps += 1;
        match machine.step(&mut 9) {
            Outcome::OutOfFuel => {}
            other => break other,
        }
    };
    assert_eq!(outcome, Outcome::Done(Some(Value::Int(4950))));
    assert_eq!(steps, 12);
    assert_eq!(machine.step(&mut 9), Outcome::Done(None));
}

#[test]
fn calls_nest_to_the_limit_and_no_deeper() {
    let mut module = module();
    let function = fib(&mut module);
    let program = program(module);
    assert_eq!(done(run(&program, function, &[Value::Int(15)])), Value::Int(610));
    let mut deep = machine(&program, function, &[Value::Int(300)]);
    let Outcome::Faulted(fault) = deep.step(&mut 1_000_000) else { panic!() };
    assert_eq!((fault.code.as_str(), fault.at.unwrap().line), ("R0902", 1));
}

#[test]
fn lists_are_taken_by_calls() {
    let mut module = module();
    let mut callee = function(&module, FunctionKind::Pure, &[INTS, INT], Some(INTS));
    callee.emit(Instruction::ListPush { list: slot(0), from: slot(1) });
    callee.emit(Instruction::Return { from: slot(0) });
    add(&mut module, callee);
    let mut builder = function(&module, FunctionKind::Pure, &[INTS], Some(INTS));
    let args = builder.add_slots(&[SlotKind::List(INTS), SlotKind::Int]);
    builder.emit(Instruction::Share { into: args, from: slot(0) });
    builder.emit(Instruction::LoadInt { into: SlotIdx(args.0 + 1), value: 9 });
    builder.emit(Instruction::Call { into: args, args, function: FunctionOperand(0) });
    // The caller's own list is unchanged: 1, 2, then what came back: 1, 2, 9.
    builder.emit(Instruction::ListConcat { into: args, left: slot(0), right: args });
    builder.emit(Instruction::Return { from: args });
    let body = add(&mut module, builder);
    let ints = |numbers: &[i64]| Value::List(numbers.iter().copied().map(Value::Int).collect());
    assert_eq!(done(run(&program(module), body, &[ints(&[1, 2])])), ints(&[1, 2, 1, 2, 9]));
}

#[test]
fn jump_tables_choose_by_number() {
    let choose = |number: i64| {
        done(compute(&[INT], &[Value::Int(number)], INT, |_, builder| {
            let into = int(builder);
            let (two, three, end) = (builder.label(), builder.label(), builder.label());
            let table = builder.table(2, vec![two, three], end);
            builder.emit(Instruction::JumpTable { from: slot(0), table });
            builder.bind(two);
            builder.emit(Instruction::LoadInt { into, value: 20 });
            builder.emit(Instruction::Jump { to: end.target() });
            builder.bind(three);
            builder.emit(Instruction::LoadInt { into, value: 30 });
            builder.bind(end);
            into
        }))
    };
    assert_eq!([1, 2, 3, 4, i64::MIN].map(choose), [0, 20, 30, 0, 0].map(Value::Int));
}

/// A process that reads a title, logs it, waits, and logs again; with a handler for what always runs.
fn waiting(module: &mut Module) -> FuncIdx {
    let mut builder = function(module, FunctionKind::Process, &[REF], None);
    let title = builder.add_slots(&[SlotKind::Text]);
    let fault = builder.add_slots(&[SlotKind::Fault]);
    builder.name("title", title, TEXT);
    let start = builder.bound_label();
    builder.emit(Instruction::HostCall { into: title, args: slot(0), site: READ_TITLE });
    builder.emit(Instruction::HostCall { into: title, args: title, site: LOG });
    point(module, &mut builder);
    builder.emit(Instruction::HostCall { into: title, args: title, site: LOG });
    let end = builder.bound_label();
    builder.emit(Instruction::ReturnNothing {});
    let always = builder.bound_label();
    builder.emit(Instruction::HostCall { into: title, args: title, site: LOG });
    builder.emit(Instruction::RaiseAgain { from: fault });
    builder.handler(start, end, always, fault, true);
    add(module, builder)
}

fn deal() -> Value {
    Value::Ref(crate::base::value::RecordRef { entity: EntityIdx(0), id: 42 })
}

#[test]
fn requests_and_waits_are_data() {
    let mut module = module();
    let function = waiting(&mut module);
    let program = program(module);
    let mut machine = machine(&program, function, &[deal()]);
    let fuel = &mut 100;
    let read = machine.step(fuel);
    assert_eq!(read, Outcome::Call(crate::bytecode::host::HostCall { site: READ_TITLE, args: vec![deal()] }));
    assert_eq!(machine.step(fuel), read, "a request is told until it is answered");
    machine.reply(&Value::Text("Turbines".to_owned()));
    let log = crate::bytecode::host::HostCall { site: LOG, args: vec![Value::Text("Turbines".to_owned())] };
    assert_eq!(machine.step(fuel), Outcome::Call(log.clone()));
    machine.reply(&Value::None);
    assert_eq!(machine.step(fuel), Outcome::Wait(PointIdx(0)));
    let named = machine.named_values();
    assert_eq!(named.len(), 1);
    assert_eq!((named[0].name.as_str(), &named[0].value), ("title", &Value::Text("Turbines".to_owned())));
    assert_eq!(machine.held_values(), [deal()], "the record has no name");
    machine.resume();
    assert_eq!(machine.step(fuel), Outcome::Call(log));
    machine.reply(&Value::None);
    assert_eq!(machine.step(fuel), Outcome::Done(None));
}

#[test]
fn what_always_runs_sees_cancellation_and_limits() {
    let mut module = module();
    let function = waiting(&mut module);
    let program = program(module);
    let mut waits = machine(&program, function, &[deal()]);
    waits.step(&mut 100);
    waits.reply(&Value::Text("Turbines".to_owned()));
    waits.step(&mut 100);
    waits.reply(&Value::None);
    waits.step(&mut 100);
    waits.cancel("no longer needed");
    assert!(matches!(waits.step(&mut 100), Outcome::Call(call) if call.site == LOG));
    waits.reply(&Value::None);
    let stopped = Outcome::Stopped { canceled: true, message: "no longer needed".to_owned() };
    assert_eq!(waits.step(&mut 100), stopped);

    let mut asks = machine(&program, function, &[deal()]);
    asks.step(&mut 100);
    asks.raise(Fault::new("R0401", "the deal is gone"));
    asks.step(&mut 100);
    asks.reply(&Value::None);
    let Outcome::Faulted(fault) = asks.step(&mut 100) else { panic!() };
    let at = fault.at.unwrap();
    assert_eq!((fault.code.as_str(), at.stage.as_str(), at.function.as_str()), ("R0401", "First", "body"));
}

#[test]
fn a_reply_of_another_type_is_a_fault() {
    let mut module = module();
    let function = waiting(&mut module);
    let program = program(module);
    let mut machine = machine(&program, function, &[deal()]);
    machine.step(&mut 100);
    machine.reply(&Value::Int(3));
    machine.step(&mut 100);
    machine.reply(&Value::None);
    assert_eq!(code(machine.step(&mut 100)), "R0105");
}
