//! `limit … at once`: how many instances run, who waits for a place, who makes room.

use super::{Evaluated, Fault, Reference, run::Run, triggers::Kept, world::Actor};
use crate::{
    base::value::Value,
    engine::store::{LogKind, Status},
    sema::schema::{ProcessId, WhenFull},
};

/// A start that is refused for now: what the event left for `only if` and for `per`.
#[derive(Clone)]
pub(super) struct Entry {
    /// Nothing if the condition has held already.
    pub(super) condition: Option<Vec<Value>>,
    pub(super) per: Vec<Value>,
}

/// What a limit says to one more run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    Full,
    Skipped,
}

impl<'a> Reference<'a> {
    /// What of the event `per` reads.
    pub(super) fn per_captures(&self, id: ProcessId, kept: &Kept<'_>) -> Vec<Value> {
        let per = self.program.processes.get(usize::from(id.0)).and_then(|process| process.per.as_ref());
        per.map(|per| self.captures(&per.captures, kept)).unwrap_or_default()
    }

    /// What a run counts as; nothing if its process has no limit.
    pub(super) fn slot(&mut self, id: ProcessId, begun: &Run<'a>, captures: Vec<Value>) -> Evaluated<Option<Value>> {
        if self.program.schema.process(id).is_none_or(|head| head.at_once.is_none()) {
            return Ok(None);
        }
        let process = self.program.processes.get(usize::from(id.0));
        let Some(per) = process.and_then(|process| process.per.as_ref()) else { return Ok(Some(Value::None)) };
        let mut run = Run::new(&super::NOTHING, begun.locals.clone(), per.locals.len(), Actor::default());
        run.captures = captures;
        self.eval(&per.value, &mut run).map(Some)
    }

    /// The instances that count as a slot, with whether they wait for a place.
    fn of_slot(&self, id: ProcessId, slot: &Value) -> Vec<(i64, bool)> {
        let all = self.world.instances.values();
        let of_slot = all.filter(|instance| instance.process == id && instance.slot.as_ref() == Some(slot));
        of_slot.map(|instance| (instance.id, instance.status == Status::Queued)).collect()
    }

    fn has_room(&self, id: ProcessId, slot: &Value, count: usize) -> bool {
        self.of_slot(id, slot).iter().filter(|(_, is_queued)| !is_queued).count() < count
    }

    /// Whether one more may run; where the newest wins, the oldest makes room.
    pub(super) fn room(&mut self, id: ProcessId, slot: &Value) -> Room {
        let Some(limit) = self.program.schema.process(id).and_then(|head| head.at_once) else { return Room::Free };
        let count = limit.count as usize;
        if limit.when_full == WhenFull::NewestWins {
            let all = self.of_slot(id, slot).into_iter().map(|(id, _)| id);
            let stays = |id: &i64| self.world.instances.get(id).is_some_and(|instance| instance.cancel.is_none());
            let live: Vec<i64> = all.filter(stays).collect();
            let too_many = (live.len() + 1).saturating_sub(count);
            let reason = format!("a newer {} has begun", self.process_name(id));
            live.into_iter().take(too_many).for_each(|oldest| self.request_cancel(oldest, &reason));
        }
        match (self.has_room(id, slot, count), limit.when_full) {
            (true, _) => Room::Free,
            (false, WhenFull::Skip) => Room::Skipped,
            (false, _) => Room::Full,
        }
    }

    /// Gives an instance a place, or puts it into the queue for one.
    pub(super) fn take_place(&mut self, id: i64, room: Room) {
        if room == Room::Free {
            return self.world.make_ready(id);
        }
        let Some(instance) = self.world.instance(id) else { return };
        (instance.status, instance.turn, instance.due) = (Status::Queued, None, None);
        let process = instance.process;
        let count = self.program.schema.process(process).and_then(|head| head.at_once).map_or(1, |limit| limit.count);
        let message = match count {
            1 => "until the one that may run at once has ended".to_owned(),
            count => format!("until one of the {count} that may run at once has ended"),
        };
        self.tell_of(id, LogKind::Wait, message, String::new());
    }

    /// A place may have become free: those who wait for it begin, in the order of their starts.
    pub(super) fn let_in(&mut self, id: ProcessId, slot: &Value) {
        let count = self.program.schema.process(id).and_then(|head| head.at_once).map_or(1, |limit| limit.count);
        while let Some((first, _)) = self.of_slot(id, slot).into_iter().find(|(_, is_queued)| *is_queued)
            && self.has_room(id, slot, count as usize)
        {
            self.world.make_ready(first);
        }
    }

    /// A `do` must not wait for a place: those who have all of them wait for it.
    pub(super) fn waits_for_itself(&self, id: ProcessId, slot: &Value, parent: Option<i64>) -> bool {
        let Some(limit) = self.program.schema.process(id).and_then(|head| head.at_once) else { return false };
        let mut above = 0;
        let mut next = parent;
        while let Some(instance) = next.and_then(|id| self.world.instances.get(&id)) {
            above += u32::from(instance.process == id && instance.slot.as_ref() == Some(slot));
            next = instance.parent.filter(|_| instance.owned);
        }
        above >= limit.count
    }

    /// Whether a start that was put aside may begin now.
    pub(super) fn may_begin(&mut self, id: i64, entry: Entry) -> Evaluated<bool> {
        let instance = self.world.instances.get(&id).cloned().ok_or(Fault::Unsupported("instance"))?;
        if let Some(captures) = entry.condition
            && !self.applies_with(instance.process, instance.primary, captures)?
        {
            self.leave_out(id, "does not apply");
            return Ok(false);
        }
        let slot = self.slot(instance.process, &instance.run, entry.per)?;
        let room = slot.as_ref().map_or(Room::Free, |slot| self.room(instance.process, slot));
        if room == Room::Skipped {
            self.leave_out(id, "is left out: as many run as may at once");
            return Ok(false);
        }
        self.world.instance(id).into_iter().for_each(|instance| (instance.slot, instance.entry) = (slot.clone(), None));
        if room == Room::Full {
            self.take_place(id, room);
        }
        Ok(room == Room::Free)
    }

    fn leave_out(&mut self, id: i64, reason: &str) {
        self.tell_of(id, LogKind::Note, reason.to_owned(), String::new());
        self.world.instances.remove(&id);
    }
}
