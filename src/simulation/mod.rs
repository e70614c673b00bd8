//! `abide run`: the records and events of a data file on a virtual clock, and what happened, as a timeline.
//!
//! `plan` checks a data file against a module before anything runs; [`Simulation`] carries it out; `recorder` keeps what
//! happened with the names that records had then; `timeline` and `json` show it; `progress` notes how far it has come.

pub mod json;
pub mod names;
pub mod plan;
pub mod progress;
pub mod recorder;
pub mod timeline;

use std::{collections::BTreeMap, iter::Peekable, sync::Arc};

use crate::{
    base::{
        limits::TURNS_MAX,
        span::Spanned,
        value::{RecordRef, Value},
    },
    bytecode::module::{Module, ParamDef},
    data::{
        convert,
        file::{DataFile, EventAction, EventData, Fields, RecordData, When},
        json::Json,
        moments::wall_moment,
    },
    diag::codes,
    engine::{
        Engine, Ran, Settings, Write,
        clock::VirtualClock,
        faults::{Answer, Failure},
        later,
        store::{LogEntry, LogKind, Store, StoreError},
    },
    vm::program::Program,
};

use names::Order;
use progress::Progress;
use recorder::Recorder;

/// A store on a virtual clock, with what happened on it.
pub struct Simulation {
    /// The engine.
    pub engine: Engine,
    /// What happened, with names.
    pub recorder: Recorder,
    /// Records by their names in the data file.
    named: BTreeMap<String, RecordRef>,
    /// What the store shall know once the step that is carried out is done.
    progress: Progress,
}

/// Records that are created in one transaction, at most.
const TOGETHER_MAX: usize = 500;

/// A step of a data file.
enum Step<'a> {
    Create(&'a RecordData, usize),
    Later(&'a RecordData, &'a str),
    Event(i64, &'a EventData),
}

/// Why a simulation cannot begin or go on.
#[derive(Debug)]
pub enum Error {
    /// The store failed, or does not fit the build.
    Engine(Failure),
    /// Processes do not come to rest at one moment.
    Endless,
}

impl Error {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Error::Engine(Failure::Store(error)) => error.code().0,
            Error::Engine(Failure::Fault(fault)) => &fault.code,
            Error::Endless => codes::E0924.0,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Error::Engine(error.into())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::Engine(failure)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Engine(Failure::Fault(fault)) => f.write_str(&fault.message),
            Error::Engine(Failure::Store(error)) => error.fmt(f),
            Error::Endless => {
                write!(f, "processes go on without end: {TURNS_MAX} turns at one moment, and more to do")
            }
        }
    }
}

impl Simulation {
    /// Opens a store. `now` is where the clock of a new store begins; one that was used goes on where it stands.
    ///
    /// # Errors
    /// If the store does not fit the build, or is not a simulated one.
    pub fn open(store: Box<dyn Store>, program: Arc<Program>, build: String, now: i64) -> Result<Self, Error> {
        let settings = Settings { clock: Box::new(VirtualClock::at(now)), seed: 1, build };
        let mut engine = Engine::open(store, program, settings)?;
        let recorder = Recorder::after_now(&mut engine)?;
        Ok(Self { engine, recorder, named: BTreeMap::new(), progress: Progress::default() })
    }

    /// Where the clock of a project begins without a word about it: today at 09:00 in its zone.
    #[must_use]
    pub fn default_beginning(zone: &str, today: jiff::civil::Date) -> i64 {
        wall_moment(today.year(), today.month(), today.day(), 9, zone).unwrap_or_default()
    }

    /// Carries out a data file that `plan` has accepted, or the rest of it: `from` says what the store has had. Each step
    /// is noted in its transaction.
    ///
    /// # Errors
    /// If the store fails. What the rules refuse is a part of what happens.
    pub fn carry_out(&mut self, data: &DataFile, order: &Order, from: Progress) -> Result<(), Error> {
        let began = if from.done == 0 { self.engine.now() } else { from.began };
        let steps = self.steps(data, order, began);
        self.progress = Progress { began, steps: steps.len(), ..from };
        self.recall(data)?;
        let ran = self.engine.run_until_idle()?;
        self.settle(ran)?;
        let mut steps = steps.into_iter().skip(self.progress.done).peekable();
        while let Some(step) = steps.peek() {
            if matches!(step, Step::Create(..)) {
                self.create_some(data, order, &mut steps)?;
                continue;
            }
            self.progress.done += 1;
            match steps.next() {
                Some(Step::Later(record, field)) => self.write_later(record, field)?,
                Some(Step::Event(at, event)) => {
                    self.advance_to(at)?;
                    let user = event.user.as_ref().or(data.user.as_ref()).and_then(|name| self.user(name));
                    self.event(user, event)?;
                }
                Some(Step::Create(..)) | None => {}
            }
        }
        let progress = self.progress.clone();
        self.engine.noting(|_| Ok(()), |store, _| progress.finish(store))?;
        Ok(())
    }

    /// All steps in order: the same ones each time.
    fn steps<'a>(&self, data: &'a DataFile, order: &'a Order, began: i64) -> Vec<Step<'a>> {
        let record = |index: usize| data.records.get(index);
        let created = order.create.iter().filter_map(|index| Some(Step::Create(record(*index)?, *index)));
        let later = order.later.iter().flat_map(|(index, fields)| {
            let record = record(*index);
            fields.iter().filter_map(move |field| Some(Step::Later(record?, field)))
        });
        let mut events: Vec<(i64, &EventData)> =
            data.events.iter().map(|event| (self.moment(began, event.when), event)).collect();
        events.sort_by_key(|(at, _)| *at);
        created.chain(later).chain(events.into_iter().map(|(at, event)| Step::Event(at, event))).collect()
    }

    /// Learns the names of the records that earlier steps have created.
    fn recall(&mut self, data: &DataFile) -> Result<(), Error> {
        if self.progress.done == 0 {
            return Ok(());
        }
        let created = data.events.iter().filter_map(|event| match &event.action {
            EventAction::Create(record) => Some(record),
            _ => None,
        });
        let program = Arc::clone(self.engine.program());
        for name in data.records.iter().chain(created).filter_map(|record| record.name.as_ref()) {
            if let Some(record) = self.progress.named(self.engine.store(), program.module(), &name.node)? {
                self.named.insert(name.node.clone(), record);
            }
        }
        Ok(())
    }

    /// Carries out a step together with the note that it is done, then all that it starts.
    fn step<T>(&mut self, work: impl FnOnce(&mut Engine) -> Answer<T>) -> Result<Option<T>, Error> {
        let progress = &self.progress;
        let answer = self.engine.noting(work, |store, _| progress.note(store));
        self.done(answer)
    }

    /// Moves the clock; what falls due on the way happens in order.
    ///
    /// # Errors
    /// If the store fails.
    pub fn advance_to(&mut self, moment: i64) -> Result<(), Error> {
        let ran = self.engine.advance_to(moment.max(self.engine.now()))?;
        self.settle(ran)
    }

    /// Writes one field of a record as a user; none is the system. Whether it was accepted.
    ///
    /// # Errors
    /// If the store fails. What the rules refuse is a part of what happens.
    pub fn update(&mut self, user: Option<i64>, record: RecordRef, write: Write) -> Result<bool, Error> {
        let answer = self.engine.update(user, record, &[write]);
        self.done(answer).map(|done| done.is_some())
    }

    /// What moment a word about time means.
    #[must_use]
    pub fn moment(&self, from: i64, when: When) -> i64 {
        match when {
            When::At(moment) => moment,
            When::After(duration) => later(from, duration, &self.engine.module().meta.zone),
        }
    }

    fn settle(&mut self, ran: Ran) -> Result<(), Error> {
        self.recorder.pull(&mut self.engine)?;
        if ran.idle { Ok(()) } else { Err(Error::Endless) }
    }

    /// Takes the answer of an operation: a refusal was logged and is a part of the story.
    fn done<T>(&mut self, answer: Answer<T>) -> Result<Option<T>, Error> {
        let value = match answer {
            Ok(value) => Some(value),
            Err(Failure::Fault(_)) => None,
            Err(failure) => return Err(failure.into()),
        };
        let ran = self.engine.run_until_idle()?;
        self.settle(ran)?;
        Ok(value)
    }

    fn user(&self, name: &Spanned<String>) -> Option<i64> {
        self.named.get(&name.node).map(|record| record.id)
    }

    /// Creates the records of the next steps in one transaction: up to the first one that starts a process, and at most
    /// [`TOGETHER_MAX`]. What they start runs after it.
    fn create_some<'a>(
        &mut self,
        data: &DataFile,
        order: &Order,
        steps: &mut Peekable<impl Iterator<Item = Step<'a>>>,
    ) -> Result<(), Error> {
        let program = Arc::clone(self.engine.program());
        let Self { engine, named, progress, .. } = self;
        engine.together(|engine| {
            for _ in 0..TOGETHER_MAX {
                let Some(Step::Create(record, index)) = steps.next_if(|step| matches!(step, Step::Create(..))) else {
                    break;
                };
                let Ok((entity, _)) = names::entity(program.module(), &record.entity) else { continue };
                let fields = names::at_once(order, index, &record.fields);
                let writes = writes(program.module(), named, &record.entity, fields);
                let user = data.user.as_ref().and_then(|name| named.get(&name.node)).map(|user| user.id);
                match (engine.create(user, entity, &writes), &record.name) {
                    (Ok(created), Some(name)) => {
                        progress.name(engine.store(), program.module(), &name.node, created)?;
                        named.insert(name.node.clone(), created);
                    }
                    // What was refused is in the log, and a part of the story.
                    (Ok(_), None) | (Err(Failure::Fault(_)), _) => {}
                    (Err(failure), _) => return Err(failure),
                }
                progress.done += 1;
                if engine.store().next_ready()?.is_some() {
                    break;
                }
            }
            Ok(progress.note(engine.store())?)
        })?;
        let ran = self.engine.run_until_idle()?;
        self.settle(ran)
    }

    fn create(&mut self, user: Option<i64>, record: &RecordData, fields: &Fields) -> Result<(), Error> {
        let Ok((entity, _)) = names::entity(self.engine.module(), &record.entity) else { return Ok(()) };
        let writes = self.writes(&record.entity, fields);
        let (progress, program) = (&self.progress, Arc::clone(self.engine.program()));
        let note = |store: &mut dyn Store, created: &Answer<RecordRef>| {
            if let (Ok(created), Some(name)) = (created, &record.name) {
                progress.name(store, program.module(), &name.node, *created)?;
            }
            progress.note(store)
        };
        let answer = self.engine.noting(|engine| engine.create(user, entity, &writes), note);
        if let (Some(created), Some(name)) = (self.done(answer)?, &record.name) {
            self.named.insert(name.node.clone(), created);
        }
        Ok(())
    }

    fn write_later(&mut self, record: &RecordData, field: &str) -> Result<(), Error> {
        let Some(target) = record.name.as_ref().and_then(|name| self.named.get(&name.node)).copied() else {
            return Ok(());
        };
        let fields: Fields = record.fields.iter().filter(|(name, _)| name.node == field).cloned().collect();
        let writes = self.writes(&record.entity, &fields);
        self.step(|engine| engine.update(None, target, &writes)).map(drop)
    }

    fn writes(&self, entity: &Spanned<String>, fields: &Fields) -> Vec<Write> {
        writes(self.engine.module(), &self.named, entity, fields.iter())
    }

    fn event(&mut self, user: Option<i64>, event: &EventData) -> Result<(), Error> {
        match &event.action {
            EventAction::Create(record) => self.create(user, record, &record.fields.clone()),
            EventAction::Update { record, set } => {
                let Some(target) = self.record(record)? else { return Ok(()) };
                let name = self.engine.module().entity(target.entity).map(|e| e.name.clone()).unwrap_or_default();
                let writes = self.writes(&Spanned::new(name, record.span), set);
                self.step(|engine| engine.update(user, target, &writes)).map(drop)
            }
            EventAction::Assign { record, to } => {
                let (Some(target), Some(owner)) = (self.record(record)?, self.record(to)?) else { return Ok(()) };
                self.step(|engine| engine.assign(user, target, owner)).map(drop)
            }
            EventAction::Delete(record) => {
                let Some(target) = self.record(record)? else { return Ok(()) };
                self.step(|engine| engine.delete(user, target)).map(drop)
            }
            EventAction::Emit { signal, to, with } => self.emit(user, signal, to.as_ref(), with),
            EventAction::Run { process, record, with, .. } => self.start(user, process, record.as_ref(), with),
        }
    }

    fn start(
        &mut self,
        user: Option<i64>,
        process: &Spanned<String>,
        record: Option<&Spanned<String>>,
        with: &Fields,
    ) -> Result<(), Error> {
        let module = self.engine.module();
        let Some(def) = module.processes.iter().find(|p| p.name == process.node) else { return Ok(()) };
        let mut args: Vec<Value> = Vec::new();
        if def.primary.is_some() {
            match record.and_then(|name| self.named.get(&name.node)) {
                Some(found) => args.push(Value::Ref(*found)),
                None => return Ok(()),
            }
        }
        args.extend(self.values(&def.inputs, with));
        self.step(|engine| engine.start(user, &process.node, &args)).map(drop)
    }

    /// The values of inputs, or of the fields of a signal, in order.
    fn values(&self, params: &[ParamDef], with: &Fields) -> Vec<Value> {
        let module = self.engine.module();
        let resolve = |name: &str| self.named.get(name).copied();
        let value = |param: &ParamDef| match with.iter().find(|(name, _)| name.node == param.name) {
            Some((name, json)) => convert::to_value(module, param.ty, json, &name.node, &resolve).ok(),
            None => param.default.clone(),
        };
        params.iter().map(|param| value(param).unwrap_or(Value::None)).collect()
    }

    fn emit(
        &mut self,
        user: Option<i64>,
        signal: &Spanned<String>,
        to: Option<&Spanned<String>>,
        with: &Fields,
    ) -> Result<(), Error> {
        let to = match to {
            None => None,
            Some(name) => match self.record(name)? {
                None => return Ok(()),
                found => found,
            },
        };
        let Some((_, def)) = self.engine.module().signal_by_name(&signal.node) else { return Ok(()) };
        let value = Value::Record(self.values(&def.fields, with));
        self.step(|engine| engine.emit(user, &signal.node, &value, to)).map(drop)
    }

    /// The record of a name; that it does not exist because it was refused is told.
    fn record(&mut self, name: &Spanned<String>) -> Result<Option<RecordRef>, Error> {
        let found = self.named.get(&name.node).copied();
        if found.is_none() {
            let message = format!("`${}` does not exist, as it was refused", name.node);
            self.recorder.note(refusal(self.engine.now(), message));
        }
        Ok(found)
    }
}

/// The values of fields. The plan has seen that all of them are right; a record that could not be created leaves out
/// what refers to it.
fn writes<'a>(
    module: &Module,
    named: &BTreeMap<String, RecordRef>,
    entity: &Spanned<String>,
    fields: impl Iterator<Item = &'a (Spanned<String>, Json)>,
) -> Vec<Write> {
    let Ok((_, entity)) = names::entity(module, entity) else { return Vec::new() };
    let resolve = |name: &str| named.get(name).copied();
    let write = |(name, json): &'a (Spanned<String>, Json)| -> Option<Write> {
        let (field, def) = names::field(entity, name).ok()?;
        let value = convert::to_value(module, def.ty, json, &name.node, &resolve).ok()?;
        Some(Write::set(field, value))
    };
    fields.filter_map(write).collect()
}

/// A line about an event that could not even be tried.
fn refusal(at: i64, message: String) -> LogEntry {
    LogEntry { message, ..LogEntry::new(at, LogKind::Refuse) }
}
