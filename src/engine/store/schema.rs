//! What a store knows of a build: tables and columns, free of indexes into the module's types.

use rust_decimal::Decimal;

use crate::{
    base::value::{Currency, EntityIdx, Value},
    bytecode::{
        module::{EntityDef, Module, SystemField},
        types::{FieldIdx, TypeDef, TypeIdx},
    },
};

use super::StoreError;

/// The tables of a build; an entity's table is found by its index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// One for each entity.
    pub tables: Vec<Table>,
}

/// A table: the records of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The entity's name.
    pub entity: String,
    /// The table's name.
    pub name: String,
    /// One for each field; 0 is `id`.
    pub columns: Vec<Column>,
    /// Keys that no two rows share.
    pub unique: Vec<Vec<FieldIdx>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The field's name.
    pub field: String,
    /// The column's name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be absent.
    pub optional: bool,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the type of the language")]
pub enum Kind {
    AnyRef,
    Bool,
    /// Text that is compared without case; never within lists and records.
    Caseless,
    Date,
    DateTime,
    Decimal,
    Duration,
    Enum,
    Float,
    /// Nothing: a field that earlier builds had. It has no column.
    Gone,
    Instance,
    Int,
    List(Box<Member>),
    Money(Currency),
    /// An amount of any currency, within a list or record value.
    AnyMoney,
    /// An amount in the currency that the field of this number says.
    MoneyBeside(FieldIdx),
    Record(Vec<(String, Member)>),
    Ref(EntityIdx),
    /// A decimal of so many places.
    Scaled(u32),
    Text,
    Time,
}

/// A value within a list or a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// What it is.
    pub kind: Kind,
    /// Whether it may be absent.
    pub optional: bool,
}

impl Schema {
    /// The schema of a build.
    pub fn of(module: &Module) -> Result<Self, StoreError> {
        let tables = module.entities.iter().map(|entity| Table::of(module, entity)).collect::<Result<_, _>>()?;
        Ok(Self { tables })
    }

    /// Whether the tables are the same, whatever either knows of fields and entities that are gone.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        fn there(schema: &Schema) -> impl Iterator<Item = (usize, &Table)> {
            schema.tables.iter().enumerate().filter(|(_, table)| !table.is_gone())
        }
        fn columns(table: &Table) -> impl Iterator<Item = (usize, &Column)> {
            table.columns.iter().enumerate().filter(|(_, column)| column.kind != Kind::Gone)
        }
        let same = |((n, one), (m, two)): ((usize, &Table), (usize, &Table))| {
            (n, &one.name, &one.unique) == (m, &two.name, &two.unique) && columns(one).eq(columns(two))
        };
        there(self).count() == there(other).count() && there(self).zip(there(other)).all(same)
    }

    /// The table of an entity.
    pub fn table(&self, entity: EntityIdx) -> Result<&Table, StoreError> {
        self.tables
            .get(usize::from(entity.0))
            .ok_or_else(|| StoreError::Schema(format!("the build has no entity number {}", entity.0)))
    }

    /// The entity of this name.
    #[must_use]
    pub fn entity(&self, name: &str) -> Option<EntityIdx> {
        let index = self.tables.iter().position(|t| t.entity == name)?;
        u16::try_from(index).ok().map(EntityIdx)
    }
}

impl Table {
    fn of(module: &Module, entity: &EntityDef) -> Result<Self, StoreError> {
        let columns = entity
            .fields
            .iter()
            .map(|field| {
                let member = member_of(module, field.ty, 0)?;
                let is_gone = field.column.is_empty();
                Ok(Column {
                    field: field.name.clone(),
                    name: field.column.clone(),
                    kind: match (member.kind, field.places) {
                        _ if is_gone => Kind::Gone,
                        (Kind::AnyMoney, _) => match entity.system_field(SystemField::Currency) {
                            Some(currency) => Kind::MoneyBeside(currency),
                            None => return Err(StoreError::Schema(format!("`{}` has no currency", entity.name))),
                        },
                        (Kind::Decimal, Some(places)) => Kind::Scaled(places.min(PLACES_MAX)),
                        (Kind::Text, _) if field.caseless => Kind::Caseless,
                        (kind, _) => kind,
                    },
                    optional: member.optional,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Self { entity: entity.name.clone(), name: entity.table.clone(), columns, unique: entity.unique.clone() })
    }

    /// Whether it is the place of an entity that earlier builds had: there is no such table.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.name.is_empty()
    }

    /// The column of a field.
    pub fn column(&self, field: FieldIdx) -> Result<&Column, StoreError> {
        self.columns
            .get(field.index())
            .ok_or_else(|| StoreError::Schema(format!("`{}` has no field number {}", self.entity, field.0)))
    }
}

/// Deeper types than the compiler gives are refused instead of followed.
const TYPE_DEPTH_MAX: usize = 32;

fn member_of(module: &Module, ty: TypeIdx, depth: usize) -> Result<Member, StoreError> {
    let damaged = || StoreError::Schema(format!("the build's type number {} is not one that a column holds", ty.0));
    if depth > TYPE_DEPTH_MAX {
        return Err(damaged());
    }
    let kind = match *module.ty(ty).ok_or_else(damaged)? {
        TypeDef::Optional(inner) => {
            return Ok(Member { optional: true, ..member_of(module, inner, depth + 1)? });
        }
        TypeDef::AnyRef => Kind::AnyRef,
        TypeDef::Bool => Kind::Bool,
        TypeDef::Date => Kind::Date,
        TypeDef::DateTime => Kind::DateTime,
        TypeDef::Decimal => Kind::Decimal,
        TypeDef::Duration => Kind::Duration,
        TypeDef::Enum(_) => Kind::Enum,
        TypeDef::Float => Kind::Float,
        TypeDef::Instance => Kind::Instance,
        TypeDef::Int => Kind::Int,
        TypeDef::List(inner) | TypeDef::Set(inner) => Kind::List(Box::new(member_of(module, inner, depth + 1)?)),
        TypeDef::MoneyIn(currency) => Kind::Money(currency),
        TypeDef::Record(record) => {
            let fields = &module.record(record).ok_or_else(damaged)?.fields;
            let members = fields.iter().map(|f| Ok((f.name.clone(), member_of(module, f.ty, depth + 1)?)));
            Kind::Record(members.collect::<Result<_, StoreError>>()?)
        }
        TypeDef::Ref(entity) => Kind::Ref(entity),
        TypeDef::Text => Kind::Text,
        TypeDef::Time => Kind::Time,
        TypeDef::Money => Kind::AnyMoney,
        TypeDef::Fault => return Err(damaged()),
    };
    Ok(Member { kind, optional: false })
}

/// A scaled decimal has no more places.
const PLACES_MAX: u32 = 18;

/// The whole number that stands for a decimal of so many places, if there is one.
#[must_use]
pub fn scaled(number: Decimal, places: u32) -> Option<i64> {
    let mut number = number.normalize();
    if number.scale() > places {
        return None;
    }
    number.rescale(places);
    if number.scale() == places { i64::try_from(number.mantissa()).ok() } else { None }
}

impl Kind {
    /// The value as a column of this kind compares it.
    #[must_use]
    pub fn compared(&self, value: Value) -> Value {
        match (self, value) {
            (Kind::Caseless, Value::Text(text)) => Value::Text(text.to_lowercase()),
            (_, value) => value,
        }
    }

    /// Whether a value of this kind may stand in a column of it; `None` is asked for elsewhere.
    #[must_use]
    pub fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Kind::AnyRef, Value::Ref(_))
            | (Kind::Bool, Value::Bool(_))
            | (Kind::Date, Value::Date(_))
            | (Kind::DateTime, Value::DateTime(_))
            | (Kind::Decimal, Value::Decimal(_))
            | (Kind::Duration, Value::Duration(_))
            | (Kind::Enum, Value::Enum(_))
            | (Kind::Float, Value::Float(_))
            | (Kind::Instance, Value::Instance(_))
            | (Kind::Int, Value::Int(_))
            | (Kind::AnyMoney | Kind::MoneyBeside(_), Value::Money(_))
            | (Kind::Caseless | Kind::Text, Value::Text(_))
            | (Kind::Time, Value::Time(_)) => true,
            (Kind::Scaled(places), Value::Decimal(number)) => scaled(*number, *places).is_some(),
            (Kind::Ref(entity), Value::Ref(record)) => record.entity == *entity,
            (Kind::Money(currency), Value::Money(money)) => money.currency == *currency || money.amount == 0,
            (Kind::List(member), Value::List(items)) => items.iter().all(|item| member.fits(item)),
            (Kind::Record(members), Value::Record(fields)) => {
                members.len() == fields.len() && members.iter().zip(fields).all(|((_, m), f)| m.fits(f))
            }
            _ => false,
        }
    }

    /// Whether the store compares such columns by less and greater.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        matches!(
            self,
            Kind::Bool
                | Kind::Date
                | Kind::DateTime
                | Kind::Enum
                | Kind::Float
                | Kind::Instance
                | Kind::Int
                | Kind::Money(_)
                | Kind::Caseless
                | Kind::Text
                | Kind::Time
        )
    }
}

impl Member {
    fn fits(&self, value: &Value) -> bool {
        if value.is_none() { self.optional } else { self.kind.fits(value) }
    }
}
