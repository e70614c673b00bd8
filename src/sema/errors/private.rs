//! E08: values of private fields where others would see them.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// Where a private value was read: `Person.pin`, and the field's declaration.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The entity and the field.
    pub name: &'a str,
    /// The field's declaration.
    pub declared: Span,
}

/// `log "{person.pin}"`: `what` says where the value would be seen.
#[must_use]
pub fn shown(what: &str, source: Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0801, format!("a private value cannot stand in {what}"), span, reads(source))
        .label(source.declared, "declared `private` here")
        .note(
            "values of private fields stay out of logs, messages and traces; what is computed from them is private too",
        )
        .help("leave the value out, or compare it: the truth of a comparison is not private")
}

/// `update person { note: person.pin }`: `field` is not private.
#[must_use]
pub fn stored(field: &str, source: Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0801, format!("a private value cannot be stored in `{field}`"), span, reads(source))
        .label(source.declared, "declared `private` here")
        .note(format!("`{field}` is not private: whoever may read the log would see the value"))
        .help(format!("leave the value out, or declare `{field}` as `private`, too"))
}

fn reads(source: Source<'_>) -> String {
    format!("this comes from `{}`", source.name)
}
