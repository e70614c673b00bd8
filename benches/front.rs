//! The front end on a large project: reading, checking and formatting 1,000 processes.
//!
//! Method: `fixtures/company` writes a project of 50 processes and their tests a file. What a person waits for is
//! measured as the whole command in a process of its own, cold: starting it, reading the files, everything it says,
//! and giving the memory back; the best of five runs. Peak memory is the largest resident set that Linux tells of the
//! process, looked up every 2 ms. `fmt, all anew` formats sources whose lines all begin at the margin, and whose lists
//! end without a comma. The parts are measured inside of this process.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench prints, and stops where it cannot go on")]

#[path = "fixtures/company/mod.rs"]
mod company;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use abide::base::span::FileId;
use abide::project::{DiskFiles, load};
use abide::syntax::parse_file;
use abide::{format, pipeline};
use tempfile::TempDir;

const RUNS: usize = 5;
const MEGABYTE: f64 = 1_000_000.0;

struct Project {
    folder: TempDir,
    bytes: usize,
    processes: usize,
}

/// Wall time and the peak of the resident set in bytes.
struct Cost {
    wall: Duration,
    peak: usize,
}

fn main() {
    let project = project(20);
    let size = megabytes(project.bytes);
    println!(
        "{} processes in {} files, {size:.2} MB",
        project.processes,
        1 + project.processes / company::PROCESSES_EACH
    );
    parts(&project);
    println!();
    println!("{:24} {:>8} {:>10} {:>9} {:>9}", "whole command", "source", "wall", "speed", "peak");
    for command in [&["check"][..], &["fmt"], &["fmt", "--check"]] {
        tell(command, &project);
    }
    tell_spoiled(&project);
    println!();
    for departments in [10, 20, 50, 100] {
        tell(&["check"], &self::project(departments));
    }
}

fn project(departments: usize) -> Project {
    let folder = TempDir::new().expect("a folder");
    let bytes = company::write(folder.path(), departments).expect("a project");
    Project { folder, bytes, processes: departments * company::PROCESSES_EACH }
}

fn parts(project: &Project) {
    let mut texts = Vec::new();
    for entry in fs::read_dir(project.folder.path()).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "proc") {
            texts.push(fs::read_to_string(path).expect("a text"));
        }
    }
    part("parse, one core", project, || texts.iter().for_each(|text| drop(parse_file(FileId(0), text))));
    part("format, one core", project, || texts.iter().for_each(|text| drop(format::format(text).expect("a text"))));
    part("check, both cores", project, || drop(pipeline::check(load(&DiskFiles, project.folder.path()))));
}

fn part(name: &str, project: &Project, run: impl Fn()) {
    let best = (0..RUNS).map(|_| timed(&run)).min().unwrap_or_default();
    let speed = megabytes(project.bytes) / best.as_secs_f64();
    println!("{name:33} {:>9.3}s {speed:>5.1}MB/s", best.as_secs_f64());
}

fn timed(run: impl Fn()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn tell(command: &[&str], project: &Project) {
    let runs: Vec<Cost> = (0..RUNS).map(|_| cost(command, project.folder.path())).collect();
    print(&command.join(" "), project, &runs);
}

/// `fmt` where every declaration has to be laid out anew.
fn tell_spoiled(project: &Project) {
    let run = |_| {
        company::spoil(project.folder.path()).expect("a project");
        cost(&["fmt"], project.folder.path())
    };
    let runs: Vec<Cost> = (0..RUNS).map(run).collect();
    print("fmt, all anew", project, &runs);
}

fn print(name: &str, project: &Project, runs: &[Cost]) {
    let best = runs.iter().min_by_key(|cost| cost.wall).expect("a run");
    let seconds = best.wall.as_secs_f64();
    let times = megabytes(best.peak) / megabytes(project.bytes);
    println!(
        "abide {:18} {:>6.2}MB {seconds:>9.3}s {:>5.1}MB/s {:>6.1}MB = {times:.0} times the source",
        name,
        megabytes(project.bytes),
        megabytes(project.bytes) / seconds,
        megabytes(best.peak),
    );
}

/// Runs the command on the folder; it must find nothing wrong.
fn cost(command: &[&str], folder: &Path) -> Cost {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_abide"))
        .args(command)
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("the command");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        peak = peak.max(peak_of(&status).unwrap_or(0));
        if let Some(done) = child.try_wait().expect("the command") {
            assert!(done.success(), "abide {} failed", command.join(" "));
            return Cost { wall: start.elapsed(), peak };
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn peak_of(status: &str) -> Option<usize> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with two digits")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / MEGABYTE
}
