//! Instances found by what they are, and the loop guard's memory.

use rusqlite::{OptionalExtension, params, types::Value as Sql};

use crate::{
    base::value::{EntityIdx, RecordRef},
    bytecode::types::FieldIdx,
    engine::store::{CausedStart, Instance, InstanceFilter, Result, Status, StoreError},
};

use super::{SqliteStore, states};

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

    /// Whether it is known that no instance has a parent: then none has children.
    fn has_no_children(&mut self) -> Result<bool> {
        if !self.open {
            return Ok(false);
        }
        if let Some(known) = self.residents.childless {
            return Ok(known);
        }
        self.write_instances_behind()?;
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM abide_instance INDEXED BY abide_instance_parent \
                   WHERE parent IS NOT NULL)";
        let childless = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        self.residents.childless = Some(childless);
        Ok(childless)
    }

    pub(super) fn find_instances(&mut self, filter: &InstanceFilter) -> Result<Vec<Instance>> {
        if filter.parent.is_some() && self.has_no_children()? {
            return Ok(Vec::new());
        }
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
