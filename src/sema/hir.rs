//! The typed program: what the checker gives to code generation and to the reference evaluator.
//!
//! Every name is resolved, every conversion is written out, every expression has its type. Queries keep their whole
//! condition; what the store can take of it is code generation's business. Only error-free programs are lowered
//! further, yet a tree exists for every program (`Error` types), for editors.

mod expr;
mod forms;
mod stmt;

pub use expr::*;
pub use forms::*;
pub use stmt::*;

use std::collections::BTreeMap;

use super::{
    schema::{EntityId, FieldId, Schema, Settings},
    ty::Ty,
};
use crate::base::span::Span;

/// A checked project.
#[derive(Clone, Debug)]
pub struct Program {
    /// Facts of the project.
    pub settings: Settings,
    /// Declarations; functions and processes have a body of the same index below.
    pub schema: Schema,
    /// Bodies of functions.
    pub functions: Vec<Body>,
    /// Bodies of processes.
    pub processes: Vec<ProcessBody>,
    /// Tests.
    pub tests: Vec<Test>,
    /// The plug-ins of its activities, by file.
    pub plugins: BTreeMap<String, Vec<u8>>,
}

/// A name with a value: a parameter, a `let`, a `var`, a bound name of a query, or one that desugaring made.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name; made ones are empty.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Written `var`.
    pub mutable: bool,
    /// It may hold a private value, which operators do not see.
    pub private: bool,
    /// Its declaration.
    pub span: Span,
}

/// A local by its place in [`Body::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u16);

/// Statements with their names. Parameters are the first locals: primary record, then inputs.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// All names.
    pub locals: Vec<Local>,
    /// How many of them are parameters.
    pub params: u16,
    /// The statements.
    pub block: Block,
}

/// A field of the primary record, in each entity that the record may be of.
pub type FieldPlaces = Vec<(EntityId, FieldId)>;

/// What a process knows of the event that started it, fixed at that moment. The values are parameters of the compiled
/// body, after primary record and inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// Whether there was an `old`.
    OldPresent,
    /// A field of `old`; absent (zero) where there is none.
    Old(FieldPlaces),
    /// A field of the primary record as it was last, in processes started by `deleted`.
    Last(FieldPlaces),
    /// `changed(f)`.
    Changed(FieldPlaces),
    /// `trigger.kind`: text.
    TriggerKind,
    /// `trigger.user`.
    TriggerUser,
    /// `trigger.at`.
    TriggerAt,
    /// `trigger.stage`: `before` or `after` or `background`, text.
    TriggerStage,
    /// `inputs.f` of the action that a real-time process stands before or after.
    Input(u16),
    /// `result` of the action that a real-time process stands after.
    Result,
    /// `trigger.signal`.
    TriggerSignal,
}

/// A capture with the type of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Captured {
    /// What.
    pub capture: Capture,
    /// Its type.
    pub ty: Ty,
    /// It holds the value of a private field.
    pub private: bool,
}

/// The body of a process.
#[derive(Clone, Debug, Default)]
pub struct ProcessBody {
    /// Its statements.
    pub body: Body,
    /// What the body reads of the event; `ExprKind::Capture(i)` is the i-th.
    pub captures: Vec<Captured>,
    /// `only if`: its only parameter is the primary record.
    pub only_if: Option<Condition>,
    /// `per e` of a limit: its parameters are the primary record and the inputs.
    pub per: Option<Condition>,
    /// Of an activity: what is asked over HTTP.
    pub request: Option<Request>,
}

impl ProcessBody {
    /// Its functions of record and inputs, in the order of their numbers in a build.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.only_if.iter().chain(&self.per).chain(self.request.as_ref().map(|request| &request.texts))
    }
}

/// What an activity asks over HTTP.
#[derive(Clone, Debug)]
pub struct Request {
    /// `post`.
    pub method: String,
    /// A list of texts: one for each piece below that is no secret. Its parameters are the primary record and the inputs.
    pub texts: Condition,
    /// The address.
    pub url: Vec<Piece>,
    /// The headers by name.
    pub headers: Vec<(String, Vec<Piece>)>,
}

/// A piece of a text that leaves the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The next text as it is.
    Plain,
    /// The next text, written so that it means nothing in an address.
    Escaped,
    /// A secret.
    Secret(String),
}

/// `only if c`, or `per e` of a limit.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its names: the parameters first.
    pub locals: Vec<Local>,
    /// The condition, or what is counted by.
    pub value: Expr,
    /// What it reads of the event.
    pub captures: Vec<Captured>,
}

/// A `test` block.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is shown.
    pub title: String,
    /// Where the title stands.
    pub span: Span,
    /// The moment it begins: microseconds since 1970-01-01T00:00Z.
    pub at: Option<i64>,
    /// Its zone.
    pub zone: Option<String>,
    /// Its statements.
    pub body: Body,
}
