//! How turns are tried again that failed for a reason that may pass by itself, such as a lost connection.

use crate::base::limits::{RETRIES_MAX, RETRY_FACTOR, RETRY_LONGEST_MICROS, RETRY_MICROS};

use super::{
    Engine,
    faults::Answer,
    store::{Store, StoreError},
};

/// What the settings of a store begin with that say how it tries again.
const KEY: &str = "retry/";

/// How often, and after which delays: each is `factor` times as long as the one before, up to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often a turn is tried again before its instance is parked.
    pub times: u32,
    /// The first delay, in microseconds.
    pub first: i64,
    /// How many times as long each delay is as the one before.
    pub factor: u32,
    /// The longest delay, in microseconds.
    pub longest: i64,
}

impl Default for Retries {
    fn default() -> Self {
        Self { times: RETRIES_MAX, first: RETRY_MICROS, factor: RETRY_FACTOR, longest: RETRY_LONGEST_MICROS }
    }
}

/// A number of [`Retries`] that a store may have of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// How often.
    Times,
    /// The first delay.
    First,
    /// What the delays grow by.
    Factor,
    /// The longest delay.
    Longest,
}

impl Part {
    /// All of them, as they are listed.
    pub const ALL: [Part; 4] = [Part::First, Part::Factor, Part::Longest, Part::Times];

    /// Its name among the settings: `retry.first`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Part::Times => "retry.times",
            Part::First => "retry.first",
            Part::Factor => "retry.factor",
            Part::Longest => "retry.longest",
        }
    }

    /// The part of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Whether it is a time, in microseconds.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Part::First | Part::Longest)
    }

    /// Whether it can be this much.
    #[must_use]
    pub fn takes(self, value: i64) -> bool {
        match self {
            Part::Times => u32::try_from(value).is_ok(),
            Part::Factor => (1..=1000).contains(&value),
            Part::First | Part::Longest => value > 0,
        }
    }

    /// Where a store keeps it.
    pub(super) fn key(self) -> String {
        self.name().replace('.', "/")
    }
}

impl Retries {
    /// The delay after so many tries.
    pub(crate) fn delay(self, tries: u32) -> i64 {
        let grown = i64::from(self.factor).saturating_pow(tries.saturating_sub(1));
        self.first.saturating_mul(grown).min(self.longest)
    }

    /// One number of it.
    #[must_use]
    pub fn part(self, part: Part) -> i64 {
        match part {
            Part::Times => i64::from(self.times),
            Part::First => self.first,
            Part::Factor => i64::from(self.factor),
            Part::Longest => self.longest,
        }
    }

    /// The same with another number. Nothing if it cannot be that.
    #[must_use]
    pub fn with(self, part: Part, value: i64) -> Option<Self> {
        if !part.takes(value) {
            return None;
        }
        Some(match part {
            Part::Times => Self { times: u32::try_from(value).ok()?, ..self },
            Part::First => Self { first: value, ..self },
            Part::Factor => Self { factor: u32::try_from(value).ok()?, ..self },
            Part::Longest => Self { longest: value, ..self },
        })
    }
}

/// What a store says about it.
///
/// # Errors
/// If the store cannot be read.
pub fn given(store: &mut dyn Store) -> Answer<Vec<(Part, i64)>> {
    let mut found = Vec::new();
    for (key, text) in store.metas(KEY)? {
        let part = Part::ALL.into_iter().find(|part| part.key() == key);
        let value = text.parse().ok().filter(|value| part.is_some_and(|part| part.takes(*value)));
        let (Some(part), Some(value)) = (part, value) else {
            return Err(StoreError::Damaged(format!("the setting `{key}` makes no sense")).into());
        };
        found.push((part, value));
    }
    Ok(found)
}

impl Engine {
    /// Sets how this engine tries again what failed for a reason that may pass, where its store does not say otherwise.
    pub fn set_retries(&mut self, retries: Retries) {
        self.retries = retries;
    }

    /// How it does: what its store says, and else what was set here.
    #[must_use]
    pub fn retries(&self) -> Retries {
        let with = |retries: Retries, (part, value): &(Part, i64)| retries.with(*part, *value).unwrap_or(retries);
        self.retries_of_store.iter().fold(self.retries, with)
    }

    pub(super) fn read_retries(&mut self) -> Answer<()> {
        self.retries_of_store = given(&mut *self.store)?;
        Ok(())
    }
}
