//! Reading records: the rows of a transaction, pending values of `before` processes, names, record constants.

use std::{collections::HashSet, sync::Arc};

use crate::{
    base::{
        limits::{QUERY_BATCH, TURN_FUEL},
        value::{EntityIdx, RecordRef, Value},
    },
    bytecode::{
        module::{CompareOp, Conjunct, EntityDef, QueryDef},
        types::{FieldIdx, ParticularIdx, QueryIdx, TypeDef},
    },
};

use super::{
    Engine,
    faults::{self, Answer, Failure},
    index,
    store::{Condition, Row, Subscription},
};

/// Rows that stay in memory: about as many as the processor has at hand.
const CACHE_MAX: usize = 1_024;

impl Engine {
    /// `opportunity:42`.
    #[must_use]
    pub fn identity(&self, record: RecordRef) -> String {
        self.module().identity(record)
    }

    pub(crate) fn entity(&self, entity: EntityIdx) -> Answer<&EntityDef> {
        self.module().entity(entity).ok_or_else(|| faults::unknown_request("an entity"))
    }

    /// The name of an entity, for messages.
    pub(crate) fn entity_name(&self, entity: EntityIdx) -> String {
        self.module().entity(entity).map_or_else(String::new, |e| e.name.clone())
    }

    /// The name of a field, for messages.
    pub(crate) fn field_name(&self, entity: EntityIdx, field: FieldIdx) -> String {
        let field = self.module().entity(entity).and_then(|e| e.fields.get(field.index()));
        field.map_or_else(String::new, |f| f.name.clone())
    }

    /// The record as it is stored, if it exists.
    pub(crate) fn stored(&mut self, record: RecordRef) -> Answer<Option<Arc<Row>>> {
        let is_kept = self.open || self.reading;
        if let Some(row) = self.cache.get(&record).filter(|_| is_kept) {
            return Ok(row.clone());
        }
        let row = self.store.get(record)?.map(Arc::new);
        if is_kept {
            self.keep_row(record, row.clone());
        }
        Ok(row)
    }

    /// Drops what was kept of rows: the store may have others.
    pub(crate) fn forget_rows(&mut self) {
        self.cache.clear();
        self.access.clear();
    }

    /// Keeps a row that was written.
    pub(crate) fn keep_written(&mut self, record: RecordRef, row: Option<Arc<Row>>) {
        self.forget_access(record.entity);
        self.keep_row(record, row);
    }

    /// Reads records that will be asked for one by one.
    pub(crate) fn read_ahead(&mut self, records: &[RecordRef]) -> Answer<()> {
        if !self.open || records.len() > CACHE_MAX {
            return Ok(());
        }
        if self.cache.len() + records.len() > CACHE_MAX {
            self.cache.clear();
        }
        for same in records.chunk_by(|a, b| a.entity == b.entity) {
            let Some(RecordRef { entity, .. }) = same.first().copied() else { continue };
            let unknown = same.iter().filter(|record| !self.cache.contains_key(record));
            let ids: Vec<i64> = unknown.map(|record| record.id).collect();
            for (id, row) in self.store.get_many(entity, &ids)? {
                self.keep_row(RecordRef { entity, id }, Some(Arc::new(row)));
            }
        }
        Ok(())
    }

    /// Keeps a row as the store has it.
    pub(crate) fn keep_row(&mut self, record: RecordRef, row: Option<Arc<Row>>) {
        if self.cache.len() >= CACHE_MAX {
            self.cache.clear();
        }
        self.cache.insert(record, row);
    }

    /// The record as programs read it: within its `before` processes as it is about to be written.
    pub(crate) fn row(&mut self, record: RecordRef) -> Answer<Arc<Row>> {
        if let Some((_, row)) = self.pending.iter().rev().find(|(pending, _)| *pending == record) {
            return Ok(Arc::clone(row));
        }
        self.stored(record)?.ok_or_else(|| faults::gone(self.identity(record)))
    }

    pub(crate) fn read_field(&mut self, record: RecordRef, field: FieldIdx) -> Answer<Value> {
        self.watch(Subscription::Field { entity: record.entity, id: record.id, field });
        let row = self.row(record)?;
        let value = row.get(field.index()).cloned().ok_or_else(|| faults::unknown_request("a field"))?;
        if value.is_none() && !self.pending.is_empty() {
            self.refuse_missing(record.entity, field)?;
        }
        Ok(value)
    }

    /// What is about to be written may lack what is required; who reads that is told so.
    fn refuse_missing(&self, entity: EntityIdx, field: FieldIdx) -> Answer<()> {
        let def = self.entity(entity)?;
        let Some(of) = def.fields.get(field.index()) else { return Ok(()) };
        let may_be_absent = matches!(self.module().ty(of.ty), Some(TypeDef::Optional(_)));
        if may_be_absent { Ok(()) } else { Err(faults::required(&def.name, &of.name)) }
    }

    /// A field of an element of a query: queries see the store.
    pub(crate) fn read_stored(&mut self, record: RecordRef, field: FieldIdx) -> Answer<Value> {
        self.watch(Subscription::Field { entity: record.entity, id: record.id, field });
        let row = self.stored(record)?.ok_or_else(|| faults::gone(self.identity(record)))?;
        row.get(field.index()).cloned().ok_or_else(|| faults::unknown_request("a field"))
    }

    pub(crate) fn exists(&mut self, record: RecordRef) -> Answer<bool> {
        self.watch(Subscription::Field { entity: record.entity, id: record.id, field: FieldIdx(0) });
        Ok(self.pending.iter().any(|(pending, _)| *pending == record) || self.stored(record)?.is_some())
    }

    /// Reads much: each row once.
    ///
    /// # Errors
    /// With what `work` fails with.
    pub fn reading<T>(&mut self, work: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        if self.open {
            return work(self);
        }
        self.cache.clear();
        self.fuel = TURN_FUEL;
        self.reading = true;
        let answer = work(self);
        self.reading = false;
        self.cache.clear();
        answer
    }

    /// Whether the record is in the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_there(&mut self, record: RecordRef) -> Answer<bool> {
        Ok(self.stored(record)?.is_some())
    }

    /// The name that people see: of a record that is gone `(deleted)`.
    pub fn shown_name(&mut self, record: RecordRef) -> Answer<String> {
        if !self.exists(record)? {
            return Ok("(deleted)".to_owned());
        }
        let Some(function) = self.entity(record.entity)?.shown_as else { return Ok(self.identity(record)) };
        match self.evaluate(function, &[Value::Ref(record)])? {
            Some(Value::Text(text)) => Ok(text),
            _ => Ok(self.identity(record)),
        }
    }

    /// The name that people see of an element of a query: queries see the store.
    pub(crate) fn stored_name(&mut self, record: RecordRef) -> Answer<String> {
        let pending = std::mem::take(&mut self.pending);
        let name = self.shown_name(record);
        self.pending = pending;
        name
    }

    /// The shown name; where computing it faults, the code of the fault.
    pub(crate) fn name_for_people(&mut self, record: RecordRef) -> Answer<String> {
        match self.shown_name(record) {
            Err(Failure::Fault(fault)) => Ok(format!("⚠ {}", fault.code)),
            answer => answer,
        }
    }

    /// The conditions of a query with the arguments of a request.
    pub(crate) fn conditions(&mut self, query: QueryIdx, args: &[Value]) -> Answer<(EntityIdx, Vec<Condition>)> {
        let program = Arc::clone(&self.definitions.program);
        let def: &QueryDef = program.module().query(query).ok_or_else(|| faults::unknown_request("a query"))?;
        let mut conditions = Vec::with_capacity(def.conjuncts.len());
        for Conjunct { path, op, argument } in &def.conjuncts {
            let argument = match argument {
                Some(index) => args.get(usize::from(*index)).cloned(),
                None => Some(Value::None),
            };
            let argument = argument.ok_or_else(|| faults::unknown_request("an argument of a query"))?;
            if let ([field], CompareOp::Equal, Value::Ref(record)) = (path.as_slice(), *op, &argument) {
                self.watch(Subscription::Referring { entity: def.entity, field: *field, id: record.id });
            }
            conditions.push(Condition { path: path.clone(), op: *op, argument });
        }
        if self.is_watching() && conditions.iter().any(|condition| condition.path.len() > 1) {
            self.watch_joined(def.entity, &conditions)?;
        }
        Ok((def.entity, conditions))
    }

    /// Notes what the store reads of other records on the paths of conditions: of each record that the other
    /// conditions leave.
    fn watch_joined(&mut self, entity: EntityIdx, conditions: &[Condition]) -> Answer<()> {
        let (own, joined): (Vec<Condition>, Vec<Condition>) =
            conditions.iter().cloned().partition(|condition| condition.path.len() == 1);
        let mut after = 0;
        loop {
            let batch = self.store.candidates(entity, &own, after, QUERY_BATCH)?;
            let Some(last) = batch.last().copied() else { return Ok(()) };
            for (id, condition) in batch.iter().flat_map(|id| joined.iter().map(move |condition| (*id, condition))) {
                let mut at = RecordRef { entity, id };
                for field in &condition.path {
                    match self.read_field(at, *field)? {
                        Value::Ref(next) => at = next,
                        _ => break,
                    }
                }
            }
            after = last;
        }
    }

    /// Whether `low` is below `high` in the hierarchy of their entity.
    pub(crate) fn under(&mut self, low: RecordRef, high: RecordRef, or_equal: bool) -> Answer<bool> {
        if low == high {
            return Ok(or_equal);
        }
        let Some(field) = self.entity(low.entity)?.hierarchy else {
            return Err(faults::unknown_request("a hierarchy"));
        };
        let mut seen = HashSet::new();
        let mut at = low;
        while seen.insert(at) {
            match self.read_field(at, field)? {
                Value::Ref(above) if above == high => return Ok(true),
                Value::Ref(above) => at = above,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The record of a constant such as `Team["Sales"]`.
    pub(crate) fn particular(&mut self, particular: ParticularIdx) -> Answer<RecordRef> {
        let def = self.module().particular(particular).cloned();
        let def = def.ok_or_else(|| faults::unknown_request("a record constant"))?;
        self.record_of_key(def.entity, &def.key)
    }

    /// The record with this unique key or shown name.
    pub(crate) fn record_of_key(&mut self, entity: EntityIdx, key: &str) -> Answer<RecordRef> {
        let known = format!("particular/{}/{key}", self.entity_name(entity));
        if let Some(id) = self.store.meta(&known)?.and_then(|id| id.parse().ok()) {
            let record = RecordRef { entity, id };
            if self.stored(record)?.is_some() {
                return Ok(record);
            }
        }
        let found = match self.by_unique_key(entity, key)? {
            Some(id) => vec![id],
            None => self.by_shown_name(entity, key)?,
        };
        let [id] = found.as_slice() else {
            let count = if found.is_empty() { "none" } else { "several" };
            return Err(faults::particular(self.entity_name(entity), key, count));
        };
        if self.open {
            self.store.set_meta(&known, &id.to_string())?;
        }
        Ok(RecordRef { entity, id: *id })
    }

    pub(super) fn by_unique_key(&mut self, entity: EntityIdx, key: &str) -> Answer<Option<i64>> {
        let keys: Vec<FieldIdx> = self
            .entity(entity)?
            .unique
            .iter()
            .filter_map(|fields| match fields.as_slice() {
                [field] => Some(*field),
                _ => None,
            })
            .collect();
        for field in keys {
            let ty = self.entity(entity)?.fields.get(field.index()).map(|f| f.ty);
            if ty.and_then(|ty| index::present(self.module(), ty)) != Some(TypeDef::Text) {
                continue;
            }
            let condition = Condition::equal(field, Value::Text(key.to_owned()));
            if let Some(id) = self.store.candidates(entity, &[condition], 0, 1)?.first() {
                return Ok(Some(*id));
            }
        }
        Ok(None)
    }

    /// At most two records of this shown name.
    pub(super) fn by_shown_name(&mut self, entity: EntityIdx, name: &str) -> Answer<Vec<i64>> {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let batch = self.store.candidates(entity, &[], after, QUERY_BATCH)?;
            let Some(last) = batch.last().copied() else { return Ok(found) };
            for id in batch {
                // As stored, like every query: also where one of them is about to be written.
                if self.stored_name(RecordRef { entity, id })? == name {
                    found.push(id);
                }
                if found.len() > 1 {
                    return Ok(found);
                }
            }
            after = last;
        }
    }
}
