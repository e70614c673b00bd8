//! Where the engine reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of an hour.
pub const HOUR: i64 = 3_600 * SECOND;

/// A clock: microseconds since 1970-01-01T00:00Z.
pub trait Clock: Send {
    /// The moment.
    fn now(&self) -> i64;

    /// Sets the moment; only a virtual clock obeys, and only forward.
    fn set(&mut self, to: i64) -> bool;

    /// Goes on from where a store stands, before anything has run on it; only a virtual clock obeys.
    fn resume_at(&mut self, moment: i64);

    /// Whether the moment is only moved by [`Clock::set`].
    fn is_virtual(&self) -> bool;
}

/// The clock of the machine. It never goes backward as long as the program runs.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    fn set(&mut self, _: i64) -> bool {
        false
    }

    fn resume_at(&mut self, _: i64) {}

    fn is_virtual(&self) -> bool {
        false
    }
}

/// A clock of simulations and tests.
#[derive(Debug)]
pub struct VirtualClock {
    now: i64,
}

impl VirtualClock {
    /// A clock that stands at a moment.
    #[must_use]
    pub fn at(now: i64) -> Self {
        Self { now }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> i64 {
        self.now
    }

    fn set(&mut self, to: i64) -> bool {
        self.now = self.now.max(to);
        true
    }

    fn resume_at(&mut self, moment: i64) {
        self.now = moment;
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

/// Numbers that cannot be told from random ones by a process; the same seed gives the same numbers.
#[derive(Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Where the numbers stand: a seed that goes on from here.
    #[must_use]
    pub fn state(&self) -> u64 {
        self.state
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number between two, both included; `low` if they are the wrong way round.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = i128::from(high) - i128::from(low) + 1;
        if width < 1 {
            return low;
        }
        // Below 2^64 times at most 2^64: within 128 bits without a sign.
        let drawn = (u128::from(self.draw()) * width.unsigned_abs()) >> 64;
        i128::try_from(drawn).ok().and_then(|drawn| i64::try_from(i128::from(low) + drawn).ok()).unwrap_or(low)
    }

    /// A text like `0b6e4ab6-5d3c-4a6f-9d4b-1c2d3e4f5a6b`.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.draw(), self.draw());
        let high = high & !0xF000 | 0x4000;
        let low = low & !(0b11 << 62) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_stay_between_their_ends() {
        let mut random = Random::new(7);
        let drawn: Vec<i64> = (0..600).map(|_| random.between(-1, 1)).collect();
        assert!([-1, 0, 1].iter().all(|n| drawn.contains(n)));
        assert!(drawn.iter().all(|n| (-1..=1).contains(n)));
        assert_eq!(random.between(5, 4), 5);
        random.between(i64::MIN, i64::MAX);
    }

    #[test]
    fn uuids_have_their_version_and_differ() {
        let (a, b) = (Random::new(1).uuid(), Random::new(2).uuid());
        assert_ne!(a, b);
        assert_eq!((a.len(), a.as_bytes()[14]), (36, b'4'));
    }
}
