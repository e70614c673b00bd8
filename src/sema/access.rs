//! E0804, W0801: steps that no declared role allows. Where a project declares no role, everybody may do everything.

use std::collections::BTreeSet;

use super::{
    errors::roles as errors,
    hir::{Block, Expr, ExprKind, LocalId, Program, QuerySource, StmtKind},
    schema::{EntityId, ProcessHead, ProcessId, RunAs, Schema, Target, TriggerEvent, Verb},
    ty::Ty,
    visit::{blocks_of, children, expressions_of},
};
use crate::base::{directory::is_directory, span::Span};
use crate::diag::Sink;
use crate::syntax::ast::ProcessKind;

/// Reports the steps.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    let schema = &program.schema;
    // A right that was refused may be the one that is missed.
    if schema.roles.is_empty() || schema.roles.iter().any(|role| role.is_broken) {
        return;
    }
    for (head, process) in schema.processes.iter().zip(&program.processes) {
        // WHY: the actions of a library are checked where they are called: their steps need what their callers have.
        if head.from_library || head.kind == ProcessKind::Activity {
            continue;
        }
        let mut finder = Finder { schema, head, needed: Vec::new(), seen: BTreeSet::new() };
        finder.block(&process.body.block);
        for (verb, what, span) in std::mem::take(&mut finder.needed) {
            let whose = match (is_callers(head), head.kind) {
                (true, ProcessKind::Action) => errors::Whose::CallersOfAction,
                (true, _) => errors::Whose::Callers,
                (false, _) => errors::Whose::Owners,
            };
            let is_of_records = Verb::OF_RECORDS.contains(&verb);
            sink.push(errors::nobody_may(&head.name, (verb.word(), is_of_records), &what, span, whose));
        }
    }
}

/// Whether a process has the rights of whoever calls it.
fn is_callers(head: &ProcessHead) -> bool {
    let by_event = || head.triggers.iter().any(|trigger| !matches!(trigger.event, TriggerEvent::Action(_)));
    match head.run_as {
        Some(run_as) => run_as == RunAs::Caller,
        None => head.kind == ProcessKind::Action || !by_event(),
    }
}

/// Finds what a body does that nobody may.
struct Finder<'a> {
    schema: &'a Schema,
    head: &'a ProcessHead,
    needed: Vec<(Verb, String, Span)>,
    /// What was looked at: one message tells of it.
    seen: BTreeSet<(&'static str, u16)>,
}

impl Finder<'_> {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(&stmt.kind, stmt.span);
            expressions_of(&stmt.kind).into_iter().for_each(|value| self.expression(value));
            if let StmtKind::ForQuery { query, .. } = &stmt.kind {
                self.source(&query.source, stmt.span);
            }
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
        }
    }

    fn stmt(&mut self, kind: &StmtKind, span: Span) {
        match kind {
            StmtKind::Create { entity, given: false, .. } => self.records(Verb::Create, *entity, span),
            StmtKind::Update { entity, .. } | StmtKind::ChangeStatus { entity, .. } => {
                self.records(Verb::Update, *entity, span);
            }
            StmtKind::AssignOwner { target, .. } => self.referred(Verb::Assign, &target.ty, span),
            StmtKind::Delete { target } => self.referred(Verb::Delete, &target.ty, span),
            StmtKind::Do { process, .. } | StmtKind::Start { process, .. } => self.run(*process, span),
            _ => {}
        }
    }

    fn expression(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Field { base, .. } if !self.is_pending(base) => self.referred(Verb::Read, &base.ty, value.span),
            ExprKind::Query(query) => self.source(&query.source, value.span),
            _ => {}
        }
        children(value).into_iter().for_each(|value| self.expression(value));
    }

    fn source(&mut self, source: &QuerySource, span: Span) {
        match source {
            QuerySource::Entity(entity) | QuerySource::Reverse { entity, .. } => {
                self.records(Verb::Read, *entity, span);
            }
            QuerySource::Groups(groups) => self.source(&groups.items.source, span),
            QuerySource::List(_) => {}
        }
    }

    /// Whether an expression is the record that is about to be written, or was just written: who writes it may see it.
    fn is_pending(&self, base: &Expr) -> bool {
        self.head.kind == ProcessKind::Realtime && matches!(base.kind, ExprKind::Local(LocalId(0)))
    }

    /// The records that a reference leads to.
    fn referred(&mut self, verb: Verb, ty: &Ty, span: Span) {
        match ty.present() {
            Ty::Ref(entity) => self.records(verb, *entity, span),
            Ty::Union(entities) => entities.iter().for_each(|entity| self.records(verb, *entity, span)),
            _ => {}
        }
    }

    fn records(&mut self, verb: Verb, entity: EntityId, span: Span) {
        let Some(name) = self.schema.entity(entity).map(|entity| entity.name.clone()) else { return };
        if verb == Verb::Read && is_directory(&name) {
            return;
        }
        self.need(verb, Target::Entity(entity), (verb.word(), entity.0), name, span);
    }

    fn run(&mut self, process: ProcessId, span: Span) {
        let Some(head) = self.schema.process(process).filter(|head| head.kind != ProcessKind::Activity) else { return };
        let name = head.name.clone();
        self.need(Verb::Run, Target::Process(process), (Verb::Run.word(), process.0), name, span);
    }

    fn need(&mut self, verb: Verb, target: Target, key: (&'static str, u16), name: String, span: Span) {
        let rights = || self.schema.roles.iter().flat_map(|role| &role.rights);
        let is_allowed = rights().any(|right| right.verb == verb && [Target::Any, target].contains(&right.target));
        if self.seen.insert(key) && !is_allowed {
            self.needed.push((verb, name, span));
        }
    }
}
