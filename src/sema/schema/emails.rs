//! E-mail templates: what they take, and the hidden functions that make the parts of a mail.

use crate::base::span::Span;

use super::{FunctionId, ParamHead};

/// A part of a mail that a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EmailPart {
    /// `subject`: text.
    Subject,
    /// `body`: text.
    Body,
    /// `body html`: text, in which values are escaped.
    Html,
    /// `from`: the address of one party, or none.
    From,
    /// `attach`: a list of attachments.
    Attach,
}

impl EmailPart {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            EmailPart::Subject => "subject",
            EmailPart::Body | EmailPart::Html => "body",
            EmailPart::From => "from",
            EmailPart::Attach => "attach",
        }
    }
}

/// The head of an e-mail template.
#[derive(Clone, Debug)]
pub struct EmailHead {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub params: Vec<ParamHead>,
    /// What it makes, each part with its function, which takes the same.
    pub parts: Vec<(EmailPart, FunctionId)>,
    /// The name in the declaration.
    pub span: Span,
}
