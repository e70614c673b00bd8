//! Bytes of stored types. The only place that names `bincode`: numbers are little-endian with variable length, every
//! decode has a byte limit, and what is left over is refused.
//!
//! Types of the base, and values (which nest), are written by hand: a value is a flat list of pieces, each container
//! after its elements, so that decoding never recurses.

pub use bincode::{Decode, Encode};
use bincode::{
    config::{Configuration, Limit, LittleEndian, Varint},
    de::{BorrowDecode, BorrowDecoder, Decoder},
    enc::Encoder,
    error::{DecodeError, EncodeError},
};
use rust_decimal::Decimal;

use crate::base::{
    limits,
    value::{Currency, Duration, EntityIdx, Money, RecordRef, Value},
};

const LIMIT: usize = limits::BUILD_BYTES_MAX;

fn config() -> Configuration<LittleEndian, Varint, Limit<LIMIT>> {
    bincode::config::standard().with_limit::<LIMIT>()
}

/// The bytes of a value.
///
/// # Errors
/// If they would exceed the limit.
pub fn encode<T: Encode>(value: &T) -> Result<Vec<u8>, String> {
    bincode::encode_to_vec(value, config()).map_err(|error| error.to_string())
}

/// The value of these bytes, all of them.
///
/// # Errors
/// If they are not the bytes of such a value, or not only.
pub fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<T, String> {
    let (value, read) = bincode::decode_from_slice(bytes, config()).map_err(|error| error.to_string())?;
    if read == bytes.len() { Ok(value) } else { Err(format!("{} bytes too many", bytes.len() - read)) }
}

/// Types of the base that are stored through another type.
macro_rules! stored_as {
    ($($ty:ty as $wire:ty: $to:expr, $from:expr;)*) => {
        $(
            impl Encode for $ty {
                fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                    let to: fn(&$ty) -> $wire = $to;
                    to(self).encode(encoder)
                }
            }
            impl<C> Decode<C> for $ty {
                fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                    let from: fn($wire) -> Result<$ty, &'static str> = $from;
                    from(<$wire>::decode(decoder)?).map_err(DecodeError::Other)
                }
            }
            impl<'de, C> BorrowDecode<'de, C> for $ty {
                fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                    <Self as Decode<C>>::decode(decoder)
                }
            }
        )*
    };
}

stored_as! {
    Currency as [u8; 3]: |c| c.0, |bytes| {
        std::str::from_utf8(&bytes).ok().and_then(Currency::parse).ok_or("a currency is not three letters")
    };
    Duration as (i32, i32, i64): |d| (d.months, d.days, d.micros), |(months, days, micros)| {
        Ok(Duration { months, days, micros })
    };
    EntityIdx as u16: |e| e.0, |n| Ok(EntityIdx(n));
    Value as Vec<Piece>: pieces, value;
}

/// A piece of a value.
#[derive(Encode, Decode)]
enum Piece {
    None,
    Bool(bool),
    Int(i64),
    Decimal([u8; 16]),
    Float(u64),
    Money(i64, Currency),
    Text(String),
    Date(i32),
    Time(i64),
    DateTime(i64),
    Duration(Duration),
    Enum(i32),
    Ref(EntityIdx, i64),
    Instance(i64),
    /// So many pieces or containers before this one are its elements.
    List(u32),
    /// So many pieces or containers before this one are its fields.
    Record(u32),
}

fn pieces(value: &Value) -> Vec<Piece> {
    let mut out = Vec::new();
    push(value, &mut out);
    out
}

/// Values in memory are made by typed programs: they nest as deep as their types, which are finite.
fn push(value: &Value, out: &mut Vec<Piece>) {
    let piece = match value {
        Value::None => Piece::None,
        Value::Bool(b) => Piece::Bool(*b),
        Value::Int(n) => Piece::Int(*n),
        Value::Decimal(d) => Piece::Decimal(d.serialize()),
        Value::Float(f) => Piece::Float(f.to_bits()),
        Value::Money(m) => Piece::Money(m.amount, m.currency),
        Value::Text(t) => Piece::Text(t.clone()),
        Value::Date(d) => Piece::Date(*d),
        Value::Time(t) => Piece::Time(*t),
        Value::DateTime(t) => Piece::DateTime(*t),
        Value::Duration(d) => Piece::Duration(*d),
        Value::Enum(n) => Piece::Enum(*n),
        Value::Ref(r) => Piece::Ref(r.entity, r.id),
        Value::Instance(id) => Piece::Instance(*id),
        Value::List(items) | Value::Record(items) => {
            items.iter().for_each(|item| push(item, out));
            let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
            if matches!(value, Value::List(_)) { Piece::List(count) } else { Piece::Record(count) }
        }
    };
    out.push(piece);
}

/// Builds a value from its pieces. Nesting is bounded, since values are dropped and compared recursively.
fn value(pieces: Vec<Piece>) -> Result<Value, &'static str> {
    let mut stack: Vec<(Value, usize)> = Vec::new();
    for piece in pieces {
        let made = match piece {
            Piece::None => Value::None,
            Piece::Bool(b) => Value::Bool(b),
            Piece::Int(n) => Value::Int(n),
            Piece::Decimal(bytes) => {
                let decimal = Decimal::deserialize(bytes);
                if decimal.scale() > Decimal::MAX_SCALE {
                    return Err("a decimal has too many places");
                }
                Value::Decimal(decimal)
            }
            Piece::Float(bits) => match f64::from_bits(bits) {
                number if number.is_finite() => Value::Float(number),
                _ => return Err("a float is not a number"),
            },
            Piece::Money(amount, currency) => Value::Money(Money { amount, currency }),
            Piece::Text(text) => Value::Text(text),
            Piece::Date(days) => Value::Date(days),
            Piece::Time(micros) => Value::Time(micros),
            Piece::DateTime(micros) => Value::DateTime(micros),
            Piece::Duration(duration) => Value::Duration(duration),
            Piece::Enum(number) => Value::Enum(number),
            Piece::Ref(entity, id) => Value::Ref(RecordRef { entity, id }),
            Piece::Instance(id) => Value::Instance(id),
            Piece::List(count) => {
                let (items, depth) = take(&mut stack, count)?;
                stack.push((Value::List(items), depth));
                continue;
            }
            Piece::Record(count) => {
                let (items, depth) = take(&mut stack, count)?;
                stack.push((Value::Record(items), depth));
                continue;
            }
        };
        stack.push((made, 1));
    }
    match (stack.pop(), stack.is_empty()) {
        (Some((value, _)), true) => Ok(value),
        _ => Err("a value is not whole"),
    }
}

fn take(stack: &mut Vec<(Value, usize)>, count: u32) -> Result<(Vec<Value>, usize), &'static str> {
    let from = stack.len().checked_sub(count as usize).ok_or("a value has fewer elements than it says")?;
    let taken = stack.split_off(from);
    let depth = taken.iter().map(|(_, depth)| *depth).max().unwrap_or(0) + 1;
    // LIMIT: nesting of values.
    if depth > limits::NESTING_MAX {
        return Err("a value nests too deep");
    }
    Ok((taken.into_iter().map(|(value, _)| value).collect(), depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        let usd = Currency(*b"USD");
        Value::List(vec![
            Value::Record(vec![Value::Text("ä".into()), Value::None, Value::List(vec![])]),
            Value::Money(Money { amount: -1, currency: usd }),
            Value::Decimal(Decimal::new(-12_345, 3)),
            Value::Duration(Duration { months: 1, days: -2, micros: 3 }),
            Value::Ref(RecordRef { entity: EntityIdx(7), id: 42 }),
            Value::Float(1.5),
        ])
    }

    #[test]
    fn values_come_back_as_they_were() {
        let bytes = encode(&sample()).unwrap();
        assert_eq!(decode::<Value>(&bytes).unwrap(), sample());
    }

    #[test]
    fn what_is_left_over_or_missing_is_refused() {
        let bytes = encode(&sample()).unwrap();
        for end in 0..bytes.len() {
            assert!(decode::<Value>(&bytes[..end]).is_err(), "{end}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(decode::<Value>(&longer).is_err());
    }

    #[test]
    fn hostile_lengths_and_depths_are_refused() {
        assert!(decode::<Vec<u64>>(&[253, 255, 255, 255, 255, 255, 255, 255, 127]).is_err());
        assert!(decode::<Value>(&encode(&vec![Piece::List(1)]).unwrap()).is_err());
        let deep: Vec<Piece> = std::iter::once(Piece::Int(1)).chain((0..100).map(|_| Piece::List(1))).collect();
        assert!(decode::<Value>(&encode(&deep).unwrap()).is_err());
        assert!(decode::<Currency>(b"us1").is_err());
    }
}
