//! Lines of the log: what was done to records, what became of instances, what processes say.

use crate::{
    base::value::{EntityIdx, RecordRef},
    vm::fault::{Fault, Place, told},
};

use super::{
    Engine,
    actor::Actor,
    faults::Answer,
    store::{Change, Instance, LogEntry, LogKind, codec},
    words,
};

/// A line before it has its place and time.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) kind: LogKind,
    pub(crate) instance: Option<i64>,
    pub(crate) process: Option<String>,
    pub(crate) stage: String,
    pub(crate) place: String,
    pub(crate) user: Option<i64>,
    pub(crate) record: Option<RecordRef>,
    pub(crate) changes: Vec<Change>,
    pub(crate) message: String,
}

/// What an operation is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// A record of this entity, which it creates.
    New(EntityIdx),
    /// A record.
    Record(RecordRef),
    /// Something else.
    Other,
}

/// A process that a fault has left, with the place and the words of the fault.
pub(super) struct Culprit {
    process: String,
    at: Option<Place>,
    message: String,
}

impl Culprit {
    fn has(&self, fault: &Fault) -> bool {
        (&self.at, &self.message) == (&fault.at, &fault.message)
    }
}

impl Line {
    /// A line about an instance.
    pub(crate) fn of(instance: &Instance) -> Self {
        Self {
            kind: LogKind::Note,
            instance: Some(instance.whole()),
            process: Some(instance.process.clone()),
            stage: String::new(),
            place: String::new(),
            user: instance.user,
            record: instance.primary,
            changes: Vec::new(),
            message: String::new(),
        }
    }
}

impl Engine {
    /// Writes a line.
    pub(crate) fn log(&mut self, line: Line) -> Answer<()> {
        self.store.append_log(LogEntry {
            key: 0,
            at: self.now,
            kind: line.kind,
            instance: line.instance,
            process: line.process,
            stage: line.stage,
            place: line.place,
            user: line.user,
            record: line.record,
            changes: line.changes,
            message: line.message,
        })?;
        Ok(())
    }

    /// A line of who acts, with the place of the statement that runs.
    pub(crate) fn line(&self, actor: &Actor, kind: LogKind, message: String) -> Line {
        let spot = self.place.as_ref().and_then(|spot| spot.definitions.program.line(spot.function, spot.pc));
        let (stage, place) = spot.map_or_else(<(String, String)>::default, |(file, line, stage)| {
            let mut place = String::with_capacity(file.len() + 8);
            place.push_str(file);
            place.push(':');
            codec::push_int(line.into(), &mut place);
            (stage.to_owned(), place)
        });
        Line {
            kind,
            instance: actor.instance,
            process: actor.process.as_deref().map(str::to_owned),
            stage,
            place,
            user: actor.user,
            record: None,
            changes: Vec::new(),
            message,
        }
    }

    /// What was done to a record.
    pub(crate) fn log_record(
        &mut self,
        actor: &Actor,
        kind: LogKind,
        record: RecordRef,
        changes: Vec<Change>,
        message: String,
    ) -> Answer<()> {
        self.acted = true;
        let line = Line { record: Some(record), changes, ..self.line(actor, kind, message) };
        self.log(line)
    }

    /// What a process says.
    pub(crate) fn log_note(&mut self, actor: &Actor, message: String) -> Answer<()> {
        self.acted = true;
        let line = self.line(actor, LogKind::Note, message);
        self.log(line)
    }

    /// What was asked for and refused, with the process and the place of the fault as far as they are known.
    pub(crate) fn log_refusal(&mut self, actor: &Actor, subject: Subject, fault: &Fault) -> Answer<()> {
        let mut message = told(&fault.code, ": ", &fault.message);
        if let Subject::New(entity) = subject {
            let name = self.module().entity(entity).map_or("", |entity| entity.name.as_str());
            message.push_str(&format!(" (a new {name})"));
        }
        let mut line = self.line(actor, LogKind::Refuse, message);
        if let Subject::Record(record) = subject {
            line.record = Some(record);
        }
        if let Some(at) = &fault.at {
            (line.place, line.stage) = (words::place(at), at.stage.clone());
        }
        if let Some(culprit) = self.culprit.take().filter(|culprit| culprit.has(fault)) {
            line.process = Some(culprit.process);
        }
        self.log(line)
    }

    /// Notes that a fault has left a process of the operation; the innermost one is to blame.
    pub(crate) fn blame(&mut self, process: &str, fault: &Fault) {
        if self.culprit.as_ref().is_none_or(|known| !known.has(fault)) {
            let (at, message) = (fault.at.clone(), fault.message.clone());
            self.culprit = Some(Culprit { process: process.to_owned(), at, message });
        }
    }
}
