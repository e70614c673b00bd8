//! What callers from outside see of a build: its actions, the processes that are started by hand, and its signals. A
//! build may change them; who calls them is not known, so that is told and no more.

use crate::bytecode::{
    disasm::type_name,
    module::{Module, ParamDef, ProcessDef, ProcessKind, RecordKind},
    types::{TypeDef, TypeIdx},
};

/// A type with the build that it is of.
#[derive(Clone, Copy)]
struct Typed<'m> {
    module: &'m Module,
    ty: TypeIdx,
}

/// What callers of an earlier build no longer find in a new one.
pub(crate) fn changes(old: &Module, new: &Module) -> Vec<String> {
    let mut found = Vec::new();
    for was in old.processes.iter().filter(|process| is_open(process)) {
        let word = if was.kind == ProcessKind::Action { "the action " } else { "" };
        let name = format!("{word}{}", was.name);
        match new.processes.iter().find(|process| process.name == was.name) {
            None => found.push(format!("{name} is gone")),
            Some(is) if !is_open(is) => found.push(format!("{name} can no longer be started by hand")),
            Some(is) => found.extend(of_process((old, was), (new, is)).map(|change| format!("{name}: {change}"))),
        }
    }
    for was in old.records.iter().filter(|record| record.kind == RecordKind::Signal) {
        match new.signal_by_name(&was.name) {
            None => found.push(format!("the signal {} is gone", was.name)),
            Some((_, is)) => {
                let changes = of_params("field", (old, &was.fields), (new, &is.fields));
                found.extend(changes.map(|change| format!("the signal {}: {change}", was.name)));
            }
        }
    }
    found
}

fn is_open(process: &ProcessDef) -> bool {
    process.kind == ProcessKind::Action || process.on_demand
}

fn of_process<'m>(
    old: (&'m Module, &'m ProcessDef),
    new: (&'m Module, &'m ProcessDef),
) -> impl Iterator<Item = String> + 'm {
    let typed = |module, ty: Option<TypeIdx>| ty.map(|ty| Typed { module, ty });
    let primary = (typed(old.0, old.1.primary), typed(new.0, new.1.primary));
    let result = (typed(old.0, old.1.result), typed(new.0, new.1.result));
    let primary = changed(primary.0, primary.1, "the record that it is for");
    // A result goes the other way: who takes it must know each value of it. One that is new is left alone.
    let result = match result {
        (None, _) => None,
        (was, is) if holds(is, was) => None,
        (was, is) => Some(other("its result", was, is)),
    };
    primary.into_iter().chain(of_params("input", (old.0, &old.1.inputs), (new.0, &new.1.inputs))).chain(result)
}

/// How values that are given by name differ.
fn of_params<'m>(
    word: &'static str,
    old: (&'m Module, &'m [ParamDef]),
    new: (&'m Module, &'m [ParamDef]),
) -> impl Iterator<Item = String> + 'm {
    let kept = old.1.iter().filter_map(move |was| {
        let Some(is) = new.1.iter().find(|is| is.name == was.name) else {
            return Some(format!("its {word} {} is gone", was.name));
        };
        let types = (Typed { module: old.0, ty: was.ty }, Typed { module: new.0, ty: is.ty });
        let what = format!("its {word} {}", was.name);
        let must = || is_needed(new.0, is) && !is_needed(old.0, was);
        changed(Some(types.0), Some(types.1), &what).or_else(|| must().then(|| format!("{what} must be given")))
    });
    let added = new.1.iter().filter(move |is| old.1.iter().all(|was| was.name != is.name) && is_needed(new.0, is));
    kept.chain(added.map(move |is| format!("its {word} {} is new and must be given", is.name)))
}

fn is_needed(module: &Module, param: &ParamDef) -> bool {
    param.default.is_none() && !matches!(module.ty(param.ty), Some(TypeDef::Optional(_)))
}

/// How a value differs that is given from outside, unless each one that was right still is.
fn changed(was: Option<Typed<'_>>, is: Option<Typed<'_>>, what: &str) -> Option<String> {
    (!holds(was, is)).then(|| other(what, was, is))
}

fn other(what: &str, was: Option<Typed<'_>>, is: Option<Typed<'_>>) -> String {
    let name = |typed: Option<Typed<'_>>| typed.map_or("nothing".to_owned(), |typed| type_name(typed.module, typed.ty));
    let (was, is) = (name(was), name(is));
    if was == is { format!("the type {is} of {what} has changed") } else { format!("{what} is {is}, and was {was}") }
}

/// Whether each value of one type is also one of another.
fn holds(from: Option<Typed<'_>>, to: Option<Typed<'_>>) -> bool {
    match (from, to) {
        (None, None) => true,
        (Some(from), Some(to)) => is_within(from, to),
        _ => false,
    }
}

fn is_within(from: Typed<'_>, to: Typed<'_>) -> bool {
    let inner =
        |from_ty, to_ty| is_within(Typed { module: from.module, ty: from_ty }, Typed { module: to.module, ty: to_ty });
    let (Some(was), Some(is)) = (from.module.ty(from.ty), to.module.ty(to.ty)) else { return false };
    match (was, is) {
        (TypeDef::Optional(was), TypeDef::Optional(is))
        | (TypeDef::List(was), TypeDef::List(is))
        | (TypeDef::Set(was), TypeDef::Set(is)) => inner(*was, *is),
        (_, TypeDef::Optional(is)) => inner(from.ty, *is),
        (TypeDef::Enum(was), TypeDef::Enum(is)) => {
            let members = |module: &Module, index| -> Vec<String> {
                let members = module.enum_def(index).map(|def| def.members.as_slice()).unwrap_or_default();
                members.iter().map(|member| member.name.clone()).collect()
            };
            let known = members(to.module, *is);
            members(from.module, *was).iter().all(|member| known.contains(member))
        }
        (TypeDef::Record(was), TypeDef::Record(is)) => {
            let fields =
                |module: &Module, index| module.record(index).map(|def| def.fields.clone()).unwrap_or_default();
            let (was, is) = (fields(from.module, *was), fields(to.module, *is));
            of_params("field", (from.module, &was), (to.module, &is)).next().is_none()
        }
        // Entities have the numbers of the store in both builds.
        (was, is) => was == is,
    }
}
