//! Files that commands write: as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file, or puts the bytes in the place of one: another file is written and takes its name. A file that
/// links lead to is replaced, not the link; permissions stay.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let known = fs::canonicalize(path).ok();
    let path = known.as_deref().unwrap_or(path);
    let permissions = known.as_deref().map(|p| fs::metadata(p).map(|m| m.permissions())).transpose()?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    let written = write();
    if written.is_err() {
        // What is left over when even this fails is a hidden file beside the target.
        let _ = fs::remove_file(&temporary);
    }
    written
}
