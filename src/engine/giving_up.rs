//! What becomes of parked instances that nobody takes care of: a store may say how long they rest.

use super::{
    Engine,
    faults::{self, Answer, Failure},
    log::Line,
    store::{Instance, Status},
    tunables::Tunable,
};

impl Engine {
    /// Gives a parked instance up: it unwinds, and has failed with the fault that stopped it.
    ///
    /// # Errors
    /// R0402 and R0507 if there is no such instance or it is not parked; or the store's error.
    pub fn give_up(&mut self, id: i64) -> Answer<()> {
        self.transaction(|engine| {
            let instance = engine.known_whole(id)?;
            if instance.status != Status::Parked {
                return Err(faults::wrong_status(id, instance.status.word(), "given up"));
            }
            engine.surrender(instance)
        })
    }

    fn surrender(&mut self, instance: Instance) -> Answer<()> {
        let message = instance.fault.as_ref().map(|f| f.message.clone()).unwrap_or_default();
        match self.statement(|engine| engine.unwind(&instance, &message)) {
            Ok(()) => {}
            Err(Failure::Fault(fault)) => {
                let message = format!("while it was given up: {}", fault.message);
                self.log(Line { message, ..Line::of(&instance) })?;
            }
            Err(failure) => return Err(failure),
        }
        self.end_instance(instance, Status::Failed, message, None)
    }

    /// When an instance is given up that is parked since then; none if never.
    pub(super) fn given_up_at(&self, parked: i64) -> Option<i64> {
        parked.checked_add(self.tuned(Tunable::GiveUpAfter))
    }

    /// Gives up what is parked for as long as the store says now; it may have said less when that was parked.
    pub(super) fn parked_long(&mut self, mut instance: Instance) -> Answer<()> {
        instance.due = self.given_up_at(instance.changed);
        if instance.due.is_some_and(|due| due <= self.now) {
            let message = "given up by itself: nobody took care of it in time".to_owned();
            self.log(Line { message, user: None, ..Line::of(&instance) })?;
            return self.surrender(instance);
        }
        Ok(self.store.put_instance(&instance)?)
    }
}
