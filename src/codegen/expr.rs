//! Expressions: each is computed into given slots, or lies in slots already.

use super::{function::Lowerer, slots::Reg, walk};
use crate::{
    base::value::EntityIdx,
    bytecode::{
        host::HostOp,
        isa::Instruction,
        layout,
        traps::TrapCode,
        types::{ConfigIdx, FieldIdx, RecordIdx, TypeDef, TypeIdx},
    },
    sema::{
        hir::{Conversion, Expr, ExprKind, LocalId, Place, ProcessInfo},
        schema::{EntityId, FieldId},
        ty::Ty,
    },
};

/// The local that a place is, if it is a whole one.
pub(super) fn place_of(place: &Place) -> Option<LocalId> {
    match place {
        Place::Local { local, path } if path.is_empty() => Some(*local),
        _ => None,
    }
}

/// Whether the value is computed by one instruction that reads its operands before it writes.
fn is_one_step(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Arithmetic(..) | ExprKind::Interpolate(_) | ExprKind::Negate(_) => !expr.ty.is_optional(),
        ExprKind::Call { .. } | ExprKind::Local(_) => true,
        _ => false,
    }
}

impl Lowerer<'_> {
    /// The slots of a value: its own if it has some, else new ones.
    pub(super) fn value(&mut self, expr: &Expr) -> Reg {
        match &expr.kind {
            ExprKind::Capture(index) => self.capture(*index),
            ExprKind::Convert(Conversion::Known, inner) | ExprKind::Unwrap(inner) => self.known(inner),
            ExprKind::Convert(Conversion::Present, inner) if self.is_same_layout(expr, inner) => {
                let reg = self.value(inner);
                Reg { ty: self.ty(&expr.ty), ..reg }
            }
            ExprKind::Convert(Conversion::Widen, inner) if self.is_same_layout(expr, inner) => self.value(inner),
            ExprKind::Local(local) => self.local(*local),
            _ => {
                let ty = self.ty(&expr.ty);
                let reg = self.take(ty);
                self.value_into(expr, reg);
                reg
            }
        }
    }

    /// Whether a conversion changes nothing in the slots.
    fn is_same_layout(&mut self, outer: &Expr, inner: &Expr) -> bool {
        let (outer, inner) = (self.ty(&outer.ty), self.ty(&inner.ty));
        self.tables.types.kinds(outer) == self.tables.types.kinds(inner)
    }

    /// The value of an optional expression; a trap if it is absent.
    fn known(&mut self, inner: &Expr) -> Reg {
        let reg = self.value(inner);
        if !inner.ty.is_optional() {
            return reg;
        }
        self.emit(Instruction::Require { from: reg.slot(), code: TrapCode::Absent.into() });
        self.present_part(reg)
    }

    /// The value behind the presence.
    pub(super) fn present_part(&self, reg: Reg) -> Reg {
        let ty = self.tables.types.present(reg.ty);
        let presence = u16::from(self.tables.types.has_presence(reg.ty));
        Reg { base: reg.base.saturating_add(presence), ty }
    }

    /// Computes a value into slots of its type, or of the optional of its type.
    pub(super) fn value_as(&mut self, expr: &Expr, into: Reg) {
        let ty = self.ty(&expr.ty);
        if expr.ty == Ty::None {
            self.clear(into);
        } else if ty != into.ty && self.tables.types.has_presence(into.ty) && !expr.ty.is_optional() {
            self.value_into(expr, self.present_part(into));
            self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
        } else {
            // A reference lies in its slots as the optional one does.
            self.value_into(expr, Reg { ty, ..into });
        }
    }

    /// Assigns a local, which may occur in the value.
    pub(super) fn assign(&mut self, local: LocalId, expr: &Expr) {
        let into = self.local(local);
        if self.append_in_place(local, expr) {
            return;
        }
        if is_one_step(expr) || !walk::mentions(expr, local) {
            self.value_as(expr, into);
            return;
        }
        let mark = self.slots.mark();
        let temporary = self.take(into.ty);
        self.value_as(expr, temporary);
        self.hand_over(into, temporary);
        self.slots.release(mark);
    }

    /// Computes a value into slots of its type. What the value reads must not lie there, unless it is one step.
    pub(super) fn value_into(&mut self, expr: &Expr, into: Reg) {
        let mark = self.slots.mark();
        match &expr.kind {
            ExprKind::And(..)
            | ExprKind::Compare(..)
            | ExprKind::IsEntity(..)
            | ExprKind::IsNone(_)
            | ExprKind::Not(_)
            | ExprKind::OneOf(..)
            | ExprKind::Or(..) => self.truth_into(expr, into),
            ExprKind::Arithmetic(op, left, right) => self.arithmetic(*op, left, right, into),
            ExprKind::Builtin { builtin, args } => self.builtin(*builtin, args, into),
            ExprKind::Call { function, args } => self.call(*function, args, into),
            ExprKind::Capture(_) | ExprKind::Local(_) | ExprKind::Unwrap(_) => {
                let reg = self.value(expr);
                self.copy(into, reg);
            }
            ExprKind::Coalesce(left, right) => self.coalesce(left, right, into),
            ExprKind::Const(value) => self.constant(value, into),
            ExprKind::Convert(conversion, inner) => self.convert(*conversion, inner, into),
            ExprKind::Error => self.unreachable(),
            ExprKind::FaultField { base, index } => {
                let from = self.value(base).slot();
                self.emit(match index {
                    0 => Instruction::FaultCode { into: into.slot(), from },
                    1 => Instruction::FaultMessage { into: into.slot(), from },
                    _ => Instruction::FaultAt { into: into.slot(), from },
                });
            }
            ExprKind::Field { base, entity, field } => {
                let (entity, field) = (EntityIdx(entity.0), FieldIdx(field.0));
                let op = if self.is_of_element(base) {
                    HostOp::ReadStored { entity, field }
                } else {
                    HostOp::ReadField { entity, field }
                };
                self.host_of(op, base, Some(into));
            }
            ExprKind::If(condition, then, otherwise) => self.if_value(condition, then, otherwise, into),
            ExprKind::IfPresent { subject, bind, then } => self.if_present(subject, *bind, then, into),
            ExprKind::Index(list, index) => {
                let (list, index) = (self.value(list), self.value(index));
                self.emit(Instruction::ListGet { into: into.slot(), list: list.slot(), index: index.slot() });
            }
            ExprKind::Interpolate(pieces) => self.interpolate(pieces, into),
            ExprKind::IsDeleted(of) => self.host_of(HostOp::IsDeleted, of, Some(into)),
            ExprKind::List(items) => self.list(items, into),
            ExprKind::Match { local, subject, arms } => self.match_value(*local, subject, arms, into),
            ExprKind::Named(fields) => {
                let TypeDef::Record(record) = self.def(into.ty) else { return };
                self.record(record, fields, into);
            }
            ExprKind::Negate(inner) => self.negate(inner, into),
            ExprKind::Config(config) => self.host(HostOp::Config(ConfigIdx(config.0)), &[], Some(into)),
            ExprKind::Particular { entity, key } => {
                let index = self.tables.particular(EntityIdx(entity.0), key);
                self.host(HostOp::Particular(index), &[], Some(into));
            }
            ExprKind::Process(info) => self.host(process_info(*info), &[], Some(into)),
            ExprKind::Query(query) => self.query(query, into),
            ExprKind::Record(record, fields) => self.record(RecordIdx(record.0), fields, into),
            ExprKind::RecordField { base, index } => {
                let record = self.value(base);
                self.record_field(record, *index, into);
            }
            ExprKind::Under { entity, low, high, or_equal } => {
                let entity = EntityIdx(entity.0);
                self.under(HostOp::Under { entity, or_equal: *or_equal }, low, high, into);
            }
            ExprKind::UnionField { base, fields } => {
                let of = |(entity, field): &(EntityId, FieldId)| (EntityIdx(entity.0), FieldIdx(field.0));
                let stored = self.is_of_element(base);
                let op = HostOp::ReadUnionField { fields: fields.iter().map(of).collect(), stored };
                self.host_of(op, base, Some(into));
            }
        }
        self.slots.release(mark);
    }

    /// A value that is not needed where it lies.
    pub(super) fn hand_over(&mut self, into: Reg, from: Reg) {
        match self.def(into.ty) {
            TypeDef::List(_) | TypeDef::Record(_) | TypeDef::Set(_) => {
                self.emit(Instruction::Take { into: into.slot(), from: from.slot() });
            }
            _ => self.copy(into, from),
        }
    }

    fn coalesce(&mut self, left: &Expr, right: &Expr, into: Reg) {
        let (absent, end) = (self.code.label(), self.code.label());
        let mark = self.slots.mark();
        let left = self.value(left);
        self.jump_absent(left, absent);
        let present = if self.tables.types.has_presence(into.ty) { left } else { self.present_part(left) };
        self.copy(into, present);
        self.slots.release(mark);
        self.code.jump(end);
        self.code.bind(absent);
        self.value_as(right, into);
        self.code.bind(end);
    }

    fn if_value(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr, into: Reg) {
        let (no, end) = (self.code.label(), self.code.label());
        self.branch(condition, no, false);
        self.value_as(then, into);
        self.code.jump(end);
        self.code.bind(no);
        self.value_as(otherwise, into);
        self.code.bind(end);
    }

    /// Whether an expression is an element of a query around it, or a path of fields from one.
    pub(super) fn is_of_element(&self, expr: &Expr) -> bool {
        if self.job.of_element {
            return true;
        }
        let mut at = expr;
        loop {
            match &at.kind {
                ExprKind::Convert(_, inner)
                | ExprKind::Field { base: inner, .. }
                | ExprKind::UnionField { base: inner, .. }
                | ExprKind::Unwrap(inner) => at = inner,
                ExprKind::Local(local) => return self.elements.contains(local),
                _ => return false,
            }
        }
    }

    /// Lowers expressions in which this name stands for an element of a query: queries see the store.
    pub(super) fn of_element<T>(&mut self, bind: LocalId, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.elements.push(bind);
        let lowered = lower(self);
        self.elements.pop();
        lowered
    }

    fn if_present(&mut self, subject: &Expr, bind: LocalId, then: &Expr, into: Reg) {
        let (absent, end) = (self.code.label(), self.code.label());
        let is_of_element = self.is_of_element(subject);
        let subject = self.value(subject);
        self.jump_absent(subject, absent);
        // INVARIANT: the subject's slots are held until this expression is done.
        self.bind_local(bind, self.present_part(subject));
        if is_of_element {
            self.of_element(bind, |me| me.value_as(then, into));
        } else {
            self.value_as(then, into);
        }
        self.code.jump(end);
        self.code.bind(absent);
        self.clear(into);
        self.code.bind(end);
    }

    fn list(&mut self, items: &[Expr], into: Reg) {
        let (TypeDef::List(element) | TypeDef::Set(element)) = self.def(into.ty) else { return };
        let as_list = self.tables.types.intern(TypeDef::List(element));
        let list = if as_list == into.ty { into } else { self.take(as_list) };
        self.clear(list);
        for item in items {
            let mark = self.slots.mark();
            let from = self.element(item, element);
            self.emit(Instruction::ListPush { list: list.slot(), from: from.slot() });
            self.slots.release(mark);
        }
        if as_list != into.ty {
            self.emit(Instruction::SetOfList { into: into.slot(), from: list.slot() });
        }
    }

    /// A value as an element of a list.
    pub(super) fn element(&mut self, expr: &Expr, element: TypeIdx) -> Reg {
        if self.ty(&expr.ty) == element {
            return self.value(expr);
        }
        let reg = self.take(element);
        self.value_as(expr, reg);
        reg
    }

    fn record(&mut self, record: RecordIdx, fields: &[Expr], into: Reg) {
        let Some(def) = self.tables.types.record_def(record) else { return };
        let types: Vec<TypeIdx> = def.fields.iter().map(|field| field.ty).collect();
        let exprs: Vec<(&Expr, TypeIdx)> = fields.iter().zip(types).collect();
        let run = self.lower_run(&exprs);
        let from = run.first().map_or(into, |first| *first);
        self.emit(Instruction::RecordNew { into: into.slot(), from: from.slot() });
    }

    /// Reads a field of a record value.
    pub(super) fn record_field(&mut self, record: Reg, index: u16, into: Reg) {
        let offset = self.field_offset(record, index);
        for n in 0..self.width(into.ty) {
            let offset = offset.saturating_add(n);
            self.emit(Instruction::RecordGet { into: into.at(n), record: record.slot(), offset });
        }
    }

    /// Where a field lies in its record value.
    pub(super) fn field_offset(&mut self, record: Reg, index: u16) -> u16 {
        let TypeDef::Record(id) = self.def(record.ty) else { return 0 };
        let Some(def) = self.tables.types.record_def(id) else { return 0 };
        layout::field_offset(self.tables.types.defs(), def, usize::from(index))
    }

    /// Whether one record is under another; absent ones are not.
    fn under(&mut self, op: HostOp, low: &Expr, high: &Expr, into: Reg) {
        let end = self.code.label();
        let optional = low.ty.is_optional() || high.ty.is_optional();
        let types = [low, high].map(|expr| self.ty(expr.ty.present()));
        let regs = self.take_run(&types);
        for (expr, reg) in [low, high].into_iter().zip(&regs) {
            let ty = self.ty(&expr.ty);
            self.value_into(expr, Reg { ty, ..*reg });
        }
        if optional {
            self.emit(Instruction::LoadInt { into: into.slot(), value: 0 });
            for reg in &regs {
                self.jump_zero(*reg, end);
            }
        }
        self.host_run(op, &regs, Some(into));
        self.code.bind(end);
    }

    /// A truth as a value.
    fn truth_into(&mut self, expr: &Expr, into: Reg) {
        if let ExprKind::Compare(comparison, left, right) = &expr.kind
            && self.compare_scalars(*comparison, left, right, into)
        {
            return;
        }
        if let ExprKind::Not(inner) = &expr.kind
            && !matches!(inner.kind, ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Compare(..))
        {
            let from = self.value(inner);
            self.emit(Instruction::Not { into: into.slot(), from: from.slot() });
            return;
        }
        let end = self.code.label();
        self.emit(Instruction::LoadInt { into: into.slot(), value: 0 });
        self.branch(expr, end, false);
        self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
        self.code.bind(end);
    }
}

fn process_info(info: ProcessInfo) -> HostOp {
    match info {
        ProcessInfo::Caller => HostOp::ProcessCaller,
        ProcessInfo::Depth => HostOp::ProcessDepth,
        ProcessInfo::Instance => HostOp::ProcessInstance,
        ProcessInfo::Owner => HostOp::ProcessOwner,
        ProcessInfo::User => HostOp::ProcessUser,
    }
}
