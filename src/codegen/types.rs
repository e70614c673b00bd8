//! The checker's types as entries of the module's type table, and the slots that a value of a type takes.

use std::collections::HashMap;

use crate::{
    base::value::EntityIdx,
    bytecode::{
        layout,
        module::{ParamDef, RecordDef, RecordKind},
        types::{EnumIdx, RecordIdx, SlotKind, TypeDef, TypeIdx},
    },
    sema::ty::Ty,
};

/// The type table while it grows. Each type stands in it once.
#[derive(Default)]
pub(super) struct Types {
    defs: Vec<TypeDef>,
    known: HashMap<TypeDef, TypeIdx>,
    records: Vec<RecordDef>,
    full: bool,
}

/// The name of record types that no declaration has.
const UNNAMED: &str = "<values>";

impl Types {
    /// The index of a type, added where it is new.
    pub(super) fn intern(&mut self, def: TypeDef) -> TypeIdx {
        if let Some(known) = self.known.get(&def) {
            return *known;
        }
        // LIMIT: a type index has 16 bits.
        let Ok(index) = u16::try_from(self.defs.len()) else {
            self.full = true;
            return TypeIdx(0);
        };
        self.defs.push(def);
        self.known.insert(def, TypeIdx(index));
        TypeIdx(index)
    }

    /// The index of a checker's type. What has no value becomes `bool`; no code reads such a value.
    pub(super) fn lower(&mut self, ty: &Ty) -> TypeIdx {
        let def = match ty {
            Ty::AnyRef | Ty::Union(_) => TypeDef::AnyRef,
            Ty::Bool | Ty::Error | Ty::Void => TypeDef::Bool,
            Ty::Date => TypeDef::Date,
            Ty::DateTime => TypeDef::DateTime,
            Ty::Decimal => TypeDef::Decimal,
            Ty::Duration => TypeDef::Duration,
            Ty::Enum(id) => TypeDef::Enum(EnumIdx(id.0)),
            Ty::Fault => TypeDef::Fault,
            Ty::Float => TypeDef::Float,
            Ty::Handle(_) => TypeDef::Instance,
            Ty::Int => TypeDef::Int,
            Ty::List(item) => TypeDef::List(self.lower(item)),
            Ty::Money => TypeDef::Money,
            Ty::MoneyIn(currency) => TypeDef::MoneyIn(*currency),
            Ty::Named(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, ty)| ParamDef { name: name.clone(), ty: self.lower(ty), default: None })
                    .collect();
                TypeDef::Record(self.record(UNNAMED, fields))
            }
            Ty::None => TypeDef::Optional(self.intern(TypeDef::Bool)),
            Ty::Optional(inner) => TypeDef::Optional(self.lower(inner)),
            Ty::Pending(entity) | Ty::Ref(entity) => TypeDef::Ref(EntityIdx(entity.0)),
            Ty::Record(id) => TypeDef::Record(RecordIdx(id.0)),
            Ty::Set(item) => TypeDef::Set(self.lower(item)),
            Ty::Text => TypeDef::Text,
            Ty::Time => TypeDef::Time,
        };
        self.intern(def)
    }

    /// Takes the declared record types, which come first.
    pub(super) fn declare(&mut self, records: Vec<RecordDef>) {
        self.records = records;
    }

    /// A record type.
    pub(super) fn record_def(&self, idx: RecordIdx) -> Option<&RecordDef> {
        self.records.get(idx.index())
    }

    /// A record type that no declaration has; equal ones share an entry.
    pub(super) fn record(&mut self, name: &str, fields: Vec<ParamDef>) -> RecordIdx {
        let known = |def: &RecordDef| def.name == name && def.fields == fields;
        let at = self.records.iter().position(known).unwrap_or(self.records.len());
        if at == self.records.len() {
            self.records.push(RecordDef { name: name.to_owned(), kind: RecordKind::Plain, fields });
        }
        // LIMIT: indexes of tables have 16 bits.
        let index = u16::try_from(at).ok();
        self.full |= index.is_none();
        RecordIdx(index.unwrap_or(0))
    }

    /// The result of a function or process; `None` where there is none.
    pub(super) fn lower_result(&mut self, ty: &Ty) -> Option<TypeIdx> {
        (*ty != Ty::Void).then(|| self.lower(ty))
    }

    /// The type behind an index.
    pub(super) fn def(&self, idx: TypeIdx) -> TypeDef {
        self.defs.get(idx.index()).copied().unwrap_or(TypeDef::Bool)
    }

    /// The entries so far; for layouts.
    pub(super) fn defs(&self) -> &[TypeDef] {
        &self.defs
    }

    /// `T` of `T?`, else the type itself.
    pub(super) fn present(&self, idx: TypeIdx) -> TypeIdx {
        match self.def(idx) {
            TypeDef::Optional(inner) => inner,
            _ => idx,
        }
    }

    /// `T?`.
    pub(super) fn optional(&mut self, idx: TypeIdx) -> TypeIdx {
        match self.def(idx) {
            TypeDef::Optional(_) => idx,
            _ => self.intern(TypeDef::Optional(idx)),
        }
    }

    /// Whether a value of the optional type has a presence slot before it.
    pub(super) fn has_presence(&self, idx: TypeIdx) -> bool {
        match self.def(idx) {
            TypeDef::Optional(inner) => !layout::zero_is_absent(&self.def(inner)),
            _ => false,
        }
    }

    /// The kinds of the slots that a value takes, in order.
    pub(super) fn kinds(&self, idx: TypeIdx) -> Vec<SlotKind> {
        layout::kinds(&self.defs, idx)
    }

    /// Whether there were more types than an index can name.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// The tables of types and of record types.
    pub(super) fn finish(self) -> (Vec<TypeDef>, Vec<RecordDef>) {
        (self.defs, self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sema::schema::EntityId;

    #[test]
    fn a_type_stands_after_its_parts_and_once() {
        let mut types = Types::default();
        let list = types.lower(&Ty::List(Box::new(Ty::Optional(Box::new(Ty::Int)))));
        assert_eq!(list, types.lower(&Ty::List(Box::new(Ty::Optional(Box::new(Ty::Int))))));
        let (defs, _) = types.finish();
        assert_eq!(defs, [TypeDef::Int, TypeDef::Optional(TypeIdx(0)), TypeDef::List(TypeIdx(1))]);
    }

    #[test]
    fn references_have_no_presence_slot() {
        let mut types = Types::default();
        let reference = types.lower(&Ty::Ref(EntityId(3)).optional());
        assert_eq!(types.kinds(reference), [SlotKind::Ref(EntityIdx(3))]);
        let money = types.lower(&Ty::Money.optional());
        assert_eq!(types.kinds(money), [SlotKind::Bool, SlotKind::MoneyAmount, SlotKind::MoneyCurrency]);
    }
}
