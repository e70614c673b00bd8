//! Candidates of queries: conditions as SQL, with the meaning that `store::compare` gives them.

use rusqlite::{
    OptionalExtension, params_from_iter,
    types::{ToSqlOutput, Value as Sql},
};

use crate::{
    base::value::{EntityIdx, Money, Value},
    bytecode::{module::CompareOp, types::FieldIdx},
    engine::store::{
        Condition, Result, Schema, StoreError,
        schema::{Column, Kind, scaled},
    },
};

use super::{
    SqliteStore, columns,
    tables::{compared, physical, quoted},
};

/// The joins and conditions of a query, and their parameters.
struct Text<'a> {
    schema: &'a Schema,
    from: String,
    /// Paths that are joined already; the table of path `n` is `t(n + 1)`.
    joined: Vec<(Vec<FieldIdx>, EntityIdx)>,
    conditions: Vec<String>,
    values: Vec<ToSqlOutput<'a>>,
}

impl<'a> Text<'a> {
    fn new(schema: &'a Schema, entity: EntityIdx, conditions: &'a [Condition]) -> Result<Self> {
        let from = format!("{} t0", quoted(&schema.table(entity)?.name));
        let mut text = Self { schema, from, joined: Vec::new(), conditions: Vec::new(), values: Vec::new() };
        for condition in conditions {
            text.add(entity, condition)?;
        }
        Ok(text)
    }

    fn add(&mut self, entity: EntityIdx, condition: &'a Condition) -> Result<()> {
        let (last, steps) =
            condition.path.split_last().ok_or_else(|| StoreError::Schema("a condition without a field".into()))?;
        let (alias, entity) = self.join(entity, steps)?;
        let table = self.schema.table(entity)?;
        let column = table.column(*last)?;
        let names: Vec<String> = compared(column).into_iter().map(|name| format!("t{alias}.{name}")).collect();
        let argument = match (&column.kind, &condition.argument) {
            (Kind::Money(currency), Value::Money(m)) if m.amount != 0 && m.currency != *currency => None,
            (Kind::Scaled(places), Value::Decimal(number)) if scaled(*number, *places).is_none() => None,
            (_, argument) => Some(argument),
        };
        let ordered =
            !matches!(condition.op, CompareOp::Equal | CompareOp::NotEqual | CompareOp::IsNone | CompareOp::IsPresent);
        if ordered && !column.kind.is_ordered() {
            return Err(StoreError::Schema(format!("{}.{} has no order in the store", table.name, column.name)));
        }
        let (operator, on_absent) = match condition.op {
            CompareOp::IsNone => return self.plain(&names, "IS NULL", " AND "),
            CompareOp::IsPresent => return self.plain(&names, "IS NOT NULL", " AND "),
            CompareOp::Equal if condition.argument.is_none() => return self.plain(&names, "IS NULL", " AND "),
            CompareOp::NotEqual if condition.argument.is_none() => {
                return self.plain(&names, "IS NOT NULL", " AND ");
            }
            CompareOp::Equal => ("=", false),
            CompareOp::NotEqual => ("IS NOT", true),
            CompareOp::Less => ("<", false),
            CompareOp::LessEqual => ("<=", false),
            CompareOp::Greater => (">", false),
            CompareOp::GreaterEqual => (">=", false),
        };
        let comparable = match argument {
            Some(value) if !value.is_none() => Some(value),
            _ => None,
        };
        let Some(value) = comparable else {
            self.conditions.push(if on_absent { "1".into() } else { "0".into() });
            return Ok(());
        };
        match (&column.kind, value) {
            (Kind::Caseless, Value::Text(text)) => {
                self.values.push(ToSqlOutput::Owned(Sql::Text(text.to_lowercase())));
            }
            _ => columns::push(self.schema, &column.kind, value, &mut self.values)?,
        }
        if let (Kind::MoneyBeside(field), Value::Money(money)) = (&column.kind, value) {
            return self.add_amount(&names, alias, table.column(*field)?, *money, operator);
        }
        let parts: Vec<String> = names.iter().map(|name| format!("{name} {operator} ?")).collect();
        self.conditions.push(format!("({})", parts.join(if on_absent { " OR " } else { " AND " })));
        Ok(())
    }

    /// An amount with the currency beside it; the amount is a parameter already.
    fn add_amount(
        &mut self,
        names: &[String],
        alias: usize,
        currency: &Column,
        money: Money,
        operator: &str,
    ) -> Result<()> {
        if operator != "=" {
            return Err(StoreError::Schema("amounts of any currency are compared by the program".into()));
        }
        self.conditions.push(format!("{} = ?", names.concat()));
        if money.amount != 0 {
            let beside: String = physical(currency).concat();
            self.conditions.push(format!("t{alias}.{beside} = ?"));
            self.values.push(ToSqlOutput::Owned(Sql::Text(money.currency.as_str().to_owned())));
        }
        Ok(())
    }

    fn plain(&mut self, names: &[String], test: &str, between: &str) -> Result<()> {
        let parts: Vec<String> = names.iter().map(|name| format!("{name} {test}")).collect();
        self.conditions.push(format!("({})", parts.join(between)));
        Ok(())
    }

    /// Joins the tables along a path of references.
    fn join(&mut self, entity: EntityIdx, steps: &[FieldIdx]) -> Result<(usize, EntityIdx)> {
        let (mut alias, mut entity) = (0, entity);
        for (index, step) in steps.iter().enumerate() {
            let path = steps.get(..=index).unwrap_or_default();
            let column = self.schema.table(entity)?.column(*step)?;
            let Kind::Ref(target) = column.kind else {
                return Err(StoreError::Schema(format!("`{}` is no reference to follow", column.field)));
            };
            if let Some(known) = self.joined.iter().position(|(p, _)| p == path) {
                (alias, entity) = (known + 1, target);
                continue;
            }
            self.joined.push((path.to_vec(), target));
            let next = self.joined.len();
            self.from.push_str(&format!(
                " LEFT JOIN {} t{next} ON t{next}.\"id\" = t{alias}.{}",
                quoted(&self.schema.table(target)?.name),
                quoted(&column.name)
            ));
            (alias, entity) = (next, target);
        }
        Ok((alias, entity))
    }
}

impl SqliteStore {
    pub(super) fn select_ids(
        &self,
        entity: EntityIdx,
        conditions: &[Condition],
        after: i64,
        limit: u32,
    ) -> Result<Vec<i64>> {
        if !self.tables.has(entity) {
            return Ok(Vec::new());
        }
        let mut text = Text::new(&self.schema, entity, conditions)?;
        text.conditions.push("t0.\"id\" > ?".into());
        text.values.push(ToSqlOutput::Owned(Sql::Integer(after)));
        text.values.push(ToSqlOutput::Owned(Sql::Integer(i64::from(limit))));
        let sql = format!(
            "SELECT t0.\"id\" FROM {} WHERE {} ORDER BY t0.\"id\" LIMIT ?",
            text.from,
            text.conditions.join(" AND ")
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let ids = statement.query_map(params_from_iter(text.values), |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn select_earliest(&self, entity: EntityIdx, field: FieldIdx) -> Result<Option<(i64, i64)>> {
        if !self.tables.has(entity) {
            return Ok(None);
        }
        let table = self.schema.table(entity)?;
        let column = quoted(&table.column(field)?.name);
        let table = quoted(&table.name);
        let sql = format!(
            "SELECT {column}, \"id\" FROM {table} WHERE {column} IS NOT NULL ORDER BY {column}, \"id\" LIMIT 1"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    pub(super) fn count_rows(&self, entity: EntityIdx, conditions: &[Condition]) -> Result<i64> {
        if !self.tables.has(entity) {
            return Ok(0);
        }
        let text = Text::new(&self.schema, entity, conditions)?;
        let test = if text.conditions.is_empty() { "1".into() } else { text.conditions.join(" AND ") };
        let sql = format!("SELECT count(*) FROM {} WHERE {test}", text.from);
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params_from_iter(text.values), |row| row.get(0))?)
    }
}
