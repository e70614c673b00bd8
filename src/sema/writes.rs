//! What the body of a process writes and calls, statement by statement: the edges of the trigger graph.

use std::collections::BTreeMap;

use super::{
    followers::Followers,
    hir::{Block, Body, Conversion, Expr, ExprKind, LocalId, Place, Stmt, StmtKind, WaitArmKind, WriteOp},
    schema::{EntityId, FieldDefault, FieldId, OnDelete, ProcessId, RecordId, Schema, SystemField},
    visit::blocks_of,
};
use crate::base::{span::Span, value::Value};

/// A statement that writes a record.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// The kind of operation.
    pub(super) operation: Operation,
    /// The entities that the record may be of.
    pub(super) entities: Vec<EntityId>,
    /// The fields that have a known value afterwards.
    pub(super) known: BTreeMap<FieldId, Value>,
    /// Whether the record is the primary record of the process.
    pub(super) is_primary: bool,
    /// Fields that are set to what they are: `update deal { score: deal.score }`.
    pub(super) kept: Vec<FieldId>,
    /// The values that fields are set to.
    pub(super) values: Vec<(FieldId, &'a Expr)>,
    /// What holds where the statement stands.
    pub(super) conditions: Vec<Condition<'a>>,
    /// Whether the process has waited so long before it that a new chain begins.
    pub(super) is_rested: bool,
    /// The statement.
    pub(super) span: Span,
}

/// A condition of an `if` or `while` with its truth at some place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition<'a> {
    pub(super) value: &'a Expr,
    pub(super) holds: bool,
}

/// What happens to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Assign,
    Change(i32),
    Create,
    Delete,
    /// `emit`; the entities are those of the receiver.
    Emit(RecordId),
    /// `set` in a `before` process: more fields of the same operation.
    Pending(Vec<FieldId>),
    Update(Vec<FieldId>),
}

/// A statement that starts another process.
#[derive(Debug)]
pub(super) struct Called<'a> {
    /// Which.
    pub(super) process: ProcessId,
    /// What holds where the statement stands.
    pub(super) conditions: Vec<Condition<'a>>,
    /// Written `do` rather than `start`.
    pub(super) waits: bool,
    /// The statement.
    pub(super) span: Span,
}

/// Collects the writes and calls of a body.
pub(super) fn of_body<'a>(schema: &'a Schema, body: &'a Body) -> (Vec<Written<'a>>, Vec<Called<'a>>) {
    let mut walker = Walker { schema, writes: Vec::new(), calls: Vec::new(), conditions: Vec::new(), is_rested: false };
    walker.block(&body.block);
    (walker.writes, walker.calls)
}

/// The fields with a known value after a write, and what the others are set to.
type Values<'a> = (BTreeMap<FieldId, Value>, Vec<(FieldId, &'a Expr)>);

/// A wait of an hour begins a new chain of processes that start each other.
const HOUR: i64 = 3_600_000_000;

/// Of more conditions that hold at one place, only so many are kept: a guard is near to what it guards.
const CONDITIONS_MAX: usize = 64;

struct Walker<'a> {
    schema: &'a Schema,
    writes: Vec<Written<'a>>,
    calls: Vec<Called<'a>>,
    conditions: Vec<Condition<'a>>,
    is_rested: bool,
}

impl<'a> Walker<'a> {
    fn block(&mut self, block: &'a Block) {
        let (known, was_rested) = (self.conditions.len(), self.is_rested);
        for stmt in &block.stmts {
            self.stmt(stmt);
            self.is_rested |= rests(&stmt.kind);
            // What follows `if c { return }` happens where `c` is false.
            if let StmtKind::If { branches, .. } = &stmt.kind {
                let room = CONDITIONS_MAX.saturating_sub(self.conditions.len());
                let left = branches.iter().filter(|(_, block)| always_leaves(block)).take(room);
                self.conditions.extend(left.map(|(value, _)| Condition { value, holds: false }));
            }
        }
        self.conditions.truncate(known);
        self.is_rested = was_rested;
    }

    fn under(&mut self, value: &'a Expr, block: &'a Block) {
        self.conditions.push(Condition { value, holds: true });
        self.block(block);
        self.conditions.pop();
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        let span = stmt.span;
        match &stmt.kind {
            StmtKind::Assign { place: Place::Pending { entity, field }, value } => {
                let known = constant(value).map(|value| (*field, value)).into_iter().collect();
                let values = vec![(*field, value)];
                self.write(Operation::Pending(vec![*field]), vec![*entity], (known, values), true, span);
            }
            StmtKind::AssignOwner { target, to } => {
                let entities = target.ty.entities();
                let owner = match entities.as_slice() {
                    [entity] => self.schema.entity(*entity).and_then(|entity| entity.system_field(SystemField::Owner)),
                    _ => None,
                };
                if owner.is_some_and(|owner| is_own(target, owner, to)) {
                    return;
                }
                let values = owner.map(|field| (field, to)).into_iter().collect();
                self.write(Operation::Assign, entities, (BTreeMap::new(), values), is_primary(target), span);
            }
            StmtKind::Create { entity, fields, .. } => {
                let known = self.known_of_create(*entity, fields);
                self.write(Operation::Create, vec![*entity], (known, Vec::new()), false, span);
            }
            StmtKind::Update { target, entity, writes } => {
                let fields = writes.iter().map(|write| write.field).collect();
                let set = writes.iter().filter(|write| write.op == WriteOp::Set);
                let values: Vec<(FieldId, &Expr)> = set.map(|write| (write.field, &write.value)).collect();
                let known = values.iter().filter_map(|(field, value)| Some((*field, constant(value)?))).collect();
                let own = values.iter().filter(|(field, value)| is_own(target, *field, value));
                let kept: Vec<FieldId> = own.map(|(field, _)| *field).collect();
                self.write(Operation::Update(fields), vec![*entity], (known, values), is_primary(target), span);
                self.writes.iter_mut().last().into_iter().for_each(|write| write.kept.clone_from(&kept));
            }
            StmtKind::ChangeStatus { target, entity, status } => {
                let known = known_status(self.schema, *entity, *status);
                self.write(Operation::Change(*status), vec![*entity], (known, Vec::new()), is_primary(target), span);
            }
            StmtKind::Delete { target } => {
                self.write(Operation::Delete, target.ty.entities(), Values::default(), is_primary(target), span);
                self.follow_deletion(target.ty.entities(), span);
            }
            StmtKind::Emit { signal, to, .. } => {
                let entities = to.as_ref().map(|to| to.ty.entities()).unwrap_or_default();
                let own = to.as_ref().is_some_and(is_primary);
                self.write(Operation::Emit(*signal), entities, Values::default(), own, span);
            }
            StmtKind::Do { process, .. } => self.call(*process, true, span),
            StmtKind::Start { process, .. } => self.call(*process, false, span),
            StmtKind::If { branches, otherwise } => {
                let known = self.conditions.len();
                for (condition, block) in branches {
                    self.under(condition, block);
                    self.conditions.push(Condition { value: condition, holds: false });
                }
                otherwise.iter().for_each(|block| self.block(block));
                self.conditions.truncate(known);
            }
            StmtKind::While { condition, body } => self.under(condition, body),
            StmtKind::Wait { arms, .. } => {
                for arm in arms {
                    let was_rested = self.is_rested;
                    self.is_rested |= is_long(&arm.kind);
                    self.block(&arm.body);
                    self.is_rested = was_rested;
                }
            }
            _ => blocks_of(&stmt.kind).into_iter().for_each(|block| self.block(block)),
        }
    }

    fn write(
        &mut self,
        operation: Operation,
        entities: Vec<EntityId>,
        (known, values): Values<'a>,
        is_primary: bool,
        span: Span,
    ) {
        let conditions = self.conditions.clone();
        let is_rested = self.is_rested;
        self.writes.push(Written {
            operation,
            entities,
            known,
            is_primary,
            kept: Vec::new(),
            values,
            conditions,
            is_rested,
            span,
        });
    }

    /// The records that change along with deleted ones.
    fn follow_deletion(&mut self, deleted: Vec<EntityId>, span: Span) {
        let mut open = deleted.clone();
        let mut seen = deleted;
        let followers = Followers::of(self.schema);
        while let Some(entity) = open.pop() {
            for (follower, field, on_delete) in followers.when_deleted(entity) {
                if on_delete == OnDelete::Clear {
                    let known = BTreeMap::from([(field, Value::None)]);
                    let operation = Operation::Update(vec![field]);
                    self.write(operation, vec![follower], (known, Vec::new()), false, span);
                } else if !seen.contains(&follower) {
                    seen.push(follower);
                    open.push(follower);
                    self.write(Operation::Delete, vec![follower], Values::default(), false, span);
                }
            }
        }
    }

    fn call(&mut self, process: ProcessId, waits: bool, span: Span) {
        self.calls.push(Called { process, conditions: self.conditions.clone(), waits, span });
    }

    fn known_of_create(&self, id: EntityId, fields: &[(FieldId, Expr)]) -> BTreeMap<FieldId, Value> {
        let Some(entity) = self.schema.entity(id) else { return BTreeMap::new() };
        let mut known: BTreeMap<FieldId, Value> = BTreeMap::new();
        for (index, field) in (0..).zip(&entity.fields) {
            let value = match &field.default {
                Some(FieldDefault::Const(value)) => Some(value.clone()),
                None if field.ty.is_optional() && field.system.is_none() => Some(Value::None),
                _ => None,
            };
            known.extend(value.map(|value| (FieldId(index), value)));
        }
        for (field, value) in fields {
            known.remove(field);
            known.extend(constant(value).map(|value| (*field, value)));
        }
        known
    }
}

/// Whether a process that comes behind a statement has waited for an hour or more: then a new chain begins.
fn rests(kind: &StmtKind) -> bool {
    match kind {
        StmtKind::Stage { body, .. } => body.stmts.iter().any(|stmt| rests(&stmt.kind)),
        StmtKind::Wait { arms, .. } => arms.iter().all(|arm| is_long(&arm.kind) || always_leaves(&arm.body)),
        _ => false,
    }
}

/// `after 1 hour` or more.
fn is_long(arm: &WaitArmKind) -> bool {
    let WaitArmKind::After(time) = arm else { return false };
    match constant(time) {
        Some(Value::Duration(time)) => time.months > 0 || time.days > 0 || time.micros >= HOUR,
        _ => false,
    }
}

/// Whether a block ends the process or the turn of its loop on every way.
fn always_leaves(block: &Block) -> bool {
    let leaves = |stmt: &Stmt| {
        matches!(
            stmt.kind,
            StmtKind::Return(_) | StmtKind::Stop { .. } | StmtKind::Raise(_) | StmtKind::Break | StmtKind::Continue
        )
    };
    block.stmts.last().is_some_and(leaves)
}

fn known_status(schema: &Schema, id: EntityId, status: i32) -> BTreeMap<FieldId, Value> {
    let mut known = BTreeMap::new();
    let Some(entity) = schema.entity(id) else { return known };
    let Some(states) = &entity.states else { return known };
    let members = schema.enumeration(states.status).map_or(&[][..], |e| &e.members);
    let state = members.iter().zip(&states.state_of).find(|(member, _)| member.value == status).map(|(_, of)| *of);
    let status_field = entity.system_field(SystemField::Status).map(|field| (field, Value::Enum(status)));
    let state_field = entity.system_field(SystemField::State).zip(state.map(Value::Enum));
    known.extend(status_field.into_iter().chain(state_field));
    known
}

fn is_primary(target: &Expr) -> bool {
    match &target.kind {
        ExprKind::Local(LocalId(0)) => true,
        ExprKind::Convert(_, inner) => is_primary(inner),
        _ => false,
    }
}

/// Whether a value is what the field of the same record holds.
fn is_own(record: &Expr, field: FieldId, value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Field { base, field: read, .. } => {
            *read == field && local_of(record).is_some_and(|local| local_of(base) == Some(local))
        }
        ExprKind::Convert(Conversion::Present | Conversion::Known, inner) => is_own(record, field, inner),
        _ => false,
    }
}

fn local_of(record: &Expr) -> Option<LocalId> {
    match &record.kind {
        ExprKind::Local(local) => Some(*local),
        ExprKind::Convert(_, inner) => local_of(inner),
        _ => None,
    }
}

/// The fixed value of an expression, conversions applied.
pub(super) fn constant(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Const(value) => Some(value.clone()),
        ExprKind::Convert(Conversion::Present | Conversion::ForgetCurrency, inner) => constant(inner),
        ExprKind::Convert(Conversion::IntToDecimal, inner) => match constant(inner)? {
            Value::Int(n) => Some(Value::Decimal(n.into())),
            _ => None,
        },
        _ => None,
    }
}
