//! What the engine looks up in a build all the time, prepared once.

use std::collections::{BTreeSet, HashMap};

use crate::{
    base::value::{EntityIdx, Value},
    bytecode::{
        host::HostOp,
        isa::Instruction,
        module::{
            CompareOp, EntityDef, Module, OnDelete, Phase, ProcessDef, ProcessKind, SystemField, TriggerDef,
            TriggerEvent,
        },
        types::{FieldIdx, FuncIdx, ProcessIdx, RecordIdx, TypeDef, TypeIdx},
    },
};

use super::post::MailFields;

/// A field that may refer to records of some entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Referrer {
    pub(crate) entity: EntityIdx,
    pub(crate) field: FieldIdx,
    pub(crate) on_delete: OnDelete,
}

/// The system fields of an entity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemFields {
    pub(crate) created_on: Option<FieldIdx>,
    pub(crate) created_by: Option<FieldIdx>,
    pub(crate) modified_on: Option<FieldIdx>,
    pub(crate) modified_by: Option<FieldIdx>,
    pub(crate) version: Option<FieldIdx>,
    pub(crate) owner: Option<FieldIdx>,
    pub(crate) owning_unit: Option<FieldIdx>,
    pub(crate) status: Option<FieldIdx>,
}

/// The processes with triggers on an entity in a phase, each with its triggers there.
type Triggers = HashMap<(EntityIdx, Phase), Vec<(ProcessIdx, Vec<TriggerDef>)>>;

/// Look-ups by entity and process.
#[derive(Debug)]
pub(crate) struct Index {
    triggers: Triggers,
    /// Of the processes with triggers on an entity in a phase, the place behind the last rule; and whether all are rules.
    rules: HashMap<(EntityIdx, Phase), (usize, bool)>,
    action_triggers: HashMap<(ProcessIdx, Phase), Vec<ProcessIdx>>,
    /// The processes that begin with a signal.
    started_by: HashMap<RecordIdx, Vec<ProcessIdx>>,
    /// The processes with an arm for a signal.
    receivers: HashMap<RecordIdx, Vec<ProcessIdx>>,
    referrers: Vec<Vec<Referrer>>,
    system: Vec<SystemFields>,
    watched: BTreeSet<(EntityIdx, FieldIdx)>,
    /// The entity of mails.
    pub(crate) mail: Option<MailFields>,
    /// The entity of users.
    pub(crate) user: Option<EntityIdx>,
    /// References that programs follow, for exports.
    pub(crate) read: BTreeSet<(EntityIdx, FieldIdx)>,
    /// Whether sagas note undo blocks.
    pub(crate) has_undo: bool,
}

impl Index {
    /// Prepares the look-ups of a build.
    pub(crate) fn of(module: &Module) -> Self {
        let triggers = triggers(module);
        Self {
            rules: triggers.iter().map(|(key, list)| (*key, rules(module, list))).collect(),
            triggers,
            action_triggers: action_triggers(module),
            started_by: started_by(module),
            receivers: receivers(module),
            referrers: referrers(module),
            system: module.entities.iter().map(system_fields).collect(),
            watched: watched(module),
            mail: MailFields::of(module),
            user: module.entity_by_name("User").map(|(index, _)| index),
            read: read(module),
            has_undo: module.sites.iter().any(|site| matches!(site.op, HostOp::UndoNote(_))),
        }
    }

    /// The processes with triggers on an entity in a phase, in the order they run.
    pub(crate) fn triggers(&self, entity: EntityIdx, phase: Phase) -> &[(ProcessIdx, Vec<TriggerDef>)] {
        self.triggers.get(&(entity, phase)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Of these processes, the place behind the last rule.
    pub(crate) fn rules(&self, entity: EntityIdx, phase: Phase) -> usize {
        self.rules.get(&(entity, phase)).map_or(0, |(end, _)| *end)
    }

    /// Whether one of these processes does more than rules may.
    pub(crate) fn acts(&self, entity: EntityIdx, phase: Phase) -> bool {
        self.rules.get(&(entity, phase)).is_some_and(|(_, only)| !only)
    }

    /// The processes before or after an action, in the order they run.
    pub(crate) fn action_triggers(&self, action: ProcessIdx, phase: Phase) -> &[ProcessIdx] {
        self.action_triggers.get(&(action, phase)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The processes that begin with a signal, in the order they are started.
    pub(crate) fn started_by(&self, signal: RecordIdx) -> &[ProcessIdx] {
        self.started_by.get(&signal).map(Vec::as_slice).unwrap_or_default()
    }

    /// The processes that may wait for a signal.
    pub(crate) fn receivers(&self, signal: RecordIdx) -> &[ProcessIdx] {
        self.receivers.get(&signal).map(Vec::as_slice).unwrap_or_default()
    }

    /// The fields that may refer to records of an entity.
    pub(crate) fn referrers(&self, entity: EntityIdx) -> &[Referrer] {
        self.referrers.get(usize::from(entity.0)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The system fields of an entity.
    pub(crate) fn system(&self, entity: EntityIdx) -> SystemFields {
        self.system.get(usize::from(entity.0)).copied().unwrap_or_default()
    }

    /// Whether a query compares this reference, so that an instance may wait for records that refer.
    pub(crate) fn is_watched(&self, entity: EntityIdx, field: FieldIdx) -> bool {
        self.watched.contains(&(entity, field))
    }

    /// The references of an entity that queries compare.
    pub(crate) fn watched_fields(&self, entity: EntityIdx) -> impl Iterator<Item = FieldIdx> {
        let of_entity = (entity, FieldIdx(0))..=(entity, FieldIdx(u16::MAX));
        self.watched.range(of_entity).map(|(_, field)| *field)
    }
}

fn entity_idx(index: usize) -> EntityIdx {
    EntityIdx(u16::try_from(index).unwrap_or(u16::MAX))
}

fn field_idx(index: usize) -> FieldIdx {
    FieldIdx(u16::try_from(index).unwrap_or(u16::MAX))
}

/// Processes in the order they run: by rank, rules first, then as declared.
fn in_order(module: &Module) -> Vec<ProcessIdx> {
    let place = |(index, process): (u16, &ProcessDef)| (process.rank, process.kind != ProcessKind::Rule, index);
    let mut order: Vec<(i64, bool, u16)> = (0u16..).zip(&module.processes).map(place).collect();
    order.sort_unstable();
    order.into_iter().map(|(.., index)| ProcessIdx(index)).collect()
}

fn rules(module: &Module, list: &[(ProcessIdx, Vec<TriggerDef>)]) -> (usize, bool) {
    let is_rule = |(process, _): &(ProcessIdx, Vec<TriggerDef>)| {
        module.process(*process).is_some_and(|process| process.kind == ProcessKind::Rule)
    };
    (list.iter().rposition(is_rule).map_or(0, |last| last + 1), list.iter().all(is_rule))
}

fn triggers(module: &Module) -> Triggers {
    let mut found = Triggers::new();
    for process in in_order(module) {
        let all = module.process(process).map(|p| p.triggers.as_slice()).unwrap_or_default();
        for trigger in all.iter().filter(|t| {
            !matches!(t.event, TriggerEvent::Action(_) | TriggerEvent::Schedule { .. } | TriggerEvent::Signal(_))
        }) {
            let list = found.entry((trigger.entity, trigger.phase)).or_default();
            match list.last_mut() {
                Some((last, own)) if *last == process => own.push(trigger.clone()),
                _ => list.push((process, vec![trigger.clone()])),
            }
        }
    }
    found
}

fn action_triggers(module: &Module) -> HashMap<(ProcessIdx, Phase), Vec<ProcessIdx>> {
    let mut found: HashMap<_, Vec<ProcessIdx>> = HashMap::new();
    for process in in_order(module) {
        for trigger in module.process(process).map(|p| p.triggers.as_slice()).unwrap_or_default() {
            if let TriggerEvent::Action(action) = trigger.event {
                found.entry((action, trigger.phase)).or_default().push(process);
            }
        }
    }
    found
}

fn started_by(module: &Module) -> HashMap<RecordIdx, Vec<ProcessIdx>> {
    let mut found: HashMap<_, Vec<ProcessIdx>> = HashMap::new();
    for process in in_order(module) {
        for trigger in module.process(process).map(|p| p.triggers.as_slice()).unwrap_or_default() {
            if let TriggerEvent::Signal(signal) = trigger.event {
                let list = found.entry(signal).or_default();
                if list.last() != Some(&process) {
                    list.push(process);
                }
            }
        }
    }
    found
}

/// What a body and its branches ask for.
fn requests_of(module: &Module, body: FuncIdx) -> Vec<&HostOp> {
    let (mut found, mut seen, mut rest) = (Vec::new(), BTreeSet::from([body]), vec![body]);
    while let Some(function) = rest.pop() {
        for word in module.function(function).map(|f| f.code.as_slice()).unwrap_or_default() {
            let Some(Instruction::HostCall { site, .. }) = Instruction::decode(*word) else { continue };
            let Some(site) = module.sites.get(site.index()) else { continue };
            if let HostOp::BranchStart { function, .. } = site.op
                && seen.insert(function)
            {
                rest.push(function);
            }
            found.push(&site.op);
        }
    }
    found
}

/// Processes whose bodies look for a signal in their mailbox.
fn receivers(module: &Module) -> HashMap<RecordIdx, Vec<ProcessIdx>> {
    let mut found: HashMap<_, Vec<ProcessIdx>> = HashMap::new();
    for (index, process) in (0u16..).zip(&module.processes) {
        for op in requests_of(module, process.body) {
            let HostOp::MailNext(signal) = op else { continue };
            let list = found.entry(*signal).or_default();
            if list.last() != Some(&ProcessIdx(index)) {
                list.push(ProcessIdx(index));
            }
        }
    }
    found
}

/// The type without `?`.
pub(crate) fn present(module: &Module, ty: TypeIdx) -> Option<TypeDef> {
    match *module.ty(ty)? {
        TypeDef::Optional(inner) => module.ty(inner).copied(),
        other => Some(other),
    }
}

fn referrers(module: &Module) -> Vec<Vec<Referrer>> {
    let mut found: Vec<Vec<Referrer>> = module.entities.iter().map(|_| Vec::new()).collect();
    for (e, entity) in module.entities.iter().enumerate() {
        for (f, field) in entity.fields.iter().enumerate() {
            let referrer = Referrer { entity: entity_idx(e), field: field_idx(f), on_delete: field.on_delete };
            match present(module, field.ty) {
                Some(TypeDef::AnyRef) => found.iter_mut().for_each(|list| list.push(referrer)),
                Some(TypeDef::Ref(target)) => {
                    if let Some(list) = found.get_mut(usize::from(target.0)) {
                        list.push(referrer);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn system_fields(entity: &EntityDef) -> SystemFields {
    let field = |system| entity.system_field(system);
    SystemFields {
        created_on: field(SystemField::CreatedOn),
        created_by: field(SystemField::CreatedBy),
        modified_on: field(SystemField::ModifiedOn),
        modified_by: field(SystemField::ModifiedBy),
        version: field(SystemField::Version),
        owner: field(SystemField::Owner),
        owning_unit: field(SystemField::OwningUnit),
        status: field(SystemField::Status),
    }
}

fn watched(module: &Module) -> BTreeSet<(EntityIdx, FieldIdx)> {
    let mut found = BTreeSet::new();
    for query in &module.queries {
        for conjunct in &query.conjuncts {
            let ([field], CompareOp::Equal) = (conjunct.path.as_slice(), conjunct.op) else { continue };
            let ty = module.entity(query.entity).and_then(|e| e.fields.get(field.index())).map(|f| f.ty);
            if let Some(TypeDef::Ref(_) | TypeDef::AnyRef) = ty.and_then(|ty| present(module, ty)) {
                found.insert((query.entity, *field));
            }
        }
    }
    found
}

fn read(module: &Module) -> BTreeSet<(EntityIdx, FieldIdx)> {
    let mut found = BTreeSet::new();
    for site in &module.sites {
        match &site.op {
            HostOp::ReadField { entity, field } | HostOp::ReadStored { entity, field } => {
                found.insert((*entity, *field));
            }
            HostOp::ReadUnionField { fields, .. } => found.extend(fields.iter().copied()),
            _ => {}
        }
    }
    found
}

/// The zero of a type: what a capture holds where there was nothing to keep.
pub(crate) fn zero(module: &Module, ty: TypeIdx) -> Value {
    use crate::base::value::{Duration, Money};
    match module.ty(ty) {
        Some(TypeDef::Bool) => Value::Bool(false),
        Some(TypeDef::Date) => Value::Date(0),
        Some(TypeDef::DateTime) => Value::DateTime(0),
        Some(TypeDef::Decimal) => Value::Decimal(rust_decimal::Decimal::ZERO),
        Some(TypeDef::Duration) => Value::Duration(Duration::default()),
        Some(TypeDef::Enum(_)) => Value::Enum(0),
        Some(TypeDef::Float) => Value::Float(0.0),
        Some(TypeDef::Int) => Value::Int(0),
        Some(TypeDef::List(_) | TypeDef::Set(_)) => Value::List(Vec::new()),
        Some(TypeDef::Money) => Value::Money(Money { amount: 0, currency: module.meta.currency }),
        Some(TypeDef::MoneyIn(currency)) => Value::Money(Money { amount: 0, currency: *currency }),
        Some(TypeDef::Record(record)) => {
            let fields = module.record(*record).map(|r| r.fields.as_slice()).unwrap_or_default();
            // Types refer to earlier ones only, records by their fields; a circle would have been refused.
            Value::Record(fields.iter().map(|f| zero(module, f.ty)).collect())
        }
        Some(TypeDef::Text) => Value::Text(String::new()),
        Some(TypeDef::Time) => Value::Time(0),
        Some(TypeDef::AnyRef | TypeDef::Fault | TypeDef::Instance | TypeDef::Optional(_) | TypeDef::Ref(_)) | None => {
            Value::None
        }
    }
}
