//! What starts a process: the events of `when`, `before` and `after` against the entity that they speak of.

use super::{
    build::Builder,
    collect::Declared,
    errors::{kinds, quoted_list, triggers as errors},
    names::Def,
    schema::{
        Entity, EntityId, FieldId, Member, Phase, ProcessHead, ProcessId, Schema, SystemField, Trigger, TriggerEvent,
    },
    states,
    ty::Ty,
    types,
};
use crate::base::{distance::did_you_mean, schedule::Schedule, span::Span};
use crate::diag::Diagnostic;
use crate::syntax::ast::{ClauseKind, Event, EventKind, Ident, ProcessDecl, ProcessKind};

/// What one written event is for each entity of the primary record; without entity where it is of no record.
type Events = Vec<(Option<EntityId>, TriggerEvent)>;

impl Builder<'_, '_> {
    pub(super) fn read_triggers(&mut self, head: &mut ProcessHead, declared: &Declared<'_, ProcessId, ProcessDecl>) {
        let decl = declared.decl;
        if decl.kind == ProcessKind::Dialog {
            return self.dialog_starts(head, decl);
        }
        if decl.kind == ProcessKind::Rule {
            return self.rule_events(head, declared);
        }
        let mut is_broken = false;
        for clause in &decl.clauses {
            let (phase, events) = match &clause.kind {
                ClauseKind::When(events) => (Phase::Background, events),
                ClauseKind::Before(events) => (Phase::Before, events),
                ClauseKind::After(events) => (Phase::After, events),
                ClauseKind::Error => {
                    is_broken = true;
                    continue;
                }
                _ => continue,
            };
            if decl.kind == ProcessKind::Action {
                self.sink.push(errors::action_with_trigger(&decl.name.name, clause.span));
                continue;
            }
            if decl.kind == ProcessKind::Background && phase != Phase::Background {
                let word = super::heads::clause_word(&clause.kind);
                self.sink.push(errors::phase_in_background(word, &decl.name.name, clause.span));
                is_broken = true;
                continue;
            }
            for event in events {
                is_broken |= self.event(head, declared, phase, event).is_none();
            }
        }
        self.check_overlaps(head);
        if !is_broken {
            self.check_starts(head, decl);
            self.check_scope(head, decl);
        }
    }

    /// A dialog is started by hand and by other dialogs: by both where it does not say.
    fn dialog_starts(&mut self, head: &mut ProcessHead, decl: &ProcessDecl) {
        for clause in &decl.clauses {
            let events = match &clause.kind {
                ClauseKind::When(events) | ClauseKind::Before(events) | ClauseKind::After(events) => events,
                _ => continue,
            };
            for event in events {
                match &event.kind {
                    EventKind::Called => head.called = true,
                    EventKind::OnDemand => head.on_demand = true,
                    EventKind::Error => {}
                    other => {
                        let words = event_words(other);
                        self.sink.push(super::errors::forms::dialog_trigger(&decl.name.name, words, event.span));
                    }
                }
            }
        }
        if !head.called && !head.on_demand {
            (head.called, head.on_demand) = (true, true);
        }
    }

    /// Reads one event; nothing after a message.
    fn event(
        &mut self,
        head: &mut ProcessHead,
        declared: &Declared<'_, ProcessId, ProcessDecl>,
        phase: Phase,
        event: &Event,
    ) -> Option<()> {
        match &event.kind {
            EventKind::Error => return None,
            EventKind::Called | EventKind::OnDemand | EventKind::Schedule { .. } | EventKind::Signal(_)
                if phase != Phase::Background =>
            {
                self.sink.push(errors::start_in_phase(event_words(&event.kind), event.span));
                return None;
            }
            EventKind::Called => {
                self.report_repeated_start(head.called, "called", event.span);
                head.called = true;
                return Some(());
            }
            EventKind::OnDemand => {
                self.report_repeated_start(head.on_demand, "on demand", event.span);
                head.on_demand = true;
                return Some(());
            }
            _ => {}
        }
        if declared.decl.kind == ProcessKind::Realtime && phase == Phase::Background {
            self.sink.push(errors::when_in_realtime(event_words(&event.kind), event.span));
            return None;
        }
        let found = match &event.kind {
            EventKind::Action(action) => vec![(None, self.action_event(head, declared, phase, action)?)],
            EventKind::Schedule { text, cron, zone } => {
                vec![(None, self.schedule(head, (text, *cron), zone.as_deref(), event.span)?)]
            }
            EventKind::Signal(signal) => {
                match types::find(&self.names, declared.file, signal, types::Wanted::Signal, self.sink)?.def {
                    Def::Signal(signal) => vec![(None, TriggerEvent::Signal(signal))],
                    _ => return None,
                }
            }
            // The record may stand in what could not be read.
            _ => self.record_event(head, event)?,
        };
        let trigger = |(entity, read)| Trigger { phase, entity, event: read, span: event.span };
        head.triggers.extend(found.into_iter().map(trigger));
        Some(())
    }

    /// `every …`: it is for no record, and the moment exists.
    fn schedule(
        &mut self,
        head: &ProcessHead,
        (text, cron): (&str, bool),
        zone: Option<&str>,
        span: Span,
    ) -> Option<TriggerEvent> {
        if let Some(primary) = &head.primary {
            self.sink.push(errors::schedule_with_record(&primary.name, span, primary.span));
            return None;
        }
        if zone.is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
            self.sink.push(kinds::unknown_zone(span));
            return None;
        }
        match if cron { Schedule::parse_cron(text) } else { Schedule::parse(text) } {
            Ok(schedule) => Some(TriggerEvent::Schedule { schedule, zone: zone.map(str::to_owned) }),
            Err(reason) => {
                self.sink.push(errors::bad_schedule(&reason, span));
                None
            }
        }
    }

    fn report_repeated_start(&mut self, was: bool, words: &str, span: Span) {
        if was {
            self.sink.push(errors::start_twice(words, span));
        }
    }

    /// An event of the primary record: that it can happen to each entity that the record may be of.
    fn record_event(&mut self, head: &mut ProcessHead, event: &Event) -> Option<Events> {
        let words = event_words(&event.kind);
        let Some(primary) = &head.primary else {
            if !std::mem::replace(&mut head.is_broken, true) {
                self.sink.push(kinds::no_primary(&head.name, words, event.span, head.span));
            }
            return None;
        };
        let entities = primary.ty.entities();
        if primary.ty == Ty::Error {
            return None;
        }
        let schema = std::mem::take(&mut self.schema);
        let result = self.event_of(&schema, &entities, event);
        self.schema = schema;
        result
    }

    fn event_of(&mut self, schema: &Schema, ids: &[EntityId], event: &Event) -> Option<Events> {
        let entities: Vec<&Entity> = ids.iter().filter_map(|id| schema.entity(*id)).collect();
        if let Some(entity) = entities.iter().find(|entity| !entity.triggerable) {
            self.sink.push(errors::not_triggerable(&entity.name, event.span, entity.span));
            return None;
        }
        let of_all = |event: TriggerEvent| Some(vec![event; entities.len()]);
        let events = match &event.kind {
            EventKind::Created => of_all(TriggerEvent::Created),
            EventKind::Deleted => of_all(TriggerEvent::Deleted),
            EventKind::Assigned => match entities.iter().find(|entity| !entity.owned_by_user) {
                None => of_all(TriggerEvent::Assigned),
                Some(entity) => {
                    self.sink.push(errors::assigned_without_owner(&entity.name, event.span, entity.span));
                    None
                }
            },
            EventKind::Updated(fields) => {
                let fields = self.fields(&entities, "updated", fields, event.span)?;
                Some(fields.into_iter().map(TriggerEvent::Updated).collect())
            }
            EventKind::Written(fields) => {
                let fields = self.fields(&entities, "written", fields, event.span)?;
                Some(fields.into_iter().map(TriggerEvent::Written).collect())
            }
            EventKind::StatusChanged { from, to } => {
                let of = |entity: &&Entity| self.status_changed(schema, entity, from, to, event.span);
                entities.iter().map(of).collect()
            }
            _ => None,
        };
        Some(ids.iter().copied().map(Some).zip(events?).collect())
    }

    /// The fields of `updated(…)` in each entity.
    fn fields(&mut self, entities: &[&Entity], word: &str, fields: &[Ident], span: Span) -> Option<Vec<Vec<FieldId>>> {
        if fields.is_empty() {
            let known = entities.first().map_or("", |entity| entity.name.as_str());
            self.sink.push(errors::no_fields(word, known, span));
            return None;
        }
        let mut ids = vec![Vec::new(); entities.len()];
        let mut is_broken = false;
        for (index, name) in fields.iter().enumerate() {
            // The first entity that lacks it is told.
            let found: Option<Vec<FieldId>> =
                entities.iter().map(|entity| self.trigger_field(entity, word, name, entities.len() > 1)).collect();
            let Some(found) = found else {
                is_broken = true;
                continue;
            };
            if fields.iter().take(index).any(|earlier| earlier.name == name.name) {
                self.sink.push(errors::field_twice(word, &name.name, name.span));
                is_broken = true;
            }
            ids.iter_mut().zip(found).for_each(|(ids, id)| ids.push(id));
        }
        (!is_broken).then_some(ids)
    }

    fn trigger_field(&mut self, entity: &Entity, word: &str, name: &Ident, is_one_of: bool) -> Option<FieldId> {
        let Some((id, field)) = entity.field(&name.name) else {
            if entity.reverses.iter().any(|reverse| reverse.name == name.name) {
                self.sink.push(errors::field_not_stored(&entity.name, &name.name, name.span));
                return None;
            }
            if entity.computed(&name.name).is_some() {
                self.sink.push(errors::computed_trigger_field(&entity.name, &name.name, name.span));
                return None;
            }
            let known = entity.fields.iter().filter(|f| f.system.is_none()).map(|f| f.name.as_str());
            let near: Vec<String> = did_you_mean(&name.name, known).into_iter().map(str::to_owned).collect();
            let message = errors::unknown_trigger_field(&entity.name, &name.name, name.span, &near, entity.span);
            self.sink.push(if is_one_of { errors::of_each_entity(message) } else { message });
            return None;
        };
        match field.system {
            None if !field.numbering.is_empty() => {
                self.sink.push(errors::system_trigger_field(word, &name.name, Some("created"), name.span));
                None
            }
            None => Some(id),
            Some(system) => {
                self.sink.push(errors::system_trigger_field(word, &name.name, system_instead(system), name.span));
                None
            }
        }
    }

    fn status_changed(
        &mut self,
        schema: &Schema,
        entity: &Entity,
        from: &[Vec<Ident>],
        to: &[Vec<Ident>],
        span: Span,
    ) -> Option<TriggerEvent> {
        if entity.states.is_none() {
            self.sink.push(errors::status_without_states(&entity.name, span, entity.span));
            return None;
        }
        if from.is_empty() && to.is_empty() {
            return Some(TriggerEvent::StatusChanged { from: Vec::new(), to: Vec::new() });
        }
        let mut read = |paths: &[Vec<Ident>]| -> Option<Vec<i32>> {
            let named: Vec<Option<Vec<i32>>> =
                paths.iter().map(|path| states::statuses_named(schema, entity, path, self.sink)).collect();
            let all: Option<Vec<Vec<i32>>> = named.into_iter().collect();
            let mut statuses: Vec<i32> = all?.into_iter().flatten().collect();
            statuses.sort_unstable();
            statuses.dedup();
            Some(statuses)
        };
        let (from, to) = (read(from), read(to));
        let (from, to) = (from?, to?);
        let fits = |wanted: &[i32], status: i32| wanted.is_empty() || wanted.contains(&status);
        let changes = entity.states.as_ref().map_or(&[][..], |states| &states.changes);
        if !changes.iter().any(|(a, b)| fits(&from, *a) && fits(&to, *b)) {
            let message = impossible_change(schema, entity, &from, span);
            self.sink.push(message);
            return None;
        }
        Some(TriggerEvent::StatusChanged { from, to })
    }

    /// `before action Escalate`: an action for the same record.
    fn action_event(
        &mut self,
        head: &ProcessHead,
        declared: &Declared<'_, ProcessId, ProcessDecl>,
        phase: Phase,
        name: &Ident,
    ) -> Option<TriggerEvent> {
        if phase == Phase::Background {
            self.sink.push(errors::action_in_background(&name.name, name.span));
            return None;
        }
        let entry = types::find(&self.names, declared.file, name, types::Wanted::Process, self.sink)?;
        let Def::Process(id) = entry.def else { return None };
        let action = self.schema.process(id)?;
        if action.kind != ProcessKind::Action {
            let kind = super::heads::kind_word(action.kind);
            let message = errors::not_an_action(&name.name, kind, name.span, action.span);
            self.sink.push(message);
            return None;
        }
        let (ours, theirs) = (head.primary.as_ref(), action.primary.as_ref());
        let same = match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours.ty == theirs.ty || ours.ty == Ty::Error || theirs.ty == Ty::Error,
            (None, None) => true,
            _ => false,
        };
        if !same {
            let expected = theirs.map(|theirs| self.schema.show(&theirs.ty));
            let (span, is) = ours.map_or((head.span, "has no record"), |ours| (ours.span, "is for something else"));
            self.sink.push(errors::action_of_other(&name.name, expected.as_deref(), name.span, span, is));
        }
        // What the body says of the action's inputs is right all the same.
        Some(TriggerEvent::Action(id))
    }

    /// The same event twice in one phase.
    fn check_overlaps(&mut self, head: &ProcessHead) {
        let mut told = None;
        for (index, trigger) in head.triggers.iter().enumerate() {
            let earlier = head.triggers.iter().take(index);
            let overlap = earlier
                .filter(|other| (other.phase, other.entity) == (trigger.phase, trigger.entity))
                .find(|other| overlaps(&other.event, &trigger.event));
            // One message for an event, of however many entities it is.
            if let Some(first) = overlap.filter(|_| told != Some(trigger.span)) {
                told = Some(trigger.span);
                self.sink.push(errors::same_event(trigger.span, first.span));
            }
        }
    }

    /// That something starts the process, and that its inputs have values then.
    fn check_starts(&mut self, head: &ProcessHead, decl: &ProcessDecl) {
        let is_started = !head.triggers.is_empty() || head.on_demand || head.called;
        if !is_started {
            let is_realtime = decl.kind == ProcessKind::Realtime;
            self.sink.push(errors::nothing_starts(&decl.name.name, is_realtime, decl.name.span));
        }
        let Some(event) = head.triggers.first() else { return };
        for (param, written) in head.params.iter().zip(&decl.params) {
            if written.default.is_none() && !param.ty.is_optional() && param.ty != Ty::Error {
                self.sink.push(kinds::input_without_default(&decl.name.name, &param.name, event.span, param.span));
            }
        }
    }
}

/// A message that points at the arrows which leave `from`, or at all of them.
fn impossible_change(schema: &Schema, entity: &Entity, from: &[i32], span: Span) -> Diagnostic {
    let Some(states) = &entity.states else {
        return errors::impossible_change(&entity.name, "", span, entity.span, &[]);
    };
    let statuses = schema.enumeration(states.status).map_or(&[][..], |statuses| &statuses.members);
    let all: Vec<i32> = statuses.iter().map(|member| member.value).collect();
    let names = schema.enumeration(states.state).map_or(&[][..], |names| &names.members);
    let is_left = |state: &&Member| {
        statuses.iter().zip(&states.state_of).any(|(m, of)| *of == state.value && from.contains(&m.value))
    };
    let left: Vec<&str> = names.iter().filter(is_left).map(|member| member.name.as_str()).collect();
    let arrows = states.causes(if from.is_empty() { &all } else { from });
    errors::impossible_change(&entity.name, &quoted_list(&left, "or"), span, entity.span, &arrows)
}

/// The words of an event, as `X could be …` continues and as it is written.
fn event_words(event: &EventKind) -> &'static str {
    match event {
        EventKind::Action(_) => "action",
        EventKind::Assigned => "assigned",
        EventKind::Called => "called",
        EventKind::Created => "created",
        EventKind::Deleted => "deleted",
        EventKind::Error => "started",
        EventKind::OnDemand => "on demand",
        EventKind::Schedule { .. } => "every",
        EventKind::Signal(_) => "on",
        EventKind::StatusChanged { .. } => "status changed",
        EventKind::Updated(_) => "updated",
        EventKind::Written(_) => "written",
    }
}

/// The event to write instead of a system field in `updated(…)`.
fn system_instead(system: SystemField) -> Option<&'static str> {
    match system {
        SystemField::Owner | SystemField::OwningUnit => Some("assigned"),
        SystemField::State | SystemField::Status => Some("status changed"),
        _ => None,
    }
}

fn overlaps(a: &TriggerEvent, b: &TriggerEvent) -> bool {
    fn common<T: PartialEq>(a: &[T], b: &[T]) -> bool {
        a.is_empty() || b.is_empty() || a.iter().any(|item| b.contains(item))
    }
    match (a, b) {
        (TriggerEvent::Updated(a), TriggerEvent::Updated(b)) | (TriggerEvent::Written(a), TriggerEvent::Written(b)) => {
            common(a, b)
        }
        (TriggerEvent::StatusChanged { from: a, to: c }, TriggerEvent::StatusChanged { from: b, to: d }) => {
            common(a, b) && common(c, d)
        }
        _ => a == b,
    }
}
