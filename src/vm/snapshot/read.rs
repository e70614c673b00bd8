//! Thawing: everything is checked against the program before it becomes a slot.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::SnapshotError;
use crate::{
    base::{limits::HEAP_BYTES_MAX, value::Duration},
    bytecode::{
        codec::{self, Budget},
        types::{PointIdx, RecordIdx, SlotKind, TypeIdx},
        verify,
    },
    vm::{
        fault::{Exit, Fault, Place},
        machine::Machine,
        program::Program,
        shape::Shape,
        window,
    },
};

/// Days of the years 1 to 9999.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A number of seven bits a byte.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(first & 0x7F);
        if shift == 63 && part > 1 {
            return None;
        }
        number |= part << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Reads what follows the header.
pub(super) fn read(
    program: &Arc<Program>,
    point: PointIdx,
    body: &[u8],
    zone: TimeZone,
) -> Result<Machine, SnapshotError> {
    let def = program.module().point(point).ok_or(SnapshotError::Damaged("there is no such suspension point"))?;
    let kinds = program.function(def.function).map_or(&[][..], |function| &function.slots);
    let machine = Machine::at(program, def.function, def.pc as usize, zone);
    let mut reader =
        Reader { program, machine, bytes: body, texts: Vec::new(), values: Vec::new(), faults: Vec::new() };
    reader.pools()?;
    if reader.count()? != def.live.len() {
        return damaged("it has not the values of its suspension point");
    }
    for slot in &def.live {
        let kind = *kinds.get(slot.index()).ok_or(SnapshotError::Damaged("there is no such slot"))?;
        let bits = reader.slot(kind)?;
        if let Some(place) = reader.machine.stack.get_mut(slot.index()) {
            *place = bits;
        }
    }
    if !reader.bytes.is_empty() {
        return damaged("bytes are left over");
    }
    reader.machine.rest_at(point);
    Ok(reader.machine)
}

fn damaged<T>(how: &'static str) -> Result<T, SnapshotError> {
    Err(SnapshotError::Damaged(how))
}

/// The bytes that are left, and what was read.
struct Reader<'a> {
    program: &'a Arc<Program>,
    machine: Machine,
    bytes: &'a [u8],
    /// Handles of texts.
    texts: Vec<u64>,
    /// Handles of lists and records with their kinds.
    values: Vec<(SlotKind, u64)>,
    /// Handles of faults.
    faults: Vec<u64>,
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> Result<u64, SnapshotError> {
        varint(&mut self.bytes).ok_or(SnapshotError::Damaged("it is cut off"))
    }

    fn signed(&mut self) -> Result<i64, SnapshotError> {
        let bits = self.number()?;
        Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }

    /// A number of entries: each takes a byte at least.
    fn count(&mut self) -> Result<usize, SnapshotError> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count > self.bytes.len() { damaged("it is cut off") } else { Ok(count) }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], SnapshotError> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(SnapshotError::Damaged("it is cut off"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn flag(&mut self) -> Result<bool, SnapshotError> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => damaged("a truth is neither 0 nor 1"),
        }
    }

    fn text(&mut self) -> Result<&'a str, SnapshotError> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| SnapshotError::Damaged("a text is no UTF-8"))
    }

    fn index(&mut self, what: &'static str) -> Result<u16, SnapshotError> {
        u16::try_from(self.number()?).map_err(|_| SnapshotError::Damaged(what))
    }

    fn pools(&mut self) -> Result<(), SnapshotError> {
        for _ in 0..self.count()? {
            let text = self.text()?;
            let bits = self.machine.heap.new_text(text).map_err(|_| SnapshotError::Damaged("a text is too long"))?;
            self.texts.push(bits);
        }
        for _ in 0..self.count()? {
            let value = self.value()?;
            self.values.push(value);
        }
        for _ in 0..self.count()? {
            let exit = self.exit()?;
            let bits = self.machine.heap.new_fault(Arc::new(exit));
            self.faults.push(bits.map_err(|_| SnapshotError::Damaged("there are too many faults"))?);
        }
        Ok(())
    }

    /// A list or record of entries that stand before it.
    fn value(&mut self) -> Result<(SlotKind, u64), SnapshotError> {
        let tag = self.number()?;
        let index = u16::try_from(tag >> 1).map_err(|_| SnapshotError::Damaged("there is no such type"))?;
        let shapes = self.program.shapes();
        if tag & 1 == 1 {
            let shape = shapes.record(RecordIdx(index));
            let slots = self.slots(shape, 1)?;
            let bits = self.machine.heap.new_record(&slots).map_err(|_| SnapshotError::TooLarge)?;
            return Ok((SlotKind::Record(RecordIdx(index)), bits));
        }
        let shape = shapes.element(TypeIdx(index));
        if shape.width() == 0 {
            return damaged("there is no such type");
        }
        let count = self.count()?;
        let slots = self.slots(shape, count)?;
        let bits = self.machine.heap.new_list(slots, shape.width()).map_err(|_| SnapshotError::TooLarge)?;
        Ok((SlotKind::List(TypeIdx(index)), bits))
    }

    fn slots(&mut self, shape: &Shape, count: usize) -> Result<Vec<u64>, SnapshotError> {
        let mut slots = Vec::new();
        for _ in 0..count {
            for kind in &shape.kinds {
                slots.push(self.slot(*kind)?);
            }
        }
        Ok(slots)
    }

    /// A slot of a kind.
    fn slot(&mut self, kind: SlotKind) -> Result<u64, SnapshotError> {
        let entities = self.program.module().entities.len() as u64;
        let bits = match kind {
            SlotKind::Bool => within(self.number()?, |bits| bits <= 1)?,
            SlotKind::DecimalLow => self.number()?,
            SlotKind::DecimalHigh => {
                let packed = self.number()?;
                let (negative, scale, mantissa) = (packed & 1, packed >> 1 & 0x1F, packed >> 6);
                within(mantissa, |mantissa| mantissa <= u64::from(u32::MAX) && scale <= 28)?;
                negative << 63 | scale << 32 | mantissa
            }
            SlotKind::MoneyCurrency => within(self.number()?, |bits| {
                bits == 0 || window::unpack_currency(bits).map(window::pack_currency) == Some(bits)
            })?,
            SlotKind::RefEntity => within(self.number()?, |bits| bits <= entities)?,
            SlotKind::Date => self.ranged(DAYS)?,
            SlotKind::DateTime => {
                self.ranged(DAYS.start().saturating_mul(DAY)..=(DAYS.end() + 1).saturating_mul(DAY) - 1)?
            }
            SlotKind::Time => self.ranged(0..=DAY - 1)?,
            SlotKind::Enum(_) => self.ranged(i64::from(i32::MIN)..=i64::from(i32::MAX))?,
            SlotKind::Instance | SlotKind::Ref(_) | SlotKind::RefId => self.ranged(0..=i64::MAX)?,
            SlotKind::Int | SlotKind::MoneyAmount | SlotKind::DurationMicros => self.signed()?.cast_unsigned(),
            SlotKind::DurationDays => {
                let part =
                    |number: i64| i32::try_from(number).map_err(|_| SnapshotError::Damaged("a value is out of range"));
                let (months, days) = (part(self.signed()?)?, part(self.signed()?)?);
                window::pack_duration(Duration { months, days, micros: 0 }).0
            }
            SlotKind::Float => {
                let bytes = self.take(8)?.try_into().map_err(|_| SnapshotError::Damaged("it is cut off"))?;
                within(u64::from_le_bytes(bytes), |bits| f64::from_bits(bits).is_finite())?
            }
            SlotKind::Text => {
                let number = self.number()?;
                entry(&self.texts, number).map(|bits| bits.copied().unwrap_or_default())?
            }
            SlotKind::Fault => {
                let number = self.number()?;
                entry(&self.faults, number).map(|bits| bits.copied().unwrap_or_default())?
            }
            SlotKind::List(_) | SlotKind::Record(_) => {
                let number = self.number()?;
                match entry(&self.values, number)? {
                    None => 0,
                    Some((found, bits)) if *found == kind => *bits,
                    Some(_) => return damaged("a value is of another type"),
                }
            }
        };
        Ok(bits)
    }

    fn ranged(&mut self, range: std::ops::RangeInclusive<i64>) -> Result<u64, SnapshotError> {
        let number = self.signed()?;
        if range.contains(&number) { Ok(number.cast_unsigned()) } else { damaged("a value is out of range") }
    }

    fn exit(&mut self) -> Result<Exit, SnapshotError> {
        if self.flag()? {
            return Ok(Exit::Stop { canceled: self.flag()?, message: self.text()?.to_owned() });
        }
        let mut fault = Fault::new(self.text()?, self.text()?);
        if self.flag()? {
            let file = self.text()?.to_owned();
            let line = u32::try_from(self.number()?).map_err(|_| SnapshotError::Damaged("there is no such line"))?;
            let [function, stage, called_at] = [self.text()?, self.text()?, self.text()?].map(str::to_owned);
            fault.at = Some(Place { file, line, function, stage, called_at });
        }
        if self.flag()? {
            let record = RecordIdx(self.index("there is no such record")?);
            let length = self.count()?;
            let bytes = self.take(length)?;
            // LIMIT: an error's fields are as much as a heap holds
            let value = codec::decode(bytes, &Budget::new(HEAP_BYTES_MAX))
                .map_err(|_| SnapshotError::Damaged("an error's fields"))?;
            if !verify::fits_record(self.program.module(), &value, record) {
                return damaged("an error's fields are of another type");
            }
            fault.payload = Some((record, value));
        }
        Ok(Exit::Fault(fault))
    }
}

/// A value for which something holds.
fn within(bits: u64, holds: impl Fn(u64) -> bool) -> Result<u64, SnapshotError> {
    if holds(bits) { Ok(bits) } else { damaged("a value is out of range") }
}

/// The entry of a number, from 1; none of 0.
fn entry<T>(pool: &[T], number: u64) -> Result<Option<&T>, SnapshotError> {
    let Some(index) = number.checked_sub(1) else { return Ok(None) };
    let found = usize::try_from(index).ok().and_then(|index| pool.get(index));
    found.map(Some).ok_or(SnapshotError::Damaged("a value refers to what does not stand before it"))
}
