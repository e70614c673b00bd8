//! Effects that give a value: `create`, `do`, `start`, `wait for`, `wait on`; and who may be called from where.

use super::{
    calls::Callee,
    checker::{Checker, Host, constant},
};
use crate::{
    base::{
        span::Span,
        value::{Duration, Value},
    },
    sema::{
        errors::{activities, calls, forms, rules, types, waits},
        hir::{Block, Expr, Place, Retry, StmtKind, WaitArm, WaitArmKind},
        names::Def,
        schema::{ProcessHead, ProcessId},
        ty::Ty,
        types::Wanted,
    },
    syntax::ast::{self, Arg, Effect, EffectKind, Ident, ProcessKind},
};

/// Where a statement puts its result, if it gives one.
pub(super) fn result_place(kind: &mut StmtKind) -> Option<&mut Option<Place>> {
    match kind {
        StmtKind::Create { into, .. } | StmtKind::Do { into, .. } | StmtKind::Start { into, .. } => Some(into),
        StmtKind::Parallel(parallel) => Some(&mut parallel.into),
        StmtKind::Wait { arms, .. } => match arms.as_mut_slice() {
            [
                WaitArm {
                    kind:
                        WaitArmKind::Ask { into, .. } | WaitArmKind::Handle { into, .. } | WaitArmKind::Signal { into, .. },
                    ..
                },
            ] => Some(into),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is written out, so that it is no record.
fn is_literal(value: &ast::Expr) -> bool {
    use ast::ExprKind as Kind;
    matches!(value.kind, Kind::Text(_) | Kind::Int(_) | Kind::Decimal(_) | Kind::Bool(_))
}

/// The word of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Do,
    Start,
}

impl Checker<'_> {
    /// A statement that gives a value, and the value's type.
    pub(super) fn effect(&mut self, effect: &Effect, span: Span) -> (StmtKind, Ty) {
        match &effect.kind {
            EffectKind::Create { entity, fields } => self.create(entity, fields, false, span),
            EffectKind::Do { callee, args, retry, timeout } => {
                self.do_process(callee, args, retry.as_deref(), timeout.as_deref(), span)
            }
            EffectKind::Start { callee, args } => self.start(callee, args, span),
            EffectKind::WaitHandle(handle) => self.wait_handle(handle, span),
            EffectKind::WaitSignal { signal, condition, bind } => {
                self.wait_signal(signal, condition.as_deref(), bind.as_ref(), span)
            }
            EffectKind::SendTemplate { template, args, to } => self.send_template(template, args, to, span),
            EffectKind::SendFields(fields) => self.send_fields(fields, span),
            EffectKind::Ask { .. } => self.ask_stmt(effect, span),
            EffectKind::Parallel { early, branches } => self.parallel(early, branches, span),
            EffectKind::ParallelFor { early, name, source, limit, body } => {
                self.parallel_each(early, (name, source, limit.as_deref(), body), span)
            }
        }
    }

    fn callee(&mut self, callee: &Ident, args: &[Arg]) -> Option<(ProcessId, &ProcessHead)> {
        let def = self.names.get(self.file, &callee.name).map(|entry| entry.def.clone());
        let found = match def {
            Some(Def::Process(process)) => Some(process),
            // Told where it is declared; what it takes is not known here.
            Some(Def::Later(_)) => {
                self.values_for_anything(args.iter().map(|arg| &arg.value));
                return None;
            }
            Some(Def::Function(_)) => {
                self.report(calls::function_called_with_do(&callee.name, callee.span));
                None
            }
            _ => {
                self.find_named(callee, Wanted::Process);
                None
            }
        };
        let Some(process) = found else {
            args.iter().for_each(|arg| drop(self.expr(&arg.value, Some(&Ty::Error))));
            return None;
        };
        Some((process, self.schema.process(process)?))
    }

    fn do_process(
        &mut self,
        callee: &Ident,
        args: &[Arg],
        retry: Option<&ast::Retry>,
        timeout: Option<&ast::Expr>,
        span: Span,
    ) -> (StmtKind, Ty) {
        self.may_act("do", span);
        let schema = self.schema;
        let Some((process, _)) = self.callee(callee, args) else { return (StmtKind::Error, Ty::Error) };
        let Some(head) = schema.process(process) else { return (StmtKind::Error, Ty::Error) };
        self.may_call(Verb::Do, head, callee.span);
        let (primary, args) = self.process_arguments(callee, head, args);
        if let Some(retry) = retry.filter(|_| head.is_job()) {
            self.report(activities::retry_of_job(&head.name, retry.span, head.span));
        }
        let retry = retry.map(|retry| self.retry(retry)).or_else(|| self.declared_retry(head)).map(Box::new);
        if retry.as_ref().is_some_and(|retry| retry.after.is_some()) {
            self.suspends("retry after", span);
        }
        let timeout = timeout.map(|timeout| {
            match head.kind {
                ProcessKind::Action => self.report(calls::timeout_of_action(&head.name, timeout.span, head.span)),
                ProcessKind::Activity => self.report(calls::timeout_of_activity(&head.name, timeout.span, head.span)),
                _ => {}
            }
            Box::new(self.expr_as(timeout, &Ty::Duration, None))
        });
        let is_own_transaction = head.kind == ProcessKind::Background || head.is_job();
        let commits = matches!(self.host.kind(), Some(ProcessKind::Background)) && self.unsuspendable.is_empty();
        if head.kind == ProcessKind::Dialog {
            self.pages_follow(callee, span);
        } else if is_own_transaction && !matches!(self.host, Host::Test) {
            self.suspends_for_child(callee, span);
        } else if commits {
            self.flow.suspend(span);
            self.trace.suspended.get_or_insert(span);
        } else {
            self.footprint.calls.insert(process);
            let written = self.effects.of_call(process);
            self.flow.write(&written, span);
            self.trace.writes.extend(written.into_iter().map(|entity| (entity, span)));
        }
        self.runs_on(span);
        (StmtKind::Do { process, primary, args, into: None, retry, timeout }, head.result.clone())
    }

    /// `do` of a dialog waits for its pages.
    fn pages_follow(&mut self, callee: &Ident, span: Span) {
        if let Some((block, around)) = self.unsuspendable.last().copied() {
            self.report(waits::waits_in_block(&format!("do {}", callee.name), block, span, around));
        }
        self.flow.suspend(span);
        self.trace.suspended.get_or_insert(span);
    }

    /// `do` of a workflow waits for it.
    fn suspends_for_child(&mut self, callee: &Ident, span: Span) {
        if matches!(self.host.kind(), Some(ProcessKind::Background)) {
            self.suspends(&format!("do {}", callee.name), span);
        }
    }

    /// The table of section 4.6: who may call whom.
    fn may_call(&mut self, verb: Verb, head: &ProcessHead, span: Span) {
        let from_background = matches!(self.host.kind(), Some(ProcessKind::Background));
        let is_test = matches!(self.host, Host::Test);
        // Whether what was done so far can be committed here.
        let is_own_turn = is_test || from_background && self.unsuspendable.is_empty();
        let message = match (verb, head.kind) {
            (Verb::Do, ProcessKind::Dialog) if self.host.kind() == Some(ProcessKind::Dialog) => None,
            (Verb::Start, ProcessKind::Dialog) if is_test => None,
            (_, ProcessKind::Dialog) => Some(forms::call_of_dialog(&head.name, is_test, span, head.span)),
            (Verb::Do, ProcessKind::Background) if !from_background && !is_test => {
                let caller = self.host.head().map_or("", |head| crate::sema::flows::code::told(&head.name));
                Some(calls::background_from_transaction(&head.name, caller, span))
            }
            (Verb::Do, ProcessKind::Background) if is_test => Some(calls::background_in_test(&head.name, span)),
            (Verb::Do, ProcessKind::Action) if head.independent && !is_own_turn => {
                Some(calls::independent_needs_start(&head.name, span, head.span))
            }
            (Verb::Start, ProcessKind::Action) if !head.independent || is_own_turn => {
                Some(calls::start_of_action(&head.name, span, head.span))
            }
            (Verb::Do, ProcessKind::Activity) if head.is_job() && is_test => {
                Some(activities::job_in_test(&head.name, span, head.span))
            }
            (Verb::Do, ProcessKind::Activity) if head.is_job() && !from_background => {
                let caller = self.host.head().map_or("", |head| head.name.as_str());
                Some(activities::job_in_transaction(&head.name, caller, span, head.span))
            }
            (Verb::Start, ProcessKind::Activity) if head.is_job() => None,
            (Verb::Start, ProcessKind::Activity) => Some(calls::start_of_activity(&head.name, span, head.span)),
            (_, ProcessKind::Rule) => Some(rules::called(&head.name, span, head.span)),
            (Verb::Start, ProcessKind::Realtime) => Some(calls::start_of_realtime(&head.name, span, head.span)),
            _ => None,
        };
        let may_demand = is_test && head.on_demand;
        let message = message.or_else(|| {
            let is_callable = head.called || may_demand;
            (!is_callable).then(|| calls::not_called(&head.name, span, head.span))
        });
        if let Some(message) = message {
            self.report(message);
        }
    }

    /// The primary record, which comes first, and the inputs in order.
    fn process_arguments(&mut self, callee: &Ident, head: &ProcessHead, args: &[Arg]) -> (Option<Expr>, Vec<Expr>) {
        if head.is_broken {
            args.iter().for_each(|arg| drop(self.expr(&arg.value, Some(&Ty::Error))));
            return (None, Vec::new());
        }
        let named = Callee { name: &head.name, span: callee.span, declared: head.span };
        let Some(primary) = &head.primary else {
            return (None, self.arguments(named, &head.params, &args.iter().collect::<Vec<_>>()));
        };
        let by_name = args.iter().position(|arg| arg.name.as_ref().is_some_and(|name| name.name == primary.name));
        let position = by_name.or_else(|| args.iter().position(|arg| arg.name.is_none()).filter(|at| *at == 0));
        let rest: Vec<&Arg> = args.iter().enumerate().filter(|(i, _)| Some(*i) != position).map(|(_, a)| a).collect();
        // The inputs alone: the record before them is what is missing, and told for itself.
        let is_input = |arg: &&Arg| arg.name.is_none() && is_literal(&arg.value) && rest.len() < args.len();
        let is_left_out = args.len() == head.params.iter().filter(|param| param.default.is_none()).count();
        if let Some(arg) = position.and_then(|at| args.get(at)).filter(is_input).filter(|_| is_left_out) {
            self.primary_argument(&arg.value, head, &primary.ty);
            args.iter().skip(1).for_each(|arg| drop(self.expr(&arg.value, Some(&Ty::Error))));
            return (None, Vec::new());
        }
        let value = match position.and_then(|at| args.get(at)) {
            Some(arg) => Some(self.primary_argument(&arg.value, head, &primary.ty)),
            None => {
                self.report(calls::missing_primary(
                    &head.name,
                    &primary.name,
                    &self.show(&primary.ty),
                    callee.span,
                    primary.span,
                ));
                None
            }
        };
        (value, self.arguments(named, &head.params, &rest))
    }

    fn primary_argument(&mut self, written: &ast::Expr, head: &ProcessHead, ty: &Ty) -> Expr {
        let value = self.expr(written, Some(ty));
        let value = self.present(value);
        match self.convert(value, ty) {
            Ok(value) => value,
            Err(value) => {
                let (wanted, found) = (self.show(ty), self.show(&value.ty));
                let declared = head.primary.as_ref().map_or(head.span, |primary| primary.span);
                self.refuse(calls::other_entity(&head.name, &wanted, &found, value.span, declared), value.span)
            }
        }
    }

    /// The `retry` of an activity's declaration, where the process can wait between the tries.
    fn declared_retry(&self, head: &ProcessHead) -> Option<Retry> {
        let declared = head.limits.as_ref().filter(|limits| !limits.by.is_job())?.retry?;
        let can_wait = self.host.kind() == Some(ProcessKind::Background) && self.unsuspendable.is_empty();
        let duration = |value: Duration| constant(Value::Duration(value), Ty::Duration, declared.span);
        can_wait.then(|| Retry {
            times: constant(Value::Int(declared.times), Ty::Int, declared.span),
            after: declared.after.map(duration),
            doubling: declared.doubling,
            up_to: declared.up_to.map(duration),
        })
    }

    fn retry(&mut self, retry: &ast::Retry) -> Retry {
        Retry {
            times: self.expr_as(&retry.times, &Ty::Int, None),
            after: retry.after.as_ref().map(|after| self.expr_as(after, &Ty::Duration, None)),
            doubling: retry.doubling,
            up_to: retry.up_to.as_ref().map(|up_to| self.expr_as(up_to, &Ty::Duration, None)),
        }
    }

    fn start(&mut self, callee: &Ident, args: &[Arg], span: Span) -> (StmtKind, Ty) {
        self.may_act("start", span);
        let schema = self.schema;
        let Some((process, _)) = self.callee(callee, args) else { return (StmtKind::Error, Ty::Error) };
        let Some(head) = schema.process(process) else { return (StmtKind::Error, Ty::Error) };
        self.may_call(Verb::Start, head, callee.span);
        let (primary, args) = self.process_arguments(callee, head, args);
        self.runs_on(span);
        (StmtKind::Start { process, primary, args, into: None }, Ty::Handle(process))
    }

    fn wait_handle(&mut self, handle: &ast::Expr, span: Span) -> (StmtKind, Ty) {
        let handle = self.expr(handle, None);
        self.suspends("wait for", span);
        let Some((handle, process)) = self.handle(handle) else { return (StmtKind::Error, Ty::Error) };
        let result = self.schema.process(process).map_or(Ty::Error, |head| head.result.clone());
        let kind = WaitArmKind::Handle { handle, process, into: None };
        let arm = WaitArm { kind, body: Block::default(), span };
        (StmtKind::Wait { point: "wait handle".to_owned(), arms: vec![arm] }, result)
    }

    /// A handle that is there, with its process; `None` after a message.
    pub(super) fn handle(&mut self, value: Expr) -> Option<(Expr, ProcessId)> {
        let value = self.present(value);
        match value.ty {
            Ty::Handle(process) => Some((value, process)),
            Ty::Error => None,
            _ => {
                let shown = self.show(&value.ty);
                self.report(types::not_a_handle(&shown, value.span));
                None
            }
        }
    }

    /// `cancel h`.
    pub(super) fn cancel(&mut self, handle: &ast::Expr, span: Span) -> StmtKind {
        self.may_act("cancel", span);
        let handle = self.expr(handle, None);
        match self.handle(handle) {
            Some((handle, _)) => StmtKind::Cancel(handle),
            None => StmtKind::Error,
        }
    }
}
