//! The checker: names, types, entities, kinds, triggers. Takes syntax trees, gives a typed program ([`hir`]) and messages.

mod aliases;
mod build;
pub mod check;
pub mod collect;
pub mod constants;
pub mod context;
mod entities;
mod enums;
pub mod errors;
mod heads;
pub mod hir;
mod keys;
pub mod names;
mod records;
pub mod schema;
pub mod show;
mod states;
mod triggers;
pub mod ty;
pub mod types;

pub use context::Context;
