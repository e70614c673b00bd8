//! Several workers on one file: they are killed at random while work comes in, and none holds up the others.
//!
//! `cargo test` kills 200 times; `ABIDE_KILLS=5000 cargo test engine::load -- --nocapture` so many times. The seed is
//! printed.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::AtomicBool,
    thread,
};

use abide::{
    base::value::{RecordRef, Value},
    engine::{
        Engine,
        clock::SystemClock,
        deploy,
        store::{InstanceFilter, LogKind, Status, Store, sqlite::SqliteStore},
    },
};
use abide_disk::Dice;
use rusqlite::Connection;

use super::{
    deployment::build,
    disk::{number, seed},
    kill::folder,
    world::{World, text},
};

/// How often a worker is killed.
const KILLS: u64 = 200;
/// How many workers there are at a time.
const WORKERS: usize = 3;
/// After so many lines of the log, at most, the next one is killed: what a round brings gives more.
const LINES: u64 = 8;
/// So many of them are written by what comes in, before any worker has done anything.
const MADE: u64 = 6;
/// So often the others have their turn then, at most, so that a kill meets any place of a turn.
const YIELDS: u64 = 3_000;

const PROJECT: &str = r#"
entity Counter { title: text n: int = 0 unique title shown as "{title}" }
entity Job { title: text counter: Counter unique title shown as "{title}" }
entity Mark { what: text }
workflow Work for job: Job when created {
    update job.counter { n += 1 }
    create Mark { what: "{job.title} begins" }
    checkpoint
    do Part(job)
    update job.counter { n += 1 }
    create Mark { what: "{job.title} ends" }
    log "did {job.title}"
}
workflow Part for job: Job when called { create Mark { what: "part of {job.title}" } checkpoint log "part of {job.title}" }
workflow Watch for counter: Counter when updated(title) { log "{counter.id}: after {old.title}" }
"#;

/// A worker, which does not outlive its test.
struct Worker(Child);

impl Worker {
    fn on(store: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        command.arg("worker").arg("--store").arg(store).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// An engine on a file with a project as its current build.
fn attach(path: &Path, project: &str) -> World {
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(path).unwrap());
    let (hash, is_new) = deploy::deploy(&mut *store, &build(project)).unwrap();
    if is_new {
        assert!(deploy::activate(&mut *store, &hash, false).unwrap().1);
    }
    World::of(Engine::attach(store, Box::new(SystemClock), 1).unwrap())
}

/// How many lines the log has.
fn lines(log: &Connection) -> u64 {
    let last = log.query_row("SELECT coalesce(max(key), 0) FROM abide_log", [], |row| row.get::<_, i64>(0)).unwrap();
    last.try_into().unwrap()
}

/// Everything was done once, in order.
fn check(w: &mut World, jobs: usize, titles: usize) {
    let all = w.engine.store().instances(&InstanceFilter::default()).unwrap();
    let ended: Vec<_> = all.iter().map(|instance| (instance.process.as_str(), instance.status)).collect();
    let of = |process| ended.iter().filter(|found| **found == (process, Status::Succeeded)).count();
    assert_eq!([of("Work"), of("Part"), of("Watch"), ended.len()], [jobs, jobs, titles, 2 * jobs + titles]);
    let mark = w.entity("Mark");
    let marks = w.engine.store().candidates(mark, &[], 0, u32::MAX).unwrap();
    let marks: Vec<_> = marks.into_iter().map(|id| w.field(RecordRef { entity: mark, id }, "what")).collect();
    assert_eq!(
        [marks.len(), marks.iter().map(|what| format!("{what:?}")).collect::<BTreeSet<_>>().len()],
        [3 * jobs; 2]
    );
    let counter = RecordRef { entity: w.entity("Counter"), id: w.ids("Counter")[0] };
    assert_eq!(w.field(counter, "n"), Value::Int(2 * jobs as i64));
    let log = w.engine.timeline(None).unwrap();
    let lines = |kind, message: &str| log.iter().filter(|l| l.kind == kind && l.message.starts_with(message)).count();
    assert_eq!([lines(LogKind::Note, "did "), lines(LogKind::Note, "part of ")], [jobs, jobs]);
    // What one record starts runs in the order in which it was started.
    let seen = w.notes().into_iter().filter_map(|note| note.split_once("after title ").map(|(_, n)| n.to_owned()));
    let seen: Vec<u64> = seen.map(|n| n.parse().unwrap()).collect();
    assert_eq!(seen, (0..titles as u64).collect::<Vec<_>>());
    assert_eq!(w.engine.forgotten().unwrap(), [0; 0]);
    assert_eq!(w.engine.store().damage().unwrap(), [""; 0]);
}

#[test]
fn workers_are_killed_at_random_and_everything_happens_once() {
    let (kills, seed, folder) = (number("ABIDE_KILLS").unwrap_or(KILLS), seed(), folder());
    println!("{kills} kills, ABIDE_SEED={seed}");
    let path = folder.path().join("store.db");
    let mut w = attach(&path, PROJECT);
    let mut dice = Dice::new(seed);
    let counter = w.try_create("Counter", &[("title", text("title 0"))]).unwrap();
    let log = Connection::open(&path).unwrap();
    let mut workers: Vec<Worker> = (0..WORKERS).map(|_| Worker::on(&path)).collect();
    for round in 0..kills {
        // WHY: counted before the work comes in: when it is done already, no more lines follow.
        let before = lines(&log);
        for half in ["a", "b"] {
            let fields = [("title", text(&format!("{round}{half}"))), ("counter", Value::Ref(counter))];
            w.try_create("Job", &fields).unwrap();
        }
        w.try_update(counter, &[("title", text(&format!("title {}", round + 1)))]).unwrap();
        let last = before + MADE + dice.draw() % LINES;
        while lines(&log) < last {
            thread::yield_now();
        }
        (0..dice.draw() % YIELDS).for_each(|_| thread::yield_now());
        workers[dice.draw() as usize % WORKERS] = Worker::on(&path);
    }
    drop((workers, log));
    // Somebody may hold the file until the system has buried him.
    w.engine.work(&AtomicBool::new(false), true).unwrap();
    check(&mut w, 2 * kills as usize, kills as usize);
}

const NEIGHBOURS: &str = r#"
entity Job { title: text n: int = 0 unique title shown as "{title}" }
workflow Fine for job: Job when created { checkpoint log "fine {job.title}" }
workflow Faulty for job: Job when created only if job.n == 1 { checkpoint log "{10 div (job.n - 1)}" }
workflow Endless for job: Job when created only if job.n == 2 { var k = 0 while k >= 0 { set k += 1 } log "{k}" }
"#;

#[test]
fn one_that_faults_or_never_ends_holds_up_nobody() {
    let folder = folder();
    let path = folder.path().join("store.db");
    let mut w = attach(&path, NEIGHBOURS);
    for n in 0..60 {
        let kind = if n == 5 { 2 } else { i64::from(n % 10 == 0) };
        w.try_create("Job", &[("title", text(&format!("{n}"))), ("n", Value::Int(kind))]).unwrap();
    }
    let work = || attach(&path, NEIGHBOURS).engine.work(&AtomicBool::new(false), true).unwrap();
    let turns: u64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    // Two turns of each that is fine or faulty, one of the endless one: nobody ran twice.
    assert_eq!(turns, 60 * 2 + 6 * 2 + 1);
    assert_eq!(w.statuses("Fine"), [Status::Succeeded; 60]);
    assert_eq!(w.statuses("Faulty"), [Status::Parked; 6]);
    assert_eq!(w.statuses("Endless"), [Status::Parked]);
    // Before the endless one had its turn, and after it, in the order of the starts.
    let notes: Vec<String> = (0..60).map(|n| format!("fine {n}")).collect();
    assert_eq!(w.notes(), notes);
}
