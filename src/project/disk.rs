//! Files on disk.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::files::{Files, Kind};

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl DiskFiles {
    /// Opens a file, and says how large it is.
    ///
    /// # Errors
    /// If it cannot be opened, or is a pipe or the like, from which nothing can be read twice.
    pub fn open(&self, path: &Path) -> io::Result<(File, u64)> {
        let kind = fs::metadata(path)?;
        // WHY: opening a pipe waits for somebody who writes.
        if !kind.is_file() && !kind.is_dir() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a folder"));
        }
        Ok((File::open(path)?, kind.len()))
    }
}

impl Files for DiskFiles {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        let kind = fs::metadata(path)?.file_type();
        Ok(if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            Kind::File
        } else {
            Kind::Other
        })
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.0.take(limit as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn identity(&self, folder: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(folder)
    }
}
