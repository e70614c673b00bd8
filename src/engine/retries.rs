//! How turns are tried again that failed for a reason that may pass by itself, such as a lost connection.

use crate::base::limits::{RETRIES_MAX, RETRY_FACTOR, RETRY_LONGEST_MICROS, RETRY_MICROS};

use super::{Engine, tunables::Tunable};

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

impl Retries {
    /// The delay after so many tries.
    pub(crate) fn delay(self, tries: u32) -> i64 {
        let grown = i64::from(self.factor).saturating_pow(tries.saturating_sub(1));
        self.first.saturating_mul(grown).min(self.longest)
    }
}

impl Engine {
    /// Sets how this engine tries again what failed for a reason that may pass, where its store does not say otherwise.
    pub fn set_retries(&mut self, retries: Retries) {
        self.retries = retries;
    }

    /// How it does: what its store says, and else what was set here.
    #[must_use]
    pub fn retries(&self) -> Retries {
        let Retries { times, first, factor, longest } = self.retries;
        let count =
            |tunable, otherwise: u32| u32::try_from(self.tuned_or(tunable, i64::from(otherwise))).unwrap_or(otherwise);
        Retries {
            times: count(Tunable::RetryTimes, times),
            first: self.tuned_or(Tunable::RetryFirst, first),
            factor: count(Tunable::RetryFactor, factor),
            longest: self.tuned_or(Tunable::RetryLongest, longest),
        }
    }
}
