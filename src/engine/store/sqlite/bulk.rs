//! Many rows of a table in few statements. Rows that follow each other are inserted together; a column in which they
//! have no value is left out, and what each of them has again, or each second one, is bound once.

use rusqlite::{
    CachedStatement, Connection,
    types::{ToSqlOutput, Value as Sql, ValueRef},
};

use crate::engine::store::{Result, codec};

/// The rows of a statement: few numbers, so that there are few statements to prepare.
const PORTIONS: [usize; 3] = [32, 8, 1];
/// After so many rows at most values come again that are bound once.
const PERIOD_MAX: usize = 2;

/// How many values are bound for a column, of which each row has the next one in turn; none where no row has a value.
type Given = Option<usize>;

/// New rows of a table.
pub(super) struct Bulk<'a> {
    connection: &'a Connection,
    table: &'static str,
    columns: &'a [&'static str],
    /// The values of rows that are not inserted yet, row by row.
    values: Vec<ToSqlOutput<'a>>,
    /// The statement that ran last, with what it is for.
    last: Option<(usize, Vec<Given>, CachedStatement<'a>)>,
}

impl<'a> Bulk<'a> {
    pub(super) fn new(connection: &'a Connection, table: &'static str, columns: &'a [&'static str]) -> Self {
        Self { connection, table, columns, values: Vec::new(), last: None }
    }

    /// Takes a row: a value for each column.
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = Result<ToSqlOutput<'a>>>) -> Result<()> {
        for value in row {
            self.values.push(value?);
        }
        let most = PORTIONS.into_iter().max().unwrap_or(1);
        if self.values.len() >= most * self.columns.len() { self.insert() } else { Ok(()) }
    }

    /// Inserts what is left.
    pub(super) fn finish(mut self) -> Result<()> {
        self.insert()
    }

    fn insert(&mut self) -> Result<()> {
        let values = std::mem::take(&mut self.values);
        let width = self.columns.len().max(1);
        let mut rest = values.as_slice();
        while !rest.is_empty() {
            let rows = PORTIONS.into_iter().find(|rows| rows * width <= rest.len()).unwrap_or(1);
            let (now, later) = rest.split_at_checked(rows * width).unwrap_or((rest, &[]));
            self.insert_rows(now, rows)?;
            rest = later;
        }
        self.values = values;
        self.values.clear();
        Ok(())
    }

    fn insert_rows(&mut self, values: &[ToSqlOutput<'_>], rows: usize) -> Result<()> {
        let width = self.columns.len();
        let given = given(values, width, rows);
        let last = self.last.take().filter(|(count, shape, _)| (*count, shape) == (rows, &given));
        let (_, given, statement) = match last {
            Some(last) => self.last.insert(last),
            None => {
                let statement = self.connection.prepare_cached(&self.text(&given, rows))?;
                self.last.insert((rows, given, statement))
            }
        };
        let mut parameter = 0;
        for (column, count) in given.iter().enumerate() {
            for value in values.iter().skip(column).step_by(width).take(count.unwrap_or_default()) {
                parameter += 1;
                statement.raw_bind_parameter(parameter, value)?;
            }
        }
        statement.raw_execute()?;
        Ok(())
    }

    /// The statement. What stops it ends the transaction, so that SQLite need not be ready to undo a part of it.
    fn text(&self, given: &[Given], rows: usize) -> String {
        let mut text = String::with_capacity(64 + 16 * self.columns.len() + 6 * rows * given.len());
        text.push_str("INSERT OR FAIL INTO ");
        text.push_str(self.table);
        let mut separator = " (";
        for (name, _) in self.columns.iter().zip(given).filter(|(_, count)| count.is_some()) {
            text.push_str(separator);
            text.push_str(name);
            separator = ", ";
        }
        for row in 0..rows {
            text.push_str(if row == 0 { ") VALUES " } else { ", " });
            let (mut first, mut separator) = (1, "(?");
            for count in given.iter().flatten() {
                text.push_str(separator);
                codec::push_number(first + row % count, &mut text);
                (first, separator) = (first + count, ", ?");
            }
            text.push(')');
        }
        text
    }
}

/// How the values of each column are given. A row by itself has all its columns: there is one statement for it.
fn given(values: &[ToSqlOutput<'_>], width: usize, rows: usize) -> Vec<Given> {
    let mut given = vec![Some(rows); width];
    for period in (1..=PERIOD_MAX.min(rows)).rev() {
        let mut comes_again = vec![true; width];
        let pairs = values.chunks_exact(width).zip(values.chunks_exact(width).skip(period));
        for (row, later) in pairs {
            let columns = comes_again.iter_mut().zip(row.iter().zip(later));
            columns.for_each(|(again, (a, b))| *again = *again && is_same(a, b));
        }
        given.iter_mut().zip(comes_again).filter(|(_, again)| *again).for_each(|(given, _)| *given = Some(period));
    }
    if rows > 1 {
        let columns = given.iter_mut().zip(values);
        columns.filter(|(given, first)| **given == Some(1) && is_null(first)).for_each(|(given, _)| *given = None);
    }
    given
}

/// Whether two values of a column are the same; mostly they are numbers, or texts.
fn is_same(a: &ToSqlOutput<'_>, b: &ToSqlOutput<'_>) -> bool {
    match (a, b) {
        (ToSqlOutput::Owned(Sql::Integer(a)), ToSqlOutput::Owned(Sql::Integer(b))) => a == b,
        (ToSqlOutput::Borrowed(ValueRef::Text(a)), ToSqlOutput::Borrowed(ValueRef::Text(b))) => a == b,
        (a, b) => a == b,
    }
}

pub(super) fn null() -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Sql::Null)
}

pub(super) fn integer(number: i64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Sql::Integer(number))
}

pub(super) fn optional(number: Option<i64>) -> ToSqlOutput<'static> {
    number.map_or(null(), integer)
}

pub(super) fn text(text: &str) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
}

pub(super) fn made(text: Option<String>) -> ToSqlOutput<'static> {
    text.map_or(null(), |text| ToSqlOutput::Owned(Sql::Text(text)))
}

fn is_null(value: &ToSqlOutput<'_>) -> bool {
    matches!(value, ToSqlOutput::Owned(Sql::Null) | ToSqlOutput::Borrowed(ValueRef::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_as_they_are_given() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d)").unwrap();
        let mut bulk = Bulk::new(&connection, "t", &["id", "a", "b", "c", "d"]);
        let row = |id: i64| {
            let kind = if id % 2 == 0 { "even" } else { "odd" };
            let rare = if id == 70 { Sql::Integer(7) } else { Sql::Null };
            [Sql::Integer(id), Sql::Text("same".into()), Sql::Text(kind.into()), Sql::Integer(id / 3), rare]
        };
        for id in 1..=75 {
            bulk.push(row(id).map(|value| Ok(ToSqlOutput::Owned(value)))).unwrap();
        }
        bulk.finish().unwrap();
        let mut statement = connection.prepare("SELECT id, a, b, c, d FROM t ORDER BY id").unwrap();
        let mut rows = statement.query([]).unwrap();
        for id in 1..=75 {
            let found = rows.next().unwrap().unwrap();
            assert_eq!([0, 1, 2, 3, 4].map(|column| found.get::<_, Sql>(column).unwrap()), row(id));
        }
        assert!(rows.next().unwrap().is_none());
    }

    #[test]
    fn what_comes_again_is_bound_once() {
        let connection = Connection::open_in_memory().unwrap();
        let bulk = Bulk::new(&connection, "t", &["id", "a", "b", "c"]);
        let values = [[1, 0, 5, 7], [2, 0, 6, 7], [3, 0, 5, 7]]
            .map(|row| row.map(|n| ToSqlOutput::Owned(if n == 0 { Sql::Null } else { Sql::Integer(n) })));
        let values = values.as_flattened();
        let given = given(values, 4, 3);
        assert_eq!(given, [Some(3), None, Some(2), Some(1)]);
        let text = "INSERT OR FAIL INTO t (id, b, c) VALUES (?1, ?4, ?6), (?2, ?5, ?6), (?3, ?4, ?6)";
        assert_eq!(bulk.text(&given, 3), text);
    }
}
