//! What the tables of a database see to by themselves: constraints, references, and conditions of queries.

use std::ops::Bound;

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
    engine::store::{Condition, Result, Row, StoreError, compare, schema::Kind},
};

use super::{MemoryStore, Undo};

impl MemoryStore {
    /// Checks what the SQLite store has as constraints of its tables.
    pub(super) fn check(&self, record: RecordRef, row: &Row) -> Result<()> {
        let table = self.schema.table(record.entity)?;
        for (column, value) in table.columns.iter().zip(row) {
            let fits = if value.is_none() { column.optional } else { column.kind.fits(value) };
            if !fits {
                return Err(StoreError::Constraint(format!("{}.{} holds {value:?}", table.name, column.name)));
            }
        }
        for key in &table.unique {
            let parts: Vec<&Value> = key.iter().filter_map(|f| row.get(f.index())).collect();
            if parts.iter().any(|v| v.is_none()) {
                continue;
            }
            let taken = self.of_entity(record.entity, 0).any(|(other, values)| {
                let same = |field: &FieldIdx, part: &Value| {
                    let kind = table.column(*field).map(|column| &column.kind);
                    let compared = |value: &Value| kind.as_ref().map(|kind| kind.compared(value.clone()));
                    values.get(field.index()).is_some_and(|value| compared(value) == compared(part))
                };
                other != record.id && key.iter().zip(&parts).all(|(f, part)| same(f, part))
            });
            if taken {
                return Err(StoreError::Constraint(format!("{} has such a key already", table.name)));
            }
        }
        Ok(())
    }

    /// At the end of a transaction each reference leads to a record, as with deferred foreign keys.
    pub(super) fn check_references(&self) -> Result<()> {
        for undo in &self.journal {
            let Undo::Row(record, old) = undo else { continue };
            if self.rows.contains_key(record) {
                self.check_targets(*record)?;
            } else if old.is_some() {
                self.check_unreferred(*record)?;
            }
        }
        Ok(())
    }

    fn check_targets(&self, record: RecordRef) -> Result<()> {
        let table = self.schema.table(record.entity)?;
        let row = self.rows.get(&record).map(Vec::as_slice).unwrap_or_default();
        for (column, value) in table.columns.iter().zip(row) {
            if let (Kind::Ref(_), Value::Ref(target)) = (&column.kind, value)
                && !self.rows.contains_key(target)
            {
                return Err(StoreError::Constraint(format!("{}.{} refers to nothing", table.name, column.name)));
            }
        }
        Ok(())
    }

    fn check_unreferred(&self, gone: RecordRef) -> Result<()> {
        for (record, row) in &self.rows {
            let table = self.schema.table(record.entity)?;
            let refers = table
                .columns
                .iter()
                .zip(row)
                .any(|(column, value)| matches!(column.kind, Kind::Ref(_)) && *value == Value::Ref(gone));
            if refers {
                return Err(StoreError::Constraint(format!("{} refers to a deleted record", table.name)));
            }
        }
        Ok(())
    }

    pub(super) fn of_entity(&self, entity: EntityIdx, after: i64) -> impl Iterator<Item = (i64, &Row)> {
        let from = Bound::Excluded(RecordRef { entity, id: after });
        let to = Bound::Included(RecordRef { entity, id: i64::MAX });
        self.rows.range((from, to)).map(|(record, row)| (record.id, row))
    }

    pub(super) fn all_hold(&self, entity: EntityIdx, row: &Row, conditions: &[Condition]) -> Result<bool> {
        for condition in conditions {
            let (kind, value) = self.follow(entity, row, &condition.path)?;
            let argument = kind.compared(condition.argument.clone());
            if !compare::holds(&kind.compared(value), condition.op, &argument) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The value at the end of a path, and the kind of its column; absent where the path ends before.
    pub(super) fn follow(&self, entity: EntityIdx, row: &Row, path: &[FieldIdx]) -> Result<(&Kind, Value)> {
        let (mut entity, mut row) = (entity, row);
        let (last, steps) =
            path.split_last().ok_or_else(|| StoreError::Schema("a condition without a field".into()))?;
        for step in steps {
            self.schema.table(entity)?.column(*step)?;
            let Some(Value::Ref(target)) = row.get(step.index()) else { return Ok((&Kind::Int, Value::None)) };
            let Some(next) = self.rows.get(target) else { return Ok((&Kind::Int, Value::None)) };
            (entity, row) = (target.entity, next);
        }
        let column = self.schema.table(entity)?.column(*last)?;
        Ok((&column.kind, row.get(last.index()).cloned().unwrap_or(Value::None)))
    }
}
