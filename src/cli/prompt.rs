//! Asking in a terminal: questions as data become answers as data. The only user of `dialoguer`.

use std::io::IsTerminal;

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select};
use serde_json::{Map, Value as Json};

use super::exit::Exit;
use super::term::Term;

/// What is offered where a question may stay open.
const OPEN: &str = "(none)";

/// A question on one line: `approve: bool`, `size: small, large (optional)`.
pub(super) fn in_words(question: &Json) -> String {
    let word = |key: &str| question.get(key).and_then(Json::as_str).unwrap_or_default();
    let labels: Vec<&str> = choices(question).into_iter().map(|(label, _)| label).collect();
    let ty = if labels.is_empty() { word("type").to_owned() } else { labels.join(", ") };
    let optional = if is_optional(question) { " (optional)" } else { "" };
    let asked = question.get("question").and_then(Json::as_str).map(|asked| format!("{asked} ")).unwrap_or_default();
    format!("{asked}{}: {ty}{optional}", word("name"))
}

fn is_optional(question: &Json) -> bool {
    question.get("optional").and_then(Json::as_bool).unwrap_or(false)
}

fn choices(question: &Json) -> Vec<(&str, &Json)> {
    let all = question.get("choices").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(|choice| Some((choice.get("label")?.as_str()?, choice.get("value")?))).collect()
}

/// Asks one question after the other.
pub(super) fn ask(questions: &[Json], term: &Term) -> Result<Map<String, Json>, Exit> {
    refuse_without_terminal(term)?;
    let mut answers = Map::new();
    for question in questions {
        let name = question.get("name").and_then(Json::as_str).unwrap_or_default();
        if let Some(answer) = one(question).map_err(|error| stopped(&error, term))? {
            answers.insert(name.to_owned(), answer);
        }
    }
    Ok(answers)
}

/// One of several ways on.
pub(super) fn choose(words: &str, ways: &[&str], term: &Term) -> Result<usize, Exit> {
    refuse_without_terminal(term)?;
    let theme = ColorfulTheme::default();
    Select::with_theme(&theme)
        .with_prompt(words)
        .items(ways)
        .default(0)
        .interact()
        .map_err(|error| stopped(&error, term))
}

/// A line of text.
pub(super) fn line(words: &str, term: &Term) -> Result<String, Exit> {
    refuse_without_terminal(term)?;
    let theme = ColorfulTheme::default();
    Input::with_theme(&theme)
        .with_prompt(words)
        .allow_empty(true)
        .interact_text()
        .map_err(|error| stopped(&error, term))
}

/// A script cannot be asked.
fn refuse_without_terminal(term: &Term) -> Result<(), Exit> {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return Ok(());
    }
    term.err("error: nobody can be asked here: this is no terminal\n");
    term.err("  help: give the answers as NAME=VALUE, or in a file with --answers FILE\n");
    Err(Exit::Usage)
}

fn stopped(error: &dialoguer::Error, term: &Term) -> Exit {
    term.err(&format!("error: nothing was answered: {error}\n"));
    Exit::Environment
}

/// The answer, or nothing where the question stays open.
fn one(question: &Json) -> Result<Option<Json>, dialoguer::Error> {
    let theme = ColorfulTheme::default();
    let words = question.get("question").or(question.get("name")).and_then(Json::as_str).unwrap_or_default();
    let words = match question.get("help").and_then(Json::as_str) {
        Some(help) => format!("{words} ({help})"),
        None => words.to_owned(),
    };
    let choices = choices(question);
    let default = question.get("default").filter(|default| !default.is_null());
    if choices.is_empty() {
        return plain(question, &words, default);
    }
    let mut labels: Vec<&str> = choices.iter().map(|(label, _)| *label).collect();
    if question.get("several").is_some() {
        let chosen = MultiSelect::with_theme(&theme).with_prompt(words).items(&labels).interact()?;
        let values = chosen.into_iter().filter_map(|at| choices.get(at)).map(|(_, value)| (*value).clone());
        return Ok(Some(values.collect()));
    }
    let optional = is_optional(question);
    if optional {
        labels.push(OPEN);
    }
    let first = choices.iter().position(|(_, value)| Some(*value) == default);
    let first = first.unwrap_or(if optional { labels.len() - 1 } else { 0 });
    let chosen = Select::with_theme(&theme).with_prompt(words).items(&labels).default(first).interact()?;
    Ok(Some(choices.get(chosen).map_or(Json::Null, |(_, value)| (*value).clone())))
}

fn plain(question: &Json, words: &str, default: Option<&Json>) -> Result<Option<Json>, dialoguer::Error> {
    let theme = ColorfulTheme::default();
    let optional = is_optional(question);
    if question.get("type").and_then(Json::as_str) == Some("bool") && !optional {
        let confirm = Confirm::with_theme(&theme).with_prompt(words);
        let confirm = match default.and_then(Json::as_bool) {
            Some(default) => confirm.default(default),
            None => confirm,
        };
        return confirm.interact().map(|answer| Some(Json::Bool(answer)));
    }
    let input: Input<'_, String> = Input::with_theme(&theme).with_prompt(words).allow_empty(optional);
    let input = match default {
        Some(Json::String(text)) => input.with_initial_text(text.clone()),
        Some(other) => input.with_initial_text(other.to_string()),
        None => input,
    };
    let text = input.interact_text()?;
    Ok(Some(if text.is_empty() && optional { Json::Null } else { Json::String(text) }))
}
