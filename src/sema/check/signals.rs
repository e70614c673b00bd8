//! Signals: `emit`, `wait on`, arms `on S`, and the signal that started a process.

use super::{
    checker::{Checker, error},
    facts::Facts,
};
use crate::{
    base::span::Span,
    sema::{
        errors::{signals as errors, uses},
        hir::{Block, Capture, Expr, StmtKind, WaitArm, WaitArmKind},
        names::Def,
        schema::{RecordId, TriggerEvent},
        ty::Ty,
        types::Wanted,
    },
    syntax::ast::{self, FieldInit, Ident},
};

/// What the fields of a signal are read of in its condition.
const IT: &str = "it";

impl Checker<'_> {
    fn signal_named(&mut self, name: &Ident) -> Option<RecordId> {
        match self.find_named(name, Wanted::Signal)? {
            Def::Signal(signal) => Some(signal),
            _ => None,
        }
    }

    /// `emit Approved { by: ann } to deal`.
    pub(super) fn emit(
        &mut self,
        signal: &Ident,
        fields: &[FieldInit],
        to: Option<&ast::Expr>,
        span: Span,
    ) -> StmtKind {
        self.may_act("emit", span);
        let value = match self.signal_named(signal) {
            Some(known) => self.record_fields(known, signal.span, fields, span),
            None => {
                fields.iter().for_each(|field| drop(self.expr(&field.value, Some(&Ty::Error))));
                error(span)
            }
        };
        let to = to.map(|to| self.receiver(to));
        match value.ty {
            Ty::Record(signal) => StmtKind::Emit { signal, value, to },
            _ => StmtKind::Error,
        }
    }

    /// Who gets a signal: a record or an instance.
    fn receiver(&mut self, written: &ast::Expr) -> Expr {
        let value = self.expr(written, None);
        let value = self.present(value);
        match value.ty {
            Ty::Ref(_) | Ty::Union(_) | Ty::AnyRef | Ty::Handle(_) | Ty::Error => value,
            _ => {
                let shown = self.show(&value.ty);
                self.refuse(errors::not_a_receiver(&shown, value.span), value.span)
            }
        }
    }

    /// `wait on Approved as a`; the name belongs to the block around.
    pub(super) fn wait_signal(
        &mut self,
        signal: &Ident,
        condition: Option<&ast::Expr>,
        bind: Option<&Ident>,
        span: Span,
    ) -> (StmtKind, Ty) {
        self.suspends("wait on", span);
        let told = self.messages.len();
        let Some((kind, facts)) = self.signal_arm(signal, condition, bind) else {
            return (StmtKind::Error, Ty::Error);
        };
        self.flow.learn(facts);
        if told == self.messages.len() {
            self.report_unlimited(span);
        }
        let ty = match &kind {
            WaitArmKind::Signal { signal, .. } => Ty::Record(*signal),
            _ => Ty::Error,
        };
        let arm = WaitArm { kind, body: Block::default(), span };
        (StmtKind::Wait { point: format!("wait {}", signal.name), arms: vec![arm] }, ty)
    }

    /// `on Approved where it.by != ann as a`.
    pub(super) fn signal_arm(
        &mut self,
        signal: &Ident,
        condition: Option<&ast::Expr>,
        bind: Option<&Ident>,
    ) -> Option<(WaitArmKind, Facts)> {
        let Some(known) = self.signal_named(signal) else {
            if let Some(bind) = bind {
                self.declare(bind, Ty::Error, false);
            }
            return None;
        };
        let ty = Ty::Record(known);
        let local = match bind {
            Some(bind) => self.unnamed(bind, ty, false),
            None => self.made(ty, signal.span),
        };
        let mut facts = Facts::new();
        let condition = condition.map(|written| {
            let earlier = self.lookup(IT).and_then(|earlier| self.local(earlier)).map(|earlier| earlier.span);
            if let Some(earlier) = earlier {
                self.report(uses::shadowing(IT, written.span, earlier));
            }
            let is_read = self.read.contains(&local);
            let condition = self.scoped(|checker| {
                checker.enter(IT, local);
                checker.condition(written)
            });
            if !is_read {
                self.read.remove(&local);
            }
            facts = self.facts_of(&condition, true);
            condition
        });
        if let Some(bind) = bind {
            self.bind(bind, local);
        }
        Some((WaitArmKind::Signal { signal: known, bind: local, condition, into: None }, facts))
    }

    /// `trigger.signal`.
    pub(super) fn trigger_signal(&mut self, span: Span) -> Expr {
        let Some(head) = self.host.head() else { return error(span) };
        let mut signals: Vec<RecordId> = Vec::new();
        let mut is_always = !head.on_demand && !head.called;
        for trigger in &head.triggers {
            match trigger.event {
                TriggerEvent::Signal(signal) if signals.contains(&signal) => {}
                TriggerEvent::Signal(signal) => signals.push(signal),
                _ => is_always = false,
            }
        }
        match signals.as_slice() {
            // What stands behind `when` was refused.
            [] if is_always && head.triggers.is_empty() => error(span),
            [] => self.refuse(errors::no_signal(&head.name, span, head.span), span),
            [signal] if is_always => self.capture(Capture::TriggerSignal, Ty::Record(*signal), span),
            [signal] => self.capture(Capture::TriggerSignal, Ty::Record(*signal).optional(), span),
            _ => {
                let events: Vec<Span> = head
                    .triggers
                    .iter()
                    .filter(|trigger| matches!(trigger.event, TriggerEvent::Signal(_)))
                    .map(|trigger| trigger.span)
                    .collect();
                self.refuse(errors::several_signals(span, &events), span)
            }
        }
    }
}
