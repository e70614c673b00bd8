//! Values as the outside of the virtual machine sees them: in stores, data files, constants, requests and replies.
//!
//! Inside the machine values are untagged slots; this type is the border.

use std::{cmp::Ordering, fmt};

use rust_decimal::Decimal;

/// An ISO 4217 code such as `USD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    /// Reads three upper-case ASCII letters.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The decimals of its smallest coin.
    #[must_use]
    pub fn minor_units(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount with its currency. `amount` counts ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Ten-thousandths of the currency's unit.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// Months, days and exact time, which do not convert into each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Duration {
    /// Calendar months; a year is twelve.
    pub months: i32,
    /// Calendar days; a week is seven.
    pub days: i32,
    /// Exact time in microseconds.
    pub micros: i64,
}

/// A time of day as people read it: `09:30`, with seconds and their fraction where there are some.
#[must_use]
pub fn time_of_day(micros: i64) -> String {
    let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let clock = format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    match (seconds % 60, rest) {
        (0, 0) => clock,
        (second, 0) => format!("{clock}:{second:02}"),
        (second, rest) => format!("{clock}:{second:02}.{rest:06}").trim_end_matches('0').to_owned(),
    }
}

/// An entity of a build, by its index in the build's schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityIdx(pub u16);

/// The identity of a record: positive, given by the store; shown as `opportunity:42`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// Which entity.
    pub entity: EntityIdx,
    /// The row id, positive.
    pub id: i64,
}

/// A value with its kind. `None` is the absent value of every optional type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The absent value.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// A 64-bit whole number.
    Int(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// A finite binary number.
    Float(f64),
    /// An amount with its currency.
    Money(Money),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00Z.
    DateTime(i64),
    /// Months, days, exact time.
    Duration(Duration),
    /// The stored number of an enum member, a state or a status.
    Enum(i32),
    /// A reference to a record.
    Ref(RecordRef),
    /// A handle to a process instance.
    Instance(i64),
    /// A list, or a set in ascending order.
    List(Vec<Value>),
    /// The fields of a record value, in order of declaration.
    Record(Vec<Value>),
}

/// Values of Rust as what they are in the language.
macro_rules! from {
    ($($ty:ty => $variant:ident)*) => {
        $(
            impl From<$ty> for Value {
                fn from(value: $ty) -> Self {
                    Value::$variant(value.into())
                }
            }
        )*
    };
}

from! {
    bool => Bool
    i64 => Int
    f64 => Float
    Decimal => Decimal
    Money => Money
    Duration => Duration
    &str => Text
    String => Text
    RecordRef => Ref
}

impl Value {
    /// The elements of a set: in order, each once.
    #[must_use]
    pub fn set_of(mut items: Vec<Value>) -> Value {
        items.sort_by(Value::set_order);
        items.dedup_by(|left, right| left.set_order(right) == Ordering::Equal);
        Value::List(items)
    }

    /// The order of the elements of a set, which are of one type; absent ones come last.
    fn set_order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::None, Value::None) => Ordering::Equal,
            (Value::None, _) => Ordering::Greater,
            (_, Value::None) => Ordering::Less,
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b))
            | (Value::Time(a), Value::Time(b))
            | (Value::DateTime(a), Value::DateTime(b))
            | (Value::Instance(a), Value::Instance(b)) => a.cmp(b),
            (Value::Date(a), Value::Date(b)) | (Value::Enum(a), Value::Enum(b)) => a.cmp(b),
            (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Value::Money(a), Value::Money(b)) => a.amount.cmp(&b.amount),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Duration(a), Value::Duration(b)) => (a.months, a.days, a.micros).cmp(&(b.months, b.days, b.micros)),
            (Value::Ref(a), Value::Ref(b)) => (a.entity, a.id).cmp(&(b.entity, b.id)),
            (Value::List(a), Value::List(b)) | (Value::Record(a), Value::Record(b)) => {
                let unequal = a.iter().zip(b).map(|(a, b)| a.set_order(b)).find(|order| *order != Ordering::Equal);
                unequal.unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => Ordering::Equal,
        }
    }

    /// Whether this is the absent value.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }
}
