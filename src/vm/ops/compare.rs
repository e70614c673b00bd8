//! Equality and order of values by type. Values nest as deep as their types do, so the recursion is bounded.

use std::cmp::Ordering;

use crate::{
    bytecode::{
        layout,
        traps::TrapCode,
        types::{RecordIdx, TypeDef, TypeIdx},
    },
    vm::{
        heap::Heap,
        program::Program,
        window::{unpack_decimal, unpack_duration},
    },
};

/// Compares values. The work that it does is counted in slots.
pub(super) struct Comparer<'a> {
    pub(super) program: &'a Program,
    pub(super) heap: &'a Heap,
    /// How many slots were looked at.
    pub(super) work: usize,
    /// A trap that the last order met.
    pub(super) trap: Option<TrapCode>,
}

/// The slot at an index.
fn slot(slots: &[u64], index: usize) -> u64 {
    slots.get(index).copied().unwrap_or_default()
}

fn whole(slots: &[u64], index: usize) -> i64 {
    slot(slots, index).cast_signed()
}

impl<'a> Comparer<'a> {
    pub(super) fn new(program: &'a Program, heap: &'a Heap) -> Self {
        Self { program, heap, work: 0, trap: None }
    }

    /// Whether two values are equal. Amounts in different currencies are not.
    pub(super) fn equal(&mut self, ty: TypeIdx, left: &[u64], right: &[u64]) -> bool {
        let trap = self.trap;
        let equal = self.order(ty, left, right) == Ordering::Equal;
        self.trap = trap;
        equal
    }

    /// The order of two values; absent ones come last. Amounts in different currencies leave a trap.
    pub(super) fn order(&mut self, ty: TypeIdx, left: &[u64], right: &[u64]) -> Ordering {
        self.work += 1;
        let program = self.program;
        let module = program.module();
        match module.ty(ty) {
            None | Some(TypeDef::Fault) => slot(left, 0).cmp(&slot(right, 0)),
            Some(
                TypeDef::Bool
                | TypeDef::Date
                | TypeDef::DateTime
                | TypeDef::Enum(_)
                | TypeDef::Int
                | TypeDef::MoneyIn(_)
                | TypeDef::Time,
            ) => whole(left, 0).cmp(&whole(right, 0)),
            Some(TypeDef::AnyRef | TypeDef::Instance | TypeDef::Ref(_)) => {
                // None is zero, and comes last.
                let key = |slots| (slot(slots, 0) == 0, slot(slots, 0), slot(slots, 1));
                if matches!(module.ty(ty), Some(TypeDef::AnyRef)) {
                    key(left).cmp(&key(right))
                } else {
                    (slot(left, 0) == 0, whole(left, 0)).cmp(&(slot(right, 0) == 0, whole(right, 0)))
                }
            }
            Some(TypeDef::Decimal) => {
                unpack_decimal(slot(left, 0), slot(left, 1)).cmp(&unpack_decimal(slot(right, 0), slot(right, 1)))
            }
            Some(TypeDef::Duration) => {
                let key = |slots| {
                    let duration = unpack_duration(slot(slots, 0), slot(slots, 1));
                    (duration.months, duration.days, duration.micros)
                };
                key(left).cmp(&key(right))
            }
            Some(TypeDef::Float) => {
                let (left, right) = (f64::from_bits(slot(left, 0)), f64::from_bits(slot(right, 0)));
                left.partial_cmp(&right).unwrap_or(Ordering::Equal)
            }
            Some(TypeDef::Money) => self.money(left, right),
            Some(TypeDef::Text) => {
                let (left, right) = (self.heap.text(program, slot(left, 0)), self.heap.text(program, slot(right, 0)));
                self.work += left.len().min(right.len()) / 8;
                left.cmp(right)
            }
            Some(TypeDef::Optional(inner)) => self.optional(*inner, left, right),
            Some(TypeDef::List(element) | TypeDef::Set(element)) => self.lists(*element, slot(left, 0), slot(right, 0)),
            Some(TypeDef::Record(record)) => self.records(*record, slot(left, 0), slot(right, 0)),
        }
    }

    /// The order of two record values: field by field.
    pub(super) fn records(&mut self, record: RecordIdx, left: u64, right: u64) -> Ordering {
        let program = self.program;
        let heap = self.heap;
        let width = program.shapes().record(record).width();
        let (mut left, mut right) = (heap.record(left, width), heap.record(right, width));
        for field in program.module().record(record).map_or(&[][..], |def| &def.fields) {
            let ordering = self.order(field.ty, left, right);
            if ordering != Ordering::Equal {
                return ordering;
            }
            let width = usize::from(program.module().width(field.ty));
            left = left.get(width..).unwrap_or_default();
            right = right.get(width..).unwrap_or_default();
        }
        Ordering::Equal
    }

    /// By sign, then currency, then amount: a total order, which is that of the amounts within one currency.
    fn money(&mut self, left: &[u64], right: &[u64]) -> Ordering {
        let currencies = slot(left, 1).cmp(&slot(right, 1));
        let (left, right) = (whole(left, 0), whole(right, 0));
        if left != 0 && right != 0 && currencies != Ordering::Equal {
            self.trap = Some(TrapCode::CurrencyMismatch);
        }
        let signs = left.signum().cmp(&right.signum());
        let currencies = if left == 0 { Ordering::Equal } else { currencies };
        signs.then(currencies).then(left.cmp(&right))
    }

    fn optional(&mut self, inner: TypeIdx, left: &[u64], right: &[u64]) -> Ordering {
        if self.program.module().ty(inner).is_some_and(layout::zero_is_absent) {
            return self.order(inner, left, right);
        }
        match (slot(left, 0) != 0, slot(right, 0) != 0) {
            (true, true) => self.order(inner, left.get(1..).unwrap_or_default(), right.get(1..).unwrap_or_default()),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => Ordering::Equal,
        }
    }

    fn lists(&mut self, element: TypeIdx, left: u64, right: u64) -> Ordering {
        let width = usize::from(self.program.module().width(element)).max(1);
        let (left, right) = (self.heap.list(left), self.heap.list(right));
        for (left, right) in left.chunks_exact(width).zip(right.chunks_exact(width)) {
            let ordering = self.order(element, left, right);
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        left.len().cmp(&right.len())
    }
}

/// Whether a value of the type is absent.
pub(super) fn is_absent(program: &Program, ty: TypeIdx, slots: &[u64]) -> bool {
    matches!(
        program.module().ty(ty),
        Some(TypeDef::Optional(_) | TypeDef::Ref(_) | TypeDef::AnyRef | TypeDef::Instance)
    ) && slot(slots, 0) == 0
}
