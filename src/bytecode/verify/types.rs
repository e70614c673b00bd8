//! Types, enums and records: entries refer to earlier entries, records do not contain themselves.

use super::{VerifyError, ensure};
use crate::{
    base::limits::{NESTING_MAX, SLOTS_MAX},
    bytecode::{
        layout,
        module::Module,
        types::{RecordIdx, TypeDef, TypeIdx},
    },
};

/// How deep a record type nests, while it is looked at and afterwards.
#[derive(Clone, Copy)]
enum Depth {
    Unknown,
    Open,
    Known(usize),
}

pub(super) fn check(module: &Module) -> Result<(), VerifyError> {
    for (index, def) in module.types.iter().enumerate() {
        check_type(module, index, *def)?;
    }
    for record in &module.records {
        for field in &record.fields {
            ensure(module.ty(field.ty).is_some(), || format!("record `{}` has a field of no type", record.name))?;
        }
        let slots = layout::record_kinds(&module.types, record).len();
        ensure(slots <= usize::from(SLOTS_MAX), || format!("record `{}` has too many fields", record.name))?;
    }
    // Values of a record type nest as deep as the type does: what walks values relies on it.
    let mut depths = vec![Depth::Unknown; module.records.len()];
    for index in 0..module.records.len() {
        let record = RecordIdx(u16::try_from(index).map_err(|_| VerifyError::table("too many records"))?);
        record_depth(module, record, &mut depths, 0)?;
    }
    for record in &module.records {
        for field in &record.fields {
            if let Some(default) = &field.default {
                let fits = super::fits(module, default, field.ty);
                ensure(fits, || {
                    format!("record `{}`: the default of `{}` is of another type", record.name, field.name)
                })?;
            }
        }
    }
    Ok(())
}

fn check_type(module: &Module, index: usize, def: TypeDef) -> Result<(), VerifyError> {
    let earlier = |ty: TypeIdx| ensure(ty.index() < index, || format!("type {index} refers to a later type"));
    match def {
        TypeDef::List(element) | TypeDef::Set(element) => earlier(element),
        TypeDef::Optional(inner) => {
            earlier(inner)?;
            let nested = matches!(module.ty(inner), Some(TypeDef::Optional(_) | TypeDef::Fault));
            ensure(!nested, || format!("type {index} is an optional type of one that cannot be optional"))
        }
        TypeDef::Enum(index_of_enum) => {
            ensure(module.enum_def(index_of_enum).is_some(), || format!("type {index} names no enum"))
        }
        TypeDef::Record(record) => ensure(module.record(record).is_some(), || format!("type {index} names no record")),
        TypeDef::Ref(entity) => ensure(module.entity(entity).is_some(), || format!("type {index} names no entity")),
        TypeDef::MoneyIn(currency) => {
            ensure(currency.0.iter().all(u8::is_ascii_uppercase), || format!("type {index} names no currency"))
        }
        _ => Ok(()),
    }
}

/// The depth of a type over the records in it.
fn type_depth(module: &Module, ty: TypeIdx, depths: &mut [Depth], above: usize) -> Result<usize, VerifyError> {
    ensure(above <= NESTING_MAX, || "types nest too deeply".to_owned())?;
    match module.ty(ty) {
        Some(TypeDef::List(inner) | TypeDef::Set(inner) | TypeDef::Optional(inner)) => {
            Ok(type_depth(module, *inner, depths, above + 1)? + 1)
        }
        Some(TypeDef::Record(record)) => record_depth(module, *record, depths, above + 1),
        _ => Ok(1),
    }
}

fn record_depth(module: &Module, record: RecordIdx, depths: &mut [Depth], above: usize) -> Result<usize, VerifyError> {
    match depths.get(record.index()) {
        Some(Depth::Known(depth)) => {
            ensure(above + depth <= NESTING_MAX, || "types nest too deeply".to_owned())?;
            return Ok(*depth);
        }
        Some(Depth::Open) => return Err(VerifyError::table("a record contains itself")),
        _ => {}
    }
    let set = |depths: &mut [Depth], depth| {
        if let Some(place) = depths.get_mut(record.index()) {
            *place = depth;
        }
    };
    set(depths, Depth::Open);
    let mut deepest = 0;
    for field in module.record(record).map_or(&[][..], |def| &def.fields) {
        deepest = deepest.max(type_depth(module, field.ty, depths, above)?);
    }
    set(depths, Depth::Known(deepest + 1));
    Ok(deepest + 1)
}
