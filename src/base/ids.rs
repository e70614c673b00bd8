//! Maps by identities of records and instances: this program has given them itself, nobody chooses them so that they
//! collide, and the hash can be a quick one.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

/// A map by identities.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// A set of identities.
pub type IdSet<K> = HashSet<K, BuildHasherDefault<IdHasher>>;

/// An odd number whose bits look like chance.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of identities.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(FACTOR);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn finish(&self) -> u64 {
        // The upper half of a product is the mixed one, the lower bits choose the place.
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{EntityIdx, RecordRef};
    use std::hash::BuildHasher;

    #[test]
    fn numbers_that_follow_each_other_are_spread() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        let places: IdSet<u64> =
            (0..1_000).map(|id| hasher.hash_one(RecordRef { entity: EntityIdx(1), id: id * 1_024 }) % 1_024).collect();
        assert!(places.len() > 500, "{}", places.len());
    }
}
