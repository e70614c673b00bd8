//! What goes out with a job and what comes back: JSON.

use std::io::Cursor;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::{
    base::{span::FileId, value::Value},
    bytecode::{
        module::{Module, ProcessDef},
        types::{TypeDef, TypeIdx},
    },
    data::{
        convert,
        json::{Json as Placed, JsonKind},
        reader::{Reader, Trouble},
        write,
    },
};

/// The inputs of a call as an object, the primary record under its name.
pub(super) fn inputs(module: &Module, process: &ProcessDef, arguments: &[Value]) -> Json {
    let record = process.activity.as_ref().and_then(|activity| activity.record.clone());
    let primary = process.primary.map(|ty| (record.unwrap_or_else(|| "record".to_owned()), ty));
    let inputs = process.inputs.iter().map(|input| (input.name.clone(), input.ty));
    let all = primary.into_iter().chain(inputs).zip(arguments);
    Json::Object(all.map(|((name, ty), value)| (name, write::to_json(module, ty, value))).collect::<Map<_, _>>())
}

/// The result that a JSON text is. Where it is not strict, an object may have more keys than are declared: programs that
/// answer over HTTP say more than one asks.
pub(super) fn result(module: &Module, ty: TypeIdx, text: &str, is_strict: bool) -> Result<Value, String> {
    let mut reader = Reader::new(Box::new(Cursor::new(text.as_bytes().to_vec())), FileId(0));
    let read = reader.value().and_then(|json| reader.end().map(|()| json));
    let mut json = read.map_err(|trouble| match trouble {
        Trouble::Wrong(_) => "it is no JSON".to_owned(),
        Trouble::NotText(_) => "it is no text".to_owned(),
        Trouble::Io(error) => error.to_string(),
    })?;
    if !is_strict {
        prune(module, ty, &mut json);
    }
    convert::to_value(module, ty, &json, "the result", &|_| None).map_err(|mistake| mistake.message)
}

/// Drops what nobody asked for.
fn prune(module: &Module, ty: TypeIdx, json: &mut Placed) {
    match (module.ty(ty), &mut json.kind) {
        (Some(TypeDef::Optional(inner)), _) => prune(module, *inner, json),
        (Some(TypeDef::List(item) | TypeDef::Set(item)), JsonKind::List(items)) => {
            items.iter_mut().for_each(|value| prune(module, *item, value));
        }
        (Some(TypeDef::Record(index)), JsonKind::Object(entries)) => {
            let fields = module.record(*index).map(|def| def.fields.as_slice()).unwrap_or_default();
            entries.retain(|(key, _)| fields.iter().any(|field| field.name == key.node));
            for (key, value) in entries {
                if let Some(field) = fields.iter().find(|field| field.name == key.node) {
                    prune(module, field.ty, value);
                }
            }
        }
        _ => {}
    }
}

/// The key of a call, in the form of a UUID.
pub(super) fn key(project: &str, founded: &str, instance: i64) -> String {
    let digest = Sha256::digest(format!("abide activity\n{project}\n{founded}\n{instance}"));
    let hex: Vec<String> = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().concat();
    format!("{}-{}-{}-{}-{}", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16))
}

/// A message of at most so many characters, on one line.
pub(super) fn cut(message: &str, max: usize) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}
