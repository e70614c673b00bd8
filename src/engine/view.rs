//! What people see of instances: where they stand, what they wait for, and until when.

use std::collections::BTreeMap;

use crate::base::value::{EntityIdx, RecordRef, Value};

use super::{
    Engine,
    faults::Answer,
    store::{Instance, InstanceFilter, LogEntry, Status, StoredFault, Subscription},
};

/// An instance as listings show it.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceView {
    /// Its id.
    pub id: i64,
    /// Its process.
    pub process: String,
    /// Where it stands.
    pub status: Status,
    /// The primary record.
    pub record: Option<RecordRef>,
    /// The shown name of the primary record.
    pub record_name: String,
    /// The name of the suspension point.
    pub point: Option<String>,
    /// What wakes it, in words: `state of opportunity:42`.
    pub waits_for: Vec<String>,
    /// When the clock wakes it.
    pub until: Option<i64>,
    /// Why it was stopped or cancelled.
    pub message: String,
    /// Why it is parked.
    pub fault: Option<StoredFault>,
    /// Its result.
    pub result: Option<Value>,
    /// The instance that started it.
    pub parent: Option<i64>,
    /// The user whose rights its steps have; none is the system.
    pub user: Option<i64>,
    /// When it was started.
    pub created: i64,
    /// When its status changed last.
    pub changed: i64,
}

/// A branch of an instance as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchView {
    /// The branch "legal"; of a `parallel for each` the one of its third element.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// The name of the suspension point.
    pub point: Option<String>,
    /// What wakes it, in words.
    pub waits_for: Vec<String>,
    /// When the clock wakes it.
    pub until: Option<i64>,
    /// Why it is parked.
    pub fault: Option<StoredFault>,
}

/// Branches that are shown of one instance.
const BRANCHES_SHOWN: usize = 100;
/// Lines of the log that are read at a time.
const LOG_BATCH: u32 = 1_000;
/// The same of one record: there are few, and the whole log is looked through for each batch.
const HISTORY_BATCH: u32 = 100_000;

impl Engine {
    /// Instances for a listing, in order of id.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn list(&mut self, filter: &InstanceFilter) -> Answer<Vec<InstanceView>> {
        let instances = self.store.instances(filter)?;
        instances.into_iter().map(|instance| self.view(instance)).collect()
    }

    /// These instances for a listing, in this order, but for those that are gone.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn views(&mut self, ids: &[i64]) -> Answer<Vec<InstanceView>> {
        let mut views = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(instance) = self.store.instance(*id)? {
                views.push(self.view(instance)?);
            }
        }
        Ok(views)
    }

    /// One instance for a listing.
    ///
    /// # Errors
    /// R0402 if there is none; or the store's error.
    pub fn show(&mut self, id: i64) -> Answer<InstanceView> {
        let instance = self.known_instance(id)?;
        self.view(instance)
    }

    /// The log of an instance, or of everything: each line in order.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn timeline(&mut self, instance: Option<i64>) -> Answer<Vec<LogEntry>> {
        let mut all: Vec<LogEntry> = Vec::new();
        loop {
            let after = all.last().map_or(0, |entry| entry.key);
            let batch = self.store.log(after, instance, LOG_BATCH)?;
            if batch.is_empty() {
                return Ok(all);
            }
            all.extend(batch);
        }
    }

    /// What was done to a record and what was refused, in order.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn history(&mut self, record: RecordRef) -> Answer<Vec<LogEntry>> {
        let mut all: Vec<LogEntry> = Vec::new();
        loop {
            let after = all.last().map_or(0, |entry| entry.key);
            let batch = self.store.log_of(record, after, HISTORY_BATCH)?;
            let is_all = batch.len() < HISTORY_BATCH as usize;
            all.extend(batch);
            if is_all {
                return Ok(all);
            }
        }
    }

    /// The branches of an instance that run, the outer before the inner.
    pub(crate) fn branch_views(&mut self, whole: i64) -> Answer<Vec<BranchView>> {
        let mut views = Vec::new();
        // LIMIT: BRANCHES_SHOWN
        for id in self.family(whole)?.into_iter().skip(1).take(BRANCHES_SHOWN) {
            let branch = self.known_instance(id)?;
            let is_waiting = branch.status == Status::Waiting;
            views.push(BranchView {
                name: self.branch_name(&branch),
                status: branch.status,
                waits_for: if is_waiting { self.waits_in_words(id)? } else { Vec::new() },
                until: branch.due,
                point: branch.point,
                fault: branch.fault,
            });
        }
        Ok(views)
    }

    fn view(&mut self, instance: Instance) -> Answer<InstanceView> {
        let waits_for = match instance.status {
            Status::Waiting => match instance.branches {
                Some(branches) => vec![ended_in_words(branches.running)],
                None => self.waits_in_words(instance.id)?,
            },
            Status::Queued => vec![self.place_in_words(&instance)?],
            _ => Vec::new(),
        };
        let record_name = match instance.primary {
            Some(record) => self.name_for_people(record)?,
            None => String::new(),
        };
        Ok(InstanceView {
            id: instance.id,
            process: instance.process,
            status: instance.status,
            record: instance.primary,
            record_name,
            point: instance.point,
            waits_for,
            until: instance.due.filter(|_| instance.status.is_live()),
            message: instance.message,
            fault: instance.fault,
            result: instance.result,
            parent: instance.parent,
            user: instance.user,
            created: instance.created,
            changed: instance.changed,
        })
    }

    /// What an instance waits for besides the clock.
    fn waits_in_words(&mut self, id: i64) -> Answer<Vec<String>> {
        let mut fields: BTreeMap<RecordRef, Vec<String>> = BTreeMap::new();
        let mut words = Vec::new();
        for subscription in self.store.subscriptions(id)? {
            match subscription {
                Subscription::Field { entity, id, field } => {
                    let name = if field.0 == 0 { "deletion".to_owned() } else { self.field_name(entity, field) };
                    fields.entry(RecordRef { entity, id }).or_default().push(name);
                }
                Subscription::Referring { entity, field, id } => {
                    let target = self.identity_by_id(id)?;
                    let (entity, field) = (self.entity_name(entity), self.field_name(entity, field));
                    words.push(format!("a {entity} whose {field} is {target}"));
                }
                Subscription::Signal { signal, .. } => words.push(format!("the signal {signal}")),
                Subscription::End { instance } => {
                    let child = self.store.instance(instance)?;
                    let parked = child.as_ref().is_some_and(|child| child.status == Status::Parked);
                    let process = child.map(|child| child.process).unwrap_or_default();
                    let parked = if parked { ", which is parked" } else { "" };
                    words.push(format!("the end of {process} #{instance}{parked}"));
                }
            }
        }
        let of_records = fields.into_iter().map(|(record, names)| {
            let (last, rest) = names.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
            let names = if rest.is_empty() { last.to_owned() } else { format!("{} or {last}", rest.join(", ")) };
            format!("{names} of {}", self.identity(record))
        });
        Ok(of_records.chain(words).collect())
    }

    /// The identity of a record of any entity: ids are unique in a store.
    fn identity_by_id(&mut self, id: i64) -> Answer<String> {
        let entities = u16::try_from(self.module().entities.len()).unwrap_or(u16::MAX);
        for entity in (0..entities).map(EntityIdx) {
            let record = RecordRef { entity, id };
            if self.store.get(record)?.is_some() {
                return Ok(self.identity(record));
            }
        }
        Ok(format!("record {id}"))
    }
}

/// What the join of a `parallel` waits for.
fn ended_in_words(running: u32) -> String {
    if running == 1 { "the end of 1 branch".to_owned() } else { format!("the end of {running} branches") }
}
