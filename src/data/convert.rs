//! How each type is written in JSON: money `"80000 USD"`, decimals and floats as text or number, enums by name, moments as in the
//! language without `@`, times of day as `"09:30"`, durations as `"2 days"`, references as `"$name"` of the same file or `"account:42"`.

use rust_decimal::Decimal;

use super::{
    errors,
    json::{Json, JsonKind},
    moments::{parse_date, parse_duration, parse_moment, parse_time},
};
use crate::base::currencies;
use crate::base::value::{EntityIdx, Money, RecordRef, Value};
use crate::bytecode::{
    module::Module,
    types::{EnumIdx, TypeDef, TypeIdx},
};
use crate::diag::Diagnostic;

/// Finds the record that a name of the file stands for.
pub type Resolve<'a> = dyn Fn(&str) -> Option<RecordRef> + 'a;

/// Reads a JSON value as a value of type `ty`. `what` names the place in messages: "`value`".
///
/// # Errors
/// E0914 if it is not one, E0915 if it names an unknown member or record.
pub fn to_value(
    module: &Module,
    ty: TypeIdx,
    json: &Json,
    what: &str,
    resolve: &Resolve<'_>,
) -> Result<Value, Diagnostic> {
    let wrong = |expected: &str| Err(errors::wrong_value(what, expected, json.span));
    let Some(def) = module.ty(ty) else { return wrong("of a known type") };
    match (def, &json.kind) {
        (TypeDef::Optional(_), JsonKind::Null) => Ok(Value::None),
        (TypeDef::Optional(inner), _) => to_value(module, *inner, json, what, resolve),
        (TypeDef::Bool, JsonKind::Bool(value)) => Ok(Value::Bool(*value)),
        (TypeDef::Bool, _) => wrong("`true` or `false`"),
        (TypeDef::Int, JsonKind::Number(number)) => {
            number.parse().map(Value::Int).or_else(|_| wrong("a whole number of at most 64 bits"))
        }
        (TypeDef::Int, _) => wrong("a whole number"),
        (TypeDef::Decimal, JsonKind::Number(text) | JsonKind::Text(text)) => {
            decimal(text).map(Value::Decimal).map_or_else(|| wrong("a decimal such as \"12.50\""), Ok)
        }
        (TypeDef::Decimal, _) => wrong("a decimal such as \"12.50\""),
        (TypeDef::Float, JsonKind::Number(text) | JsonKind::Text(text)) => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float(value)),
            _ => wrong("a finite number such as 1.5"),
        },
        (TypeDef::Text, JsonKind::Text(text)) => Ok(Value::Text(text.clone())),
        (TypeDef::Text, _) => wrong("a text"),
        (TypeDef::MoneyIn(currency), JsonKind::Text(text)) => match money(text) {
            Some(value) if value.currency == *currency => Ok(Value::Money(value)),
            _ => wrong(&format!("an amount such as \"80000 {currency}\"")),
        },
        (TypeDef::MoneyIn(currency), _) => wrong(&format!("an amount such as \"80000 {currency}\"")),
        (TypeDef::Money, JsonKind::Text(text)) => {
            money(text).map(Value::Money).map_or_else(|| wrong("an amount such as \"80000 USD\""), Ok)
        }
        (TypeDef::Date, JsonKind::Text(text)) => {
            parse_date(text).map(Value::Date).map_or_else(|| wrong("a date such as \"2026-02-28\""), Ok)
        }
        (TypeDef::Date, _) => wrong("a date such as \"2026-02-28\""),
        (TypeDef::DateTime, JsonKind::Text(text)) => parse_moment(text)
            .map(Value::DateTime)
            .map_or_else(|| wrong("a moment with its zone, such as \"2026-01-05T09:00[Europe/Berlin]\""), Ok),
        (TypeDef::DateTime, _) => wrong("a moment with its zone, such as \"2026-01-05T09:00[Europe/Berlin]\""),
        (TypeDef::Time, JsonKind::Text(text)) => {
            parse_time(text).map(Value::Time).map_or_else(|| wrong("a time of day such as \"09:30\""), Ok)
        }
        (TypeDef::Time, _) => wrong("a time of day such as \"09:30\""),
        (TypeDef::Duration, JsonKind::Text(text)) => {
            parse_duration(text).map(Value::Duration).map_or_else(|| wrong("a duration such as \"2 days\""), Ok)
        }
        (TypeDef::Duration, _) => wrong("a duration such as \"2 days\""),
        (TypeDef::Enum(idx), JsonKind::Text(name)) => member(module, *idx, name, json),
        (TypeDef::Enum(_), _) => wrong("the name of a member"),
        (TypeDef::Ref(entity), JsonKind::Text(name)) => match record(module, name, json, resolve)? {
            found if found.entity == *entity => Ok(Value::Ref(found)),
            found => {
                let name_of = |idx: EntityIdx| module.entity(idx).map_or("", |e| e.name.as_str()).to_owned();
                let expected = format!("a record of `{}`", name_of(*entity));
                Err(errors::wrong_value(
                    &format!("`{name}`, a record of `{}`,", name_of(found.entity)),
                    &expected,
                    json.span,
                ))
            }
        },
        (TypeDef::AnyRef, JsonKind::Text(name)) => Ok(Value::Ref(record(module, name, json, resolve)?)),
        (TypeDef::Ref(_) | TypeDef::AnyRef, _) => wrong("the name of a record, such as \"$ann\""),
        (TypeDef::List(item), JsonKind::List(items)) => {
            let items: Result<Vec<Value>, Diagnostic> =
                items.iter().map(|item_json| to_value(module, *item, item_json, what, resolve)).collect();
            Ok(Value::List(items?))
        }
        (TypeDef::Set(item), JsonKind::List(items)) => {
            let items: Result<Vec<Value>, Diagnostic> =
                items.iter().map(|item_json| to_value(module, *item, item_json, what, resolve)).collect();
            Ok(Value::set_of(items?))
        }
        (TypeDef::List(_) | TypeDef::Set(_), _) => wrong("a list"),
        (TypeDef::Record(idx), JsonKind::Object(entries)) => {
            let Some(def) = module.record(*idx) else { return wrong("of a known type") };
            let known: Vec<&str> = def.fields.iter().map(|f| f.name.as_str()).collect();
            if let Some((key, _)) = entries.iter().find(|(key, _)| !known.contains(&key.node.as_str())) {
                return Err(errors::unknown_key(&key.node, key.span, &known));
            }
            let fields: Result<Vec<Value>, Diagnostic> = def
                .fields
                .iter()
                .map(|field| match (json.get(&field.name), &field.default) {
                    (Some(value), _) => to_value(module, field.ty, value, &format!("`{}`", field.name), resolve),
                    (None, Some(default)) => Ok(default.clone()),
                    (None, None) if matches!(module.ty(field.ty), Some(TypeDef::Optional(_))) => Ok(Value::None),
                    (None, None) => Err(errors::missing_key(&field.name, json.span)),
                })
                .collect();
            Ok(Value::Record(fields?))
        }
        (TypeDef::Record(_), _) => wrong("an object"),
        (TypeDef::Money, _) => wrong("an amount such as \"80000 USD\""),
        (TypeDef::Float, _) => wrong("a number"),
        (TypeDef::Fault | TypeDef::Instance, _) => wrong("of a type that data files can hold"),
    }
}

/// The stored number of an enum's member, by its name.
fn member(module: &Module, idx: EnumIdx, name: &str, json: &Json) -> Result<Value, Diagnostic> {
    let members = module.enum_def(idx).map_or(&[][..], |def| def.members.as_slice());
    if let Some(found) = members.iter().find(|m| m.name == name) {
        return Ok(Value::Enum(found.value));
    }
    let enum_name = module.enum_def(idx).map_or("", |def| def.name.as_str());
    Err(errors::unknown_name(&format!("`{enum_name}`"), name, json.span, members.iter().map(|m| m.name.as_str())))
}

fn record(module: &Module, text: &str, json: &Json, resolve: &Resolve<'_>) -> Result<RecordRef, Diagnostic> {
    if let Some(name) = text.strip_prefix('$') {
        return resolve(name).ok_or_else(|| {
            errors::unknown_name("record", text, json.span, std::iter::empty()).note("a record gets its name by `$id`")
        });
    }
    let stored = text.split_once(':').and_then(|(table, id)| {
        let index = module.entities.iter().position(|e| e.table == table)?;
        let id: i64 = id.parse().ok().filter(|id| *id > 0)?;
        Some(RecordRef { entity: EntityIdx(u16::try_from(index).ok()?), id })
    });
    stored
        .ok_or_else(|| errors::wrong_value(&format!("`{text}`"), "a record, such as \"$ann\" or \"user:1\"", json.span))
}

/// An exact decimal as written; exponents are refused.
#[must_use]
pub fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// `80000 USD`, `-9.99 EUR`: at most four decimals.
#[must_use]
pub fn money(text: &str) -> Option<Money> {
    let (number, code) = text.trim().split_once(' ')?;
    let currency = currencies::known(code.trim())?;
    let value = decimal(&number.replace('_', ""))?.checked_mul(Decimal::from(10_000))?;
    if !value.is_integer() {
        return None;
    }
    Some(Money { amount: i64::try_from(value).ok()?, currency })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::Currency;

    #[test]
    fn money_is_exact() {
        let usd = Currency::parse("USD").unwrap();
        assert_eq!(money("80000 USD"), Some(Money { amount: 800_000_000, currency: usd }));
        assert_eq!(money("-9.99 USD"), Some(Money { amount: -99_900, currency: usd }));
        for bad in ["80000", "1.00001 USD", "x USD", "1 usd", "999999999999999999999 USD", "1e3 USD"] {
            assert_eq!(money(bad), None, "{bad}");
        }
    }
}
