//! W0504: processes that do themselves on every way.
//!
//! For each process the others that it has done before it can end, whichever way it takes; a circle of these never comes
//! to an end by itself. A process with `only if` may say no, and a `do` within `try` may be caught: both end a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    errors::triggers as errors,
    hir::{Block, Program, Stmt, StmtKind},
    schema::ProcessId,
    visit::blocks_of,
};
use crate::{base::span::Span, diag::Sink, syntax::ast::ProcessKind};

/// What was done by then; none where nobody comes by.
type Met = Option<BTreeSet<ProcessId>>;

/// What both ways have done.
fn either(left: Met, right: Met) -> Met {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.intersection(&right).copied().collect()),
        (left, right) => left.or(right),
    }
}

/// Reports the circles of a program.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    let head = |id: ProcessId| program.schema.process(id);
    let mut done: BTreeMap<ProcessId, Vec<(ProcessId, Span)>> = BTreeMap::new();
    for (id, process) in (0..).map(ProcessId).zip(&program.processes) {
        let mut ways = Ways::default();
        let met = ways.block(&process.body.block, Some(BTreeSet::new()));
        let always = either(ways.ended, met).unwrap_or_default();
        let may_say_no = |id: &ProcessId| program.processes.get(usize::from(id.0)).is_none_or(|p| p.only_if.is_some());
        let calls = ways.calls.into_iter().filter(|(id, _)| always.contains(id) && !may_say_no(id));
        done.insert(id, calls.collect());
    }
    let mut reported = BTreeSet::new();
    for first in done.keys().copied() {
        let Some(circle) = circle(&done, first) else { continue };
        if circle.iter().any(|(id, _)| reported.contains(id)) {
            continue;
        }
        reported.extend(circle.iter().map(|(id, _)| *id));
        let is_synchronous =
            circle.iter().all(|(id, _)| head(*id).is_some_and(|head| head.kind == ProcessKind::Action));
        let name = |id: ProcessId| head(id).map_or("", |head| head.name.as_str());
        let steps: Vec<(&str, Span)> = circle.iter().map(|(id, span)| (name(*id), *span)).collect();
        sink.extend(errors::endless_calls(&steps, is_synchronous));
    }
}

/// The shortest way from a process back to itself: each process with its call of the next.
fn circle(done: &BTreeMap<ProcessId, Vec<(ProcessId, Span)>>, first: ProcessId) -> Option<Vec<(ProcessId, Span)>> {
    let mut ways = vec![(first, Vec::new())];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut next = Vec::new();
        for (at, way) in ways {
            for (to, span) in done.get(&at).into_iter().flatten() {
                let way: Vec<(ProcessId, Span)> = way.iter().copied().chain([(at, *span)]).collect();
                if *to == first {
                    return Some(way);
                }
                if seen.insert(*to) {
                    next.push((*to, way));
                }
            }
        }
        ways = next;
    }
    None
}

/// The ways through a body.
#[derive(Default)]
struct Ways {
    /// What all those that ended the process had done before.
    ended: Met,
    /// The first call of each.
    calls: BTreeMap<ProcessId, Span>,
}

impl Ways {
    /// What was done where the block ends, after what was done before it.
    fn block(&mut self, block: &Block, before: Met) -> Met {
        block.stmts.iter().fold(before, |met, stmt| self.stmt(stmt, met))
    }

    fn stmt(&mut self, stmt: &Stmt, met: Met) -> Met {
        let mut met = met?;
        match &stmt.kind {
            StmtKind::Do { process, .. } => {
                self.calls.entry(*process).or_insert(stmt.span);
                met.insert(*process);
                Some(met)
            }
            StmtKind::Raise(_) | StmtKind::RaiseAgain | StmtKind::Return(_) | StmtKind::Stop { .. } => {
                self.ended = either(self.ended.take(), Some(met));
                None
            }
            // What follows in the loop is not reached; the loop itself counts for nothing.
            StmtKind::Break | StmtKind::Continue => None,
            StmtKind::ForList { .. } | StmtKind::ForQuery { .. } | StmtKind::While { .. } => {
                blocks_of(&stmt.kind).into_iter().for_each(|body| drop(self.block(body, Some(met.clone()))));
                Some(met)
            }
            StmtKind::Try { .. } => {
                if blocks_of(&stmt.kind).into_iter().any(Self::may_end) {
                    self.ended = either(self.ended.take(), Some(met.clone()));
                }
                Some(met)
            }
            StmtKind::OnCancel { body, .. } => self.block(body, Some(met)),
            StmtKind::If { branches, otherwise } => {
                let taken =
                    branches.iter().map(|(_, body)| self.block(body, Some(met.clone()))).reduce(either).flatten();
                let other = match otherwise {
                    Some(body) => self.block(body, Some(met)),
                    None => Some(met),
                };
                either(taken, other)
            }
            StmtKind::Match { .. } | StmtKind::Wait { .. } => {
                let bodies = blocks_of(&stmt.kind);
                if bodies.is_empty() {
                    return Some(met);
                }
                bodies.into_iter().fold(None, |after, body| either(after, self.block(body, Some(met.clone()))))
            }
            _ => {
                let mut met = Some(met);
                for body in blocks_of(&stmt.kind) {
                    met = self.block(body, met);
                }
                met
            }
        }
    }

    /// Whether a process may end within a block.
    fn may_end(block: &Block) -> bool {
        let mut inner = Ways::default();
        let _ = inner.block(block, Some(BTreeSet::new()));
        inner.ended.is_some()
    }
}
