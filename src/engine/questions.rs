//! Questions and answers: what is shown as data, and whether an answer is one.

use serde_json::{Map, Value as Json, json};

use crate::{
    base::{
        distance::did_you_mean,
        span::Span,
        value::{RecordRef, Value},
    },
    bytecode::{
        module::{AskDef, FormDef, Module, ParamDef},
        types::{RecordIdx, TypeDef, TypeIdx},
        verify,
    },
    data::{
        convert,
        json::{Json as Placed, JsonKind},
        write,
    },
};

use super::{
    Engine,
    faults::{self, Answer},
};

/// What was answered.
pub(crate) enum Given<'a> {
    /// The JSON of each answer's type, or texts as people write them.
    Json(&'a Map<String, Json>),
    /// Values of the answers' types.
    Values(&'a [(String, Value)]),
}

impl Given<'_> {
    fn names(&self) -> Vec<&str> {
        match self {
            Given::Json(answers) => answers.keys().map(String::as_str).collect(),
            Given::Values(answers) => answers.iter().map(|(name, _)| name.as_str()).collect(),
        }
    }
}

/// The questions of a form, as they stand in its record.
pub(crate) fn of_form(module: &Module, form: &FormDef) -> Json {
    let fields = fields_of(module, form);
    fields.iter().zip(form.questions()).map(|(field, ask)| Json::Object(question(module, field, ask))).collect()
}

/// A question as data: its name, its type, whether it may be left open, what it may be.
pub(crate) fn question(module: &Module, field: &ParamDef, ask: &AskDef) -> Map<String, Json> {
    let mut question = Map::new();
    let mut put = |key: &str, value: Json| drop(question.insert(key.to_owned(), value));
    put("name", json!(field.name));
    put("type", json!(type_word(module, field.ty)));
    if is_optional(module, field.ty) {
        put("optional", json!(true));
    }
    if let Some(TypeDef::Set(_)) = present(module, field.ty).and_then(|ty| module.ty(ty)) {
        put("several", json!(true));
    }
    if let Some(max) = ask.text_max {
        put("max", json!(max));
    }
    if let Some(fixed) = &ask.fixed {
        put("default", write::to_json(module, field.ty, fixed));
    }
    if ask.radio {
        put("style", json!("radio"));
    }
    let members = members(module, field.ty);
    if !members.is_empty() {
        put("choices", Json::Array(members));
    }
    question
}

/// The members of an enum as choices.
fn members(module: &Module, ty: TypeIdx) -> Vec<Json> {
    let ty = match present(module, ty).and_then(|ty| module.ty(ty)) {
        Some(TypeDef::Set(of) | TypeDef::List(of)) => module.ty(*of),
        ty => ty,
    };
    let Some(TypeDef::Enum(index)) = ty else { return Vec::new() };
    let members = module.enum_def(*index).map(|def| def.members.as_slice()).unwrap_or_default();
    members.iter().map(|member| json!({"value": member.name, "label": member.label})).collect()
}

fn fields_of<'m>(module: &'m Module, form: &FormDef) -> &'m [ParamDef] {
    module.record(form.record).map(|record| record.fields.as_slice()).unwrap_or_default()
}

fn present(module: &Module, ty: TypeIdx) -> Option<TypeIdx> {
    match module.ty(ty)? {
        TypeDef::Optional(inner) => Some(*inner),
        _ => Some(ty),
    }
}

fn is_optional(module: &Module, ty: TypeIdx) -> bool {
    matches!(module.ty(ty), Some(TypeDef::Optional(_)))
}

/// The type of an answer, as its author would write it.
fn type_word(module: &Module, ty: TypeIdx) -> String {
    let word = match present(module, ty).and_then(|ty| module.ty(ty)) {
        Some(TypeDef::Bool) => "bool",
        Some(TypeDef::Date) => "date",
        Some(TypeDef::DateTime) => "datetime",
        Some(TypeDef::Decimal) => "decimal",
        Some(TypeDef::Duration) => "duration",
        Some(TypeDef::Float) => "float",
        Some(TypeDef::Int) => "int",
        Some(TypeDef::Money) => "money",
        Some(TypeDef::MoneyIn(currency)) => return format!("money({currency})"),
        Some(TypeDef::Text) => "text",
        Some(TypeDef::Time) => "time",
        Some(TypeDef::Enum(index)) => return module.enum_def(*index).map_or_else(String::new, |def| def.name.clone()),
        Some(TypeDef::Set(of)) => return format!("set of {}", type_word(module, *of)),
        Some(TypeDef::Ref(entity)) => return module.entity(*entity).map_or_else(String::new, |def| def.name.clone()),
        _ => "any",
    };
    word.to_owned()
}

/// The answers of a form as they are kept.
pub(crate) fn to_json(module: &Module, form: &FormDef, answers: &Value) -> Json {
    let values = if let Value::Record(values) = answers { values.as_slice() } else { &[] };
    let pairs = fields_of(module, form).iter().zip(values);
    Json::Object(pairs.map(|(field, value)| (field.name.clone(), write::to_json(module, field.ty, value))).collect())
}

/// Reads [`to_json`] as a record; or why it is none.
pub(crate) fn read_back(module: &Module, record: RecordIdx, json: &Json) -> Result<Value, String> {
    let fields = module.record(record).map(|record| record.fields.as_slice()).unwrap_or_default();
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let json = json.get(&field.name).unwrap_or(&Json::Null);
        values.push(parse(module, field, &placed(json), &|_| None)?);
    }
    Ok(Value::Record(values))
}

fn parse(module: &Module, field: &ParamDef, json: &Placed, resolve: &convert::Resolve<'_>) -> Result<Value, String> {
    if json.kind == JsonKind::Null && !is_optional(module, field.ty) {
        return Err(format!("`{}` needs an answer", field.name));
    }
    let what = format!("`{}`", field.name);
    convert::to_value(module, field.ty, json, &what, resolve).map_err(|problem| problem.message)
}

/// JSON without places: answers come from people and programs, not from files.
fn placed(json: &Json) -> Placed {
    let kind = match json {
        Json::Null => JsonKind::Null,
        Json::Bool(truth) => JsonKind::Bool(*truth),
        Json::Number(number) => JsonKind::Number(number.to_string()),
        Json::String(text) => JsonKind::Text(text.clone()),
        Json::Array(items) => JsonKind::List(items.iter().map(placed).collect()),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| {
                (crate::base::span::Spanned { node: key.clone(), span: Span::default() }, placed(value))
            };
            JsonKind::Object(entries.iter().map(entry).collect())
        }
    };
    Placed { kind, span: Span::default() }
}

/// A text as people write it, as the JSON of its type.
fn loosely(module: &Module, ty: TypeIdx, text: &str) -> JsonKind {
    let text = text.trim();
    if is_optional(module, ty) && (text.is_empty() || text == "none") {
        return JsonKind::Null;
    }
    match present(module, ty).and_then(|ty| module.ty(ty)) {
        Some(TypeDef::Bool) => match text.to_lowercase().as_str() {
            "true" | "yes" | "y" => JsonKind::Bool(true),
            "false" | "no" | "n" => JsonKind::Bool(false),
            _ => JsonKind::Text(text.to_owned()),
        },
        Some(TypeDef::Int | TypeDef::Float) => JsonKind::Number(text.to_owned()),
        Some(TypeDef::MoneyIn(currency)) if text.parse::<rust_decimal::Decimal>().is_ok() => {
            JsonKind::Text(format!("{text} {currency}"))
        }
        Some(TypeDef::Enum(index)) => {
            let members = module.enum_def(*index).map(|def| def.members.as_slice()).unwrap_or_default();
            let member = members.iter().find(|member| member.label == text);
            JsonKind::Text(member.map_or(text, |member| member.name.as_str()).to_owned())
        }
        Some(TypeDef::Set(of)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            JsonKind::List(
                items.map(|item| Placed { kind: loosely(module, *of, item), span: Span::default() }).collect(),
            )
        }
        _ => JsonKind::Text(text.to_owned()),
    }
}

impl Engine {
    /// The answers as a record, or all that is wrong with them. `shown` are the questions as they were asked.
    pub(crate) fn answers(&mut self, form: &FormDef, shown: &Json, given: &Given<'_>) -> Answer<Value> {
        let program = std::sync::Arc::clone(&self.definitions.program);
        let module = program.module();
        let fields = fields_of(module, form);
        let mut wrong = Vec::new();
        for name in given.names() {
            if !fields.iter().any(|field| field.name == name) {
                let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
                let near = near.first().map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
                wrong.push(format!("`{name}` is not asked for{near}"));
            }
        }
        let mut values = Vec::with_capacity(fields.len());
        for (field, ask) in fields.iter().zip(form.questions()) {
            let shown = shown.as_array().into_iter().flatten();
            let question = shown.into_iter().find(|question| question.get("name") == Some(&json!(field.name)));
            let answer = self.one_answer(module, (field, ask), question, given)?;
            match answer.and_then(|value| allowed(module, (field, ask), question, value)) {
                Ok(value) => values.push(value),
                Err(why) => wrong.push(why),
            }
        }
        if wrong.is_empty() { Ok(Value::Record(values)) } else { Err(faults::bad_answers(wrong.join("; "))) }
    }

    fn one_answer(
        &mut self,
        module: &Module,
        (field, ask): (&ParamDef, &AskDef),
        question: Option<&Json>,
        given: &Given<'_>,
    ) -> Answer<Result<Value, String>> {
        let json = match given {
            Given::Values(answers) => {
                if let Some((_, value)) = answers.iter().find(|(name, _)| *name == field.name) {
                    let fits = verify::fits(module, value, field.ty);
                    let wrong = || format!("`{}` does not take such a value", field.name);
                    return Ok(fits.then(|| value.clone()).ok_or_else(wrong));
                }
                None
            }
            Given::Json(answers) => answers.get(&field.name),
        };
        let default = question.and_then(|question| question.get("default"));
        let Some(json) = json.or(default) else {
            let open = is_optional(module, field.ty).then_some(Value::None);
            let open = ask.fixed.clone().or(open);
            return Ok(open.ok_or_else(|| format!("`{}` needs an answer", field.name)));
        };
        let mut json = placed(json);
        if let JsonKind::Text(text) = &json.kind {
            json.kind = loosely(module, field.ty, text);
        }
        let found = match &json.kind {
            JsonKind::Text(text) => self.record_in_words(module, field.ty, text)?,
            _ => None,
        };
        Ok(match found {
            Some(record) => record.map(Value::Ref),
            None => parse(module, field, &json, &|_| None),
        })
    }

    /// A record that is named by its key or its shown name: `Ann`; nothing where it is named by its number.
    fn record_in_words(
        &mut self,
        module: &Module,
        ty: TypeIdx,
        text: &str,
    ) -> Answer<Option<Result<RecordRef, String>>> {
        let Some(TypeDef::Ref(entity)) = present(module, ty).and_then(|ty| module.ty(ty)) else { return Ok(None) };
        let is_number = text.rsplit_once(':').is_some_and(|(_, id)| id.parse::<i64>().is_ok());
        if is_number {
            return Ok(None);
        }
        let found = self.records_of_key(*entity, text)?;
        let name = self.entity_name(*entity);
        Ok(Some(match found.as_slice() {
            [id] => Ok(RecordRef { entity: *entity, id: *id }),
            [] => Err(format!("there is no `{name}` \"{text}\"")),
            _ => Err(format!("there are several of `{name}` \"{text}\": name it by its number")),
        }))
    }
}

/// The answer, if it is short enough and one of the choices.
fn allowed(
    module: &Module,
    (field, ask): (&ParamDef, &AskDef),
    question: Option<&Json>,
    value: Value,
) -> Result<Value, String> {
    if let (Value::Text(text), Some(max)) = (&value, ask.text_max)
        && text.chars().count() > max as usize
    {
        return Err(format!("`{}` takes at most {max} characters", field.name));
    }
    let choices = question.and_then(|question| question.get("choices")).and_then(Json::as_array);
    if let (Some(choices), true) = (choices.filter(|_| ask.choices), !value.is_none()) {
        let json = write::to_json(module, field.ty, &value);
        if !choices.iter().any(|choice| choice.get("value") == Some(&json)) {
            let labels: Vec<&str> = choices.iter().filter_map(|choice| choice.get("label")?.as_str()).collect();
            return Err(format!("`{}` is one of: {}", field.name, labels.join(", ")));
        }
    }
    Ok(value)
}
