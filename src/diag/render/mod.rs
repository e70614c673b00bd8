//! Diagnostics as text: for people, as one line each, and for machines.
//!
//! Only `human` knows how a snippet is drawn. Nothing here decides what is an error.

pub mod excerpt;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
mod place;
pub mod sarif;
pub mod short;

pub use github::github;
pub use human::human;
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;
pub use short::short;

use super::diagnostic::{Diagnostic, Severity};

/// How text for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Use colours.
    pub colour: bool,
    /// The width in columns that lines are wrapped to.
    pub width: usize,
}

impl Default for Options {
    /// Plain text, 100 columns wide: what tests and pipes get.
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// The numbers of errors and of warnings.
#[must_use]
pub fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    (errors, diagnostics.len() - errors)
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
