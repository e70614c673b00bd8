//! `abide pause`, `resume`, `retry`, `postpone`, `cancel`, `fail`, `terminate`: what operators do to instances, by number
//! or by filter.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{run::quoted, start};
use crate::base::distance::did_you_mean;
use crate::base::value::{Duration, RecordRef};
use crate::cli::args::{CancelArgs, ChosenArgs, FilterArgs, Format, PostponeArgs, ResumeArgs};
use crate::cli::cmd::snapshot;
use crate::cli::exit::Exit;
use crate::cli::term::Term;
use crate::cli::{stop, store};
use crate::data::moments::parse_duration;
use crate::engine::Engine;
use crate::engine::faults::Failure;
use crate::engine::operate::Operation;
use crate::engine::store::{InstanceFilter, Status};
use crate::vm::fault::Fault;

/// Instances of one transaction.
const AT_ONCE: usize = 100;
/// Instances after which progress is told.
const TOLD: usize = 10_000;
/// The codes of an instance whose status does not fit, and of one that is gone.
const CHANGED: [&str; 2] = ["R0507", "R0402"];

/// What is asked for.
struct Order<'a> {
    operation: &'a Operation,
    instances: &'a [i64],
    store: &'a Path,
    filter: &'a FilterArgs,
    json: bool,
}

pub(in crate::cli) fn run(operation: &Operation, args: &ChosenArgs, term: &Term) -> Exit {
    let (store, instances) = (args.store.store.as_path(), args.instances.as_slice());
    let order = Order { operation, instances, store, filter: &args.filter, json: args.json };
    order.carry_out(term).unwrap_or_else(|exit| exit)
}

pub(in crate::cli) fn cancel(args: &CancelArgs, term: &Term) -> Exit {
    run(&Operation::Cancel(args.reason.clone()), &args.chosen, term)
}

pub(in crate::cli) fn postpone(args: &PostponeArgs, term: &Term) -> Exit {
    let positive = |d: &Duration| d.months >= 0 && d.days >= 0 && d.micros >= 0 && *d != Duration::default();
    match parse_duration(&args.time).filter(positive) {
        Some(duration) => run(&Operation::Postpone(duration), &args.chosen, term),
        None => {
            term.err(&format!("error: `--for {}` is not a duration such as \"2 hours\"\n", args.time));
            Exit::Usage
        }
    }
}

/// Two commands of one name: with a store it is the operator's.
pub(in crate::cli) fn resume(args: &ResumeArgs, term: &Term) -> Exit {
    let usage = |what: &str, help: &str| {
        term.err(&format!("error: {what}\n  help: {help}\n"));
        Exit::Usage
    };
    let number = |word: &String| word.trim_start_matches('#').parse::<i64>().ok();
    let numbers: Option<Vec<i64>> = args.what.iter().map(number).collect();
    let Some(path) = &args.store else {
        return match (args.what.as_slice(), numbers) {
            ([], _) => usage(
                "nothing is named that could go on",
                "`abide resume 42 --store FILE` lets a paused instance go on, `abide resume x.snap BUILD` one that \
                 `abide snapshot` took out",
            ),
            (words, Some(_)) => usage(
                "a paused instance is in a store, and none is named",
                &format!("abide resume {} --store FILE", words.join(" ")),
            ),
            _ if args.filter.is_given() => usage("a filter needs a store", "name it with --store FILE"),
            ([snapshot, build], None) => snapshot::resume(Path::new(snapshot), Path::new(build), args, term),
            ([snapshot], None) => usage(
                &format!("the build of `{snapshot}` is missing"),
                &format!("abide resume {} BUILD", quoted(snapshot)),
            ),
            _ => usage("more is named than a snapshot and its build", "abide resume SNAPSHOT BUILD"),
        };
    };
    let Some(numbers) = numbers.filter(|_| !args.is_simulated()) else {
        return usage(
            "a snapshot goes on by itself, without --store; paused instances of a store take their numbers or a filter",
            "`abide resume x.snap BUILD` for a snapshot, `abide resume 42 --store FILE` for a paused instance",
        );
    };
    let operation = &Operation::Resume;
    let order = Order { operation, instances: &numbers, store: path, filter: &args.filter, json: args.json };
    order.carry_out(term).unwrap_or_else(|exit| exit)
}

impl ResumeArgs {
    /// Whether something is given that only makes sense for a snapshot.
    fn is_simulated(&self) -> bool {
        self.clock.advance.is_some()
            || self.clock.until.is_some()
            || !self.update.is_empty()
            || !self.config.is_empty()
            || self.user.is_some()
            || self.report.deny.is_some()
            || self.report.format != Format::Human
    }
}

impl FilterArgs {
    fn is_given(&self) -> bool {
        self.all || self.process.is_some() || self.status.is_some() || self.record.is_some()
    }
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    done: Vec<(i64, String)>,
    /// Canceled ones that run what they have for that first.
    asked: Vec<(i64, String)>,
    refused: Vec<(i64, Box<Fault>)>,
    /// How many were not looked at, because a signal came.
    left: usize,
}

impl Order<'_> {
    fn carry_out(&self, term: &Term) -> Result<Exit, Exit> {
        self.check(term)?;
        let stop = stop::on_signals(term)?;
        let mut engine = store::engine(self.store, term)?;
        if !self.instances.is_empty() {
            let outcome = self.operate(&mut engine, self.instances, &stop, term)?;
            return Ok(self.tell(&mut engine, &outcome, term));
        }
        let found = self.chosen(&mut engine, term)?;
        if !self.filter.yes {
            self.tell_count(&found, term);
            return Ok(Exit::Wrong);
        }
        let mut outcome = self.operate(&mut engine, &found, &stop, term)?;
        // Others may have been quicker.
        let gone = outcome.refused.len();
        outcome.refused.retain(|(_, fault)| !CHANGED.contains(&fault.code.as_str()));
        let gone = gone - outcome.refused.len();
        if self.json {
            return Ok(self.tell(&mut engine, &outcome, term));
        }
        if !outcome.asked.is_empty() {
            term.out(&format!("canceling {}: {}\n", counted(outcome.asked.len()), unwinding(outcome.asked.len())));
        }
        if !outcome.done.is_empty() || outcome.asked.is_empty() {
            term.out(&format!("{} {}\n", self.operation.done(), counted(outcome.done.len())));
        }
        if gone > 0 {
            term.out(&format!("{} went on or ended meanwhile\n", counted(gone)));
        }
        outcome.done.clear();
        outcome.asked.clear();
        Ok(self.tell(&mut engine, &outcome, term))
    }

    /// What the command line asks for must be clear before the store is opened.
    fn check(&self, term: &Term) -> Result<(), Exit> {
        let usage = |what: &str, help: String| {
            term.err(&format!("error: {what}\n  help: {help}\n"));
            Err(Exit::Usage)
        };
        let verb = verb(self.operation);
        match (self.instances.is_empty(), self.filter.is_given()) {
            (true, false) => usage(
                "no instance is named",
                format!("`abide {verb} 42 --store FILE`, or a filter: --process, --status, --record, --all"),
            ),
            (false, true) => {
                usage("instances are named by number or by a filter, not both", "leave one out".to_owned())
            }
            _ => match self.filter.status.filter(|status| !self.operation.takes().contains(status)) {
                Some(status) => {
                    let takes: Vec<&str> = self.operation.takes().iter().map(|status| status.word()).collect();
                    usage(
                        &format!("instances that are {} cannot be {}", status.word(), self.operation.done()),
                        format!("those that are {} can", takes.join(", ")),
                    )
                }
                None => Ok(()),
            },
        }
    }

    /// The instances of the filter that the operation may be done to, ascending.
    fn chosen(&self, engine: &mut Engine, term: &Term) -> Result<Vec<i64>, Exit> {
        let primary = primary(engine, self.filter.record.as_deref(), term)?;
        let process = self.filter.process.clone();
        let base = InstanceFilter { process, primary, ..InstanceFilter::default() };
        let mut found = Vec::new();
        for status in self.operation.takes().iter().filter(|s| self.filter.status.is_none_or(|wanted| wanted == **s)) {
            let filter = InstanceFilter { status: Some(*status), ..base.clone() };
            found.extend(engine.instance_numbers(&filter).map_err(|failure| store::failed(term, failure))?);
        }
        found.sort_unstable();
        if found.is_empty()
            && let Some(name) = &self.filter.process
        {
            refuse_unknown(engine, name, term)?;
        }
        Ok(found)
    }

    /// Some to a transaction; a signal ends it between two of them.
    fn operate(&self, engine: &mut Engine, ids: &[i64], stop: &AtomicBool, term: &Term) -> Result<Outcome, Exit> {
        let mut outcome = Outcome::default();
        for (at, some) in ids.chunks(AT_ONCE).enumerate() {
            let before = at * AT_ONCE;
            if stop.load(Ordering::Relaxed) {
                outcome.left = ids.len() - before;
                break;
            }
            if before > 0 && before.is_multiple_of(TOLD) {
                term.err(&format!("{before} of {}\n", ids.len()));
            }
            let answers = engine.operate_on(some, self.operation).map_err(|failure| store::failed(term, failure))?;
            for (id, answer) in answers {
                match answer {
                    Ok(before) if matches!(self.operation, Operation::Cancel(_)) && before.snapshot.is_some() => {
                        outcome.asked.push((id, before.process));
                    }
                    Ok(before) => outcome.done.push((id, before.process)),
                    Err(Failure::Fault(fault)) => outcome.refused.push((id, fault)),
                    Err(failure) => return Err(store::failed(term, failure)),
                }
            }
        }
        Ok(outcome)
    }

    fn tell(&self, engine: &mut Engine, outcome: &Outcome, term: &Term) -> Exit {
        let mut exit = if outcome.refused.is_empty() { Exit::Fine } else { Exit::Wrong };
        if outcome.left > 0 {
            let left = counted(outcome.left);
            term.err(&format!(
                "stopped before the last instance: {left} left\n  help: the same call goes on with them\n"
            ));
            exit = Exit::Environment;
        }
        if self.json {
            let mut done: Vec<i64> = outcome.done.iter().chain(&outcome.asked).map(|(id, _)| *id).collect();
            done.sort_unstable();
            let refused: Vec<_> = outcome
                .refused
                .iter()
                .map(|(id, fault)| json!({"instance": id, "code": fault.code, "message": fault.message}))
                .collect();
            term.out(&format!("{:#}\n", json!({"version": 1, "done": done, "refused": refused})));
            return exit;
        }
        for (id, process) in &outcome.done {
            term.out(&format!("{} {process} #{id}\n", self.operation.done()));
        }
        for (id, process) in &outcome.asked {
            term.out(&format!("canceling {process} #{id}: {}\n", unwinding(1)));
        }
        for (id, fault) in &outcome.refused {
            term.err(&format!("error[{}]: {}\n", fault.code, fault.beside_code()));
            if let Some(help) = self.help(engine, *id) {
                term.err(&format!("  help: {help}\n"));
            }
        }
        exit
    }

    /// What may be done instead.
    fn help(&self, engine: &mut Engine, id: i64) -> Option<String> {
        let path = quoted(&self.store.to_string_lossy());
        let Ok(view) = engine.show(id) else { return Some(format!("`abide list --store {path}` names them")) };
        Some(match (view.status, self.operation) {
            (status, _) if !status.is_live() => format!("it has ended; `abide show {id} --store {path}` tells how"),
            (Status::Parked, Operation::Resume) => format!("`abide retry {id} --store {path}` lets it go on"),
            (Status::Parked, _) => format!("it stands already; `abide why {id} --store {path}` says why"),
            (Status::Paused | Status::Postponed, Operation::Retry | Operation::Pause) => {
                format!("`abide resume {id} --store {path}` lets it go on")
            }
            (_, Operation::Fail) => {
                format!("only parked ones are given up; `abide cancel {id} --store {path}` ends it")
            }
            (Status::Queued, _) => format!("it has not begun; `abide cancel {id} --store {path}` ends it"),
            _ => format!("`abide why {id} --store {path}` says what it waits for"),
        })
    }

    fn tell_count(&self, found: &[i64], term: &Term) {
        if self.json {
            let object = json!({"version": 1, "done": [], "refused": [], "would_touch": found});
            return term.out(&format!("{object:#}\n"));
        }
        term.out(&format!("{} would be {}\n", counted(found.len()), self.operation.done()));
        if !found.is_empty() {
            term.err("nothing was done; the same with --yes does it\n");
        }
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 instance".to_owned() } else { format!("{count} instances") }
}

/// What canceled instances do that have begun.
fn unwinding(count: usize) -> &'static str {
    if count == 1 { "it unwinds in its next turn" } else { "they unwind in their next turns" }
}

/// The name of the command.
fn verb(operation: &Operation) -> &'static str {
    match operation {
        Operation::Pause => "pause",
        Operation::Resume => "resume",
        Operation::Retry => "retry",
        Operation::Postpone(_) => "postpone",
        Operation::Cancel(_) => "cancel",
        Operation::Fail => "fail",
        Operation::Terminate => "terminate",
    }
}

/// The record of `--record`.
pub(super) fn primary(engine: &Engine, word: Option<&str>, term: &Term) -> Result<Option<RecordRef>, Exit> {
    let Some(word) = word else { return Ok(None) };
    start::record(engine.module(), word).map(Some).ok_or_else(|| {
        term.err(&format!("error: `--record {word}` is no record\n  help: write one as opportunity:42\n"));
        Exit::Usage
    })
}

/// A name that no process of the current build has, and no instance either.
pub(super) fn refuse_unknown(engine: &mut Engine, name: &str, term: &Term) -> Result<(), Exit> {
    let filter = InstanceFilter { process: Some(name.to_owned()), ..InstanceFilter::default() };
    let count = engine.store().count_instances(&filter).map_err(|error| store::failed(term, error))?;
    let names: Vec<&str> = engine.module().processes.iter().map(|process| process.name.as_str()).collect();
    if count > 0 || names.contains(&name) {
        return Ok(());
    }
    let help = match did_you_mean(name, names).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`abide definitions --store FILE` lists them".to_owned(),
    };
    term.err(&format!("error[R0505]: the build has no process `{name}`\n  help: {help}\n"));
    Err(Exit::Wrong)
}
