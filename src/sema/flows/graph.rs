//! The stages of a flow and the ways between them: which record each stage is for, which records are bound when it is
//! entered, and whether every stage can be reached and left.

use std::collections::BTreeSet;

use super::related::Related;
use crate::base::distance::did_you_mean;
use crate::base::limits::{FLOW_ENTITIES_MAX, FLOW_STAGES_MAX, FLOW_STEPS_MAX};
use crate::base::span::Span;
use crate::diag::Sink;
use crate::sema::collect::SourceTree;
use crate::sema::errors::{flows as errors, names};
use crate::syntax::ast::{Expr, ExprKind, FlowDecl, FlowElement, FlowStage, Ident};

/// A flow with what follows from it.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) decl: &'a FlowDecl,
    pub(super) tree: SourceTree<'a>,
    pub(super) bindings: Vec<Binding<'a>>,
    pub(super) stages: Vec<Stage<'a>>,
}

/// A record of a flow.
#[derive(Debug)]
pub(super) struct Binding<'a> {
    pub(super) name: &'a Ident,
    pub(super) entity: &'a Ident,
    /// Whether that is one.
    pub(super) is_entity: bool,
    pub(super) via: Option<Via<'a>>,
}

/// How the record of a stage is found from an earlier one.
#[derive(Debug)]
pub(super) struct Via<'a> {
    /// As written: `lead.opportunity`, `deal.originating_lead`.
    pub(super) expr: &'a Expr,
    /// The earlier record.
    pub(super) from: usize,
    /// The reference.
    pub(super) field: &'a str,
    /// Whether the reference is one of the earlier record.
    pub(super) is_forward: bool,
}

/// A stage.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) decl: &'a FlowStage,
    /// Its record.
    pub(super) binding: usize,
    /// The records that are bound on every way to it, before it binds its own.
    pub(super) before: BTreeSet<usize>,
    /// Where it leads, in the order that they are tried.
    pub(super) arms: Vec<Arm<'a>>,
}

/// `next Develop if c`.
#[derive(Debug)]
pub(super) struct Arm<'a> {
    /// The stage; none is the end.
    pub(super) to: Option<usize>,
    pub(super) condition: Option<&'a Expr>,
    pub(super) span: Span,
}

impl<'a> Plan<'a> {
    /// Reads a flow. Nothing after a message that leaves nothing to build on; after others the rest is looked at, too.
    pub(super) fn of(decl: &'a FlowDecl, tree: SourceTree<'a>, related: &Related<'a>, sink: &mut Sink) -> Option<Self> {
        let mut mine = Sink::default();
        let plan = Self::read(decl, tree, related, &mut mine);
        sink.extend(mine.finish());
        plan
    }

    fn read(decl: &'a FlowDecl, tree: SourceTree<'a>, related: &Related<'a>, sink: &mut Sink) -> Option<Self> {
        if decl.stages.is_empty() {
            sink.push(errors::no_stages(&decl.name.name, decl.name.span));
            return None;
        }
        let mut plan = Self { decl, tree, bindings: Vec::new(), stages: Vec::new() };
        for stage in &decl.stages {
            let name = &stage.name;
            if let Some(first) = plan.stages.iter().find(|first| first.decl.name.name == name.name) {
                let (first, owner) = (first.decl.name.span, format!("`{}`", decl.name.name));
                sink.push(names::duplicate_part("stage", &name.name, &owner, name.span, first));
                return None;
            }
            let binding = plan.binding(stage, related, sink)?;
            plan.stages.push(Stage { decl: stage, binding, before: BTreeSet::new(), arms: Vec::new() });
        }
        for index in 0..plan.stages.len() {
            let arms = plan.arms(index, sink);
            if let Some(stage) = plan.stages.get_mut(index) {
                stage.arms = arms;
            }
        }
        plan.refuse_unreached(sink);
        match plan.order(sink) {
            Some(order) => plan.bind(&order),
            None => {
                let all: BTreeSet<usize> = (0..plan.bindings.len()).collect();
                plan.stages.iter_mut().for_each(|stage| stage.before.clone_from(&all));
            }
        }
        plan.warn(sink);
        Some(plan)
    }

    /// The record of a stage; a new one takes its place among the records of the flow.
    fn binding(&mut self, stage: &'a FlowStage, related: &Related<'a>, sink: &mut Sink) -> Option<usize> {
        let known = self.bindings.iter().position(|binding| binding.name.name == stage.record.name);
        let Some(entity) = &stage.entity else {
            if known.is_none() {
                let near = did_you_mean(&stage.record.name, self.bindings.iter().map(|b| b.name.name.as_str()));
                sink.push(errors::unbound(&stage.record.name, stage.record.span, near.first().copied()));
            }
            if let Some(via) = stage.via.as_ref().filter(|_| known.is_some()) {
                sink.push(errors::via_again(&stage.record.name, via.span));
            }
            return known;
        };
        if let Some(first) = known.and_then(|known| self.bindings.get(known)) {
            sink.push(errors::bound_again(&stage.record.name, stage.record.span, first.name.span));
            return None;
        }
        if let Some(declared) = related.declaration(&entity.name)
            && !related.has_flag(&entity.name, "flow enabled")
        {
            let own = declared.name.span;
            sink.push(errors::not_enabled(&entity.name, entity.span, own));
        }
        let via = match (&stage.via, self.bindings.is_empty()) {
            (None, true) => None,
            (Some(via), true) => {
                sink.push(errors::via_of_first(via.span));
                None
            }
            (None, false) => {
                let earlier: Vec<&str> = self.bindings.iter().map(|binding| binding.name.name.as_str()).collect();
                sink.push(errors::no_via(&stage.record.name, &earlier, stage.record.span));
                None
            }
            (Some(via), false) => self.via(stage, entity, via, related, sink),
        };
        let is_entity = related.declaration(&entity.name).is_some();
        self.bindings.push(Binding { name: &stage.record, entity, is_entity, via });
        Some(self.bindings.len() - 1)
    }

    /// `via deal.originating_lead`, `via lead.opportunity`.
    fn via(
        &self,
        stage: &'a FlowStage,
        entity: &'a Ident,
        expr: &'a Expr,
        related: &Related<'a>,
        sink: &mut Sink,
    ) -> Option<Via<'a>> {
        let record = &stage.record.name;
        let earlier: Vec<&str> = self.bindings.iter().map(|binding| binding.name.name.as_str()).collect();
        let ExprKind::Member { base, name, optional: false } = &expr.kind else {
            sink.push(errors::via_shape(record, &earlier, expr.span));
            return None;
        };
        let ExprKind::Name(of) = &base.kind else {
            sink.push(errors::via_shape(record, &earlier, expr.span));
            return None;
        };
        let field = name.name.as_str();
        let from = self.bindings.iter().position(|binding| binding.name.name == of.name);
        let owner = match from.and_then(|from| self.bindings.get(from)) {
            Some(binding) => &binding.entity.name,
            None if of.name == *record => &entity.name,
            None => {
                sink.push(errors::via_shape(record, &earlier, expr.span));
                return None;
            }
        };
        if !related.has_field(owner, field) {
            // An entity or a field that nothing declares.
            if let Some(declared) = related.declaration(owner) {
                let known = declared.fields.iter().map(|field| field.name.name.as_str());
                let near = did_you_mean(field, known);
                sink.push(crate::sema::errors::uses::unknown_field(owner, field, name.span, declared.name.span, &near));
            }
            return None;
        }
        let Some(target) = related.target(owner, field) else {
            sink.push(errors::via_no_reference(owner, field, expr.span));
            return None;
        };
        if let Some(from) = from {
            if !target.leads_to(&entity.name) {
                sink.push(errors::via_elsewhere(owner, field, &entity.name, &target.entities, expr.span));
                return None;
            }
            if !target.is_only(&entity.name) {
                sink.push(errors::via_of_several(owner, field, &entity.name, &target.entities, expr.span));
                return None;
            }
            return Some(Via { expr, from, field, is_forward: true });
        }
        let mut leads = self.bindings.iter().enumerate().rev();
        let Some((from, _)) = leads.find(|(_, binding)| target.leads_to(&binding.entity.name)) else {
            let known: Vec<&str> = self.bindings.iter().map(|binding| binding.entity.name.as_str()).collect();
            sink.push(errors::via_back_elsewhere(owner, field, &known, &target.entities, expr.span));
            return None;
        };
        Some(Via { expr, from, field, is_forward: false })
    }

    /// Where a stage leads: its arms, or the stage that is written next.
    fn arms(&self, index: usize, sink: &mut Sink) -> Vec<Arm<'a>> {
        let Some(stage) = self.stages.get(index) else { return Vec::new() };
        let mut arms: Vec<Arm<'a>> = Vec::new();
        let mut is_broken = false;
        for element in &stage.decl.elements {
            let FlowElement::Next { stage: to, condition, span } = element else { continue };
            if let Some(always) = arms.iter().find(|arm| arm.condition.is_none()) {
                sink.push(errors::arm_never_reached(*span, always.span));
                continue;
            }
            let to = match to {
                None => None,
                Some(name) => {
                    let found = self.stages.iter().position(|stage| stage.decl.name.name == name.name);
                    if found.is_none() {
                        let known = self.stages.iter().map(|stage| stage.decl.name.name.as_str());
                        let near: Vec<String> =
                            did_you_mean(&name.name, known).into_iter().map(str::to_owned).collect();
                        sink.push(names::unknown_stage(&self.decl.name.name, &name.name, name.span, &near));
                        is_broken = true;
                        continue;
                    }
                    found
                }
            };
            arms.push(Arm { to, condition: condition.as_ref(), span: *span });
        }
        if arms.is_empty() && !is_broken {
            let to = Some(index + 1).filter(|next| *next < self.stages.len());
            arms.push(Arm { to, condition: None, span: stage.decl.name.span });
        } else if !is_broken && arms.iter().all(|arm| arm.condition.is_some()) {
            let last = arms.last().map_or(stage.decl.name.span, |arm| arm.span);
            sink.push(errors::may_be_stuck(&stage.decl.name.name, stage.decl.name.span, last));
        }
        arms
    }

    fn refuse_unreached(&self, sink: &mut Sink) {
        let mut reached = BTreeSet::from([0]);
        let mut open = vec![0];
        while let Some(stage) = open.pop().and_then(|index| self.stages.get(index)) {
            open.extend(stage.arms.iter().filter_map(|arm| arm.to).filter(|to| reached.insert(*to)));
        }
        let is_broken = sink.has_errors();
        for (index, stage) in self.stages.iter().enumerate() {
            if !reached.contains(&index) && !is_broken {
                sink.push(errors::unreached(&self.decl.name.name, &stage.decl.name.name, stage.decl.name.span));
            }
        }
    }

    /// The stages so that each comes behind those that lead to it; nothing after a message about a cycle.
    fn order(&self, sink: &mut Sink) -> Option<Vec<usize>> {
        let mut open: Vec<usize> = (0..self.stages.len()).collect();
        let mut order = Vec::new();
        while !open.is_empty() {
            let is_led_to = |to: usize| {
                let others = open.iter().filter_map(|from| self.stages.get(*from));
                others.flat_map(|stage| &stage.arms).any(|arm| arm.to == Some(to))
            };
            let (ready, rest): (Vec<usize>, Vec<usize>) = open.iter().partition(|stage| !is_led_to(**stage));
            if ready.is_empty() {
                self.tell_cycle(&rest, sink);
                return None;
            }
            order.extend(ready);
            open = rest;
        }
        Some(order)
    }

    /// Follows the ways within what is left until a stage comes again.
    fn tell_cycle(&self, rest: &[usize], sink: &mut Sink) {
        let step = |from: usize| {
            let arms = self.stages.get(from).map(|stage| stage.arms.as_slice()).unwrap_or_default();
            arms.iter().find_map(|arm| Some((arm.to.filter(|to| rest.contains(to))?, arm.span)))
        };
        let mut way: Vec<(usize, Span)> = Vec::new();
        // What only leads out of the cycle has no way on within it.
        let mut at = rest.iter().copied().find(|from| step(*from).is_some());
        while let Some(from) = at {
            if let Some(start) = way.iter().position(|(stage, _)| *stage == from) {
                way.drain(..start);
                break;
            }
            let Some((to, span)) = step(from) else { break };
            way.push((from, span));
            at = Some(to);
        }
        let names: Vec<(&str, Span)> = way
            .iter()
            .filter_map(|(stage, span)| Some((self.stages.get(*stage)?.decl.name.name.as_str(), *span)))
            .collect();
        sink.push(errors::cycle(&names, self.decl.name.span));
    }

    /// What is bound when each stage is entered: what is on every way to it.
    fn bind(&mut self, order: &[usize]) {
        for index in order {
            let mut before: Option<BTreeSet<usize>> = None;
            for stage in self.stages.iter().filter(|stage| stage.arms.iter().any(|arm| arm.to == Some(*index))) {
                let bound = stage.bound();
                before = Some(match before {
                    None => bound,
                    Some(known) => known.intersection(&bound).copied().collect(),
                });
            }
            if let Some(stage) = self.stages.get_mut(*index) {
                stage.before = before.unwrap_or_else(|| BTreeSet::from([0]));
            }
        }
    }

    /// Limits of people, not of the machine.
    fn warn(&self, sink: &mut Sink) {
        let (name, span) = (&self.decl.name.name, self.decl.name.span);
        let entities: BTreeSet<&str> = self.bindings.iter().map(|binding| binding.entity.name.as_str()).collect();
        // LIMIT: FLOW_STAGES_MAX, FLOW_ENTITIES_MAX, FLOW_STEPS_MAX
        if self.stages.len() > FLOW_STAGES_MAX {
            sink.push(errors::too_many(name, "stages", self.stages.len(), FLOW_STAGES_MAX, span));
        }
        if entities.len() > FLOW_ENTITIES_MAX {
            sink.push(errors::too_many(name, "entities", entities.len(), FLOW_ENTITIES_MAX, span));
        }
        for stage in &self.stages {
            let steps = stage.steps().count();
            if steps > FLOW_STEPS_MAX {
                let (name, span) = (&stage.decl.name.name, stage.decl.name.span);
                sink.push(errors::too_many(name, "steps", steps, FLOW_STEPS_MAX, span));
            }
        }
    }

    /// The binding of a stage.
    pub(super) fn binding_of(&self, stage: &Stage<'a>) -> Option<&Binding<'a>> {
        self.bindings.get(stage.binding)
    }

    /// Whether a step is a field of a record that is bound in its stage.
    pub(super) fn is_bound(&self, stage: &Stage<'a>, step: &Expr) -> bool {
        let Some((record, _)) = path(step) else { return false };
        stage.bound().iter().any(|at| self.bindings.get(*at).is_some_and(|binding| binding.name.name == record))
    }

    /// The name of the flow.
    pub(super) fn name(&self) -> &'a str {
        &self.decl.name.name
    }
}

/// A step of a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) field: &'a Expr,
    pub(super) title: Option<&'a str>,
    pub(super) required: Option<Option<&'a Expr>>,
}

impl<'a> Stage<'a> {
    /// What is bound while the stage lasts.
    pub(super) fn bound(&self) -> BTreeSet<usize> {
        let mut bound = self.before.clone();
        bound.insert(self.binding);
        bound
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = Step<'a>> {
        self.decl.elements.iter().filter_map(|element| match element {
            FlowElement::Step { field, title, required } => {
                let required = required.as_ref().map(Option::as_ref);
                Some(Step { field, title: title.as_deref(), required })
            }
            _ => None,
        })
    }

    /// The title that people see.
    pub(super) fn title(&self) -> String {
        self.decl.title.clone().unwrap_or_else(|| crate::sema::enums::label_of(&self.decl.name.name))
    }
}

impl<'a> Step<'a> {
    /// The record, and the fields from it on; nothing if the step names something else.
    pub(super) fn path(&self) -> Option<(&'a str, Vec<&'a str>)> {
        path(self.field)
    }

    pub(super) fn title(&self) -> String {
        let last = || self.path().and_then(|(_, fields)| fields.last().copied()).unwrap_or_default();
        self.title.map_or_else(|| crate::sema::enums::label_of(last()), str::to_owned)
    }
}

/// `lead.customer.name` as its names.
pub(super) fn path(written: &Expr) -> Option<(&str, Vec<&str>)> {
    match &written.kind {
        ExprKind::Paren(inner) => path(inner),
        ExprKind::Member { base, name, .. } => match &base.kind {
            ExprKind::Name(record) => Some((&record.name, vec![&name.name])),
            _ => {
                let (record, mut fields) = path(base)?;
                fields.push(&name.name);
                Some((record, fields))
            }
        },
        _ => None,
    }
}
