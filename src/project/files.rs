//! The border to the file system.

use std::io;
use std::path::{Path, PathBuf};

/// What a path leads to, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes that can be read to an end.
    File,
    /// Something with entries.
    Folder,
    /// A device, a pipe, a socket.
    Other,
}

/// Files as the loader of projects needs them.
pub trait Files {
    /// What stands at a path.
    ///
    /// # Errors
    /// When nothing does, or it may not be looked at.
    fn kind(&self, path: &Path) -> io::Result<Kind>;

    /// The names in a folder, in any order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// The first `limit` bytes of a file.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>>;

    /// The one path of a folder without links in it, to notice when it is reached twice.
    ///
    /// # Errors
    /// When the folder cannot be looked at.
    fn identity(&self, folder: &Path) -> io::Result<PathBuf>;
}
