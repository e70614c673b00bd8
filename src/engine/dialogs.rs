//! Dialogs: page by page with the person who started them. A session is a record; each submitted page is one turn of the
//! instance that shows it, and what fails leaves the page as it was.
//!
//! Going back is standing again where the machine rested before. A statement that does something forgets the pages
//! before it.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::{
    base::{
        limits::{DIALOG_TURNS_MAX, PAGES_BACK_MAX},
        value::{RecordRef, Value},
    },
    bytecode::{
        host::HostOp,
        module::{FormDef, FormPart, ProcessDef, ProcessKind, SystemField},
        types::{FieldIdx, FormIdx, RecordIdx},
        verify,
    },
    data::write,
};

use super::{
    Engine, Started, Write,
    actor::Actor,
    faults::{self, Answer},
    host::Arguments,
    log::Subject,
    machine::Frame,
    questions::{self, Given},
    store::{EarlierPage, Instance, InstanceFilter, Status, Subscription},
};

/// The states of a session, as the checker numbers them.
const INCOMPLETE: i32 = 0;
const COMPLETE: i32 = 1;
const CANCELED: i32 = 2;

/// A session as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionView {
    /// The record.
    pub record: RecordRef,
    /// The dialog.
    pub dialog: String,
    /// What it is for.
    pub subject: Option<RecordRef>,
    /// Who runs it.
    pub owner: Option<RecordRef>,
    /// `incomplete`, `complete`, `canceled`.
    pub state: &'static str,
    /// The page that is shown: its title, and its parts.
    pub page: Option<Json>,
    /// Questions and answers so far, in order.
    pub answers: Json,
    /// What was remarked.
    pub comments: String,
    /// Why it ended.
    pub message: String,
    /// Its instance.
    pub instance: i64,
    /// Whether there is a page to go back to.
    pub has_back: bool,
}

/// Whether pages before a request stay within reach: it does nothing that others see.
pub(super) fn is_harmless(op: &HostOp) -> bool {
    op.is_read()
        || op.is_fact()
        || matches!(
            op,
            HostOp::Addresses
                | HostOp::Random
                | HostOp::Url
                | HostOp::Uuid
                | HostOp::Log
                | HostOp::AtomicBegin
                | HostOp::AtomicCommit
                | HostOp::AtomicRollback
                | HostOp::ActAsBegin
                | HostOp::ActAsEnd
                | HostOp::WatchBegin
                | HostOp::WatchMoment
                | HostOp::WatchEnd
                | HostOp::PageShow(_)
                | HostOp::PageAnswered
                | HostOp::PageAnswers(_)
        )
}

impl Engine {
    /// Requests of pages.
    pub(crate) fn page(
        &mut self,
        frame: &mut Frame<'_>,
        op: &HostOp,
        args: &mut Arguments<'_>,
    ) -> Answer<Option<Value>> {
        let instance = frame.actor.instance.ok_or_else(|| faults::unknown_request("a page of no dialog"))?;
        let session = self.known_instance(instance)?.asks.session;
        let session = session.ok_or_else(|| faults::unknown_request("a page outside of a dialog"))?;
        match op {
            HostOp::PageShow(form) => self.show_page(session, *form, args).map(|()| None),
            HostOp::PageAnswered => self.is_submitted(session, instance).map(|is| Some(Value::Bool(is))),
            HostOp::PageAnswers(record) => self.submitted_answers(*record).map(Some),
            _ => Err(faults::unknown_request("a page")),
        }
    }

    fn show_page(&mut self, session: RecordRef, form: FormIdx, args: &mut Arguments<'_>) -> Answer<()> {
        let program = Arc::clone(&self.definitions.program);
        let module = program.module();
        let form = module.form(form).ok_or_else(|| faults::unknown_request("a page"))?;
        let mut fields = module.record(form.record).map(|record| record.fields.as_slice()).unwrap_or_default().iter();
        let title = args.text()?;
        let mut parts = Vec::with_capacity(form.parts.len());
        for part in &form.parts {
            let words = args.text()?;
            let FormPart::Ask(ask) = part else {
                parts.push(json!({ "say": words }));
                continue;
            };
            let field = fields.next().ok_or_else(|| faults::unknown_request("a question"))?;
            let mut question = questions::question(module, field, ask);
            question.insert("question".to_owned(), Json::from(words));
            if ask.help {
                question.insert("help".to_owned(), Json::from(args.text()?));
            }
            if ask.default {
                let default = args.next()?;
                if !default.is_none() {
                    question.insert("default".to_owned(), write::to_json(module, field.ty, default));
                }
            }
            if ask.choices {
                let choices = args.next()?;
                let choices = if let Value::List(choices) = choices { choices.as_slice() } else { &[] };
                let choices = choices.iter().map(|value| self.choice(value, field.ty));
                question.insert("choices".to_owned(), Json::Array(choices.collect::<Answer<_>>()?));
            }
            parts.push(Json::Object(question));
        }
        let shown = json!({ "title": title, "parts": parts });
        self.write_session(session, [("page", Value::Text(title)), ("shown", Value::Text(shown.to_string()))])
    }

    /// A choice with what people see of it.
    fn choice(&mut self, value: &Value, ty: crate::bytecode::types::TypeIdx) -> Answer<Json> {
        let label = match value {
            Value::Ref(record) => self.name_for_people(*record)?,
            value => self.showing().value(ty, value, &|_| None),
        };
        let json = write::to_json(self.module(), ty, value);
        Ok(json!({ "value": json, "label": label }))
    }

    /// Whether the turn began with answers. A session that somebody has ended ends its dialog.
    fn is_submitted(&mut self, session: RecordRef, instance: i64) -> Answer<bool> {
        let state = self.session_field(session, "state")?;
        self.watch(Subscription::Field { entity: session.entity, id: session.id, field: state });
        let row = self.stored(session)?;
        let is_open = row.and_then(|row| row.get(state.index()).cloned()) == Some(Value::Enum(INCOMPLETE));
        if !is_open {
            let instance = self.known_instance(instance)?;
            self.request_cancel(instance, "the session was ended".to_owned())?;
        }
        Ok(is_open && self.submitted.is_some())
    }

    fn submitted_answers(&mut self, record: RecordIdx) -> Answer<Value> {
        let program = Arc::clone(&self.definitions.program);
        let answers = self.submitted.take().filter(|value| verify::fits_record(program.module(), value, record));
        answers.ok_or_else(|| faults::unknown_request("the answers of a page"))
    }

    /// The session of a dialog that begins: that of the dialog that calls it, or a new one.
    pub(crate) fn open_session(&mut self, instance: &Instance, process: &ProcessDef) -> Answer<Option<RecordRef>> {
        if process.kind != ProcessKind::Dialog {
            return Ok(None);
        }
        if let Some(parent) = instance.parent.filter(|_| instance.owned)
            && let Some(session) = self.known_instance(parent)?.asks.session
        {
            return Ok(Some(session));
        }
        let name = process.session_name();
        let found = self.module().entity_by_name(&name).map(|(entity, _)| entity);
        let entity = found.ok_or_else(|| faults::unknown_request(format!("the entity {name}")))?;
        let at = RecordRef { entity, id: 0 };
        let owner = self.user_value(instance.user);
        let values = [
            ("owner", owner),
            ("record", instance.primary.map_or(Value::None, Value::Ref)),
            ("dialog", Value::Text(process.name.clone())),
            ("instance", Value::Int(instance.id)),
        ];
        let has_record = process.primary.is_some();
        let values = values.into_iter().filter(|(name, _)| *name != "record" || has_record);
        let writes = values.map(|(name, value)| Ok(Write::set(self.session_field(at, name)?, value)));
        let writes = writes.collect::<Answer<Vec<Write>>>()?;
        // WHY: whoever may run a dialog may have a session of it: no right to sessions is needed.
        self.create_record(&Actor::default(), entity, &writes).map(Some)
    }

    fn session_field(&self, session: RecordRef, name: &str) -> Answer<FieldIdx> {
        let entity = self.entity(session.entity)?;
        let found = match name {
            "owner" => entity.system_field(SystemField::Owner),
            name => entity.field_by_name(name).map(|(field, _)| field),
        };
        found.ok_or_else(|| faults::unknown_request(format!("a field `{name}` of sessions")))
    }

    fn session_value(&mut self, session: RecordRef, name: &str) -> Answer<Value> {
        let field = self.session_field(session, name)?;
        let row = self.stored(session)?.ok_or_else(|| faults::gone(self.identity(session)))?;
        Ok(row.get(field.index()).cloned().unwrap_or(Value::None))
    }

    fn session_text(&mut self, session: RecordRef, name: &str) -> Answer<String> {
        Ok(match self.session_value(session, name)? {
            Value::Text(text) => text,
            _ => String::new(),
        })
    }

    /// Writes what the engine keeps in a session; what that triggers does not count as something the dialog did.
    fn write_session<const N: usize>(&mut self, session: RecordRef, values: [(&str, Value); N]) -> Answer<()> {
        let writes = values.map(|(name, value)| Ok(Write::set(self.session_field(session, name)?, value)));
        let writes = writes.into_iter().collect::<Answer<Vec<Write>>>()?;
        let has_crossed = self.crossed;
        let answer = self.update_record(&Actor::default(), session, &writes);
        self.crossed = has_crossed;
        answer
    }

    /// The session of a dialog that has ended is over with it.
    pub(crate) fn close_session(&mut self, instance: &Instance) -> Answer<()> {
        let Some(session) = instance.asks.session else { return Ok(()) };
        if self.stored(session)?.is_none()
            || self.session_value(session, "instance")? != Value::Int(instance.id)
            || self.session_value(session, "state")? != Value::Enum(INCOMPLETE)
        {
            return Ok(());
        }
        let status = if instance.status == Status::Succeeded { COMPLETE } else { CANCELED };
        let message = if instance.message.is_empty() { Value::None } else { Value::Text(instance.message.clone()) };
        let ended_on = Value::DateTime(self.now);
        let values = [
            ("status", Value::Enum(status)),
            ("page", Value::None),
            ("shown", Value::None),
            ("message", message),
            ("ended_on", ended_on),
        ];
        self.write_session(session, values)
    }

    /// Starts a dialog as a user and goes to its first page; gives its session. `args` are its primary record, if it has
    /// one, and its inputs.
    ///
    /// # Errors
    /// With what refused it or the fault of its first turn: then there is no session; or the store's error.
    pub fn start_dialog(&mut self, user: Option<i64>, dialog: &str, args: &[Value]) -> Answer<RecordRef> {
        let kind = self.process_named(dialog).map(|(_, process)| process.kind);
        if kind.is_some_and(|kind| kind != ProcessKind::Dialog) {
            return Err(faults::not_startable(dialog, "page by page: it is no dialog"));
        }
        self.transaction(|engine| {
            let Started::Instance(id) = engine.start(user, dialog, args)? else {
                return Err(faults::unknown_request("a dialog"));
            };
            let session = engine.known_instance(id)?.asks.session;
            let session = session.ok_or_else(|| faults::unknown_request("a session"))?;
            engine.run_session(id)?;
            Ok(session)
        })
    }

    /// Submits the page that a session shows, as a user; none is the system. Each answer is the JSON of its type, or a
    /// text as people write it.
    ///
    /// # Errors
    /// With what is wrong with the answers (R0517), with the session (R0519), or the fault of what follows: then the page
    /// is still shown; or the store's error.
    pub fn submit_page(&mut self, user: Option<i64>, session: RecordRef, answers: &Map<String, Json>) -> Answer<()> {
        self.submit(user, session, &Given::Json(answers))
    }

    /// The same with values.
    ///
    /// # Errors
    /// As with JSON.
    pub fn submit_page_values(
        &mut self,
        user: Option<i64>,
        session: RecordRef,
        answers: &[(String, Value)],
    ) -> Answer<()> {
        self.submit(user, session, &Given::Values(answers))
    }

    /// Submits the page that the oldest open session of a dialog shows, as the system.
    ///
    /// # Errors
    /// R0519 if no session is open; else as [`Self::submit_page`].
    pub fn answer_dialog(&mut self, dialog: &str, answers: &Map<String, Json>) -> Answer<()> {
        let session = self.open_sessions(dialog)?.into_iter().next();
        let session = session.ok_or_else(|| faults::no_open_session(dialog))?;
        self.submit_page(None, session, answers)
    }

    fn submit(&mut self, user: Option<i64>, session: RecordRef, given: &Given<'_>) -> Answer<()> {
        self.as_user(user, Subject::Record(session), |engine, actor| {
            let (root, mut leaf) = engine.open_page(actor, session)?;
            let build = leaf.build.clone();
            let point = leaf.point.clone().unwrap_or_default();
            let shown: Json = serde_json::from_str(&engine.session_text(session, "shown")?).unwrap_or(Json::Null);
            let (value, told) = engine.in_build(&build, |engine| engine.checked_page(&point, &shown, given))?;
            let mut answers = engine.answers_so_far(session)?;
            let before = answers.len();
            answers.extend(in_session(&shown, &told));
            engine.write_session(session, [("answers", Value::Text(Json::Array(answers).to_string()))])?;
            leaf.asks.earlier.push(EarlierPage {
                point,
                snapshot: leaf.snapshot.clone().unwrap_or_default(),
                shown: filled_in(shown, &told).to_string(),
                answers: before,
            });
            // LIMIT: PAGES_BACK_MAX
            let surplus = leaf.asks.earlier.len().saturating_sub(PAGES_BACK_MAX);
            leaf.asks.earlier.drain(..surplus);
            engine.store.put_instance(&leaf)?;
            engine.submitted = Some(value);
            let answer = engine.attempt(leaf);
            engine.submitted = None;
            answer?;
            engine.run_session(root)
        })
    }

    fn answers_so_far(&mut self, session: RecordRef) -> Answer<Vec<Json>> {
        let text = self.session_text(session, "answers")?;
        Ok(match serde_json::from_str(&text) {
            Ok(Json::Array(answers)) => answers,
            _ => Vec::new(),
        })
    }

    /// The answers as a record and as they are kept, if they are what the page asks.
    fn checked_page(&mut self, point: &str, shown: &Json, given: &Given<'_>) -> Answer<(Value, Json)> {
        let program = Arc::clone(&self.definitions.program);
        let form: Option<&FormDef> = program.module().forms.iter().find(|form| form.name == point);
        let form = form.ok_or_else(|| faults::unknown_request(format!("the page {point}")))?;
        let value = self.answers(form, shown.get("parts").unwrap_or(&Json::Null), given)?;
        let told = questions::to_json(program.module(), form, &value);
        Ok((value, told))
    }

    /// The instance of an open session, and the one of its dialogs that shows a page.
    fn open_page(&mut self, actor: &Actor, session: RecordRef) -> Answer<(i64, Instance)> {
        let root = self.open_root(actor, session)?;
        let leaf = self.leaf(root)?;
        if leaf.status != Status::Waiting {
            let status = leaf.status.word();
            return Err(faults::session_without_page(self.identity(session), status));
        }
        Ok((root, leaf))
    }

    /// The instance of an open session of this user.
    fn open_root(&mut self, actor: &Actor, session: RecordRef) -> Answer<i64> {
        let view = self.session_view(session)?;
        if view.state != "incomplete" {
            return Err(faults::session_over(self.identity(session), view.state));
        }
        let mine = self.user_value(actor.user);
        if actor.user.is_some() && view.owner.map(Value::Ref) != Some(mine) {
            return Err(faults::session_of_other(self.identity(session)));
        }
        Ok(view.instance)
    }

    /// The dialog that shows a page: the last of those that called each other.
    fn leaf(&mut self, root: i64) -> Answer<Instance> {
        let mut at = self.known_instance(root)?;
        loop {
            let filter = InstanceFilter { parent: Some(at.id), live: true, ..InstanceFilter::default() };
            let children = self.store.instances(&filter)?;
            let session = at.asks.session;
            match children.into_iter().find(|child| child.owned && child.asks.session == session) {
                Some(child) => at = child,
                None => return Ok(at),
            }
        }
    }

    /// Runs the dialogs of a session until one shows a page, or the last has ended. A fault goes to the caller.
    fn run_session(&mut self, root: i64) -> Answer<()> {
        // LIMIT: DIALOG_TURNS_MAX
        for _ in 0..DIALOG_TURNS_MAX {
            let leaf = match self.store.instance(root)? {
                Some(_) => self.leaf(root)?,
                None => return Ok(()),
            };
            if leaf.status != Status::Ready {
                return Ok(());
            }
            self.attempt(leaf)?;
        }
        Ok(())
    }

    /// Goes back to the page before, with its answers filled in.
    ///
    /// # Errors
    /// R0519 if there is none, or the session is over; or the store's error.
    pub fn back_to_page(&mut self, user: Option<i64>, session: RecordRef) -> Answer<()> {
        self.as_user(user, Subject::Record(session), |engine, actor| {
            let (_, mut leaf) = engine.open_page(actor, session)?;
            let Some(page) = leaf.asks.earlier.pop() else {
                return Err(faults::no_page_before(engine.identity(session)));
            };
            let mut answers = engine.answers_so_far(session)?;
            answers.truncate(page.answers);
            let shown: Json = serde_json::from_str(&page.shown).unwrap_or(Json::Null);
            let title = shown.get("title").and_then(Json::as_str).unwrap_or_default().to_owned();
            leaf.snapshot = Some(page.snapshot);
            leaf.point = Some(page.point);
            leaf.changed = engine.now;
            engine.store.put_instance(&leaf)?;
            let values = [
                ("answers", Value::Text(Json::Array(answers).to_string())),
                ("page", Value::Text(title)),
                ("shown", Value::Text(page.shown)),
            ];
            engine.write_session(session, values)
        })
    }

    /// Cancels a session: its dialog ends, and what it wrote stays.
    ///
    /// # Errors
    /// R0519 if it is over; or the store's error.
    pub fn cancel_session(&mut self, user: Option<i64>, session: RecordRef, reason: &str) -> Answer<()> {
        self.as_user(user, Subject::Record(session), |engine, actor| {
            let root = engine.open_root(actor, session)?;
            let instance = engine.known_instance(root)?;
            engine.request_cancel(instance, reason.to_owned())?;
            if let Some(instance) = engine.store.instance(root)?.filter(|instance| instance.status == Status::Ready) {
                engine.attempt(instance)?;
            }
            engine.run_session(root)
        })
    }

    /// Writes the comments of a session.
    ///
    /// # Errors
    /// R0519 if it is over; or the store's error.
    pub fn comment_session(&mut self, user: Option<i64>, session: RecordRef, comments: &str) -> Answer<()> {
        self.as_user(user, Subject::Record(session), |engine, actor| {
            engine.open_root(actor, session)?;
            engine.write_session(session, [("comments", Value::Text(comments.to_owned()))])
        })
    }

    /// A session as people see it.
    ///
    /// # Errors
    /// R0519 if the record is no session; or the store's error.
    pub fn session_view(&mut self, session: RecordRef) -> Answer<SessionView> {
        let entity = self.entity_name(session.entity);
        let dialog = self.session_text(session, "dialog").unwrap_or_default();
        if dialog.is_empty() || entity != session_name(&dialog) {
            return Err(faults::no_session(self.identity(session)));
        }
        let subject = self.session_value(session, "record").ok();
        let owner = self.session_value(session, "owner")?;
        let record = |value: Value| if let Value::Ref(record) = value { Some(record) } else { None };
        let instance = if let Value::Int(id) = self.session_value(session, "instance")? { id } else { 0 };
        let has_back = match self.store.instance(instance)? {
            Some(_) => !self.leaf(instance)?.asks.earlier.is_empty(),
            None => false,
        };
        Ok(SessionView {
            record: session,
            subject: subject.and_then(record),
            owner: record(owner),
            state: match self.session_value(session, "state")? {
                Value::Enum(INCOMPLETE) => "incomplete",
                Value::Enum(COMPLETE) => "complete",
                _ => "canceled",
            },
            page: serde_json::from_str(&self.session_text(session, "shown")?).ok(),
            answers: Json::Array(self.answers_so_far(session)?),
            comments: self.session_text(session, "comments")?,
            message: self.session_text(session, "message")?,
            instance,
            has_back,
            dialog,
        })
    }

    /// The open sessions of a dialog, the oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn open_sessions(&mut self, dialog: &str) -> Answer<Vec<RecordRef>> {
        let filter = InstanceFilter { process: Some(dialog.to_owned()), live: true, ..InstanceFilter::default() };
        let mut sessions = Vec::new();
        for instance in self.store.instances(&filter)? {
            let Some(session) = instance.asks.session else { continue };
            if self.session_value(session, "instance")? == Value::Int(instance.id) {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }
}

/// The entity of the sessions of a dialog.
pub(crate) fn session_name(dialog: &str) -> String {
    format!("{dialog}Session")
}

/// The questions of a page with what was answered.
fn in_session(shown: &Json, told: &Json) -> Vec<Json> {
    let title = shown.get("title").cloned().unwrap_or(Json::Null);
    let parts = shown.get("parts").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let answered = parts.iter().filter_map(|part| {
        let name = part.get("name")?.as_str()?;
        let answer = told.get(name)?;
        let choices = part.get("choices").and_then(Json::as_array).into_iter().flatten();
        let label = choices.into_iter().find(|choice| choice.get("value") == Some(answer));
        let label = label.and_then(|choice| choice.get("label")).cloned();
        let mut entry = json!({ "page": title, "name": name, "question": part.get("question"), "answer": answer });
        if let (Some(label), Json::Object(entry)) = (label, &mut entry) {
            entry.insert("label".to_owned(), label);
        }
        Some(entry)
    });
    answered.collect()
}

/// A page with its answers as what is filled in beforehand.
fn filled_in(mut shown: Json, told: &Json) -> Json {
    let parts = shown.get_mut("parts").and_then(Json::as_array_mut);
    for part in parts.into_iter().flatten() {
        let answer = part.get("name").and_then(Json::as_str).and_then(|name| told.get(name)).cloned();
        if let (Some(answer), Json::Object(part)) = (answer, part) {
            part.insert("default".to_owned(), answer);
        }
    }
    shown
}
