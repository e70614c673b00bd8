//! Statements.

use super::{
    code::Label,
    convert::{entity, small},
    expr::place_of,
    function::Lowerer,
    slots::Reg,
    unwind::{Exit, ScopeKind},
};
use crate::{
    base::value::{EntityIdx, Value},
    bytecode::{
        host::{FieldWrite, HostOp, WriteOp},
        isa::{Instruction, TableIdx},
        module::{FunctionKind, PointKind},
        traps::TrapCode,
        types::{FieldIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{self, Block, Expr, LocalId, MatchArm, Pattern, Place, Stmt, StmtKind},
        schema::{EntityId, FieldId, TriggerEvent},
        ty::Ty,
    },
};

impl Lowerer<'_> {
    /// Statements in order.
    pub(super) fn block(&mut self, block: &Block) {
        let met = self.code.locals_met();
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
        self.code.end_locals(met);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.at(stmt.span);
        let (mark, met) = (self.slots.mark(), self.code.locals_met());
        self.stmt_kind(&stmt.kind);
        self.slots.release(mark);
        if gives_value(&stmt.kind) {
            self.code.locals_given(met);
        } else {
            // What a loop or a handler binds ends with it.
            self.code.end_locals(met);
        }
        if self.job.kind == FunctionKind::Test && causes_work(&stmt.kind) {
            self.host(HostOp::TestIdle, &[], None);
        }
    }

    fn stmt_kind(&mut self, kind: &StmtKind) {
        match kind {
            StmtKind::ActAs(user) => {
                let user = self.user(user);
                self.host(HostOp::TestActAs, &[user], None);
            }
            StmtKind::ActAsBlock { user, body } => self.act_as(user, body),
            StmtKind::Assign { place, value } => self.set(place, value),
            StmtKind::AssignOwner { target, to } => {
                let (target, to) = (self.value(target), self.any_ref(to));
                self.host(HostOp::AssignOwner, &[target, to], None);
            }
            StmtKind::Atomic(body) => self.atomic(body),
            StmtKind::Break => self.leave(Exit::Break),
            StmtKind::Cancel(handle) => self.host_of(HostOp::CancelInstance, handle, None),
            StmtKind::ChangeStatus { target, entity: id, status } => {
                let op = HostOp::ChangeStatus { entity: entity(*id), status: *status };
                self.host_of(op, target, None);
            }
            StmtKind::Checkpoint => self.suspend(PointKind::Checkpoint, "checkpoint", Vec::new(), false),
            StmtKind::Compensate => self.compensate(),
            StmtKind::Continue => self.leave(Exit::Continue),
            StmtKind::Create { entity, fields, into, given } => {
                self.create(*entity, fields, into.as_ref(), *given);
            }
            StmtKind::Delete { target } => self.host_of(HostOp::Delete, target, None),
            StmtKind::Do { .. } => self.lower_do(kind),
            StmtKind::Emit { signal, value, to } => self.emit_signal(*signal, value, to.as_ref()),
            StmtKind::Error => self.unreachable(),
            StmtKind::ForList { bind, source, body } => self.for_list(*bind, source, body),
            StmtKind::ForQuery { query, body } => self.for_query(query, body),
            StmtKind::Give(value) => self.lower_return(Some(value)),
            StmtKind::If { branches, otherwise } => self.if_stmt(branches, otherwise.as_ref()),
            StmtKind::Log(text) => {
                let text = self.value(text);
                let text = self.text_of(text);
                self.host(HostOp::Log, &[text], None);
            }
            StmtKind::Match { subject, arms } => self.match_stmt(*subject, arms),
            StmtKind::OnCancel { body, cancel } => self.on_cancel(body, cancel),
            StmtKind::Page(page) => self.page(page),
            StmtKind::Parallel(parallel) => self.parallel(parallel),
            StmtKind::Raise(error) => {
                let from = self.value(error).slot();
                self.emit(Instruction::Raise { from });
            }
            StmtKind::RaiseAgain => self.raise_again(),
            StmtKind::Return(value) => self.lower_return(value.as_ref()),
            StmtKind::Rule { effect, entity, field, values } => self.rule_effect(*effect, *entity, *field, values),
            StmtKind::Saga { body, hands_over } => self.saga(body, *hands_over),
            StmtKind::StartBranch(index) => self.start_branch(*index),
            StmtKind::Stage { title, body } => {
                self.stages.push(title.clone());
                self.block(body);
                self.stages.pop();
            }
            StmtKind::Start { process, primary, args, into } => {
                let run = self.process_args(*process, primary.as_ref(), args);
                let instance = self.tables.types.intern(TypeDef::Instance);
                let op = HostOp::StartChild { process: super::waits::process(*process), owned: false };
                self.host_into(op, &run, Some(instance), into.as_ref());
            }
            StmtKind::Stop { canceled, message } => self.stop(*canceled, message.as_ref()),
            StmtKind::Test(test) => self.test_stmt(test),
            StmtKind::Try { body, catches, finally } => self.try_stmt(body, catches, finally.as_ref()),
            StmtKind::Undo(undo) => self.undo(undo),
            StmtKind::Update { target, entity, writes } => self.update(target, *entity, writes),
            StmtKind::Wait { point, arms } => self.wait(point, arms),
            StmtKind::While { condition, body } => self.while_stmt(condition, body),
        }
    }

    /// `set`: a local, a part of one, or a value about to be written.
    fn set(&mut self, place: &Place, value: &Expr) {
        if let Some(local) = place_of(place) {
            self.assign(local, value);
            return;
        }
        let ty = self.place_type(place);
        let reg = self.take(ty);
        self.value_as(value, reg);
        self.store(place, reg);
    }

    /// The type of what a place holds.
    fn place_type(&mut self, place: &Place) -> TypeIdx {
        let program = self.program;
        let ty = match place {
            Place::Local { local, path } => match path.last() {
                None => return self.local(*local).ty,
                Some((record, field)) => program
                    .schema
                    .records
                    .get(usize::from(record.0))
                    .and_then(|def| def.fields.get(usize::from(*field)))
                    .map(|field| &field.ty),
            },
            Place::Pending { entity, field } => return self.field_type(*entity, *field),
            Place::Input(index) => {
                let process = self.job.process.and_then(|process| program.schema.processes.get(process));
                let action = process.and_then(|head| {
                    head.triggers.iter().find_map(|trigger| match trigger.event {
                        TriggerEvent::Action(id) => program.schema.processes.get(usize::from(id.0)),
                        _ => None,
                    })
                });
                action.and_then(|head| head.params.get(usize::from(*index))).map(|param| &param.ty)
            }
        };
        self.ty(ty.unwrap_or(&Ty::Error))
    }

    /// The declared type of a field.
    pub(super) fn field_type(&mut self, entity: EntityId, field: FieldId) -> TypeIdx {
        let program = self.program;
        let entity = program.schema.entities.get(usize::from(entity.0));
        let field = entity.and_then(|entity| entity.fields.get(usize::from(field.0)));
        self.ty(field.map_or(&Ty::Error, |field| &field.ty))
    }

    /// Puts a value that is at hand into a place; a present one may go where an optional one is.
    pub(super) fn store(&mut self, place: &Place, value: Reg) {
        let ty = self.place_type(place);
        let value = if value.ty == ty { value } else { self.as_optional(value, ty) };
        match place {
            Place::Local { local, path } if path.is_empty() => {
                let into = self.local(*local);
                self.hand_over(into, value);
            }
            Place::Local { local, path } => {
                let record = self.local(*local);
                self.store_field(record, path, value);
            }
            Place::Pending { entity, field } => {
                let (entity, field) = (EntityIdx(entity.0), FieldIdx(field.0));
                self.host(HostOp::SetPending { entity, field }, &[value], None);
            }
            Place::Input(index) => {
                self.host(HostOp::SetInput(*index), &[value], None);
                // What is read of the input from here on is the new value.
                if let Some(read) = self.captured(&hir::Capture::Input(*index)) {
                    self.copy(read, value);
                }
            }
        }
    }

    /// Changes a field of a record value, or of one within it: inner values are taken out, changed and put back.
    fn store_field(&mut self, record: Reg, path: &[(crate::sema::schema::RecordId, u16)], value: Reg) {
        let Some(((_, index), rest)) = path.split_first() else { return };
        let offset = self.field_offset(record, *index);
        if rest.is_empty() {
            for n in 0..self.width(value.ty) {
                let offset = offset.saturating_add(n);
                self.emit(Instruction::RecordSet { record: record.slot(), offset, from: value.at(n) });
            }
            return;
        }
        let Some((inner, _)) = rest.first() else { return };
        let inner = self.take_def(TypeDef::Record(crate::bytecode::types::RecordIdx(inner.0)));
        self.emit(Instruction::RecordGet { into: inner.slot(), record: record.slot(), offset });
        self.store_field(inner, rest, value);
        self.emit(Instruction::RecordSet { record: record.slot(), offset, from: inner.slot() });
    }

    fn create(&mut self, id: EntityId, fields: &[(FieldId, Expr)], into: Option<&Place>, given: bool) {
        let exprs: Vec<(&Expr, TypeIdx)> =
            fields.iter().map(|(field, value)| (value, self.field_type(id, *field))).collect();
        let run = self.lower_run(&exprs);
        let fields = fields.iter().map(|(field, _)| FieldIdx(field.0)).collect();
        let entity = EntityIdx(id.0);
        let op = if given { HostOp::TestGiven { entity, fields } } else { HostOp::Create { entity, fields } };
        let result = self.tables.types.intern(TypeDef::Ref(entity));
        self.host_into(op, &run, Some(result), into);
    }

    fn update(&mut self, target: &Expr, id: EntityId, writes: &[hir::Write]) {
        let reference = self.tables.types.intern(TypeDef::Ref(entity(id)));
        let mut exprs = vec![(target, reference)];
        for write in writes {
            // The operand of `*=` and of changes of optional fields has a type of its own.
            let ty =
                if write.op == hir::WriteOp::Set { self.field_type(id, write.field) } else { self.ty(&write.value.ty) };
            exprs.push((&write.value, ty));
        }
        let run = self.lower_run(&exprs);
        let writes = writes
            .iter()
            .map(|write| FieldWrite {
                field: FieldIdx(write.field.0),
                op: match write.op {
                    hir::WriteOp::Add => WriteOp::Add,
                    hir::WriteOp::Append => WriteOp::Append,
                    hir::WriteOp::Multiply => WriteOp::Multiply,
                    hir::WriteOp::Set => WriteOp::Set,
                    hir::WriteOp::Subtract => WriteOp::Subtract,
                },
            })
            .collect();
        self.host_run(HostOp::Update { entity: entity(id), writes }, &run, None);
    }

    fn if_stmt(&mut self, branches: &[(Expr, Block)], otherwise: Option<&Block>) {
        let end = self.code.label();
        for (condition, block) in branches {
            let next = self.code.label();
            self.at(condition.span);
            self.branch(condition, next, false);
            self.block(block);
            self.code.jump(end);
            self.code.bind(next);
        }
        if let Some(block) = otherwise {
            self.block(block);
        }
        self.code.bind(end);
    }

    fn while_stmt(&mut self, condition: &Expr, body: &Block) {
        let (end, next) = (self.code.label(), self.code.label());
        self.code.jump(next);
        let top = self.code.here();
        self.open_scope(ScopeKind::Loop { end, next });
        self.block(body);
        self.close_scope();
        self.code.bind(next);
        self.at(condition.span);
        self.branch(condition, top, true);
        self.code.bind(end);
    }

    fn for_list(&mut self, bind: LocalId, source: &Expr, body: &Block) {
        let (end, next, test) = (self.code.label(), self.code.label(), self.code.label());
        let list = self.value(source);
        let list = self.own(list);
        let item = self.local(bind);
        let (index, length) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        self.clear(index);
        self.emit(Instruction::ListLength { into: length.slot(), list: list.slot() });
        self.code.jump(test);
        let top = self.code.here();
        self.emit(Instruction::ListGet { into: item.slot(), list: list.slot(), index: index.slot() });
        self.open_scope(ScopeKind::Loop { end, next });
        self.block(body);
        self.close_scope();
        self.code.bind(next);
        self.emit(Instruction::IntAddConst { into: index.slot(), left: index.slot(), value: 1 });
        self.code.bind(test);
        self.code.emit_jump(top, |to| Instruction::JumpLess { left: index.slot(), right: length.slot(), to });
        self.code.bind(end);
    }

    /// A list in slots that the body of a loop does not assign.
    fn own(&mut self, list: Reg) -> Reg {
        let own = self.take(list.ty);
        self.copy(own, list);
        own
    }

    fn match_stmt(&mut self, subject: LocalId, arms: &[MatchArm<Block>]) {
        let reg = self.local(subject);
        let end = self.code.label();
        self.arms(reg, arms, end, |me, body| me.block(body));
    }

    /// `match` as a value.
    pub(super) fn match_value(&mut self, local: LocalId, subject: &Expr, arms: &[MatchArm<Expr>], into: Reg) {
        let reg = self.local(local);
        self.value_as(subject, reg);
        let end = self.code.label();
        self.arms(reg, arms, end, |me, body| me.value_as(body, into));
    }

    /// The first arm that fits; a stored number that none knows is a trap.
    fn arms<T>(&mut self, subject: Reg, arms: &[MatchArm<T>], end: Label, mut body: impl FnMut(&mut Self, &T)) {
        let is_optional = matches!(self.def(subject.ty), TypeDef::Optional(_));
        if let Some(numbers) = dense(arms).filter(|_| !is_optional) {
            self.arms_by_table(subject, arms, &numbers, end, body);
            return;
        }
        let mut total = false;
        for arm in arms {
            let (hit, next) = (self.code.label(), self.code.label());
            let everything = arm.patterns.iter().any(|pattern| matches!(pattern, Pattern::Else));
            if !everything {
                for pattern in &arm.patterns {
                    let mark = self.slots.mark();
                    self.jump_if_fits(subject, pattern, hit);
                    self.slots.release(mark);
                }
                self.code.jump(next);
                self.code.bind(hit);
            }
            if let Some(guard) = &arm.guard {
                self.branch(guard, next, false);
            }
            total |= everything && arm.guard.is_none();
            body(self, &arm.body);
            self.code.jump(end);
            self.code.bind(next);
        }
        if !total {
            self.emit(Instruction::Trap { code: TrapCode::UnknownMember.into() });
        }
        self.code.bind(end);
    }

    /// Arms over whole numbers that lie close together: one jump.
    fn arms_by_table<T>(
        &mut self,
        subject: Reg,
        arms: &[MatchArm<T>],
        numbers: &Dense,
        end: Label,
        mut body: impl FnMut(&mut Self, &T),
    ) {
        let labels: Vec<Label> = arms.iter().map(|_| self.code.label()).collect();
        let unknown = self.code.label();
        let label = |arm: &Option<usize>| arm.and_then(|arm| labels.get(arm).copied()).unwrap_or(unknown);
        let otherwise = label(&numbers.otherwise);
        let targets = numbers.arms.iter().map(|arm| if arm.is_some() { label(arm) } else { otherwise }).collect();
        let table = TableIdx(self.code.jump_table(numbers.first, targets, otherwise));
        self.emit(Instruction::JumpTable { from: subject.slot(), table });
        for (arm, label) in arms.iter().zip(&labels) {
            self.code.bind(*label);
            body(self, &arm.body);
            self.code.jump(end);
        }
        self.code.bind(unknown);
        if numbers.otherwise.is_none() {
            self.emit(Instruction::Trap { code: TrapCode::UnknownMember.into() });
        }
        self.code.bind(end);
    }

    fn jump_if_fits(&mut self, subject: Reg, pattern: &Pattern, hit: Label) {
        let miss = self.code.label();
        let present = self.present_part(subject);
        if !matches!(pattern, Pattern::Else | Pattern::None) {
            self.jump_absent(subject, miss);
        }
        match pattern {
            Pattern::Else => self.code.jump(hit),
            Pattern::Entity(id) => {
                let is = self.take_def(TypeDef::Bool);
                self.emit(Instruction::AnyIs { into: is.slot(), from: present.slot(), entity: entity(*id) });
                self.jump_if(is.slot(), hit, true);
            }
            Pattern::None => self.jump_absent(subject, hit),
            Pattern::OneOf(members) => {
                for member in members {
                    self.jump_if_member(present, *member, hit);
                }
            }
            Pattern::Range(low, high) => {
                let constants = [low, high].map(|value| {
                    let reg = self.take(present.ty);
                    self.constant(value, reg);
                    reg
                });
                let [low, high] = constants;
                let above_low = self.code.label();
                self.jump_less_equal(low, present, above_low);
                self.code.jump(miss);
                self.code.bind(above_low);
                self.jump_less_equal(present, high, hit);
            }
            Pattern::Value(value) => {
                let constant = self.take(present.ty);
                self.constant(value, constant);
                self.jump_equal(present, constant, hit);
            }
        }
        self.code.bind(miss);
    }

    fn lower_return(&mut self, value: Option<&Expr>) {
        let (Some(value), Some(result)) = (value, self.result) else {
            self.leave(Exit::Return);
            return;
        };
        if !self.exits_do_something() {
            let reg = self.value(value);
            let reg = if reg.ty == result || !self.tables.types.has_presence(result) {
                reg
            } else {
                self.as_optional(reg, result)
            };
            self.emit(Instruction::Return { from: reg.slot() });
            return;
        }
        let reg = self.result_reg.unwrap_or_else(|| self.keep(result));
        self.result_reg = Some(reg);
        self.value_as(value, reg);
        self.leave(Exit::Return);
    }

    fn stop(&mut self, canceled: bool, message: Option<&Expr>) {
        let into = self.message_slot();
        match message {
            Some(message) => {
                let text = self.value(message);
                let text = self.text_of(text);
                self.copy(into, text);
            }
            None => self.clear(into),
        }
        self.leave(Exit::Stop { canceled });
    }

    /// A user as an optional reference.
    pub(super) fn user(&mut self, user: &Expr) -> Reg {
        let reg = self.value(user);
        let optional = self.tables.types.optional(reg.ty);
        Reg { ty: optional, ..reg }
    }

    /// A reference as one to any entity.
    pub(super) fn any_ref(&mut self, expr: &Expr) -> Reg {
        let reg = self.value(expr);
        match self.def(reg.ty) {
            TypeDef::Ref(_) => {
                let any = self.take_def(TypeDef::AnyRef);
                self.emit(Instruction::RefToAny { into: any.slot(), from: reg.slot() });
                any
            }
            _ => reg,
        }
    }

    /// Goes on at `to` if two present values are equal.
    fn jump_equal(&mut self, left: Reg, right: Reg, to: Label) {
        let mark = self.slots.mark();
        self.jump_equal_values(left, right, to);
        self.slots.release(mark);
    }
}

/// Whether a statement is the declaration of a name, if it meets one for the first time.
fn gives_value(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::Assign { .. }
            | StmtKind::Create { .. }
            | StmtKind::Do { .. }
            | StmtKind::Page(_)
            | StmtKind::Parallel(_)
            | StmtKind::Start { .. }
            | StmtKind::Wait { .. }
    )
}

/// Whether background work may follow from a statement, as far as tests are concerned.
fn causes_work(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::AssignOwner { .. }
            | StmtKind::Atomic(_)
            | StmtKind::Cancel(_)
            | StmtKind::ChangeStatus { .. }
            | StmtKind::Create { .. }
            | StmtKind::Delete { .. }
            | StmtKind::Do { .. }
            | StmtKind::Emit { .. }
            | StmtKind::Start { .. }
            | StmtKind::Test(
                hir::TestStmt::AnswerForm { .. }
                    | hir::TestStmt::AnswerPage { .. }
                    | hir::TestStmt::Back(_)
                    | hir::TestStmt::GiveUp(_)
                    | hir::TestStmt::GivenConfig { .. }
                    | hir::TestStmt::GivenProcess { .. }
                    | hir::TestStmt::Retry(_)
                    | hir::TestStmt::ExpectFails { .. }
            )
            | StmtKind::Update { .. }
    )
}

/// The arms of a `match` over numbers: for each number from `first` on its arm.
struct Dense {
    first: i64,
    arms: Vec<Option<usize>>,
    otherwise: Option<usize>,
}

/// The numbers of a `match` without guards over members or small whole numbers, where a table pays: at least four
/// numbers, at least half of the table used.
fn dense<T>(arms: &[MatchArm<T>]) -> Option<Dense> {
    let mut numbers: Vec<(i64, usize)> = Vec::new();
    let mut otherwise = None;
    for (index, arm) in arms.iter().enumerate() {
        if arm.guard.is_some() {
            return None;
        }
        if otherwise.is_some() {
            break;
        }
        for pattern in &arm.patterns {
            match pattern {
                Pattern::Else => otherwise = otherwise.or(Some(index)),
                Pattern::OneOf(members) => numbers.extend(members.iter().map(|m| (i64::from(*m), index))),
                Pattern::Value(value @ (Value::Enum(_) | Value::Int(_))) => {
                    numbers.push((i64::from(small(value)?), index));
                }
                _ => return None,
            }
        }
    }
    let first = numbers.iter().map(|(number, _)| *number).min()?;
    let last = numbers.iter().map(|(number, _)| *number).max()?;
    let span = usize::try_from(last - first + 1).ok()?;
    if numbers.len() < 4 || span > numbers.len() * 2 {
        return None;
    }
    let mut table = vec![None; span];
    for (number, arm) in numbers {
        let place = table.get_mut(usize::try_from(number - first).ok()?)?;
        *place = place.or(Some(arm));
    }
    Some(Dense { first, arms: table, otherwise })
}
