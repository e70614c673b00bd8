//! `scope`: whose records a process applies to, seen from its owner.

use std::sync::Arc;

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::module::{ProcessDef, Scope},
};

use super::{Engine, faults::Answer, store::Row, triggers::Kept};

impl Engine {
    /// Whether what happened to a record may start the process. Nobody's process is that of the system.
    pub(crate) fn is_in_scope(
        &mut self,
        process: &ProcessDef,
        record: Option<RecordRef>,
        kept: &Kept<'_>,
    ) -> Answer<bool> {
        if process.scope == Scope::Organization {
            return Ok(true);
        }
        let Some(record) = record else { return Ok(false) };
        let row = match kept.event.and_then(|event| event.new.as_ref().or(event.old.as_ref())) {
            Some(row) => Some(Arc::clone(row)),
            None => self.stored(record)?,
        };
        let (Some(of_record), Some(of_process)) =
            (self.owner_of(record.entity, row.as_deref()), self.owner_record(process))
        else {
            return Ok(false);
        };
        if of_record == of_process {
            return Ok(true);
        }
        if process.scope == Scope::User {
            return Ok(false);
        }
        let (Some(low), Some(high)) = (self.unit_of(of_record)?, self.unit_of(of_process)?) else { return Ok(false) };
        if process.scope == Scope::UnitTree { self.under(low, high, true) } else { Ok(low == high) }
    }

    fn owner_of(&self, entity: EntityIdx, row: Option<&Row>) -> Option<RecordRef> {
        match row?.get(self.definitions.index.system(entity).owner?.index()) {
            Some(Value::Ref(owner)) => Some(*owner),
            _ => None,
        }
    }

    fn owner_record(&self, process: &ProcessDef) -> Option<RecordRef> {
        let id = self.owner(&process.name).or(self.system_user)?;
        Some(RecordRef { entity: self.definitions.index.user?, id })
    }

    /// The unit of a user or a team.
    pub(crate) fn unit_of(&mut self, principal: RecordRef) -> Answer<Option<RecordRef>> {
        let field = self.entity(principal.entity)?.field_by_name("unit").map(|(field, _)| field);
        let (Some(field), Some(row)) = (field, self.stored(principal)?) else { return Ok(None) };
        Ok(match row.get(field.index()) {
            Some(Value::Ref(unit)) => Some(*unit),
            _ => None,
        })
    }
}
