//! The table of instructions: number, name, operands with what they must be, and a line of description each.
//!
//! Numbers are part of the format of builds: a number is never given to another instruction while a format lives.

use super::{Field, FunctionOperand, Operand, Pattern, Role, Table, TableIdx, Target, TrapOperand};
use crate::{
    base::value::{Currency, EntityIdx},
    bytecode::{
        module::Word,
        types::{ConstIdx, EnumIdx, PointIdx, RecordIdx, SiteIdx, SlotIdx, TypeIdx},
    },
};

/// The type of an operand's field.
#[rustfmt::skip]
macro_rules! field_type {
    (put $p:ident) => { SlotIdx };
    (get $p:ident) => { SlotIdx };
    (edit $p:ident) => { SlotIdx };
    (jump Target) => { Target };
    (number Small) => { i16 };
    (number Wide) => { i32 };
    (number Count) => { u16 };
    (number Flag) => { bool };
    (index Const) => { ConstIdx };
    (index TextConst) => { ConstIdx };
    (index Currency) => { Currency };
    (index Entity) => { EntityIdx };
    (index Enum) => { EnumIdx };
    (index Function) => { FunctionOperand };
    (index Jumps) => { TableIdx };
    (index Point) => { PointIdx };
    (index Record) => { RecordIdx };
    (index Site) => { SiteIdx };
    (index Trap) => { TrapOperand };
    (index Type) => { TypeIdx };
}

/// The role of an operand.
#[rustfmt::skip]
macro_rules! role {
    (put $p:ident) => { Role::Put(Pattern::$p) };
    (get $p:ident) => { Role::Get(Pattern::$p) };
    (edit $p:ident) => { Role::Edit(Pattern::$p) };
    (jump Target) => { Role::Target };
    (number $p:ident) => { Role::Number };
    (index $p:ident) => { Role::Index(Table::$p) };
}

/// A target goes through the function, other operands stay.
#[rustfmt::skip]
macro_rules! retarget {
    (jump $field:ident $map:ident) => { $map($field) };
    ($role:ident $field:ident $map:ident) => { $field };
}

/// An entity goes through the function, other operands stay.
#[rustfmt::skip]
macro_rules! renumber {
    (index Entity $field:ident $map:ident) => { $map($field) };
    ($role:ident $pattern:ident $field:ident $map:ident) => { $field };
}

/// Makes everything of the table.
macro_rules! instructions {
    ($($number:literal $name:ident { $($field:ident: $role:ident $pattern:ident),* } $doc:literal)*) => {
        /// An instruction. Operands name slots unless their type says otherwise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "operands are described by their names and roles")]
        pub enum Instruction {
            $(#[doc = $doc] $name { $($field: field_type!($role $pattern)),* },)*
        }

        impl Instruction {
            /// How many there are.
            pub const COUNT: usize = [$($number),*].len();

            /// As stored.
            #[must_use]
            pub fn encode(self) -> Word {
                match self {
                    $(Instruction::$name { $($field),* } => {
                        let packer = Packer { word: $number, shift: 16 };
                        $(let packer = packer.put($field);)*
                        Word(packer.word)
                    })*
                }
            }

            /// Reads the operation and its operands.
            pub(super) fn from_word(word: u64) -> Option<Self> {
                let mut unpacker = Unpacker(word >> 16);
                match word & 0xFF {
                    $($number => Some(Instruction::$name { $($field: unpacker.take()),* }),)*
                    _ => None,
                }
            }

            /// Its name in listings.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Instruction::$name { .. } => stringify!($name),)*
                }
            }

            /// What it does.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self {
                    $(Instruction::$name { .. } => $doc,)*
                }
            }

            /// Its operands in order.
            #[must_use]
            pub fn operands(self) -> &'static [Operand] {
                match self {
                    $(Instruction::$name { .. } => {
                        const { &[$(Operand { name: stringify!($field), role: role!($role $pattern) }),*] }
                    })*
                }
            }

            /// The same with other targets.
            #[must_use]
            pub fn retarget(self, map: impl Fn(Target) -> Target) -> Self {
                match self {
                    $(Instruction::$name { $($field),* } => {
                        Instruction::$name { $($field: retarget!($role $field map)),* }
                    })*
                }
            }

            /// The same with other entities.
            #[must_use]
            pub fn renumber(self, map: impl Fn(EntityIdx) -> EntityIdx) -> Self {
                match self {
                    $(Instruction::$name { $($field),* } => {
                        Instruction::$name { $($field: renumber!($role $pattern $field map)),* }
                    })*
                }
            }

            /// The stored numbers of its operands in order.
            #[must_use]
            pub fn numbers(self) -> [u32; 3] {
                let mut numbers = [0; 3];
                let mut places = numbers.iter_mut();
                match self {
                    $(Instruction::$name { $($field),* } => {
                        $(if let Some(place) = places.next() {
                            *place = u32::try_from($field.bits()).unwrap_or_default();
                        })*
                    })*
                }
                drop(places);
                numbers
            }
        }
    };
}

/// Puts operands into a word.
struct Packer {
    word: u64,
    shift: u32,
}

impl Packer {
    fn put<F: Field>(self, field: F) -> Self {
        Self { word: self.word | field.bits() << self.shift, shift: self.shift + F::BITS }
    }
}

/// Takes operands out of a word.
struct Unpacker(u64);

impl Unpacker {
    fn take<F: Field>(&mut self) -> F {
        let field = F::from_bits(self.0);
        self.0 = self.0.checked_shr(F::BITS).unwrap_or_default();
        field
    }
}

#[rustfmt::skip]
instructions! {
    // Moves and constants.
    0x01 Move { into: put Plain, from: get Plain } "Copies a slot that is no list and no record."
    0x02 Move2 { into: put Plain2, from: get Plain2 } "Copies two slots that are no lists and no records."
    0x03 Share { into: put Handle, from: get Handle } "Copies a list or record; both slots see the value, and the next change of either copies it."
    0x04 Take { into: put Handle, from: edit Handle } "Moves a list or record and leaves the empty one."
    0x05 Clear { into: put Slots, count: number Count } "Sets slots to zero."
    0x06 LoadInt { into: put Scalar, value: number Wide } "A small constant: whole number, bool, member, date; of references and instances only 0."
    0x07 LoadConst { into: put Typed, ty: index Type, constant: index Const } "A constant of the module, laid out as the type."
    0x08 LoadCurrency { into: put Currency, currency: index Currency } "A currency, beside its amount."

    // Control.
    0x09 Jump { to: jump Target } "Goes on there."
    0x0A JumpTable { from: get Scalar, table: index Jumps } "Goes on where the table says."
    0x0B JumpIf { from: get Bool, to: jump Target } "Goes on there if true."
    0x0C JumpUnless { from: get Bool, to: jump Target } "Goes on there if false."
    0x0D JumpEqual { left: get Scalar, right: get Scalar, to: jump Target } "Goes on there if equal."
    0x0E JumpNotEqual { left: get Scalar, right: get Scalar, to: jump Target } "Goes on there if not equal."
    0x0F JumpLess { left: get Scalar, right: get Scalar, to: jump Target } "Goes on there if less; swap for greater."
    0x10 JumpLessEqual { left: get Scalar, right: get Scalar, to: jump Target } "Goes on there if less or equal; swap for greater or equal."
    0x11 JumpEqualTo { left: get Scalar, value: number Small, to: jump Target } "Goes on there if equal to the number."
    0x12 JumpNotEqualTo { left: get Scalar, value: number Small, to: jump Target } "Goes on there if not equal to the number."
    0x13 JumpLessThan { left: get Scalar, value: number Small, to: jump Target } "Goes on there if less than the number."
    0x14 JumpAtMost { left: get Scalar, value: number Small, to: jump Target } "Goes on there if at most the number."
    0x15 JumpGreaterThan { left: get Scalar, value: number Small, to: jump Target } "Goes on there if greater than the number."
    0x16 JumpAtLeast { left: get Scalar, value: number Small, to: jump Target } "Goes on there if at least the number."
    0x17 Call { into: put Result, args: get Arguments, function: index Function } "Calls a pure function."
    0x18 Return { from: get Result } "Ends the function with its result."
    0x19 ReturnNothing { } "Ends a function that has no result."
    0x1A HostCall { into: put Result, args: get Arguments, site: index Site } "Asks the host, and goes on with its reply."
    0x1B Wait { point: index Point } "Suspends at a point."
    0x1C Stop { message: get Text, canceled: number Flag } "Ends the instance with a message, after what always runs."
    0x1D Trap { code: index Trap } "Cannot be passed: a trap with this code."
    0x1E Require { from: get Presence, code: index Trap } "A trap with this code if absent: false, or no reference."

    // Comparisons of scalars, and truth.
    0x20 Equal { into: put Bool, left: get Scalar, right: get Scalar } "Whether equal."
    0x21 NotEqual { into: put Bool, left: get Scalar, right: get Scalar } "Whether not equal."
    0x22 Less { into: put Bool, left: get Scalar, right: get Scalar } "Whether less; swap for greater."
    0x23 LessEqual { into: put Bool, left: get Scalar, right: get Scalar } "Whether less or equal; swap for greater or equal."
    0x24 EqualTo { into: put Bool, left: get Scalar, value: number Small } "Whether equal to the number."
    0x25 NotEqualTo { into: put Bool, left: get Scalar, value: number Small } "Whether not equal to the number."
    0x26 LessThan { into: put Bool, left: get Scalar, value: number Small } "Whether less than the number."
    0x27 AtMost { into: put Bool, left: get Scalar, value: number Small } "Whether at most the number."
    0x28 GreaterThan { into: put Bool, left: get Scalar, value: number Small } "Whether greater than the number."
    0x29 AtLeast { into: put Bool, left: get Scalar, value: number Small } "Whether at least the number."
    0x2A Not { into: put Bool, from: get Bool } "The other truth."
    0x2B And { into: put Bool, left: get Bool, right: get Bool } "Both."
    0x2C Or { into: put Bool, left: get Bool, right: get Bool } "At least one."
    0x2D Minimum { into: put Scalar, left: get Scalar, right: get Scalar } "The lesser."
    0x2E Maximum { into: put Scalar, left: get Scalar, right: get Scalar } "The greater."

    // Whole numbers.
    0x30 IntAdd { into: put Int, left: get Int, right: get Int } "Sum."
    0x31 IntSub { into: put Int, left: get Int, right: get Int } "Difference."
    0x32 IntMul { into: put Int, left: get Int, right: get Int } "Product."
    0x33 IntDiv { into: put Int, left: get Int, right: get Int } "Quotient, rounded down."
    0x34 IntMod { into: put Int, left: get Int, right: get Int } "Remainder of the quotient that is rounded down."
    0x35 IntAddConst { into: put Int, left: get Int, value: number Small } "Sum with the number."
    0x36 IntMulConst { into: put Int, left: get Int, value: number Small } "Product with the number."
    0x37 IntDivConst { into: put Int, left: get Int, value: number Small } "Quotient by the number, rounded down."
    0x38 IntModConst { into: put Int, left: get Int, value: number Small } "Remainder by the number."
    0x39 IntNegate { into: put Int, from: get Int } "With the other sign."
    0x3A IntAbsolute { into: put Int, from: get Int } "Without sign."
    0x3B IntToDecimal { into: put Decimal, from: get Int } "As a decimal."
    0x3C IntToFloat { into: put Float, from: get Int } "As a float."
    0x3D IntOfText { into: put Int, from: get Text } "Reads a whole number, or a trap."
    0x3E IntOfEnum { into: put Int, from: get Enum } "The stored number."
    0x3F IntOfRef { into: put Int, from: get Ref } "The row id; 0 of none."

    // Decimals.
    0x40 DecimalAdd { into: put Decimal, left: get Decimal, right: get Decimal } "Sum."
    0x41 DecimalSub { into: put Decimal, left: get Decimal, right: get Decimal } "Difference."
    0x42 DecimalMul { into: put Decimal, left: get Decimal, right: get Decimal } "Product."
    0x43 DecimalDiv { into: put Decimal, left: get Decimal, right: get Decimal } "Quotient."
    0x44 DecimalMod { into: put Decimal, left: get Decimal, right: get Decimal } "Remainder of the quotient that is rounded down."
    0x45 DecimalFloor { into: put Decimal, left: get Decimal, right: get Decimal } "Quotient, rounded down."
    0x46 DecimalNegate { into: put Decimal, from: get Decimal } "With the other sign."
    0x47 DecimalAbsolute { into: put Decimal, from: get Decimal } "Without sign."
    0x48 DecimalRound { into: put Decimal, from: get Decimal, places: get Int } "Rounded half to even to so many places."
    0x49 DecimalCompare { into: put Int, left: get Decimal, right: get Decimal } "-1, 0, 1."
    0x4A DecimalToInt { into: put Int, from: get Decimal } "Cut towards zero."
    0x4B DecimalToFloat { into: put Float, from: get Decimal } "As a float."
    0x4C DecimalOfText { into: put Decimal, from: get Text } "Reads a decimal, or a trap."

    // Floats.
    0x50 FloatAdd { into: put Float, left: get Float, right: get Float } "Sum."
    0x51 FloatSub { into: put Float, left: get Float, right: get Float } "Difference."
    0x52 FloatMul { into: put Float, left: get Float, right: get Float } "Product."
    0x53 FloatDiv { into: put Float, left: get Float, right: get Float } "Quotient."
    0x54 FloatMod { into: put Float, left: get Float, right: get Float } "Remainder of the quotient that is rounded down."
    0x55 FloatNegate { into: put Float, from: get Float } "With the other sign."
    0x56 FloatAbsolute { into: put Float, from: get Float } "Without sign."
    0x57 FloatRound { into: put Float, from: get Float, places: get Int } "Rounded half to even to so many places."
    0x58 FloatCompare { into: put Int, left: get Float, right: get Float } "-1, 0, 1."
    0x59 FloatToInt { into: put Int, from: get Float } "Cut towards zero."
    0x5A FloatToDecimal { into: put Decimal, from: get Float } "As a decimal."
    0x5B FloatOfText { into: put Float, from: get Text } "Reads a float, or a trap."

    // Amounts of a known currency.
    0x60 AmountAdd { into: put Amount, left: get Amount, right: get Amount } "Sum."
    0x61 AmountSub { into: put Amount, left: get Amount, right: get Amount } "Difference."
    0x62 AmountNegate { into: put Amount, from: get Amount } "With the other sign."
    0x63 AmountAbsolute { into: put Amount, from: get Amount } "Without sign."
    0x64 AmountMulInt { into: put Amount, left: get Amount, right: get Int } "Product with a whole number."
    0x65 AmountMulDecimal { into: put Amount, left: get Amount, right: get Decimal } "Product with a decimal, half to even."
    0x66 AmountDivInt { into: put Amount, left: get Amount, right: get Int } "Quotient by a whole number, half to even."
    0x67 AmountDivDecimal { into: put Amount, left: get Amount, right: get Decimal } "Quotient by a decimal, half to even."
    0x68 AmountRatio { into: put Decimal, left: get Amount, right: get Amount } "Quotient of two amounts."
    0x69 AmountRound { into: put Amount, from: get Amount, places: get Int } "Rounded half to even to so many places."
    0x6A AmountToDecimal { into: put Decimal, from: get Amount } "The amount without its currency."
    0x6B AmountOfDecimal { into: put Amount, from: get Decimal } "A decimal as an amount, half to even."

    // Money: amount and currency. Different currencies are a trap; an amount of zero agrees with each.
    0x70 MoneyAdd { into: put Money, left: get Money, right: get Money } "Sum."
    0x71 MoneySub { into: put Money, left: get Money, right: get Money } "Difference."
    0x72 MoneyNegate { into: put Money, from: get Money } "With the other sign."
    0x73 MoneyAbsolute { into: put Money, from: get Money } "Without sign."
    0x74 MoneyMulInt { into: put Money, left: get Money, right: get Int } "Product with a whole number."
    0x75 MoneyMulDecimal { into: put Money, left: get Money, right: get Decimal } "Product with a decimal, half to even."
    0x76 MoneyDivInt { into: put Money, left: get Money, right: get Int } "Quotient by a whole number, half to even."
    0x77 MoneyDivDecimal { into: put Money, left: get Money, right: get Decimal } "Quotient by a decimal, half to even."
    0x78 MoneyRatio { into: put Decimal, left: get Money, right: get Money } "Quotient of two amounts."
    0x79 MoneyRound { into: put Money, from: get Money } "Rounded half to even to the currency's smallest coin."
    0x7A MoneyCompare { into: put Int, left: get Money, right: get Money } "-1, 0, 1."
    0x7B MoneyCurrency { into: put Text, from: get Money } "The currency's code."
    0x7C MoneyRoundTo { into: put Money, from: get Money, places: get Int } "Rounded half to even to so many places."
    0x7D MoneySplit { into: put MoneyList, from: get Element, parts: get Int } "So many amounts with this sum, in whole coins; what is left goes to the first ones."

    // Time. Zones are that of the machine.
    0x80 DateAdd { into: put Date, left: get Date, right: get Duration } "Months first, then days; exact time is a trap."
    0x81 DateDifference { into: put Duration, left: get Date, right: get Date } "The days from right to left."
    0x82 DatePart { into: put Int, from: get Date, part: number Small } "0 year, 1 month, 2 day, 3 day of the week from Monday as 1, 4 day of the year."
    0x83 MonthsBetween { into: put Int, left: get Date, right: get Date } "Whole months from left to right."
    0x84 DateTimeAdd { into: put DateTime, left: get DateTime, right: get Duration } "Months first, then days, both on the wall clock; then exact time."
    0x85 DateTimeDifference { into: put Duration, left: get DateTime, right: get DateTime } "The exact time from right to left."
    0x86 DateTimeDate { into: put Date, from: get DateTime } "The date on the wall clock."
    0x87 DateTimeTime { into: put Time, from: get DateTime } "The time on the wall clock."
    0x88 DateTimeOf { into: put DateTime, date: get Date, time: get Time } "A moment on the wall clock: in a gap moved forward, in a fold the earlier."
    0x89 TimePart { into: put Int, from: get Time, part: number Small } "0 hour, 1 minute, 2 second, 3 microsecond."
    0x8A TimeAdd { into: put Time, left: get Time, right: get Duration } "Around the clock; months and days are a trap."
    0x8B DurationAdd { into: put Duration, left: get Duration, right: get Duration } "Sum, part by part."
    0x8C DurationSub { into: put Duration, left: get Duration, right: get Duration } "Difference, part by part."
    0x8D DurationNegate { into: put Duration, from: get Duration } "With the other sign."
    0x8E DurationMul { into: put Duration, left: get Duration, right: get Int } "So many times."
    0x8F DurationCompare { into: put Int, left: get Duration, right: get Duration } "-1, 0, 1; parts of different kinds are a trap."
    0x90 DurationEqual { into: put Bool, left: get Duration, right: get Duration } "Whether all parts are equal."
    0x91 DurationOfDays { into: put Duration, from: get Int } "So many days."
    0x92 DurationPart { into: put Int, from: get Duration, part: number Small } "0 months, 1 days, 2 microseconds."
    0x93 TimeDifference { into: put Duration, left: get Time, right: get Time } "The exact time from right to left."

    // Texts.
    0xA0 TextBegin { } "Begins a text."
    0xA1 TextEnd { into: put Text } "Ends the text."
    0xA2 PushConst { constant: index TextConst } "Appends a constant."
    0xA3 PushText { from: get Text } "Appends a text."
    0xA4 PushInt { from: get Int } "Appends a whole number."
    0xA5 PushDecimal { from: get Decimal } "Appends a decimal."
    0xA6 PushFloat { from: get Float } "Appends a float."
    0xA7 PushBool { from: get Bool } "Appends `true` or `false`."
    0xA8 PushAmount { from: get Amount, currency: index Currency } "Appends amount and currency."
    0xA9 PushMoney { from: get Money } "Appends amount and currency."
    0xAA PushDate { from: get Date } "Appends a date."
    0xAB PushTime { from: get Time } "Appends a time."
    0xAC PushDateTime { from: get DateTime } "Appends a moment on the wall clock."
    0xAD PushDuration { from: get Duration } "Appends a duration."
    0xAE PushEnum { from: get Enum, members: index Enum } "Appends a member's label."
    0xAF PushIntAs { from: get Int, pattern: index TextConst } "Appends a whole number by a pattern."
    0xB0 PushDecimalAs { from: get Decimal, pattern: index TextConst } "Appends a decimal by a pattern."
    0xB1 PushDateAs { from: get Date, pattern: index TextConst } "Appends a date by a pattern."
    0xB2 PushTimeAs { from: get Time, pattern: index TextConst } "Appends a time by a pattern."
    0xB3 PushDateTimeAs { from: get DateTime, pattern: index TextConst } "Appends a moment by a pattern."
    0xB4 TextConcat { into: put Text, left: get Text, right: get Text } "One after the other."
    0xB5 TextEqual { into: put Bool, left: get Text, right: get Text } "Whether equal."
    0xB6 TextCompare { into: put Int, left: get Text, right: get Text } "-1, 0, 1 by code point."
    0xB7 TextLength { into: put Int, from: get Text } "Characters."
    0xB8 TextContains { into: put Bool, left: get Text, right: get Text } "Whether right stands in left."
    0xB9 TextStarts { into: put Bool, left: get Text, right: get Text } "Whether left starts with right."
    0xBA TextEnds { into: put Bool, left: get Text, right: get Text } "Whether left ends with right."
    0xBB TextLower { into: put Text, from: get Text } "In lower case."
    0xBC TextUpper { into: put Text, from: get Text } "In upper case."
    0xBD TextTrim { into: put Text, from: get Text } "Without space around it."
    0xBE TextSubstring { into: put Text, from: get Text, range: get Int2 } "From a character on, so many; cut at the ends."
    0xBF TextReplace { into: put Text, from: get Text, change: get Text2 } "Each occurrence of the first by the second."

    // Lists and sets.
    0xC0 ListPush { list: edit List, from: get Element } "Appends an element."
    0xC1 ListGet { into: put Element, list: get List, index: get Int } "The element of this number, from 0."
    0xC2 ListLength { into: put Int, list: get List } "How many elements."
    0xC3 ListContains { into: put Bool, list: get List, from: get Element } "Whether an element is equal."
    0xC4 ListSort { list: edit List, descending: number Flag } "Sorts by the elements, absent last."
    0xC5 ListSortBy { list: edit List, keys: get KeyList, descending: number Count } "Sorts by keys, absent last; bit n set: the n-th field descending."
    0xC6 ListDistinct { into: put List, list: get List } "The first of equal elements."
    0xC7 ListRange { into: put IntList, low: get Int, high: get Int } "Whole numbers, both inclusive."
    0xC8 ListSlice { into: put List, list: get List, range: get Int2 } "From an element on, so many; cut at the ends."
    0xC9 ListConcat { into: put List, left: get List, right: get List } "One after the other."
    0xCA ListJoin { into: put Text, list: get TextList, separator: get Text } "The texts with the separator between them."
    0xCB ListEqual { into: put Bool, left: get List, right: get List } "Whether all elements are equal."
    0xCC SetOfList { into: put ListOrSet, from: get ListOrSet } "A set of the elements: sorted, each once."
    0xCD ListOfSet { into: put ListOrSet, from: get ListOrSet } "The elements of a set as a list."
    0xCE TextMatches { into: put Bool, from: get Text, pattern: index TextConst } "Whether the pattern is somewhere in the text."

    // Records.
    0xD0 RecordNew { into: put Record, from: get Fields } "A record value of consecutive slots."
    0xD1 RecordGet { into: put Field, record: get Record, offset: number Count } "One slot of a record value."
    0xD2 RecordSet { record: edit Record, offset: number Count, from: get Field } "Changes one slot of a record value."
    0xD3 RecordEqual { into: put Bool, left: get Record, right: get Record } "Whether all fields are equal."

    // References.
    0xD8 RefToAny { into: put AnyRef, from: get Ref } "As a reference to any."
    0xD9 AnyToRef { into: put Ref, from: get AnyRef } "As a reference to one entity; another one is a trap, none stays none."
    0xDA AnyIs { into: put Bool, from: get AnyRef, entity: index Entity } "Whether it is of the entity."
    0xDB AnyEqual { into: put Bool, left: get AnyRef, right: get AnyRef } "Whether it is the same record."

    // Faults.
    0xE0 Raise { from: get Record } "Raises an error."
    0xE1 RaiseAgain { from: get Fault } "Raises a caught fault again."
    0xE2 FaultIs { into: put Bool, from: get Fault, record: index Record } "Whether it is this error."
    0xE3 FaultPayload { into: put Record, from: get Fault } "The fields of an error; another fault is a trap."
    0xE4 FaultCode { into: put Text, from: get Fault } "Its code, or the name of the error."
    0xE5 FaultMessage { into: put Text, from: get Fault } "Its message."
    0xE6 FaultAt { into: put Text, from: get Fault } "Where it happened."
    0xE7 FaultIsCancel { into: put Bool, from: get Fault } "Whether it is a cancellation or `stop canceled`."
}
