//! Records: one row each in the table of their entity.

use rusqlite::params_from_iter;

use crate::{
    base::value::{Currency, EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
    engine::store::{
        Result, Row, StoreError,
        schema::{Column, Kind, Table},
    },
};

use super::{
    SqliteStore, columns,
    repeated::Repeated,
    tables::{physical, quoted},
};

/// Rows that one statement reads.
const READ_AT_ONCE: usize = 32;

/// The statements of a table that are always the same.
#[derive(Clone, Debug)]
pub(super) struct TableTexts {
    select: String,
    /// For [`READ_AT_ONCE`] rows.
    select_many: String,
    insert: String,
    delete: String,
    /// `UPDATE … SET `, and how each column is set there.
    update: String,
    sets: Vec<String>,
}

impl TableTexts {
    pub(super) fn of(table: &Table) -> Self {
        let name = quoted(&table.name);
        let columns: Vec<String> = table.columns.iter().flat_map(physical).collect();
        let marks = vec!["?"; columns.len()].join(", ");
        let columns = columns.join(", ");
        Self {
            select: format!("SELECT {columns} FROM {name} WHERE \"id\" = ?1"),
            select_many: format!(
                "SELECT {columns} FROM {name} WHERE \"id\" IN ({})",
                vec!["?"; READ_AT_ONCE].join(", ")
            ),
            insert: format!("INSERT INTO {name} ({columns}) VALUES ({marks})"),
            delete: format!("DELETE FROM {name} WHERE \"id\" = ?1"),
            update: format!("UPDATE {name} SET "),
            sets: table.columns.iter().map(set_text).collect(),
        }
    }
}

/// `name = ?`, for both columns of a field that has two.
fn set_text(column: &Column) -> String {
    physical(column).iter().map(|name| format!("{name} = ?")).collect::<Vec<_>>().join(", ")
}

impl SqliteStore {
    pub(super) fn insert_row(&self, entity: EntityIdx, row: &[Value]) -> Result<()> {
        let table = self.schema.table(entity)?;
        if row.len() != table.columns.len() || !matches!(row.first(), Some(Value::Int(_))) {
            return Err(StoreError::Constraint(format!("a row of the wrong shape for {}", table.name)));
        }
        let mut values = Vec::with_capacity(row.len() + 2);
        for (column, value) in table.columns.iter().zip(row) {
            columns::push(&self.schema, &column.kind, value, &mut values)?;
        }
        let Some(texts) = self.tables.texts(entity) else { return Err(no_table(entity)) };
        self.connection.prepare_cached(&texts.insert)?.execute(params_from_iter(values))?;
        Ok(())
    }

    /// Writes fields of a row; the values of several rows are mostly written in the same fields.
    pub(super) fn update_row(
        &self,
        statements: &mut Repeated<'_>,
        record: RecordRef,
        writes: &[(FieldIdx, &Value)],
    ) -> Result<()> {
        let table = self.schema.table(record.entity)?;
        if writes.is_empty() {
            return Ok(());
        }
        let Some(texts) = self.tables.texts(record.entity) else { return one_row(0, record, "update") };
        let mut sql = texts.update.clone();
        let mut values = Vec::with_capacity(writes.len() + 1);
        for (field, value) in writes {
            let column = table.column(*field)?;
            if !values.is_empty() {
                sql.push_str(", ");
            }
            sql.push_str(texts.sets.get(field.index()).map_or("", String::as_str));
            columns::push(&self.schema, &column.kind, value, &mut values)?;
        }
        let id = Value::Int(record.id);
        columns::push(&self.schema, &Kind::Int, &id, &mut values)?;
        sql.push_str(" WHERE \"id\" = ?");
        let changed = statements.statement(&sql)?.execute(params_from_iter(values))?;
        one_row(changed, record, "update")
    }

    pub(super) fn delete_row(&self, record: RecordRef) -> Result<()> {
        let Some(texts) = self.tables.texts(record.entity) else { return one_row(0, record, "delete") };
        let changed = self.connection.prepare_cached(&texts.delete)?.execute([record.id])?;
        one_row(changed, record, "delete")
    }

    pub(super) fn get_row(&self, record: RecordRef) -> Result<Option<Row>> {
        let table = self.schema.table(record.entity)?;
        let Some(texts) = self.tables.texts(record.entity) else { return Ok(None) };
        let mut statement = self.connection.prepare_cached(&texts.select)?;
        let mut rows = statement.query([record.id])?;
        rows.next()?.map(|row| self.row_of(table, row)).transpose()
    }

    /// Those of the rows that there are.
    pub(super) fn get_rows(&self, entity: EntityIdx, ids: &[i64]) -> Result<Vec<(i64, Row)>> {
        let table = self.schema.table(entity)?;
        let Some(texts) = self.tables.texts(entity) else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(&texts.select_many)?;
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(READ_AT_ONCE) {
            // Where fewer are asked for, the last one is asked for again.
            let padding = some.last().into_iter().cycle();
            let mut rows = statement.query(params_from_iter(some.iter().chain(padding).take(READ_AT_ONCE)))?;
            while let Some(row) = rows.next()? {
                let values = self.row_of(table, row)?;
                if let Some(Value::Int(id)) = values.first() {
                    found.push((*id, values));
                }
            }
        }
        Ok(found)
    }

    fn row_of(&self, table: &Table, row: &rusqlite::Row<'_>) -> Result<Row> {
        let mut index = 0;
        let mut values = Row::with_capacity(table.columns.len());
        for column in &table.columns {
            values.push(columns::pull(&self.schema, column, row, &mut index)?);
        }
        for (index, column) in table.columns.iter().enumerate() {
            if let Kind::MoneyBeside(field) = column.kind {
                put_currency(&mut values, index, field)?;
            }
        }
        Ok(values)
    }
}

/// Gives an amount the currency that its row says.
fn put_currency(row: &mut Row, amount: usize, field: FieldIdx) -> Result<()> {
    let currency = match row.get(field.index()) {
        Some(Value::Text(code)) => Currency::parse(code),
        _ => None,
    };
    if let Some(Value::Money(money)) = row.get_mut(amount) {
        let damaged = || StoreError::Damaged("a row has an amount without a currency".into());
        money.currency = currency.ok_or_else(damaged)?;
    }
    Ok(())
}

fn no_table(entity: EntityIdx) -> StoreError {
    StoreError::Schema(format!("the build has no entity number {}", entity.0))
}

fn one_row(changed: usize, record: RecordRef, verb: &str) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Constraint(format!("no row {} to {verb}", record.id))) }
}
