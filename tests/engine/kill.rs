//! A process is killed after storage write k, for every k: its file is opened again, what was left is done, and
//! everything ends like a run without a crash.
//!
//! `mortal` says what a write is. Each k is a process of its own, which ends by `SIGKILL`: nothing of it is tidied up,
//! and the transaction that is open stays unfinished in the file.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use abide::{
    base::span::FileId,
    bytecode::container,
    engine::{
        Engine,
        store::{Store, sqlite::SqliteStore},
    },
    simulation::{
        Simulation, plan,
        progress::{self, Progress, Standing},
    },
    vm::program::Program,
};
use tempfile::TempDir;

use super::{
    mortal::{LAST_WORD, Mortal, Writes},
    scenarios::{ALL, DATA, Scenario, picture},
    world::{START, World, compile, settings},
};

/// What a process does.
#[derive(Clone, Copy)]
enum Work {
    /// A scenario. Which steps it was told to be done stands in a file, as with callers from outside.
    Scenario(usize),
    /// A simulation with a data file, which knows by itself how far it has come.
    Simulation,
}

impl Work {
    fn name(self) -> String {
        match self {
            Work::Scenario(number) => number.to_string(),
            Work::Simulation => "simulation".to_owned(),
        }
    }

    fn of(name: &str) -> Self {
        name.parse().map_or(Work::Simulation, Work::Scenario)
    }

    fn scenario(self) -> &'static Scenario {
        match self {
            Work::Scenario(number) => &ALL[number],
            Work::Simulation => &ALL[0],
        }
    }

    /// Does everything that is left, and shows what is there then.
    fn carry_out(self, store: Box<dyn Store>, program: &Arc<Program>, folder: &Path) -> String {
        match self {
            Work::Scenario(number) => {
                let told = folder.join("done");
                let mut done = fs::read_to_string(&told).map_or(0, |text| text.parse().unwrap());
                let mut world = World::of(Engine::open(store, Arc::clone(program), settings()).unwrap());
                let mut tell = |done: usize| fs::write(&told, done.to_string()).unwrap();
                ALL[number].go_on(&mut world, &mut done, &mut tell).unwrap();
                picture(&mut world)
            }
            Work::Simulation => simulate(store, program),
        }
    }
}

/// What `abide run --store` does.
fn simulate(mut store: Box<dyn Store>, program: &Arc<Program>) -> String {
    let input = Box::new(std::io::Cursor::new(DATA.as_bytes()));
    let mut plan = plan::plan(program.module(), input, FileId(0)).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let standing = progress::standing(&mut *store).unwrap();
    let mut simulation = Simulation::open(store, Arc::clone(program), "test".into(), START).unwrap();
    let id = progress::identify(DATA.as_bytes()).unwrap();
    let from = match standing {
        Standing::New => Progress { file: id, began: START, ..Progress::default() },
        Standing::Part(progress) => {
            assert_eq!((progress.file.as_str(), progress.began), (id.as_str(), START));
            progress
        }
        Standing::Whole => return picture(&mut World::of(simulation.engine)),
    };
    simulation.carry_out(&mut plan, from).unwrap();
    picture(&mut World::of(simulation.engine))
}

/// A folder that needs no disk, where there is one.
pub(super) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

fn store(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("store.db")).unwrap()
}

/// What a process of its own does: nothing, but where it is told to.
#[test]
fn child_process() {
    let Ok(task) = std::env::var("ABIDE_TEST_KILL") else { return };
    let mut parts = task.splitn(3, ' ');
    let mut next = || parts.next().unwrap();
    let (work, last, build) = (Work::of(next()), next().parse().unwrap(), PathBuf::from(next()));
    let (module, _) = container::decode(&fs::read(build).unwrap()).unwrap();
    let folder = std::env::current_dir().unwrap();
    let mortal = Mortal::new(store(&folder), last);
    work.carry_out(Box::new(mortal), &Arc::new(Program::new(module).unwrap()), &folder);
}

/// Runs a process in a folder until its last write, and kills it. False if it came to its end before.
fn kill_after(last: u64, work: Work, build: &Path, folder: &Path) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "engine::kill::child_process", "--nocapture", "--test-threads", "1"])
        .env("ABIDE_TEST_KILL", format!("{} {last} {}", work.name(), build.display()))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_waiting = lines.map_while(Result::ok).any(|line| line.contains(LAST_WORD));
    if is_waiting {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(is_waiting || status.success(), "it failed before write {last}");
    is_waiting
}

fn killed_everywhere(work: Work) {
    let program = compile(work.scenario().source);
    let counted = Arc::new(Writes::default());
    let whole = folder();
    let expected = work.carry_out(Box::new(Mortal::counting(store(whole.path()), &counted)), &program, whole.path());
    let (writes, inside) = (counted.all.load(Ordering::Relaxed), counted.inside.load(Ordering::Relaxed));
    assert!(writes > 100 && inside > writes / 2, "{inside} of {writes} writes are in transactions");
    let build = whole.path().join("build");
    fs::write(&build, container::encode(program.module()).unwrap()).unwrap();
    // How many turns share a transaction depends on the time that they take: the end comes a few writes sooner or later.
    let (next, is_over) = (AtomicU64::new(1), AtomicBool::new(false));
    let work_off = || {
        while !is_over.load(Ordering::Relaxed) {
            let (last, folder) = (next.fetch_add(1, Ordering::Relaxed), folder());
            if !kill_after(last, work, &build, folder.path()) {
                assert!(last > writes * 3 / 4, "{}: over after write {last} of {writes}", work.name());
                is_over.store(true, Ordering::Relaxed);
            }
            let found = work.carry_out(Box::new(store(folder.path())), &program, folder.path());
            assert_eq!(found, expected, "{}: killed after write {last} of {writes}", work.name());
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work_off))));
}

#[test]
fn waits_survive_every_kill() {
    killed_everywhere(Work::Scenario(0));
}

#[test]
fn children_and_faults_survive_every_kill() {
    killed_everywhere(Work::Scenario(1));
}

#[test]
fn signals_survive_every_kill() {
    killed_everywhere(Work::Scenario(2));
}

#[test]
fn places_survive_every_kill() {
    killed_everywhere(Work::Scenario(3));
}

#[test]
fn forms_and_dialogs_survive_every_kill() {
    killed_everywhere(Work::Scenario(4));
}

#[test]
fn jobs_survive_every_kill() {
    killed_everywhere(Work::Scenario(5));
}

#[test]
fn branches_survive_every_kill() {
    killed_everywhere(Work::Scenario(6));
}

#[test]
fn a_simulation_goes_on_with_its_data_after_every_kill() {
    killed_everywhere(Work::Simulation);
}
