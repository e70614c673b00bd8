//! One conformance suite for all stores, and the golden of the SQLite schema.

mod golden;
mod random;
mod sample;
mod suite;

use abide::engine::store::{Store, memory::MemoryStore, sqlite::SqliteStore};
use tempfile::TempDir;

/// A store with the sample's tables, and what keeps its file alive.
struct Fixture {
    store: Box<dyn Store>,
    _folder: Option<TempDir>,
}

fn memory() -> Fixture {
    let mut store = MemoryStore::new();
    store.prepare(&sample::schema()).unwrap();
    Fixture { store: Box::new(store), _folder: None }
}

fn sqlite() -> Fixture {
    let folder = TempDir::new().unwrap();
    let mut store = SqliteStore::open(&folder.path().join("store.db")).unwrap();
    store.prepare(&sample::schema()).unwrap();
    Fixture { store: Box::new(store), _folder: Some(folder) }
}

fn sqlite_in_memory() -> Fixture {
    let mut store = SqliteStore::open_in_memory().unwrap();
    store.prepare(&sample::schema()).unwrap();
    Fixture { store: Box::new(store), _folder: None }
}
