//! Writes to records, behind: a row that several turns of a group write is written once, and such a turn needs no
//! savepoint of the file. A write whose answer the file alone knows, whether there is such a row and whether its key is
//! free, is done at once.

use crate::{
    base::{
        ids::IdSet,
        value::{RecordRef, Value},
    },
    bytecode::types::FieldIdx,
    engine::store::{Result, schema::Table},
};

use super::{SqliteStore, repeated::Repeated, tail::Tail};

/// Records of which something is known.
const KNOWN_MAX: usize = 4_096;
/// Writes that wait.
const WAITING_MAX: usize = 1_024;

/// A field of a record, and its new value.
pub(super) type Update = (RecordRef, FieldIdx, Value);

/// What is known of records, and the writes to them that wait.
#[derive(Debug, Default)]
pub(super) struct Updates {
    waiting: Tail<Update>,
    /// Records that have a row.
    present: IdSet<RecordRef>,
    /// Records whose fields wake nobody.
    unwatched: IdSet<RecordRef>,
}

/// Adds a record, unless there are too many.
fn note(records: &mut IdSet<RecordRef>, record: RecordRef) {
    if records.len() >= KNOWN_MAX {
        records.clear();
    }
    records.insert(record);
}

impl Updates {
    /// What is known may not be so any more.
    pub(super) fn forget(&mut self) {
        self.present.clear();
        self.unwatched.clear();
    }

    /// The transaction is over.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn mark(&mut self) {
        self.waiting.mark();
    }

    pub(super) fn release(&mut self, left: u32) {
        self.waiting.release(left);
    }

    pub(super) fn undo(&mut self, savepoint: u32) {
        self.waiting.undo(savepoint);
        self.forget();
    }

    /// The record has a row.
    pub(super) fn note_present(&mut self, record: RecordRef) {
        note(&mut self.present, record);
    }

    /// The record has none any more.
    pub(super) fn note_gone(&mut self, record: RecordRef) {
        self.present.remove(&record);
    }

    /// Nobody waits for fields of the record.
    pub(super) fn note_unwatched(&mut self, record: RecordRef) {
        note(&mut self.unwatched, record);
    }

    /// Somebody waits for a field of the record.
    pub(super) fn note_watched(&mut self, record: RecordRef) {
        self.unwatched.remove(&record);
    }

    /// Whether it is known that nobody waits for fields of the record.
    pub(super) fn is_unwatched(&self, record: RecordRef) -> bool {
        self.unwatched.contains(&record)
    }

    fn is_waiting(&self, record: RecordRef) -> bool {
        self.waiting.unwritten().iter().any(|(waiting, ..)| *waiting == record)
    }
}

/// Whether the file would take the value in this field, whatever else it holds.
fn is_plain(table: &Table, field: FieldIdx, value: &Value) -> bool {
    let Ok(column) = table.column(field) else { return false };
    let fits = if value.is_none() { column.optional } else { column.kind.fits(value) };
    fits && !table.unique.iter().any(|key| key.contains(&field))
}

impl SqliteStore {
    /// Writes fields of a record, behind if that is sure to succeed.
    pub(super) fn update_record(&mut self, record: RecordRef, writes: &[(FieldIdx, Value)]) -> Result<()> {
        self.writable()?;
        let table = self.schema.table(record.entity)?;
        let is_sure = self.updates.present.contains(&record)
            && writes.iter().all(|(field, value)| is_plain(table, *field, value));
        if !is_sure {
            self.writing()?;
            self.write_updates_of(record)?;
            let writes: Vec<(FieldIdx, &Value)> = writes.iter().map(|(field, value)| (*field, value)).collect();
            self.update_row(&mut Repeated::new(&self.connection), record, &writes)?;
            self.updates.note_present(record);
            return Ok(());
        }
        for (field, value) in writes {
            self.updates.waiting.push((record, *field, value.clone()));
        }
        if self.updates.waiting.unwritten().len() > WAITING_MAX { self.write_updates_behind() } else { Ok(()) }
    }

    /// Before a row is read or written: what waits for it.
    pub(super) fn write_updates_of(&mut self, record: RecordRef) -> Result<()> {
        if self.updates.is_waiting(record) { self.write_updates_behind() } else { Ok(()) }
    }

    /// Before a query of records: each row once, in order, with the last value of each field.
    pub(super) fn write_updates_behind(&mut self) -> Result<()> {
        if self.updates.waiting.unwritten().is_empty() {
            return Ok(());
        }
        self.writing()?;
        let mut waiting: Vec<&Update> = self.updates.waiting.unwritten().iter().collect();
        // Stable: of the values of a field the last one comes last.
        waiting.sort_by_key(|(record, field, _)| (record.entity, record.id, *field));
        let mut writes: Vec<(FieldIdx, &Value)> = Vec::new();
        let mut statements = Repeated::new(&self.connection);
        for row in waiting.chunk_by(|(a, ..), (b, ..)| a == b) {
            let Some((record, ..)) = row.first() else { continue };
            let last = row.chunk_by(|(_, a, _), (_, b, _)| a == b).filter_map(<[_]>::last);
            writes.extend(last.map(|(_, field, value)| (*field, value)));
            self.update_row(&mut statements, *record, &writes)?;
            writes.clear();
        }
        drop(statements);
        self.updates.waiting.note_written();
        Ok(())
    }
}
