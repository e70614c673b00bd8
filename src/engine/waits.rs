//! What a waiting instance is woken by: everything that its conditions read.

use std::collections::BTreeSet;

use crate::base::{
    limits::{DUE_AT_ONCE, TIDIED_AT_ONCE},
    value::RecordRef,
};

use super::{
    Engine,
    faults::Answer,
    store::{Instance, InstanceFilter, Status, StoreError, Subscription},
};

/// What was noted since a wait began.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) subscriptions: BTreeSet<Subscription>,
    /// The moments of the arms that the clock ends, in order.
    pub(crate) moments: Vec<i64>,
}

impl Engine {
    /// Notes something that the conditions of a wait depend on.
    pub(crate) fn watch(&mut self, subscription: Subscription) {
        if let Some(watch) = &mut self.watching {
            watch.subscriptions.insert(subscription);
        }
    }

    /// Whether what is read is noted.
    pub(crate) fn is_watching(&self) -> bool {
        self.watching.is_some()
    }

    pub(crate) fn watch_begin(&mut self) {
        self.watching = Some(Watch::default());
    }

    pub(crate) fn watch_moment(&mut self, moment: i64) {
        if let Some(watch) = &mut self.watching {
            watch.moments.push(moment);
        }
    }

    /// The wait is over: one that is entered after it is told, even if it is the same one.
    pub(crate) fn watch_end(&mut self) {
        self.watching = None;
        self.acted = true;
    }

    /// Puts an instance at the end of the ready queue; one that stands there keeps its place.
    pub(crate) fn make_ready(&mut self, instance: &mut Instance) -> Answer<()> {
        instance.status = Status::Ready;
        if instance.queue.is_none() || instance.queue != Some(self.store.counter("queue")?) {
            instance.queue = Some(self.store.count_up("queue")?);
        }
        instance.due = None;
        Ok(())
    }

    /// Makes a waiting instance ready; it looks itself whether what it waits for has come.
    pub(crate) fn wake(&mut self, id: i64) -> Answer<()> {
        let Some(mut instance) = self.store.instance(id)? else { return Ok(()) };
        if instance.status == Status::Waiting {
            self.make_ready(&mut instance)?;
            self.store.put_instance(&instance)?;
        }
        Ok(())
    }

    /// Starts what is scheduled and makes ready what is due, in order; gives up what was parked too long; deletes ended
    /// instances that were kept long enough; some of them at a time. Gives whether some are left.
    pub(crate) fn fire_due(&mut self) -> Answer<bool> {
        self.start_scheduled()?;
        let (mut room, mut fired) = (TIDIED_AT_ONCE, 0);
        while let Some((due, id)) = self.store.next_due()?.filter(|(due, _)| *due <= self.now) {
            match self.store.instance(id)? {
                Some(instance) if !instance.status.is_live() => {
                    // LIMIT: TIDIED_AT_ONCE
                    if room == 0 {
                        return Ok(true);
                    }
                    self.forget(id, &mut room)?;
                }
                Some(mut instance) => {
                    // LIMIT: DUE_AT_ONCE
                    if fired == DUE_AT_ONCE {
                        return Ok(true);
                    }
                    fired += 1;
                    if instance.status == Status::Parked {
                        self.parked_long(instance)?;
                        continue;
                    }
                    self.make_ready(&mut instance)?;
                    self.store.put_instance(&instance)?;
                }
                None => return Err(StoreError::Damaged(format!("instance {id}, due {due}, is not there")).into()),
            }
        }
        Ok(false)
    }

    /// Suspended instances that nothing can wake. There are never any.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn forgotten(&mut self) -> Answer<Vec<i64>> {
        let mut forgotten = Vec::new();
        for id in self.instance_numbers(&InstanceFilter { live: true, branches: true, ..InstanceFilter::default() })? {
            let Some(instance) = self.store.instance(id)? else { continue };
            let wakes = match instance.status {
                Status::Ready => instance.queue.is_some(),
                Status::Queued => {
                    self.store.running(&instance.process, instance.slot.as_deref().unwrap_or_default())? > 0
                }
                Status::Waiting => {
                    instance.due.is_some()
                        || self.has_branches(&instance)?
                        || self.can_be_woken(instance.id)?
                        || self.store.job(instance.id)?.is_some()
                }
                Status::Postponed => instance.due.is_some(),
                _ => true,
            };
            if !wakes {
                forgotten.push(instance.id);
            }
        }
        Ok(forgotten)
    }

    /// Whether as many branches run as are counted, and their end wakes the instance.
    fn has_branches(&mut self, instance: &Instance) -> Answer<bool> {
        let Some(branches) = instance.branches else { return Ok(false) };
        let filter =
            InstanceFilter { parent: Some(instance.id), live: true, branches: true, ..InstanceFilter::default() };
        let running = self.store.instances(&filter)?.iter().filter(|child| child.branch.is_some()).count();
        Ok(running == branches.running as usize && branches.running > branches.awaited)
    }

    /// Whether one of the subscriptions is for something that still exists.
    fn can_be_woken(&mut self, id: i64) -> Answer<bool> {
        for subscription in self.store.subscriptions(id)? {
            let alive = match subscription {
                Subscription::Field { entity, id, .. } => self.store.get(RecordRef { entity, id })?.is_some(),
                Subscription::Referring { .. } | Subscription::Signal { .. } => true,
                Subscription::End { instance } => self.store.instance(instance)?.is_some_and(|i| i.status.is_live()),
            };
            if alive {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
