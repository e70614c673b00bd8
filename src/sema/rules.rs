//! Rules: when they apply, and rules that set what an earlier one has read.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    build::Builder,
    collect::Declared,
    errors::{rules as errors, triggers},
    hir::{Block, Expr, ExprKind, LocalId, Place, Program, StmtKind},
    schema::{FieldId, Phase, ProcessHead, ProcessId, Trigger, TriggerEvent},
    ty::Ty,
    visit::{blocks_of, children, expressions_of},
};
use crate::base::{distance::did_you_mean, span::Span};
use crate::diag::Sink;
use crate::syntax::ast::{ClauseKind, Ident, ProcessDecl, ProcessKind};

/// When a rule applies.
const EVENTS: [(&str, Phase, TriggerEvent); 3] = [
    ("change", Phase::Form, TriggerEvent::Edited),
    ("load", Phase::Form, TriggerEvent::Loaded),
    ("save", Phase::Before, TriggerEvent::Saved),
];

impl Builder<'_, '_> {
    /// Reads `on load, change, save`.
    pub(super) fn rule_events(&mut self, head: &mut ProcessHead, declared: &Declared<'_, ProcessId, ProcessDecl>) {
        let decl = declared.decl;
        let words: Vec<&Ident> = decl.clauses.iter().filter_map(|clause| events_of(&clause.kind)).flatten().collect();
        let is_broken = decl.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Error));
        if words.is_empty() && !is_broken {
            self.sink.push(errors::no_events(&head.name, head.span));
        }
        let Some(primary) = head.primary.clone() else { return };
        let entity = match &primary.ty {
            Ty::Ref(entity) => *entity,
            Ty::Error => return,
            several => {
                let shown = self.schema.show(several);
                return self.sink.push(errors::several_entities(&shown, primary.span));
            }
        };
        let first_word = words.first().map_or(head.span, |word| word.span);
        if let Some(of) = self.schema.entity(entity).filter(|of| !of.triggerable) {
            self.sink.push(triggers::not_triggerable(&of.name, first_word, of.span));
        }
        for (index, word) in words.iter().enumerate() {
            if let Some(first) = words.iter().take(index).find(|first| first.name == word.name) {
                self.sink.push(errors::event_twice(&word.name, word.span, first.span));
                continue;
            }
            let Some((_, phase, event)) = EVENTS.into_iter().find(|(name, ..)| *name == word.name) else {
                let near = did_you_mean(&word.name, EVENTS.iter().map(|(name, ..)| *name));
                let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
                self.sink.push(errors::unknown_event(&word.name, word.span, &near));
                continue;
            };
            head.triggers.push(Trigger { phase, entity: Some(entity), event, span: word.span });
        }
    }
}

fn events_of(clause: &ClauseKind) -> Option<&[Ident]> {
    match clause {
        ClauseKind::On(words) => Some(words),
        _ => None,
    }
}

/// What a rule does with the fields of its record.
#[derive(Default)]
struct Uses {
    reads: BTreeSet<FieldId>,
    sets: BTreeMap<FieldId, Span>,
}

/// Reports rules of which each sets what the other reads.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    let mut rules: Vec<(usize, &ProcessHead, Uses)> = Vec::new();
    for (index, (head, body)) in program.schema.processes.iter().zip(&program.processes).enumerate() {
        if head.kind == ProcessKind::Rule {
            let mut uses = Uses::default();
            uses.block(&body.body.block);
            rules.push((index, head, uses));
        }
    }
    rules.sort_by_key(|(index, head, _)| (head.rank, *index));
    for (place, (_, later, of_later)) in rules.iter().enumerate() {
        for (_, earlier, of_earlier) in rules.iter().take(place).filter(|(_, earlier, _)| meet(earlier, later)) {
            let set = of_later.sets.iter().find(|(field, _)| of_earlier.reads.contains(field));
            let computed = of_earlier.sets.keys().find(|field| of_later.reads.contains(field));
            if let (Some((set, span)), Some(computed)) = (set, computed) {
                let name = |field: FieldId| field_name(program, later, field);
                let (set, computed) = (name(*set), name(*computed));
                sink.push(errors::ring((&later.name, set), (&earlier.name, computed), *span, earlier.span));
            }
        }
    }
}

/// Whether two rules apply to one record at one time.
fn meet(a: &ProcessHead, b: &ProcessHead) -> bool {
    a.triggers.iter().any(|a| b.triggers.iter().any(|b| (a.entity, &a.event) == (b.entity, &b.event)))
}

fn field_name<'p>(program: &'p Program, rule: &ProcessHead, field: FieldId) -> &'p str {
    let entity = rule.triggers.first().and_then(|trigger| trigger.entity);
    let entity = entity.and_then(|entity| program.schema.entity(entity));
    entity.and_then(|entity| entity.fields.get(usize::from(field.0))).map_or("", |field| field.name.as_str())
}

impl Uses {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Assign { place: Place::Pending { field, .. }, .. }
                | StmtKind::Rule { effect: super::hir::RuleEffect::Default, field: Some(field), .. } => {
                    self.sets.entry(*field).or_insert(stmt.span);
                }
                _ => {}
            }
            expressions_of(&stmt.kind).into_iter().for_each(|value| self.value(value));
            blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block));
        }
    }

    fn value(&mut self, value: &Expr) {
        if let ExprKind::Field { base, field, .. } = &value.kind
            && matches!(base.kind, ExprKind::Local(LocalId(0)))
        {
            self.reads.insert(*field);
        }
        children(value).into_iter().for_each(|child| self.value(child));
    }
}
