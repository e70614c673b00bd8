//! `abide dialog`: runs a dialog page by page, in a terminal or from a file of answers.

use serde_json::{Map, Value as Json, json};

use super::run::quoted;
use super::start;
use crate::base::distance::did_you_mean;
use crate::base::value::RecordRef;
use crate::bytecode::module::ProcessKind;
use crate::cli::args::DialogArgs;
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::prompt;
use crate::cli::store;
use crate::cli::term::Term;
use crate::engine::faults::{Answer, Failure};
use crate::engine::{Engine, SessionView};

/// What may be done with a page, besides answering it.
const WAYS: [&str; 5] = ["Go on", "Back", "Comment", "Leave, and resume later", "Cancel the dialog"];

pub(in crate::cli) fn run(args: &DialogArgs, term: &Term) -> Exit {
    dialog(args, term).unwrap_or_else(|exit| exit)
}

fn dialog(args: &DialogArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.write.store.store, term)?;
    let user = args.write.user.as_deref().map(|word| start::user(engine.module(), word, term)).transpose()?;
    let script = args.answers.as_deref().map(|file| script(file, term)).transpose()?;
    let session = match &args.resume {
        Some(word) => fields::record(engine.module(), word, term)?,
        None => begin(&mut engine, user, args, term)?,
    };
    let mut runner = Runner { engine, user, session, term };
    let ended = match script {
        Some(steps) => runner.play(&steps),
        None => runner.converse(),
    };
    let view = runner.view()?;
    runner.tell(&view, args);
    ended
}

/// The steps of a file of answers.
fn script(file: &std::path::Path, term: &Term) -> Result<Vec<Json>, Exit> {
    match super::people::read_json(file, term)? {
        Json::Array(steps) => Ok(steps),
        _ => {
            term.err(&format!("error: `{}` is no list of pages\n", file.display()));
            term.err("  help: write it as [{\"interested\": true}, \"back\", {\"interested\": false}]\n");
            Err(Exit::Wrong)
        }
    }
}

/// Starts the dialog; gives its session.
fn begin(engine: &mut Engine, user: Option<i64>, args: &DialogArgs, term: &Term) -> Result<RecordRef, Exit> {
    let name = args.dialog.as_deref().unwrap_or_default();
    let module = engine.module();
    let dialogs = || module.processes.iter().filter(|process| process.kind == ProcessKind::Dialog);
    let Some(process) = dialogs().find(|process| process.name == name) else {
        let near = did_you_mean(name, dialogs().map(|process| process.name.as_str()));
        term.err(&format!("error[R0505]: the build has no dialog `{name}`\n"));
        match near.first() {
            Some(near) => term.err(&format!("  help: did you mean `{near}`?\n")),
            None => term.err("  help: `abide definitions` lists the processes\n"),
        }
        return Err(Exit::Wrong);
    };
    let values = start::arguments(module, process, &args.args, term)?;
    engine.start_dialog(user, name, &values).map_err(|failure| store::refused(term, failure))
}

/// A session that goes on.
struct Runner<'a> {
    engine: Engine,
    user: Option<i64>,
    session: RecordRef,
    term: &'a Term,
}

impl Runner<'_> {
    fn view(&mut self) -> Result<SessionView, Exit> {
        self.engine.session_view(self.session).map_err(|failure| store::refused(self.term, failure))
    }

    /// Follows a file of answers to its end, or to the end of the dialog.
    fn play(&mut self, steps: &[Json]) -> Result<Exit, Exit> {
        for (index, step) in steps.iter().enumerate() {
            let done = match step {
                Json::String(word) if word == "back" => self.engine.back_to_page(self.user, self.session),
                Json::String(word) if word == "cancel" => {
                    self.engine.cancel_session(self.user, self.session, "canceled by its user")
                }
                Json::Object(answers) => self.submit(answers),
                _ => {
                    self.term
                        .err(&format!("error: step {} is neither answers nor \"back\" nor \"cancel\"\n", index + 1));
                    return Ok(Exit::Wrong);
                }
            };
            if let Err(failure) = done {
                self.term.err(&format!("error: step {} was not taken\n", index + 1));
                return Ok(store::refused(self.term, failure));
            }
        }
        Ok(Exit::Fine)
    }

    fn submit(&mut self, answers: &Map<String, Json>) -> Answer<()> {
        self.engine.submit_page(self.user, self.session, answers)
    }

    /// Asks in the terminal, page by page.
    fn converse(&mut self) -> Result<Exit, Exit> {
        loop {
            let view = self.view()?;
            let Some(page) = view.page.clone().filter(|_| view.state == "incomplete") else { return Ok(Exit::Fine) };
            let answers = self.show(&page)?;
            let ways: Vec<&str> = WAYS.into_iter().filter(|way| *way != "Back" || view.has_back).collect();
            let way = prompt::choose("And now", &ways, self.term)?;
            let done = match ways.get(way).copied().unwrap_or_default() {
                "Back" => self.engine.back_to_page(self.user, self.session),
                "Comment" => {
                    let comment = prompt::line("Comment", self.term)?;
                    let whole =
                        if view.comments.is_empty() { comment } else { format!("{}\n{comment}", view.comments) };
                    self.engine.comment_session(self.user, self.session, &whole)
                }
                "Cancel the dialog" => self.engine.cancel_session(self.user, self.session, "canceled by its user"),
                "Go on" => self.submit(&answers),
                _ => return Ok(Exit::Fine),
            };
            match done {
                Ok(()) => {}
                // The page is still there.
                Err(failure @ Failure::Fault(_)) => drop(store::refused(self.term, failure)),
                Err(failure) => return Err(store::failed(self.term, failure)),
            }
        }
    }

    /// A page, and what is answered to it.
    fn show(&self, page: &Json) -> Result<Map<String, Json>, Exit> {
        let title = page.get("title").and_then(Json::as_str).unwrap_or_default();
        self.term.out(&format!("\n{title}\n{}\n", "─".repeat(title.chars().count())));
        let parts = page.get("parts").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut answers = Map::new();
        for part in parts {
            match part.get("say").and_then(Json::as_str) {
                Some(words) => self.term.out(&format!("{words}\n")),
                None => answers.extend(prompt::ask(std::slice::from_ref(part), self.term)?),
            }
        }
        Ok(answers)
    }

    /// Where the session stands, with what was answered.
    fn tell(&self, view: &SessionView, args: &DialogArgs) {
        let session = self.engine.identity(self.session);
        if args.write.json {
            let object = json!({
                "version": 1,
                "session": session,
                "dialog": view.dialog,
                "state": view.state,
                "page": view.page,
                "answers": view.answers,
                "comments": view.comments,
                "message": view.message,
                "instance": view.instance,
                "back": view.has_back,
            });
            return self.term.out(&format!("{object:#}\n"));
        }
        let mut text = format!("{} is {} ({session})\n", view.dialog, view.state);
        if !view.message.is_empty() {
            text += &format!("  {}\n", view.message);
        }
        for answer in view.answers.as_array().into_iter().flatten() {
            let word = |key: &str| answer.get(key).and_then(Json::as_str);
            let given = word("label").map(str::to_owned).or_else(|| word("answer").map(str::to_owned));
            let given = given.unwrap_or_else(|| match answer.get("answer") {
                Some(Json::Null) | None => "–".to_owned(),
                Some(other) => other.to_string(),
            });
            text += &format!("  {} {given}\n", word("question").or(word("name")).unwrap_or_default());
        }
        if let Some(page) = &view.page {
            let title = page.get("title").and_then(Json::as_str).unwrap_or_default();
            text += &format!("  shows \"{title}\"\n");
            let parts = page.get("parts").and_then(Json::as_array).into_iter().flatten();
            for part in parts {
                match part.get("say").and_then(Json::as_str) {
                    Some(words) => text += &format!("    {words}\n"),
                    None => text += &format!("    {}\n", prompt::in_words(part)),
                }
            }
            let store = quoted(&args.write.store.store.to_string_lossy());
            text += &format!("\nNext:\n  abide dialog --resume {session} --store {store}  # goes on\n");
        }
        self.term.out(&text);
    }
}
