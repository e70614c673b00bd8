//! Leaving the dead behind: copies what slots reach into a fresh heap.
//!
//! The roots are the slots of all frames; their kinds say which of them refer to the heap. What two slots share stays
//! shared. Values nest as deep as their types do, so the recursion is bounded.

use super::{
    heap::{CONSTANT, Heap, OWNED, handle},
    machine::Frame,
    program::Program,
    shape::{self, Shape},
};
use crate::bytecode::{traps::TrapCode, types::SlotKind};

/// Leaves behind what no frame reaches.
///
/// # Errors
/// If what lives is more than it may be.
pub(super) fn collect(program: &Program, heap: &mut Heap, stack: &mut [u64], frames: &[Frame]) -> Result<(), TrapCode> {
    let mut collection = Collection::new(program, heap);
    for frame in frames {
        let kinds = program.function(frame.function).map_or(&[][..], |function| &function.slots);
        collection.roots(kinds, stack.get_mut(frame.base..).unwrap_or_default())?;
    }
    *heap = collection.finish();
    heap.set_limit()
}

/// Not copied yet.
const NOT_YET: u32 = u32::MAX;

/// A copy in progress.
pub(crate) struct Collection<'a> {
    program: &'a Program,
    old: &'a Heap,
    new: Heap,
    texts: Vec<u32>,
    lists: Vec<u32>,
    records: Vec<u32>,
}

impl<'a> Collection<'a> {
    /// Begins.
    pub(crate) fn new(program: &'a Program, old: &'a Heap) -> Self {
        Self {
            program,
            old,
            new: Heap::new(program.shapes().widest_record),
            texts: vec![NOT_YET; old.text_count()],
            lists: vec![NOT_YET; old.list_count()],
            records: vec![NOT_YET; old.word_count()],
        }
    }

    /// Copies what a frame's slots reach.
    pub(crate) fn roots(&mut self, kinds: &[SlotKind], slots: &mut [u64]) -> Result<(), TrapCode> {
        for (kind, slot) in kinds.iter().zip(slots) {
            if shape::refers(*kind) {
                *slot = self.copy(*kind, *slot)?;
            }
        }
        Ok(())
    }

    /// The fresh heap.
    pub(crate) fn finish(self) -> Heap {
        self.new
    }

    /// Copies what a slot refers to; gives the new slot.
    fn copy(&mut self, kind: SlotKind, bits: u64) -> Result<u64, TrapCode> {
        let from = handle(bits);
        let owned = bits & OWNED;
        let place = from as usize;
        match kind {
            SlotKind::Fault => match self.old.fault(bits) {
                Some(exit) => self.new.new_fault(exit.clone()),
                None => Ok(0),
            },
            SlotKind::Text if from == 0 || from & CONSTANT != 0 => Ok(bits),
            SlotKind::Text => {
                if let Some(to) = known(&self.texts, place) {
                    return Ok(to);
                }
                let to = self.new.new_text(self.old.text(self.program, bits))?;
                note(&mut self.texts, place, to);
                Ok(to)
            }
            SlotKind::List(_) | SlotKind::Record(_) if from == 0 => Ok(0),
            SlotKind::List(ty) => {
                if let Some(to) = known(&self.lists, place) {
                    return Ok(to | owned);
                }
                let shape = self.program.shapes().element(ty);
                let mut slots = self.old.list(bits).to_vec();
                for element in slots.chunks_exact_mut(shape.width().max(1)) {
                    self.inside(shape, element)?;
                }
                let to = self.new.new_list(slots, shape.width())?;
                note(&mut self.lists, place, to);
                Ok(to | owned)
            }
            SlotKind::Record(record) => {
                if let Some(to) = known(&self.records, place) {
                    return Ok(to | owned);
                }
                let shape = self.program.shapes().record(record);
                let mut slots = self.old.record(bits, shape.width()).to_vec();
                self.inside(shape, &mut slots)?;
                let to = self.new.new_record(&slots)?;
                note(&mut self.records, place, to);
                Ok(to | owned)
            }
            _ => Ok(bits),
        }
    }

    fn inside(&mut self, shape: &Shape, slots: &mut [u64]) -> Result<(), TrapCode> {
        if shape.refers { self.roots(&shape.kinds, slots) } else { Ok(()) }
    }
}

fn known(table: &[u32], place: usize) -> Option<u64> {
    table.get(place).copied().filter(|to| *to != NOT_YET).map(u64::from)
}

fn note(table: &mut [u32], place: usize, to: u64) {
    if let Some(entry) = table.get_mut(place) {
        *entry = handle(to);
    }
}
