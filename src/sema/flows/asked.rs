//! Conditions of a flow read what people were asked for: a branch over a field that no step asks for would be taken by
//! accident.

use std::collections::BTreeSet;

use super::{
    Flows, code,
    graph::{Plan, Stage, path},
};
use crate::base::span::Span;
use crate::diag::Sink;
use crate::sema::{
    errors::{flows as errors, names as name_errors},
    hir::{Block, Body, Expr, ExprKind, Program, StmtKind},
    names::{Def, Names},
    schema::Schema,
    types, visit,
};

/// Looks at the steps and conditions of all flows.
pub(in crate::sema) fn check(flows: &Flows<'_>, program: &Program, names: &Names, sink: &mut Sink) {
    for plan in &flows.plans {
        for binding in &plan.bindings {
            let Some(entry) = names.entries.get(&binding.entity.name) else { continue };
            if !matches!(entry.def, Def::Entity(_) | Def::Broken | Def::Later(_)) {
                let (name, span) = (&binding.entity.name, binding.entity.span);
                let is = types::kind_words(&entry.def);
                sink.push(name_errors::wrong_kind(name, is, "an entity", span, entry.span));
            }
        }
        for (index, stage) in plan.stages.iter().enumerate() {
            check_steps(plan, stage, sink);
            let asked = asked_until(plan, index);
            let arms = stage.arms.iter().filter_map(|arm| Some(("next", arm.condition?.span)));
            let steps = stage.steps().filter_map(|step| Some(("missing", step.required??.span)));
            for (part, span) in arms.chain(steps) {
                let Some(body) = body(plan, part, program, names) else { continue };
                let reader = Reader { body, schema: &program.schema, span };
                for (read, at) in reader.reads() {
                    let is_asked = asked.iter().any(|step| read.starts_with(step));
                    if !is_asked {
                        sink.push(errors::not_asked(&read.join("."), &stage.decl.name.name, at));
                    }
                }
            }
        }
    }
}

/// A step names a field of a record of the flow.
fn check_steps(plan: &Plan<'_>, stage: &Stage<'_>, sink: &mut Sink) {
    for step in stage.steps() {
        if !plan.is_bound(stage, step.field) {
            let known: Vec<&str> =
                stage.bound().iter().filter_map(|at| Some(plan.bindings.get(*at)?.name.name.as_str())).collect();
            sink.push(errors::step_shape(&known, step.field.span));
        }
    }
}

/// The fields that the steps of a stage, and of all that lead to it, ask for.
fn asked_until(plan: &Plan<'_>, index: usize) -> BTreeSet<Vec<String>> {
    let mut led: BTreeSet<usize> = BTreeSet::from([index]);
    let mut open = vec![index];
    while let Some(to) = open.pop() {
        for (from, stage) in plan.stages.iter().enumerate() {
            if stage.arms.iter().any(|arm| arm.to == Some(to)) && led.insert(from) {
                open.push(from);
            }
        }
    }
    let stages = led.iter().filter_map(|index| plan.stages.get(*index));
    let steps = stages.flat_map(|stage| stage.steps().collect::<Vec<_>>());
    let paths = steps.filter_map(|step| path(step.field));
    paths.map(|(record, fields)| std::iter::once(record).chain(fields).map(str::to_owned).collect()).collect()
}

fn body<'p>(plan: &Plan<'_>, part: &str, program: &'p Program, names: &Names) -> Option<&'p Body> {
    match names.entries.get(&code::part(plan.name(), part))?.def {
        Def::Function(id) => program.functions.get(usize::from(id.0)),
        _ => None,
    }
}

/// What one condition reads.
struct Reader<'a> {
    body: &'a Body,
    schema: &'a Schema,
    span: Span,
}

impl Reader<'_> {
    /// The fields that people write, from a record of the flow on, longest paths only.
    fn reads(&self) -> Vec<(Vec<String>, Span)> {
        let mut found = Vec::new();
        self.block(&self.body.block, &mut found);
        found
    }

    fn block(&self, block: &Block, found: &mut Vec<(Vec<String>, Span)>) {
        for stmt in &block.stmts {
            if let StmtKind::Match { .. } | StmtKind::If { .. } = &stmt.kind {
                visit::blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block, found));
            }
            visit::expressions_of(&stmt.kind).into_iter().for_each(|value| self.value(value, found));
        }
    }

    fn value(&self, value: &Expr, found: &mut Vec<(Vec<String>, Span)>) {
        let is_within =
            value.span.file == self.span.file && value.span.start >= self.span.start && value.span.end <= self.span.end;
        if is_within && let Some((path, is_asked_of_people)) = self.path(value) {
            if path.len() > 1 && is_asked_of_people {
                found.push((path, value.span));
            }
            return;
        }
        visit::children(value).into_iter().for_each(|child| self.value(child, found));
    }

    /// `lead.customer.name`, and whether people write the last field.
    fn path(&self, value: &Expr) -> Option<(Vec<String>, bool)> {
        match &value.kind {
            ExprKind::Local(local) => {
                let name = self.body.locals.get(usize::from(local.0)).map(|local| local.name.clone())?;
                (!name.is_empty() && !name.starts_with('<')).then(|| (vec![name], false))
            }
            ExprKind::Convert(_, inner) | ExprKind::Unwrap(inner) => self.path(inner),
            ExprKind::Field { base, entity, field } => {
                let (mut path, _) = self.path(base)?;
                let field = self.schema.entity(*entity)?.fields.get(usize::from(field.0))?;
                path.push(field.name.clone());
                Some((path, field.system.is_none() && field.numbering.is_empty()))
            }
            _ => None,
        }
    }
}
