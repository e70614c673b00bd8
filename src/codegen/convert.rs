//! Constants and conversions.

use super::{function::Lowerer, slots::Reg};
use crate::{
    base::value::{EntityIdx, Value},
    bytecode::{
        isa::Instruction,
        traps::TrapCode,
        types::{TypeDef, TypeIdx},
    },
    sema::{
        hir::{Conversion, Expr},
        ty::Ty,
    },
};

impl Lowerer<'_> {
    /// A constant.
    pub(super) fn constant(&mut self, value: &Value, into: Reg) {
        if value.is_none() {
            self.clear(into);
            return;
        }
        if self.tables.types.has_presence(into.ty) {
            self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
        }
        let into = self.present_part(into);
        if let Some(value) = small(value) {
            self.emit(Instruction::LoadInt { into: into.slot(), value });
        } else if is_zero(value) {
            self.clear(into);
        } else {
            let constant = self.tables.consts.intern(value);
            self.emit(Instruction::LoadConst { into: into.slot(), ty: into.ty, constant });
        }
    }

    /// A constant text in a new slot.
    pub(super) fn text_constant(&mut self, text: &str) -> Reg {
        let reg = self.take_def(TypeDef::Text);
        self.constant(&Value::Text(text.to_owned()), reg);
        reg
    }

    /// A conversion.
    pub(super) fn convert(&mut self, conversion: Conversion, inner: &Expr, into: Reg) {
        match conversion {
            Conversion::Present => self.value_as(inner, into),
            Conversion::Known => {
                let from = self.value(inner);
                let from = if inner.ty.is_optional() {
                    self.emit(Instruction::Require { from: from.slot(), code: TrapCode::Absent.into() });
                    self.present_part(from)
                } else {
                    from
                };
                self.copy(into, from);
            }
            Conversion::AtMost(_)
            | Conversion::Fold { .. }
            | Conversion::ForgetCurrency
            | Conversion::IntToDecimal
            | Conversion::Midnight
            | Conversion::Narrow
            | Conversion::Widen => self.convert_optional(conversion, inner, into),
        }
    }

    /// A conversion that passes an absent value on.
    fn convert_optional(&mut self, conversion: Conversion, inner: &Expr, into: Reg) {
        let from = self.value(inner);
        if !self.tables.types.has_presence(from.ty) {
            if self.tables.types.has_presence(into.ty) {
                self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
            }
            self.convert_present(conversion, inner.ty.present(), self.present_part(from), self.present_part(into));
            return;
        }
        let end = self.code.label();
        self.clear(into);
        self.jump_absent(from, end);
        self.convert_present(conversion, inner.ty.present(), self.present_part(from), self.present_part(into));
        if self.tables.types.has_presence(into.ty) {
            self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
        }
        self.code.bind(end);
    }

    fn convert_present(&mut self, conversion: Conversion, ty: &Ty, from: Reg, into: Reg) {
        match conversion {
            Conversion::AtMost(max) => {
                self.require_length(from, max);
                self.copy(into, from);
            }
            Conversion::Fold { .. } => {
                self.emit(Instruction::TextLower { into: into.slot(), from: from.slot() });
            }
            Conversion::ForgetCurrency => {
                self.emit(Instruction::Move { into: into.slot(), from: from.slot() });
                if let Ty::MoneyIn(currency) = ty {
                    self.emit(Instruction::LoadCurrency { into: into.at(1), currency: *currency });
                } else {
                    self.emit(Instruction::Move { into: into.at(1), from: from.at(1) });
                }
            }
            Conversion::IntToDecimal => {
                self.emit(Instruction::IntToDecimal { into: into.slot(), from: from.slot() });
            }
            Conversion::Midnight => {
                let time = self.take_def(TypeDef::Time);
                self.clear(time);
                self.emit(Instruction::DateTimeOf { into: into.slot(), date: from.slot(), time: time.slot() });
            }
            Conversion::Narrow => match self.def(into.ty) {
                TypeDef::AnyRef => self.copy(into, from),
                _ => self.emit(Instruction::AnyToRef { into: into.slot(), from: from.slot() }),
            },
            Conversion::Widen => match self.def(from.ty) {
                TypeDef::Ref(_) => self.emit(Instruction::RefToAny { into: into.slot(), from: from.slot() }),
                _ => self.copy(into, from),
            },
            Conversion::Known | Conversion::Present => self.copy(into, from),
        }
    }

    /// Traps where a text has more than `max` characters.
    fn require_length(&mut self, text: Reg, max: u32) {
        if let TypeDef::List(element) | TypeDef::Set(element) = self.def(text.ty) {
            let item = self.take(element);
            self.for_each(text, item, |me| {
                let skip = me.code.label();
                me.jump_absent(item, skip);
                let present = me.present_part(item);
                me.require_length(present, max);
                me.code.bind(skip);
            });
            return;
        }
        // No text can be longer than this.
        let Ok(max) = i32::try_from(max) else { return };
        let (length, limit) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        let fits = self.take_def(TypeDef::Bool);
        self.emit(Instruction::TextLength { into: length.slot(), from: text.slot() });
        self.emit(Instruction::LoadInt { into: limit.slot(), value: max });
        self.emit(Instruction::LessEqual { into: fits.slot(), left: length.slot(), right: limit.slot() });
        self.emit(Instruction::Require { from: fits.slot(), code: TrapCode::TextOverType.into() });
    }

    /// An `int` as the decimal that an operation asks for; other values as they are.
    pub(super) fn as_decimal(&mut self, reg: Reg) -> Reg {
        if self.def(reg.ty) != TypeDef::Int {
            return reg;
        }
        let into = self.take_def(TypeDef::Decimal);
        self.emit(Instruction::IntToDecimal { into: into.slot(), from: reg.slot() });
        into
    }

    /// A present value as an optional one.
    pub(super) fn as_optional(&mut self, reg: Reg, optional: TypeIdx) -> Reg {
        let into = self.take(optional);
        if self.tables.types.has_presence(optional) {
            self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
        }
        self.copy(self.present_part(into), reg);
        into
    }
}

/// The number in the slot of a constant, if it is small.
pub(super) fn small(value: &Value) -> Option<i32> {
    match value {
        Value::Bool(truth) => Some(i32::from(*truth)),
        Value::Date(days) => Some(*days),
        Value::Enum(member) => Some(*member),
        Value::Int(number) => i32::try_from(*number).ok(),
        _ => None,
    }
}

/// Whether the constant is what `Clear` leaves.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::List(items) => items.is_empty(),
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// The constant as a small operand of an instruction, of scalar types only.
pub(super) fn small_operand(expr: &Expr) -> Option<i16> {
    use crate::sema::hir::ExprKind;
    let value = match &expr.kind {
        ExprKind::Const(value) => value,
        _ => return None,
    };
    match (&expr.ty, value) {
        (_, Value::Bool(_) | Value::Date(_) | Value::Enum(_) | Value::Int(_)) => {
            small(value).and_then(|number| i16::try_from(number).ok())
        }
        (Ty::MoneyIn(_), Value::Money(money)) => i16::try_from(money.amount).ok(),
        _ => None,
    }
}

/// An entity's index.
pub(super) fn entity(id: crate::sema::schema::EntityId) -> EntityIdx {
    EntityIdx(id.0)
}
