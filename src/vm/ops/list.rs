//! Lists and sets: elements one after the other, each as wide as its type.

use std::cmp::Ordering;

use super::{
    Context, Done, Raised,
    compare::{Comparer, is_absent},
    money,
};
use crate::{
    base::limits::{LIST_ITEMS_MAX, TEXT_BYTES_MAX},
    bytecode::{
        isa::Instruction,
        traps::TrapCode,
        types::{SlotIdx, TypeDef, TypeIdx},
    },
    vm::{
        heap::OWNED,
        window::{Slots, next, unpack_currency},
    },
};

#[inline(always)]
pub(super) fn execute(context: &mut Context<'_>, instruction: Instruction) -> Option<Done> {
    let done = match instruction {
        Instruction::ListPush { list, from } => push(context, list, from),
        Instruction::ListContains { into, list, from } => contains(context, into, list, from),
        Instruction::ListSort { list, descending } => sort(context, list, descending),
        Instruction::ListSortBy { list, keys, descending } => sort_by(context, list, keys, descending),
        Instruction::ListDistinct { into, list } => distinct(context, into, list),
        Instruction::ListRange { into, low, high } => range(context, into, low, high),
        Instruction::ListSlice { into, list, range } => slice(context, into, list, range),
        Instruction::ListConcat { into, left, right } => concat(context, into, left, right),
        Instruction::MoneySplit { into, from, parts } => split(context, into, from, parts),
        Instruction::ListJoin { into, list, separator } => join(context, into, list, separator),
        Instruction::ListEqual { into, left, right } => equal(context, into, left, right),
        Instruction::SetOfList { into, from } => set_of(context, into, from),
        Instruction::ListOfSet { into, from } => {
            let bits = context.window.get(from) & !OWNED;
            context.window.put(from, bits);
            context.window.put(into, bits);
            Ok(())
        }
        _ => return None,
    };
    Some(done)
}

impl Context<'_> {
    /// The type of the elements of a list or set type.
    fn element(&self, list: TypeIdx) -> TypeIdx {
        match self.program.module().ty(list) {
            Some(TypeDef::List(element) | TypeDef::Set(element)) => *element,
            _ => TypeIdx::default(),
        }
    }

    /// The type of a list's elements, and how many slots each takes.
    fn elements(&self, list: SlotIdx) -> (TypeIdx, usize) {
        let ty = self.list_type(list);
        (self.element(ty), self.program.shapes().element(ty).width().max(1))
    }

    /// Sets a new list that nobody else refers to.
    fn put_list(&mut self, into: SlotIdx, slots: Vec<u64>, width: usize) -> Done {
        self.charge(slots.len() * 8);
        let bits = self.heap.new_list(slots, width)?;
        self.window.put(into, if bits == 0 { 0 } else { bits | OWNED });
        Ok(())
    }
}

fn push(context: &mut Context<'_>, list: SlotIdx, from: SlotIdx) -> Done {
    let program = context.program;
    let shape = program.shapes().element(context.list_type(list));
    let bits = context.window.get(list);
    let grown = if shape.handles.is_empty() {
        let first = from.index();
        let element = context.window.as_slice().get(first..first + shape.width()).unwrap_or_default();
        context.heap.push(bits, element)?
    } else {
        let mut element = Vec::with_capacity(shape.width());
        context.share_out(from, shape, &mut element);
        context.heap.push(bits, &element)?
    };
    if bits & OWNED == 0 {
        let copied = context.heap.list(grown).len() * 8;
        context.charge(copied);
    }
    context.window.put(list, grown);
    Ok(())
}

fn contains(context: &mut Context<'_>, into: SlotIdx, list: SlotIdx, from: SlotIdx) -> Done {
    let (element, width) = context.elements(list);
    let first = from.index();
    let wanted = context.window.as_slice().get(first..first + width).unwrap_or_default();
    let mut comparer = Comparer::new(context.program, context.heap);
    let elements = context.heap.list(context.window.get(list));
    let found = elements.chunks_exact(width).any(|slots| comparer.equal(element, slots, wanted));
    let work = comparer.work;
    context.charge(work * 8);
    context.window.put_bool(into, found);
    Ok(())
}

/// Sorts by the elements themselves; absent ones last in both directions.
fn sort(context: &mut Context<'_>, list: SlotIdx, descending: bool) -> Done {
    let (element, width) = context.elements(list);
    let sorted = {
        let slots = context.heap.list(context.window.get(list));
        let mut elements: Vec<&[u64]> = slots.chunks_exact(width).collect();
        let mut comparer = Comparer::new(context.program, context.heap);
        elements.sort_by(|left, right| directed(&mut comparer, element, left, right, descending));
        let (work, trap) = (comparer.work, comparer.trap);
        let sorted = elements.concat();
        context.charge(work * 8);
        trap.map_or(Ok(sorted), Err)?
    };
    context.put_list(list, sorted, width)
}

/// The order of two keys; only present ones change places when descending.
fn directed(comparer: &mut Comparer<'_>, ty: TypeIdx, left: &[u64], right: &[u64], descending: bool) -> Ordering {
    let ordering = comparer.order(ty, left, right);
    if !descending || is_absent(comparer.program, ty, left) || is_absent(comparer.program, ty, right) {
        ordering
    } else {
        ordering.reverse()
    }
}

/// Sorts a list by the records of another one of the same length.
fn sort_by(context: &mut Context<'_>, list: SlotIdx, keys: SlotIdx, descending: u16) -> Done {
    let (_, width) = context.elements(list);
    let (key, _) = context.elements(keys);
    let program = context.program;
    let Some(TypeDef::Record(record)) = program.module().ty(key) else { return Err(TrapCode::Index.into()) };
    let record_width = program.shapes().record(*record).width();
    let fields = program.module().record(*record).map_or(&[][..], |def| &def.fields);
    let slots = context.heap.list(context.window.get(list));
    let keys = context.heap.list(context.window.get(keys));
    if slots.len() / width != keys.len() {
        return Err(Raised::said(TrapCode::Index, "there are not as many keys as elements".to_owned()));
    }
    let mut pairs: Vec<(&[u64], &u64)> = slots.chunks_exact(width).zip(keys).collect();
    let mut comparer = Comparer::new(program, context.heap);
    pairs.sort_by(|(_, left), (_, right)| {
        let heap = comparer.heap;
        let (mut left, mut right) = (heap.record(**left, record_width), heap.record(**right, record_width));
        for (index, field) in fields.iter().enumerate() {
            let down = index < 16 && descending >> index & 1 == 1;
            let ordering = directed(&mut comparer, field.ty, left, right, down);
            if ordering != Ordering::Equal {
                return ordering;
            }
            let width = usize::from(program.module().width(field.ty));
            left = left.get(width..).unwrap_or_default();
            right = right.get(width..).unwrap_or_default();
        }
        Ordering::Equal
    });
    let (work, trap) = (comparer.work, comparer.trap);
    let sorted: Vec<u64> = pairs.iter().flat_map(|(slots, _)| slots.iter().copied()).collect();
    context.charge(work * 8);
    trap.map_or(Ok(()), Err)?;
    context.put_list(list, sorted, width)
}

/// The first of equal elements, in order: elements are sorted by place within equal ones, and repeats dropped.
fn distinct(context: &mut Context<'_>, into: SlotIdx, list: SlotIdx) -> Done {
    let (element, width) = context.elements(list);
    let slots = context.heap.list(context.window.get(list));
    let mut comparer = Comparer::new(context.program, context.heap);
    let mut elements: Vec<(usize, &[u64])> = slots.chunks_exact(width).enumerate().collect();
    // Money of different currencies has an order here; it is only not equal.
    elements.sort_by(|(_, left), (_, right)| comparer.order(element, left, right));
    elements.dedup_by(|(_, left), (_, right)| comparer.equal(element, left, right));
    elements.sort_unstable_by_key(|(place, _)| *place);
    let kept: Vec<u64> = elements.iter().flat_map(|(_, slots)| slots.iter().copied()).collect();
    let work = comparer.work;
    context.charge(work * 8);
    context.put_list(into, kept, width)
}

fn range(context: &mut Context<'_>, into: SlotIdx, low: SlotIdx, high: SlotIdx) -> Done {
    let (low, high) = (context.window.int(low), context.window.int(high));
    // LIMIT: LIST_ITEMS_MAX, before anything is allocated.
    let length = i128::from(high) - i128::from(low) + 1;
    if usize::try_from(length).is_ok_and(|length| length > LIST_ITEMS_MAX) || length > i128::from(u64::MAX / 2) {
        return Err(TrapCode::ListTooLong.into());
    }
    let numbers: Vec<u64> = (low..=high).map(i64::cast_unsigned).collect();
    context.put_list(into, numbers, 1)
}

/// An amount in parts, each with its currency where that is not known from the type.
fn split(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx, parts: SlotIdx) -> Done {
    let (element, width) = context.elements(into);
    let beside = (width > 1).then(|| context.window.get(next(from)));
    let currency = match context.program.module().ty(element) {
        Some(TypeDef::MoneyIn(currency)) => Some(*currency),
        _ => beside.and_then(unpack_currency),
    };
    let coin = money::coin(currency.unwrap_or(context.program.module().meta.currency));
    let parts = usize::try_from(context.window.int(parts)).ok().filter(|parts| *parts > 0);
    let parts = parts.ok_or(TrapCode::BadSplit)?;
    // LIMIT: LIST_ITEMS_MAX, before anything is allocated.
    if parts > LIST_ITEMS_MAX {
        return Err(TrapCode::ListTooLong.into());
    }
    let shares = money::shares(context.window.int(from), coin, parts);
    let slots = shares.flat_map(|share| std::iter::once(share.cast_unsigned()).chain(beside)).collect();
    context.put_list(into, slots, width)
}

fn slice(context: &mut Context<'_>, into: SlotIdx, list: SlotIdx, range: SlotIdx) -> Done {
    let (_, width) = context.elements(list);
    let start = usize::try_from(context.window.int(range)).map_err(|_| TrapCode::Index)?;
    let count = usize::try_from(context.window.int(next(range))).map_err(|_| TrapCode::Index)?;
    let elements = context.heap.list(context.window.get(list)).chunks_exact(width);
    let kept: Vec<u64> = elements.skip(start).take(count).flatten().copied().collect();
    context.put_list(into, kept, width)
}

fn concat(context: &mut Context<'_>, into: SlotIdx, left: SlotIdx, right: SlotIdx) -> Done {
    let (_, width) = context.elements(into);
    let left = context.heap.list(context.window.get(left));
    let right = context.heap.list(context.window.get(right));
    let both = [left, right].concat();
    context.put_list(into, both, width)
}

fn join(context: &mut Context<'_>, into: SlotIdx, list: SlotIdx, separator: SlotIdx) -> Done {
    let separator = context.text(separator);
    let mut joined = String::new();
    for (index, bits) in context.heap.list(context.window.get(list)).iter().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(context.heap.text(context.program, *bits));
        // LIMIT: TEXT_BYTES_MAX
        if joined.len() > TEXT_BYTES_MAX {
            return Err(TrapCode::TextTooLong.into());
        }
    }
    context.put_text(into, &joined)
}

fn equal(context: &mut Context<'_>, into: SlotIdx, left: SlotIdx, right: SlotIdx) -> Done {
    let ty = context.list_type(left);
    let mut comparer = Comparer::new(context.program, context.heap);
    let equal = comparer.equal(ty, &[context.window.get(left)], &[context.window.get(right)]);
    let work = comparer.work;
    context.charge(work * 8);
    context.window.put_bool(into, equal);
    Ok(())
}

/// Sorted, each element once.
fn set_of(context: &mut Context<'_>, into: SlotIdx, from: SlotIdx) -> Done {
    let (element, width) = context.elements(from);
    let slots = context.heap.list(context.window.get(from));
    let mut comparer = Comparer::new(context.program, context.heap);
    let mut elements: Vec<&[u64]> = slots.chunks_exact(width).collect();
    elements.sort_by(|left, right| comparer.order(element, left, right));
    elements.dedup_by(|left, right| comparer.equal(element, left, right));
    let kept = elements.concat();
    let work = comparer.work;
    context.charge(work * 8);
    context.put_list(into, kept, width)
}
