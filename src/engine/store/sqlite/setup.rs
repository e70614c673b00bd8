//! The beginning of a connection: whose file it is, how it is written, the engine's tables.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use crate::engine::store::{FORMAT, Result, StoreError};

use super::tables;

/// Marks the file as a store of this program: "Abid".
const APPLICATION_ID: i32 = 0x4162_6964;

/// Every commit is on disk. 16 MiB of pages stay in memory, so that a large transaction is written once; about as much is
/// written ahead before it goes to its place, in a file that is used again and does not grow beyond four times that.
const HOUSEKEEPING: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; \
    PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864;";

/// How long others may have the file before this program gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a connection ready, and the file a store if it is empty. Any number of programs may do so at once.
pub(super) fn set_up(connection: &Connection, path: &Path) -> Result<()> {
    connection.busy_timeout(PATIENCE)?;
    let is_store = is_store(connection, path)?;
    write_ahead(connection)?;
    connection.execute_batch(HOUSEKEEPING)?;
    if !is_store {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        // Another program may have been quicker.
        if !self::is_store(&transaction, path)? {
            transaction.execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};\n{}",
                tables::ENGINE
            ))?;
        }
        transaction.commit()?;
    }
    take_over(connection)
}

/// Makes certain what another program has left in the log. SQLite reads there what was written, not what is on the disk:
/// after a sync that failed, systems may show pages which they will never write. So the pages go to their places, which
/// is synced anew, and the log begins again. If other programs have the file open, they know what is committed.
fn take_over(connection: &Connection) -> Result<()> {
    let frames = |how: &str| -> rusqlite::Result<i64> {
        connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| row.get(1))
    };
    if frames("NOOP")? > 0 {
        connection.busy_timeout(Duration::ZERO)?;
        frames("TRUNCATE")?;
        connection.busy_timeout(PATIENCE)?;
        write_a_frame(connection)?;
    }
    Ok(())
}

/// Commits a page as it is. It stands in the log behind what was committed last, and so over what a failed commit has
/// left there; at the beginning of a log it makes certain that the log is a new one.
pub(super) fn write_a_frame(connection: &Connection) -> Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(&format!("PRAGMA user_version = {FORMAT}"))?;
    Ok(transaction.commit()?)
}

/// Prepared statements are kept, and stay prepared: a plan does not depend on what is bound, so a statement whose index
/// covers some rows only names these rows by itself.
pub(super) fn tune(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(super::STATEMENTS_MAX);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Says of a folder that it is one; SQLite calls it an error of the disk.
pub(super) fn refuse_folder(path: &Path) -> Result<()> {
    if path.is_dir() { Err(StoreError::NotAStore(format!("`{}` is a folder", path.display()))) } else { Ok(()) }
}

/// A connection that only reads. Where the folder cannot be written, SQLite cannot keep the book that readers of a
/// write-ahead log need; then the file is read as it is, as long as nothing stands in that log only.
pub(super) fn look_at(path: &Path) -> Result<Connection> {
    look_at_on(path, None)
}

/// The same on a file system that was registered with SQLite under this name.
pub(super) fn look_at_on(path: &Path, file_system: Option<&str>) -> Result<Connection> {
    if let Some(name) = file_system {
        return connect_to_read(path, &format!("mode=ro&vfs={name}"));
    }
    refuse_folder(path)?;
    let answer = connect_to_read(path, "mode=ro");
    let Err(StoreError::Io(reason)) = answer else { return answer };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(StoreError::Io(format!(
            "{reason}; what was written last stands in `{}`: copy both to a folder that may be written",
            Path::new(&log).display()
        )));
    }
    connect_to_read(path, "immutable=1")
}

fn connect_to_read(path: &Path, how: &str) -> Result<Connection> {
    let connect = || -> rusqlite::Result<Connection> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let mut uri = "file:".to_owned();
        for byte in absolute.to_string_lossy().bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(format!("{uri}?{how}"), flags)?;
        connection.busy_timeout(PATIENCE)?;
        // Opens the file in truth.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let connection = connect().map_err(|error| match StoreError::from(error) {
        StoreError::Io(reason) => StoreError::Io(format!("{}: {reason}", path.display())),
        other => other,
    })?;
    if is_store(&connection, path)? {
        Ok(connection)
    } else {
        Err(StoreError::NotAStore(format!("`{}` is empty", path.display())))
    }
}

/// Whether the file has the engine's tables; it is refused if it has others. The tables are counted first: they come
/// with both numbers.
fn is_store(connection: &Connection, path: &Path) -> Result<bool> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(false);
    }
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(StoreError::NotAStore(format!("`{}` is a database of something else", path.display())));
    }
    if format != i64::from(FORMAT) {
        return Err(StoreError::Format(u16::try_from(format).unwrap_or(u16::MAX)));
    }
    Ok(true)
}

/// Switches to the write-ahead log. SQLite does not wait by itself here when several programs switch a new file.
fn write_ahead(connection: &Connection) -> Result<()> {
    let began = Instant::now();
    loop {
        match switch(connection) {
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(error.into()),
            // Nobody else reads what is in memory.
            Ok(mode) if mode == "wal" || mode == "memory" => return Ok(()),
            Ok(mode) => {
                let reason = format!("no write-ahead log can be kept there (SQLite offers `{mode}`)");
                return Err(StoreError::Io(reason));
            }
        }
    }
}

/// The mode that holds after this. It is told before the switch is on disk: that is certain when there is no second row.
fn switch(connection: &Connection) -> rusqlite::Result<String> {
    let mut statement = connection.prepare("PRAGMA journal_mode = WAL")?;
    let mut rows = statement.query([])?;
    let mode = rows.next()?.map(|row| row.get(0)).transpose()?.unwrap_or_default();
    rows.next()?;
    Ok(mode)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::DatabaseBusy)
}
