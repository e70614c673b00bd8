//! The heads of processes: what starts them, how they run, what they take and give.

use crate::base::{schedule::Schedule, span::Span, value::Duration};
use crate::sema::ty::Ty;
use crate::syntax::ast::{Ident, ProcessKind};

use super::{EntityId, FieldId, ParamHead, ProcessId, RecordId};

/// Whose rights the steps have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum RunAs {
    Owner,
    Caller,
}

/// When, relative to the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum Phase {
    Background,
    Before,
    After,
    /// Where a form is shown or filled in.
    Form,
}

/// What starts a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerEvent {
    /// `created`.
    Created,
    /// `updated(f)`: the stored value differs afterwards.
    Updated(Vec<FieldId>),
    /// `written(f)`: the request named it.
    Written(Vec<FieldId>),
    /// `status changed`: old and new statuses; empty for any.
    StatusChanged {
        /// Old statuses.
        from: Vec<i32>,
        /// New statuses.
        to: Vec<i32>,
    },
    /// `assigned`.
    Assigned,
    /// `deleted`.
    Deleted,
    /// `action X`.
    Action(ProcessId),
    /// `on load` of a rule.
    Loaded,
    /// `on change` of a rule.
    Edited,
    /// `on save` of a rule: any write of the record.
    Saved,
    /// `on S`.
    Signal(RecordId),
    /// `every …`, `cron "…"`.
    Schedule {
        /// When.
        schedule: Schedule,
        /// The zone, where one is written.
        zone: Option<String>,
    },
}

/// One trigger with its place. An event of a process for several entities is a trigger for each.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// When.
    pub phase: Phase,
    /// Whose record it happens to; none of actions, signals and schedules.
    pub entity: Option<EntityId>,
    /// On what.
    pub event: TriggerEvent,
    /// The words.
    pub span: Span,
}

/// How long a completed instance stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// `for ever`.
    ForEver,
    /// `nothing`.
    Nothing,
    /// A duration.
    For(Duration),
}

/// What becomes of a start while as many run as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// `queue`: it waits until one of them has ended.
    Queue,
    /// `skip`: it is left out.
    Skip,
    /// `newest wins`: the oldest of them is cancelled.
    NewestWins,
}

/// `limit 10 at once …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce {
    /// How many.
    pub count: u32,
    /// What becomes of more.
    pub when_full: WhenFull,
}

/// Whose records a process applies to, seen from its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// `organization`: all.
    #[default]
    Organization,
    /// `user`: those of the owner.
    User,
    /// `business unit`: those of everybody in the owner's unit.
    Unit,
    /// `business unit tree`: those of everybody in that unit or below it.
    UnitTree,
}

/// Who does an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doer {
    /// The embedding program, within the transaction.
    Native,
    /// A plug-in: WebAssembly in this file of the project.
    Wasm(String),
    /// Somebody who answers over HTTP.
    Http,
    /// A program that takes jobs from this queue.
    Worker(String),
}

impl Doer {
    /// Whether it is done after the commit, while its caller waits.
    #[must_use]
    pub fn is_job(&self) -> bool {
        match self {
            Doer::Native | Doer::Wasm(_) => false,
            Doer::Http | Doer::Worker(_) => true,
        }
    }
}

/// The clauses of an activity.
#[derive(Clone, Debug)]
pub struct ActivityLimits {
    /// `using`.
    pub by: Doer,
    /// The file, the address or the queue behind it, or `using` itself.
    pub by_span: Span,
    /// `timeout`, in microseconds, or the default.
    pub timeout: i64,
    /// `retry`.
    pub retry: Option<FixedRetry>,
}

/// `retry n times after d doubling up to m`, with fixed values.
#[derive(Clone, Copy, Debug)]
pub struct FixedRetry {
    /// How often.
    pub times: i64,
    /// The first delay.
    pub after: Option<Duration>,
    /// Each delay twice the last.
    pub doubling: bool,
    /// The longest delay.
    pub up_to: Option<Duration>,
    /// The clause.
    pub span: Span,
}

/// The head of a process.
#[derive(Clone, Debug)]
pub struct ProcessHead {
    /// Its kind.
    pub kind: ProcessKind,
    /// Its name.
    pub name: String,
    /// The name and type of the primary record.
    pub primary: Option<ParamHead>,
    /// Inputs.
    pub params: Vec<ParamHead>,
    /// The result: `Void`, one type, or a record of named results.
    pub result: Ty,
    /// The longest text that it gives.
    pub result_max: Option<u32>,
    /// Triggers.
    pub triggers: Vec<Trigger>,
    /// `on demand`.
    pub on_demand: bool,
    /// `called`; actions always are.
    pub called: bool,
    /// `run as`, or the default of its kind (`None`: owner when an event starts it, caller on demand).
    pub run_as: Option<RunAs>,
    /// `rank`, default 0.
    pub rank: i64,
    /// `keep`.
    pub keep: Keep,
    /// `limit … at once`.
    pub at_once: Option<AtOnce>,
    /// `scope`.
    pub scope: Scope,
    /// `in zone`.
    pub zone: Option<String>,
    /// `independent`.
    pub independent: bool,
    /// Of an activity: how long it may take and how it is tried again.
    pub limits: Option<ActivityLimits>,
    /// Whether a library declares it.
    pub from_library: bool,
    /// Whether something of the head could not be read: its inputs or its record may be missing here.
    pub is_broken: bool,
    /// The name in the declaration.
    pub span: Span,
}

impl ProcessHead {
    /// Whether it is an activity that is done after the commit, while its caller waits.
    #[must_use]
    pub fn is_job(&self) -> bool {
        self.limits.as_ref().is_some_and(|limits| limits.by.is_job())
    }

    /// The head of a process that says nothing but its name.
    #[must_use]
    pub fn plain(kind: ProcessKind, name: &Ident) -> Self {
        Self {
            kind,
            name: name.name.clone(),
            primary: None,
            params: Vec::new(),
            result: Ty::Void,
            result_max: None,
            triggers: Vec::new(),
            on_demand: false,
            called: matches!(kind, ProcessKind::Action | ProcessKind::Activity),
            run_as: None,
            rank: 0,
            keep: Keep::ForEver,
            at_once: None,
            scope: Scope::Organization,
            zone: None,
            independent: false,
            limits: None,
            from_library: false,
            is_broken: false,
            span: name.span,
        }
    }
}
