//! Owners of processes, and `scope`: whose records a process applies to.

use super::{Reference, records::get, triggers::Kept, world::Row};
use crate::{
    base::value::{RecordRef, Value},
    sema::schema::{ProcessId, Scope, SystemField},
};

impl Reference<'_> {
    /// Makes somebody the owner of a process; nobody is the system.
    pub fn set_owner(&mut self, process: &str, user: Option<i64>) {
        let index = self.program.schema.processes.iter().position(|head| head.name == process);
        let Some(index) = index.and_then(|index| u16::try_from(index).ok()) else { return };
        match user {
            Some(user) => self.owners.insert(ProcessId(index), user),
            None => self.owners.remove(&ProcessId(index)),
        };
    }

    /// Whose process it is; none is the system.
    pub(super) fn owner(&self, process: ProcessId) -> Option<i64> {
        self.owners.get(&process).copied()
    }

    /// Whether what happened to a record may start the process.
    pub(super) fn is_in_scope(&self, id: ProcessId, record: Option<RecordRef>, kept: &Kept<'_>) -> bool {
        let scope = self.program.schema.process(id).map_or(Scope::Organization, |head| head.scope);
        if scope == Scope::Organization {
            return true;
        }
        let Some(record) = record else { return false };
        let of_event = kept.event.and_then(|event| event.new.as_ref().or(event.old.as_ref()));
        let row = of_event.or_else(|| self.world.records.get(&record));
        let of_record = self.reference(row, self.system_field(record.entity, SystemField::Owner).ok());
        let Value::Ref(of_process) = self.user_value(self.owner(id)) else { return false };
        let Some(of_record) = of_record else { return false };
        if of_record == of_process || scope == Scope::User {
            return of_record == of_process;
        }
        match (self.unit(of_record), self.unit(of_process)) {
            (Some(low), Some(high)) if scope == Scope::UnitTree => self.is_within(low, high),
            (Some(low), Some(high)) => low == high,
            _ => false,
        }
    }

    fn reference(&self, row: Option<&Row>, field: Option<crate::sema::schema::FieldId>) -> Option<RecordRef> {
        match row.map(|row| get(row, field)) {
            Some(Value::Ref(record)) => Some(record),
            _ => None,
        }
    }

    /// The unit of a user or a team.
    fn unit(&self, principal: RecordRef) -> Option<RecordRef> {
        let field = self.entity(principal.entity).ok()?.field("unit").map(|(field, _)| field)?;
        self.reference(self.world.records.get(&principal), Some(field))
    }

    /// Whether a unit is another one or lies below it; units may stand in a circle.
    fn is_within(&self, low: RecordRef, high: RecordRef) -> bool {
        let above = self.entity(low.entity).ok().and_then(|units| units.hierarchy);
        let mut at = Some(low);
        for _ in 0..=self.world.records.len() {
            if at == Some(high) {
                return true;
            }
            at = at.and_then(|unit| self.reference(self.world.records.get(&unit), above));
        }
        false
    }
}
