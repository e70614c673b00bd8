//! The currency of a record: its amounts of any currency share one, which its field `currency` says; and rates, which
//! are records of `ExchangeRate`.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::{
    base::{
        limits::QUERY_BATCH,
        rates,
        value::{Currency, EntityIdx, Money, RecordRef, Value},
    },
    bytecode::{
        module::{CompareOp, EntityDef, Phase, SystemField},
        traps::TrapCode,
        types::{FieldIdx, TypeDef},
    },
    vm::fault::Fault,
};

use super::{
    Engine,
    faults::{self, Answer, Failure},
    index,
    operation::set,
    store::{Condition, Row},
};

/// How far back a rate is looked for at first, in days: that of the day itself, one of the last weeks, any earlier one.
const REACH: [Option<i32>; 3] = [Some(0), Some(45), None];

/// Where rates are kept.
struct Rates {
    entity: EntityIdx,
    currency: FieldIdx,
    from: FieldIdx,
    rate: FieldIdx,
}

impl Engine {
    /// Gives the record the currency of its amounts, and those that are nothing the currency of the record. Where all
    /// are nothing it stays what it was, from the beginning the base currency.
    pub(crate) fn settle_currency(&self, def: &EntityDef, row: &mut Row) -> Answer<()> {
        let Some(field) = def.system_field(SystemField::Currency) else { return Ok(()) };
        let is_shared = |ty| matches!(index::present(self.module(), ty), Some(TypeDef::Money));
        let places: Vec<usize> =
            def.fields.iter().enumerate().filter(|(_, field)| is_shared(field.ty)).map(|(index, _)| index).collect();
        let mut currency = None;
        for place in &places {
            let Some(Value::Money(money)) = row.get(*place).filter(|value| !is_nothing(value)) else { continue };
            if *currency.get_or_insert(money.currency) != money.currency {
                let name = def.fields.get(*place).map_or("", |field| field.name.as_str());
                return Err(faults::currency_of_record(&def.name, name, money.currency));
            }
        }
        let before = match row.get(field.index()) {
            Some(Value::Text(code)) => Currency::parse(code),
            _ => None,
        };
        let currency = currency.or(before).unwrap_or(self.module().meta.currency);
        for place in places {
            if let Some(Value::Money(money)) = row.get_mut(place) {
                money.currency = currency;
            }
        }
        set(row, Some(field), Value::Text(currency.as_str().to_owned()));
        Ok(())
    }

    /// Currency and rate as those see them who run before; they may still mend amounts that do not go together. Until
    /// then currency and rate are what they were, those of the base currency for a new record.
    pub(crate) fn settle_early(&mut self, entity: EntityIdx, row: &mut Row, old: Option<&Row>) -> Answer<()> {
        if self.definitions.index.triggers(entity, Phase::Before).is_empty() {
            return Ok(());
        }
        let program = Arc::clone(&self.definitions.program);
        let Some(def) = program.module().entity(entity) else { return Ok(()) };
        if def.system_field(SystemField::Currency).is_none() {
            return Ok(());
        }
        match self.settle_currency(def, row) {
            Ok(()) => self.settle_rate(def, row, old),
            Err(Failure::Fault(_)) => {
                if old.is_none() {
                    let base = self.module().meta.currency.as_str().to_owned();
                    set(row, def.system_field(SystemField::Currency), Value::Text(base));
                    set(row, def.system_field(SystemField::ExchangeRate), Value::Decimal(Decimal::ONE));
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Fixes the rate of a record whose currency or amounts are written; `old` is the record before.
    pub(crate) fn settle_rate(&mut self, def: &EntityDef, row: &mut Row, old: Option<&Row>) -> Answer<()> {
        let (Some(currency), Some(rate)) =
            (def.system_field(SystemField::Currency), def.system_field(SystemField::ExchangeRate))
        else {
            return Ok(());
        };
        let is_shared = |ty| matches!(index::present(self.module(), ty), Some(TypeDef::Money));
        let differs = |old: &Row, place: usize| old.get(place) != row.get(place);
        let is_written = old.is_none_or(|old| {
            let mut amounts = def.fields.iter().enumerate().filter(|(_, field)| is_shared(field.ty));
            differs(old, currency.index()) || amounts.any(|(place, _)| differs(old, place))
        });
        if !is_written {
            return Ok(());
        }
        let code = match row.get(currency.index()) {
            Some(Value::Text(code)) => Currency::parse(code),
            _ => None,
        };
        let today = self.today();
        let found = self.rate(code.unwrap_or(self.module().meta.currency), today)?;
        set(row, Some(rate), Value::Decimal(found));
        Ok(())
    }

    /// An amount in another currency, at the rates of a day.
    pub(crate) fn converted(&mut self, money: Money, to: Currency, day: i32) -> Answer<Money> {
        if money.currency == to || money.amount == 0 {
            return Ok(Money { currency: to, ..money });
        }
        let (from_rate, to_rate) = (self.rate(money.currency, day)?, self.rate(to, day)?);
        match rates::converted(money.amount, from_rate, to_rate) {
            Some(amount) => Ok(Money { amount, currency: to }),
            None => Err(Fault::from(TrapCode::Overflow).into()),
        }
    }

    /// How many units of a currency one unit of the base currency is on a day: by the latest rate up to then.
    fn rate(&mut self, currency: Currency, day: i32) -> Answer<Decimal> {
        if currency == self.module().meta.currency {
            return Ok(Decimal::ONE);
        }
        if let Some(rates) = self.rates() {
            for reach in REACH {
                if let Some(rate) = self.latest(&rates, currency, day, reach)? {
                    return Ok(rate);
                }
            }
        }
        Err(faults::no_rate(currency, crate::data::show::date(day)))
    }

    fn latest(&mut self, rates: &Rates, currency: Currency, day: i32, reach: Option<i32>) -> Answer<Option<Decimal>> {
        let on = |op, day| Condition { path: vec![rates.from], op, argument: Value::Date(day) };
        let mut conditions = vec![Condition::equal(rates.currency, Value::Text(currency.as_str().to_owned()))];
        match reach {
            Some(0) => conditions.push(on(CompareOp::Equal, day)),
            Some(days) => {
                conditions
                    .extend([on(CompareOp::LessEqual, day), on(CompareOp::GreaterEqual, day.saturating_sub(days))]);
            }
            None => conditions.push(on(CompareOp::LessEqual, day)),
        }
        let (mut found, mut after) = (None, 0);
        loop {
            let ids = self.store.candidates(rates.entity, &conditions, after, QUERY_BATCH)?;
            for id in &ids {
                after = *id;
                let Some(row) = self.stored(RecordRef { entity: rates.entity, id: *id })? else { continue };
                if let (Some(Value::Date(from)), Some(Value::Decimal(rate))) =
                    (row.get(rates.from.index()), row.get(rates.rate.index()))
                    && found.is_none_or(|(latest, _)| latest < *from)
                {
                    found = Some((*from, *rate));
                }
            }
            if ids.len() < usize::try_from(QUERY_BATCH).unwrap_or(usize::MAX) {
                return Ok(found.map(|(_, rate)| rate));
            }
        }
    }

    fn rates(&self) -> Option<Rates> {
        let (entity, def) = self.module().entity_by_name("ExchangeRate")?;
        let field = |name: &str| def.field_by_name(name).map(|(field, _)| field);
        Some(Rates { entity, currency: field("currency")?, from: field("from")?, rate: field("rate")? })
    }
}

/// An amount of zero agrees with every currency.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Money(money) if money.amount == 0)
}
