//! The builds of a store: the current one, whose triggers and schedules hold, and those that instances began with.
//!
//! An instance stays with its build until it ends: its code, its suspension points, the actions and processes that it
//! calls are of that build. What it does to records goes through the pipeline of the current one.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    base::value::EntityIdx,
    bytecode::{
        link::Numbering,
        module::ProcessDef,
        types::{FieldIdx, ProcessIdx},
    },
    vm::program::Program,
};

use super::{
    Engine,
    deploy::ACTIVATION,
    faults::{self, Answer},
    index::Index,
    schedules,
    store::{Schema, Store, StoreError},
};

/// The setting of a store that holds the hash of its current build.
pub(crate) const CURRENT: &str = "build";
/// What the settings begin with that name processes which nothing starts.
const INACTIVE: &str = "inactive/";
/// The setting of a store that holds the numbers of entities and fields.
const NUMBERING: &str = "numbering";

/// A build, ready to run on this store.
#[derive(Debug)]
pub(crate) struct Definitions {
    pub(crate) program: Arc<Program>,
    /// The hash of its content.
    pub(crate) hash: String,
    pub(crate) index: Index,
}

impl Definitions {
    pub(crate) fn new(program: Arc<Program>, hash: String) -> Self {
        let index = Index::of(program.module());
        Self { program, hash, index }
    }

    /// The processes that may wait for a signal.
    pub(crate) fn receivers(&self, signal: &str) -> impl Iterator<Item = &ProcessDef> {
        let signal = self.program.module().signal_by_name(signal).map(|(index, _)| index);
        let found = signal.map(|signal| self.index.receivers(signal)).unwrap_or_default();
        found.iter().filter_map(|index| self.program.module().process(*index))
    }

    /// The processes that begin with a signal, in the order they are started.
    pub(crate) fn started_by(&self, signal: &str) -> impl Iterator<Item = (ProcessIdx, &ProcessDef)> {
        let signal = self.program.module().signal_by_name(signal).map(|(index, _)| index);
        let found = signal.map(|signal| self.index.started_by(signal)).unwrap_or_default();
        found.iter().filter_map(|index| Some((*index, self.program.module().process(*index)?)))
    }
}

/// The numbers that a store gave to entities and fields; none before its first build.
pub(crate) fn numbering(store: &mut dyn Store) -> Result<Option<Numbering>, StoreError> {
    let Some(text) = store.meta(NUMBERING)? else { return Ok(None) };
    let entities =
        serde_json::from_str(&text).map_err(|_| StoreError::Damaged("the numbers of its entities".into()))?;
    Ok(Some(Numbering { entities }))
}

/// The setting that keeps the numbers, and its value.
pub(crate) fn numbering_setting(numbering: &Numbering) -> (&'static str, String) {
    (NUMBERING, serde_json::json!(numbering.entities).to_string())
}

impl Engine {
    /// Does something as a part of a build.
    pub(crate) fn in_build<T>(&mut self, hash: &str, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        if self.definitions.hash == hash {
            return work(self);
        }
        let definitions = self.definitions_of(hash)?;
        self.within(definitions, work)
    }

    /// Does something as the current build would.
    pub(crate) fn in_current<T>(&mut self, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        if Arc::ptr_eq(&self.definitions, &self.current) {
            return work(self);
        }
        self.within(Arc::clone(&self.current), work)
    }

    fn within<T>(&mut self, definitions: Arc<Definitions>, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        let around = std::mem::replace(&mut self.definitions, definitions);
        let answer = work(self);
        self.definitions = around;
        answer
    }

    /// A build of the store.
    pub(crate) fn definitions_of(&mut self, hash: &str) -> Answer<Arc<Definitions>> {
        if self.current.hash == hash {
            return Ok(Arc::clone(&self.current));
        }
        if let Some(known) = self.earlier.get(hash) {
            return Ok(Arc::clone(known));
        }
        let definitions = self.definitions_of_stored(hash)?;
        self.earlier.insert(hash.to_owned(), Arc::clone(&definitions));
        Ok(definitions)
    }

    fn definitions_of_stored(&mut self, hash: &str) -> Answer<Arc<Definitions>> {
        let bytes =
            self.store.build(hash)?.ok_or_else(|| StoreError::Damaged(format!("the build {hash} is not in it")))?;
        let numbering = numbering(&mut *self.store)?.unwrap_or_default();
        let program = Program::load_into(&bytes, &numbering)
            .map_err(|error| StoreError::Damaged(format!("the build {hash}: {error}")))?;
        Ok(Arc::new(Definitions::new(Arc::new(program), hash.to_owned())))
    }

    /// Loads the builds that live instances began with: what wakes these, and what they receive, is known before their
    /// next turn. Only an activation adds one.
    pub(crate) fn load_earlier(&mut self) -> Answer<()> {
        self.earlier.clear();
        let current = self.current.hash.clone();
        for hash in self.store.builds()?.into_iter().filter(|hash| *hash != current) {
            if self.store.is_in_use(&hash)? {
                self.definitions_of(&hash)?;
            }
        }
        Ok(())
    }

    /// Whether nothing starts this process of the build that runs: it was deactivated.
    pub(crate) fn is_inactive(&self, process: ProcessIdx) -> bool {
        !self.inactive.is_empty()
            && self.module().process(process).is_some_and(|process| self.inactive.contains(&process.name))
    }

    pub(crate) fn refuse_inactive(&self, process: ProcessIdx) -> Answer<()> {
        if !self.is_inactive(process) {
            return Ok(());
        }
        let name = self.module().process(process).map(|process| process.name.clone()).unwrap_or_default();
        Err(faults::not_startable(name, "because it is deactivated"))
    }

    /// Lets nothing start a process any more, or lets it start again; its instances go on. Gives whether that changed
    /// something.
    ///
    /// # Errors
    /// R0505 if the build has no such process; or the store's error.
    pub fn set_active(&mut self, process: &str, active: bool) -> Answer<bool> {
        if self.process_named(process).is_none() {
            return Err(faults::not_startable(process, "because the build has no such process"));
        }
        let key = format!("{INACTIVE}{process}");
        self.transaction(|engine| {
            let kept = if active { engine.store.remove_meta(&key) } else { engine.store.set_meta(&key, "") };
            Ok(kept?)
        })?;
        let name = process.to_owned();
        Ok(if active { self.inactive.remove(&name) } else { self.inactive.insert(name) })
    }

    /// The processes that were deactivated.
    pub fn inactive(&self) -> impl Iterator<Item = &str> {
        self.inactive.iter().map(String::as_str)
    }

    pub(crate) fn read_inactive(&mut self) -> Answer<()> {
        let found = self.store.metas(INACTIVE)?;
        self.inactive = found.iter().filter_map(|(key, _)| Some(key.strip_prefix(INACTIVE)?.to_owned())).collect();
        Ok(())
    }

    /// Reads again what other programs may have changed since.
    pub(crate) fn notice_others(&mut self) -> Answer<()> {
        let version = self.store.version()?;
        if version == self.version {
            return Ok(());
        }
        self.version = version;
        self.forget_rows();
        let activation = self.store.meta(ACTIVATION)?;
        if activation != self.activation {
            self.change_build()?;
            self.activation = activation;
        }
        self.restore()
    }

    /// Goes over to the build that another program made the current one.
    pub(crate) fn change_build(&mut self) -> Answer<()> {
        let hash = self.store.meta(CURRENT)?.unwrap_or_default();
        let definitions = self.definitions_of_stored(&hash)?;
        let schema = Arc::new(Schema::of(definitions.program.module())?);
        self.store.prepare(&schema)?;
        (self.schema, self.schedules) = (schema, schedules::of(definitions.program.module()));
        self.current = Arc::clone(&definitions);
        self.definitions = definitions;
        self.load_earlier()
    }

    /// All builds that run: the current one first.
    pub(crate) fn all_definitions(&self) -> Vec<Arc<Definitions>> {
        std::iter::once(&self.current).chain(self.earlier.values()).cloned().collect()
    }

    /// The references of an entity that a query of any build compares, so that an instance may wait for records that
    /// refer.
    pub(crate) fn watched_fields(&self, entity: EntityIdx) -> BTreeSet<FieldIdx> {
        let all = std::iter::once(&self.current).chain(self.earlier.values());
        all.flat_map(|definitions| definitions.index.watched_fields(entity)).collect()
    }
}
