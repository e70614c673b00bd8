//! How turns are tried again that failed for a reason that may pass by itself, such as a lost connection.

use crate::base::limits::{RETRIES_MAX, RETRY_LONGEST_MICROS, RETRY_MICROS};

use super::Engine;

/// How often, and after which delays. Each delay is twice as long as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often a turn is tried again before its instance is parked.
    pub times: u32,
    /// The first delay, in microseconds.
    pub first: i64,
    /// The longest delay, in microseconds.
    pub longest: i64,
}

impl Default for Retries {
    fn default() -> Self {
        Self { times: RETRIES_MAX, first: RETRY_MICROS, longest: RETRY_LONGEST_MICROS }
    }
}

impl Retries {
    /// The delay after so many tries.
    pub(crate) fn delay(self, tries: u32) -> i64 {
        let doubled = 2_i64.saturating_pow(tries.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

impl Engine {
    /// Sets how this engine tries again what failed for a reason that may pass.
    pub fn set_retries(&mut self, retries: Retries) {
        self.retries = retries;
    }
}
