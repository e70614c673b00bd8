//! The checker: names, types, entities, kinds, triggers. Takes syntax trees, gives a typed program ([`hir`]) and messages.
//!
//! The passes of [`check_project`], in order:
//!
//! 0. `flows` turns business process flows into entities, functions and real-time workflows.
//! 1. `collect` numbers all declarations, libraries first, so that every later pass may name any of them.
//! 2. `build` makes the schema: what `type` names stand for (`aliases`), `enums`, `records`, then `entities` with their
//!    fields, whose types need the former; then `states`, `keys` and `relations` (they name fields of other entities),
//!    and the heads of functions and processes (`heads`), whose `triggers` name fields and states.
//! 3. `defaults` reads values: bounds, defaults, shown names. They need the types of all fields. What is not a fixed
//!    value becomes a hidden function, so that code generation knows only functions.
//!    Then `relations` looks whether link entities can be made of a pair alone.
//! 4. `check` turns bodies into the typed program: functions first, then real-time workflows and actions once to learn
//!    what they write, then all processes and tests, since facts about records end where others may write them.
//! 5. `rings` follows what each process writes to what that starts (W05), `recursion` what it does on every way; they need
//!    the typed bodies.
//!    `rules` looks for rules that set what an earlier one has read.
//! 6. `endless` looks for loops that nothing leaves, and for those that make a turn too long (W06).
//! 7. `computed` looks for fields that are computed from themselves.
//! 8. `silence` looks for signals that nobody emits (W06).
//! 9. `private` follows the values of private fields, so that they stay out of logs and messages (E08).
//! 10. `access` looks for steps that no role allows (E08).
//! 11. `allow` drops the lints that comments switch off.
//!
//! Wording is in `errors`; a pass says what is wrong in one line.

mod access;
mod activities;
mod aliases;
pub mod allow;
pub mod answers;
mod build;
pub mod check;
mod circles;
pub mod collect;
mod computed;
mod configs;
pub mod constants;
pub mod context;
mod defaults;
mod endless;
mod entities;
mod enums;
pub mod errors;
mod flows;
mod followers;
mod guards;
mod heads;
pub mod hir;
mod instead;
mod keys;
pub mod library;
pub mod names;
mod private;
pub mod project;
mod records;
mod recursion;
mod relations;
mod rings;
mod roles;
mod rules;
pub mod schema;
pub mod sessions;
pub mod show;
mod silence;
mod states;
mod triggers;
pub mod ty;
pub mod types;
pub(crate) mod visit;
mod writes;

pub use collect::SourceTree;
pub use context::Context;
pub use project::{Checked, check_project};
