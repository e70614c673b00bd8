//! One line a message: `orders.proc:3:5: error[E0301]: …`.

use super::excerpt::harmless;
use super::severity_word;
use crate::base::source::Sources;
use crate::diag::diagnostic::Diagnostic;

/// All messages, one line each.
#[must_use]
pub fn short(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|d| line(d, sources) + "\n").collect()
}

pub(super) fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = match sources.get(diagnostic.primary.span.file) {
        Some(file) if file.text.is_empty() => format!("{}: ", file.path),
        Some(file) => {
            let at = file.position(diagnostic.primary.span.start);
            format!("{}:{}:{}: ", file.path, at.line, at.column)
        }
        None => String::new(),
    };
    let message = harmless(&diagnostic.message).replace('\n', " ");
    format!("{}{}[{}]: {message}", harmless(&place), severity_word(diagnostic.severity), diagnostic.code.0)
}
