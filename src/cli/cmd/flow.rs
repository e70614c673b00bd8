//! `abide flow`: runs of business process flows, shown as a bar of stages, and moved.

mod show;

use serde_json::{Value as Json, json};

use super::record::{self, fields};
use crate::base::{distance::did_you_mean, value::RecordRef};
use crate::cli::args::{
    FlowArgs, FlowCommand, FlowNextArgs, FlowPressArgs, FlowStartArgs, FlowSwitchArgs, FlowTurnArgs, WriteArgs,
};
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::engine::{
    Engine,
    faults::Answer,
    flows::{Moved, Turn},
};

pub(in crate::cli) fn run(args: &FlowArgs, term: &Term) -> Exit {
    let answer = match &args.command {
        FlowCommand::Abort(args) => turn(args, Turn::Aborted, term),
        FlowCommand::Back(args) => back(args, term),
        FlowCommand::Finish(args) => turn(args, Turn::Finished, term),
        FlowCommand::Next(args) => next(args, term),
        FlowCommand::Press(args) => press(args, term),
        FlowCommand::Reactivate(args) => turn(args, Turn::Active, term),
        FlowCommand::Show(args) => show::show(args, term),
        FlowCommand::Start(args) => start(args, term),
        FlowCommand::Switch(args) => switch(args, term),
    };
    answer.unwrap_or_else(|exit| exit)
}

/// A store that is written to, as a user.
fn open(args: &WriteArgs, term: &Term) -> Result<(Engine, Option<i64>), Exit> {
    let mut engine = store::engine(&args.store.store, term)?;
    let user = record::acting(&mut engine, args.user.as_deref(), term)?;
    Ok((engine, user))
}

/// The run that a word names: itself, or the one that was written last of those that have bound the record.
fn run_of(engine: &mut Engine, word: &str, term: &Term) -> Result<RecordRef, Exit> {
    let record = fields::record(engine.module(), word, term)?;
    let runs = engine.flow_runs(record).map_err(|failure| store::failed(term, failure))?;
    runs.first().copied().ok_or_else(|| {
        term.err(&format!("error: no flow runs on {word}\n  help: `abide flow start FLOW {word}` begins one\n"));
        Exit::Wrong
    })
}

/// The flow of a name.
fn flow_named(engine: &Engine, name: &str, term: &Term) -> Result<String, Exit> {
    let flows = &engine.module().flows;
    if let Some(flow) = flows.iter().find(|flow| flow.name == name) {
        return Ok(flow.name.clone());
    }
    let near = did_you_mean(name, flows.iter().map(|flow| flow.name.as_str()));
    let known: Vec<&str> = flows.iter().map(|flow| flow.name.as_str()).collect();
    let help = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "it has none".to_owned(),
        None => format!("its flows are: {}", known.join(", ")),
    };
    term.err(&format!("error: the build has no flow `{name}`\n  help: {help}\n"));
    Err(Exit::Wrong)
}

fn start(args: &FlowStartArgs, term: &Term) -> Result<Exit, Exit> {
    let (mut engine, user) = open(&args.write, term)?;
    let flow = flow_named(&engine, &args.flow, term)?;
    let record = fields::record(engine.module(), &args.record, term)?;
    let run = engine.flow_start(user, &flow, record);
    begun(&engine, "began", run, &args.write, term)
}

fn switch(args: &FlowSwitchArgs, term: &Term) -> Result<Exit, Exit> {
    let (mut engine, user) = open(&args.write, term)?;
    let flow = flow_named(&engine, &args.flow, term)?;
    let run = run_of(&mut engine, &args.run, term)?;
    let run = engine.flow_switch(user, run, &flow);
    begun(&engine, "went on with", run, &args.write, term)
}

fn begun(engine: &Engine, what: &str, run: Answer<RecordRef>, args: &WriteArgs, term: &Term) -> Result<Exit, Exit> {
    let run = engine.identity(run.map_err(|failure| store::refused(term, failure))?);
    if args.json {
        term.out(&format!("{:#}\n", json!({"version": 1, "run": run})));
    } else {
        term.out(&format!("{what} {run}\n"));
    }
    Ok(Exit::Fine)
}

fn press(args: &FlowPressArgs, term: &Term) -> Result<Exit, Exit> {
    let (mut engine, user) = open(&args.write, term)?;
    let run = run_of(&mut engine, &args.run, term)?;
    engine.flow_press(user, run, &args.button).map_err(|failure| store::refused(term, failure))?;
    let run = engine.identity(run);
    if args.write.json {
        term.out(&format!("{:#}\n", json!({"version": 1, "run": run, "pressed": args.button})));
    } else {
        term.out(&format!("{run}: pressed \"{}\"\n", args.button));
    }
    Ok(Exit::Fine)
}

fn next(args: &FlowNextArgs, term: &Term) -> Result<Exit, Exit> {
    let (mut engine, user) = open(&args.write, term)?;
    let run = run_of(&mut engine, &args.run, term)?;
    let named = args.record.as_ref().map(|word| fields::record(engine.module(), word, term)).transpose()?;
    let moved = engine.flow_next(user, run, named);
    told(&engine, run, moved, &args.write, term)
}

fn back(args: &FlowTurnArgs, term: &Term) -> Result<Exit, Exit> {
    let (mut engine, user) = open(&args.write, term)?;
    let run = run_of(&mut engine, &args.run, term)?;
    let moved = engine.flow_back(user, run);
    told(&engine, run, moved, &args.write, term)
}

fn turn(args: &FlowTurnArgs, turn: Turn, term: &Term) -> Result<Exit, Exit> {
    let (mut engine, user) = open(&args.write, term)?;
    let run = run_of(&mut engine, &args.run, term)?;
    let moved = engine.flow_turn(user, run, turn);
    told(&engine, run, moved, &args.write, term)
}

/// Tells what a move came to. One that was not made is no success.
fn told(engine: &Engine, run: RecordRef, moved: Answer<Moved>, args: &WriteArgs, term: &Term) -> Result<Exit, Exit> {
    let moved = moved.map_err(|failure| store::refused(term, failure))?;
    let name = engine.identity(run);
    let exit = if matches!(moved, Moved::Moved { .. }) { Exit::Fine } else { Exit::Wrong };
    if args.json {
        term.out(&format!("{:#}\n", as_json(engine, &name, &moved)));
        return Ok(exit);
    }
    match moved {
        Moved::Moved { from, to } => term.out(&format!("{name}: {from} → {to}\n")),
        Moved::NeedsRecord { stage, entity, candidates, .. } => {
            term.err(&format!("error: {stage} needs its {entity}\n"));
            let known: Vec<String> = candidates.iter().map(|record| engine.identity(*record)).collect();
            term.err(&if known.is_empty() {
                format!("  help: create the {entity}, or name it: --record …\n")
            } else {
                format!("  help: name one of them: --record {}\n", known.join(", --record "))
            });
        }
        Moved::Required(titles) => {
            term.err(&format!("error: {name} needs {}\n", titles.join(", ")));
            term.err(&format!("  help: `abide flow show {name}` shows the fields\n"));
        }
        Moved::Refused(message) => term.err(&format!("error: {message}\n")),
        Moved::End => {
            term.err(&format!("error: no stage follows\n  help: `abide flow finish {name}` ends the run\n"));
        }
        Moved::Beginning => term.err(&format!("error: {name} is at its first stage\n")),
    }
    Ok(exit)
}

fn as_json(engine: &Engine, run: &str, moved: &Moved) -> Json {
    let (result, mut object) = match moved {
        Moved::Moved { from, to } => ("moved", json!({"from": from, "to": to})),
        Moved::NeedsRecord { stage, entity, field, candidates } => {
            let candidates: Vec<String> = candidates.iter().map(|record| engine.identity(*record)).collect();
            let fields = json!({"stage": stage, "entity": entity, "field": field, "candidates": candidates});
            ("needs_record", fields)
        }
        Moved::Required(titles) => ("required", json!({"steps": titles})),
        Moved::Refused(message) => ("refused", json!({"message": message})),
        Moved::End => ("end", json!({})),
        Moved::Beginning => ("beginning", json!({})),
    };
    if let Json::Object(object) = &mut object {
        object.insert("version".to_owned(), json!(1));
        object.insert("run".to_owned(), json!(run));
        object.insert("result".to_owned(), json!(result));
    }
    object
}
