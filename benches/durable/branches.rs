//! A `parallel for each` over very many records: each branch writes its record, rests and goes on.

use std::time::Instant;

use abide::{
    base::value::Value,
    engine::store::{InstanceFilter, Status},
};

use super::world::{World, peak};

const SOURCE: &str = include_str!("../fixtures/branches.proc");

pub(crate) fn run(scale: u64) {
    let count = 200_000 / scale;
    println!("{count} branches of branches.proc, joined");
    let mut world = World::of(SOURCE);
    let orders = world.orders(count, 0);
    let before = peak();
    let began = Instant::now();
    let id = World::start(&mut world.engine, "All", orders[0]);
    let turns = world.run(u64::MAX);
    let took = began.elapsed().as_secs_f64();
    let instance = world.engine.store().instance(id).expect("it is read").expect("the instance");
    assert_eq!(instance.status, Status::Succeeded);
    assert_eq!(world.engine.field(orders[0], world.field("goal")).expect("it is read"), Some(Value::Int(7)));
    let all = InstanceFilter { branches: true, ..InstanceFilter::default() };
    assert_eq!(world.engine.store().count_instances(&all).expect("a count"), 1, "no branch is left");
    println!(
        "  {took:.1} s, {:.0} branches a second, {turns} turns; memory {before:.0} MiB before, {:.0} MiB at the most",
        count as f64 / took,
        peak()
    );
}
