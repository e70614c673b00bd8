//! Faults: why a program could not go on, as people and handlers see it.

use crate::{
    base::value::Value,
    bytecode::{
        traps::TrapCode,
        types::{RecordIdx, TypeIdx},
    },
    data::show::Show,
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

    /// An error from its record: the name is the code, the fields are the message as people read values. A text that is
    /// the only field says all by itself.
    #[must_use]
    pub(crate) fn raised(show: &Show<'_>, record: RecordIdx, value: Value) -> Self {
        let (name, declared) = show.module.record(record).map_or(("", &[][..]), |def| (&def.name, &def.fields));
        let fields = match &value {
            Value::Record(fields) => fields.as_slice(),
            _ => &[],
        };
        let message = match fields {
            [] => name.to_owned(),
            [Value::Text(text)] => format!("{name}: {text}"),
            fields => {
                let shown = declared.iter().zip(fields).map(|(field, value)| {
                    let value = show.value(field.ty, value, &|_| None);
                    format!("{} {value}", field.name)
                });
                format!("{name}: {}", shown.collect::<Vec<_>>().join(", "))
            }
        };
        Self { payload: Some((record, value)), ..Self::new(name, message) }
    }

    /// The message where the code stands before it already.
    #[must_use]
    pub fn beside_code(&self) -> &str {
        without_code(&self.code, &self.message).unwrap_or(&self.message)
    }

    /// Whether it is a limit, which no `catch` sees.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.code.starts_with("R09") && self.payload.is_none()
    }
}

/// A code and its message, with `between` them. The message of a raised error begins with its name, which is its code.
#[must_use]
pub fn told(code: &str, between: &str, message: &str) -> String {
    match without_code(code, message) {
        Some(_) => message.to_owned(),
        None => format!("{code}{between}{message}"),
    }
}

/// What follows the code in a message that begins with it; all of a message that is nothing else.
fn without_code<'m>(code: &str, message: &'m str) -> Option<&'m str> {
    match message.strip_prefix(code)? {
        "" => Some(message),
        rest => rest.strip_prefix(": "),
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
    fn a_code_is_told_once() {
        assert_eq!(told("R0103", " ", "the value is not there"), "R0103 the value is not there");
        assert_eq!(told("Refused", " ", "Refused: too much"), "Refused: too much");
        assert_eq!(told("Down", ": ", "Down"), "Down");
        assert_eq!(told("Down", ": ", "Downtown"), "Down: Downtown");
        let fault = Fault::new("Refused", "Refused: too much");
        assert_eq!(fault.beside_code(), "too much");
    }

    #[test]
    fn results_of_instructions_fit_registers() {
        assert_eq!(size_of::<Result<(), Raised>>(), 8);
        assert_eq!(size_of::<Option<Result<(), Raised>>>(), 16);
    }
}
