//! A long data file: records a second, and bytes a record that are not the store's.
//!
//! Method: a file of records of which the second half refers to the first is written to a temporary folder, and carried
//! out once on a store in memory and once on one in a file, with nobody listening. Told are the records a second of
//! checking and of carrying out, what the plan keeps of the file by its own count, and by how much the largest resident
//! memory of this process has grown (Linux only; in memory the store is a part of it, in a file hardly). How many
//! records: the first argument that is a number, else 100,000.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench stops where it cannot go on")]

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::Instant,
};

use abide::{
    base::span::FileId,
    codegen,
    engine::store::{Store, sqlite::SqliteStore},
    pipeline,
    project::load_text,
    simulation::{Simulation, plan, progress::Progress},
    vm::program::Program,
};

const SOURCE: &str = "entity Account { name: text(100)  shown as \"{name}\" }
entity Deal { title: text(200)  account: Account  value: money(USD)?  score: int = 0  shown as \"{title}\" }
";

fn main() {
    let records = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(100_000_usize);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.json");
    write(&data, records);
    let size = fs::metadata(&data).expect("the file").len();
    println!("{records} records, {} bytes each in the file", size / records.max(1) as u64);
    // The file first: what memory has grown to is never given back.
    measure("store in a file", &data, records, SqliteStore::open(&folder.path().join("store.db")).expect("a store"));
    measure("store in memory", &data, records, SqliteStore::open_in_memory().expect("a store"));
}

fn write(path: &Path, records: usize) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let half = records / 2;
    let mut put = |text: String| file.write_all(text.as_bytes()).expect("room on the disk");
    put("{\"version\": 1, \"now\": \"2026-01-05T09:00Z\", \"records\": {\n\"Account\": [".to_owned());
    for n in 0..half {
        put(format!("{}{{\"$id\": \"a{n}\", \"name\": \"Account {n}\"}}", if n == 0 { "\n" } else { ",\n" }));
    }
    put("],\n\"Deal\": [".to_owned());
    for n in 0..half {
        let comma = if n == 0 { "\n" } else { ",\n" };
        put(format!("{comma}{{\"title\": \"Deal {n}\", \"account\": \"$a{n}\", \"value\": \"{n}.50 USD\"}}"));
    }
    put("]}}\n".to_owned());
}

fn measure(what: &str, data: &Path, records: usize, store: SqliteStore) {
    let front = pipeline::check(load_text("bench.proc", SOURCE.as_bytes().to_vec()));
    let project = front.projects.first().expect("one project");
    let module = codegen::lower(&project.checked.program, &front.sources).expect("it compiles");
    let program = Arc::new(Program::new(module).expect("it is verified"));
    let store: Box<dyn Store> = Box::new(store);
    let before = peak();
    let began = Instant::now();
    let input = Box::new(File::open(data).expect("the file"));
    let mut plan = plan::plan(program.module(), input, FileId(0)).unwrap_or_else(|wrong| unreachable!("{wrong:?}"));
    let checked = began.elapsed();
    let mut simulation = Simulation::open(store, program, "bench".into(), 0).expect("a simulation");
    let began = Instant::now();
    simulation.carry_out(&mut plan, Progress::default()).expect("it is carried out");
    let carried_out = began.elapsed();
    let rate = |time: std::time::Duration| (records as f64 / time.as_secs_f64()).round();
    println!(
        "{what}: checked {}/s, carried out {}/s; kept of the file {} bytes a record; memory grown by {} bytes a record",
        rate(checked),
        rate(carried_out),
        plan.kept_bytes() / records.max(1),
        peak().zip(before).map_or("?".to_owned(), |(now, before)| ((now - before) / records.max(1)).to_string()),
    );
}

/// The largest resident memory of this process so far, in bytes.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok().map(|kilobytes| kilobytes << 10)
}
