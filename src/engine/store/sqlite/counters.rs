//! Counters: read once, counted in memory, written before the end of a transaction. What is known of them is forgotten when
//! another program has written, so that what it counts is never missed.

use std::{collections::BTreeMap, sync::Arc};

use rusqlite::{OptionalExtension, params};

use crate::engine::store::Result;

use super::{SqliteStore, changes::Changes};

/// Counters that stay known after a transaction.
const KNOWN_MAX: usize = 64;

/// The counters that are known.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// The number that each gave last, and whether it is to be written.
    values: BTreeMap<Arc<str>, (i64, bool)>,
    /// The counters that were changed within savepoints, and what they were before.
    changes: Changes<(Arc<str>, (i64, bool))>,
}

impl Counters {
    /// The transaction is committed.
    pub(super) fn commit(&mut self) {
        self.changes.clear();
        if self.values.len() > KNOWN_MAX {
            self.values.clear();
        }
        self.values.values_mut().for_each(|(_, is_new)| *is_new = false);
    }

    /// What is known may not be so any more.
    pub(super) fn forget(&mut self) {
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
    /// The number that a counter gave last; known from now on if a transaction is open.
    pub(super) fn read_counter(&mut self, name: &str) -> Result<i64> {
        if let Some((value, _)) = self.counters.values.get(name).filter(|_| self.open) {
            return Ok(*value);
        }
        let sql = "SELECT value FROM abide_counter WHERE name = ?1";
        let found = self.connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0);
        if self.open {
            self.counters.values.insert(name.into(), (found, false));
        }
        Ok(found)
    }

    /// Sets a counter to the number that follows from the one that it gave last; [`SqliteStore::write_counters`] writes
    /// it.
    pub(super) fn set_counter(&mut self, name: &str, to: impl FnOnce(i64) -> i64) -> Result<i64> {
        if !self.counters.values.contains_key(name) {
            self.read_counter(name)?;
        }
        let savepoints = self.savepoints;
        let Counters { values, changes } = &mut self.counters;
        let Some(known) = values.get_mut(name) else { return Ok(0) };
        let before = *known;
        *known = (to(before.0), true);
        let value = known.0;
        if savepoints > 0
            && let Some((name, _)) = values.get_key_value(name)
        {
            changes.push(savepoints, (Arc::clone(name), before));
        }
        Ok(value)
    }

    pub(super) fn write_counters(&self) -> Result<()> {
        let sql = "INSERT INTO abide_counter (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
        for (name, (value, _)) in self.counters.values.iter().filter(|(_, (_, is_new))| *is_new) {
            self.connection.prepare_cached(sql)?.execute(params![name, value])?;
        }
        Ok(())
    }
}
