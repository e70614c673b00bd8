//! The commands, one file each: `run` takes the arguments and the terminal, and gives the exit code.

pub(super) mod backup;
pub(super) mod bench;
pub(super) mod build;
pub(super) mod check;
pub(super) mod completions;
pub(super) mod deploy;
pub(super) mod dialog;
pub(super) mod disasm;
pub(super) mod doctor;
pub(super) mod explain;
pub(super) mod fmt;
pub(super) mod form;
pub(super) mod list;
pub(super) mod log;
pub(super) mod operate;
pub(super) mod people;
pub(super) mod record;
pub(super) mod run;
pub(super) mod settings;
pub(super) mod signal;
pub(super) mod snapshot;
pub(super) mod start;
pub(super) mod test;
pub(super) mod why;
pub(super) mod worker;
