//! `group by`: what is found is sorted by its keys, and each run of equal keys is one group.

use super::{code::Label, function::Lowerer, queries::Style, slots::Reg};
use crate::{
    bytecode::{
        isa::Instruction,
        types::{TypeDef, TypeIdx},
    },
    sema::hir::{Expr, Groups, LocalId},
};

impl Lowerer<'_> {
    /// Runs code for each group; it lies in the bound name. Binds `next` and `end`.
    pub(super) fn groups(
        &mut self,
        bind: LocalId,
        groups: &Groups,
        end: Label,
        next: Label,
        body: impl FnOnce(&mut Self),
    ) {
        let (rows, keys) = self.rows(groups);
        let (row_ty, key_ty) = (self.list_element(rows), self.list_element(keys));
        let group = self.local(bind);
        let key = self.ty(&groups.key.ty);
        let item = self.local(groups.items.bind);
        let items = self.tables.types.intern(TypeDef::List(item.ty));
        let run = self.take_run(&[key, items]);
        let [key, items] = run.as_slice() else { return };
        let (row, this, first) = (self.take(row_ty), self.take(key_ty), self.take(key_ty));
        let (index, length) = (self.take_def(TypeDef::Int), self.take_def(TypeDef::Int));
        let same = self.take_def(TypeDef::Bool);
        let (index, length) = (index.slot(), length.slot());
        let (test, done) = (self.code.label(), self.code.label());
        self.emit(Instruction::ListLength { into: length, list: rows.slot() });
        self.emit(Instruction::LoadInt { into: index, value: 0 });
        self.code.jump(test);
        let top = self.code.here();
        self.emit(Instruction::ListGet { into: row.slot(), list: rows.slot(), index });
        self.emit(Instruction::ListGet { into: first.slot(), list: keys.slot(), index });
        self.record_field(row, 0, *key);
        self.clear(*items);
        let more = self.code.here();
        self.record_field(row, 1, item);
        self.emit(Instruction::ListPush { list: items.slot(), from: item.slot() });
        self.emit(Instruction::IntAddConst { into: index, left: index, value: 1 });
        self.code.emit_jump(done, |to| Instruction::JumpEqual { left: index, right: length, to });
        self.emit(Instruction::ListGet { into: row.slot(), list: rows.slot(), index });
        self.emit(Instruction::ListGet { into: this.slot(), list: keys.slot(), index });
        self.emit(Instruction::RecordEqual { into: same.slot(), left: first.slot(), right: this.slot() });
        self.jump_if(same.slot(), more, true);
        self.code.bind(done);
        self.emit(Instruction::RecordNew { into: group.slot(), from: key.slot() });
        let mark = self.slots.mark();
        body(self);
        self.slots.release(mark);
        self.code.bind(next);
        self.code.bind(test);
        self.code.emit_jump(top, |to| Instruction::JumpLess { left: index, right: length, to });
        self.code.bind(end);
    }

    /// Keys with their elements, and what is compared of the keys: two lists of one length and order.
    fn rows(&mut self, groups: &Groups) -> (Reg, Reg) {
        let (key, item) = (self.local(groups.bind), self.local(groups.items.bind));
        let types: Vec<TypeIdx> = groups.compared.iter().map(|part| self.ty(&part.ty)).collect();
        let compared = self.tables.keys(&types);
        let compared = self.tables.types.intern(TypeDef::Record(compared));
        let row = self.tables.keys(&[key.ty, item.ty]);
        let row = self.tables.types.intern(TypeDef::Record(row));
        let [rows, keys] = [row, compared].map(|element| {
            let list = self.tables.types.intern(TypeDef::List(element));
            let list = self.take(list);
            self.clear(list);
            list
        });
        let (row, compared) = (self.take(row), self.take(compared));
        let run = self.take_run(&[key.ty, item.ty]);
        let (end, next) = (self.code.label(), self.code.label());
        self.elements(&groups.items, Style::WHOLE, end, next, |me| {
            me.of_query(&groups.items, |me| me.value_into(&groups.key, key));
            for (from, into) in [key, item].into_iter().zip(&run) {
                me.copy(*into, from);
            }
            let from = run.first().copied().unwrap_or(item);
            me.emit(Instruction::RecordNew { into: row.slot(), from: from.slot() });
            me.emit(Instruction::ListPush { list: rows.slot(), from: row.slot() });
            let exprs: Vec<(&Expr, TypeIdx)> = groups.compared.iter().zip(types.iter().copied()).collect();
            let parts = me.lower_run(&exprs);
            let from = parts.first().copied().unwrap_or(item);
            me.emit(Instruction::RecordNew { into: compared.slot(), from: from.slot() });
            me.emit(Instruction::ListPush { list: keys.slot(), from: compared.slot() });
        });
        for list in [rows, keys] {
            self.emit(Instruction::ListSortBy { list: list.slot(), keys: keys.slot(), descending: 0 });
        }
        (rows, keys)
    }
}
