//! Truths: comparisons and what is built of them, as jumps wherever they decide where to go on.
//!
//! Absent values make every comparison false but `==` and `!=`, which are total.

use super::{code::Label, convert::entity, convert::small_operand, function::Lowerer, slots::Reg};
use crate::{
    base::value::Value,
    bytecode::{
        isa::Instruction,
        types::{SlotIdx, TypeDef},
    },
    sema::hir::{Comparison, Expr, ExprKind},
};

/// A comparison of numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Order {
    fn of(comparison: Comparison) -> Option<Self> {
        Some(match comparison {
            Comparison::Equal => Order::Equal,
            Comparison::Greater => Order::Greater,
            Comparison::GreaterEqual => Order::GreaterEqual,
            Comparison::Less => Order::Less,
            Comparison::LessEqual => Order::LessEqual,
            Comparison::NotEqual => Order::NotEqual,
            Comparison::Contains
            | Comparison::EndsWith
            | Comparison::In
            | Comparison::Matches
            | Comparison::StartsWith => return None,
        })
    }

    /// What holds where this does not.
    fn negated(self) -> Self {
        match self {
            Order::Equal => Order::NotEqual,
            Order::Greater => Order::LessEqual,
            Order::GreaterEqual => Order::Less,
            Order::Less => Order::GreaterEqual,
            Order::LessEqual => Order::Greater,
            Order::NotEqual => Order::Equal,
        }
    }

    /// The same with its sides exchanged.
    fn mirrored(self) -> Self {
        match self {
            Order::Greater => Order::Less,
            Order::GreaterEqual => Order::LessEqual,
            Order::Less => Order::Greater,
            Order::LessEqual => Order::GreaterEqual,
            Order::Equal | Order::NotEqual => self,
        }
    }
}

impl Lowerer<'_> {
    /// Goes on at `to` if the truth is `when`, else with the next instruction.
    pub(super) fn branch(&mut self, expr: &Expr, to: Label, when: bool) {
        let mark = self.slots.mark();
        match &expr.kind {
            ExprKind::And(left, right) => self.branch_both(left, right, to, when, true),
            ExprKind::Compare(comparison, left, right) => self.branch_compare(*comparison, left, right, to, when),
            ExprKind::IsEntity(of, entities) => {
                let any = self.value(of);
                let is = self.take_def(TypeDef::Bool);
                let hit = self.code.label();
                for id in entities {
                    self.emit(Instruction::AnyIs { into: is.slot(), from: any.slot(), entity: entity(*id) });
                    self.jump_if(is.slot(), if when { to } else { hit }, true);
                }
                if !when {
                    self.code.jump(to);
                }
                self.code.bind(hit);
            }
            ExprKind::IsNone(inner) => {
                let reg = self.value(inner);
                if when {
                    self.jump_absent(reg, to);
                } else {
                    self.jump_present(reg, to);
                }
            }
            ExprKind::Not(inner) => self.branch(inner, to, !when),
            ExprKind::OneOf(of, members) => self.branch_one_of(of, members, to, when),
            ExprKind::Or(left, right) => self.branch_both(left, right, to, when, false),
            ExprKind::Const(crate::base::value::Value::Bool(truth)) => {
                if *truth == when {
                    self.code.jump(to);
                }
            }
            _ => {
                let reg = self.value(expr);
                self.jump_if(reg.slot(), to, when);
            }
        }
        self.slots.release(mark);
    }

    /// `and` (`all`) and `or`: the right side is reached only where it matters.
    fn branch_both(&mut self, left: &Expr, right: &Expr, to: Label, when: bool, all: bool) {
        if when == all {
            let skip = self.code.label();
            self.branch(left, skip, !all);
            self.branch(right, to, all);
            self.code.bind(skip);
        } else {
            self.branch(left, to, when);
            self.branch(right, to, when);
        }
    }

    fn branch_one_of(&mut self, of: &Expr, members: &[i32], to: Label, when: bool) {
        let reg = self.value(of);
        let hit = self.code.label();
        let miss = if when { hit } else { to };
        let target = if when { to } else { hit };
        if matches!(self.def(reg.ty), TypeDef::Optional(_)) {
            self.jump_absent(reg, miss);
        }
        let present = self.present_part(reg);
        for member in members {
            self.jump_if_member(present, *member, target);
        }
        if !when {
            self.code.jump(to);
        }
        self.code.bind(hit);
    }

    /// Goes on at `to` if the enum value is this member.
    pub(super) fn jump_if_member(&mut self, reg: Reg, member: i32, to: Label) {
        if let Ok(value) = i16::try_from(member) {
            self.code.emit_jump(to, |to| Instruction::JumpEqualTo { left: reg.slot(), value, to });
        } else {
            let constant = self.take(reg.ty);
            self.emit(Instruction::LoadInt { into: constant.slot(), value: member });
            self.code.emit_jump(to, |to| Instruction::JumpEqual { left: reg.slot(), right: constant.slot(), to });
        }
    }

    /// Goes on at `to` if the bool is `when`.
    pub(super) fn jump_if(&mut self, from: SlotIdx, to: Label, when: bool) {
        if when {
            self.code.emit_jump(to, |to| Instruction::JumpIf { from, to });
        } else {
            self.code.emit_jump(to, |to| Instruction::JumpUnless { from, to });
        }
    }

    /// Goes on at `to` if the optional value is absent. Other values never are.
    pub(super) fn jump_absent(&mut self, reg: Reg, to: Label) {
        match self.def(reg.ty) {
            TypeDef::Optional(_) if self.tables.types.has_presence(reg.ty) => self.jump_if(reg.slot(), to, false),
            TypeDef::Optional(_) => self.jump_zero(reg, to),
            _ => {}
        }
    }

    /// Goes on at `to` if the optional value is present. Other values always are.
    pub(super) fn jump_present(&mut self, reg: Reg, to: Label) {
        match self.def(reg.ty) {
            TypeDef::Optional(_) if self.tables.types.has_presence(reg.ty) => self.jump_if(reg.slot(), to, true),
            TypeDef::Optional(inner) if self.def(inner) == TypeDef::AnyRef => {
                let absent = self.any_is_zero(reg);
                self.jump_if(absent, to, false);
            }
            TypeDef::Optional(_) => {
                self.code.emit_jump(to, |to| Instruction::JumpNotEqualTo { left: reg.slot(), value: 0, to });
            }
            _ => self.code.jump(to),
        }
    }

    /// Goes on at `to` if the reference is none, whatever its type says.
    pub(super) fn jump_zero(&mut self, reg: Reg, to: Label) {
        let present = self.tables.types.present(reg.ty);
        if self.def(present) == TypeDef::AnyRef {
            let absent = self.any_is_zero(reg);
            self.jump_if(absent, to, true);
        } else {
            self.code.emit_jump(to, |to| Instruction::JumpEqualTo { left: reg.slot(), value: 0, to });
        }
    }

    fn any_is_zero(&mut self, reg: Reg) -> SlotIdx {
        let nothing = self.take_def(TypeDef::AnyRef);
        let is = self.take_def(TypeDef::Bool);
        self.clear(nothing);
        self.emit(Instruction::AnyEqual { into: is.slot(), left: reg.slot(), right: nothing.slot() });
        is.slot()
    }

    /// Goes on at `to` if the comparison's truth is `when`.
    pub(super) fn branch_compare(&mut self, comparison: Comparison, left: &Expr, right: &Expr, to: Label, when: bool) {
        let Some(order) = Order::of(comparison) else {
            self.branch_search(comparison, left, right, to, when);
            return;
        };
        if !left.ty.is_optional() && !right.ty.is_optional() {
            let order = if when { order } else { order.negated() };
            if let Some(value) = small_operand(right) {
                let left = self.value(left);
                self.jump_small(order, left.slot(), value, to);
                return;
            }
            if let Some(value) = small_operand(left) {
                let right = self.value(right);
                self.jump_small(order.mirrored(), right.slot(), value, to);
                return;
            }
        }
        let sides = [self.value(left), self.value(right)];
        self.branch_sides(comparison, sides, to, when);
    }

    /// Compares values that are at hand.
    pub(super) fn branch_sides(&mut self, comparison: Comparison, sides: [Reg; 2], to: Label, when: bool) {
        let Some(order) = Order::of(comparison) else { return };
        let [left, right] = sides;
        if sides.iter().any(|side| matches!(self.def(side.ty), TypeDef::Optional(_))) {
            self.jump_optional(order, left, right, to, when);
        } else {
            self.jump_present_order(if when { order } else { order.negated() }, left, right, to);
        }
    }

    /// Compares values of which at least one may be absent.
    fn jump_optional(&mut self, order: Order, left: Reg, right: Reg, to: Label, when: bool) {
        let end = self.code.label();
        let (yes, no) = if when { (to, end) } else { (end, to) };
        let (left_value, right_value) = (self.present_part(left), self.present_part(right));
        match order {
            Order::Equal | Order::NotEqual => {
                let (equal, unequal) = if order == Order::Equal { (yes, no) } else { (no, yes) };
                self.jump_equal_optional(left, right, equal, unequal);
                self.jump_present_order(Order::Equal, left_value, right_value, equal);
                self.code.jump(unequal);
            }
            _ => {
                self.jump_absent(left, no);
                self.jump_absent(right, no);
                self.jump_present_order(order, left_value, right_value, yes);
                self.code.jump(no);
            }
        }
        self.code.bind(end);
    }

    /// The cases of equality where a side is absent; goes on with the next instruction if both are present.
    fn jump_equal_optional(&mut self, left: Reg, right: Reg, equal: Label, unequal: Label) {
        let both = [left, right].map(|reg| matches!(self.def(reg.ty), TypeDef::Optional(_)));
        if both == [true, true] {
            let left_present = self.code.label();
            self.jump_present(left, left_present);
            self.jump_absent(right, equal);
            self.code.jump(unequal);
            self.code.bind(left_present);
            self.jump_absent(right, unequal);
        } else {
            self.jump_absent(left, unequal);
            self.jump_absent(right, unequal);
        }
    }

    /// Compares values that are present.
    fn jump_present_order(&mut self, order: Order, left: Reg, right: Reg, to: Label) {
        let (l, r) = (left.slot(), right.slot());
        let def = self.def(left.ty);
        if matches!(order, Order::Equal | Order::NotEqual) && is_compared_whole(def) {
            let is = self.take_def(TypeDef::Bool);
            self.equal_whole(left, right, is.slot());
            self.jump_if(is.slot(), to, order == Order::Equal);
        } else if let Some(compare) = three_way(def) {
            let result = self.take_def(TypeDef::Int).slot();
            self.emit(compare(result, l, r));
            self.jump_small(order, result, 0, to);
        } else {
            self.code.emit_jump(to, |to| match order {
                Order::Equal => Instruction::JumpEqual { left: l, right: r, to },
                Order::Greater => Instruction::JumpLess { left: r, right: l, to },
                Order::GreaterEqual => Instruction::JumpLessEqual { left: r, right: l, to },
                Order::Less => Instruction::JumpLess { left: l, right: r, to },
                Order::LessEqual => Instruction::JumpLessEqual { left: l, right: r, to },
                Order::NotEqual => Instruction::JumpNotEqual { left: l, right: r, to },
            });
        }
    }

    /// Goes on at `to` if two values that are present are equal.
    pub(super) fn jump_equal_values(&mut self, left: Reg, right: Reg, to: Label) {
        self.jump_present_order(Order::Equal, left, right, to);
    }

    /// Goes on at `to` if `left` is at most `right`.
    pub(super) fn jump_less_equal(&mut self, left: Reg, right: Reg, to: Label) {
        let mark = self.slots.mark();
        self.jump_present_order(Order::LessEqual, left, right, to);
        self.slots.release(mark);
    }

    fn jump_small(&mut self, order: Order, left: SlotIdx, value: i16, to: Label) {
        self.code.emit_jump(to, |to| match order {
            Order::Equal => Instruction::JumpEqualTo { left, value, to },
            Order::Greater => Instruction::JumpGreaterThan { left, value, to },
            Order::GreaterEqual => Instruction::JumpAtLeast { left, value, to },
            Order::Less => Instruction::JumpLessThan { left, value, to },
            Order::LessEqual => Instruction::JumpAtMost { left, value, to },
            Order::NotEqual => Instruction::JumpNotEqualTo { left, value, to },
        });
    }

    /// Whether two values that have no order in their slots are equal.
    fn equal_whole(&mut self, left: Reg, right: Reg, into: SlotIdx) {
        let def = self.def(left.ty);
        let (left, right) = (left.slot(), right.slot());
        self.emit(match def {
            TypeDef::AnyRef => Instruction::AnyEqual { into, left, right },
            TypeDef::Duration => Instruction::DurationEqual { into, left, right },
            TypeDef::List(_) | TypeDef::Set(_) => Instruction::ListEqual { into, left, right },
            TypeDef::Record(_) => Instruction::RecordEqual { into, left, right },
            _ => Instruction::TextEqual { into, left, right },
        });
    }

    /// `in`, `contains`, `starts with`, `ends with`.
    fn branch_search(&mut self, comparison: Comparison, left: &Expr, right: &Expr, to: Label, when: bool) {
        let end = self.code.label();
        let no = if when { end } else { to };
        if let (Comparison::Matches, ExprKind::Const(Value::Text(text))) = (comparison, &right.kind) {
            let pattern = self.tables.consts.intern(&Value::Text(text.clone()));
            let left = self.value(left);
            self.jump_absent(left, no);
            let (from, is) = (self.present_part(left).slot(), self.take_def(TypeDef::Bool));
            self.emit(Instruction::TextMatches { into: is.slot(), from, pattern });
            self.jump_if(is.slot(), to, when);
            self.code.bind(end);
            return;
        }
        let (left, right) = (self.value(left), self.value(right));
        self.jump_absent(left, no);
        self.jump_absent(right, no);
        let (left, right) = (self.present_part(left), self.present_part(right));
        let is = self.take_def(TypeDef::Bool);
        let into = is.slot();
        let (list, item) = if comparison == Comparison::In { (right, left) } else { (left, right) };
        match (comparison, self.def(list.ty)) {
            (Comparison::EndsWith, _) => {
                self.emit(Instruction::TextEnds { into, left: left.slot(), right: right.slot() });
            }
            (Comparison::StartsWith, _) => {
                self.emit(Instruction::TextStarts { into, left: left.slot(), right: right.slot() });
            }
            (_, TypeDef::List(element) | TypeDef::Set(element)) => {
                let item = if item.ty == element { item } else { self.as_optional(item, element) };
                self.emit(Instruction::ListContains { into, list: list.slot(), from: item.slot() });
            }
            _ => self.emit(Instruction::TextContains { into, left: list.slot(), right: item.slot() }),
        }
        self.jump_if(into, to, when);
        self.code.bind(end);
    }

    /// A comparison of scalars that are never absent, as a value: one instruction. Whether it was one.
    pub(super) fn compare_scalars(&mut self, comparison: Comparison, left: &Expr, right: &Expr, into: Reg) -> bool {
        let Some(order) = Order::of(comparison) else { return false };
        if left.ty.is_optional() || right.ty.is_optional() {
            return false;
        }
        let ty = self.ty(&left.ty);
        let def = self.def(ty);
        if matches!(def, TypeDef::Decimal | TypeDef::Float | TypeDef::Money)
            || (is_compared_whole(def) && !matches!(order, Order::Equal))
        {
            return false;
        }
        let into = into.slot();
        if is_compared_whole(def) {
            let (left, right) = (self.value(left), self.value(right));
            self.equal_whole(left, right, into);
        } else if let Some(value) = small_operand(right) {
            let left = self.value(left).slot();
            self.emit(scalar_small(order, into, left, value));
        } else if let Some(value) = small_operand(left) {
            let left = self.value(right).slot();
            self.emit(scalar_small(order.mirrored(), into, left, value));
        } else {
            let (left, right) = (self.value(left).slot(), self.value(right).slot());
            self.emit(match order {
                Order::Equal => Instruction::Equal { into, left, right },
                Order::Greater => Instruction::Less { into, left: right, right: left },
                Order::GreaterEqual => Instruction::LessEqual { into, left: right, right: left },
                Order::Less => Instruction::Less { into, left, right },
                Order::LessEqual => Instruction::LessEqual { into, left, right },
                Order::NotEqual => Instruction::NotEqual { into, left, right },
            });
        }
        true
    }
}

/// The instruction that orders two values of a type that is no scalar.
fn three_way(def: TypeDef) -> Option<fn(SlotIdx, SlotIdx, SlotIdx) -> Instruction> {
    Some(match def {
        TypeDef::Decimal => |into, left, right| Instruction::DecimalCompare { into, left, right },
        TypeDef::Duration => |into, left, right| Instruction::DurationCompare { into, left, right },
        TypeDef::Float => |into, left, right| Instruction::FloatCompare { into, left, right },
        TypeDef::Money => |into, left, right| Instruction::MoneyCompare { into, left, right },
        TypeDef::Text => |into, left, right| Instruction::TextCompare { into, left, right },
        _ => return None,
    })
}

fn scalar_small(order: Order, into: SlotIdx, left: SlotIdx, value: i16) -> Instruction {
    match order {
        Order::Equal => Instruction::EqualTo { into, left, value },
        Order::Greater => Instruction::GreaterThan { into, left, value },
        Order::GreaterEqual => Instruction::AtLeast { into, left, value },
        Order::Less => Instruction::LessThan { into, left, value },
        Order::LessEqual => Instruction::AtMost { into, left, value },
        Order::NotEqual => Instruction::NotEqualTo { into, left, value },
    }
}

/// Whether equality of two values is one instruction that gives a truth.
fn is_compared_whole(def: TypeDef) -> bool {
    matches!(
        def,
        TypeDef::AnyRef | TypeDef::Duration | TypeDef::List(_) | TypeDef::Record(_) | TypeDef::Set(_) | TypeDef::Text
    )
}
