//! Builds, and the small numbers that rows of instances have for their hashes. A number is never given again: of a build
//! that is removed its hash stays.

use std::{cell::RefCell, collections::HashMap};

use rusqlite::{OptionalExtension, params};

use crate::engine::store::{Result, StoreError};

use super::SqliteStore;

/// Numbers that are known to be in the file; forgotten when something is rolled back.
#[derive(Debug, Default)]
pub(super) struct Numbers(RefCell<HashMap<i64, String>>);

impl Numbers {
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl SqliteStore {
    pub(super) fn write_build(&self, hash: &str, bytes: &[u8]) -> Result<()> {
        let sql = "INSERT INTO abide_build (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO UPDATE SET bytes = ?2";
        self.connection.prepare_cached(sql)?.execute(params![hash, bytes])?;
        Ok(())
    }

    pub(super) fn read_builds(&self) -> Result<Vec<String>> {
        let sql = "SELECT hash FROM abide_build WHERE bytes IS NOT NULL ORDER BY hash";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map([], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn delete_build(&self, hash: &str) -> Result<()> {
        self.connection.prepare_cached("UPDATE abide_build SET bytes = NULL WHERE hash = ?1")?.execute([hash])?;
        Ok(())
    }

    pub(super) fn read_build(&self, hash: &str) -> Result<Option<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached("SELECT bytes FROM abide_build WHERE hash = ?1")?;
        Ok(statement.query_row([hash], |row| row.get(0)).optional()?.flatten())
    }

    /// The number of a hash, if it has one.
    pub(super) fn known_number(&self, hash: &str) -> Result<Option<i64>> {
        let known = self.numbers.0.borrow().iter().find(|(_, known)| *known == hash).map(|(number, _)| *number);
        if known.is_some() {
            return Ok(known);
        }
        let mut statement = self.connection.prepare_cached("SELECT number FROM abide_build WHERE hash = ?1")?;
        let found: Option<i64> = statement.query_row([hash], |row| row.get(0)).optional()?;
        if let Some(number) = found {
            self.numbers.0.borrow_mut().insert(number, hash.to_owned());
        }
        Ok(found)
    }

    /// The number of a hash, which it gets now if it has none.
    pub(super) fn number_of_build(&self, hash: &str) -> Result<i64> {
        if let Some(number) = self.known_number(hash)? {
            return Ok(number);
        }
        self.connection.prepare_cached("INSERT INTO abide_build (hash) VALUES (?1)")?.execute([hash])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The hash of a number.
    pub(super) fn hash_of_build(&self, number: i64) -> Result<String> {
        if let Some(hash) = self.numbers.0.borrow().get(&number) {
            return Ok(hash.clone());
        }
        let mut statement = self.connection.prepare_cached("SELECT hash FROM abide_build WHERE number = ?1")?;
        let hash: Option<String> = statement.query_row([number], |row| row.get(0)).optional()?;
        let hash = hash.ok_or_else(|| StoreError::Damaged(format!("there is no build number {number}")))?;
        self.numbers.0.borrow_mut().insert(number, hash.clone());
        Ok(hash)
    }
}
