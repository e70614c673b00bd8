//! Collects messages; sorts them by place and drops repeats when they are taken.

use super::diagnostic::{Diagnostic, Severity};

/// Where all passes put their messages.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    all: Vec<Diagnostic>,
}

impl Sink {
    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// Adds many.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.all.extend(diagnostics);
    }

    /// Whether any error was reported.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|d| d.severity == Severity::Error)
    }

    /// All messages by file and place; of two with the same code and span the first stays.
    #[must_use]
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.all.sort_by_key(|d| (d.primary.span, d.code));
        self.all.dedup_by_key(|d| (d.primary.span, d.code));
        self.all
    }
}
