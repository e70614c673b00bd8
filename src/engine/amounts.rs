//! The currency of a record: its amounts of any currency share one, which its field `currency` says.

use crate::{
    base::value::{Currency, Value},
    bytecode::{
        module::{EntityDef, SystemField},
        types::TypeDef,
    },
};

use super::{
    Engine,
    faults::{self, Answer},
    index,
    operation::set,
    store::Row,
};

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
}

/// An amount of zero agrees with every currency.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Money(money) if money.amount == 0)
}
