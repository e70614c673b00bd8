//! Instances that stay decoded, with what wakes them, and that are written behind: what changes within a transaction is
//! written before its end, or before a query that has to see it, each row once and only where it differs.
//!
//! They are asked only within a transaction, at whose beginning all are dropped if another program has written since.
//! All are dropped, too, when a transaction is undone and when tables change, and those that are written when there are
//! too many. What is undone to a savepoint is put back as it was.

use std::{collections::BTreeSet, sync::Arc};

use crate::base::ids::IdMap;
use crate::engine::store::{Instance, Status, Subscription};

use super::{changes::Changes, front::Front};

/// About how many bytes of instances stay.
const BYTES_MAX: usize = 8 << 20;
/// Instances that wait to be written: about as many as the processor has at hand.
const UNWRITTEN_MAX: usize = 256;
/// Instances of which those that rest stay from one transaction to the next.
const RESTING_MAX: usize = 1_024;
/// About what an instance takes besides its snapshot and its arguments.
const BYTES_EACH: usize = 1 << 10;

/// An instance, and what stands of it in the file.
#[derive(Clone, Debug)]
pub(super) struct Resident {
    pub(super) now: Arc<Instance>,
    /// Its row; none if it has none yet.
    pub(super) written: Option<Arc<Instance>>,
    /// What wakes it, if that is known.
    pub(super) subscriptions: Option<Arc<[Subscription]>>,
    /// The rows of what wakes it, if they are known.
    pub(super) written_subscriptions: Option<Arc<[Subscription]>>,
}

impl Resident {
    /// One that stands in the file so.
    pub(super) fn read(instance: Instance) -> Self {
        let now = Arc::new(instance);
        Self { written: Some(Arc::clone(&now)), now, subscriptions: None, written_subscriptions: None }
    }

    /// One of which nothing stands in the file.
    pub(super) fn new(instance: Instance) -> Self {
        let none: Arc<[Subscription]> = Arc::new([]);
        Self {
            now: Arc::new(instance),
            written: None,
            subscriptions: Some(Arc::clone(&none)),
            written_subscriptions: Some(none),
        }
    }

    fn is_written(&self) -> bool {
        self.written.as_ref().is_some_and(|written| Arc::ptr_eq(written, &self.now)) && self.is_wired()
    }

    /// Whether it is not its turn soon.
    fn is_resting(&self) -> bool {
        self.now.status == Status::Waiting || !self.now.status.is_live()
    }

    fn bytes(&self) -> usize {
        BYTES_EACH + self.now.arguments.len() * 64 + self.now.snapshot.as_ref().map_or(0, Vec::len)
    }
}

/// The instances that stay decoded.
#[derive(Debug, Default)]
pub(super) struct Residents {
    all: IdMap<i64, Resident>,
    bytes: usize,
    /// Those that are to be written, or what wakes them is; and the latter.
    unwritten: BTreeSet<i64>,
    unwired: BTreeSet<i64>,
    /// Whether no instance has a parent, if that is known.
    pub(super) childless: Option<bool>,
    /// Those that were changed within savepoints, and what they were before.
    changes: Changes<(i64, Option<Resident>)>,
    pub(super) ready: Front,
    pub(super) due: Front,
    /// What the file had as its version when they were valid last.
    version: i64,
}

impl Residents {
    pub(super) fn clear(&mut self) {
        *self = Self { version: self.version, ..Self::default() };
    }

    /// A transaction begins, with this version of the file. Gives whether it is another one than before.
    pub(super) fn begin(&mut self, version: i64) -> bool {
        std::mem::replace(&mut self.version, version) != version
    }

    /// The version of the file in the open transaction.
    pub(super) fn version(&self) -> i64 {
        self.version
    }

    pub(super) fn get(&self, id: i64) -> Option<&Resident> {
        self.all.get(&id)
    }

    /// Puts an instance as it is now; within savepoints it can be put back.
    pub(super) fn put(&mut self, id: i64, resident: Option<Resident>, savepoints: u32) {
        let before = self.exchange(id, resident);
        if savepoints > 0 {
            self.changes.push(savepoints, (id, before));
        }
    }

    fn exchange(&mut self, id: i64, resident: Option<Resident>) -> Option<Resident> {
        let is_left = |resident: Option<&Resident>| {
            resident.map_or((false, false), |resident| (!resident.is_written(), !resident.is_wired()))
        };
        let is = is_left(resident.as_ref());
        let place = |resident: Option<&Resident>| resident.map_or((None, None), |r| (r.now.queue, r.now.due));
        let after = resident.as_ref().map_or(0, Resident::bytes);
        let to = place(resident.as_ref());
        let before = match resident {
            Some(resident) => self.all.insert(id, resident),
            None => self.all.remove(&id),
        };
        let was = is_left(before.as_ref());
        for (set, was, is) in [(&mut self.unwritten, was.0, is.0), (&mut self.unwired, was.1, is.1)] {
            match (was, is) {
                (false, true) => drop(set.insert(id)),
                (true, false) => drop(set.remove(&id)),
                _ => {}
            }
        }
        let from = place(before.as_ref());
        self.ready.moved(id, from.0, to.0);
        self.due.moved(id, from.1, to.1);
        self.bytes = (self.bytes + after).saturating_sub(before.as_ref().map_or(0, Resident::bytes));
        before
    }

    /// Those that are to be written, in order.
    pub(super) fn unwritten(&self) -> Vec<i64> {
        self.unwritten.iter().copied().collect()
    }

    /// Whether what wakes each of them is written.
    pub(super) fn are_wired(&self) -> bool {
        self.unwired.is_empty()
    }

    /// They are written as they are; within savepoints that may be undone.
    pub(super) fn note_written(&mut self, savepoints: u32) {
        self.unwired.clear();
        for id in std::mem::take(&mut self.unwritten) {
            let Some(resident) = self.all.get_mut(&id) else { continue };
            if savepoints > 0 {
                self.changes.push(savepoints, (id, Some(resident.clone())));
            }
            resident.written = Some(Arc::clone(&resident.now));
            if resident.subscriptions.is_some() {
                resident.written_subscriptions.clone_from(&resident.subscriptions);
            }
        }
    }

    /// Whether there are so many that some should go.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > BYTES_MAX
    }

    /// Whether so many are to be written that it is time to.
    pub(super) fn has_many_unwritten(&self) -> bool {
        self.unwritten.len() >= UNWRITTEN_MAX
    }

    /// Drops those that are written and whose turn it is not soon.
    pub(super) fn drop_resting(&mut self) {
        self.retain(|resident| !resident.is_resting());
    }

    /// Drops all that are written.
    pub(super) fn make_room(&mut self) {
        self.retain(|_| false);
    }

    fn retain(&mut self, stays: impl Fn(&Resident) -> bool) {
        let unwritten = &self.unwritten;
        self.all.retain(|id, resident| unwritten.contains(id) || stays(resident));
        self.bytes = self.all.values().map(Resident::bytes).sum();
    }

    /// The transaction is committed.
    pub(super) fn commit(&mut self) {
        self.changes.clear();
        if self.all.len() > RESTING_MAX {
            self.drop_resting();
        }
    }

    /// Only so many savepoints are left; the others became part of what is around them.
    pub(super) fn release(&mut self, left: u32) {
        if left == 0 {
            self.changes.clear();
        }
        self.changes.release(left);
    }

    /// Puts back what was changed within this savepoint.
    pub(super) fn undo(&mut self, savepoint: u32) {
        while let Some((id, before)) = self.changes.undo_one(savepoint) {
            self.exchange(id, before);
        }
        self.ready.forget();
        self.due.forget();
        self.childless = None;
    }
}
