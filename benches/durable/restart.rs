//! What a long past and a sudden death cost.

use std::{
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::AtomicBool,
    time::Instant,
};

use abide::{
    base::value::Value,
    engine::{
        Write,
        store::{InstanceFilter, Status},
    },
};
use tempfile::TempDir;

use super::world::{World, deployed, millis, percentile};

/// Going on after many steps.
pub(crate) fn past(scale: u64) {
    println!("going on after a long past");
    for steps in [10, (100_000 / scale as i64).max(100)] {
        let mut world = World::new();
        let (mut opened, mut times) = (Vec::new(), Vec::new());
        for order in world.orders(if steps > 10 { 3 } else { 21 }, steps) {
            World::start(&mut world.engine, "Long", order);
            world.run(u64::MAX);
            let began = Instant::now();
            // The engine that did the steps is still there: what stands in the log of the file is taken over.
            let engine = World::open(&world.path).engine;
            opened.push(began.elapsed());
            let done = world.field("done");
            world.engine = engine;
            let began = Instant::now();
            world.engine.update(None, order, &[Write::set(done, Value::Bool(true))]).expect("an update");
            world.run(u64::MAX);
            times.push(began.elapsed());
        }
        let (opened, ended) = (millis(percentile(&mut opened, 50)), millis(percentile(&mut times, 50)));
        println!("  after {steps} steps: opened in {opened:.2} ms, woken and ended in {ended:.2} ms");
    }
}

const PENDING: u64 = 1_000;

/// A worker is killed in the middle of many instances; another one finishes them.
pub(crate) fn killed(_: u64) {
    println!("{PENDING} instances of 10 steps in the middle of a worker that is killed");
    let mut times = Vec::new();
    for _ in 0..5 {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("store.db");
        deployed(&path);
        let mut world = World::open(&path);
        let orders = world.orders(PENDING, 0);
        let started = world.engine.together(|engine| {
            orders.iter().for_each(|order| _ = World::start(engine, "Ten", *order));
            Ok(())
        });
        started.expect("starts");
        drop(world.engine);
        let mut victim = child(&path);
        let mut told = BufReader::new(victim.stdout.take().expect("its output"));
        told.read_line(&mut String::new()).expect("it has begun");
        victim.kill().expect("it is killed");
        victim.wait().expect("it is dead");
        let began = Instant::now();
        let mut heir = child(&path);
        assert!(heir.wait().expect("it ends").success());
        times.push(began.elapsed());
        let mut world = World::open(&path);
        let filter = InstanceFilter { status: Some(Status::Succeeded), ..InstanceFilter::default() };
        assert_eq!(world.engine.store().count_instances(&filter).expect("a count").unsigned_abs(), PENDING);
        let step = world.field("step");
        for order in orders {
            assert_eq!(world.engine.field(order, step).expect("a field"), Some(Value::Int(10)));
        }
    }
    println!("  all ended {:.2} s after the restart", percentile(&mut times, 50).as_secs_f64());
}

fn child(path: &Path) -> std::process::Child {
    let own = std::env::current_exe().expect("this program");
    let path = path.to_str().expect("a plain name");
    Command::new(own).args(["victim", path]).stdout(Stdio::piped()).spawn().expect("a worker")
}

/// A worker that tells when it is in the middle, and goes on.
pub(crate) fn victim(path: &str) {
    let mut world = World::open(Path::new(path));
    world.engine.run_ready(PENDING * 5).expect("turns");
    println!("in the middle");
    std::io::stdout().flush().expect("it is told");
    world.engine.work(&AtomicBool::new(false), true).expect("turns");
}
