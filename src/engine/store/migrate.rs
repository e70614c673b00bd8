//! The rows of a table whose columns change.

use rust_decimal::Decimal;

use crate::base::value::Value;

use super::{
    Result, Source, StoreError,
    schema::{Column, Kind, Table},
};

/// The row of a record as it will be.
///
/// # Errors
/// If a value cannot be converted.
pub(super) fn migrated(row: &[Value], sources: &[Source], to: &Table) -> Result<Vec<Value>> {
    let value = |((old, source), column): ((&Value, &Source), &Column)| {
        let new = match source {
            Source::Keep => old.clone(),
            Source::Fill(value) => value.clone(),
            Source::KeepOr(value) if old.is_none() => value.clone(),
            Source::KeepOr(_) => old.clone(),
            Source::Renumber(numbers) => match old {
                Value::Enum(old) => Value::Enum(numbers.iter().find(|(was, _)| was == old).map_or(*old, |(_, is)| *is)),
                other => other.clone(),
            },
            Source::Convert => match (old, &column.kind) {
                (Value::Int(n), Kind::Decimal | Kind::Scaled(_)) => Value::Decimal(Decimal::from(*n)),
                (other, _) => other.clone(),
            },
        };
        let fits = if new.is_none() { column.optional } else { column.kind.fits(&new) };
        if fits {
            Ok(new)
        } else {
            Err(StoreError::Constraint(format!("{}.{} cannot hold {new:?}", to.entity, column.field)))
        }
    };
    row.iter().zip(sources).zip(&to.columns).map(value).collect()
}
