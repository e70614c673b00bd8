//! Processes: what starts them, what they keep of it, and their clauses.

use super::{ActivityDef, ParamDef};
use crate::{
    base::{
        schedule::Schedule,
        value::{Duration, EntityIdx},
    },
    bytecode::types::{FieldIdx, FuncIdx, ProcessIdx, RecordIdx, TypeIdx},
};

/// Whose rights the steps have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum RunAs {
    Owner,
    Caller,
}

/// The kinds of processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the word of the language")]
pub enum ProcessKind {
    Background,
    Realtime,
    Action,
    /// Done outside of the program: no code, no instances.
    Activity,
    /// Runs page by page for the person who started it.
    Dialog,
    /// Runs in each operation on its record, and for forms: it sets and says, and does nothing else.
    Rule,
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
    /// The record was created.
    Created,
    /// One of these fields differs afterwards.
    Updated(Vec<FieldIdx>),
    /// The request named one of these fields.
    Written(Vec<FieldIdx>),
    /// From one of these statuses to one of those; empty for any.
    StatusChanged {
        /// Old statuses.
        from: Vec<i32>,
        /// New statuses.
        to: Vec<i32>,
    },
    /// The owner changed.
    Assigned,
    /// The record was deleted.
    Deleted,
    /// The action ran.
    Action(ProcessIdx),
    /// The signal was emitted; to the primary record if the process has one.
    Signal(RecordIdx),
    /// A form of the record is shown.
    Loaded,
    /// A form of the record is filled in.
    Edited,
    /// The record is created or updated.
    Saved,
    /// A moment has come.
    Schedule {
        /// Which moments.
        schedule: Schedule,
        /// On the wall clock of this zone.
        zone: String,
    },
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerDef {
    /// The entity; of no meaning for actions, for schedules, and for signals without a primary record.
    pub entity: EntityIdx,
    /// When.
    pub phase: Phase,
    /// On what.
    pub event: TriggerEvent,
}

/// A field of the primary record, in each entity that the record may be of.
pub type FieldPlaces = Vec<(EntityIdx, FieldIdx)>;

/// What a process keeps of the event that started it; passed as parameters after primary record and inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Capture {
    /// bool: whether there was an `old`.
    OldPresent,
    /// A field of `old`, zero or absent where there was none.
    Old(FieldPlaces),
    /// A field of the deleted primary record.
    Last(FieldPlaces),
    /// bool: whether the event changed the field.
    Changed(FieldPlaces),
    /// text: `created`, `updated`, `status changed`, `assigned`, `deleted`, `on demand`, `called`, `action`,
    /// `signal`, `schedule`, `load`, `change`, `save`.
    TriggerKind,
    /// reference to `User`, or none for the system.
    TriggerUser,
    /// datetime.
    TriggerAt,
    /// text: `background`, `before`, `after`, `form`.
    TriggerStage,
    /// An input of the action that the process stands before or after.
    Input(u16),
    /// The result of the action that the process stands after.
    Result,
    /// The signal that started the process, or none.
    TriggerSignal,
}

/// `only if`: a function of the primary record and captures to bool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionDef {
    /// The function.
    pub function: FuncIdx,
    /// What is passed after the primary record.
    pub captures: Vec<Capture>,
}

/// How long a completed instance stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Until somebody deletes it.
    ForEver,
    /// It goes at once.
    Nothing,
    /// A duration.
    For(Duration),
}

/// What becomes of a start while as many run as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenFull {
    /// It waits until one of them has ended.
    Queue,
    /// It is left out.
    Skip,
    /// The oldest of them is cancelled.
    NewestWins,
}

/// How many instances may run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitDef {
    /// How many; not 0.
    pub count: u32,
    /// What they are counted by: a function of primary record, inputs and captures to one value. Without it all count
    /// together.
    pub per: Option<ConditionDef>,
    /// What becomes of more.
    pub when_full: WhenFull,
}

/// Whose records events start a process for, seen from its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All.
    Organization,
    /// Those of the owner.
    User,
    /// Those of everybody in the owner's unit.
    Unit,
    /// Those of everybody in that unit or below it.
    UnitTree,
}

/// A process.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessDef {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ProcessKind,
    /// The type of the primary record: a reference or union.
    pub primary: Option<TypeIdx>,
    /// Inputs.
    pub inputs: Vec<ParamDef>,
    /// The result.
    pub result: Option<TypeIdx>,
    /// The body: parameters are primary record, inputs, captures.
    pub body: FuncIdx,
    /// What the body keeps of the event.
    pub captures: Vec<Capture>,
    /// Triggers.
    pub triggers: Vec<TriggerDef>,
    /// `only if`.
    pub only_if: Option<ConditionDef>,
    /// May be started by hand.
    pub on_demand: bool,
    /// May be started by processes.
    pub called: bool,
    /// Whose rights; `None`: the owner's when an event starts it, the caller's on demand.
    pub run_as: Option<RunAs>,
    /// Lower first; equal ones in order of the table.
    pub rank: i64,
    /// How long a completed instance stays.
    pub keep: Keep,
    /// The zone of its dates: an IANA name.
    pub zone: String,
    /// An action in a transaction of its own.
    pub independent: bool,
    /// How many may run at once.
    pub limit: Option<LimitDef>,
    /// Whose records its events are of.
    pub scope: Scope,
    /// Of an activity: how it is done.
    pub activity: Option<ActivityDef>,
}

impl ProcessDef {
    /// The entity of the sessions of a dialog.
    #[must_use]
    pub fn session_name(&self) -> String {
        format!("{}Session", self.name)
    }
}
