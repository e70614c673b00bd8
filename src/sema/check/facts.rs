//! What is known at a place of a body: which names have a value, what tests have shown, what was deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::checker::Checker;
use crate::{
    base::{span::Span, value::Value},
    sema::{
        errors::facts::Loss,
        hir::{Comparison, Conversion, Expr, ExprKind, LocalId, Pattern},
        schema::{EntityId, FieldId},
        ty::Ty,
    },
};

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    /// A name.
    Local(LocalId),
    /// A capture.
    Capture(u16),
}

/// A step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A field of a stored record.
    Stored(EntityId, FieldId),
    /// A field of a record value.
    Value(u16),
}

/// A name and fields: `deal.customer.name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

impl Path {
    /// The path of a name.
    pub(super) fn local(local: LocalId) -> Self {
        Self { root: Root::Local(local), steps: Vec::new() }
    }

    /// One step further.
    pub(super) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn is_stored(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Stored(..)))
    }

    fn reads(&self, entity: EntityId) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Stored(of, _) if *of == entity))
    }

    fn starts_with(&self, other: &Path) -> bool {
        self.root == other.root && self.steps.starts_with(&other.steps)
    }
}

/// What is known of the value at a path. Nothing is known where all are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Whether it is there.
    pub(super) present: Option<bool>,
    /// Its entity is one of these.
    pub(super) entities: Option<BTreeSet<EntityId>>,
    /// Its stored number is one of these.
    pub(super) members: Option<BTreeSet<i32>>,
}

impl Known {
    fn present(is_present: bool) -> Self {
        Self { present: Some(is_present), ..Self::default() }
    }

    pub(super) fn and(self, other: Known) -> Known {
        Known {
            present: other.present.or(self.present),
            entities: intersect(self.entities, other.entities),
            members: intersect(self.members, other.members),
        }
    }

    fn or(self, other: Known) -> Known {
        Known {
            present: self.present.filter(|p| other.present == Some(*p)),
            entities: unite(self.entities, other.entities),
            members: unite(self.members, other.members),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn intersect<T: Ord + Copy>(a: Option<BTreeSet<T>>, b: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.intersection(&b).copied().collect()),
        (a, b) => a.or(b),
    }
}

/// The smaller set goes into the larger: many small ones are united in time that grows with their members.
fn unite<T: Ord + Copy>(a: Option<BTreeSet<T>>, b: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    let (a, b) = (a?, b?);
    let (mut large, small) = if a.len() < b.len() { (b, a) } else { (a, b) };
    large.extend(small);
    Some(large)
}

/// What a condition says of some paths.
pub(super) type Facts = BTreeMap<Path, Known>;

/// What statements may have done.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// Where the process waited.
    pub(super) suspended: Option<Span>,
    /// The entities that were written, each with a place.
    pub(super) writes: BTreeMap<EntityId, Span>,
    /// The names that were set.
    pub(super) assigned: BTreeMap<LocalId, Span>,
}

impl Trace {
    /// Adds what others did.
    pub(super) fn extend(&mut self, other: Trace) {
        self.suspended = self.suspended.or(other.suspended);
        self.writes.extend(other.writes);
        self.assigned.extend(other.assigned);
    }
}

/// All that is known at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Whether this place is never reached.
    pub(super) dead: bool,
    /// Whether something before it could not be read, and may have ended the body.
    pub(super) unread: bool,
    /// `let` without a value that has one here on every way.
    pub(super) assigned: BTreeSet<LocalId>,
    /// `let` without a value that has one here on some way.
    pub(super) maybe_assigned: BTreeMap<LocalId, Span>,
    facts: Facts,
    lost: BTreeMap<Path, Loss>,
    /// Records that were deleted on every way to here.
    pub(super) deleted: BTreeMap<Path, Span>,
}

impl Flow {
    /// What is known of a path.
    pub(super) fn known(&self, path: &Path) -> Option<&Known> {
        self.facts.get(path)
    }

    /// Why what was known of a path is known no more.
    pub(super) fn loss(&self, path: &Path) -> Option<Loss> {
        self.lost.get(path).copied()
    }

    /// Adds facts.
    pub(super) fn learn(&mut self, facts: Facts) {
        for (path, known) in facts {
            let before = self.facts.remove(&path).unwrap_or_default();
            self.lost.remove(&path);
            self.facts.insert(path, before.and(known));
        }
    }

    /// Forgets what was known of a path and of all that it leads to.
    pub(super) fn forget(&mut self, path: &Path) {
        self.facts.retain(|known, _| !known.starts_with(path));
        self.lost.retain(|known, _| !known.starts_with(path));
        self.deleted.retain(|known, _| !known.starts_with(path));
    }

    fn lose(&mut self, loss: Loss, is_lost: impl Fn(&Path) -> bool) {
        let (gone, kept): (Facts, Facts) = std::mem::take(&mut self.facts).into_iter().partition(|f| is_lost(&f.0));
        self.facts = kept;
        self.lost.extend(gone.into_keys().map(|path| (path, loss)));
    }

    /// What is known after something that may have done all of `trace`, or a part of it.
    pub(super) fn after(&mut self, trace: &Trace) {
        if let Some(at) = trace.suspended {
            self.suspend(at);
        }
        for (entity, at) in &trace.writes {
            self.write(&[*entity].into(), *at);
        }
        for local in trace.assigned.keys() {
            self.forget(&Path::local(*local));
        }
        self.maybe_assigned.extend(trace.assigned.iter().map(|(local, at)| (*local, *at)));
    }

    /// Ends the facts about stored records.
    pub(super) fn suspend(&mut self, at: Span) {
        self.lose(Loss::Waited(at), Path::is_stored);
    }

    /// Ends the facts about records of these entities.
    pub(super) fn write(&mut self, entities: &BTreeSet<EntityId>, at: Span) {
        self.lose(Loss::Written(at), |path| entities.iter().any(|entity| path.reads(*entity)));
    }

    /// What is known where two ways meet.
    pub(super) fn join(mut self, mut other: Flow) -> Flow {
        let unread = self.unread || other.unread;
        (self.unread, other.unread) = (unread, unread);
        if self.dead {
            return other;
        }
        if other.dead {
            return self;
        }
        let facts = self
            .facts
            .into_iter()
            .filter_map(|(path, known)| {
                let known = known.or(other.facts.remove(&path)?);
                Some((path, known))
            })
            .filter(|(_, known)| !known.is_empty())
            .collect();
        let mut lost = self.lost;
        lost.extend(other.lost);
        let mut maybe_assigned = self.maybe_assigned;
        maybe_assigned.extend(other.maybe_assigned);
        Flow {
            dead: false,
            unread,
            assigned: self.assigned.intersection(&other.assigned).copied().collect(),
            maybe_assigned,
            facts,
            lost,
            deleted: self.deleted.into_iter().filter(|(path, _)| other.deleted.contains_key(path)).collect(),
        }
    }
}

/// Facts that hold where either of two conditions holds.
fn either(a: Facts, b: &Facts) -> Facts {
    a.into_iter()
        .filter_map(|(path, known)| {
            let joined = known.or(b.get(&path)?.clone());
            (!joined.is_empty()).then_some((path, joined))
        })
        .collect()
}

fn both(mut a: Facts, b: Facts) -> Facts {
    for (path, known) in b {
        let before = a.remove(&path).unwrap_or_default();
        a.insert(path, before.and(known));
    }
    a
}

impl Checker<'_> {
    /// The path that an expression reads, if it is one.
    pub(super) fn path(&self, value: &Expr) -> Option<Path> {
        match &value.kind {
            ExprKind::Local(local) => Some(self.alias_of(*local).cloned().unwrap_or_else(|| Path::local(*local))),
            ExprKind::Capture(index) => Some(Path { root: Root::Capture(*index), steps: Vec::new() }),
            ExprKind::Field { base, entity, field } => Some(self.path(base)?.then(Step::Stored(*entity, *field))),
            ExprKind::RecordField { base, index } => Some(self.path(base)?.then(Step::Value(*index))),
            ExprKind::Convert(_, inner) | ExprKind::Unwrap(inner) => self.path(inner),
            ExprKind::IfPresent { then, .. } => self.path(then),
            _ => None,
        }
    }

    /// What holds where `condition` is `truth`.
    pub(super) fn facts_of(&self, condition: &Expr, truth: bool) -> Facts {
        match &condition.kind {
            ExprKind::Not(inner) => self.facts_of(inner, !truth),
            ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                let (a, b) = (self.facts_of(a, truth), self.facts_of(b, truth));
                let all_hold = matches!(condition.kind, ExprKind::And(..)) == truth;
                if all_hold { both(a, b) } else { either(a, &b) }
            }
            ExprKind::IsNone(value) => self.presence(value, !truth),
            ExprKind::IsEntity(value, entities) => self.entity_fact(value, entities, truth),
            ExprKind::OneOf(value, members) => self.member_fact(value, members, truth),
            ExprKind::Compare(Comparison::Equal, a, b) => self.equality(a, b, truth),
            ExprKind::Compare(Comparison::NotEqual, a, b) => self.equality(a, b, !truth),
            _ => Facts::new(),
        }
    }

    fn equality(&self, a: &Expr, b: &Expr, is_equal: bool) -> Facts {
        match (constant_number(a), constant_number(b)) {
            (None, Some(member)) => self.member_fact(a, &[member], is_equal),
            (Some(member), None) => self.member_fact(b, &[member], is_equal),
            _ => Facts::new(),
        }
    }

    /// What is known where `value` is there, or is not.
    pub(super) fn presence(&self, value: &Expr, is_present: bool) -> Facts {
        if let ExprKind::IfPresent { subject, then, .. } = &value.kind {
            if !is_present {
                return Facts::new();
            }
            return both(self.presence(subject, true), self.presence(strip_present(then), true));
        }
        self.path(value).into_iter().map(|path| (path, Known::present(is_present))).collect()
    }

    fn entity_fact(&self, value: &Expr, entities: &[EntityId], is: bool) -> Facts {
        let Some(path) = self.path(value) else { return Facts::new() };
        let all = value.ty.entities();
        let set: BTreeSet<EntityId> = if is {
            entities.iter().copied().collect()
        } else {
            all.iter().filter(|e| !entities.contains(e)).copied().collect()
        };
        if !is && all.is_empty() {
            return Facts::new();
        }
        let present = is.then_some(true);
        [(path, Known { present, entities: Some(set), members: None })].into()
    }

    fn member_fact(&self, value: &Expr, members: &[i32], is: bool) -> Facts {
        let Some(path) = self.path(strip_present(value)) else { return Facts::new() };
        let Ty::Enum(id) = value.ty.present() else { return Facts::new() };
        let set = if is {
            members.iter().copied().collect()
        } else {
            let all = self.schema.enumeration(*id).map(|e| e.members.as_slice()).unwrap_or_default();
            let excluded: BTreeSet<i32> = members.iter().copied().collect();
            all.iter().map(|m| m.value).filter(|m| !excluded.contains(m)).collect()
        };
        let fact = [(path, Known { present: None, entities: None, members: Some(set) })].into();
        if is { both(self.presence(strip_present(value), true), fact) } else { fact }
    }

    /// What holds where the subject fits one of the patterns, or fits none of them.
    pub(super) fn pattern_facts(&self, subject: &Expr, patterns: &[Pattern], fits: bool) -> Facts {
        let each = patterns.iter().map(|pattern| match pattern {
            Pattern::None => self.presence(subject, !fits),
            Pattern::Value(Value::Enum(member)) => self.member_fact(subject, &[*member], fits),
            Pattern::OneOf(members) => self.member_fact(subject, members, fits),
            Pattern::Entity(entity) => self.entity_fact(subject, &[*entity], fits),
            Pattern::Else | Pattern::Value(_) | Pattern::Range(..) => Facts::new(),
        });
        let joined = if fits { each.reduce(|a, b| either(a, &b)) } else { each.reduce(both) };
        joined.unwrap_or_default()
    }

    /// Takes what patterns fit out of what is open. A member is only struck out, so that the arms of a long `match`
    /// take time in proportion to their number.
    pub(super) fn close(&self, open: &mut Facts, subject: &Expr, patterns: &[Pattern]) {
        for pattern in patterns {
            let members = match pattern {
                Pattern::Value(Value::Enum(member)) => std::slice::from_ref(member),
                Pattern::OneOf(members) => members,
                _ => &[],
            };
            let path = self.path(strip_present(subject)).filter(|_| !members.is_empty());
            let known = path.and_then(|path| open.get_mut(&path)?.members.as_mut());
            match known {
                Some(known) => members.iter().for_each(|member| {
                    known.remove(member);
                }),
                None => {
                    let closed = self.pattern_facts(subject, std::slice::from_ref(pattern), false);
                    *open = both(std::mem::take(open), closed);
                }
            }
        }
    }

    /// What is known in an arm whose patterns fit: of members only those that are still open.
    pub(super) fn fitting(&self, open: &Facts, subject: &Expr, patterns: &[Pattern]) -> Facts {
        let mut facts = self.pattern_facts(subject, patterns, true);
        for (path, known) in open {
            let before = facts.remove(path).unwrap_or_default();
            let together = match before.members {
                Some(mut fit) => {
                    fit.retain(|member| known.members.as_ref().is_none_or(|open| open.contains(member)));
                    let rest = Known { members: None, ..before };
                    let open = Known { present: known.present, entities: known.entities.clone(), members: None };
                    Known { members: Some(fit), ..open.and(rest) }
                }
                None => known.clone().and(before),
            };
            facts.insert(path.clone(), together);
        }
        facts
    }

    /// Wraps what reads a path in what is known of it.
    pub(super) fn narrowed(&self, value: Expr) -> Expr {
        let Some(known) = self.path(&value).and_then(|path| self.flow.known(&path)) else { return value };
        let (value, known) = (value, known.clone());
        let value = match (&value.ty, known.present) {
            (Ty::Optional(inner), Some(true)) => convert(Conversion::Known, (**inner).clone(), value),
            _ => value,
        };
        let Some(entities) = known.entities else { return value };
        let narrower: Vec<EntityId> = match value.ty.present() {
            Ty::Union(all) => all.iter().filter(|e| entities.contains(e)).copied().collect(),
            Ty::AnyRef => entities.into_iter().collect(),
            _ => return value,
        };
        let ty = match (value.ty.is_optional(), narrower.as_slice()) {
            (true, _) | (_, []) => return value,
            (_, [one]) => Ty::Ref(*one),
            (_, many) if *value.ty.present() == Ty::Union(many.to_vec()) => return value,
            (_, many) => Ty::Union(many.to_vec()),
        };
        convert(Conversion::Narrow, ty, value)
    }
}

fn convert(conversion: Conversion, ty: Ty, value: Expr) -> Expr {
    let span = value.span;
    Expr { kind: ExprKind::Convert(conversion, Box::new(value)), ty, span }
}

/// The value below conversions to `T?`.
fn strip_present(value: &Expr) -> &Expr {
    match &value.kind {
        ExprKind::Convert(Conversion::Present, inner) => strip_present(inner),
        _ => value,
    }
}

fn constant_number(value: &Expr) -> Option<i32> {
    match &strip_present(value).kind {
        ExprKind::Const(Value::Enum(member)) => Some(*member),
        _ => None,
    }
}
