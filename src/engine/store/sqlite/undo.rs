//! The undo blocks that sagas have noted.

use rusqlite::{OptionalExtension, Row, params};

use crate::{
    bytecode::types::FuncIdx,
    engine::store::{Result, UndoNote, codec},
};

use super::SqliteStore;

/// The columns of a note.
const COLUMNS: &str = "key, instance, function, arguments, user";

/// A note whose arguments are not read yet.
fn note(row: &Row<'_>) -> rusqlite::Result<(UndoNote, String)> {
    let function = FuncIdx(row.get(2)?);
    let note = UndoNote { key: row.get(0)?, instance: row.get(1)?, function, arguments: Vec::new(), user: row.get(4)? };
    Ok((note, row.get(3)?))
}

fn with_arguments((note, text): (UndoNote, String)) -> Result<UndoNote> {
    Ok(UndoNote { arguments: codec::values_from_text(&text)?, ..note })
}

impl SqliteStore {
    pub(super) fn write_undo(&self, note: &UndoNote) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO abide_undo (key, instance, function, arguments, user) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let arguments = codec::values_to_text(&note.arguments);
        let values = params![note.key, note.instance, note.function.0, arguments, note.user];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    pub(super) fn read_last_undo(&self, instance: i64, after: i64) -> Result<Option<UndoNote>> {
        let sql =
            format!("SELECT {COLUMNS} FROM abide_undo WHERE instance = ?1 AND key > ?2 ORDER BY key DESC LIMIT 1");
        let found = self.connection.prepare_cached(&sql)?.query_row([instance, after], note).optional()?;
        found.map(with_arguments).transpose()
    }

    pub(super) fn read_undo(&self, instance: i64) -> Result<Vec<UndoNote>> {
        let sql = format!("SELECT {COLUMNS} FROM abide_undo WHERE instance = ?1 ORDER BY key");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found: Vec<_> = statement.query_map([instance], note)?.collect::<rusqlite::Result<_>>()?;
        found.into_iter().map(with_arguments).collect()
    }
}
