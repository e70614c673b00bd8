//! Runs of business process flows, moved by people: what a move came to is told, not only refused. What must hold stands in
//! the flow's own processes, which also stand before the moves of others.

use std::sync::Arc;

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        module::{FlowBindingDef, FlowDef, FlowStageDef, StatesDef},
        types::{FieldIdx, TypeDef},
    },
};

use super::{
    Engine, Write,
    faults::{self, Answer, Failure},
    index,
    store::{Condition, Row},
};

/// Fields that every run has.
const STAGE: &str = "stage";
/// Records that are offered where one has to be named.
const OFFERED: u32 = 20;
/// The code of what a process refuses.
const REFUSED: &str = "R0501";

/// What a move came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The run is there now: a stage, or `finished`, `aborted`, `active`.
    Moved {
        /// What people see of where it was.
        from: String,
        /// What people see of where it is.
        to: String,
    },
    /// The stage is for a record that is not known: it has to be made, or named.
    NeedsRecord {
        /// What people see of the stage.
        stage: String,
        /// The entity of the record.
        entity: String,
        /// The field of the run.
        field: String,
        /// Some that may be named.
        candidates: Vec<RecordRef>,
    },
    /// The titles of the steps that are missing.
    Required(Vec<String>),
    /// Something does not allow it.
    Refused(String),
    /// No stage follows: the run can be finished.
    End,
    /// No stage is before this one.
    Beginning,
}

/// How a run ends, or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the word of the state")]
pub enum Turn {
    Finished,
    Aborted,
    Active,
}

impl Turn {
    /// The state.
    #[must_use]
    pub fn state(self) -> &'static str {
        match self {
            Turn::Finished => "finished",
            Turn::Aborted => "aborted",
            Turn::Active => "active",
        }
    }
}

/// A run with its flow.
pub(super) struct Run {
    pub(super) record: RecordRef,
    pub(super) flow: FlowDef,
    pub(super) row: Arc<Row>,
}

impl Engine {
    /// The flow of this name.
    ///
    /// # Errors
    /// R0109 if the build has none.
    pub fn flow_named(&self, name: &str) -> Answer<&FlowDef> {
        let found = self.module().flows.iter().find(|flow| flow.name == name);
        found.ok_or_else(|| faults::unknown_request(format!("a flow `{name}`")))
    }

    /// The flow whose run a record is, if it is one.
    #[must_use]
    pub fn flow_of(&self, record: RecordRef) -> Option<&FlowDef> {
        let name = &self.module().entity(record.entity)?.name;
        self.module().flows.iter().find(|flow| flow.name == *name)
    }

    /// The runs that are about a record, or have bound it; the one that was written last is the first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn flow_runs(&mut self, record: RecordRef) -> Answer<Vec<RecordRef>> {
        if self.flow_of(record).is_some() {
            return Ok(vec![record]);
        }
        let program = Arc::clone(&self.definitions.program);
        let mut runs = Vec::new();
        for flow in &program.module().flows {
            let Some((entity, def)) = program.module().entity_by_name(&flow.name) else { continue };
            for binding in &flow.bindings {
                let Some((field, _)) = def.field_by_name(&binding.record) else { continue };
                let is_of = program.module().entity(record.entity).is_some_and(|of| of.name == binding.entity);
                if !is_of {
                    continue;
                }
                let refers = [Condition::equal(field, Value::Ref(record))];
                for id in self.store.candidates(entity, &refers, 0, OFFERED)? {
                    runs.push(RecordRef { entity, id });
                }
            }
        }
        let mut dated = Vec::new();
        for run in runs {
            let modified = self.definitions.index.system(run.entity).modified_on;
            let row = self.stored(run)?;
            let at = row.and_then(|row| row.get(modified?.index()).cloned());
            let at = if let Some(Value::DateTime(at)) = at { at } else { 0 };
            dated.push((std::cmp::Reverse(at), std::cmp::Reverse(run.id), run));
        }
        dated.sort_by_key(|(at, id, _)| (*at, *id));
        dated.dedup_by_key(|(_, _, run)| *run);
        Ok(dated.into_iter().map(|(_, _, run)| run).collect())
    }

    /// Begins a run of a flow on a record, as a user; none is the system.
    ///
    /// # Errors
    /// With what refused it, R0109 if the build has no such flow; or the store's error.
    pub fn flow_start(&mut self, user: Option<i64>, flow: &str, record: RecordRef) -> Answer<RecordRef> {
        let flow = self.flow_named(flow)?.clone();
        let first = flow.bindings.first().ok_or_else(|| faults::unknown_request("a record of the flow"))?;
        let entity = self.module().entity(record.entity).map(|def| def.name.clone()).unwrap_or_default();
        if entity != first.entity {
            let why = format!("because it is for {}, not for {entity}", first.entity);
            return Err(faults::not_startable(&flow.name, why));
        }
        self.create_named(user, &flow.name, &[(&first.record, Value::Ref(record))])
    }

    /// Moves a run to the stage that follows. `record` is that of the new stage, where there are several.
    ///
    /// # Errors
    /// R0401 if there is no such run; or the store's error. What does not allow the move is the answer.
    pub fn flow_next(&mut self, user: Option<i64>, run: RecordRef, record: Option<RecordRef>) -> Answer<Moved> {
        self.transaction(|engine| {
            let run = engine.run(run)?;
            if let Some(moved) = engine.missing(&run)? {
                return Ok(moved);
            }
            let Some(next) = engine.following(&run, run.stage(engine)?)? else { return Ok(Moved::End) };
            let stage = engine.stage_of(&run.flow, next)?.clone();
            let mut writes = vec![(STAGE.to_owned(), Value::Enum(next))];
            match record {
                Some(record) => writes.push((stage.record.clone(), Value::Ref(record))),
                None => {
                    if let Some(needed) = engine.needed(&run, &stage)? {
                        return Ok(needed);
                    }
                }
            }
            engine.moved(user, &run, &writes)
        })
    }

    /// Moves a run to the stage before this one.
    ///
    /// # Errors
    /// R0401 if there is no such run; or the store's error. What does not allow the move is the answer.
    pub fn flow_back(&mut self, user: Option<i64>, run: RecordRef) -> Answer<Moved> {
        self.transaction(|engine| {
            let run = engine.run(run)?;
            let path = run.path(engine)?;
            let Some(before) = path.len().checked_sub(2).and_then(|at| path.get(at)) else {
                return Ok(Moved::Beginning);
            };
            engine.moved(user, &run, &[(STAGE.to_owned(), Value::Enum(*before))])
        })
    }

    /// Finishes, aborts or takes up a run.
    ///
    /// # Errors
    /// R0401 if there is no such run; or the store's error. What does not allow it is the answer.
    pub fn flow_turn(&mut self, user: Option<i64>, run: RecordRef, turn: Turn) -> Answer<Moved> {
        self.transaction(|engine| {
            let run = engine.run(run)?;
            if turn == Turn::Finished
                && let Some(moved) = engine.missing(&run)?
            {
                return Ok(moved);
            }
            let states = engine.states(&run)?;
            let members = engine.module().enum_def(states.state).map(|def| def.members.clone()).unwrap_or_default();
            let number = members.iter().find(|member| member.name == turn.state()).map_or(0, |member| member.value);
            if run.value(engine, "state") == Some(&Value::Enum(number)) {
                return Ok(Moved::Refused(format!("the run is {} already", turn.state())));
            }
            engine.moved(user, &run, &[("state".to_owned(), Value::Enum(number))])
        })
    }

    /// Goes on with another flow on the record that a run is about: with its run, or a new one. The first run stays as it is.
    ///
    /// # Errors
    /// R0401 if there is no such run, R0109 if the build has no such flow; with what refused it; or the store's error.
    pub fn flow_switch(&mut self, user: Option<i64>, run: RecordRef, flow: &str) -> Answer<RecordRef> {
        self.transaction(|engine| {
            let run = engine.run(run)?;
            let about = engine.about(&run)?;
            let wanted = engine.flow_named(flow)?.clone();
            let known = engine.flow_runs(about)?;
            let known = known.into_iter().find(|known| engine.flow_of(*known).is_some_and(|of| of.name == wanted.name));
            match known {
                Some(known) => {
                    // Written last is shown first.
                    engine.update(user, known, &[])?;
                    Ok(known)
                }
                None => engine.flow_start(user, flow, about),
            }
        })
    }

    /// Presses a button of the stage in which a run is.
    ///
    /// # Errors
    /// R0401 if there is no such run, R0109 if its stage has no such button; with what refused it; or the store's error.
    pub fn flow_press(&mut self, user: Option<i64>, run: RecordRef, title: &str) -> Answer<()> {
        let found = self.run(run)?;
        let stage = found.stage(self)?;
        let stage = self.stage_of(&found.flow, stage)?;
        let button = stage.buttons.iter().find(|button| button.title == title);
        let process = button.and_then(|button| self.module().process(button.process)).map(|p| p.name.clone());
        let process = process.ok_or_else(|| faults::unknown_request(format!("a button \"{title}\" in this stage")))?;
        self.start(user, &process, &[Value::Ref(run)]).map(|_| ())
    }

    /// A run as it is stored.
    pub(super) fn run(&mut self, record: RecordRef) -> Answer<Run> {
        let flow = self.flow_of(record).cloned();
        let flow = flow.ok_or_else(|| faults::unknown_request(format!("a flow of {}", self.identity(record))))?;
        let row = self.stored(record)?.ok_or_else(|| faults::gone(self.identity(record)))?;
        Ok(Run { record, flow, row })
    }

    /// The record that a run is about.
    pub(super) fn about(&self, run: &Run) -> Answer<RecordRef> {
        let first = run.flow.bindings.first().map(|binding| binding.record.as_str()).unwrap_or_default();
        match run.value(self, first) {
            Some(Value::Ref(record)) => Ok(*record),
            _ => Err(faults::gone(self.identity(run.record))),
        }
    }

    fn states(&self, run: &Run) -> Answer<StatesDef> {
        let states = self.module().entity(run.record.entity).and_then(|def| def.states.clone());
        states.ok_or_else(|| faults::unknown_request("states of a run"))
    }

    /// The stage of this number.
    pub(super) fn stage_of<'e>(&'e self, flow: &'e FlowDef, number: i32) -> Answer<&'e FlowStageDef> {
        let name = self.stage_member(&flow.name, number).map(|(name, _)| name);
        let found = flow.stages.iter().find(|stage| Some(stage.name.as_str()) == name);
        found.ok_or_else(|| faults::unknown_request("a stage of the flow"))
    }

    /// Name and title of a stage.
    pub(super) fn stage_member(&self, flow: &str, number: i32) -> Option<(&str, &str)> {
        let (_, def) = self.module().entity_by_name(flow)?;
        let (_, field) = def.field_by_name(STAGE)?;
        let Some(TypeDef::Enum(stages)) = index::present(self.module(), field.ty) else { return None };
        let member = self.module().enum_def(stages)?.members.iter().find(|member| member.value == number)?;
        Some((&member.name, &member.label))
    }

    /// What people see of a stage.
    pub(super) fn stage_title(&self, run: &Run, number: i32) -> String {
        self.stage_member(&run.flow.name, number).map_or_else(|| number.to_string(), |(_, title)| title.to_owned())
    }

    /// The stage that follows one; none is the end.
    pub(super) fn following(&mut self, run: &Run, stage: i32) -> Answer<Option<i32>> {
        let next = self.evaluate(run.flow.next, &[Value::Ref(run.record), Value::Enum(stage)])?;
        Ok(if let Some(Value::Enum(next)) = next { Some(next) } else { None })
    }

    /// The titles of the steps that are missing in a stage.
    pub(super) fn missing_steps(&mut self, run: &Run, stage: i32) -> Answer<Vec<String>> {
        let missing = self.evaluate(run.flow.missing, &[Value::Ref(run.record), Value::Enum(stage)])?;
        let Some(Value::List(missing)) = missing else { return Ok(Vec::new()) };
        let titles = missing.into_iter().filter_map(|title| match title {
            Value::Text(title) => Some(title),
            _ => None,
        });
        Ok(titles.collect())
    }

    fn missing(&mut self, run: &Run) -> Answer<Option<Moved>> {
        let missing = self.missing_steps(run, run.stage(self)?)?;
        Ok((!missing.is_empty()).then_some(Moved::Required(missing)))
    }

    /// What has to be named before a stage is entered.
    fn needed(&mut self, run: &Run, stage: &FlowStageDef) -> Answer<Option<Moved>> {
        let binding = run.flow.bindings.iter().find(|binding| binding.record == stage.record);
        let Some(binding) = binding.filter(|binding| binding.via.is_some()) else { return Ok(None) };
        if run.value(self, &binding.record).is_some_and(|value| !value.is_none()) {
            return Ok(None);
        }
        let candidates = self.related(run, binding)?;
        if candidates.len() == 1 {
            return Ok(None);
        }
        let title = self.module().entity_by_name(&run.flow.name).and_then(|(_, def)| def.field_by_name(STAGE));
        let title = title.and_then(|(_, field)| match index::present(self.module(), field.ty) {
            Some(TypeDef::Enum(stages)) => {
                let members = &self.module().enum_def(stages)?.members;
                members.iter().find(|member| member.name == stage.name).map(|member| member.label.clone())
            }
            _ => None,
        });
        Ok(Some(Moved::NeedsRecord {
            stage: title.unwrap_or_else(|| stage.name.clone()),
            entity: binding.entity.clone(),
            field: binding.record.clone(),
            candidates,
        }))
    }

    /// The records that may be bound: those that the reference leads to.
    fn related(&mut self, run: &Run, binding: &FlowBindingDef) -> Answer<Vec<RecordRef>> {
        let Some(via) = &binding.via else { return Ok(Vec::new()) };
        let Some(Value::Ref(from)) = run.value(self, &via.from).cloned() else { return Ok(Vec::new()) };
        if via.forward {
            let found = self.value_named(from, &via.field)?;
            return Ok(if let Value::Ref(record) = found { vec![record] } else { Vec::new() });
        }
        let Some((entity, def)) = self.module().entity_by_name(&binding.entity) else { return Ok(Vec::new()) };
        let Some((field, _)) = def.field_by_name(&via.field) else { return Ok(Vec::new()) };
        let refers = [Condition::equal(field, Value::Ref(from))];
        let found = self.store.candidates(entity, &refers, 0, OFFERED)?;
        Ok(found.into_iter().map(|id| RecordRef { entity, id }).collect())
    }

    /// Writes a run; what a process refuses is the answer.
    fn moved(&mut self, user: Option<i64>, run: &Run, fields: &[(String, Value)]) -> Answer<Moved> {
        let from = self.whereabouts(run, fields)?;
        let mut writes = Vec::new();
        for (name, value) in fields {
            let field = run.field(self, name).ok_or_else(|| faults::unknown_request(format!("a field `{name}`")))?;
            writes.push(Write::set(field, value.clone()));
        }
        match self.update(user, run.record, &writes) {
            Ok(()) => {
                let run = self.run(run.record)?;
                Ok(Moved::Moved { from, to: self.whereabouts(&run, fields)? })
            }
            Err(Failure::Fault(fault)) if fault.code == REFUSED => Ok(Moved::Refused(fault.message.clone())),
            Err(failure) => Err(failure),
        }
    }

    /// What people see of what is written: the stage, or the state.
    fn whereabouts(&self, run: &Run, fields: &[(String, Value)]) -> Answer<String> {
        if fields.iter().any(|(name, _)| name == STAGE) {
            return Ok(self.stage_title(run, run.stage(self)?));
        }
        self.state_of(run)
    }

    /// `active`, `finished` or `aborted`.
    pub(super) fn state_of(&self, run: &Run) -> Answer<String> {
        let states = self.states(run)?;
        let members = self.module().enum_def(states.state).map(|def| def.members.as_slice()).unwrap_or_default();
        let state = members.iter().find(|member| run.value(self, "state") == Some(&Value::Enum(member.value)));
        Ok(state.map(|member| member.name.clone()).unwrap_or_default())
    }
}

impl Run {
    pub(super) fn field(&self, engine: &Engine, name: &str) -> Option<FieldIdx> {
        let def = engine.module().entity(self.record.entity)?;
        def.field_by_name(name).map(|(field, _)| field)
    }

    pub(super) fn value(&self, engine: &Engine, name: &str) -> Option<&Value> {
        self.row.get(self.field(engine, name)?.index())
    }

    pub(super) fn stage(&self, engine: &Engine) -> Answer<i32> {
        match self.value(engine, STAGE) {
            Some(Value::Enum(stage)) => Ok(*stage),
            _ => Err(faults::unknown_request("a stage of a run")),
        }
    }

    /// The stages from the first to this one.
    pub(super) fn path(&self, engine: &Engine) -> Answer<Vec<i32>> {
        let Some(Value::List(path)) = self.value(engine, "path") else { return Ok(Vec::new()) };
        let stages = path.iter().filter_map(|stage| match stage {
            Value::Enum(stage) => Some(*stage),
            _ => None,
        });
        Ok(stages.collect())
    }
}
