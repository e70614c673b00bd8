//! The reference evaluator: the meaning of pure functions, straight over the typed program.
//!
//! It is slow and simple on purpose, shares no code with the machine or code generation, and tells the two apart when
//! they disagree. It knows functions without records of a store: expressions, locals, loops, `match`, `try`, queries
//! over lists. What it does not know ends with [`Fault::Unsupported`], never with a guess.

mod arithmetic;
mod builtins;
mod expr;
mod query;
mod stmt;
mod text;

use jiff::tz::TimeZone;

use crate::{
    base::value::Value,
    sema::{
        hir::{LocalId, Program},
        schema::{FunctionId, RecordId},
    },
};

/// Why an evaluation has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A fault of the language with its code.
    Trap(&'static str),
    /// A raised error with its fields.
    Raised(RecordId, Vec<Value>),
    /// Something that this evaluator does not know.
    Unsupported(&'static str),
}

/// A result or a fault.
type Evaluated<T = Value> = Result<T, Fault>;

/// Calls within each other.
const DEPTH_MAX: usize = 200;
/// Steps of one evaluation, so that tests end.
const STEPS_MAX: u64 = 10_000_000;

/// An evaluation in progress.
pub struct Reference<'a> {
    program: &'a Program,
    zone: TimeZone,
    depth: usize,
    steps: u64,
}

/// The names of one call.
struct Frame {
    locals: Vec<Value>,
    caught: Vec<Fault>,
}

impl Frame {
    fn get(&self, id: LocalId) -> Value {
        self.locals.get(usize::from(id.0)).cloned().unwrap_or(Value::None)
    }

    fn set(&mut self, id: LocalId, value: Value) {
        if let Some(place) = self.locals.get_mut(usize::from(id.0)) {
            *place = value;
        }
    }
}

impl<'a> Reference<'a> {
    /// An evaluator of a program in a time zone.
    #[must_use]
    pub fn new(program: &'a Program, zone: TimeZone) -> Self {
        Self { program, zone, depth: 0, steps: 0 }
    }

    /// The value of a function.
    ///
    /// # Errors
    /// With the fault that the function ends with.
    pub fn call(&mut self, function: FunctionId, args: Vec<Value>) -> Evaluated {
        let program = self.program;
        let body = program.functions.get(usize::from(function.0)).ok_or(Fault::Unsupported("no such function"))?;
        if self.depth >= DEPTH_MAX {
            return Err(Fault::Trap("R0902"));
        }
        let mut locals = args;
        locals.resize(body.locals.len(), Value::None);
        let mut frame = Frame { locals, caught: Vec::new() };
        self.depth += 1;
        let flow = self.block(&body.block, &mut frame);
        self.depth -= 1;
        match flow? {
            stmt::Flow::Return(value) => Ok(value),
            _ => Err(Fault::Trap("R0109")),
        }
    }

    /// The code of a fault as the language shows it.
    #[must_use]
    pub fn code(&self, fault: &Fault) -> String {
        match fault {
            Fault::Trap(code) => (*code).to_owned(),
            Fault::Raised(record, _) => {
                let def = self.program.schema.records.get(usize::from(record.0));
                def.map_or_else(String::new, |def| def.name.clone())
            }
            Fault::Unsupported(what) => format!("unsupported: {what}"),
        }
    }

    fn step(&mut self) -> Evaluated<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(Fault::Unsupported("too many steps")) } else { Ok(()) }
    }
}
