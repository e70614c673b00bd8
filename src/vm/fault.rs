//! Faults: why a program could not go on, as people and handlers see it.

use crate::{
    base::value::Value,
    bytecode::{
        module::ParamDef,
        traps::TrapCode,
        types::{RecordIdx, TypeIdx},
    },
};

/// A fault. Raised by an instruction that traps, by `raise`, or by the host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fault {
    /// A code of the registry such as `R0103`, or the name of a raised error.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Where, if it is known.
    pub at: Option<Place>,
    /// The fields of a raised error.
    pub payload: Option<(RecordIdx, Value)>,
    /// The named values of the function at that moment, for operators.
    pub values: Vec<Named>,
    /// Whether the cause may pass by itself, and no `catch` or `retry` of the program has seen it.
    pub may_pass: bool,
}

/// A value with the name that it has in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The type of the slots.
    pub ty: TypeIdx,
    /// The value; of a caught fault its code and message.
    pub value: Value,
}

/// A place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as messages show it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The function.
    pub function: String,
    /// The title of the innermost stage, or empty.
    pub stage: String,
    /// Where the process called the function, such as `deals.proc:24`; empty if it is the process itself.
    pub called_at: String,
}

impl Place {
    /// `deals.proc:24`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl Fault {
    /// A fault without place, which the machine adds when it is raised.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// An error from its record: the name is the code, the fields are the message.
    #[must_use]
    pub(crate) fn raised(name: &str, declared: &[ParamDef], record: RecordIdx, value: Value) -> Self {
        let mut message = name.to_owned();
        if let Value::Record(fields) = &value {
            let texts = declared.iter().zip(fields).filter_map(|(field, value)| match value {
                Value::Text(text) => Some((field.name.as_str(), text.as_str())),
                _ => None,
            });
            for (index, (name, text)) in texts.enumerate() {
                message.push_str(if index == 0 { ": " } else { ", " });
                if declared.len() > 1 {
                    message.push_str(name);
                    message.push(' ');
                }
                message.push_str(text);
            }
        }
        Self { payload: Some((record, value)), ..Self::new(name, message) }
    }

    /// Whether it is a limit, which no `catch` sees.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.code.starts_with("R09") && self.payload.is_none()
    }
}

impl From<TrapCode> for Fault {
    fn from(code: TrapCode) -> Self {
        Self::new(code.code(), code.message())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} in {}", self.file, self.line, self.function)?;
        if self.stage.is_empty() { Ok(()) } else { write!(f, ", stage \"{}\"", self.stage) }
    }
}

/// What unwinds a program: what handlers hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Exit {
    /// A fault.
    Fault(Fault),
    /// `stop`, or a cancellation from outside.
    Stop {
        /// `stop canceled`, cancellation.
        canceled: bool,
        /// Why.
        message: String,
    },
}

impl Exit {
    /// Whether a `catch` sees it.
    pub(crate) fn is_caught(&self) -> bool {
        matches!(self, Exit::Fault(fault) if !fault.is_limit())
    }
}

/// How an instruction fails. One word, so that the result of an instruction is handed on in registers.
#[derive(Debug)]
pub(crate) struct Raised(Box<Exit>);

impl From<TrapCode> for Raised {
    fn from(code: TrapCode) -> Self {
        Self::trap(code)
    }
}

impl Raised {
    /// A trap.
    #[cold]
    pub(crate) fn trap(code: TrapCode) -> Self {
        Self::exit(Exit::Fault(code.into()))
    }

    /// A trap with more exact words.
    #[cold]
    pub(crate) fn said(code: TrapCode, message: impl Into<String>) -> Self {
        Self::exit(Exit::Fault(Fault::new(code.code(), message)))
    }

    /// Anything that unwinds.
    #[cold]
    pub(crate) fn exit(exit: Exit) -> Self {
        Self(Box::new(exit))
    }

    /// As what handlers hold.
    pub(crate) fn into_exit(self) -> Exit {
        *self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_instructions_fit_registers() {
        assert_eq!(size_of::<Result<(), Raised>>(), 8);
        assert_eq!(size_of::<Option<Result<(), Raised>>>(), 16);
    }
}
