//! The disk fails in each call of a backup once, while somebody else has the store open: who asked is told, or has a copy
//! of everything that outlasts a power loss. The store is as it was, and the next backup comes off.
//!
//! `cargo test` tries some calls, chosen by a seed that is printed; `ABIDE_FAILURES=all cargo test backup` all of them.

use std::sync::Arc;

use abide::{
    engine::{
        Engine,
        store::{Store, StoreError, sqlite},
    },
    vm::program::Program,
};
use abide_disk::{Dice, Disk, Fault, Files, Loss, NAME, Trouble};

use super::{
    disk::{assert_same, open, seed, sound, try_all},
    scenarios::{ALL, picture},
    world::{World, compile, settings},
};

/// How many calls of a backup are tried for each kind of trouble.
const CALLS: u64 = 24;

/// A store that was worked on.
struct Subject {
    files: Files,
    program: Arc<Program>,
    picture: String,
}

/// Somebody who has the store open. What he has committed last stands in its log only.
fn working(disk: &Disk, program: &Arc<Program>) -> World {
    let mut worker = open(disk, program).unwrap();
    let store = worker.engine.store();
    store.begin().and_then(|()| store.set_meta("last", "written")).and_then(|()| store.commit()).unwrap();
    worker
}

/// What can be seen of a copy.
fn seen(disk: &Disk, name: &str, program: &Arc<Program>) -> String {
    let mut store: Box<dyn Store> = Box::new(sqlite::SqliteStore::open_on(&disk.path(name), NAME).unwrap());
    assert_eq!(store.meta("last").unwrap().as_deref(), Some("written"));
    sound(&mut World::of(Engine::open(store, Arc::clone(program), settings()).unwrap()))
}

fn copy(disk: &Disk, name: &str) -> Result<(), StoreError> {
    sqlite::backup_on(&disk.path("store.db"), &disk.path(name), NAME)
}

impl Subject {
    fn new() -> Self {
        let (scenario, disk) = (&ALL[0], Disk::new());
        let program = compile(scenario.source);
        let mut world = open(&disk, &program).unwrap();
        scenario.go_on(&mut world, &mut 0, &mut |_| ()).unwrap();
        let picture = picture(&mut world);
        Self { files: disk.files().after(Loss::Nothing), program, picture }
    }

    fn survives(&self, fault: &Fault) {
        let disk = Disk::with(self.files.clone());
        let mut worker = working(&disk, &self.program);
        disk.fail(*fault);
        let answer = copy(&disk, "copy.db");
        let happened = disk.mend();
        match answer {
            Ok(()) => {
                let lost = Disk::with(disk.files().with_certain_names().after(Loss::Everything));
                assert_same(&seen(&lost, "copy.db", &self.program), &self.picture);
            }
            Err(StoreError::Io(_) | StoreError::InUse(_)) => {}
            Err(error) => panic!("{error:?} after {happened:?}"),
        }
        assert_same(&sound(&mut worker), &self.picture);
        copy(&disk, "next.db").unwrap();
        assert_same(&seen(&disk, "next.db", &self.program), &self.picture);
    }
}

#[test]
fn a_backup_survives_every_failure() {
    let (subject, seed) = (Subject::new(), seed());
    let disk = Disk::with(subject.files.clone());
    let worker = working(&disk, &subject.program);
    let kinds = [Trouble::Io, Trouble::Full, Trouble::Short, Trouble::Sync];
    let before = kinds.map(|trouble| disk.chances(trouble));
    copy(&disk, "copy.db").unwrap();
    let calls = kinds.map(|trouble| disk.chances(trouble));
    drop(worker);
    let (mut faults, mut dice) = (Vec::new(), Dice::new(seed));
    let is_all = std::env::var("ABIDE_FAILURES").is_ok();
    for ((trouble, before), after) in kinds.into_iter().zip(before).zip(calls) {
        assert!(after > before, "{trouble:?} can happen to a backup");
        for at in 1..=after - before {
            if is_all {
                faults.extend([false, true].map(|lasts| Fault { trouble, at, lasts }));
            } else if dice.draw() % (after - before) < CALLS {
                faults.push(Fault { trouble, at, lasts: dice.coin() });
            }
        }
    }
    println!("{} tried, ABIDE_SEED={seed}", faults.len());
    try_all(&faults, seed, || |fault| subject.survives(fault));
}
