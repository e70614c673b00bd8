//! Records found by the words that people have for them.

use crate::base::value::EntityIdx;

use super::{Engine, faults::Answer};

impl Engine {
    /// The record with this unique key, else those with this shown name: at most two, as two are too many.
    ///
    /// # Errors
    /// With the fault of a shown name that cannot be computed, or the store's error.
    pub fn records_of_key(&mut self, entity: EntityIdx, key: &str) -> Answer<Vec<i64>> {
        self.reading(|engine| {
            // A turn has just so much fuel; this is none, and many names may have to be looked at.
            let fuel = std::mem::replace(&mut engine.fuel, u64::MAX);
            let found = match engine.by_unique_key(entity, key) {
                Ok(Some(id)) => Ok(vec![id]),
                Ok(None) => engine.by_shown_name(entity, key),
                Err(failure) => Err(failure),
            };
            engine.fuel = fuel;
            found
        })
    }
}
