//! Loops: a loop knows at its head only what its body leaves.

use super::{
    checker::{Checker, Loop, error, read},
    facts::Flow,
    queries::Elements,
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{calls, types, uses},
        hir::{Block, Expr, ExprKind, LocalId, Place, Query, QueryHead, QuerySource, Stmt, StmtKind},
        ty::Ty,
    },
    syntax::ast,
};

/// A loop over elements.
struct Looped {
    /// The loop's name.
    local: LocalId,
    /// In a relation the record that links, and the path from it to the element.
    row: Option<(LocalId, Expr)>,
    /// Of the query.
    condition: Option<Expr>,
    body: Block,
}

impl Checker<'_> {
    /// `while c { }`.
    pub(super) fn while_stmt(&mut self, condition: &ast::Expr, body: &ast::Block) -> StmtKind {
        if let Some(name) = self.loop_name(condition) {
            self.report(uses::while_in(&name.name, name.span));
            let elements = Elements { source: QuerySource::List(error(condition.span)), ty: Ty::Error, through: None };
            self.for_loop(name, &elements, None, body);
            return StmtKind::Error;
        }
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

    /// `while x in xs`, where `x` is new: the name.
    fn loop_name<'e>(&self, condition: &'e ast::Expr) -> Option<&'e ast::Ident> {
        let ast::ExprKind::Binary { op: ast::BinaryOp::In, left, .. } = &unparenthesized(condition).kind else {
            return None;
        };
        match &left.kind {
            ast::ExprKind::Name(name) if self.lookup(&name.name).is_none() => Some(name),
            _ => None,
        }
    }

    fn loop_body(&mut self, body: &ast::Block) -> (Block, Vec<Flow>) {
        if let Some(start) = self.each_branch(body) {
            return (start, Vec::new());
        }
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
        if let Some(elements) = self.plain_source(source) {
            return self.for_stored(name, elements, None, body);
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
        let elements = Elements { source: QuerySource::List(source.clone()), ty: element, through: None };
        let Looped { local: bind, body, .. } = self.for_loop(name, &elements, None, body);
        StmtKind::ForList { bind, source, body }
    }

    /// `for each x in Entity`, `for each n in deal.notes`.
    fn plain_source(&mut self, written: &ast::Expr) -> Option<Elements> {
        let is_entity = matches!(&unparenthesized(written).kind, ast::ExprKind::TypeName(_));
        let is_member = matches!(&unparenthesized(written).kind, ast::ExprKind::Member { .. });
        if !is_entity && !is_member {
            return None;
        }
        let messages = self.messages.len();
        match self.source(written) {
            Some(Elements { source: QuerySource::List(_), .. }) | None => {
                self.messages.truncate(messages);
                None
            }
            found => found,
        }
    }

    /// `for each x in find d in Deal where …`: keeps only its place.
    fn for_query(&mut self, name: &ast::Ident, query: &ast::Query, body: &ast::Block) -> Option<StmtKind> {
        let messages = self.messages.len();
        let elements = match self.source(&query.source) {
            Some(Elements { source: QuerySource::List(_), .. }) | None => {
                self.messages.truncate(messages);
                return None;
            }
            Some(found) => found,
        };
        Some(self.for_stored(name, elements, Some(query), body))
    }

    fn for_stored(
        &mut self,
        name: &ast::Ident,
        elements: Elements,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> StmtKind {
        let Looped { local, row, condition, mut body } = self.for_loop(name, &elements, query, body);
        let (bind, select) = match row {
            None => (local, read(local, elements.ty, name.span)),
            Some((bind, path)) => {
                let place = Place::Local { local, path: Vec::new() };
                let kind = StmtKind::Assign { place, value: path };
                body.stmts.insert(0, Stmt { kind, span: name.span });
                (bind, read(bind, self.local_ty(bind), name.span))
            }
        };
        let source = elements.source;
        let query = Query { head: QueryHead::Find, bind, source, condition, order: Vec::new(), limit: None, select };
        StmtKind::ForQuery { query: Box::new(query), body }
    }

    /// The body of a `for`; afterwards what is known holds whether or not it ran.
    fn for_loop(
        &mut self,
        name: &ast::Ident,
        elements: &Elements,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> Looped {
        let trace = self.trial(|checker| drop(checker.for_inner(name, elements, query, body)));
        self.flow.after(&trace);
        let head = self.flow.clone();
        let (looped, breaks) = self.for_inner(name, elements, query, body);
        self.flow = head;
        self.meet(breaks);
        looped
    }

    /// The query's own name and the loop's stand for one record: one local under two names.
    fn for_inner(
        &mut self,
        name: &ast::Ident,
        elements: &Elements,
        query: Option<&ast::Query>,
        body: &ast::Block,
    ) -> (Looped, Vec<Flow>) {
        self.scoped(|checker| {
            let local = checker.unnamed(name, elements.ty.clone(), false);
            let condition = query.and_then(|query| checker.loop_condition(query, local));
            let row = elements.through.map(|(link, field)| checker.linked(link, field, &elements.ty, name.span));
            let stored = match (&row, query) {
                (Some((_, path)), Some(query)) => checker.condition_of_link(query, local, path),
                _ => condition.clone(),
            };
            checker.bind(name, local);
            if let Some(condition) = &condition {
                checker.flow.learn(checker.facts_of(condition, true));
            }
            let (body, breaks) = checker.loop_body(body);
            (Looped { local, row, condition: stored, body }, breaks)
        })
    }

    fn loop_condition(&mut self, query: &ast::Query, local: LocalId) -> Option<Expr> {
        self.scoped(|checker| {
            checker.bind(&query.name, local);
            query.condition.as_ref().map(|condition| checker.condition(condition))
        })
    }

    /// The condition once more, of the record that links: the query tests it before the loop's name is set. What there
    /// is to say about it was said.
    fn condition_of_link(&mut self, query: &ast::Query, local: LocalId, path: &Expr) -> Option<Expr> {
        let messages = self.messages.len();
        self.stand_in(local, path.clone());
        let condition = self.loop_condition(query, local);
        self.stand_for_itself(local);
        self.messages.truncate(messages);
        condition
    }

    /// `break`.
    pub(super) fn break_stmt(&mut self, span: Span) -> StmtKind {
        let flow = self.flow.clone();
        match self.loops.last_mut() {
            Some(around) => {
                around.breaks.push(flow);
                self.flow.dead = true;
            }
            None => {
                if !self.leaves("break", span) {
                    self.report(calls::outside_loop("break", span));
                }
            }
        }
        StmtKind::Break
    }

    /// `continue`.
    pub(super) fn continue_stmt(&mut self, span: Span) -> StmtKind {
        if self.loops.is_empty() {
            if !self.leaves("continue", span) {
                self.report(calls::outside_loop("continue", span));
            }
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
