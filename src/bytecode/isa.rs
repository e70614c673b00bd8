//! The instruction set. One table ([`table`]) gives the instructions, their encoding, what the verifier asks of each
//! operand, and the words of listings.
//!
//! # Encoding
//!
//! An instruction is a [`Word`] of 64 bits: the operation in bits 0 to 7, zeros in bits 8 to 15, then its operands in
//! order from bit 16 on, each as wide as its type. Bits that no operand takes are zero. So each instruction has
//! exactly one encoding, and `decode(encode(x)) == x`.
//!
//! # Rules for who writes code
//!
//! - A slot has one kind for the whole function. All slots but parameters are zero at entry, which is a valid value of
//!   every kind (false, 0, first moment of 1970, empty text, empty list, record of zeros, no reference).
//! - An operand names its first slot; the slots of a value follow each other in the order of [`super::layout`].
//! - *Lists and records are values.* A slot may own its list or record alone; then `ListPush` and `RecordSet` change
//!   it in place, else they copy it first. `Share` makes two owners, `Take` hands the value on and leaves the empty
//!   one. `Move` is for all other kinds.
//! - *Calls.* Arguments lie in consecutive slots laid out by the parameters' types; lists and records among them are
//!   taken (their slots hold the empty value afterwards). The result goes to consecutive slots from `into` on.
//! - *Targets* are indexes of instructions of the same function. Jumps back cost fuel.
//! - *Texts* are built between `TextBegin` and `TextEnd`; nothing else may stand between them but pushes.
//! - *Comparisons.* `Equal`, `Less` … and the jumps take two slots of one scalar kind: bool, int, date, time, datetime,
//!   enum, amount, reference, instance. Other types have a `…Compare` that gives -1, 0 or 1 as an int.
//! - *Presence* is an ordinary bool slot. `Require` traps where a bool is false or a reference, instance or entity
//!   of a reference is zero.
//! - *Sorting* takes keys as a list of records of the same length as the list; each field is a key.
//! - *Faults.* A handler is given the fault in its slot. One that is `always` may hold a stop or a cancellation,
//!   and ends with `RaiseAgain`.
//! - The end of a function is not fallen off: the last instruction is one that never goes on.

pub mod table;

pub use table::Instruction;

use super::{
    module::Word,
    types::{ConstIdx, EnumIdx, PointIdx, RecordIdx, SiteIdx, SlotIdx, TypeIdx},
};
use crate::base::value::{Currency, EntityIdx};

/// What an operand must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A value that is written.
    Put(Pattern),
    /// A value that is read.
    Get(Pattern),
    /// A value that is read, then written.
    Edit(Pattern),
    /// An instruction of this function.
    Target,
    /// A number.
    Number,
    /// An index of one of the module's tables, or of the function's.
    Index(Table),
}

/// Which kinds of slots an operand takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the first group says its kind")]
pub enum Pattern {
    Amount,
    Bool,
    Currency,
    Date,
    DateTime,
    Enum,
    Fault,
    Float,
    Int,
    Text,
    Time,
    /// Two slots.
    AnyRef,
    /// Two slots.
    Decimal,
    /// Two slots.
    Duration,
    /// Two slots.
    Money,
    /// A reference to a record of one entity.
    Ref,
    /// A record value; all such operands of an instruction are of one record type.
    Record,
    /// A list or set; all such operands of an instruction are of one type.
    List,
    /// A list of int.
    IntList,
    /// A list of money, with a known currency or any.
    MoneyList,
    /// A list of text.
    TextList,
    /// A list of record values.
    KeyList,
    /// A set or list with the same elements as the other one.
    ListOrSet,
    /// The slots of an element of the instruction's list.
    Element,
    /// The slots of all fields of the instruction's record.
    Fields,
    /// The slot of the field at the instruction's offset.
    Field,
    /// Any kind but list and record; all such operands of an instruction are of one kind.
    Plain,
    /// As `Plain`, two slots.
    Plain2,
    /// A list or record; all such operands of an instruction are of one kind.
    Handle,
    /// Bool, int, date, time, datetime, enum, amount, reference, instance; all such operands of an instruction are of
    /// one kind.
    Scalar,
    /// Bool, reference, instance, entity of a reference.
    Presence,
    /// As many slots as the instruction's count, of any kind.
    Slots,
    /// The slots of the instruction's type.
    Typed,
    /// The slots of the parameters of the called function, or of the arguments of the request.
    Arguments,
    /// The slots of the result of the called function, of this function, or of the request.
    Result,
    /// Two slots of int.
    Int2,
    /// Two slots of text.
    Text2,
}

/// The tables that operands refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the name of the table")]
pub enum Table {
    Const,
    /// A constant that is a text.
    TextConst,
    Currency,
    Entity,
    Enum,
    Function,
    Jumps,
    Point,
    Record,
    Site,
    Trap,
    Type,
}

/// An operand of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub role: Role,
}

/// An operand as it is stored.
pub trait Field: Copy {
    /// How many bits it takes.
    const BITS: u32;
    /// Its bits.
    fn bits(self) -> u64;
    /// From the lowest bits of a word.
    fn from_bits(bits: u64) -> Self;
}

impl Field for u16 {
    const BITS: u32 = 16;
    fn bits(self) -> u64 {
        u64::from(self)
    }
    fn from_bits(bits: u64) -> Self {
        u16::try_from(bits & 0xFFFF).unwrap_or_default()
    }
}

impl Field for u32 {
    const BITS: u32 = 32;
    fn bits(self) -> u64 {
        u64::from(self)
    }
    fn from_bits(bits: u64) -> Self {
        u32::try_from(bits & 0xFFFF_FFFF).unwrap_or_default()
    }
}

impl Field for i16 {
    const BITS: u32 = 16;
    fn bits(self) -> u64 {
        u64::from(self.cast_unsigned())
    }
    fn from_bits(bits: u64) -> Self {
        u16::from_bits(bits).cast_signed()
    }
}

impl Field for i32 {
    const BITS: u32 = 32;
    fn bits(self) -> u64 {
        u64::from(self.cast_unsigned())
    }
    fn from_bits(bits: u64) -> Self {
        u32::from_bits(bits).cast_signed()
    }
}

impl Field for bool {
    const BITS: u32 = 16;
    fn bits(self) -> u64 {
        u64::from(self)
    }
    fn from_bits(bits: u64) -> Self {
        bits & 1 == 1
    }
}

impl Field for Currency {
    const BITS: u32 = 32;
    fn bits(self) -> u64 {
        let [a, b, c] = self.0;
        u64::from(u32::from_le_bytes([a, b, c, 0]))
    }
    fn from_bits(bits: u64) -> Self {
        let [a, b, c, ..] = bits.to_le_bytes();
        Self([a, b, c])
    }
}

/// Index newtypes are stored as their numbers.
macro_rules! index_fields {
    ($($name:ident($int:ty)),*) => {
        $(impl Field for $name {
            const BITS: u32 = <$int>::BITS;
            fn bits(self) -> u64 {
                u64::from(self.0)
            }
            fn from_bits(bits: u64) -> Self {
                Self(<$int as Field>::from_bits(bits))
            }
        })*
    };
}

index_fields! {
    ConstIdx(u16), EntityIdx(u16), EnumIdx(u16), RecordIdx(u16), SiteIdx(u16), SlotIdx(u16), TypeIdx(u16),
    FunctionOperand(u16), PointIdx(u32), TableIdx(u16), TrapOperand(u16), Target(u16)
}

/// A function that is called: functions of a higher index cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FunctionOperand(pub u16);

/// A jump table of this function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TableIdx(pub u16);

/// An instruction of this function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(pub u16);

impl Target {
    /// As an index of a vector.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The number of a trap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TrapOperand(pub u16);

impl From<super::traps::TrapCode> for TrapOperand {
    fn from(code: super::traps::TrapCode) -> Self {
        Self(code.number())
    }
}

impl Instruction {
    /// Reads a word; none if it is no instruction or has bits where none belong.
    #[must_use]
    pub fn decode(word: Word) -> Option<Self> {
        let instruction = Self::from_word(word.0)?;
        (instruction.encode() == word).then_some(instruction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_takes_eight_bytes() {
        assert_eq!(size_of::<Instruction>(), 8);
    }

    #[test]
    fn every_operation_decodes_to_what_was_encoded() {
        let mut known = 0;
        for opcode in 0..=255u64 {
            for operands in [0u64, 1, 0x0001_0002_0003, 0x0041_4243_0001, 0xFFFF_FFFF_FFFF] {
                let word = Word(opcode | operands << 16);
                if let Some(instruction) = Instruction::decode(word) {
                    assert_eq!(instruction.encode(), word, "{instruction:?}");
                    assert_eq!(Instruction::decode(instruction.encode()), Some(instruction));
                    known += usize::from(operands == 0);
                }
            }
        }
        assert_eq!(known, Instruction::COUNT);
    }

    #[test]
    fn bits_where_none_belong_are_refused() {
        let word = Instruction::Jump { to: Target(7) }.encode();
        assert!(Instruction::decode(word).is_some());
        assert!(Instruction::decode(Word(word.0 | 1 << 8)).is_none());
        assert!(Instruction::decode(Word(word.0 | 1 << 63)).is_none());
    }
}
