//! The log: append-only, one line a row.

use rusqlite::params;
use serde_json::{Value as Json, json};

use crate::base::value::RecordRef;
use crate::engine::store::{Change, LogEntry, LogKind, Result, StoreError, codec};

use super::SqliteStore;

fn changes_to_text(changes: &[Change]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let rows = changes.iter().map(|c| json!([c.field, codec::to_json(&c.old), codec::to_json(&c.new)]));
    Some(Json::Array(rows.collect()).to_string())
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

impl SqliteStore {
    pub(super) fn write_log(&self, entry: &LogEntry) -> Result<i64> {
        let sql = "INSERT INTO abide_log \
                   (at, kind, instance, process, stage, place, user, record_entity, record_id, changes, message) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let entity = entry.record.map(|r| self.entity_name(r.entity)).transpose()?;
        self.connection.prepare_cached(sql)?.execute(params![
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
        Ok(self.connection.last_insert_rowid())
    }

    pub(super) fn read_log(&self, after: i64, instance: Option<i64>, limit: u32) -> Result<Vec<LogEntry>> {
        // WHY: no `?3 IS NULL OR …`, with which SQLite compiles the statement anew at each call.
        let test = if instance.is_some() { "AND instance = ?3" } else { "" };
        let sql = format!("SELECT {COLUMNS} FROM abide_log WHERE key > ?1 {test} ORDER BY key LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = match instance {
            None => statement.query(params![after, limit])?,
            Some(instance) => statement.query(params![after, limit, instance])?,
        };
        self.lines(rows)
    }

    pub(super) fn read_log_of(&self, record: RecordRef, after: i64, limit: u32) -> Result<Vec<LogEntry>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM abide_log WHERE key > ?1 AND record_id = ?2 AND record_entity = ?3 \
             ORDER BY key LIMIT ?4"
        );
        let entity = self.entity_name(record.entity)?;
        let mut statement = self.connection.prepare_cached(&sql)?;
        self.lines(statement.query(params![after, record.id, entity, limit])?)
    }

    fn lines(&self, mut rows: rusqlite::Rows<'_>) -> Result<Vec<LogEntry>> {
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            let damaged = || StoreError::Damaged(format!("line {key} of the log"));
            let kind: String = row.get(2)?;
            let changes: Option<String> = row.get(10)?;
            let changes = changes.map(|text| changes_from_text(&text).ok_or_else(damaged)).transpose()?;
            found.push(LogEntry {
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
            });
        }
        Ok(found)
    }
}
