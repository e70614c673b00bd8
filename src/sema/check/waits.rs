//! Every form of `wait`: what a process waits for, and what can wake it.

use super::{checker::Checker, convert::wrap, facts::Facts, wakes::Reads};
use crate::{
    base::span::Span,
    sema::{
        errors::{types, waits},
        hir::{Block, Builtin, Comparison, Conversion, Expr, ExprKind, Place, StmtKind, WaitArm, WaitArmKind},
        ty::Ty,
    },
    syntax::ast,
};

impl Checker<'_> {
    /// `wait 3 days`.
    pub(super) fn wait_for(&mut self, duration: &ast::Expr, span: Span) -> StmtKind {
        let kind = self.after(duration, false);
        self.suspends("wait", span);
        StmtKind::Wait { point: "wait".to_owned(), arms: vec![WaitArm { kind, body: Block::default(), span }] }
    }

    /// `wait until c`.
    pub(super) fn wait_until(&mut self, value: &ast::Expr, span: Span) -> StmtKind {
        self.suspends("wait", span);
        let told = self.messages.len();
        let (kind, facts) = self.until(value);
        self.flow.learn(facts);
        if matches!(kind, WaitArmKind::Until(_)) && told == self.messages.len() {
            self.report_unlimited(span);
        }
        StmtKind::Wait { point: "wait".to_owned(), arms: vec![WaitArm { kind, body: Block::default(), span }] }
    }

    /// `wait { until c => …, after d => … }`.
    pub(super) fn wait_arms(&mut self, arms: &[ast::WaitArm], span: Span) -> StmtKind {
        let head = Span { end: span.start.saturating_add(4), ..span };
        self.suspends("wait", head);
        let waiting = self.flow.clone();
        let told = self.messages.len();
        let mut ends = Vec::new();
        let mut typed = Vec::new();
        for arm in arms {
            self.flow = waiting.clone();
            let words = Span { end: arm.body.span.start, ..arm.span };
            let typed_arm = self.scoped(|checker| {
                let kind = checker.wait_arm(&arm.kind).map(|(kind, facts)| {
                    checker.flow.learn(facts);
                    kind
                });
                let body = checker.block(&arm.body);
                Some(WaitArm { kind: kind?, body, span: words })
            });
            typed.extend(typed_arm);
            ends.push(std::mem::take(&mut self.flow));
        }
        self.flow = waiting;
        self.flow.dead = true;
        self.meet(ends);
        let is_limited =
            arms.iter().any(|arm| matches!(arm.kind, ast::WaitArmKind::After(_) | ast::WaitArmKind::Error))
                || typed.iter().any(|arm| !matches!(arm.kind, WaitArmKind::Until(_) | WaitArmKind::Signal { .. }))
                || typed.len() < arms.len();
        if !is_limited && told == self.messages.len() {
            self.report_unlimited(head);
        }
        StmtKind::Wait { point: "wait".to_owned(), arms: typed }
    }

    pub(super) fn report_unlimited(&mut self, span: Span) {
        self.report(waits::no_limit(span));
    }

    fn wait_arm(&mut self, kind: &ast::WaitArmKind) -> Option<(WaitArmKind, Facts)> {
        match kind {
            ast::WaitArmKind::Error => None,
            ast::WaitArmKind::Until(value) => Some(self.until(value)),
            ast::WaitArmKind::After(duration) => Some((self.after(duration, true), Facts::new())),
            ast::WaitArmKind::Handle { handle, bind } => {
                let handle = self.expr(handle, None);
                let Some((handle, process)) = self.handle(handle) else {
                    if let Some(bind) = bind {
                        self.declare(bind, Ty::Error, false);
                    }
                    return None;
                };
                let result = self.schema.process(process).map_or(Ty::Error, |head| head.result.clone());
                let into = bind.as_ref().map(|bind| {
                    if result == Ty::Void {
                        self.report(types::no_value(bind.span));
                    }
                    let ty = if result == Ty::Void { Ty::Error } else { result };
                    Place::Local { local: self.declare(bind, ty, false), path: Vec::new() }
                });
                Some((WaitArmKind::Handle { handle, process, into }, Facts::new()))
            }
            ast::WaitArmKind::Signal { signal, condition, bind } => {
                self.signal_arm(signal, condition.as_deref(), bind.as_ref())
            }
            ast::WaitArmKind::Ask { ask, bind } => {
                let found = self.ask(ask);
                let answers = found.as_ref().map_or(Ty::Error, |ask| ask.answers.clone());
                let into = bind.as_ref().map(|bind| {
                    let local = self.declare(bind, answers, false);
                    Place::Local { local, path: Vec::new() }
                });
                Some((WaitArmKind::Ask { ask: Box::new(found?), into }, Facts::new()))
            }
        }
    }

    fn after(&mut self, duration: &ast::Expr, is_arm: bool) -> WaitArmKind {
        let value = self.expr(duration, Some(&Ty::Duration));
        let value = match value.ty.present() {
            Ty::Date | Ty::DateTime | Ty::Bool => {
                let shown = self.show(&value.ty);
                self.refuse(waits::needs_until(&shown, is_arm, value.span), value.span)
            }
            _ => self.coerce(value, &Ty::Duration, None),
        };
        WaitArmKind::After(value)
    }

    /// `until e`: a condition or a moment, by its type.
    fn until(&mut self, written: &ast::Expr) -> (WaitArmKind, Facts) {
        self.is_moment = true;
        let value = self.expr(written, Some(&Ty::Bool));
        self.is_moment = false;
        let span = value.span;
        match value.ty.present() {
            Ty::Bool if !value.ty.is_optional() => {
                self.refuse_unwakeable(&value);
                let facts = self.facts_of(&value, true);
                (WaitArmKind::Until(value), facts)
            }
            Ty::Date | Ty::DateTime => {
                if let Some(clock) = Reads::of(&value, self.functions).clock {
                    self.report(waits::moving_moment(value.span, clock.span));
                }
                (WaitArmKind::UntilMoment(self.moment(value)), Facts::new())
            }
            Ty::Error => (WaitArmKind::Until(value), Facts::new()),
            Ty::Duration => {
                let value = self.refuse(waits::needs_after(span), span);
                (WaitArmKind::Until(value), Facts::new())
            }
            _ => {
                let shown = self.show(&value.ty);
                let value = self.refuse(waits::neither_condition_nor_moment(&shown, span), span);
                (WaitArmKind::Until(value), Facts::new())
            }
        }
    }

    /// A `datetime?`; a date is its midnight.
    pub(super) fn moment(&mut self, value: Expr) -> Expr {
        let wanted = Ty::DateTime.optional();
        let value = match value.ty.present() {
            Ty::Date if value.ty.is_optional() => {
                let mapped = self.map_present(value, |_, day| Ok(wrap(Conversion::Midnight, Ty::DateTime, day)));
                mapped.unwrap_or_else(|value| value)
            }
            Ty::Date => wrap(Conversion::Midnight, Ty::DateTime, value),
            _ => value,
        };
        self.coerce(value, &wanted, None)
    }

    /// A message about a condition that would never be looked at again.
    pub(super) fn refuse_unwakeable(&mut self, condition: &Expr) {
        if let Some(moment) = clock_comparison(condition) {
            self.report(waits::until_now(condition.span, moment));
            return;
        }
        let reads = Reads::of(condition, self.functions);
        if let Some(clock) = reads.clock {
            self.report(waits::clock_in_condition(condition.span, clock.span, clock.within));
        } else if let Some(query) = reads.query {
            self.report(waits::query_without_record(query.span, query.within));
        } else if !reads.wakes {
            self.report(waits::nothing_wakes(condition.span));
        }
    }
}

/// The moment of `now() >= x`, `x < now()`.
fn clock_comparison(condition: &Expr) -> Option<Span> {
    let ExprKind::Compare(op, left, right) = &condition.kind else { return None };
    match op {
        Comparison::Greater | Comparison::GreaterEqual if is_clock(left) && !is_clock(right) => Some(right.span),
        Comparison::Less | Comparison::LessEqual if is_clock(right) && !is_clock(left) => Some(left.span),
        _ => None,
    }
}

fn is_clock(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Builtin { builtin, .. } => matches!(builtin, Builtin::Now | Builtin::Today),
        ExprKind::Convert(_, inner) => is_clock(inner),
        _ => false,
    }
}
