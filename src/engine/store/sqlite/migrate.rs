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
        migrate::{migrated, renumbered},
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
    pub(super) fn change_schema(&mut self, to: &Arc<Schema>, changes: &[TableChange]) -> Result<()> {
        let from = Arc::clone(&self.schema);
        if self.in_memory {
            let tables = (0u16..).map(EntityIdx).zip(&from.tables).filter(|(_, table)| !table.is_gone());
            tables.into_iter().try_for_each(|(entity, _)| self.need_table(entity))?;
        }
        self.change_tables(&from, to, changes)?;
        self.set_meta("schema", &statements(to)?.concat())?;
        self.connection.flush_prepared_statement_cache();
        self.schema = Arc::clone(to);
        self.tables = demand::Tables::all(to);
        Ok(())
    }

    fn change_tables(&self, from: &Schema, to: &Schema, changes: &[TableChange]) -> Result<()> {
        for change in changes {
            if let TableChange::Drop(entity) = change {
                self.connection.execute_batch(&format!("DROP TABLE {};", quoted(&from.table(*entity)?.name)))?;
            }
        }
        self.rename_tables(from, to, changes)?;
        for change in changes {
            match change {
                TableChange::Create(entity) => {
                    self.connection.execute_batch(&of_table(to, to.table(*entity)?)?.concat())?;
                }
                TableChange::Copy(entity, sources) => {
                    self.change_table(*entity, from, to, sources)?;
                    self.renumber_lines(&from.table(*entity)?.entity, &renumbered(to.table(*entity)?, sources))?;
                }
                TableChange::Drop(_) => {}
            }
        }
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        if statement.exists([])? {
            return Err(StoreError::Constraint("a record would refer to one that is gone".into()));
        }
        Ok(())
    }

    /// Gives tables their new names, also where two exchange theirs; those that refer to them follow. Their indexes,
    /// which are named after them, go.
    fn rename_tables(&self, from: &Schema, to: &Schema, changes: &[TableChange]) -> Result<()> {
        let mut second = String::new();
        for change in changes {
            let TableChange::Copy(entity, _) = change else { continue };
            let (old, new) = (&from.table(*entity)?.name, &to.table(*entity)?.name);
            if old == new {
                continue;
            }
            let on_the_way = quoted(&format!("{COPY}_{}", entity.0));
            let mut sql = format!("ALTER TABLE {} RENAME TO {on_the_way};\n", quoted(old));
            for index in self.indexes_of(old)? {
                sql.push_str(&format!("DROP INDEX {};\n", quoted(&index)));
            }
            self.connection.execute_batch(&sql)?;
            second.push_str(&format!("ALTER TABLE {on_the_way} RENAME TO {};\n", quoted(new)));
        }
        Ok(self.connection.execute_batch(&second)?)
    }

    fn indexes_of(&self, table: &str) -> Result<Vec<String>> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
        let mut statement = self.connection.prepare(sql)?;
        let names = statement.query_map([table], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    fn change_table(&self, entity: EntityIdx, from: &Schema, to: &Schema, sources: &[Source]) -> Result<()> {
        let (mut old, new) = (from.table(entity)?.clone(), to.table(entity)?);
        let had = if old.name == new.name { indexes(&old)? } else { Vec::new() };
        old.name.clone_from(&new.name);
        match widened(&old, new, sources, to, &had)? {
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
            let values: Vec<Value> = migrated(&values, sources, new, to)?;
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
fn widened(old: &Table, new: &Table, sources: &[Source], to: &Schema, had: &[String]) -> Result<Option<String>> {
    if old.unique != new.unique {
        return Ok(None);
    }
    let as_it_was = Source::Kept { numbers: Vec::new(), orders: false, absent: Value::None };
    let empty = Source::Fill(Value::None);
    let mut sql = String::new();
    for ((old_column, column), source) in old.columns.iter().zip(&new.columns).zip(sources) {
        let is_gone = old_column.kind == Kind::Gone;
        if old_column == column && (*source == as_it_was && column.kind != Kind::AnyRef || is_gone) {
            continue;
        }
        if !is_gone || !column.optional || *source != empty {
            return Ok(None);
        }
        for part in column_definition(to, column)? {
            sql.push_str(&format!("ALTER TABLE {} ADD COLUMN {part};\n", quoted(&new.name)));
        }
    }
    sql.extend(indexes(new)?.into_iter().filter(|index| !had.contains(index)));
    Ok(Some(sql))
}
