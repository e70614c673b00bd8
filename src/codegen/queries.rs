//! Queries: candidates come from the store in batches, the rest of the condition is evaluated here.

use super::{
    code::Label,
    conjuncts::{self, Operand, Split},
    function::Lowerer,
    slots::Reg,
    unwind::ScopeKind,
    walk,
};
use crate::{
    base::{
        limits::QUERY_BATCH,
        value::{EntityIdx, Value},
    },
    bytecode::{
        host::HostOp,
        isa::Instruction,
        module::{CompareOp, Conjunct, QueryDef},
        types::{FieldIdx, QueryIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{Block, Expr, ExprKind, Fold, Place, Query, QueryHead, QuerySource, Stmt, StmtKind},
        schema::{EntityId, FieldId},
    },
};

/// How the elements of a query are gone through.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Only the first is of interest.
    first_only: bool,
    /// The body may suspend or change records: each one is looked for when it is its turn, and only the place is kept.
    one_by_one: bool,
}

impl Style {
    /// All elements, by code that neither suspends nor writes.
    pub(super) const WHOLE: Self = Self { first_only: false, one_by_one: false };
}

/// Candidates of a stored entity.
struct Candidates<'a> {
    query: QueryIdx,
    complete: bool,
    rest: Vec<&'a Expr>,
    /// Arguments, then `after`, then the limit.
    run: Vec<Reg>,
}

impl Lowerer<'_> {
    /// A query as a value.
    pub(super) fn query(&mut self, query: &Query, into: Reg) {
        match query.head {
            QueryHead::Count => self.count(query, into),
            QueryHead::Exists => self.exists(query, into),
            QueryHead::Find => self.find(query, into),
            QueryHead::FindOne => self.find_one(query, into),
            QueryHead::Fold(fold) => {
                let element = self.ty(&query.select.ty);
                let list = self.tables.types.intern(TypeDef::List(element));
                let list = self.take(list);
                self.find(query, list);
                match fold {
                    Fold::Average => self.list_average(list, into),
                    Fold::Max => self.list_extreme(list, true, into),
                    Fold::Min => self.list_extreme(list, false, into),
                    Fold::Sum => self.list_sum(list, into),
                }
            }
        }
    }

    /// `for each x in QUERY`.
    pub(super) fn for_query(&mut self, query: &Query, body: &Block) {
        let suspends = self.suspends() && walk::any_stmt(body, &may_suspend);
        // What the body changes may change the condition.
        let one_by_one = suspends || walk::any_stmt(body, &|stmt| may_write(stmt) || sets_part_of(stmt, query));
        let (end, next) = (self.code.label(), self.code.label());
        let style = Style { first_only: false, one_by_one };
        self.elements(query, style, end, next, |me| {
            me.open_scope(ScopeKind::Loop { end, next });
            me.block(body);
            me.close_scope();
        });
    }

    fn exists(&mut self, query: &Query, into: Reg) {
        let (end, next) = (self.code.label(), self.code.label());
        self.emit(Instruction::LoadInt { into: into.slot(), value: 0 });
        let style = Style { first_only: true, one_by_one: false };
        self.elements(query, style, end, next, |me| {
            me.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
            me.code.jump(end);
        });
    }

    fn count(&mut self, query: &Query, into: Reg) {
        let stored = matches!(query.source, QuerySource::Entity(_) | QuerySource::Reverse { .. });
        let complete = query.condition.as_ref().is_none_or(|c| conjuncts::split(c, query.bind).rest.is_empty());
        if stored && complete && query.limit.is_none() {
            let candidates = self.candidates(query);
            let arguments = candidates.run.len().saturating_sub(2);
            let run = candidates.run.get(..arguments).unwrap_or(&[]);
            self.host_run(HostOp::Count(candidates.query), run, Some(into));
            return;
        }
        let (end, next) = (self.code.label(), self.code.label());
        let left = self.limit(query, end);
        self.clear(into);
        let style = Style::WHOLE;
        self.elements(query, style, end, next, |me| {
            me.emit(Instruction::IntAddConst { into: into.slot(), left: into.slot(), value: 1 });
            me.count_down(left, end);
        });
    }

    fn find(&mut self, query: &Query, into: Reg) {
        self.clear(into);
        if !query.order.is_empty() {
            self.find_in_order(query, into);
            return;
        }
        let (end, next) = (self.code.label(), self.code.label());
        let left = self.limit(query, end);
        let style = Style::WHOLE;
        self.elements(query, style, end, next, |me| {
            let from = me.selected(query);
            me.emit(Instruction::ListPush { list: into.slot(), from: from.slot() });
            me.count_down(left, end);
        });
    }

    fn find_one(&mut self, query: &Query, into: Reg) {
        let end = self.code.label();
        self.clear(into);
        if query.order.is_empty() {
            let next = self.code.label();
            let style = Style { first_only: true, one_by_one: false };
            self.elements(query, style, end, next, |me| {
                let found = me.selected(query);
                me.put_found(found, into);
                me.code.jump(end);
            });
            return;
        }
        let sorted = self.sorted(query);
        let item = self.local(query.bind);
        let (length, index) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        self.emit(Instruction::ListLength { into: length.slot(), list: sorted.slot() });
        self.code.emit_jump(end, |to| Instruction::JumpEqualTo { left: length.slot(), value: 0, to });
        self.clear(index);
        self.emit(Instruction::ListGet { into: item.slot(), list: sorted.slot(), index: index.slot() });
        let found = self.selected(query);
        self.put_found(found, into);
        self.code.bind(end);
    }

    fn find_in_order(&mut self, query: &Query, into: Reg) {
        let mut sorted = self.sorted(query);
        if let Some(limit) = &query.limit {
            let int = self.tables.types.intern(TypeDef::Int);
            let range = self.take_run(&[int, int]);
            let [from, count] = range.as_slice() else { return };
            self.clear(*from);
            self.value_as(limit, *count);
            let first = self.take(sorted.ty);
            let (list, range) = (sorted.slot(), from.slot());
            self.emit(Instruction::ListSlice { into: first.slot(), list, range });
            sorted = first;
        }
        if sorted.ty == into.ty && matches!(query.select.kind, ExprKind::Local(local) if local == query.bind) {
            self.hand_over(into, sorted);
            return;
        }
        let item = self.local(query.bind);
        self.for_each(sorted, item, |me| {
            let from = me.selected(query);
            me.emit(Instruction::ListPush { list: into.slot(), from: from.slot() });
        });
    }

    /// What is chosen of the element.
    fn selected(&mut self, query: &Query) -> Reg {
        self.of_query(query, |me| me.value(&query.select))
    }

    /// Lowers what a query says of its element.
    pub(super) fn of_query<T>(&mut self, query: &Query, lower: impl FnOnce(&mut Self) -> T) -> T {
        match &query.source {
            QuerySource::Entity(_) | QuerySource::Reverse { .. } => self.of_element(query.bind, lower),
            QuerySource::Groups(_) | QuerySource::List(_) => lower(self),
        }
    }

    /// All elements in the query's order.
    fn sorted(&mut self, query: &Query) -> Reg {
        let item = self.local(query.bind);
        let items_ty = self.tables.types.intern(TypeDef::List(item.ty));
        let key_types: Vec<TypeIdx> = query.order.iter().map(|(key, _)| self.ty(&key.ty)).collect();
        let key = self.tables.keys(&key_types);
        let key_ty = self.tables.types.intern(TypeDef::Record(key));
        let keys_ty = self.tables.types.intern(TypeDef::List(key_ty));
        let (items, keys, key) = (self.take(items_ty), self.take(keys_ty), self.take(key_ty));
        self.clear(items);
        self.clear(keys);
        let (end, next) = (self.code.label(), self.code.label());
        let style = Style::WHOLE;
        self.elements(query, style, end, next, |me| {
            let exprs: Vec<(&Expr, TypeIdx)> =
                query.order.iter().map(|(key, _)| key).zip(key_types.iter().copied()).collect();
            let run = me.of_query(query, |me| me.lower_run(&exprs));
            let from = run.first().copied().unwrap_or(item);
            me.emit(Instruction::RecordNew { into: key.slot(), from: from.slot() });
            me.emit(Instruction::ListPush { list: keys.slot(), from: key.slot() });
            me.emit(Instruction::ListPush { list: items.slot(), from: item.slot() });
        });
        let mut descending = 0u16;
        for (index, (_, down)) in query.order.iter().enumerate() {
            let bit = u32::try_from(index).ok().and_then(|index| 1u16.checked_shl(index)).unwrap_or(0);
            descending |= if *down { bit } else { 0 };
        }
        self.emit(Instruction::ListSortBy { list: items.slot(), keys: keys.slot(), descending });
        items
    }

    /// The limit of a query as a number that counts down; at 0 there is nothing to find.
    fn limit(&mut self, query: &Query, end: Label) -> Option<Reg> {
        let limit = query.limit.as_ref()?;
        let left = self.take_def(TypeDef::Int);
        self.value_as(limit, left);
        self.code.emit_jump(end, |to| Instruction::JumpAtMost { left: left.slot(), value: 0, to });
        Some(left)
    }

    fn count_down(&mut self, left: Option<Reg>, end: Label) {
        if let Some(left) = left {
            let left = left.slot();
            self.emit(Instruction::IntAddConst { into: left, left, value: -1 });
            self.code.emit_jump(end, |to| Instruction::JumpAtMost { left, value: 0, to });
        }
    }

    /// Runs code for each element for which the condition holds; it lies in the bound name. Binds `next`, where the
    /// code may jump for the next one, and `end`.
    pub(super) fn elements(
        &mut self,
        query: &Query,
        style: Style,
        end: Label,
        next: Label,
        body: impl FnOnce(&mut Self),
    ) {
        match &query.source {
            QuerySource::List(source) => {
                let list = self.value(source);
                let item = self.local(query.bind);
                self.for_each(list, item, |me| {
                    if let Some(condition) = &query.condition {
                        me.branch(condition, next, false);
                    }
                    body(me);
                    me.code.bind(next);
                });
                self.code.bind(end);
            }
            QuerySource::Groups(groups) => self.groups(query.bind, groups, end, next, body),
            QuerySource::Entity(_) | QuerySource::Reverse { .. } => {
                if style.one_by_one {
                    self.one_by_one(query, end, next, body);
                } else {
                    let candidates = self.candidates(query);
                    self.batches(query, &candidates, style, end, next, body);
                }
            }
        }
    }

    /// Each record for which the condition holds when it is its turn, but for those that were created meanwhile.
    fn one_by_one(&mut self, query: &Query, end: Label, next: Label, body: impl FnOnce(&mut Self)) {
        let item = self.local(query.bind);
        let (place, last) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        self.host(HostOp::LastId, &[], Some(last));
        self.clear(place);
        self.code.bind(next);
        let mark = self.slots.mark();
        let candidates = self.candidates(query);
        let Some([after, limit]) = candidates.place() else { return };
        let (list, number) = (self.list_of(item.ty), self.take_def(TypeDef::Int));
        self.copy(after, place);
        self.emit(Instruction::LoadInt { into: limit.slot(), value: 1 });
        self.host_run(HostOp::Query(candidates.query), &candidates.run, Some(list));
        self.emit(Instruction::ListLength { into: number.slot(), list: list.slot() });
        self.code.emit_jump(end, |to| Instruction::JumpEqualTo { left: number.slot(), value: 0, to });
        self.clear(number);
        self.emit(Instruction::ListGet { into: item.slot(), list: list.slot(), index: number.slot() });
        self.clear(list);
        self.slots.release(mark);
        self.emit(Instruction::IntOfRef { into: place.slot(), from: item.slot() });
        self.code.emit_jump(end, |to| Instruction::JumpLess { left: last.slot(), right: place.slot(), to });
        self.of_element(query.bind, |me| {
            for rest in &candidates.rest {
                me.branch(rest, next, false);
            }
        });
        body(self);
        self.code.jump(next);
        self.code.bind(end);
    }

    fn batches(
        &mut self,
        query: &Query,
        candidates: &Candidates<'_>,
        style: Style,
        end: Label,
        next: Label,
        body: impl FnOnce(&mut Self),
    ) {
        let (item, Some([after, limit])) = (self.local(query.bind), candidates.place()) else { return };
        let size = if style.first_only && candidates.complete { 1 } else { QUERY_BATCH };
        let (list, index, length) = (self.list_of(item.ty), self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        let (index, length) = (index.slot(), length.slot());
        self.clear(after);
        self.constant(&Value::Int(i64::from(size)), limit);
        let fetch = self.code.here();
        self.host_run(HostOp::Query(candidates.query), &candidates.run, Some(list));
        self.emit(Instruction::ListLength { into: length, list: list.slot() });
        self.emit(Instruction::LoadInt { into: index, value: 0 });
        let test = self.code.label();
        self.code.jump(test);
        let top = self.code.here();
        self.emit(Instruction::ListGet { into: item.slot(), list: list.slot(), index });
        self.emit(Instruction::IntOfRef { into: after.slot(), from: item.slot() });
        let mark = self.slots.mark();
        self.of_element(query.bind, |me| {
            for rest in &candidates.rest {
                me.branch(rest, next, false);
            }
        });
        body(self);
        self.slots.release(mark);
        self.code.bind(next);
        self.emit(Instruction::IntAddConst { into: index, left: index, value: 1 });
        self.code.bind(test);
        self.code.emit_jump(top, |to| Instruction::JumpLess { left: index, right: length, to });
        if size > 1 {
            self.code.emit_jump(fetch, |to| Instruction::JumpEqual { left: length, right: limit.slot(), to });
        }
        self.code.bind(end);
    }

    fn list_of(&mut self, element: TypeIdx) -> Reg {
        let ty = self.tables.types.intern(TypeDef::List(element));
        self.take(ty)
    }

    /// The store's part of a query, with its arguments computed.
    fn candidates<'q>(&mut self, query: &'q Query) -> Candidates<'q> {
        let split = query.condition.as_ref().map_or_else(Split::default, |c| conjuncts::split(c, query.bind));
        let (entity, of) = match &query.source {
            QuerySource::Entity(entity) => (*entity, None),
            QuerySource::Reverse { entity, field, of } => (*entity, Some((*field, of))),
            QuerySource::Groups(_) | QuerySource::List(_) => (EntityId(0), None),
        };
        let mut types = Vec::new();
        let mut conjuncts = Vec::new();
        if let Some((FieldId(field), of)) = of {
            types.push(self.ty(&of.ty));
            conjuncts.push(Conjunct { path: vec![FieldIdx(field)], op: CompareOp::Equal, argument: Some(0) });
        }
        for pushed in &split.pushed {
            let ty = match pushed.operand {
                Operand::None => None,
                Operand::Value(value) => Some(self.ty(&value.ty)),
                Operand::Truth(_) | Operand::Member(_) => Some(self.ty(pushed.field)),
            };
            let argument = ty.and_then(|_| u16::try_from(types.len()).ok());
            types.extend(ty);
            conjuncts.push(Conjunct { path: pushed.path.clone(), op: pushed.op, argument });
        }
        let int = self.tables.types.intern(TypeDef::Int);
        types.extend([int, int]);
        let run = self.take_run(&types);
        let mut places = run.iter();
        if let (Some((_, of)), Some(place)) = (of, of.and_then(|_| places.next())) {
            self.value_into(of, *place);
        }
        for pushed in &split.pushed {
            let place = match pushed.operand {
                Operand::None => continue,
                _ => places.next(),
            };
            let Some(place) = place else { break };
            match pushed.operand {
                Operand::None => {}
                Operand::Value(value) => self.value_into(value, *place),
                Operand::Truth(truth) => self.constant(&Value::Bool(truth), *place),
                Operand::Member(member) => self.constant(&Value::Enum(member), *place),
            }
        }
        let complete = split.rest.is_empty();
        let query = self.tables.query(QueryDef { entity: EntityIdx(entity.0), conjuncts, complete });
        Candidates { query, complete, rest: split.rest, run }
    }
}

impl Candidates<'_> {
    /// Where the id of the last candidate and the size of a batch are passed.
    fn place(&self) -> Option<[Reg; 2]> {
        self.run.last_chunk::<2>().copied()
    }
}

/// Whether a statement of a background process is a suspension point.
fn may_suspend(stmt: &Stmt) -> bool {
    matches!(
        stmt.kind,
        StmtKind::Checkpoint
            | StmtKind::Do { .. }
            | StmtKind::Page(_)
            | StmtKind::Parallel(_)
            | StmtKind::StartBranch(_)
            | StmtKind::Wait { .. }
    )
}

/// Whether a statement sets a name that the condition of a query mentions.
fn sets_part_of(stmt: &Stmt, query: &Query) -> bool {
    match &stmt.kind {
        StmtKind::Assign { place: Place::Local { local, .. }, .. } => {
            query.condition.as_ref().is_some_and(|condition| walk::mentions(condition, *local))
        }
        _ => false,
    }
}

/// Whether records may have changed after a statement.
fn may_write(stmt: &Stmt) -> bool {
    matches!(
        stmt.kind,
        StmtKind::AssignOwner { .. }
            | StmtKind::ChangeStatus { .. }
            | StmtKind::Create { .. }
            | StmtKind::Delete { .. }
            | StmtKind::Do { .. }
            | StmtKind::Update { .. }
    )
}
