//! The store: records, instances, what wakes them, and the log, behind one blocking trait.
//!
//! A store belongs to one project and one writer. Everything but reading happens between [`Store::begin`] and
//! [`Store::commit`]; savepoints nest within. Both implementations pass the same conformance suite, byte for byte
//! where something can be seen from outside.

pub mod asks;
pub mod codec;
pub mod compare;
mod kept;
pub mod memory;
pub(in crate::engine) mod migrate;
pub mod model;
pub mod schema;
pub mod sqlite;

use std::{fmt, sync::Arc};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::{module::CompareOp, types::FieldIdx},
    diag::{codes, diagnostic::Code},
};

pub use asks::{Asks, EarlierPage};
pub use model::{
    Branch, Branches, CausedStart, Change, Instance, InstanceFilter, Job, LogEntry, LogKind, Mail, Source, Status,
    StoredFault, Subscription, Sweep, TableChange, UndoNote,
};
pub use schema::Schema;

/// The format of stores that this program reads and writes.
pub const FORMAT: u16 = 10;

/// The fields of a record in order; 0 is `id`.
pub type Row = Vec<Value>;

/// What is wrong with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// It cannot be opened, read or written.
    Io(String),
    /// Another program has it now.
    InUse(String),
    /// What it holds cannot be what this program wrote.
    Damaged(String),
    /// The file is something else.
    NotAStore(String),
    /// It has a format that this program does not know.
    Format(u16),
    /// It belongs to something else: another project, the other clock, another version of the schema.
    Other(String),
    /// A row breaks a key or a foreign key that the engine should have checked.
    Constraint(String),
    /// A request does not fit the schema.
    Schema(String),
    /// What shall be taken in was not written by this program, or for another build.
    Export(String),
}

impl StoreError {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            StoreError::Export(_) => codes::E0917,
            StoreError::Io(_) => codes::E0918,
            StoreError::InUse(_) => codes::E0922,
            StoreError::Damaged(_) | StoreError::Constraint(_) | StoreError::Schema(_) => codes::E0919,
            StoreError::Format(_) => codes::E0905,
            StoreError::NotAStore(_) | StoreError::Other(_) => codes::E0920,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Io(m) => write!(f, "the store cannot be used: {m}"),
            StoreError::InUse(m) => write!(f, "the store is in use: {m}"),
            StoreError::Damaged(m) => write!(f, "the store is damaged: {m}"),
            StoreError::Format(found) => {
                write!(f, "the store has format {found}, this program knows format {FORMAT}")
            }
            StoreError::NotAStore(m) => write!(f, "the file is no store: {m}"),
            StoreError::Other(m) => write!(f, "the store does not fit: {m}"),
            StoreError::Constraint(m) => write!(f, "the store refused a row: {m}"),
            StoreError::Schema(m) => write!(f, "the request does not fit the store's tables: {m}"),
            StoreError::Export(m) => f.write_str(m),
        }
    }
}

impl std::error::Error for StoreError {}

/// What the store answers with.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// `path op argument` on the records of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Reference fields from the entity on, then the compared field.
    pub path: Vec<FieldIdx>,
    /// The comparison.
    pub op: CompareOp,
    /// The other side; of no meaning for `IsNone` and `IsPresent`.
    pub argument: Value,
}

impl Condition {
    /// `field == value`.
    #[must_use]
    pub fn equal(field: FieldIdx, value: Value) -> Self {
        Self { path: vec![field], op: CompareOp::Equal, argument: value }
    }
}

/// An open savepoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Savepoint(pub u32);

/// A record and process store. See the module's documentation.
pub trait Store: Send {
    /// The tables of the entities: creates them in an empty store, else checks that they are these.
    fn prepare(&mut self, schema: &Arc<Schema>) -> Result<()>;

    /// Begins a transaction in which [`Store::migrate`] may be called.
    fn begin_migration(&mut self) -> Result<()>;
    /// Changes the tables to those of another build, once in such a transaction. It is undone with the transaction.
    fn migrate(&mut self, to: &Arc<Schema>, changes: &[TableChange]) -> Result<()>;
    /// A number that is another one when another program has written to the store.
    fn version(&mut self) -> Result<i64>;

    /// Begins the transaction.
    fn begin(&mut self) -> Result<()>;
    /// Makes it durable.
    fn commit(&mut self) -> Result<()>;
    /// Undoes it.
    fn rollback(&mut self) -> Result<()>;
    /// Begins a part of the transaction that can be undone by itself.
    fn savepoint(&mut self) -> Result<Savepoint>;
    /// Keeps what was done since, as part of what is around it.
    fn release(&mut self, savepoint: Savepoint) -> Result<()>;
    /// Undoes what was done since and ends the savepoint.
    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()>;

    /// A setting of the store, such as `project`.
    fn meta(&mut self, key: &str) -> Result<Option<String>>;
    /// Writes a setting.
    fn set_meta(&mut self, key: &str, value: &str) -> Result<()>;
    /// Keeps a build under its hash.
    fn put_build(&mut self, hash: &str, bytes: &[u8]) -> Result<()>;
    /// The hashes of all builds.
    fn builds(&mut self) -> Result<Vec<String>>;
    /// Removes a build.
    fn remove_build(&mut self, hash: &str) -> Result<()>;
    /// Settings whose names begin like this, in order of their names.
    fn metas(&mut self, prefix: &str) -> Result<Vec<(String, String)>>;
    /// Removes a setting.
    fn remove_meta(&mut self, key: &str) -> Result<()>;
    /// The build of this hash.
    fn build(&mut self, hash: &str) -> Result<Option<Vec<u8>>>;
    /// Counts up and gives the new number, from 1. Counters are undone with the transaction. `id` gives the
    /// identities of records and instances.
    fn count_up(&mut self, counter: &str) -> Result<i64>;

    /// The number that a counter gave last; 0 if none.
    fn counter(&mut self, counter: &str) -> Result<i64>;

    /// Makes a counter at least this number.
    fn raise_counter(&mut self, counter: &str, to: i64) -> Result<()>;

    /// Adds a record; field 0 holds its id.
    fn insert(&mut self, entity: EntityIdx, row: &[Value]) -> Result<()>;
    /// Writes some fields of a record.
    fn update(&mut self, record: RecordRef, writes: &[(FieldIdx, Value)]) -> Result<()>;
    /// Removes a record.
    fn delete(&mut self, record: RecordRef) -> Result<()>;
    /// A record, if it exists.
    fn get(&mut self, record: RecordRef) -> Result<Option<Row>>;
    /// The records of an entity that exist among these, in any order.
    fn get_many(&mut self, entity: EntityIdx, ids: &[i64]) -> Result<Vec<(i64, Row)>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(self.get(RecordRef { entity, id: *id })?.map(|row| (*id, row)));
        }
        Ok(found)
    }
    /// Ids greater than `after` of records for which all conditions hold, ascending, at most `limit`.
    fn candidates(&mut self, entity: EntityIdx, conditions: &[Condition], after: i64, limit: u32) -> Result<Vec<i64>>;
    /// The record with the least moment in a field, and that moment; of those with the same moment the first.
    fn earliest(&mut self, entity: EntityIdx, field: FieldIdx) -> Result<Option<(i64, i64)>>;
    /// How many records there are for which all conditions hold.
    fn count(&mut self, entity: EntityIdx, conditions: &[Condition]) -> Result<i64>;

    /// Writes an instance, new or known.
    fn put_instance(&mut self, instance: &Instance) -> Result<()>;
    /// An instance, if it exists.
    fn instance(&mut self, id: i64) -> Result<Option<Instance>>;
    /// Removes an instance with its mailbox, its undo blocks and what would wake it.
    fn delete_instance(&mut self, id: i64) -> Result<()>;
    /// Instances in order of id.
    fn instances(&mut self, filter: &InstanceFilter) -> Result<Vec<Instance>>;
    /// The ids of instances greater than `after`, ascending, at most `limit`.
    fn instance_ids(&mut self, filter: &InstanceFilter, after: i64, limit: u32) -> Result<Vec<i64>>;
    /// How many instances have this slot and are not queued.
    fn running(&mut self, process: &str, slot: &str) -> Result<u32>;
    /// The queued instance of this slot that was started first.
    fn first_queued(&mut self, process: &str, slot: &str) -> Result<Option<i64>>;
    /// The instances that have this slot, queued or not, ascending.
    fn of_slot(&mut self, process: &str, slot: &str) -> Result<Vec<i64>>;
    /// Whether a live instance is of this build; as quick, however many there are.
    fn is_in_use(&mut self, build: &str) -> Result<bool>;
    /// How many instances there are.
    fn count_instances(&mut self, filter: &InstanceFilter) -> Result<i64>;
    /// The first of the ready queue.
    fn next_ready(&mut self) -> Result<Option<i64>>;
    /// The earliest moment that something is due, and which instance.
    fn next_due(&mut self) -> Result<Option<(i64, i64)>>;

    /// What wakes the instance from now on, instead of what did before.
    fn subscribe(&mut self, instance: i64, to: &[Subscription]) -> Result<()>;
    /// What wakes the instance, in order.
    fn subscriptions(&mut self, instance: i64) -> Result<Vec<Subscription>>;
    /// Who is woken by this, ascending.
    fn subscribers(&mut self, of: Subscription) -> Result<Vec<i64>>;
    /// Who is woken by fields of this record, with the field; ascending by field, then instance.
    fn field_subscribers(&mut self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>>;

    /// Puts a signal into the mailbox of its instance.
    fn put_mail(&mut self, mail: &Mail) -> Result<()>;
    /// The first signal of this name in the mailbox of an instance with a key greater than `after`.
    fn next_mail(&mut self, instance: i64, signal: &str, after: i64) -> Result<Option<Mail>>;
    /// The mailbox of an instance, in order.
    fn mailbox(&mut self, instance: i64) -> Result<Vec<Mail>>;
    /// How many signals the mailbox of an instance holds.
    fn mailbox_size(&mut self, instance: i64) -> Result<usize>;
    /// Takes a signal out of its mailbox.
    fn remove_mail(&mut self, key: i64) -> Result<()>;
    /// Empties the mailbox of an instance.
    fn clear_mailbox(&mut self, instance: i64) -> Result<()>;

    /// Writes a job, new or known.
    fn put_job(&mut self, job: &Job) -> Result<()>;
    /// The job of an instance, if it has one.
    fn job(&mut self, instance: i64) -> Result<Option<Job>>;
    /// Removes the job of an instance.
    fn remove_job(&mut self, instance: i64) -> Result<()>;
    /// Jobs of a queue that are due until a moment, ascending by that and by instance, at most `limit`.
    fn due_jobs(&mut self, queue: &str, until: i64, limit: u32) -> Result<Vec<Job>>;
    /// Jobs of any queue that somebody has taken and that are due until a moment, in the same order, at most `limit`.
    fn lapsed_jobs(&mut self, until: i64, limit: u32) -> Result<Vec<Job>>;
    /// The queues, with how many jobs each has and how many of these are taken.
    fn queues(&mut self) -> Result<Vec<(String, i64, i64)>>;
    /// Keeps an undo block.
    fn put_undo(&mut self, note: &UndoNote) -> Result<()>;
    /// The last undo block of an instance or branch with a greater key.
    fn last_undo(&mut self, instance: i64, after: i64) -> Result<Option<UndoNote>>;
    /// The undo blocks of an instance or branch, in order.
    fn undo_notes(&mut self, instance: i64) -> Result<Vec<UndoNote>>;
    /// Hands the undo blocks of a branch over.
    fn move_undo(&mut self, from: i64, to: i64) -> Result<()>;
    /// Forgets the undo blocks of an instance or branch with greater keys.
    fn clear_undo(&mut self, instance: i64, after: i64) -> Result<()>;
    /// Forgets an undo block.
    fn remove_undo(&mut self, key: i64) -> Result<()>;

    /// Notes a start for the loop guard.
    fn note_start(&mut self, start: &CausedStart) -> Result<()>;
    /// How many starts of the process on the record were noted since; forgets all that are older.
    fn starts_since(&mut self, process: &str, record: RecordRef, since: i64) -> Result<u32>;

    /// Adds a line to the log, whatever its key says, and gives its key.
    fn append_log(&mut self, entry: LogEntry) -> Result<i64>;
    /// The key of the last line; 0 if there is none.
    fn last_log(&mut self) -> Result<i64>;
    /// Lines with a greater key, ascending, at most `limit`; of one instance if asked for.
    fn log(&mut self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>>;
    /// The history of a record, in the same way: what was done to it, and what was refused.
    fn log_of(&mut self, record: RecordRef, after: i64, limit: u32) -> Result<Vec<LogEntry>>;

    /// Deletes at most `limit` lines of an instance: what it said, and what it did to records before a moment. The last
    /// line of the log stays, so that no key comes again. Gives how many.
    fn forget_lines(&mut self, instance: i64, before: i64, limit: u32) -> Result<u32>;
    /// Looks at most at `limit` lines with a greater key and from before a moment, and deletes what is not kept; the
    /// last line of the log is not looked at. Gives the key of the last of them.
    fn sweep_log(&mut self, sweep: Sweep, after: i64, before: i64, limit: u32) -> Result<Option<i64>>;
    /// The builds of instances with greater ids, ascending, at most `limit`.
    fn instance_builds(&mut self, after: i64, limit: u32) -> Result<Vec<(i64, String)>>;

    /// What is wrong with what is kept: broken pages, references that lead nowhere, instances without their build.
    fn damage(&mut self) -> Result<Vec<String>>;
}
