//! Arithmetic. The types of the operands choose the instruction.

use super::{convert::small_operand, function::Lowerer, slots::Reg};
use crate::{
    bytecode::{
        isa::Instruction,
        types::{SlotIdx, TypeDef},
    },
    sema::hir::{Arithmetic, Expr},
};

/// The operands of an instruction with two sides.
#[derive(Clone, Copy)]
struct Sides {
    into: SlotIdx,
    left: SlotIdx,
    right: SlotIdx,
}

impl Lowerer<'_> {
    /// `left op right`.
    pub(super) fn arithmetic(&mut self, op: Arithmetic, left: &Expr, right: &Expr, into: Reg) {
        if self.int_with_constant(op, left, right, into) {
            return;
        }
        let (left, right) = (self.value(left), self.value(right));
        let passes_absent = [left, right].into_iter().any(|reg| matches!(self.def(reg.ty), TypeDef::Optional(_)));
        if !passes_absent {
            self.arithmetic_present(op, left, right, into);
            return;
        }
        let end = self.code.label();
        let result = self.take(into.ty);
        self.clear(result);
        for side in [left, right] {
            if matches!(self.def(side.ty), TypeDef::Optional(_)) {
                self.jump_absent(side, end);
            }
        }
        self.arithmetic_present(op, self.present_part(left), self.present_part(right), self.present_part(result));
        if self.tables.types.has_presence(into.ty) {
            self.emit(Instruction::LoadInt { into: result.slot(), value: 1 });
        }
        self.code.bind(end);
        self.hand_over(into, result);
    }

    /// `left op right` of values that are present.
    pub(super) fn arithmetic_present(&mut self, op: Arithmetic, left: Reg, right: Reg, into: Reg) {
        use TypeDef as T;
        let (left_def, right_def, into_def) = (self.def(left.ty), self.def(right.ty), self.def(into.ty));
        let sides = |left: Reg, right: Reg| Sides { into: into.slot(), left: left.slot(), right: right.slot() };
        match (left_def, right_def) {
            (T::Int, T::Int) if into_def == T::Int => self.emit_known(int(op, sides(left, right))),
            (T::Int | T::Decimal, T::Int | T::Decimal) => {
                let (left, right) = (self.as_decimal(left), self.as_decimal(right));
                if into_def == T::Int {
                    let quotient = self.take_def(T::Decimal);
                    let sides = Sides { into: quotient.slot(), left: left.slot(), right: right.slot() };
                    self.emit_known(decimal(op, sides));
                    self.emit(Instruction::DecimalToInt { into: into.slot(), from: quotient.slot() });
                } else {
                    self.emit_known(decimal(op, sides(left, right)));
                }
            }
            (T::Float, T::Float) => self.emit_known(float(op, sides(left, right))),
            (T::MoneyIn(_), _) | (_, T::MoneyIn(_)) => {
                let (left, right, other) = money_first(op, (left, left_def), (right, right_def));
                self.emit_known(amount(op, other, sides(left, right)));
            }
            (T::Money, _) | (_, T::Money) => {
                let (left, right, other) = money_first(op, (left, left_def), (right, right_def));
                self.emit_known(money(op, other, sides(left, right)));
            }
            (T::Date | T::DateTime | T::Time | T::Duration, _) | (_, T::Duration) => {
                self.time_arithmetic(op, (left, left_def), (right, right_def), into);
            }
            (T::Text, _) => {
                let Sides { into, left, right } = sides(left, right);
                self.emit(Instruction::TextConcat { into, left, right });
            }
            (T::Set(element), _) => {
                let list = self.tables.types.intern(T::List(element));
                let [one, two, joined] = [list; 3].map(|ty| self.take(ty));
                let Sides { into, left, right } = sides(left, right);
                self.emit(Instruction::ListOfSet { into: one.slot(), from: left });
                self.emit(Instruction::ListOfSet { into: two.slot(), from: right });
                self.emit(Instruction::ListConcat { into: joined.slot(), left: one.slot(), right: two.slot() });
                self.emit(Instruction::SetOfList { into, from: joined.slot() });
            }
            (T::List(_), _) => {
                let Sides { into, left, right } = sides(left, right);
                self.emit(Instruction::ListConcat { into, left, right });
            }
            _ => self.unreachable(),
        }
    }

    fn time_arithmetic(&mut self, op: Arithmetic, left: (Reg, TypeDef), right: (Reg, TypeDef), into: Reg) {
        use TypeDef as T;
        let ((left, left_def), (right, right_def)) = (left, right);
        let (into, l, r) = (into.slot(), left.slot(), right.slot());
        let subtract = op == Arithmetic::Subtract;
        match (left_def, right_def) {
            (T::Date, T::Date) => self.emit(Instruction::DateDifference { into, left: l, right: r }),
            (T::DateTime, T::DateTime) => self.emit(Instruction::DateTimeDifference { into, left: l, right: r }),
            (T::Time, T::Time) => self.emit(Instruction::TimeDifference { into, left: l, right: r }),
            (T::Duration, T::Duration) if subtract => {
                self.emit(Instruction::DurationSub { into, left: l, right: r });
            }
            (T::Duration, T::Duration) => self.emit(Instruction::DurationAdd { into, left: l, right: r }),
            (T::Duration, T::Int) => self.emit(Instruction::DurationMul { into, left: l, right: r }),
            (T::Int, T::Duration) => self.emit(Instruction::DurationMul { into, left: r, right: l }),
            (T::Duration, _) => self.moment_add((into, right_def), r, left),
            (_, T::Duration) if subtract => {
                let negative = self.take_def(T::Duration);
                self.emit(Instruction::DurationNegate { into: negative.slot(), from: r });
                self.moment_add((into, left_def), l, negative);
            }
            (_, T::Duration) => self.moment_add((into, left_def), l, right),
            _ => self.unreachable(),
        }
    }

    fn moment_add(&mut self, into: (SlotIdx, TypeDef), left: SlotIdx, duration: Reg) {
        let (into, def) = into;
        let right = duration.slot();
        match def {
            TypeDef::Date => self.emit(Instruction::DateAdd { into, left, right }),
            TypeDef::DateTime => self.emit(Instruction::DateTimeAdd { into, left, right }),
            TypeDef::Time => self.emit(Instruction::TimeAdd { into, left, right }),
            _ => self.unreachable(),
        }
    }

    fn int_with_constant(&mut self, op: Arithmetic, left: &Expr, right: &Expr, into: Reg) -> bool {
        use crate::sema::ty::Ty;
        if left.ty != Ty::Int || right.ty != Ty::Int || self.def(into.ty) != TypeDef::Int {
            return false;
        }
        let commutes = matches!(op, Arithmetic::Add | Arithmetic::Multiply);
        let (left, value) = match (small_operand(left), small_operand(right)) {
            (_, Some(value)) => (left, value),
            (Some(value), None) if commutes => (right, value),
            _ => return false,
        };
        let divides = matches!(op, Arithmetic::IntDivide | Arithmetic::Modulo);
        if value == i16::MIN || (divides && value <= 0) {
            return false;
        }
        let (into, left) = (into.slot(), self.value(left).slot());
        match op {
            Arithmetic::Add => self.emit(Instruction::IntAddConst { into, left, value }),
            Arithmetic::Subtract => self.emit(Instruction::IntAddConst { into, left, value: -value }),
            Arithmetic::Multiply => self.emit(Instruction::IntMulConst { into, left, value }),
            Arithmetic::IntDivide => self.emit(Instruction::IntDivConst { into, left, value }),
            Arithmetic::Modulo => self.emit(Instruction::IntModConst { into, left, value }),
            Arithmetic::Append | Arithmetic::Divide => return false,
        }
        true
    }

    /// `-x`.
    pub(super) fn negate(&mut self, inner: &Expr, into: Reg) {
        let from = self.value(inner).slot();
        let def = self.def(into.ty);
        let into = into.slot();
        match def {
            TypeDef::Decimal => self.emit(Instruction::DecimalNegate { into, from }),
            TypeDef::Duration => self.emit(Instruction::DurationNegate { into, from }),
            TypeDef::Float => self.emit(Instruction::FloatNegate { into, from }),
            TypeDef::Int => self.emit(Instruction::IntNegate { into, from }),
            TypeDef::Money => self.emit(Instruction::MoneyNegate { into, from }),
            TypeDef::MoneyIn(_) => self.emit(Instruction::AmountNegate { into, from }),
            _ => self.unreachable(),
        }
    }

    fn emit_known(&mut self, instruction: Option<Instruction>) {
        match instruction {
            Some(instruction) => self.emit(instruction),
            None => self.unreachable(),
        }
    }
}

/// Of a product the money stands left.
fn money_first(op: Arithmetic, left: (Reg, TypeDef), right: (Reg, TypeDef)) -> (Reg, Reg, TypeDef) {
    let left_is_money = matches!(left.1, TypeDef::Money | TypeDef::MoneyIn(_));
    if op == Arithmetic::Multiply && !left_is_money { (right.0, left.0, left.1) } else { (left.0, right.0, right.1) }
}

fn int(op: Arithmetic, Sides { into, left, right }: Sides) -> Option<Instruction> {
    Some(match op {
        Arithmetic::Add => Instruction::IntAdd { into, left, right },
        Arithmetic::IntDivide => Instruction::IntDiv { into, left, right },
        Arithmetic::Modulo => Instruction::IntMod { into, left, right },
        Arithmetic::Multiply => Instruction::IntMul { into, left, right },
        Arithmetic::Subtract => Instruction::IntSub { into, left, right },
        Arithmetic::Append | Arithmetic::Divide => return None,
    })
}

fn decimal(op: Arithmetic, Sides { into, left, right }: Sides) -> Option<Instruction> {
    Some(match op {
        Arithmetic::Add => Instruction::DecimalAdd { into, left, right },
        Arithmetic::Divide => Instruction::DecimalDiv { into, left, right },
        Arithmetic::IntDivide => Instruction::DecimalFloor { into, left, right },
        Arithmetic::Modulo => Instruction::DecimalMod { into, left, right },
        Arithmetic::Multiply => Instruction::DecimalMul { into, left, right },
        Arithmetic::Subtract => Instruction::DecimalSub { into, left, right },
        Arithmetic::Append => return None,
    })
}

fn float(op: Arithmetic, Sides { into, left, right }: Sides) -> Option<Instruction> {
    Some(match op {
        Arithmetic::Add => Instruction::FloatAdd { into, left, right },
        Arithmetic::Divide => Instruction::FloatDiv { into, left, right },
        Arithmetic::Modulo => Instruction::FloatMod { into, left, right },
        Arithmetic::Multiply => Instruction::FloatMul { into, left, right },
        Arithmetic::Subtract => Instruction::FloatSub { into, left, right },
        Arithmetic::Append | Arithmetic::IntDivide => return None,
    })
}

/// An amount of a known currency and another value of type `other`.
fn amount(op: Arithmetic, other: TypeDef, Sides { into, left, right }: Sides) -> Option<Instruction> {
    Some(match (op, other) {
        (Arithmetic::Add, _) => Instruction::AmountAdd { into, left, right },
        (Arithmetic::Subtract, _) => Instruction::AmountSub { into, left, right },
        (Arithmetic::Multiply, TypeDef::Int) => Instruction::AmountMulInt { into, left, right },
        (Arithmetic::Multiply, TypeDef::Decimal) => Instruction::AmountMulDecimal { into, left, right },
        (Arithmetic::Divide, TypeDef::Int) => Instruction::AmountDivInt { into, left, right },
        (Arithmetic::Divide, TypeDef::Decimal) => Instruction::AmountDivDecimal { into, left, right },
        (Arithmetic::Divide, TypeDef::MoneyIn(_)) => Instruction::AmountRatio { into, left, right },
        _ => return None,
    })
}

/// Money of any currency and another value of type `other`.
fn money(op: Arithmetic, other: TypeDef, Sides { into, left, right }: Sides) -> Option<Instruction> {
    Some(match (op, other) {
        (Arithmetic::Add, _) => Instruction::MoneyAdd { into, left, right },
        (Arithmetic::Subtract, _) => Instruction::MoneySub { into, left, right },
        (Arithmetic::Multiply, TypeDef::Int) => Instruction::MoneyMulInt { into, left, right },
        (Arithmetic::Multiply, TypeDef::Decimal) => Instruction::MoneyMulDecimal { into, left, right },
        (Arithmetic::Divide, TypeDef::Int) => Instruction::MoneyDivInt { into, left, right },
        (Arithmetic::Divide, TypeDef::Decimal) => Instruction::MoneyDivDecimal { into, left, right },
        (Arithmetic::Divide, TypeDef::Money) => Instruction::MoneyRatio { into, left, right },
        _ => return None,
    })
}
