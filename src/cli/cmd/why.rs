//! `abide why`: what an instance waits for, what would wake it, or why it stands, and what may be done about it.

use std::path::Path;

use serde_json::json;

use super::run::quoted;
use crate::cli::args::WhyArgs;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::diag::codes;
use crate::engine::Engine;
use crate::engine::deploy::short;
use crate::engine::faults::Failure;
use crate::engine::store::Status;
use crate::engine::view::BranchView;
use crate::engine::why::Why;
use crate::simulation::{
    Simulation, json as shown,
    timeline::{Timeline, times},
};
use crate::vm::fault;

pub(in crate::cli) fn run(args: &WhyArgs, term: &Term) -> Exit {
    explain(args, term).unwrap_or_else(|exit| exit)
}

/// What is known about an instance; that there is none is told.
pub(super) fn known(engine: &mut Engine, id: i64, path: &Path, term: &Term) -> Result<Why, Exit> {
    engine.why(id).map_err(|failure| match failure {
        Failure::Fault(fault) => {
            let path = quoted(&path.to_string_lossy());
            term.err(&format!("error[{}]: {}\n", fault.code, fault.beside_code()));
            term.err(&format!("  help: `abide list --store {path}` names them\n"));
            Exit::Wrong
        }
        failure => store::failed(term, failure),
    })
}

fn explain(args: &WhyArgs, term: &Term) -> Result<Exit, Exit> {
    let path = &args.store.store;
    let mut simulation = store::simulation(path, term)?;
    let Simulation { engine, recorder, .. } = &mut simulation;
    let why = known(engine, args.instance, path, term)?;
    recorder.learn(engine, why.view.record).map_err(|error| store::failed(term, error))?;
    let is_real = engine.store().meta("kind").map_err(|error| store::failed(term, error))?.as_deref() == Some("real");
    let show = Show::new(engine.module(), args.json);
    let timeline = Timeline { show: &show, names: &recorder.names };
    let next = next(&why, path, is_real, &timeline);
    if args.json {
        let commands: Vec<&str> = next.iter().map(|(command, _)| command.as_str()).collect();
        let object = json!({
            "version": 1,
            "instance": shown::instance(&timeline, &why.view),
            "waits": why.arms,
            "place": why.place,
            "stage": (!why.stage.is_empty()).then_some(&why.stage),
            "mails": why.mails,
            "outside": why.outside,
            "branches": why.branches.iter().map(branch).collect::<Vec<_>>(),
            "cancel": why.cancel,
            "next": commands,
        });
        term.out(&format!("{object:#}\n"));
        return Ok(Exit::Fine);
    }
    let mut text = told(&why, &timeline);
    if !next.is_empty() {
        text += "\nNext:\n";
    }
    let width = next.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    for (command, what) in &next {
        text += &format!("  {command:<width$}  # {what}\n");
    }
    term.out(&text);
    Ok(Exit::Fine)
}

fn branch(branch: &BranchView) -> serde_json::Value {
    json!({
        "name": branch.name,
        "status": branch.status.word(),
        "point": branch.point,
        "until": branch.until.map(shown::moment),
        "waits_for": branch.waits_for,
        "fault": branch.fault.as_ref().map(crate::engine::store::StoredFault::sentence),
    })
}

/// The sentences.
fn told(why: &Why, timeline: &Timeline<'_>) -> String {
    let view = &why.view;
    let record = view.record.map(|record| format!(" on {}", timeline.record(record))).unwrap_or_default();
    let since = timeline.heading(view.changed);
    let mut text = format!("{} #{}{record} ", view.process, view.id);
    text += &match view.status {
        Status::Ready => "is ready to run: a worker takes it up.\n".to_owned(),
        Status::Queued => "has not begun: as many run as may at once.\n".to_owned(),
        Status::Waiting => format!("waits since {since}.\n"),
        Status::Postponed if view.fault.is_some() => {
            format!("is postponed since {since}: what failed is tried again by itself.\n")
        }
        Status::Postponed => format!("is postponed since {since}.\n"),
        Status::Parked => format!("is parked since {since}: a fault stopped it.\n"),
        Status::Paused => format!("is paused since {since}: an operator stopped it.\n"),
        Status::Succeeded => format!("has ended well, {since}.\n"),
        Status::Failed => format!("has failed, {since}.\n"),
        Status::Canceled => format!("was canceled, {since}.\n"),
    };
    let mut line = |what: &str, said: &str| text.push_str(&format!("  {what:<9} {said}\n"));
    if let Some(fault) = &view.fault {
        line("fault", &fault::told(&fault.code, " ", &fault.message));
        if !fault.place.is_empty() {
            line("at", &fault.place);
        }
        for (name, value) in &fault.values {
            line("", &format!("{name} = {value}"));
        }
        if fault.tries > 0 {
            line("tried", &times(fault.tries));
        }
    } else if !view.message.is_empty() {
        line("because", &view.message);
    }
    if let Some(place) = &why.place {
        let stage = if why.stage.is_empty() { String::new() } else { format!(", {}", why.stage) };
        line("rests at", &format!("{place}{stage}"));
    }
    if let Some(arms) = &why.arms {
        line("waits", arms);
    }
    if let Some(until) = view.until {
        let what = if view.status == Status::Parked { "given up" } else { "until" };
        line(what, &timeline.heading(until));
    }
    for what in &view.waits_for {
        line("woken by", what);
    }
    for (id, process, status) in &why.children {
        line("child", &format!("{process} #{id} is {}", status.word()));
    }
    for mail in &why.mails {
        line("mail", mail);
    }
    for outside in &why.outside {
        line("outside", outside);
    }
    for branch in &why.branches {
        let point = branch.point.as_deref().map(|point| format!(" at {point}")).unwrap_or_default();
        let until = branch.until.map(|until| format!(", until {}", timeline.heading(until))).unwrap_or_default();
        let by = if branch.waits_for.is_empty() {
            String::new()
        } else {
            format!(", woken by {}", branch.waits_for.join(" or "))
        };
        let fault = branch.fault.as_ref().map(|fault| format!(": {}", fault.sentence())).unwrap_or_default();
        line("branch", &format!("{} is {}{point}{until}{by}{fault}", branch.name, branch.status.word()));
    }
    if let Some(reason) = &why.cancel {
        line("canceled", &format!("in its next turn: {reason}"));
    }
    if let Some(build) = &why.earlier_build {
        line("build", &format!("{}, an earlier one than the current", short(build)));
    }
    text
}

/// The commands that may be meant now, with what each does.
fn next(why: &Why, path: &Path, is_real: bool, timeline: &Timeline<'_>) -> Vec<(String, String)> {
    let (id, path) = (why.view.id, quoted(&path.to_string_lossy()));
    let mut all = Vec::new();
    let mut add = |command: String, what: &str| all.push((command, what.to_owned()));
    let on_store = |verb: &str| format!("abide {verb} {id} --store {path}");
    if let Some(fault) = why.view.fault.as_ref().filter(|fault| codes::lookup(&fault.code).is_some()) {
        add(format!("abide explain {}", fault.code), "what the fault means");
    }
    for (child, _, status) in &why.children {
        if matches!(status, Status::Parked | Status::Paused) {
            add(format!("abide why {child} --store {path}"), "why the child stands");
        }
    }
    if !why.view.status.is_live() {
        add(on_store("show"), "what it did");
        return all;
    }
    if !is_real {
        let until = why.view.until.map(|due| crate::cli::story::moment(due, &timeline.show.zone));
        if let Some(until) = until {
            add(format!("abide run PROJECT --store {path} --until \"{until}\""), "the simulation goes on");
        }
        return all;
    }
    for form in &why.forms {
        let form = timeline.show.module.identity(*form);
        add(format!("abide answer {form} --store {path}"), "fills in the form");
    }
    if let Some(session) = why.session.filter(|_| why.view.status == Status::Waiting) {
        let session = timeline.show.module.identity(session);
        add(format!("abide dialog --resume {session} --store {path}"), "goes on with the dialog");
    }
    for signal in &why.signals {
        let record =
            why.view.record.map(|record| format!(" {}", timeline.show.module.identity(record))).unwrap_or_default();
        add(format!("abide signal {signal}{record} --store {path}"), "sends the signal");
    }
    match why.view.status {
        Status::Parked => {
            add(on_store("retry"), "goes on where it rests, once the cause is mended");
            add(on_store("fail"), "gives it up");
        }
        Status::Paused | Status::Postponed => add(on_store("resume"), "goes on now"),
        Status::Ready => add(format!("abide worker --store {path}"), "runs it, if no worker does"),
        _ => {}
    }
    if why.view.status != Status::Parked {
        add(on_store("cancel"), "ends it");
    }
    all
}
