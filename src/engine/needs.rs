//! What live instances need of tables and signals: that which their code can come to, in the build that they began with.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::value::EntityIdx,
    bytecode::{
        host::{HostOp, HostSite},
        module::{Module, ProcessKind, RecordDef, SystemField},
        types::{FieldIdx, ProcessIdx, QueryIdx, TypeDef},
    },
};

use super::{
    deploy::short,
    faults::Answer,
    index,
    migration::{Place, Side, Step, field, is_nested, members, shape},
    reach,
    store::{InstanceFilter, Store, schema::Kind},
};

/// The processes that lack the same, and how many live instances they have.
type Lacking<'m> = (Vec<&'m str>, i64);

/// The steps that cannot be done because live instances of an earlier build would not find what they need.
pub(crate) fn refusals(store: &mut dyn Store, hash: &str, earlier: &Side<'_>, new: &Side<'_>) -> Answer<Vec<Step>> {
    let mut found: BTreeMap<String, Lacking<'_>> = BTreeMap::new();
    for (index, process) in (0u16..).map(ProcessIdx).zip(&earlier.module.processes) {
        if process.kind == ProcessKind::Activity {
            continue;
        }
        let filter = InstanceFilter {
            build: Some(hash.to_owned()),
            process: Some(process.name.clone()),
            live: true,
            ..InstanceFilter::default()
        };
        let live = store.count_instances(&filter)?;
        if live == 0 {
            continue;
        }
        for why in lacking(earlier, new, index) {
            let (names, count) = found.entry(why).or_default();
            names.push(&process.name);
            *count += live;
        }
    }
    let step = |(why, (names, count)): (String, Lacking<'_>)| {
        let instances = if count == 1 { "instance" } else { "instances" };
        Step {
            words: format!("keeps the build {} for {count} {instances} of {}", short(hash), listed(&names)),
            loses: 0,
            refused: Some(format!("{why}, and their code uses it")),
        }
    };
    Ok(found.into_iter().map(step).collect())
}

fn listed(names: &[&str]) -> String {
    match names {
        [rest @ .., before, last] => {
            let rest: String = rest.iter().map(|name| format!("{name}, ")).collect();
            format!("{rest}{before} and {last}")
        }
        names => names.concat(),
    }
}

/// What a process of an earlier build needs, and does not find in the tables and signals of another one.
fn lacking(earlier: &Side<'_>, new: &Side<'_>, process: ProcessIdx) -> BTreeSet<String> {
    let requests = reach::requests(earlier.module, process);
    let mut found = other_signals(earlier.module, new.module, &requests);
    for (entity, index) in used(earlier.module, &requests) {
        let (Ok(old_table), Ok(new_table)) = (earlier.schema.table(entity), new.schema.table(entity)) else { continue };
        if new_table.is_gone() {
            found.insert(format!("{} is gone", old_table.entity));
            continue;
        }
        let (Ok(old), Ok(now)) = (old_table.column(index), new_table.column(index)) else { continue };
        let at = Place { entity, field: index, name: format!("{}.{}", old_table.entity, old.field) };
        let (Some(was), Some(is)) = (field(earlier.module, &at), field(new.module, &at)) else { continue };
        let enums = (members(earlier.module, was.ty), members(new.module, is.ty));
        if now.kind == Kind::Gone {
            found.insert(format!("{} is gone", at.name));
        } else if old.kind != now.kind || (now.optional && !old.optional) {
            found.insert(format!("{} has another type", at.name));
        } else if let (Some(was), Some(is)) = enums {
            if !was.members.iter().all(|m| is.members.iter().any(|n| (&n.name, n.value) == (&m.name, m.value))) {
                found.insert(format!("{} has other members", was.name));
            }
        } else if is_nested(&now.kind) && shape(earlier.module, was.ty) != shape(new.module, is.ty) {
            found.insert(format!("{} has another type", at.name));
        }
    }
    found
}

/// A field of an entity; the first one stands for the entity itself.
type Used = BTreeSet<(EntityIdx, FieldIdx)>;

const ITSELF: FieldIdx = FieldIdx(0);

/// The fields that requests name.
fn used(module: &Module, requests: &[&HostSite]) -> Used {
    let mut found = Used::new();
    for site in requests {
        match &site.op {
            HostOp::ReadField { entity, field }
            | HostOp::ReadStored { entity, field }
            | HostOp::SetPending { entity, field } => found.extend([(*entity, *field)]),
            HostOp::Rule { entity, field, .. } => found.extend([(*entity, field.unwrap_or(ITSELF))]),
            HostOp::ReadUnionField { fields, .. } => found.extend(fields.iter().copied()),
            HostOp::Create { entity, fields } => {
                found.extend([ITSELF].iter().chain(fields).map(|field| (*entity, *field)));
            }
            HostOp::Update { entity, writes } => found.extend(writes.iter().map(|write| (*entity, write.field))),
            HostOp::ChangeStatus { entity, .. } => {
                let status = module.entity(*entity).and_then(|def| def.system_field(SystemField::Status));
                found.extend(status.map(|field| (*entity, field)));
            }
            HostOp::Under { entity, .. } => {
                let hierarchy = module.entity(*entity).and_then(|def| def.hierarchy);
                found.extend(hierarchy.map(|field| (*entity, field)));
            }
            HostOp::AssignOwner => {
                for entity in site.args.first().map(|ty| reach::referred(module, *ty)).unwrap_or_default() {
                    let owner = module.entity(entity).and_then(|def| def.system_field(SystemField::Owner));
                    found.extend(owner.map(|field| (entity, field)));
                }
            }
            HostOp::Query(query) | HostOp::Count(query) => compared(module, *query, &mut found),
            HostOp::Particular(particular) => {
                found.extend(module.particular(*particular).map(|particular| (particular.entity, ITSELF)));
            }
            _ => {}
        }
    }
    found
}

/// The fields that a query compares.
fn compared(module: &Module, query: QueryIdx, found: &mut Used) {
    let Some(query) = module.query(query) else { return };
    found.insert((query.entity, ITSELF));
    for conjunct in &query.conjuncts {
        let mut entity = query.entity;
        for step in &conjunct.path {
            found.insert((entity, *step));
            let ty = module.entity(entity).and_then(|def| def.fields.get(step.index())).map(|field| field.ty);
            if let Some(TypeDef::Ref(next)) = ty.and_then(|ty| index::present(module, ty)) {
                entity = next;
            }
        }
    }
}

/// Signals that pass between the code of both builds, and have other fields.
fn other_signals(earlier: &Module, new: &Module, requests: &[&HostSite]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for site in requests {
        let (HostOp::Emit(signal) | HostOp::MailNext(signal)) = site.op else { continue };
        let Some(was) = earlier.record(signal) else { continue };
        let Some((_, is)) = new.signal_by_name(&was.name) else { continue };
        let fields = |module: &Module, def: &RecordDef| -> Vec<(String, String)> {
            def.fields.iter().map(|field| (field.name.clone(), shape(module, field.ty))).collect()
        };
        if fields(earlier, was) != fields(new, is) {
            found.insert(format!("the signal {} has other fields", was.name));
        }
    }
    found
}
