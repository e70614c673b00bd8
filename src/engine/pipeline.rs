//! The pipeline of an operation: before, the operation itself, after, background starts, wake-ups.

use std::sync::Arc;

use crate::{
    base::{
        limits::OPERATION_DEPTH_MAX,
        value::{EntityIdx, RecordRef, Value},
    },
    bytecode::{
        module::{OnDelete, Phase, SystemField},
        types::FieldIdx,
    },
};

use super::{
    Engine,
    actor::Actor,
    faults::{self, Answer, Failure},
    index::Referrer,
    operation::{Write, set},
    store::{Change, Condition, InstanceFilter, LogKind, Row},
    triggers::{Event, EventKind},
};

impl Engine {
    /// Does something whole or not at all.
    pub(crate) fn statement<T>(&mut self, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        let savepoint = self.store.savepoint()?;
        match work(self) {
            Ok(value) => {
                self.store.release(savepoint)?;
                Ok(value)
            }
            Err(failure) => {
                self.forget_rows();
                if let Failure::Fault(_) = failure {
                    self.store.rollback_to(savepoint)?;
                }
                Err(failure)
            }
        }
    }

    /// An operation: nested at most so deep, and undone by itself where others run within it.
    fn operation<T>(
        &mut self,
        entity: EntityIdx,
        always_undone: bool,
        work: impl FnOnce(&mut Self) -> Answer<T>,
    ) -> Answer<T> {
        // LIMIT: OPERATION_DEPTH_MAX
        if self.nesting >= OPERATION_DEPTH_MAX {
            return Err(faults::nested_too_deeply());
        }
        self.in_current(|engine| engine.current_operation(entity, always_undone, work))
    }

    fn current_operation<T>(
        &mut self,
        entity: EntityIdx,
        always_undone: bool,
        work: impl FnOnce(&mut Self) -> Answer<T>,
    ) -> Answer<T> {
        let runs_others = [Phase::Before, Phase::After].iter().any(|phase| self.definitions.index.acts(entity, *phase));
        self.nesting += 1;
        let answer = if runs_others || always_undone { self.statement(work) } else { work(self) };
        self.nesting -= 1;
        answer
    }

    /// Creates a record.
    pub(crate) fn create_record(&mut self, actor: &Actor, entity: EntityIdx, writes: &[Write]) -> Answer<RecordRef> {
        // A number that was counted for a record that is refused is counted again.
        let current = Arc::clone(&self.current);
        let def = current.program.module().entity(entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        let is_numbered = def.fields.iter().any(|field| !field.numbering.is_empty());
        self.operation(entity, is_numbered, |engine| engine.create_now(actor, entity, writes))
    }

    /// Writes fields of a record.
    pub(crate) fn update_record(&mut self, actor: &Actor, record: RecordRef, writes: &[Write]) -> Answer<()> {
        self.operation(record.entity, false, |engine| engine.update_now(actor, record, writes))
    }

    /// Deletes a record.
    pub(crate) fn delete_record(&mut self, actor: &Actor, record: RecordRef) -> Answer<()> {
        self.operation(record.entity, true, |engine| engine.delete_now(actor, record))
    }

    fn create_now(&mut self, actor: &Actor, entity: EntityIdx, writes: &[Write]) -> Answer<RecordRef> {
        if !self.entity(entity)?.creatable {
            return Err(faults::not_creatable(self.entity_name(entity)));
        }
        let mut row = self.new_row(entity, writes)?;
        let system = self.definitions.index.system(entity);
        let who = self.user_value(actor.user);
        if let Some(owner) = system.owner.and_then(|f| row.get_mut(f.index()))
            && owner.is_none()
        {
            *owner = who.clone();
        }
        let id = self.store.count_up("id")?;
        let record = RecordRef { entity, id };
        set(&mut row, Some(FieldIdx(0)), Value::Int(id));
        for field in [system.created_on, system.modified_on] {
            set(&mut row, field, Value::DateTime(self.now));
        }
        for field in [system.created_by, system.modified_by] {
            set(&mut row, field, who.clone());
        }
        set(&mut row, system.version, Value::Int(1));
        self.give_numbers(entity, &mut row)?;
        self.settle_early(entity, &mut row, None)?;
        self.settle_mail(entity, &mut row, None)?;
        let event = Event {
            kind: EventKind::Created,
            record,
            old: None,
            new: Some(Arc::new(row)),
            written: writes.iter().map(|w| w.field).collect(),
        };
        let mut row = self.run_before(actor, &event)?.to_vec();
        let program = Arc::clone(&self.definitions.program);
        let def = program.module().entity(entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        self.settle_currency(def, &mut row)?;
        self.settle_rate(def, &mut row, None)?;
        self.set_owning_unit(entity, &mut row)?;
        self.check_row(record, &row, None)?;
        self.store.insert(entity, &row)?;
        let changes = self.changes(entity, None, &row);
        let event = Event { new: Some(Arc::new(row)), ..event };
        self.keep_written(record, event.new.clone());
        self.log_record(actor, LogKind::Create, record, changes, String::new())?;
        self.finish(actor, &event)?;
        Ok(record)
    }

    fn update_now(&mut self, actor: &Actor, record: RecordRef, writes: &[Write]) -> Answer<()> {
        let gone = |engine: &Self| faults::gone(engine.identity(record));
        let old = self.stored(record)?.ok_or_else(|| gone(self))?;
        let program = Arc::clone(&self.definitions.program);
        let def = program.module().entity(record.entity).ok_or_else(|| faults::unknown_request("an entity"))?;
        let mut row = Row::clone(&old);
        self.apply(def, &mut row, writes)?;
        self.settle_early(record.entity, &mut row, Some(&old))?;
        self.settle_mail(record.entity, &mut row, Some(&old))?;
        let event = Event {
            kind: EventKind::Updated,
            record,
            old: Some(Arc::clone(&old)),
            new: Some(Arc::new(row)),
            written: writes.iter().map(|w| w.field).collect(),
        };
        let wanted = self.run_before(actor, &event)?;
        // What ran before may have written the record itself: only what this operation changes is put onto it.
        let current = self.stored(record)?.ok_or_else(|| gone(self))?;
        let mut row = Row::clone(&current);
        for ((place, wanted), old) in row.iter_mut().zip(wanted.iter()).zip(old.iter()) {
            if wanted != old {
                place.clone_from(wanted);
            }
        }
        self.settle_currency(def, &mut row)?;
        self.settle_rate(def, &mut row, Some(&current))?;
        self.check_row(record, &row, Some(&current))?;
        self.set_owning_unit(record.entity, &mut row)?;
        let changes = self.changes(record.entity, Some(&current), &row);
        self.stamp(actor, record.entity, &mut row);
        let differing = row.iter().zip(current.iter()).zip(0u16..).filter(|((new, old), _)| new != old);
        let writes: Vec<(FieldIdx, Value)> = differing.map(|((new, _), f)| (FieldIdx(f), new.clone())).collect();
        self.store.update(record, &writes)?;
        let event = Event { old: Some(current), new: Some(Arc::new(row)), ..event };
        self.keep_written(record, event.new.clone());
        self.log_record(actor, LogKind::Update, record, changes, String::new())?;
        self.finish(actor, &event)
    }

    fn delete_now(&mut self, actor: &Actor, record: RecordRef) -> Answer<()> {
        let gone = |engine: &Self| faults::gone(engine.identity(record));
        let old = self.stored(record)?.ok_or_else(|| gone(self))?;
        let event = Event { kind: EventKind::Deleted, record, old: Some(old), new: None, written: Vec::new() };
        self.run_before(actor, &event)?;
        self.deleting.push(record);
        let followed = self.follow_deletion(actor, record);
        self.deleting.pop();
        followed?;
        let name = self.name_for_people(record)?;
        let old = self.stored(record)?.ok_or_else(|| gone(self))?;
        let event = Event { old: Some(old), ..event };
        self.cancel_instances_of(record)?;
        self.store.delete(record)?;
        self.keep_written(record, None);
        self.log_record(actor, LogKind::Delete, record, Vec::new(), name)?;
        self.finish(actor, &event)
    }

    fn finish(&mut self, actor: &Actor, event: &Event) -> Answer<()> {
        self.run_after(actor, event)?;
        self.start_background(actor, event)?;
        self.wake_subscribers(event)
    }

    /// Deletes the records that go with this one and clears references to it; refuses if others still refer to it.
    fn follow_deletion(&mut self, actor: &Actor, record: RecordRef) -> Answer<()> {
        let mut referrers = self.definitions.index.referrers(record.entity).to_vec();
        referrers.sort_by_key(|r| r.on_delete == OnDelete::Restrict);
        for referrer in referrers {
            let mut after = 0;
            while let Some(found) = self.next_referrer(referrer, record, after)? {
                after = found.id;
                match referrer.on_delete {
                    OnDelete::Cascade => self.delete_record(actor, found)?,
                    OnDelete::Clear => {
                        self.update_record(actor, found, &[Write::set(referrer.field, Value::None)])?;
                    }
                    OnDelete::Restrict => {
                        let entity = self.entity_name(referrer.entity);
                        let field = format!("{entity}.{}", self.field_name(referrer.entity, referrer.field));
                        return Err(faults::still_referenced(self.identity(record), field));
                    }
                }
            }
        }
        Ok(())
    }

    /// The next record that refers to one, but for those that are being deleted.
    fn next_referrer(&mut self, referrer: Referrer, to: RecordRef, mut after: i64) -> Answer<Option<RecordRef>> {
        let refers = [Condition::equal(referrer.field, Value::Ref(to))];
        while let Some(id) = self.store.candidates(referrer.entity, &refers, after, 1)?.first().copied() {
            let found = RecordRef { entity: referrer.entity, id };
            if !self.deleting.contains(&found) {
                return Ok(Some(found));
            }
            after = id;
        }
        Ok(None)
    }

    /// Cancels the instances that wait on a record that goes, but for those that wait for just that.
    fn cancel_instances_of(&mut self, record: RecordRef) -> Answer<()> {
        let filter = InstanceFilter { primary: Some(record), live: true, ..InstanceFilter::default() };
        for instance in self.store.instances(&filter)? {
            let handles = self.in_build(&instance.build, |engine| {
                let point = instance.point.as_deref().and_then(|name| engine.point(name));
                Ok(point.is_some_and(|point| point.handles_deletion))
            })?;
            let handles = handles || instance.branches.is_some() && self.branches_handle_deletion(instance.id)?;
            if !handles && !self.is_running(instance.id)? {
                let reason = format!("{} was deleted", self.identity(record));
                self.request_cancel(instance, reason)?;
            }
        }
        Ok(())
    }

    fn stamp(&self, actor: &Actor, entity: EntityIdx, row: &mut Row) {
        let system = self.definitions.index.system(entity);
        set(row, system.modified_on, Value::DateTime(self.now));
        set(row, system.modified_by, self.user_value(actor.user));
        if let Some(Value::Int(version)) = system.version.and_then(|f| row.get_mut(f.index())) {
            *version = version.saturating_add(1);
        }
    }

    /// The unit of the owner.
    fn set_owning_unit(&mut self, entity: EntityIdx, row: &mut Row) -> Answer<()> {
        let system = self.definitions.index.system(entity);
        let (Some(owner), Some(unit)) = (system.owner, system.owning_unit) else { return Ok(()) };
        let Some(Value::Ref(owner)) = row.get(owner.index()).cloned() else { return Ok(()) };
        let value = self.unit_of(owner)?.map_or(Value::None, Value::Ref);
        set(row, Some(unit), value);
        Ok(())
    }

    /// A user as a value of `created_by`; where nobody is named, the built-in one.
    pub(crate) fn user_value(&self, user: Option<i64>) -> Value {
        match (user.or(self.system_user), self.definitions.index.user) {
            (Some(id), Some(entity)) => Value::Ref(RecordRef { entity, id }),
            _ => Value::None,
        }
    }

    /// What the log tells of a write: the fields that people write, with old and new values; those of private fields
    /// are left out.
    fn changes(&self, entity: EntityIdx, old: Option<&Row>, new: &Row) -> Vec<Change> {
        let Some(def) = self.module().entity(entity) else { return Vec::new() };
        let mut changes = Vec::new();
        for (index, (field, new)) in def.fields.iter().zip(new).enumerate() {
            let told = matches!(field.system, None | Some(SystemField::Owner | SystemField::Status));
            let old = old.and_then(|row| row.get(index)).unwrap_or(&Value::None);
            if told && old != new && field.private {
                changes.push(Change { field: field.name.clone(), old: Value::None, new: Value::None });
            } else if told && old != new {
                changes.push(Change { field: field.name.clone(), old: old.clone(), new: new.clone() });
            }
        }
        changes
    }
}
