//! Builds come into a store, become current, and go.
//!
//! A store belongs to one project. `deploy` keeps a build in it, `activate` makes it the current one: the tables become
//! those of the build, its triggers subscribe, its schedules start. Instances stay with the build that they began with;
//! it is kept as long as there is one of them.

use std::sync::Arc;

use crate::{
    base::value::EntityIdx,
    bytecode::{container, link::Numbering},
    vm::program::{LoadError, Program},
};

use super::{
    Engine, Settings,
    clock::{Clock, SystemClock},
    contracts,
    definitions::{CURRENT, numbering, numbering_setting},
    faults::Answer,
    migration::{self, Plan, Side},
    needs,
    store::{Schema, Store, StoreError, TableChange},
};

/// The setting that holds the hash of the build that was deployed last.
const NEWEST: &str = "newest build";
/// What the settings that tell of a build begin with.
const DEPLOYED: &str = "deployed/";
/// The setting that counts activations, so that other programs notice them.
pub(crate) const ACTIVATION: &str = "activation";

/// A build in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// The hash of its content.
    pub hash: String,
    /// The version that its project says.
    pub version: String,
    /// When it was deployed.
    pub at: i64,
    /// Whether its triggers and schedules hold.
    pub is_current: bool,
    /// Whether it is the one that was deployed last.
    pub is_newest: bool,
}

fn unusable(error: LoadError) -> StoreError {
    StoreError::Other(error.to_string())
}

fn kept(store: &mut dyn Store, hash: &str) -> Answer<Vec<u8>> {
    Ok(store.build(hash)?.ok_or_else(|| StoreError::Damaged(format!("the build {hash} is not in it")))?)
}

/// Keeps a build in a store, as a draft. Gives its hash, and whether it is new there.
///
/// # Errors
/// If it is no build, or the store belongs to another project or to simulations.
pub fn deploy(store: &mut dyn Store, build: &[u8]) -> Answer<(String, bool)> {
    let program = Program::load(build).map_err(unusable)?;
    let meta = &program.module().meta;
    let (hash, now) = (program.build().to_string(), SystemClock.now());
    for (key, wanted) in [("project", meta.name.as_str()), ("kind", "real")] {
        let found = store.meta(key)?;
        if let Some(found) = found.filter(|found| found != wanted) {
            return Err(StoreError::Other(format!("its {key} is `{found}`, not `{wanted}`")).into());
        }
    }
    store.begin()?;
    let keep = |store: &mut dyn Store| {
        let is_new = store.build(&hash)?.is_none();
        store.put_build(&hash, build)?;
        if is_new {
            store.set_meta(&format!("{DEPLOYED}{hash}"), &format!("{now} {}", meta.version))?;
        }
        store.set_meta("project", &meta.name)?;
        store.set_meta("kind", "real")?;
        store.set_meta(NEWEST, &hash)?;
        Ok(is_new)
    };
    match keep(store) {
        Ok(is_new) => {
            store.commit()?;
            Ok((hash, is_new))
        }
        Err(error) => {
            // The error that led here is the one to tell.
            let _ = store.rollback();
            Err(StoreError::into(error))
        }
    }
}

/// The builds of a store, the one that was deployed last first.
///
/// # Errors
/// If the store cannot be read.
pub fn deployed(store: &mut dyn Store) -> Answer<Vec<Deployed>> {
    let (current, newest) = (store.meta(CURRENT)?, store.meta(NEWEST)?);
    let mut found = Vec::new();
    for (key, text) in store.metas(DEPLOYED)? {
        let hash = key.strip_prefix(DEPLOYED).unwrap_or_default().to_owned();
        let (at, version) = text.split_once(' ').unwrap_or(("0", text.as_str()));
        found.push(Deployed {
            is_current: current.as_ref() == Some(&hash),
            is_newest: newest.as_ref() == Some(&hash),
            hash,
            version: version.to_owned(),
            at: at.parse().unwrap_or_default(),
        });
    }
    found.sort_by(|a, b| (b.is_newest, b.at, &b.hash).cmp(&(a.is_newest, a.at, &a.hash)));
    Ok(found)
}

/// What a store's settings are declared by: its current build, then the one that was deployed last, if that is another.
///
/// # Errors
/// If the store cannot be read.
pub fn declaring(store: &mut dyn Store) -> Answer<Vec<Program>> {
    let mut hashes: Vec<String> = [store.meta(CURRENT)?, store.meta(NEWEST)?].into_iter().flatten().collect();
    hashes.dedup();
    hashes.iter().map(|hash| build(store, hash)).collect()
}

/// A build of a store, with its own numbers.
///
/// # Errors
/// If the store has no such build, or cannot be read.
pub fn build(store: &mut dyn Store, hash: &str) -> Answer<Program> {
    Ok(Program::load(&kept(store, hash)?).map_err(unusable)?)
}

/// Takes a build out of a store.
pub(crate) fn remove(store: &mut dyn Store, hash: &str) -> Answer<()> {
    store.remove_build(hash)?;
    Ok(store.remove_meta(&format!("{DEPLOYED}{hash}"))?)
}

/// What is to be done, with the builds that it is between.
struct Change {
    plan: Plan,
    schema: Arc<Schema>,
    numbering: Numbering,
}

fn prepare(store: &mut dyn Store, hash: &str) -> Answer<Change> {
    let bytes = kept(store, hash)?;
    let program = Program::load(&bytes).map_err(unusable)?;
    let mut numbering = numbering(store)?.unwrap_or_default();
    numbering.extend(program.module());
    let program = Program::load_into(&bytes, &numbering).map_err(unusable)?;
    let schema = Arc::new(Schema::of(program.module())?);
    let new = Side { module: program.module(), schema: &schema };
    let Some(current) = store.meta(CURRENT)? else {
        let tables = (0u16..).map(EntityIdx).zip(&schema.tables);
        let changes = tables.filter(|(_, table)| !table.is_gone()).map(|(entity, _)| TableChange::Create(entity));
        let plan = Plan { changes: changes.collect(), ..Plan::default() };
        return Ok(Change { plan, schema, numbering });
    };
    let old = Program::load_into(&kept(store, &current)?, &numbering).map_err(unusable)?;
    let old_schema = Arc::new(Schema::of(old.module())?);
    store.prepare(&old_schema)?;
    let mut plan = migration::plan(store, &Side { module: old.module(), schema: &old_schema }, &new)?;
    plan.notes = contracts::changes(old.module(), program.module());
    for earlier in store.builds()?.into_iter().filter(|earlier| earlier != hash) {
        if !store.is_in_use(&earlier)? {
            continue;
        }
        let program = Program::load_into(&kept(store, &earlier)?, &numbering).map_err(unusable)?;
        let its_schema = Schema::of(program.module())?;
        let side = Side { module: program.module(), schema: &its_schema };
        plan.steps.extend(needs::refusals(store, &earlier, &side, &new)?);
    }
    Ok(Change { plan, schema, numbering })
}

/// The beginning of a hash, for people.
#[must_use]
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// What activating a build would do to the tables.
///
/// # Errors
/// If the store has no such build, or fails.
pub fn plan(store: &mut dyn Store, hash: &str) -> Answer<Plan> {
    store.begin_migration()?;
    let planned = prepare(store, hash);
    let undone = store.rollback();
    let planned = planned?;
    undone?;
    Ok(planned.plan)
}

/// Makes a build the current one: all of it, or nothing. A plan that loses values is carried out only with `lossy`; one
/// with refusals never is. Gives the plan and whether it was carried out. What is planned is what is done: no other
/// program writes between.
///
/// # Errors
/// If the store has no such build, or fails.
pub fn activate(store: &mut dyn Store, hash: &str, lossy: bool) -> Answer<(Plan, bool)> {
    store.begin_migration()?;
    match change(store, hash, lossy) {
        Ok((plan, true)) => {
            store.commit()?;
            Ok((plan, true))
        }
        Ok(undone) => {
            store.rollback()?;
            Ok(undone)
        }
        Err(failure) => {
            // The error that led here is the one to tell.
            let _ = store.rollback();
            Err(failure)
        }
    }
}

fn change(store: &mut dyn Store, hash: &str, lossy: bool) -> Answer<(Plan, bool)> {
    let Change { plan, schema, numbering } = prepare(store, hash)?;
    if plan.refusals().next().is_some() || (plan.loses() > 0 && !lossy) {
        return Ok((plan, false));
    }
    let activation = store.meta(ACTIVATION)?.and_then(|text| text.parse::<u64>().ok()).unwrap_or_default() + 1;
    let (key, numbers) = numbering_setting(&numbering);
    store.migrate(&schema, &plan.changes)?;
    store.set_meta(key, &numbers)?;
    store.set_meta(CURRENT, hash)?;
    store.set_meta(ACTIVATION, &activation.to_string())?;
    Ok((plan, true))
}

impl Engine {
    /// The engine of a store, with the build that is current there.
    ///
    /// # Errors
    /// If the store has no current build, or cannot be used.
    pub fn attach(mut store: Box<dyn Store>, clock: Box<dyn Clock>, seed: u64) -> Answer<Self> {
        let hash = store.meta(CURRENT)?;
        let hash = hash.ok_or_else(|| StoreError::Other("no build is active in it".to_owned()))?;
        let numbering = numbering(&mut *store)?.unwrap_or_default();
        let program = Program::load_into(&kept(&mut *store, &hash)?, &numbering).map_err(unusable)?;
        Self::open(store, Arc::new(program), Settings { clock, seed, build: hash })
    }

    /// The engine of a program on a store that it has in real time: the program is deployed and becomes the current build,
    /// unless it is. What instances of earlier builds began goes on with these.
    ///
    /// # Errors
    /// If records would lose values or the tables cannot become those of the program, which [`plan`] tells; or the store's
    /// error.
    pub fn with_program(
        mut store: Box<dyn Store>,
        program: &Program,
        clock: Box<dyn Clock>,
        seed: u64,
    ) -> Answer<Self> {
        let build = container::encode(program.module()).map_err(|error| unusable(LoadError::Container(error)))?;
        let (hash, _) = deploy(&mut *store, &build)?;
        if store.meta(CURRENT)?.as_ref() != Some(&hash) {
            let (plan, done) = activate(&mut *store, &hash, false)?;
            if !done {
                let stops = |step: &&migration::Step| step.refused.is_some() || step.loses > 0;
                let steps: Vec<&str> = plan.steps.iter().filter(stops).map(|step| step.words.as_str()).collect();
                return Err(StoreError::Other(format!("its tables cannot follow: {}", steps.join(", "))).into());
            }
        }
        Self::attach(store, clock, seed)
    }

    /// Keeps a build in the store, as [`deploy`] does.
    ///
    /// # Errors
    /// As there.
    pub fn deploy(&mut self, build: &[u8]) -> Answer<(String, bool)> {
        deploy(&mut *self.store, build)
    }

    /// Makes a build the current one, as [`activate`] does, and goes over to it.
    ///
    /// # Errors
    /// As there.
    pub fn activate(&mut self, hash: &str, lossy: bool) -> Answer<(Plan, bool)> {
        let (plan, done) = activate(&mut *self.store, hash, lossy)?;
        if done {
            self.forget_rows();
            self.now = self.clock.now();
            self.activation = self.store.meta(ACTIVATION)?;
            self.change_build()?;
            self.restore()?;
        }
        Ok((plan, done))
    }
}
