//! `limit … at once`: how many instances run, who waits for a place, who makes room.
//!
//! What a process counts its runs by (`per`) is evaluated once, when an instance is let in, and kept with it as its
//! slot. An instance has its place from then until its end, whatever it waits for; a queued one has the slot and no place.

use crate::{
    base::value::Value,
    bytecode::module::{ProcessDef, WhenFull},
};

use super::{
    Engine,
    faults::{self, Answer},
    instance::Start,
    log::Line,
    store::{Instance, LogKind, Status, codec},
};

/// Holders of places that listings name one by one.
const NAMED_MAX: usize = 3;

/// What a limit says to one more run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// It may begin.
    Free,
    /// It waits until another one has ended.
    Full,
    /// It is left out.
    Skipped,
}

impl Engine {
    /// What a run counts as; none if the process has no limit.
    pub(crate) fn slot(&mut self, process: &ProcessDef, arguments: &[Value]) -> Answer<Option<String>> {
        let Some(limit) = &process.limit else { return Ok(None) };
        let Some(per) = &limit.per else { return Ok(Some(String::new())) };
        let value = match self.evaluate(per.function, arguments)? {
            Some(Value::Decimal(number)) => Value::Decimal(number.normalize()),
            value => value.unwrap_or(Value::None),
        };
        Ok(Some(codec::to_json(&value).to_string()))
    }

    /// Whether one more may run; where the newest wins, the oldest makes room.
    pub(crate) fn room(&mut self, process: &ProcessDef, slot: &str) -> Answer<Room> {
        let Some(limit) = &process.limit else { return Ok(Room::Free) };
        if limit.when_full == WhenFull::NewestWins {
            self.cancel_oldest(process, slot, limit.count as usize)?;
        }
        Ok(if self.store.running(&process.name, slot)? < limit.count {
            Room::Free
        } else if limit.when_full == WhenFull::Skip {
            Room::Skipped
        } else {
            Room::Full
        })
    }

    /// Cancels the oldest until fewer than `count` are left that nobody has cancelled yet.
    fn cancel_oldest(&mut self, process: &ProcessDef, slot: &str, count: usize) -> Answer<()> {
        let mut live = Vec::new();
        for id in self.store.of_slot(&process.name, slot)? {
            live.extend(self.store.instance(id)?.filter(|instance| instance.cancel.is_none()));
        }
        let too_many = (live.len() + 1).saturating_sub(count);
        for oldest in live.into_iter().take(too_many) {
            // The end of one may have ended another, or given it a place.
            if let Some(oldest) = self.store.instance(oldest.id)? {
                self.request_cancel(oldest, format!("a newer {} has begun", process.name))?;
            }
        }
        Ok(())
    }

    /// Gives an instance a place, or puts it into the queue for one. It is not written yet.
    pub(crate) fn take_place(&mut self, instance: &mut Instance, room: Room) -> Answer<()> {
        if room == Room::Free {
            return self.make_ready(instance);
        }
        (instance.status, instance.queue, instance.due) = (Status::Queued, None, None);
        let count = self.process_named(&instance.process).and_then(|(_, p)| p.limit.as_ref()).map_or(1, |l| l.count);
        let message = match count {
            1 => "until the one that may run at once has ended".to_owned(),
            count => format!("until one of the {count} that may run at once has ended"),
        };
        self.log(Line { kind: LogKind::Wait, message, ..Line::of(instance) })
    }

    /// A place of this slot may have become free: those who wait for it begin, in the order of their starts.
    pub(crate) fn let_in(&mut self, process: &str, slot: &str) -> Answer<()> {
        while let Some(id) = self.store.first_queued(process, slot)? {
            let mut next = self.known_instance(id)?;
            let count = self.in_build(&next.build, |engine| {
                let limit = engine.process_named(process).and_then(|(_, process)| process.limit.as_ref());
                Ok(limit.map_or(u32::MAX, |limit| limit.count))
            })?;
            if self.store.running(process, slot)? >= count {
                break;
            }
            self.make_ready(&mut next)?;
            self.store.put_instance(&next)?;
        }
        Ok(())
    }

    /// Why a `do` must not wait for a place: those who have all of them wait for it.
    pub(crate) fn refuse_waiting_for_itself(&mut self, process: &ProcessDef, start: &Start) -> Answer<()> {
        let (Some(limit), Some(slot)) = (&process.limit, &start.slot) else { return Ok(()) };
        let mut above = 0;
        let mut next = start.parent.filter(|_| start.owned);
        while let Some(id) = next {
            let Some(instance) = self.store.instance(id)? else { break };
            if instance.process == process.name && instance.slot.as_ref() == Some(slot) {
                above += 1;
            }
            next = instance.parent.filter(|_| instance.owned);
        }
        if above >= limit.count { Err(faults::waits_for_itself(&process.name)) } else { Ok(()) }
    }

    /// What a queued instance waits for.
    pub(crate) fn place_in_words(&mut self, instance: &Instance) -> Answer<String> {
        let mut running = Vec::new();
        for id in self.store.of_slot(&instance.process, instance.slot.as_deref().unwrap_or_default())? {
            if self.store.instance(id)?.is_some_and(|other| other.status != Status::Queued) {
                running.push(format!("{} #{id}", instance.process));
            }
        }
        Ok(if running.len() <= NAMED_MAX {
            format!("the end of {}", running.join(" or "))
        } else {
            format!("the end of one of the {} that run", running.len())
        })
    }
}
