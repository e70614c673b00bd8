//! The engine: what happens to records, and the life of process instances, on a store.
//!
//! - [`store`]: the trait, in memory and in SQLite.
//! - `pipeline`, `operation`, `triggers`, `scope`, `rows`: an operation on a record, from its request to what it starts.
//! - `rules`, [`form`]: what rules say of a record, when it is written and where its form is shown.
//! - `instance`, `turn`, `slots`, `waits`, `signals`, `schedules`, `children`, `actions`: the life of instances.
//! - [`jobs`], [`outbox`], [`circuits`], `exchange`: activities that are done outside, after the commit.
//! - `instance`, `turn`, `slots`, `waits`, `signals`, `schedules`, `children`, `branches`, `sagas`, `actions`: the life of instances.
//! - [`activities`]: what the embedding program does for processes; `named`: its requests with names instead of numbers.
//! - [`post`]: mails on their way.
//! - [`operate`]: what operators do to instances.
//! - [`flows`], [`flow_view`]: runs of business process flows, moved by people.
//! - [`view`], [`why`], [`export`]: what people see of instances, and how one travels.
//! - [`deploy`], [`migration`]: builds come, and tables change; `needs`, `reach`, `contracts`: what live instances and callers
//!   rely on.
//! - `machine`, `host`: running bodies and answering their requests.
//!
//! Everything is deterministic given the store, the clock and the seed. An operation that was answered with success is
//! on disk.

mod actions;
pub mod activities;
mod actor;
mod amounts;
mod branches;
mod children;
pub mod circuits;
pub mod clock;
mod contracts;
mod definitions;
pub mod deploy;
mod dialogs;
mod exchange;
pub mod export;
pub mod faults;
pub mod flow_view;
pub mod flows;
pub mod form;
mod forms;
mod giving_up;
mod host;
mod index;
mod instance;
pub mod jobs;
mod keys;
mod log;
mod machine;
pub mod migration;
mod named;
mod needs;
mod numbers;
pub mod operate;
mod operation;
pub mod outbox;
mod pipeline;
mod plugins;
pub mod post;
mod probe;
mod questions;
mod reach;
mod requests;
mod retention;
mod retries;
mod rights;
mod rows;
mod rules;
mod sagas;
mod schedules;
mod scope;
pub mod settings;
mod signals;
mod slots;
pub mod store;
pub mod texts;
mod triggers;
pub mod tunables;
mod turn;
pub mod view;
mod waits;
pub mod why;
mod words;
pub mod worker;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::tz::TimeZone;

use crate::{
    base::{
        ids::IdMap,
        limits::TURN_FUEL,
        value::{RecordRef, Value},
    },
    bytecode::{
        link::Numbering,
        module::Module,
        types::{FieldIdx, FuncIdx},
    },
    vm::{fault::Fault, program::Program},
};

use self::{
    activities::{Activity, Mock},
    actor::Actor,
    clock::{Clock, Random},
    definitions::Definitions,
    faults::{Answer, Failure},
    log::{Culprit, Subject},
    operation::set,
    post::Office,
    rights::Access,
    store::{Row, Schema, Store, StoreError},
    texts::StoreText,
    tunables::Tunable,
    waits::Watch,
};

pub use self::{
    dialogs::SessionView, forms::FormView, machine::TestHost, operation::Write, requests::Started, retries::Retries,
    turn::Ran, words::later,
};

/// The setting of a store that says when it became that of its project.
const FOUNDED: &str = "founded";

/// What the settings of a store begin with that name the owners of processes.
const OWNER: &str = "owner/";

/// How an engine is set up.
pub struct Settings {
    /// The clock. A virtual one makes the store a simulation.
    pub clock: Box<dyn Clock>,
    /// Where `random` and `uuid` begin.
    pub seed: u64,
    /// The hash of the build.
    pub build: String,
}

/// A statement that runs.
struct Spot {
    definitions: Arc<Definitions>,
    function: FuncIdx,
    pc: usize,
}

/// The engine of one project on one store.
pub struct Engine {
    store: Box<dyn Store>,
    schema: Arc<Schema>,
    /// The build that what runs now belongs to.
    definitions: Arc<Definitions>,
    /// The build whose triggers and schedules hold.
    current: Arc<Definitions>,
    /// Builds that instances began with, by hash.
    earlier: BTreeMap<String, Arc<Definitions>>,
    schedules: Vec<schedules::Scheduled>,
    clock: Box<dyn Clock>,
    random: Random,
    /// Where `random` stood at the last commit; the store has it.
    random_kept: u64,
    /// The moment of the turn or operation.
    now: i64,
    /// What is left for the turn or operation.
    fuel: u64,
    /// Whether a transaction is open.
    open: bool,
    /// Whether a wait is only looked at.
    probing: bool,
    /// Whether much is read outside of a transaction, during which nothing is written.
    reading: bool,
    /// Rows as the store has them, asked within a transaction or while much is read. All are dropped when something is
    /// undone, when another program has written, and when the caller gets at the store.
    cache: IdMap<RecordRef, Option<Arc<Row>>>,
    /// Records that are about to be written, innermost last.
    pending: Vec<(RecordRef, Arc<Row>)>,
    /// Operations within each other.
    nesting: u32,
    /// The records whose deletion is under way, outermost first.
    deleting: Vec<RecordRef>,
    /// What the wait that is being evaluated depends on.
    watching: Option<Watch>,
    /// Instances whose turn it is.
    running: Vec<i64>,
    /// The statement that runs.
    place: Option<Spot>,
    /// The process in which the last fault of an operation happened.
    culprit: Option<Culprit>,
    /// Whether the turn did something that the log tells, or left a wait.
    acted: bool,
    /// Forms that the turn has opened.
    opened: Vec<i64>,
    /// The answers with which the turn of a dialog began.
    submitted: Option<Value>,
    /// Whether the turn of a dialog did something that going back cannot undo.
    crossed: bool,
    owners: HashMap<String, i64>,
    /// Who does the activities, by name.
    activities: HashMap<String, Box<dyn Activity>>,
    /// What activities answer in a test, the latest last.
    mocks: Vec<Mock>,
    /// The plug-ins that were called.
    plugins: plugins::Plugins,
    /// What goes out and comes in while the engine works.
    outbox: outbox::Outbox,
    /// Values that this deployment gives to settings.
    settings: BTreeMap<String, Value>,
    /// Processes that nothing starts.
    inactive: BTreeSet<String>,
    /// What the store had as its version when it was read last.
    version: i64,
    /// Which activation of the store the current build is of.
    activation: Option<String>,
    zones: HashMap<String, TimeZone>,
    system_user: Option<i64>,
    /// What users may do, as long as nobody has written what says so.
    access: HashMap<i64, Arc<Access>>,
    /// Which builds are referred to.
    scan: retention::Scan,
    /// How turns are tried again that failed for a reason that may pass, where the store does not say.
    retries: Retries,
    /// The numbers that the store has of its own.
    tunables: BTreeMap<Tunable, i64>,
    /// The texts that the store has of its own.
    texts: BTreeMap<StoreText, String>,
    /// Who hands mails over.
    office: Option<Office>,
}

impl Settings {
    /// The settings of a program on a clock.
    #[must_use]
    pub fn of(program: &Program, clock: Box<dyn Clock>, seed: u64) -> Self {
        Self { clock, seed, build: program.build().to_string() }
    }
}

impl Engine {
    /// Opens a store for a program; an empty store becomes that of its project.
    ///
    /// # Errors
    /// If the store cannot be used, or belongs to another project or to the other kind of clock.
    pub fn open(mut store: Box<dyn Store>, program: Arc<Program>, settings: Settings) -> Answer<Self> {
        let schema = Arc::new(Schema::of(program.module())?);
        store.prepare(&schema)?;
        let schedules = schedules::of(program.module());
        let current = Arc::new(Definitions::new(program, settings.build));
        let now = settings.clock.now();
        let mut engine = Self {
            store,
            schema,
            definitions: Arc::clone(&current),
            current,
            earlier: BTreeMap::new(),
            schedules,
            clock: settings.clock,
            random: Random::new(settings.seed),
            random_kept: settings.seed,
            now,
            fuel: TURN_FUEL,
            open: false,
            probing: false,
            reading: false,
            cache: IdMap::default(),
            pending: Vec::new(),
            nesting: 0,
            deleting: Vec::new(),
            watching: None,
            running: Vec::new(),
            place: None,
            culprit: None,
            acted: false,
            opened: Vec::new(),
            submitted: None,
            crossed: false,
            owners: HashMap::new(),
            settings: BTreeMap::new(),
            inactive: BTreeSet::new(),
            version: 0,
            activation: None,
            activities: HashMap::new(),
            mocks: Vec::new(),
            outbox: outbox::Outbox::default(),
            plugins: plugins::Plugins::default(),
            zones: HashMap::new(),
            system_user: None,
            access: HashMap::new(),
            scan: retention::Scan::default(),
            retries: Retries::default(),
            tunables: BTreeMap::new(),
            texts: BTreeMap::new(),
            office: None,
        };
        engine.settle_in()?;
        Ok(engine)
    }

    /// Checks whose store it is and restores what belongs to the engine.
    fn settle_in(&mut self) -> Answer<()> {
        let project = self.module().meta.name.clone();
        let kind = if self.clock.is_virtual() { "simulated" } else { "real" };
        if self.store.meta(FOUNDED)?.is_none() {
            self.transaction(|engine| engine.found(&project, kind))?;
        }
        for (key, wanted) in [("project", project.as_str()), ("kind", kind)] {
            let found = self.store.meta(key)?.unwrap_or_default();
            if found != wanted {
                return Err(StoreError::Other(format!("its {key} is `{found}`, not `{wanted}`")).into());
            }
        }
        if let Some(now) = self.number("clock")? {
            self.clock.resume_at(now);
        }
        self.now = self.clock.now();
        self.activation = self.store.meta(deploy::ACTIVATION)?;
        self.version = self.store.version()?;
        self.load_earlier()?;
        self.restore()
    }

    /// Reads what the store keeps for the engine.
    pub(crate) fn restore(&mut self) -> Answer<()> {
        if let Some(state) = self.number("random")? {
            self.random = Random::new(state);
            self.random_kept = state;
        }
        self.owners.clear();
        for (key, owner) in self.store.metas(OWNER)? {
            if let (Some(process), Ok(owner)) = (key.strip_prefix(OWNER), owner.parse()) {
                self.owners.insert(process.to_owned(), owner);
            }
        }
        self.read_inactive()?;
        self.system_user = self.number("system user")?;
        self.read_settings()?;
        self.read_tunables()?;
        self.read_texts()?;
        self.take_up_schedules()
    }

    /// A setting of the store that is a number.
    fn number<N: std::str::FromStr>(&mut self, key: &str) -> Answer<Option<N>> {
        Ok(self.store.meta(key)?.and_then(|text| text.parse().ok()))
    }

    /// Makes an empty store that of the project, unless another program did meanwhile.
    fn found(&mut self, project: &str, kind: &str) -> Answer<()> {
        if self.store.meta(FOUNDED)?.is_some() {
            return Ok(());
        }
        self.store.set_meta(FOUNDED, &self.now.to_string())?;
        self.store.set_meta("project", project)?;
        let (key, numbers) = definitions::numbering_setting(&Numbering::of(self.module()));
        self.store.set_meta(key, &numbers)?;
        self.store.set_meta("kind", kind)?;
        if self.clock.is_virtual() {
            self.store.set_meta("clock", &self.now.to_string())?;
        }
        self.create_system_user()
    }

    /// The user who owns what nobody else does.
    fn create_system_user(&mut self) -> Answer<()> {
        let Some(entity) = self.definitions.index.user else { return Ok(()) };
        let mut row = self.new_row(entity, &[])?;
        let id = self.store.count_up("id")?;
        let (own, system) = (Value::Ref(RecordRef { entity, id }), self.definitions.index.system(entity));
        set(&mut row, Some(FieldIdx(0)), Value::Int(id));
        for field in [system.created_on, system.modified_on] {
            set(&mut row, field, Value::DateTime(self.now));
        }
        for field in [system.created_by, system.modified_by, system.owner] {
            set(&mut row, field, own.clone());
        }
        set(&mut row, system.version, Value::Int(1));
        let name = self.entity(entity)?.field_by_name("name").map(|(field, _)| field);
        set(&mut row, name, Value::Text("System".to_owned()));
        self.store.insert(entity, &row)?;
        Ok(self.store.set_meta("system user", &id.to_string())?)
    }

    /// The build that runs.
    #[must_use]
    pub fn module(&self) -> &Module {
        self.definitions.program.module()
    }

    /// The program that runs.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.definitions.program
    }

    /// The store, for listings.
    pub fn store(&mut self) -> &mut dyn Store {
        self.forget_rows();
        &mut *self.store
    }

    /// The built-in user, if the build has users.
    #[must_use]
    pub fn system_user(&self) -> Option<i64> {
        self.system_user
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    fn begin_group(&mut self) -> Answer<()> {
        self.store.begin()?;
        self.open = true;
        self.now = self.clock.now();
        self.fuel = TURN_FUEL;
        self.notice_others().inspect_err(|_| self.abandon_group())
    }

    fn commit_group(&mut self) -> Answer<()> {
        let state = self.random.state();
        let is_drawn = state != self.random_kept;
        let kept = if is_drawn { self.store.set_meta("random", &state.to_string()) } else { Ok(()) };
        if let Err(error) = kept.and_then(|()| self.store.commit()) {
            self.abandon_group();
            return Err(error.into());
        }
        self.open = false;
        self.random_kept = state;
        Ok(())
    }

    /// After an error of the store: nothing of the transaction stays.
    fn abandon_group(&mut self) {
        self.open = false;
        self.forget_rows();
        self.pending.clear();
        self.running.clear();
        self.nesting = 0;
        self.deleting.clear();
        self.watching = None;
        self.keep_taken();
        self.random = Random::new(self.random_kept);
        // The error that led here is the one to tell.
        let _ = self.store.rollback();
    }

    /// Does something in a transaction of its own, or as a part of the open one.
    pub(crate) fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        self.transaction_or(work, |_, _| Ok(()))
    }

    /// The same; of what is refused a trace is left in the transaction around it.
    pub(crate) fn transaction_or<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Answer<T>,
        refused: impl FnOnce(&mut Self, &Fault) -> Answer<()>,
    ) -> Answer<T> {
        let work = |engine: &mut Self| {
            let answer = engine.statement(work);
            if let Err(Failure::Fault(fault)) = &answer {
                refused(engine, fault)?;
            }
            answer
        };
        if self.open { work(self) } else { self.group(work, |_, _| Ok(())) }
    }

    /// A transaction: what is done in it and what is noted of that are on disk afterwards, or neither. `note` is not
    /// asked if the store has failed.
    fn group<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Answer<T>,
        note: impl FnOnce(&mut dyn Store, &Answer<T>) -> store::Result<()>,
    ) -> Answer<T> {
        self.begin_group()?;
        let answer = work(self);
        let noted = match &answer {
            Err(Failure::Store(error)) => Err(error.clone()),
            answer => note(&mut *self.store, answer),
        };
        if let Err(error) = noted {
            self.abandon_group();
            return Err(error.into());
        }
        self.commit_group()?;
        answer
    }

    /// What a user does, as one transaction.
    fn as_user<T>(
        &mut self,
        user: Option<i64>,
        subject: Subject,
        work: impl FnOnce(&mut Self, &Actor) -> Answer<T>,
    ) -> Answer<T> {
        let actor = Actor::user(user);
        self.fuel = TURN_FUEL;
        self.culprit = None;
        self.transaction_or(|engine| work(engine, &actor), |engine, fault| engine.log_refusal(&actor, subject, fault))
    }
}
