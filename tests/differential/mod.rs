//! Random projects, run by the reference and by machine and engine, in memory and on SQLite, straight, with the store
//! closed and opened again before each turn, and some by two engines in turn: all tell the same.
//!
//! `cargo test` runs the first 300 seeds. `ABIDE_SEEDS=100000 cargo test differential::random -- --nocapture` runs so
//! many of them (`ABIDE_FROM=50000`: without the first), `ABIDE_SEED=42` one, with its project and its trace. `ABIDE_SHRINK=0` shows a problem as it is.

mod activities;
mod body;
mod events;
mod exprs;
mod features;
mod project;
mod random;
mod sides;
mod trace;

use std::{
    collections::BTreeMap,
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use abide::{
    diag::{Severity, render},
    engine::Retries,
    pipeline::{self, Front},
    project::load_text,
    vm::program::Program,
};

use self::{
    events::{Event, Side},
    project::{CONSTRUCTS, Project},
    sides::{Running, Specified, TooLong},
};

/// How many seeds `cargo test` runs.
const SEEDS: u64 = 300;
/// So many seeds share a project, as checking it takes longer than running it.
const SEEDS_OF_A_PROJECT: u64 = 4;
/// So many seeds lie between two for which two engines share a store.
const SEEDS_TO_SHARE: u64 = 4;

/// How long a problem is made smaller.
const SHRINKING: Duration = Duration::from_secs(60);

/// Seeds that ran for too long to be compared.
static TOO_LONG: AtomicU64 = AtomicU64::new(0);

/// Seeds whose project changes a state in a way that cannot be, or has a body that is too large.
static IMPOSSIBLE: AtomicU64 = AtomicU64::new(0);

/// Turns that were tried again.
static TRIED_AGAIN: AtomicU64 = AtomicU64::new(0);

/// How often each construct was written.
type Counts = BTreeMap<&'static str, u32>;

/// A compiled project.
struct Compiled {
    source: String,
    front: Front,
    program: Arc<Program>,
}

impl Compiled {
    /// Compiles a text; gives its errors if it has some.
    fn new(source: String) -> Result<Self, String> {
        let front = pipeline::check(load_text("test.proc", source.clone().into()));
        if front.has_errors() {
            let errors: Vec<_> = front.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
            return Err(format!("{}\n{source}", render::short(&errors, &front.sources)));
        }
        let program = pipeline::compile(&front.sources, &front.projects[0]);
        let program = program.map_err(|errors| format!("{errors:#?}\n{source}"))?;
        Ok(Self { source, front, program })
    }

    /// The traces of all sides, the reference first; each with its name.
    fn traces(&self, seed: u64, events: &[Event]) -> Vec<(&'static str, Vec<String>)> {
        let typed = &self.front.projects[0].checked.program;
        let run = |side: &mut dyn Side| {
            events.iter().for_each(|event| events::perform(event, self.program.module(), side));
            trace::lines(self.program.module(), side)
        };
        let retries = retries_of(seed);
        let mut traces = vec![("the reference", run(&mut Specified::new(typed, retries)))];
        traces.push(("the engine in memory", run(&mut Running::in_memory(&self.program, retries))));
        traces.push(("the engine on SQLite", run(&mut Running::on_sqlite(&self.program, retries))));
        let name = "the engine on a file that is opened before each turn";
        traces.push((name, run(&mut Running::reopened(&self.program, retries))));
        if seed.is_multiple_of(SEEDS_TO_SHARE) {
            let name = "two engines on one file that take turns";
            traces.push((name, run(&mut Running::two_on_one_file(&self.program, retries))));
        }
        traces
    }

    /// What is wrong, if anything is.
    fn problem(&self, seed: u64, events: &[Event]) -> Option<String> {
        let traces = match catch_unwind(AssertUnwindSafe(|| self.traces(seed, events))) {
            Ok(traces) => traces,
            Err(panic) if panic.is::<TooLong>() => {
                TOO_LONG.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                return Some(text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default().to_owned());
            }
        };
        let (_, expected) = &traces[0];
        let again = expected.iter().filter(|line| line.contains("it is tried again in")).count();
        TRIED_AGAIN.fetch_add(again as u64, Ordering::Relaxed);
        traces[1..].iter().find_map(|(name, trace)| {
            let at = (0..expected.len().max(trace.len())).find(|at| expected.get(*at) != trace.get(*at))?;
            let before = expected[at.saturating_sub(6)..at].join("\n");
            let (reference, other) = (expected.get(at), trace.get(at));
            Some(format!("line {at}, after\n{before}\nthe reference: {reference:?}\n{name}: {other:?}"))
        })
    }

    /// The problem of a seed, with the fewest events and statements that show one.
    fn told(&self, project: &Project, seed: u64) -> Option<String> {
        let mut events = events::generate(project, seed);
        let mut problem = self.problem(seed, &events)?;
        if number("ABIDE_SHRINK") == Some(0) {
            return Some(format!("seed {seed}: {problem}"));
        }
        let began = Instant::now();
        // What is made smaller must not become another kind of problem.
        let differs = problem.contains("the reference: ");
        let same_kind = |smaller: &String| smaller.contains("the reference: ") == differs;
        for at in (0..events.len()).rev() {
            let mut fewer = events.clone();
            fewer.remove(at);
            if let Some(smaller) = self.problem(seed, &fewer).filter(same_kind) {
                (events, problem) = (fewer, smaller);
            }
        }
        let mut lines: Vec<&str> = self.source.lines().collect();
        // Whole declarations first, then what lies deeper.
        for (depth, at) in (0..12).flat_map(|depth| (0..self.source.lines().count()).rev().map(move |at| (depth, at))) {
            let fits = lines.get(at).is_some_and(|line| indent(line) == depth * 4 && !line.starts_with('}'));
            if !fits || began.elapsed() > SHRINKING {
                continue;
            }
            let shorter = [&lines[..at], &lines[end_of_block(&lines, at)..]].concat();
            let compiled = Self::new(shorter.join("\n"));
            if let Some(smaller) = compiled.ok().and_then(|compiled| compiled.problem(seed, &events)).filter(same_kind)
            {
                (lines, problem) = (shorter, smaller);
            }
        }
        let text: String = events.iter().map(|event| format!("{event:?}\n")).collect();
        Some(format!("seed {seed}: {problem}\n\n{}\n\n{text}", lines.join("\n")))
    }
}

/// How turns are tried again that failed for a reason that may pass: never, once or more often, and after which delays.
fn retries_of(seed: u64) -> Retries {
    let minute = 60_000_000;
    match seed % 3 {
        0 => Retries { times: 0, ..Retries::default() },
        1 => Retries { times: 1, first: 30 * minute, ..Retries::default() },
        _ => Retries { times: 3, first: 20 * minute, factor: 3, longest: 90 * minute },
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Behind the line, or behind the block that it begins.
fn end_of_block(lines: &[&str], at: usize) -> usize {
    let opens = lines[at].ends_with('{') || !lines[at].contains('}') && indent(lines[at]) == 0;
    let ends =
        |line: &&str| indent(line) == indent(lines[at]) && line.trim_start().starts_with('}') && !line.ends_with('{');
    match lines[at + 1..].iter().position(ends) {
        Some(length) if opens => at + length + 2,
        _ => at + 1,
    }
}

/// The project of a seed with its text.
fn project_of(seed: u64) -> (Project, String) {
    let mut project = Project::new(seed / SEEDS_OF_A_PROJECT);
    let source = project.generate();
    (project, source)
}

/// Runs seeds in two threads; tells the first problem.
fn run(seeds: u64) -> Counts {
    let (counts, problem) = (Mutex::new(Counts::new()), Mutex::new(None::<String>));
    let next = AtomicU64::new(number("ABIDE_FROM").unwrap_or(0) / SEEDS_OF_A_PROJECT * SEEDS_OF_A_PROJECT);
    let work = || {
        loop {
            let first = next.fetch_add(SEEDS_OF_A_PROJECT, Ordering::Relaxed);
            if first >= seeds || problem.lock().unwrap().is_some() {
                return;
            }
            let (project, source) = project_of(first);
            let found = match Compiled::new(source) {
                // Which changes of states the checker knows to be impossible is not followed while a project is made,
                // nor how large a body becomes.
                Err(message) if message.contains("error[E0418]") || message.contains("\"E0903\"") => {
                    IMPOSSIBLE.fetch_add(SEEDS_OF_A_PROJECT, Ordering::Relaxed);
                    None
                }
                Err(message) => Some(format!("seed {first}: the project has errors\n{message}")),
                Ok(compiled) => {
                    let mut counts = counts.lock().unwrap();
                    for (construct, count) in &project.counts {
                        *counts.entry(construct).or_insert(0) += count;
                    }
                    drop(counts);
                    (first..seeds.min(first + SEEDS_OF_A_PROJECT)).find_map(|seed| compiled.told(&project, seed))
                }
            };
            if let Some(message) = found {
                problem.lock().unwrap().get_or_insert(message);
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    if let Some(message) = problem.into_inner().unwrap() {
        panic!("{message}");
    }
    counts.into_inner().unwrap()
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
fn random_projects_tell_the_same_everywhere() {
    if let Some(seed) = number("ABIDE_SEED") {
        let (project, source) = project_of(seed);
        let compiled = Compiled::new(source).unwrap_or_else(|message| panic!("{message}"));
        let events = events::generate(&project, seed);
        println!("{}\n{events:#?}", compiled.source);
        if let Some(message) = compiled.told(&project, seed) {
            panic!("{message}");
        }
        if TOO_LONG.load(Ordering::Relaxed) == 0 {
            println!("{}", compiled.traces(seed, &events)[0].1.join("\n"));
        }
        return;
    }
    let seeds = number("ABIDE_SEEDS");
    let counts = run(seeds.unwrap_or(SEEDS));
    let too_long = TOO_LONG.load(Ordering::Relaxed);
    let impossible = IMPOSSIBLE.load(Ordering::Relaxed);
    let again = TRIED_AGAIN.load(Ordering::Relaxed);
    println!(
        "{counts:#?}\n{too_long} ran for too long, {impossible} change states that cannot change, {again} turns were tried \
         again"
    );
    assert!(seeds.is_some() || again >= 20, "only {again} turns were tried again");
    assert!(impossible * 50 <= seeds.unwrap_or(SEEDS), "too many projects change states that cannot change");
    assert!(too_long * 20 <= seeds.unwrap_or(SEEDS), "the projects run for too long");
    let missing: Vec<&str> = CONSTRUCTS.iter().filter(|name| !counts.contains_key(**name)).copied().collect();
    assert!(seeds.is_some() || missing.is_empty(), "never written: {missing:?}");
}
