//! The SQLite schema, and files that are not stores of this program.

use abide::engine::store::{
    FORMAT, Schema, Store, StoreError,
    sqlite::{SqliteStore, statements},
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::sample;

#[test]
fn the_tables_of_the_sample() {
    insta::assert_snapshot!(statements(&sample::schema()).unwrap().concat());
}

#[test]
fn the_tables_of_the_engine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    let mut statement =
        connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").unwrap();
    let texts: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    insta::assert_snapshot!(texts.join(";\n"));
}

#[test]
fn a_store_opens_again_and_only_with_its_own_tables() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.prepare(&sample::schema()).unwrap();
    store.begin().unwrap();
    store.insert(sample::COMPANY, &sample::company(1, "Acme", None)).unwrap();
    store.commit().unwrap();
    drop(store);
    let mut store = SqliteStore::open(&path).unwrap();
    store.prepare(&sample::schema()).unwrap();
    assert_eq!(store.count(sample::COMPANY, &[]).unwrap(), 1);
    drop(store);
    let mut store = SqliteStore::open(&path).unwrap();
    let mut other = Schema::clone(&sample::schema());
    other.tables.pop();
    assert!(matches!(store.prepare(&other.into()), Err(StoreError::Other(_))));
}

#[test]
fn other_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "this is no database, just a text that is long enough to look at").unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::NotAStore(_))));

    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x);").unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::NotAStore(_))));

    let path = folder.path().join("newer.db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99;").unwrap();
    assert_eq!(SqliteStore::open(&path).err(), Some(StoreError::Format(99)));
    assert_ne!(FORMAT, 99);

    let missing = folder.path().join("no folder").join("store.db");
    assert!(matches!(SqliteStore::open(&missing), Err(StoreError::Io(_))));
}

#[test]
fn a_damaged_row_is_an_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.prepare(&sample::schema()).unwrap();
    store.begin().unwrap();
    store.put_instance(&sample::instance(5)).unwrap();
    store.insert(sample::COMPANY, &sample::company(1, "Acme", None)).unwrap();
    store.insert(sample::DEAL, &sample::deal(2, "a", 1, 1)).unwrap();
    store.commit().unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("UPDATE deal SET close_on = 'soon'; UPDATE abide_instance SET status = 'odd';").unwrap();
    assert!(matches!(store.get(sample::at(sample::DEAL, 2)), Err(StoreError::Damaged(_))));
    assert!(matches!(store.instance(5), Err(StoreError::Damaged(_))));
}
