//! What a store keeps besides records: instances, what wakes them, the log.

use std::sync::Arc;

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::{FieldIdx, FuncIdx},
    vm::fault::told,
};

use super::Asks;

/// Where an instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// May run now.
    Ready,
    /// As many of its process run as may at once: it begins when one of them has ended.
    Queued,
    /// A timer, a change or a child is outstanding.
    Waiting,
    /// Will be tried again by itself.
    Postponed,
    /// A fault stopped it; an operator retries it or gives it up.
    Parked,
    /// An operator stopped it.
    Paused,
    /// Came to its end.
    Succeeded,
    /// Was given up after a fault.
    Failed,
    /// Was cancelled, or cancelled itself.
    Canceled,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 9] = [
        Status::Ready,
        Status::Queued,
        Status::Waiting,
        Status::Postponed,
        Status::Parked,
        Status::Paused,
        Status::Succeeded,
        Status::Failed,
        Status::Canceled,
    ];

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Ready => "ready",
            Status::Queued => "queued",
            Status::Waiting => "waiting",
            Status::Postponed => "postponed",
            Status::Parked => "parked",
            Status::Paused => "paused",
            Status::Succeeded => "succeeded",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
        }
    }

    /// The status of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Whether the instance has not ended.
    #[must_use]
    pub fn is_live(self) -> bool {
        !matches!(self, Status::Succeeded | Status::Failed | Status::Canceled)
    }
}

/// A fault as it is kept: with its place and the values of the names there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredFault {
    /// `R0301`, or the name of a raised error.
    pub code: String,
    /// What happened.
    pub message: String,
    /// `deals.proc:24:9`, if known.
    pub place: String,
    /// Names in scope with their values, as text.
    pub values: Vec<(String, String)>,
    /// How often the turn was tried in vain, where its cause may pass by itself; else 0.
    pub tries: u32,
}

impl StoredFault {
    /// What happened and where; a start that was refused stands nowhere yet.
    #[must_use]
    pub fn sentence(&self) -> String {
        let words = told(&self.code, " ", &self.message);
        if self.place.is_empty() { words } else { format!("{words} ({})", self.place) }
    }
}

/// A process instance, a start that is parked, or a branch of a `parallel`.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Its id.
    pub id: i64,
    /// The process.
    pub process: String,
    /// The hash of the build that it began with.
    pub build: String,
    /// The primary record.
    pub primary: Option<RecordRef>,
    /// The user who owns the process; none is the system.
    pub owner: Option<i64>,
    /// The user who caused the start.
    pub caller: Option<i64>,
    /// The user whose rights the steps have.
    pub user: Option<i64>,
    /// The users around the open `act as` blocks, innermost last.
    pub acting: Vec<Option<i64>>,
    /// The instance that started it, or whose branch it is.
    pub parent: Option<i64>,
    /// Of a branch: what it runs, and of which instance.
    pub branch: Option<Branch>,
    /// Of a branch: which, from 1.
    pub ordinal: Option<u32>,
    /// The branches of the `parallel` that it is in.
    pub branches: Option<Branches>,
    /// Cancelled with its parent.
    pub owned: bool,
    /// Where it stands.
    pub status: Status,
    /// Its place in the ready queue.
    pub queue: Option<i64>,
    /// When the clock wakes it; of an ended one, when it is deleted.
    pub due: Option<i64>,
    /// What the body is called with.
    pub arguments: Vec<Value>,
    /// What the process counts its runs by; none if it has no limit, before it is let in and after its end.
    pub slot: Option<String>,
    /// What `only if` and `per` are called with, as long as it was not let in.
    pub condition: Option<Vec<Value>>,
    /// The frozen machine; none before the first turn.
    pub snapshot: Option<Vec<u8>>,
    /// The name of the suspension point.
    pub point: Option<String>,
    /// Why it is parked.
    pub fault: Option<StoredFault>,
    /// Why it was stopped or cancelled.
    pub message: String,
    /// Its result.
    pub result: Option<Value>,
    /// Its place in the causal chain, from 1.
    pub depth: u32,
    /// Somebody asked for its cancellation, for this reason.
    pub cancel: Option<String>,
    /// What it asks people.
    pub asks: Asks,
    /// When it was started.
    pub created: i64,
    /// When its status changed last.
    pub changed: i64,
}

/// What a branch runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The function of its build.
    pub function: FuncIdx,
    /// The instance that it is a part of, however many branches are between them.
    pub whole: i64,
    /// Whether what it gives is kept until the `parallel` ends.
    pub kept: bool,
}

/// The branches of a `parallel`, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// How many were started.
    pub started: u32,
    /// How many of them run.
    pub running: u32,
    /// How many have come to their end by themselves.
    pub ended: u32,
    /// When so many have ended the others are cancelled; 0 stands for all.
    pub wanted: u32,
    /// The instance is woken when at most so many run.
    pub awaited: u32,
}

impl Branches {
    /// Whether as many have ended as are wanted.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.wanted > 0 && self.ended >= self.wanted
    }
}

/// An undo block that a saga has noted.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoNote {
    /// Its place: greater than those of all that were noted before.
    pub key: i64,
    /// The instance or branch that has noted it.
    pub instance: i64,
    /// The function of its build.
    pub function: FuncIdx,
    /// What the function is called with.
    pub arguments: Vec<Value>,
    /// The user whose rights it has.
    pub user: Option<i64>,
}

impl Instance {
    /// The instance that it is, or is a branch of.
    #[must_use]
    pub fn whole(&self) -> i64 {
        self.branch.map_or(self.id, |branch| branch.whole)
    }
}

/// Which instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceFilter {
    /// Of this build.
    pub build: Option<String>,
    /// Of this process.
    pub process: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// That have not ended.
    pub live: bool,
    /// With this primary record.
    pub primary: Option<RecordRef>,
    /// Started by this one.
    pub parent: Option<i64>,
    /// Branches as well, which are parts of instances.
    pub branches: bool,
}

impl InstanceFilter {
    /// Whether an instance is one of them.
    #[must_use]
    pub fn matches(&self, instance: &Instance) -> bool {
        self.build.as_ref().is_none_or(|b| *b == instance.build)
            && self.process.as_ref().is_none_or(|p| *p == instance.process)
            && self.status.is_none_or(|s| s == instance.status)
            && (!self.live || instance.status.is_live())
            && self.primary.is_none_or(|p| Some(p) == instance.primary)
            && self.parent.is_none_or(|p| Some(p) == instance.parent)
            && (self.branches || instance.branch.is_none())
    }
}

/// A change that wakes an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subscription {
    /// A field of a record.
    Field {
        /// The record's entity.
        entity: EntityIdx,
        /// The record's id.
        id: i64,
        /// The field; `id` stands for the record's existence.
        field: FieldIdx,
    },
    /// Any record of `entity` whose `field` referred or refers to a record.
    Referring {
        /// The entity that refers.
        entity: EntityIdx,
        /// Its field.
        field: FieldIdx,
        /// The record referred to.
        id: i64,
    },
    /// The end of an instance.
    End {
        /// Which.
        instance: i64,
    },
    /// A signal in the mailbox of an instance.
    Signal {
        /// Whose mailbox.
        instance: i64,
        /// The signal's name.
        signal: Arc<str>,
    },
}

/// A signal in a mailbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Its place: greater than those of all signals that were emitted before.
    pub key: i64,
    /// Whose mailbox.
    pub instance: i64,
    /// The name of the signal.
    pub signal: String,
    /// Its fields.
    pub value: Value,
}

/// Something to be done outside of the engine for an instance that waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The instance.
    pub instance: i64,
    /// Who does it: the name of a queue, or `http` behind a sign that no name has.
    pub queue: String,
    /// When it may be taken; of one that is taken, until when it belongs to who has it.
    pub due: i64,
    /// How often it was taken. Together with the instance it is the ticket of who took it last.
    pub tries: u32,
    /// Whether somebody has it.
    pub is_taken: bool,
    /// Why the last try failed; empty if none has.
    pub error: String,
}

/// What a line of the log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// A record was created.
    Create,
    /// Fields were written.
    Update,
    /// A record was deleted.
    Delete,
    /// An operation was refused or faulted, and undone.
    Refuse,
    /// An instance was started.
    Start,
    /// An instance came to rest at a suspension point.
    Wait,
    /// An instance was stopped by a fault.
    Park,
    /// An instance ended.
    End,
    /// A signal was emitted; its fields are the new values of the changes.
    Emit,
    /// A `log` statement, or a remark of the engine.
    Note,
}

impl LogKind {
    /// All of them.
    pub const ALL: [LogKind; 10] = [
        LogKind::Create,
        LogKind::Update,
        LogKind::Delete,
        LogKind::Refuse,
        LogKind::Start,
        LogKind::Wait,
        LogKind::Park,
        LogKind::End,
        LogKind::Emit,
        LogKind::Note,
    ];

    /// Its word in the store.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LogKind::Create => "create",
            LogKind::Update => "update",
            LogKind::Delete => "delete",
            LogKind::Refuse => "refuse",
            LogKind::Start => "start",
            LogKind::Wait => "wait",
            LogKind::Park => "park",
            LogKind::End => "end",
            LogKind::Emit => "emit",
            LogKind::Note => "note",
        }
    }

    /// Whether it tells what was done to a record.
    #[must_use]
    pub fn is_of_record(self) -> bool {
        matches!(self, LogKind::Create | LogKind::Update | LogKind::Delete)
    }

    /// Whether it belongs to the history of its record: what was done to it, and what was refused.
    #[must_use]
    pub fn is_history(self) -> bool {
        self.is_of_record() || self == LogKind::Refuse
    }

    /// The kind of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Its place; given by the store.
    pub key: i64,
    /// When.
    pub at: i64,
    /// What it tells.
    pub kind: LogKind,
    /// The instance that acted; none for users and for real-time processes that they triggered.
    pub instance: Option<i64>,
    /// The process that acted.
    pub process: Option<String>,
    /// The title of the stage.
    pub stage: String,
    /// The place in the source, or the suspension point.
    pub place: String,
    /// The user whose rights it had; none is the system.
    pub user: Option<i64>,
    /// The record.
    pub record: Option<RecordRef>,
    /// Fields with their old and new values.
    pub changes: Vec<Change>,
    /// How it went, or what was said.
    pub message: String,
}

impl LogEntry {
    /// A line that only says when and what.
    #[must_use]
    pub fn new(at: i64, kind: LogKind) -> Self {
        Self {
            key: 0,
            at,
            kind,
            instance: None,
            process: None,
            stage: String::new(),
            place: String::new(),
            user: None,
            record: None,
            changes: Vec::new(),
            message: String::new(),
        }
    }
}

/// Which lines of the log are not kept any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// What was refused, and what instances that are gone said; not what they did to records.
    Talk,
    /// All, but for the lines of instances that are there.
    History,
}

impl Sweep {
    /// Whether a line is one of them. `is_gone` tells whether the instance of the line is not there.
    #[must_use]
    pub fn takes(self, entry: &LogEntry, is_gone: bool) -> bool {
        match self {
            Sweep::Talk if entry.kind == LogKind::Refuse => true,
            Sweep::Talk => entry.instance.is_some() && is_gone && !entry.kind.is_of_record(),
            Sweep::History => entry.instance.is_none() || is_gone,
        }
    }
}

/// A field that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The field's name.
    pub field: String,
    /// Before.
    pub old: Value,
    /// After.
    pub new: Value,
}

/// Where the values of a column come from when its table changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// From the same field, as its new type.
    Kept {
        /// The members of its enum that get another number: the old one and the new one.
        numbers: Vec<(i32, i32)>,
        /// Whether the values are sets whose members are to be put in order anew.
        orders: bool,
        /// What stands where the field has no value.
        absent: Value,
    },
    /// This one in each record.
    Fill(Value),
}

/// How the table of an entity changes from one build to the next.
#[derive(Clone, Debug, PartialEq)]
pub enum TableChange {
    /// It is new.
    Create(EntityIdx),
    /// It goes with its records.
    Drop(EntityIdx),
    /// Its columns change: one source for each field.
    Copy(EntityIdx, Vec<Source>),
}

/// A start that a process caused, for the loop guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CausedStart {
    /// The process started.
    pub process: String,
    /// On which record.
    pub record: RecordRef,
    /// When.
    pub at: i64,
}

#[cfg(test)]
mod tests {
    use super::StoredFault;

    #[test]
    fn a_fault_without_a_place_has_no_empty_brackets() {
        let code = "R0110".to_owned();
        let mut fault = StoredFault { code, message: "too long".to_owned(), ..StoredFault::default() };
        assert_eq!(fault.sentence(), "R0110 too long");
        fault.place = "deals.proc:24".to_owned();
        assert_eq!(fault.sentence(), "R0110 too long (deals.proc:24)");
    }
}
