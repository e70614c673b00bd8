//! The types of slots and of values at the border, as a table: flat, each entry refers to earlier ones only.

use crate::base::value::{Currency, EntityIdx};

/// Declares index newtypes.
macro_rules! indexes {
    ($($(#[$doc:meta])* $name:ident($int:ty)),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub $int);
            impl $name {
                /// As an index of a vector.
                #[must_use]
                #[inline]
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}

indexes! {
    /// A setting of the module.
    ConfigIdx(u16),
    /// A constant of the module.
    ConstIdx(u16),
    /// An enum of the module.
    EnumIdx(u16),
    /// A field of an entity.
    FieldIdx(u16),
    /// A form of the module.
    FormIdx(u16),
    /// A function of the module.
    FuncIdx(u32),
    /// A record constant such as `Team["Sales"]`.
    ParticularIdx(u16),
    /// A suspension point of the module.
    PointIdx(u32),
    /// A process of the module.
    ProcessIdx(u16),
    /// A query of the module.
    QueryIdx(u16),
    /// A record type of the module.
    RecordIdx(u16),
    /// A request to the host: a place in the code with its signature.
    SiteIdx(u16),
    /// A slot of a frame.
    SlotIdx(u16),
    /// A type of the module.
    TypeIdx(u16),
}

/// A type. Where a type holds another, the other stands earlier in [`super::module::Module::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeDef {
    /// A reference to a record of any entity: entity and id; two slots, (0, 0) is none.
    AnyRef,
    /// One slot, 0 or 1.
    Bool,
    /// Days since 1970-01-01; one slot.
    Date,
    /// Microseconds since 1970-01-01T00:00Z; one slot.
    DateTime,
    /// 96 bits, scale and sign; two slots.
    Decimal,
    /// Months and days, microseconds; two slots.
    Duration,
    /// The stored number; one slot.
    Enum(EnumIdx),
    /// A caught fault: a heap object with code, message, place and payload; one slot.
    Fault,
    /// One slot.
    Float,
    /// A process instance; one slot, 0 is none.
    Instance,
    /// One slot.
    Int,
    /// One slot, a handle; 0 is the empty list.
    List(TypeIdx),
    /// Amount and currency; two slots.
    Money,
    /// The amount in ten-thousandths; one slot.
    MoneyIn(Currency),
    /// A presence slot before the slots of the type; references and instances have none, their 0 is absence.
    Optional(TypeIdx),
    /// One slot, a handle; 0 is the record of zeros.
    Record(RecordIdx),
    /// The row id; one slot, 0 is none.
    Ref(EntityIdx),
    /// A sorted list without repeats; one slot, a handle.
    Set(TypeIdx),
    /// One slot, a handle; 0 is the empty text.
    Text,
    /// Microseconds since midnight; one slot.
    Time,
}

/// What one slot holds. A slot of a function has one kind for the whole function; the verifier checks each operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// 0 or 1.
    Bool,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00Z.
    DateTime,
    /// Scale, sign and the highest 32 bits of a decimal.
    DecimalHigh,
    /// The lower 64 bits of a decimal.
    DecimalLow,
    /// Months (upper half) and days (lower half) of a duration.
    DurationDays,
    /// Exact time of a duration in microseconds.
    DurationMicros,
    /// The stored number of an enum.
    Enum(EnumIdx),
    /// A handle to a fault.
    Fault,
    /// The bits of a float.
    Float,
    /// An instance id.
    Instance,
    /// A whole number.
    Int,
    /// A handle to a list or set of this type (the type of the whole, not of its elements).
    List(TypeIdx),
    /// Ten-thousandths of a known or separate currency.
    MoneyAmount,
    /// The three letters of a currency, the first in the lowest byte; 0 where it is not known, which only an amount of
    /// zero may have.
    MoneyCurrency,
    /// A handle to a record value.
    Record(RecordIdx),
    /// The row id of a record of this entity.
    Ref(EntityIdx),
    /// The entity of a reference to any, plus one; 0 is none.
    RefEntity,
    /// The row id of a reference to any.
    RefId,
    /// A handle to a text.
    Text,
    /// Microseconds since midnight.
    Time,
}
