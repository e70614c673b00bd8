//! Statements of tests.

use super::checker::{Checker, Host, constant};
use crate::{
    base::{span::Span, value::Value},
    diag::Severity,
    sema::{
        errors::calls,
        hir::{Block, InstanceState, Place, Stmt, StmtKind, TestStmt},
        names::Def,
        schema::ProcessId,
        ty::Ty,
        types::Wanted,
    },
    syntax::ast::{self, FieldInit, Ident, ProcessKind},
};

/// The states that tests speak of.
const STATES: [(&str, InstanceState); 10] = [
    ("ready", InstanceState::Ready),
    ("waiting", InstanceState::Waiting),
    ("postponed", InstanceState::Postponed),
    ("parked", InstanceState::Parked),
    ("paused", InstanceState::Paused),
    ("queued", InstanceState::Queued),
    ("running", InstanceState::Running),
    ("succeeded", InstanceState::Succeeded),
    ("failed", InstanceState::Failed),
    ("canceled", InstanceState::Canceled),
];

impl Checker<'_> {
    /// A statement that only tests have.
    pub(super) fn test_stmt(&mut self, stmt: &ast::TestStmt, span: Span, out: &mut Vec<Stmt>) {
        if !matches!(self.host, Host::Test) {
            self.report(calls::outside_test(span));
            return;
        }
        let kind = match stmt {
            ast::TestStmt::Given { name, entity, fields } => {
                return self.given(name.as_ref(), entity, fields, span, out);
            }
            ast::TestStmt::GivenConfig { name, value } => self.given_config(name, value),
            ast::TestStmt::GivenProcess { process, owner } => self.given_process(process, owner),
            ast::TestStmt::Advance(duration) => Some(TestStmt::Advance(self.expr_as(duration, &Ty::Duration, None))),
            ast::TestStmt::AdvanceTo(moment) => Some(TestStmt::AdvanceTo(self.expr_as(moment, &Ty::DateTime, None))),
            ast::TestStmt::Standstill(duration) => {
                Some(TestStmt::Standstill(self.expr_as(duration, &Ty::Duration, None)))
            }
            ast::TestStmt::Expect(condition) => {
                let text = self.words(condition.span);
                Some(TestStmt::Expect { condition: self.condition(condition), text, private: false })
            }
            ast::TestStmt::ExpectFails { stmt, message } => Some(self.expect_fails(stmt, message)),
            ast::TestStmt::ExpectCount { count, state, process } => {
                let count = match count {
                    Some(count) => self.expr_as(count, &Ty::Int, None),
                    None => constant(Value::Int(0), Ty::Int, span),
                };
                self.expect_instances(Some(count), state, process)
            }
            ast::TestStmt::ExpectState { process, state } => self.expect_instances(None, state, process),
            ast::TestStmt::GiveUp(process) => self.process_named(process).map(TestStmt::GiveUp),
            ast::TestStmt::RetryParked(process) => self.process_named(process).map(TestStmt::Retry),
            ast::TestStmt::Mock { callee, args, answer } => self.mock(callee, args, answer),
            ast::TestStmt::ExpectSent { template, to, negated } => self.expect_sent(template, to.as_ref(), *negated),
            ast::TestStmt::Answer { who, fields, back } => self.answer(who, fields, *back),
        };
        let reads_only = matches!(
            kind,
            Some(TestStmt::Expect { .. } | TestStmt::ExpectInstances { .. } | TestStmt::ExpectSent { .. })
        );
        let kind = kind.map_or(StmtKind::Error, StmtKind::Test);
        out.push(Stmt { kind, span });
        if !reads_only {
            self.flow.suspend(span);
        }
    }

    /// `given ann = User { … }`.
    fn given(&mut self, name: Option<&Ident>, entity: &Ident, fields: &[FieldInit], span: Span, out: &mut Vec<Stmt>) {
        let (mut kind, ty) = self.create(entity, fields, true, span);
        if let Some(name) = name {
            let local = self.declare(name, ty, false);
            // Naming what a test is given is fine, also where nothing reads it.
            self.read.insert(local);
            if let StmtKind::Create { into, .. } = &mut kind {
                *into = Some(Place::Local { local, path: Vec::new() });
            }
        }
        out.push(Stmt { kind, span });
        self.flow.suspend(span);
    }

    /// `given config least = 7`.
    fn given_config(&mut self, name: &Ident, value: &ast::Expr) -> Option<TestStmt> {
        let found = self.config_named(name, name.span);
        let head = found.and_then(|config| self.schema.config(config));
        let (ty, max, span) =
            head.map_or((Ty::Error, None, None), |head| (head.ty.clone(), head.text_max, Some(head.span)));
        let value = self.expr_as(value, &ty, span);
        let value = self.limited(value, max, span);
        Some(TestStmt::GivenConfig { config: found?, value })
    }

    fn given_process(&mut self, process: &Ident, owner: &ast::Expr) -> Option<TestStmt> {
        let process = self.owned_process(process);
        let principal = self.principal();
        let owner = self.expr_as(owner, &principal, None);
        Some(TestStmt::GivenProcess { process: process?, owner })
    }

    /// `expect STATEMENT fails "…"`.
    fn expect_fails(&mut self, stmt: &ast::Stmt, message: &ast::Expr) -> TestStmt {
        let text = self.words(stmt.span);
        let before = self.flow.clone();
        let outer = std::mem::replace(&mut self.is_expected_to_fail, true);
        let mut stmts = Vec::new();
        self.scoped(|checker| checker.stmt(stmt, &mut stmts));
        self.is_expected_to_fail = outer;
        self.flow = before;
        let message = self.expr_as(message, &Ty::Text, None);
        TestStmt::ExpectFails { body: Block { stmts }, message, text }
    }

    fn expect_instances(
        &mut self,
        count: Option<crate::sema::hir::Expr>,
        state: &Ident,
        process: &Ident,
    ) -> Option<TestStmt> {
        let found = STATES.iter().find(|(word, _)| *word == state.name).map(|(_, state)| *state);
        if found.is_none() {
            let near = crate::base::distance::did_you_mean(&state.name, STATES.iter().map(|(word, _)| *word));
            self.report(calls::unknown_instance_state(&state.name, state.span, &near));
        }
        let process = self.process_named(process)?;
        Some(TestStmt::ExpectInstances { count, state: found?, process })
    }

    /// A process whose instances are stored; `None` after a message.
    /// A process that may run as its owner.
    fn owned_process(&mut self, name: &Ident) -> Option<ProcessId> {
        let Def::Process(process) = self.find_named(name, Wanted::Process)? else { return None };
        if self.schema.process(process)?.kind == ProcessKind::Realtime {
            Some(process)
        } else {
            self.process_named(name)
        }
    }

    fn process_named(&mut self, name: &Ident) -> Option<ProcessId> {
        let Def::Process(process) = self.find_named(name, Wanted::Process)? else { return None };
        let head = self.schema.process(process)?;
        if !matches!(head.kind, ProcessKind::Background | ProcessKind::Dialog) && !head.is_job() {
            self.report(calls::has_no_instances(&head.name, name.span, head.span));
            return None;
        }
        Some(process)
    }

    /// The text of a span.
    fn words(&self, span: Span) -> String {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned()
    }

    /// Whether an error was reported.
    pub(super) fn has_errors(&self) -> bool {
        self.messages.iter().any(|message| message.severity == Severity::Error)
    }
}
