//! How far a store has had the file of an import: noted in the transaction of each batch, so that after a crash the note
//! and the records agree.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::engine::store::{Result, Store, StoreError};
use crate::simulation::progress::identify;

/// What the settings of a store begin with that are notes about imports.
const KEY: &str = "import";

/// How far a store has had a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// Where the file was.
    pub(super) path: String,
    /// The setting that says so.
    pub(super) key: String,
    /// Rows that were created or refused.
    pub(super) rows: u64,
    /// Those that were created.
    pub(super) created: u64,
    /// Those that were refused.
    pub(super) refused: u64,
    /// The file of the refused ones; as it was noted, without regard to the folder of the call.
    pub(super) refused_into: PathBuf,
    /// How long it was.
    pub(super) refused_bytes: u64,
    /// Whether these are all rows.
    pub(super) is_whole: bool,
}

/// What a store knows of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing.
    New,
    /// It has had some or all of its rows.
    Done(Done),
    /// It has had some of the rows of a file that stood there and held something else.
    Other(Done),
}

impl Done {
    /// The beginning of an import into an entity.
    pub(super) fn nothing(entity: &str, file: &Path) -> io::Result<Self> {
        let path = std::fs::canonicalize(file)?.to_string_lossy().into_owned();
        let key = format!("{KEY}/{entity}/{}", identify(File::open(file)?)?);
        let (refused_into, refused_bytes) = (PathBuf::new(), 0);
        Ok(Self { path, key, rows: 0, created: 0, refused: 0, refused_into, refused_bytes, is_whole: false })
    }

    /// What the store knows of the same file.
    pub(super) fn known(&self, store: &mut dyn Store) -> Result<Known> {
        if let Some(text) = store.meta(&self.key)? {
            return of_text(&self.key, &text).map(Known::Done);
        }
        let folder = self.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (key, text) in store.metas(&format!("{folder}/"))? {
            let other = of_text(&key, &text)?;
            if other.path == self.path && !other.is_whole {
                return Ok(Known::Other(other));
            }
        }
        Ok(Known::New)
    }

    /// Notes it: in the transaction of the rows.
    pub(super) fn note(&self, store: &mut dyn Store) -> Result<()> {
        let note = json!({
            "path": self.path,
            "rows": self.rows,
            "created": self.created,
            "refused": self.refused,
            "refused_into": absolute(&self.refused_into).to_string_lossy(),
            "refused_bytes": self.refused_bytes,
            "whole": self.is_whole,
        });
        store.set_meta(&self.key, &note.to_string())
    }

    /// Forgets it: another one has taken its place.
    pub(super) fn forget(&self, store: &mut dyn Store) -> Result<()> {
        store.remove_meta(&self.key)
    }
}

/// The path, whatever folder a program is in.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn of_text(key: &str, text: &str) -> Result<Done> {
    let read = || {
        let json: Json = serde_json::from_str(text).ok()?;
        let number = |key: &str| json.get(key)?.as_u64();
        let word = |key: &str| json.get(key)?.as_str().map(str::to_owned);
        Some(Done {
            path: word("path")?,
            key: key.to_owned(),
            rows: number("rows")?,
            created: number("created")?,
            refused: number("refused")?,
            refused_into: word("refused_into")?.into(),
            refused_bytes: number("refused_bytes")?,
            is_whole: json.get("whole")?.as_bool()?,
        })
    };
    read().ok_or_else(|| StoreError::Damaged("the note about an import".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::store::memory::MemoryStore;

    #[test]
    fn a_file_is_known_by_what_it_holds_and_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, "name\nx\n").unwrap();
        let mut store = MemoryStore::new();
        store.begin().unwrap();
        let mut done = Done { rows: 1, created: 1, ..Done::nothing("Deal", &file).unwrap() };
        assert_eq!(done.known(&mut store), Ok(Known::New));
        done.note(&mut store).unwrap();
        let again = Done::nothing("Deal", &file).unwrap();
        assert_eq!(again.known(&mut store), Ok(Known::Done(done.clone())));
        assert_eq!(Done::nothing("Account", &file).unwrap().known(&mut store), Ok(Known::New));
        std::fs::write(&file, "name\ny\n").unwrap();
        let changed = Done::nothing("Deal", &file).unwrap();
        assert_eq!(changed.known(&mut store), Ok(Known::Other(done.clone())));
        done.is_whole = true;
        done.note(&mut store).unwrap();
        assert_eq!(changed.known(&mut store), Ok(Known::New));
    }
}
