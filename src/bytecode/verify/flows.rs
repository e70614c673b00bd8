//! Flows: their entity, its fields and the enum of stages; functions and actions with the parameters that the engine gives.

use super::{VerifyError, ensure};
use crate::base::value::EntityIdx;
use crate::bytecode::{
    module::{EntityDef, FlowDef, FlowStageDef, FunctionKind, Module, ProcessKind},
    types::{EnumIdx, FuncIdx, TypeDef, TypeIdx},
};

/// The field of a run that says where it is.
const STAGE: &str = "stage";

pub(super) fn check(module: &Module) -> Result<(), VerifyError> {
    module.flows.iter().try_for_each(|flow| check_flow(module, flow))
}

fn check_flow(module: &Module, flow: &FlowDef) -> Result<(), VerifyError> {
    let say = |what: &str| format!("flow `{}` {what}", flow.name);
    let found = module.entity_by_name(&flow.name);
    let (index, entity) = found.ok_or_else(|| VerifyError::table(say("has no runs")))?;
    let stage = entity.field_by_name(STAGE).and_then(|(_, field)| module.ty(field.ty));
    let Some(TypeDef::Enum(stages)) = stage else { return Err(VerifyError::table(say("has no stages"))) };
    ensure(!flow.bindings.is_empty(), || say("is about no record"))?;
    for binding in &flow.bindings {
        ensure(module.entity_by_name(&binding.entity).is_some(), || say("binds records of no entity"))?;
        ensure(entity.field_by_name(&binding.record).is_some(), || say("binds a record that its runs lack"))?;
    }
    for stage in &flow.stages {
        check_stage(module, flow, stage, (index, entity, *stages))?;
    }
    for function in [flow.next, flow.missing] {
        ensure(takes(module, function, index, *stages), || say("asks a function of other parameters"))?;
    }
    let next = result(module, flow.next).and_then(|ty| module.ty(ty));
    let is_stage = |ty: &TypeIdx| module.ty(*ty) == Some(&TypeDef::Enum(*stages));
    ensure(matches!(next, Some(TypeDef::Optional(of)) if is_stage(of)), || say("does not say what follows"))?;
    let missing = result(module, flow.missing).and_then(|ty| module.ty(ty));
    let is_text = |ty: &TypeIdx| module.ty(*ty) == Some(&TypeDef::Text);
    ensure(matches!(missing, Some(TypeDef::List(of)) if is_text(of)), || say("does not say what is missing"))
}

fn check_stage(
    module: &Module,
    flow: &FlowDef,
    stage: &FlowStageDef,
    (index, entity, stages): (EntityIdx, &EntityDef, EnumIdx),
) -> Result<(), VerifyError> {
    let say = |what: &str| format!("stage `{}` of flow `{}` {what}", stage.name, flow.name);
    let members = module.enum_def(stages).map(|def| def.members.as_slice()).unwrap_or_default();
    let is_known = |name: &str| members.iter().any(|member| member.name == name);
    ensure(is_known(&stage.name), || say("is none of its stages"))?;
    ensure(stage.leads_to.iter().flatten().all(|to| is_known(to)), || say("leads to no stage"))?;
    let is_bound = |record: &str| flow.bindings.iter().any(|binding| binding.record == record);
    ensure(is_bound(&stage.record) && entity.field_by_name(&stage.record).is_some(), || say("is for no record"))?;
    for step in &stage.steps {
        ensure(is_bound(&step.record) && !step.fields.is_empty(), || say("has a step for no record"))?;
    }
    for button in &stage.buttons {
        let process = module.process(button.process);
        let right = process.is_some_and(|process| {
            process.kind == ProcessKind::Action
                && process.inputs.is_empty()
                && process.primary.and_then(|ty| module.ty(ty)) == Some(&TypeDef::Ref(index))
        });
        ensure(right, || say("has a button without an action"))?;
    }
    Ok(())
}

fn result(module: &Module, function: FuncIdx) -> Option<TypeIdx> {
    module.function(function)?.result
}

fn takes(module: &Module, function: FuncIdx, run: EntityIdx, stages: EnumIdx) -> bool {
    module.function(function).is_some_and(|function| {
        let params: Vec<Option<&TypeDef>> = function.params.iter().map(|param| module.ty(*param)).collect();
        function.kind == FunctionKind::Pure && params == [Some(&TypeDef::Ref(run)), Some(&TypeDef::Enum(stages))]
    })
}
