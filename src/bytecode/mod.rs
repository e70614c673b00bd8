//! The compiled form of a project: what the compiler gives and the engine runs.
//!
//! Nothing here knows source text. Read [`types`], then [`module`], [`layout`] (how values
//! lie in slots), [`isa`] (the instructions), then [`host`] (what programs ask of their host).

pub mod builder;
pub mod checksum;
pub mod codec;
pub mod container;
pub mod disasm;
pub mod flow;
pub mod host;
pub mod isa;
pub mod layout;
pub mod link;
pub mod module;
pub mod operands;
pub mod traps;
pub mod types;
pub mod verify;
