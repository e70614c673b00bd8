//! Meaning: names, types, entities, triggers. Takes syntax trees, gives a typed program ([`hir`]) and messages.

pub mod hir;
pub mod names;
pub mod schema;
pub mod ty;
