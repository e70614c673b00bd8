//! A store of `wait.proc` in a file, and how things are measured.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use abide::{
    base::value::{RecordRef, Value},
    bytecode::{container, types::FieldIdx},
    codegen,
    engine::{
        Engine, Started, Write,
        clock::{Clock, SystemClock},
        deploy,
        store::{Store, sqlite::SqliteStore},
    },
    pipeline,
    project::load_text,
};
use tempfile::TempDir;

/// A clock of real time that can be moved forward.
#[derive(Clone, Default)]
pub(crate) struct Moved(Arc<AtomicI64>);

impl Moved {
    pub(crate) fn pass(&self, days: i64) {
        self.0.fetch_add(days * 86_400_000_000, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> i64 {
        SystemClock.now() + self.0.load(Ordering::Relaxed)
    }

    fn set(&mut self, _: i64) -> bool {
        false
    }

    fn resume_at(&mut self, _: i64) {}

    fn is_virtual(&self) -> bool {
        false
    }
}

/// A store with orders.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: Moved,
    pub(crate) path: PathBuf,
    pub(crate) folder: Option<TempDir>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(WAIT)
    }

    /// A store whose current build is that of a text.
    pub(crate) fn of(text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("store.db");
        deployed_of(&path, text);
        let mut world = Self::open(&path);
        world.folder = Some(folder);
        world
    }

    pub(crate) fn open(path: &Path) -> Self {
        let clock = Moved::default();
        let store = SqliteStore::open(path).expect("a store");
        let engine = Engine::attach(Box::new(store), Box::new(clock.clone()), 1).expect("an engine");
        Self { engine, clock, path: path.to_path_buf(), folder: None }
    }

    /// The field of an order.
    pub(crate) fn field(&self, name: &str) -> FieldIdx {
        let (_, def) = self.engine.module().entity_by_name("Order").expect("the entity");
        def.field_by_name(name).expect("the field").0
    }

    /// Creates orders, many in a transaction.
    pub(crate) fn orders(&mut self, count: u64, goal: i64) -> Vec<RecordRef> {
        let (title, goal_field) = (self.field("title"), self.field("goal"));
        let (entity, _) = self.engine.module().entity_by_name("Order").expect("the entity");
        let mut orders = Vec::new();
        while (orders.len() as u64) < count {
            let batch = (count - orders.len() as u64).min(1_000);
            let done = self.engine.together(|engine| {
                for _ in 0..batch {
                    let fields =
                        [Write::set(title, Value::Text("An order".into())), Write::set(goal_field, Value::Int(goal))];
                    orders.push(engine.create(None, entity, &fields)?);
                }
                Ok(())
            });
            done.expect("orders");
        }
        orders
    }

    /// Starts a process on an order.
    pub(crate) fn start(engine: &mut Engine, process: &str, order: RecordRef) -> i64 {
        match engine.start(None, process, &[Value::Ref(order)]).expect("a start") {
            Started::Instance(id) => id,
            Started::Result(_) => panic!("{process} runs in the background"),
        }
    }

    /// Runs until nothing is ready or due, so many turns at most in a commit. Gives how many turns.
    pub(crate) fn run(&mut self, together: u64) -> u64 {
        let mut turns = 0;
        loop {
            let ran = self.engine.run_ready(together).expect("turns");
            turns += ran.turns;
            if ran.idle || ran.turns == 0 {
                return turns;
            }
        }
    }

    /// The size of the file, with everything in it.
    pub(crate) fn size(&mut self) -> u64 {
        let connection = rusqlite::Connection::open(&self.path).expect("the file");
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("a checkpoint");
        std::fs::metadata(&self.path).expect("the file").len()
    }
}

const WAIT: &str = include_str!("../fixtures/wait.proc");

/// Makes a store whose current build is that of `wait.proc`.
pub(crate) fn deployed(path: &Path) {
    deployed_of(path, WAIT);
}

fn deployed_of(path: &Path, text: &str) {
    let front = pipeline::check(load_text("bench.proc", text.into()));
    let program = front.projects.first().expect("one project");
    let module = codegen::lower(&program.checked.program, &front.sources).expect("it compiles");
    let build = container::encode(&module).expect("a build");
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(path).expect("a store"));
    let (hash, _) = deploy::deploy(&mut *store, &build).expect("it is kept");
    deploy::activate(&mut *store, &hash, false).expect("it is active");
}

/// The largest resident memory of this process so far, in MiB.
pub(crate) fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: f64 = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(f64::NAN);
    kilobytes / 1024.0
}

/// One of sorted times.
pub(crate) fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[times.len() * percent / 100]
}

/// How long it takes to write so many bytes at the end of a file and to flush them: the middle of many times.
pub(crate) fn flush(path: &Path, bytes: usize) -> Duration {
    let mut file: File = OpenOptions::new().create(true).append(true).open(path).expect("a file");
    let block = vec![7; bytes];
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&block).expect("room on the disk");
        file.sync_data().expect("it is flushed");
        times.push(began.elapsed());
    }
    percentile(&mut times, 50)
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
