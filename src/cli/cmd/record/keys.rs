//! References as people write them: `account:7`, or the unique key or the shown name of a record, such as `Acme`.

use std::collections::HashMap;

use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::module::Module;
use crate::bytecode::types::{TypeDef, TypeIdx};
use crate::engine::Engine;
use crate::engine::faults::{Answer, Failure};

/// The records of keys that were looked up.
#[derive(Default)]
pub(super) struct Keys {
    found: HashMap<(EntityIdx, String), RecordRef>,
}

/// What a text says where a reference is expected.
pub(super) enum Meant {
    /// A record, by its key.
    Record(Value),
    /// The key of none or of several, in words.
    Wrong(String),
    /// No key: an identity, `none`, or a value of another type.
    Other,
}

impl Keys {
    /// What a text means for a field of this type.
    pub(super) fn meant(&mut self, engine: &mut Engine, ty: TypeIdx, text: &str) -> Answer<Meant> {
        let Some(entity) = referred(engine.module(), ty, text) else { return Ok(Meant::Other) };
        let place = (entity, text.to_owned());
        if let Some(record) = self.found.get(&place) {
            return Ok(Meant::Record(Value::Ref(*record)));
        }
        let name = engine.module().entity(entity).map_or_else(String::new, |def| def.name.clone());
        let count = match engine.records_of_key(entity, text) {
            Ok(ids) => match ids.as_slice() {
                [id] => {
                    let record = RecordRef { entity, id: *id };
                    self.found.insert(place, record);
                    return Ok(Meant::Record(Value::Ref(record)));
                }
                [] => "no record",
                _ => "more than one record",
            },
            Err(Failure::Fault(fault)) => return Ok(Meant::Wrong(format!("{}: {}", fault.code, fault.message))),
            Err(failure) => return Err(failure),
        };
        Ok(Meant::Wrong(format!("{count} of `{name}` has the unique key or the shown name `{text}`")))
    }
}

/// The entity of a reference, where the text is neither an identity nor `none`.
fn referred(module: &Module, ty: TypeIdx, text: &str) -> Option<EntityIdx> {
    let entity = match module.ty(ty)? {
        TypeDef::Ref(entity) => *entity,
        TypeDef::Optional(inner) => match module.ty(*inner)? {
            TypeDef::Ref(entity) if text != "none" => *entity,
            _ => return None,
        },
        _ => return None,
    };
    let is_identity = text.split_once(':').is_some_and(|(table, id)| {
        module.entities.iter().any(|def| def.table == table) && id.parse::<i64>().is_ok_and(|id| id > 0)
    });
    (!is_identity).then_some(entity)
}
