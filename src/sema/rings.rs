//! W05: the graph of which process starts which by what it writes, and its rings.
//!
//! Nodes are processes. An edge is a write that fires a trigger, or a `do` or `start`. A ring of calls alone is not
//! reported: recursion ends where its author ends it. One ring is reported for each knot of the graph, the shortest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    errors::triggers as errors,
    guards,
    hir::{ProcessBody, Program},
    schema::{EntityId, FieldId, Phase, ProcessHead, Schema, SystemField, Trigger, TriggerEvent},
    writes::{self, Condition, Operation, Written},
};
use crate::base::{limits::STARTS_MAX, span::Span, value::Value};
use crate::diag::Sink;
use crate::syntax::ast::ProcessKind;

/// A field of an entity with the value that it has after a write, where that is known.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    entity: EntityId,
    field: FieldId,
    value: Option<Fixed>,
}

/// A value that is the same each time.
#[derive(Clone, Debug, PartialEq)]
enum Fixed {
    Value(Value),
    /// `Team["Sales"]`.
    Particular(EntityId, String),
}

/// One process starts another.
#[derive(Debug)]
struct Edge<'a> {
    from: usize,
    to: usize,
    /// By a write, not by a call.
    is_trigger: bool,
    /// In the same transaction.
    is_synchronous: bool,
    /// The fields whose change it is; empty where every such write starts the other process.
    changes: Vec<Outcome>,
    /// What the write leaves in the record that the other process starts for; nothing of a call.
    known: BTreeMap<FieldId, Value>,
    /// What holds in the first process where the statement stands.
    conditions: Vec<Condition<'a>>,
    span: Span,
}

/// Reports the rings of a program.
pub(super) fn check(program: &Program, sink: &mut Sink) {
    let edges = edges(&program.schema, &program.processes, sink);
    let outcomes: Vec<Vec<Outcome>> =
        program.processes.iter().map(|process| outcomes(&program.schema, process)).collect();
    let count = program.processes.len();
    let name = |index: usize| program.schema.processes.get(index).map_or("", |head| head.name.as_str());
    let mut reported: BTreeSet<Vec<usize>> = BTreeSet::new();
    for edge in edges.iter().filter(|edge| edge.is_trigger && edge.from == edge.to) {
        if reported.contains([edge.from].as_slice()) || settles(&[edge], &outcomes) {
            continue;
        }
        reported.insert(vec![edge.from]);
        sink.push(errors::self_trigger(name(edge.from), edge.span, edge.is_synchronous));
    }
    for only_synchronous in [true, false] {
        let graph: Vec<&Edge<'_>> =
            edges.iter().filter(|edge| edge.from != edge.to && (!only_synchronous || edge.is_synchronous)).collect();
        for ring in rings(&graph, count, &outcomes) {
            let mut members: Vec<usize> = ring.iter().map(|edge| edge.from).collect();
            members.sort_unstable();
            if reported.contains(&members) {
                continue;
            }
            let steps: Vec<(&str, &str, Span)> =
                ring.iter().map(|edge| (name(edge.from), name(edge.to), edge.span)).collect();
            sink.extend(errors::ring(&steps, only_synchronous));
            reported.insert(members);
        }
    }
}

fn edges<'a>(schema: &'a Schema, bodies: &'a [ProcessBody], sink: &mut Sink) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    let starts = Starts::of(schema);
    for (from, body) in bodies.iter().enumerate() {
        let (written, called) = writes::of_body(schema, &body.body);
        for write in &written {
            for (to, head) in starts.by(write) {
                let fired = head.triggers.iter().filter(|trigger| fires(schema, write, head, trigger));
                let ended = || is_guarded(write, bodies.get(to)) || (from == to && ends_itself(write));
                if let Some(trigger) = strongest(fired).filter(|_| !ended()) {
                    let is_synchronous = trigger.phase != Phase::Background;
                    if write.is_rested && !is_synchronous {
                        continue;
                    }
                    let changes = changes(schema, write, trigger);
                    let (known, conditions) = (write.known.clone(), write.conditions.clone());
                    let span = write.span;
                    // LIMIT: STARTS_MAX
                    if edges.len() >= STARTS_MAX {
                        sink.push(errors::too_many_starts(span));
                        return edges;
                    }
                    edges.push(Edge { from, to, is_trigger: true, is_synchronous, changes, known, conditions, span });
                }
            }
        }
        for call in called {
            let is_action = schema.process(call.process).is_some_and(|head| head.kind == ProcessKind::Action);
            let is_synchronous = is_action && call.waits;
            edges.push(Edge {
                from,
                to: usize::from(call.process.0),
                is_trigger: false,
                is_synchronous,
                changes: Vec::new(),
                known: BTreeMap::new(),
                conditions: call.conditions,
                span: call.span,
            });
        }
    }
    edges
}

/// Which processes a write may start at all, by number.
struct Starts<'a> {
    schema: &'a Schema,
    /// Those for a record of an entity.
    of: BTreeMap<EntityId, Vec<usize>>,
    /// Those for no record.
    alone: Vec<usize>,
}

impl<'a> Starts<'a> {
    fn of(schema: &'a Schema) -> Self {
        let mut starts = Self { schema, of: BTreeMap::new(), alone: Vec::new() };
        for (index, head) in schema.processes.iter().enumerate() {
            match &head.primary {
                Some(primary) => primary.ty.entities().iter().for_each(|entity| {
                    starts.of.entry(*entity).or_default().push(index);
                }),
                None => starts.alone.push(index),
            }
        }
        starts
    }

    /// In the order of the processes.
    fn by(&self, write: &Written<'_>) -> impl Iterator<Item = (usize, &'a ProcessHead)> + use<'a> {
        let of = write.entities.iter().filter_map(|entity| self.of.get(entity)).flatten();
        let mut all: Vec<usize> = of.chain(&self.alone).copied().collect();
        all.sort_unstable();
        all.dedup();
        let schema = self.schema;
        all.into_iter().filter_map(|index| Some((index, schema.processes.get(index)?)))
    }
}

/// The trigger in the same transaction, if there is one.
fn strongest<'t>(fired: impl Iterator<Item = &'t Trigger>) -> Option<&'t Trigger> {
    fired.min_by_key(|trigger| trigger.phase == Phase::Background)
}

/// Whether the write fires this trigger.
fn fires(schema: &Schema, write: &Written<'_>, head: &ProcessHead, trigger: &Trigger) -> bool {
    if let (Operation::Emit(emitted), TriggerEvent::Signal(wanted)) = (&write.operation, &trigger.event) {
        let is_met = |entity: &EntityId| write.entities.contains(entity);
        return emitted == wanted && head.primary.as_ref().is_none_or(|p| p.ty.entities().iter().any(is_met));
    }
    let Some(entity) = trigger.entity.filter(|entity| write.entities.contains(entity)) else { return false };
    match (&write.operation, &trigger.event) {
        (Operation::Assign, TriggerEvent::Assigned)
        | (Operation::Create, TriggerEvent::Created)
        | (Operation::Delete, TriggerEvent::Deleted) => true,
        (Operation::Update(fields), TriggerEvent::Written(wanted)) => fields.iter().any(|field| wanted.contains(field)),
        (Operation::Update(fields), TriggerEvent::Updated(wanted)) => {
            fields.iter().any(|field| wanted.contains(field) && !write.kept.contains(field))
        }
        (Operation::Pending(fields), TriggerEvent::Updated(wanted)) => {
            trigger.phase != Phase::Before && fields.iter().any(|field| wanted.contains(field))
        }
        (Operation::Change(status), TriggerEvent::StatusChanged { from, to }) => {
            let states = schema.entity(entity).and_then(|entity| entity.states.as_ref());
            (to.is_empty() || to.contains(status))
                && states
                    .iter()
                    .flat_map(|states| &states.changes)
                    .any(|(old, new)| new == status && (from.is_empty() || from.contains(old)))
        }
        _ => false,
    }
}

/// Whether the `only if` of the started process is false after the write.
fn is_guarded(write: &Written<'_>, body: Option<&ProcessBody>) -> bool {
    let only_if = body.and_then(|body| body.only_if.as_ref());
    only_if.is_some_and(|condition| guards::holds(&condition.value, &write.known) == Some(false))
}

/// Whether the write makes the condition false under which it stands, so that the next run does not come here.
fn ends_itself(write: &Written<'_>) -> bool {
    write.is_primary && write.conditions.iter().any(|c| guards::is_over(c, &write.known, &write.values))
}

/// The fields whose change starts the process; empty where any such write does.
fn changes(schema: &Schema, write: &Written<'_>, trigger: &Trigger) -> Vec<Outcome> {
    let Some(entity) = trigger.entity else { return Vec::new() };
    let status = schema.entity(entity).and_then(|entity| entity.system_field(SystemField::Status));
    let fields: Vec<FieldId> = match (&write.operation, &trigger.event) {
        (Operation::Update(fields) | Operation::Pending(fields), TriggerEvent::Updated(wanted)) => {
            fields.iter().filter(|field| wanted.contains(field)).copied().collect()
        }
        (Operation::Change(_), TriggerEvent::StatusChanged { .. }) => status.into_iter().collect(),
        (Operation::Assign, TriggerEvent::Assigned) => owner_field(schema, entity).into_iter().collect(),
        _ => Vec::new(),
    };
    let outcome = |field: FieldId| Outcome { entity, field, value: fixed(write, field) };
    fields.into_iter().map(outcome).collect()
}

fn owner_field(schema: &Schema, entity: EntityId) -> Option<FieldId> {
    schema.entity(entity)?.system_field(SystemField::Owner)
}

/// What a write gives a field each time.
fn fixed(write: &Written<'_>, field: FieldId) -> Option<Fixed> {
    if let Some(value) = write.known.get(&field) {
        return Some(Fixed::Value(value.clone()));
    }
    let (_, value) = write.values.iter().find(|(written, _)| *written == field)?;
    guards::particular(value).map(|(entity, key)| Fixed::Particular(entity, key.to_owned()))
}

/// What a process leaves in the fields that it writes.
fn outcomes(schema: &Schema, process: &ProcessBody) -> Vec<Outcome> {
    let (written, _) = writes::of_body(schema, &process.body);
    let mut outcomes = Vec::new();
    for write in written {
        for entity in &write.entities {
            let fields = match &write.operation {
                Operation::Update(fields) | Operation::Pending(fields) => fields.clone(),
                Operation::Change(_) => {
                    let status = schema.entity(*entity).and_then(|entity| entity.system_field(SystemField::Status));
                    status.into_iter().collect()
                }
                Operation::Assign => owner_field(schema, *entity).into_iter().collect(),
                Operation::Create | Operation::Delete | Operation::Emit(_) => Vec::new(),
            };
            let outcome = |field: FieldId| Outcome { entity: *entity, field, value: fixed(&write, field) };
            outcomes.extend(fields.into_iter().map(outcome));
        }
    }
    outcomes
}

/// Whether a ring comes to rest: a write makes false what the next step asks for, or one of the steps needs a change of
/// fields that all its processes set to one value.
fn settles(ring: &[&Edge<'_>], outcomes: &[Vec<Outcome>]) -> bool {
    let is_over = |write: &Edge<'_>, next: &Edge<'_>| {
        write.is_trigger && next.conditions.iter().any(|condition| guards::is_over(condition, &write.known, &[]))
    };
    if ring.len() > 1 && ring.iter().zip(ring.iter().cycle().skip(1)).any(|(write, next)| is_over(write, next)) {
        return true;
    }
    let written: Vec<&Outcome> = ring.iter().filter_map(|edge| outcomes.get(edge.from)).flatten().collect();
    let stays = |change: &Outcome| {
        let same = written.iter().filter(|other| other.entity == change.entity && other.field == change.field);
        change.value.is_some() && same.into_iter().all(|other| other.value == change.value)
    };
    ring.iter().any(|edge| !edge.changes.is_empty() && edge.changes.iter().all(stays))
}

/// The shortest ring with a trigger in each knot of the graph that does not come to rest.
fn rings<'a, 'e>(graph: &[&'e Edge<'a>], count: usize, outcomes: &[Vec<Outcome>]) -> Vec<Vec<&'e Edge<'a>>> {
    let mut leaving: Vec<Vec<&'e Edge<'a>>> = vec![Vec::new(); count];
    let mut triggers: BTreeMap<usize, Vec<(usize, &'e Edge<'a>)>> = BTreeMap::new();
    for (number, edge) in graph.iter().enumerate() {
        leaving.iter_mut().skip(edge.from).take(1).for_each(|edges| edges.push(edge));
        if edge.is_trigger {
            triggers.entry(edge.to).or_default().push((number, edge));
        }
    }
    // One walk for all edges that lead to the same process tells how long the rings over them are. Only of those that
    // no shorter one covers the ring itself is looked at.
    let mut all: Vec<(usize, usize, &'e Edge<'a>)> = Vec::new();
    for (to, edges) in triggers {
        let walk = Walk::from(&leaving, to, None);
        all.extend(edges.into_iter().filter_map(|(number, edge)| Some((walk.steps(edge.from)?, number, edge))));
    }
    all.sort_by_key(|(steps, number, _)| (*steps, *number));
    let mut covered = vec![false; count];
    let mut found = Vec::new();
    for (_, _, first) in all {
        if covered.get(first.from) == Some(&true) {
            continue;
        }
        let ring = Walk::from(&leaving, first.to, Some(first.from)).ring(first);
        let is_new = ring.iter().all(|edge| covered.get(edge.from) == Some(&false));
        if !is_new || settles(&ring, outcomes) {
            continue;
        }
        for edge in &ring {
            covered.iter_mut().skip(edge.from).take(1).for_each(|slot| *slot = true);
        }
        found.push(ring);
    }
    found
}

/// The shortest ways from one process to the others.
struct Walk<'a, 'e> {
    start: usize,
    /// By which edge each process was reached first, and in how many steps.
    reached: Vec<Option<(usize, &'e Edge<'a>)>>,
}

impl<'a, 'e> Walk<'a, 'e> {
    /// To all that can be reached, or until the goal is.
    fn from(leaving: &[Vec<&'e Edge<'a>>], start: usize, goal: Option<usize>) -> Self {
        let mut reached: Vec<Option<(usize, &'e Edge<'a>)>> = vec![None; leaving.len()];
        let mut open = VecDeque::from([(start, 0)]);
        while let Some((node, steps)) = open.pop_front() {
            for edge in leaving.get(node).into_iter().flatten().filter(|edge| edge.to != start) {
                if let Some(place) = reached.get_mut(edge.to).filter(|place| place.is_none()) {
                    *place = Some((steps + 1, edge));
                    if goal == Some(edge.to) {
                        return Self { start, reached };
                    }
                    open.push_back((edge.to, steps + 1));
                }
            }
        }
        Self { start, reached }
    }

    fn by(&self, node: usize) -> Option<(usize, &'e Edge<'a>)> {
        self.reached.get(node).copied().flatten()
    }

    /// How many steps it takes to get there.
    fn steps(&self, node: usize) -> Option<usize> {
        self.by(node).map(|(steps, _)| steps)
    }

    /// The ring that begins with an edge to the start.
    fn ring(&self, first: &'e Edge<'a>) -> Vec<&'e Edge<'a>> {
        let mut ring = Vec::new();
        let mut at = first.from;
        while let Some((_, edge)) = self.by(at).filter(|_| at != self.start) {
            ring.push(edge);
            at = edge.from;
        }
        ring.push(first);
        ring.reverse();
        ring
    }
}
