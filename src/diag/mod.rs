//! Diagnostics: what the author is told. One value of [`Diagnostic`] per mistake; `render` turns them into text.
//!
//! Codes are registered in `codes`; each has a page in `codes/`.

pub mod codes;
pub mod diagnostic;
pub mod explain;
pub mod fix;
pub mod render;
pub mod sink;

pub use diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Severity};
pub use sink::Sink;
