//! What an event starts: real-time processes within the operation, background processes after it; actions.

use std::rc::Rc;

use super::{
    Evaluated, Fault, Reference,
    life::Entering,
    run::Run,
    slots::Entry,
    world::{Actor, Row, Wake},
};
use crate::{
    base::{
        limits::{CAUSAL_DEPTH_MAX, STARTS_PER_RECORD_HOUR_MAX},
        value::{RecordRef, Value},
    },
    engine::store::LogKind,
    sema::{
        hir::{Capture, Captured, Expr, FieldPlaces},
        schema::{EntityId, FieldId, Phase, ProcessHead, ProcessId, RunAs, SystemField, Trigger, TriggerEvent},
    },
    syntax::ast::ProcessKind,
};

/// An hour in microseconds.
pub(super) const HOUR: i64 = 3_600_000_000;

/// What happens to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventKind {
    Created,
    Updated,
    Deleted,
}

/// What happened, or is about to happen, to a record.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) record: RecordRef,
    pub(super) old: Option<Row>,
    pub(super) new: Option<Row>,
    /// The fields that the request named.
    pub(super) written: Vec<FieldId>,
}

fn field(row: Option<&Row>, field: FieldId) -> Option<&Value> {
    row.and_then(|row| row.get(usize::from(field.0)))
}

impl Event {
    /// Whether the event changes a field; what is created changes the fields that have a value.
    pub(super) fn changes(&self, id: FieldId) -> bool {
        match (field(self.old.as_ref(), id), field(self.new.as_ref(), id)) {
            (Some(old), Some(new)) => old != new,
            (None, Some(new)) => !new.is_none(),
            _ => false,
        }
    }
}

/// What a process keeps of what started it.
pub(super) struct Kept<'k> {
    pub(super) event: Option<&'k Event>,
    pub(super) kind: &'static str,
    pub(super) stage: &'static str,
    pub(super) user: Option<i64>,
    pub(super) inputs: &'k [Value],
    pub(super) result: Option<&'k Value>,
    pub(super) signal: Option<&'k Value>,
}

impl<'k> Kept<'k> {
    /// Of a call.
    pub(super) fn called(user: Option<i64>, inputs: &'k [Value]) -> Self {
        Self { event: None, kind: "called", stage: "background", user, inputs, result: None, signal: None }
    }
}

impl<'a> Reference<'a> {
    /// The processes with triggers on an entity in a phase, in the order they run: by rank, then as declared.
    fn handlers(&self, wanted: impl Fn(&ProcessHead, &Trigger) -> bool) -> Vec<(ProcessId, &'a ProcessHead)> {
        let all = (0u16..).map(ProcessId).zip(&self.program.schema.processes);
        let mut found: Vec<_> =
            all.filter(|(_, head)| head.triggers.iter().any(|trigger| wanted(head, trigger))).collect();
        found.sort_by_key(|(id, head)| (head.rank, head.kind != ProcessKind::Rule, *id));
        found
    }

    fn on_entity(&self, record: RecordRef, phase: Phase) -> Vec<(ProcessId, &'a ProcessHead)> {
        self.handlers(|_, trigger| trigger.phase == phase && trigger.entity == Some(EntityId(record.entity.0)))
    }

    /// The kind of the first trigger of a process that matches an event.
    fn matching(&self, head: &ProcessHead, phase: Phase, event: &Event) -> Option<&'static str> {
        let of = |system| self.system_field(event.record.entity, system).ok();
        let updated = event.kind == EventKind::Updated;
        let entity = Some(EntityId(event.record.entity.0));
        let mut possible = head.triggers.iter().filter(|trigger| trigger.phase == phase && trigger.entity == entity);
        possible.find_map(|trigger| {
            let (matches, kind) = match &trigger.event {
                TriggerEvent::Created => (event.kind == EventKind::Created, "created"),
                TriggerEvent::Deleted => (event.kind == EventKind::Deleted, "deleted"),
                TriggerEvent::Updated(fields) => (updated && fields.iter().any(|f| event.changes(*f)), "updated"),
                TriggerEvent::Written(fields) => {
                    (updated && fields.iter().any(|f| event.written.contains(f)), "updated")
                }
                TriggerEvent::Assigned => {
                    (updated && of(SystemField::Owner).is_some_and(|f| event.changes(f)), "assigned")
                }
                TriggerEvent::StatusChanged { from, to } => {
                    let status = of(SystemField::Status)?;
                    let among = |list: &[i32], row: Option<&Row>| {
                        let number = field(row, status);
                        list.is_empty() || matches!(number, Some(Value::Enum(number)) if list.contains(number))
                    };
                    let changed = updated && event.changes(status);
                    (changed && among(from, event.old.as_ref()) && among(to, event.new.as_ref()), "status changed")
                }
                TriggerEvent::Action(_) => (false, "action"),
                TriggerEvent::Saved => (event.kind != EventKind::Deleted, "save"),
                TriggerEvent::Edited
                | TriggerEvent::Loaded
                | TriggerEvent::Schedule { .. }
                | TriggerEvent::Signal(_) => (false, ""),
            };
            matches.then_some(kind)
        })
    }

    /// Runs what stands before the event. Gives the values as they are to be written.
    pub(super) fn run_before(&mut self, actor: Actor, event: &Event) -> Evaluated<Row> {
        let row = event.new.clone().or_else(|| event.old.clone()).unwrap_or_default();
        if event.kind == EventKind::Deleted {
            self.run_handlers(actor, event, Phase::Before)?;
            return Ok(row);
        }
        let depth = self.pending.len();
        self.pending.push((event.record, row));
        let answer = self.run_handlers(actor, event, Phase::Before);
        let row = self.pending.get(depth).map(|(_, row)| Rc::clone(row)).unwrap_or_default();
        self.pending.truncate(depth);
        answer.map(|()| row)
    }

    /// Runs the real-time processes of a phase; each sees what the ones before it wrote.
    pub(super) fn run_handlers(&mut self, actor: Actor, event: &Event, phase: Phase) -> Evaluated<()> {
        let stage = if phase == Phase::Before { "before" } else { "after" };
        let handlers = self.on_entity(event.record, phase);
        let rules = handlers.iter().rposition(|(_, head)| head.kind == ProcessKind::Rule).map_or(0, |last| last + 1);
        let mut said = Vec::new();
        for (number, (id, head)) in handlers.iter().copied().enumerate() {
            if number == rules {
                self.refuse_as_said(&said)?;
            }
            let mut event = event.clone();
            if phase == Phase::Before
                && event.new.is_some()
                && let Some((_, row)) = self.pending.last()
            {
                event.new = Some(Rc::clone(row));
            }
            if let Some(kind) = self.matching(head, phase, &event) {
                let kept = Kept { event: Some(&event), kind, stage, ..Kept::called(actor.user, &[]) };
                if head.kind == ProcessKind::Rule {
                    said.extend(self.run_rule(actor, id, event.record, &kept)?);
                } else {
                    self.run_realtime(actor, id, Some(event.record), &kept, Vec::new())?;
                }
            }
        }
        if handlers.len() == rules { self.refuse_as_said(&said) } else { Ok(()) }
    }

    /// Runs a real-time process. Gives the inputs of an action as it leaves them.
    fn run_realtime(
        &mut self,
        actor: Actor,
        id: ProcessId,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
        inputs: Vec<Value>,
    ) -> Evaluated<Vec<Value>> {
        if !self.is_in_scope(id, primary, kept) || !self.applies(id, primary, kept)? {
            return Ok(inputs);
        }
        if let Some(fault) = self.too_often(actor, id, primary) {
            return Err(fault);
        }
        let user = self.user_of(id, actor, RunAs::Owner);
        let own = Actor {
            user,
            caller: actor.user,
            process: Some(id),
            depth: actor.depth + 1,
            owner: self.owner(id),
            ..actor
        };
        let mut run = self.begin(id, primary, &[], kept, own)?;
        run.inputs = inputs;
        self.go(&mut run).in_transaction(&self.process_name(id))?;
        Ok(run.inputs)
    }

    /// Whose rights a process has: what it says, else what its way of starting says.
    pub(super) fn user_of(&self, id: ProcessId, actor: Actor, otherwise: RunAs) -> Option<i64> {
        let run_as = self.program.schema.process(id).and_then(|head| head.run_as).unwrap_or(otherwise);
        if run_as == RunAs::Caller { actor.user } else { self.owner(id) }
    }

    /// A run at its beginning.
    pub(super) fn begin(
        &mut self,
        id: ProcessId,
        primary: Option<RecordRef>,
        inputs: &[Value],
        kept: &Kept<'_>,
        actor: Actor,
    ) -> Evaluated<Run<'a>> {
        let program = self.program;
        let process = program.processes.get(usize::from(id.0)).ok_or(Fault::Unsupported("process"))?;
        let head = program.schema.process(id).ok_or(Fault::Unsupported("process"))?;
        let has_primary = head.primary.is_some();
        let own = has_primary.then(|| primary.map_or(Value::None, Value::Ref));
        let arguments = own.into_iter().chain(inputs.iter().cloned()).collect();
        let actor = Actor { process: Some(id), ..actor };
        let mut run = Run::new(&process.body.block, arguments, process.body.locals.len(), actor);
        run.captures = self.captures(&process.captures, kept);
        Ok(run)
    }

    pub(super) fn captures(&self, captures: &[Captured], kept: &Kept<'_>) -> Vec<Value> {
        let old = kept.event.and_then(|event| event.old.as_ref());
        let entity = kept.event.map(|event| EntityId(event.record.entity.0));
        let place = |places: &FieldPlaces| places.iter().find(|(of, _)| Some(*of) == entity).map(|(_, id)| *id);
        let value = |capture: &Captured| match &capture.capture {
            Capture::OldPresent => Value::Bool(old.is_some()),
            Capture::Old(places) => place(places).and_then(|id| field(old, id)).cloned().unwrap_or(Value::None),
            Capture::Last(places) => {
                let last = kept.event.and_then(|event| event.new.as_ref()).or(old);
                place(places).and_then(|id| field(last, id)).cloned().unwrap_or(Value::None)
            }
            Capture::Changed(places) => {
                let changes = |id| kept.event.is_some_and(|event| event.changes(id));
                Value::Bool(place(places).is_some_and(changes))
            }
            Capture::TriggerKind => Value::Text(kept.kind.to_owned()),
            Capture::TriggerUser => self.user_value(kept.user),
            Capture::TriggerAt => Value::DateTime(self.now),
            Capture::TriggerStage => Value::Text(kept.stage.to_owned()),
            Capture::Input(index) => kept.inputs.get(usize::from(*index)).cloned().unwrap_or(Value::None),
            Capture::Result => kept.result.cloned().unwrap_or(Value::None),
            Capture::TriggerSignal => kept.signal.cloned().unwrap_or(Value::None),
        };
        captures.iter().map(value).collect()
    }

    /// Whether `only if` holds.
    fn applies(&mut self, id: ProcessId, primary: Option<RecordRef>, kept: &Kept<'_>) -> Evaluated<bool> {
        let captures = self.condition_captures(id, kept);
        self.applies_with(id, primary, captures)
    }

    fn condition_captures(&self, id: ProcessId, kept: &Kept<'_>) -> Vec<Value> {
        let condition = self.program.processes.get(usize::from(id.0)).and_then(|process| process.only_if.as_ref());
        condition.map(|condition| self.captures(&condition.captures, kept)).unwrap_or_default()
    }

    /// The same with what was kept of the event.
    pub(super) fn applies_with(
        &mut self,
        id: ProcessId,
        primary: Option<RecordRef>,
        captures: Vec<Value>,
    ) -> Evaluated<bool> {
        let process = self.program.processes.get(usize::from(id.0));
        let Some(condition) = process.and_then(|process| process.only_if.as_ref()) else { return Ok(true) };
        let mut run = Run::new(&super::NOTHING, Vec::new(), 0, Actor::default());
        run.locals = vec![Value::None; condition.locals.len()];
        if let (Some(first), Some(record)) = (run.locals.first_mut(), primary) {
            *first = Value::Ref(record);
        }
        run.captures = captures;
        self.truth(&condition.value, &mut run)
    }

    /// Why a start that a process causes is refused, if it is.
    fn too_often(&mut self, actor: Actor, id: ProcessId, primary: Option<RecordRef>) -> Option<Fault> {
        if actor.depth == 0 {
            return None;
        }
        if actor.depth >= CAUSAL_DEPTH_MAX {
            return Some(Fault::Trap("R0906"));
        }
        let record = primary?;
        let since = self.now - HOUR;
        let recent = |start: &&(ProcessId, RecordRef, i64)| start.0 == id && start.1 == record && start.2 >= since;
        let count = self.world.starts.iter().filter(recent).count();
        if u32::try_from(count).is_ok_and(|count| count >= STARTS_PER_RECORD_HOUR_MAX) {
            return Some(Fault::Trap("R0907"));
        }
        self.world.starts.push((id, record, self.now));
        None
    }

    /// Starts the background processes of an event. What goes wrong here does not disturb the event: the start is
    /// parked.
    pub(super) fn start_background(&mut self, actor: Actor, event: &Event) -> Evaluated<()> {
        for (id, head) in self.on_entity(event.record, Phase::Background) {
            let Some(kind) = self.matching(head, Phase::Background, event) else { continue };
            let kept = Kept { event: Some(event), kind, ..Kept::called(actor.user, &[]) };
            self.start_caused(actor, id, Some(event.record), &kept)?;
        }
        Ok(())
    }

    /// Starts a background process that something causes, unless `only if` is false: that is the answer.
    pub(super) fn start_caused(
        &mut self,
        actor: Actor,
        id: ProcessId,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
    ) -> Evaluated<bool> {
        if !self.is_in_scope(id, primary, kept) {
            return Ok(false);
        }
        let entry = Entry { condition: Some(self.condition_captures(id, kept)), per: self.per_captures(id, kept) };
        let user = self.user_of(id, actor, RunAs::Owner);
        let depth = actor.depth + 1;
        let own = Actor { user, caller: actor.user, owner: self.owner(id), depth, ..Actor::default() };
        let run = self.begin(id, primary, &[], kept, own)?;
        let holds = match self.applies_with(id, primary, entry.condition.clone().unwrap_or_default()) {
            Ok(false) => return Ok(false),
            Ok(true) => self.slot(id, &run, entry.per.clone()),
            Err(fault) => Err(fault),
        };
        let entering = match holds {
            Ok(slot) => match self.too_often(actor, id, primary) {
                None => Entering::As(slot),
                Some(fault) => Entering::Refused(Some(entry), fault),
            },
            Err(fault) => Entering::Refused(Some(entry), fault),
        };
        if self.begin_instance(id, primary, (None, false), run, entering)?.is_none() {
            let message = format!("{} is left out: as many run as may at once", self.process_name(id));
            self.tell(actor, LogKind::Note, primary, Vec::new(), message);
        }
        Ok(true)
    }

    /// Starts a child.
    pub(super) fn start_child(
        &mut self,
        actor: Actor,
        id: ProcessId,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
        owned: bool,
    ) -> Evaluated<i64> {
        if !self.applies(id, primary, kept)? {
            return Err(Fault::Trap("R0504"));
        }
        let user = self.user_of(id, actor, RunAs::Caller);
        let depth = actor.depth + 1;
        let own = Actor { user, caller: actor.user, owner: self.owner(id), depth, ..Actor::default() };
        let run = self.begin(id, primary, kept.inputs, kept, own)?;
        let per = self.per_captures(id, kept);
        let slot = self.slot(id, &run, per.clone())?;
        let entering = match self.too_often(actor, id, primary) {
            None => Entering::As(slot),
            Some(fault) => Entering::Refused(slot.map(|_| Entry { condition: None, per }), fault),
        };
        let begun = self.begin_instance(id, primary, (actor.instance, owned), run, entering)?;
        begun.ok_or(Fault::Trap("R0514"))
    }

    /// Runs an action with what stands before and after it.
    pub(super) fn call_action(
        &mut self,
        actor: Actor,
        id: ProcessId,
        primary: Option<RecordRef>,
        mut inputs: Vec<Value>,
    ) -> Evaluated {
        let around = |phase: Phase| {
            move |_: &ProcessHead, trigger: &Trigger| {
                trigger.phase == phase && trigger.event == TriggerEvent::Action(id)
            }
        };
        let kept = |stage, user| Kept { kind: "action", stage, ..Kept::called(user, &[]) };
        for (handler, _) in self.handlers(around(Phase::Before)) {
            let given = inputs.clone();
            let kept = Kept { inputs: &given, ..kept("before", actor.user) };
            inputs = self.run_realtime(actor, handler, primary, &kept, inputs)?;
        }
        let called = Kept::called(actor.user, &inputs);
        if !self.applies(id, primary, &called)? {
            return Err(Fault::Trap("R0504"));
        }
        let own = Actor { caller: actor.user, owner: self.owner(id), process: Some(id), ..actor };
        let mut run = self.begin(id, primary, &inputs, &called, own)?;
        let result = self.go(&mut run).in_transaction(&self.process_name(id))?;
        for (handler, _) in self.handlers(around(Phase::After)) {
            let kept = Kept { inputs: &inputs, result: Some(&result), ..kept("after", actor.user) };
            self.run_realtime(actor, handler, primary, &kept, Vec::new())?;
        }
        Ok(result)
    }

    /// Starts by hand: what a background process came to be, or the result of another one.
    pub(super) fn start_by_hand(
        &mut self,
        actor: Actor,
        id: ProcessId,
        primary: Option<RecordRef>,
        inputs: &[Value],
    ) -> Evaluated<()> {
        let kind = self.program.schema.process(id).map(|head| head.kind);
        if kind == Some(ProcessKind::Action) {
            return self.call_action(actor, id, primary, inputs.to_vec()).map(|_| ());
        }
        if primary.is_some_and(|record| !self.world.records.contains_key(&record)) {
            return Err(Fault::Trap("R0401"));
        }
        let kept = Kept { kind: "on demand", ..Kept::called(actor.user, inputs) };
        if !self.applies(id, primary, &kept)? {
            return Err(Fault::Trap("R0504"));
        }
        let user = self.user_of(id, actor, RunAs::Caller);
        let own = Actor { user, caller: actor.user, owner: self.owner(id), depth: 1, ..Actor::default() };
        let mut run = self.begin(id, primary, inputs, &kept, own)?;
        if kind == Some(ProcessKind::Realtime) {
            return self.go(&mut run).in_transaction(&self.process_name(id)).map(|_| ());
        }
        let per = self.per_captures(id, &kept);
        let slot = self.slot(id, &run, per)?;
        let begun = self.begin_instance(id, primary, (None, false), run, Entering::As(slot))?;
        begun.map(|_| ()).ok_or(Fault::Trap("R0514"))
    }

    /// Primary record and inputs of a call.
    pub(super) fn arguments_of(
        &mut self,
        primary: Option<&'a Expr>,
        args: &'a [Expr],
        run: &mut Run<'a>,
    ) -> Evaluated<(Option<RecordRef>, Vec<Value>)> {
        let primary = primary.map(|primary| self.record(primary, run)).transpose()?;
        Ok((primary, self.all(args, run)?))
    }

    /// Wakes the instances that wait for something that the event changed.
    pub(super) fn wake_subscribers(&mut self, event: &Event) {
        let record = event.record;
        let refers = |entity: EntityId, field_id: FieldId, target: RecordRef| {
            entity.0 == record.entity.0
                && [&event.old, &event.new]
                    .into_iter()
                    .any(|row| field(row.as_ref(), field_id) == Some(&Value::Ref(target)))
        };
        let concerns = |wake: &Wake| match *wake {
            Wake::Field(of, id) => {
                of == record
                    && match event.kind {
                        EventKind::Created => false,
                        EventKind::Updated => event.changes(id),
                        EventKind::Deleted => true,
                    }
            }
            Wake::Referring(entity, id, target) => refers(entity, id, target),
            Wake::End(_) | Wake::Signal(_) => false,
        };
        let woken: Vec<i64> = self
            .world
            .instances
            .values()
            .filter(|instance| instance.wakes.iter().any(concerns))
            .map(|instance| instance.id)
            .collect();
        woken.into_iter().for_each(|id| self.world.wake(id));
    }
}
