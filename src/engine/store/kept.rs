//! The instances of the store in memory, with the orders in which they are looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::{Instance, InstanceFilter, Status};

/// Instances by id.
#[derive(Debug, Default)]
pub(super) struct Instances {
    all: BTreeMap<i64, Instance>,
    /// Place in the ready queue, id.
    ready: BTreeSet<(i64, i64)>,
    /// Moment, id.
    due: BTreeSet<(i64, i64)>,
    /// Parent, id.
    children: BTreeSet<(i64, i64)>,
    /// Process, slot, whether it is queued, id.
    slots: BTreeSet<(String, String, bool, i64)>,
}

impl Instances {
    /// Writes an instance, or removes it; gives what was there.
    pub(super) fn put(&mut self, id: i64, instance: Option<Instance>) -> Option<Instance> {
        let old = self.all.remove(&id);
        if let Some(old) = &old {
            self.note(old, false);
        }
        if let Some(new) = instance {
            self.note(&new, true);
            self.all.insert(id, new);
        }
        old
    }

    fn note(&mut self, instance: &Instance, is_there: bool) {
        let id = instance.id;
        let keys =
            [(&mut self.ready, instance.queue), (&mut self.due, instance.due), (&mut self.children, instance.parent)];
        for (set, key) in keys {
            match key {
                Some(key) if is_there => drop(set.insert((key, id))),
                Some(key) => drop(set.remove(&(key, id))),
                None => {}
            }
        }
        if let Some(slot) = &instance.slot {
            let key = (instance.process.clone(), slot.clone(), instance.status == Status::Queued, id);
            let _ = if is_there { self.slots.insert(key) } else { self.slots.remove(&key) };
        }
    }

    pub(super) fn get(&self, id: i64) -> Option<&Instance> {
        self.all.get(&id)
    }

    /// Instances with greater ids, ascending.
    pub(super) fn after(&self, id: i64) -> impl Iterator<Item = &Instance> {
        self.all.range((Bound::Excluded(id), Bound::Unbounded)).map(|(_, instance)| instance)
    }

    pub(super) fn find(&self, filter: &InstanceFilter) -> Vec<Instance> {
        let fits = |instance: &&Instance| filter.matches(instance);
        match filter.parent {
            Some(parent) => {
                let children = self.children.range((parent, i64::MIN)..=(parent, i64::MAX));
                children.filter_map(|(_, id)| self.all.get(id)).filter(fits).cloned().collect()
            }
            None => self.all.values().filter(fits).cloned().collect(),
        }
    }

    pub(super) fn next_ready(&self) -> Option<i64> {
        self.ready.first().map(|(_, id)| *id)
    }

    pub(super) fn next_due(&self) -> Option<(i64, i64)> {
        self.due.first().copied()
    }

    /// The instances of a slot that are queued, or that are not; ascending.
    pub(super) fn of_slot(&self, process: &str, slot: &str, queued: bool) -> impl Iterator<Item = i64> {
        let key = |id| (process.to_owned(), slot.to_owned(), queued, id);
        self.slots.range(key(i64::MIN)..=key(i64::MAX)).map(|(.., id)| *id)
    }
}
