//! A copy of a store, while others work on it.

use std::path::Path;

use crate::engine::store::{Result, StoreError};

use super::setup;

/// Writes what is committed in the store `from` to the new file `to`, and looks through the copy.
///
/// Nobody is held up: the copy is that of one moment, whatever is written meanwhile.
///
/// # Errors
/// If the store cannot be read, the file cannot be written, or the copy is not whole.
pub fn backup(from: &Path, to: &Path) -> Result<()> {
    let connection = setup::look_at(from)?;
    // WHY: not SQLite's own backup, which begins anew whenever another program has written.
    let path = to.to_str().ok_or_else(|| StoreError::Io("the name of the file is not UTF-8".to_owned()))?;
    connection.execute("VACUUM INTO ?1", [path])?;
    drop(connection);
    let file = std::fs::File::open(to).and_then(|file| file.sync_all());
    file.map_err(|error| StoreError::Io(error.to_string()))?;
    let copy = setup::look_at(to)?;
    let found: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
}
