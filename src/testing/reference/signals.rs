//! Signals: who gets one, the mailboxes, and what begins with one.

use super::{
    Evaluated, Fault, Reference,
    run::Run,
    triggers::Kept,
    world::{Actor, Wake},
};
use crate::{
    base::{
        limits::MAILBOX_MAX,
        value::{RecordRef, Value},
    },
    engine::store::{Change, LogKind},
    sema::{
        hir::{Block, Expr, LocalId, StmtKind, WaitArmKind},
        schema::{EntityId, ProcessId, RecordId, TriggerEvent},
        visit::blocks_of,
    },
};

/// A signal in a mailbox.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) signal: RecordId,
    pub(super) value: Value,
}

impl<'a> Reference<'a> {
    /// Emits a signal as a user; none is the system.
    ///
    /// # Errors
    /// With what refused it.
    pub fn emit_as(
        &mut self,
        user: Option<i64>,
        signal: RecordId,
        value: &Value,
        to: Option<RecordRef>,
    ) -> Evaluated<()> {
        let to = to.map_or(Value::None, Value::Ref);
        self.operation(user, None, |me, actor| me.emit(actor, signal, value, &to))
    }

    /// `emit`: into the mailboxes first, then what begins with it. No receiver named is everybody.
    pub(super) fn emit(&mut self, actor: Actor, signal: RecordId, value: &Value, to: &Value) -> Evaluated<()> {
        let record = match to {
            Value::Ref(record) => Some(*record),
            _ => None,
        };
        if record.is_some_and(|record| !self.world.records.contains_key(&record)) {
            return Err(Fault::Trap("R0401"));
        }
        let receivers = self.receivers(signal, to);
        for id in &receivers {
            let Some(instance) = self.world.instance(*id) else { continue };
            if instance.mail.len() >= MAILBOX_MAX {
                return Err(Fault::Trap("R0909"));
            }
            instance.mail.push(Mail { signal, value: value.clone() });
            if instance.wakes.contains(&Wake::Signal(signal)) {
                self.world.wake(*id);
            }
        }
        let begins: Vec<ProcessId> = self.started_by(signal);
        self.tell_emission(actor, signal, value, record, receivers.is_empty() && begins.is_empty());
        for id in begins {
            let primary = self.program.schema.process(id).and_then(|head| head.primary.as_ref());
            let fits = match (primary, record) {
                (None, _) => true,
                (Some(primary), Some(record)) => primary.ty.entities().contains(&EntityId(record.entity.0)),
                (Some(_), None) => false,
            };
            let own = record.filter(|_| primary.is_some());
            let kept = Kept { kind: "signal", signal: Some(value), ..Kept::called(actor.user, &[]) };
            if fits && !self.start_caused(actor, id, own, &kept)? {
                let message = format!("{} does not apply", self.process_name(id));
                self.note(actor, message);
            }
        }
        Ok(())
    }

    /// The instances that get a signal: alive, with an arm for it, and meant.
    fn receivers(&self, signal: RecordId, to: &Value) -> Vec<i64> {
        let is_meant = |id: i64, primary: Option<RecordRef>| match to {
            Value::Instance(wanted) => id == *wanted,
            Value::Ref(record) => primary == Some(*record),
            _ => true,
        };
        let all = self.world.instances.values();
        let found = all.filter(|instance| {
            instance.status.is_live()
                && is_meant(instance.id, instance.primary)
                && self.has_arm(instance.process, signal)
        });
        found.map(|instance| instance.id).collect()
    }

    fn has_arm(&self, process: ProcessId, signal: RecordId) -> bool {
        let body = self.program.processes.get(usize::from(process.0));
        body.is_some_and(|process| waits_for(&process.body.block, signal))
    }

    fn started_by(&self, signal: RecordId) -> Vec<ProcessId> {
        let heads = (0u16..).map(ProcessId).zip(&self.program.schema.processes);
        let begins = heads.filter(|(_, head)| head.triggers.iter().any(|t| t.event == TriggerEvent::Signal(signal)));
        begins.map(|(id, _)| id).collect()
    }

    fn tell_emission(
        &mut self,
        actor: Actor,
        signal: RecordId,
        value: &Value,
        record: Option<RecordRef>,
        nobody: bool,
    ) {
        let Some(def) = self.program.schema.records.get(usize::from(signal.0)) else { return };
        let message = if nobody { format!("{}, which nobody receives", def.name) } else { def.name.clone() };
        let values = if let Value::Record(values) = value { values.as_slice() } else { &[] };
        let fields = def.fields.iter().zip(values);
        let changes =
            fields.map(|(field, value)| Change { field: field.name.clone(), old: Value::None, new: value.clone() });
        self.tell(actor, LogKind::Emit, record, changes.collect(), message);
    }

    /// The place in the mailbox of the first signal that an arm takes. It lies in the name of the arm then.
    pub(super) fn first_fitting(
        &mut self,
        signal: RecordId,
        bind: LocalId,
        condition: Option<&Expr>,
        run: &mut Run<'a>,
    ) -> Evaluated<Option<usize>> {
        self.watch(Wake::Signal(signal));
        let own = run.actor.instance.and_then(|id| self.world.instances.get(&id).cloned());
        let own = own.ok_or(Fault::Unsupported("a mailbox"))?;
        for (place, mail) in own.mail.iter().enumerate().filter(|(_, mail)| mail.signal == signal) {
            run.set(bind, mail.value.clone());
            if condition.map_or(Ok(true), |condition| self.truth(condition, run))? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Takes a signal out of the mailbox.
    pub(super) fn take_mail(&mut self, place: usize, run: &Run<'a>) {
        let own = run.actor.instance.and_then(|id| self.world.instance(id));
        own.into_iter().for_each(|instance| drop(instance.mail.remove(place)));
    }
}

/// Whether a wait of the block takes the signal.
fn waits_for(block: &Block, signal: RecordId) -> bool {
    block.stmts.iter().any(|stmt| {
        let here = match &stmt.kind {
            StmtKind::Wait { arms, .. } => {
                arms.iter().any(|arm| matches!(arm.kind, WaitArmKind::Signal { signal: other, .. } if other == signal))
            }
            _ => false,
        };
        here || blocks_of(&stmt.kind).into_iter().any(|block| waits_for(block, signal))
    })
}
