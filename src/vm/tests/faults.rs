//! Raising, catching, raising again.

use super::*;
use crate::bytecode::{isa::TrapOperand, traps::TrapCode};

/// Divides, and catches what comes of it: the code of the fault, or `none`.
fn caught(left: i64, right: i64) -> Outcome {
    compute(&[INT, INT], &[Value::Int(left), Value::Int(right)], TEXT, |module, builder| {
        let none = constant(module, Value::Text("none".to_owned()));
        let text = builder.add_slots(&[SlotKind::Text]);
        let fault = builder.add_slots(&[SlotKind::Fault]);
        let start = builder.bound_label();
        builder.emit(Instruction::IntDiv { into: slot(0), left: slot(0), right: slot(1) });
        let end = builder.bound_label();
        let handler = builder.label();
        let out = builder.label();
        builder.emit(Instruction::LoadConst { into: text, ty: TEXT, constant: none });
        builder.emit(Instruction::Jump { to: out.target() });
        builder.bind(handler);
        builder.emit(Instruction::FaultCode { into: text, from: fault });
        builder.bind(out);
        builder.handler(start, end, handler, fault, false);
        text
    })
}

#[test]
fn a_catch_sees_what_its_block_raises() {
    assert_eq!(done(caught(6, 3)), Value::Text("none".to_owned()));
    assert_eq!(done(caught(6, 0)), Value::Text("R0102".to_owned()));
    assert_eq!(done(caught(i64::MIN, -1)), Value::Text("R0101".to_owned()));
}

#[test]
fn errors_carry_their_fields() {
    let outcome = compute(&[TEXT], &[Value::Text("no credit".to_owned())], TEXT, |_, builder| {
        let error = builder.add_slots(&[SlotKind::Record(REFUSED_RECORD)]);
        let is = builder.add_slots(&[SlotKind::Bool]);
        let fault = builder.add_slots(&[SlotKind::Fault]);
        let text = builder.add_slots(&[SlotKind::Text]);
        let start = builder.bound_label();
        builder.emit(Instruction::RecordNew { into: error, from: slot(0) });
        builder.emit(Instruction::Raise { from: error });
        let end = builder.bound_label();
        builder.emit(Instruction::FaultIs { into: is, from: fault, record: REFUSED_RECORD });
        let other = builder.label();
        builder.emit(Instruction::JumpUnless { from: is, to: other.target() });
        builder.emit(Instruction::FaultPayload { into: error, from: fault });
        builder.emit(Instruction::RecordGet { into: text, record: error, offset: 0 });
        builder.emit(Instruction::FaultMessage { into: slot(0), from: fault });
        builder.emit(Instruction::TextConcat { into: text, left: text, right: slot(0) });
        builder.bind(other);
        builder.handler(start, end, end, fault, false);
        text
    });
    assert_eq!(done(outcome), Value::Text("no creditRefused: no credit".to_owned()));
}

#[test]
fn traps_name_their_code_and_limits_are_not_caught() {
    let trap = |code: TrapCode| {
        compute(&[], &[], INT, |_, builder| {
            let into = int(builder);
            let fault = builder.add_slots(&[SlotKind::Fault]);
            let start = builder.bound_label();
            builder.emit(Instruction::Trap { code: TrapOperand::from(code) });
            let end = builder.bound_label();
            builder.handler(start, end, end, fault, false);
            into
        })
    };
    assert_eq!(trap(TrapCode::UnknownMember), Outcome::Done(Some(Value::Int(0))));
    assert_eq!(code(trap(TrapCode::Heap)), "R0903");
}

#[test]
fn an_uncaught_error_has_its_name_as_code() {
    let outcome = compute(&[TEXT], &[Value::Text("no".to_owned())], TEXT, |_, builder| {
        let error = builder.add_slots(&[SlotKind::Record(REFUSED_RECORD)]);
        builder.name("reason", slot(0), TEXT);
        builder.emit(Instruction::RecordNew { into: error, from: slot(0) });
        builder.emit(Instruction::Raise { from: error });
        slot(0)
    });
    let Outcome::Faulted(fault) = outcome else { panic!() };
    assert_eq!(fault.code, "Refused");
    assert_eq!(fault.payload, Some((REFUSED_RECORD, Value::Record(vec![Value::Text("no".to_owned())]))));
    assert_eq!(fault.values.len(), 1);
    assert_eq!((fault.values[0].name.as_str(), &fault.values[0].value), ("reason", &Value::Text("no".to_owned())));
}

#[test]
fn endless_growth_is_a_limit() {
    // while true { text = text ++ text }: text too long; while true { list ++ list }: list too long.
    let outcome = compute(&[TEXT], &[Value::Text("0123456789abcdef".to_owned())], TEXT, |_, builder| {
        let top = builder.bound_label();
        builder.emit(Instruction::TextConcat { into: slot(0), left: slot(0), right: slot(0) });
        builder.emit(Instruction::Jump { to: top.target() });
        slot(0)
    });
    assert_eq!(code(outcome), "R0904");
    let outcome = compute(&[INTS], &[Value::List(vec![Value::Int(1); 16])], INTS, |_, builder| {
        let top = builder.bound_label();
        builder.emit(Instruction::ListConcat { into: slot(0), left: slot(0), right: slot(0) });
        builder.emit(Instruction::Jump { to: top.target() });
        slot(0)
    });
    assert_eq!(code(outcome), "R0905");
}
