//! Files that commands write: as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::term::Term;

/// Writes a file, or tells why not.
pub(super) fn put(path: &Path, bytes: &[u8], term: &Term) -> Result<(), Exit> {
    write(path, bytes).map_err(|error| {
        term.err(&format!("error[E0921]: cannot write `{}`: {error}\n", path.display()));
        if error.kind() != io::ErrorKind::NotFound && path.is_file() {
            term.err("  help: the file is as it was before\n");
        }
        Exit::Environment
    })
}

/// Puts a file in its place that `make` makes beside it. What it tells is told.
pub(super) fn put_made(path: &Path, term: &Term, make: impl FnOnce(&Path) -> Result<(), Exit>) -> Result<(), Exit> {
    let (folder, temporary) = beside(path);
    let made = make(&temporary).and_then(|()| {
        fs::rename(&temporary, path).map_err(|error| {
            term.err(&format!("error[E0921]: cannot write `{}`: {error}\n", path.display()));
            Exit::Environment
        })
    });
    if made.is_err() {
        // What is left over when even this fails is a hidden file beside the target.
        let _ = fs::remove_file(&temporary);
    } else {
        sync_folder(folder);
    }
    made
}

/// The same where there is no file yet; false if there is one by then, which stays. Where there are no links, a file
/// that comes at this very moment is replaced.
pub(super) fn put_new(path: &Path, term: &Term, make: impl FnOnce(&Path) -> Result<(), Exit>) -> Result<bool, Exit> {
    let (folder, temporary) = beside(path);
    let placed = make(&temporary).and_then(|()| match fs::hard_link(&temporary, path) {
        Ok(()) => Ok(true),
        Err(_) if path.exists() => Ok(false),
        Err(_) => fs::rename(&temporary, path).map(|()| true).map_err(|error| {
            term.err(&format!("error[E0921]: cannot write `{}`: {error}\n", path.display()));
            Exit::Environment
        }),
    });
    // What is left over when even this fails is a hidden file beside the target.
    let _ = fs::remove_file(&temporary);
    if let Ok(true) = placed {
        sync_folder(folder);
    }
    placed
}

/// The folder of a file, and the name that it has there until it is whole.
fn beside(path: &Path) -> (&Path, PathBuf) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    (folder, folder.join(format!(".{name}.{}.tmp", std::process::id())))
}

/// A new name lasts once the folder is on disk. Where a folder cannot be synced, it is as safe as it gets.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Writes a file, or puts the bytes in the place of one: another file is written and takes its name. A file that
/// links lead to is replaced, not the link; permissions stay. What is no file, such as a pipe, is written to.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let known = fs::metadata(path).ok();
    // What nobody may write is not replaced either.
    if known.as_ref().is_some_and(|known| known.is_file() && known.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    if known.as_ref().is_some_and(|known| !known.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let target = if known.is_some() { fs::canonicalize(path)? } else { path.to_path_buf() };
    let (folder, temporary) = beside(&target);
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        if let Some(known) = &known {
            file.set_permissions(known.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &target)
    };
    let written = write();
    if written.is_err() {
        // What is left over when even this fails is a hidden file beside the target.
        let _ = fs::remove_file(&temporary);
    } else {
        sync_folder(folder);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_only_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.proc");
        fs::write(&path, "enum A { a }").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let error = write(&path, b"enum A { b }").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read_to_string(&path).unwrap(), "enum A { a }");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        write(&link, b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(write(folder.path(), b"x").is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_failure_leaves_the_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let full = folder.path().join("full");
        std::os::unix::fs::symlink("/dev/full", &full).unwrap();
        assert!(write(&full, b"x").is_err());
        fs::create_dir(folder.path().join("gone")).unwrap();
        let inside = folder.path().join("gone").join("a");
        fs::remove_dir(folder.path().join("gone")).unwrap();
        assert_eq!(write(&inside, b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
