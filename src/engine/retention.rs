//! What is not kept any longer goes, a little at a time: ended instances with their lines, old lines of the log, builds.

use std::collections::BTreeSet;

use crate::base::limits::{BUILD_MICROS, HISTORY_MICROS, REFUSED_MICROS, TIDIED_AT_ONCE};

use super::{Engine, clock::HOUR, deploy, faults::Answer, store::Sweep};

/// Which builds instances refer to, as far as they were looked at.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// When it begins.
    at: i64,
    /// The instance that was looked at last.
    after: i64,
    seen: BTreeSet<String>,
}

impl Engine {
    /// Deletes an ended instance that was kept long enough, with what it said, as far as there is room for that in the
    /// transaction. What it did to records is the history of those.
    pub(crate) fn forget(&mut self, id: i64, room: &mut u32) -> Answer<()> {
        // A simulation tells all that happened in it.
        if !self.clock.is_virtual() {
            let before = self.now.saturating_sub(HISTORY_MICROS);
            *room = room.saturating_sub(self.store.forget_lines(id, before, *room)?);
            if *room == 0 {
                return Ok(());
            }
        }
        *room = room.saturating_sub(1);
        Ok(self.store.delete_instance(id)?)
    }

    /// Deletes some of the lines of the log and of the builds that are not kept any longer, in one short transaction.
    /// Gives whether there may be more. Workers do so between turns.
    ///
    /// # Errors
    /// If the store fails.
    pub fn tidy(&mut self) -> Answer<bool> {
        self.transaction(|engine| {
            let talk = engine.sweep("swept/talk", Sweep::Talk, REFUSED_MICROS)?;
            let history = engine.sweep("swept/history", Sweep::History, HISTORY_MICROS)?;
            Ok(engine.sweep_builds()? || talk || history)
        })
    }

    /// Goes on through the log from where the last look ended.
    fn sweep(&mut self, place: &str, sweep: Sweep, kept: i64) -> Answer<bool> {
        let after = self.number(place)?.unwrap_or(0);
        let before = self.now.saturating_sub(kept);
        // LIMIT: TIDIED_AT_ONCE
        let Some(seen) = self.store.sweep_log(sweep, after, before, TIDIED_AT_ONCE)? else { return Ok(false) };
        self.store.set_meta(place, &seen.to_string())?;
        Ok(true)
    }

    /// Looks through the instances for the builds that they began with, and removes old ones that none of them has.
    fn sweep_builds(&mut self) -> Answer<bool> {
        if self.now < self.scan.at {
            return Ok(false);
        }
        let mut old = deploy::deployed(&mut *self.store)?;
        old.retain(|build| !build.is_current && !build.is_newest && build.at.saturating_add(BUILD_MICROS) < self.now);
        if !old.is_empty() {
            // LIMIT: TIDIED_AT_ONCE
            let batch = self.store.instance_builds(self.scan.after, TIDIED_AT_ONCE)?;
            if let Some((last, _)) = batch.last() {
                self.scan.after = *last;
                self.scan.seen.extend(batch.into_iter().map(|(_, build)| build));
                return Ok(true);
            }
        }
        // New instances have greater numbers: nobody refers to what was not seen.
        for build in old.iter().filter(|build| !self.scan.seen.contains(&build.hash)) {
            deploy::remove(&mut *self.store, &build.hash)?;
            self.earlier.remove(&build.hash);
        }
        self.scan = Scan { at: self.now.saturating_add(HOUR), ..Scan::default() };
        Ok(false)
    }
}
