//! Raising errors, and looking at caught faults.

use std::sync::Arc;

use super::{Context, Done, Raised};
use crate::{
    base::value::Value,
    bytecode::{
        isa::Instruction,
        traps::TrapCode,
        types::{RecordIdx, SlotIdx, SlotKind},
    },
    data::show::Show,
    vm::{
        fault::{Exit, Fault},
        values,
        window::Slots,
    },
};

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    match instruction {
        Instruction::Raise { from } => Some(Err(raise(context, from))),
        Instruction::RaiseAgain { from } => {
            let exit = context.heap.fault(context.window.get(from)).map(|exit| Exit::clone(exit));
            Some(Err(exit.map_or_else(|| Raised::trap(TrapCode::Absent), Raised::exit)))
        }
        Instruction::Stop { message, canceled } => {
            let message = context.text(message).to_owned();
            Some(Err(Raised::exit(Exit::Stop { canceled, message })))
        }
        Instruction::FaultIs { into, from, record } => {
            let is = payload(context, from).is_some_and(|(raised, _)| raised == record);
            context.window.put_bool(into, is);
            Some(Ok(()))
        }
        Instruction::FaultPayload { into, from } => Some(put_payload(context, into, from)),
        Instruction::FaultCode { into, from } => Some(put(context, into, from, |fault| fault.code.clone())),
        Instruction::FaultMessage { into, from } => Some(put(context, into, from, |fault| fault.message.clone())),
        Instruction::FaultAt { into, from } => {
            Some(put(context, into, from, |fault| fault.at.as_ref().map_or_else(String::new, ToString::to_string)))
        }
        Instruction::FaultIsCancel { into, from } => {
            let is = matches!(caught(context, from).as_deref(), Some(Exit::Stop { canceled: true, .. }));
            context.window.put_bool(into, is);
            Some(Ok(()))
        }
        _ => None,
    }
}

fn record_of(context: &Context<'_>, slot: SlotIdx) -> Option<RecordIdx> {
    match context.kinds.get(slot.index()) {
        Some(SlotKind::Record(record)) => Some(*record),
        _ => None,
    }
}

/// An error from its record: the name is the code, the fields are the message.
fn raise(context: &Context<'_>, from: SlotIdx) -> Raised {
    let program = context.program;
    let Some(record) = record_of(context, from) else { return TrapCode::Unreachable.into() };
    let value = values::read_record(program, context.heap, record, context.window.get(from));
    let show = Show { module: program.module(), zone: context.zone.clone(), exact: false, whole: true };
    Raised::exit(Exit::Fault(Fault::raised(&show, record, value)))
}

fn caught(context: &Context<'_>, from: SlotIdx) -> Option<Arc<Exit>> {
    context.heap.fault(context.window.get(from)).cloned()
}

fn payload(context: &Context<'_>, from: SlotIdx) -> Option<(RecordIdx, Value)> {
    match caught(context, from).as_deref() {
        Some(Exit::Fault(fault)) => fault.payload.clone(),
        _ => None,
    }
}

fn put_payload(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx) -> Done {
    let wanted = record_of(context, into);
    let (record, value) = payload(context, from).ok_or(TrapCode::Conversion)?;
    if Some(record) != wanted {
        return Err(TrapCode::Conversion.into());
    }
    let bits = values::write_record(context.program, context.heap, record, &value);
    let bits = bits.map_err(|_| Raised::trap(TrapCode::Conversion))?;
    context.window.put(into, bits);
    Ok(())
}

fn put(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx, part: impl Fn(&Fault) -> String) -> Done {
    let text = match caught(context, from).as_deref() {
        Some(Exit::Fault(fault)) => part(fault),
        Some(Exit::Stop { message, .. }) => message.clone(),
        None => String::new(),
    };
    context.put_text(into, &text)
}
