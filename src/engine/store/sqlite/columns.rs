//! Values in columns, by the kind of the column.

use std::str::FromStr;

use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use rust_decimal::Decimal;

use crate::{
    base::value::{Currency, Money, RecordRef, Value},
    engine::store::{
        Result, Schema, StoreError, codec,
        schema::{Column, Kind, Member, scaled},
    },
};

fn text(text: String) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Sql::Text(text))
}

fn integer(n: i64) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Sql::Integer(n))
}

/// Adds a value as it stands in its column, or in the two columns of a reference to several entities.
pub(super) fn push<'a>(
    schema: &'a Schema,
    kind: &Kind,
    value: &'a Value,
    out: &mut Vec<ToSqlOutput<'a>>,
) -> Result<()> {
    let sql = match (kind, value) {
        (Kind::Gone, Value::None) => return Ok(()),
        (Kind::AnyRef, Value::Ref(record)) => {
            let name = schema.table(record.entity)?.entity.as_bytes();
            out.push(ToSqlOutput::Borrowed(ValueRef::Text(name)));
            integer(record.id)
        }
        (Kind::AnyRef | Kind::Caseless, Value::None) => {
            out.push(ToSqlOutput::Owned(Sql::Null));
            ToSqlOutput::Owned(Sql::Null)
        }
        (_, Value::None) => ToSqlOutput::Owned(Sql::Null),
        (Kind::Bool, Value::Bool(b)) => integer(i64::from(*b)),
        (Kind::Int, Value::Ref(record)) | (Kind::Ref(_), Value::Ref(record)) => integer(record.id),
        (Kind::Int, Value::Int(n)) | (Kind::Instance, Value::Instance(n)) | (Kind::DateTime, Value::DateTime(n)) => {
            integer(*n)
        }
        (Kind::Enum, Value::Enum(n)) => integer(i64::from(*n)),
        (Kind::Money(_) | Kind::MoneyBeside(_), Value::Money(money)) => integer(money.amount),
        (Kind::Float, Value::Float(f)) => ToSqlOutput::Owned(Sql::Real(*f)),
        (Kind::Caseless, Value::Text(t)) => {
            out.push(ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())));
            text(t.to_lowercase())
        }
        (Kind::Text, Value::Text(t)) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
        (Kind::Scaled(places), Value::Decimal(d)) if scaled(*d, *places).is_some() => {
            integer(scaled(*d, *places).unwrap_or_default())
        }
        (Kind::Decimal, Value::Decimal(d)) => text(d.normalize().to_string()),
        (Kind::Date, Value::Date(d)) => text(codec::date_to_text(*d)?),
        (Kind::Time, Value::Time(t)) => text(codec::time_to_text(*t)),
        (Kind::Duration, Value::Duration(d)) => text(codec::duration_to_text(*d)),
        (Kind::List(_) | Kind::Record(_), _) => text(codec::to_plain(schema, kind, value)?.to_string()),
        _ => return Err(StoreError::Constraint(format!("a value does not fit its column: {value:?}"))),
    };
    out.push(sql);
    Ok(())
}

/// Reads a value from a row, from the physical column `index` on, and moves on past it.
pub(super) fn pull(schema: &Schema, column: &Column, row: &rusqlite::Row<'_>, index: &mut usize) -> Result<Value> {
    let damaged = || StoreError::Damaged(format!("a row's `{}` is not what its column holds", column.name));
    if column.kind == Kind::Gone {
        return Ok(Value::None);
    }
    let cell = row.get_ref(*index)?;
    *index += 1;
    let number = || cell.as_i64().map_err(|_| damaged());
    let text = || cell.as_str().map_err(|_| damaged());
    if column.kind == Kind::AnyRef {
        let id = row.get_ref(*index)?;
        *index += 1;
        return match (cell, id) {
            (ValueRef::Null, ValueRef::Null) if column.optional => Ok(Value::None),
            (ValueRef::Text(_), ValueRef::Integer(id)) => {
                let entity = schema.entity(text()?).ok_or_else(damaged)?;
                Ok(Value::Ref(RecordRef { entity, id }))
            }
            _ => Err(damaged()),
        };
    }
    if column.kind == Kind::Caseless {
        // The shadow beside it follows from the text.
        *index += 1;
    }
    if cell == ValueRef::Null {
        return if column.optional { Ok(Value::None) } else { Err(damaged()) };
    }
    Ok(match &column.kind {
        Kind::Bool => Value::Bool(number()? != 0),
        Kind::Int => Value::Int(number()?),
        Kind::Instance => Value::Instance(number()?),
        Kind::DateTime => Value::DateTime(number()?),
        Kind::Enum => Value::Enum(i32::try_from(number()?).map_err(|_| damaged())?),
        Kind::Money(currency) => Value::Money(Money { amount: number()?, currency: *currency }),
        Kind::Ref(entity) => Value::Ref(RecordRef { entity: *entity, id: number()? }),
        Kind::Float => Value::Float(cell.as_f64().map_err(|_| damaged())?),
        Kind::Caseless | Kind::Text => Value::Text(text()?.to_owned()),
        Kind::Scaled(places) => {
            Value::Decimal(Decimal::try_from_i128_with_scale(number()?.into(), *places).map_err(|_| damaged())?)
        }
        Kind::Decimal => Value::Decimal(Decimal::from_str(text()?).map_err(|_| damaged())?),
        Kind::Date => Value::Date(codec::date_from_text(text()?)?),
        Kind::Time => Value::Time(codec::time_from_text(text()?)?),
        Kind::Duration => Value::Duration(codec::duration_from_text(text()?)?),
        Kind::List(_) | Kind::Record(_) => {
            let json = serde_json::from_str(text()?).map_err(|_| damaged())?;
            codec::from_plain(schema, &Member { kind: column.kind.clone(), optional: false }, &json)?
        }
        // The row says the currency once all of it is read.
        Kind::MoneyBeside(_) => Value::Money(Money { amount: number()?, currency: Currency(*b"XXX") }),
        Kind::AnyMoney | Kind::AnyRef | Kind::Gone => return Err(damaged()),
    })
}
