//! `match`: patterns of the subject's type, and whether every value has an arm.

use std::collections::BTreeSet;

use super::{
    checker::{Checker, error},
    facts::Facts,
    literal::constant_value,
};
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::{records, types, uses},
        hir::{Expr, ExprKind, LocalId, MatchArm, Pattern},
        names::Def,
        schema::{EntityId, States},
        ty::Ty,
    },
    syntax::ast::{self, Ident, PatternKind, ValueArm},
};

/// What the arms so far leave open.
#[derive(Debug, Default)]
struct Cover {
    all: bool,
    is_broken: bool,
    none: bool,
    members: BTreeSet<i32>,
    entities: BTreeSet<EntityId>,
    truths: BTreeSet<bool>,
}

/// The arms of a `match` while they are checked.
#[derive(Debug)]
pub(super) struct Arms {
    subject: Expr,
    cover: Cover,
    /// What is known since no arm above fits.
    open: Facts,
}

impl Checker<'_> {
    /// The subject of a `match`, and the local that it is put into.
    pub(super) fn match_subject(&mut self, written: &ast::Expr) -> (Arms, LocalId) {
        let subject = self.tested_record(written);
        let subject = if subject.ty == Ty::None { self.present(subject) } else { subject };
        let local = self.made(subject.ty.clone(), written.span);
        let path = self.path(&subject);
        self.alias(local, path);
        (Arms { subject, cover: Cover::default(), open: Facts::new() }, local)
    }

    /// A `match` as a value.
    pub(super) fn match_value(
        &mut self,
        subject: &ast::Expr,
        arms: &[ValueArm],
        expected: Option<&Ty>,
        span: Span,
    ) -> Expr {
        let (mut state, local) = self.match_subject(subject);
        let mut values: Vec<MatchArm<Expr>> = Vec::new();
        for arm in arms {
            let before = self.flow.clone();
            let (patterns, guard) = self.arm(&mut state, &arm.pattern, arm.guard.as_ref());
            let body = self.expr(&arm.value, expected);
            self.flow = before;
            values.push(MatchArm { patterns, guard, body });
        }
        self.exhaustive(&state, subject.span);
        let bodies: Vec<&Expr> = values.iter().map(|arm| &arm.body).collect();
        let Some(ty) = self.joined(&bodies, expected) else { return error(span) };
        let arms = values
            .into_iter()
            .map(|arm| MatchArm { patterns: arm.patterns, guard: arm.guard, body: self.coerce(arm.body, &ty, None) })
            .collect();
        let kind = ExprKind::Match { local, subject: Box::new(state.subject), arms };
        Expr { kind, ty, span }
    }

    /// Pattern and guard of an arm; what they say is known afterwards.
    pub(super) fn arm(
        &mut self,
        state: &mut Arms,
        pattern: &ast::Pattern,
        guard: Option<&ast::Expr>,
    ) -> (Vec<Pattern>, Option<Expr>) {
        let mut patterns = Vec::new();
        self.pattern(&state.subject, pattern, &mut patterns);
        // A pattern that was refused might have been any of the missing ones.
        state.cover.is_broken |= patterns.is_empty();
        if !patterns.is_empty() && (state.cover.all || patterns.iter().all(|p| is_covered(&state.cover, p))) {
            self.report(types::arm_never_reached(pattern.span));
        }
        self.flow.learn(self.fitting(&state.open, &state.subject, &patterns));
        let guard = guard.map(|guard| self.condition(guard));
        match &guard {
            Some(guard) => self.flow.learn(self.facts_of(guard, true)),
            None => {
                self.close(&mut state.open, &state.subject, &patterns);
                patterns.iter().for_each(|pattern| cover(&mut state.cover, pattern));
            }
        }
        (patterns, guard)
    }

    /// What is known where no arm fits, if that is possible.
    pub(super) fn match_rest(&self, state: &Arms) -> Option<Facts> {
        (!state.cover.all && !self.missing(state).is_empty()).then(|| state.open.clone())
    }

    /// The subject.
    pub(super) fn into_subject(state: Arms) -> Expr {
        state.subject
    }

    /// A message where some value has no arm.
    pub(super) fn exhaustive(&mut self, state: &Arms, subject_span: Span) {
        if state.cover.all || state.cover.is_broken || state.subject.ty == Ty::Error {
            return;
        }
        let missing = self.missing(state);
        let is_foreign = match state.subject.ty.present() {
            Ty::Enum(id) => self.schema.enumeration(*id).filter(|e| e.from_library).map(|e| e.name.clone()),
            _ => None,
        };
        if !missing.is_empty() {
            let shown = self.show(&state.subject.ty);
            self.report(types::not_exhaustive(&shown, &missing, subject_span));
        } else if let Some(name) = is_foreign {
            self.report(types::library_needs_else(&name, subject_span));
        }
    }

    /// The values without an arm, as patterns.
    fn missing(&self, state: &Arms) -> Vec<String> {
        let cover = &state.cover;
        let mut missing: Vec<String> = match state.subject.ty.present() {
            Ty::Enum(id) => {
                let members = self.schema.enumeration(*id).map(|e| e.members.as_slice()).unwrap_or_default();
                members.iter().filter(|m| !cover.members.contains(&m.value)).map(|m| m.name.clone()).collect()
            }
            Ty::Union(entities) => entities
                .iter()
                .filter(|entity| !cover.entities.contains(entity))
                .map(|entity| self.schema.entity_name(*entity).to_owned())
                .collect(),
            Ty::Bool => [true, false]
                .into_iter()
                .filter(|truth| !cover.truths.contains(truth))
                .map(|truth| truth.to_string())
                .collect(),
            Ty::Error => Vec::new(),
            _ => vec!["else".to_owned()],
        };
        if state.subject.ty.is_optional() && !cover.none && !missing.iter().any(|m| m == "else") {
            missing.push("none".to_owned());
        }
        missing
    }

    fn pattern(&mut self, subject: &Expr, written: &ast::Pattern, into: &mut Vec<Pattern>) {
        match &written.kind {
            PatternKind::Error => into.push(Pattern::Else),
            PatternKind::Else => into.push(Pattern::Else),
            PatternKind::None => {
                if !subject.ty.is_optional() && subject.ty != Ty::Error {
                    let shown = self.show(&subject.ty);
                    self.report(types::never_none(&shown, written.span));
                }
                into.push(Pattern::None);
            }
            PatternKind::Or(all) => all.iter().for_each(|one| self.pattern(subject, one, into)),
            PatternKind::Value(value) => into.extend(self.value_pattern(subject, value)),
            PatternKind::Member(words) => into.extend(self.member_pattern(subject, words, written.span)),
            PatternKind::Entity(name) => into.extend(self.entity_pattern(subject, name)),
        }
    }

    fn value_pattern(&mut self, subject: &Expr, written: &ast::Expr) -> Option<Pattern> {
        let ty = subject.ty.present().clone();
        if let ast::ExprKind::Between { low, high, .. } = &written.kind {
            let (low, high) = (self.pattern_constant(low, &ty)?, self.pattern_constant(high, &ty)?);
            return Some(Pattern::Range(low, high));
        }
        self.pattern_constant(written, &ty).map(Pattern::Value)
    }

    fn pattern_constant(&mut self, written: &ast::Expr, ty: &Ty) -> Option<Value> {
        let value = self.expr_as(written, ty, None);
        if value.ty == Ty::Error {
            return None;
        }
        let found = constant_value(&value);
        if found.is_none() {
            self.report(types::pattern_not_constant(value.span));
        }
        found
    }

    /// `hot`, `open`, `lost.out_sold`.
    fn member_pattern(&mut self, subject: &Expr, words: &[Ident], span: Span) -> Option<Pattern> {
        if subject.ty == Ty::Error {
            return None;
        }
        let Some((id, declared)) = self.expected_enum(Some(&subject.ty)) else {
            let shown = self.show(&subject.ty);
            self.report(types::member_pattern_of_other(&shown, span, subject.span));
            return None;
        };
        let states = declared.entity.and_then(|entity| self.schema.entity(entity)?.states.as_ref());
        let states: Option<&States> = states.filter(|states| states.status == id);
        let found = match (words, states) {
            ([name], None) => declared.members.iter().find(|m| m.name == name.name).map(|m| vec![m.value]),
            ([name], Some(_)) => {
                let of_state = declared.entity.and_then(|entity| self.statuses_of(entity, &name.name));
                let named = declared.members.iter().find(|m| m.name == name.name).map(|m| vec![m.value]);
                named.or(of_state)
            }
            ([state, status], Some(states)) => match self.status_named(states, state, Some(status)) {
                Ok(number) => Some(vec![number]),
                Err(message) => {
                    self.report(*message);
                    return None;
                }
            },
            ([state, status, ..], None) => {
                self.report(records::status_for_state(&declared.name, &state.name, &status.name, span));
                return None;
            }
            _ => None,
        };
        match found.as_deref() {
            Some([one]) => Some(Pattern::Value(Value::Enum(*one))),
            Some(all) if !all.is_empty() => Some(Pattern::OneOf(all.to_vec())),
            _ => {
                let all: Vec<&str> = declared.members.iter().map(|m| m.name.as_str()).collect();
                let name = words.first().map(|w| w.name.as_str()).unwrap_or_default();
                let near = crate::base::distance::did_you_mean(name, all.iter().copied());
                let message = uses::unknown_member(name, &declared.name, span, declared.span, &near, &all);
                self.report(message);
                None
            }
        }
    }

    fn entity_pattern(&mut self, subject: &Expr, name: &Ident) -> Option<Pattern> {
        if subject.ty == Ty::Error {
            return None;
        }
        // Stages of flows begin with a capital letter as entities do.
        if self.expected_enum(Some(&subject.ty)).is_some() {
            return self.member_pattern(subject, std::slice::from_ref(name), name.span);
        }
        let possible = subject.ty.entities();
        match self.names.get(self.file, &name.name).map(|entry| entry.def.clone()) {
            Some(Def::Entity(entity)) if possible.contains(&entity) || *subject.ty.present() == Ty::AnyRef => {
                Some(Pattern::Entity(entity))
            }
            Some(Def::Broken | Def::Later(_)) => None,
            None => {
                self.entity_named(name);
                None
            }
            Some(_) => {
                let shown = self.show(&subject.ty);
                self.report(types::never_is(&shown, &name.name, subject.span, name.span));
                None
            }
        }
    }
}

fn cover(cover: &mut Cover, pattern: &Pattern) {
    match pattern {
        Pattern::Else => cover.all = true,
        Pattern::None => cover.none = true,
        Pattern::Value(Value::Enum(member)) => drop(cover.members.insert(*member)),
        Pattern::Value(Value::Bool(truth)) => drop(cover.truths.insert(*truth)),
        Pattern::OneOf(members) => cover.members.extend(members),
        Pattern::Entity(entity) => drop(cover.entities.insert(*entity)),
        Pattern::Value(_) | Pattern::Range(..) => {}
    }
}

fn is_covered(cover: &Cover, pattern: &Pattern) -> bool {
    match pattern {
        Pattern::None => cover.none,
        Pattern::Value(Value::Enum(member)) => cover.members.contains(member),
        Pattern::Value(Value::Bool(truth)) => cover.truths.contains(truth),
        Pattern::OneOf(members) => members.iter().all(|member| cover.members.contains(member)),
        Pattern::Entity(entity) => cover.entities.contains(entity),
        Pattern::Else | Pattern::Value(_) | Pattern::Range(..) => false,
    }
}
