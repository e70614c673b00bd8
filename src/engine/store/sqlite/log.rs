//! The log: append-only, one line a row, written behind.

use std::sync::LazyLock;

use rusqlite::params;
use serde_json::Value as Json;

use crate::base::value::RecordRef;
use crate::engine::store::{Change, LogEntry, LogKind, Result, StoreError, codec, migrate::renumber};

use super::{
    SqliteStore,
    bulk::{Bulk, integer, made, null, optional, text},
    register::{OF_HISTORY, Recent},
    tail::Tail,
};

fn changes_to_text(changes: &[Change]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(64);
    for change in changes {
        text.push_str(if text.is_empty() { "[[" } else { ",[" });
        codec::push_text(&change.field, &mut text);
        for value in [&change.old, &change.new] {
            text.push(',');
            codec::push_value(value, &mut text);
        }
        text.push(']');
    }
    text.push(']');
    Some(text)
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

const NAMES: [&str; 12] = [
    "key",
    "at",
    "kind",
    "instance",
    "process",
    "stage",
    "place",
    "user",
    "record_entity",
    "record_id",
    "changes",
    "message",
];

static COLUMNS: LazyLock<String> = LazyLock::new(|| NAMES.join(", "));

/// Lines that wait to be written.
const LINES_MAX: usize = 4_096;
/// Lines that are read at a time while they are changed.
const LINES_AT_ONCE: i64 = 1_000;

/// The lines of the open transaction.
#[derive(Debug, Default)]
pub(super) struct Lines {
    waiting: Tail<LogEntry>,
    /// The key of the last line of the log, if it is known.
    last: Option<i64>,
    /// Whom the lines are about that were written last.
    pub(super) recent: Recent,
}

impl Lines {
    pub(super) fn unwritten(&self) -> &[LogEntry] {
        self.waiting.unwritten()
    }

    pub(super) fn note_written(&mut self) {
        self.waiting.note_written();
    }

    /// Others may have added lines.
    pub(super) fn forget(&mut self) {
        self.last = None;
        self.recent.forget();
    }

    /// The transaction is over.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn mark(&mut self) {
        self.waiting.mark();
    }

    pub(super) fn release(&mut self, left: u32) {
        self.waiting.release(left);
    }

    pub(super) fn undo(&mut self, savepoint: u32) {
        self.waiting.undo(savepoint);
        self.recent.forget();
        self.last = self.unwritten().last().map(|line| line.key);
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
        self.lines.waiting.push(LogEntry { key, ..entry });
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

    /// Writes lines that wait.
    pub(super) fn write_lines(&self, lines: &[LogEntry]) -> Result<()> {
        let mut bulk = Bulk::new(&self.connection, "abide_log", &NAMES);
        for line in lines {
            let entity = line.record.map(|record| self.entity_name(record.entity)).transpose()?;
            let row = [
                integer(line.key),
                integer(line.at),
                text(line.kind.word()),
                optional(line.instance),
                line.process.as_deref().map_or(null(), text),
                text(&line.stage),
                text(&line.place),
                optional(line.user),
                entity.map_or(null(), text),
                optional(line.record.map(|record| record.id)),
                made(changes_to_text(&line.changes)),
                text(&line.message),
            ];
            bulk.push(row.map(Ok))?;
        }
        bulk.finish()
    }

    pub(super) fn read_log(&mut self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        self.write_lines_behind()?;
        if let Some(instance) = instance {
            let which = (&**COLUMNS, "instance = ?1");
            return self.lines_about(which, (instance, after, limit), &[], |row| self.line(row));
        }
        let sql = format!("SELECT {} FROM abide_log WHERE key > ?1 ORDER BY key LIMIT ?2", *COLUMNS);
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
        self.lines_about((&COLUMNS, &test), (record.id, after, limit), &[&entity], |row| self.line(row))
    }

    /// The log tells of members of enums by their numbers.
    pub(super) fn renumber_lines(&self, entity: &str, fields: &[(&str, &[(i32, i32)])]) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let sql = "SELECT key, changes FROM abide_log WHERE key > ?1 AND record_entity = ?2 AND changes IS NOT NULL \
                   ORDER BY key LIMIT ?3";
        let mut select = self.connection.prepare(sql)?;
        let mut update = self.connection.prepare("UPDATE abide_log SET changes = ?2 WHERE key = ?1")?;
        let mut after = 0;
        loop {
            let rows = select.query_map(params![after, entity, LINES_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let lines: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
            let Some((last, _)) = lines.last() else { return Ok(()) };
            after = *last;
            for (key, text) in lines {
                let damaged = || StoreError::Damaged(format!("line {key} of the log"));
                let mut changes = changes_from_text(&text).ok_or_else(damaged)?;
                if renumber(&mut changes, fields) {
                    update.execute(params![key, changes_to_text(&changes)])?;
                }
            }
        }
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
