//! One instance with its children, as bytes that travel: what it rests at, what wakes it, the records that it can reach
//! by the paths that its build reads, and those that its build names.
//!
//! An instance of an earlier build travels as that build sees it: with the fields that it has, and with the numbers that
//! the store gave to entities and fields, which are also in the snapshot of the machine.
//!
//! The bytes are a magic number, the format, a SHA-256 of the rest, and JSON. Nothing of them is trusted.

mod json;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    base::{
        limits::{QUERY_BATCH, TURN_FUEL},
        value::{RecordRef, Value},
    },
    bytecode::{
        link::Numbering,
        module::{DefaultDef, SystemField},
        types::{ConfigIdx, FieldIdx, FuncIdx, ParticularIdx},
    },
    vm::machine::Machine,
};

use super::{
    Engine,
    faults::{Answer, Failure},
    index,
    store::{
        Condition, Instance, InstanceFilter, Mail, Row, Schema, Status, StoreError, Subscription, UndoNote, codec,
    },
};

/// How an export begins.
pub const MAGIC: &[u8; 4] = b"ABEX";
/// How much of the hash of a build a message shows.
const HASH_SHOWN: usize = 12;

/// The format of exports that this program reads and writes.
pub const FORMAT: u16 = 6;

/// Records that travel with an instance; more are not what one process is about.
const RECORDS_MAX: usize = 10_000;

fn damaged(what: &str) -> Failure {
    StoreError::Export(format!("the snapshot has no usable {what}")).into()
}

/// The numbers of entities and fields in an export: the build that it goes on with is loaded into them
/// ([`Program::load_into`](crate::vm::program::Program::load_into)).
///
/// # Errors
/// If the bytes are no export.
pub fn numbering(bytes: &[u8]) -> Answer<Numbering> {
    numbering_of(&open(bytes)?)
}

fn numbering_of(payload: &Json) -> Answer<Numbering> {
    let entities = payload.get("numbering").and_then(|entities| serde_json::from_value(entities.clone()).ok());
    Ok(Numbering { entities: entities.ok_or_else(|| damaged("numbering"))? })
}

impl Engine {
    /// An instance and its children, with the records that they can reach, as the build sees them that it began with.
    ///
    /// # Errors
    /// R0402 if there is no such instance; or the store's error.
    pub fn export(&mut self, id: i64) -> Answer<Vec<u8>> {
        let instance = Instance { parent: None, owned: false, ..self.known_whole(id)? };
        let build = instance.build.clone();
        self.in_build(&build, |engine| engine.export_as_it_is(instance))
    }

    fn export_as_it_is(&mut self, instance: Instance) -> Answer<Vec<u8>> {
        let mut instances = vec![instance];
        let mut next = 0;
        while let Some(parent) = instances.get(next).map(|i| i.id) {
            let filter = InstanceFilter { parent: Some(parent), branches: true, ..InstanceFilter::default() };
            let children = self.store.instances(&filter)?.into_iter();
            // What an ended branch gave is still to be read.
            instances.extend(
                children.filter(|child| child.id > parent && (child.status.is_live() || child.branch.is_some())),
            );
            next += 1;
        }
        let schema = Schema::of(self.module())?;
        let records = self.reachable(&instances, &schema)?;
        let rows = records.iter().map(|(record, row)| self.row_to_json(*record, row));
        let rows = rows.collect::<Answer<Vec<Json>>>()?;
        let mut told = Vec::new();
        for instance in &instances {
            let subscriptions = self.store.subscriptions(instance.id)?;
            let mail = self.store.mailbox(instance.id)?;
            let mut json = self.instance_to_json(instance, &subscriptions);
            if let Json::Object(object) = &mut json {
                let mail = mail.iter().map(|mail| json!([mail.signal, codec::to_json(&mail.value)]));
                object.insert("mail".to_owned(), Json::Array(mail.collect()));
                let notes = self.store.undo_notes(instance.id)?;
                let values = |note: &UndoNote| note.arguments.iter().map(codec::to_json).collect::<Vec<_>>();
                let notes = notes.iter().map(|note| json!([note.key, note.function.0, values(note), note.user]));
                object.insert("undo".to_owned(), Json::Array(notes.collect()));
            }
            told.push(json);
        }
        let payload = json!({
            "project": self.module().meta.name,
            "build": self.definitions.hash,
            "numbering": Numbering::of(self.module()).entities,
            "now": self.now(),
            "instances": told,
            "records": rows,
            "settings": self.settings_to_json(),
        })
        .to_string();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(Sha256::digest(&payload));
        bytes.extend(payload.into_bytes());
        Ok(bytes)
    }

    /// The settings that the build of the instance knows.
    fn settings_to_json(&self) -> BTreeMap<&str, Json> {
        let knows = |name: &str| self.module().configs.iter().any(|config| config.name == name);
        let known = self.settings().filter(|(name, _)| knows(name));
        known.map(|(name, value)| (name, codec::to_json(value))).collect()
    }

    /// Puts an exported instance into a store that holds nothing yet; gives its id.
    ///
    /// # Errors
    /// If the bytes are no export of this build, or have other [numbers](numbering), or the store refuses them.
    pub fn import(&mut self, bytes: &[u8]) -> Answer<i64> {
        let payload = open(bytes)?;
        self.check_build(&payload)?;
        let now = payload.get("now").and_then(Json::as_i64).ok_or_else(|| damaged("moment"))?;
        self.set_clock(now)?;
        self.take_in(&payload).map_err(|failure| match failure {
            // In an empty store these are the snapshot's own.
            Failure::Store(StoreError::Damaged(what) | StoreError::Constraint(what) | StoreError::Schema(what)) => {
                StoreError::Export(format!("the snapshot makes no sense: {what}")).into()
            }
            failure => failure,
        })
    }

    /// Whether it is of the build that runs, with the same numbers.
    fn check_build(&self, payload: &Json) -> Answer<()> {
        let text = |key: &str| payload.get(key).and_then(Json::as_str).ok_or_else(|| damaged(key));
        if text("build")? != self.definitions.hash {
            let short = |hash: &str| hash.chars().take(HASH_SHOWN).collect::<String>();
            let (theirs, ours) = (short(text("build")?), short(&self.definitions.hash));
            let (project, own) = (text("project")?, &self.module().meta.name);
            let message =
                format!("the snapshot is of another build: {theirs} of `{project}`, and this is {ours} of `{own}`");
            return Err(StoreError::Export(message).into());
        }
        if numbering_of(payload)? != Numbering::of(self.module()) {
            let message = "the snapshot numbers entities and fields otherwise than this build";
            return Err(StoreError::Export(message.to_owned()).into());
        }
        Ok(())
    }

    fn take_in(&mut self, payload: &Json) -> Answer<i64> {
        let list = |key: &str| payload.get(key).and_then(Json::as_array).cloned().ok_or_else(|| damaged(key));
        let (records, instances) = (list("records")?, list("instances")?);
        let settings = payload.get("settings").and_then(Json::as_object).ok_or_else(|| damaged("settings"))?;
        self.transaction(|engine| {
            for (name, value) in settings {
                engine.configure(name, codec::from_json(value, 0)?)?;
            }
            let mut last = 0;
            for record in &records {
                last = last.max(engine.import_record(record)?);
            }
            let mut first = None;
            for instance in &instances {
                let id = engine.import_instance(instance)?;
                first = first.or(Some(id));
                last = last.max(id);
            }
            engine.store.raise_counter("id", last)?;
            engine.restart_schedules()?;
            engine.let_in_imported()?;
            first.ok_or_else(|| damaged("instances"))
        })
    }

    fn import_record(&mut self, json: &Json) -> Answer<i64> {
        let name = json.get("entity").and_then(Json::as_str).ok_or_else(|| damaged("entity"))?;
        let (entity, def) = self.module().entity_by_name(name).ok_or_else(|| damaged("entity"))?;
        let fields = json.get("fields").and_then(Json::as_object).ok_or_else(|| damaged("fields"))?;
        let mut row = Vec::with_capacity(def.fields.len());
        for field in &def.fields {
            row.push(codec::from_json(fields.get(&field.name).unwrap_or(&Json::Null), 0)?);
        }
        let Some(Value::Int(id)) = row.first() else { return Err(damaged("record")) };
        let record = RecordRef { entity, id: *id };
        if self.store.get(record)?.is_none() {
            self.store.insert(entity, &row)?;
        }
        self.count_numbers(entity, &row)?;
        Ok(record.id)
    }

    fn import_instance(&mut self, json: &Json) -> Answer<i64> {
        let (mut instance, subscriptions) = self.instance_from_json(json).ok_or_else(|| damaged("instance"))?;
        // A call that waited for its answer is offered anew: nobody outside knows of it.
        if instance.status == Status::Ready || instance.status == Status::Waiting && self.is_job(&instance)? {
            self.make_ready(&mut instance)?;
        }
        self.store.put_instance(&instance)?;
        self.store.subscribe(instance.id, &subscriptions)?;
        for mail in json.get("mail").and_then(Json::as_array).ok_or_else(|| damaged("mailbox"))? {
            let signal = mail.get(0).and_then(Json::as_str).ok_or_else(|| damaged("mailbox"))?;
            let value = codec::from_json(mail.get(1).unwrap_or(&Json::Null), 0)?;
            let key = self.store.count_up("mail")?;
            self.store.put_mail(&Mail { key, instance: instance.id, signal: signal.to_owned(), value })?;
        }
        for note in json.get("undo").and_then(Json::as_array).ok_or_else(|| damaged("undo"))? {
            let note = undo_from_json(instance.id, note).ok_or_else(|| damaged("undo"))?;
            self.store.raise_counter("undo", note.key)?;
            self.store.put_undo(&note)?;
        }
        Ok(instance.id)
    }

    /// Those who had places may have stayed behind.
    fn let_in_imported(&mut self) -> Answer<()> {
        let filter = InstanceFilter { status: Some(Status::Queued), ..InstanceFilter::default() };
        for instance in self.store.instances(&filter)? {
            self.let_in(&instance.process, instance.slot.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }

    /// The records that instances hold, and those that lead on from them by references that the build reads or that
    /// have to lead somewhere; other references are left out.
    fn reachable(&mut self, instances: &[Instance], schema: &Schema) -> Answer<BTreeMap<RecordRef, Row>> {
        let mut open = BTreeSet::new();
        for instance in instances {
            self.held(instance, &mut open)?;
        }
        self.constants(&mut open)?;
        let mut found: BTreeMap<RecordRef, Row> = BTreeMap::new();
        while let Some(record) = open.pop_first() {
            // What came into the store with a later build is nothing to this one.
            if found.contains_key(&record) || schema.table(record.entity)?.is_gone() {
                continue;
            }
            let Some(mut row) = self.store.get(record)? else { continue };
            // LIMIT: RECORDS_MAX
            if found.len() >= RECORDS_MAX {
                return Err(StoreError::Other(format!("more than {RECORDS_MAX} records belong to it")).into());
            }
            self.as_it_was(record, &mut row, schema)?;
            self.follow(record, &mut row, &mut open)?;
            self.referring(record, &mut open)?;
            found.insert(record, row);
        }
        Ok(found)
    }

    /// The records that an instance holds.
    fn held(&mut self, instance: &Instance, into: &mut BTreeSet<RecordRef>) -> Answer<()> {
        into.extend(instance.primary);
        let users = [instance.owner, instance.caller, instance.user, self.system_user];
        if let Some(entity) = self.definitions.index.user {
            into.extend(users.iter().flatten().map(|id| RecordRef { entity, id: *id }));
        }
        for value in instance.arguments.iter().chain(instance.condition.iter().flatten()) {
            mentioned(value, into);
        }
        for mail in self.store.mailbox(instance.id)? {
            mentioned(&mail.value, into);
        }
        for note in self.store.undo_notes(instance.id)? {
            note.arguments.iter().for_each(|value| mentioned(value, into));
        }
        for subscription in self.store.subscriptions(instance.id)? {
            if let Subscription::Field { entity, id, .. } = subscription {
                into.insert(RecordRef { entity, id });
            }
        }
        into.extend(instance.asks.session);
        let earlier = instance.asks.earlier.iter().map(|page| &page.snapshot);
        for bytes in instance.snapshot.iter().chain(earlier) {
            if let Ok(machine) = Machine::thaw(&self.definitions.program, bytes, jiff::tz::TimeZone::UTC) {
                machine.held_values().iter().for_each(|value| mentioned(value, into));
            }
        }
        Ok(())
    }

    /// The records that the build and settings name. One that is not there, or is several, is that elsewhere, too.
    // WHY: of the whole build, not of the instance's process: where it goes on, its writes and those of `--update` start
    // whatever the build starts, and schedules begin again.
    fn constants(&mut self, into: &mut BTreeSet<RecordRef>) -> Answer<()> {
        let count = u16::try_from(self.module().particulars.len()).unwrap_or(u16::MAX);
        for index in (0..count).map(ParticularIdx) {
            self.fuel = TURN_FUEL;
            match self.particular(index) {
                Ok(record) => drop(into.insert(record)),
                Err(Failure::Fault(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        let count = u16::try_from(self.module().configs.len()).unwrap_or(u16::MAX);
        for index in (0..count).map(ConfigIdx) {
            self.fuel = TURN_FUEL;
            match self.setting(index) {
                Ok(value) => mentioned(&value, into),
                Err(Failure::Fault(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        self.exchange_rates(into)
    }

    /// The rates, without which no amount could be written or converted.
    fn exchange_rates(&mut self, into: &mut BTreeSet<RecordRef>) -> Answer<()> {
        let Some((entity, _)) = self.module().entity_by_name("ExchangeRate") else { return Ok(()) };
        let mut after = 0;
        loop {
            let ids = self.store.candidates(entity, &[], after, QUERY_BATCH)?;
            into.extend(ids.iter().map(|id| RecordRef { entity, id: *id }));
            match ids.last() {
                Some(last) => after = *last,
                None => return Ok(()),
            }
        }
    }

    /// Makes of a row one that the build knows: without the fields of later ones. Of a field that later builds dropped or
    /// changed, which its code does not use, nothing is left but its default or the zero of its type.
    fn as_it_was(&self, record: RecordRef, row: &mut Row, schema: &Schema) -> Answer<()> {
        let columns = &schema.table(record.entity)?.columns;
        for ((field, column), value) in self.entity(record.entity)?.fields.iter().zip(columns).zip(row) {
            let fits = if value.is_none() { column.optional } else { column.kind.fits(value) };
            if fits {
                continue;
            }
            *value = match &field.default {
                DefaultDef::Const(default) => default.clone(),
                _ if column.optional => Value::None,
                _ => index::zero(self.module(), field.ty),
            };
            if value.is_none() && !column.optional {
                let what = format!("{} has no {} any more, and its build needs one", self.identity(record), field.name);
                return Err(StoreError::Other(what).into());
            }
        }
        Ok(())
    }

    /// Goes on along the references of a row; those that nobody reads and that need not be there are cleared.
    fn follow(&self, record: RecordRef, row: &mut Row, into: &mut BTreeSet<RecordRef>) -> Answer<()> {
        let def = self.entity(record.entity)?;
        for ((field, value), index) in def.fields.iter().zip(row.iter_mut()).zip(0u16..) {
            let optional = index::present(self.module(), field.ty) != self.module().ty(field.ty).copied();
            let is_read = self.definitions.index.read.contains(&(record.entity, FieldIdx(index)));
            if matches!(value, Value::Ref(_)) && optional && !is_read && field.system != Some(SystemField::Owner) {
                *value = Value::None;
            }
            mentioned(value, into);
        }
        Ok(())
    }

    fn row_to_json(&self, record: RecordRef, row: &Row) -> Answer<Json> {
        let def = self.entity(record.entity)?;
        let fields = def.fields.iter().zip(row).filter(|(field, _)| !field.column.is_empty());
        let fields: Map<String, Json> =
            fields.map(|(field, value)| (field.name.clone(), codec::to_json(value))).collect();
        Ok(json!({ "entity": def.name, "fields": fields }))
    }

    /// Records that refer to this one where queries of the build ask for them.
    fn referring(&mut self, record: RecordRef, into: &mut BTreeSet<RecordRef>) -> Answer<()> {
        for referrer in self.definitions.index.referrers(record.entity).to_vec() {
            if !self.definitions.index.is_watched(referrer.entity, referrer.field) {
                continue;
            }
            let refers = [Condition::equal(referrer.field, Value::Ref(record))];
            let mut after = 0;
            loop {
                let batch = self.store.candidates(referrer.entity, &refers, after, QUERY_BATCH)?;
                let Some(last) = batch.last() else { break };
                after = *last;
                into.extend(batch.iter().map(|id| RecordRef { entity: referrer.entity, id: *id }));
            }
        }
        Ok(())
    }
}

/// An undo block that an instance has noted.
fn undo_from_json(instance: i64, json: &Json) -> Option<UndoNote> {
    let arguments = json.get(2)?.as_array()?.iter().map(|value| codec::from_json(value, 0).ok());
    Some(UndoNote {
        key: json.get(0)?.as_i64().filter(|key| *key > 0)?,
        instance,
        function: FuncIdx(u32::try_from(json.get(1)?.as_u64()?).ok()?),
        arguments: arguments.collect::<Option<_>>()?,
        user: json.get(3)?.as_i64(),
    })
}

/// The records that a value holds.
fn mentioned(value: &Value, into: &mut BTreeSet<RecordRef>) {
    match value {
        Value::Ref(record) => {
            into.insert(*record);
        }
        // Values nest as deep as their types, which the verifier limits.
        Value::List(items) | Value::Record(items) => items.iter().for_each(|item| mentioned(item, into)),
        _ => {}
    }
}

/// The JSON of an export whose frame is right.
fn open(bytes: &[u8]) -> Answer<Json> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("beginning"))?;
    let (format, rest) = rest.split_first_chunk::<2>().ok_or_else(|| damaged("format"))?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        let message = format!("the snapshot has format {format}, this program knows format {FORMAT}");
        return Err(StoreError::Export(message).into());
    }
    let (sum, payload) = rest.split_first_chunk::<32>().ok_or_else(|| damaged("checksum"))?;
    if Sha256::digest(payload).as_slice() != sum {
        return Err(damaged("checksum"));
    }
    serde_json::from_slice(payload).map_err(|_| damaged("content"))
}
