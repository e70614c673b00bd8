//! Other columns for the tables that are there.
//!
//! A table that only gets columns which may be empty is widened where it is; every other one is copied row by row. All
//! of it is one transaction.

use std::sync::Arc;

use rusqlite::params_from_iter;

use crate::{
    base::value::{EntityIdx, Value},
    engine::store::{
        Result, Row, Schema, Source, Store as _, StoreError, TableChange,
        migrate::migrated,
        schema::{Kind, Table},
    },
};

use super::{
    SqliteStore, columns, demand,
    tables::{column_definition, create_table, indexes, of_table, physical, quoted, statements},
};

/// The name of a table while rows are copied into it; no entity has such a name.
const COPY: &str = "abide_copy";

impl SqliteStore {
    pub(super) fn change_schema(
        &mut self,
        to: &Arc<Schema>,
        changes: &[TableChange],
        settings: &[(String, String)],
    ) -> Result<()> {
        let from = Arc::clone(&self.schema);
        // SQLite obeys this only outside of transactions.
        self.run("PRAGMA foreign_keys = OFF")?;
        let done = self.change_tables(&from, to, changes, settings);
        let on = self.run("PRAGMA foreign_keys = ON");
        done?;
        on?;
        self.connection.flush_prepared_statement_cache();
        self.schema = Arc::clone(to);
        self.tables = demand::Tables::all(to);
        Ok(())
    }

    fn change_tables(
        &mut self,
        from: &Schema,
        to: &Arc<Schema>,
        changes: &[TableChange],
        settings: &[(String, String)],
    ) -> Result<()> {
        self.begin()?;
        match self.change_all(from, to, changes, settings) {
            Ok(()) => self.commit(),
            Err(error) => self.failed(error),
        }
    }

    fn change_all(
        &mut self,
        from: &Schema,
        to: &Schema,
        changes: &[TableChange],
        settings: &[(String, String)],
    ) -> Result<()> {
        for change in changes {
            match change {
                TableChange::Create(entity) => {
                    self.connection.execute_batch(&of_table(to, to.table(*entity)?)?.concat())?;
                }
                TableChange::Drop(entity) => {
                    self.connection.execute_batch(&format!("DROP TABLE {};", quoted(&from.table(*entity)?.name)))?;
                }
                TableChange::Copy(entity, sources) => self.change_table(*entity, from, to, sources)?,
            }
        }
        let broken: bool = {
            let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
            statement.exists([])?
        };
        if broken {
            return Err(StoreError::Constraint("a record would refer to one that is gone".into()));
        }
        self.set_meta("schema", &statements(to)?.concat())?;
        settings.iter().try_for_each(|(key, value)| self.set_meta(key, value))
    }

    fn change_table(&self, entity: EntityIdx, from: &Schema, to: &Schema, sources: &[Source]) -> Result<()> {
        let (mut old, new) = (from.table(entity)?.clone(), to.table(entity)?);
        if old.name != new.name {
            // Those that refer to the table follow it.
            let sql = format!("ALTER TABLE {} RENAME TO {};", quoted(&old.name), quoted(&new.name));
            self.connection.execute_batch(&sql)?;
            old.name.clone_from(&new.name);
        }
        match widened(&old, new, sources, to)? {
            Some(sql) => Ok(self.connection.execute_batch(&sql)?),
            None => self.copy_table(from, to, (&old, new), sources),
        }
    }

    fn copy_table(&self, from: &Schema, to: &Schema, tables: (&Table, &Table), sources: &[Source]) -> Result<()> {
        let (old, new) = tables;
        let target = Table { name: COPY.to_owned(), ..new.clone() };
        self.connection.execute_batch(&create_table(to, &target)?)?;
        let names: Vec<String> = new.columns.iter().flat_map(physical).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let insert = format!("INSERT INTO {COPY} ({}) VALUES ({marks})", names.join(", "));
        let mut insert = self.connection.prepare(&insert)?;
        let names: Vec<String> = old.columns.iter().flat_map(physical).collect();
        let select = format!("SELECT {} FROM {} ORDER BY \"id\"", names.join(", "), quoted(&old.name));
        let mut select = self.connection.prepare(&select)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let mut index = 0;
            let values: Row =
                old.columns.iter().map(|column| columns::pull(from, column, row, &mut index)).collect::<Result<_>>()?;
            let values: Vec<Value> = migrated(&values, sources, new)?;
            let mut out = Vec::with_capacity(names.len());
            for (column, value) in new.columns.iter().zip(&values) {
                columns::push(to, &column.kind, value, &mut out)?;
            }
            insert.execute(params_from_iter(out))?;
        }
        drop(rows);
        drop(select);
        drop(insert);
        let name = quoted(&new.name);
        let mut sql = format!("DROP TABLE {}; ALTER TABLE {COPY} RENAME TO {name};", quoted(&old.name));
        sql.extend(indexes(new)?);
        Ok(self.connection.execute_batch(&sql)?)
    }
}

/// The statements that only add columns which may be empty; none if that is not all.
fn widened(old: &Table, new: &Table, sources: &[Source], to: &Schema) -> Result<Option<String>> {
    if old.unique != new.unique {
        return Ok(None);
    }
    let mut sql = String::new();
    for ((old_column, column), source) in old.columns.iter().zip(&new.columns).zip(sources) {
        if old_column == column && matches!(source, Source::Keep | Source::Fill(Value::None)) {
            continue;
        }
        if old_column.kind != Kind::Gone || !column.optional || *source != Source::Fill(Value::None) {
            return Ok(None);
        }
        for part in column_definition(to, column)? {
            sql.push_str(&format!("ALTER TABLE {} ADD COLUMN {part};\n", quoted(&new.name)));
        }
    }
    let had = indexes(old)?;
    sql.extend(indexes(new)?.into_iter().filter(|index| !had.contains(index)));
    Ok(Some(sql))
}
