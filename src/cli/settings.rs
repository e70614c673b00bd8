//! Settings on the command line: `--config NAME=VALUE`, and `abide settings NAME=VALUE`.

use std::io::Cursor;

use crate::base::distance::did_you_mean;
use crate::base::source::{SourceFile, Sources};
use crate::base::span::{FileId, Span};
use crate::base::value::Value;
use crate::bytecode::module::Module;
use crate::bytecode::types::{TypeDef, TypeIdx};
use crate::cli::{exit::Exit, store, term::Term};
use crate::data::json::{Json, JsonKind};
use crate::data::reader::{Reader, Trouble};
use crate::data::{convert, errors};
use crate::diag::{Diagnostic, render};
use crate::simulation::Simulation;

/// Gives the settings their values.
pub(super) fn configure(simulation: &mut Simulation<'_>, given: Vec<(String, Value)>, term: &Term) -> Result<(), Exit> {
    for (name, value) in given {
        simulation.engine.configure(&name, value).map_err(|failure| store::failed(term, failure))?;
    }
    Ok(())
}

/// What `--config` gives; all mistakes are told at once.
pub(super) fn parse(module: &Module, given: &[String], term: &Term) -> Result<Vec<(String, Value)>, Exit> {
    let values: Vec<_> = given.iter().map(|given| setting(module, given, "--config ", term)).collect();
    values.into_iter().collect()
}

/// One `NAME=VALUE`. `option` is what stands before it.
pub(super) fn setting(module: &Module, given: &str, option: &str, term: &Term) -> Result<(String, Value), Exit> {
    let wrong = |what: &str, help: &str| {
        term.err(&format!("error: `{option}{given}`: {what}\n  help: {help}\n"));
        Exit::Wrong
    };
    let Some((name, text)) = given.split_once('=') else {
        wrong("there is no `=`", &format!("write `{option}NAME=VALUE`"));
        return Err(Exit::Usage);
    };
    let Some(config) = module.configs.iter().find(|config| config.name == name) else {
        let known: Vec<&str> = module.configs.iter().map(|config| config.name.as_str()).collect();
        return Err(wrong(&format!("the project has no setting `{name}`"), &unknown(name, &known)));
    };
    let optional = matches!(module.ty(config.ty), Some(TypeDef::Optional(_)));
    if text == "none" && !optional {
        return Err(wrong(&format!("`{name}` is not optional and cannot be none"), "give it a value"));
    }
    let ty = present(module, config.ty);
    if text.is_empty() && !matches!(module.ty(ty), Some(TypeDef::Text)) {
        let none = if optional { format!("; `{name}=none` says that there is none") } else { String::new() };
        return Err(wrong(
            &format!("there is no value behind `=`, and `{name}` is no text"),
            &format!("give it one{none}"),
        ));
    }
    let value = value(module, config.ty, text, &format!("{option}{name}")).map_err(|(problem, sources)| {
        term.err(&render::human(&[problem], &sources, &term.messages()));
        Exit::Wrong
    })?;
    if let (Value::Text(text), Some(max)) = (&value, config.text_max)
        && text.chars().count() > max as usize
    {
        return Err(wrong(&format!("the text is longer than {max} characters"), "give a shorter one"));
    }
    Ok((config.name.clone(), value))
}

/// What may be meant by a name that is none of a setting.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    match (did_you_mean(name, known.iter().copied()).as_slice(), known) {
        ([near, ..], _) => format!("did you mean `{near}`?"),
        ([], []) => "the project has no settings; `config` in its text declares one".to_owned(),
        ([], known) => format!("its settings are {}", known.join(", ")),
    }
}

/// The type of a value that is there.
fn present(module: &Module, ty: TypeIdx) -> TypeIdx {
    match module.ty(ty) {
        Some(TypeDef::Optional(inner)) => *inner,
        _ => ty,
    }
}

/// A value on the command line; a record is given by its key and stays a text.
fn value(module: &Module, ty: TypeIdx, text: &str, option: &str) -> Result<Value, (Diagnostic, Sources)> {
    let is_reference = |ty: TypeIdx| matches!(module.ty(ty), Some(TypeDef::Ref(_)));
    let is_key = match module.ty(ty) {
        Some(TypeDef::Optional(inner)) => text != "none" && is_reference(*inner),
        _ => is_reference(ty),
    };
    if is_key {
        return Ok(Value::Text(text.to_owned()));
    }
    from_text(module, ty, text, option, &|_| None)
}

/// Reads a value that stands on the command line. `option` names its place in messages.
pub(super) fn from_text(
    module: &Module,
    ty: TypeIdx,
    text: &str,
    option: &str,
    resolve: &convert::Resolve<'_>,
) -> Result<Value, (Diagnostic, Sources)> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(option.to_owned(), text.to_owned(), false));
    let span = Span::new(file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    if text == "none" && matches!(module.ty(ty), Some(TypeDef::Text)) {
        let problem = errors::wrong_value("`none`", "a value, and this one is not optional", span);
        return Err((problem.help("the text of these letters is `\"none\"`, with its quotes"), sources));
    }
    let json = if is_structured(module, ty) && text != "none" {
        match parsed(text, file, span) {
            Ok(json) => json,
            Err(problem) => return Err((problem, sources)),
        }
    } else {
        Json { kind: kind_of(module, ty, text), span }
    };
    convert::to_value(module, ty, &json, &format!("`{text}`"), resolve).map_err(|problem| (problem, sources))
}

/// Whether a value has parts: it is written in JSON.
fn is_structured(module: &Module, ty: TypeIdx) -> bool {
    matches!(module.ty(present(module, ty)), Some(TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Record(_)))
}

fn parsed(text: &str, file: FileId, span: Span) -> Result<Json, Diagnostic> {
    let mut reader = Reader::new(Box::new(Cursor::new(text.as_bytes().to_vec())), file);
    match reader.value().and_then(|json| reader.end().map(|()| json)) {
        Ok(json) => Ok(json),
        Err(Trouble::Wrong(problem)) => Err(*problem),
        Err(Trouble::NotText(_) | Trouble::Io(_)) => Err(errors::not_json(span, "it cannot be read")),
    }
}

/// How a value on the command line would stand in JSON.
fn kind_of(module: &Module, ty: TypeIdx, text: &str) -> JsonKind {
    match (module.ty(ty), text) {
        (Some(TypeDef::Optional(_)), "none") => JsonKind::Null,
        (Some(TypeDef::Optional(inner)), _) => kind_of(module, *inner, text),
        (Some(TypeDef::Bool), "true") => JsonKind::Bool(true),
        (Some(TypeDef::Bool), "false") => JsonKind::Bool(false),
        (Some(TypeDef::Int | TypeDef::Float), _) => JsonKind::Number(text.to_owned()),
        // `none` without quotes is no value, as it is in all other types.
        (Some(TypeDef::Text), "\"none\"") => JsonKind::Text("none".to_owned()),
        _ => JsonKind::Text(text.to_owned()),
    }
}
