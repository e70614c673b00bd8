//! A store that one program has for itself: a lock of the operating system on a file beside it, `NAME-lock`. It ends with
//! the program, however that ends; the file alone means nothing.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::engine::store::{Result, StoreError};

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    _file: File,
    path: PathBuf,
}

impl Hold {
    /// Takes the store, unless another program has it.
    pub(super) fn take(store: &Path) -> Result<Self> {
        let cannot = |error: io::Error| StoreError::Io(format!("{}: {error}", store.display()));
        let path = beside(store).map_err(cannot)?;
        loop {
            let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
            let mut file = options.open(&path).map_err(cannot)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(taken(&mut file)),
                Err(TryLockError::Error(error)) => return Err(cannot(error)),
            }
            // Who had it before may just have removed the file: then this lock is on a file that nobody finds.
            if is_still_there(&file, &path) {
                sign(&mut file);
                return Ok(Self { _file: file, path });
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if cfg!(unix) {
            // A file that stays is no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// One name for one store, whatever links lead to it.
fn beside(store: &Path) -> io::Result<PathBuf> {
    let store = match fs::canonicalize(store) {
        Ok(store) => store,
        Err(_) => {
            let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::canonicalize(folder)?.join(store.file_name().unwrap_or_default())
        }
    };
    let mut name = store.into_os_string();
    name.push("-lock");
    Ok(name.into())
}

/// Leaves the number of this process for the message of those who are refused. Without it the lock is no worse.
fn sign(file: &mut File) {
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
}

fn taken(file: &mut File) -> StoreError {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    let who = text.trim().parse().map_or_else(|_| String::new(), |id: u32| format!(" (process {id})"));
    StoreError::InUse(format!("a simulation runs on it{who}"))
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |data: &fs::Metadata| (data.dev(), data.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(held), Ok(found)) if place(&held) == place(&found))
}

#[cfg(not(unix))]
fn is_still_there(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_the_next_after_him() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("k.db");
        let first = Hold::take(&store).unwrap();
        let refusal = Hold::take(&store).unwrap_err();
        let who = std::process::id();
        assert_eq!(refusal, StoreError::InUse(format!("a simulation runs on it (process {who})")));
        drop(first);
        assert!(!folder.path().join("k.db-lock").exists());
        Hold::take(&store).unwrap();
    }

    #[test]
    fn a_file_that_was_left_behind_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("k.db-lock"), "4711\n").unwrap();
        Hold::take(&folder.path().join("k.db")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_the_same_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (store, link) = (folder.path().join("k.db"), folder.path().join("link.db"));
        fs::write(&store, "").unwrap();
        std::os::unix::fs::symlink(&store, &link).unwrap();
        let _first = Hold::take(&store).unwrap();
        assert!(matches!(Hold::take(&link), Err(StoreError::InUse(_))));
    }
}
