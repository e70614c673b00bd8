//! The register of the log: which lines are about an instance, and which are the history of a record.
//!
//! Lines are registered when their block is full, so that a commit of a few lines does not touch pages of the register: one
//! row for each subject and block, with a byte for each line, its place in the block. What is registered follows from the
//! key of the last line, which is never deleted; the few lines behind that are looked through.

use rusqlite::{OptionalExtension, Row, ToSql};

use crate::engine::store::{LogEntry, Result};

use super::{
    SqliteStore,
    bulk::{Bulk, integer},
};

/// Lines that are registered together: as many as a byte can tell apart.
const BLOCK: i64 = 256;

/// The kinds of lines that are the history of a record.
pub(super) const OF_HISTORY: &str = "kind IN ('create', 'update', 'delete', 'refuse')";

/// The last line of the blocks that are full when this is the last line of the log.
fn full(last: i64) -> i64 {
    last - last % BLOCK
}

/// The block of a line, and its place there.
fn place(key: i64) -> (i64, u8) {
    ((key - 1).div_euclid(BLOCK), u8::try_from((key - 1).rem_euclid(BLOCK)).unwrap_or_default())
}

/// The line that has a place in a block.
fn line(block: i64, place: u8) -> i64 {
    block * BLOCK + i64::from(place) + 1
}

/// A line with whom it is about: an instance, and a record of whose history it is.
type About = (i64, Option<i64>, Option<i64>);

/// Whom lines behind the last full block are about, so that they need not be read again. Nothing is known of lines that
/// others may have written or deleted.
#[derive(Debug, Default)]
pub(super) struct Recent(Vec<About>);

impl Recent {
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Those with greater keys than the first one, up to the second one, if all of them are known.
    fn between(&self, after: i64, to: i64) -> Option<Vec<About>> {
        let known: Vec<About> = self.0.iter().filter(|(key, ..)| (after + 1..=to).contains(key)).copied().collect();
        (i64::try_from(known.len()) == Ok(to - after)).then_some(known)
    }
}

fn about(line: &LogEntry) -> About {
    (line.key, line.instance, line.record.filter(|_| line.kind.is_history()).map(|record| record.id))
}

impl SqliteStore {
    /// Registers the blocks that these lines have filled; they are written, and all that stand before them.
    pub(super) fn register_lines(&self, lines: &[LogEntry]) -> Result<Recent> {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(Recent::default()) };
        let (from, to) = (full(first.key - 1), full(last.key));
        // The beginning of the first block was written before.
        let before = self.lines.recent.between(from, first.key - 1);
        if from < to {
            let mut all = match &before {
                Some(known) => known.clone(),
                None => self.read_about(from, first.key)?,
            };
            all.extend(lines.iter().take_while(|line| line.key <= to).map(about));
            self.register(&all)?;
        }
        let rest = lines.iter().skip_while(|line| line.key <= to).map(about);
        let before = before.filter(|_| from == to).unwrap_or_default();
        Ok(Recent(before.into_iter().chain(rest).collect()))
    }

    fn read_about(&self, after: i64, before: i64) -> Result<Vec<About>> {
        let sql = format!(
            "SELECT key, instance, CASE WHEN {OF_HISTORY} THEN record_id END FROM abide_log WHERE key > ?1 AND key < ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map([after, before], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    fn register(&self, lines: &[About]) -> Result<()> {
        let mut subjects = Vec::with_capacity(lines.len());
        for (key, instance, record) in lines {
            let (block, place) = place(*key);
            subjects.extend(instance.iter().chain(record).map(|subject| (*subject, block, place)));
        }
        subjects.sort_unstable();
        subjects.dedup();
        let mut bulk = Bulk::new(&self.connection, "abide_log_of", &["subject", "block", "lines"]);
        for same in subjects.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some((subject, block, _)) = same.first() else { continue };
            let places: Vec<u8> = same.iter().map(|(.., place)| *place).collect();
            bulk.push([integer(*subject), integer(*block), places.into()].map(Ok))?;
        }
        bulk.finish()
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
        let sql = format!(
            "SELECT {columns} FROM abide_log l WHERE l.key > ?2 AND l.key <= ?2 + 1 AND {test} ORDER BY l.key LIMIT ?3"
        );
        let mut found = Vec::new();
        let mut add = |sql: &str, after: i64, limit: u32| -> Result<u32> {
            let mut values: Vec<&dyn ToSql> = vec![&subject, &after, &limit];
            values.extend(more);
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(values.as_slice())?;
            let mut left = limit;
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
                left -= 1;
            }
            Ok(left)
        };
        let mut left = limit;
        let registered = "SELECT block, lines FROM abide_log_of WHERE subject = ?1 AND block >= ?2 ORDER BY block";
        let mut statement = self.connection.prepare_cached(registered)?;
        let mut blocks = statement.query([subject, place(after.saturating_add(1)).0])?;
        while let (Some(row), true) = (blocks.next()?, left > 0) {
            let (block, places): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            for key in places.into_iter().map(|place| line(block, place)).filter(|key| *key > after) {
                if left > 0 {
                    left -= 1 - add(&sql, key - 1, 1)?;
                }
            }
        }
        let others = format!("SELECT {columns} FROM abide_log l WHERE l.key > ?2 AND {test} ORDER BY l.key LIMIT ?3");
        add(&others, after.max(self.last_registered()?), left)?;
        Ok(found)
    }

    /// Deletes a line that is about these, and what is registered of it.
    pub(super) fn delete_line(&self, key: i64, instance: Option<i64>, record: Option<i64>) -> Result<()> {
        for subject in [instance, record].into_iter().flatten() {
            self.strike(subject, key)?;
        }
        self.connection.prepare_cached("DELETE FROM abide_log WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    /// A line is not registered for a subject any more, if it was.
    fn strike(&self, subject: i64, key: i64) -> Result<()> {
        let (block, place) = place(key);
        let sql = "SELECT lines FROM abide_log_of WHERE subject = ?1 AND block = ?2";
        let lines = self.connection.prepare_cached(sql)?.query_row([subject, block], |row| row.get(0)).optional()?;
        let Some(mut lines): Option<Vec<u8>> = lines else { return Ok(()) };
        lines.retain(|line| *line != place);
        if lines.is_empty() {
            let sql = "DELETE FROM abide_log_of WHERE subject = ?1 AND block = ?2";
            self.connection.prepare_cached(sql)?.execute([subject, block])?;
        } else {
            let sql = "UPDATE abide_log_of SET lines = ?3 WHERE subject = ?1 AND block = ?2";
            self.connection.prepare_cached(sql)?.execute((subject, block, lines))?;
        }
        Ok(())
    }

    /// How many lines are registered that are not about their subject, or are about one and not registered.
    pub(super) fn count_wrongly_registered(&self) -> Result<i64> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM abide_log WHERE key = ?2 AND \
             (instance = ?1 OR record_id = ?1 AND {OF_HISTORY}))"
        );
        let mut is_about = self.connection.prepare_cached(&sql)?;
        let (mut right, mut wrong) = (0, 0);
        let mut statement = self.connection.prepare("SELECT subject, block, lines FROM abide_log_of")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (subject, block, places): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            for place in places {
                let is_right: bool = is_about.query_row([subject, line(block, place)], |row| row.get(0))?;
                (right, wrong) = if is_right { (right + 1, wrong) } else { (right, wrong + 1) };
            }
        }
        let sql = format!(
            "SELECT coalesce(sum((instance IS NOT NULL) + \
             (record_id IS NOT NULL AND record_id IS NOT instance AND {OF_HISTORY})), 0) FROM abide_log WHERE key <= ?1"
        );
        let wanted: i64 = self.connection.query_row(&sql, [self.last_registered()?], |row| row.get(0))?;
        Ok(wrong + (wanted - right).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, full, line, place};

    #[test]
    fn each_line_has_its_place_in_the_block_that_it_fills() {
        for key in [1, 2, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let (block, place) = place(key);
            assert_eq!(line(block, place), key);
            assert!(full(key) == key || full(key) == block * BLOCK);
        }
        assert_eq!(place(BLOCK), (0, 255));
        assert_eq!(place(BLOCK + 1), (1, 0));
    }
}
