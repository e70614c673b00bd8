//! W06 about loops: those that nothing leaves, and those that do the work of many turns in one.

use super::{
    check::wakes::ties,
    errors::waits as errors,
    hir::{Block, Expr, ExprKind, Program, Query, QuerySource, Stmt, StmtKind},
    schema::ProcessId,
    schema::Schema,
    visit::{blocks_of, children, expressions_of},
};
use crate::base::{span::Span, value::Value};
use crate::diag::Sink;
use crate::syntax::ast::ProcessKind;

/// Reports the loops of a program.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    for body in &program.functions {
        Finder { schema: &program.schema, background: None, is_ended: false, sink }.block(&body.block);
    }
    for (head, process) in program.schema.processes.iter().zip(&program.processes) {
        let background = (head.kind == ProcessKind::Background).then_some(head.name.as_str());
        Finder { schema: &program.schema, background, is_ended: false, sink }.block(&process.body.block);
    }
}

struct Finder<'a, 's> {
    schema: &'a Schema,
    /// The name of the process, if it can wait.
    background: Option<&'a str>,
    /// Whether what stands around ends a loop that rests.
    is_ended: bool,
    sink: &'s mut Sink,
}

impl Finder<'_, '_> {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match &stmt.kind {
                // One turn is what its author asked for.
                StmtKind::Atomic(_) => continue,
                // What runs beside them ends them.
                StmtKind::Parallel(parallel) if parallel.first.is_some() || parallel.until.is_some() => {
                    let outer = std::mem::replace(&mut self.is_ended, true);
                    blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
                    self.is_ended = outer;
                    continue;
                }
                StmtKind::While { condition, body }
                    if is_true(condition) && !is_left(body, true) && !(self.is_ended && self.suspends(body)) =>
                {
                    let name = self.background.filter(|_| self.suspends(body));
                    self.sink.push(errors::never_finishes(name, head(stmt, body)));
                }
                StmtKind::While { condition, body } if !counts(condition) => self.turn(stmt, body, Some(condition)),
                StmtKind::ForQuery { query, body } if is_wide(query) => self.turn(stmt, body, None),
                StmtKind::ForList { source, body, .. } if is_wide_list(source) => self.turn(stmt, body, None),
                _ => {}
            }
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
        }
    }

    /// Reports a loop whose body works on records and ends no turn.
    fn turn(&mut self, stmt: &Stmt, body: &Block, condition: Option<&Expr>) {
        if self.background.is_none() || self.suspends(body) {
            return;
        }
        let looked = || condition.and_then(query_in).or_else(|| find_query(body)).map(|span| (span, false));
        if let Some((work, is_write)) = find_write(body).map(|span| (span, true)).or_else(looked) {
            let head = head(stmt, body);
            // The words before a query that stands in the head itself.
            let head = if head.contains(work) { Span { end: work.start.saturating_sub(1), ..head } } else { head };
            self.sink.push(errors::long_turn(head, work, is_write));
        }
    }

    /// Whether a block holds the end of a turn.
    fn suspends(&self, block: &Block) -> bool {
        block.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Checkpoint
            | StmtKind::Page(_)
            | StmtKind::Parallel(_)
            | StmtKind::StartBranch(_)
            | StmtKind::Wait { .. } => true,
            StmtKind::Do { process, .. } => self.commits(*process),
            StmtKind::Atomic(_) => false,
            other => blocks_of(other).into_iter().any(|block| self.suspends(block)),
        })
    }

    /// `do` of an action commits before it, `do` of a workflow waits for it.
    fn commits(&self, process: ProcessId) -> bool {
        self.background.is_some() && self.schema.process(process).is_some()
    }
}

/// The words of a loop before its body.
fn head(stmt: &Stmt, body: &Block) -> Span {
    let inside = body.stmts.first().map_or(stmt.span.end, |first| first.span.start);
    match &stmt.kind {
        StmtKind::While { condition, .. } => Span { end: condition.span.end, ..stmt.span },
        StmtKind::ForList { source, .. } => Span { end: source.span.end, ..stmt.span },
        StmtKind::ForQuery { query, .. } => {
            let end = query.condition.as_ref().map_or(query.select.span.end, |condition| condition.span.end);
            Span { end: end.min(inside), ..stmt.span }
        }
        _ => stmt.span,
    }
}

fn is_true(condition: &Expr) -> bool {
    matches!(condition.kind, ExprKind::Const(Value::Bool(true)))
}

/// Whether a statement leaves the loop whose body this is; an inner loop keeps its own `break`.
fn is_left(block: &Block, is_own: bool) -> bool {
    block.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => is_own,
        StmtKind::Raise(_) | StmtKind::RaiseAgain | StmtKind::Return(_) | StmtKind::Stop { .. } => true,
        StmtKind::ForList { body, .. } | StmtKind::ForQuery { body, .. } | StmtKind::While { body, .. } => {
            is_left(body, false)
        }
        other => blocks_of(other).into_iter().any(|block| is_left(block, is_own)),
    })
}

/// Whether a condition compares a name with something fixed: such loops are counted.
fn counts(condition: &Expr) -> bool {
    let is_fixed = |side: &Expr| matches!(side.kind, ExprKind::Const(_));
    let is_name = |side: &Expr| matches!(side.kind, ExprKind::Local(_));
    match &condition.kind {
        ExprKind::And(a, b) => counts(a) || counts(b),
        ExprKind::Compare(_, a, b) => (is_name(a) && is_fixed(b)) || (is_fixed(a) && is_name(b)),
        _ => false,
    }
}

/// Whether a query looks through an entity without being tied to a record.
fn is_wide(query: &Query) -> bool {
    if let QuerySource::Groups(groups) = &query.source {
        return is_wide(&groups.items);
    }
    matches!(query.source, QuerySource::Entity(_))
        && query.limit.is_none()
        && !query.condition.as_ref().is_some_and(|condition| ties(condition, query.bind))
}

fn is_wide_list(source: &Expr) -> bool {
    matches!(&source.kind, ExprKind::Query(query) if is_wide(query))
}

fn find_write(block: &Block) -> Option<Span> {
    block.stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::AssignOwner { .. }
        | StmtKind::ChangeStatus { .. }
        | StmtKind::Create { .. }
        | StmtKind::Delete { .. }
        | StmtKind::Update { .. } => Some(stmt.span),
        other => blocks_of(other).into_iter().find_map(find_write),
    })
}

fn find_query(block: &Block) -> Option<Span> {
    block.stmts.iter().find_map(|stmt| {
        let own = expressions_of(&stmt.kind).into_iter().find_map(query_in);
        own.or_else(|| blocks_of(&stmt.kind).into_iter().find_map(find_query))
    })
}

/// A query over stored records within an expression.
fn query_in(value: &Expr) -> Option<Span> {
    match &value.kind {
        ExprKind::Query(query) if !matches!(query.source, QuerySource::List(_)) => Some(value.span),
        _ => children(value).into_iter().find_map(query_in),
    }
}
