//! Data files of `abide run`, and JSON values as values of the language.
//!
//! Read [`file`] for the shape of a data file, [`reader`] for how it is read a piece at a time, [`convert`] for how each type is written in JSON. Nothing here runs
//! anything.

pub mod convert;
pub mod errors;
pub mod file;
pub mod input;
pub mod json;
pub mod labels;
pub mod moments;
pub mod reader;
pub mod show;
pub mod write;
