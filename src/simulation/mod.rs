//! `abide run`: the records and events of a data file on a virtual clock, and what happened, as a timeline.

pub mod names;
pub mod timeline;
