//! What a process may write, itself or through what it starts in the same transaction (decision 28).

use std::collections::BTreeSet;

use crate::sema::schema::{EntityId, Phase, ProcessId, Schema, TriggerEvent};

/// What the body of one process does directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The entities that it creates, updates, changes, assigns or deletes.
    pub writes: BTreeSet<EntityId>,
    /// The actions that it does in its own transaction.
    pub calls: BTreeSet<ProcessId>,
}

/// For every entity and every process, the entities that may be written along with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    of_write: Vec<BTreeSet<EntityId>>,
    of_call: Vec<BTreeSet<EntityId>>,
}

impl Effects {
    /// Follows calls and synchronous triggers until nothing is added. `footprints` has one entry for each process;
    /// background processes may have an empty one, since they run in a transaction of their own.
    #[must_use]
    pub fn close(schema: &Schema, footprints: &[Footprint]) -> Self {
        let mut of_write: Vec<BTreeSet<EntityId>> =
            (0..schema.entities.len()).filter_map(|i| u16::try_from(i).ok()).map(|i| [EntityId(i)].into()).collect();
        let mut of_call: Vec<BTreeSet<EntityId>> = vec![BTreeSet::new(); schema.processes.len()];
        loop {
            let mut grew = false;
            for (index, footprint) in footprints.iter().enumerate() {
                let mut all = BTreeSet::new();
                all.extend(footprint.writes.iter().filter_map(|e| of_write.get(e.0 as usize)).flatten().copied());
                all.extend(footprint.calls.iter().filter_map(|p| of_call.get(p.0 as usize)).flatten().copied());
                grew |= extend(of_call.get_mut(index), &all);
            }
            for (index, head) in schema.processes.iter().enumerate() {
                let Some(adds) = of_call.get(index).cloned() else { continue };
                for trigger in head.triggers.iter().filter(|t| t.phase != Phase::Background) {
                    grew |= match (&trigger.event, &head.primary) {
                        (TriggerEvent::Action(action), _) => extend(of_call.get_mut(action.0 as usize), &adds),
                        (_, Some(primary)) => primary
                            .ty
                            .entities()
                            .iter()
                            .fold(false, |grew, e| extend(of_write.get_mut(e.0 as usize), &adds) | grew),
                        (_, None) => false,
                    };
                }
            }
            if !grew {
                return Self { of_write, of_call };
            }
        }
    }

    /// What a write of a record of `entity` may write; at least that entity.
    #[must_use]
    pub fn of_write(&self, entity: EntityId) -> BTreeSet<EntityId> {
        self.of_write.get(entity.0 as usize).cloned().unwrap_or_else(|| [entity].into())
    }

    /// What a call of an action may write.
    #[must_use]
    pub fn of_call(&self, process: ProcessId) -> BTreeSet<EntityId> {
        self.of_call.get(process.0 as usize).cloned().unwrap_or_default()
    }
}

fn extend(set: Option<&mut BTreeSet<EntityId>>, adds: &BTreeSet<EntityId>) -> bool {
    set.is_some_and(|set| {
        let before = set.len();
        set.extend(adds);
        set.len() > before
    })
}
