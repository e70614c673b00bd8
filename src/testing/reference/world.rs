//! What exists: records, instances of processes, the clock's queue, the log. A copy of it is a savepoint.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use super::{
    Fault,
    run::{Point, Run},
    signals::Mail,
    slots::Entry,
};
use crate::{
    base::value::{RecordRef, Value},
    engine::store::{LogEntry, Status},
    sema::schema::{EntityId, FieldId, ProcessId, RecordId},
};

/// The fields of a record.
pub(super) type Row = Rc<Vec<Value>>;

/// Who does something: a user, or a process on somebody's behalf. No user is the system.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Actor {
    pub(super) user: Option<i64>,
    pub(super) caller: Option<i64>,
    pub(super) owner: Option<i64>,
    pub(super) instance: Option<i64>,
    pub(super) process: Option<ProcessId>,
    /// The place in the causal chain: 0 for users and the actions that they call.
    pub(super) depth: u32,
}

impl Actor {
    /// A user.
    pub(super) fn user(user: Option<i64>) -> Self {
        Self { user, caller: user, ..Self::default() }
    }
}

/// A change that wakes an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wake {
    /// A field of a record; field 0 is its existence.
    Field(RecordRef, FieldId),
    /// A record of the entity whose reference was or is this one.
    Referring(EntityId, FieldId, RecordRef),
    /// The end of an instance.
    End(i64),
    /// A signal in its own mailbox.
    Signal(RecordId),
}

/// A run of a background process.
#[derive(Clone)]
pub(super) struct Instance<'a> {
    pub(super) id: i64,
    pub(super) process: ProcessId,
    pub(super) primary: Option<RecordRef>,
    pub(super) actor: Actor,
    pub(super) parent: Option<i64>,
    /// Cancelled with its parent.
    pub(super) owned: bool,
    pub(super) status: Status,
    /// Its place among those that may run now.
    pub(super) turn: Option<i64>,
    /// When the clock wakes it; of an ended one, when it is forgotten.
    pub(super) due: Option<i64>,
    pub(super) wakes: BTreeSet<Wake>,
    /// Signals that it has not taken yet, in order.
    pub(super) mail: Vec<Mail>,
    /// Where it stands; at the beginning if it has no point.
    pub(super) run: Run<'a>,
    pub(super) point: Option<Point>,
    /// What it counts as, where its process has a limit.
    pub(super) slot: Option<Value>,
    /// What has to be tried again before it begins.
    pub(super) entry: Option<Entry>,
    pub(super) fault: Option<Fault>,
    /// How often the turn was tried that failed with it, for a reason that may pass.
    pub(super) tries: u32,
    pub(super) message: String,
    pub(super) result: Option<Value>,
    pub(super) cancel: Option<String>,
    pub(super) changed: i64,
}

/// Everything. `undo` is an assignment.
#[derive(Clone, Default)]
pub(super) struct World<'a> {
    pub(super) records: BTreeMap<RecordRef, Row>,
    pub(super) instances: BTreeMap<i64, Rc<Instance<'a>>>,
    /// Starts that processes caused, for the loop guard.
    pub(super) starts: Vec<(ProcessId, RecordRef, i64)>,
    pub(super) log: Vec<Rc<LogEntry>>,
    /// The records that keys stood for when they were looked up first.
    pub(super) particulars: BTreeMap<(EntityId, String), RecordRef>,
    last_id: i64,
    last_turn: i64,
}

impl<'a> World<'a> {
    /// A new identity.
    pub(super) fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// An instance, to be changed.
    pub(super) fn instance(&mut self, id: i64) -> Option<&mut Instance<'a>> {
        self.instances.get_mut(&id).map(Rc::make_mut)
    }

    /// The records of an entity, in order of creation.
    pub(super) fn of_entity(&self, entity: EntityId) -> Vec<RecordRef> {
        self.records.keys().filter(|record| record.entity.0 == entity.0).copied().collect()
    }

    /// Puts an instance behind all that may run now.
    pub(super) fn make_ready(&mut self, id: i64) {
        self.last_turn += 1;
        let turn = self.last_turn;
        if let Some(instance) = self.instance(id) {
            instance.status = Status::Ready;
            (instance.turn, instance.due) = (Some(turn), None);
        }
    }

    /// Wakes a waiting instance: it looks itself whether what it waits for has come.
    pub(super) fn wake(&mut self, id: i64) {
        if self.instances.get(&id).is_some_and(|instance| instance.status == Status::Waiting) {
            self.make_ready(id);
        }
    }

    /// The earliest moment at which something is due.
    pub(super) fn next_due(&self) -> Option<(i64, i64)> {
        self.instances.values().filter_map(|instance| Some((instance.due?, instance.id))).min()
    }

    /// Whose turn it is.
    pub(super) fn next_ready(&self) -> Option<i64> {
        let ready = self.instances.values().filter_map(|instance| Some((instance.turn?, instance.id)));
        ready.min().map(|(_, id)| id)
    }
}
