//! What the verifier refuses: one change of a good module each, and the reason that it gives.

use super::*;
use crate::bytecode::{
    isa::Target,
    module::{Handler, Word},
};

/// A process that counts while it waits, and a pure function beside it.
fn good() -> Module {
    let mut module = module();
    let mut pure = function(&module, FunctionKind::Pure, &[INT], Some(INT));
    pure.emit(Instruction::Return { from: slot(0) });
    add(&mut module, pure);
    let mut builder = function(&module, FunctionKind::Process, &[INT, TEXT], None);
    builder.add_slots(&[SlotKind::Fault]);
    let top = builder.bound_label();
    builder.emit(Instruction::IntAddConst { into: slot(0), left: slot(0), value: 1 });
    point(&mut module, &mut builder);
    builder.emit(Instruction::JumpLessThan { left: slot(0), value: 10, to: top.target() });
    builder.emit(Instruction::ReturnNothing {});
    add(&mut module, builder);
    finish_points(&mut module).unwrap();
    module
}

/// The reason for which a changed module is refused.
fn refused(change: impl FnOnce(&mut Module)) -> String {
    let mut module = good();
    assert!(Program::new(module.clone()).is_ok());
    change(&mut module);
    Program::new(module).map(|_| ()).unwrap_err().to_string()
}

/// The reason for which another first instruction of the process is refused.
fn instead(instruction: Instruction) -> String {
    refused(|module| module.functions[1].code[0] = instruction.encode())
}

#[test]
fn code_that_makes_no_sense_is_refused() {
    let place = "function 1, instruction 0: ";
    let expect = |reason: String, said: &str| assert_eq!(reason, format!("{place}{said}"));
    expect(refused(|module| module.functions[1].code[0] = Word(0xFE)), "no instruction");
    expect(refused(|module| module.functions[1].code[0].0 |= 1 << 8), "no instruction");
    expect(
        instead(Instruction::IntAdd { into: slot(0), left: slot(0), right: slot(1) }),
        "IntAdd: `right` is of another kind",
    );
    expect(instead(Instruction::Move { into: slot(0), from: slot(9) }), "Move: `from`: there is no slot 9");
    expect(instead(Instruction::Move { into: slot(0), from: slot(1) }), "Move: `from` is of another kind");
    expect(instead(Instruction::Share { into: slot(0), from: slot(0) }), "Share: `into` cannot be of the kind Int");
    expect(instead(Instruction::Jump { to: Target(99) }), "Jump: `to` is out of range");
    expect(instead(Instruction::LoadInt { into: slot(2), value: 1 }), "LoadInt: `into` cannot be of the kind Fault");
    expect(
        instead(Instruction::Call { into: slot(0), args: slot(0), function: crate::bytecode::isa::FunctionOperand(1) }),
        "Call: `function` is out of range",
    );
    expect(instead(Instruction::Return { from: slot(0) }), "Return: `from` is out of range");
}

#[test]
fn functions_end_and_handlers_lie_inside() {
    let fallen = refused(|module| {
        module.functions[1].code.pop();
    });
    assert_eq!(fallen, "function 1: the function is fallen off");
    let handler = |end, fault| {
        refused(|module| {
            module.functions[1].handlers.push(Handler { start: 0, end, target: 3, fault: slot(fault), always: false });
        })
    };
    assert_eq!(handler(9, 2), "function 1: a handler makes no sense");
    assert_eq!(handler(1, 0), "function 1: a handler makes no sense");
    let suspends = refused(|module| module.functions[1].kind = FunctionKind::Condition);
    assert_eq!(suspends, "function 1, instruction 1: Wait: only the body of a process suspends");
}

#[test]
fn suspension_points_store_what_lives() {
    let stored = "function 1, instruction 1: the suspension point does not store what lives on";
    assert_eq!(good().points[0].live, [slot(0)]);
    assert_eq!(refused(|module| module.points[0].live.clear()), stored);
    assert_eq!(refused(|module| module.points[0].live.push(slot(1))), stored);
    let elsewhere = "function 1, instruction 1: the suspension point says that it stands elsewhere";
    assert_eq!(refused(|module| module.points[0].pc = 2), elsewhere);
    let more = refused(|module| {
        let point = module.points[0].clone();
        module.points.push(point);
    });
    assert_eq!(more, "a suspension point has no place in the code");
}

#[test]
fn types_and_requests_that_make_no_sense_are_refused() {
    assert_eq!(refused(|module| module.types.push(TypeDef::List(TypeIdx(99)))), "type 21 refers to a later type");
    assert_eq!(refused(|module| module.records[0].fields[0].ty = LINES), "a record contains itself");
    let request = refused(|module| module.sites[0].result = Some(INT));
    assert!(request.starts_with("request 0 does not have the signature of its operation"), "{request}");
    let zone = refused(|module| module.meta.zone = "Mars/Olympus".to_owned());
    assert_eq!(zone, "the time zone `Mars/Olympus` is unknown");
}
