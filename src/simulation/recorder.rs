//! Keeps the log of a simulation together with the names that records had when they were last seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    engine::{
        Engine,
        faults::{Answer, Failure},
        store::LogEntry,
    },
};

/// How many lines are read at a time.
const BATCH: u32 = 1_000;

/// What happened.
#[derive(Debug, Default)]
pub struct Recorder {
    /// Lines of the log in order.
    pub entries: Vec<LogEntry>,
    /// Names of the records that the lines speak of.
    pub names: BTreeMap<RecordRef, String>,
    last: i64,
}

impl Recorder {
    /// A recorder that passes over what is in the log already.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn after_now(engine: &mut Engine) -> Answer<Self> {
        let mut recorder = Self::default();
        loop {
            let entries = engine.store().log(recorder.last, None, BATCH)?;
            let Some(last) = entries.last() else { return Ok(recorder) };
            recorder.last = last.key;
        }
    }

    /// Reads what is new in the log.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn pull(&mut self, engine: &mut Engine) -> Answer<()> {
        loop {
            let entries = engine.store().log(self.last, None, BATCH)?;
            let Some(last) = entries.last() else { return Ok(()) };
            self.last = last.key;
            let is_all = entries.len() < BATCH as usize;
            let user = engine.module().entity_by_name("User").map(|(idx, _)| idx);
            let seen: BTreeSet<RecordRef> = entries.iter().flat_map(|entry| mentioned(entry, user)).collect();
            self.learn(engine, seen)?;
            self.entries.extend(entries);
            if is_all {
                return Ok(());
            }
        }
    }

    /// Adds a line that is not in the log.
    pub fn note(&mut self, entry: LogEntry) {
        self.entries.push(entry);
    }

    /// Learns the present names of records; of those that are gone the last name stays.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn learn(&mut self, engine: &mut Engine, records: impl IntoIterator<Item = RecordRef>) -> Answer<()> {
        for record in records {
            if engine.get(record)?.is_none() {
                continue;
            }
            match engine.shown_name(record) {
                Ok(name) => {
                    self.names.insert(record, name);
                }
                // A shown name that faults is no reason to hide the record.
                Err(Failure::Fault(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }
}

/// The records that a line speaks of.
fn mentioned(entry: &LogEntry, user: Option<EntityIdx>) -> Vec<RecordRef> {
    let mut records: Vec<RecordRef> = entry.record.into_iter().collect();
    if let (Some(entity), Some(id)) = (user, entry.user) {
        records.push(RecordRef { entity, id });
    }
    for change in &entry.changes {
        for value in [&change.old, &change.new] {
            if let Value::Ref(record) = value {
                records.push(*record);
            }
        }
    }
    records
}
