//! A statement that is mostly the one that ran before: many rows are written one after the other.

use rusqlite::{CachedStatement, Connection};

use crate::engine::store::Result;

/// The statement that ran last.
pub(super) struct Repeated<'a> {
    connection: &'a Connection,
    last: Option<(String, CachedStatement<'a>)>,
}

impl<'a> Repeated<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, last: None }
    }

    /// The statement of this text; what was bound to it may still be.
    pub(super) fn statement(&mut self, sql: &str) -> Result<&mut CachedStatement<'a>> {
        let last = match self.last.take().filter(|(text, _)| text == sql) {
            Some(last) => last,
            None => (sql.to_owned(), self.connection.prepare_cached(sql)?),
        };
        Ok(&mut self.last.insert(last).1)
    }
}
