//! What an event starts: processes before and after it, background instances, waiting instances.

use std::sync::Arc;

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        module::{Capture, FieldPlaces, Phase, ProcessDef, RunAs, TriggerDef, TriggerEvent},
        types::{FieldIdx, ProcessIdx, TypeIdx},
    },
};

use super::{
    Engine,
    actor::Actor,
    clock::HOUR,
    faults::{self, Answer, Failure},
    index,
    instance::Start,
    log::Line,
    machine::Frame,
    store::{CausedStart, LogKind, Row, Subscription},
    tunables::Tunable,
    words,
};

/// What happens to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    Created,
    Updated,
    Deleted,
}

/// What happened, or is about to happen, to a record.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) record: RecordRef,
    /// As stored before.
    pub(crate) old: Option<Arc<Row>>,
    /// As stored afterwards.
    pub(crate) new: Option<Arc<Row>>,
    /// The fields that the request named.
    pub(crate) written: Vec<FieldIdx>,
}

/// The primary record, and the inputs; those that are missing have their defaults.
fn with_inputs(process: &ProcessDef, primary: Option<RecordRef>, inputs: &[Value]) -> Vec<Value> {
    let own = process.primary.map(|_| primary.map_or(Value::None, Value::Ref));
    let defaults = process.inputs.iter().skip(inputs.len());
    let defaults = defaults.map(|input| input.default.clone().unwrap_or(Value::None));
    own.into_iter().chain(inputs.iter().cloned()).chain(defaults).collect()
}

fn value(row: Option<&Arc<Row>>, field: FieldIdx) -> Option<&Value> {
    row.and_then(|row| row.get(field.index()))
}

impl Event {
    /// Whether the event changes a field. What is created changes the fields that have a value.
    fn changes(&self, field: FieldIdx) -> bool {
        match (value(self.old.as_ref(), field), value(self.new.as_ref(), field)) {
            (Some(old), Some(new)) => old != new,
            (None, Some(new)) => !new.is_none(),
            (_, None) => false,
        }
    }

    fn number(&self, row: Option<&Arc<Row>>, field: Option<FieldIdx>) -> Option<i32> {
        match value(row, field?) {
            Some(Value::Enum(number)) => Some(*number),
            _ => None,
        }
    }
}

/// What a process keeps of what started it.
pub(crate) struct Kept<'a> {
    pub(crate) event: Option<&'a Event>,
    pub(crate) kind: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) user: Option<i64>,
    pub(crate) inputs: &'a [Value],
    pub(crate) result: Option<&'a Value>,
    pub(crate) signal: Option<&'a Value>,
}

impl<'a> Kept<'a> {
    pub(crate) fn of_event(event: &'a Event, kind: &'static str, stage: &'static str, actor: &Actor) -> Self {
        Self { event: Some(event), kind, stage, user: actor.user, inputs: &[], result: None, signal: None }
    }
}

impl Engine {
    fn matches(&self, trigger: &TriggerDef, event: &Event) -> bool {
        let system = self.definitions.index.system(event.record.entity);
        let updated = event.kind == EventKind::Updated;
        match &trigger.event {
            TriggerEvent::Created => event.kind == EventKind::Created,
            TriggerEvent::Deleted => event.kind == EventKind::Deleted,
            TriggerEvent::Updated(fields) => updated && fields.iter().any(|f| event.changes(*f)),
            TriggerEvent::Written(fields) => updated && fields.iter().any(|f| event.written.contains(f)),
            TriggerEvent::Assigned => updated && system.owner.is_some_and(|f| event.changes(f)),
            TriggerEvent::StatusChanged { from, to } => {
                let old = event.number(event.old.as_ref(), system.status);
                let new = event.number(event.new.as_ref(), system.status);
                let among = |list: &[i32], n: Option<i32>| list.is_empty() || n.is_some_and(|n| list.contains(&n));
                updated && old != new && among(from, old) && among(to, new)
            }
            TriggerEvent::Saved => event.kind != EventKind::Deleted,
            TriggerEvent::Action(_)
            | TriggerEvent::Edited
            | TriggerEvent::Loaded
            | TriggerEvent::Signal(_)
            | TriggerEvent::Schedule { .. } => false,
        }
    }

    /// The first trigger that matches, as the language calls its kind.
    fn matching(&self, triggers: &[TriggerDef], event: &Event) -> Option<&'static str> {
        let trigger = triggers.iter().find(|t| self.matches(t, event))?;
        Some(match trigger.event {
            TriggerEvent::Created => "created",
            TriggerEvent::Updated(_) | TriggerEvent::Written(_) => "updated",
            TriggerEvent::StatusChanged { .. } => "status changed",
            TriggerEvent::Assigned => "assigned",
            TriggerEvent::Deleted => "deleted",
            TriggerEvent::Action(_) => "action",
            TriggerEvent::Edited => "change",
            TriggerEvent::Loaded => "load",
            TriggerEvent::Saved => "save",
            TriggerEvent::Signal(_) => "signal",
            TriggerEvent::Schedule { .. } => "schedule",
        })
    }

    /// Runs what stands before the event. Gives the row as it is to be written; of a deletion, as it was.
    pub(crate) fn run_before(&mut self, actor: &Actor, event: &Event) -> Answer<Arc<Row>> {
        let row = event.new.clone().or_else(|| event.old.clone()).unwrap_or_default();
        if self.definitions.index.triggers(event.record.entity, Phase::Before).is_empty() {
            return Ok(row);
        }
        if event.kind == EventKind::Deleted {
            self.run_handlers(actor, event, Phase::Before)?;
            return Ok(row);
        }
        let depth = self.pending.len();
        self.pending.push((event.record, row));
        let answer = self.run_handlers(actor, event, Phase::Before);
        let row = self.pending.get(depth).map(|(_, row)| Arc::clone(row)).unwrap_or_default();
        self.pending.truncate(depth);
        answer.map(|()| row)
    }

    /// Runs what stands after the event.
    pub(crate) fn run_after(&mut self, actor: &Actor, event: &Event) -> Answer<()> {
        self.run_handlers(actor, event, Phase::After)
    }

    fn run_handlers(&mut self, actor: &Actor, event: &Event, phase: Phase) -> Answer<()> {
        let handlers = self.definitions.index.triggers(event.record.entity, phase).len();
        let rules = self.definitions.index.rules(event.record.entity, phase);
        let mut said = Vec::new();
        for number in 0..handlers {
            // All rules have said what they have to say.
            if number == rules {
                self.refuse_as_said(&said)?;
            }
            // Each handler sees what the ones before it set.
            let mut event = event.clone();
            if phase == Phase::Before
                && event.new.is_some()
                && let Some((_, row)) = self.pending.last()
            {
                event.new = Some(Arc::clone(row));
            }
            let entry = self.definitions.index.triggers(event.record.entity, phase).get(number);
            let Some((process, triggers)) = entry else { continue };
            let process = *process;
            if let Some(kind) = self.matching(triggers, &event)
                && !self.is_inactive(process)
            {
                let stage = if phase == Phase::Before { "before" } else { "after" };
                let kept = Kept::of_event(&event, kind, stage, actor);
                if self.is_rule(process) {
                    self.run_rule(actor, process, event.record, &kept, &mut said)?;
                } else {
                    self.run_realtime(actor, process, Some(event.record), &kept, None)?;
                }
            }
        }
        if handlers == rules { self.refuse_as_said(&said) } else { Ok(()) }
    }

    /// Runs a real-time process within the operation. Gives the inputs of an action as it leaves them.
    pub(crate) fn run_realtime(
        &mut self,
        actor: &Actor,
        index: ProcessIdx,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
        inputs: Option<Vec<Value>>,
    ) -> Answer<Option<Vec<Value>>> {
        let program = Arc::clone(&self.definitions.program);
        let process = program.module().process(index).ok_or_else(|| faults::unknown_request("a process"))?;
        if !self.is_in_scope(process, primary, kept)? || !self.condition_holds(process, primary, kept)? {
            return Ok(inputs);
        }
        if let Some(fault) = self.guard(actor, process, primary)? {
            return Err(fault);
        }
        let arguments = self.arguments(process, primary, &[], kept)?;
        let owner = self.owner(&process.name);
        let frame_actor = Actor {
            user: if process.run_as == Some(RunAs::Caller) { actor.user } else { owner },
            caller: actor.user,
            owner,
            instance: actor.instance,
            branch: actor.branch,
            process: Some(Arc::from(words::told_process(&process.name))),
            depth: actor.depth + 1,
        };
        let frame = Frame { inputs, ..Frame::new(frame_actor, &process.zone) };
        let (end, frame) = self.run_body(process.body, &arguments, frame)?;
        self.end_of_realtime(end, &process.name)?;
        Ok(frame.inputs)
    }

    /// Primary record, inputs, captures: what a body is called with.
    pub(crate) fn arguments(
        &self,
        process: &ProcessDef,
        primary: Option<RecordRef>,
        inputs: &[Value],
        kept: &Kept<'_>,
    ) -> Answer<Vec<Value>> {
        let function = self.module().function(process.body).ok_or_else(|| faults::unknown_request("a body"))?;
        let mut arguments = with_inputs(process, primary, inputs);
        let types = function.params.get(arguments.len()..).unwrap_or_default();
        arguments.extend(self.captures(&process.captures, types, kept));
        Ok(arguments)
    }

    fn captures(&self, captures: &[Capture], types: &[TypeIdx], kept: &Kept<'_>) -> Vec<Value> {
        captures.iter().zip(types).map(|(capture, ty)| self.capture(capture, *ty, kept)).collect()
    }

    fn capture(&self, capture: &Capture, ty: TypeIdx, kept: &Kept<'_>) -> Value {
        let old = kept.event.and_then(|event| event.old.as_ref());
        let entity = kept.event.map(|event| event.record.entity);
        let field = |places: &FieldPlaces| places.iter().find(|(of, _)| Some(*of) == entity).map(|(_, field)| *field);
        let found = match capture {
            Capture::OldPresent => Some(Value::Bool(old.is_some())),
            Capture::Old(places) => field(places).and_then(|field| value(old, field)).cloned(),
            // Where the process has other triggers, too, the record may still be there.
            Capture::Last(places) => {
                let last = kept.event.and_then(|event| event.new.as_ref()).or(old);
                field(places).and_then(|field| value(last, field)).cloned()
            }
            Capture::Changed(places) => {
                let changes = |field| kept.event.is_some_and(|event| event.changes(field));
                Some(Value::Bool(field(places).is_some_and(changes)))
            }
            Capture::TriggerKind => Some(Value::Text(kept.kind.to_owned())),
            Capture::TriggerUser => Some(self.user_value(kept.user)),
            Capture::TriggerAt => Some(Value::DateTime(self.now)),
            Capture::TriggerStage => Some(Value::Text(kept.stage.to_owned())),
            Capture::Input(input) => kept.inputs.get(usize::from(*input)).cloned(),
            Capture::Result => kept.result.cloned(),
            Capture::TriggerSignal => kept.signal.cloned(),
        };
        found.unwrap_or_else(|| index::zero(self.module(), ty))
    }

    /// What `only if` is called with, if the process has one.
    pub(crate) fn condition_arguments(
        &self,
        process: &ProcessDef,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
    ) -> Option<Vec<Value>> {
        let condition = process.only_if.as_ref()?;
        let params = self.module().function(condition.function).map(|f| f.params.as_slice()).unwrap_or_default();
        let mut arguments = Vec::with_capacity(params.len());
        if process.primary.is_some() {
            arguments.push(primary.map_or(Value::None, Value::Ref));
        }
        let types = params.get(arguments.len()..).unwrap_or_default();
        arguments.extend(self.captures(&condition.captures, types, kept));
        Some(arguments)
    }

    /// What the function behind `per` is called with, if the process has one.
    pub(crate) fn per_arguments(
        &self,
        process: &ProcessDef,
        primary: Option<RecordRef>,
        inputs: &[Value],
        kept: &Kept<'_>,
    ) -> Vec<Value> {
        let Some(per) = process.limit.as_ref().and_then(|limit| limit.per.as_ref()) else { return Vec::new() };
        let mut arguments = with_inputs(process, primary, inputs);
        let params = self.module().function(per.function).map(|f| f.params.as_slice()).unwrap_or_default();
        let types = params.get(arguments.len()..).unwrap_or_default();
        arguments.extend(self.captures(&per.captures, types, kept));
        arguments
    }

    /// Evaluates `only if`.
    pub(crate) fn condition_holds(
        &mut self,
        process: &ProcessDef,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
    ) -> Answer<bool> {
        match self.condition_arguments(process, primary, kept) {
            Some(arguments) => self.evaluate_condition(process, &arguments),
            None => Ok(true),
        }
    }

    pub(crate) fn evaluate_condition(&mut self, process: &ProcessDef, arguments: &[Value]) -> Answer<bool> {
        let Some(condition) = &process.only_if else { return Ok(true) };
        let answer = self.evaluate(condition.function, arguments);
        if let Err(Failure::Fault(fault)) = &answer {
            self.blame(&process.name, fault);
        }
        Ok(answer? == Some(Value::Bool(true)))
    }

    /// Why a start that `actor` causes is refused, if it is: the chain is too long, or runs in a circle.
    pub(crate) fn guard(
        &mut self,
        actor: &Actor,
        process: &ProcessDef,
        primary: Option<RecordRef>,
    ) -> Answer<Option<Failure>> {
        if actor.depth == 0 {
            return Ok(None);
        }
        // LIMIT: CAUSAL_DEPTH_MAX
        if i64::from(actor.depth) >= self.tuned(Tunable::GuardDepth) {
            return Ok(Some(faults::chain_too_long(&process.name)));
        }
        let Some(record) = primary else { return Ok(None) };
        // LIMIT: STARTS_PER_RECORD_HOUR_MAX
        let since = self.now.saturating_sub(HOUR);
        if i64::from(self.store.starts_since(&process.name, record, since)?) >= self.tuned(Tunable::GuardStarts) {
            return Ok(Some(faults::too_many_starts(&process.name)));
        }
        self.store.note_start(&CausedStart { process: process.name.clone(), record, at: self.now })?;
        Ok(None)
    }

    /// Starts the background processes of an event. What goes wrong here does not disturb the event.
    pub(crate) fn start_background(&mut self, actor: &Actor, event: &Event) -> Answer<()> {
        let program = Arc::clone(&self.definitions.program);
        let processes = self.definitions.index.triggers(event.record.entity, Phase::Background).len();
        for number in 0..processes {
            let entry = self.definitions.index.triggers(event.record.entity, Phase::Background).get(number);
            let Some((index, triggers)) = entry else { continue };
            let index = *index;
            let Some(kind) = self.matching(triggers, event) else { continue };
            if self.is_inactive(index) {
                continue;
            }
            let Some(process) = program.module().process(index) else { continue };
            let kept = Kept::of_event(event, kind, "background", actor);
            self.start_caused(actor, index, process, Some(event.record), &kept)?;
        }
        Ok(())
    }

    /// Starts a background process that something caused, unless its scope or its condition says no. Gives whether it did.
    /// What goes wrong parks the start.
    pub(crate) fn start_caused(
        &mut self,
        actor: &Actor,
        index: ProcessIdx,
        process: &ProcessDef,
        primary: Option<RecordRef>,
        kept: &Kept<'_>,
    ) -> Answer<bool> {
        if !self.is_in_scope(process, primary, kept)? {
            return Ok(false);
        }
        let condition = self.condition_arguments(process, primary, kept);
        let per = self.per_arguments(process, primary, &[], kept);
        let (slot, refusal) = match self.may_start(process, condition.as_deref(), &per) {
            Ok(None) => return Ok(false),
            Ok(Some(slot)) => (slot, self.guard(actor, process, primary)?),
            Err(Failure::Fault(fault)) => (None, Some(Failure::Fault(fault))),
            Err(failure) => return Err(failure),
        };
        let owner = self.owner(&process.name);
        let is_conditional = condition.is_some() || process.limit.is_some();
        let entry = condition.into_iter().flatten().chain(per).collect();
        let start = Start {
            process: index,
            primary,
            arguments: self.arguments(process, primary, &[], kept)?,
            slot: slot.filter(|_| refusal.is_none()),
            condition: (is_conditional && refusal.is_some()).then_some(entry),
            owner,
            caller: actor.user,
            user: if process.run_as == Some(RunAs::Caller) { actor.user } else { owner },
            parent: None,
            owned: false,
            depth: actor.depth + 1,
        };
        if self.begin_instance(start, refusal)?.is_none() {
            let message = format!("{} is left out: as many run as may at once", process.name);
            let line = Line { record: primary, ..self.line(actor, LogKind::Note, message) };
            self.log(line)?;
        }
        Ok(true)
    }

    /// Whether `only if` holds; if so, what the run counts as.
    fn may_start(
        &mut self,
        process: &ProcessDef,
        condition: Option<&[Value]>,
        per: &[Value],
    ) -> Answer<Option<Option<String>>> {
        if let Some(arguments) = condition
            && !self.evaluate_condition(process, arguments)?
        {
            return Ok(None);
        }
        self.slot(process, per).map(Some)
    }

    /// Wakes the instances that wait for something that the event changed.
    pub(crate) fn wake_subscribers(&mut self, event: &Event) -> Answer<()> {
        let entity = event.record.entity;
        let mut woken = Vec::new();
        if event.kind != EventKind::Created {
            let all = event.kind == EventKind::Deleted;
            let fields = self.store.field_subscribers(event.record)?;
            woken.extend(fields.into_iter().filter(|(field, _)| all || event.changes(*field)).map(|(_, id)| id));
        }
        let rows = [event.old.as_deref(), event.new.as_deref()];
        for field in self.watched_fields(entity) {
            let mut targets: Vec<i64> = rows
                .iter()
                .flatten()
                .filter_map(|row| match row.get(field.index()) {
                    Some(Value::Ref(target)) => Some(target.id),
                    _ => None,
                })
                .collect();
            targets.dedup();
            for id in targets {
                woken.extend(self.store.subscribers(Subscription::Referring { entity, field, id })?);
            }
        }
        woken.sort_unstable();
        woken.dedup();
        for id in woken {
            self.wake(id)?;
        }
        Ok(())
    }
}
