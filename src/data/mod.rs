//! Data files of `abide run`, and JSON values as values of the language.
//!
//! Read [`file`] for the shape of a data file, [`convert`] for how each type is written in JSON. Nothing here runs
//! anything.

pub mod convert;
pub mod errors;
pub mod file;
pub mod json;
pub mod moments;
pub mod show;
