//! Numbers of the engine that a store may have of its own: how what failed is tried again, how long what is parked rests,
//! and what processes may start.
//! They are kept in the store, and hold at once for all that work on it.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::base::limits::{
    CAUSAL_DEPTH_MAX, RETRIES_MAX, RETRY_FACTOR, RETRY_LONGEST_MICROS, RETRY_MICROS, STARTS_PER_RECORD_HOUR_MAX,
};

use super::{
    Engine,
    faults::Answer,
    store::{Store, StoreError},
};

/// What the settings of a store begin with that are such numbers.
const KEY: &str = "engine/";

/// A time that is never over.
pub const NEVER: i64 = i64::MAX;

/// Such a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tunable {
    /// The delay before a turn is tried again for the first time, in microseconds.
    RetryFirst,
    /// How many times as long each delay is as the one before.
    RetryFactor,
    /// The longest delay, in microseconds.
    RetryLongest,
    /// How often a turn is tried again before its instance is parked.
    RetryTimes,
    /// Processes that start each other in a chain.
    GuardDepth,
    /// Starts of one process on one record within an hour, caused by processes.
    GuardStarts,
    /// The time after which a parked instance is given up, in microseconds.
    GiveUpAfter,
}

impl Tunable {
    /// All of them, as they are listed.
    pub const ALL: [Tunable; 7] = [
        Tunable::RetryFirst,
        Tunable::RetryFactor,
        Tunable::RetryLongest,
        Tunable::RetryTimes,
        Tunable::GuardDepth,
        Tunable::GuardStarts,
        Tunable::GiveUpAfter,
    ];

    /// Its name among the settings: `retry.first`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tunable::RetryFirst => "retry.first",
            Tunable::RetryFactor => "retry.factor",
            Tunable::RetryLongest => "retry.longest",
            Tunable::RetryTimes => "retry.times",
            Tunable::GuardDepth => "guard.depth",
            Tunable::GuardStarts => "guard.starts",
            Tunable::GiveUpAfter => "give_up.after",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tunable| tunable.name() == name)
    }

    /// Whether it is a time, in microseconds.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Tunable::RetryFirst | Tunable::RetryLongest | Tunable::GiveUpAfter)
    }

    /// What it can be.
    #[must_use]
    pub fn range(self) -> RangeInclusive<i64> {
        match self {
            Tunable::RetryFirst | Tunable::RetryLongest | Tunable::GiveUpAfter => 1..=i64::MAX,
            Tunable::RetryTimes => 0..=1_000_000,
            Tunable::GuardStarts => 1..=1_000_000,
            Tunable::RetryFactor | Tunable::GuardDepth => 1..=1_000,
        }
    }

    /// What it is where nobody says otherwise.
    #[must_use]
    pub fn usual(self) -> i64 {
        match self {
            Tunable::RetryFirst => RETRY_MICROS,
            Tunable::RetryFactor => i64::from(RETRY_FACTOR),
            Tunable::RetryLongest => RETRY_LONGEST_MICROS,
            Tunable::RetryTimes => i64::from(RETRIES_MAX),
            Tunable::GuardDepth => i64::from(CAUSAL_DEPTH_MAX),
            Tunable::GuardStarts => i64::from(STARTS_PER_RECORD_HOUR_MAX),
            Tunable::GiveUpAfter => NEVER,
        }
    }

    /// Where a store keeps it.
    pub(super) fn key(self) -> String {
        format!("{KEY}{}", self.name())
    }
}

/// What a store says about them.
///
/// # Errors
/// If the store cannot be read.
pub fn given(store: &mut dyn Store) -> Answer<BTreeMap<Tunable, i64>> {
    let mut found = BTreeMap::new();
    for (key, text) in store.metas(KEY)? {
        let tunable = Tunable::ALL.into_iter().find(|tunable| tunable.key() == key);
        let value = text.parse().ok().filter(|value| tunable.is_some_and(|tunable| tunable.range().contains(value)));
        let (Some(tunable), Some(value)) = (tunable, value) else {
            return Err(StoreError::Damaged(format!("the setting `{key}` makes no sense")).into());
        };
        found.insert(tunable, value);
    }
    Ok(found)
}

impl Engine {
    /// What a number is: what the store says, and else what all have.
    #[must_use]
    pub fn tuned(&self, tunable: Tunable) -> i64 {
        self.tuned_or(tunable, tunable.usual())
    }

    /// What a number is: what the store says, and else this.
    pub(super) fn tuned_or(&self, tunable: Tunable, otherwise: i64) -> i64 {
        self.tunables.get(&tunable).copied().unwrap_or(otherwise)
    }

    /// Sets a number for all that work on the store, to the nearest that it can be; without one, what all stores have holds.
    ///
    /// # Errors
    /// The store's error.
    pub fn tune(&mut self, tunable: Tunable, value: Option<i64>) -> Answer<()> {
        let range = tunable.range();
        let value = value.map(|value| value.clamp(*range.start(), *range.end()).to_string());
        self.transaction(|engine| {
            match value {
                Some(value) => engine.store.set_meta(&tunable.key(), &value)?,
                None => engine.store.remove_meta(&tunable.key())?,
            }
            Ok(())
        })?;
        self.read_tunables()
    }

    pub(super) fn read_tunables(&mut self) -> Answer<()> {
        self.tunables = given(&mut *self.store)?;
        Ok(())
    }
}
