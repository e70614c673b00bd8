//! The bound: the rows of a run that Abide has made, written by hand.

use std::path::Path;

use rusqlite::{Connection, params_from_iter, types::Value};

/// A table with one row of a run as its pattern.
struct Table {
    columns: Vec<String>,
    row: Vec<Value>,
}

/// Plain SQL on tables like those of a store.
pub(crate) struct Bound {
    connection: Connection,
    order: Table,
    state: Table,
    log: Table,
    next: i64,
}

/// What changes in the rows of a step.
const STEP: [&str; 4] = ["snapshot", "point", "queue", "changed"];

impl Bound {
    /// Tables like those of a store that a run has left, with its last rows as patterns.
    pub(crate) fn like(store: &Path, at: &Path) -> Self {
        let connection = Connection::open(at).expect("a file");
        for pragma in PRAGMAS {
            connection.query_row(&format!("PRAGMA {pragma}"), [], |_| Ok(())).or_else(no_row).expect("a pragma");
        }
        let from = Connection::open(store).expect("the store");
        let mut tables = ["\"order\"", "abide_instance", "abide_log"].map(|name| {
            let plain = name.trim_matches('"');
            let find = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            let sql: String = from.query_row(find, [plain], |row| row.get(0)).expect("a table");
            // Foreign keys are not looked at.
            connection.execute_batch(&sql).expect("the same table");
            let mut last = from.prepare(&format!("SELECT * FROM {name} ORDER BY 1 DESC LIMIT 1")).expect("a query");
            let columns = last.column_names().map(str::to_owned).collect::<Vec<_>>();
            let row = last.query_row([], |row| (0..columns.len()).map(|at| row.get(at)).collect()).expect("a row");
            Table { columns, row }
        });
        // The row of an instance in the middle of its steps.
        tables[1].row = Self::waiting(&from);
        let [order, state, log] = tables;
        Self { connection, order, state, log, next: 0 }
    }

    fn waiting(from: &Connection) -> Vec<Value> {
        let sql = "SELECT * FROM abide_instance WHERE snapshot IS NOT NULL ORDER BY id DESC LIMIT 1";
        let mut last = from.prepare(sql).expect("a query");
        let columns = last.column_count();
        last.query_row([], |row| (0..columns).map(|at| row.get(at)).collect()).expect("an instance that has not ended")
    }

    pub(crate) fn begin(&self) {
        self.run("BEGIN IMMEDIATE");
    }

    pub(crate) fn commit(&self) {
        self.run("COMMIT");
    }

    fn run(&self, sql: &str) {
        self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).expect("it is done");
    }

    fn insert(&self, name: &str, table: &Table, key: Option<i64>) {
        let marks = vec!["?"; table.columns.len()].join(", ");
        let sql = format!("INSERT INTO {name} VALUES ({marks})");
        let first = key.map_or(Value::Null, Value::Integer);
        let values = std::iter::once(&first).chain(&table.row[1..]);
        self.connection.prepare_cached(&sql).and_then(|mut s| s.execute(params_from_iter(values))).expect("a row");
    }

    /// The rows of an order.
    pub(crate) fn order(&self, id: i64) {
        self.insert("\"order\"", &self.order, Some(id));
    }

    /// The rows of a start.
    pub(crate) fn start(&self, id: i64) {
        self.insert("abide_instance", &self.state, Some(id));
        self.insert("abide_log", &self.log, None);
    }

    /// The rows of a step; the last one of a process has a line for its end.
    pub(crate) fn step(&mut self, id: i64, number: i64, is_last: bool) {
        self.next += 1;
        let sql = "UPDATE \"order\" SET step = ?2, modified_on = ?3, version = ?2 WHERE id = ?1";
        let at = 1_767_603_600_000_000 + self.next;
        self.connection.prepare_cached(sql).and_then(|mut s| s.execute([id, number, at])).expect("an order");
        let mut values: Vec<Value> = Vec::new();
        for name in STEP {
            let place = self.state.columns.iter().position(|column| column == name).expect("a column");
            values.push(match name {
                "queue" => Value::Integer(self.next),
                "changed" => Value::Integer(at),
                _ => self.state.row[place].clone(),
            });
        }
        values.push(Value::Integer(id));
        let sets = STEP.map(|name| format!("{name} = ?")).join(", ");
        let sql = format!("UPDATE abide_instance SET {sets} WHERE id = ?");
        self.connection.prepare_cached(&sql).and_then(|mut s| s.execute(params_from_iter(values))).expect("a state");
        self.insert("abide_log", &self.log, None);
        if is_last {
            self.insert("abide_log", &self.log, None);
        }
    }
}

/// Those of the store, but that references are not looked at.
const PRAGMAS: [&str; 6] = [
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = OFF",
    "cache_size = -16384",
    "wal_autocheckpoint = 4096",
    "journal_size_limit = 67108864",
];

fn no_row(error: rusqlite::Error) -> rusqlite::Result<()> {
    if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
}
