//! Savepoints, and what is written behind. A savepoint of the file is opened with the first row that is written in it: a
//! turn that creates and deletes no record, and asks no query, needs none.

use std::{collections::BTreeSet, sync::Arc};

use rusqlite::params;

use crate::engine::store::{Instance, Result, Savepoint, StoreError};

use super::{SqliteStore, front::READ_AT_ONCE, resident::Resident};

impl SqliteStore {
    pub(super) fn writable(&self) -> Result<()> {
        if self.open { Ok(()) } else { Err(StoreError::Io("a write outside a transaction".into())) }
    }

    /// Before a row is written: the savepoints around it are there.
    pub(super) fn writing(&mut self) -> Result<()> {
        self.writable()?;
        while self.opened < self.savepoints {
            self.run(&format!("SAVEPOINT s{}", self.opened + 1))?;
            self.opened += 1;
        }
        Ok(())
    }

    pub(super) fn open_savepoint(&mut self) -> Result<Savepoint> {
        self.writable()?;
        self.savepoints += 1;
        self.lines.mark();
        self.updates.mark();
        Ok(Savepoint(self.savepoints))
    }

    pub(super) fn release_savepoint(&mut self, savepoint: u32) -> Result<()> {
        let left = savepoint.saturating_sub(1);
        if self.opened >= savepoint {
            self.run(&format!("RELEASE s{savepoint}"))?;
            self.opened = left;
        }
        self.savepoints = left;
        self.tables.release(left);
        self.counters.release(left);
        self.residents.release(left);
        self.lines.release(left);
        self.updates.release(left);
        Ok(())
    }

    pub(super) fn undo_savepoint(&mut self, savepoint: u32) -> Result<()> {
        if self.opened >= savepoint {
            self.run(&format!("ROLLBACK TO s{savepoint}"))?;
        }
        self.tables.undo(savepoint);
        self.counters.undo(savepoint);
        self.residents.undo(savepoint);
        self.lines.undo(savepoint);
        self.updates.undo(savepoint);
        self.numbers.clear();
        self.release_savepoint(savepoint)
    }

    /// Writes an instance, behind.
    pub(super) fn write_instance(&mut self, instance: &Instance) -> Result<()> {
        let id = instance.id;
        if instance.parent.is_some() {
            self.residents.childless = Some(false);
        }
        let is_fresh = self.fresh.as_ref().is_some_and(|fresh| fresh.contains(&id));
        if self.residents.get(id).is_none() && !is_fresh {
            self.read_instance(id)?;
        }
        if self.residents.get(id).is_some_and(|known| known.now.primary != instance.primary) {
            self.know_subscriptions(id)?;
        }
        let resident = match self.residents.get(id) {
            Some(known) => Resident { now: Arc::new(instance.clone()), ..known.clone() },
            None => Resident::new(instance.clone()),
        };
        self.residents.put(id, Some(resident), self.savepoints);
        self.make_room()
    }

    fn make_room(&mut self) -> Result<()> {
        if self.residents.has_many_unwritten() {
            self.write_behind()?;
            self.residents.drop_resting();
        } else if !self.residents.is_full() {
            return Ok(());
        }
        if self.residents.is_full() {
            self.write_behind()?;
            self.residents.make_room();
        }
        // Not to be known does not mean any more that there is no row.
        self.fresh = None;
        Ok(())
    }

    /// An instance; within a transaction it stays decoded.
    pub(super) fn read_instance(&mut self, id: i64) -> Result<Option<Instance>> {
        if let Some(resident) = self.residents.get(id).filter(|_| self.open) {
            return Ok(Some(Instance::clone(&resident.now)));
        }
        let Some(instance) = self.select_instance(id)? else { return Ok(None) };
        if self.open {
            self.make_room()?;
            self.residents.put(id, Some(Resident::read(instance.clone())), 0);
        }
        Ok(Some(instance))
    }

    pub(super) fn remove_instance(&mut self, id: i64) -> Result<()> {
        self.writing()?;
        // What is known of it tells which rows there are, and where it stands in the queues.
        self.read_instance(id)?;
        self.connection.prepare_cached("DELETE FROM abide_subscription WHERE instance = ?1")?.execute([id])?;
        self.connection.prepare_cached("DELETE FROM abide_mail WHERE instance = ?1")?.execute([id])?;
        self.delete_job(id)?;
        self.connection.prepare_cached("DELETE FROM abide_undo WHERE instance = ?1")?.execute([id])?;
        self.connection.prepare_cached("DELETE FROM abide_instance WHERE id = ?1")?.execute([id])?;
        if self.residents.get(id).is_some() {
            self.residents.put(id, None, self.savepoints);
        }
        Ok(())
    }

    /// Before a query of instances, or of what wakes them.
    pub(super) fn write_instances_behind(&mut self) -> Result<()> {
        let unwritten = self.residents.unwritten();
        if unwritten.is_empty() {
            return Ok(());
        }
        self.writing()?;
        let all = || unwritten.iter().filter_map(|id| self.residents.get(*id));
        self.write_rows(all())?;
        self.write_wiring(all())?;
        self.residents.note_written(self.savepoints);
        Ok(())
    }

    /// Before a query of the log.
    pub(super) fn write_lines_behind(&mut self) -> Result<()> {
        if self.lines.unwritten().is_empty() {
            return Ok(());
        }
        self.writing()?;
        self.write_lines(self.lines.unwritten())?;
        self.lines.recent = self.register_lines(self.lines.unwritten())?;
        self.lines.note_written();
        Ok(())
    }

    /// Writes all that is not written yet, in the order of keys.
    pub(super) fn write_behind(&mut self) -> Result<()> {
        self.write_updates_behind()?;
        self.write_instances_behind()?;
        self.write_lines_behind()?;
        self.write_counters()
    }

    /// The first of the ready queue.
    pub(super) fn first_ready(&mut self) -> Result<Option<i64>> {
        if let Some(first) = self.residents.ready.first().filter(|_| self.open) {
            return Ok(first.map(|(_, id)| id));
        }
        let sql = "SELECT queue, id FROM abide_instance WHERE queue IS NOT NULL ORDER BY queue LIMIT ?1";
        let read = self.read_front(sql)?;
        let first = read.first().map(|(_, id)| *id);
        if self.open {
            self.residents.ready.fill(read);
        }
        Ok(first)
    }

    /// The instance that the clock wakes first, and when.
    pub(super) fn first_due(&mut self) -> Result<Option<(i64, i64)>> {
        if let Some(first) = self.residents.due.first().filter(|_| self.open) {
            return Ok(first);
        }
        let sql = "SELECT due, id FROM abide_instance WHERE due IS NOT NULL ORDER BY due, id LIMIT ?1";
        let read = self.read_front(sql)?;
        let first = read.first().copied();
        if self.open {
            self.residents.due.fill(read);
        }
        Ok(first)
    }

    fn read_front(&mut self, sql: &str) -> Result<BTreeSet<(i64, i64)>> {
        self.write_instances_behind()?;
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params![READ_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}
