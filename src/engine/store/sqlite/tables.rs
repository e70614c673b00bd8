//! The tables: those of the engine, which are fixed, and one for each entity.

use std::fmt::Write as _;

use crate::engine::store::{
    Result, Schema, StoreError,
    schema::{Column, Kind, Table},
};

/// The engine's own tables. A change here is a new format of stores.
pub(super) const ENGINE: &str = "\
CREATE TABLE abide_meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE abide_build (number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, bytes BLOB);
CREATE TABLE abide_counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE abide_instance (
  id INTEGER PRIMARY KEY,
  process TEXT NOT NULL,
  build INTEGER NOT NULL,
  primary_entity TEXT,
  primary_id INTEGER,
  owner INTEGER,
  caller INTEGER,
  user INTEGER,
  acting TEXT,
  asks TEXT,
  parent INTEGER,
  branch INTEGER,
  whole INTEGER,
  kept INTEGER,
  ordinal INTEGER,
  branches TEXT,
  owned INTEGER NOT NULL,
  status TEXT NOT NULL,
  live INTEGER NOT NULL,
  queue INTEGER,
  due INTEGER,
  watches TEXT,
  arguments TEXT NOT NULL,
  slot TEXT,
  condition TEXT,
  snapshot BLOB,
  point TEXT,
  fault TEXT,
  message TEXT NOT NULL,
  result TEXT,
  depth INTEGER NOT NULL,
  cancel TEXT,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL
);
CREATE INDEX abide_instance_queue ON abide_instance (queue) WHERE queue IS NOT NULL;
CREATE INDEX abide_instance_due ON abide_instance (due) WHERE due IS NOT NULL;
CREATE INDEX abide_instance_primary ON abide_instance (primary_id) WHERE primary_id IS NOT NULL;
CREATE INDEX abide_instance_watch ON abide_instance (primary_id) WHERE watches IS NOT NULL;
CREATE INDEX abide_instance_parent ON abide_instance (parent) WHERE parent IS NOT NULL;
CREATE INDEX abide_instance_running ON abide_instance (process, slot) WHERE slot IS NOT NULL AND status <> 'queued';
CREATE INDEX abide_instance_queued ON abide_instance (process, slot, id) WHERE slot IS NOT NULL AND status = 'queued';
CREATE INDEX abide_instance_live ON abide_instance (live, build, process);
CREATE TABLE abide_subscription (
  kind TEXT NOT NULL,
  entity TEXT NOT NULL,
  target INTEGER NOT NULL,
  field TEXT NOT NULL,
  instance INTEGER NOT NULL,
  PRIMARY KEY (target, entity, kind, field, instance)
) WITHOUT ROWID;
CREATE INDEX abide_subscription_instance ON abide_subscription (instance);
CREATE TABLE abide_mail (
  key INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL,
  signal TEXT NOT NULL,
  value TEXT NOT NULL
);
CREATE INDEX abide_mail_instance ON abide_mail (instance, signal, key);
CREATE TABLE abide_job (
  instance INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  due INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX abide_job_due ON abide_job (queue, due, instance);
CREATE INDEX abide_job_taken ON abide_job (due, instance) WHERE taken = 1;
CREATE TABLE abide_undo (
  key INTEGER PRIMARY KEY,
  instance INTEGER NOT NULL,
  function INTEGER NOT NULL,
  arguments TEXT NOT NULL,
  user INTEGER
);
CREATE INDEX abide_undo_instance ON abide_undo (instance, key);
CREATE TABLE abide_start (
  process TEXT NOT NULL,
  entity TEXT NOT NULL,
  record INTEGER NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX abide_start_record ON abide_start (record, process);
CREATE INDEX abide_start_at ON abide_start (at);
CREATE TABLE abide_log (
  key INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  instance INTEGER,
  process TEXT,
  stage TEXT NOT NULL,
  place TEXT NOT NULL,
  user INTEGER,
  record_entity TEXT,
  record_id INTEGER,
  changes TEXT,
  message TEXT NOT NULL
);
CREATE TABLE abide_log_of (
  subject INTEGER NOT NULL,
  block INTEGER NOT NULL,
  lines BLOB NOT NULL,
  PRIMARY KEY (subject, block)
) WITHOUT ROWID;
";

/// A name between quotation marks.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The names of a column's physical columns: two for a reference to several entities.
pub(super) fn physical(column: &Column) -> Vec<String> {
    match column.kind {
        Kind::AnyRef => {
            vec![quoted(&format!("{}_entity", column.name)), quoted(&format!("{}_id", column.name))]
        }
        Kind::Caseless => vec![quoted(&column.name), quoted(&format!("{}_fold", column.name))],
        Kind::Gone => Vec::new(),
        _ => vec![quoted(&column.name)],
    }
}

/// The physical columns that are compared with those of other rows.
pub(super) fn compared(column: &Column) -> Vec<String> {
    let mut names = physical(column);
    if column.kind == Kind::Caseless {
        names.remove(0);
    }
    names
}

/// The statements that make the tables of the entities, in order.
pub fn statements(schema: &Schema) -> Result<Vec<String>> {
    check_names(schema)?;
    let mut statements = Vec::new();
    for table in schema.tables.iter().filter(|table| !table.is_gone()) {
        statements.extend(of_table(schema, table)?);
    }
    Ok(statements)
}

/// The statements that make one table and its indexes.
pub(super) fn of_table(schema: &Schema, table: &Table) -> Result<Vec<String>> {
    let mut statements = vec![create_table(schema, table)?];
    statements.extend(indexes(table)?);
    Ok(statements)
}

/// No two entities have the same table.
pub(super) fn check_names(schema: &Schema) -> Result<()> {
    let tables = schema.tables.iter().filter(|table| !table.is_gone());
    let mut names: Vec<&str> = tables.map(|table| table.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(twice) => Err(StoreError::Schema(format!("two entities have the table `{}`", twice.concat()))),
        None => Ok(()),
    }
}

pub(super) fn create_table(schema: &Schema, table: &Table) -> Result<String> {
    let mut sql = format!("CREATE TABLE {} (\n  \"id\" INTEGER PRIMARY KEY", quoted(&table.name));
    for column in table.columns.iter().skip(1) {
        for part in column_definition(schema, column)? {
            let _ = write!(sql, ",\n  {part}");
        }
    }
    sql.push_str("\n);\n");
    Ok(sql)
}

/// The physical columns of a column, each with its type and what it asks of its values.
pub(super) fn column_definition(schema: &Schema, column: &Column) -> Result<Vec<String>> {
    let required = if column.optional { "" } else { " NOT NULL" };
    let ty = match &column.kind {
        Kind::AnyRef => "TEXT",
        Kind::Bool
        | Kind::DateTime
        | Kind::Enum
        | Kind::Instance
        | Kind::Int
        | Kind::Money(_)
        | Kind::MoneyBeside(_)
        | Kind::Ref(_)
        | Kind::Scaled(_) => "INTEGER",
        Kind::Caseless
        | Kind::Date
        | Kind::Decimal
        | Kind::Duration
        | Kind::List(_)
        | Kind::Record(_)
        | Kind::Text
        | Kind::Time => "TEXT",
        Kind::Float => "REAL",
        Kind::Gone => return Ok(Vec::new()),
        Kind::AnyMoney => return Err(StoreError::Schema("an amount without a currency beside it".into())),
    };
    let mut names = physical(column).into_iter();
    let first = names.next().unwrap_or_default();
    let mut parts = vec![format!("{first} {ty}{required}")];
    if let (Kind::Ref(entity), Some(part)) = (&column.kind, parts.first_mut()) {
        let target = quoted(&schema.table(*entity)?.name);
        let _ = write!(part, " REFERENCES {target} (\"id\") DEFERRABLE INITIALLY DEFERRED");
    }
    if let Some(second) = names.next() {
        let ty = if column.kind == Kind::Caseless { "TEXT" } else { "INTEGER" };
        parts.push(format!("{second} {ty}{required}"));
    }
    Ok(parts)
}

/// Who wrote a row is rarely searched for; an index on it would cost with every write.
fn is_searched(column: &Column) -> bool {
    matches!(column.kind, Kind::Ref(_) | Kind::AnyRef | Kind::Caseless)
        && !matches!(column.field.as_str(), "created_by" | "modified_by")
}

pub(super) fn indexes(table: &Table) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    for column in table.columns.iter().filter(|c| is_searched(c)) {
        let name = quoted(&format!("{}_by_{}", table.name, column.name));
        let id = physical(column).pop().unwrap_or_default();
        statements.push(format!("CREATE INDEX {name} ON {} ({id});\n", quoted(&table.name)));
    }
    // The queue of mails: what is due first is looked for all the time.
    for column in table.columns.iter().filter(|c| table.entity == "Email" && c.field == "next_try") {
        let (name, column) = (quoted(&format!("{}_by_{}", table.name, column.name)), quoted(&column.name));
        let table = quoted(&table.name);
        statements.push(format!("CREATE INDEX {name} ON {table} ({column}) WHERE {column} IS NOT NULL;\n"));
    }
    for (number, key) in table.unique.iter().enumerate() {
        let mut columns = Vec::new();
        for field in key {
            let column = table.column(*field)?;
            columns.extend(compared(column));
            if let Kind::MoneyBeside(currency) = column.kind {
                columns.extend(physical(table.column(currency)?));
            }
        }
        let name = quoted(&format!("{}_key_{}", table.name, number + 1));
        statements.push(format!("CREATE UNIQUE INDEX {name} ON {} ({});\n", quoted(&table.name), columns.join(", ")));
    }
    Ok(statements)
}
