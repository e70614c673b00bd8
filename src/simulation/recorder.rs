//! Tells the log of a simulation while it grows, together with the names that records have then.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::module::Module,
    engine::{
        Engine,
        faults::{Answer, Failure},
        store::LogEntry,
    },
};

/// How many lines are read at a time.
const BATCH: u32 = 1_000;

/// How many names are kept. Of a record that is gone the name is known as long as it is among them.
const NAMES_MAX: usize = 20_000;

/// Shown names of records.
pub type Names = BTreeMap<RecordRef, String>;

/// Somebody who is told what happens while it happens.
pub trait Listener {
    /// Lines of the log in order, and the names of the records that they speak of.
    fn hear(&mut self, module: &Module, names: &Names, entries: &[LogEntry]);
}

/// Nobody listens.
impl Listener for () {
    fn hear(&mut self, _: &Module, _: &Names, _: &[LogEntry]) {}
}

/// Reads the log as it grows.
pub struct Recorder<'t> {
    /// Names of the records that the last lines speak of.
    pub names: Names,
    /// Who is told.
    pub listener: Box<dyn Listener + 't>,
    last: i64,
}

impl<'t> Recorder<'t> {
    /// A recorder that passes over what is in the log already.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn after_now(engine: &mut Engine) -> Answer<Self> {
        let last = engine.store().last_log()?;
        Ok(Self { names: Names::new(), listener: Box::new(()), last })
    }

    /// Reads what is new in the log, and tells it.
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
            // LIMIT: NAMES_MAX
            if self.names.len() > NAMES_MAX {
                self.names.clear();
            }
            self.learn(engine, seen)?;
            self.listener.hear(engine.module(), &self.names, &entries);
            if is_all {
                return Ok(());
            }
        }
    }

    /// Tells a line that is not in the log.
    pub fn note(&mut self, engine: &Engine, entry: &LogEntry) {
        self.listener.hear(engine.module(), &self.names, std::slice::from_ref(entry));
    }

    /// Learns the present names of records; of those that are gone the last name stays.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn learn(&mut self, engine: &mut Engine, records: impl IntoIterator<Item = RecordRef>) -> Answer<()> {
        let names = &mut self.names;
        engine.reading(|engine| {
            for record in records {
                if !engine.is_there(record)? {
                    continue;
                }
                match engine.shown_name(record) {
                    Ok(name) => {
                        names.insert(record, name);
                    }
                    // A shown name that faults is no reason to hide the record.
                    Err(Failure::Fault(_)) => {}
                    Err(failure) => return Err(failure),
                }
            }
            Ok(())
        })
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
