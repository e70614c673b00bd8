//! What can wake a condition: the fields of records that it reads, itself or in the functions that it calls.
//!
//! While a condition is tested the engine notes whatever is read, so a function is as good as its words written out. Of
//! a function it is told here what it reads of its own: fields of what it was passed, queries, the clock.

use std::collections::BTreeMap;

use crate::{
    base::span::Span,
    sema::{
        hir::{Block, Body, Builtin, Comparison, Conversion, Expr, ExprKind, LocalId, Query, QuerySource, StmtKind},
        schema::FunctionId,
        ty::Ty,
        visit::{blocks_of, children, expressions_of},
    },
};

/// A place in a condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// In the condition.
    pub(super) span: Span,
    /// In the function that is called there.
    pub(super) within: Option<Span>,
}

/// What a function reads of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Summary {
    wakes: bool,
    clock: Option<Found>,
    query: Option<Found>,
}

/// What a condition of a wait reads.
#[derive(Debug)]
pub(super) struct Reads<'a> {
    /// Something whose change the store sees.
    pub(super) wakes: bool,
    /// The clock, or what is new at each reading.
    pub(super) clock: Option<Found>,
    /// A query that no record of the process narrows.
    pub(super) query: Option<Found>,
    functions: &'a [Body],
    /// The functions that were looked at; one that calls itself reads no more than it reads anyway.
    known: BTreeMap<FunctionId, Summary>,
    /// How many calls stand around this place.
    depth: usize,
    /// The names of queries around this place.
    bound: Vec<LocalId>,
}

/// Functions that are called more deeply than this are taken to read what wakes the condition.
const DEPTH_MAX: usize = 32;

impl<'a> Reads<'a> {
    /// What a condition reads; `functions` are the typed bodies of all functions.
    pub(super) fn of(condition: &Expr, functions: &'a [Body]) -> Self {
        let mut reads = Self::nothing(functions, BTreeMap::new(), 0);
        reads.expr(condition);
        reads
    }

    fn nothing(functions: &'a [Body], known: BTreeMap<FunctionId, Summary>, depth: usize) -> Self {
        Self { wakes: false, clock: None, query: None, functions, known, depth, bound: Vec::new() }
    }

    fn expr(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Error => self.wakes = true,
            ExprKind::Builtin { builtin: Builtin::Now | Builtin::Today | Builtin::Random | Builtin::Uuid, .. } => {
                self.clock.get_or_insert(Found { span: value.span, within: None });
            }
            ExprKind::Builtin { builtin: Builtin::Exchange, args } => {
                self.query.get_or_insert(Found { span: value.span, within: None });
                args.iter().for_each(|arg| self.expr(arg));
            }
            ExprKind::Field { base, .. } | ExprKind::UnionField { base, .. } => {
                self.wakes |= !reads_one_of(base, &self.bound);
                self.expr(base);
            }
            ExprKind::IsDeleted(inner) => {
                self.wakes |= !reads_one_of(inner, &self.bound);
                self.expr(inner);
            }
            ExprKind::Call { function, args } => self.call(*function, args, value.span),
            ExprKind::Under { low, high, .. } => {
                self.wakes = true;
                self.expr(low);
                self.expr(high);
            }
            ExprKind::Query(query) => self.query(query, value.span),
            _ => children(value).into_iter().for_each(|child| self.expr(child)),
        }
    }

    /// A call reads what its arguments read, and what the function reads of them.
    fn call(&mut self, function: FunctionId, args: &[Expr], span: Span) {
        args.iter().for_each(|arg| self.expr(arg));
        let inner = self.summary(function);
        let is_of_query = !args.is_empty() && args.iter().all(|arg| reads_one_of(arg, &self.bound));
        self.wakes |= inner.wakes && !is_of_query;
        let at_call = |found: Found| Found { span, within: Some(found.within.unwrap_or(found.span)) };
        self.clock = self.clock.or(inner.clock.map(at_call));
        self.query = self.query.or(inner.query.map(at_call));
    }

    fn summary(&mut self, function: FunctionId) -> Summary {
        if let Some(known) = self.known.get(&function) {
            return *known;
        }
        let Some(body) = self.functions.get(usize::from(function.0)) else { return Summary::default() };
        // LIMIT: `DEPTH_MAX`
        if self.depth >= DEPTH_MAX {
            return Summary { wakes: true, ..Summary::default() };
        }
        self.known.insert(function, Summary::default());
        let mut inner = Reads::nothing(self.functions, std::mem::take(&mut self.known), self.depth + 1);
        inner.block(&body.block);
        let summary = Summary { wakes: inner.wakes, clock: inner.clock, query: inner.query };
        self.known = inner.known;
        self.known.insert(function, summary);
        summary
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            let known = self.bound.len();
            if let StmtKind::ForQuery { query, .. } = &stmt.kind {
                self.query(query, stmt.span);
                self.bound.push(query.bind);
            } else {
                expressions_of(&stmt.kind).into_iter().for_each(|value| self.expr(value));
            }
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
            self.bound.truncate(known);
        }
    }

    fn query(&mut self, query: &Query, span: Span) {
        if let QuerySource::Groups(groups) = &query.source {
            self.query(&groups.items, span);
            self.bound.push(groups.items.bind);
            self.expr(&groups.key);
            self.query_parts(query);
            self.bound.pop();
            return;
        }
        let is_tied = match &query.source {
            QuerySource::List(of) | QuerySource::Reverse { of, .. } => {
                self.expr(of);
                true
            }
            QuerySource::Entity(_) => query.condition.as_ref().is_some_and(|c| ties(c, query.bind)),
            QuerySource::Groups(_) => true,
        };
        if is_tied {
            self.wakes |= !matches!(query.source, QuerySource::List(_));
        } else {
            self.query.get_or_insert(Found { span, within: None });
        }
        self.query_parts(query);
    }

    fn query_parts(&mut self, query: &Query) {
        self.bound.push(query.bind);
        let parts = query.condition.iter().chain(query.order.iter().map(|(key, _)| key)).chain([&query.select]);
        parts.for_each(|part| self.expr(part));
        self.bound.pop();
    }
}

/// Whether one conjunct compares a reference of the element with something else.
pub(in crate::sema) fn ties(condition: &Expr, bind: LocalId) -> bool {
    match &condition.kind {
        ExprKind::And(a, b) => ties(a, bind) || ties(b, bind),
        ExprKind::Compare(Comparison::Equal, a, b) => {
            (is_reference_of(a, bind) && is_held(b, bind)) || (is_reference_of(b, bind) && is_held(a, bind))
        }
        _ => false,
    }
}

/// Whether an expression is a reference field of the element itself.
fn is_reference_of(side: &Expr, bind: LocalId) -> bool {
    match &side.kind {
        ExprKind::Convert(_, inner) => is_reference_of(inner, bind),
        ExprKind::Field { base, .. } => {
            let is_reference = !side.ty.entities().is_empty() || *side.ty.present() == Ty::AnyRef;
            is_reference && matches!(base.kind, ExprKind::Local(local) if local == bind)
        }
        _ => false,
    }
}

/// Whether an expression is a name or a path of fields from one: what can be known before the query.
fn is_held(side: &Expr, bind: LocalId) -> bool {
    match &side.kind {
        ExprKind::Capture(_) | ExprKind::Process(_) => true,
        ExprKind::Convert(Conversion::Known | Conversion::Narrow, inner) => {
            matches!(inner.kind, ExprKind::Local(local) if local != bind)
        }
        ExprKind::Convert(_, inner)
        | ExprKind::Field { base: inner, .. }
        | ExprKind::RecordField { base: inner, .. } => is_held(inner, bind),
        ExprKind::Local(local) => *local != bind,
        _ => false,
    }
}

/// Whether an expression reads one of these names.
fn reads_one_of(value: &Expr, bound: &[LocalId]) -> bool {
    match &value.kind {
        ExprKind::Local(local) => bound.contains(local),
        _ => children(value).into_iter().any(|child| reads_one_of(child, bound)),
    }
}
