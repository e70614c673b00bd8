//! Sagas: undo blocks that statements have left, and running them, the last first.

use crate::{base::value::Value, bytecode::host::HostOp};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer, Failure},
    host::Arguments,
    machine::{End, Frame},
    store::UndoNote,
};

/// What counts undo blocks: the order over all branches.
const COUNTER: &str = "undo";

impl Engine {
    /// Requests about sagas.
    pub(crate) fn saga(
        &mut self,
        frame: &mut Frame<'_>,
        op: &HostOp,
        args: &mut Arguments<'_>,
    ) -> Answer<Option<Value>> {
        let row = frame.actor.row().ok_or_else(|| faults::unknown_request("a saga"))?;
        match op {
            HostOp::SagaBegin => return Ok(Some(Value::Int(self.store.counter(COUNTER)?))),
            HostOp::UndoNote(function) => {
                let arguments = args.rest().to_vec();
                let key = self.store.count_up(COUNTER)?;
                let note = UndoNote { key, instance: row, function: *function, arguments, user: frame.actor.user };
                self.store.put_undo(&note)?;
            }
            HostOp::SagaUndo => {
                let after = args.int()?;
                while let Some(note) = self.store.last_undo(row, after)? {
                    self.run_undo(&note)?;
                }
            }
            _ => {
                let after = args.int()?;
                self.store.clear_undo(row, after)?;
            }
        }
        Ok(None)
    }

    /// Runs an undo block and forgets it.
    fn run_undo(&mut self, note: &UndoNote) -> Answer<()> {
        self.store.remove_undo(note.key)?;
        self.acted = true;
        let instance = self.known_instance(note.instance)?;
        let process = self.process_named(&instance.process).map(|(_, process)| process.zone.clone());
        let zone = process.ok_or_else(|| faults::unknown_request("a process"))?;
        let actor = Actor { user: note.user, ..self.actor_of(&instance) };
        let (end, _) = self.run_body(note.function, &note.arguments, Frame::new(actor, &zone))?;
        match end {
            End::Faulted(fault) => Err(Failure::Fault(fault)),
            End::Waiting(_) => Err(faults::unknown_request("a wait within an undo block")),
            End::Done(_) | End::Stopped { .. } => Ok(()),
        }
    }

    /// Runs all that some branches have noted, the last first.
    pub(crate) fn undo_all(&mut self, branches: &[i64]) -> Answer<()> {
        if !self.definitions.index.has_undo {
            return Ok(());
        }
        let mut notes = Vec::new();
        for id in branches {
            notes.extend(self.store.undo_notes(*id)?);
        }
        notes.sort_unstable_by_key(|note| std::cmp::Reverse(note.key));
        notes.iter().try_for_each(|note| self.run_undo(note))
    }

    /// What a branch has noted is its parent's from now on.
    pub(crate) fn hand_over(&mut self, branch: i64, to: i64) -> Answer<()> {
        if self.definitions.index.has_undo { Ok(self.store.move_undo(branch, to)?) } else { Ok(()) }
    }
}
