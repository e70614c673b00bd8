//! A million instances that wait.

use std::time::Instant;

use abide::{
    base::value::Value,
    engine::{
        Write,
        store::{InstanceFilter, Status},
    },
};

use super::world::{World, millis, peak, percentile};

/// How many starts share a commit.
const BATCH: usize = 1_000;

pub(crate) fn run(scale: u64) {
    let count = 1_000_000 / scale;
    let due = count / 10;
    println!("{count} instances of wait.proc");
    let mut world = World::new();
    let began = Instant::now();
    let orders = world.orders(count, 0);
    println!("  records: {:.0} a second, memory {:.0} MiB", rate(count, began), peak() - kept(&orders));
    let before = world.size();
    let (mut time, mut slowest) = (0.0, 0.0_f64);
    for (part, orders) in [&orders[..due as usize], &orders[due as usize..]].into_iter().enumerate() {
        // The first part falls due at once, a day before the others.
        world.clock.pass(part as i64);
        for batch in orders.chunks(BATCH) {
            let starts: Vec<Vec<Value>> = batch.iter().map(|order| vec![Value::Ref(*order)]).collect();
            let began = Instant::now();
            let started = world.engine.start_each(None, "Wait", &starts).expect("starts");
            assert!(started.iter().all(Result::is_ok));
            let took = began.elapsed().as_secs_f64();
            time += took;
            slowest = slowest.max(took);
        }
    }
    println!(
        "  started and waiting: {:.0} a second, the slowest {BATCH} in {:.0} ms; memory {:.0} MiB",
        count as f64 / time,
        slowest * 1_000.0,
        peak() - kept(&orders)
    );
    let grown = world.size() - before;
    println!("  on disk: {} bytes each without the record", grown / count);
    assert_eq!(count_of(&mut world, Status::Waiting), count);
    let World { engine, clock, path, folder } = world;
    drop(engine);
    let began = Instant::now();
    let mut world = World { clock: clock.clone(), folder, ..World::open(&path) };
    let found = world.engine.next_due().expect("it is read");
    println!("  start-up: {:.1} ms", millis(began.elapsed()));
    assert!(found.is_some());
    wake(&mut world, &orders[due as usize..]);
    drain(world, due, count);
    println!("  memory in the end {:.0} MiB", peak() - kept(&orders));
}

fn wake(world: &mut World, orders: &[abide::base::value::RecordRef]) {
    let done = world.field("done");
    let mut times = Vec::new();
    for order in orders.iter().step_by(orders.len() / 100).take(100) {
        let began = Instant::now();
        world.engine.update(None, *order, &[Write::set(done, Value::Bool(true))]).expect("an update");
        assert_eq!(world.run(u64::MAX), 1);
        times.push(began.elapsed());
    }
    let (middle, late) = (percentile(&mut times, 50), percentile(&mut times, 99));
    println!("  a change of a record wakes one: p50 {:.2} ms, p99 {:.2} ms", millis(middle), millis(late));
}

fn drain(world: World, due: u64, count: u64) {
    let World { engine, path, folder, .. } = world;
    drop(engine);
    let mut world = World { folder, ..World::open(&path) };
    // The clock of the store began anew.
    world.clock.pass(30);
    let began = Instant::now();
    let turns = world.run(u64::MAX);
    println!("  {due} timers due at once: {:.0} a second, {turns} turns", rate(due, began));
    assert_eq!(turns, due);
    let ended = count_of(&mut world, Status::Succeeded);
    assert_eq!(count_of(&mut world, Status::Waiting) + ended, count);
}

fn count_of(world: &mut World, status: Status) -> u64 {
    let filter = InstanceFilter { status: Some(status), ..InstanceFilter::default() };
    world.engine.store().count_instances(&filter).expect("a count").unsigned_abs()
}

fn rate(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// What this bench itself keeps, in MiB.
fn kept<T>(of: &[T]) -> f64 {
    size_of_val(of) as f64 / 1_048_576.0
}
