//! Texts, lists, records and faults of one machine.
//!
//! Handles are indexes, never pointers. Handle 0 is the empty text, the empty list, and the record of zeros of every
//! record type. A text handle with [`CONSTANT`] is a constant of the program. A slot whose list or record nobody else
//! refers to has [`OWNED`]: then it is changed in place. What lies in the heap never has it.

use std::sync::Arc;

use super::{fault::Exit, program::Program};
use crate::{
    base::limits::{HEAP_BYTES_MAX, LIST_ITEMS_MAX, TEXT_BYTES_MAX},
    bytecode::traps::TrapCode,
};

/// Marks the handle of a text that is a constant.
pub(crate) const CONSTANT: u32 = 1 << 31;
/// Marks a slot that refers to its list or record alone.
pub(crate) const OWNED: u64 = 1 << 63;
/// The first limit at which the dead are left behind.
const FIRST_LIMIT: usize = 1 << 20;

/// The heap.
#[derive(Debug)]
pub(crate) struct Heap {
    /// All texts, one after the other.
    text: String,
    /// Start and end of each text.
    texts: Vec<(u32, u32)>,
    /// All records, one after the other; first zeros, as many as the widest record has slots.
    words: Vec<u64>,
    /// Lists.
    lists: Vec<Vec<u64>>,
    /// What the lists hold, in bytes.
    list_bytes: usize,
    /// Faults.
    faults: Vec<Arc<Exit>>,
    /// When to leave the dead behind.
    limit: usize,
}

/// The handle in a slot.
#[inline]
pub(crate) fn handle(bits: u64) -> u32 {
    u32::try_from(bits & 0xFFFF_FFFF).unwrap_or_default()
}

#[inline]
fn index(bits: u64) -> usize {
    handle(bits) as usize
}

impl Heap {
    pub(crate) fn new(widest_record: usize) -> Self {
        Self {
            text: String::new(),
            texts: vec![(0, 0)],
            words: vec![0; widest_record],
            lists: vec![Vec::new()],
            list_bytes: 0,
            faults: Vec::new(),
            limit: FIRST_LIMIT,
        }
    }

    /// Bytes in use.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + (self.texts.len() + self.words.len()) * 8 + self.lists.len() * 32 + self.list_bytes
    }

    /// Whether it has grown so much that the dead should be left behind.
    #[inline]
    pub(crate) fn has_grown(&self) -> bool {
        self.bytes() > self.limit
    }

    /// Sets the next limit after a collection.
    ///
    /// # Errors
    /// If what lives is more than it may be.
    pub(crate) fn set_limit(&mut self) -> Result<(), TrapCode> {
        // LIMIT: HEAP_BYTES_MAX
        let bytes = self.bytes();
        self.limit = bytes.saturating_mul(2).max(FIRST_LIMIT);
        if bytes > HEAP_BYTES_MAX { Err(TrapCode::Heap) } else { Ok(()) }
    }

    /// A text.
    #[inline]
    pub(crate) fn text<'a>(&'a self, program: &'a Program, bits: u64) -> &'a str {
        let handle = handle(bits);
        if handle & CONSTANT != 0 {
            return program.constant_text(handle);
        }
        let (start, end) = self.texts.get(handle as usize).copied().unwrap_or_default();
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// A new text.
    pub(crate) fn new_text(&mut self, text: &str) -> Result<u64, TrapCode> {
        if text.is_empty() {
            return Ok(0);
        }
        // LIMIT: TEXT_BYTES_MAX
        if text.len() > TEXT_BYTES_MAX {
            return Err(TrapCode::TextTooLong);
        }
        let start = u32::try_from(self.text.len()).map_err(|_| TrapCode::Heap)?;
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).map_err(|_| TrapCode::Heap)?;
        let handle = self.texts.len();
        if handle >= CONSTANT as usize {
            return Err(TrapCode::Heap);
        }
        self.texts.push((start, end));
        Ok(handle as u64)
    }

    /// How many texts there are: for tables beside them.
    pub(crate) fn text_count(&self) -> usize {
        self.texts.len()
    }

    /// How many words the records take.
    pub(crate) fn word_count(&self) -> usize {
        self.words.len()
    }

    /// How many lists there are.
    pub(crate) fn list_count(&self) -> usize {
        self.lists.len()
    }

    /// The slots of a record.
    #[inline]
    pub(crate) fn record(&self, bits: u64, width: usize) -> &[u64] {
        let start = index(bits);
        self.words.get(start..start.saturating_add(width)).unwrap_or_default()
    }

    /// One slot of a record.
    #[inline]
    pub(crate) fn field(&self, bits: u64, offset: u16) -> u64 {
        self.words.get(index(bits) + usize::from(offset)).copied().unwrap_or_default()
    }

    /// Sets one slot of a record that has one owner.
    #[inline]
    pub(crate) fn set_field(&mut self, bits: u64, offset: u16, value: u64) {
        if let Some(place) = self.words.get_mut(index(bits) + usize::from(offset)) {
            *place = value;
        }
    }

    /// A new record.
    #[inline]
    pub(crate) fn new_record(&mut self, slots: &[u64]) -> Result<u64, TrapCode> {
        if slots.is_empty() {
            return Ok(0);
        }
        let start = u32::try_from(self.words.len()).map_err(|_| TrapCode::Heap)?;
        self.words.extend_from_slice(slots);
        Ok(u64::from(start))
    }

    /// A copy of a record.
    #[inline]
    pub(crate) fn copy_record(&mut self, bits: u64, width: usize) -> Result<u64, TrapCode> {
        let start = u32::try_from(self.words.len()).map_err(|_| TrapCode::Heap)?;
        let from = index(bits);
        if from + width <= self.words.len() {
            self.words.extend_from_within(from..from + width);
        }
        Ok(u64::from(start))
    }

    /// The slots of a list's elements.
    #[inline]
    pub(crate) fn list(&self, bits: u64) -> &[u64] {
        self.lists.get(index(bits)).map_or(&[], Vec::as_slice)
    }

    /// A new list.
    pub(crate) fn new_list(&mut self, slots: Vec<u64>, width: usize) -> Result<u64, TrapCode> {
        if slots.is_empty() {
            return Ok(0);
        }
        // LIMIT: LIST_ITEMS_MAX
        if slots.len() / width.max(1) > LIST_ITEMS_MAX {
            return Err(TrapCode::ListTooLong);
        }
        let handle = u32::try_from(self.lists.len()).map_err(|_| TrapCode::Heap)?;
        self.list_bytes += slots.len() * 8;
        self.lists.push(slots);
        Ok(u64::from(handle))
    }

    /// Appends an element to a list that has one owner, or to a copy of it. Gives the slot of the list.
    pub(crate) fn push(&mut self, bits: u64, element: &[u64]) -> Result<u64, TrapCode> {
        let width = element.len().max(1);
        let length = self.list(bits).len();
        // LIMIT: LIST_ITEMS_MAX
        if length / width >= LIST_ITEMS_MAX {
            return Err(TrapCode::ListTooLong);
        }
        if bits & OWNED != 0
            && index(bits) != 0
            && let Some(list) = self.lists.get_mut(index(bits))
        {
            list.extend_from_slice(element);
            self.list_bytes += element.len() * 8;
            return Ok(bits);
        }
        let mut copy = Vec::with_capacity((length + width) * 2);
        copy.extend_from_slice(self.list(bits));
        copy.extend_from_slice(element);
        Ok(self.new_list(copy, width)? | OWNED)
    }

    /// A fault; none for a slot that never held one.
    #[inline]
    pub(crate) fn fault(&self, bits: u64) -> Option<&Arc<Exit>> {
        self.faults.get(index(bits).checked_sub(1)?)
    }

    /// A new fault.
    pub(crate) fn new_fault(&mut self, exit: Arc<Exit>) -> Result<u64, TrapCode> {
        self.faults.push(exit);
        u32::try_from(self.faults.len()).map(u64::from).map_err(|_| TrapCode::Heap)
    }
}
