//! Forms: a record as a person sees it while it is shown and filled in, with what the rules say of each field. Nothing
//! is written.

use std::sync::Arc;

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::{
        host::RuleEffect,
        module::{FieldDef, Phase, SystemField, TriggerEvent},
        types::{FieldIdx, ProcessIdx, TypeDef},
    },
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer, Failure},
    operation::Write,
    rules::{self, Said},
    store::Row,
    triggers::{Event, EventKind, Kept},
};

/// What stands for the number of a record that does not exist yet: no record has it.
const NOT_YET: i64 = i64::MAX;

/// What a form is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A record that does not exist yet.
    New(EntityIdx),
    /// A stored record.
    Record(RecordRef),
}

/// A form as the rules leave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// What it is about.
    pub subject: Subject,
    /// The fields that people write, in the order of the entity.
    pub fields: Vec<FormField>,
    /// What refuses the record as a whole.
    pub messages: Vec<Message>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// Which.
    pub field: FieldIdx,
    /// Its value, as rules leave it.
    pub value: Value,
    /// The entity or a rule asks for a value.
    pub required: bool,
    /// It cannot be filled in.
    pub locked: bool,
    /// It is not shown.
    pub hidden: bool,
    /// What a new record has where nothing else is given.
    pub default: Option<Value>,
    /// Why the record would be refused as it is.
    pub messages: Vec<Message>,
    /// What rules recommend instead of the present value.
    pub recommendations: Vec<Recommendation>,
}

/// What a rule refuses or asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The rule.
    pub rule: String,
    /// Its words.
    pub text: String,
}

/// What a rule recommends.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// The rule.
    pub rule: String,
    /// The value.
    pub value: Value,
    /// What is shown first.
    pub title: String,
    /// What is shown to who wants to know more; may be empty.
    pub details: String,
}

impl Engine {
    /// A form of a record, as a user sees it who has filled in `writes`: the rules `on load` run with the record as it is
    /// stored (a new one with its defaults), those `on change` after the writes, if there are any. Nothing is stored.
    ///
    /// # Errors
    /// R0401 if the record is gone, what a write or a rule faults with, or the store's error.
    pub fn form(&mut self, user: Option<i64>, subject: Subject, writes: &[Write]) -> Answer<Form> {
        self.reading(|engine| {
            let depth = engine.pending.len();
            let answer = engine.in_current(|engine| engine.form_now(user, subject, writes));
            engine.pending.truncate(depth);
            answer
        })
    }

    fn form_now(&mut self, user: Option<i64>, subject: Subject, writes: &[Write]) -> Answer<Form> {
        let (record, old, row) = match subject {
            Subject::New(entity) => {
                let mut row = self.new_row(entity, &[])?;
                let owner = self.definitions.index.system(entity).owner;
                super::operation::set(&mut row, owner, self.user_value(user));
                (RecordRef { entity, id: NOT_YET }, None, row)
            }
            Subject::Record(record) => {
                let row = self.stored(record)?.ok_or_else(|| faults::gone(self.identity(record)))?;
                (record, Some(Arc::clone(&row)), Row::clone(&row))
            }
        };
        let program = Arc::clone(&self.definitions.program);
        let def = program.module().entity(record.entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        let actor = Actor::user(user);
        let first = old.is_none().then(|| row.clone());
        self.pending.push((record, Arc::new(row)));
        self.settle_pending(old.as_deref())?;
        let mut said = self.rules_of_form(&actor, &TriggerEvent::Loaded, old.as_ref())?;
        if !writes.is_empty() {
            let mut row = self.pending.last().map(|(_, row)| Row::clone(row)).unwrap_or_default();
            self.apply(def, &mut row, writes)?;
            if let Some((_, place)) = self.pending.last_mut() {
                *place = Arc::new(row);
            }
            self.settle_pending(old.as_deref())?;
            let changed = self.rules_of_form(&actor, &TriggerEvent::Edited, old.as_ref())?;
            // What a rule said when the form was shown it said of other values.
            said.retain(|one| one.effect == RuleEffect::Default || !self.runs_on_change(one.rule));
            said.extend(changed);
        }
        Ok(self.as_said(subject, first.as_ref(), &said))
    }

    /// Currency and rate, as rules see them.
    fn settle_pending(&mut self, old: Option<&Row>) -> Answer<()> {
        let Some((record, row)) = self.pending.last().cloned() else { return Ok(()) };
        let mut row = Row::clone(&row);
        self.settle_early(record.entity, &mut row, old)?;
        if let Some((_, place)) = self.pending.last_mut() {
            *place = Arc::new(row);
        }
        Ok(())
    }

    fn runs_on_change(&self, rule: ProcessIdx) -> bool {
        let process = self.module().process(rule);
        process.is_some_and(|process| process.triggers.iter().any(|t| t.event == TriggerEvent::Edited))
    }

    /// Runs the rules of an event of forms. One that reads a required field which is empty yet has nothing to say.
    fn rules_of_form(&mut self, actor: &Actor, when: &TriggerEvent, old: Option<&Arc<Row>>) -> Answer<Vec<Said>> {
        let Some((record, _)) = self.pending.last().cloned() else { return Ok(Vec::new()) };
        let mut said = Vec::new();
        let kind = if old.is_some() { EventKind::Updated } else { EventKind::Created };
        let word = if *when == TriggerEvent::Loaded { "load" } else { "change" };
        for number in 0..self.definitions.index.triggers(record.entity, Phase::Form).len() {
            let entry = self.definitions.index.triggers(record.entity, Phase::Form).get(number);
            let Some((rule, triggers)) = entry else { continue };
            let rule = *rule;
            if triggers.iter().all(|trigger| trigger.event != *when) || self.is_inactive(rule) {
                continue;
            }
            let new = self.pending.last().map(|(_, row)| Arc::clone(row));
            let event = Event { kind, record, old: old.cloned(), new: new.clone(), written: Vec::new() };
            let kept = Kept::of_event(&event, word, "form", actor);
            let told = said.len();
            match self.run_rule(actor, rule, record, &kept, &mut said) {
                Err(Failure::Fault(fault)) if fault.code == faults::REQUIRED => {
                    said.truncate(told);
                    if let (Some((_, place)), Some(row)) = (self.pending.last_mut(), new) {
                        *place = row;
                    }
                }
                answer => answer?,
            }
        }
        Ok(said)
    }

    /// The form as the rules have said, with the values that they set.
    fn as_said(&self, subject: Subject, first: Option<&Row>, said: &[Said]) -> Form {
        let (record, row) = match self.pending.last() {
            Some((record, row)) => (*record, Arc::clone(row)),
            None => return Form { subject, fields: Vec::new(), messages: Vec::new() },
        };
        let fields = self.module().entity(record.entity).map(|def| def.fields.as_slice()).unwrap_or_default();
        let mut form = Form { subject, fields: Vec::new(), messages: Vec::new() };
        for (field, (def, value)) in (0u16..).map(FieldIdx).zip(fields.iter().zip(row.iter())) {
            let is_shown =
                matches!(def.system, None | Some(SystemField::Owner | SystemField::State | SystemField::Status));
            if def.is_gone() || !is_shown {
                continue;
            }
            let default = first.and_then(|row| row.get(field.index())).filter(|value| !value.is_none());
            form.fields.push(FormField {
                field,
                value: value.clone(),
                required: self.needs_value(def),
                locked: !def.numbering.is_empty(),
                hidden: false,
                default: default.cloned(),
                messages: Vec::new(),
                recommendations: Vec::new(),
            });
        }
        for (place, one) in said.iter().enumerate() {
            self.put(&mut form, one, rules::is_last_word(said, place));
        }
        form
    }

    /// Whether the entity itself asks for a value.
    fn needs_value(&self, field: &FieldDef) -> bool {
        let may_be_empty = matches!(
            self.module().ty(field.ty),
            Some(TypeDef::Optional(_) | TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Bool)
        );
        !may_be_empty && field.system.is_none() && field.numbering.is_empty()
    }

    fn put(&self, form: &mut Form, said: &Said, is_last_word: bool) {
        let rule = self.module().process(said.rule).map(|process| process.name.clone()).unwrap_or_default();
        let Some(field) = said.field else {
            return form.messages.push(Message { rule, text: self.reason(said) });
        };
        let text = self.reason(said);
        let entity = self.pending.last().and_then(|(record, _)| self.module().entity(record.entity));
        let declared = entity.and_then(|def| def.fields.get(field.index()));
        let Some(place) = form.fields.iter_mut().find(|place| place.field == field) else { return };
        match said.effect {
            RuleEffect::Default => place.default = Some(said.value.clone()),
            RuleEffect::Hide => place.hidden = true,
            RuleEffect::Lock => place.locked = true,
            RuleEffect::Optional => place.required = declared.is_some_and(|def| self.needs_value(def)),
            RuleEffect::Recommend if place.value != said.value => {
                let mut texts = said.texts.iter().cloned();
                let (title, details) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
                place.recommendations.push(Recommendation { rule, value: said.value.clone(), title, details });
            }
            RuleEffect::Recommend => {}
            RuleEffect::Refuse => place.messages.push(Message { rule, text }),
            RuleEffect::Require => {
                place.required = true;
                if is_last_word && place.value.is_none() {
                    place.messages.push(Message { rule, text });
                }
            }
            RuleEffect::Show => place.hidden = false,
            RuleEffect::Unlock => place.locked = declared.is_some_and(|def| !def.numbering.is_empty()),
        }
    }
}
