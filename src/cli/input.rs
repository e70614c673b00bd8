//! The sources that a command works on: a path, or `-` for standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::exit::Exit;
use super::term::Term;
use crate::base::limits::{DATA_BYTES_MAX, SOURCE_BYTES_MAX};
use crate::project::{DiskFiles, Files, Loaded, load, load_text, load_unreadable};

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

/// Opens a data file. Messages are told here.
pub(super) fn open_data(path: &Path, term: &Term) -> Result<File, Exit> {
    let shown = path.display();
    match DiskFiles.open(path) {
        Ok((file, size)) if size <= DATA_BYTES_MAX => Ok(file),
        // LIMIT: DATA_BYTES_MAX
        Ok(_) => {
            term.err(&format!("error[E0903]: `{shown}` is larger than {} MB\n", DATA_BYTES_MAX >> 20));
            Err(Exit::Wrong)
        }
        Err(error) => {
            term.err(&format!("error[E0901]: cannot read `{shown}`: {error}\n"));
            Err(Exit::Environment)
        }
    }
}

/// The bytes of a file that is no source: a build or a snapshot. Messages are told here.
pub(super) fn read_bytes(path: &Path, limit: usize, term: &Term) -> Result<Vec<u8>, Exit> {
    let shown = path.display();
    // The one byte more shows that there would have been more.
    match DiskFiles.read(path, limit.saturating_add(1)) {
        Ok(bytes) if bytes.len() <= limit => Ok(bytes),
        Ok(_) => {
            term.err(&format!("error[E0903]: `{shown}` is larger than {} MB\n", limit >> 20));
            Err(Exit::Wrong)
        }
        Err(error) => {
            term.err(&format!("error[E0901]: cannot read `{shown}`: {error}\n"));
            Err(Exit::Environment)
        }
    }
}
