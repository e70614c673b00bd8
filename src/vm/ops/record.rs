//! Record values and references to any entity.

use super::{Context, Done, Raised, compare::Comparer};
use crate::{
    bytecode::{
        isa::Instruction,
        traps::TrapCode,
        types::{RecordIdx, SlotIdx, SlotKind},
    },
    vm::{
        heap::OWNED,
        window::{Slots, next},
    },
};

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    match instruction {
        Instruction::RecordNew { into, from } => return Some(new(context, into, from)),
        Instruction::RecordSet { record, offset, from } => return Some(set(context, record, offset, from)),
        Instruction::RecordEqual { into, left, right } => equal(context, into, left, right),
        Instruction::RefToAny { into, from } => {
            let id = context.window.get(from);
            let entity = match context.kinds.get(from.index()) {
                Some(SlotKind::Ref(entity)) if id != 0 => u64::from(entity.0) + 1,
                _ => 0,
            };
            context.window.put(into, entity);
            context.window.put(next(into), id);
        }
        Instruction::AnyToRef { into, from } => {
            let (entity, id) = (context.window.get(from), context.window.get(next(from)));
            let wanted = match context.kinds.get(into.index()) {
                Some(SlotKind::Ref(wanted)) => u64::from(wanted.0) + 1,
                _ => 0,
            };
            if entity != 0 && entity != wanted {
                return Some(Err(TrapCode::WrongEntity.into()));
            }
            context.window.put(into, if entity == 0 { 0 } else { id });
        }
        Instruction::AnyIs { into, from, entity } => {
            let is = context.window.get(from) == u64::from(entity.0) + 1;
            context.window.put_bool(into, is);
        }
        Instruction::AnyEqual { into, left, right } => {
            let window = &context.window;
            let equal = window.get(left) == window.get(right) && window.get(next(left)) == window.get(next(right));
            context.window.put_bool(into, equal);
        }
        _ => return None,
    }
    Some(Ok(()))
}

fn record_of(context: &Context<'_>, slot: SlotIdx) -> RecordIdx {
    match context.kinds.get(slot.index()) {
        Some(SlotKind::Record(record)) => *record,
        _ => RecordIdx(u16::MAX),
    }
}

fn new(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx) -> Done {
    let program = context.program;
    let shape = program.shapes().record(record_of(context, into));
    for offset in &shape.handles {
        let slot = SlotIdx(from.0.wrapping_add(*offset));
        let bits = context.window.get(slot);
        context.window.put(slot, bits & !OWNED);
    }
    let first = from.index();
    let fields = context.window.as_slice().get(first..first + shape.width()).unwrap_or_default();
    let bits = context.heap.new_record(fields).map_err(Raised::trap)?;
    context.window.put(into, bits | OWNED);
    Ok(())
}

fn set(context: &mut Context<'_>, record: SlotIdx, offset: u16, from: SlotIdx) -> Done {
    let program = context.program;
    let shape = program.shapes().record(record_of(context, record));
    let value = if shape.handles.contains(&offset) {
        let bits = context.window.get(from) & !OWNED;
        context.window.put(from, bits);
        bits
    } else {
        context.window.get(from)
    };
    let mut bits = context.window.get(record);
    if bits & OWNED == 0 {
        bits = context.heap.copy_record(bits, shape.width()).map_err(Raised::trap)? | OWNED;
        context.window.put(record, bits);
    }
    context.heap.set_field(bits, offset, value);
    Ok(())
}

fn equal(context: &mut Context<'_>, into: SlotIdx, left: SlotIdx, right: SlotIdx) {
    let record = record_of(context, left);
    let mut comparer = Comparer::new(context.program, context.heap);
    let equal = comparer.records(record, context.window.get(left), context.window.get(right)).is_eq();
    let work = comparer.work;
    context.charge(work * 8);
    context.window.put_bool(into, equal);
}
