//! The log: append-only, one line a row, written behind.

use rusqlite::params;
use serde_json::{Value as Json, json};

use crate::base::value::RecordRef;
use crate::engine::store::{Change, LogEntry, LogKind, Result, StoreError, codec};

use super::{SqliteStore, register::OF_HISTORY};

fn changes_to_text(changes: &[Change]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let row = |c: &Change| json!([c.field, codec::to_json(&c.old), codec::to_json(&c.new)]);
    Some(Json::Array(changes.iter().map(row).collect()).to_string())
}

fn changes_from_text(text: &str) -> Option<Vec<Change>> {
    let json: Json = serde_json::from_str(text).ok()?;
    let change = |row: &Json| {
        Some(Change {
            field: row.get(0)?.as_str()?.to_owned(),
            old: codec::from_json(row.get(1)?, 0).ok()?,
            new: codec::from_json(row.get(2)?, 0).ok()?,
        })
    };
    json.as_array()?.iter().map(change).collect()
}

const COLUMNS: &str =
    "key, at, kind, instance, process, stage, place, user, record_entity, record_id, changes, message";

/// Lines that wait to be written.
const LINES_MAX: usize = 4_096;

/// The lines of the open transaction, as long as they may have to be written again.
#[derive(Debug, Default)]
pub(super) struct Lines {
    all: Vec<LogEntry>,
    /// How many of them are written.
    written: usize,
    /// The key of the last line of the log, if it is known.
    last: Option<i64>,
    /// The lengths and the last key at each savepoint.
    marks: Vec<(usize, usize, Option<i64>)>,
}

impl Lines {
    pub(super) fn unwritten(&self) -> &[LogEntry] {
        self.all.get(self.written..).unwrap_or_default()
    }

    /// All are written; within savepoints that may be undone.
    pub(super) fn note_written(&mut self, may_be_undone: bool) {
        self.written = self.all.len();
        if !may_be_undone {
            self.all.clear();
            self.written = 0;
        }
    }

    pub(super) fn mark(&mut self) {
        self.marks.push((self.all.len(), self.written, self.last));
    }

    pub(super) fn release(&mut self, left: u32) {
        self.marks.truncate(left as usize);
        if left == 0 && self.unwritten().is_empty() {
            self.note_written(false);
        }
    }

    pub(super) fn undo(&mut self, savepoint: u32) {
        let mark = self.marks.get((savepoint as usize).saturating_sub(1)).copied();
        if let Some((length, written, last)) = mark {
            self.all.truncate(length);
            (self.written, self.last) = (written, last);
        }
    }
}

impl SqliteStore {
    /// Adds a line, which is written behind.
    pub(super) fn append_line(&mut self, entry: LogEntry) -> Result<i64> {
        let last = match self.lines.last {
            Some(last) => last,
            None => self.select_last_key()?,
        };
        let key = last + 1;
        self.lines.last = Some(key);
        self.lines.all.push(LogEntry { key, ..entry });
        if self.lines.unwritten().len() > LINES_MAX {
            self.write_lines_behind()?;
        }
        Ok(key)
    }

    pub(super) fn last_key(&self) -> Result<i64> {
        self.lines.last.map_or_else(|| self.select_last_key(), Ok)
    }

    fn select_last_key(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT coalesce(max(key), 0) FROM abide_log")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    pub(super) fn write_line(&self, entry: &LogEntry) -> Result<()> {
        let sql = "INSERT INTO abide_log \
                   (key, at, kind, instance, process, stage, place, user, record_entity, record_id, changes, message) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let entity = entry.record.map(|r| self.entity_name(r.entity)).transpose()?;
        self.connection.prepare_cached(sql)?.execute(params![
            entry.key,
            entry.at,
            entry.kind.word(),
            entry.instance,
            entry.process,
            entry.stage,
            entry.place,
            entry.user,
            entity,
            entry.record.map(|r| r.id),
            changes_to_text(&entry.changes),
            entry.message,
        ])?;
        Ok(())
    }

    pub(super) fn read_log(&mut self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        self.write_lines_behind()?;
        if let Some(instance) = instance {
            let which = (COLUMNS, "instance = ?1");
            return self.lines_about(which, (instance, after, limit), &[], |row| self.line(row));
        }
        let sql = format!("SELECT {COLUMNS} FROM abide_log WHERE key > ?1 ORDER BY key LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![after, limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.line(row)?);
        }
        Ok(found)
    }

    pub(super) fn read_log_of(&mut self, record: RecordRef, after: i64, limit: u32) -> Result<Vec<LogEntry>> {
        self.write_lines_behind()?;
        let entity = self.entity_name(record.entity)?;
        let test = format!("record_id = ?1 AND record_entity = ?4 AND {OF_HISTORY}");
        self.lines_about((COLUMNS, &test), (record.id, after, limit), &[&entity], |row| self.line(row))
    }

    fn line(&self, row: &rusqlite::Row<'_>) -> Result<LogEntry> {
        let key: i64 = row.get(0)?;
        let damaged = || StoreError::Damaged(format!("line {key} of the log"));
        let kind: String = row.get(2)?;
        let changes: Option<String> = row.get(10)?;
        let changes = changes.map(|text| changes_from_text(&text).ok_or_else(damaged)).transpose()?;
        Ok(LogEntry {
            key,
            at: row.get(1)?,
            kind: LogKind::parse(&kind).ok_or_else(damaged)?,
            instance: row.get(3)?,
            process: row.get(4)?,
            stage: row.get(5)?,
            place: row.get(6)?,
            user: row.get(7)?,
            record: self.reference(row.get(8)?, row.get(9)?)?,
            changes: changes.unwrap_or_default(),
            message: row.get(11)?,
        })
    }
}
