//! The wording of messages about data files.

use crate::base::{distance::did_you_mean, span::Span};
use crate::diag::{Applicability, Diagnostic, codes};

/// The file is not JSON.
#[must_use]
pub fn not_json(span: Span, reason: &str) -> Diagnostic {
    Diagnostic::error(codes::E0912, "the data file is not valid JSON", span, reason.to_lowercase())
}

/// A key that stands twice in an object.
#[must_use]
pub fn twice(key: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0912, format!("`{key}` stands twice"), again, "again").label(first, "first")
}

/// More than can be read.
#[must_use]
pub fn too_large(span: Span, reason: &str) -> Diagnostic {
    Diagnostic::error(codes::E0903, "the data file has more than can be read", span, reason)
}

/// The file is no longer what it was when it was scanned.
#[must_use]
pub fn changed() -> Diagnostic {
    Diagnostic::error(codes::E0912, "the data file was changed while it was read", Span::default(), "is not as it was")
}

/// A key that means nothing where it stands.
#[must_use]
pub fn unknown_key(key: &str, span: Span, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::E0913, format!("`{key}` means nothing here"), span, "unknown key");
    match did_you_mean(key, known.iter().copied()).as_slice() {
        [one] => diagnostic.help(format!("write `{one}`")).fix(
            format!("write `{one}`"),
            span,
            format!("\"{one}\""),
            Applicability::Safe,
        ),
        _ => diagnostic.help(format!("the keys here are {}", list(known))),
    }
}

/// A key that must be given.
#[must_use]
pub fn missing_key(key: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0913, format!("`{key}` is missing"), span, format!("has no `{key}`"))
}

/// A value of the wrong kind.
#[must_use]
pub fn wrong_value(what: &str, expected: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0914, format!("{what} is not {expected}"), span, format!("expected {expected}"))
}

/// A name that the module does not have.
#[must_use]
pub fn unknown_name<'a>(kind: &str, name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::E0915, format!("there is no {kind} `{name}`"), span, "unknown");
    match did_you_mean(name, known).as_slice() {
        [] => diagnostic,
        near => diagnostic.help(format!("did you mean {}?", list(near))),
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
