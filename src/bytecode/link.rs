//! Several builds on one store: entities and fields keep the number that they were first given there.
//!
//! A build numbers its entities and fields as its source declares them. A store outlives builds: what it keeps as
//! numbers (references to any entity in snapshots, arguments, the log) must mean the same for each of them. So a store
//! has its own numbering, to which only ever something is added, and a build is renumbered before it runs. What the
//! store knows and the build lacks becomes an entity without table, or a field without column, that no code names.

use super::{
    host::HostOp,
    isa::Instruction,
    module::{
        Capture, DefaultDef, EntityDef, FieldDef, Function, Module, OnDelete, QueryDef, RightTarget, TriggerEvent,
    },
    types::{FieldIdx, SlotKind, TypeDef, TypeIdx},
};
use crate::base::value::EntityIdx;

/// The entities of a store with their fields, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbering {
    /// Name and fields of each entity.
    pub entities: Vec<(String, Vec<String>)>,
}

/// Why a build cannot be renumbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError(pub String);

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LinkError {}

impl Numbering {
    /// The numbering of a build itself.
    #[must_use]
    pub fn of(module: &Module) -> Self {
        let fields = |entity: &EntityDef| entity.fields.iter().map(|field| field.name.clone()).collect();
        Self { entities: module.entities.iter().map(|entity| (entity.name.clone(), fields(entity))).collect() }
    }

    /// Gives numbers to what a build has and this does not know yet.
    pub fn extend(&mut self, module: &Module) {
        for entity in &module.entities {
            let known = self.entities.iter_mut().find(|(name, _)| *name == entity.name);
            let Some((_, fields)) = known else {
                let fields = entity.fields.iter().map(|field| field.name.clone()).collect();
                self.entities.push((entity.name.clone(), fields));
                continue;
            };
            for field in &entity.fields {
                if !fields.contains(&field.name) {
                    fields.push(field.name.clone());
                }
            }
        }
    }
}

/// Gives the entities and fields of a module the numbers of a store that knows them all.
///
/// # Errors
/// If the numbering lacks something, or the store has more than can be numbered.
pub fn link(mut module: Module, numbering: &Numbering) -> Result<Module, LinkError> {
    if Numbering::of(&module) == *numbering {
        return Ok(module);
    }
    let links = Links::new(&module, numbering)?;
    let queries = module.queries.iter().map(|query| links.query(&module, query)).collect();
    module.queries = queries;
    links.processes(&mut module);
    for site in &mut module.sites {
        site.op = links.request(&site.op);
    }
    for particular in &mut module.particulars {
        particular.entity = links.entity(particular.entity);
    }
    for right in module.roles.iter_mut().flat_map(|role| &mut role.rights) {
        if let RightTarget::Entity(entity) = &mut right.target {
            *entity = links.entity(*entity);
        }
    }
    for function in &mut module.functions {
        links.function(function);
    }
    for ty in &mut module.types {
        if let TypeDef::Ref(entity) = ty {
            *entity = links.entity(*entity);
        }
    }
    links.entities(&mut module, numbering)?;
    Ok(module)
}

/// The new numbers.
struct Links {
    /// By old number: the new one, and those of its fields.
    entities: Vec<(EntityIdx, Vec<FieldIdx>)>,
}

fn number(index: usize) -> Result<u16, LinkError> {
    u16::try_from(index).map_err(|_| LinkError("the store has known more than 65,535 entities or fields".to_owned()))
}

impl Links {
    fn new(module: &Module, numbering: &Numbering) -> Result<Self, LinkError> {
        let lacks = |what: &str| LinkError(format!("the store has no number for {what}"));
        let mut entities = Vec::new();
        for entity in &module.entities {
            let place = numbering.entities.iter().position(|(name, _)| *name == entity.name);
            let (index, fields) = place
                .and_then(|index| Some((index, &numbering.entities.get(index)?.1)))
                .ok_or_else(|| lacks(&entity.name))?;
            let of_field = |field: &FieldDef| {
                let place = fields.iter().position(|name| *name == field.name);
                let place = place.ok_or_else(|| lacks(&format!("{}.{}", entity.name, field.name)))?;
                Ok(FieldIdx(number(place)?))
            };
            let fields = entity.fields.iter().map(of_field).collect::<Result<_, LinkError>>()?;
            entities.push((EntityIdx(number(index)?), fields));
        }
        Ok(Self { entities })
    }

    /// A number that the module does not have stays: the verifier finds it.
    fn entity(&self, entity: EntityIdx) -> EntityIdx {
        self.entities.get(usize::from(entity.0)).map_or(entity, |(new, _)| *new)
    }

    fn field(&self, entity: EntityIdx, field: FieldIdx) -> FieldIdx {
        let fields = self.entities.get(usize::from(entity.0)).map(|(_, fields)| fields);
        fields.and_then(|fields| fields.get(field.index())).copied().unwrap_or(field)
    }

    fn fields(&self, entity: EntityIdx, fields: &mut [FieldIdx]) {
        for field in fields {
            *field = self.field(entity, *field);
        }
    }

    fn function(&self, function: &mut Function) {
        for slot in &mut function.slots {
            if let SlotKind::Ref(entity) = slot {
                *entity = self.entity(*entity);
            }
        }
        for word in &mut function.code {
            if let Some(instruction) = Instruction::decode(*word) {
                *word = instruction.renumber(|entity| self.entity(entity)).encode();
            }
        }
    }

    /// All operations stand here, so that a new one that names fields is not forgotten.
    fn request(&self, op: &HostOp) -> HostOp {
        let mut op = op.clone();
        match &mut op {
            HostOp::ReadField { entity, field }
            | HostOp::ReadStored { entity, field }
            | HostOp::SetPending { entity, field } => {
                (*entity, *field) = (self.entity(*entity), self.field(*entity, *field));
            }
            HostOp::Rule { entity, field, .. } => {
                let of = *entity;
                *entity = self.entity(of);
                field.iter_mut().for_each(|field| *field = self.field(of, *field));
            }
            HostOp::ReadUnionField { fields, .. } => {
                for (entity, field) in fields {
                    (*entity, *field) = (self.entity(*entity), self.field(*entity, *field));
                }
            }
            HostOp::Create { entity, fields } | HostOp::TestGiven { entity, fields } => {
                self.fields(*entity, fields);
                *entity = self.entity(*entity);
            }
            HostOp::Update { entity, writes } => {
                for write in writes {
                    write.field = self.field(*entity, write.field);
                }
                *entity = self.entity(*entity);
            }
            HostOp::Under { entity, .. } | HostOp::ChangeStatus { entity, .. } => *entity = self.entity(*entity),
            HostOp::LastId
            | HostOp::IsDeleted
            | HostOp::ShownName { .. }
            | HostOp::Query(_)
            | HostOp::Count(_)
            | HostOp::Particular(_)
            | HostOp::Convert(_)
            | HostOp::Config(_)
            | HostOp::Now
            | HostOp::Random
            | HostOp::Uuid
            | HostOp::ProcessUser
            | HostOp::ProcessCaller
            | HostOp::ProcessOwner
            | HostOp::ProcessInstance
            | HostOp::ProcessDepth
            | HostOp::SetInput(_)
            | HostOp::AssignOwner
            | HostOp::Delete
            | HostOp::Log
            | HostOp::AtomicBegin
            | HostOp::AtomicCommit
            | HostOp::AtomicRollback
            | HostOp::CallAction(_)
            | HostOp::StartChild { .. }
            | HostOp::JoinChild(_)
            | HostOp::ChildResult(_)
            | HostOp::CancelInstance
            | HostOp::ActAsBegin
            | HostOp::ActAsEnd
            | HostOp::CallActivity { .. }
            | HostOp::Emit(_)
            | HostOp::MailNext(_)
            | HostOp::MailRead(_)
            | HostOp::MailTake
            | HostOp::Addresses
            | HostOp::Url
            | HostOp::FormOpen(_)
            | HostOp::FormAnswered
            | HostOp::FormAnswers(_)
            | HostOp::PageShow(_)
            | HostOp::PageAnswered
            | HostOp::PageAnswers(_)
            | HostOp::BranchesBegin
            | HostOp::BranchStart { .. }
            | HostOp::BranchesAtMost
            | HostOp::BranchesEnough
            | HostOp::BranchesCancel
            | HostOp::BranchDone
            | HostOp::BranchResult(_)
            | HostOp::BranchResults(_)
            | HostOp::BranchesEnd
            | HostOp::SagaBegin
            | HostOp::UndoNote(_)
            | HostOp::SagaUndo
            | HostOp::SagaEnd
            | HostOp::WatchBegin
            | HostOp::WatchMoment
            | HostOp::WatchEnd
            | HostOp::TestGivenConfig(_)
            | HostOp::TestGivenProcess(_)
            | HostOp::TestActAs
            | HostOp::TestAdvance
            | HostOp::TestAdvanceTo
            | HostOp::TestStandstill
            | HostOp::TestIdle
            | HostOp::TestCount { .. }
            | HostOp::TestCountAll(_)
            | HostOp::TestFail
            | HostOp::TestMock { .. }
            | HostOp::TestGiveUp(_)
            | HostOp::TestAnswerForm { .. }
            | HostOp::TestAnswerPage { .. }
            | HostOp::TestBack(_)
            | HostOp::TestRetry(_)
            | HostOp::TestSent { .. } => {}
        }
        op
    }

    fn query(&self, module: &Module, query: &QueryDef) -> QueryDef {
        let mut query = query.clone();
        for conjunct in &mut query.conjuncts {
            let mut entity = query.entity;
            for step in &mut conjunct.path {
                let ty = module.entity(entity).and_then(|def| def.fields.get(step.index())).map(|field| field.ty);
                *step = self.field(entity, *step);
                entity = ty.and_then(|ty| target(module, ty)).unwrap_or(entity);
            }
        }
        query.entity = self.entity(query.entity);
        query
    }

    fn processes(&self, module: &mut Module) {
        for process in &mut module.processes {
            let conditions = process.only_if.iter_mut();
            let conditions = conditions.chain(process.limit.iter_mut().filter_map(|limit| limit.per.as_mut()));
            let captures = conditions.flat_map(|condition| &mut condition.captures);
            for capture in process.captures.iter_mut().chain(captures) {
                if let Capture::Old(places) | Capture::Last(places) | Capture::Changed(places) = capture {
                    for (entity, field) in places {
                        (*entity, *field) = (self.entity(*entity), self.field(*entity, *field));
                    }
                }
            }
            for trigger in &mut process.triggers {
                if let TriggerEvent::Updated(fields) | TriggerEvent::Written(fields) = &mut trigger.event {
                    self.fields(trigger.entity, fields);
                }
                trigger.entity = self.entity(trigger.entity);
            }
        }
    }

    /// Puts the entities and their fields into the order of their new numbers.
    fn entities(&self, module: &mut Module, numbering: &Numbering) -> Result<(), LinkError> {
        let absent = absent_type(module)?;
        let mut placed: Vec<EntityDef> =
            numbering.entities.iter().map(|(name, fields)| gone_entity(name, fields, absent)).collect();
        for ((index, fields), mut entity) in self.entities.iter().zip(std::mem::take(&mut module.entities)) {
            let Some(place) = placed.get_mut(usize::from(index.0)) else { continue };
            let renumber = |field: &mut FieldIdx| {
                *field = fields.get(field.index()).copied().unwrap_or(*field);
            };
            entity.unique.iter_mut().flatten().for_each(renumber);
            entity.hierarchy.iter_mut().for_each(renumber);
            let mut all = std::mem::take(&mut place.fields);
            for (index, field) in fields.iter().zip(entity.fields) {
                if let Some(place) = all.get_mut(index.index()) {
                    *place = field;
                }
            }
            entity.fields = all;
            *place = entity;
        }
        module.entities = placed;
        Ok(())
    }
}

/// The entity that a reference refers to.
fn target(module: &Module, ty: TypeIdx) -> Option<EntityIdx> {
    match module.ty(ty)? {
        TypeDef::Ref(entity) => Some(*entity),
        TypeDef::Optional(inner) => target(module, *inner),
        _ => None,
    }
}

/// A type for fields that hold nothing.
fn absent_type(module: &mut Module) -> Result<TypeIdx, LinkError> {
    let inner = TypeIdx(number(module.types.len())?);
    module.types.push(TypeDef::Bool);
    let absent = TypeIdx(number(module.types.len())?);
    module.types.push(TypeDef::Optional(inner));
    Ok(absent)
}

/// An entity that the build lacks.
fn gone_entity(name: &str, fields: &[String], ty: TypeIdx) -> EntityDef {
    EntityDef {
        name: name.to_owned(),
        table: String::new(),
        owned_by_user: false,
        creatable: false,
        audited: false,
        activity: false,
        fields: fields.iter().map(|field| gone_field(field, ty)).collect(),
        states: None,
        unique: Vec::new(),
        shown_as: None,
        hierarchy: None,
    }
}

/// A field that the build lacks.
fn gone_field(name: &str, ty: TypeIdx) -> FieldDef {
    FieldDef {
        name: name.to_owned(),
        column: String::new(),
        ty,
        system: None,
        default: DefaultDef::None,
        low: None,
        high: None,
        text_max: None,
        places: None,
        numbering: Vec::new(),
        on_delete: OnDelete::Clear,
        caseless: false,
        private: false,
    }
}
