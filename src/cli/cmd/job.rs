//! `abide job`: programs take jobs from the queues of a store and answer for them.

use std::{
    io::{self, Read as _},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::run::quoted;
use crate::cli::args::{CompleteArgs, ExtendArgs, FailArgs, FetchArgs, JobArgs, JobCommand, QueuesArgs};
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::engine::Engine;
use crate::engine::jobs::{HTTP, Offer, Ticket};

/// How often somebody who waits looks for a job.
const LOOK: Duration = Duration::from_millis(50);

pub(in crate::cli) fn run(args: &JobArgs, term: &Term) -> Exit {
    let answer = match &args.command {
        JobCommand::Complete(args) => complete(args, term),
        JobCommand::Extend(args) => extend(args, term),
        JobCommand::Fail(args) => fail(args, term),
        JobCommand::Fetch(args) => fetch(args, term),
        JobCommand::List(args) => list(args, term),
    };
    answer.unwrap_or_else(|exit| exit)
}

fn fetch(args: &FetchArgs, term: &Term) -> Result<Exit, Exit> {
    let mut engine = store::engine(&args.store.store, term)?;
    let micros = u64::try_from(args.wait.unwrap_or(0)).unwrap_or(0);
    let until = Instant::now() + Duration::from_micros(micros);
    let offer = loop {
        if let Some(offer) = next(&mut engine, args, term)? {
            break Some(offer);
        }
        if Instant::now() >= until {
            break None;
        }
        thread::sleep(LOOK);
    };
    let show = Show::new(engine.module(), args.json);
    if args.json {
        let job = offer.map(|offer| {
            json!({
                "ticket": offer.ticket.to_string(),
                "activity": offer.activity,
                "key": offer.key,
                "inputs": offer.inputs,
                "until": show.moment(offer.until),
            })
        });
        term.out(&format!("{:#}\n", json!({"version": 1, "job": job})));
        return Ok(Exit::Fine);
    }
    match offer {
        None => term.out(&format!("no job waits in `{}`\n", args.queue)),
        Some(offer) => {
            let (ticket, path) = (offer.ticket, quoted(&args.store.store.to_string_lossy()));
            term.out(&format!("{ticket} {}, yours until {}\n", offer.activity, show.moment(offer.until)));
            term.out(&format!("  key     {}\n  inputs  {}\n", offer.key, offer.inputs));
            term.err(&format!("  help: abide job complete {ticket} --result JSON --store {path}\n"));
        }
    }
    Ok(Exit::Fine)
}

/// The next job. Nothing is written where there is none.
fn next(engine: &mut Engine, args: &FetchArgs, term: &Term) -> Result<Option<Offer>, Exit> {
    let now = engine.now();
    let is_empty = engine.store().due_jobs(&args.queue, now, 1).map_err(|error| store::failed(term, error))?.is_empty();
    if is_empty {
        return Ok(None);
    }
    engine.fetch_job(&args.queue, args.lease).map_err(|failure| store::failed(term, failure))
}

fn extend(args: &ExtendArgs, term: &Term) -> Result<Exit, Exit> {
    let ticket = ticket(&args.ticket, term)?;
    let mut engine = store::engine(&args.store.store, term)?;
    let until = engine.extend_job(ticket, args.lease).map_err(|failure| store::refused(term, failure))?;
    let until = Show::new(engine.module(), args.json).moment(until);
    tell(args.json, ticket, "extended", &format!("{ticket} is yours until {until}"), term)
}

fn complete(args: &CompleteArgs, term: &Term) -> Result<Exit, Exit> {
    let ticket = ticket(&args.ticket, term)?;
    let mut result = args.result.clone();
    if result == "-" {
        result.clear();
        io::stdin().read_to_string(&mut result).map_err(|error| {
            term.err(&format!("error: the result cannot be read: {error}\n"));
            Exit::Environment
        })?;
    }
    let mut engine = store::engine(&args.store.store, term)?;
    engine.complete_job(ticket, &result).map_err(|failure| store::refused(term, failure))?;
    tell(args.json, ticket, "completed", &format!("{ticket} is done"), term)
}

fn fail(args: &FailArgs, term: &Term) -> Result<Exit, Exit> {
    let ticket = ticket(&args.ticket, term)?;
    let mut engine = store::engine(&args.store.store, term)?;
    engine.fail_job(ticket, &args.error, !args.for_good).map_err(|failure| store::refused(term, failure))?;
    tell(args.json, ticket, "failed", &format!("{ticket} has failed"), term)
}

fn tell(is_json: bool, ticket: Ticket, done: &str, words: &str, term: &Term) -> Result<Exit, Exit> {
    if is_json {
        term.out(&format!("{:#}\n", json!({"version": 1, "ticket": ticket.to_string(), "done": done})));
    } else {
        term.out(&format!("{words}\n"));
    }
    Ok(Exit::Fine)
}

fn ticket(words: &str, term: &Term) -> Result<Ticket, Exit> {
    Ticket::parse(words).ok_or_else(|| {
        term.err(&format!("error: `{words}` is no ticket\n  help: `abide job fetch` gives one, such as 42-1\n"));
        Exit::Usage
    })
}

fn list(args: &QueuesArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let engine = &mut simulation.engine;
    let queues = engine.store().queues().map_err(|error| store::failed(term, error))?;
    let held = engine.open_circuits().map_err(|failure| store::failed(term, failure))?;
    let show = Show::new(engine.module(), args.json);
    if args.json {
        let name = |queue: &str| (queue != HTTP).then(|| queue.to_owned());
        let queues: Vec<_> = queues
            .iter()
            .map(
                |(queue, all, taken)| json!({"queue": name(queue), "http": queue == HTTP, "jobs": all, "taken": taken}),
            )
            .collect();
        let held: Vec<_> = held
            .iter()
            .map(|(host, circuit)| json!({"host": host, "failures": circuit.failures, "until": show.moment(circuit.until)}))
            .collect();
        term.out(&format!("{:#}\n", json!({"version": 1, "queues": queues, "held_back": held})));
        return Ok(Exit::Fine);
    }
    if queues.is_empty() {
        term.out("nothing waits to be done outside\n");
    }
    for (queue, all, taken) in &queues {
        let name = if queue == HTTP { "calls over HTTP".to_owned() } else { format!("`{queue}`") };
        term.out(&format!("{name}: {all}, of which {taken} are under way\n"));
    }
    for (host, circuit) in &held {
        let (failures, until) = (circuit.failures, show.moment(circuit.until));
        term.out(&format!("calls of {host} are held back until {until}: {failures} failures in a row\n"));
    }
    Ok(Exit::Fine)
}
