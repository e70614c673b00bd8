//! Counters: read once in a transaction, counted in memory, written before its end. Nothing of them outlives the
//! transaction, so that what other programs count is never missed.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use crate::engine::store::Result;

use super::{SqliteStore, changes::Changes};

/// The counters of the open transaction.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// The number that each gave last, and whether it is to be written.
    values: BTreeMap<String, (i64, bool)>,
    /// The counters that were changed within savepoints, and what they were before.
    changes: Changes<(String, (i64, bool))>,
}

impl Counters {
    /// The transaction is over.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.changes.clear();
    }

    /// Only so many savepoints are left; the others became part of what is around them.
    pub(super) fn release(&mut self, left: u32) {
        if left == 0 {
            self.changes.clear();
        }
        self.changes.release(left);
    }

    /// What was counted within this savepoint is undone.
    pub(super) fn undo(&mut self, savepoint: u32) {
        while let Some((name, before)) = self.changes.undo_one(savepoint) {
            self.values.insert(name, before);
        }
    }
}

impl SqliteStore {
    pub(super) fn read_counter(&self, name: &str) -> Result<i64> {
        if let Some((value, _)) = self.counters.values.get(name) {
            return Ok(*value);
        }
        let sql = "SELECT value FROM abide_counter WHERE name = ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// Sets a counter, which [`SqliteStore::write_counters`] writes.
    pub(super) fn set_counter(&mut self, name: &str, value: i64) -> Result<()> {
        let before = match self.counters.values.get_mut(name) {
            Some(known) => std::mem::replace(known, (value, true)),
            None => {
                let before = (self.read_counter(name)?, false);
                self.counters.values.insert(name.to_owned(), (value, true));
                before
            }
        };
        if self.savepoints > 0 {
            self.counters.changes.push(self.savepoints, (name.to_owned(), before));
        }
        Ok(())
    }

    pub(super) fn write_counters(&self) -> Result<()> {
        let sql = "INSERT INTO abide_counter (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        for (name, (value, _)) in self.counters.values.iter().filter(|(_, (_, is_new))| *is_new) {
            self.connection.prepare_cached(sql)?.execute(params![name, value])?;
        }
        Ok(())
    }
}
