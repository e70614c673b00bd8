//! What people and the engine see of a flow: its stages with their steps, buttons and ways.

use super::{
    code,
    graph::{Plan, Stage},
};
use crate::sema::{
    names::{Def, Names},
    schema::{FlowBinding, FlowButton, FlowHead, FlowStageHead, FlowStep, FlowVia, FunctionId, ProcessId, Required},
};
use crate::syntax::ast::FlowElement;

/// The head of a flow; nothing if one of its declarations was refused.
pub(super) fn head(plan: &Plan<'_>, names: &Names) -> Option<FlowHead> {
    let def = |part: &str| names.entries.get(&code::part(plan.name(), part)).map(|entry| entry.def.clone());
    let function = |part: &str| match def(part) {
        Some(Def::Function(id)) => Some::<FunctionId>(id),
        _ => None,
    };
    let Some(Def::Entity(entity)) = names.entries.get(plan.name()).map(|entry| entry.def.clone()) else { return None };
    let mut buttons = 0;
    let mut stages = Vec::new();
    for stage in &plan.stages {
        stages.push(stage_head(plan, stage, &mut buttons, names));
    }
    let bindings = plan.bindings.iter().map(|binding| FlowBinding {
        record: binding.name.name.clone(),
        entity: binding.entity.name.clone(),
        via: binding.via.as_ref().and_then(|via| {
            let from = plan.bindings.get(via.from)?.name.name.clone();
            Some(FlowVia { from, field: via.field.to_owned(), is_forward: via.is_forward })
        }),
    });
    Some(FlowHead {
        entity,
        bindings: bindings.collect(),
        stages,
        next: function("next")?,
        missing: function("missing")?,
        is_applied: plan.decl.on_created.is_some(),
        order: plan.decl.order,
        roles: plan.decl.roles.iter().map(|role| role.name.clone()).collect(),
    })
}

fn stage_head(plan: &Plan<'_>, stage: &Stage<'_>, buttons: &mut usize, names: &Names) -> FlowStageHead {
    let steps = stage.steps().filter_map(|step| {
        let (record, fields) = step.path()?;
        Some(FlowStep {
            title: step.title(),
            record: record.to_owned(),
            fields: fields.into_iter().map(str::to_owned).collect(),
            required: match step.required {
                None => Required::Never,
                Some(None) => Required::Always,
                Some(Some(_)) => Required::Sometimes,
            },
        })
    });
    let steps: Vec<FlowStep> = steps.collect();
    let mut found = Vec::new();
    for element in &stage.decl.elements {
        let FlowElement::Button { title, .. } = element else { continue };
        *buttons += 1;
        let name = code::part(plan.name(), &format!("button {buttons}"));
        if let Some(Def::Process(process)) = names.entries.get(&name).map(|entry| entry.def.clone()) {
            found.push(FlowButton { title: title.clone(), process: ProcessId(process.0) });
        }
    }
    FlowStageHead {
        name: stage.decl.name.name.clone(),
        record: plan.binding_of(stage).map(|binding| binding.name.name.clone()).unwrap_or_default(),
        category: stage.decl.category.as_ref().map(|category| category.name.clone()),
        steps,
        buttons: found,
        leads_to: stage
            .arms
            .iter()
            .map(|arm| arm.to.and_then(|to| Some(plan.stages.get(to)?.decl.name.name.clone())))
            .collect(),
    }
}
