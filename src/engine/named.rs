//! Requests with the names of entities and fields, for programs that embed the engine.

use crate::base::value::{EntityIdx, RecordRef, Value};

use super::{
    Engine, Write,
    faults::{self, Answer},
};

impl Engine {
    /// The entity of this name.
    ///
    /// # Errors
    /// R0109 if the build has none.
    pub fn entity_named(&self, name: &str) -> Answer<EntityIdx> {
        let found = self.module().entity_by_name(name).filter(|(_, def)| !def.is_gone());
        found.map(|(entity, _)| entity).ok_or_else(|| faults::unknown_request(format!("an entity `{name}`")))
    }

    /// Creates a record of an entity as a user (none is the system), with these fields. What this starts runs in the
    /// next [`Engine::run_until_idle`].
    ///
    /// # Errors
    /// With what refused it, R0109 for a name that the build does not have; or the store's error.
    pub fn create_named(&mut self, user: Option<i64>, entity: &str, fields: &[(&str, Value)]) -> Answer<RecordRef> {
        let entity = self.entity_named(entity)?;
        let writes = self.writes(entity, fields)?;
        self.create(user, entity, &writes)
    }

    /// Writes fields of a record as a user; none is the system. `state`, `status` and `owner` are fields, too.
    ///
    /// # Errors
    /// With what refused it, R0109 for a name that the build does not have; or the store's error.
    pub fn update_named(&mut self, user: Option<i64>, record: RecordRef, fields: &[(&str, Value)]) -> Answer<()> {
        let writes = self.writes(record.entity, fields)?;
        self.update(user, record, &writes)
    }

    /// The value of a field.
    ///
    /// # Errors
    /// R0401 if there is no such record, R0109 if it has no such field; or the store's error.
    pub fn value_named(&mut self, record: RecordRef, field: &str) -> Answer<Value> {
        let place = self.named_write(record.entity, field, Value::None)?.field;
        self.field(record, place)?.ok_or_else(|| faults::gone(self.identity(record)))
    }

    fn writes(&self, entity: EntityIdx, fields: &[(&str, Value)]) -> Answer<Vec<Write>> {
        fields.iter().map(|(name, value)| self.named_write(entity, name, value.clone())).collect()
    }

    fn named_write(&self, entity: EntityIdx, field: &str, value: Value) -> Answer<Write> {
        let def = self.entity(entity)?;
        let found = def.field_by_name(field).filter(|(_, found)| !found.is_gone());
        let (place, _) = found.ok_or_else(|| faults::unknown_request(format!("a field `{}.{field}`", def.name)))?;
        Ok(Write::set(place, value))
    }
}
