//! E03: values that are not known yet, or not any more.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// Why a fact was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The process waited here.
    Waited(Span),
    /// This statement may write the entity.
    Written(Span),
}

impl Loss {
    /// Says what ended a fact.
    #[must_use]
    pub fn explain(self, message: Diagnostic) -> Diagnostic {
        match self {
            Loss::Waited(at) => message
                .label(at, "it may have changed while the process waited here")
                .note("what a test shows of a stored record holds only until the process waits")
                .help("keep the value before: `let x = …`, or test again after the wait"),
            Loss::Written(at) => message
                .label(at, "it may have changed here")
                .note("what a test shows of a stored record holds only until something may write such a record")
                .help("keep the value before: `let x = …`, or test again after the write"),
        }
    }
}

/// A `let` without a value is read.
#[must_use]
pub fn unassigned(name: &str, is_partly: bool, span: Span, declared: Span) -> Diagnostic {
    let label = if is_partly { "has no value on some way to here" } else { "has no value yet" };
    Diagnostic::error(codes::E0308, format!("`{name}` may have no value here"), span, label)
        .label(declared, "declared without a value")
        .help(format!("write `set {name} = …` on every way to here"))
}

/// A `let` is set a second time.
#[must_use]
pub fn set_twice(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0309, format!("`{name}` may have a value already"), span, "set again")
        .label(first, "set here")
        .note("a `let` gets its value exactly once")
        .help(format!("declare it as `var {name}`"))
}

/// A `let` from outside of a loop is set in it.
#[must_use]
pub fn set_in_loop(name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0309, format!("the loop may set `{name}` more than once"), span, "set in a loop")
        .label(declared, "declared outside of the loop")
        .note("a `let` gets its value exactly once")
        .help(format!("declare it as `var {name}`"))
}
