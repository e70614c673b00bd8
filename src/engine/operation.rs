//! What an operation wants, and whether the record may become so.

use std::{cmp::Ordering, collections::HashSet, sync::Arc};

use rust_decimal::{Decimal, RoundingStrategy};

use crate::{
    base::value::{EntityIdx, Money, RecordRef, Value, time_of_day},
    bytecode::{
        host::WriteOp,
        module::{DefaultDef, EntityDef, FieldDef, StatesDef, SystemField},
        traps::TrapCode,
        types::{FieldIdx, TypeDef},
    },
    vm::{fault::Fault, multiply_amount},
};

use super::{
    Engine,
    faults::{self, Answer, Failure},
    index,
    store::{
        Condition, Row, codec, compare,
        schema::{Kind, scaled},
    },
};

/// A field, how it is written, and the operand.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The field.
    pub field: FieldIdx,
    /// How.
    pub op: WriteOp,
    /// With what.
    pub value: Value,
}

impl Write {
    /// `field: value`.
    #[must_use]
    pub fn set(field: FieldIdx, value: Value) -> Self {
        Self { field, op: WriteOp::Set, value }
    }
}

fn overflow() -> Failure {
    Fault::from(TrapCode::Overflow).into()
}

/// The stored value after a write. Amounts and texts that are absent count as nothing.
fn written(old: &Value, write: &Write) -> Answer<Value> {
    let value = &write.value;
    let op = write.op;
    if op == WriteOp::Set {
        return Ok(value.clone());
    }
    Ok(match (old, value) {
        (Value::Int(a), Value::Int(b)) => Value::Int(
            match op {
                WriteOp::Add => a.checked_add(*b),
                WriteOp::Subtract => a.checked_sub(*b),
                _ => a.checked_mul(*b),
            }
            .ok_or_else(overflow)?,
        ),
        (Value::Decimal(a), _) => Value::Decimal(decimal(*a, op, &as_decimal(value)?)?),
        (Value::Money(a), Value::Money(b)) => Value::Money(add_money(*a, op, *b)?),
        (Value::Money(a), _) if op == WriteOp::Multiply => {
            Value::Money(Money { amount: multiply_amount(a.amount, as_decimal(value)?).map_err(Fault::from)?, ..*a })
        }
        (Value::Float(a), Value::Float(b)) => {
            let result = match op {
                WriteOp::Add => a + b,
                WriteOp::Subtract => a - b,
                _ => a * b,
            };
            if !result.is_finite() {
                return Err(Fault::from(TrapCode::NotFinite).into());
            }
            Value::Float(result)
        }
        (Value::Text(a), Value::Text(b)) if op == WriteOp::Append => Value::Text(format!("{a}{b}")),
        (Value::List(a), Value::List(b)) if op == WriteOp::Subtract => {
            Value::List(a.iter().filter(|item| !b.contains(item)).cloned().collect())
        }
        (Value::List(a), Value::List(b)) => Value::List(a.iter().chain(b).cloned().collect()),
        (Value::None, Value::Text(b)) if op == WriteOp::Append => Value::Text(b.clone()),
        _ => return Err(Fault::from(TrapCode::Absent).into()),
    })
}

fn as_decimal(value: &Value) -> Answer<Decimal> {
    match value {
        Value::Int(n) => Ok(Decimal::from(*n)),
        Value::Decimal(d) => Ok(*d),
        _ => Err(Fault::from(TrapCode::Absent).into()),
    }
}

fn decimal(a: Decimal, op: WriteOp, b: &Decimal) -> Answer<Decimal> {
    match op {
        WriteOp::Add => a.checked_add(*b),
        WriteOp::Subtract => a.checked_sub(*b),
        _ => a.checked_mul(*b),
    }
    .ok_or_else(overflow)
}

fn add_money(a: Money, op: WriteOp, b: Money) -> Answer<Money> {
    if a.currency != b.currency && a.amount != 0 && b.amount != 0 {
        return Err(Fault::from(TrapCode::CurrencyMismatch).into());
    }
    let amount = if op == WriteOp::Add { a.amount.checked_add(b.amount) } else { a.amount.checked_sub(b.amount) };
    Ok(Money { amount: amount.ok_or_else(overflow)?, currency: if a.amount == 0 { b.currency } else { a.currency } })
}

impl Engine {
    /// The row of a new record: defaults, then what is given. System fields follow when it is written.
    pub(crate) fn new_row(&mut self, entity: EntityIdx, writes: &[Write]) -> Answer<Row> {
        let program = Arc::clone(&self.definitions.program);
        let def = program.module().entity(entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        let mut row = Vec::with_capacity(def.fields.len());
        for field in &def.fields {
            let value = match &field.default {
                DefaultDef::Const(value) => value.clone(),
                DefaultDef::Function(function) => self.evaluate(*function, &[])?.unwrap_or(Value::None),
                DefaultDef::None => match program.module().ty(field.ty) {
                    Some(TypeDef::List(_) | TypeDef::Set(_)) => Value::List(Vec::new()),
                    _ => Value::None,
                },
            };
            row.push(rounded(field, value)?);
        }
        if let Some(states) = &def.states {
            let (state, status) = states.first(program.module());
            set(&mut row, def.system_field(SystemField::State), Value::Enum(state));
            set(&mut row, def.system_field(SystemField::Status), Value::Enum(status));
        }
        self.apply(def, &mut row, writes)?;
        Ok(row)
    }

    /// Writes fields into a row; a state brings its first status, a status its state.
    pub(crate) fn apply(&mut self, def: &EntityDef, row: &mut Row, writes: &[Write]) -> Answer<()> {
        for write in writes {
            let field = def.fields.get(write.field.index()).ok_or_else(|| faults::unknown_request("a field"))?;
            let writable =
                matches!(field.system, None | Some(SystemField::Owner | SystemField::State | SystemField::Status));
            if !writable || !field.numbering.is_empty() {
                return Err(faults::not_writable(&def.name, &field.name));
            }
            let place = row.get_mut(write.field.index()).ok_or_else(|| faults::unknown_request("a field"))?;
            let value = written(place, write)?;
            self.settle(def, row, write.field, field, value)?;
        }
        Ok(())
    }

    /// Puts a value into a row, with what follows from it.
    fn settle(&self, def: &EntityDef, row: &mut Row, at: FieldIdx, field: &FieldDef, value: Value) -> Answer<()> {
        let unknown = || faults::wrong_type(&def.name, &field.name);
        if let (Some(system @ (SystemField::State | SystemField::Status)), Some(states)) = (field.system, &def.states) {
            let Value::Enum(number) = value else { return Err(unknown()) };
            let pairs = states.pairs(self.module());
            let current = def.system_field(SystemField::State).and_then(|f| row.get(f.index()));
            if system == SystemField::State && current == Some(&Value::Enum(number)) {
                return Ok(());
            }
            let pair = pairs.iter().find(|(state, status)| match system {
                SystemField::State => *state == number,
                _ => *status == number,
            });
            let (state, status) = pair.ok_or_else(unknown)?;
            set(row, def.system_field(SystemField::State), Value::Enum(*state));
            set(row, def.system_field(SystemField::Status), Value::Enum(*status));
            return Ok(());
        }
        // Nothing is nothing in every currency; it is stored in that of the field.
        let value = match (value, index::present(self.module(), field.ty)) {
            (Value::Money(money), Some(TypeDef::MoneyIn(currency))) if money.amount == 0 => {
                Value::Money(Money { currency, ..money })
            }
            (Value::List(items), Some(TypeDef::Set(_))) => Value::set_of(items),
            (value, _) => rounded(field, value)?,
        };
        set(row, Some(at), value);
        Ok(())
    }

    /// Checks the fields of a row that are about to be written. `old` is the row that it replaces.
    pub(crate) fn check_row(&mut self, record: RecordRef, row: &Row, old: Option<&Row>) -> Answer<()> {
        let program = Arc::clone(&self.definitions.program);
        let def = program.module().entity(record.entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        for (index, (field, value)) in def.fields.iter().zip(row).enumerate() {
            let changed = old.is_none_or(|old| old.get(index) != Some(value));
            if changed && !matches!(field.system, Some(SystemField::Id)) {
                self.check_field(record, def, index, value)?;
            }
        }
        if let Some(old) = old {
            self.check_hierarchy(record, def, row, old)?;
        }
        self.check_transition(def, row, old)?;
        self.check_keys(record, def, row, old)
    }

    /// A record may not come to be above itself; nothing is below one that is new.
    fn check_hierarchy(&mut self, record: RecordRef, def: &EntityDef, row: &Row, old: &Row) -> Answer<()> {
        let Some(field) = def.hierarchy else { return Ok(()) };
        let above = |row: &Row| match row.get(field.index()) {
            Some(Value::Ref(above)) => Some(*above),
            _ => None,
        };
        let Some(mut at) = above(row).filter(|now| above(old) != Some(*now)) else { return Ok(()) };
        // Records of a store that was written before this was checked may lead into a ring of their own.
        let mut seen = HashSet::new();
        while seen.insert(at) {
            if at == record {
                let name = def.fields.get(field.index()).map_or("", |field| field.name.as_str());
                return Err(faults::hierarchy_ring(&def.name, name));
            }
            match self.stored(at)?.and_then(|row| above(&row)) {
                Some(next) => at = next,
                None => break,
            }
        }
        Ok(())
    }

    fn check_field(&mut self, record: RecordRef, def: &EntityDef, index: usize, value: &Value) -> Answer<()> {
        let schema = Arc::clone(&self.schema);
        let Some(field) = def.fields.get(index) else { return Ok(()) };
        let column = schema.table(record.entity)?.columns.get(index);
        let Some(column) = column else { return Ok(()) };
        if value.is_none() {
            return if column.optional { Ok(()) } else { Err(faults::required(&def.name, &field.name)) };
        }
        if !column.kind.fits(value) {
            return Err(faults::wrong_type(&def.name, &field.name));
        }
        if let Some(max) = field.text_max
            && is_longer(value, max)
        {
            return Err(faults::text_too_long(&def.name, &field.name, max));
        }
        check_bounds(def, field, value)?;
        if let Value::Ref(target) = value
            && *target != record
            && self.stored(*target)?.is_none()
        {
            return Err(faults::bad_reference(&def.name, &field.name));
        }
        if let Value::List(items) | Value::Record(items) = value
            && self.has_lost_reference(items)?
        {
            return Err(faults::bad_reference(&def.name, &field.name));
        }
        if let (Kind::Enum, Value::Enum(number), None) = (&column.kind, value, field.system)
            && !self.is_member(field, *number)
        {
            return Err(faults::wrong_type(&def.name, &field.name));
        }
        Ok(())
    }

    /// Whether a reference within a list or record leads nowhere.
    fn has_lost_reference(&mut self, items: &[Value]) -> Answer<bool> {
        for item in items {
            let is_lost = match item {
                Value::Ref(target) => self.stored(*target)?.is_none(),
                Value::List(items) | Value::Record(items) => self.has_lost_reference(items)?,
                _ => false,
            };
            if is_lost {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_member(&self, field: &FieldDef, number: i32) -> bool {
        let Some(TypeDef::Enum(index)) = index::present(self.module(), field.ty) else { return true };
        self.module().enum_def(index).is_some_and(|e| e.members.iter().any(|m| m.value == number))
    }

    fn check_transition(&self, def: &EntityDef, row: &Row, old: Option<&Row>) -> Answer<()> {
        let (Some(states), Some(status), Some(old)) = (&def.states, def.system_field(SystemField::Status), old) else {
            return Ok(());
        };
        let number = |row: &Row| match row.get(status.index()) {
            Some(Value::Enum(number)) => *number,
            _ => 0,
        };
        let (from, to) = (number(old), number(row));
        if from == to || states.changes.contains(&(from, to)) {
            return Ok(());
        }
        let name = |n| self.status_name(states, n);
        Err(faults::transition(&def.name, name(from), name(to)))
    }

    /// `lost.out_sold`.
    pub(crate) fn status_name(&self, states: &StatesDef, number: i32) -> String {
        let member = |index, value| {
            let def = self.module().enum_def(index)?;
            def.members.iter().position(|m| m.value == value).and_then(|at| Some((at, def.members.get(at)?)))
        };
        let Some((at, status)) = member(states.status, number) else { return number.to_string() };
        let state = states.state_of.get(at).and_then(|state| member(states.state, *state));
        match state {
            Some((_, state)) if state.name == status.name || status.name.contains('.') => status.name.clone(),
            Some((_, state)) => format!("{}.{}", state.name, status.name),
            None => status.name.clone(),
        }
    }

    fn check_keys(&mut self, record: RecordRef, def: &EntityDef, row: &Row, old: Option<&Row>) -> Answer<()> {
        for key in &def.unique {
            let part = |row: &Row, field: &FieldIdx| row.get(field.index()).cloned().unwrap_or(Value::None);
            let same = old.is_some_and(|old| key.iter().all(|f| part(old, f) == part(row, f)));
            let parts: Vec<Condition> = key.iter().map(|f| Condition::equal(*f, part(row, f))).collect();
            if same || parts.iter().any(|p| p.argument.is_none()) {
                continue;
            }
            let taken = self.store.candidates(record.entity, &parts, 0, 2)?;
            if taken.iter().any(|id| *id != record.id) {
                let names: Vec<String> =
                    key.iter().filter_map(|f| def.fields.get(f.index())).map(|f| format!("`{}`", f.name)).collect();
                return Err(faults::duplicate(&def.name, names.join(" and ")));
            }
        }
        Ok(())
    }
}

/// A number as its field keeps it: a decimal with the field's places, half to even; a float without a sign of zero, which
/// not every store can keep.
fn rounded(field: &FieldDef, value: Value) -> Answer<Value> {
    if let Value::Float(number) = value {
        return Ok(Value::Float(number + 0.0));
    }
    let (Value::Decimal(number), Some(places)) = (&value, field.places) else { return Ok(value) };
    let mut number = number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven);
    if scaled(number, places).is_none() {
        return Err(overflow());
    }
    number.rescale(places);
    Ok(Value::Decimal(number))
}

/// Writes a field of a row, if the entity has it.
pub(crate) fn set(row: &mut Row, field: Option<FieldIdx>, value: Value) {
    if let Some(place) = field.and_then(|f| row.get_mut(f.index())) {
        *place = value;
    }
}

/// Whether a value lies within the bounds and the length of its field.
pub(super) fn is_within(field: &FieldDef, value: &Value) -> bool {
    is_between(field, value) && !field.text_max.is_some_and(|max| is_longer(value, max))
}

fn is_between(field: &FieldDef, value: &Value) -> bool {
    let is = |bound: &Option<Value>, order| bound.as_ref().is_some_and(|to| compare::order(value, to) == Some(order));
    !is(&field.low, Ordering::Less) && !is(&field.high, Ordering::Greater)
}

fn check_bounds(def: &EntityDef, field: &FieldDef, value: &Value) -> Answer<()> {
    if is_between(field, value) {
        return Ok(());
    }
    let bound = |value: &Option<Value>| value.as_ref().map(plain);
    let bounds = match (bound(&field.low), bound(&field.high)) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, high) => format!("at most {}", high.unwrap_or_default()),
    };
    Err(faults::out_of_bounds(&def.name, &field.name, bounds))
}

/// A number as people write it.
fn plain(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::Decimal(d) => d.normalize().to_string(),
        Value::Float(f) => f.to_string(),
        Value::Money(m) => format!("{} {}", Decimal::new(m.amount, 4).normalize(), m.currency),
        Value::Date(days) => codec::date_to_text(*days).unwrap_or_else(|_| days.to_string()),
        Value::Time(micros) => time_of_day(*micros),
        Value::DateTime(at) => {
            jiff::Timestamp::from_microsecond(*at).map_or_else(|_| at.to_string(), |t| t.to_string())
        }
        other => format!("{other:?}"),
    }
}

/// Whether a text, or one in a list, has more characters.
fn is_longer(value: &Value, max: u32) -> bool {
    match value {
        Value::Text(text) => text.chars().count() > max as usize,
        Value::List(items) => items.iter().any(|item| is_longer(item, max)),
        _ => false,
    }
}
