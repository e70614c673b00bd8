//! Declarations as tables of the module: enums, records, entities, processes. Code is in [`super::function`].

use super::activities::activity;
use super::tables::Tables;
use crate::{
    base::{
        value::{Duration, EntityIdx, Value},
        words::snake_case,
    },
    bytecode::{module as out, types as idx, types::FuncIdx},
    sema::{hir, schema, ty::Ty},
    syntax::ast::ProcessKind,
};

/// Where the bodies stand in the table of functions: `fn`s first (their ids are their indexes), then the bodies of
/// processes, then their conditions and what their limits count by, then tests.
#[derive(Clone, Copy)]
pub(super) struct FunctionNumbers {
    functions: usize,
    processes: usize,
}

impl FunctionNumbers {
    pub(super) fn new(program: &hir::Program) -> Self {
        Self { functions: program.functions.len(), processes: program.processes.len() }
    }

    /// A `fn`.
    pub(super) fn function(id: schema::FunctionId) -> FuncIdx {
        FuncIdx(u32::from(id.0))
    }

    /// The body of a process.
    pub(super) fn body(self, process: usize) -> FuncIdx {
        func(self.functions + process)
    }

    /// The condition of a process, or what its limit counts by, by its place among all of these.
    pub(super) fn condition(self, nth: usize) -> FuncIdx {
        func(self.functions + self.processes + nth)
    }
}

/// How long an ended call of an activity is kept that nobody took the answer of.
const CALLS_KEPT: Duration = Duration { months: 0, days: 7, micros: 0 };

/// An index of a function; projects have far fewer than 32 bits can name.
pub(super) fn func(index: usize) -> FuncIdx {
    FuncIdx(u32::try_from(index).unwrap_or(u32::MAX))
}

pub(super) fn enums(schema: &schema::Schema) -> Vec<out::EnumDef> {
    let member = |m: &schema::Member| out::MemberDef { name: m.name.clone(), value: m.value, label: m.label.clone() };
    schema
        .enums
        .iter()
        .map(|e| out::EnumDef { name: e.name.clone(), members: e.members.iter().map(member).collect() })
        .collect()
}

pub(super) fn roles(schema: &schema::Schema) -> Vec<out::RoleDef> {
    let right = |right: &schema::Right| out::RightDef {
        verb: match right.verb {
            schema::Verb::Create => out::RightVerb::Create,
            schema::Verb::Read => out::RightVerb::Read,
            schema::Verb::Update => out::RightVerb::Update,
            schema::Verb::Delete => out::RightVerb::Delete,
            schema::Verb::Assign => out::RightVerb::Assign,
            schema::Verb::Share => out::RightVerb::Share,
            schema::Verb::Run => out::RightVerb::Run,
        },
        target: match right.target {
            schema::Target::Any => out::RightTarget::Any,
            schema::Target::Entity(entity) => out::RightTarget::Entity(EntityIdx(entity.0)),
            schema::Target::Process(process) => out::RightTarget::Process(idx::ProcessIdx(process.0)),
        },
        depth: match right.depth {
            schema::Depth::Own => out::RightDepth::Own,
            schema::Depth::Unit => out::RightDepth::Unit,
            schema::Depth::UnitTree => out::RightDepth::UnitTree,
            schema::Depth::Organization => out::RightDepth::Organization,
        },
    };
    let role = |role: &schema::Role| out::RoleDef {
        name: role.name.clone(),
        member: role.member.map_or(0, |(_, member)| member),
        rights: role.rights.iter().map(right).collect(),
    };
    schema.roles.iter().map(role).collect()
}

pub(super) fn records(schema: &schema::Schema, tables: &mut Tables) -> Vec<out::RecordDef> {
    schema
        .records
        .iter()
        .map(|r| out::RecordDef {
            name: r.name.clone(),
            kind: match r.kind {
                schema::RecordKind::Error => out::RecordKind::Error,
                schema::RecordKind::Signal => out::RecordKind::Signal,
                schema::RecordKind::Record | schema::RecordKind::Results => out::RecordKind::Plain,
            },
            fields: params(&r.fields, tables),
        })
        .collect()
}

fn params(heads: &[schema::ParamHead], tables: &mut Tables) -> Vec<out::ParamDef> {
    heads
        .iter()
        .map(|p| out::ParamDef { name: p.name.clone(), ty: tables.types.lower(&p.ty), default: p.default.clone() })
        .collect()
}

pub(super) fn configs(schema: &schema::Schema, tables: &mut Tables) -> Vec<out::ConfigDef> {
    let config = |head: &schema::ParamHead| out::ConfigDef {
        name: head.name.clone(),
        ty: tables.types.lower(&head.ty),
        text_max: head.text_max,
        default: head.default.clone().or(matches!(head.ty, Ty::Optional(_)).then_some(Value::None)),
    };
    schema.configs.iter().map(config).collect()
}

/// Business process flows; what they do is among the functions and processes.
pub(super) fn flows(schema: &schema::Schema) -> Vec<out::FlowDef> {
    let step = |step: &schema::FlowStep| out::FlowStepDef {
        title: step.title.clone(),
        record: step.record.clone(),
        fields: step.fields.clone(),
        required: match step.required {
            schema::Required::Never => out::StepRequired::Never,
            schema::Required::Sometimes => out::StepRequired::Sometimes,
            schema::Required::Always => out::StepRequired::Always,
        },
    };
    let button = |button: &schema::FlowButton| out::FlowButtonDef {
        title: button.title.clone(),
        process: idx::ProcessIdx(button.process.0),
    };
    let stage = |stage: &schema::FlowStageHead| out::FlowStageDef {
        name: stage.name.clone(),
        record: stage.record.clone(),
        category: stage.category.clone(),
        steps: stage.steps.iter().map(step).collect(),
        buttons: stage.buttons.iter().map(button).collect(),
        leads_to: stage.leads_to.clone(),
    };
    let via = |via: &schema::FlowVia| out::FlowViaDef {
        from: via.from.clone(),
        field: via.field.clone(),
        forward: via.is_forward,
    };
    let binding = |binding: &schema::FlowBinding| out::FlowBindingDef {
        record: binding.record.clone(),
        entity: binding.entity.clone(),
        via: binding.via.as_ref().map(via),
    };
    let flow = |flow: &schema::FlowHead| out::FlowDef {
        name: schema.entity_name(flow.entity).to_owned(),
        bindings: flow.bindings.iter().map(binding).collect(),
        stages: flow.stages.iter().map(stage).collect(),
        next: FunctionNumbers::function(flow.next),
        missing: FunctionNumbers::function(flow.missing),
        applied: flow.is_applied,
        order: flow.order,
        roles: flow.roles.clone(),
    };
    schema.flows.iter().map(flow).collect()
}

pub(super) fn entities(schema: &schema::Schema, tables: &mut Tables) -> Vec<out::EntityDef> {
    schema
        .entities
        .iter()
        .map(|e| out::EntityDef {
            name: e.name.clone(),
            table: e.physical.clone().unwrap_or_else(|| snake_case(&e.name)),
            owned_by_user: e.owned_by_user,
            // WHY: the flag of a library's entity holds for programs, and the checker keeps them to it; the library's
            // own actions, tests and data create such records.
            creatable: e.creatable || e.from_library,
            audited: e.audited,
            activity: e.activity,
            fields: e.fields.iter().map(|f| field(f, tables)).collect(),
            states: e.states.as_ref().map(|s| out::StatesDef {
                state: idx::EnumIdx(s.state.0),
                status: idx::EnumIdx(s.status.0),
                state_of: s.state_of.clone(),
                changes: s.changes.clone(),
            }),
            unique: e.unique.iter().map(|key| fields(key)).collect(),
            shown_as: e.shown_as.map(FunctionNumbers::function),
            hierarchy: e.hierarchy.map(|f| idx::FieldIdx(f.0)),
        })
        .collect()
}

fn field(f: &schema::Field, tables: &mut Tables) -> out::FieldDef {
    let (low, high) = f.bounds.as_deref().cloned().unzip();
    out::FieldDef {
        name: f.name.clone(),
        column: f.physical.clone().unwrap_or_else(|| f.name.clone()),
        ty: tables.types.lower(&f.ty),
        system: f.system.map(system_field),
        default: match &f.default {
            None => out::DefaultDef::None,
            Some(schema::FieldDefault::Const(value)) => out::DefaultDef::Const(value.clone()),
            Some(schema::FieldDefault::Function(id)) => out::DefaultDef::Function(FunctionNumbers::function(*id)),
        },
        low,
        high,
        text_max: f.text_max,
        places: f.places,
        numbering: f.numbering.clone(),
        on_delete: match f.on_delete {
            schema::OnDelete::Restrict => out::OnDelete::Restrict,
            schema::OnDelete::Clear => out::OnDelete::Clear,
            schema::OnDelete::Cascade => out::OnDelete::Cascade,
        },
        caseless: f.caseless,
        private: f.private,
    }
}

fn system_field(field: schema::SystemField) -> out::SystemField {
    use schema::SystemField as From;
    match field {
        From::Id => out::SystemField::Id,
        From::CreatedOn => out::SystemField::CreatedOn,
        From::CreatedBy => out::SystemField::CreatedBy,
        From::ModifiedOn => out::SystemField::ModifiedOn,
        From::ModifiedBy => out::SystemField::ModifiedBy,
        From::Version => out::SystemField::Version,
        From::Owner => out::SystemField::Owner,
        From::OwningUnit => out::SystemField::OwningUnit,
        From::State => out::SystemField::State,
        From::Status => out::SystemField::Status,
        From::Currency => out::SystemField::Currency,
        From::ExchangeRate => out::SystemField::ExchangeRate,
    }
}

fn fields(ids: &[schema::FieldId]) -> Vec<idx::FieldIdx> {
    ids.iter().map(|f| idx::FieldIdx(f.0)).collect()
}

/// The processes, without code.
pub(super) fn processes(program: &hir::Program, tables: &mut Tables) -> Vec<out::ProcessDef> {
    let numbers = FunctionNumbers::new(program);
    let mut conditions = 0;
    let mut condition = |condition: &hir::Condition| {
        conditions += 1;
        out::ConditionDef {
            function: numbers.condition(conditions - 1),
            captures: condition.captures.iter().map(|c| capture(&c.capture)).collect(),
        }
    };
    let mut all = Vec::new();
    for (i, (head, body)) in program.schema.processes.iter().zip(&program.processes).enumerate() {
        let only_if = body.only_if.as_ref().map(&mut condition);
        let per = body.per.as_ref().map(&mut condition);
        let request = body.request.as_ref().map(|request| (request, condition(&request.texts)));
        all.push(out::ProcessDef {
            name: head.name.clone(),
            kind: match head.kind {
                ProcessKind::Action => out::ProcessKind::Action,
                ProcessKind::Activity => out::ProcessKind::Activity,
                ProcessKind::Realtime => out::ProcessKind::Realtime,
                ProcessKind::Background => out::ProcessKind::Background,
                ProcessKind::Dialog => out::ProcessKind::Dialog,
                ProcessKind::Rule => out::ProcessKind::Rule,
            },
            primary: head.primary.as_ref().map(|p| tables.types.lower(&p.ty)),
            inputs: params(&head.params, tables),
            result: tables.types.lower_result(&head.result),
            body: numbers.body(i),
            captures: body.captures.iter().map(|c| capture(&c.capture)).collect(),
            triggers: triggers(head, &program.settings.zone),
            only_if,
            on_demand: head.on_demand,
            called: head.called,
            run_as: head.run_as.map(|run_as| match run_as {
                schema::RunAs::Owner => out::RunAs::Owner,
                schema::RunAs::Caller => out::RunAs::Caller,
            }),
            rank: head.rank,
            keep: match head.keep {
                // Nobody asks for the answer of a call any more after so long.
                schema::Keep::ForEver if head.is_job() => out::Keep::For(CALLS_KEPT),
                schema::Keep::ForEver => out::Keep::ForEver,
                schema::Keep::Nothing => out::Keep::Nothing,
                schema::Keep::For(duration) => out::Keep::For(duration),
            },
            zone: head.zone.clone().unwrap_or_else(|| program.settings.zone.clone()),
            independent: head.independent,
            limit: head.at_once.map(|at_once| limit(at_once, per)),
            scope: match head.scope {
                schema::Scope::Organization => out::Scope::Organization,
                schema::Scope::User => out::Scope::User,
                schema::Scope::Unit => out::Scope::Unit,
                schema::Scope::UnitTree => out::Scope::UnitTree,
            },
            activity: head.limits.as_ref().map(|limits| activity(program, head, limits, request)),
        });
    }
    all
}

fn limit(at_once: schema::AtOnce, per: Option<out::ConditionDef>) -> out::LimitDef {
    out::LimitDef {
        count: at_once.count,
        per,
        when_full: match at_once.when_full {
            schema::WhenFull::Queue => out::WhenFull::Queue,
            schema::WhenFull::Skip => out::WhenFull::Skip,
            schema::WhenFull::NewestWins => out::WhenFull::NewestWins,
        },
    }
}

/// A signal to a record is a trigger for each entity that the record may be of.
fn triggers(head: &schema::ProcessHead, zone: &str) -> Vec<out::TriggerDef> {
    let mut all = Vec::new();
    for trigger in &head.triggers {
        let phase = match trigger.phase {
            schema::Phase::Background => out::Phase::Background,
            schema::Phase::Before => out::Phase::Before,
            schema::Phase::After => out::Phase::After,
            schema::Phase::Form => out::Phase::Form,
        };
        let event = trigger_event(&trigger.event, head.zone.as_deref().unwrap_or(zone));
        let def =
            |entity: schema::EntityId| out::TriggerDef { entity: EntityIdx(entity.0), phase, event: event.clone() };
        match (&event, &head.primary) {
            (out::TriggerEvent::Signal(_), Some(primary)) => all.extend(primary.ty.entities().into_iter().map(def)),
            _ => all.push(def(trigger.entity.unwrap_or(schema::EntityId(0)))),
        }
    }
    all
}

fn trigger_event(event: &schema::TriggerEvent, own: &str) -> out::TriggerEvent {
    use schema::TriggerEvent as From;
    match event {
        From::Created => out::TriggerEvent::Created,
        From::Updated(ids) => out::TriggerEvent::Updated(fields(ids)),
        From::Written(ids) => out::TriggerEvent::Written(fields(ids)),
        From::StatusChanged { from, to } => out::TriggerEvent::StatusChanged { from: from.clone(), to: to.clone() },
        From::Assigned => out::TriggerEvent::Assigned,
        From::Deleted => out::TriggerEvent::Deleted,
        From::Action(id) => out::TriggerEvent::Action(idx::ProcessIdx(id.0)),
        From::Schedule { schedule, zone } => out::TriggerEvent::Schedule {
            schedule: schedule.clone(),
            zone: zone.clone().unwrap_or_else(|| own.to_owned()),
        },
        From::Signal(id) => out::TriggerEvent::Signal(idx::RecordIdx(id.0)),
        From::Loaded => out::TriggerEvent::Loaded,
        From::Edited => out::TriggerEvent::Edited,
        From::Saved => out::TriggerEvent::Saved,
    }
}

pub(super) fn capture(capture: &hir::Capture) -> out::Capture {
    use hir::Capture as From;
    match capture {
        From::OldPresent => out::Capture::OldPresent,
        From::Old(f) => out::Capture::Old(places(f)),
        From::Last(f) => out::Capture::Last(places(f)),
        From::Changed(f) => out::Capture::Changed(places(f)),
        From::TriggerKind => out::Capture::TriggerKind,
        From::TriggerUser => out::Capture::TriggerUser,
        From::TriggerAt => out::Capture::TriggerAt,
        From::TriggerStage => out::Capture::TriggerStage,
        From::Input(i) => out::Capture::Input(*i),
        From::Result => out::Capture::Result,
        From::TriggerSignal => out::Capture::TriggerSignal,
    }
}

fn places(places: &hir::FieldPlaces) -> out::FieldPlaces {
    places.iter().map(|(entity, field)| (EntityIdx(entity.0), idx::FieldIdx(field.0))).collect()
}
