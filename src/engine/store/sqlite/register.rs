//! The register of the log: which lines are about an instance, and which are the history of a record.
//!
//! A line is registered when its block is full, together with the others of the block, so that a commit of a few lines does
//! not touch pages of the register. What is registered follows from the key of the last line, which is never
//! deleted; the few lines behind that are looked through.

use rusqlite::{Row, ToSql};

use crate::engine::store::{LogEntry, Result};

use super::SqliteStore;

/// Lines that are registered together.
const BLOCK: i64 = 256;

/// The kinds of lines that are the history of a record.
pub(super) const OF_HISTORY: &str = "kind IN ('create', 'update', 'delete', 'refuse')";

/// The last line of the blocks that are full when this is the last line of the log.
fn full(last: i64) -> i64 {
    last - last % BLOCK
}

impl SqliteStore {
    /// Registers the blocks that these lines have filled; they are written, and all that stand before them.
    pub(super) fn register_lines(&self, lines: &[LogEntry]) -> Result<()> {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
        let (from, to) = (full(first.key - 1), full(last.key));
        if from == to {
            return Ok(());
        }
        // WHY: no order and no `UNION`, for which SQLite would sort all of them twice.
        let sql = format!(
            "INSERT OR IGNORE INTO abide_log_of (subject, line) \
             SELECT instance, key FROM abide_log WHERE key > ?1 AND key <= ?2 AND instance IS NOT NULL \
             UNION ALL SELECT record_id, key FROM abide_log \
             WHERE key > ?1 AND key <= ?2 AND record_id IS NOT NULL AND {OF_HISTORY}"
        );
        self.connection.prepare_cached(&sql)?.execute([from, to])?;
        Ok(())
    }

    /// The key of the last line that is registered; all are written.
    pub(super) fn last_registered(&self) -> Result<i64> {
        Ok(full(self.last_key()?))
    }

    /// Rows of lines about a subject: those that are registered, then the others. `test` says which lines of the subject
    /// `?1` are meant, with keys greater than `?2`, at most `?3` of them; `more` are its other values.
    pub(super) fn lines_about<T>(
        &self,
        (columns, test): (&str, &str),
        (subject, after, limit): (i64, i64, u32),
        more: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let registered = format!(
            "SELECT {columns} FROM abide_log_of s CROSS JOIN abide_log l ON l.key = s.line \
             WHERE s.subject = ?1 AND s.line > ?2 AND {test} ORDER BY s.line LIMIT ?3"
        );
        let others = format!("SELECT {columns} FROM abide_log l WHERE l.key > ?2 AND {test} ORDER BY l.key LIMIT ?3");
        let mut found = Vec::new();
        for (sql, after) in [(registered, after), (others, after.max(self.last_registered()?))] {
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            let mut values: Vec<&dyn ToSql> = vec![&subject, &after, &left];
            values.extend(more);
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query(values.as_slice())?;
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
        }
        Ok(found)
    }

    /// Deletes a line that is about these, and what is registered of it.
    pub(super) fn delete_line(&self, key: i64, instance: Option<i64>, record: Option<i64>) -> Result<()> {
        let mut strike = self.connection.prepare_cached("DELETE FROM abide_log_of WHERE subject = ?1 AND line = ?2")?;
        for subject in [instance, record].into_iter().flatten() {
            strike.execute([subject, key])?;
        }
        self.connection.prepare_cached("DELETE FROM abide_log WHERE key = ?1")?.execute([key])?;
        Ok(())
    }
}
