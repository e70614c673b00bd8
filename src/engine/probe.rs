//! A look at a wait that changes nothing: its arms are tested as in a turn, up to the first thing that is no question.

use crate::{base::limits::TURN_FUEL, bytecode::host::HostOp};

use super::{Engine, faults::Answer, machine::End, store::Instance};

/// Whether the arms of a wait ask it.
pub(super) fn is_asked(op: &HostOp) -> bool {
    let of_wait = matches!(
        op,
        HostOp::BranchesAtMost
            | HostOp::BranchesEnough
            | HostOp::FormAnswered
            | HostOp::PageAnswered
            | HostOp::JoinChild(_)
            | HostOp::MailNext(_)
            | HostOp::MailRead(_)
            | HostOp::WatchBegin
            | HostOp::WatchMoment
    );
    op.is_read() || op.is_fact() || of_wait
}

impl Engine {
    /// The moments of the arms of a wait that the clock ends, in order, as its conditions have them now; none if one of
    /// the arms holds already, so that the instance goes on as soon as a worker takes it up.
    pub(super) fn moments_now(&mut self, instance: &Instance) -> Answer<Option<Vec<i64>>> {
        let (mut machine, mut frame) = self.prepare(instance)?;
        machine.resume();
        (self.fuel, self.probing) = (TURN_FUEL, true);
        let end = self.drive(&mut machine, &mut frame);
        // It is not, if something else was asked for.
        let is_whole = std::mem::replace(&mut self.probing, false);
        let watch = self.watching.take();
        match end {
            Ok(End::Waiting(_)) => Ok(watch.map(|watch| watch.moments)),
            Err(failure) if is_whole => Err(failure),
            _ => Ok(None),
        }
    }
}
