//! What is wrong with a file: its pages, its references, instances whose build is missing, and the register of the log.

use super::SqliteStore;
use crate::engine::store::Result;

/// Complaints of each kind that are told.
const TOLD_MAX: usize = 20;

impl SqliteStore {
    /// What is wrong with the file; nothing if all is well.
    pub(super) fn find_damage(&self) -> Result<Vec<String>> {
        let mut wrong = self.broken_pages()?;
        wrong.extend(self.broken_references()?);
        wrong.extend(self.missing_builds()?);
        wrong.extend(self.wrong_register()?);
        Ok(wrong)
    }

    fn broken_pages(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare(&format!("PRAGMA integrity_check({TOLD_MAX})"))?;
        let found = statement.query_map([], |row| row.get(0))?;
        let lines: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").map(|line| format!("the file is damaged: {line}")).collect())
    }

    fn broken_references(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        let mut wrong = Vec::new();
        while let (Some(row), true) = (rows.next()?, wrong.len() < TOLD_MAX) {
            let (table, id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let id = id.map(|id| format!(":{id}")).unwrap_or_default();
            wrong.push(format!("{table}{id} refers to a record of {parent} that is not there"));
        }
        Ok(wrong)
    }

    fn missing_builds(&self) -> Result<Vec<String>> {
        let sql = "SELECT coalesce(b.hash, i.build), count(*), min(i.id) FROM abide_instance i \
                   LEFT JOIN abide_build b ON b.number = i.build \
                   WHERE i.live = 1 AND b.bytes IS NULL GROUP BY i.build ORDER BY 1";
        let mut statement = self.connection.prepare(sql)?;
        let found = statement.query_map([], |row| {
            let (build, count, first): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!(
                "the build {build} is missing: instances that have not ended need it ({count}, the first is {first})"
            ))
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The register of the log has just those lines that are about something.
    fn wrong_register(&self) -> Result<Option<String>> {
        let count = self.count_wrongly_registered()?;
        let told = || format!("the lines of the log and what is noted of whom they are about differ ({count})");
        Ok((count > 0).then(told))
    }
}
