//! The one shape of a message.

use crate::base::span::Span;

/// A stable code such as `E0301`: `E` errors, `W` lints, `R` run-time faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Does not compile.
    Error,
    /// Compiles; can be switched off with a reason.
    Warning,
}

/// Words about a place in some file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The words at fault, or their cause.
    pub span: Span,
    /// A few words.
    pub text: String,
}

/// Whether a fix may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// The one right edit.
    Safe,
    /// Probably right; a person decides.
    Suggested,
}

/// Replace the text of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A change to the source that mends the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does: "write `==`".
    pub title: String,
    /// The edits, not overlapping.
    pub edits: Vec<Edit>,
    /// Whether it may be applied unasked.
    pub applicability: Applicability,
}

/// One mistake, told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One clause, lower-case start, no full stop, source text in back-ticks.
    pub message: String,
    /// The smallest span that is wrong, with a few words.
    pub primary: Label,
    /// Causes: the declaration, the earlier use; in any file.
    pub labels: Vec<Label>,
    /// Reasons in terms of the process.
    pub notes: Vec<String>,
    /// The text to write instead.
    pub help: Option<String>,
    /// The change that mends it, if there is exactly one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error with its primary label. `message` follows the rules of the field.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label { span, text: label.into() },
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A lint with its primary label.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message, span, label) }
    }

    /// Adds a secondary label.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Attaches the one edit that mends it.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        text: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }], applicability });
        self
    }
}
