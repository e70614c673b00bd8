//! The store in one SQLite file: WAL, every commit on disk, one statement cache, plain tables that people can read. In
//! memory, where nobody else reads, a table is made with its first row.

mod backup;
mod behind;
mod builds;
mod bulk;
mod changes;
mod check;
mod columns;
mod counters;
mod demand;
mod front;
mod hold;
mod instances;
mod jobs;
mod log;
mod mail;
mod migrate;
mod queries;
mod records;
mod register;
mod repeated;
mod resident;
mod setup;
mod states;
mod sweep;
mod tables;
mod tail;
mod undo;
mod updates;
mod watches;

use std::{ops::RangeInclusive, path::Path, sync::Arc};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
};

use super::{
    CausedStart, Condition, Instance, InstanceFilter, Job, LogEntry, Mail, Result, Row, Savepoint, Schema, Store,
    StoreError, Subscription, Sweep, TableChange, UndoNote,
};

pub use backup::{backup, backup_on};
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
    /// How many of the savepoints are open in the file.
    opened: u32,
    /// The numbers that were counted for records and instances in the open transaction.
    fresh: Option<RangeInclusive<i64>>,
    lines: log::Lines,
    counters: counters::Counters,
    updates: updates::Updates,
    numbers: builds::Numbers,
    residents: resident::Residents,
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
        Self::of(setup::look_at(path)?, None)
    }

    fn connect(connection: rusqlite::Result<Connection>, path: &Path, hold: Option<hold::Hold>) -> Result<Self> {
        setup::refuse_folder(path)?;
        let connection = connection.map_err(|error| StoreError::Io(format!("{}: {error}", path.display())))?;
        setup::set_up(&connection, path)?;
        Self::of(connection, hold)
    }

    fn of(connection: Connection, hold: Option<hold::Hold>) -> Result<Self> {
        setup::tune(&connection)?;
        Ok(Self {
            in_memory: connection.path().is_none_or(str::is_empty),
            connection,
            schema: Arc::default(),
            tables: demand::Tables::default(),
            open: false,
            savepoints: 0,
            is_scarred: false,
            opened: 0,
            fresh: None,
            lines: log::Lines::default(),
            counters: counters::Counters::default(),
            updates: updates::Updates::default(),
            numbers: builds::Numbers::default(),
            residents: resident::Residents::default(),
            before: None,
            _hold: hold,
        })
    }

    /// What is known of the file may not be so any more.
    fn forget(&mut self) {
        self.residents.clear();
        self.numbers.clear();
        self.counters.forget();
        self.lines.forget();
        self.updates.forget();
    }

    /// A store in memory, gone when it is dropped.
    pub fn open_in_memory() -> Result<Self> {
        Self::open(Path::new(":memory:"))
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn read_version(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
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

    /// The transaction is over.
    fn close(&mut self) {
        (self.open, self.savepoints, self.opened, self.fresh) = (false, 0, 0, None);
        self.lines.clear();
        self.updates.clear();
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
        self.forget();
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
        self.writing()?;
        self.write_behind()?;
        self.forget();
        self.change_schema(to, changes)
    }

    fn version(&mut self) -> Result<i64> {
        if self.open { Ok(self.residents.version()) } else { self.read_version() }
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
        match self.read_version() {
            Ok(version) => {
                if self.residents.begin(version) {
                    self.forget();
                }
                Ok(())
            }
            Err(error) => self.failed(error),
        }
    }

    fn commit(&mut self) -> Result<()> {
        self.writable()?;
        self.savepoints = self.opened;
        if let Err(error) = self.write_behind().and_then(|()| self.run("COMMIT")) {
            self.is_scarred = matches!(error, StoreError::Io(_));
            let answer = self.failed(error);
            // If not now, then before the next transaction.
            let _ = self.heal();
            return answer;
        }
        self.close();
        self.residents.commit();
        self.counters.commit();
        self.tables.commit();
        if self.before.take().is_some() { self.run("PRAGMA foreign_keys = ON") } else { Ok(()) }
    }

    fn rollback(&mut self) -> Result<()> {
        self.close();
        self.forget();
        self.tables.undo(0);
        let undone = if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") };
        let Some((schema, tables)) = self.before.take() else { return undone };
        (self.schema, self.tables) = (schema, tables);
        undone.and(self.run("PRAGMA foreign_keys = ON"))
    }

    fn savepoint(&mut self) -> Result<Savepoint> {
        self.open_savepoint()
    }

    fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.release_savepoint(savepoint.0)
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        self.undo_savepoint(savepoint.0)
    }

    fn meta(&mut self, key: &str) -> Result<Option<String>> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM abide_meta WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        self.writing()?;
        let sql = "INSERT INTO abide_meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        self.connection.prepare_cached(sql)?.execute([key, value])?;
        Ok(())
    }

    fn put_build(&mut self, hash: &str, bytes: &[u8]) -> Result<()> {
        self.writing()?;
        self.write_build(hash, bytes)
    }

    fn builds(&mut self) -> Result<Vec<String>> {
        self.read_builds()
    }

    fn remove_build(&mut self, hash: &str) -> Result<()> {
        self.writing()?;
        self.delete_build(hash)
    }

    fn metas(&mut self, prefix: &str) -> Result<Vec<(String, String)>> {
        let sql = "SELECT key, value FROM abide_meta WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn remove_meta(&mut self, key: &str) -> Result<()> {
        self.writing()?;
        self.connection.prepare_cached("DELETE FROM abide_meta WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    fn build(&mut self, hash: &str) -> Result<Option<Vec<u8>>> {
        self.read_build(hash)
    }

    fn count_up(&mut self, counter: &str) -> Result<i64> {
        self.writable()?;
        let next = self.set_counter(counter, |last| last + 1)?;
        if counter == "id" {
            self.fresh = Some(self.fresh.take().map_or(next..=next, |fresh| *fresh.start().min(&next)..=next));
        }
        Ok(next)
    }

    fn counter(&mut self, counter: &str) -> Result<i64> {
        self.read_counter(counter)
    }

    fn raise_counter(&mut self, counter: &str, to: i64) -> Result<()> {
        self.writable()?;
        self.set_counter(counter, |last| last.max(to))?;
        Ok(())
    }

    fn insert(&mut self, entity: EntityIdx, row: &[Value]) -> Result<()> {
        self.writing()?;
        self.need_table(entity)?;
        self.insert_row(entity, row)?;
        if let Some(Value::Int(id)) = row.first() {
            self.updates.note_present(RecordRef { entity, id: *id });
        }
        Ok(())
    }

    fn update(&mut self, record: RecordRef, writes: &[(FieldIdx, Value)]) -> Result<()> {
        self.update_record(record, writes)
    }

    fn delete(&mut self, record: RecordRef) -> Result<()> {
        self.writing()?;
        self.write_updates_of(record)?;
        self.updates.note_gone(record);
        self.delete_row(record)
    }

    fn get(&mut self, record: RecordRef) -> Result<Option<Row>> {
        self.write_updates_of(record)?;
        let row = self.get_row(record)?;
        if self.open && row.is_some() {
            self.updates.note_present(record);
        }
        Ok(row)
    }

    fn get_many(&mut self, entity: EntityIdx, ids: &[i64]) -> Result<Vec<(i64, Row)>> {
        self.write_updates_behind()?;
        let rows = self.get_rows(entity, ids)?;
        if self.open {
            rows.iter().for_each(|(id, _)| self.updates.note_present(RecordRef { entity, id: *id }));
        }
        Ok(rows)
    }

    fn candidates(&mut self, entity: EntityIdx, conditions: &[Condition], after: i64, limit: u32) -> Result<Vec<i64>> {
        self.write_updates_behind()?;
        self.select_ids(entity, conditions, after, limit)
    }

    fn earliest(&mut self, entity: EntityIdx, field: FieldIdx) -> Result<Option<(i64, i64)>> {
        self.write_updates_behind()?;
        self.select_earliest(entity, field)
    }

    fn count(&mut self, entity: EntityIdx, conditions: &[Condition]) -> Result<i64> {
        self.write_updates_behind()?;
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
        self.remove_instance(id)
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

    fn is_in_use(&mut self, build: &str) -> Result<bool> {
        self.has_live_of(build)
    }

    fn count_instances(&mut self, filter: &InstanceFilter) -> Result<i64> {
        self.number_of_instances(filter)
    }

    fn next_ready(&mut self) -> Result<Option<i64>> {
        self.first_ready()
    }

    fn next_due(&mut self) -> Result<Option<(i64, i64)>> {
        self.first_due()
    }

    fn subscribe(&mut self, instance: i64, to: &[Subscription]) -> Result<()> {
        self.writable()?;
        self.set_subscriptions(instance, to)
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
        self.writing()?;
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
        self.writing()?;
        self.connection.prepare_cached("DELETE FROM abide_mail WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    fn clear_mailbox(&mut self, instance: i64) -> Result<()> {
        self.writable()?;
        if self.count_mail(instance)? > 0 {
            self.writing()?;
            self.connection.prepare_cached("DELETE FROM abide_mail WHERE instance = ?1")?.execute([instance])?;
        }
        Ok(())
    }

    fn put_job(&mut self, job: &Job) -> Result<()> {
        self.writing()?;
        self.write_job(job)
    }

    fn job(&mut self, instance: i64) -> Result<Option<Job>> {
        self.find_job(instance)
    }

    fn remove_job(&mut self, instance: i64) -> Result<()> {
        self.writing()?;
        self.delete_job(instance)
    }

    fn due_jobs(&mut self, queue: &str, until: i64, limit: u32) -> Result<Vec<Job>> {
        self.find_due_jobs(queue, until, limit)
    }

    fn lapsed_jobs(&mut self, until: i64, limit: u32) -> Result<Vec<Job>> {
        self.find_lapsed_jobs(until, limit)
    }

    fn queues(&mut self) -> Result<Vec<(String, i64, i64)>> {
        self.count_jobs()
    }

    fn put_undo(&mut self, note: &UndoNote) -> Result<()> {
        self.writing()?;
        self.write_undo(note)
    }

    fn last_undo(&mut self, instance: i64, after: i64) -> Result<Option<UndoNote>> {
        self.read_last_undo(instance, after)
    }

    fn undo_notes(&mut self, instance: i64) -> Result<Vec<UndoNote>> {
        self.read_undo(instance)
    }

    fn move_undo(&mut self, from: i64, to: i64) -> Result<()> {
        self.writing()?;
        self.connection
            .prepare_cached("UPDATE abide_undo SET instance = ?2 WHERE instance = ?1")?
            .execute([from, to])?;
        Ok(())
    }

    fn clear_undo(&mut self, instance: i64, after: i64) -> Result<()> {
        self.writing()?;
        self.connection
            .prepare_cached("DELETE FROM abide_undo WHERE instance = ?1 AND key > ?2")?
            .execute([instance, after])?;
        Ok(())
    }

    fn remove_undo(&mut self, key: i64) -> Result<()> {
        self.writing()?;
        self.connection.prepare_cached("DELETE FROM abide_undo WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    fn note_start(&mut self, start: &CausedStart) -> Result<()> {
        self.writing()?;
        self.write_start(start)
    }

    fn starts_since(&mut self, process: &str, record: RecordRef, since: i64) -> Result<u32> {
        self.writing()?;
        self.count_starts(process, record, since)
    }

    fn append_log(&mut self, entry: LogEntry) -> Result<i64> {
        self.writable()?;
        self.append_line(entry)
    }

    fn last_log(&mut self) -> Result<i64> {
        self.last_key()
    }

    fn log(&mut self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        self.read_log(after, instance, limit)
    }

    fn log_of(&mut self, record: RecordRef, after: i64, limit: u32) -> Result<Vec<LogEntry>> {
        self.read_log_of(record, after, limit)
    }

    fn forget_lines(&mut self, instance: i64, before: i64, limit: u32) -> Result<u32> {
        self.writing()?;
        self.write_lines_behind()?;
        self.lines.recent.forget();
        self.delete_lines_of(instance, before, limit)
    }

    fn sweep_log(&mut self, sweep: Sweep, after: i64, before: i64, limit: u32) -> Result<Option<i64>> {
        self.writing()?;
        self.write_behind()?;
        self.lines.recent.forget();
        self.delete_lines(sweep, after, before, limit)
    }

    fn instance_builds(&mut self, after: i64, limit: u32) -> Result<Vec<(i64, String)>> {
        self.write_instances_behind()?;
        let sql = "SELECT i.id, b.hash FROM abide_instance i JOIN abide_build b ON b.number = i.build \
                   WHERE i.id > ?1 ORDER BY i.id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn damage(&mut self) -> Result<Vec<String>> {
        self.write_behind()?;
        self.find_damage()
    }
}
