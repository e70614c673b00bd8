//! Carries out a data file: its records and events, read again one after the other when their step comes.

use std::sync::Arc;

use crate::{
    base::{
        span::Spanned,
        value::{RecordRef, Value},
    },
    bytecode::{
        module::{Module, ParamDef},
        traps::TrapCode,
    },
    data::{
        convert,
        file::{EventAction, EventData, Fields, RecordData},
        json::{Json, JsonKind},
    },
    engine::{
        Engine, Write,
        faults::{Answer, Failure},
        store::{LogEntry, LogKind, Store},
    },
    vm::{fault::Fault, program::Program},
};

use super::{
    Error, Simulation,
    names::{self, Named},
    plan::Plan,
    progress::Progress,
};

/// Records that are created in one transaction, at most.
const TOGETHER_MAX: usize = 500;

impl Simulation<'_> {
    /// Carries out a data file that `plan` has accepted, or the rest of it: `from` says what the store has had. Each step
    /// is noted in its transaction.
    ///
    /// # Errors
    /// If the store fails, or the file can no longer be read. What the rules refuse is a part of what happens.
    pub fn carry_out(&mut self, plan: &mut Plan, from: Progress) -> Result<(), Error> {
        let began = if from.done == 0 { self.engine.now() } else { from.began };
        let moments = (0u32..).zip(plan.data.moments());
        let too_late = || Failure::from(Fault::from(TrapCode::TimeRange));
        let event = |(number, when)| Ok((self.moment(began, when).ok_or_else(too_late)?, number));
        let mut events = moments.map(event).collect::<Result<Vec<(i64, u32)>, Failure>>()?;
        events.sort_unstable();
        let steps = plan.order.creations() + plan.order.later().len() + events.len();
        let program = Arc::clone(self.engine.program());
        let progress = Progress { began, steps, ..from };
        Carrying { simulation: self, program, plan, events, progress }.all()
    }
}

/// A data file that is being carried out.
struct Carrying<'a, 't> {
    simulation: &'a mut Simulation<'t>,
    program: Arc<Program>,
    plan: &'a mut Plan,
    /// Events by their moments; at one moment in the order of the file.
    events: Vec<(i64, u32)>,
    /// What the store shall know once the step that is carried out is done.
    progress: Progress,
}

impl Carrying<'_, '_> {
    fn all(mut self) -> Result<(), Error> {
        self.recall()?;
        let ran = self.simulation.engine.run_until_idle()?;
        self.simulation.settle(ran)?;
        let creations = self.plan.order.creations();
        while self.progress.done < creations {
            self.create_some()?;
        }
        while let Some((number, place)) = self.plan.order.later().get(self.progress.done - creations).copied() {
            self.progress.done += 1;
            self.write_later(number as usize, place as usize)?;
        }
        let before = creations + self.plan.order.later().len();
        while let Some((at, number)) = self.events.get(self.progress.done - before).copied() {
            self.progress.done += 1;
            self.simulation.advance_to(at)?;
            let event = self.plan.data.event(number as usize)?;
            let user = event.user.as_ref().or(self.plan.data.user.as_ref());
            let user = user.and_then(|name| self.plan.named.created(&name.node)).map(|user| user.id);
            self.event(user, &event)?;
        }
        let progress = self.progress.clone();
        self.simulation.engine.noting(|_| Ok(()), |store, _| progress.finish(store))?;
        Ok(())
    }

    /// Learns the names of the records that earlier steps have created.
    fn recall(&mut self) -> Result<(), Error> {
        if self.progress.done == 0 {
            return Ok(());
        }
        let names: Vec<String> = self.plan.named.names().map(str::to_owned).collect();
        for name in names {
            let store = self.simulation.engine.store();
            if let Some(record) = self.progress.named(store, self.program.module(), &name)? {
                self.plan.named.create(&name, record);
            }
        }
        Ok(())
    }

    /// Carries out a step together with the note that it is done, then all that it starts.
    fn step<T>(&mut self, work: impl FnOnce(&mut Engine) -> Answer<T>) -> Result<Option<T>, Error> {
        let progress = &self.progress;
        let answer = self.simulation.engine.noting(work, |store, _| progress.note(store));
        self.simulation.done(answer)
    }

    /// Creates the records of the next steps in one transaction: up to the first one that starts a process, and at most
    /// [`TOGETHER_MAX`]. What they start runs after it.
    fn create_some(&mut self) -> Result<(), Error> {
        let Self { simulation, program, plan: Plan { data, order, named }, progress, .. } = self;
        let module = program.module();
        let (mut trouble, mut refused) = (None, 0);
        simulation.engine.together(|engine| {
            for _ in 0..TOGETHER_MAX {
                let Some(number) = order.created_at(progress.done) else { break };
                let record = match data.record(number) {
                    Ok(record) => record,
                    Err(found) => {
                        trouble = Some(found);
                        break;
                    }
                };
                progress.done += 1;
                let Ok((entity, _)) = names::entity(module, &record.entity) else { continue };
                let writes = writes(module, named, &record.entity, order.at_once(number, &record.fields));
                let user = data.user.as_ref().and_then(|name| named.created(&name.node)).map(|user| user.id);
                match (engine.create(user, entity, &writes), &record.name) {
                    (Ok(created), Some(name)) => {
                        progress.name(engine.store(), module, &name.node, created)?;
                        named.create(&name.node, created);
                    }
                    // What was refused is in the log, and a part of the story.
                    (Ok(_), None) => {}
                    (Err(Failure::Fault(_)), _) => refused += 1,
                    (Err(failure), _) => return Err(failure),
                }
                if engine.store().next_ready()?.is_some() {
                    break;
                }
            }
            Ok(progress.note(engine.store())?)
        })?;
        self.simulation.refused += refused;
        let ran = self.simulation.engine.run_until_idle()?;
        self.simulation.settle(ran)?;
        trouble.map_or(Ok(()), |trouble| Err(trouble.into()))
    }

    fn create(&mut self, user: Option<i64>, record: &RecordData) -> Result<(), Error> {
        let Ok((entity, _)) = names::entity(self.program.module(), &record.entity) else { return Ok(()) };
        let writes = self.writes(&record.entity, &record.fields);
        let (progress, program) = (&self.progress, &self.program);
        let note = |store: &mut dyn Store, created: &Answer<RecordRef>| {
            if let (Ok(created), Some(name)) = (created, &record.name) {
                progress.name(store, program.module(), &name.node, *created)?;
            }
            progress.note(store)
        };
        let answer = self.simulation.engine.noting(|engine| engine.create(user, entity, &writes), note);
        if let (Some(created), Some(name)) = (self.simulation.done(answer)?, &record.name) {
            self.plan.named.create(&name.node, created);
        }
        Ok(())
    }

    fn write_later(&mut self, number: usize, place: usize) -> Result<(), Error> {
        let record = self.plan.data.record(number)?;
        let Some(target) = record.name.as_ref().and_then(|name| self.plan.named.created(&name.node)) else {
            return Ok(());
        };
        let fields: Fields = record.fields.into_iter().skip(place).take(1).collect();
        let writes = self.writes(&record.entity, &fields);
        let written = self.step(|engine| engine.update(None, target, &writes))?;
        self.simulation.refused += u64::from(written.is_none());
        Ok(())
    }

    fn writes(&self, entity: &Spanned<String>, fields: &Fields) -> Vec<Write> {
        writes(self.program.module(), &self.plan.named, entity, fields.iter())
    }

    fn event(&mut self, user: Option<i64>, event: &EventData) -> Result<(), Error> {
        match &event.action {
            EventAction::Create(record) => self.create(user, record),
            EventAction::Update { record, set } => {
                let Some(target) = self.record(record)? else { return Ok(()) };
                let name = self.program.module().entity(target.entity).map(|e| e.name.clone()).unwrap_or_default();
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
            EventAction::Answer { who, with } => self.answer(who, with),
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
        let program = Arc::clone(&self.program);
        let Some(def) = program.module().processes.iter().find(|p| p.name == process.node) else { return Ok(()) };
        let mut args: Vec<Value> = Vec::new();
        if def.primary.is_some() {
            match record.and_then(|name| self.plan.named.created(&name.node)) {
                Some(found) => args.push(Value::Ref(found)),
                None => return Ok(()),
            }
        }
        args.extend(self.values(&def.inputs, with));
        self.step(|engine| engine.start(user, &process.node, &args)).map(drop)
    }

    /// The values of inputs, or of the fields of a signal, in order.
    fn values(&self, params: &[ParamDef], with: &Fields) -> Vec<Value> {
        let module = self.program.module();
        let resolve = |name: &str| self.plan.named.created(name);
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
        let program = Arc::clone(&self.program);
        let Some((_, def)) = program.module().signal_by_name(&signal.node) else { return Ok(()) };
        let value = Value::Record(self.values(&def.fields, with));
        self.step(|engine| engine.emit(user, &signal.node, &value, to)).map(drop)
    }

    /// Fills in the oldest form of a user, or submits the page of a dialog.
    fn answer(&mut self, who: &Spanned<String>, with: &Fields) -> Result<(), Error> {
        let answers = with.iter().map(|(name, json)| (name.node.clone(), self.plain(json))).collect();
        let Some(user) = who.node.strip_prefix('$') else {
            let name = who.node.clone();
            return self.step(|engine| engine.answer_dialog(&name, &answers)).map(drop);
        };
        let Some(user) = self.record(&Spanned::new(user.to_owned(), who.span))? else { return Ok(()) };
        self.step(|engine| engine.answer_oldest(user.id, &answers)).map(drop)
    }

    /// JSON without places, and with records in place of the names of the file.
    fn plain(&self, json: &Json) -> serde_json::Value {
        use serde_json::Value as Plain;
        match &json.kind {
            JsonKind::Null => Plain::Null,
            JsonKind::Bool(truth) => Plain::Bool(*truth),
            JsonKind::Number(number) => Plain::String(number.clone()),
            JsonKind::Text(text) => {
                let record = text.strip_prefix('$').and_then(|name| self.plan.named.created(name));
                Plain::String(record.map_or_else(|| text.clone(), |record| self.program.module().identity(record)))
            }
            JsonKind::List(items) => items.iter().map(|item| self.plain(item)).collect(),
            JsonKind::Object(entries) => {
                Plain::Object(entries.iter().map(|(key, value)| (key.node.clone(), self.plain(value))).collect())
            }
        }
    }

    /// The record of a name; that it does not exist because it was refused is told.
    fn record(&mut self, name: &Spanned<String>) -> Result<Option<RecordRef>, Error> {
        let found = self.plan.named.created(&name.node);
        if found.is_none() {
            let message = format!("`${}` does not exist, as it was refused", name.node);
            let Simulation { engine, recorder, .. } = &mut *self.simulation;
            recorder.note(engine, &LogEntry { message, ..LogEntry::new(engine.now(), LogKind::Refuse) });
        }
        Ok(found)
    }
}

/// The values of fields. The plan has seen that all of them are right; a record that could not be created leaves out
/// what refers to it.
fn writes<'a>(
    module: &Module,
    named: &Named,
    entity: &Spanned<String>,
    fields: impl Iterator<Item = &'a (Spanned<String>, Json)>,
) -> Vec<Write> {
    let Ok((_, entity)) = names::entity(module, entity) else { return Vec::new() };
    let resolve = |name: &str| named.created(name);
    let write = |(name, json): &'a (Spanned<String>, Json)| -> Option<Write> {
        let (field, def) = names::field(entity, name).ok()?;
        let value = convert::to_value(module, def.ty, json, &name.node, &resolve).ok()?;
        Some(Write::set(field, value))
    };
    fields.filter_map(write).collect()
}
