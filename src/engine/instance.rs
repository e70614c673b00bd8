//! The life of instances: started, cancelled, retried, given up, ended, forgotten.

use std::sync::Arc;

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        module::{Keep, PointDef, ProcessDef},
        types::ProcessIdx,
    },
    vm::fault::{Fault, told},
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer, Failure},
    log::Line,
    slots::Room,
    store::{Asks, Instance, InstanceFilter, LogKind, Status, StoredFault, Subscription},
    words,
};

/// A start of a background process.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) process: ProcessIdx,
    pub(crate) primary: Option<RecordRef>,
    pub(crate) arguments: Vec<Value>,
    /// What the process counts its runs by.
    pub(crate) slot: Option<String>,
    /// What `only if` and `per` are called with before the first turn.
    pub(crate) condition: Option<Vec<Value>>,
    pub(crate) owner: Option<i64>,
    pub(crate) caller: Option<i64>,
    pub(crate) user: Option<i64>,
    pub(crate) parent: Option<i64>,
    pub(crate) owned: bool,
    pub(crate) depth: u32,
}

impl Engine {
    /// The process of this name.
    pub(crate) fn process_named(&self, name: &str) -> Option<(ProcessIdx, &ProcessDef)> {
        (0u16..).zip(&self.module().processes).find(|(_, p)| p.name == name).map(|(i, p)| (ProcessIdx(i), p))
    }

    /// The suspension point of this name.
    pub(crate) fn point(&self, name: &str) -> Option<&PointDef> {
        self.module().points.iter().find(|p| p.name == name)
    }

    /// Puts a start into the ready queue, or aside with the reason why it is refused. Gives nothing where as many run as
    /// may and more are left out.
    pub(crate) fn begin_instance(&mut self, start: Start, refusal: Option<Failure>) -> Answer<Option<i64>> {
        let program = Arc::clone(&self.definitions.program);
        let process = program.module().process(start.process).ok_or_else(|| faults::unknown_request("a process"))?;
        let room = match &start.slot {
            Some(slot) if refusal.is_none() => {
                self.refuse_waiting_for_itself(process, &start)?;
                self.room(process, slot)?
            }
            _ => Room::Free,
        };
        if room == Room::Skipped {
            return Ok(None);
        }
        let mut instance = Instance {
            id: 0,
            process: process.name.clone(),
            build: self.definitions.hash.clone(),
            primary: start.primary,
            owner: start.owner,
            caller: start.caller,
            user: start.user,
            acting: Vec::new(),
            parent: start.parent,
            branch: None,
            ordinal: None,
            branches: None,
            owned: start.owned,
            status: Status::Ready,
            queue: None,
            due: None,
            arguments: start.arguments,
            slot: start.slot,
            condition: start.condition,
            snapshot: None,
            point: None,
            fault: None,
            message: String::new(),
            result: None,
            depth: start.depth,
            cancel: None,
            asks: Asks::default(),
            created: self.now,
            changed: self.now,
        };
        instance.id = self.store.count_up("id")?;
        instance.asks.session = self.open_session(&instance, process)?;
        self.log(Line { kind: LogKind::Start, ..Line::of(&instance) })?;
        match refusal {
            None => {
                self.take_place(&mut instance, room)?;
                self.store.put_instance(&instance)?;
            }
            Some(Failure::Fault(fault)) => self.park(&mut instance, &fault, 0)?,
            Some(failure) => return Err(failure),
        }
        Ok(Some(instance.id))
    }

    /// Stops an instance where it rests, until it is retried or given up. `tries` is how often the turn was tried.
    pub(crate) fn park(&mut self, instance: &mut Instance, fault: &Fault, tries: u32) -> Answer<()> {
        let stored = StoredFault { tries, ..self.stored_fault(fault) };
        instance.status = Status::Parked;
        (instance.queue, instance.due) = (None, self.given_up_at(self.now));
        instance.changed = self.now;
        let line = Line {
            kind: LogKind::Park,
            place: stored.place.clone(),
            stage: fault.at.as_ref().map(|at| at.stage.clone()).unwrap_or_default(),
            message: told(&stored.code, ": ", &stored.message),
            ..Line::of(instance)
        };
        if instance.branch.is_some() {
            self.park_whole(instance, &stored)?;
        }
        instance.fault = Some(stored);
        self.store.subscribe(instance.id, &[])?;
        self.store.put_instance(instance)?;
        self.log(line)
    }

    pub(crate) fn stored_fault(&self, fault: &Fault) -> StoredFault {
        StoredFault {
            code: fault.code.clone(),
            message: fault.message.clone(),
            place: fault.at.as_ref().map(words::place).unwrap_or_default(),
            values: fault.values.iter().map(|named| (named.name.clone(), self.value_in_words(named))).collect(),
            tries: 0,
        }
    }

    /// An instance, or a fault that says that there is none.
    pub(crate) fn known_instance(&mut self, id: i64) -> Answer<Instance> {
        self.store.instance(id)?.ok_or_else(|| faults::instance_gone(id))
    }

    /// The same of one that is no branch: what is done to it is done to its branches.
    pub(crate) fn known_whole(&mut self, id: i64) -> Answer<Instance> {
        let instance = self.known_instance(id)?;
        match instance.branch {
            None => Ok(instance),
            Some(branch) => Err(faults::is_branch(id, branch.whole)),
        }
    }

    /// Asks an instance to unwind; one that has not begun ends at once.
    pub(crate) fn request_cancel(&mut self, mut instance: Instance, reason: String) -> Answer<()> {
        if !instance.status.is_live() {
            return Ok(());
        }
        if self.running.contains(&instance.id) {
            // It finds this when it comes to rest.
            instance.cancel = Some(reason);
            return Ok(self.store.put_instance(&instance)?);
        }
        if instance.snapshot.is_none() {
            return self.end_instance(instance, Status::Canceled, reason, None);
        }
        instance.cancel = Some(reason);
        instance.fault = None;
        self.make_ready(&mut instance)?;
        self.store.subscribe(instance.id, &[])?;
        self.store.put_instance(&instance)?;
        Ok(())
    }

    /// Ends an instance: cancels the children that it owns, wakes who waits for it, keeps it as long as it should be.
    pub(crate) fn end_instance(
        &mut self,
        mut instance: Instance,
        status: Status,
        message: String,
        result: Option<Value>,
    ) -> Answer<()> {
        let id = instance.id;
        instance.status = status;
        (instance.queue, instance.due, instance.snapshot) = (None, None, None);
        (instance.cancel, instance.condition, instance.branches) = (None, None, None);
        instance.asks.earlier.clear();
        self.withdraw_forms(&mut instance, &[])?;
        instance.changed = self.now;
        instance.message.clone_from(&message);
        instance.result = result;
        self.close_session(&instance)?;
        if status != Status::Failed {
            // What a turn was tried again for is over.
            instance.fault = None;
        }
        let slot = instance.slot.take();
        let (keep, is_job) = self.kept_and_job(&instance)?;
        if is_job {
            self.store.remove_job(id)?;
        }
        // Who waits for a call takes its answer when he can: it is gone then, or with him.
        let is_awaited = is_job && instance.owned && self.is_live(instance.parent)?;
        if let Keep::For(duration) = keep
            && !is_awaited
        {
            instance.due = words::later(self.now, duration, &self.module().meta.zone);
        }
        self.store.subscribe(id, &[])?;
        self.store.clear_mailbox(id)?;
        self.store.clear_undo(id, 0)?;
        self.store.put_instance(&instance)?;
        self.log(Line { kind: LogKind::End, message: words::ending(status, &message), ..Line::of(&instance) })?;
        self.end_children(id)?;
        for waiting in self.store.subscribers(Subscription::End { instance: id })? {
            self.wake(waiting)?;
        }
        if let Some(slot) = slot {
            self.let_in(&instance.process, &slot)?;
        }
        let awaited = instance.owned && self.is_live(instance.parent)?;
        if keep == Keep::Nothing && !awaited {
            self.store.delete_instance(id)?;
        }
        Ok(())
    }

    fn is_live(&mut self, id: Option<i64>) -> Answer<bool> {
        let Some(id) = id else { return Ok(false) };
        Ok(self.store.instance(id)?.is_some_and(|i| i.status.is_live()))
    }

    pub(crate) fn end_children(&mut self, parent: i64) -> Answer<()> {
        // Its branches have their own end.
        let filter = InstanceFilter { parent: Some(parent), ..InstanceFilter::default() };
        for child in self.store.instances(&filter)?.into_iter().filter(|child| child.owned) {
            let (keep, is_job) = self.kept_and_job(&child)?;
            if child.status.is_live() {
                self.request_cancel(child, "the process that started it has ended".to_owned())?;
            } else if keep == Keep::Nothing || is_job {
                self.store.delete_instance(child.id)?;
            }
        }
        Ok(())
    }

    /// Lets a parked instance go on from where it stopped.
    ///
    /// # Errors
    /// R0402 and R0507 if there is no such instance or it is not parked; or the store's error.
    pub fn retry(&mut self, id: i64) -> Answer<()> {
        self.transaction(|engine| {
            let mut instance = engine.known_whole(id)?;
            if instance.status != Status::Parked {
                return Err(faults::wrong_status(id, instance.status.word(), "retried"));
            }
            instance.fault = None;
            engine.reopen_jobs(id)?;
            engine.retry_branches(id)?;
            engine.make_ready(&mut instance)?;
            engine.store.put_instance(&instance)?;
            engine.log(Line { message: "retried".into(), ..Line::of(&instance) })
        })
    }

    /// Cancels an instance: it unwinds in its next turn.
    ///
    /// # Errors
    /// R0402 and R0507 if there is no such instance or it has ended; or the store's error.
    pub fn cancel(&mut self, id: i64, reason: &str) -> Answer<()> {
        self.transaction(|engine| {
            let instance = engine.known_whole(id)?;
            if !instance.status.is_live() {
                return Err(faults::wrong_status(id, instance.status.word(), "canceled"));
            }
            engine.request_cancel(instance, reason.to_owned())
        })
    }

    /// Whose process it is; none is the system.
    pub(crate) fn owner(&self, process: &str) -> Option<i64> {
        self.owners.get(process).copied()
    }

    /// Sets the owner of a process: whose rights its instances have that events start from now on.
    ///
    /// # Errors
    /// R0505 if there is no such process; or the store's error.
    pub fn set_owner(&mut self, process: &str, user: Option<i64>) -> Answer<()> {
        let Some(index) = self.process_named(process).map(|(index, _)| index) else {
            return Err(faults::not_startable(process, "because the build has no such process"));
        };
        self.transaction(|engine| {
            engine.allow_owner(index, user)?;
            let text = user.map(|id| id.to_string()).unwrap_or_default();
            Ok(engine.store.set_meta(&format!("owner/{process}"), &text)?)
        })?;
        match user {
            Some(id) => self.owners.insert(process.to_owned(), id),
            None => self.owners.remove(process),
        };
        Ok(())
    }

    /// The actor that an instance is.
    pub(crate) fn actor_of(&self, instance: &Instance) -> Actor {
        Actor {
            user: instance.user,
            caller: instance.caller,
            owner: instance.owner,
            instance: Some(instance.whole()),
            branch: instance.branch.map(|_| instance.id),
            process: Some(Arc::from(instance.process.as_str())),
            depth: instance.depth,
        }
    }
}
