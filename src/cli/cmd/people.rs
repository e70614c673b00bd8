//! `abide inbox` and `abide answer`: what processes ask people.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::run::quoted;
use super::start;
use crate::base::value::RecordRef;
use crate::cli::args::{AnswerArgs, InboxArgs};
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::prompt;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::engine::{Engine, FormView};

pub(in crate::cli) fn inbox(args: &InboxArgs, term: &Term) -> Exit {
    list(args, term).unwrap_or_else(|exit| exit)
}

pub(in crate::cli) fn answer(args: &AnswerArgs, term: &Term) -> Exit {
    fill_in(args, term).unwrap_or_else(|exit| exit)
}

fn list(args: &InboxArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let engine = &mut simulation.engine;
    let user = args.user.as_deref().map(|word| start::user(engine.module(), word, term)).transpose()?;
    let forms = engine.inbox(user).map_err(|failure| store::failed(term, failure))?;
    let now = engine.now();
    if args.json {
        let forms: Vec<Json> = forms.iter().map(|form| as_json(engine, form, now)).collect();
        term.out(&format!("{:#}\n", json!({"version": 1, "forms": forms})));
        return Ok(Exit::Fine);
    }
    let show = Show::new(engine.module(), false);
    let mut text = String::new();
    for form in &forms {
        text += &told(engine, form, &show, now);
    }
    if forms.is_empty() {
        text += if args.user.is_some() { "Nothing is asked of this user.\n" } else { "Nothing is asked of anybody.\n" };
    } else {
        let store = quoted(&args.store.store.to_string_lossy());
        text += &format!("\nNext:\n  abide answer FORM --store {store}  # asks in the terminal\n");
    }
    term.out(&text);
    Ok(Exit::Fine)
}

/// A form with its questions.
fn told(engine: &Engine, form: &FormView, show: &Show<'_>, now: i64) -> String {
    let mut text = format!("{}  {}\n", engine.identity(form.record), form.title);
    let regarding = match form.regarding {
        Some(record) => format!(" on {} \"{}\"", engine.identity(record), form.regarding_name),
        None => String::new(),
    };
    text += &format!("  for {}, from {} #{}{regarding}\n", form.owner_name, form.process, form.instance);
    if let Some(due) = form.due {
        let late = if due <= now { ", overdue" } else { "" };
        text += &format!("  due {}{late}\n", show.moment(due));
    }
    for question in form.questions.as_array().into_iter().flatten() {
        text += &format!("  {}\n", prompt::in_words(question));
    }
    text
}

fn as_json(engine: &Engine, form: &FormView, now: i64) -> Json {
    let moment = crate::simulation::json::moment;
    json!({
        "form": engine.identity(form.record),
        "title": form.title,
        "owner": form.owner.map(|owner| engine.identity(owner)),
        "owner_name": form.owner_name,
        "due": form.due.map(moment),
        "overdue": form.due.is_some_and(|due| due <= now),
        "process": form.process,
        "instance": form.instance,
        "regarding": form.regarding.map(|record| engine.identity(record)),
        "state": form.state,
        "created_on": moment(form.created),
        "questions": form.questions,
        "answers": form.answers,
    })
}

fn fill_in(args: &AnswerArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let form = form_of(&engine, &args.form, term)?;
    let user = args.write.user.as_deref().map(|word| start::user(engine.module(), word, term)).transpose()?;
    let answers = match (&args.file, args.answers.as_slice()) {
        (Some(file), _) => from_file(file, term)?,
        (None, []) => {
            let view = engine.form_view(form).map_err(|failure| store::refused(term, failure))?;
            match view {
                Some(view) if view.state == "open" => {
                    term.out(&format!("{}\n", view.title));
                    prompt::ask(view.questions.as_array().map(Vec::as_slice).unwrap_or_default(), term)?
                }
                // What is wrong with it is told below.
                _ => Map::new(),
            }
        }
        (None, words) => from_words(words, term)?,
    };
    if let Err(failure) = engine.answer_form(user, form, &answers) {
        return Err(store::refused(term, failure));
    }
    let identity = engine.identity(form);
    if args.write.json {
        let view = engine.form_view(form).map_err(|failure| store::refused(term, failure))?;
        let now = engine.now();
        let form = view.map(|view| as_json(&engine, &view, now));
        term.out(&format!("{:#}\n", json!({"version": 1, "form": form})));
    } else {
        term.out(&format!("answered {identity}\n"));
    }
    Ok(Exit::Fine)
}

/// `form:12`, or its number alone.
fn form_of(engine: &Engine, word: &str, term: &Term) -> Result<RecordRef, Exit> {
    let whole = if word.contains(':') { word.to_owned() } else { format!("form:{word}") };
    fields::record(engine.module(), &whole, term)
}

/// `approve=true note="too late"`.
fn from_words(words: &[String], term: &Term) -> Result<Map<String, Json>, Exit> {
    let mut answers = Map::new();
    for word in words {
        let Some((name, value)) = word.split_once('=') else {
            term.err(&format!("error: `{word}` has no `=`\n  help: write answers as NAME=VALUE\n"));
            return Err(Exit::Usage);
        };
        answers.insert(name.to_owned(), Json::from(value));
    }
    Ok(answers)
}

/// An object of answers.
fn from_file(path: &Path, term: &Term) -> Result<Map<String, Json>, Exit> {
    match read_json(path, term)? {
        Json::Object(answers) => Ok(answers),
        _ => {
            term.err(&format!("error: `{}` is not an object of answers\n", path.display()));
            term.err("  help: write it as {\"approve\": true}\n");
            Err(Exit::Wrong)
        }
    }
}

/// A JSON file; `-` is standard input.
pub(super) fn read_json(path: &Path, term: &Term) -> Result<Json, Exit> {
    let mut text = String::new();
    // LIMIT: ANSWERS_BYTES_MAX
    let limit = crate::base::limits::ANSWERS_BYTES_MAX;
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    if let Err(error) = read {
        term.err(&format!("error[E0901]: cannot read `{}`: {error}\n", path.display()));
        return Err(Exit::Environment);
    }
    serde_json::from_str(&text).map_err(|error| {
        term.err(&format!("error[E0912]: `{}` is no JSON: {error}\n", path.display()));
        Exit::Wrong
    })
}
