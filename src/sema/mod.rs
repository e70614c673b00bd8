//! The checker: names, types, entities, kinds, triggers. Takes syntax trees, gives a typed program ([`hir`]) and messages.

pub mod check;
pub mod context;
pub mod errors;
pub mod hir;
pub mod names;
pub mod schema;
pub mod show;
pub mod ty;
pub mod types;

pub use context::Context;
