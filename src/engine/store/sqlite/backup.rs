//! A copy of a store, while others work on it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::engine::store::{Result, StoreError};

use super::setup;

/// Writes what is committed in the store `from` to the new file `to`, makes it certain that it is on disk, and looks
/// through the copy.
///
/// Nobody is held up: the copy is that of one moment, whatever is written meanwhile.
///
/// # Errors
/// If the store cannot be read, the file cannot be written, or the copy is not whole.
pub fn backup(from: &Path, to: &Path) -> Result<()> {
    copy(from, to, None)
}

/// The same on a file system that was registered with SQLite under this name.
///
/// # Errors
/// As there.
pub fn backup_on(from: &Path, to: &Path, file_system: &str) -> Result<()> {
    copy(from, to, Some(file_system))
}

fn copy(from: &Path, to: &Path, file_system: Option<&str>) -> Result<()> {
    let path = to.to_str().ok_or_else(|| StoreError::Io("the name of the file is not UTF-8".to_owned()))?;
    let connection = setup::look_at_on(from, file_system)?;
    // WHY: not SQLite's own backup, which begins anew whenever another program has written.
    connection.execute("VACUUM INTO ?1", [path])?;
    drop(connection);
    sync(to, file_system)?;
    let copy = setup::look_at_on(to, file_system)?;
    let found: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    // The store itself may be sound: its pages were read well.
    if found == "ok" {
        Ok(())
    } else {
        Err(StoreError::Io(format!("the copy is not whole: {}", found.replace('\n', " "))))
    }
}

/// `VACUUM INTO` leaves it to the system when the file is written. A commit of one page syncs all of it.
fn sync(copy: &Path, file_system: Option<&str>) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match file_system {
        Some(name) => Connection::open_with_flags_and_vfs(copy, flags, name)?,
        None => Connection::open_with_flags(copy, flags)?,
    };
    // What a crash leaves here is no backup yet: there is nothing to roll back to.
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL;")?;
    setup::write_a_frame(&connection)
}
