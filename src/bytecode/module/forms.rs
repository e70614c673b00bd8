//! Forms: what people are asked, by `ask` and by the pages of dialogs.

use crate::{base::value::Value, bytecode::types::RecordIdx};

/// The entity of `core` whose records are forms in inboxes.
pub const FORM: &str = "Form";

/// What is asked at one place of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct FormDef {
    /// The name of the place: `LeaveRequest/ask/1`, `QualifyCall/page Introduction/1`. Forms keep it, so that it leads
    /// to the same form in the build that an instance goes on with.
    pub name: String,
    /// What is answered: one field for each question, in order.
    pub record: RecordIdx,
    /// What is shown, in order.
    pub parts: Vec<FormPart>,
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq)]
pub enum FormPart {
    /// `say "…"`.
    Say,
    /// A question: the next field of the record.
    Ask(AskDef),
}

/// How a question is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskDef {
    /// The longest text in characters.
    pub text_max: Option<u32>,
    /// Whether a help text is shown.
    pub help: bool,
    /// Whether an answer is filled in beforehand.
    pub default: bool,
    /// Whether the answer is one of a list.
    pub choices: bool,
    /// What is answered where nothing is given.
    pub fixed: Option<Value>,
    /// `as radio`: all choices are shown at once.
    pub radio: bool,
}

impl FormDef {
    /// The questions, in the order of the fields of the record.
    pub fn questions(&self) -> impl Iterator<Item = &AskDef> {
        self.parts.iter().filter_map(|part| match part {
            FormPart::Ask(ask) => Some(ask),
            FormPart::Say => None,
        })
    }
}
