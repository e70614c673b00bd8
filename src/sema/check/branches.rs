//! `parallel`: branches that run apart, what they read, set and give.
//!
//! A branch runs for itself, later, with copies of the names that it reads; what it sets is published when the
//! `parallel` has ended. So nothing in it leads out of it, facts about stored records do not hold at its beginning, and
//! two branches have nothing to do with each other's names.

use std::collections::BTreeMap;

use super::{
    checker::{Checker, constant, read},
    facts::{Flow, Path},
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{branches as errors, types},
        hir::{Apart, Block, Branch, Expr, ExprKind, LocalId, Parallel, Place, Stmt, StmtKind, WaitArmKind},
        ty::Ty,
        visit::{blocks_of, children, expressions_of},
    },
    syntax::ast::{self, Early, Ident},
};

/// The word that is told of.
const BRANCH: &str = "a branch";
/// The same of `undo { }`.
pub(super) const UNDO: &str = "an undo block";

/// What the innermost `parallel for each` gives.
#[derive(Clone, Debug, Default)]
struct Given {
    ty: Option<Ty>,
}

/// What runs apart around a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// The innermost branch or undo block, and where it begins.
    apart: Option<(&'static str, Span)>,
    /// Open sagas within it.
    pub(super) sagas: usize,
    /// Open sagas around it.
    pub(super) outer_sagas: usize,
    /// Of the body of a `parallel for each`.
    given: Option<Given>,
    /// The loop that is checked next is one over the elements of a `parallel`.
    each: Option<Each>,
}

impl Around {
    /// Whether the place is in an undo block.
    pub(super) fn is_undo(&self) -> bool {
        self.apart.is_some_and(|(what, _)| what == UNDO)
    }

    /// Whether the place is in a branch or an undo block.
    pub(super) fn is_apart(&self) -> bool {
        self.apart.is_some()
    }

    /// Where the branch around the place begins.
    pub(super) fn branch(&self) -> Option<Span> {
        self.apart.filter(|(what, _)| *what == BRANCH).map(|(_, span)| span)
    }
}

/// A loop that starts a branch for each element.
#[derive(Clone, Debug)]
struct Each {
    span: Span,
    branch: Option<Branch>,
}

/// The names from outside that statements use, each with a place.
#[derive(Clone, Debug, Default)]
struct Uses {
    reads: BTreeMap<LocalId, Span>,
    sets: BTreeMap<LocalId, Span>,
}

/// A branch that was checked.
struct Checked {
    branch: Branch,
    uses: Uses,
    end: Flow,
}

impl Checker<'_> {
    /// `parallel { branch "a" { } }` in all its forms.
    pub(super) fn parallel(&mut self, early: &Early, branches: &[(String, ast::Block)], span: Span) -> (StmtKind, Ty) {
        let head = Span { end: span.start.saturating_add(8), ..span };
        self.suspends("parallel", head);
        let (first, until) = self.early(early);
        let before = self.flow.clone();
        let mut titles: BTreeMap<&str, Span> = BTreeMap::new();
        let mut checked = Vec::with_capacity(branches.len());
        let ((), trace) = self.traced(|checker| {
            for (title, body) in branches {
                let place = Span { end: body.span.start.saturating_add(1), ..body.span };
                if let Some(other) = titles.insert(title, place) {
                    checker.report(errors::title_twice(title, place, other));
                }
                checker.flow = before.clone();
                checked.push(checker.titled_branch(title, body));
            }
        });
        let is_race = early.first && early.count.is_none();
        self.refuse_conflicts(&checked, is_race);
        self.flow = before;
        self.flow.after(&trace);
        self.flow.suspend(head);
        self.meet_branches(&checked, is_race, early);
        let mut starts = Block::default();
        for (index, (_, body)) in (0u16..).zip(branches) {
            starts.stmts.push(Stmt { kind: StmtKind::StartBranch(index), span: Span { end: body.span.start, ..head } });
        }
        let branches = checked.into_iter().map(|checked| checked.branch).collect();
        let parallel = Parallel { starts, branches, first, until, limit: None, into: None };
        (StmtKind::Parallel(Box::new(parallel)), Ty::Void)
    }

    /// What is known when all branches have ended, or enough of them.
    fn meet_branches(&mut self, checked: &[Checked], is_race: bool, early: &Early) {
        let ends = || checked.iter().map(|checked| &checked.end);
        if is_race && early.until.is_none() {
            self.flow.dead = !checked.is_empty() && ends().all(|end| end.dead);
            let living = ends().filter(|end| !end.dead).map(|end| end.assigned.clone());
            let common = living.reduce(|a, b| a.intersection(&b).copied().collect());
            self.flow.assigned.extend(common.into_iter().flatten());
        } else if !early.first && early.until.is_none() {
            self.flow.dead = ends().any(|end| end.dead);
            self.flow.assigned.extend(ends().flat_map(|end| end.assigned.iter().copied()).collect::<Vec<_>>());
        }
    }

    /// `first 2`, `until c`.
    fn early(&mut self, early: &Early) -> (Option<Expr>, Option<Expr>) {
        let first = match &early.count {
            Some(count) => Some(self.expr_as(count, &Ty::Int, None)),
            None => early.first.then(|| constant(Value::Int(1), Ty::Int, Span::default())),
        };
        let until = early.until.as_ref().map(|until| {
            let condition = self.condition(until);
            self.refuse_unwakeable(&condition);
            condition
        });
        (first, until)
    }

    fn titled_branch(&mut self, title: &str, body: &ast::Block) -> Checked {
        let (mut block, uses) = self.apart(BRANCH, body, None);
        let sets: Vec<LocalId> = uses.sets.keys().copied().collect();
        let (result, into, publish) = self.published(&sets, body.span);
        if let Some(value) = self.gathered(&sets, &result, body.span).filter(|_| !self.flow.dead) {
            block.stmts.push(Stmt { kind: StmtKind::Give(value), span: body.span });
        }
        let end = std::mem::take(&mut self.flow);
        let apart = Apart { body: block, reads: uses.reads.keys().copied().collect() };
        let branch = Branch { title: title.to_owned(), apart, result, into, publish };
        Checked { branch, uses, end }
    }

    /// The type of the names that a branch sets, where they lie together, and what sets them outside.
    fn published(&mut self, sets: &[LocalId], span: Span) -> (Ty, Option<LocalId>, Block) {
        let named = |checker: &Self, local: LocalId| {
            checker.local(local).map_or((String::new(), Ty::Error), |local| (local.name.clone(), local.ty.clone()))
        };
        let result = match sets {
            [] => return (Ty::Void, None, Block::default()),
            [one] => self.local_ty(*one),
            many => Ty::Named(many.iter().map(|local| named(self, *local)).collect()),
        };
        let into = self.made(result.clone(), span);
        let mut publish = Block::default();
        for (index, local) in (0u16..).zip(sets) {
            let whole = read(into, result.clone(), span);
            let value = match sets {
                [_] => whole,
                _ => {
                    let kind = ExprKind::RecordField { base: Box::new(whole), index };
                    Expr { kind, ty: self.local_ty(*local), span }
                }
            };
            let place = Place::Local { local: *local, path: Vec::new() };
            publish.stmts.push(Stmt { kind: StmtKind::Assign { place, value }, span });
        }
        (result, Some(into), publish)
    }

    /// The names that a branch sets, at its end.
    fn gathered(&self, sets: &[LocalId], result: &Ty, span: Span) -> Option<Expr> {
        let value = |local: &LocalId| read(*local, self.local_ty(*local), span);
        match sets {
            [] => None,
            [one] => Some(value(one)),
            many => Some(Expr { kind: ExprKind::Named(many.iter().map(value).collect()), ty: result.clone(), span }),
        }
    }

    /// Statements that run for themselves, with the names from outside that they use. The flow is that of their end.
    fn apart(&mut self, what: &'static str, body: &ast::Block, given: Option<Given>) -> (Block, Uses) {
        let place = Span { end: body.span.start.saturating_add(1), ..body.span };
        let outer_sagas = if what == UNDO { 0 } else { self.around.sagas + self.around.outer_sagas };
        let inner = Around { apart: Some((what, place)), sagas: 0, outer_sagas, given, each: None };
        let around = std::mem::replace(&mut self.around, inner);
        let (loops, handlers) = (std::mem::take(&mut self.loops), std::mem::take(&mut self.handlers));
        let outside = self.locals.len();
        self.flow.suspend(place);
        let block = self.block(body);
        (self.loops, self.handlers) = (loops, handlers);
        let inner = std::mem::replace(&mut self.around, around);
        self.around.given = match (what, inner.given) {
            (BRANCH, Some(given)) => Some(given),
            _ => self.around.given.take(),
        };
        let mut uses = Uses::default();
        uses.block(&block);
        let is_outside = |local: &LocalId| usize::from(local.0) < outside;
        uses.reads.retain(|local, _| is_outside(local));
        uses.sets.retain(|local, _| is_outside(local));
        for (local, span) in uses.reads.iter().chain(&uses.sets) {
            if self.local_ty(*local) == Ty::Fault {
                let name = self.local(*local).map(|local| local.name.clone()).unwrap_or_default();
                self.report(errors::fault_read_apart(&name, what, *span));
            }
        }
        (block, uses)
    }

    /// `undo { }`: the block with the names that it copies. The flow stays as it is.
    pub(super) fn undo_block(&mut self, body: &ast::Block) -> Apart {
        let flow = self.flow.clone();
        let ((block, uses), _) = self.traced(|checker| checker.apart(UNDO, body, None));
        self.flow = flow;
        for (local, span) in &uses.sets {
            let name = self.local(*local).map(|local| local.name.clone()).unwrap_or_default();
            self.report(errors::set_by_undo(&name, *span));
        }
        Apart { body: block, reads: uses.reads.keys().copied().collect() }
    }

    /// A message where a statement leads out of a branch or an undo block; whether there is one.
    pub(super) fn leaves(&mut self, verb: &str, span: Span) -> bool {
        let Some((what, around)) = self.around.apart else { return false };
        self.report(errors::leaves(verb, what, span, around));
        true
    }

    /// Messages about names that are set in one branch and used in another one. In a race only the first one to end
    /// publishes what it set.
    fn refuse_conflicts(&mut self, checked: &[Checked], is_race: bool) {
        let mut told = Vec::new();
        for (index, one) in checked.iter().enumerate() {
            for other in checked.iter().skip(index + 1).filter(|_| !is_race) {
                for (local, span) in &other.uses.sets {
                    if let Some(earlier) = one.uses.sets.get(local)
                        && !told.contains(local)
                    {
                        told.push(*local);
                        let name = self.local(*local).map(|local| local.name.clone()).unwrap_or_default();
                        self.report(errors::set_by_two(&name, *span, *earlier));
                    }
                }
            }
        }
        for (index, one) in checked.iter().enumerate() {
            for (_, other) in checked.iter().enumerate().filter(|(at, _)| *at != index) {
                for (local, span) in &one.uses.sets {
                    let Some(read) = other.uses.reads.get(local) else { continue };
                    if other.uses.sets.contains_key(local) || told.contains(local) {
                        continue;
                    }
                    told.push(*local);
                    let name = self.local(*local).map(|local| local.name.clone()).unwrap_or_default();
                    self.report(errors::read_by_other(&name, *read, *span));
                }
            }
        }
    }

    /// `parallel for each x in xs limit 5 at once { … }`.
    pub(super) fn parallel_each(
        &mut self,
        early: &Early,
        (name, source, limit, body): (&Ident, &ast::Expr, Option<&ast::Expr>, &ast::Block),
        span: Span,
    ) -> (StmtKind, Ty) {
        let head = Span { end: span.start.saturating_add(8), ..span };
        self.suspends("parallel", head);
        let (first, until) = self.early(early);
        let limit = limit.map(|limit| self.expr_as(limit, &Ty::Int, None));
        let place = Span { end: body.span.start, ..span };
        self.around.each = Some(Each { span: place, branch: None });
        let kind = self.for_stmt(name, source, body);
        let branch = self.around.each.take().and_then(|each| each.branch);
        self.flow.suspend(head);
        let Some(branch) = branch else { return (StmtKind::Error, Ty::Error) };
        let given = match &branch.result {
            Ty::Void => Ty::Void,
            ty => Ty::List(Box::new(ty.clone())),
        };
        let starts = Block { stmts: vec![Stmt { kind, span: place }] };
        let parallel = Parallel { starts, branches: vec![branch], first, until, limit, into: None };
        (StmtKind::Parallel(Box::new(parallel)), given)
    }

    /// The body of the loop of a `parallel for each`: it starts a branch. Of other loops there is none.
    pub(super) fn each_branch(&mut self, body: &ast::Block) -> Option<Block> {
        let each = self.around.each.take()?;
        let outer = self.around.given.take();
        let before = self.flow.clone();
        let (block, uses) = self.apart(BRANCH, body, Some(Given::default()));
        let given = std::mem::replace(&mut self.around.given, outer).and_then(|given| given.ty);
        if given.is_some() && !self.flow.dead {
            let end = body.span.end.saturating_sub(1);
            self.report(errors::without_give(Span { start: end, ..body.span }));
        }
        self.flow = before;
        self.flow.suspend(each.span);
        for (local, span) in &uses.sets {
            let (name, declared) = self.local(*local).map(|local| (local.name.clone(), local.span)).unzip();
            self.report(errors::set_by_each(&name.unwrap_or_default(), *span, declared));
            self.flow.forget(&Path::local(*local));
        }
        let apart = Apart { body: block, reads: uses.reads.keys().copied().collect() };
        let branch = Branch {
            title: String::new(),
            apart,
            result: given.unwrap_or(Ty::Void),
            into: None,
            publish: Block::default(),
        };
        let start = Stmt { kind: StmtKind::StartBranch(0), span: each.span };
        self.around.each = Some(Each { branch: Some(branch), ..each });
        Some(Block { stmts: vec![start] })
    }

    /// `give e`.
    pub(super) fn give(&mut self, value: &ast::Expr, span: Span) -> StmtKind {
        let Some(given) = self.around.given.clone() else {
            drop(self.expr(value, Some(&Ty::Error)));
            self.report(errors::give_outside(span));
            return StmtKind::Error;
        };
        let value = self.expr(value, given.ty.as_ref());
        let value = match &given.ty {
            Some(ty) => self.coerce(value, ty, None),
            None if value.ty == Ty::None => {
                let message = types::name_needs_type("give", value.span);
                self.refuse(message, value.span)
            }
            None if value.ty == Ty::Void || value.ty == Ty::Fault => {
                let message = types::no_value(value.span);
                self.refuse(message, value.span)
            }
            None => value,
        };
        let ty = given.ty.unwrap_or_else(|| value.ty.clone());
        self.around.given = Some(Given { ty: Some(ty) });
        self.flow.dead = true;
        StmtKind::Give(value)
    }
}

impl Uses {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
            expressions_of(&stmt.kind).into_iter().for_each(|value| self.expr(value));
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let places: Vec<&Place> = match &stmt.kind {
            StmtKind::Assign { place, .. } => vec![place],
            StmtKind::Create { into, .. } | StmtKind::Do { into, .. } | StmtKind::Start { into, .. } => {
                into.iter().collect()
            }
            StmtKind::Parallel(parallel) => parallel.into.iter().collect(),
            StmtKind::Wait { arms, .. } => arms
                .iter()
                .filter_map(|arm| match &arm.kind {
                    WaitArmKind::Handle { into, .. } | WaitArmKind::Signal { into, .. } => into.as_ref(),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        for place in places {
            if let Place::Local { local, path } = place {
                self.sets.entry(*local).or_insert(stmt.span);
                if !path.is_empty() {
                    self.reads.entry(*local).or_insert(stmt.span);
                }
            }
        }
        match &stmt.kind {
            StmtKind::Match { subject, .. } => {
                self.reads.entry(*subject).or_insert(stmt.span);
            }
            StmtKind::Do { retry: Some(retry), timeout, .. } => {
                let delays = retry.after.iter().chain(&retry.up_to).chain(timeout.as_deref());
                [&retry.times].into_iter().chain(delays).for_each(|value| self.expr(value));
            }
            StmtKind::Do { timeout: Some(timeout), .. } => self.expr(timeout),
            _ => {}
        }
    }

    fn expr(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Local(local) => {
                self.reads.entry(*local).or_insert(value.span);
            }
            _ => children(value).into_iter().for_each(|child| self.expr(child)),
        }
    }
}
