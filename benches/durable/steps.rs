//! Steps a second, and how long a short process takes.

use std::time::{Duration, Instant};

use super::{
    bound::Bound,
    world::{World, flush, millis, peak, percentile},
};

const STEPS: u64 = 10;

/// Steps a second of a process of ten steps, each with a write and a suspension point: beside the bound.
pub(crate) fn throughput(scale: u64) {
    println!("durable steps a second (10 steps, each updates a record and suspends)");
    // The first rounds are not measured: in them the logs grow to their size; from then on they are written over.
    for (in_flight, growing, rounds) in [(1, 140, 400), (16, 100, 200), (64, 40, 100), (256, 15, 40)] {
        let (growing, rounds) = (growing / scale as usize, (rounds / scale).max(3));
        // By turns, so that what else the machine does hits both.
        let (mut ours, mut bounds) = (Vec::new(), Vec::new());
        let mut world = World::new();
        let all = world.orders(in_flight * (rounds + growing as u64), 0);
        let mut bound = bound_of(&mut world);
        for orders in all.chunks_exact(in_flight as usize) {
            let began = Instant::now();
            let started = world.engine.together(|engine| {
                orders.iter().for_each(|order| _ = World::start(engine, "Ten", *order));
                Ok(())
            });
            started.expect("starts");
            let turns = world.run(in_flight);
            ours.push(began.elapsed());
            assert_eq!(turns, STEPS * in_flight);
            bounds.push(by_hand(&mut bound, in_flight as i64));
        }
        let measured = |times: &mut Vec<Duration>| drop(times.drain(..growing));
        measured(&mut ours);
        measured(&mut bounds);
        let rate = |times: &mut Vec<Duration>| (STEPS * in_flight) as f64 / percentile(times, 50).as_secs_f64();
        let (ours, bound) = (rate(&mut ours), rate(&mut bounds));
        println!(
            "  {in_flight:>3} in flight: {ours:>7.0}, bound {bound:>7.0}: {:.0} %, {:.1} µs a step more",
            ours / bound * 100.0,
            1e6 / ours - 1e6 / bound
        );
    }
    alone_in_groups();
    println!("  peak memory {:.0} MiB", peak());
}

/// The same process alone as a worker runs it: the steps that follow each other at once share a commit.
fn alone_in_groups() {
    let mut world = World::new();
    let orders = world.orders(200, 0);
    let began = Instant::now();
    for order in &orders {
        World::start(&mut world.engine, "Ten", *order);
        world.run(u64::MAX);
    }
    let rate = (STEPS * orders.len() as u64) as f64 / began.elapsed().as_secs_f64();
    println!("    1 in flight as a worker groups its steps: {rate:.0}");
}

/// The bound of a world, after an instance that stands in the middle.
fn bound_of(world: &mut World) -> Bound {
    let order = world.orders(1, 0)[0];
    World::start(&mut world.engine, "Ten", order);
    world.engine.run_ready(3).expect("turns");
    world.size();
    let bound = Bound::like(&world.path, &world.path.with_extension("bound"));
    world.run(1);
    bound
}

thread_local! {
    static NEXT: std::cell::Cell<i64> = const { std::cell::Cell::new(1) };
}

/// A round of the bound: the records are there, the starts share a commit, and so does each step of all.
fn by_hand(bound: &mut Bound, in_flight: i64) -> Duration {
    let first = NEXT.replace(NEXT.get() + in_flight);
    let ids = first..first + in_flight;
    bound.begin();
    ids.clone().for_each(|id| bound.order(id));
    bound.commit();
    let began = Instant::now();
    bound.begin();
    ids.clone().for_each(|id| bound.start(id));
    bound.commit();
    for step in 1..=STEPS {
        bound.begin();
        ids.clone().for_each(|id| bound.step(id, step as i64, step == STEPS));
        bound.commit();
    }
    began.elapsed()
}

/// A process of three steps alone, beside three flushes.
pub(crate) fn latency(scale: u64) {
    println!("a process of 3 steps, alone, from its start to its end");
    let mut world = World::new();
    let orders = world.orders((2_000 / scale).max(20), 0);
    let (mut grouped, mut single) = (Vec::new(), Vec::new());
    for pair in orders.chunks_exact(2) {
        for (order, together, times) in [(pair[0], u64::MAX, &mut grouped), (pair[1], 1, &mut single)] {
            let began = Instant::now();
            World::start(&mut world.engine, "Three", order);
            world.run(together);
            times.push(began.elapsed());
        }
    }
    let flush = flush(&world.path.with_extension("flush"), 4_096 * 4);
    println!("  3 flushes of 16 KiB: {:.3} ms", millis(flush * 3));
    for (what, times) in
        [("as a worker groups it", &mut grouped), ("a commit for the start and for each step", &mut single)]
    {
        let (middle, late) = (percentile(times, 50), percentile(times, 99));
        println!("  {what}: p50 {:.3} ms, p99 {:.3} ms", millis(middle), millis(late));
    }
}
