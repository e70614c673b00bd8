//! How values lie in slots: the kinds of the slots of a type, in order.
//!
//! | type | slots |
//! | --- | --- |
//! | decimal | low, high |
//! | duration | days, microseconds |
//! | money | amount, currency |
//! | reference to any | entity, id |
//! | `T?` | presence (bool), then the slots of `T`; references and instances have no presence, their 0 is absence |
//! | everything else | one |
//!
//! Fields of a record value and elements of a list lie one after the other in the same way.

use super::{
    module::{Module, RecordDef},
    types::{RecordIdx, SlotKind, TypeDef, TypeIdx},
};

/// Whether an optional value of this type has no presence slot: its zero is absence.
#[must_use]
pub fn zero_is_absent(ty: &TypeDef) -> bool {
    matches!(ty, TypeDef::AnyRef | TypeDef::Ref(_) | TypeDef::Instance)
}

/// Appends the kinds of the slots of a type. An index out of range gives nothing; the verifier refuses it.
pub fn push_kinds(types: &[TypeDef], ty: TypeIdx, kinds: &mut Vec<SlotKind>) {
    let Some(def) = types.get(ty.index()) else { return };
    match *def {
        TypeDef::AnyRef => kinds.extend([SlotKind::RefEntity, SlotKind::RefId]),
        TypeDef::Bool => kinds.push(SlotKind::Bool),
        TypeDef::Date => kinds.push(SlotKind::Date),
        TypeDef::DateTime => kinds.push(SlotKind::DateTime),
        TypeDef::Decimal => kinds.extend([SlotKind::DecimalLow, SlotKind::DecimalHigh]),
        TypeDef::Duration => kinds.extend([SlotKind::DurationDays, SlotKind::DurationMicros]),
        TypeDef::Enum(index) => kinds.push(SlotKind::Enum(index)),
        TypeDef::Fault => kinds.push(SlotKind::Fault),
        TypeDef::Float => kinds.push(SlotKind::Float),
        TypeDef::Instance => kinds.push(SlotKind::Instance),
        TypeDef::Int => kinds.push(SlotKind::Int),
        TypeDef::List(_) | TypeDef::Set(_) => kinds.push(SlotKind::List(ty)),
        TypeDef::Money => kinds.extend([SlotKind::MoneyAmount, SlotKind::MoneyCurrency]),
        TypeDef::MoneyIn(_) => kinds.push(SlotKind::MoneyAmount),
        TypeDef::Optional(inner) => {
            if !types.get(inner.index()).is_some_and(zero_is_absent) {
                kinds.push(SlotKind::Bool);
            }
            // An optional type of an optional one does not exist, and entries refer to earlier ones only.
            if inner < ty {
                push_kinds(types, inner, kinds);
            }
        }
        TypeDef::Record(index) => kinds.push(SlotKind::Record(index)),
        TypeDef::Ref(entity) => kinds.push(SlotKind::Ref(entity)),
        TypeDef::Text => kinds.push(SlotKind::Text),
        TypeDef::Time => kinds.push(SlotKind::Time),
    }
}

/// The kinds of the slots of a type.
#[must_use]
pub fn kinds(types: &[TypeDef], ty: TypeIdx) -> Vec<SlotKind> {
    let mut kinds = Vec::new();
    push_kinds(types, ty, &mut kinds);
    kinds
}

/// How many slots a type takes.
#[must_use]
pub fn width(types: &[TypeDef], ty: TypeIdx) -> u16 {
    match types.get(ty.index()) {
        None => 0,
        Some(TypeDef::AnyRef | TypeDef::Decimal | TypeDef::Duration | TypeDef::Money) => 2,
        Some(TypeDef::Optional(inner)) if *inner < ty => {
            let presence = !types.get(inner.index()).is_some_and(zero_is_absent);
            u16::from(presence).saturating_add(width(types, *inner))
        }
        Some(_) => 1,
    }
}

/// The kinds of the slots of a record value.
#[must_use]
pub fn record_kinds(types: &[TypeDef], record: &RecordDef) -> Vec<SlotKind> {
    let mut kinds = Vec::new();
    for field in &record.fields {
        push_kinds(types, field.ty, &mut kinds);
    }
    kinds
}

/// The first slot of a field within its record value: the `offset` of `RecordGet` and `RecordSet`.
#[must_use]
pub fn field_offset(types: &[TypeDef], record: &RecordDef, field: usize) -> u16 {
    record.fields.iter().take(field).map(|f| width(types, f.ty)).fold(0, u16::saturating_add)
}

impl Module {
    /// How many slots a type takes.
    #[must_use]
    pub fn width(&self, ty: TypeIdx) -> u16 {
        width(&self.types, ty)
    }

    /// The kinds of the slots of a type.
    #[must_use]
    pub fn kinds(&self, ty: TypeIdx) -> Vec<SlotKind> {
        kinds(&self.types, ty)
    }

    /// The first slot of a field within its record value.
    #[must_use]
    pub fn field_offset(&self, record: RecordIdx, field: usize) -> u16 {
        self.record(record).map_or(0, |def| field_offset(&self.types, def, field))
    }
}
