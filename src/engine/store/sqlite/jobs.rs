//! Jobs: what is done outside of the engine.

use rusqlite::{OptionalExtension, params};

use crate::engine::store::{Job, Result};

use super::SqliteStore;

const COLUMNS: &str = "instance, queue, due, tries, taken, error";

fn job_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        instance: row.get(0)?,
        queue: row.get(1)?,
        due: row.get(2)?,
        tries: row.get(3)?,
        is_taken: row.get(4)?,
        error: row.get(5)?,
    })
}

impl SqliteStore {
    pub(super) fn write_job(&self, job: &Job) -> Result<()> {
        let sql = "INSERT INTO abide_job (instance, queue, due, tries, taken, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                   ON CONFLICT (instance) DO UPDATE SET queue = ?2, due = ?3, tries = ?4, taken = ?5, error = ?6";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(params![job.instance, job.queue, job.due, job.tries, job.is_taken, job.error])?;
        Ok(())
    }

    pub(super) fn find_job(&self, instance: i64) -> Result<Option<Job>> {
        let sql = format!("SELECT {COLUMNS} FROM abide_job WHERE instance = ?1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([instance], job_of).optional()?)
    }

    pub(super) fn delete_job(&self, instance: i64) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM abide_job WHERE instance = ?1")?.execute([instance])?;
        Ok(())
    }

    pub(super) fn find_due_jobs(&self, queue: &str, until: i64, limit: u32) -> Result<Vec<Job>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM abide_job INDEXED BY abide_job_due WHERE queue = ?1 AND due <= ?2 \
             ORDER BY due, instance LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![queue, until, limit], job_of)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn find_lapsed_jobs(&self, until: i64, limit: u32) -> Result<Vec<Job>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM abide_job INDEXED BY abide_job_taken WHERE taken = 1 AND due <= ?1 \
             ORDER BY due, instance LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map(params![until, limit], job_of)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn count_jobs(&self) -> Result<Vec<(String, i64, i64)>> {
        let sql = "SELECT queue, count(*), sum(taken) FROM abide_job GROUP BY queue ORDER BY queue";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}
