//! Freezing: pools of what is shared, then the live slots.

use std::collections::HashMap;

use super::SnapshotError;
use crate::{
    bytecode::{
        codec,
        types::{PointIdx, SlotKind},
    },
    vm::{
        fault::{Exit, Fault},
        heap::handle,
        machine::Machine,
        shape::Shape,
    },
};

/// Appends a number: seven bits a byte, the lowest first.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7F).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

/// Appends a number with sign, so that small ones of either sign are short.
fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, (number << 1 ^ number >> 63).cast_unsigned());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// The pools, each with how many entries it has and where those of the heap went.
struct Writer<'a> {
    machine: &'a Machine,
    texts: (u64, Vec<u8>),
    values: (u64, Vec<u8>),
    faults: (u64, Vec<u8>),
    known_texts: HashMap<u32, u64>,
    known_values: HashMap<(SlotKind, u32), u64>,
}

/// Appends everything after the header.
pub(super) fn write(machine: &Machine, point: PointIdx, out: &mut Vec<u8>) -> Result<(), SnapshotError> {
    let def = machine.program.module().point(point).ok_or(SnapshotError::NotAtRest)?;
    let kinds = machine.program.function(def.function).map_or(&[][..], |function| &function.slots);
    let mut writer = Writer {
        machine,
        texts: (0, Vec::new()),
        values: (0, Vec::new()),
        faults: (0, Vec::new()),
        known_texts: HashMap::new(),
        known_values: HashMap::new(),
    };
    let mut slots = Vec::with_capacity(def.live.len() * 4);
    for slot in &def.live {
        let kind = kinds.get(slot.index()).ok_or(SnapshotError::NotAtRest)?;
        let bits = machine.stack.get(slot.index()).copied().unwrap_or_default();
        writer.slot(*kind, bits, &mut slots)?;
    }
    put(out, u64::from(point.0));
    for (count, entries) in [writer.texts, writer.values, writer.faults] {
        put(out, count);
        out.extend_from_slice(&entries);
    }
    put(out, def.live.len() as u64);
    out.extend_from_slice(&slots);
    Ok(())
}

impl Writer<'_> {
    fn slot(&mut self, kind: SlotKind, bits: u64, out: &mut Vec<u8>) -> Result<(), SnapshotError> {
        match kind {
            SlotKind::Bool | SlotKind::DecimalLow | SlotKind::MoneyCurrency | SlotKind::RefEntity => put(out, bits),
            SlotKind::Date
            | SlotKind::DateTime
            | SlotKind::DurationMicros
            | SlotKind::Enum(_)
            | SlotKind::Instance
            | SlotKind::Int
            | SlotKind::MoneyAmount
            | SlotKind::Ref(_)
            | SlotKind::RefId
            | SlotKind::Time => put_signed(out, bits.cast_signed()),
            // Sign, scale, then the upper bits of the mantissa, which are mostly zero.
            SlotKind::DecimalHigh => put(out, bits >> 63 | (bits >> 32 & 0x1F) << 1 | (bits & 0xFFFF_FFFF) << 6),
            SlotKind::DurationDays => {
                let duration = crate::vm::window::unpack_duration(bits, 0);
                put_signed(out, i64::from(duration.months));
                put_signed(out, i64::from(duration.days));
            }
            SlotKind::Float => out.extend(bits.to_le_bytes()),
            SlotKind::Text => {
                let number = self.text(bits);
                put(out, number);
            }
            SlotKind::List(_) | SlotKind::Record(_) => {
                let number = self.value(kind, bits)?;
                put(out, number);
            }
            SlotKind::Fault => {
                let number = self.fault(bits)?;
                put(out, number);
            }
        }
        Ok(())
    }

    /// The number of a text, from 1; 0 is the empty one.
    fn text(&mut self, bits: u64) -> u64 {
        let text = self.machine.heap.text(&self.machine.program, bits);
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.known_texts.get(&handle(bits)) {
            return *number;
        }
        let (count, entries) = &mut self.texts;
        put_text(entries, text);
        *count += 1;
        self.known_texts.insert(handle(bits), *count);
        *count
    }

    /// The number of a list or record, from 1; 0 is the empty one. What it holds is written before it.
    fn value(&mut self, kind: SlotKind, bits: u64) -> Result<u64, SnapshotError> {
        let place = handle(bits);
        if place == 0 {
            return Ok(0);
        }
        if let Some(number) = self.known_values.get(&(kind, place)) {
            return Ok(*number);
        }
        let program = &*self.machine.program;
        let mut entry = Vec::new();
        match kind {
            SlotKind::List(ty) => {
                let shape = program.shapes().element(ty);
                let slots = self.machine.heap.list(bits);
                put(&mut entry, u64::from(ty.0) << 1);
                put(&mut entry, (slots.len() / shape.width().max(1)) as u64);
                for element in slots.chunks_exact(shape.width().max(1)) {
                    self.slots(shape, element, &mut entry)?;
                }
            }
            SlotKind::Record(record) => {
                let shape = program.shapes().record(record);
                put(&mut entry, u64::from(record.0) << 1 | 1);
                self.slots(shape, self.machine.heap.record(bits, shape.width()), &mut entry)?;
            }
            _ => {}
        }
        let (count, entries) = &mut self.values;
        entries.extend_from_slice(&entry);
        *count += 1;
        self.known_values.insert((kind, place), *count);
        Ok(*count)
    }

    fn slots(&mut self, shape: &Shape, slots: &[u64], out: &mut Vec<u8>) -> Result<(), SnapshotError> {
        shape.kinds.iter().zip(slots).try_for_each(|(kind, bits)| self.slot(*kind, *bits, out))
    }

    /// The number of a fault, from 1; 0 is none. The values that operators saw are not kept.
    fn fault(&mut self, bits: u64) -> Result<u64, SnapshotError> {
        let Some(exit) = self.machine.heap.fault(bits) else { return Ok(0) };
        let (count, entries) = &mut self.faults;
        match &**exit {
            Exit::Fault(fault) => {
                entries.push(0);
                put_fault(entries, fault)?;
            }
            Exit::Stop { canceled, message } => {
                entries.extend([1, u8::from(*canceled)]);
                put_text(entries, message);
            }
        }
        *count += 1;
        Ok(*count)
    }
}

fn put_fault(out: &mut Vec<u8>, fault: &Fault) -> Result<(), SnapshotError> {
    put_text(out, &fault.code);
    put_text(out, &fault.message);
    out.push(u8::from(fault.at.is_some()));
    if let Some(at) = &fault.at {
        put_text(out, &at.file);
        put(out, u64::from(at.line));
        put_text(out, &at.function);
        put_text(out, &at.stage);
        put_text(out, &at.called_at);
    }
    out.push(u8::from(fault.payload.is_some()));
    if let Some((record, value)) = &fault.payload {
        put(out, u64::from(record.0));
        let value = codec::encode(value).map_err(|_| SnapshotError::TooLarge)?;
        put(out, value.len() as u64);
        out.extend(value);
    }
    Ok(())
}
