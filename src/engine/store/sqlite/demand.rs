//! Which tables of entities there are. A file has all of them from the beginning; in memory a table is made with its
//! first row, together with the tables that it refers to, so that a small simulation does not pay for all of `core`.

use std::sync::Arc;

use crate::{
    base::value::EntityIdx,
    engine::store::{Result, Schema, StoreError, schema::Kind},
};

use super::{
    SqliteStore,
    changes::Changes,
    records::TableTexts,
    tables::{check_names, of_table},
};

/// The tables of entities that there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// For each entity, the statements of its table; none before it is made.
    texts: Vec<Option<TableTexts>>,
    /// Tables made in the open transaction.
    fresh: Changes<usize>,
}

impl Tables {
    /// All tables of a schema.
    pub(super) fn all(schema: &Schema) -> Self {
        let texts = schema.tables.iter().map(|table| (!table.is_gone()).then(|| TableTexts::of(table)));
        Self { texts: texts.collect(), fresh: Changes::default() }
    }

    /// The statements of an entity's table; none if there is no such table yet.
    pub(super) fn texts(&self, entity: EntityIdx) -> Option<&TableTexts> {
        self.texts.get(usize::from(entity.0))?.as_ref()
    }

    /// Whether there is a table for the entity. If so, those that it refers to exist as well.
    pub(super) fn has(&self, entity: EntityIdx) -> bool {
        self.texts(entity).is_some()
    }

    /// The transaction is committed: what it made stays.
    pub(super) fn commit(&mut self) {
        self.fresh.clear();
    }

    /// Only so many savepoints are left; the others became part of what is around them.
    pub(super) fn release(&mut self, left: u32) {
        self.fresh.release(left);
    }

    /// What was made within this savepoint is undone; with 0, the whole transaction is.
    pub(super) fn undo(&mut self, savepoint: u32) {
        while let Some(index) = self.fresh.undo_one(savepoint) {
            if let Some(place) = self.texts.get_mut(index) {
                *place = None;
            }
        }
    }
}

impl SqliteStore {
    pub(super) fn prepare_in_memory(&mut self, schema: &Arc<Schema>) -> Result<()> {
        if !self.tables.texts.is_empty() && !self.schema.is_like(schema) {
            return Err(StoreError::Other(
                "it was made by another project, or by another version of the entities".into(),
            ));
        }
        check_names(schema)?;
        self.tables.texts.resize_with(schema.tables.len(), || None);
        self.schema = Arc::clone(schema);
        self.residents.clear();
        Ok(())
    }

    /// Makes the table of an entity, and those that it refers to, if they are not there.
    pub(super) fn need_table(&mut self, entity: EntityIdx) -> Result<()> {
        if self.tables.has(entity) {
            return Ok(());
        }
        let schema = Arc::clone(&self.schema);
        let table = schema.table(entity)?;
        self.connection.execute_batch(&of_table(&schema, table)?.concat())?;
        let index = usize::from(entity.0);
        if let Some(place) = self.tables.texts.get_mut(index) {
            *place = Some(TableTexts::of(table));
            self.tables.fresh.push(self.savepoints, index);
        }
        for column in &table.columns {
            if let Kind::Ref(target) = column.kind {
                self.need_table(target)?;
            }
        }
        Ok(())
    }
}
