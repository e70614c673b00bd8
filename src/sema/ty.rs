//! The types of the language as the checker sees them.

use super::schema::{EntityId, EnumId, ProcessId, RecordId};
use crate::base::value::Currency;

/// A type. `Error` satisfies everything, so that one mistake gives one message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// Something that was reported already.
    Error,
    /// `any`: a reference to a record of any entity.
    AnyRef,
    /// `bool`.
    Bool,
    /// `date`.
    Date,
    /// `datetime`.
    DateTime,
    /// `decimal`.
    Decimal,
    /// `duration`.
    Duration,
    /// An enum, a state or a status.
    Enum(EnumId),
    /// What `catch e` binds: `code`, `message`, `at`.
    Fault,
    /// `float`.
    Float,
    /// `handle of P`.
    Handle(ProcessId),
    /// `int`.
    Int,
    /// `list of T`.
    List(Box<Ty>),
    /// `money`: an amount of any currency.
    Money,
    /// `money(C)`.
    MoneyIn(Currency),
    /// `(a: int, b: text)`: what a query selects; a type by its fields.
    Named(Vec<(String, Ty)>),
    /// The type of `none` before its place gives it one.
    None,
    /// `T?`; never nested.
    Optional(Box<Ty>),
    /// The primary record in `before created`: fields can be read and set, nothing else.
    Pending(EntityId),
    /// A record value or the fields of an error.
    Record(RecordId),
    /// A reference to a record.
    Ref(EntityId),
    /// `set of T`.
    Set(Box<Ty>),
    /// `text`.
    Text,
    /// `time`.
    Time,
    /// A reference to a record of one of several entities: at least two, ascending.
    Union(Vec<EntityId>),
    /// What has no value: a call of a process without a result.
    Void,
}

impl Ty {
    /// `T` of `T?`, else the type itself.
    #[must_use]
    pub fn present(&self) -> &Ty {
        match self {
            Ty::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether the value may be absent.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self, Ty::Optional(_) | Ty::None)
    }

    /// Whether its values are smaller and greater than each other: `<`, `min`, `sorted`.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        matches!(
            self,
            Ty::Int
                | Ty::Decimal
                | Ty::Float
                | Ty::Money
                | Ty::MoneyIn(_)
                | Ty::Text
                | Ty::Date
                | Ty::Time
                | Ty::DateTime
                | Ty::Duration
        )
    }

    /// `T?`; optional types stay as they are.
    #[must_use]
    pub fn optional(self) -> Ty {
        match self {
            Ty::Optional(_) | Ty::None | Ty::Error => self,
            other => Ty::Optional(Box::new(other)),
        }
    }

    /// The entities that a reference of this type may point to; empty for other types. `any` gives nothing.
    #[must_use]
    pub fn entities(&self) -> Vec<EntityId> {
        match self.present() {
            Ty::Ref(entity) | Ty::Pending(entity) => vec![*entity],
            Ty::Union(entities) => entities.clone(),
            _ => Vec::new(),
        }
    }
}
