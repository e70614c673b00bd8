//! Forms: opened by `ask`, kept as records in inboxes, answered, withdrawn.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::{
    base::{
        limits::QUERY_BATCH,
        value::{RecordRef, Value},
    },
    bytecode::{
        host::HostOp,
        module::{FORM, FormDef, SystemField},
        types::{FieldIdx, FormIdx, RecordIdx},
    },
    vm::fault::Fault,
};

use super::{
    Engine, Write,
    actor::Actor,
    faults::{self, Answer},
    host::Arguments,
    log::Subject,
    machine::Frame,
    questions::{self, Given},
    store::{Condition, Instance, Subscription},
};

/// The states of a form, as `core` numbers them.
const OPEN: i32 = 0;
const ANSWERED: i32 = 1;
const CANCELED: i32 = 2;

/// A form as people see it in an inbox.
#[derive(Clone, Debug, PartialEq)]
pub struct FormView {
    /// The record.
    pub record: RecordRef,
    /// What it is about.
    pub title: String,
    /// When it should be answered.
    pub due: Option<i64>,
    /// Who is asked, and their name.
    pub owner: Option<RecordRef>,
    /// The name of who is asked.
    pub owner_name: String,
    /// The process that asks.
    pub process: String,
    /// Its instance.
    pub instance: i64,
    /// The record that the process is for.
    pub regarding: Option<RecordRef>,
    /// Its name.
    pub regarding_name: String,
    /// `open`, `answered`, `canceled`.
    pub state: &'static str,
    /// What is asked: a list of questions.
    pub questions: Json,
    /// What was answered.
    pub answers: Option<Json>,
    /// When it was opened.
    pub created: i64,
}

impl Engine {
    /// Requests about forms.
    pub(crate) fn form_request(
        &mut self,
        frame: &mut Frame<'_>,
        op: &HostOp,
        args: &mut Arguments<'_>,
    ) -> Answer<Option<Value>> {
        match op {
            HostOp::FormOpen(form) => {
                let (owner, title, due) = (args.next()?.clone(), args.text()?, args.next()?.clone());
                let actor = frame.actor.clone();
                self.open_form(&actor, *form, owner, title, due).map(|form| Some(Value::Ref(form)))
            }
            HostOp::FormAnswered => {
                let form = args.record()?;
                self.is_answered(form).map(|is| Some(Value::Bool(is)))
            }
            HostOp::FormAnswers(record) => {
                let form = args.record()?;
                self.answers_of(form, *record).map(Some)
            }
            _ => Err(faults::unknown_request("a form")),
        }
    }

    fn open_form(
        &mut self,
        actor: &Actor,
        index: FormIdx,
        owner: Value,
        title: String,
        due: Value,
    ) -> Answer<RecordRef> {
        let program = Arc::clone(&self.definitions.program);
        let module = program.module();
        let def = module.form(index).ok_or_else(|| faults::unknown_request("a form"))?;
        let (entity, _) = module.entity_by_name(FORM).ok_or_else(|| faults::unknown_request("forms"))?;
        let instance = actor.row().ok_or_else(|| faults::unknown_request("a form of no process"))?;
        let primary = self.known_instance(instance)?.primary;
        let fields = questions::of_form(module, def).to_string();
        let values = [
            ("title", Value::Text(title)),
            ("owner", owner),
            ("due", due),
            ("regarding", primary.map_or(Value::None, Value::Ref)),
            ("process", Value::Text(actor.process.as_deref().unwrap_or_default().to_owned())),
            ("instance", Value::Int(instance)),
            ("place", Value::Text(def.name.clone())),
            ("fields", Value::Text(fields)),
        ];
        let writes = values.map(|(name, value)| Ok(Write::set(self.form_field(name)?, value)));
        let writes = writes.into_iter().collect::<Answer<Vec<Write>>>()?;
        // WHY: whoever may run a process may be asked by it: no right to forms is needed.
        let actor = Actor { user: None, ..actor.clone() };
        let form = self.create_record(&actor, entity, &writes)?;
        self.opened.push(form.id);
        Ok(form)
    }

    /// A field of forms.
    fn form_field(&self, name: &str) -> Answer<FieldIdx> {
        let def = self.module().entity_by_name(FORM).map(|(_, def)| def);
        let found = def.and_then(|def| match name {
            "owner" => def.system_field(SystemField::Owner),
            name => def.field_by_name(name).map(|(field, _)| field),
        });
        found.ok_or_else(|| faults::unknown_request("a field of forms"))
    }

    fn is_answered(&mut self, form: RecordRef) -> Answer<bool> {
        let state = self.form_field("state")?;
        match self.read_field(form, state)? {
            Value::Enum(OPEN) => Ok(false),
            Value::Enum(ANSWERED) => Ok(true),
            _ => {
                let name = self.shown_name(form)?;
                Err(faults::form_withdrawn(name))
            }
        }
    }

    fn answers_of(&mut self, form: RecordRef, record: RecordIdx) -> Answer<Value> {
        let answers = self.form_field("answers")?;
        let text = match self.read_field(form, answers)? {
            Value::Text(text) => text,
            _ => String::new(),
        };
        let program = Arc::clone(&self.definitions.program);
        let json = serde_json::from_str(&text).unwrap_or(Json::Null);
        questions::read_back(program.module(), record, &json).map_err(|why| {
            let fault = Fault::new("R0517", format!("{} does not hold what was asked: {why}", self.identity(form)));
            fault.into()
        })
    }

    /// Withdraws the forms that an instance has opened and does not wait for any more.
    pub(crate) fn withdraw_forms(&mut self, instance: &mut Instance, awaited: &[Subscription]) -> Answer<()> {
        let mut open = std::mem::take(&mut instance.asks.forms);
        open.append(&mut self.opened);
        if open.is_empty() {
            return Ok(());
        }
        let Some((entity, _)) = self.module().entity_by_name(FORM) else { return Ok(()) };
        for id in open {
            let is_awaited = awaited
                .iter()
                .any(|s| matches!(s, Subscription::Field { entity: of, id: form, .. } if (*of, *form) == (entity, id)));
            if is_awaited {
                instance.asks.forms.push(id);
            } else {
                self.withdraw(RecordRef { entity, id })?;
            }
        }
        Ok(())
    }

    /// Open forms that no process waits for: what is answered there would go nowhere.
    pub(crate) fn lost_forms(&mut self) -> Answer<Vec<String>> {
        let mut lost = Vec::new();
        for form in self.inbox(None)? {
            let instance = self.store.instance(form.instance)?;
            let is_awaited = |instance: &Instance| instance.asks.forms.contains(&form.record.id);
            if !instance.as_ref().is_some_and(is_awaited) {
                let name = self.identity(form.record);
                lost.push(format!("{name} is open, and {} #{} does not wait for it", form.process, form.instance));
            }
        }
        Ok(lost)
    }

    /// The forms that an instance waits for.
    pub(crate) fn forms_of(&self, instance: &Instance) -> Vec<RecordRef> {
        let entity = self.module().entity_by_name(FORM).map(|(entity, _)| entity);
        let of = |entity| instance.asks.forms.iter().map(move |id| RecordRef { entity, id: *id });
        entity.into_iter().flat_map(of).collect()
    }

    fn withdraw(&mut self, form: RecordRef) -> Answer<()> {
        let (state, status) = (self.form_field("state")?, self.form_field("status")?);
        let row = self.stored(form)?;
        if row.and_then(|row| row.get(state.index()).cloned()) != Some(Value::Enum(OPEN)) {
            return Ok(());
        }
        self.update_record(&Actor::default(), form, &[Write::set(status, Value::Enum(CANCELED))])
    }

    /// Answers a form as a user; none is the system. Each answer is the JSON of its type, or a text as people write it.
    ///
    /// # Errors
    /// With what is wrong with the answers (R0517), with the form (R0518), or what refused it; or the store's error.
    pub fn answer_form(&mut self, user: Option<i64>, form: RecordRef, answers: &Map<String, Json>) -> Answer<()> {
        self.answer_form_with(user, form, &Given::Json(answers))
    }

    /// The same with values.
    ///
    /// # Errors
    /// With what is wrong with the answers or the form; or the store's error.
    pub fn answer_form_values(
        &mut self,
        user: Option<i64>,
        form: RecordRef,
        answers: &[(String, Value)],
    ) -> Answer<()> {
        self.answer_form_with(user, form, &Given::Values(answers))
    }

    /// Answers the oldest form in the inbox of a user, as that user.
    ///
    /// # Errors
    /// R0518 if there is none; else as [`Self::answer_form`].
    pub fn answer_oldest(&mut self, user: i64, answers: &Map<String, Json>) -> Answer<()> {
        let form = self.inbox(Some(user))?.into_iter().next();
        let form = form.ok_or_else(|| {
            let entity = self.definitions.index.user;
            faults::empty_inbox(entity.map_or_else(String::new, |entity| self.identity(RecordRef { entity, id: user })))
        })?;
        self.answer_form(Some(user), form.record, answers)
    }

    fn answer_form_with(&mut self, user: Option<i64>, form: RecordRef, given: &Given<'_>) -> Answer<()> {
        self.as_user(user, Subject::Record(form), |engine, actor| {
            let name = engine.identity(form);
            if engine.module().entity(form.entity).is_none_or(|entity| entity.name != FORM) {
                return Err(faults::not_a_form(name));
            }
            let view = engine.form_view(form)?.ok_or_else(|| faults::gone(&name))?;
            if view.state != "open" {
                return Err(faults::form_closed(name, view.state));
            }
            engine.refuse_stranger(actor.user, &view)?;
            let build = engine.known_instance(view.instance)?.build;
            let place = engine.value_of(form, "place")?;
            let json = engine.in_build(&build, |engine| engine.checked_answers(&place, &view.questions, given))?;
            let moment = Value::DateTime(engine.now);
            let by = engine.user_value(actor.user);
            let values = [
                ("answers", Value::Text(json.to_string())),
                ("answered_on", moment),
                ("answered_by", by),
                ("status", Value::Enum(ANSWERED)),
            ];
            let writes = values.map(|(name, value)| Ok(Write::set(engine.form_field(name)?, value)));
            let writes = writes.into_iter().collect::<Answer<Vec<Write>>>()?;
            let actor = Actor { user: None, ..actor.clone() };
            engine.update_record(&actor, form, &writes)
        })
    }

    /// The answers as they are kept, if they are what the form at this place of the build asks.
    fn checked_answers(&mut self, place: &Value, shown: &Json, given: &Given<'_>) -> Answer<Json> {
        let program = Arc::clone(&self.definitions.program);
        let name = if let Value::Text(place) = place { place.as_str() } else { "" };
        let def = program.module().forms.iter().find(|form| form.name == name);
        let def: &FormDef = def.ok_or_else(|| faults::unknown_request(format!("the form {name}")))?;
        let value = self.answers(def, shown, given)?;
        Ok(questions::to_json(program.module(), def, &value))
    }

    /// Only who is asked answers: a user, or the members of a team. The system may answer for everybody.
    fn refuse_stranger(&mut self, user: Option<i64>, form: &FormView) -> Answer<()> {
        let Some(user) = user else { return Ok(()) };
        let Some(owner) = form.owner else { return Ok(()) };
        let is_user = Some(owner.entity) == self.definitions.index.user;
        if is_user && owner.id == user || self.teams_of(user)?.contains(&owner) {
            return Ok(());
        }
        Err(faults::form_of_other(self.identity(form.record), &form.owner_name))
    }

    /// The teams that a user is in.
    fn teams_of(&mut self, user: i64) -> Answer<Vec<RecordRef>> {
        let Some((entity, def)) = self.module().entity_by_name("TeamMember") else { return Ok(Vec::new()) };
        let (Some((team, _)), Some((member, _))) = (def.field_by_name("team"), def.field_by_name("user")) else {
            return Ok(Vec::new());
        };
        let condition = [Condition::equal(member, self.user_value(Some(user)))];
        let mut teams = Vec::new();
        let mut after = 0;
        loop {
            let ids = self.store.candidates(entity, &condition, after, QUERY_BATCH)?;
            let Some(last) = ids.last() else { return Ok(teams) };
            after = *last;
            for id in ids {
                let row = self.stored(RecordRef { entity, id })?;
                if let Some(Value::Ref(team)) = row.as_ref().and_then(|row| row.get(team.index())) {
                    teams.push(*team);
                }
            }
        }
    }

    fn value_of(&mut self, form: RecordRef, field: &str) -> Answer<Value> {
        let field = self.form_field(field)?;
        let row = self.stored(form)?.ok_or_else(|| faults::gone(self.identity(form)))?;
        Ok(row.get(field.index()).cloned().unwrap_or(Value::None))
    }

    /// The open forms of a user and of the teams that the user is in, or of everybody, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn inbox(&mut self, user: Option<i64>) -> Answer<Vec<FormView>> {
        let Some((entity, _)) = self.module().entity_by_name(FORM) else { return Ok(Vec::new()) };
        let (state, owner) = (self.form_field("state")?, self.form_field("owner")?);
        let owners: Vec<Option<Value>> = match user {
            None => vec![None],
            Some(id) => {
                let teams = self.teams_of(id)?.into_iter().map(Value::Ref);
                std::iter::once(self.user_value(Some(id))).chain(teams).map(Some).collect()
            }
        };
        let mut found = Vec::new();
        for value in owners {
            let mut conditions = vec![Condition::equal(state, Value::Enum(OPEN))];
            conditions.extend(value.map(|value| Condition::equal(owner, value)));
            let mut after = 0;
            loop {
                let ids = self.store.candidates(entity, &conditions, after, QUERY_BATCH)?;
                let Some(last) = ids.last() else { break };
                after = *last;
                found.extend(ids.into_iter().map(|id| RecordRef { entity, id }));
            }
        }
        found.sort_unstable();
        let mut views = Vec::with_capacity(found.len());
        for form in found {
            views.extend(self.form_view(form)?);
        }
        Ok(views)
    }

    /// A form as people see it, if it exists.
    ///
    /// # Errors
    /// If the store cannot be read, or the record is no form.
    pub fn form_view(&mut self, form: RecordRef) -> Answer<Option<FormView>> {
        let Some(row) = self.stored(form)? else { return Ok(None) };
        let entity = self.entity(form.entity)?;
        if entity.name != FORM {
            return Err(faults::not_a_form(self.identity(form)));
        }
        let entity = entity.clone();
        let value = |name: &str| {
            let field = entity.field_by_name(name).map(|(field, _)| field);
            field.and_then(|field| row.get(field.index()).cloned()).unwrap_or(Value::None)
        };
        let text = |name: &str| if let Value::Text(text) = value(name) { text } else { String::new() };
        let record = |name: &str| if let Value::Ref(record) = value(name) { Some(record) } else { None };
        let moment = |name: &str| if let Value::DateTime(at) = value(name) { Some(at) } else { None };
        let (owner, regarding) = (record("owner"), record("regarding"));
        let mut names = Vec::with_capacity(2);
        for record in [owner, regarding] {
            names.push(match record {
                Some(record) => self.name_for_people(record)?,
                None => String::new(),
            });
        }
        let regarding_name = names.pop().unwrap_or_default();
        Ok(Some(FormView {
            record: form,
            title: text("title"),
            due: moment("due"),
            owner,
            owner_name: names.pop().unwrap_or_default(),
            process: text("process"),
            instance: if let Value::Int(id) = value("instance") { id } else { 0 },
            regarding,
            regarding_name,
            state: match value("state") {
                Value::Enum(OPEN) => "open",
                Value::Enum(ANSWERED) => "answered",
                _ => "canceled",
            },
            questions: serde_json::from_str(&text("fields")).unwrap_or(Json::Null),
            answers: serde_json::from_str(&text("answers")).ok(),
            created: moment("created_on").unwrap_or_default(),
        }))
    }
}
