//! The power fails after each change of a file, for every scenario: what was not synced is gone. The store is opened
//! again, what was left is done, and everything ends like a run without a crash; what was told to be done is there.
//!
//! One run is recorded, and the files of each moment are made from that record. `cargo test` tries every moment with
//! everything lost that was not synced (many leave the same files, which are tried once), and some moments, chosen by a
//! seed that is printed, with nothing or some pieces of it lost. `ABIDE_POWER=20 cargo test power` tries every moment
//! with nothing lost, and with so many choices of pieces.

use std::sync::Arc;

use abide::vm::program::Program;
use abide_disk::{Action, Dice, Disk, Files, Loss};

use super::{
    disk::{assert_same, finish, number, open, seed, try_all},
    scenarios::{ALL, Scenario, picture},
    world::compile,
};

/// How many moments of a run are tried with nothing or pieces lost.
const MOMENTS: u64 = 60;

/// A run without a crash.
struct Whole {
    record: Vec<Action>,
    /// How many changes there were when so many steps were told to be done.
    told: Vec<usize>,
    picture: String,
}

/// Runs a scenario; with `closing` the store is closed and opened again after each step.
fn whole(scenario: &Scenario, program: &Arc<Program>, closing: bool) -> Whole {
    let disk = Disk::new();
    disk.record();
    let (mut told, mut done) = (Vec::new(), 0);
    let mut world = open(&disk, program).unwrap();
    while done < scenario.steps.len() {
        let until = if closing { done + 1 } else { scenario.steps.len() };
        let part = Scenario { source: scenario.source, steps: &scenario.steps[..until] };
        part.go_on(&mut world, &mut done, &mut |_| told.push(disk.recorded())).unwrap();
        if closing {
            drop(world);
            world = open(&disk, program).unwrap();
        }
    }
    let picture = picture(&mut world);
    drop(world);
    Whole { record: disk.take_record(), told, picture }
}

/// The moments to try with what is lost then: so many changes have happened.
pub(super) fn moments(record: &[Action], seed: u64) -> Vec<(usize, Loss)> {
    let mut dice = Dice::new(seed);
    let mut found = Vec::new();
    let pieces = number("ABIDE_POWER");
    for moment in 0..=record.len() {
        // Between two syncs nothing becomes certain: the files are the same.
        let is_other = moment == 0 || !matches!(record[moment - 1], Action::Write { .. } | Action::Truncate { .. });
        found.extend(is_other.then_some((moment, Loss::Everything)));
        if let Some(pieces) = pieces {
            found.push((moment, Loss::Nothing));
            found.extend((0..pieces).map(|_| (moment, Loss::Pieces(dice.draw()))));
        } else if dice.draw() % (record.len() as u64) < MOMENTS {
            found.push((moment, if dice.coin() { Loss::Nothing } else { Loss::Pieces(dice.draw()) }));
        }
    }
    found
}

fn survives(number: usize, closing: bool) {
    let (scenario, seed) = (&ALL[number], seed());
    let program = compile(scenario.source);
    let whole = whole(scenario, &program, closing);
    let moments = moments(&whole.record, seed);
    println!("{} changes, {} crashes, ABIDE_SEED={seed}", whole.record.len(), moments.len());
    assert!(whole.record.len() > 100);
    try_all(&moments, seed, || {
        let (mut files, mut at) = (Files::default(), 0);
        let (whole, program) = (&whole, &program);
        move |(moment, loss)| {
            whole.record[at..*moment].iter().for_each(|action| files.apply(action));
            at = *moment;
            let done = whole.told.iter().filter(|told| **told <= at).count();
            assert_same(&finish(scenario, program, files.after(*loss), done), &whole.picture);
        }
    });
}

/// Each scenario as a test, straight and with the store closed after each step.
macro_rules! scenarios {
    ($($name:ident $number:literal)*) => {
        $(#[test] fn $name() { survives($number, false); })*
        mod closed_after_each_step { $(#[test] fn $name() { super::survives($number, true); })* }
    };
}

scenarios! {
    waits_survive_every_power_loss 0
    children_and_faults_survive_every_power_loss 1
    signals_survive_every_power_loss 2
    places_survive_every_power_loss 3
    jobs_survive_every_power_loss 5
    branches_survive_every_power_loss 6
}
