//! Random projects, run by the reference and by machine and engine, in memory and on SQLite, straight and with the
//! store closed and opened again before each turn: all tell the same.
//!
//! `cargo test` runs the first 60 seeds. `ABIDE_SEEDS=100000 cargo test differential::random -- --nocapture` runs so
//! many of them, `ABIDE_SEED=42` one, with its project and its trace.

mod body;
mod events;
mod exprs;
mod project;
mod random;
mod sides;
mod trace;

use std::{collections::BTreeMap, env, sync::Mutex, thread};

use abide::{diag::render, pipeline, project::load_text};

use self::{
    events::{Event, Side},
    project::Project,
    sides::{Running, Specified},
};

/// How many seeds `cargo test` runs.
const SEEDS: u64 = 60;

/// A project with its events.
struct Case {
    seed: u64,
    source: String,
    events: Vec<Event>,
}

impl Case {
    fn new(seed: u64, counts: &mut BTreeMap<&'static str, u32>) -> Self {
        let mut project = Project::new(seed);
        let source = project.generate();
        let events = events::generate(&mut project);
        for (construct, count) in project.counts {
            *counts.entry(construct).or_insert(0) += count;
        }
        Self { seed, source, events }
    }

    /// The traces of all sides, the reference first; each with its name.
    fn traces(&self) -> Result<Vec<(&'static str, Vec<String>)>, String> {
        let front = pipeline::check(load_text("test.proc", self.source.clone().into()));
        if front.has_errors() {
            return Err(render::short(&front.diagnostics, &front.sources));
        }
        let program = pipeline::compile(&front.sources, &front.projects[0]).map_err(|errors| format!("{errors:#?}"))?;
        let typed = &front.projects[0].checked.program;
        let run = |side: &mut dyn Side| {
            self.events.iter().for_each(|event| events::perform(event, program.module(), side));
            trace::lines(program.module(), side)
        };
        let mut traces = vec![("the reference", run(&mut Specified::new(typed)))];
        traces.push(("the engine in memory", run(&mut Running::in_memory(&program))));
        traces.push(("the engine on SQLite", run(&mut Running::on_sqlite(&program))));
        if self.seed.is_multiple_of(10) {
            traces
                .push(("the engine on a file that is opened before each turn", run(&mut Running::reopened(&program))));
        }
        Ok(traces)
    }

    /// What is wrong, if anything is.
    fn problem(&self) -> Option<String> {
        let traces = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.traces())) {
            Ok(Ok(traces)) => traces,
            Ok(Err(message)) => return Some(format!("the project has errors:\n{message}")),
            Err(panic) => {
                let message = panic.downcast_ref::<String>().cloned();
                return Some(
                    message.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default(),
                );
            }
        };
        let (_, expected) = &traces[0];
        for (name, trace) in &traces[1..] {
            if let Some(at) = (0..expected.len().max(trace.len())).find(|at| expected.get(*at) != trace.get(*at)) {
                let before: Vec<&str> = expected[at.saturating_sub(6)..at].iter().map(String::as_str).collect();
                return Some(format!(
                    "line {at}, after\n{}\nthe reference: {:?}\n{name}: {:?}",
                    before.join("\n"),
                    expected.get(at),
                    trace.get(at)
                ));
            }
        }
        None
    }
}

/// Runs seeds, every other one in each of two threads; the problem of the first that has one.
fn run(seeds: u64) -> BTreeMap<&'static str, u32> {
    let counts = Mutex::new(BTreeMap::new());
    let problem = Mutex::new(None::<(Case, String)>);
    thread::scope(|scope| {
        for half in 0..2 {
            let (counts, problem) = (&counts, &problem);
            scope.spawn(move || {
                let mut own = BTreeMap::new();
                for seed in (half..seeds).step_by(2) {
                    let case = Case::new(seed, &mut own);
                    if let Some(message) = case.problem() {
                        problem.lock().unwrap().get_or_insert((case, message));
                    }
                    if problem.lock().unwrap().is_some() {
                        break;
                    }
                }
                let mut counts = counts.lock().unwrap();
                own.into_iter().for_each(|(construct, count)| *counts.entry(construct).or_insert(0) += count);
            });
        }
    });
    if let Some((case, message)) = problem.into_inner().unwrap() {
        panic!("seed {}: {message}\n\n{}\n{:#?}", case.seed, case.source, case.events);
    }
    counts.into_inner().unwrap()
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
fn random_projects_tell_the_same_everywhere() {
    if let Some(seed) = number("ABIDE_SEED") {
        let case = Case::new(seed, &mut BTreeMap::new());
        let traces = case.traces().unwrap_or_else(|message| panic!("{message}\n{}", case.source));
        println!("{}\n{:#?}\n{}", case.source, case.events, traces[0].1.join("\n"));
        assert_eq!(case.problem(), None);
        return;
    }
    let counts = run(number("ABIDE_SEEDS").unwrap_or(SEEDS));
    println!("{counts:#?}");
}
