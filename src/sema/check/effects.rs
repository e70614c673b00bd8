//! What a process may write, itself or through what it starts in the same transaction (decision 28).

use std::collections::{BTreeMap, BTreeSet};

use crate::sema::followers::Followers;
use crate::sema::schema::{EntityId, OnDelete, Phase, ProcessId, Schema, Trigger, TriggerEvent};

/// What a statement does to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WriteKind {
    /// `create`.
    Create,
    /// `update`, `change`, `assign`, `set` in a `before` process.
    Update,
    /// `delete`.
    Delete,
}

/// A write of a record of an entity.
pub type EntityWrite = (EntityId, WriteKind);

/// What the body of one process does directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// What it writes.
    pub writes: BTreeSet<EntityWrite>,
    /// The actions that it does in its own transaction.
    pub calls: BTreeSet<ProcessId>,
}

/// For every write and every process, the entities that may be written along with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    of_write: BTreeMap<EntityWrite, BTreeSet<EntityId>>,
    of_call: Vec<BTreeSet<EntityId>>,
}

impl Effects {
    /// Follows calls and synchronous triggers until nothing is added. `footprints` has one entry for each process;
    /// background processes may have an empty one, since they run in a transaction of their own.
    #[must_use]
    pub fn close(schema: &Schema, footprints: &[Footprint]) -> Self {
        let mut effects = Self { of_write: BTreeMap::new(), of_call: vec![BTreeSet::new(); schema.processes.len()] };
        let followers = Followers::of(schema);
        while effects.step(schema, footprints, &followers) {}
        effects
    }

    /// One round; whether anything was added.
    fn step(&mut self, schema: &Schema, footprints: &[Footprint], followers: &Followers) -> bool {
        let mut grew = false;
        for (index, footprint) in footprints.iter().enumerate() {
            let mut all = BTreeSet::new();
            footprint.writes.iter().for_each(|write| all.extend(self.of_write(*write)));
            footprint.calls.iter().for_each(|call| all.extend(self.of_call(*call)));
            grew |= extend(self.of_call.get_mut(index), &all);
        }
        for (index, head) in schema.processes.iter().enumerate() {
            let Some(adds) = self.of_call.get(index).cloned() else { continue };
            for trigger in head.triggers.iter().filter(|trigger| trigger.phase != Phase::Background) {
                if let TriggerEvent::Action(action) = trigger.event {
                    grew |= extend(self.of_call.get_mut(usize::from(action.0)), &adds);
                }
                if let (Some(entity), Some(kind)) = (trigger.entity, kind_of(trigger)) {
                    grew |= extend(Some(self.of_write.entry((entity, kind)).or_default()), &adds);
                }
            }
        }
        for deleted in (0..).zip(&schema.entities).map(|(index, _)| EntityId(index)) {
            for (entity, _, on_delete) in followers.when_deleted(deleted) {
                let kind = if on_delete == OnDelete::Cascade { WriteKind::Delete } else { WriteKind::Update };
                let adds = self.of_write((entity, kind));
                grew |= extend(Some(self.of_write.entry((deleted, WriteKind::Delete)).or_default()), &adds);
            }
        }
        grew
    }

    /// The entities that a write may write; at least its own.
    #[must_use]
    pub fn of_write(&self, write: EntityWrite) -> BTreeSet<EntityId> {
        let mut all = self.of_write.get(&write).cloned().unwrap_or_default();
        all.insert(write.0);
        all
    }

    /// The entities that a call of an action may write.
    #[must_use]
    pub fn of_call(&self, process: ProcessId) -> BTreeSet<EntityId> {
        self.of_call.get(usize::from(process.0)).cloned().unwrap_or_default()
    }
}

/// The writes that a trigger follows.
fn kind_of(trigger: &Trigger) -> Option<WriteKind> {
    match trigger.event {
        TriggerEvent::Created => Some(WriteKind::Create),
        TriggerEvent::Deleted => Some(WriteKind::Delete),
        TriggerEvent::Updated(_)
        | TriggerEvent::Written(_)
        | TriggerEvent::StatusChanged { .. }
        | TriggerEvent::Assigned => Some(WriteKind::Update),
        // What a rule sets is a part of the write itself.
        TriggerEvent::Loaded | TriggerEvent::Edited | TriggerEvent::Saved => None,
        TriggerEvent::Action(_) | TriggerEvent::Signal(_) | TriggerEvent::Schedule { .. } => None,
    }
}

fn extend(set: Option<&mut BTreeSet<EntityId>>, adds: &BTreeSet<EntityId>) -> bool {
    set.is_some_and(|set| {
        let before = set.len();
        set.extend(adds);
        set.len() > before
    })
}
