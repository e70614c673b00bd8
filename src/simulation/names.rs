//! What the names of a data file stand for: entities, fields, and records in little memory.

use crate::base::{
    span::Spanned,
    value::{EntityIdx, RecordRef},
};
use crate::bytecode::{
    module::{EntityDef, FieldDef, Module, SystemField},
    types::FieldIdx,
};
use crate::data::{errors, labels::Labels};
use crate::diag::Diagnostic;

/// Names among which one that is near is looked for.
const NEAR_AMONG_MAX: usize = 100_000;

/// The entity of this name.
///
/// # Errors
/// E0915 if there is none.
pub fn entity<'m>(module: &'m Module, name: &Spanned<String>) -> Result<(EntityIdx, &'m EntityDef), Diagnostic> {
    module.entity_by_name(&name.node).ok_or_else(|| {
        errors::unknown_name("entity", &name.node, name.span, module.entities.iter().map(|e| e.name.as_str()))
    })
}

/// The field of this name, if a data file may write it: declared fields, `owner`, `state` and `status`.
///
/// # Errors
/// E0915 if there is none.
pub fn field<'m>(entity: &'m EntityDef, name: &Spanned<String>) -> Result<(FieldIdx, &'m FieldDef), Diagnostic> {
    let writable = |field: &&FieldDef| {
        matches!(field.system, None | Some(SystemField::Owner | SystemField::State | SystemField::Status))
    };
    entity.field_by_name(&name.node).filter(|(_, field)| writable(field)).ok_or_else(|| {
        let known = entity.fields.iter().filter(writable).map(|f| f.name.as_str());
        let unknown = errors::unknown_name(&format!("field of `{}` named", entity.name), &name.node, name.span, known);
        if name.node == "id" { unknown.help("a record gets its name by `$id`") } else { unknown }
    })
}

/// The records of a file that have names.
#[derive(Debug, Default)]
pub struct Named {
    labels: Labels,
    records: Vec<NamedRecord>,
    /// Their ids once they are created; 0 before.
    ids: Vec<i64>,
}

#[derive(Debug)]
struct NamedRecord {
    /// Which record of the file; none of them if an event creates it.
    number: u32,
    entity: EntityIdx,
}

/// The number of a record that an event creates.
const OF_EVENT: u32 = u32::MAX;

impl Named {
    /// Notes a name; whether it is new.
    pub(super) fn add(&mut self, name: &str, entity: EntityIdx, number: Option<usize>) -> bool {
        let is_new = self.labels.add(name).is_some();
        if is_new {
            let number = number.and_then(|number| u32::try_from(number).ok()).unwrap_or(OF_EVENT);
            self.records.push(NamedRecord { number, entity });
            self.ids.push(0);
        }
        is_new
    }

    fn index(&self, name: &str) -> Option<usize> {
        usize::try_from(self.labels.find(name)?).ok()
    }

    /// The record of a name before it exists: its id means nothing.
    pub(super) fn planned(&self, name: &str) -> Option<RecordRef> {
        let record = self.records.get(self.index(name)?)?;
        Some(RecordRef { entity: record.entity, id: 1 })
    }

    /// The record of a name, if it was created.
    pub(super) fn created(&self, name: &str) -> Option<RecordRef> {
        let index = self.index(name)?;
        let id = self.ids.get(index).copied().filter(|id| *id != 0)?;
        Some(RecordRef { entity: self.records.get(index)?.entity, id })
    }

    /// Notes the record of a name.
    pub(super) fn create(&mut self, name: &str, record: RecordRef) {
        let index = self.index(name);
        if let Some(id) = index.and_then(|index| self.ids.get_mut(index)) {
            *id = record.id;
        }
    }

    /// Which record of the file has a name.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let record = self.records.get(self.index(name)?)?;
        Some(record.number).filter(|number| *number != OF_EVENT)
    }

    /// All names in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.labels.iter()
    }

    /// A message that there is no such name.
    pub(super) fn unknown(&self, name: &Spanned<String>) -> Diagnostic {
        // LIMIT: NEAR_AMONG_MAX
        errors::unknown_name("record", &name.node, name.span, self.names().take(NEAR_AMONG_MAX))
            .note("a record gets its name by `$id`")
    }

    /// What is kept, in bytes.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.labels.kept_bytes()
            + self.records.capacity() * size_of::<NamedRecord>()
            + self.ids.capacity() * size_of::<i64>()
    }
}
