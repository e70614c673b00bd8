//! How far a store has had its data file: noted in the same transaction as each step, so that a simulation that was cut
//! short goes on with the next one.
//!
//! A step is the creation of a record, a field of it that is written later, or an event. The note is a setting of the
//! store: `data` is absent before the first step, [`WHOLE`] after the last one, and says where things stand between them.

use std::io::{self, Read};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    base::value::RecordRef,
    bytecode::module::Module,
    engine::store::{Result, Store, StoreError},
};

/// The setting that holds the note.
const KEY: &str = "data";

/// The note of a store that has had a whole data file.
const WHOLE: &str = "whole";

/// How many hexadecimal digits of its hash stand for a file.
const DIGITS: usize = 16;

/// How far a store has had a data file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Which file: the beginning of its hash. Empty where there is none, or where the store is not kept: then nothing
    /// but the end is noted.
    pub file: String,
    /// Where it was.
    pub path: String,
    /// The moment that `after` counts from.
    pub began: i64,
    /// Steps that are done.
    pub done: usize,
    /// All steps.
    pub steps: usize,
}

/// What a store knows of data files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has had none.
    New,
    /// It has had a part of one.
    Part(Progress),
    /// It has had one, or there was none to have.
    Whole,
}

/// What stands for a data file.
///
/// # Errors
/// If it cannot be read.
pub fn identify(mut input: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match input.read(&mut piece) {
            Ok(0) => break,
            Ok(bytes) => hash.update(piece.get(..bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(DIGITS);
    Ok(digits)
}

/// What the store knows of data files.
///
/// # Errors
/// If the store cannot be read, or the note is not one.
pub fn standing(store: &mut dyn Store) -> Result<Standing> {
    let Some(text) = store.meta(KEY)? else { return Ok(Standing::New) };
    if text == WHOLE {
        return Ok(Standing::Whole);
    }
    let damaged = || StoreError::Damaged("the note about its data file".to_owned());
    let json: Json = serde_json::from_str(&text).map_err(|_| damaged())?;
    Progress::of_json(&json).map(Standing::Part).ok_or_else(damaged)
}

/// Whether the store has had the whole of this file.
///
/// # Errors
/// If the store cannot be read.
pub fn had(store: &mut dyn Store, file: &str) -> Result<bool> {
    Ok(store.meta(&format!("{KEY}/{file}"))?.is_some())
}

impl Progress {
    fn of_json(json: &Json) -> Option<Self> {
        let text = |key: &str| json.get(key)?.as_str().map(str::to_owned);
        let count = |key: &str| usize::try_from(json.get(key)?.as_u64()?).ok();
        Some(Self {
            file: text("file")?,
            path: text("path")?,
            began: json.get("began")?.as_i64()?,
            done: count("done")?,
            steps: count("steps")?,
        })
    }

    /// Notes where things stand: in the transaction of the step.
    pub(super) fn note(&self, store: &mut dyn Store) -> Result<()> {
        if self.file.is_empty() {
            return Ok(());
        }
        let Self { file, path, began, done, steps } = self;
        let note = json!({ "file": file, "path": path, "began": began, "done": done, "steps": steps });
        store.set_meta(KEY, &note.to_string())
    }

    /// Notes that all is done.
    pub(super) fn finish(&self, store: &mut dyn Store) -> Result<()> {
        store.set_meta(KEY, WHOLE)?;
        if self.file.is_empty() { Ok(()) } else { store.set_meta(&format!("{KEY}/{}", self.file), WHOLE) }
    }

    fn name_key(&self, name: &str) -> String {
        format!("{KEY}/{}/{name}", self.file)
    }

    /// Notes which record has a name of the file: in the transaction that creates it.
    pub(super) fn name(&self, store: &mut dyn Store, module: &Module, name: &str, record: RecordRef) -> Result<()> {
        if self.file.is_empty() {
            return Ok(());
        }
        let entity = module.entity(record.entity).map_or("", |entity| entity.name.as_str());
        store.set_meta(&self.name_key(name), &format!("{entity}:{}", record.id))
    }

    /// The record of a name, as it was noted.
    pub(super) fn named(&self, store: &mut dyn Store, module: &Module, name: &str) -> Result<Option<RecordRef>> {
        let Some(text) = store.meta(&self.name_key(name))? else { return Ok(None) };
        let record = text.split_once(':').and_then(|(entity, id)| {
            let (entity, _) = module.entity_by_name(entity)?;
            Some(RecordRef { entity, id: id.parse().ok()? })
        });
        record.map(Some).ok_or_else(|| StoreError::Damaged(format!("the note about `${name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::store::memory::MemoryStore;

    #[test]
    fn what_was_noted_is_known() {
        let mut store = MemoryStore::new();
        let progress = Progress { file: "ab".into(), path: "a \"b\".json".into(), began: -1, done: 2, steps: 3 };
        assert_eq!(standing(&mut store), Ok(Standing::New));
        store.begin().unwrap();
        progress.note(&mut store).unwrap();
        assert_eq!(standing(&mut store), Ok(Standing::Part(progress.clone())));
        assert_eq!(had(&mut store, "ab"), Ok(false));
        progress.finish(&mut store).unwrap();
        assert_eq!(standing(&mut store), Ok(Standing::Whole));
        assert_eq!((had(&mut store, "ab"), had(&mut store, "cd")), (Ok(true), Ok(false)));
        store.set_meta(KEY, "{}").unwrap();
        assert!(matches!(standing(&mut store), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn another_byte_is_another_file() {
        let id = |text: &str| identify(text.as_bytes()).unwrap();
        assert_ne!(id("{}"), id("{ }"));
        assert_eq!(id("{}").len(), DIGITS);
    }
}
