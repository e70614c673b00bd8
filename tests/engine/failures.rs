//! The disk fails in each call once, for every scenario: an error of reading or writing, no room, room for half of what
//! is written, a sync that fails. Who asked is told, or gets the right answer; he asks again, of the same engine or of
//! one that opens the store anew, and everything ends like a run without a failure. Nothing is there twice, and a power
//! loss afterwards takes nothing that was told to be done.
//!
//! `cargo test` tries some calls, chosen by a seed that is printed; `ABIDE_FAILURES=all cargo test failures` all of them.

use std::sync::Arc;

use abide::{
    engine::{faults::Failure, store::StoreError},
    vm::program::Program,
};
use abide_disk::{Dice, Disk, Fault, Loss, Trouble};

use super::{
    disk::{assert_same, finish, open, seed, sound, try_all},
    scenarios::{ALL, Scenario, picture},
    world::compile,
};

/// How many calls of a scenario are tried for each kind of trouble.
const CALLS: u64 = 16;
/// How many errors there may be until all is done: the trouble ends with the first one.
const ERRORS_MAX: usize = 3;

/// What goes wrong, and what is done after an error.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) fault: Fault,
    /// The store is opened anew.
    reopens: bool,
}

/// A scenario, and how it ends.
struct Subject {
    scenario: &'static Scenario,
    program: Arc<Program>,
    picture: String,
}

impl Subject {
    fn survives(&self, point: &Point) {
        let disk = Disk::new();
        disk.fail(point.fault);
        let (mut world, mut done, mut errors) = (None, 0, 0);
        let world = loop {
            let mut opened = match world.take().map_or_else(|| open(&disk, &self.program), Ok) {
                Ok(opened) => opened,
                Err(failure) => {
                    told(failure, &disk, &mut errors);
                    continue;
                }
            };
            let mut tell = |done| self.outlasts_power(point, &disk, done);
            match self.scenario.go_on(&mut opened, &mut done, &mut tell) {
                Ok(()) => break opened,
                Err(failure) => told(failure, &disk, &mut errors),
            }
            world = (!point.reopens).then_some(opened);
        };
        let mut world = world;
        disk.mend();
        assert_same(&sound(&mut world), &self.picture);
        let files = disk.files();
        drop(world);
        for files in [files, disk.files()] {
            assert_same(&finish(self.scenario, &self.program, files.after(Loss::Everything), done), &self.picture);
        }
    }

    /// What was told to be done is certain, also after a sync that has failed.
    fn outlasts_power(&self, point: &Point, disk: &Disk, done: usize) {
        if point.fault.trouble == Trouble::Sync {
            let files = disk.files().after(Loss::Everything);
            assert_same(&finish(self.scenario, &self.program, files, done), &self.picture);
        }
    }
}

/// How often each thing could go wrong on a disk.
fn chances(disk: &Disk) -> [(Trouble, u64); 4] {
    [Trouble::Io, Trouble::Full, Trouble::Short, Trouble::Sync].map(|trouble| (trouble, disk.chances(trouble)))
}

/// What to try where a run without a failure has left this disk.
pub(super) fn points(disk: &Disk, seed: u64) -> Vec<Point> {
    let (mut dice, mut points) = (Dice::new(seed), Vec::new());
    let is_all = std::env::var("ABIDE_FAILURES").is_ok();
    for (trouble, chances) in chances(disk) {
        for at in 1..=chances {
            if is_all {
                for (lasts, reopens) in [(false, false), (false, true), (true, false), (true, true)] {
                    points.push(Point { fault: Fault { trouble, at, lasts }, reopens });
                }
            } else if dice.draw() % chances < CALLS {
                let fault = Fault { trouble, at, lasts: dice.coin() };
                points.push(Point { fault, reopens: dice.coin() });
            }
        }
    }
    println!("{:?}, {} tried, ABIDE_SEED={seed}", chances(disk), points.len());
    points
}

/// Somebody is told that something failed, and sees to it.
pub(super) fn told(failure: Failure, disk: &Disk, errors: &mut usize) {
    let happened = disk.mend();
    let is_clean = matches!(failure, Failure::Store(StoreError::Io(_) | StoreError::InUse(_)));
    *errors += 1;
    assert!(is_clean && *errors <= ERRORS_MAX, "{failure:?} after {happened:?}");
}

fn survives(number: usize) {
    let (scenario, seed) = (&ALL[number], seed());
    let program = compile(scenario.source);
    let disk = Disk::new();
    let mut world = open(&disk, &program).unwrap();
    scenario.go_on(&mut world, &mut 0, &mut |_| ()).unwrap();
    let picture = picture(&mut world);
    drop(world);
    let points = points(&disk, seed);
    let subject = Subject { scenario, program, picture };
    try_all(&points, seed, || |point| subject.survives(point));
}

#[test]
fn waits_survive_every_failure() {
    survives(0);
}

#[test]
fn children_and_faults_survive_every_failure() {
    survives(1);
}

#[test]
fn signals_survive_every_failure() {
    survives(2);
}

#[test]
fn places_survive_every_failure() {
    survives(3);
}

#[test]
fn jobs_survive_every_failure() {
    survives(5);
}

#[test]
fn branches_survive_every_failure() {
    survives(6);
}
