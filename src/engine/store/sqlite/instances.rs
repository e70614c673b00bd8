//! Instances found by what they are, what wakes them, and the loop guard's memory.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params, types::Value as Sql};

use crate::{
    base::value::{EntityIdx, RecordRef},
    bytecode::types::FieldIdx,
    engine::store::{CausedStart, Instance, InstanceFilter, Result, Status, StoreError, Subscription},
};

use super::{SqliteStore, repeated::Repeated, states};

pub(super) fn damaged(id: i64) -> StoreError {
    StoreError::Damaged(format!("the row of instance {id}"))
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

    /// The conditions of a filter, with their values.
    fn conditions(&self, filter: &InstanceFilter) -> Result<(String, Vec<Sql>)> {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        // The index of live instances begins with these three; others are narrower.
        let is_narrow = filter.primary.is_some() || filter.parent.is_some();
        let plus = if is_narrow { "+" } else { "" };
        let is_live = filter.live || filter.status.is_some_and(Status::is_live);
        if is_live {
            conditions.push(format!("{plus}live = 1"));
        } else if filter.process.is_some() && !is_narrow {
            conditions.push("live IN (0, 1)".to_owned());
        }
        if let Some(build) = &filter.build {
            conditions.push(format!("{plus}build = ?"));
            values.push(self.known_number(build)?.map_or(Sql::Null, Sql::Integer));
        } else if filter.process.is_some() && !is_narrow {
            conditions.push("build IN (SELECT number FROM abide_build)".to_owned());
        }
        if let Some(process) = &filter.process {
            conditions.push(format!("{plus}process = ?"));
            values.push(Sql::Text(process.clone()));
        }
        if let Some(status) = filter.status {
            conditions.push("status = ?".to_owned());
            values.push(Sql::Text(status.word().to_owned()));
        }
        if let Some(primary) = filter.primary {
            conditions.push("primary_id = ? AND primary_entity = ?".to_owned());
            values.push(Sql::Integer(primary.id));
            values.push(Sql::Text(self.entity_name(primary.entity)?.to_owned()));
        }
        if let Some(parent) = filter.parent {
            conditions.push("parent = ?".to_owned());
            values.push(Sql::Integer(parent));
        }
        if !filter.branches {
            conditions.push("branch IS NULL".to_owned());
        }
        let test = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        Ok((test, values))
    }

    pub(super) fn number_of_instances(&mut self, filter: &InstanceFilter) -> Result<i64> {
        self.write_instances_behind()?;
        let (test, values) = self.conditions(filter)?;
        let sql = format!("SELECT count(*) FROM abide_instance WHERE {test}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?)
    }

    pub(super) fn has_live_of(&mut self, build: &str) -> Result<bool> {
        self.write_instances_behind()?;
        let Some(number) = self.known_number(build)? else { return Ok(false) };
        let sql =
            "SELECT EXISTS (SELECT 1 FROM abide_instance INDEXED BY abide_instance_live WHERE live = 1 AND build = ?1)";
        Ok(self.connection.prepare_cached(sql)?.query_row([number], |row| row.get(0))?)
    }

    pub(super) fn find_instances(&mut self, filter: &InstanceFilter) -> Result<Vec<Instance>> {
        self.write_instances_behind()?;
        let (test, values) = self.conditions(filter)?;
        let sql = format!("SELECT {} FROM abide_instance WHERE {test} ORDER BY id", *states::NAMES);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.instance_of(row)?);
        }
        Ok(found)
    }

    pub(super) fn find_instance_ids(&mut self, filter: &InstanceFilter, after: i64, limit: u32) -> Result<Vec<i64>> {
        self.write_instances_behind()?;
        let (test, mut values) = self.conditions(filter)?;
        values.extend([Sql::Integer(after), Sql::Integer(i64::from(limit))]);
        let sql = format!("SELECT id FROM abide_instance WHERE {test} AND id > ? ORDER BY id LIMIT ?");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn count_running(&mut self, process: &str, slot: &str) -> Result<u32> {
        self.write_instances_behind()?;
        let sql = "SELECT count(*) FROM abide_instance INDEXED BY abide_instance_running \
                   WHERE process = ?1 AND slot = ?2 AND slot IS NOT NULL AND status <> 'queued'";
        Ok(self.connection.prepare_cached(sql)?.query_row([process, slot], |row| row.get(0))?)
    }

    pub(super) fn find_first_queued(&mut self, process: &str, slot: &str) -> Result<Option<i64>> {
        self.write_instances_behind()?;
        let sql = "SELECT id FROM abide_instance INDEXED BY abide_instance_queued \
                   WHERE process = ?1 AND slot = ?2 AND slot IS NOT NULL AND status = 'queued' ORDER BY id LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([process, slot], |row| row.get(0)).optional()?)
    }

    pub(super) fn find_of_slot(&mut self, process: &str, slot: &str) -> Result<Vec<i64>> {
        self.write_instances_behind()?;
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

    /// Writes the rows of subscriptions; `known` are those that there are, if that is known.
    pub(super) fn write_subscriptions(
        &self,
        statements: &mut Repeated<'_>,
        instance: i64,
        known: Option<&[Subscription]>,
        to: &[Subscription],
    ) -> Result<()> {
        if known.is_none_or(|known| !known.is_empty()) {
            self.connection
                .prepare_cached("DELETE FROM abide_subscription WHERE instance = ?1")?
                .execute([instance])?;
        }
        let sql = "INSERT OR IGNORE INTO abide_subscription (kind, entity, target, field, instance) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        for subscription in to {
            let (kind, entity, target, field) = self.key(subscription)?;
            statements.statement(sql)?.execute((kind, entity, target, field, instance))?;
        }
        Ok(())
    }

    pub(super) fn read_subscriptions(&mut self, instance: i64) -> Result<Vec<Subscription>> {
        self.write_subscriptions_behind()?;
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

    pub(super) fn find_subscribers(&mut self, of: Subscription) -> Result<Vec<i64>> {
        self.write_subscriptions_behind()?;
        let (kind, entity, target, field) = self.key(&of)?;
        let sql = "SELECT instance FROM abide_subscription \
                   WHERE target = ?1 AND entity = ?2 AND kind = ?3 AND field = ?4 ORDER BY instance";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params![target, entity, kind, field], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn find_field_subscribers(&mut self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>> {
        if self.open && self.updates.is_unwatched(record) {
            return Ok(Vec::new());
        }
        self.write_subscriptions_behind()?;
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
        drop(rows);
        drop(statement);
        found.sort_unstable();
        if self.open && found.is_empty() {
            self.updates.note_unwatched(record);
        }
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
