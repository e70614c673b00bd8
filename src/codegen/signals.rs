//! Signals: `emit`, and the mailbox that waits look through.

use super::{code::Label, function::Lowerer, slots::Reg};
use crate::{
    bytecode::{host::HostOp, isa::Instruction, types::RecordIdx},
    sema::{
        hir::{Expr, LocalId, Place},
        schema::RecordId,
    },
};

impl Lowerer<'_> {
    /// `emit S { … } to r`.
    pub(super) fn emit_signal(&mut self, signal: RecordId, value: &Expr, to: Option<&Expr>) {
        let mut args = vec![self.value(value)];
        if let Some(to) = to {
            args.push(self.value(to));
        }
        self.host(HostOp::Emit(RecordIdx(signal.0)), &args, None);
    }

    /// Goes on at `taken` with the first signal for which the condition holds; its place is in `key` then.
    pub(super) fn look_for_signal(
        &mut self,
        signal: RecordId,
        bind: LocalId,
        condition: Option<&Expr>,
        key: Reg,
        taken: Label,
    ) {
        let record = RecordIdx(signal.0);
        let message = self.local(bind);
        let none = self.code.label();
        self.clear(key);
        let next = self.code.here();
        self.host(HostOp::MailNext(record), &[key], Some(key));
        self.code.emit_jump(none, |to| Instruction::JumpEqualTo { left: key.slot(), value: 0, to });
        self.host(HostOp::MailRead(record), &[key], Some(message));
        match condition {
            None => self.code.jump(taken),
            Some(condition) => {
                self.branch(condition, taken, true);
                self.code.jump(next);
            }
        }
        self.code.bind(none);
    }

    /// Takes the signal that was found out of the mailbox.
    pub(super) fn take_signal(&mut self, key: Reg, bind: LocalId, into: Option<&Place>) {
        self.host(HostOp::MailTake, &[key], None);
        if let Some(place) = into {
            let message = self.local(bind);
            let copy = self.take(message.ty);
            self.copy(copy, message);
            self.store(place, copy);
        }
    }
}
