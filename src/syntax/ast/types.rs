//! Types as written.

use super::Ident;
use crate::base::span::Span;

/// A type with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What was written.
    pub kind: TypeKind,
    /// Where.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// A place that did not parse.
    Error,
    /// `int`, `text`, `datetime`: a lower-case word.
    Builtin(Ident),
    /// `text(200)`.
    TextMax(u32),
    /// `decimal(2)`.
    DecimalScale(u32),
    /// `money(USD)`.
    MoneyIn(Ident),
    /// `Account`, `Rating`, `Address`.
    Named(Ident),
    /// `Opportunity.State`, `Opportunity.Status`.
    Member(Ident, Ident),
    /// `Account or Contact`.
    Union(Vec<TypeExpr>),
    /// `list of T`.
    List(Box<TypeExpr>),
    /// `set of T`.
    Set(Box<TypeExpr>),
    /// `handle of Onboard`.
    Handle(Ident),
    /// `T?`.
    Optional(Box<TypeExpr>),
    /// `many Note via regarding`.
    ManyVia {
        /// The entity on the other side.
        entity: Ident,
        /// Its reference field.
        field: Ident,
    },
    /// `many List through Membership(a, b)`.
    ManyThrough {
        /// The entity on the other side.
        entity: Ident,
        /// The link entity.
        link: Ident,
        /// Its reference to this side and to the other, where named.
        sides: Option<Box<(Ident, Ident)>>,
    },
}
