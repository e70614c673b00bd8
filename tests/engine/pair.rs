//! Two engines work on one disk, in turn, and one of them is killed before a write: the other goes on with what is there,
//! another one takes the place of the dead, and everything ends like a run of one engine alone. Who has the next turn is
//! decided by a seed, which is printed, so that what happens at a write can be done again.
//!
//! `cargo test` tries some writes of each scenario; `ABIDE_PAIR=all cargo test pair` all of them.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use abide::{
    engine::{
        Engine, Settings,
        clock::Clock,
        faults::Answer,
        store::{Store, sqlite::SqliteStore},
    },
    vm::program::Program,
};
use abide_disk::{Dice, Disk, Fault, Files, Trouble};

use super::{
    disk::{assert_same, finish, seed, sound, try_all},
    scenarios::{ALL, Scenario, Step},
    world::{DAY, START, World, compile},
};

/// How many writes of a scenario are tried.
const WRITES: u64 = 30;

/// A virtual clock that both have.
#[derive(Clone)]
struct Together(Arc<AtomicI64>);

impl Clock for Together {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&mut self, to: i64) -> bool {
        self.0.fetch_max(to, Ordering::Relaxed);
        true
    }

    fn resume_at(&mut self, moment: i64) {
        self.0.fetch_max(moment, Ordering::Relaxed);
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// Two engines, and who has the next turn.
struct Pair<'a> {
    scenario: &'a Scenario,
    program: &'a Arc<Program>,
    disk: Disk,
    clock: Together,
    engines: [Option<World>; 2],
    dice: Dice,
    /// Steps that are done, and whether what they cause has still to be run.
    done: usize,
    runs: bool,
}

impl<'a> Pair<'a> {
    fn new(scenario: &'a Scenario, program: &'a Arc<Program>, seed: u64) -> Self {
        let clock = Together(Arc::new(AtomicI64::new(START)));
        let (disk, engines) = (Disk::new(), [None, None]);
        let mut pair = Self { scenario, program, disk, clock, engines, dice: Dice::new(seed), done: 0, runs: false };
        pair.engines = [0, 1].map(|_| Some(pair.open().unwrap()));
        pair
    }

    fn open(&self) -> Answer<World> {
        let store: Box<dyn Store> = Box::new(SqliteStore::open_on(&self.disk.path("store.db"), abide_disk::NAME)?);
        let settings = Settings { clock: Box::new(self.clock.clone()), seed: 1, build: "test".into() };
        Ok(World::of(Engine::open(store, Arc::clone(self.program), settings)?))
    }

    /// Does the whole scenario; at write `at` who does it is killed. Gives everything that can be seen in the end, and
    /// how many writes there were.
    fn picture(mut self, at: u64) -> (String, u64) {
        self.disk.fail(Fault { trouble: Trouble::Killed, at, lasts: true });
        let mut writes = 0;
        while self.done < self.scenario.steps.len() {
            let who = usize::from(self.dice.coin());
            let mut engine = self.engines[who].take();
            let answer = match &mut engine {
                Some(world) => self.piece(world),
                None => self.open().map(|world| engine = Some(world)),
            };
            if let Err(failure) = answer {
                // He is gone, and with him his locks, before anybody else has a turn.
                drop(engine.take());
                writes = self.disk.chances(Trouble::Killed);
                assert!(self.disk.mend().is_some(), "{failure:?}");
            }
            self.engines[who] = engine;
        }
        let writes = if writes == 0 { self.disk.chances(Trouble::Killed) } else { writes };
        self.disk.mend();
        let mut world = self.engines.iter_mut().find_map(Option::take).unwrap();
        (sound(&mut world), writes)
    }

    /// What one engine does before it may be the other's turn: a step, or a turn of an instance.
    fn piece(&mut self, world: &mut World) -> Answer<()> {
        if self.runs {
            let ran = world.engine.run_ready(1)?;
            self.runs = !ran.idle;
            if self.runs || self.goes_on(world)? {
                return Ok(());
            }
            assert_eq!(world.engine.forgotten()?, [0; 0], "nobody waits for nothing");
            self.done += 1;
            return Ok(());
        }
        match &self.scenario.steps[self.done] {
            Step::Days(_) => drop(self.goes_on(world)?),
            step if !step.is_done(world)? => step.carry_out(world)?,
            _ => {}
        }
        self.runs = true;
        Ok(())
    }

    /// Moves the clock to what is due next until the moment of the step; says whether it had to be moved.
    fn goes_on(&mut self, world: &mut World) -> Answer<bool> {
        let Step::Days(days) = self.scenario.steps[self.done] else { return Ok(false) };
        let end = START + days * DAY;
        if self.clock.now() >= end {
            return Ok(false);
        }
        let due = world.engine.next_due()?.filter(|due| *due < end);
        world.engine.set_clock(due.unwrap_or(end))?;
        self.runs = true;
        Ok(true)
    }
}

fn survives(number: usize) {
    let (scenario, seed) = (&ALL[number], seed());
    let program = compile(scenario.source);
    let alone = finish(scenario, &program, Files::default(), 0);
    let (picture, writes) = Pair::new(scenario, &program, seed).picture(u64::MAX);
    assert_same(&picture, &alone);
    let mut dice = Dice::new(seed);
    let is_all = std::env::var("ABIDE_PAIR").is_ok();
    let points: Vec<u64> = (1..=writes).filter(|_| is_all || dice.draw() % writes < WRITES).collect();
    println!("{writes} writes, {} tried, ABIDE_SEED={seed}", points.len());
    try_all(&points, seed, || |at| assert_same(&Pair::new(scenario, &program, seed).picture(*at).0, &alone));
}

#[test]
fn waits_go_on_when_one_of_two_is_killed() {
    survives(0);
}

#[test]
fn children_and_faults_go_on_when_one_of_two_is_killed() {
    survives(1);
}

#[test]
fn signals_go_on_when_one_of_two_is_killed() {
    survives(2);
}

#[test]
fn places_go_on_when_one_of_two_is_killed() {
    survives(3);
}
