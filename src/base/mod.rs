//! What every other module may use: positions, names, values, limits.
//!
//! Nothing here depends on another folder of the crate, and nothing here does input or output.

pub mod cores;
pub mod currencies;
pub mod directory;
pub mod distance;
pub mod ids;
pub mod limits;
pub mod numbering;
pub mod pattern;
pub mod rates;
pub mod schedule;
pub mod source;
pub mod span;
pub mod value;
pub mod words;
