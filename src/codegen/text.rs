//! Texts with slots.
//!
//! Between `TextBegin` and `TextEnd` stand only pushes, so every value is at hand before the text begins. A value that
//! may be absent becomes a text of its own first.

use super::{function::Lowerer, slots::Reg};
use crate::{
    base::value::Value,
    bytecode::{
        host::HostOp,
        isa::Instruction,
        types::{ConstIdx, TypeDef},
    },
    sema::hir::{Expr, TextPiece},
};

/// A piece whose value is at hand.
enum Piece {
    Constant(ConstIdx),
    Value { reg: Reg, pattern: Option<ConstIdx> },
}

impl Lowerer<'_> {
    /// A text of pieces.
    pub(super) fn interpolate(&mut self, pieces: &[TextPiece], into: Reg) {
        let mut ready = Vec::with_capacity(pieces.len());
        for piece in pieces {
            ready.push(match piece {
                TextPiece::Plain(text) => Piece::Constant(self.text_const(text)),
                TextPiece::Slot { value, format } => {
                    let pattern = format.as_ref().map(|format| self.text_const(format));
                    self.ready(value, pattern)
                }
            });
        }
        self.emit(Instruction::TextBegin {});
        for piece in ready {
            self.push(&piece);
        }
        self.emit(Instruction::TextEnd { into: into.slot() });
    }

    /// The text of a value, as in a slot.
    pub(super) fn text_of(&mut self, reg: Reg) -> Reg {
        self.text_as(reg, false)
    }

    /// The same; the names of records are those that the store has, or those that the process sees.
    pub(super) fn text_as(&mut self, reg: Reg, stored: bool) -> Reg {
        let piece = self.ready_reg(reg, None, stored);
        if let Piece::Value { reg, pattern: None } = piece
            && self.def(reg.ty) == TypeDef::Text
        {
            return reg;
        }
        let into = self.take_def(TypeDef::Text);
        self.emit(Instruction::TextBegin {});
        self.push(&piece);
        self.emit(Instruction::TextEnd { into: into.slot() });
        into
    }

    /// Puts texts one after the other.
    pub(super) fn join_texts(&mut self, texts: &[Reg]) -> Reg {
        let into = self.take_def(TypeDef::Text);
        self.emit(Instruction::TextBegin {});
        for text in texts {
            self.emit(Instruction::PushText { from: text.slot() });
        }
        self.emit(Instruction::TextEnd { into: into.slot() });
        into
    }

    fn text_const(&mut self, text: &str) -> ConstIdx {
        self.tables.consts.intern(&Value::Text(text.to_owned()))
    }

    fn ready(&mut self, value: &Expr, pattern: Option<ConstIdx>) -> Piece {
        let reg = self.value(value);
        let stored = self.is_of_element(value);
        self.ready_reg(reg, pattern, stored)
    }

    fn ready_reg(&mut self, reg: Reg, pattern: Option<ConstIdx>, stored: bool) -> Piece {
        match self.def(reg.ty) {
            TypeDef::Optional(_) => {
                let text = self.take_def(TypeDef::Text);
                let end = self.code.label();
                self.clear(text);
                self.jump_absent(reg, end);
                let present = self.present_part(reg);
                let piece = self.ready_reg(present, pattern, stored);
                self.emit(Instruction::TextBegin {});
                self.push(&piece);
                self.emit(Instruction::TextEnd { into: text.slot() });
                self.code.bind(end);
                Piece::Value { reg: text, pattern: None }
            }
            TypeDef::AnyRef | TypeDef::Ref(_) => {
                let text = self.take_def(TypeDef::Text);
                self.host(HostOp::ShownName { stored }, &[reg], Some(text));
                Piece::Value { reg: text, pattern: None }
            }
            TypeDef::List(element) | TypeDef::Set(element) => {
                Piece::Value { reg: self.list_text(reg, element, stored), pattern: None }
            }
            TypeDef::Fault => {
                let text = self.take_def(TypeDef::Text);
                self.emit(Instruction::FaultMessage { into: text.slot(), from: reg.slot() });
                Piece::Value { reg: text, pattern: None }
            }
            _ => Piece::Value { reg, pattern },
        }
    }

    /// The elements with commas between them.
    fn list_text(&mut self, list: Reg, element: crate::bytecode::types::TypeIdx, stored: bool) -> Reg {
        let texts_ty = {
            let text = self.tables.types.intern(TypeDef::Text);
            self.tables.types.intern(TypeDef::List(text))
        };
        let texts = self.take(texts_ty);
        self.clear(texts);
        let each = self.take(element);
        self.for_each(list, each, |me| {
            let text = me.text_as(each, stored);
            me.emit(Instruction::ListPush { list: texts.slot(), from: text.slot() });
        });
        let separator = self.text_constant(", ");
        let into = self.take_def(TypeDef::Text);
        self.emit(Instruction::ListJoin { into: into.slot(), list: texts.slot(), separator: separator.slot() });
        into
    }

    fn push(&mut self, piece: &Piece) {
        let (reg, pattern) = match piece {
            Piece::Constant(constant) => {
                self.emit(Instruction::PushConst { constant: *constant });
                return;
            }
            Piece::Value { reg, pattern } => (*reg, *pattern),
        };
        let from = reg.slot();
        let def = self.def(reg.ty);
        self.emit(match (def, pattern) {
            (TypeDef::Int, Some(pattern)) => Instruction::PushIntAs { from, pattern },
            (TypeDef::Decimal, Some(pattern)) => Instruction::PushDecimalAs { from, pattern },
            (TypeDef::Date, Some(pattern)) => Instruction::PushDateAs { from, pattern },
            (TypeDef::Time, Some(pattern)) => Instruction::PushTimeAs { from, pattern },
            (TypeDef::DateTime, Some(pattern)) => Instruction::PushDateTimeAs { from, pattern },
            (TypeDef::Bool, _) => Instruction::PushBool { from },
            (TypeDef::Date, None) => Instruction::PushDate { from },
            (TypeDef::DateTime, None) => Instruction::PushDateTime { from },
            (TypeDef::Decimal, None) => Instruction::PushDecimal { from },
            (TypeDef::Duration, _) => Instruction::PushDuration { from },
            (TypeDef::Enum(members), _) => Instruction::PushEnum { from, members },
            (TypeDef::Float, _) => Instruction::PushFloat { from },
            (TypeDef::Int, None) => Instruction::PushInt { from },
            (TypeDef::Money, _) => Instruction::PushMoney { from },
            (TypeDef::MoneyIn(currency), _) => Instruction::PushAmount { from, currency },
            (TypeDef::Time, None) => Instruction::PushTime { from },
            _ => Instruction::PushText { from },
        });
    }
}
