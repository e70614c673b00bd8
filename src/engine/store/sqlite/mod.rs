//! The store in one SQLite file: WAL, every commit on disk, one statement cache, plain tables that people can read. In
//! memory, where nobody else reads, a table is made with its first row.

mod backup;
mod check;
mod columns;
mod demand;
mod hold;
mod instances;
mod log;
mod mail;
mod migrate;
mod queries;
mod records;
mod setup;
mod sweep;
mod tables;

use std::{path::Path, sync::Arc};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
};

use super::{
    CausedStart, Condition, Instance, InstanceFilter, LogEntry, Mail, Result, Row, Savepoint, Schema, Store,
    StoreError, Subscription, Sweep, TableChange,
};

pub use backup::backup;
pub use tables::statements;

/// Statements that stay prepared.
const STATEMENTS_MAX: usize = 256;

/// A store in a SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    schema: Arc<Schema>,
    tables: demand::Tables,
    in_memory: bool,
    open: bool,
    savepoints: u32,
    /// Whether a commit has failed, and what it wrote into the log still stands there.
    is_scarred: bool,
    /// What the open migration began with.
    before: Option<(Arc<Schema>, demand::Tables)>,
    /// Given back after the connection is closed.
    _hold: Option<hold::Hold>,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        let text = error.to_string();
        match error {
            Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::ConstraintViolation => StoreError::Constraint(text),
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                    StoreError::InUse("another program writes to it".to_owned())
                }
                ErrorCode::NotADatabase => StoreError::NotAStore("it does not begin as one".to_owned()),
                ErrorCode::DatabaseCorrupt => StoreError::Damaged(text),
                _ => StoreError::Io(text),
            },
            Error::InvalidColumnType(..) | Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) => {
                StoreError::Damaged(text)
            }
            _ => StoreError::Io(text),
        }
    }
}

impl SqliteStore {
    /// Opens the file, and makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self> {
        Self::connect(Connection::open(path), path, None)
    }

    /// The same, on a file system that was registered with SQLite under this name.
    pub fn open_on(path: &Path, file_system: &str) -> Result<Self> {
        Self::connect(Connection::open_with_flags_and_vfs(path, OpenFlags::default(), file_system), path, None)
    }

    /// The same for somebody who has the store for himself until it is dropped, or until the program dies. Others that
    /// come this way are refused meanwhile; reading with [`SqliteStore::open`] stays possible.
    pub fn hold(path: &Path) -> Result<Self> {
        let hold = hold::Hold::take(path)?;
        Self::connect(Connection::open(path), path, Some(hold))
    }

    /// Opens a file that is there, only to look at it: neither the file nor its folder need be writable.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let connection = setup::look_at(path)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        let (schema, tables) = (Arc::default(), demand::Tables::default());
        Ok(Self {
            connection,
            schema,
            tables,
            in_memory: false,
            open: false,
            savepoints: 0,
            is_scarred: false,
            before: None,
            _hold: None,
        })
    }

    fn connect(connection: rusqlite::Result<Connection>, path: &Path, hold: Option<hold::Hold>) -> Result<Self> {
        let connection = connection.map_err(|error| StoreError::Io(format!("{}: {error}", path.display())))?;
        let in_memory = connection.path().is_none_or(str::is_empty);
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        setup::set_up(&connection, path)?;
        let (schema, tables) = (Arc::default(), demand::Tables::default());
        Ok(Self {
            connection,
            schema,
            tables,
            in_memory,
            open: false,
            savepoints: 0,
            is_scarred: false,
            before: None,
            _hold: hold,
        })
    }

    /// A store in memory, gone when it is dropped.
    pub fn open_in_memory() -> Result<Self> {
        Self::open(Path::new(":memory:"))
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// The tables of the entities, unless another program made them meanwhile.
    fn make_tables(&mut self, wanted: &str) -> Result<()> {
        if self.meta("schema")?.is_some() {
            return Ok(());
        }
        self.connection.execute_batch(wanted)?;
        self.set_meta("schema", wanted)
    }

    /// Ends the transaction after an error, which is the one to tell, whatever becomes of the rollback.
    fn failed(&mut self, error: StoreError) -> Result<()> {
        let _ = self.rollback();
        Err(error)
    }

    /// Writes over what a failed commit has left in the log, so that nobody takes it for committed later.
    fn heal(&mut self) -> Result<()> {
        if self.is_scarred {
            setup::write_a_frame(&self.connection)?;
            self.is_scarred = false;
        }
        Ok(())
    }

    fn writable(&self) -> Result<()> {
        if self.open { Ok(()) } else { Err(StoreError::Io("a write outside a transaction".into())) }
    }
}

impl Store for SqliteStore {
    fn prepare(&mut self, schema: &Arc<Schema>) -> Result<()> {
        if self.in_memory {
            return self.prepare_in_memory(schema);
        }
        let wanted = statements(schema)?.concat();
        if self.meta("schema")?.is_none() {
            self.begin()?;
            match self.make_tables(&wanted) {
                Ok(()) => self.commit()?,
                Err(error) => return self.failed(error),
            }
        }
        if self.meta("schema")?.as_ref() != Some(&wanted) {
            return Err(StoreError::Other(
                "it was made by another project, or by another version of the entities".into(),
            ));
        }
        self.tables = demand::Tables::all(schema);
        self.schema = Arc::clone(schema);
        Ok(())
    }

    fn begin_migration(&mut self) -> Result<()> {
        // SQLite obeys this only outside of transactions.
        self.run("PRAGMA foreign_keys = OFF")?;
        if let Err(error) = self.begin() {
            self.run("PRAGMA foreign_keys = ON")?;
            return Err(error);
        }
        self.before = Some((Arc::clone(&self.schema), self.tables.clone()));
        Ok(())
    }

    fn migrate(&mut self, to: &Arc<Schema>, changes: &[TableChange]) -> Result<()> {
        self.writable()?;
        self.change_schema(to, changes)
    }

    fn version(&mut self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn begin(&mut self) -> Result<()> {
        if self.open {
            return Err(StoreError::Io("a transaction within a transaction".into()));
        }
        if !self.connection.is_autocommit() {
            // It could not be rolled back when its turn was.
            self.run("ROLLBACK")?;
        }
        self.heal()?;
        self.run("BEGIN IMMEDIATE")?;
        self.open = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.writable()?;
        if let Err(error) = self.run("COMMIT") {
            self.is_scarred = matches!(error, StoreError::Io(_));
            let answer = self.failed(error);
            // If not now, then before the next transaction.
            let _ = self.heal();
            return answer;
        }
        (self.open, self.savepoints) = (false, 0);
        self.tables.commit();
        if self.before.take().is_some() { self.run("PRAGMA foreign_keys = ON") } else { Ok(()) }
    }

    fn rollback(&mut self) -> Result<()> {
        (self.open, self.savepoints) = (false, 0);
        self.tables.undo(0);
        let undone = if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") };
        let Some((schema, tables)) = self.before.take() else { return undone };
        (self.schema, self.tables) = (schema, tables);
        undone.and(self.run("PRAGMA foreign_keys = ON"))
    }

    fn savepoint(&mut self) -> Result<Savepoint> {
        self.writable()?;
        self.savepoints += 1;
        self.run(&format!("SAVEPOINT s{}", self.savepoints))?;
        Ok(Savepoint(self.savepoints))
    }

    fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.run(&format!("RELEASE s{}", savepoint.0))?;
        self.savepoints = savepoint.0.saturating_sub(1);
        self.tables.release(self.savepoints);
        Ok(())
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        self.run(&format!("ROLLBACK TO s{}", savepoint.0))?;
        self.tables.undo(savepoint.0);
        self.release(savepoint)
    }

    fn meta(&mut self, key: &str) -> Result<Option<String>> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM abide_meta WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        self.writable()?;
        let sql = "INSERT INTO abide_meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        self.connection.prepare_cached(sql)?.execute([key, value])?;
        Ok(())
    }

    fn put_build(&mut self, hash: &str, bytes: &[u8]) -> Result<()> {
        self.writable()?;
        let sql = "INSERT INTO abide_build (hash, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = ?2";
        self.connection.prepare_cached(sql)?.execute(params![hash, bytes])?;
        Ok(())
    }

    fn builds(&mut self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached("SELECT hash FROM abide_build ORDER BY hash")?;
        let found = statement.query_map([], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn remove_build(&mut self, hash: &str) -> Result<()> {
        self.writable()?;
        self.connection.prepare_cached("DELETE FROM abide_build WHERE hash = ?1")?.execute([hash])?;
        Ok(())
    }

    fn metas(&mut self, prefix: &str) -> Result<Vec<(String, String)>> {
        let sql = "SELECT key, value FROM abide_meta WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn remove_meta(&mut self, key: &str) -> Result<()> {
        self.writable()?;
        self.connection.prepare_cached("DELETE FROM abide_meta WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    fn build(&mut self, hash: &str) -> Result<Option<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached("SELECT bytes FROM abide_build WHERE hash = ?1")?;
        Ok(statement.query_row([hash], |row| row.get(0)).optional()?)
    }

    fn count_up(&mut self, counter: &str) -> Result<i64> {
        self.writable()?;
        let sql = "INSERT INTO abide_counter (name, value) VALUES (?1, 1) \
                   ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value";
        Ok(self.connection.prepare_cached(sql)?.query_row([counter], |row| row.get(0))?)
    }

    fn counter(&mut self, counter: &str) -> Result<i64> {
        let sql = "SELECT value FROM abide_counter WHERE name = ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([counter], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    fn raise_counter(&mut self, counter: &str, to: i64) -> Result<()> {
        self.writable()?;
        let sql = "INSERT INTO abide_counter (name, value) VALUES (?1, ?2) \
                   ON CONFLICT DO UPDATE SET value = max(value, ?2)";
        self.connection.prepare_cached(sql)?.execute(params![counter, to])?;
        Ok(())
    }

    fn insert(&mut self, entity: EntityIdx, row: &[Value]) -> Result<()> {
        self.writable()?;
        self.need_table(entity)?;
        self.insert_row(entity, row)
    }

    fn update(&mut self, record: RecordRef, writes: &[(FieldIdx, Value)]) -> Result<()> {
        self.writable()?;
        self.update_row(record, writes)
    }

    fn delete(&mut self, record: RecordRef) -> Result<()> {
        self.writable()?;
        self.delete_row(record)
    }

    fn get(&mut self, record: RecordRef) -> Result<Option<Row>> {
        self.get_row(record)
    }

    fn candidates(&mut self, entity: EntityIdx, conditions: &[Condition], after: i64, limit: u32) -> Result<Vec<i64>> {
        self.select_ids(entity, conditions, after, limit)
    }

    fn count(&mut self, entity: EntityIdx, conditions: &[Condition]) -> Result<i64> {
        self.count_rows(entity, conditions)
    }

    fn put_instance(&mut self, instance: &Instance) -> Result<()> {
        self.writable()?;
        self.write_instance(instance)
    }

    fn instance(&mut self, id: i64) -> Result<Option<Instance>> {
        self.read_instance(id)
    }

    fn delete_instance(&mut self, id: i64) -> Result<()> {
        self.subscribe(id, &[])?;
        self.clear_mailbox(id)?;
        self.connection.prepare_cached("DELETE FROM abide_instance WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    fn instances(&mut self, filter: &InstanceFilter) -> Result<Vec<Instance>> {
        self.find_instances(filter)
    }

    fn instance_ids(&mut self, filter: &InstanceFilter, after: i64, limit: u32) -> Result<Vec<i64>> {
        self.find_instance_ids(filter, after, limit)
    }

    fn running(&mut self, process: &str, slot: &str) -> Result<u32> {
        self.count_running(process, slot)
    }

    fn first_queued(&mut self, process: &str, slot: &str) -> Result<Option<i64>> {
        self.find_first_queued(process, slot)
    }

    fn of_slot(&mut self, process: &str, slot: &str) -> Result<Vec<i64>> {
        self.find_of_slot(process, slot)
    }

    fn count_instances(&mut self, filter: &InstanceFilter) -> Result<i64> {
        self.number_of_instances(filter)
    }

    fn next_ready(&mut self) -> Result<Option<i64>> {
        let sql = "SELECT id FROM abide_instance WHERE queue IS NOT NULL ORDER BY queue LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?)
    }

    fn next_due(&mut self) -> Result<Option<(i64, i64)>> {
        let sql = "SELECT due, id FROM abide_instance WHERE due IS NOT NULL ORDER BY due, id LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    fn subscribe(&mut self, instance: i64, to: &[Subscription]) -> Result<()> {
        self.writable()?;
        self.write_subscriptions(instance, to)
    }

    fn subscriptions(&mut self, instance: i64) -> Result<Vec<Subscription>> {
        self.read_subscriptions(instance)
    }

    fn subscribers(&mut self, of: Subscription) -> Result<Vec<i64>> {
        self.find_subscribers(of)
    }

    fn field_subscribers(&mut self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>> {
        self.find_field_subscribers(record)
    }

    fn put_mail(&mut self, mail: &Mail) -> Result<()> {
        self.writable()?;
        self.write_mail(mail)
    }

    fn next_mail(&mut self, instance: i64, signal: &str, after: i64) -> Result<Option<Mail>> {
        self.find_mail(instance, signal, after)
    }

    fn mailbox(&mut self, instance: i64) -> Result<Vec<Mail>> {
        self.read_mailbox(instance)
    }

    fn mailbox_size(&mut self, instance: i64) -> Result<usize> {
        self.count_mail(instance)
    }

    fn remove_mail(&mut self, key: i64) -> Result<()> {
        self.writable()?;
        self.connection.prepare_cached("DELETE FROM abide_mail WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    fn clear_mailbox(&mut self, instance: i64) -> Result<()> {
        self.writable()?;
        self.connection.prepare_cached("DELETE FROM abide_mail WHERE instance = ?1")?.execute([instance])?;
        Ok(())
    }

    fn note_start(&mut self, start: &CausedStart) -> Result<()> {
        self.writable()?;
        self.write_start(start)
    }

    fn starts_since(&mut self, process: &str, record: RecordRef, since: i64) -> Result<u32> {
        self.writable()?;
        self.count_starts(process, record, since)
    }

    fn append_log(&mut self, entry: &LogEntry) -> Result<i64> {
        self.writable()?;
        self.write_log(entry)
    }

    fn last_log(&mut self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT coalesce(max(key), 0) FROM abide_log")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn log(&mut self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        self.read_log(after, instance, limit)
    }

    fn log_of(&mut self, record: RecordRef, after: i64, limit: u32) -> Result<Vec<LogEntry>> {
        self.read_log_of(record, after, limit)
    }

    fn forget_lines(&mut self, instance: i64, before: i64, limit: u32) -> Result<u32> {
        self.writable()?;
        self.delete_lines_of(instance, before, limit)
    }

    fn sweep_log(&mut self, sweep: Sweep, after: i64, before: i64, limit: u32) -> Result<Option<i64>> {
        self.writable()?;
        self.delete_lines(sweep, after, before, limit)
    }

    fn instance_builds(&mut self, after: i64, limit: u32) -> Result<Vec<(i64, String)>> {
        let sql = "SELECT id, build FROM abide_instance WHERE id > ?1 ORDER BY id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn damage(&mut self) -> Result<Vec<String>> {
        self.find_damage()
    }
}
