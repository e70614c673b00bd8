//! A store that comes to its end after a number of writes.
//!
//! A write is a call of the store that may change something: the beginning and the end of a transaction or savepoint, a
//! row, a counter, a line of the log, a setting, a table. Nearly all of them stand within a transaction of the file.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use abide::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
    engine::store::{
        CausedStart, Condition, Instance, InstanceFilter, Job, LogEntry, Mail, Row, Savepoint, Schema, Store,
        StoreError, Subscription, Sweep, TableChange, UndoNote, sqlite::SqliteStore,
    },
};

type Result<T> = std::result::Result<T, StoreError>;

/// What a process says when its last write is done and it waits to be killed.
pub(super) const LAST_WORD: &str = "waiting to be killed";

/// Writes that were done.
#[derive(Debug, Default)]
pub(super) struct Writes {
    pub(super) all: AtomicU64,
    /// With a transaction open afterwards.
    pub(super) inside: AtomicU64,
}

/// A store that does so many writes.
pub(super) struct Mortal {
    inner: SqliteStore,
    writes: Arc<Writes>,
    last: u64,
    is_open: bool,
}

impl Mortal {
    /// After its last write it says its last word, and waits for the death of the process.
    pub(super) fn new(inner: SqliteStore, last: u64) -> Self {
        Self { inner, writes: Arc::default(), last, is_open: false }
    }

    /// A store that only counts.
    pub(super) fn counting(inner: SqliteStore, writes: &Arc<Writes>) -> Self {
        Self { inner, writes: Arc::clone(writes), last: u64::MAX, is_open: false }
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut SqliteStore) -> Result<T>) -> Result<T> {
        let answer = work(&mut self.inner);
        self.writes.inside.fetch_add(u64::from(self.is_open), Ordering::Relaxed);
        if self.writes.all.fetch_add(1, Ordering::Relaxed) + 1 == self.last {
            println!("{LAST_WORD}");
            std::io::stdout().flush().unwrap();
            loop {
                thread::park();
            }
        }
        answer
    }

    fn opens<T>(&mut self, work: impl FnOnce(&mut SqliteStore) -> Result<T>) -> Result<T> {
        self.is_open = true;
        self.write(work)
    }

    fn closes<T>(&mut self, work: impl FnOnce(&mut SqliteStore) -> Result<T>) -> Result<T> {
        self.is_open = false;
        self.write(work)
    }

    fn read<T>(&mut self, work: impl FnOnce(&mut SqliteStore) -> Result<T>) -> Result<T> {
        work(&mut self.inner)
    }
}

/// Hands the methods on, as reads or as writes.
macro_rules! hand_on {
    ($($how:ident $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        $(fn $name(&mut self, $($arg: $ty),*) -> Result<$out> { self.$how(|store| store.$name($($arg),*)) })*
    };
}

impl Store for Mortal {
    hand_on! {
        write prepare(schema: &Arc<Schema>) -> ();
        write migrate(to: &Arc<Schema>, changes: &[TableChange]) -> ();
        opens begin_migration() -> ();
        read instance_ids(filter: &InstanceFilter, after: i64, limit: u32) -> Vec<i64>;
        read damage() -> Vec<String>;
        read version() -> i64;
        opens begin() -> ();
        closes commit() -> ();
        closes rollback() -> ();
        write savepoint() -> Savepoint;
        write release(savepoint: Savepoint) -> ();
        write rollback_to(savepoint: Savepoint) -> ();
        read meta(key: &str) -> Option<String>;
        write set_meta(key: &str, value: &str) -> ();
        write put_build(hash: &str, bytes: &[u8]) -> ();
        read builds() -> Vec<String>;
        write remove_build(hash: &str) -> ();
        read metas(prefix: &str) -> Vec<(String, String)>;
        write remove_meta(key: &str) -> ();
        read build(hash: &str) -> Option<Vec<u8>>;
        write count_up(counter: &str) -> i64;
        read counter(counter: &str) -> i64;
        write raise_counter(counter: &str, to: i64) -> ();
        write insert(entity: EntityIdx, row: &[Value]) -> ();
        write update(record: RecordRef, writes: &[(FieldIdx, Value)]) -> ();
        write delete(record: RecordRef) -> ();
        read get(record: RecordRef) -> Option<Row>;
        read candidates(entity: EntityIdx, conditions: &[Condition], after: i64, limit: u32) -> Vec<i64>;
        read earliest(entity: EntityIdx, field: FieldIdx) -> Option<(i64, i64)>;
        read count(entity: EntityIdx, conditions: &[Condition]) -> i64;
        write put_instance(instance: &Instance) -> ();
        read instance(id: i64) -> Option<Instance>;
        write delete_instance(id: i64) -> ();
        read instances(filter: &InstanceFilter) -> Vec<Instance>;
        read running(process: &str, slot: &str) -> u32;
        read first_queued(process: &str, slot: &str) -> Option<i64>;
        read of_slot(process: &str, slot: &str) -> Vec<i64>;
        read count_instances(filter: &InstanceFilter) -> i64;
        read next_ready() -> Option<i64>;
        read next_due() -> Option<(i64, i64)>;
        write subscribe(instance: i64, to: &[Subscription]) -> ();
        read subscriptions(instance: i64) -> Vec<Subscription>;
        read subscribers(of: Subscription) -> Vec<i64>;
        read field_subscribers(record: RecordRef) -> Vec<(FieldIdx, i64)>;
        write put_mail(mail: &Mail) -> ();
        read next_mail(instance: i64, signal: &str, after: i64) -> Option<Mail>;
        read mailbox(instance: i64) -> Vec<Mail>;
        read mailbox_size(instance: i64) -> usize;
        write put_job(job: &Job) -> ();
        read job(instance: i64) -> Option<Job>;
        write remove_job(instance: i64) -> ();
        read due_jobs(queue: &str, until: i64, limit: u32) -> Vec<Job>;
        read lapsed_jobs(until: i64, limit: u32) -> Vec<Job>;
        read queues() -> Vec<(String, i64, i64)>;
        write remove_mail(key: i64) -> ();
        write clear_mailbox(instance: i64) -> ();
        write put_undo(note: &UndoNote) -> ();
        read last_undo(instance: i64, after: i64) -> Option<UndoNote>;
        read undo_notes(instance: i64) -> Vec<UndoNote>;
        write move_undo(from: i64, to: i64) -> ();
        write clear_undo(instance: i64, after: i64) -> ();
        write remove_undo(key: i64) -> ();
        write note_start(start: &CausedStart) -> ();
        write starts_since(process: &str, record: RecordRef, since: i64) -> u32;
        write append_log(entry: LogEntry) -> i64;
        read last_log() -> i64;
        read log(after: i64, instance: Option<i64>, limit: u32) -> Vec<LogEntry>;
        read is_in_use(build: &str) -> bool;
        read log_of(record: RecordRef, after: i64, limit: u32) -> Vec<LogEntry>;
        write forget_lines(instance: i64, before: i64, limit: u32) -> u32;
        write sweep_log(sweep: Sweep, after: i64, before: i64, limit: u32) -> Option<i64>;
        read instance_builds(after: i64, limit: u32) -> Vec<(i64, String)>;
    }
}
