//! The compiled form of a project: what the compiler gives and the engine runs.
//!
//! Nothing here knows source text. Read [`types`], then [`module`], then [`host`] (what programs ask of their host).

pub mod host;
pub mod module;
pub mod types;
