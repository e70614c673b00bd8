//! Entities, processes, queries, tests and debug data: indexes in range, constants of their types.

use super::{VerifyError, ensure, fits};
use crate::base::{
    numbering::NumberPiece,
    value::{EntityIdx, Value},
};
use crate::bytecode::{
    layout,
    module::{
        ActivityBy, Capture, ConditionDef, DefaultDef, EntityDef, FieldDef, FunctionKind, LimitDef, Module, Phase,
        ProcessDef, ProcessKind, QueryDef, RecordKind, RetryDef, RightTarget, Scope, TriggerDef, TriggerEvent,
    },
    types::{FieldIdx, FuncIdx, TypeDef, TypeIdx},
};

pub(super) fn check(module: &Module) -> Result<(), VerifyError> {
    module.entities.iter().try_for_each(|entity| check_entity(module, entity))?;
    module.processes.iter().try_for_each(|process| check_process(module, process))?;
    module.queries.iter().try_for_each(|query| check_query(module, query))?;
    for config in &module.configs {
        let default = config.default.as_ref();
        let right = match (module.ty(config.ty), default) {
            (None, _) => false,
            (_, None) => true,
            (Some(TypeDef::Ref(_)), Some(Value::Text(_))) => true,
            (Some(TypeDef::Optional(of)), Some(Value::Text(_))) if is_reference(module, *of) => true,
            (_, Some(value)) => fits(module, value, config.ty),
        };
        ensure(right, || format!("the default of the setting `{}` has another type", config.name))?;
    }
    for particular in &module.particulars {
        ensure(module.entity(particular.entity).is_some(), || format!("`{}` names no entity", particular.key))?;
    }
    for form in &module.forms {
        let asked = form.questions().count();
        let right = module.record(form.record).is_some_and(|record| {
            let fixed = record.fields.iter().zip(form.questions());
            record.fields.len() == asked
                && fixed
                    .filter_map(|(field, ask)| Some((field, ask.fixed.as_ref()?)))
                    .all(|(f, v)| fits(module, v, f.ty))
        });
        ensure(right, || format!("the form `{}` has other questions than answers", form.name))?;
    }
    for role in &module.roles {
        let known = role.rights.iter().all(|right| match right.target {
            RightTarget::Any => true,
            RightTarget::Entity(entity) => module.entity(entity).is_some(),
            RightTarget::Process(process) => module.process(process).is_some(),
        });
        ensure(known, || format!("the role `{}` names something that is not there", role.name))?;
    }
    for test in &module.tests {
        let body = module.function(test.body);
        let right = body.is_some_and(|f| f.kind == FunctionKind::Test && f.params.is_empty() && f.result.is_none());
        ensure(right, || format!("test `{}` has no body", test.title))?;
        ensure((test.file as usize) < module.debug.files.len(), || format!("test `{}` has no file", test.title))?;
        ensure(test.zone.as_ref().is_none_or(|zone| zone_exists(zone)), || {
            format!("test `{}` names an unknown time zone", test.title)
        })?;
    }
    ensure(zone_exists(&module.meta.zone), || format!("the time zone `{}` is unknown", module.meta.zone))?;
    check_debug(module)
}

fn zone_exists(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

fn check_entity(module: &Module, entity: &EntityDef) -> Result<(), VerifyError> {
    let known = |field: FieldIdx| {
        ensure(field.index() < entity.fields.len(), || format!("entity `{}` names a field that it lacks", entity.name))
    };
    entity.fields.iter().try_for_each(|field| check_field(module, entity, field))?;
    entity.unique.iter().flatten().try_for_each(|field| known(*field))?;
    entity.hierarchy.map_or(Ok(()), known)?;
    if let Some(states) = &entity.states {
        let status = module.enum_def(states.status);
        let right = module.enum_def(states.state).is_some()
            && status.is_some_and(|status| status.members.len() == states.state_of.len());
        ensure(right, || format!("entity `{}` has states without enums", entity.name))?;
    }
    if let Some(shown_as) = entity.shown_as {
        let right = module.function(shown_as).is_some_and(|function| {
            function.kind == FunctionKind::Pure
                && matches!(function.params.as_slice(), [param] if is_reference(module, *param))
                && function.result.and_then(|ty| module.ty(ty)) == Some(&TypeDef::Text)
        });
        ensure(right, || format!("entity `{}` has no function for its shown name", entity.name))?;
    }
    Ok(())
}

fn check_field(module: &Module, entity: &EntityDef, field: &FieldDef) -> Result<(), VerifyError> {
    let say = |what: &str| format!("field `{}.{}` {what}", entity.name, field.name);
    ensure(module.ty(field.ty).is_some(), || say("has no type"))?;
    match &field.default {
        DefaultDef::None => {}
        DefaultDef::Const(value) => ensure(fits(module, value, field.ty), || say("has a default of another type"))?,
        DefaultDef::Function(index) => {
            let right = module.function(*index).is_some_and(|function| {
                function.params.is_empty()
                    && function.result.is_some_and(|ty| module.kinds(ty) == module.kinds(field.ty))
            });
            ensure(right, || say("has no function for its default"))?;
        }
    }
    let is_sequence = |piece: &&NumberPiece| matches!(piece, NumberPiece::Sequence(1..=18));
    let is_counted =
        field.numbering.iter().filter(is_sequence).count() == 1 && module.ty(field.ty) == Some(&TypeDef::Text);
    ensure(field.numbering.is_empty() || is_counted, || say("cannot be numbered"))?;
    for bound in field.low.iter().chain(&field.high) {
        ensure(fits(module, bound, field.ty), || say("has a bound of another type"))?;
    }
    Ok(())
}

fn is_reference(module: &Module, ty: TypeIdx) -> bool {
    matches!(module.ty(ty), Some(TypeDef::Ref(_) | TypeDef::AnyRef))
}

fn check_process(module: &Module, process: &ProcessDef) -> Result<(), VerifyError> {
    let say = |what: &str| format!("process `{}` {what}", process.name);
    ensure(process.primary.is_none_or(|ty| is_reference(module, ty)), || say("has a primary record that is none"))?;
    let is_rule = process.kind == ProcessKind::Rule;
    let kind = if is_rule { FunctionKind::Rule } else { FunctionKind::Process };
    let body = module.function(process.body).filter(|body| body.kind == kind);
    let body = body.ok_or_else(|| VerifyError::table(say("has no body")))?;
    let given: Vec<TypeIdx> = process.primary.into_iter().chain(process.inputs.iter().map(|input| input.ty)).collect();
    ensure(body.params.starts_with(&given), || say("has a body with other parameters"))?;
    ensure(body.params.len() == given.len() + process.captures.len(), || say("has a body with other captures"))?;
    check_captures(module, process, &process.captures, &body.params)?;
    ensure(body.result == process.result, || say("has a body with another result"))?;
    for input in &process.inputs {
        if let Some(default) = &input.default {
            ensure(fits(module, default, input.ty), || say("has a default of another type"))?;
        }
    }
    process.triggers.iter().try_for_each(|trigger| check_trigger(module, process, trigger))?;
    if let Some(condition) = &process.only_if {
        check_condition(module, process, condition)?;
    }
    if let Some(limit) = &process.limit {
        check_limit(module, process, limit)?;
    }
    check_activity(module, process)?;
    let is_of_a_record = process.primary.is_some() || process.scope == Scope::Organization;
    ensure(is_of_a_record, || say("has a scope without a record"))?;
    ensure(zone_exists(&process.zone), || say("names an unknown time zone"))
}

/// Who does an activity is known, and what it asks can be made.
fn check_activity(module: &Module, process: &ProcessDef) -> Result<(), VerifyError> {
    let say = |what: &str| format!("activity `{}` {what}", process.name);
    let Some(activity) = &process.activity else {
        return ensure(process.kind != ProcessKind::Activity, || say("does not say who does it"));
    };
    ensure(process.kind == ProcessKind::Activity, || say("is none"))?;
    let is_right = |retry: &RetryDef| retry.after >= 0 && retry.up_to.is_none_or(|longest| longest >= 0);
    ensure(activity.timeout > 0 && activity.retry.as_ref().is_none_or(is_right), || say("has times below zero"))?;
    let ActivityBy::Http(http) = &activity.by else { return Ok(()) };
    let given: Vec<TypeIdx> = process.primary.into_iter().chain(process.inputs.iter().map(|input| input.ty)).collect();
    let right = http.texts.captures.is_empty()
        && module.function(http.texts.function).is_some_and(|function| {
            let result = function.result.and_then(|ty| module.ty(ty));
            let element = match result {
                Some(TypeDef::List(element)) => module.ty(*element),
                _ => None,
            };
            matches!(function.kind, FunctionKind::Condition | FunctionKind::Pure)
                && function.params == given
                && element == Some(&TypeDef::Text)
        });
    ensure(right, || say("has no function for what it asks"))
}

fn check_condition(module: &Module, process: &ProcessDef, condition: &ConditionDef) -> Result<(), VerifyError> {
    let primary: Vec<TypeIdx> = process.primary.into_iter().collect();
    let right = module.function(condition.function).is_some_and(|function| {
        matches!(function.kind, FunctionKind::Condition | FunctionKind::Pure)
            && function.params.starts_with(&primary)
            && function.params.len() == primary.len() + condition.captures.len()
            && function.result.and_then(|ty| module.ty(ty)) == Some(&TypeDef::Bool)
    });
    ensure(right, || format!("process `{}` has no function for its condition", process.name))?;
    check_captures(module, process, &condition.captures, params_of(module, condition))
}

fn params_of<'m>(module: &'m Module, condition: &ConditionDef) -> &'m [TypeIdx] {
    module.function(condition.function).map(|function| function.params.as_slice()).unwrap_or_default()
}

/// What is kept of an event: fields that exist, of the types of the last parameters.
fn check_captures(
    module: &Module,
    process: &ProcessDef,
    captures: &[Capture],
    params: &[TypeIdx],
) -> Result<(), VerifyError> {
    let types = params.iter().skip(params.len().saturating_sub(captures.len()));
    let right = captures.iter().zip(types).all(|(capture, ty)| {
        let field = |(entity, field): &(EntityIdx, FieldIdx)| module.entity(*entity)?.fields.get(field.index());
        match capture {
            Capture::Old(places) | Capture::Last(places) => {
                places.iter().all(|place| field(place).is_some_and(|field| field.ty == *ty))
            }
            Capture::Changed(places) => places.iter().all(|place| field(place).is_some()),
            _ => true,
        }
    });
    ensure(right, || format!("process `{}` keeps fields that do not fit", process.name))
}

fn check_limit(module: &Module, process: &ProcessDef, limit: &LimitDef) -> Result<(), VerifyError> {
    let say = |what: &str| format!("process `{}` has a limit {what}", process.name);
    ensure(limit.count > 0 && process.kind == ProcessKind::Background, || say("that makes no sense"))?;
    let Some(per) = &limit.per else { return Ok(()) };
    let inputs = process.inputs.iter().map(|input| input.ty);
    let given: Vec<TypeIdx> = process.primary.into_iter().chain(inputs).collect();
    let right = module.function(per.function).is_some_and(|function| {
        matches!(function.kind, FunctionKind::Condition | FunctionKind::Pure)
            && function.params.starts_with(&given)
            && function.params.len() == given.len() + per.captures.len()
            && function.result.is_some()
    });
    ensure(right, || say("without a function for what it counts by"))?;
    check_captures(module, process, &per.captures, params_of(module, per))
}

fn check_trigger(module: &Module, process: &ProcessDef, trigger: &TriggerDef) -> Result<(), VerifyError> {
    let say = || format!("process `{}` has a trigger that makes no sense", process.name);
    if let TriggerEvent::Action(action) = trigger.event {
        return ensure(module.process(action).is_some(), say);
    }
    if let TriggerEvent::Schedule { zone, .. } = &trigger.event {
        return ensure(zone_exists(zone) && process.primary.is_none(), say);
    }
    if let TriggerEvent::Signal(signal) = trigger.event {
        ensure(module.record(signal).is_some_and(|record| record.kind == RecordKind::Signal), say)?;
        if process.primary.is_none() {
            return Ok(());
        }
    }
    let entity = module.entity(trigger.entity).ok_or_else(|| VerifyError::table(say()))?;
    let phase = match trigger.event {
        TriggerEvent::Loaded | TriggerEvent::Edited => Some(Phase::Form),
        TriggerEvent::Saved => Some(Phase::Before),
        _ => None,
    };
    let is_rule = process.kind == ProcessKind::Rule;
    ensure(phase.is_some() == is_rule && phase.is_none_or(|phase| phase == trigger.phase), say)?;
    match &trigger.event {
        TriggerEvent::Updated(fields) | TriggerEvent::Written(fields) => {
            ensure(fields.iter().all(|field| field.index() < entity.fields.len()), say)
        }
        TriggerEvent::StatusChanged { .. } => ensure(entity.states.is_some(), say),
        _ => Ok(()),
    }
}

fn check_query(module: &Module, query: &QueryDef) -> Result<(), VerifyError> {
    let say = || "a query names fields that do not exist".to_owned();
    for conjunct in &query.conjuncts {
        let mut entity = module.entity(query.entity).ok_or_else(|| VerifyError::table(say()))?;
        let (last, through) = conjunct.path.split_last().ok_or_else(|| VerifyError::table(say()))?;
        for step in through {
            let field = entity.fields.get(step.index()).ok_or_else(|| VerifyError::table(say()))?;
            let next = match module.ty(field.ty) {
                Some(TypeDef::Ref(next)) => Some(*next),
                Some(TypeDef::Optional(inner)) => match module.ty(*inner) {
                    Some(TypeDef::Ref(next)) => Some(*next),
                    _ => None,
                },
                _ => None,
            };
            entity = next.and_then(|next| module.entity(next)).ok_or_else(|| VerifyError::table(say()))?;
        }
        ensure(last.index() < entity.fields.len(), say)?;
    }
    ensure(module.entity(query.entity).is_some(), say)
}

fn check_debug(module: &Module) -> Result<(), VerifyError> {
    let debug = &module.debug;
    let functions = module.functions.len();
    ensure(debug.lines.len() <= functions && debug.names.len() <= functions, || {
        "debug data for functions that do not exist".to_owned()
    })?;
    for line in debug.lines.iter().flatten() {
        ensure((line.file as usize) < debug.files.len(), || "debug data names no file".to_owned())?;
    }
    for (index, names) in debug.names.iter().enumerate() {
        let function = FuncIdx(u32::try_from(index).unwrap_or(u32::MAX));
        let slots = module.function(function).map_or(&[][..], |function| &function.slots);
        for name in names.iter().map(|scope| &scope.name) {
            let kinds = layout::kinds(&module.types, name.ty);
            let there = slots.get(name.slot.index()..name.slot.index() + kinds.len());
            ensure(there == Some(kinds.as_slice()), || format!("debug data: `{}` has another type", name.name))?;
        }
    }
    Ok(())
}
