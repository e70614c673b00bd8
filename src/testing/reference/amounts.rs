//! Amounts of any currency: the one that the amounts of a record share, its rate, and other currencies.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

use super::{Evaluated, Fault, Reference, records::get, records::set};
use crate::{
    base::value::{Currency, Money, Value},
    sema::{
        schema::{Entity, FieldId, SystemField},
        ty::Ty,
    },
};

/// The fields of an entity whose amounts share the record's currency.
fn shared(def: &Entity) -> Vec<FieldId> {
    let fields = (0u16..).map(FieldId).zip(&def.fields);
    fields.filter(|(_, field)| *field.ty.present() == Ty::Money).map(|(id, _)| id).collect()
}

impl<'a> Reference<'a> {
    /// The record takes the currency of its amounts, and the rate of today where one of them is another than before.
    pub(super) fn settle_amounts(&self, def: &Entity, row: &mut [Value], old: Option<&[Value]>) -> Evaluated<()> {
        let (currency, rate) = (def.system_field(SystemField::Currency), def.system_field(SystemField::ExchangeRate));
        if currency.is_none() {
            return Ok(());
        }
        let amounts = shared(def);
        let base = self.program.settings.currency;
        let mut of_record = None;
        for field in &amounts {
            if let Value::Money(Money { amount, currency }) = get(row, Some(*field))
                && amount != 0
                && *of_record.get_or_insert(currency) != currency
            {
                return Err(Fault::Trap("R0201"));
            }
        }
        let before = match get(row, currency) {
            Value::Text(code) => Currency::parse(&code),
            _ => None,
        };
        let of_record = of_record.or(before).unwrap_or(base);
        set(row, currency, Value::Text(of_record.as_str().to_owned()));
        for field in &amounts {
            if let Value::Money(money) = get(row, Some(*field)) {
                set(row, Some(*field), Value::Money(Money { currency: of_record, ..money }));
            }
        }
        let differs = |old: &[Value], field: Option<FieldId>| get(old, field) != get(row, field);
        if old.is_none_or(|old| differs(old, currency) || amounts.iter().any(|field| differs(old, Some(*field)))) {
            let found = self.rate(of_record, self.today()?)?;
            set(row, rate, Value::Decimal(found));
        }
        Ok(())
    }

    /// The day in the zone of the project.
    pub(super) fn today(&self) -> Evaluated<i32> {
        let now = Timestamp::from_microsecond(self.now).map_err(|_| Fault::Trap("R0203"))?;
        let today = now.to_zoned(self.zone.clone()).date();
        let days = Date::constant(1970, 1, 1).duration_until(today).as_secs() / 86_400;
        i32::try_from(days).map_err(|_| Fault::Trap("R0203"))
    }

    /// How many units of a currency one unit of the base currency is on a day: by the latest rate up to then.
    fn rate(&self, currency: Currency, day: i32) -> Evaluated<Decimal> {
        if currency == self.program.settings.currency {
            return Ok(Decimal::ONE);
        }
        let mut latest: Option<(i32, Decimal)> = None;
        for (record, row) in &self.world.records {
            let def = self.entity(record.entity)?;
            let value = |name: &str| get(row, def.field(name).map(|(field, _)| field));
            if def.name == "ExchangeRate"
                && value("currency") == Value::Text(currency.as_str().to_owned())
                && let (Value::Date(from), Value::Decimal(rate)) = (value("from"), value("rate"))
                && from <= day
                && latest.is_none_or(|(before, _)| before < from)
            {
                latest = Some((from, rate));
            }
        }
        latest.map(|(_, rate)| rate).ok_or(Fault::Trap("R0205"))
    }

    /// `m.base`: an amount at a rate in base currency.
    pub(super) fn in_base(&self, money: Money, rate: Decimal) -> Evaluated {
        converted(money.amount, rate, Decimal::ONE, self.program.settings.currency)
    }

    /// `convert(m, C, at: day)`.
    pub(super) fn exchanged(&self, money: Money, day: i32, ty: &Ty) -> Evaluated {
        let Ty::MoneyIn(currency) = *ty.present() else { return Err(Fault::Unsupported("currency")) };
        if money.amount == 0 || money.currency == currency {
            return Ok(Value::Money(Money { currency, ..money }));
        }
        converted(money.amount, self.rate(money.currency, day)?, self.rate(currency, day)?, currency)
    }
}

/// `amount * to / from`, rounded once, half to even.
fn converted(amount: i64, from: Decimal, to: Decimal, currency: Currency) -> Evaluated {
    // In units of the last of ten decimals a rate is a whole number.
    let units = |rate: Decimal| -> Option<i128> {
        let scaled = rate.checked_mul(Decimal::from(10_000_000_000_i64))?;
        if scaled.fract().is_zero() { scaled.trunc().to_string().parse().ok() } else { None }
    };
    let overflow = || Fault::Trap("R0101");
    let (from, to) = (units(from).ok_or_else(overflow)?, units(to).ok_or_else(overflow)?);
    if from <= 0 || to <= 0 {
        return Err(overflow());
    }
    let product = i128::from(amount).checked_mul(to).ok_or_else(overflow)?;
    let (down, rest) = (product.div_euclid(from), product.rem_euclid(from));
    let up = rest * 2 > from || rest * 2 == from && down % 2 != 0;
    let amount = i64::try_from(down + i128::from(up)).map_err(|_| overflow())?;
    Ok(Value::Money(Money { amount, currency }))
}
