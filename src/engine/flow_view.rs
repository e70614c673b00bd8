//! What people see of a run of a flow: the stages on its way, the steps of each with their values, and the time that it took.

use crate::{
    base::value::{RecordRef, Value},
    bytecode::{
        module::{FlowStageDef, StepRequired},
        types::TypeIdx,
    },
};

use super::{
    Engine,
    clock::HOUR,
    faults::{Answer, Failure},
    flows::Run,
};

/// Where a stage lies on the way of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StagePlace {
    /// It was gone through.
    Done,
    /// The run is there.
    Here,
    /// It would come, as things stand.
    Ahead,
    /// The way does not lead there, as things stand.
    Aside,
}

impl StagePlace {
    /// The word of listings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            StagePlace::Done => "done",
            StagePlace::Here => "here",
            StagePlace::Ahead => "ahead",
            StagePlace::Aside => "aside",
        }
    }
}

/// A step with its value.
#[derive(Clone, Debug)]
pub struct StepView {
    /// What people see.
    pub title: String,
    /// The field: `lead.budget`.
    pub field: String,
    /// Its type and value; nothing where its record is not known.
    pub value: Option<(TypeIdx, Value)>,
    /// The value is hidden.
    pub private: bool,
    /// Whether it must be done.
    pub required: StepRequired,
    /// Whether it must be done now and is not.
    pub missing: bool,
}

/// A stage.
#[derive(Clone, Debug)]
pub struct StageView {
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// What kind of stage it is.
    pub category: Option<String>,
    /// Where it lies.
    pub place: StagePlace,
    /// Its record, if it is known.
    pub record: Option<RecordRef>,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// The titles of its buttons.
    pub buttons: Vec<String>,
}

/// A run.
#[derive(Clone, Debug)]
pub struct FlowView {
    /// The run.
    pub run: RecordRef,
    /// Its flow.
    pub flow: String,
    /// The record that it is about.
    pub about: RecordRef,
    /// `active`, `finished` or `aborted`.
    pub state: String,
    /// The stages: those on the way in its order, then the others.
    pub stages: Vec<StageView>,
    /// Since when the run has been in its stage.
    pub since: i64,
    /// The microseconds that were spent in all.
    pub spent: i64,
    /// Those that were spent in the stage; nothing of a run that has ended.
    pub in_stage: Option<i64>,
}

/// The hours of a day, in which a stored time may count days.
const DAY_HOURS: i64 = 24;

impl Engine {
    /// What people see of a run.
    ///
    /// # Errors
    /// R0401 if there is no such run; or the store's error.
    pub fn flow_view(&mut self, run: RecordRef) -> Answer<FlowView> {
        self.reading(|engine| engine.flow_view_now(run))
    }

    fn flow_view_now(&mut self, record: RecordRef) -> Answer<FlowView> {
        let run = self.run(record)?;
        let (path, here) = (run.path(self)?, run.stage(self)?);
        let state = self.state_of(&run)?;
        let ahead = if state == "active" { self.predicted(&run, here)? } else { Vec::new() };
        let missing = if state == "active" { self.missing_steps(&run, here)? } else { Vec::new() };
        let mut stages = Vec::new();
        for stage in path.iter().chain(&ahead) {
            let place = match stage {
                stage if *stage == here => StagePlace::Here,
                stage if path.contains(stage) => StagePlace::Done,
                _ => StagePlace::Ahead,
            };
            let of = self.stage_of(&run.flow, *stage)?.clone();
            let open: &[String] = if place == StagePlace::Here { &missing } else { &[] };
            stages.push(self.stage_view(&run, &of, self.stage_title(&run, *stage), place, open)?);
        }
        for stage in &run.flow.stages {
            if !stages.iter().any(|known| known.name == stage.name) {
                let title = self.title_named(&run, &stage.name);
                stages.push(self.stage_view(&run, stage, title, StagePlace::Aside, &[])?);
            }
        }
        let since = if let Some(Value::DateTime(since)) = run.value(self, "stage_since") { *since } else { self.now() };
        let kept = match run.value(self, "duration") {
            Some(Value::Duration(spent)) => {
                spent.micros.saturating_add(i64::from(spent.days).saturating_mul(DAY_HOURS.saturating_mul(HOUR)))
            }
            _ => 0,
        };
        let in_stage = (state == "active").then(|| self.now().saturating_sub(since).max(0));
        Ok(FlowView {
            run: record,
            about: self.about(&run)?,
            flow: run.flow.name.clone(),
            state,
            stages,
            since,
            spent: kept.saturating_add(in_stage.unwrap_or(0)),
            in_stage,
        })
    }

    fn title_named(&self, run: &Run, name: &str) -> String {
        let stages = (0..).take(run.flow.stages.len());
        let found = stages.filter_map(|number| self.stage_member(&run.flow.name, number)).find(|(of, _)| *of == name);
        found.map_or_else(|| name.to_owned(), |(_, title)| title.to_owned())
    }

    /// The stages that would follow, as things stand. What cannot be said yet is left out.
    fn predicted(&mut self, run: &Run, here: i32) -> Answer<Vec<i32>> {
        let mut ahead = Vec::new();
        let mut at = here;
        while ahead.len() < run.flow.stages.len() {
            match self.following(run, at) {
                Ok(Some(next)) => {
                    ahead.push(next);
                    at = next;
                }
                Ok(None) | Err(Failure::Fault(_)) => break,
                Err(failure) => return Err(failure),
            }
        }
        Ok(ahead)
    }

    fn stage_view(
        &mut self,
        run: &Run,
        stage: &FlowStageDef,
        title: String,
        place: StagePlace,
        missing: &[String],
    ) -> Answer<StageView> {
        let mut steps = Vec::new();
        for step in &stage.steps {
            let (value, private) = self.step_value(run, &step.record, &step.fields)?;
            steps.push(StepView {
                title: step.title.clone(),
                field: format!("{}.{}", step.record, step.fields.join(".")),
                value,
                private,
                required: step.required,
                missing: missing.contains(&step.title),
            });
        }
        let record = match run.value(self, &stage.record) {
            Some(Value::Ref(record)) => Some(*record),
            _ => None,
        };
        let buttons = stage.buttons.iter().map(|button| button.title.clone()).collect();
        let category = stage.category.clone();
        Ok(StageView { name: stage.name.clone(), title, category, place, record, steps, buttons })
    }

    /// The value of a step, over the references that lead to it, and whether it is private.
    fn step_value(&mut self, run: &Run, record: &str, fields: &[String]) -> Answer<(Option<(TypeIdx, Value)>, bool)> {
        let mut at = match run.value(self, record) {
            Some(Value::Ref(record)) => *record,
            _ => return Ok((None, false)),
        };
        let mut found = None;
        let mut private = false;
        for name in fields {
            let def = self.module().entity(at.entity).and_then(|def| def.field_by_name(name));
            let Some((field, ty)) = def.map(|(field, def)| (field, (def.ty, def.private))) else {
                return Ok((None, private));
            };
            private |= ty.1;
            let Some(value) = self.stored(at)?.and_then(|row| row.get(field.index()).cloned()) else {
                return Ok((None, private));
            };
            if let Value::Ref(next) = &value {
                at = *next;
            }
            found = Some((ty.0, value));
        }
        Ok((found, private))
    }
}
