//! `try`, `raise`, `atomic`, `act as`: what happens when a statement faults.

use super::{
    function::Lowerer,
    slots::Reg,
    unwind::{Scope, ScopeKind},
};
use crate::{
    bytecode::{
        host::HostOp,
        isa::Instruction,
        types::{RecordIdx, TypeDef},
    },
    sema::hir::{Block, Catch, Expr},
};

impl Lowerer<'_> {
    /// `try { } catch … { } finally { }`.
    pub(super) fn try_stmt(&mut self, body: &Block, catches: &[Catch], finally: Option<&Block>) {
        let Some(finally) = finally else {
            self.try_catch(body, catches);
            return;
        };
        let (entry, faulted) = (self.code.label(), self.code.label());
        let (selector, fault) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Fault));
        self.open_scope(ScopeKind::Finally { entry, selector, exits: Vec::new() });
        self.try_catch(body, catches);
        let scope = self.close_scope();
        self.emit(Instruction::LoadInt { into: selector.slot(), value: 0 });
        self.code.jump(entry);
        self.code.bind(faulted);
        self.guard(&scope, faulted, fault.slot(), true);
        self.emit(Instruction::LoadInt { into: selector.slot(), value: 1 });
        self.code.bind(entry);
        self.one_turn += 1;
        self.block(finally);
        self.one_turn -= 1;
        if let ScopeKind::Finally { exits, .. } = scope.kind {
            self.dispatch(selector, fault, &exits);
        }
    }

    fn try_catch(&mut self, body: &Block, catches: &[Catch]) {
        if catches.is_empty() {
            self.block(body);
            return;
        }
        let (caught, end) = (self.code.label(), self.code.label());
        let fault = self.take_def(TypeDef::Fault);
        self.open_scope(ScopeKind::Catch);
        self.block(body);
        let scope = self.close_scope();
        self.code.jump(end);
        self.code.bind(caught);
        self.guard(&scope, caught, fault.slot(), false);
        for catch in catches {
            let next = self.code.label();
            self.catch(catch, fault, next);
            self.code.jump(end);
            self.code.bind(next);
        }
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }

    /// A handler, or `next` if it is not for this fault.
    fn catch(&mut self, catch: &Catch, fault: Reg, next: super::code::Label) {
        let mark = self.slots.mark();
        if !catch.errors.is_empty() {
            let hit = self.code.label();
            let is = self.take_def(TypeDef::Bool);
            for error in &catch.errors {
                let record = RecordIdx(error.0);
                self.emit(Instruction::FaultIs { into: is.slot(), from: fault.slot(), record });
                self.jump_if(is.slot(), hit, true);
            }
            self.code.jump(next);
            self.code.bind(hit);
        }
        if let Some(bind) = catch.bind {
            let local = self.local(bind);
            match self.def(local.ty) {
                TypeDef::Record(_) => {
                    self.emit(Instruction::FaultPayload { into: local.slot(), from: fault.slot() });
                }
                _ => self.copy(local, fault),
            }
        }
        self.open_scope(ScopeKind::Caught { fault });
        self.block(&catch.body);
        self.close_scope();
        self.slots.release(mark);
    }

    /// `raise` in a `catch`.
    pub(super) fn raise_again(&mut self) {
        let caught = self.scopes.iter().rev().find_map(|scope| match scope.kind {
            ScopeKind::Caught { fault } => Some(fault),
            _ => None,
        });
        match caught {
            Some(fault) => self.emit(Instruction::RaiseAgain { from: fault.slot() }),
            None => self.unreachable(),
        }
    }

    /// `atomic { }`.
    pub(super) fn atomic(&mut self, body: &Block) {
        self.host(HostOp::AtomicBegin, &[], None);
        self.open_scope(ScopeKind::Atomic);
        self.one_turn += 1;
        self.block(body);
        self.one_turn -= 1;
        let scope = self.close_scope();
        self.end_scope(&scope, HostOp::AtomicCommit, HostOp::AtomicRollback);
    }

    /// `act as U { }`.
    pub(super) fn act_as(&mut self, user: &Expr, body: &Block) {
        let user = self.user(user);
        self.host(HostOp::ActAsBegin, &[user], None);
        self.open_scope(ScopeKind::ActAs);
        self.block(body);
        let scope = self.close_scope();
        self.end_scope(&scope, HostOp::ActAsEnd, HostOp::ActAsEnd);
    }

    /// A body with what runs last when the process is cancelled, by itself or from outside.
    pub(super) fn on_cancel(&mut self, body: &Block, cancel: &Block) {
        let (handler, other, end) = (self.code.label(), self.code.label(), self.code.label());
        let (fault, is) = (self.take_def(TypeDef::Fault), self.take_def(TypeDef::Bool));
        self.open_scope(ScopeKind::OnCancel);
        self.block(body);
        let scope = self.close_scope();
        self.code.jump(end);
        self.code.bind(handler);
        self.guard(&scope, handler, fault.slot(), true);
        self.emit(Instruction::FaultIsCancel { into: is.slot(), from: fault.slot() });
        self.jump_if(is.slot(), other, false);
        self.one_turn += 1;
        self.block(cancel);
        self.one_turn -= 1;
        self.code.bind(other);
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }

    /// One request at the end of a block, another one when a fault, a stop or a cancellation leaves it.
    fn end_scope(&mut self, scope: &Scope, well: HostOp, faulted: HostOp) {
        let (handler, end) = (self.code.label(), self.code.label());
        if !self.code.ends() {
            self.host(well, &[], None);
            self.code.jump(end);
        }
        let fault = self.take_def(TypeDef::Fault);
        self.code.bind(handler);
        self.guard(scope, handler, fault.slot(), true);
        self.host(faulted, &[], None);
        self.emit(Instruction::RaiseAgain { from: fault.slot() });
        self.code.bind(end);
    }
}
