//! The rows of a table whose columns change.

use rust_decimal::Decimal;

use crate::base::value::Value;

use super::{
    Change, Result, Schema, Source, StoreError,
    schema::{Column, Kind, Table},
};

/// The row of a record as it will be in a table of a schema.
///
/// # Errors
/// If a column cannot hold what its source gives.
pub(in crate::engine) fn migrated(
    row: &[Value],
    sources: &[Source],
    to: &Table,
    schema: &Schema,
) -> Result<Vec<Value>> {
    let value = |(index, source): (usize, &Source)| {
        // A field that is new has no place in the row yet.
        self::value(row.get(index).unwrap_or(&Value::None), source, to, index, schema)
    };
    sources.iter().enumerate().map(value).collect()
}

/// The value that a column of a table will have.
///
/// # Errors
/// If the column cannot hold what its source gives.
pub(in crate::engine) fn value(
    old: &Value,
    source: &Source,
    to: &Table,
    column: usize,
    schema: &Schema,
) -> Result<Value> {
    let missing = || StoreError::Schema(format!("`{}` has no column number {column}", to.entity));
    let column = to.columns.get(column).ok_or_else(missing)?;
    let new = match source {
        Source::Fill(value) => value.clone(),
        Source::Kept { numbers, orders, absent } => match kept(old, numbers, &column.kind, schema)? {
            Value::None => absent.clone(),
            Value::List(items) if *orders => Value::set_of(items),
            present => present,
        },
    };
    let fits = if new.is_none() { column.optional } else { column.kind.fits(&new) };
    if fits { Ok(new) } else { Err(StoreError::Constraint(format!("{}.{} cannot hold it", to.entity, column.field))) }
}

fn kept(old: &Value, numbers: &[(i32, i32)], kind: &Kind, schema: &Schema) -> Result<Value> {
    Ok(match (old, kind) {
        (Value::Enum(_), _) => in_numbers(old, numbers),
        (Value::List(items), Kind::List(member)) => {
            Value::List(items.iter().map(|item| kept(item, numbers, &member.kind, schema)).collect::<Result<_>>()?)
        }
        (Value::Int(n), Kind::Decimal) => Value::Decimal(Decimal::from(*n)),
        (Value::Int(n), Kind::Scaled(places)) => Value::Decimal(with_places(Decimal::from(*n), *places)),
        (Value::Decimal(number), Kind::Scaled(places)) => Value::Decimal(with_places(*number, *places)),
        // A table that is gone has no records.
        (Value::Ref(record), Kind::AnyRef) if schema.table(record.entity)?.is_gone() => Value::None,
        (old, _) => old.clone(),
    })
}

/// Fields of a table whose enums have other numbers, with these.
pub(in crate::engine) fn renumbered<'a>(table: &'a Table, sources: &'a [Source]) -> Vec<(&'a str, &'a [(i32, i32)])> {
    let numbers = |(column, source): (&'a Column, &'a Source)| match source {
        Source::Kept { numbers, .. } if !numbers.is_empty() => Some((column.field.as_str(), numbers.as_slice())),
        _ => None,
    };
    table.columns.iter().zip(sources).filter_map(numbers).collect()
}

/// What a line of the log tells of such fields, with the new numbers. Whether that is something else.
pub(in crate::engine) fn renumber(changes: &mut [Change], fields: &[(&str, &[(i32, i32)])]) -> bool {
    let mut is_other = false;
    for change in changes {
        let Some((_, numbers)) = fields.iter().find(|(field, _)| *field == change.field) else { continue };
        for value in [&mut change.old, &mut change.new] {
            let new = in_numbers(value, numbers);
            is_other |= *value != new;
            *value = new;
        }
    }
    is_other
}

fn in_numbers(value: &Value, numbers: &[(i32, i32)]) -> Value {
    match value {
        Value::Enum(old) => Value::Enum(numbers.iter().find(|(was, _)| was == old).map_or(*old, |(_, is)| *is)),
        Value::List(items) => Value::List(items.iter().map(|item| in_numbers(item, numbers)).collect()),
        other => other.clone(),
    }
}

fn with_places(mut number: Decimal, places: u32) -> Decimal {
    number.rescale(places);
    number
}
