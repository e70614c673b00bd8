//! Business process flows: what people and the engine see of them. What they do stands in functions and processes.

use crate::bytecode::types::{FuncIdx, ProcessIdx};

/// A flow. Its runs are the records of the entity of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDef {
    /// Its name.
    pub name: String,
    /// The records that a run binds; the first is that which it is about.
    pub bindings: Vec<FlowBindingDef>,
    /// The stages.
    pub stages: Vec<FlowStageDef>,
    /// Which stage follows one: a function of run and stage to an optional stage.
    pub next: FuncIdx,
    /// The titles of the steps that are missing in a stage: a function of run and stage to a list of texts.
    pub missing: FuncIdx,
    /// Whether it is applied to new records of its first entity.
    pub applied: bool,
    /// Its place among the flows of that entity: lower first.
    pub order: Option<i64>,
    /// The roles that it is for; empty for all.
    pub roles: Vec<String>,
}

/// A record of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowBindingDef {
    /// The field of the run.
    pub record: String,
    /// Its entity.
    pub entity: String,
    /// How it is found.
    pub via: Option<FlowViaDef>,
}

/// The reference between two records of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowViaDef {
    /// The earlier record: a field of the run.
    pub from: String,
    /// The reference.
    pub field: String,
    /// Whether the earlier record has the reference, and not the new one.
    pub forward: bool,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStageDef {
    /// Its name: a member of the enum of stages.
    pub name: String,
    /// Its record: a field of the run.
    pub record: String,
    /// What kind of stage it is.
    pub category: Option<String>,
    /// Its steps.
    pub steps: Vec<FlowStepDef>,
    /// Its buttons.
    pub buttons: Vec<FlowButtonDef>,
    /// The stages that may follow, in the order that they are tried; none is the end.
    pub leads_to: Vec<Option<String>>,
}

/// A step: a field that people fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStepDef {
    /// What people see.
    pub title: String,
    /// The record: a field of the run.
    pub record: String,
    /// References and at last the field.
    pub fields: Vec<String>,
    /// Whether it must be filled in before the stage is left.
    pub required: StepRequired,
}

/// Whether a step must be done before its stage is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepRequired {
    /// It need not.
    Never,
    /// Under a condition.
    Sometimes,
    /// It must.
    Always,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowButtonDef {
    /// What people see.
    pub title: String,
    /// The action for the run that it stands for.
    pub process: ProcessIdx,
}
