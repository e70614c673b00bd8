//! The reference: what programs mean, as plainly as possible, straight over the typed program.
//!
//! It is an executable specification, slow and simple on purpose. It shares no code with code generation, the machine
//! or the engine (but for the plain data of values and log lines), and tells when they disagree: `call` evaluates a
//! pure function; `create_as`, `start_as`, `advance_to` and so on do to a small world of records and instances what the
//! engine does to its store.
//!
//! - `expr`, `arithmetic`, `builtins`, `query`, `text`: values.
//! - `run`, `stmt`, `waits`: a body is a stack of what is still to be done; a suspended process is that stack.
//! - `records`, `triggers`: an operation on a record, and what it starts.
//! - `rules`: what rules say of the values that are about to be written.
//! - `amounts`: the currency and the rate of a record.
//! - `signals`, `schedules`, `activities`: what else begins processes, and what others do for them.
//! - `slots`, `scope`: limits of runs at once, whose records a process is for.
//! - `world`, `life`: instances, the clock, the log. A savepoint is a copy of the world.
//!
//! What it leaves out: limits of fuel, memory and nesting (but not of causal chains); `in zone`
//! (but for schedules), `under`, `random` and `uuid`, texts of times, patterns of numbers and dates, `timeout`. What it does not know ends with [`Fault::Unsupported`], never with a guess. Faults have their code;
//! their words are kept only where programs can see them: raised errors, refusals, and the ends of children.

mod activities;
mod amounts;
mod arithmetic;
mod builtins;
mod expr;
mod life;
mod query;
mod records;
mod rules;
mod run;
mod schedules;
mod scope;
mod signals;
mod slots;
mod stmt;
mod text;
mod triggers;
mod waits;
mod world;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    engine::{Retries, activities::Activity},
    sema::{
        hir::{Block, Program},
        schema::{FunctionId, ProcessId, RecordId},
    },
    syntax::ast::ProcessKind,
};

use self::{
    run::{Rest, Run},
    schedules::Scheduled,
    waits::{PointNames, Watch},
    world::{Actor, Row, World},
};

pub use self::life::Seen;

/// Why an evaluation has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A fault of the language with its code.
    Trap(&'static str),
    /// A fault of the language whose words programs can see.
    Refused {
        /// Its code.
        code: &'static str,
        /// Its words.
        message: String,
        /// Whether its cause may pass by itself, and no `catch` or `retry` of the program has seen it.
        fresh: bool,
    },
    /// A raised error with its fields.
    Raised(RecordId, Vec<Value>),
    /// Something that this evaluator does not know.
    Unsupported(&'static str),
}

impl Fault {
    fn refused(code: &'static str, message: String) -> Self {
        Fault::Refused { code, message, fresh: code == activities::FAILED }
    }

    /// Whether the next try may go better: errors that were raised, and activities that failed.
    fn may_pass(&self) -> bool {
        match self {
            Fault::Raised(..) => true,
            Fault::Refused { code, .. } => *code == activities::FAILED,
            Fault::Trap(_) | Fault::Unsupported(_) => false,
        }
    }

    /// The same after a `catch` or `retry` has seen it.
    fn seen(self) -> Self {
        match self {
            Fault::Refused { code, message, .. } => Fault::Refused { code, message, fresh: false },
            fault => fault,
        }
    }

    /// Whether it is a limit, which no `catch` sees.
    fn is_limit(&self) -> bool {
        match self {
            Fault::Trap(code) | Fault::Refused { code, .. } => code.starts_with("R09"),
            Fault::Raised(..) => false,
            Fault::Unsupported(_) => true,
        }
    }
}

/// A result or a fault.
type Evaluated<T = Value> = Result<T, Fault>;

/// Calls within each other.
const DEPTH_MAX: usize = 200;
/// Steps of one evaluation, so that tests end.
const STEPS_MAX: u64 = 300_000;
/// What a condition has besides its expression.
static NOTHING: Block = Block { stmts: Vec::new() };

/// A program and its world.
pub struct Reference<'a> {
    program: &'a Program,
    zone: TimeZone,
    depth: usize,
    steps: u64,
    world: World<'a>,
    now: i64,
    /// The built-in user.
    system_user: Option<i64>,
    /// Whose processes they are; those of nobody are the system's.
    owners: BTreeMap<ProcessId, i64>,
    /// The names of suspension points of each process.
    points: Vec<PointNames>,
    /// Records that are about to be written, innermost last.
    pending: Vec<(RecordRef, Row)>,
    /// What the wait that is being evaluated depends on.
    watching: Option<Watch>,
    /// Instances whose turn it is.
    running: Vec<i64>,
    /// Whether the turn did something that the log tells.
    acted: bool,
    schedules: Vec<Scheduled<'a>>,
    /// Who does the activities, by name.
    activities: BTreeMap<String, Box<dyn Activity>>,
    /// Values that the deployment gives to settings, by name.
    settings: BTreeMap<String, Value>,
    /// How turns are tried again.
    retries: Retries,
    /// Records whose deletion is under way.
    deleting: Vec<RecordRef>,
}

impl<'a> Reference<'a> {
    /// An evaluator of a program in a time zone, with an empty world.
    #[must_use]
    pub fn new(program: &'a Program, zone: TimeZone) -> Self {
        let processes = program.schema.processes.iter().zip(&program.processes);
        let points = processes.map(|(head, process)| waits::names(&head.name, &process.body.block, program)).collect();
        Self {
            program,
            zone,
            depth: 0,
            steps: 0,
            world: World::default(),
            now: 0,
            system_user: None,
            owners: BTreeMap::new(),
            points,
            pending: Vec::new(),
            watching: None,
            running: Vec::new(),
            acted: false,
            schedules: Vec::new(),
            activities: BTreeMap::new(),
            settings: BTreeMap::new(),
            retries: Retries::default(),
            deleting: Vec::new(),
        }
    }

    /// The same at a moment, with the built-in user.
    ///
    /// # Errors
    /// If a default of the user's fields faults.
    pub fn at(program: &'a Program, zone: TimeZone, now: i64) -> Result<Self, Fault> {
        let mut reference = Self { now, ..Self::new(program, zone) };
        reference.create_system_user()?;
        reference.take_up_schedules()?;
        Ok(reference)
    }

    /// Gives a setting a value, from now on.
    pub fn configure(&mut self, name: &str, value: Value) {
        self.settings.insert(name.to_owned(), value);
    }

    /// Sets how turns are tried again that failed for a reason that may pass.
    pub fn set_retries(&mut self, retries: Retries) {
        self.retries = retries;
    }

    /// The value of a function.
    ///
    /// # Errors
    /// With the fault that the function ends with.
    pub fn call(&mut self, function: FunctionId, args: Vec<Value>) -> Evaluated {
        self.call_function(function, args, false)
    }

    /// The same within a query, whose elements are read from the store.
    fn call_function(&mut self, function: FunctionId, args: Vec<Value>, of_element: bool) -> Evaluated {
        let program = self.program;
        let body = program.functions.get(usize::from(function.0)).ok_or(Fault::Unsupported("no such function"))?;
        if self.depth >= DEPTH_MAX {
            return Err(Fault::Trap("R0902"));
        }
        let mut run = Run::new(&body.block, args, body.locals.len(), Actor::default());
        run.of_element = of_element;
        self.depth += 1;
        let rest = self.go(&mut run);
        self.depth -= 1;
        match rest {
            Rest::Done(value) => Ok(value),
            Rest::Faulted(fault) => Err(fault),
            Rest::Stopped { .. } | Rest::Waits(_) => Err(Fault::Unsupported("a function that stops")),
        }
    }

    /// The code of a fault as the language shows it.
    #[must_use]
    pub fn code(&self, fault: &Fault) -> String {
        match fault {
            Fault::Trap(code) | Fault::Refused { code, .. } => (*code).to_owned(),
            Fault::Raised(record, _) => {
                let def = self.program.schema.records.get(usize::from(record.0));
                def.map_or_else(String::new, |def| def.name.clone())
            }
            Fault::Unsupported(what) => format!("unsupported: {what}"),
        }
    }

    /// The words of a fault, as far as programs can see them: of a raised error its name and its fields.
    fn message(&self, fault: &Fault) -> String {
        let Fault::Raised(record, fields) = fault else {
            return match fault {
                Fault::Refused { message, .. } => message.clone(),
                _ => String::new(),
            };
        };
        let Some(def) = self.program.schema.records.get(usize::from(record.0)) else { return String::new() };
        let words = match fields.as_slice() {
            [] => return def.name.clone(),
            [Value::Text(text)] => text.clone(),
            fields => {
                let parts = def.fields.iter().zip(fields);
                let parts = parts.map(|(field, value)| format!("{} {}", field.name, self.listed(value, &field.ty)));
                parts.collect::<Vec<_>>().join(", ")
            }
        };
        format!("{}: {words}", def.name)
    }

    /// The code of a fault with its words; a raised error says its name once.
    fn told(&self, fault: &Fault) -> String {
        match fault {
            Fault::Raised(..) => self.message(fault),
            _ => format!("{}: {}", self.code(fault), self.message(fault)),
        }
    }

    fn process_name(&self, process: ProcessId) -> String {
        self.program.schema.process(process).map_or_else(String::new, |head| head.name.clone())
    }

    fn is_background(&self, run: &Run<'a>) -> bool {
        let head = run.process.and_then(|process| self.program.schema.process(process));
        head.is_some_and(|head| head.kind == ProcessKind::Background)
    }

    /// A user as a value; where nobody is named, the built-in one.
    fn user_value(&self, user: Option<i64>) -> Value {
        let index = self.program.schema.entities.iter().position(|entity| entity.name == "User");
        match (user.or(self.system_user), index.and_then(|index| u16::try_from(index).ok())) {
            (Some(id), Some(index)) => Value::Ref(RecordRef { entity: EntityIdx(index), id }),
            _ => Value::None,
        }
    }

    fn step(&mut self) -> Evaluated<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(Fault::Unsupported("too many steps")) } else { Ok(()) }
    }
}
