//! Functions: their code and what belongs to it.

use crate::bytecode::types::{SlotIdx, SlotKind, TypeIdx};

/// An instruction as stored: see `isa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub u64);

/// What a function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// A `fn`, a default, a shown name: pure.
    Pure,
    /// `only if`: reads, exists, count.
    Condition,
    /// The body of a process.
    Process,
    /// The body of a rule: reads, and speaks of the record that is about to be written.
    Rule,
    /// The body of a test.
    Test,
    /// A branch of a `parallel`.
    Branch,
    /// An undo block.
    Undo,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name, for listings and faults.
    pub name: String,
    /// What it is for.
    pub kind: FunctionKind,
    /// Its parameters, laid out from slot 0.
    pub params: Vec<TypeIdx>,
    /// Its result.
    pub result: Option<TypeIdx>,
    /// The kind of each slot; its length is the size of the frame.
    pub slots: Vec<SlotKind>,
    /// Its instructions.
    pub code: Vec<Word>,
    /// Its handlers; of those that cover a place the first in the list is the innermost.
    pub handlers: Vec<Handler>,
    /// Jump tables of `match`.
    pub tables: Vec<JumpTable>,
}

/// Where a fault in a range of code goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First instruction covered.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Where to go on.
    pub target: u32,
    /// Where the fault is put.
    pub fault: SlotIdx,
    /// `finally` and `atomic`: also takes stops and cancellation, which must be raised again.
    pub always: bool,
}

/// Targets of a dense `match` over whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JumpTable {
    /// The number of the first target.
    pub first: i64,
    /// One target a number.
    pub targets: Vec<u32>,
    /// Where other numbers go.
    pub otherwise: u32,
}
