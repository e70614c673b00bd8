//! The store in memory: ordered maps and a journal of what to put back.

mod rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::types::FieldIdx,
};

use super::{
    CausedStart, Condition, Instance, InstanceFilter, Job, LogEntry, Mail, Result, Row, Savepoint, Schema, Source,
    Store, StoreError, Subscription, Sweep, TableChange, UndoNote,
    kept::Instances,
    migrate::{migrated, renumber, renumbered},
};

/// What a change replaced.
#[derive(Debug)]
enum Undo {
    Build(String, Option<Vec<u8>>),
    Counter(String, Option<i64>),
    Instance(i64, Box<Option<Instance>>),
    Job(i64, Option<Job>),
    Log(i64, Option<LogEntry>),
    Mail(i64, Option<Mail>),
    Meta(String, Option<String>),
    Row(RecordRef, Option<Row>),
    Starts(Vec<CausedStart>),
    Subscribe(i64, Vec<Subscription>),
    Note(i64, Option<UndoNote>),
}

/// A store in memory. It is gone with the program.
#[derive(Debug, Default)]
pub struct MemoryStore {
    schema: Arc<Schema>,
    rows: BTreeMap<RecordRef, Row>,
    instances: Instances,
    subscriptions: BTreeSet<(Subscription, i64)>,
    by_instance: BTreeMap<i64, Vec<Subscription>>,
    starts: Vec<CausedStart>,
    mail: BTreeMap<i64, Mail>,
    jobs: BTreeMap<i64, Job>,
    undo: BTreeMap<i64, UndoNote>,
    log: BTreeMap<i64, LogEntry>,
    meta: BTreeMap<String, String>,
    builds: BTreeMap<String, Vec<u8>>,
    counters: BTreeMap<String, i64>,
    journal: Vec<Undo>,
    savepoints: Vec<usize>,
    open: bool,
    /// The schema before the open migration.
    before: Option<Arc<Schema>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn writable(&self) -> Result<()> {
        if self.open { Ok(()) } else { Err(StoreError::Io("a write outside a transaction".into())) }
    }

    fn undo_to(&mut self, length: usize) {
        while self.journal.len() > length {
            let Some(undo) = self.journal.pop() else { return };
            match undo {
                Undo::Build(key, old) => put_back(&mut self.builds, key, old),
                Undo::Counter(key, old) => put_back(&mut self.counters, key, old),
                Undo::Instance(id, old) => drop(self.instances.put(id, *old)),
                Undo::Job(id, old) => put_back(&mut self.jobs, id, old),
                Undo::Log(key, old) => put_back(&mut self.log, key, old),
                Undo::Mail(key, old) => put_back(&mut self.mail, key, old),
                Undo::Meta(key, old) => put_back(&mut self.meta, key, old),
                Undo::Row(record, old) => put_back(&mut self.rows, record, old),
                Undo::Starts(old) => self.starts = old,
                Undo::Subscribe(id, old) => drop(self.exchange_subscriptions(id, old)),
                Undo::Note(key, old) => put_back(&mut self.undo, key, old),
            }
        }
    }

    fn lines_after(&self, after: i64) -> impl Iterator<Item = &LogEntry> {
        self.log.range((Bound::Excluded(after), Bound::Unbounded)).map(|(_, entry)| entry)
    }

    fn remove_lines(&mut self, keys: &[i64]) {
        for key in keys {
            let old = self.log.remove(key);
            self.journal.push(Undo::Log(*key, old));
        }
    }

    fn exchange_subscriptions(&mut self, id: i64, to: Vec<Subscription>) -> Vec<Subscription> {
        let old = self.by_instance.remove(&id).unwrap_or_default();
        for subscription in &old {
            self.subscriptions.remove(&(subscription.clone(), id));
        }
        self.subscriptions.extend(to.iter().map(|s| (s.clone(), id)));
        if !to.is_empty() {
            self.by_instance.insert(id, to);
        }
        old
    }

    fn change_table(&mut self, entity: EntityIdx, sources: Option<&[Source]>) -> Result<()> {
        let schema = Arc::clone(&self.schema);
        self.renumber_lines(entity, &renumbered(schema.table(entity)?, sources.unwrap_or_default()));
        let rows: Vec<(i64, Row)> = self.of_entity(entity, 0).map(|(id, row)| (id, row.clone())).collect();
        for (id, row) in rows {
            let row = sources.map(|sources| migrated(&row, sources, schema.table(entity)?, &schema)).transpose()?;
            self.put_row(RecordRef { entity, id }, row)?;
        }
        let keys: Vec<(i64, Row)> = self.of_entity(entity, 0).map(|(id, row)| (id, row.clone())).collect();
        keys.iter().try_for_each(|(id, row)| self.check(RecordRef { entity, id: *id }, row))
    }

    /// The log tells of members of enums by their numbers.
    fn renumber_lines(&mut self, entity: EntityIdx, fields: &[(&str, &[(i32, i32)])]) {
        for (key, line) in &mut self.log {
            let old = line.clone();
            if line.record.is_some_and(|record| record.entity == entity) && renumber(&mut line.changes, fields) {
                self.journal.push(Undo::Log(*key, Some(old)));
            }
        }
    }

    fn put_row(&mut self, record: RecordRef, row: Option<Row>) -> Result<()> {
        self.writable()?;
        let old = match row {
            Some(row) => self.rows.insert(record, row),
            None => self.rows.remove(&record),
        };
        self.journal.push(Undo::Row(record, old));
        Ok(())
    }
}

/// The first jobs in order.
fn first_jobs<'a>(jobs: impl Iterator<Item = &'a Job>, limit: u32) -> Vec<Job> {
    let mut found: Vec<&Job> = jobs.collect();
    found.sort_unstable_by_key(|job| (job.due, job.instance));
    found.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
}

fn put_back<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, old: Option<V>) {
    match old {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

impl Store for MemoryStore {
    fn prepare(&mut self, schema: &Arc<Schema>) -> Result<()> {
        if !self.rows.is_empty() && !self.schema.is_like(schema) {
            return Err(StoreError::Other(
                "it was made by another project, or by another version of the entities".into(),
            ));
        }
        self.schema = Arc::clone(schema);
        Ok(())
    }

    fn begin_migration(&mut self) -> Result<()> {
        self.begin()?;
        self.before = Some(Arc::clone(&self.schema));
        Ok(())
    }

    fn migrate(&mut self, to: &Arc<Schema>, changes: &[TableChange]) -> Result<()> {
        self.writable()?;
        self.schema = Arc::clone(to);
        changes.iter().try_for_each(|change| match change {
            TableChange::Create(_) => Ok(()),
            TableChange::Drop(entity) => self.change_table(*entity, None),
            TableChange::Copy(entity, sources) => self.change_table(*entity, Some(sources)),
        })
    }

    fn version(&mut self) -> Result<i64> {
        Ok(0)
    }

    fn begin(&mut self) -> Result<()> {
        if self.open {
            return Err(StoreError::Io("a transaction within a transaction".into()));
        }
        self.open = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.writable()?;
        if let Err(error) = self.check_references() {
            self.rollback()?;
            return Err(error);
        }
        (self.open, self.before) = (false, None);
        self.journal.clear();
        self.savepoints.clear();
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        self.undo_to(0);
        self.savepoints.clear();
        self.open = false;
        if let Some(schema) = self.before.take() {
            self.schema = schema;
        }
        Ok(())
    }

    fn savepoint(&mut self) -> Result<Savepoint> {
        self.writable()?;
        self.savepoints.push(self.journal.len());
        Ok(Savepoint(u32::try_from(self.savepoints.len()).unwrap_or(u32::MAX)))
    }

    fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.writable()?;
        self.savepoints.truncate((savepoint.0 as usize).saturating_sub(1));
        Ok(())
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        self.writable()?;
        let depth = (savepoint.0 as usize).saturating_sub(1);
        let length = *self.savepoints.get(depth).ok_or_else(|| StoreError::Io("an unknown savepoint".into()))?;
        self.undo_to(length);
        self.savepoints.truncate(depth);
        Ok(())
    }

    fn meta(&mut self, key: &str) -> Result<Option<String>> {
        Ok(self.meta.get(key).cloned())
    }

    fn set_meta(&mut self, key: &str, value: &str) -> Result<()> {
        self.writable()?;
        let old = self.meta.insert(key.to_owned(), value.to_owned());
        self.journal.push(Undo::Meta(key.to_owned(), old));
        Ok(())
    }

    fn put_build(&mut self, hash: &str, bytes: &[u8]) -> Result<()> {
        self.writable()?;
        let old = self.builds.insert(hash.to_owned(), bytes.to_vec());
        self.journal.push(Undo::Build(hash.to_owned(), old));
        Ok(())
    }

    fn builds(&mut self) -> Result<Vec<String>> {
        Ok(self.builds.keys().cloned().collect())
    }

    fn remove_build(&mut self, hash: &str) -> Result<()> {
        self.writable()?;
        let old = self.builds.remove(hash);
        self.journal.push(Undo::Build(hash.to_owned(), old));
        Ok(())
    }

    fn metas(&mut self, prefix: &str) -> Result<Vec<(String, String)>> {
        let found = self.meta.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn remove_meta(&mut self, key: &str) -> Result<()> {
        self.writable()?;
        let old = self.meta.remove(key);
        self.journal.push(Undo::Meta(key.to_owned(), old));
        Ok(())
    }

    fn build(&mut self, hash: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.builds.get(hash).cloned())
    }

    fn count_up(&mut self, counter: &str) -> Result<i64> {
        self.writable()?;
        let old = self.counters.get(counter).copied();
        let new = old.unwrap_or(0) + 1;
        self.counters.insert(counter.to_owned(), new);
        self.journal.push(Undo::Counter(counter.to_owned(), old));
        Ok(new)
    }

    fn counter(&mut self, counter: &str) -> Result<i64> {
        Ok(self.counters.get(counter).copied().unwrap_or(0))
    }

    fn raise_counter(&mut self, counter: &str, to: i64) -> Result<()> {
        self.writable()?;
        let old = self.counters.get(counter).copied();
        self.counters.insert(counter.to_owned(), old.unwrap_or(0).max(to));
        self.journal.push(Undo::Counter(counter.to_owned(), old));
        Ok(())
    }

    fn insert(&mut self, entity: EntityIdx, row: &[Value]) -> Result<()> {
        let Some(Value::Int(id)) = row.first() else {
            return Err(StoreError::Schema("a row without an id".into()));
        };
        let record = RecordRef { entity, id: *id };
        let row = row.to_vec();
        if row.len() != self.schema.table(entity)?.columns.len() || self.rows.contains_key(&record) {
            return Err(StoreError::Constraint(format!("a row of the wrong shape or a second row {id}")));
        }
        self.check(record, &row)?;
        self.put_row(record, Some(row))
    }

    fn update(&mut self, record: RecordRef, writes: &[(FieldIdx, Value)]) -> Result<()> {
        let missing = || StoreError::Constraint(format!("no row {} to update", record.id));
        let mut row = self.rows.get(&record).cloned().ok_or_else(missing)?;
        for (field, value) in writes {
            self.schema.table(record.entity)?.column(*field)?;
            if let Some(place) = row.get_mut(field.index()) {
                *place = value.clone();
            }
        }
        self.check(record, &row)?;
        self.put_row(record, Some(row))
    }

    fn delete(&mut self, record: RecordRef) -> Result<()> {
        if !self.rows.contains_key(&record) {
            return Err(StoreError::Constraint(format!("no row {} to delete", record.id)));
        }
        self.put_row(record, None)
    }

    fn get(&mut self, record: RecordRef) -> Result<Option<Row>> {
        Ok(self.rows.get(&record).cloned())
    }

    fn candidates(&mut self, entity: EntityIdx, conditions: &[Condition], after: i64, limit: u32) -> Result<Vec<i64>> {
        let mut found = Vec::new();
        for (id, row) in self.of_entity(entity, after) {
            if found.len() >= limit as usize {
                break;
            }
            if self.all_hold(entity, row, conditions)? {
                found.push(id);
            }
        }
        Ok(found)
    }

    fn earliest(&mut self, entity: EntityIdx, field: FieldIdx) -> Result<Option<(i64, i64)>> {
        let moments = self.of_entity(entity, 0).filter_map(|(id, row)| match row.get(field.index()) {
            Some(Value::DateTime(moment)) => Some((*moment, id)),
            _ => None,
        });
        Ok(moments.min())
    }

    fn count(&mut self, entity: EntityIdx, conditions: &[Condition]) -> Result<i64> {
        let mut count = 0;
        for (_, row) in self.of_entity(entity, 0) {
            count += i64::from(self.all_hold(entity, row, conditions)?);
        }
        Ok(count)
    }

    fn put_instance(&mut self, instance: &Instance) -> Result<()> {
        self.writable()?;
        let old = self.instances.put(instance.id, Some(instance.clone()));
        self.journal.push(Undo::Instance(instance.id, Box::new(old)));
        Ok(())
    }

    fn instance(&mut self, id: i64) -> Result<Option<Instance>> {
        Ok(self.instances.get(id).cloned())
    }

    fn delete_instance(&mut self, id: i64) -> Result<()> {
        self.subscribe(id, &[])?;
        self.clear_mailbox(id)?;
        self.remove_job(id)?;
        self.clear_undo(id, 0)?;
        let old = self.instances.put(id, None);
        self.journal.push(Undo::Instance(id, Box::new(old)));
        Ok(())
    }

    fn instances(&mut self, filter: &InstanceFilter) -> Result<Vec<Instance>> {
        Ok(self.instances.find(filter))
    }

    fn instance_ids(&mut self, filter: &InstanceFilter, after: i64, limit: u32) -> Result<Vec<i64>> {
        let found = self.instances.find(filter).into_iter().map(|instance| instance.id).filter(|id| *id > after);
        Ok(found.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    fn running(&mut self, process: &str, slot: &str) -> Result<u32> {
        Ok(u32::try_from(self.instances.of_slot(process, slot, false).count()).unwrap_or(u32::MAX))
    }

    fn first_queued(&mut self, process: &str, slot: &str) -> Result<Option<i64>> {
        Ok(self.instances.of_slot(process, slot, true).next())
    }

    fn of_slot(&mut self, process: &str, slot: &str) -> Result<Vec<i64>> {
        let both = [false, true].map(|queued| self.instances.of_slot(process, slot, queued));
        let mut found: Vec<i64> = both.into_iter().flatten().collect();
        found.sort_unstable();
        Ok(found)
    }

    fn is_in_use(&mut self, build: &str) -> Result<bool> {
        Ok(self.instances.after(0).any(|instance| instance.status.is_live() && instance.build == build))
    }

    fn count_instances(&mut self, filter: &InstanceFilter) -> Result<i64> {
        let count = self.instances.find(filter).len();
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    fn next_ready(&mut self) -> Result<Option<i64>> {
        Ok(self.instances.next_ready())
    }

    fn next_due(&mut self) -> Result<Option<(i64, i64)>> {
        Ok(self.instances.next_due())
    }

    fn subscribe(&mut self, instance: i64, to: &[Subscription]) -> Result<()> {
        self.writable()?;
        let mut to = to.to_vec();
        to.sort_unstable();
        to.dedup();
        let old = self.exchange_subscriptions(instance, to);
        self.journal.push(Undo::Subscribe(instance, old));
        Ok(())
    }

    fn subscriptions(&mut self, instance: i64) -> Result<Vec<Subscription>> {
        Ok(self.by_instance.get(&instance).cloned().unwrap_or_default())
    }

    fn subscribers(&mut self, of: Subscription) -> Result<Vec<i64>> {
        Ok(self.subscriptions.range((of.clone(), i64::MIN)..=(of, i64::MAX)).map(|(_, id)| *id).collect())
    }

    fn field_subscribers(&mut self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>> {
        let at = |field| Subscription::Field { entity: record.entity, id: record.id, field: FieldIdx(field) };
        let range = self.subscriptions.range((at(0), i64::MIN)..=(at(u16::MAX), i64::MAX));
        Ok(range
            .filter_map(|(s, id)| match s {
                Subscription::Field { field, .. } => Some((*field, *id)),
                _ => None,
            })
            .collect())
    }

    fn put_mail(&mut self, mail: &Mail) -> Result<()> {
        self.writable()?;
        let old = self.mail.insert(mail.key, mail.clone());
        self.journal.push(Undo::Mail(mail.key, old));
        Ok(())
    }

    fn next_mail(&mut self, instance: i64, signal: &str, after: i64) -> Result<Option<Mail>> {
        let mut later = self.mail.range((Bound::Excluded(after), Bound::Unbounded)).map(|(_, mail)| mail);
        Ok(later.find(|mail| mail.instance == instance && mail.signal == signal).cloned())
    }

    fn mailbox(&mut self, instance: i64) -> Result<Vec<Mail>> {
        Ok(self.mail.values().filter(|mail| mail.instance == instance).cloned().collect())
    }

    fn mailbox_size(&mut self, instance: i64) -> Result<usize> {
        Ok(self.mail.values().filter(|mail| mail.instance == instance).count())
    }

    fn remove_mail(&mut self, key: i64) -> Result<()> {
        self.writable()?;
        let old = self.mail.remove(&key);
        self.journal.push(Undo::Mail(key, old));
        Ok(())
    }

    fn clear_mailbox(&mut self, instance: i64) -> Result<()> {
        for mail in self.mailbox(instance)? {
            self.remove_mail(mail.key)?;
        }
        Ok(())
    }

    fn put_job(&mut self, job: &Job) -> Result<()> {
        self.writable()?;
        let old = self.jobs.insert(job.instance, job.clone());
        self.journal.push(Undo::Job(job.instance, old));
        Ok(())
    }

    fn job(&mut self, instance: i64) -> Result<Option<Job>> {
        Ok(self.jobs.get(&instance).cloned())
    }

    fn remove_job(&mut self, instance: i64) -> Result<()> {
        self.writable()?;
        let old = self.jobs.remove(&instance);
        self.journal.push(Undo::Job(instance, old));
        Ok(())
    }

    fn due_jobs(&mut self, queue: &str, until: i64, limit: u32) -> Result<Vec<Job>> {
        Ok(first_jobs(self.jobs.values().filter(|job| job.queue == queue && job.due <= until), limit))
    }

    fn lapsed_jobs(&mut self, until: i64, limit: u32) -> Result<Vec<Job>> {
        Ok(first_jobs(self.jobs.values().filter(|job| job.is_taken && job.due <= until), limit))
    }

    fn queues(&mut self) -> Result<Vec<(String, i64, i64)>> {
        let mut queues: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for job in self.jobs.values() {
            let (all, taken) = queues.entry(&job.queue).or_default();
            *all += 1;
            *taken += i64::from(job.is_taken);
        }
        Ok(queues.into_iter().map(|(queue, (all, taken))| (queue.to_owned(), all, taken)).collect())
    }

    fn put_undo(&mut self, note: &UndoNote) -> Result<()> {
        self.writable()?;
        let old = self.undo.insert(note.key, note.clone());
        self.journal.push(Undo::Note(note.key, old));
        Ok(())
    }

    fn last_undo(&mut self, instance: i64, after: i64) -> Result<Option<UndoNote>> {
        let later = self.undo.range((Bound::Excluded(after), Bound::Unbounded)).rev();
        Ok(later.map(|(_, note)| note).find(|note| note.instance == instance).cloned())
    }

    fn undo_notes(&mut self, instance: i64) -> Result<Vec<UndoNote>> {
        Ok(self.undo.values().filter(|note| note.instance == instance).cloned().collect())
    }

    fn move_undo(&mut self, from: i64, to: i64) -> Result<()> {
        for note in self.undo_notes(from)? {
            self.put_undo(&UndoNote { instance: to, ..note })?;
        }
        Ok(())
    }

    fn clear_undo(&mut self, instance: i64, after: i64) -> Result<()> {
        for note in self.undo_notes(instance)?.into_iter().filter(|note| note.key > after) {
            self.remove_undo(note.key)?;
        }
        Ok(())
    }

    fn remove_undo(&mut self, key: i64) -> Result<()> {
        self.writable()?;
        let old = self.undo.remove(&key);
        self.journal.push(Undo::Note(key, old));
        Ok(())
    }

    fn note_start(&mut self, start: &CausedStart) -> Result<()> {
        self.writable()?;
        self.journal.push(Undo::Starts(self.starts.clone()));
        self.starts.push(start.clone());
        Ok(())
    }

    fn starts_since(&mut self, process: &str, record: RecordRef, since: i64) -> Result<u32> {
        self.writable()?;
        self.journal.push(Undo::Starts(self.starts.clone()));
        self.starts.retain(|s| s.at >= since);
        let count = self.starts.iter().filter(|s| s.process == process && s.record == record).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn append_log(&mut self, entry: LogEntry) -> Result<i64> {
        self.writable()?;
        let key = self.last_log()? + 1;
        self.log.insert(key, LogEntry { key, ..entry });
        self.journal.push(Undo::Log(key, None));
        Ok(key)
    }

    fn last_log(&mut self) -> Result<i64> {
        Ok(self.log.last_key_value().map_or(0, |(key, _)| *key))
    }

    fn log(&mut self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        let lines = self.lines_after(after).filter(|e| instance.is_none() || e.instance == instance);
        Ok(lines.take(limit as usize).cloned().collect())
    }

    fn log_of(&mut self, record: RecordRef, after: i64, limit: u32) -> Result<Vec<LogEntry>> {
        let lines = self.lines_after(after).filter(|entry| entry.record == Some(record) && entry.kind.is_history());
        Ok(lines.take(limit as usize).cloned().collect())
    }

    fn forget_lines(&mut self, instance: i64, before: i64, limit: u32) -> Result<u32> {
        self.writable()?;
        let last = self.last_log()?;
        let own = self.log.values().filter(|e| e.instance == Some(instance) && e.key < last);
        let goes = own.filter(|e| !e.kind.is_of_record() || e.at < before);
        let keys: Vec<i64> = goes.take(limit as usize).map(|e| e.key).collect();
        self.remove_lines(&keys);
        Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
    }

    fn sweep_log(&mut self, sweep: Sweep, after: i64, before: i64, limit: u32) -> Result<Option<i64>> {
        self.writable()?;
        let last = self.last_log()?;
        let old = self.lines_after(after).take_while(|e| e.key < last && e.at < before).take(limit as usize);
        let (mut seen, mut keys) = (None, Vec::new());
        for entry in old {
            seen = Some(entry.key);
            if sweep.takes(entry, entry.instance.is_none_or(|id| self.instances.get(id).is_none())) {
                keys.push(entry.key);
            }
        }
        self.remove_lines(&keys);
        Ok(seen)
    }

    fn instance_builds(&mut self, after: i64, limit: u32) -> Result<Vec<(i64, String)>> {
        let later = self.instances.after(after).take(limit as usize);
        Ok(later.map(|instance| (instance.id, instance.build.clone())).collect())
    }

    fn damage(&mut self) -> Result<Vec<String>> {
        // There is no file.
        Ok(Vec::new())
    }
}
