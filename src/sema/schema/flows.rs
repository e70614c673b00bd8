//! Business process flows: what people and the engine see of them. What they do stands in functions and processes.

use super::{EntityId, FunctionId, ProcessId};

/// A flow. Its records are the runs.
#[derive(Clone, Debug)]
pub struct FlowHead {
    /// The entity of its runs, which has its name.
    pub entity: EntityId,
    /// The records that a run binds; the first is that which it is about.
    pub bindings: Vec<FlowBinding>,
    /// The stages.
    pub stages: Vec<FlowStageHead>,
    /// Which stage follows one: a function of run and stage to an optional stage.
    pub next: FunctionId,
    /// The titles of the steps that are missing in a stage: a function of run and stage to a list of texts.
    pub missing: FunctionId,
    /// `on created`.
    pub is_applied: bool,
    /// `order`.
    pub order: Option<i64>,
    /// `for roles`.
    pub roles: Vec<String>,
}

/// A record of a flow.
#[derive(Clone, Debug)]
pub struct FlowBinding {
    /// The field of the run.
    pub record: String,
    /// Its entity.
    pub entity: String,
    /// How it is found.
    pub via: Option<FlowVia>,
}

/// `via deal.originating_lead`.
#[derive(Clone, Debug)]
pub struct FlowVia {
    /// The earlier record: a field of the run.
    pub from: String,
    /// The reference.
    pub field: String,
    /// Whether the earlier record has the reference, and not the new one.
    pub is_forward: bool,
}

/// A stage.
#[derive(Clone, Debug)]
pub struct FlowStageHead {
    /// Its name, which is the member of the enum of stages.
    pub name: String,
    /// Its record: a field of the run.
    pub record: String,
    /// `category`.
    pub category: Option<String>,
    /// Its steps.
    pub steps: Vec<FlowStep>,
    /// Its buttons.
    pub buttons: Vec<FlowButton>,
    /// The stages that may follow, in the order that they are tried; none is the end.
    pub leads_to: Vec<Option<String>>,
}

/// A step: a field that people fill in.
#[derive(Clone, Debug)]
pub struct FlowStep {
    /// What people see.
    pub title: String,
    /// The record: a field of the run.
    pub record: String,
    /// References and at last the field.
    pub fields: Vec<String>,
    /// Whether it must be filled in before the stage is left.
    pub required: Required,
}

/// Whether a step must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// It need not.
    Never,
    /// Under a condition.
    Sometimes,
    /// It must.
    Always,
}

/// A button.
#[derive(Clone, Debug)]
pub struct FlowButton {
    /// What people see.
    pub title: String,
    /// The action for the run that it stands for.
    pub process: ProcessId,
}
