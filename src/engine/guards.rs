//! Guards against processes that start each other for ever: how long a chain may be, and how often a process may be
//! started on one record.

use crate::base::limits::{CAUSAL_DEPTH_MAX, STARTS_PER_RECORD_HOUR_MAX};

use super::{
    Engine,
    faults::Answer,
    store::{Store, StoreError},
};

/// What the settings of a store begin with that say so.
const KEY: &str = "guard/";

/// What a guard counts, which a store may limit otherwise than all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Processes that start each other in a chain.
    Depth,
    /// Starts of one process on one record within an hour, caused by processes.
    Starts,
}

impl Guard {
    /// All of them, as they are listed.
    pub const ALL: [Guard; 2] = [Guard::Depth, Guard::Starts];

    /// Its name among the settings: `guard.depth`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Guard::Depth => "guard.depth",
            Guard::Starts => "guard.starts",
        }
    }

    /// The guard of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.name() == name)
    }

    /// What holds where a store does not say.
    #[must_use]
    pub fn default_value(self) -> u32 {
        match self {
            Guard::Depth => CAUSAL_DEPTH_MAX,
            Guard::Starts => STARTS_PER_RECORD_HOUR_MAX,
        }
    }

    /// The highest number that it takes; the lowest is 1.
    #[must_use]
    pub fn highest(self) -> u32 {
        match self {
            Guard::Depth => 1_000,
            Guard::Starts => 1_000_000,
        }
    }

    /// Whether it can be this much.
    #[must_use]
    pub fn takes(self, value: u32) -> bool {
        (1..=self.highest()).contains(&value)
    }

    /// Where a store keeps it.
    pub(super) fn key(self) -> String {
        self.name().replace('.', "/")
    }
}

/// What a store says about it.
///
/// # Errors
/// If the store cannot be read.
pub fn given(store: &mut dyn Store) -> Answer<Vec<(Guard, u32)>> {
    let mut found = Vec::new();
    for (key, text) in store.metas(KEY)? {
        let guard = Guard::ALL.into_iter().find(|guard| guard.key() == key);
        let value = text.parse().ok().filter(|value| guard.is_some_and(|guard| guard.takes(*value)));
        let (Some(guard), Some(value)) = (guard, value) else {
            return Err(StoreError::Damaged(format!("the setting `{key}` makes no sense")).into());
        };
        found.push((guard, value));
    }
    Ok(found)
}

impl Engine {
    /// What a guard allows: what the store says, and else what all have.
    #[must_use]
    pub fn allowed(&self, guard: Guard) -> u32 {
        let given = self.guards.iter().find(|(of, _)| *of == guard);
        given.map_or_else(|| guard.default_value(), |(_, value)| *value)
    }

    pub(super) fn read_guards(&mut self) -> Answer<()> {
        self.guards = given(&mut *self.store)?;
        Ok(())
    }
}
