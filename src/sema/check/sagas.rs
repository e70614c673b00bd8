//! `saga`, `undo`, `compensate`.

use super::checker::Checker;
use crate::{
    base::span::Span,
    sema::{
        errors::branches as errors,
        hir::{Stmt, StmtKind},
    },
    syntax::ast::{self, ProcessKind},
};

impl Checker<'_> {
    /// `saga { }`.
    pub(super) fn saga(&mut self, body: &ast::Block, span: Span) -> StmtKind {
        if self.host.kind() != Some(ProcessKind::Background) {
            self.report(errors::saga_of_kind(Span { end: span.start.saturating_add(4), ..span }));
        }
        self.around.sagas += 1;
        let body = self.block(body);
        self.around.sagas -= 1;
        StmtKind::Saga { body, hands_over: self.around.sagas + self.around.outer_sagas > 0 }
    }

    /// A statement with its `undo { }`.
    pub(super) fn undo(&mut self, stmt: &ast::Stmt, undo: &ast::Block, span: Span, out: &mut Vec<Stmt>) {
        self.stmt(stmt, out);
        let words = Span { start: stmt.span.end, end: undo.span.start, ..undo.span };
        if self.around.sagas + self.around.outer_sagas == 0 {
            self.report(errors::undo_outside(Span { end: undo.span.start.saturating_add(1), ..undo.span }));
        }
        self.unsuspendable.push(("undo", words));
        let apart = self.undo_block(undo);
        self.unsuspendable.pop();
        out.push(Stmt { kind: StmtKind::Undo(Box::new(apart)), span: Span { start: stmt.span.start, ..span } });
    }

    /// `compensate`.
    pub(super) fn compensate(&mut self, span: Span) -> StmtKind {
        if self.around.sagas == 0 {
            self.report(errors::compensate_outside(span, self.around.branch()));
        }
        StmtKind::Compensate
    }
}
