//! The figures of the durable engine, each on a SQLite file with every commit on disk.
//!
//! Method: each part runs in a process of its own, so that its memory is its own, and prints what it measured. A part that
//! is compared with a bound runs plain SQL in the same run, on the same disk: the rows of records, instances and log that
//! Abide has written, in tables of the same columns without any index, in the same grouping, with the same pragmas, and
//! with a write-ahead log that has been once round as well: writing over it is quicker than letting it grow.
//! Nothing is asserted about times; that nothing is lost is.
//!
//! `cargo bench --bench durable -- [PART…] [scale=N]`: the parts are `steps`, `latency`, `waiting`, `past`, `killed`, `calls`, `plugin`
//! and `branches`;
//! with a scale everything is done N times less often.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench stops where it cannot go on"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the numbers of rounds and records are small"
)]

mod bound;
mod branches;
mod outside;
mod restart;
mod steps;
mod waiting;
mod world;

use std::process::Command;

/// A part, with its name; it is given how many times less often than in full everything is done.
type Part = (&'static str, fn(u64));

/// The parts, in order.
const PARTS: [Part; 8] = [
    ("steps", steps::throughput),
    ("latency", steps::latency),
    ("waiting", waiting::run),
    ("past", restart::past),
    ("killed", restart::killed),
    ("calls", outside::calls),
    ("plugin", outside::plugin),
    ("branches", branches::run),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let scale = words.iter().find_map(|word| word.strip_prefix("scale=")?.parse().ok()).unwrap_or(1);
    if let [role, path] = words.as_slice()
        && role == "victim"
    {
        return restart::victim(path);
    }
    if let [role, part, _] = words.as_slice()
        && role == "part"
    {
        let part = PARTS.iter().find(|(name, _)| name == part).expect("a part");
        return part.1(scale);
    }
    for (name, _) in PARTS.iter().filter(|(name, _)| {
        let mut named = words.iter().filter(|word| !word.contains('=')).peekable();
        named.peek().is_none() || named.any(|word| word == name)
    }) {
        let own = std::env::current_exe().expect("this program");
        let status = Command::new(own).args(["part", name, &format!("scale={scale}")]).status().expect("a child");
        assert!(status.success(), "{name} did not come to its end");
    }
}
