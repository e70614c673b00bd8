//! The instructions that are not hot, one file a family.

mod compare;
mod decimal;
mod fault;
mod float;
mod format;
mod list;
mod money;
mod pattern;
mod record;
pub(super) mod small;
mod text;
mod time;

pub(crate) use money::multiply as multiply_amount;

use jiff::tz::TimeZone;

use super::{
    fault::Raised,
    heap::{Heap, OWNED},
    program::Program,
    shape::Shape,
    window::{Slots, Window, at},
};
use crate::bytecode::{
    isa::Instruction,
    traps::TrapCode,
    types::{SlotIdx, SlotKind, TypeIdx},
};

/// What an instruction works on.
pub(super) struct Context<'a> {
    pub(super) program: &'a Program,
    /// The kinds of the slots.
    pub(super) kinds: &'a [SlotKind],
    pub(super) window: &'a mut Window,
    pub(super) heap: &'a mut Heap,
    /// The text between `TextBegin` and `TextEnd`.
    pub(super) builder: &'a mut String,
    pub(super) zone: &'a TimeZone,
    pub(super) fuel: &'a mut u64,
}

/// Whether an instruction succeeded.
type Done = Result<(), Raised>;

/// Executes an instruction that goes on at the next one.
#[inline(never)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Done {
    // Each family gives none for instructions of others; the compiler makes one table of it.
    format::execute(context, instruction)
        .or_else(|| text::execute(context, instruction))
        .or_else(|| decimal::execute(context, instruction))
        .or_else(|| money::execute(context, instruction))
        .or_else(|| list::execute(context, instruction))
        .or_else(|| record::execute(context, instruction))
        .or_else(|| time::execute(context, instruction))
        .or_else(|| float::execute(context, instruction))
        .or_else(|| fault::execute(context, instruction))
        .unwrap_or_else(|| Err(Raised::trap(TrapCode::Unreachable)))
}

impl Context<'_> {
    /// Charges fuel for bulk work.
    fn charge(&mut self, bytes: usize) {
        *self.fuel = self.fuel.saturating_sub((bytes / 64) as u64);
    }

    /// A text.
    fn text(&self, slot: SlotIdx) -> &str {
        self.heap.text(self.program, self.window.get(slot))
    }

    /// Sets a new text.
    fn put_text(&mut self, slot: SlotIdx, text: &str) -> Done {
        let bits = self.heap.new_text(text)?;
        self.charge(text.len());
        self.window.put(slot, bits);
        Ok(())
    }

    /// The type of the list or set in a slot.
    fn list_type(&self, slot: SlotIdx) -> TypeIdx {
        match self.kinds.get(slot.index()) {
            Some(SlotKind::List(ty)) => *ty,
            _ => TypeIdx::default(),
        }
    }

    /// Copies slots out of the window for the heap: nothing in the copy owns anything, and neither do the slots
    /// afterwards.
    fn share_out(&mut self, from: SlotIdx, shape: &Shape, out: &mut Vec<u64>) {
        for offset in &shape.handles {
            let slot = at(from, usize::from(*offset));
            let bits = self.window.get(slot);
            self.window.put(slot, bits & !OWNED);
        }
        let first = from.index();
        out.extend_from_slice(self.window.as_slice().get(first..first + shape.width()).unwrap_or_default());
    }
}

/// -1, 0, 1.
fn sign(ordering: std::cmp::Ordering) -> i64 {
    match ordering {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }
}
