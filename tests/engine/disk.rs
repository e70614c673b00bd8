//! Scenarios on a disk that fails, and that forgets what was not synced.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::UNIX_EPOCH,
};

use abide::{
    engine::{
        Engine,
        faults::Answer,
        store::{Store, sqlite::SqliteStore},
    },
    vm::program::Program,
};
use abide_disk::{Disk, Files};

use super::{
    scenarios::{Scenario, picture},
    world::{World, settings},
};

/// Opens the store of a disk, or makes it.
pub(super) fn open(disk: &Disk, program: &Arc<Program>) -> Answer<World> {
    let store: Box<dyn Store> = Box::new(SqliteStore::open_on(&disk.path("store.db"), abide_disk::NAME)?);
    Ok(World::of(Engine::open(store, Arc::clone(program), settings())?))
}

/// Everything that can be seen of a store in which nothing is wrong.
pub(super) fn sound(world: &mut World) -> String {
    // These engines are given their program, not a build of the store.
    let damage = world.engine.store().damage().unwrap().into_iter().filter(|line| !line.starts_with("the build test"));
    assert_eq!(damage.collect::<Vec<_>>(), [""; 0]);
    picture(world)
}

/// Both pictures are the same; else tells where they differ.
pub(super) fn assert_same(found: &str, expected: &str) {
    let differs = |(found, expected): &(&str, &str)| found != expected;
    if let Some((found, expected)) = found.lines().zip(expected.lines()).find(differs) {
        panic!("\n   found: {found}\nexpected: {expected}");
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "so many lines");
}

/// Goes on from what a crash has left, to the end.
pub(super) fn finish(scenario: &Scenario, program: &Arc<Program>, files: Files, mut done: usize) -> String {
    let disk = Disk::with(files);
    let mut world = open(&disk, program).unwrap();
    scenario.go_on(&mut world, &mut done, &mut |_| ()).unwrap();
    sound(&mut world)
}

/// A number that somebody gave.
pub(super) fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// The seed of this run.
pub(super) fn seed() -> u64 {
    number("ABIDE_SEED").unwrap_or_else(|| UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 % 1_000_000)
}

/// Tries all points on all processors, each processor in their order. `tries` makes the one who tries.
pub(super) fn try_all<P: Sync + std::fmt::Debug, T: FnMut(&P)>(points: &[P], seed: u64, tries: impl Fn() -> T + Sync) {
    let next = AtomicUsize::new(0);
    let work_off = || {
        let mut tries = tries();
        while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            if catch_unwind(AssertUnwindSafe(|| tries(point))).is_err() {
                next.store(points.len(), Ordering::Relaxed);
                panic!("at {point:?}, ABIDE_SEED={seed}");
            }
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work_off))));
}
