//! Operations on records: before, the operation itself, after, background starts, wake-ups.

use std::{cmp::Ordering, rc::Rc};

use rust_decimal::Decimal;

use super::{
    Evaluated, Fault, Reference, arithmetic,
    triggers::{Event, EventKind},
    world::{Actor, Row, Wake},
};
use crate::{
    base::value::{EntityIdx, Money, RecordRef, Value},
    engine::store::{Change, LogKind},
    sema::{
        hir::{Arithmetic, WriteOp},
        schema::{Entity, EntityId, Field, FieldDefault, FieldId, OnDelete, States, SystemField},
        ty::Ty,
    },
};

/// A field, how it is written, and the operand.
pub(super) type Write = (FieldId, WriteOp, Value);

pub(super) fn set(row: &mut [Value], field: Option<FieldId>, value: Value) {
    if let Some(place) = field.and_then(|field| row.get_mut(usize::from(field.0))) {
        *place = value;
    }
}

pub(super) fn get(row: &[Value], field: Option<FieldId>) -> Value {
    field.and_then(|field| row.get(usize::from(field.0))).cloned().unwrap_or(Value::None)
}

impl<'a> Reference<'a> {
    /// Does something whole or not at all.
    pub(super) fn whole<T>(&mut self, work: impl FnOnce(&mut Self) -> Evaluated<T>) -> Evaluated<T> {
        let before = self.world.clone();
        let answer = work(self);
        if answer.is_err() {
            self.world = before;
        }
        answer
    }

    pub(super) fn entity(&self, entity: EntityIdx) -> Evaluated<&'a Entity> {
        self.program.schema.entities.get(usize::from(entity.0)).ok_or(Fault::Unsupported("entity"))
    }

    pub(super) fn system_field(&self, entity: EntityIdx, system: SystemField) -> Evaluated<FieldId> {
        self.entity(entity)?.system_field(system).ok_or(Fault::Unsupported("system field"))
    }

    /// A record as programs read it: in its `before` processes as it is about to be written.
    pub(super) fn read(&mut self, record: RecordRef, field: FieldId) -> Evaluated {
        self.watch_field(record, field);
        let pending = self.pending.iter().rev().find(|(pending, _)| *pending == record).map(|(_, row)| row);
        let row = pending.or_else(|| self.world.records.get(&record)).ok_or(Fault::Trap("R0401"))?;
        Ok(get(row, Some(field)))
    }

    /// A field of an element of a query: queries see the store.
    pub(super) fn read_stored(&mut self, record: RecordRef, field: FieldId) -> Evaluated {
        self.watch_field(record, field);
        Ok(get(self.world.records.get(&record).ok_or(Fault::Trap("R0401"))?, Some(field)))
    }

    pub(super) fn exists(&mut self, record: RecordRef) -> bool {
        self.watch_field(record, FieldId(0));
        self.world.records.contains_key(&record) || self.pending.iter().any(|(pending, _)| *pending == record)
    }

    fn watch_field(&mut self, record: RecordRef, field: FieldId) {
        if let Some(watch) = &mut self.watching
            && !watch.elements.contains(&record)
        {
            watch.wakes.insert(Wake::Field(record, field));
        }
    }

    /// `set` of the primary record in a `before` process.
    pub(super) fn set_pending(&mut self, field: FieldId, value: Value) -> Evaluated<()> {
        let (record, row) = self.pending.last().cloned().ok_or(Fault::Unsupported("pending record"))?;
        let mut row = Vec::clone(&row);
        self.apply(record.entity, &mut row, &[(field, WriteOp::Set, value)])?;
        if let Some((_, place)) = self.pending.last_mut() {
            *place = Rc::new(row);
        }
        Ok(())
    }

    /// Creates a record.
    pub(super) fn create(&mut self, actor: Actor, id: EntityId, writes: Vec<Write>) -> Evaluated<RecordRef> {
        let entity = EntityIdx(id.0);
        let def = self.entity(entity)?;
        if !def.creatable && actor.process.is_some() {
            return Err(Fault::Trap("R0308"));
        }
        let mut row = self.new_row(entity)?;
        self.apply(entity, &mut row, &writes)?;
        let of = |system| def.system_field(system);
        let who = self.user_value(actor.user);
        if of(SystemField::Owner).is_some() && get(&row, of(SystemField::Owner)).is_none() {
            set(&mut row, of(SystemField::Owner), who.clone());
        }
        let record = RecordRef { entity, id: self.world.new_id() };
        set(&mut row, Some(FieldId(0)), Value::Int(record.id));
        for (on, by) in
            [(SystemField::CreatedOn, SystemField::CreatedBy), (SystemField::ModifiedOn, SystemField::ModifiedBy)]
        {
            set(&mut row, of(on), Value::DateTime(self.now));
            set(&mut row, of(by), who.clone());
        }
        set(&mut row, of(SystemField::Version), Value::Int(1));
        self.settle_for_before(def, &mut row, None)?;
        let written = writes.iter().map(|(field, ..)| *field).collect();
        let event = Event { kind: EventKind::Created, record, old: None, new: Some(Rc::new(row)), written };
        let mut row = Vec::clone(&*self.run_before(actor, &event)?);
        self.settle_amounts(def, &mut row, None)?;
        self.set_owning_unit(entity, &mut row)?;
        self.check_row(record, &row, None)?;
        let event = Event { new: Some(Rc::new(row)), ..event };
        self.finish(actor, &event, LogKind::Create, String::new())?;
        Ok(record)
    }

    /// Writes fields of a record.
    pub(super) fn update(&mut self, actor: Actor, record: RecordRef, writes: Vec<Write>) -> Evaluated<()> {
        let entity = record.entity;
        let old = self.stored(record)?;
        let mut row = Vec::clone(&old);
        self.apply(entity, &mut row, &writes)?;
        let def = self.entity(entity)?;
        self.settle_for_before(def, &mut row, Some(&old))?;
        let written = writes.iter().map(|(field, ..)| *field).collect();
        let old_row = Some(Rc::clone(&old));
        let event = Event { kind: EventKind::Updated, record, old: old_row, new: Some(Rc::new(row)), written };
        let wanted = self.run_before(actor, &event)?;
        // A process before it may have written the record itself: what this operation changes comes on top.
        let current = self.stored(record)?;
        let mut row = Vec::clone(&current);
        for ((place, wanted), old) in row.iter_mut().zip(wanted.iter()).zip(old.iter()) {
            if wanted != old {
                place.clone_from(wanted);
            }
        }
        self.settle_amounts(def, &mut row, Some(&current))?;
        self.check_row(record, &row, Some(&current))?;
        self.set_owning_unit(entity, &mut row)?;
        set(&mut row, def.system_field(SystemField::ModifiedOn), Value::DateTime(self.now));
        let who = self.user_value(actor.user);
        set(&mut row, def.system_field(SystemField::ModifiedBy), who);
        if let Value::Int(version) = get(&row, def.system_field(SystemField::Version)) {
            set(&mut row, def.system_field(SystemField::Version), Value::Int(version + 1));
        }
        let event = Event { old: Some(current), new: Some(Rc::new(row)), ..event };
        self.finish(actor, &event, LogKind::Update, String::new())
    }

    /// Deletes a record.
    pub(super) fn delete(&mut self, actor: Actor, record: RecordRef) -> Evaluated<()> {
        let old = self.stored(record)?;
        let event = Event { kind: EventKind::Deleted, record, old: Some(old), new: None, written: Vec::new() };
        self.run_before(actor, &event)?;
        self.deleting.push(record);
        let followed = self.follow_deletion(actor, record);
        self.deleting.pop();
        followed?;
        let name = self.shown_name(record)?;
        let event = Event { old: Some(self.stored(record)?), ..event };
        self.cancel_instances_of(record);
        self.finish(actor, &event, LogKind::Delete, name)
    }

    /// Those who run before see currency and rate, too; they may still mend amounts that do not go together. Until then
    /// both are what they were, those of the base currency for a new record.
    fn settle_for_before(&self, def: &Entity, row: &mut Vec<Value>, old: Option<&[Value]>) -> Evaluated<()> {
        let mut settled = row.clone();
        match self.settle_amounts(def, &mut settled, old) {
            Ok(()) => *row = settled,
            Err(Fault::Trap("R0201")) if old.is_some() => {}
            Err(Fault::Trap("R0201")) => {
                let base = self.program.settings.currency.as_str().to_owned();
                set(row, def.system_field(SystemField::Currency), Value::Text(base));
                set(row, def.system_field(SystemField::ExchangeRate), Value::Decimal(Decimal::ONE));
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Writes what happened, tells it, and what follows from it.
    fn finish(&mut self, actor: Actor, event: &Event, kind: LogKind, message: String) -> Evaluated<()> {
        let changes = match &event.new {
            Some(row) => {
                self.world.records.insert(event.record, Rc::clone(row));
                self.changes(event.record.entity, event.old.as_ref(), row)?
            }
            None => {
                self.world.records.remove(&event.record);
                Vec::new()
            }
        };
        self.tell(actor, kind, Some(event.record), changes, message);
        self.run_handlers(actor, event, crate::sema::schema::Phase::After)?;
        self.start_background(actor, event)?;
        self.wake_subscribers(event);
        Ok(())
    }

    /// The fields that people write, with old and new values.
    fn changes(&self, entity: EntityIdx, old: Option<&Row>, new: &Row) -> Evaluated<Vec<Change>> {
        let mut changes = Vec::new();
        for (index, field) in self.entity(entity)?.fields.iter().enumerate() {
            let is_told = matches!(field.system, None | Some(SystemField::Owner | SystemField::Status));
            let before = old.and_then(|row| row.get(index)).unwrap_or(&Value::None);
            if let Some(after) = new.get(index).filter(|after| is_told && *after != before) {
                changes.push(Change { field: field.name.clone(), old: before.clone(), new: after.clone() });
            }
        }
        Ok(changes)
    }

    fn stored(&self, record: RecordRef) -> Evaluated<Row> {
        self.world.records.get(&record).cloned().ok_or(Fault::Trap("R0401"))
    }

    /// The fields of a new record with their defaults.
    pub(super) fn new_row(&mut self, entity: EntityIdx) -> Evaluated<Vec<Value>> {
        let def = self.entity(entity)?;
        let mut row = Vec::with_capacity(def.fields.len());
        for field in &def.fields {
            row.push(match (&field.default, &field.ty) {
                (Some(FieldDefault::Const(value)), _) => value.clone(),
                (Some(FieldDefault::Function(function)), _) => self.call(*function, Vec::new())?,
                (None, Ty::List(_) | Ty::Set(_)) => Value::List(Vec::new()),
                (None, _) => Value::None,
            });
        }
        if let Some(states) = &def.states {
            let (state, status) = self.pairs(states).into_iter().next().ok_or(Fault::Unsupported("states"))?;
            set(&mut row, def.system_field(SystemField::State), Value::Enum(state));
            set(&mut row, def.system_field(SystemField::Status), Value::Enum(status));
        }
        Ok(row)
    }

    /// Each status with its state: (state, status), those of the first state first.
    fn pairs(&self, states: &States) -> Vec<(i32, i32)> {
        let members = |id: crate::sema::schema::EnumId| {
            let def = self.program.schema.enums.get(usize::from(id.0));
            def.map(|def| def.members.iter().map(|member| member.value).collect::<Vec<_>>()).unwrap_or_default()
        };
        let order = members(states.state);
        let mut pairs: Vec<(i32, i32)> = states.state_of.iter().copied().zip(members(states.status)).collect();
        pairs.sort_by_key(|(state, _)| order.iter().position(|other| other == state));
        pairs
    }

    /// Writes fields into a row; a state brings its first status, a status its state.
    fn apply(&mut self, entity: EntityIdx, row: &mut [Value], writes: &[Write]) -> Evaluated<()> {
        let def = self.entity(entity)?;
        for (id, op, value) in writes {
            let field = def.fields.get(usize::from(id.0)).ok_or(Fault::Unsupported("field"))?;
            let value = self.written(&get(row, Some(*id)), *op, value, &field.ty)?;
            let (Some(states), Value::Enum(number)) = (&def.states, &value) else {
                set(row, Some(*id), stored(value, field)?);
                continue;
            };
            let is_state = match field.system {
                Some(SystemField::State) => true,
                Some(SystemField::Status) => false,
                _ => {
                    set(row, Some(*id), value);
                    continue;
                }
            };
            if is_state && get(row, Some(*id)) == value {
                continue;
            }
            let pairs = self.pairs(states);
            let pair = pairs.iter().find(|(state, status)| if is_state { state == number } else { status == number });
            let (state, status) = pair.ok_or(Fault::Trap("R0309"))?;
            set(row, def.system_field(SystemField::State), Value::Enum(*state));
            set(row, def.system_field(SystemField::Status), Value::Enum(*status));
        }
        Ok(())
    }

    /// The stored value after a write. An absent text is an empty one; another absent value cannot be changed.
    fn written(&self, old: &Value, op: WriteOp, value: &Value, ty: &Ty) -> Evaluated {
        let arithmetic = match op {
            WriteOp::Set => return Ok(value.clone()),
            WriteOp::Add => Arithmetic::Add,
            WriteOp::Append => Arithmetic::Append,
            WriteOp::Multiply => Arithmetic::Multiply,
            WriteOp::Subtract => Arithmetic::Subtract,
        };
        match (old, op) {
            (Value::None, WriteOp::Append) => Ok(value.clone()),
            (Value::None, _) => Err(Fault::Trap("R0103")),
            _ if value.is_none() => Err(Fault::Trap("R0103")),
            (Value::List(old), WriteOp::Subtract) => {
                let Value::List(taken) = value else { return Err(Fault::Unsupported("set")) };
                Ok(Value::List(old.iter().filter(|item| !taken.contains(item)).cloned().collect()))
            }
            _ => arithmetic::compute(arithmetic, old, value, ty.present(), &self.zone),
        }
    }

    /// Whether the record may become so.
    fn check_row(&self, record: RecordRef, row: &[Value], old: Option<&Row>) -> Evaluated<()> {
        let def = self.entity(record.entity)?;
        for (index, field) in def.fields.iter().enumerate().skip(1) {
            let value = row.get(index).unwrap_or(&Value::None);
            if old.is_none_or(|old| old.get(index) != Some(value)) {
                self.check_field(record, field, value)?;
            }
        }
        if let Some(field) = def.hierarchy {
            let first = get(row, Some(field));
            let is_new = old.is_none_or(|old| get(old, Some(field)) != first);
            let next = |at: &Value| match at {
                Value::Ref(at) => self.world.records.get(at).map(|row| get(row, Some(field))),
                _ => None,
            };
            let chain = std::iter::successors(Some(first), next).take(self.world.records.len() + 1);
            if is_new && chain.into_iter().any(|at| at == Value::Ref(record)) {
                return Err(Fault::Trap("R0311"));
            }
        }
        if let (Some(states), Some(old)) = (&def.states, old) {
            let status = def.system_field(SystemField::Status);
            if let (Value::Enum(from), Value::Enum(to)) = (get(old, status), get(row, status))
                && from != to
                && !states.changes.contains(&(from, to))
            {
                return Err(Fault::Trap("R0303"));
            }
        }
        for key in &def.unique {
            let parts = |row: &[Value]| key.iter().map(|field| get(row, Some(*field))).collect::<Vec<_>>();
            let wanted = parts(row);
            let is_new = old.is_none_or(|old| parts(old) != wanted);
            let is_taken = |(other, row): (&RecordRef, &Row)| {
                other.entity == record.entity && *other != record && parts(row) == wanted
            };
            if is_new && !wanted.iter().any(Value::is_none) && self.world.records.iter().any(is_taken) {
                return Err(Fault::Trap("R0301"));
            }
        }
        Ok(())
    }

    fn check_field(&self, record: RecordRef, field: &Field, value: &Value) -> Evaluated<()> {
        if value.is_none() {
            let is_optional = field.ty.is_optional() || field.system == Some(SystemField::OwningUnit);
            return if is_optional { Ok(()) } else { Err(Fault::Trap("R0302")) };
        }
        if let Some(max) = field.text_max
            && is_longer(value, max)
        {
            return Err(Fault::Trap("R0306"));
        }
        if let Some((low, high)) = field.bounds.as_deref() {
            let order = |bound: &Value| {
                let number = |value: &Value| match value {
                    Value::Int(number) => Value::Decimal(Decimal::from(*number)),
                    other => other.clone(),
                };
                arithmetic::order(&number(value), &number(bound))
            };
            if order(low)? == Ordering::Less || order(high)? == Ordering::Greater {
                return Err(Fault::Trap("R0305"));
            }
        }
        match value {
            Value::Ref(target) if *target != record && !self.world.records.contains_key(target) => {
                Err(Fault::Trap("R0307"))
            }
            _ => Ok(()),
        }
    }

    /// The unit of the owner.
    fn set_owning_unit(&self, entity: EntityIdx, row: &mut [Value]) -> Evaluated<()> {
        let def = self.entity(entity)?;
        let unit = def.system_field(SystemField::OwningUnit);
        let Value::Ref(owner) = get(row, def.system_field(SystemField::Owner)) else { return Ok(()) };
        let of_owner = self.entity(owner.entity)?.field("unit").map(|(field, _)| field);
        let value = self.world.records.get(&owner).map_or(Value::None, |row| get(row, of_owner));
        set(row, unit, value);
        Ok(())
    }

    /// Deletes the records that go with this one, and clears references to it; refuses if others still refer to it.
    fn follow_deletion(&mut self, actor: Actor, record: RecordRef) -> Evaluated<()> {
        let schema = &self.program.schema;
        let mut refusing = Vec::new();
        for (entity, def) in (0u16..).map(EntityId).zip(&schema.entities) {
            for (id, field) in (0u16..).map(FieldId).zip(&def.fields).filter(|(_, field)| refers_to(&field.ty, record))
            {
                if field.on_delete == OnDelete::Restrict {
                    refusing.push((entity, id));
                    continue;
                }
                for other in self.world.of_entity(entity) {
                    let row = self.world.records.get(&other);
                    if !row.is_some_and(|row| get(row, Some(id)) == Value::Ref(record))
                        || self.deleting.contains(&other)
                    {
                        continue;
                    }
                    self.whole(|me| match field.on_delete {
                        OnDelete::Clear => me.update(actor, other, vec![(id, WriteOp::Set, Value::None)]),
                        _ => me.delete(actor, other),
                    })?;
                }
            }
        }
        let refers = |(other, row): (&RecordRef, &Row)| {
            let of_other = refusing.iter().filter(|(entity, _)| entity.0 == other.entity.0);
            !self.deleting.contains(other)
                && of_other.into_iter().any(|(_, id)| get(row, Some(*id)) == Value::Ref(record))
        };
        if self.world.records.iter().any(refers) { Err(Fault::Trap("R0304")) } else { Ok(()) }
    }

    /// Cancels the instances of a record that goes, but for those that wait for just that.
    fn cancel_instances_of(&mut self, record: RecordRef) {
        let concerned: Vec<i64> = self
            .world
            .instances
            .values()
            .filter(|instance| instance.primary == Some(record) && instance.status.is_live())
            .filter(|instance| !instance.point.as_ref().is_some_and(|point| point.handles_deletion))
            .filter(|instance| !self.running.contains(&instance.id))
            .map(|instance| instance.id)
            .collect();
        let reason = format!("{} was deleted", self.identity(record));
        concerned.into_iter().for_each(|id| self.request_cancel(id, &reason));
    }
}

/// Whether a field of this type may refer to the record.
fn refers_to(ty: &Ty, record: RecordRef) -> bool {
    *ty.present() == Ty::AnyRef || ty.entities().contains(&EntityId(record.entity.0))
}

/// A value as its field keeps it. Nothing is nothing in every currency: it is stored in that of the field. Decimals have
/// the places of the field, and sets each element once.
fn stored(value: Value, field: &Field) -> Evaluated {
    Ok(match (value, field.ty.present()) {
        (Value::Money(Money { amount: 0, .. }), Ty::MoneyIn(currency)) => {
            Value::Money(Money { amount: 0, currency: *currency })
        }
        // No store has to keep the sign of a zero.
        (Value::Float(number), _) => Value::Float(number + 0.0),
        (Value::Decimal(number), _) => match field.places {
            Some(places) => Value::Decimal(arithmetic::round(number, places)),
            None => Value::Decimal(number),
        },
        (Value::List(items), Ty::Set(_)) => Value::set_of(items),
        (value, _) => value,
    })
}

/// Whether a text, or one in a list, has more characters.
pub(super) fn is_longer(value: &Value, max: u32) -> bool {
    match value {
        Value::Text(text) => text.chars().count() > max as usize,
        Value::List(items) => items.iter().any(|item| is_longer(item, max)),
        _ => false,
    }
}
