//! The life of instances: turns, faults, cancellation, the clock; and what callers from outside ask for.

use std::rc::Rc;

use super::{
    Evaluated, Fault, Reference,
    run::{Exit, Point, Rest, Run},
    slots::{Entry, Room},
    triggers::HOUR,
    waits::Watch,
    world::{Actor, Instance, Wake},
};
use crate::{
    base::value::{Duration, EntityIdx, RecordRef, Value},
    data::show,
    engine::store::{Change, LogEntry, LogKind, Status},
    sema::{
        hir::{Arithmetic, WriteOp},
        schema::{EntityId, FieldId, Keep, ProcessId, SystemField},
        ty::Ty,
    },
};

/// Turns after which running until idle gives up.
const TURNS_MAX: u32 = 2_000;

/// How a start enters.
pub(super) enum Entering {
    /// As one of those that count so.
    As(Option<Value>),
    /// Not yet: why, and what has to be tried again.
    Refused(Option<Entry>, Fault),
}

/// What people see of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its process.
    pub process: String,
    /// The primary record.
    pub record: Option<RecordRef>,
    /// Where it stands.
    pub status: Status,
    /// The name of the suspension point.
    pub point: Option<String>,
    /// The code of the fault that parked it.
    pub fault: Option<String>,
    /// Its result.
    pub result: Option<Value>,
    /// When the clock wakes it.
    pub due: Option<i64>,
}

impl<'a> Reference<'a> {
    /// Creates a record as a user; none is the system.
    ///
    /// # Errors
    /// With what refused it.
    pub fn create_as(
        &mut self,
        user: Option<i64>,
        entity: EntityId,
        fields: &[(FieldId, Value)],
    ) -> Evaluated<RecordRef> {
        let writes = sets(fields);
        self.operation(user, None, |me, actor| me.create(actor, entity, writes))
    }

    /// Writes fields of a record as a user; `state`, `status` and `owner` are fields, too.
    ///
    /// # Errors
    /// With what refused it.
    pub fn update_as(&mut self, user: Option<i64>, record: RecordRef, fields: &[(FieldId, Value)]) -> Evaluated<()> {
        let writes = sets(fields);
        self.operation(user, Some(record), |me, actor| me.update(actor, record, writes))
    }

    /// Deletes a record as a user.
    ///
    /// # Errors
    /// With what refused it.
    pub fn delete_as(&mut self, user: Option<i64>, record: RecordRef) -> Evaluated<()> {
        self.operation(user, Some(record), |me, actor| me.delete(actor, record))
    }

    /// Starts a process on demand, or calls an action.
    ///
    /// # Errors
    /// With what refused it.
    pub fn start_as(
        &mut self,
        user: Option<i64>,
        process: ProcessId,
        primary: Option<RecordRef>,
        inputs: &[Value],
    ) -> Evaluated<()> {
        self.operation(user, primary, |me, actor| me.start_by_hand(actor, process, primary, inputs))
    }

    /// One transaction of a user; of what is refused a line is left.
    pub(super) fn operation<T>(
        &mut self,
        user: Option<i64>,
        record: Option<RecordRef>,
        work: impl FnOnce(&mut Self, Actor) -> Evaluated<T>,
    ) -> Evaluated<T> {
        let actor = Actor::user(user);
        let answer = self.whole(|me| work(me, actor));
        if let Err(fault) = &answer {
            let message = self.told(fault);
            self.tell(actor, LogKind::Refuse, record, Vec::new(), message);
        }
        answer
    }

    /// Moves the clock; what falls due on the way runs at its moment.
    ///
    /// # Errors
    /// If something runs for ever.
    pub fn advance_to(&mut self, moment: i64) -> Evaluated<()> {
        self.run_until_idle()?;
        loop {
            let timer = self.world.next_due().map(|(due, _)| due);
            let next = timer.into_iter().chain(self.next_scheduled()).min();
            let Some(due) = next.filter(|due| *due <= moment) else { break };
            self.now = due;
            self.run_until_idle()?;
        }
        self.now = moment;
        Ok(())
    }

    /// Moves the clock while nothing runs.
    pub fn stand_still_to(&mut self, moment: i64) {
        self.now = moment;
    }

    /// Gives everything that may run its turn, in order.
    ///
    /// # Errors
    /// If something runs for ever.
    pub fn run_until_idle(&mut self) -> Evaluated<()> {
        for _ in 0..TURNS_MAX {
            self.start_scheduled()?;
            self.fire_due();
            let Some(id) = self.world.next_ready() else { return Ok(()) };
            self.turn(id)?;
        }
        Err(Fault::Unsupported("too many turns"))
    }

    fn fire_due(&mut self) {
        while let Some((_, id)) = self.world.next_due().filter(|(due, _)| *due <= self.now) {
            if self.world.instances.get(&id).is_some_and(|instance| instance.status.is_live()) {
                self.world.make_ready(id);
            } else {
                self.world.instances.remove(&id);
            }
        }
    }

    /// A turn: from one suspension point to the next. A fault undoes it.
    fn turn(&mut self, id: i64) -> Evaluated<()> {
        let before = self.world.clone();
        self.acted = false;
        self.running.push(id);
        let answer = self.run_turn(id);
        self.running.pop();
        self.watching = None;
        self.pending.clear();
        match answer {
            Err(Fault::Unsupported(what)) => Err(Fault::Unsupported(what)),
            Err(fault) => {
                self.world = before;
                self.put_aside(id, fault);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn run_turn(&mut self, id: i64) -> Evaluated<()> {
        let now = self.now;
        let instance = self.world.instance(id).ok_or(Fault::Unsupported("instance"))?;
        if now - instance.changed >= HOUR {
            instance.actor.depth = 1;
        }
        let cancel = instance.cancel.take();
        let has_begun = instance.point.is_some();
        let (process, depth) = (instance.process, instance.actor.depth);
        let (entry, mut run) = (instance.entry.clone(), instance.run.clone());
        if let Some(reason) = cancel.as_ref().filter(|_| !has_begun) {
            self.end_instance(id, Status::Canceled, reason, None);
            return Ok(());
        }
        if let Some(entry) = entry
            && !self.may_begin(id, entry)?
        {
            return Ok(());
        }
        run.actor.depth = depth;
        let rest = match &cancel {
            Some(reason) => self.unwind(&mut run, Exit::canceled(reason)),
            None => self.go(&mut run),
        };
        match rest {
            Rest::Done(value) => {
                self.end_instance(id, Status::Succeeded, "", Some(value).filter(|value| self.gives(process, value)));
            }
            Rest::Stopped { canceled, message } => {
                let status = if canceled { Status::Canceled } else { Status::Succeeded };
                self.end_instance(id, status, &message, None);
            }
            Rest::Waits(point) => self.come_to_rest(id, run, point, cancel.is_some()),
            Rest::Faulted(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Whether the end of a process has a value.
    fn gives(&self, process: ProcessId, _: &Value) -> bool {
        self.program.schema.process(process).is_some_and(|head| head.result != Ty::Void)
    }

    fn come_to_rest(&mut self, id: i64, run: Run<'a>, point: Point, was_canceled: bool) {
        let watch = self.watching.take().unwrap_or_default();
        let (acted, now) = (self.acted, self.now);
        let Some(instance) = self.world.instance(id) else { return };
        if was_canceled {
            instance.cancel = None;
        }
        let is_new = acted || instance.point.as_ref().map(|point| &point.name) != Some(&point.name);
        instance.actor.user = run.actor.user;
        (instance.fault, instance.tries, instance.changed) = (None, 0, now);
        let goes_on = point.goes_on || instance.cancel.is_some();
        let name = point.name.clone();
        (instance.run, instance.point) = (run, Some(point));
        if goes_on {
            instance.wakes.clear();
            self.world.make_ready(id);
            return;
        }
        let Watch { wakes, moment, .. } = watch;
        (instance.status, instance.turn, instance.due, instance.wakes) = (Status::Waiting, None, moment, wakes);
        if is_new {
            self.tell_of(id, LogKind::Wait, String::new(), name);
        }
    }

    /// Puts a start among those that may run, or aside with the reason why it is refused. Gives nothing where as many
    /// run as may and more are left out.
    pub(super) fn begin_instance(
        &mut self,
        process: ProcessId,
        primary: Option<RecordRef>,
        (parent, owned): (Option<i64>, bool),
        mut run: Run<'a>,
        waiting: Entering,
    ) -> Evaluated<Option<i64>> {
        let (slot, entry, refusal) = match waiting {
            Entering::As(slot) => (slot, None, None),
            Entering::Refused(entry, fault) => (None, entry, Some(fault)),
        };
        let mut room = Room::Free;
        if let Some(slot) = &slot {
            if self.waits_for_itself(process, slot, parent.filter(|_| owned)) {
                return Err(Fault::Trap("R0514"));
            }
            room = self.room(process, slot);
        }
        if room == Room::Skipped {
            return Ok(None);
        }
        let id = self.world.new_id();
        run.actor.instance = Some(id);
        let instance = Instance {
            id,
            process,
            primary,
            actor: run.actor,
            parent,
            owned,
            status: Status::Ready,
            turn: None,
            due: None,
            wakes: std::collections::BTreeSet::new(),
            mail: Vec::new(),
            run,
            point: None,
            slot,
            entry,
            fault: None,
            tries: 0,
            message: String::new(),
            result: None,
            cancel: None,
            changed: self.now,
        };
        self.world.instances.insert(id, Rc::new(instance));
        self.tell_of(id, LogKind::Start, String::new(), String::new());
        match refusal {
            None => self.take_place(id, room),
            Some(fault) => self.park(id, fault),
        }
        Ok(Some(id))
    }

    /// What becomes of an instance whose turn failed: it is tried again later, or parked.
    fn put_aside(&mut self, id: i64, fault: Fault) {
        let (retries, now) = (self.retries, self.now);
        let message = self.told(&fault);
        let Some(instance) = self.world.instance(id) else { return };
        instance.tries = if matches!(fault, Fault::Refused { fresh: true, .. }) { instance.tries + 1 } else { 0 };
        if instance.tries == 0 || instance.tries > retries.times {
            return self.park(id, fault);
        }
        let grown = (1..instance.tries).fold(retries.first, |delay, _| delay.saturating_mul(i64::from(retries.factor)));
        let micros = grown.min(retries.longest);
        (instance.status, instance.turn, instance.due) = (Status::Postponed, None, Some(now + micros));
        (instance.changed, instance.fault) = (now, Some(fault));
        instance.wakes.clear();
        let again = show::duration(Duration { micros, ..Duration::default() });
        self.tell_of(id, LogKind::Note, format!("{message}; it is tried again in {again}"), String::new());
    }

    /// Stops an instance where it rests.
    fn park(&mut self, id: i64, fault: Fault) {
        let message = self.told(&fault);
        let now = self.now;
        if let Some(instance) = self.world.instance(id) {
            (instance.status, instance.turn, instance.due) = (Status::Parked, None, None);
            (instance.changed, instance.fault) = (now, Some(fault));
            instance.wakes.clear();
        }
        self.tell_of(id, LogKind::Park, message, String::new());
    }

    /// Asks an instance to unwind; one that has not begun ends at once, one that runs finds it when it rests.
    pub(super) fn request_cancel(&mut self, id: i64, reason: &str) {
        let is_running = self.running.contains(&id);
        let Some(instance) = self.world.instance(id).filter(|instance| instance.status.is_live()) else { return };
        if is_running {
            instance.cancel = Some(reason.to_owned());
        } else if instance.point.is_none() {
            self.end_instance(id, Status::Canceled, reason, None);
        } else {
            (instance.cancel, instance.fault, instance.tries) = (Some(reason.to_owned()), None, 0);
            instance.wakes.clear();
            self.world.make_ready(id);
        }
    }

    /// `cancel h`.
    pub(super) fn cancel_child(&mut self, handle: &'a crate::sema::hir::Expr, run: &mut Run<'a>) -> Evaluated<()> {
        let Value::Instance(id) = self.eval(handle, run)? else { return Ok(()) };
        let by = run.actor.process.map(|process| self.process_name(process));
        self.request_cancel(id, &by.map_or_else(|| "canceled".to_owned(), |by| format!("canceled by {by}")));
        Ok(())
    }

    /// Ends an instance: cancels the children that it owns, wakes who waits for it.
    fn end_instance(&mut self, id: i64, status: Status, message: &str, result: Option<Value>) {
        let now = self.now;
        let keep = self.keep(id);
        let due = match keep {
            Keep::For(duration) => self.keep_until(duration),
            _ => None,
        };
        let Some(instance) = self.world.instance(id) else { return };
        (instance.status, instance.turn, instance.due) = (status, None, due);
        (instance.cancel, instance.entry, instance.changed) = (None, None, now);
        let (process, slot) = (instance.process, instance.slot.take());
        (instance.message, instance.result) = (message.to_owned(), result);
        if status != Status::Failed {
            instance.fault = None;
        }
        instance.wakes.clear();
        instance.mail.clear();
        let (owned, parent) = (instance.owned, instance.parent);
        let word = status.word();
        let ending = if message.is_empty() { word.to_owned() } else { format!("{word}: {message}") };
        self.tell_of(id, LogKind::End, ending, String::new());
        let children = self.world.instances.values().filter(|child| child.parent == Some(id) && child.owned);
        for child in children.map(|child| child.id).collect::<Vec<_>>() {
            if self.world.instances.get(&child).is_some_and(|child| child.status.is_live()) {
                self.request_cancel(child, "the process that started it has ended");
            } else if self.keep(child) == Keep::Nothing {
                self.world.instances.remove(&child);
            }
        }
        let waiting = self.world.instances.values().filter(|other| other.wakes.contains(&Wake::End(id)));
        let waiting: Vec<i64> = waiting.map(|other| other.id).collect();
        waiting.into_iter().for_each(|other| self.world.wake(other));
        if let Some(slot) = slot {
            self.let_in(process, &slot);
        }
        let is_live = |id: &i64| self.world.instances.get(id).is_some_and(|instance| instance.status.is_live());
        if keep == Keep::Nothing && !(owned && parent.as_ref().is_some_and(is_live)) {
            self.world.instances.remove(&id);
        }
    }

    fn keep(&self, id: i64) -> Keep {
        let process = self.world.instances.get(&id).and_then(|instance| self.program.schema.process(instance.process));
        process.map_or(Keep::ForEver, |head| head.keep)
    }

    fn keep_until(&self, duration: Duration) -> Option<i64> {
        let (now, duration) = (Value::DateTime(self.now), Value::Duration(duration));
        match super::arithmetic::compute(Arithmetic::Add, &now, &duration, &Ty::DateTime, &self.zone) {
            Ok(Value::DateTime(due)) => Some(due),
            _ => None,
        }
    }

    /// The instances of a process in a status, for what operators do.
    #[must_use]
    pub fn instances_of(&self, process: &str, status: Status) -> Vec<i64> {
        let of = |id: ProcessId| self.program.schema.process(id).is_some_and(|head| head.name == process);
        let all = self.world.instances.values().filter(|i| i.status == status && of(i.process));
        all.map(|instance| instance.id).collect()
    }

    /// Lets a parked instance go on from where it stopped.
    pub fn retry(&mut self, id: i64) {
        self.world.instance(id).into_iter().for_each(|instance| (instance.fault, instance.tries) = (None, 0));
        self.world.make_ready(id);
        self.tell_of(id, LogKind::Note, "retried".to_owned(), String::new());
    }

    /// Cancels an instance.
    pub fn cancel(&mut self, id: i64, reason: &str) {
        self.request_cancel(id, reason);
    }

    /// Gives a parked instance up: it unwinds, and has failed with the fault that stopped it.
    pub fn give_up(&mut self, id: i64) {
        let Some(instance) = self.world.instances.get(&id).cloned() else { return };
        let message = instance.fault.as_ref().map(|fault| self.message(fault)).unwrap_or_default();
        if instance.point.is_some() {
            let before = self.world.clone();
            let mut run = instance.run.clone();
            if let Rest::Faulted(fault) = self.unwind(&mut run, Exit::GivenUp) {
                self.world = before;
                let message = format!("while it was given up: {}", self.message(&fault));
                self.tell_of(id, LogKind::Note, message, String::new());
            }
        }
        self.end_instance(id, Status::Failed, &message, None);
    }

    /// The records of an entity, in order of creation.
    #[must_use]
    pub fn rows(&self, entity: EntityId) -> Vec<(RecordRef, Vec<Value>)> {
        let rows = self.world.records.iter().filter(|(record, _)| record.entity.0 == entity.0);
        rows.map(|(record, row)| (*record, Vec::clone(row))).collect()
    }

    /// The instances, in order of their start.
    #[must_use]
    pub fn instances(&self) -> Vec<(i64, Seen)> {
        let seen = |instance: &Rc<Instance<'a>>| Seen {
            process: self.process_name(instance.process),
            record: instance.primary,
            status: instance.status,
            point: instance.point.as_ref().map(|point| point.name.clone()),
            fault: instance.fault.as_ref().map(|fault| self.code(fault)),
            result: instance.result.clone(),
            due: instance.due,
        };
        self.world.instances.iter().map(|(id, instance)| (*id, seen(instance))).collect()
    }

    /// Everything that was told, in order. Places in the source and titles of stages are left out.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.world.log.iter().map(|entry| LogEntry::clone(entry)).collect()
    }

    /// The built-in user.
    pub(super) fn create_system_user(&mut self) -> Evaluated<()> {
        let users = &self.program.schema.entities;
        let Some(index) = users.iter().position(|entity| entity.name == "User") else { return Ok(()) };
        let entity = EntityIdx(u16::try_from(index).unwrap_or(u16::MAX));
        let def = self.entity(entity)?;
        let mut row = self.new_row(entity)?;
        let id = self.world.new_id();
        let own = Value::Ref(RecordRef { entity, id });
        let mut put = |field: Option<FieldId>, value: Value| {
            if let Some(place) = field.and_then(|field| row.get_mut(usize::from(field.0))) {
                *place = value;
            }
        };
        put(Some(FieldId(0)), Value::Int(id));
        for system in [SystemField::CreatedOn, SystemField::ModifiedOn] {
            put(def.system_field(system), Value::DateTime(self.now));
        }
        for system in [SystemField::CreatedBy, SystemField::ModifiedBy, SystemField::Owner] {
            put(def.system_field(system), own.clone());
        }
        put(def.system_field(SystemField::Version), Value::Int(1));
        put(def.field("name").map(|(field, _)| field), Value::Text("System".to_owned()));
        self.system_user = Some(id);
        self.world.records.insert(RecordRef { entity, id }, Rc::new(row));
        Ok(())
    }

    /// A line about what somebody did.
    pub(super) fn tell(
        &mut self,
        actor: Actor,
        kind: LogKind,
        record: Option<RecordRef>,
        changes: Vec<Change>,
        message: String,
    ) {
        self.acted |= kind != LogKind::Refuse;
        let process = actor.process.map(|process| self.process_name(process));
        let line = LogEntry {
            instance: actor.instance,
            process,
            user: actor.user,
            record,
            changes,
            message,
            ..LogEntry::new(self.now, kind)
        };
        self.world.log.push(Rc::new(line));
    }

    /// What a process says.
    pub(super) fn note(&mut self, actor: Actor, message: String) {
        self.tell(actor, LogKind::Note, None, Vec::new(), message);
    }

    /// A line about an instance.
    pub(super) fn tell_of(&mut self, id: i64, kind: LogKind, message: String, place: String) {
        let Some(instance) = self.world.instances.get(&id) else { return };
        let line = LogEntry {
            instance: Some(id),
            process: Some(self.process_name(instance.process)),
            user: instance.actor.user,
            record: instance.primary,
            place,
            message,
            ..LogEntry::new(self.now, kind)
        };
        self.world.log.push(Rc::new(line));
    }
}

fn sets(fields: &[(FieldId, Value)]) -> Vec<(FieldId, WriteOp, Value)> {
    fields.iter().map(|(field, value)| (*field, WriteOp::Set, value.clone())).collect()
}
