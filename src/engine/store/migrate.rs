//! The rows of a table whose columns change.

use rust_decimal::Decimal;

use crate::base::value::Value;

use super::{
    Result, Schema, Source, StoreError,
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
    let value = |((index, source), column): ((usize, &Source), &Column)| {
        // A field that is new has no place in the row yet.
        let old = row.get(index).unwrap_or(&Value::None);
        let new = match source {
            Source::Fill(value) => value.clone(),
            Source::Kept { numbers, orders, absent } => match kept(old, numbers, &column.kind, schema)? {
                Value::None => absent.clone(),
                Value::List(items) if *orders => Value::set_of(items),
                present => present,
            },
        };
        let fits = if new.is_none() { column.optional } else { column.kind.fits(&new) };
        if fits {
            Ok(new)
        } else {
            Err(StoreError::Constraint(format!("{}.{} cannot hold it", to.entity, column.field)))
        }
    };
    sources.iter().enumerate().zip(&to.columns).map(value).collect()
}

fn kept(old: &Value, numbers: &[(i32, i32)], kind: &Kind, schema: &Schema) -> Result<Value> {
    Ok(match (old, kind) {
        (Value::Enum(old), _) => Value::Enum(numbers.iter().find(|(was, _)| was == old).map_or(*old, |(_, is)| *is)),
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

fn with_places(mut number: Decimal, places: u32) -> Decimal {
    number.rescale(places);
    number
}
