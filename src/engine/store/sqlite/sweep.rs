//! Deleting lines of the log that are not kept any longer.

use rusqlite::params;

use crate::engine::store::{Result, Sweep};

use super::SqliteStore;

/// The last line stays: its key is the one that the next is counted from.
const NOT_LAST: &str = "key < (SELECT max(key) FROM abide_log)";
const OF_RECORD: &str = "kind IN ('create', 'update', 'delete')";
const IS_GONE: &str = "NOT EXISTS (SELECT 1 FROM abide_instance i WHERE i.id = abide_log.instance)";

impl SqliteStore {
    pub(super) fn delete_lines_of(&self, instance: i64, before: i64, limit: u32) -> Result<u32> {
        let test = format!("instance = ?1 AND {NOT_LAST} AND (NOT {OF_RECORD} OR at < ?4)");
        let lines = self.lines_about(("l.key, record_id", &test), (instance, 0, limit), &[&before], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for (key, record) in &lines {
            self.delete_line(*key, Some(instance), *record)?;
        }
        Ok(u32::try_from(lines.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn delete_lines(&self, sweep: Sweep, after: i64, before: i64, limit: u32) -> Result<Option<i64>> {
        let takes = match sweep {
            Sweep::Talk => format!("kind = 'refuse' OR (instance IS NOT NULL AND NOT {OF_RECORD} AND {IS_GONE})"),
            Sweep::History => format!("instance IS NULL OR {IS_GONE}"),
        };
        // WHY: no condition on `at`, with which all younger lines would be looked at.
        let sql = format!(
            "SELECT key, at, {takes}, instance, record_id FROM abide_log WHERE key > ?1 AND {NOT_LAST} ORDER BY key LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![after, limit])?;
        let (mut seen, mut keys) = (None, Vec::new());
        while let Some(row) = rows.next()? {
            let (key, at): (i64, i64) = (row.get(0)?, row.get(1)?);
            if at >= before {
                break;
            }
            seen = Some(key);
            if row.get(2)? {
                keys.push((key, row.get(3)?, row.get(4)?));
            }
        }
        for (key, instance, record) in keys {
            self.delete_line(key, instance, record)?;
        }
        Ok(seen)
    }
}
