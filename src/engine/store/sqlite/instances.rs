//! Instances, what wakes them, and the loop guard's memory.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params, types::Value as Sql};
use serde_json::{Value as Json, json};

use crate::{
    base::value::{EntityIdx, RecordRef},
    bytecode::types::FieldIdx,
    engine::store::{
        CausedStart, Instance, InstanceFilter, Result, Status, StoreError, StoredFault, Subscription, codec,
    },
};

use super::SqliteStore;

const COLUMNS: &str = "id, process, build, primary_entity, primary_id, owner, caller, user, parent, ordinal, owned, \
    status, queue, due, arguments, condition, snapshot, point, fault, message, result, depth, cancel, created, changed, \
    acting, slot";

fn damaged(id: i64) -> StoreError {
    StoreError::Damaged(format!("the row of instance {id}"))
}

fn fault_to_text(fault: &StoredFault) -> String {
    let values: Vec<_> = fault.values.iter().map(|(name, value)| json!([name, value])).collect();
    json!({ "code": fault.code, "message": fault.message, "place": fault.place, "values": values }).to_string()
}

fn fault_from_text(text: &str) -> Option<StoredFault> {
    let json: Json = serde_json::from_str(text).ok()?;
    let part = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
    let values = json.get("values")?.as_array()?.iter();
    let pair = |pair: &Json| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()));
    Some(StoredFault {
        code: part("code")?,
        message: part("message")?,
        place: part("place")?,
        values: values.map(pair).collect::<Option<_>>()?,
    })
}

/// Nearly always there is none.
fn acting_to_text(acting: &[Option<i64>]) -> Option<String> {
    (!acting.is_empty()).then(|| json!(acting).to_string())
}

fn acting_from_text(text: &str) -> Option<Vec<Option<i64>>> {
    serde_json::from_str(text).ok()
}

impl SqliteStore {
    pub(super) fn entity_name(&self, entity: EntityIdx) -> Result<&str> {
        Ok(&self.schema.table(entity)?.entity)
    }

    pub(super) fn field_name(&self, entity: EntityIdx, field: FieldIdx) -> Result<&str> {
        Ok(&self.schema.table(entity)?.column(field)?.field)
    }

    /// A reference in two columns.
    pub(super) fn reference(&self, entity: Option<String>, id: Option<i64>) -> Result<Option<RecordRef>> {
        let (Some(name), Some(id)) = (entity, id) else { return Ok(None) };
        match self.schema.entity(&name) {
            Some(entity) => Ok(Some(RecordRef { entity, id })),
            None => Err(StoreError::Damaged(format!("the entity `{name}` is not in the build"))),
        }
    }

    pub(super) fn write_instance(&self, i: &Instance) -> Result<()> {
        let sql = format!("INSERT OR REPLACE INTO abide_instance ({COLUMNS}) VALUES ({})", ["?"; 27].join(", "));
        let entity = i.primary.map(|p| self.entity_name(p.entity)).transpose()?;
        self.connection.prepare_cached(&sql)?.execute(params![
            i.id,
            i.process,
            i.build,
            entity,
            i.primary.map(|p| p.id),
            i.owner,
            i.caller,
            i.user,
            i.parent,
            i.ordinal,
            i.owned,
            i.status.word(),
            i.queue,
            i.due,
            codec::values_to_text(&i.arguments),
            i.condition.as_deref().map(codec::values_to_text),
            i.snapshot,
            i.point,
            i.fault.as_ref().map(fault_to_text),
            i.message,
            i.result.as_ref().map(|r| codec::to_json(r).to_string()),
            i.depth,
            i.cancel,
            i.created,
            i.changed,
            acting_to_text(&i.acting),
            i.slot,
        ])?;
        Ok(())
    }

    fn instance_of(&self, row: &rusqlite::Row<'_>) -> Result<Instance> {
        let id: i64 = row.get(0)?;
        let status: String = row.get(11)?;
        let arguments: String = row.get(14)?;
        let condition: Option<String> = row.get(15)?;
        let fault: Option<String> = row.get(18)?;
        let result: Option<String> = row.get(20)?;
        let acting: Option<String> = row.get(25)?;
        let result = result.map(|text| {
            let json = serde_json::from_str(&text).map_err(|_| damaged(id))?;
            codec::from_json(&json, 0)
        });
        Ok(Instance {
            id,
            process: row.get(1)?,
            build: row.get(2)?,
            primary: self.reference(row.get(3)?, row.get(4)?)?,
            owner: row.get(5)?,
            caller: row.get(6)?,
            user: row.get(7)?,
            parent: row.get(8)?,
            ordinal: row.get(9)?,
            owned: row.get(10)?,
            status: Status::parse(&status).ok_or_else(|| damaged(id))?,
            queue: row.get(12)?,
            due: row.get(13)?,
            arguments: codec::values_from_text(&arguments)?,
            condition: condition.as_deref().map(codec::values_from_text).transpose()?,
            snapshot: row.get(16)?,
            point: row.get(17)?,
            fault: fault.map(|text| fault_from_text(&text).ok_or_else(|| damaged(id))).transpose()?,
            message: row.get(19)?,
            result: result.transpose()?,
            depth: row.get(21)?,
            cancel: row.get(22)?,
            created: row.get(23)?,
            changed: row.get(24)?,
            acting: acting
                .map(|text| acting_from_text(&text).ok_or_else(|| damaged(id)))
                .transpose()?
                .unwrap_or_default(),
            slot: row.get(26)?,
        })
    }

    pub(super) fn read_instance(&self, id: i64) -> Result<Option<Instance>> {
        let sql = format!("SELECT {COLUMNS} FROM abide_instance WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([id])?;
        rows.next()?.map(|row| self.instance_of(row)).transpose()
    }

    /// The conditions of a filter, with their values.
    fn conditions(&self, filter: &InstanceFilter) -> Result<(String, Vec<Sql>)> {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        if let Some(build) = &filter.build {
            conditions.push("build = ?");
            values.push(Sql::Text(build.clone()));
        }
        if let Some(process) = &filter.process {
            conditions.push("process = ?");
            values.push(Sql::Text(process.clone()));
        }
        if let Some(status) = filter.status {
            conditions.push("status = ?");
            values.push(Sql::Text(status.word().to_owned()));
        }
        if filter.live {
            conditions.push("status NOT IN ('succeeded', 'failed', 'canceled')");
        }
        if let Some(primary) = filter.primary {
            conditions.push("primary_id = ? AND primary_entity = ?");
            values.push(Sql::Integer(primary.id));
            values.push(Sql::Text(self.entity_name(primary.entity)?.to_owned()));
        }
        if let Some(parent) = filter.parent {
            conditions.push("parent = ?");
            values.push(Sql::Integer(parent));
        }
        let test = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        Ok((test, values))
    }

    pub(super) fn number_of_instances(&self, filter: &InstanceFilter) -> Result<i64> {
        let (test, values) = self.conditions(filter)?;
        let sql = format!("SELECT count(*) FROM abide_instance WHERE {test}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?)
    }

    pub(super) fn find_instances(&self, filter: &InstanceFilter) -> Result<Vec<Instance>> {
        let (test, values) = self.conditions(filter)?;
        let sql = format!("SELECT {COLUMNS} FROM abide_instance WHERE {test} ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.instance_of(row)?);
        }
        Ok(found)
    }

    pub(super) fn find_instance_ids(&self, filter: &InstanceFilter, after: i64, limit: u32) -> Result<Vec<i64>> {
        let (test, mut values) = self.conditions(filter)?;
        values.extend([Sql::Integer(after), Sql::Integer(i64::from(limit))]);
        let sql = format!("SELECT id FROM abide_instance WHERE {test} AND id > ? ORDER BY id LIMIT ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn count_running(&self, process: &str, slot: &str) -> Result<u32> {
        let sql = "SELECT count(*) FROM abide_instance INDEXED BY abide_instance_running \
                   WHERE process = ?1 AND slot = ?2 AND slot IS NOT NULL AND status <> 'queued'";
        Ok(self.connection.prepare_cached(sql)?.query_row([process, slot], |row| row.get(0))?)
    }

    pub(super) fn find_first_queued(&self, process: &str, slot: &str) -> Result<Option<i64>> {
        let sql = "SELECT id FROM abide_instance INDEXED BY abide_instance_queued \
                   WHERE process = ?1 AND slot = ?2 AND slot IS NOT NULL AND status = 'queued' ORDER BY id LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([process, slot], |row| row.get(0)).optional()?)
    }

    pub(super) fn find_of_slot(&self, process: &str, slot: &str) -> Result<Vec<i64>> {
        let sql = "SELECT id FROM abide_instance INDEXED BY abide_instance_running \
                   WHERE process = ?1 AND slot = ?2 AND slot IS NOT NULL AND status <> 'queued' \
                   UNION ALL SELECT id FROM abide_instance INDEXED BY abide_instance_queued \
                   WHERE process = ?1 AND slot = ?2 AND slot IS NOT NULL AND status = 'queued' ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map([process, slot], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// A subscription as kind, entity, target and field.
    fn key<'a>(&'a self, subscription: &'a Subscription) -> Result<(&'static str, &'a str, i64, &'a str)> {
        Ok(match subscription {
            Subscription::Field { entity, id, field } => {
                ("field", self.entity_name(*entity)?, *id, self.field_name(*entity, *field)?)
            }
            Subscription::Referring { entity, field, id } => {
                ("referring", self.entity_name(*entity)?, *id, self.field_name(*entity, *field)?)
            }
            Subscription::End { instance } => ("end", "", *instance, ""),
            Subscription::Signal { instance, signal } => ("signal", signal, *instance, ""),
        })
    }

    fn subscription(&self, kind: &str, entity: &str, id: i64, field: &str) -> Option<Subscription> {
        if kind == "end" {
            return Some(Subscription::End { instance: id });
        }
        if kind == "signal" {
            return Some(Subscription::Signal { instance: id, signal: Arc::from(entity) });
        }
        let index = self.schema.entity(entity)?;
        let table = self.schema.table(index).ok()?;
        let field = table.columns.iter().position(|c| c.field == field)?;
        let field = FieldIdx(u16::try_from(field).ok()?);
        match kind {
            "field" => Some(Subscription::Field { entity: index, id, field }),
            "referring" => Some(Subscription::Referring { entity: index, field, id }),
            _ => None,
        }
    }

    pub(super) fn write_subscriptions(&self, instance: i64, to: &[Subscription]) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM abide_subscription WHERE instance = ?1")?.execute([instance])?;
        let sql = "INSERT OR IGNORE INTO abide_subscription (kind, entity, target, field, instance) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut statement = self.connection.prepare_cached(sql)?;
        for subscription in to {
            let (kind, entity, target, field) = self.key(subscription)?;
            statement.execute(params![kind, entity, target, field, instance])?;
        }
        Ok(())
    }

    pub(super) fn read_subscriptions(&self, instance: i64) -> Result<Vec<Subscription>> {
        let sql = "SELECT kind, entity, target, field FROM abide_subscription WHERE instance = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([instance])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (kind, entity): (String, String) = (row.get(0)?, row.get(1)?);
            let field: String = row.get(3)?;
            let subscription = self.subscription(&kind, &entity, row.get(2)?, &field);
            found.push(subscription.ok_or_else(|| damaged(instance))?);
        }
        found.sort_unstable();
        Ok(found)
    }

    pub(super) fn find_subscribers(&self, of: Subscription) -> Result<Vec<i64>> {
        let (kind, entity, target, field) = self.key(&of)?;
        let sql = "SELECT instance FROM abide_subscription \
                   WHERE target = ?1 AND entity = ?2 AND kind = ?3 AND field = ?4 ORDER BY instance";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params![target, entity, kind, field], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn find_field_subscribers(&self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>> {
        let entity = self.entity_name(record.entity)?;
        let sql = "SELECT field, instance FROM abide_subscription \
                   WHERE target = ?1 AND entity = ?2 AND kind = 'field'";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![record.id, entity])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (field, instance): (String, i64) = (row.get(0)?, row.get(1)?);
            match self.subscription("field", entity, record.id, &field) {
                Some(Subscription::Field { field, .. }) => found.push((field, instance)),
                _ => return Err(damaged(instance)),
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    pub(super) fn write_start(&self, start: &CausedStart) -> Result<()> {
        let sql = "INSERT INTO abide_start (process, entity, record, at) VALUES (?1, ?2, ?3, ?4)";
        let entity = self.entity_name(start.record.entity)?;
        self.connection.prepare_cached(sql)?.execute(params![start.process, entity, start.record.id, start.at])?;
        Ok(())
    }

    pub(super) fn count_starts(&self, process: &str, record: RecordRef, since: i64) -> Result<u32> {
        self.connection.prepare_cached("DELETE FROM abide_start WHERE at < ?1")?.execute([since])?;
        let sql = "SELECT count(*) FROM abide_start WHERE record = ?1 AND process = ?2 AND entity = ?3";
        let entity = self.entity_name(record.entity)?;
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![record.id, process, entity], |row| row.get(0)).optional()?.unwrap_or(0))
    }
}
