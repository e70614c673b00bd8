//! The functions of the language.

use super::{function::Lowerer, slots::Reg};
use crate::{
    bytecode::{
        host::HostOp,
        isa::Instruction,
        types::{SlotIdx, TypeDef},
    },
    sema::hir::{Arithmetic, Builtin, Expr, ExprKind, LocalId},
};

impl Lowerer<'_> {
    /// A function of the language.
    pub(super) fn builtin(&mut self, builtin: Builtin, args: &[Expr], into: Reg) {
        if let (Builtin::Label | Builtin::ToText, [shown]) = (builtin, args) {
            let (reg, stored) = (self.value(shown), self.is_of_element(shown));
            let text = self.text_as(reg, stored);
            return self.copy(into, text);
        }
        match builtin {
            Builtin::Addresses | Builtin::Url => {
                let regs: Vec<Reg> = args.iter().map(|arg| self.value(arg)).collect();
                let op = if builtin == Builtin::Url { HostOp::Url } else { HostOp::Addresses };
                return self.host(op, &regs, Some(into));
            }
            Builtin::Now => return self.host(HostOp::Now, &[], Some(into)),
            Builtin::Uuid => return self.host(HostOp::Uuid, &[], Some(into)),
            Builtin::Today => {
                let now = self.now();
                self.emit(Instruction::DateTimeDate { into: into.slot(), from: now.slot() });
                return;
            }
            Builtin::Base => return self.base_amount(args, into),
            Builtin::Exchange => {
                let regs: Vec<Reg> = args.iter().map(|arg| self.value(arg)).collect();
                let TypeDef::MoneyIn(currency) = self.def(into.ty) else { return };
                return self.host(HostOp::Convert(currency), &regs, Some(into));
            }
            _ => {}
        }
        let mut regs = Vec::with_capacity(args.len());
        for arg in args {
            regs.push(self.value(arg));
        }
        match regs.as_slice() {
            [one] => self.builtin_of_one(builtin, *one, into),
            [one, two] => self.builtin_of_two(builtin, *one, *two, into),
            [text, second, third] => self.builtin_of_three(builtin, *text, [*second, *third], into),
            _ => self.unreachable(),
        }
    }

    /// An amount of any currency, by its rate.
    fn base_amount(&mut self, args: &[Expr], into: Reg) {
        let [money, rate] = args else { return };
        let (money, rate) = (self.value(money), self.value(rate));
        let amount = self.take_def(TypeDef::Money);
        self.emit(Instruction::MoneyDivDecimal { into: amount.slot(), left: money.slot(), right: rate.slot() });
        self.emit(Instruction::Move { into: into.slot(), from: amount.slot() });
    }

    /// The clock.
    pub(super) fn now(&mut self) -> Reg {
        let now = self.take_def(TypeDef::DateTime);
        self.host(HostOp::Now, &[], Some(now));
        now
    }

    fn builtin_of_one(&mut self, builtin: Builtin, arg: Reg, result: Reg) {
        let (into, from) = (result.slot(), arg.slot());
        match builtin {
            Builtin::Absolute => self.absolute(arg, into),
            Builtin::Amount => self.emit(Instruction::AmountToDecimal { into, from }),
            Builtin::CurrencyOf => self.currency_of(arg, result),
            Builtin::DateOf => self.emit(Instruction::DateTimeDate { into, from }),
            Builtin::Day => self.date_part(arg, 2, into),
            Builtin::Days => self.emit(Instruction::DurationOfDays { into, from }),
            Builtin::Distinct => self.emit(Instruction::ListDistinct { into, list: from }),
            Builtin::First => self.end_of_list(arg, false, result),
            Builtin::Hour => self.emit(Instruction::TimePart { into, from, part: 0 }),
            Builtin::Last => self.end_of_list(arg, true, result),
            Builtin::Length if self.def(arg.ty) == TypeDef::Text => self.emit(Instruction::TextLength { into, from }),
            Builtin::Length | Builtin::ListLength => self.emit(Instruction::ListLength { into, list: from }),
            Builtin::ListAverage => self.list_average(arg, result),
            Builtin::ListMaximum => self.list_extreme(arg, true, result),
            Builtin::ListMinimum => self.list_extreme(arg, false, result),
            Builtin::ListSum => self.list_sum(arg, result),
            Builtin::Lower => self.emit(Instruction::TextLower { into, from }),
            Builtin::Minute => self.emit(Instruction::TimePart { into, from, part: 1 }),
            Builtin::Month => self.date_part(arg, 1, into),
            Builtin::Round => self.round(arg, None, result),
            Builtin::Sorted => {
                self.copy(result, arg);
                self.emit(Instruction::ListSort { list: into, descending: false });
            }
            Builtin::StoredValue => self.emit(Instruction::IntOfEnum { into, from }),
            Builtin::TimeOf => self.emit(Instruction::DateTimeTime { into, from }),
            Builtin::ToDecimal => self.emit_to_decimal(arg, result),
            Builtin::ToFloat => self.emit_to_float(arg, result),
            Builtin::ToInt => self.emit_to_int(arg, result),
            Builtin::Trim => self.emit(Instruction::TextTrim { into, from }),
            Builtin::Upper => self.emit(Instruction::TextUpper { into, from }),
            Builtin::Weekday => self.date_part(arg, 3, into),
            Builtin::Year => self.date_part(arg, 0, into),
            _ => self.unreachable(),
        }
    }

    fn builtin_of_two(&mut self, builtin: Builtin, one: Reg, two: Reg, result: Reg) {
        let (into, left, right) = (result.slot(), one.slot(), two.slot());
        match builtin {
            Builtin::Append => self.append(one, two, result),
            Builtin::DateTimeOf => self.emit(Instruction::DateTimeOf { into, date: left, time: right }),
            Builtin::Join => self.emit(Instruction::ListJoin { into, list: left, separator: right }),
            Builtin::Maximum => self.extreme(one, two, true, result),
            Builtin::Minimum => self.extreme(one, two, false, result),
            Builtin::MonthsBetween => self.emit(Instruction::MonthsBetween { into, left, right }),
            Builtin::Random => self.host(HostOp::Random, &[one, two], Some(result)),
            Builtin::Range => self.emit(Instruction::ListRange { into, low: left, high: right }),
            Builtin::Round => self.round(one, Some(right), result),
            Builtin::Split => self.emit(Instruction::MoneySplit { into, from: left, parts: right }),
            _ => self.unreachable(),
        }
    }

    fn builtin_of_three(&mut self, builtin: Builtin, text: Reg, others: [Reg; 2], result: Reg) {
        let types = others.map(|reg| reg.ty);
        let run = self.take_run(&types);
        for (to, from) in run.iter().zip(others) {
            self.copy(*to, from);
        }
        let (into, from) = (result.slot(), text.slot());
        let pair = run.first().map_or(SlotIdx(0), |reg| reg.slot());
        match builtin {
            Builtin::Replace => self.emit(Instruction::TextReplace { into, from, change: pair }),
            Builtin::Substring => self.emit(Instruction::TextSubstring { into, from, range: pair }),
            _ => self.unreachable(),
        }
    }

    fn absolute(&mut self, arg: Reg, into: SlotIdx) {
        let def = self.def(arg.ty);
        let from = arg.slot();
        match def {
            TypeDef::Decimal => self.emit(Instruction::DecimalAbsolute { into, from }),
            TypeDef::Float => self.emit(Instruction::FloatAbsolute { into, from }),
            TypeDef::Int => self.emit(Instruction::IntAbsolute { into, from }),
            TypeDef::Money => self.emit(Instruction::MoneyAbsolute { into, from }),
            TypeDef::MoneyIn(_) => self.emit(Instruction::AmountAbsolute { into, from }),
            _ => self.unreachable(),
        }
    }

    fn currency_of(&mut self, arg: Reg, into: Reg) {
        if let TypeDef::MoneyIn(currency) = self.def(arg.ty) {
            self.constant(&crate::base::value::Value::Text(currency.as_str().to_owned()), into);
        } else {
            self.emit(Instruction::MoneyCurrency { into: into.slot(), from: arg.slot() });
        }
    }

    fn date_part(&mut self, arg: Reg, part: i16, into: SlotIdx) {
        let mut from = arg.slot();
        if self.def(arg.ty) == TypeDef::DateTime {
            let date = self.take_def(TypeDef::Date);
            self.emit(Instruction::DateTimeDate { into: date.slot(), from });
            from = date.slot();
        }
        self.emit(Instruction::DatePart { into, from, part });
    }

    fn emit_to_decimal(&mut self, arg: Reg, into: Reg) {
        let def = self.def(arg.ty);
        let (to, from) = (into.slot(), arg.slot());
        match def {
            TypeDef::Float => self.emit(Instruction::FloatToDecimal { into: to, from }),
            TypeDef::Int => self.emit(Instruction::IntToDecimal { into: to, from }),
            TypeDef::Text => self.emit(Instruction::DecimalOfText { into: to, from }),
            _ => self.copy(into, arg),
        }
    }

    fn emit_to_float(&mut self, arg: Reg, into: Reg) {
        let def = self.def(arg.ty);
        let (to, from) = (into.slot(), arg.slot());
        match def {
            TypeDef::Decimal => self.emit(Instruction::DecimalToFloat { into: to, from }),
            TypeDef::Int => self.emit(Instruction::IntToFloat { into: to, from }),
            TypeDef::Text => self.emit(Instruction::FloatOfText { into: to, from }),
            _ => self.copy(into, arg),
        }
    }

    fn emit_to_int(&mut self, arg: Reg, into: Reg) {
        let def = self.def(arg.ty);
        let (to, from) = (into.slot(), arg.slot());
        match def {
            TypeDef::Decimal => self.emit(Instruction::DecimalToInt { into: to, from }),
            TypeDef::Enum(_) => self.emit(Instruction::IntOfEnum { into: to, from }),
            TypeDef::Float => self.emit(Instruction::FloatToInt { into: to, from }),
            TypeDef::Text => self.emit(Instruction::IntOfText { into: to, from }),
            _ => self.copy(into, arg),
        }
    }

    /// Rounded to places; without them money to its coins and numbers to whole ones.
    fn round(&mut self, arg: Reg, places: Option<SlotIdx>, into: Reg) {
        let def = self.def(arg.ty);
        let (to, from) = (into.slot(), arg.slot());
        let places = match (places, def) {
            (Some(places), _) => places,
            (None, TypeDef::Money) => {
                self.emit(Instruction::MoneyRound { into: to, from });
                return;
            }
            (None, TypeDef::MoneyIn(currency)) => {
                let money = self.take_def(TypeDef::Money);
                self.emit(Instruction::Move { into: money.slot(), from });
                self.emit(Instruction::LoadCurrency { into: money.at(1), currency });
                self.emit(Instruction::MoneyRound { into: money.slot(), from: money.slot() });
                self.emit(Instruction::Move { into: to, from: money.slot() });
                return;
            }
            (None, _) => {
                let zero = self.take_def(TypeDef::Int);
                self.clear(zero);
                zero.slot()
            }
        };
        match def {
            TypeDef::Decimal => self.emit(Instruction::DecimalRound { into: to, from, places }),
            TypeDef::Float => self.emit(Instruction::FloatRound { into: to, from, places }),
            TypeDef::Int => {
                let wide = self.as_decimal(arg);
                self.emit(Instruction::DecimalRound { into: to, from: wide.slot(), places });
            }
            TypeDef::Money => self.emit(Instruction::MoneyRoundTo { into: to, from, places }),
            TypeDef::MoneyIn(_) => self.emit(Instruction::AmountRound { into: to, from, places }),
            _ => self.unreachable(),
        }
    }

    /// The lesser or greater of two values.
    fn extreme(&mut self, one: Reg, two: Reg, greatest: bool, into: Reg) {
        let end = self.code.label();
        let result = self.take(into.ty);
        self.copy(result, one);
        let (keep, change) = if greatest { (two, one) } else { (one, two) };
        self.jump_less_equal(keep, change, end);
        self.copy(result, two);
        self.code.bind(end);
        self.copy(into, result);
    }

    /// `set list = append(list, item)`: what is replaced anyway is not copied first. Gives whether it is that.
    pub(super) fn append_in_place(&mut self, list: LocalId, expr: &Expr) -> bool {
        let ExprKind::Builtin { builtin: Builtin::Append, args } = &expr.kind else { return false };
        let [Expr { kind: ExprKind::Local(first), .. }, item] = args.as_slice() else { return false };
        let into = self.local(list);
        let TypeDef::List(element) = self.def(into.ty) else { return false };
        let item_ty = self.ty(&item.ty);
        if *first != list || item_ty != element {
            return false;
        }
        let mark = self.slots.mark();
        let item = self.value(item);
        self.emit(Instruction::ListPush { list: into.slot(), from: item.slot() });
        self.slots.release(mark);
        true
    }

    fn append(&mut self, list: Reg, item: Reg, into: Reg) {
        match self.def(list.ty) {
            TypeDef::List(element) if self.def(item.ty) != self.def(list.ty) || element == item.ty => {
                let item = if item.ty == element { item } else { self.as_optional(item, element) };
                let result = self.take(into.ty);
                self.copy(result, list);
                self.emit(Instruction::ListPush { list: result.slot(), from: item.slot() });
                self.hand_over(into, result);
            }
            _ => {
                let (left, right) = (list.slot(), item.slot());
                self.emit(Instruction::ListConcat { into: into.slot(), left, right });
            }
        }
    }

    /// The first or last element, or none.
    fn end_of_list(&mut self, list: Reg, last: bool, into: Reg) {
        let end = self.code.label();
        let length = self.take_def(TypeDef::Int);
        let result = self.take(into.ty);
        self.clear(result);
        self.emit(Instruction::ListLength { into: length.slot(), list: list.slot() });
        self.code.emit_jump(end, |to| Instruction::JumpEqualTo { left: length.slot(), value: 0, to });
        if last {
            self.emit(Instruction::IntAddConst { into: length.slot(), left: length.slot(), value: -1 });
        } else {
            self.clear(length);
        }
        let element = self.list_element(list);
        let item = self.take(element);
        self.emit(Instruction::ListGet { into: item.slot(), list: list.slot(), index: length.slot() });
        self.put_found(item, result);
        self.code.bind(end);
        self.hand_over(into, result);
    }

    /// An element as the optional result of a search.
    pub(super) fn put_found(&mut self, item: Reg, into: Reg) {
        if item.ty == into.ty {
            self.copy(into, item);
            return;
        }
        if self.tables.types.has_presence(into.ty) {
            self.emit(Instruction::LoadInt { into: into.slot(), value: 1 });
        }
        self.copy(self.present_part(into), item);
    }

    /// The sum of the elements; absent ones are left out.
    pub(super) fn list_sum(&mut self, list: Reg, into: Reg) {
        let element = self.list_element(list);
        let (item, sum) = (self.take(element), self.take(into.ty));
        self.clear(sum);
        self.for_each(list, item, |me| {
            let skip = me.code.label();
            me.jump_absent(item, skip);
            let value = me.present_part(item);
            me.arithmetic_present(Arithmetic::Add, sum, value, sum);
            me.code.bind(skip);
        });
        self.copy(into, sum);
    }

    /// The mean of the elements; none of an empty list, where the result may be absent.
    pub(super) fn list_average(&mut self, list: Reg, into: Reg) {
        let end = self.code.label();
        let length = self.take_def(TypeDef::Int);
        let result = self.take(into.ty);
        let value = self.present_part(result);
        self.clear(result);
        self.emit(Instruction::ListLength { into: length.slot(), list: list.slot() });
        if result.ty != value.ty {
            self.code.emit_jump(end, |to| Instruction::JumpEqualTo { left: length.slot(), value: 0, to });
        }
        let element = self.list_element(list);
        let present = self.tables.types.present(element);
        let sum = self.take(present);
        if present != element {
            self.count_present(list, length);
            self.code.emit_jump(end, |to| Instruction::JumpEqualTo { left: length.slot(), value: 0, to });
        }
        self.list_sum(list, sum);
        let number = if self.def(present) == TypeDef::Float {
            let number = self.take_def(TypeDef::Float);
            self.emit(Instruction::IntToFloat { into: number.slot(), from: length.slot() });
            number
        } else {
            length
        };
        self.arithmetic_present(Arithmetic::Divide, sum, number, value);
        if self.tables.types.has_presence(result.ty) {
            self.emit(Instruction::LoadInt { into: result.slot(), value: 1 });
        }
        self.code.bind(end);
        self.copy(into, result);
    }

    fn count_present(&mut self, list: Reg, into: Reg) {
        let element = self.list_element(list);
        let item = self.take(element);
        self.clear(into);
        self.for_each(list, item, |me| {
            let skip = me.code.label();
            me.jump_absent(item, skip);
            me.emit(Instruction::IntAddConst { into: into.slot(), left: into.slot(), value: 1 });
            me.code.bind(skip);
        });
    }

    /// The least or greatest element, or none.
    pub(super) fn list_extreme(&mut self, list: Reg, greatest: bool, into: Reg) {
        let element = self.list_element(list);
        let (item, result) = (self.take(element), self.take(into.ty));
        self.clear(result);
        self.for_each(list, item, |me| {
            let (take, skip) = (me.code.label(), me.code.label());
            me.jump_absent(item, skip);
            me.jump_absent(result, take);
            let (best, value) = (me.present_part(result), me.present_part(item));
            let (keep, change) = if greatest { (value, best) } else { (best, value) };
            me.jump_less_equal(keep, change, skip);
            me.code.bind(take);
            let value = me.present_part(item);
            me.put_found(value, result);
            me.code.bind(skip);
        });
        self.copy(into, result);
    }

    /// The type of a list's elements.
    pub(super) fn list_element(&self, list: Reg) -> crate::bytecode::types::TypeIdx {
        match self.def(list.ty) {
            TypeDef::List(element) | TypeDef::Set(element) => element,
            _ => list.ty,
        }
    }

    /// Runs code for each element of a list, which lies in `item` meanwhile.
    pub(super) fn for_each(&mut self, list: Reg, item: Reg, body: impl FnOnce(&mut Self)) {
        let mark = self.slots.mark();
        let (index, length) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        let test = self.code.label();
        self.clear(index);
        self.emit(Instruction::ListLength { into: length.slot(), list: list.slot() });
        self.code.jump(test);
        let top = self.code.here();
        self.emit(Instruction::ListGet { into: item.slot(), list: list.slot(), index: index.slot() });
        let inner = self.slots.mark();
        body(self);
        self.slots.release(inner);
        self.emit(Instruction::IntAddConst { into: index.slot(), left: index.slot(), value: 1 });
        self.code.bind(test);
        self.code.emit_jump(top, |to| Instruction::JumpLess { left: index.slot(), right: length.slot(), to });
        self.slots.release(mark);
    }
}
