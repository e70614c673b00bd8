//! Loops: a loop knows at its head only what its body leaves.

use super::{
    checker::{Checker, Loop, read},
    facts::Flow,
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{calls, types},
        hir::{Block, Expr, ExprKind, LocalId, Query, QueryHead, QuerySource, StmtKind},
        ty::Ty,
    },
    syntax::ast,
};

impl Checker<'_> {
    /// `while c { }`.
    pub(super) fn while_stmt(&mut self, condition: &ast::Expr, body: &ast::Block) -> StmtKind {
        let trace = self.trial(|checker| {
            let condition = checker.condition(condition);
            checker.flow.learn(checker.facts_of(&condition, true));
            checker.loop_body(body);
        });
        self.flow.after(&trace);
        let condition = self.condition(condition);
        let (yes, no) = (self.facts_of(&condition, true), self.facts_of(&condition, false));
        let mut head = self.flow.clone();
        self.flow.learn(yes);
        let body = self.loop_body(body);
        let breaks = body.1;
        head.dead |= matches!(condition.kind, ExprKind::Const(Value::Bool(true)));
        head.learn(no);
        self.flow = head;
        self.meet(breaks);
        StmtKind::While { condition, body: body.0 }
    }

    fn loop_body(&mut self, body: &ast::Block) -> (Block, Vec<Flow>) {
        self.loops.push(Loop::default());
        let body = self.block(body);
        let breaks = self.loops.pop().map(|done| done.breaks).unwrap_or_default();
        (body, breaks)
    }

    /// `for each x in xs { }`.
    pub(super) fn for_stmt(&mut self, name: &ast::Ident, source: &ast::Expr, body: &ast::Block) -> StmtKind {
        if let ast::ExprKind::Query(query) = &unparenthesized(source).kind
            && query.head == ast::QueryHead::Find
            && query.group.is_none()
            && query.order.is_empty()
            && query.limit.is_none()
            && query.select.is_none()
            && let Some(kind) = self.for_query(name, query, body)
        {
            return kind;
        }
        if let Some((source, element)) = self.plain_source(source) {
            return self.for_stored(name, (source, element), None, body);
        }
        let source = self.expr(source, None);
        let source = self.present(source);
        let element = match source.ty.clone() {
            Ty::List(item) | Ty::Set(item) => *item,
            Ty::Error => Ty::Error,
            other => {
                let shown = self.show(&other);
                self.report(types::not_a_list(&shown, source.span));
                Ty::Error
            }
        };
        let (bind, _, body) = self.for_loop(name, &element, None, body);
        StmtKind::ForList { bind, source, body }
    }

    /// `for each x in Entity`, `for each n in deal.notes`.
    fn plain_source(&mut self, written: &ast::Expr) -> Option<(QuerySource, Ty)> {
        let is_entity = matches!(&unparenthesized(written).kind, ast::ExprKind::TypeName(_));
        let is_member = matches!(&unparenthesized(written).kind, ast::ExprKind::Member { .. });
        if !is_entity && !is_member {
            return None;
        }
        let messages = self.messages.len();
        match self.source(written) {
            Some((QuerySource::List(_), _)) | None => {
                self.messages.truncate(messages);
                None
            }
            found => found,
        }
    }

    /// `for each x in find d in Deal where …`: keeps only its place.
    fn for_query(&mut self, name: &ast::Ident, query: &ast::Query, body: &ast::Block) -> Option<StmtKind> {
        let messages = self.messages.len();
        let (source, element) = match self.source(&query.source) {
            Some((QuerySource::List(_), _)) | None => {
                self.messages.truncate(messages);
                return None;
            }
            Some(found) => found,
        };
        Some(self.for_stored(name, (source, element), Some(query), body))
    }

    fn for_stored(
        &mut self,
        name: &ast::Ident,
        (source, element): (QuerySource, Ty),
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> StmtKind {
        let (bind, condition, body) = self.for_loop(name, &element, query, body);
        let select = read(bind, element, name.span);
        let query = Query { head: QueryHead::Find, bind, source, condition, order: Vec::new(), limit: None, select };
        StmtKind::ForQuery { query: Box::new(query), body }
    }

    /// The body of a `for`; afterwards what is known holds whether or not it ran.
    fn for_loop(
        &mut self,
        name: &ast::Ident,
        element: &Ty,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> (LocalId, Option<Expr>, Block) {
        let trace = self.trial(|checker| drop(checker.for_inner(name, element, query, body)));
        self.flow.after(&trace);
        let head = self.flow.clone();
        let (bind, condition, body, breaks) = self.for_inner(name, element, query, body);
        self.flow = head;
        self.meet(breaks);
        (bind, condition, body)
    }

    /// The query's own name and the loop's stand for one record: one local under two names.
    fn for_inner(
        &mut self,
        name: &ast::Ident,
        element: &Ty,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> (LocalId, Option<Expr>, Block, Vec<Flow>) {
        self.scoped(|checker| {
            let bind = checker.unnamed(name, element.clone(), false);
            let condition = query.and_then(|query| {
                checker.scoped(|checker| {
                    checker.bind(&query.name, bind);
                    query.condition.as_ref().map(|condition| checker.condition(condition))
                })
            });
            checker.bind(name, bind);
            if let Some(condition) = &condition {
                checker.flow.learn(checker.facts_of(condition, true));
            }
            let (body, breaks) = checker.loop_body(body);
            (bind, condition, body, breaks)
        })
    }

    /// `break`.
    pub(super) fn break_stmt(&mut self, span: Span) -> StmtKind {
        let flow = self.flow.clone();
        match self.loops.last_mut() {
            Some(around) => {
                around.breaks.push(flow);
                self.flow.dead = true;
            }
            None => self.report(calls::outside_loop("break", span)),
        }
        StmtKind::Break
    }

    /// `continue`.
    pub(super) fn continue_stmt(&mut self, span: Span) -> StmtKind {
        if self.loops.is_empty() {
            self.report(calls::outside_loop("continue", span));
        } else {
            self.flow.dead = true;
        }
        StmtKind::Continue
    }
}

/// The expression within parentheses.
fn unparenthesized(written: &ast::Expr) -> &ast::Expr {
    match &written.kind {
        ast::ExprKind::Paren(inner) => unparenthesized(inner),
        _ => written,
    }
}
