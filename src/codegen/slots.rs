//! Which slots hold which values. A slot has one kind for the whole function; temporaries give theirs back.
//!
//! Temporaries follow the nesting of the code: [`Slots::mark`] before, [`Slots::release`] after gives everything back
//! that was taken in between. A run of slots for several values may use again what shorter runs left, where the kinds
//! agree.

use crate::{
    base::limits::SLOTS_MAX,
    bytecode::types::{SlotIdx, SlotKind, TypeIdx},
};

/// A value in consecutive slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reg {
    /// The first slot.
    pub(super) base: u16,
    /// Its type.
    pub(super) ty: TypeIdx,
}

impl Reg {
    pub(super) fn slot(self) -> SlotIdx {
        SlotIdx(self.base)
    }

    /// The slot after the first ones: the second half of wide values, or the value after its presence.
    pub(super) fn at(self, offset: u16) -> SlotIdx {
        SlotIdx(self.base.saturating_add(offset))
    }
}

/// How far the temporaries go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

/// The slots of one function while it is lowered.
#[derive(Default)]
pub(super) struct Slots {
    kinds: Vec<SlotKind>,
    used: Vec<bool>,
    held: Vec<(usize, usize)>,
}

impl Slots {
    /// Slots of these kinds, one after the other, until the function ends.
    pub(super) fn keep(&mut self, kinds: &[SlotKind]) -> u16 {
        let start = self.kinds.len();
        self.append(kinds, 0);
        index(start)
    }

    /// Slots of these kinds, one after the other, until the mark before is released.
    pub(super) fn take(&mut self, kinds: &[SlotKind]) -> u16 {
        let start = self.find_free(kinds);
        let again = (self.kinds.len() - start).min(kinds.len());
        for used in self.used.iter_mut().skip(start).take(again) {
            *used = true;
        }
        self.append(kinds, again);
        self.held.push((start, kinds.len()));
        index(start)
    }

    /// Remembers what is taken.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.held.len())
    }

    /// Gives back what was taken since the mark.
    pub(super) fn release(&mut self, mark: Mark) {
        for (start, count) in self.held.drain(mark.0.min(self.held.len())..) {
            for used in self.used.iter_mut().skip(start).take(count) {
                *used = false;
            }
        }
    }

    /// Whether there are more slots than an instruction can name.
    pub(super) fn is_full(&self) -> bool {
        // LIMIT: the window of a frame.
        self.kinds.len() > usize::from(SLOTS_MAX)
    }

    /// The kinds of all slots.
    pub(super) fn finish(self) -> Vec<SlotKind> {
        self.kinds
    }

    /// The first place where the kinds fit into free slots, up to new ones at the end.
    fn find_free(&self, kinds: &[SlotKind]) -> usize {
        if self.is_full() {
            return self.kinds.len();
        }
        let fits = |start: &usize| {
            self.kinds
                .iter()
                .zip(&self.used)
                .skip(*start)
                .zip(kinds)
                .all(|((have, used), wanted)| !used && have == wanted)
        };
        (0..self.kinds.len()).find(fits).unwrap_or(self.kinds.len())
    }

    fn append(&mut self, kinds: &[SlotKind], from: usize) {
        self.kinds.extend(kinds.iter().skip(from));
        self.used.resize(self.kinds.len(), true);
    }
}

/// Functions with more slots are refused when they are finished.
fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporaries_of_one_kind_share_slots() {
        let mut slots = Slots::default();
        assert_eq!(slots.keep(&[SlotKind::Int]), 0);
        let mark = slots.mark();
        assert_eq!(slots.take(&[SlotKind::Int]), 1);
        assert_eq!(slots.take(&[SlotKind::Text]), 2);
        slots.release(mark);
        assert_eq!(slots.take(&[SlotKind::Text]), 2);
        assert_eq!(slots.take(&[SlotKind::Int, SlotKind::Text]), 3);
        assert_eq!(slots.take(&[SlotKind::Int]), 1);
    }

    #[test]
    fn a_run_may_begin_in_free_slots_and_end_in_new_ones() {
        let mut slots = Slots::default();
        let mark = slots.mark();
        slots.take(&[SlotKind::Bool, SlotKind::Int]);
        slots.release(mark);
        assert_eq!(slots.take(&[SlotKind::Int, SlotKind::Int]), 1);
        assert_eq!(slots.finish().len(), 3);
    }
}
