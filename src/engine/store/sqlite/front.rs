//! The front of a queue: the first instances that are ready, or that the clock wakes, without a query for each.

use std::collections::BTreeSet;

/// How many are read at once.
pub(super) const READ_AT_ONCE: u32 = 256;

/// The first of a queue, in order: place or moment, and instance.
#[derive(Debug, Default)]
pub(super) struct Front {
    /// None if they are to be read anew.
    known: Option<BTreeSet<(i64, i64)>>,
    /// Whether these are all; else later ones may be missing.
    is_whole: bool,
}

impl Front {
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    /// What was read: the first of all.
    pub(super) fn fill(&mut self, read: BTreeSet<(i64, i64)>) {
        self.is_whole = read.len() < READ_AT_ONCE as usize;
        self.known = Some(read);
    }

    /// The first, if that is known; none if there is none.
    pub(super) fn first(&self) -> Option<Option<(i64, i64)>> {
        let known = self.known.as_ref()?;
        if known.is_empty() && !self.is_whole { None } else { Some(known.first().copied()) }
    }

    /// An instance has moved.
    pub(super) fn moved(&mut self, id: i64, from: Option<i64>, to: Option<i64>) {
        if from == to {
            return;
        }
        let Some(known) = &mut self.known else { return };
        if let Some(from) = from {
            known.remove(&(from, id));
        }
        if let Some(to) = to.map(|to| (to, id))
            && (self.is_whole || known.last().is_some_and(|last| to < *last))
        {
            known.insert(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_the_last_that_is_known_is_read_in_its_turn() {
        let mut front = Front::default();
        assert_eq!(front.first(), None);
        front.fill((0..i64::from(READ_AT_ONCE)).map(|place| (place * 2, place)).collect());
        front.moved(900, None, Some(9_000));
        front.moved(901, None, Some(1));
        for place in [0, 1] {
            assert_eq!(front.first().unwrap().unwrap().0, place);
            let (_, id) = front.first().unwrap().unwrap();
            front.moved(id, Some(place), None);
        }
        for place in 1..i64::from(READ_AT_ONCE) {
            front.moved(place, Some(place * 2), None);
        }
        // There may be more, such as 9,000.
        assert_eq!(front.first(), None);
        front.fill(BTreeSet::from([(9_000, 900)]));
        front.moved(900, Some(9_000), Some(9_500));
        assert_eq!(front.first(), Some(Some((9_500, 900))));
        front.moved(900, Some(9_500), None);
        assert_eq!(front.first(), Some(None));
    }
}
