//! The sources that a command works on: a path, or `-` for standard input.

use std::io::{self, Read};
use std::path::Path;

use crate::base::limits::SOURCE_BYTES_MAX;
use crate::project::{DiskFiles, Loaded, load, load_text, load_unreadable};

/// How standard input is called in messages.
pub(super) const STDIN: &str = "<stdin>";

/// Loads every project at and below a path.
pub(super) fn load_path(path: &Path) -> Loaded {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        // LIMIT: `SOURCE_BYTES_MAX`; the one byte more shows that there would have been more.
        match io::stdin().lock().take(SOURCE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes) {
            Ok(_) => load_text(STDIN, bytes),
            Err(error) => load_unreadable(STDIN, &error),
        }
    } else {
        load(&DiskFiles, path)
    }
}
