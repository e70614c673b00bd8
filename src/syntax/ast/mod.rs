//! The syntax tree: what the author wrote, with positions, without meaning.
//!
//! Bad places are `Error` nodes, so a tree always exists. Comments and blank lines are not here; see `syntax::trivia`.
//! Literals keep their value; the formatter prints them from the source text by span.

pub mod expr;
pub mod item;
pub mod stmt;
pub mod types;

use crate::base::span::Span;

pub use expr::*;
pub use item::*;
pub use stmt::*;
pub use types::*;

/// A name as written, without back-ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Where it stands, with its back-ticks.
    pub span: Span,
}

/// One `.proc` file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The declarations in the order of the text.
    pub items: Vec<Item>,
    /// The whole file.
    pub span: Span,
}
