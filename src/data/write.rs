//! Values as data files have them: what [`super::convert`] reads.

use serde_json::{Map, Number, Value as Json};

use super::show;
use crate::base::value::{Value, time_of_day};
use crate::bytecode::{
    module::Module,
    types::{TypeDef, TypeIdx},
};

/// A value of type `ty` as JSON.
#[must_use]
pub fn to_json(module: &Module, ty: TypeIdx, value: &Value) -> Json {
    match (module.ty(ty), value) {
        (_, Value::None) => Json::Null,
        (Some(TypeDef::Optional(inner)), _) => to_json(module, *inner, value),
        (Some(TypeDef::Enum(index)), Value::Enum(number)) => {
            let members = module.enum_def(*index).map(|def| def.members.as_slice()).unwrap_or_default();
            let member = members.iter().find(|member| member.value == *number);
            member.map_or_else(|| Json::from(*number), |member| Json::from(member.name.as_str()))
        }
        (Some(TypeDef::List(item) | TypeDef::Set(item)), Value::List(items)) => {
            items.iter().map(|value| to_json(module, *item, value)).collect()
        }
        (Some(TypeDef::Record(index)), Value::Record(values)) => {
            let fields = module.record(*index).map(|def| def.fields.as_slice()).unwrap_or_default();
            let pairs = fields.iter().zip(values);
            Json::Object(
                pairs.map(|(field, v)| (field.name.clone(), to_json(module, field.ty, v))).collect::<Map<_, _>>(),
            )
        }
        (_, value) => plain(module, value),
    }
}

/// A value that its type says nothing more about.
fn plain(module: &Module, value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => Json::from(*number),
        Value::Enum(number) => Json::from(*number),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Decimal(number) => Json::from(number.to_string()),
        Value::Money(amount) => Json::from(show::money(*amount)),
        Value::Date(days) => Json::from(show::date(*days)),
        Value::Time(micros) => Json::from(time_of_day(*micros)),
        Value::DateTime(micros) => {
            let moment = jiff::Timestamp::from_microsecond(*micros);
            Json::from(moment.map_or_else(|_| micros.to_string(), |moment| moment.to_string()))
        }
        Value::Duration(duration) => Json::from(show::duration(*duration)),
        Value::Ref(record) => Json::from(module.identity(*record)),
        Value::Instance(id) => Json::from(format!("#{id}")),
        Value::List(items) | Value::Record(items) => items.iter().map(|item| plain(module, item)).collect(),
    }
}
