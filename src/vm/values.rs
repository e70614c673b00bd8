//! Between slots and [`Value`], by type. Types nest at most `NESTING_MAX` deep, so the recursion here is bounded.

use super::{
    heap::{Heap, OWNED},
    program::Program,
    window::{pack_currency, pack_decimal, pack_duration, unpack_currency, unpack_decimal, unpack_duration},
};
use crate::{
    base::{
        limits::LIST_ITEMS_MAX,
        value::{EntityIdx, Money, RecordRef, Value},
    },
    bytecode::{
        layout,
        traps::TrapCode,
        types::{RecordIdx, TypeDef, TypeIdx},
    },
};

/// Why a value does not become slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another type.
    Type,
    /// It is too large.
    Limit(TrapCode),
}

impl From<TrapCode> for Misfit {
    fn from(code: TrapCode) -> Self {
        Misfit::Limit(code)
    }
}

fn whole(bits: u64) -> i64 {
    bits.cast_signed()
}

fn small(bits: u64) -> i32 {
    i32::try_from(bits.cast_signed()).unwrap_or_default()
}

/// Reads the value of a type from its slots.
pub(crate) fn read(program: &Program, heap: &Heap, ty: TypeIdx, slots: &[u64]) -> Value {
    let module = program.module();
    let slot = |index: usize| slots.get(index).copied().unwrap_or_default();
    let first = slot(0);
    match module.ty(ty) {
        None | Some(TypeDef::Fault) => Value::None,
        Some(TypeDef::AnyRef) => match first.checked_sub(1).map(u16::try_from) {
            Some(Ok(entity)) => Value::Ref(RecordRef { entity: EntityIdx(entity), id: whole(slot(1)) }),
            _ => Value::None,
        },
        Some(TypeDef::Bool) => Value::Bool(first != 0),
        Some(TypeDef::Date) => Value::Date(small(first)),
        Some(TypeDef::DateTime) => Value::DateTime(whole(first)),
        Some(TypeDef::Decimal) => Value::Decimal(unpack_decimal(first, slot(1))),
        Some(TypeDef::Duration) => Value::Duration(unpack_duration(first, slot(1))),
        Some(TypeDef::Enum(_)) => Value::Enum(small(first)),
        Some(TypeDef::Float) => Value::Float(f64::from_bits(first)),
        Some(TypeDef::Instance) if first == 0 => Value::None,
        Some(TypeDef::Instance) => Value::Instance(whole(first)),
        Some(TypeDef::Int) => Value::Int(whole(first)),
        Some(TypeDef::List(element) | TypeDef::Set(element)) => {
            let width = usize::from(module.width(*element)).max(1);
            let elements = heap.list(first).chunks_exact(width);
            Value::List(elements.map(|slots| read(program, heap, *element, slots)).collect())
        }
        Some(TypeDef::Money) => {
            let currency = unpack_currency(slot(1)).unwrap_or(module.meta.currency);
            Value::Money(Money { amount: whole(first), currency })
        }
        Some(TypeDef::MoneyIn(currency)) => Value::Money(Money { amount: whole(first), currency: *currency }),
        Some(TypeDef::Optional(inner)) => {
            if module.ty(*inner).is_some_and(layout::zero_is_absent) {
                read(program, heap, *inner, slots)
            } else if first == 0 {
                Value::None
            } else {
                read(program, heap, *inner, slots.get(1..).unwrap_or_default())
            }
        }
        Some(TypeDef::Record(record)) => read_record(program, heap, *record, first),
        Some(TypeDef::Ref(_)) if first == 0 => Value::None,
        Some(TypeDef::Ref(entity)) => Value::Ref(RecordRef { entity: *entity, id: whole(first) }),
        Some(TypeDef::Text) => Value::Text(heap.text(program, first).to_owned()),
        Some(TypeDef::Time) => Value::Time(whole(first)),
    }
}

/// Reads a record value.
pub(crate) fn read_record(program: &Program, heap: &Heap, record: RecordIdx, bits: u64) -> Value {
    let module = program.module();
    let mut rest = heap.record(bits, program.shapes().record(record).width());
    let fields = module.record(record).map_or(&[][..], |def| &def.fields);
    let values = fields.iter().map(|field| {
        let (own, more) = rest.split_at_checked(usize::from(module.width(field.ty))).unwrap_or_default();
        rest = more;
        read(program, heap, field.ty, own)
    });
    Value::Record(values.collect())
}

/// Appends the slots of a value of a type. References that are required take the absent value too: zero.
///
/// # Errors
/// If the value is of another type or too large.
pub(crate) fn write(
    program: &Program,
    heap: &mut Heap,
    ty: TypeIdx,
    value: &Value,
    out: &mut Vec<u64>,
) -> Result<(), Misfit> {
    let module = program.module();
    match (module.ty(ty).ok_or(Misfit::Type)?, value) {
        (TypeDef::AnyRef, Value::None) => out.extend([0, 0]),
        (TypeDef::AnyRef, Value::Ref(record)) => {
            out.extend([u64::from(record.entity.0) + 1, record.id.cast_unsigned()]);
        }
        (TypeDef::Bool, Value::Bool(truth)) => out.push(u64::from(*truth)),
        (TypeDef::Date, Value::Date(days)) => out.push(i64::from(*days).cast_unsigned()),
        (TypeDef::DateTime, Value::DateTime(micros)) => out.push(micros.cast_unsigned()),
        (TypeDef::Decimal, Value::Decimal(number)) => {
            let (low, high) = pack_decimal(*number);
            out.extend([low, high]);
        }
        (TypeDef::Duration, Value::Duration(duration)) => {
            let (days, micros) = pack_duration(*duration);
            out.extend([days, micros]);
        }
        (TypeDef::Enum(_), Value::Enum(number)) => out.push(i64::from(*number).cast_unsigned()),
        (TypeDef::Float, Value::Float(number)) if number.is_finite() => out.push(number.to_bits()),
        (TypeDef::Instance | TypeDef::Ref(_), Value::None) => out.push(0),
        (TypeDef::Instance, Value::Instance(id)) => out.push(id.cast_unsigned()),
        (TypeDef::Int, Value::Int(number)) => out.push(number.cast_unsigned()),
        (TypeDef::Money, Value::Money(money)) => {
            out.extend([money.amount.cast_unsigned(), pack_currency(money.currency)]);
        }
        (TypeDef::MoneyIn(currency), Value::Money(money)) if money.currency == *currency || money.amount == 0 => {
            out.push(money.amount.cast_unsigned());
        }
        (TypeDef::Optional(inner), value) => write_optional(program, heap, *inner, value, out)?,
        (TypeDef::Ref(entity), Value::Ref(record)) if record.entity == *entity => out.push(record.id.cast_unsigned()),
        (TypeDef::Text, Value::Text(text)) => out.push(heap.new_text(text)?),
        (TypeDef::Time, Value::Time(micros)) if (0..86_400_000_000).contains(micros) => {
            out.push(micros.cast_unsigned());
        }
        (TypeDef::List(element) | TypeDef::Set(element), Value::List(values)) => {
            // LIMIT: LIST_ITEMS_MAX
            if values.len() > LIST_ITEMS_MAX {
                return Err(Misfit::Limit(TrapCode::ListTooLong));
            }
            let width = usize::from(module.width(*element));
            let mut slots = Vec::with_capacity(values.len() * width);
            for value in values {
                write_inside(program, heap, *element, value, &mut slots)?;
            }
            let list = heap.new_list(slots, width)?;
            out.push(if list == 0 { 0 } else { list | OWNED });
        }
        (TypeDef::Record(record), value) => out.push(write_record(program, heap, *record, value)?),
        _ => return Err(Misfit::Type),
    }
    Ok(())
}

/// A new record value. Gives the slot, which owns it.
///
/// # Errors
/// If the value is of another type or too large.
pub(crate) fn write_record(
    program: &Program,
    heap: &mut Heap,
    record: RecordIdx,
    value: &Value,
) -> Result<u64, Misfit> {
    let fields = &program.module().record(record).ok_or(Misfit::Type)?.fields;
    let Value::Record(values) = value else { return Err(Misfit::Type) };
    if fields.len() != values.len() {
        return Err(Misfit::Type);
    }
    let mut slots = Vec::with_capacity(fields.len());
    for (field, value) in fields.iter().zip(values) {
        write_inside(program, heap, field.ty, value, &mut slots)?;
    }
    Ok(heap.new_record(&slots)? | OWNED)
}

/// As [`write`], for what goes into the heap: nothing there owns anything.
fn write_inside(
    program: &Program,
    heap: &mut Heap,
    ty: TypeIdx,
    value: &Value,
    out: &mut Vec<u64>,
) -> Result<(), Misfit> {
    let start = out.len();
    write(program, heap, ty, value, out)?;
    let holds_handle = match program.module().ty(ty) {
        Some(TypeDef::Optional(inner)) => program.module().ty(*inner),
        other => other,
    };
    if matches!(holds_handle, Some(TypeDef::List(_) | TypeDef::Set(_) | TypeDef::Record(_))) {
        // The handle is the last slot; a presence before it is 0 or 1.
        for slot in out.iter_mut().skip(start) {
            *slot &= !OWNED;
        }
    }
    Ok(())
}

fn write_optional(
    program: &Program,
    heap: &mut Heap,
    inner: TypeIdx,
    value: &Value,
    out: &mut Vec<u64>,
) -> Result<(), Misfit> {
    let module = program.module();
    if module.ty(inner).is_some_and(layout::zero_is_absent) {
        return write(program, heap, inner, value, out);
    }
    if value.is_none() {
        let width = usize::from(module.width(inner));
        out.extend(std::iter::repeat_n(0, width + 1));
        return Ok(());
    }
    out.push(1);
    write(program, heap, inner, value, out)
}
