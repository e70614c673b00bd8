//! The machine, measured with `fixtures/vm.proc`; `fixtures/vm.lua` does the same work.
//!
//! First a table beside `lua5.4` where that is installed, the best of several runs, then the snapshot of
//! `fixtures/approval.proc` (ten live values) and the details. `cargo bench --bench vm`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench stops where it cannot go on"
)]

use std::{
    process::Command,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use abide::{
    base::value::Value,
    bytecode::types::FuncIdx,
    pipeline, project,
    vm::{
        machine::{Machine, Outcome},
        program::Program,
    },
};
use jiff::tz::TimeZone;

#[path = "fixtures/approval.rs"]
mod approval;

/// Function, argument.
const WORK: [(&str, i64); 9] = [
    ("int_loop", 1_000_000),
    ("fib", 25),
    ("text_build", 200_000),
    ("record_update", 1_000_000),
    ("record_copy", 300_000),
    ("rule_loop", 500_000),
    // Lua has no decimals.
    ("invoice_exact", 300_000),
    ("invoice_cents", 500_000),
    ("sort_and_sum", 10_000),
];
/// Runs of which the best counts.
const RUNS: usize = 7;

static PROGRAM: LazyLock<Arc<Program>> = LazyLock::new(|| compile(include_str!("fixtures/vm.proc")));
static RESTING: LazyLock<Machine> = LazyLock::new(|| approval::resting(&approval::program()));
/// Freezing and thawing are measured in so many rounds, of which the best counts, of so many times each.
const ROUNDS: usize = 50;
const TIMES: u32 = 2_000;

fn main() {
    if std::env::args().any(|arg| arg == "--bench") {
        compare();
        snapshot();
    }
    divan::main();
}

/// The table beside Lua.
fn compare() {
    println!("{:<14} {:>9} {:>9} {:>6}   ns an iteration", "", "abide", "lua5.4", "ratio");
    for (name, n) in WORK {
        let count = iterations(name, n);
        let own = best(|| run(name, n)).as_nanos() as f64 / count;
        match lua(name, n) {
            Some(other) => println!("{name:<14} {own:>9.1} {other:>9.1} {:>6.2}", own / other),
            None => println!("{name:<14} {own:>9.1} {:>9} {:>6}", "-", "-"),
        }
    }
}

/// The snapshot of `fixtures/approval.proc` at its wait, where ten values live: its size, and what it takes to freeze
/// the machine and thaw it again.
fn snapshot() {
    let (program, bytes) = (RESTING.program(), RESTING.freeze().unwrap());
    let measure = |work: &dyn Fn()| {
        let round = |_| {
            let start = Instant::now();
            (0..TIMES).for_each(|_| work());
            start.elapsed().as_nanos() as f64 / f64::from(TIMES) / 1000.0
        };
        (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
    };
    let thaw = || Machine::thaw(program, &bytes, TimeZone::UTC).unwrap();
    let freeze = measure(&|| drop(divan::black_box(RESTING.freeze().unwrap())));
    let thaw = measure(&|| drop(divan::black_box(thaw())));
    println!("\nsnapshot of fixtures/approval.proc, ten live values: {} bytes (target 400)", bytes.len());
    println!("freeze {freeze:.2} us + thaw {thaw:.2} us = {:.2} us (target 3)", freeze + thaw);
    println!("the best of {ROUNDS} rounds, each the mean of {TIMES}; with checksum, with all checks of thawing\n");
}

fn compile(source: &str) -> Arc<Program> {
    let front = pipeline::check(project::load_text("vm.proc", source.into()));
    assert!(!front.has_errors(), "{:#?}", front.diagnostics);
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
}

fn function(program: &Program, name: &str) -> FuncIdx {
    let index = program.module().functions.iter().position(|f| f.name == name).unwrap();
    FuncIdx(u32::try_from(index).unwrap())
}

/// `fib(n)` makes `2 * fib(n + 1) - 1` calls.
fn iterations(name: &str, n: i64) -> f64 {
    let (mut calls, mut next) = (1f64, 1f64);
    for _ in 0..n {
        (calls, next) = (next, calls + next);
    }
    if name == "fib" { 2.0 * calls - 1.0 } else { n as f64 }
}

fn best(work: impl Fn() -> Value) -> Duration {
    let measure = |_| {
        let start = Instant::now();
        divan::black_box(work());
        start.elapsed()
    };
    (0..RUNS).map(measure).min().unwrap()
}

fn run(name: &str, n: i64) -> Value {
    let mut machine = Machine::new(&PROGRAM, function(&PROGRAM, name), &[Value::Int(n)], TimeZone::UTC).unwrap();
    match machine.step(&mut 100_000_000) {
        Outcome::Done(Some(value)) => value,
        other => panic!("{other:?}"),
    }
}

fn lua(name: &str, n: i64) -> Option<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/fixtures/vm.lua");
    let time = |_| {
        let output = Command::new("lua5.4").arg(script).arg(name).arg(n.to_string()).output().ok()?;
        let line = String::from_utf8(output.stdout).ok()?;
        line.rsplit_once(", ")?.1.split_once(' ')?.0.parse::<f64>().ok()
    };
    (0..RUNS).filter_map(time).reduce(f64::min)
}

#[divan::bench(args = WORK.map(|(name, _)| name))]
fn functions(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher
        .counter(divan::counter::ItemsCount::new(10_000u32))
        .bench(|| if name == "fib" { run(name, 18) } else { run(name, 10_000) });
}

#[divan::bench]
fn freeze() -> usize {
    RESTING.freeze().unwrap().len()
}

#[divan::bench]
fn thaw(bencher: divan::Bencher<'_, '_>) {
    let bytes = RESTING.freeze().unwrap();
    bencher.bench(|| Machine::thaw(RESTING.program(), &bytes, TimeZone::UTC).unwrap());
}
