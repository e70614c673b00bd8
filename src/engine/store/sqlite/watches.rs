//! What wakes an instance. Most wait for fields of their primary record: these stand by name in the row of the instance.
//! All else has rows of its own, by what it is that wakes.

use std::sync::Arc;

use rusqlite::params;

use crate::{
    base::value::RecordRef,
    bytecode::types::FieldIdx,
    engine::store::{Instance, Result, Subscription},
};

use super::{SqliteStore, instances::damaged, repeated::Repeated, resident::Resident};

/// The field of the primary record of an instance that a subscription is for, if it is for one.
fn own(instance: &Instance, subscription: &Subscription) -> Option<FieldIdx> {
    match subscription {
        Subscription::Field { entity, id, field } => {
            (instance.primary == Some(RecordRef { entity: *entity, id: *id })).then_some(*field)
        }
        _ => None,
    }
}

fn all_own<'a>(instance: &'a Instance, of: &'a [Subscription]) -> impl Iterator<Item = FieldIdx> + 'a {
    of.iter().filter_map(|subscription| own(instance, subscription))
}

fn others<'a>(instance: &'a Instance, of: &'a [Subscription]) -> impl Iterator<Item = &'a Subscription> + 'a {
    of.iter().filter(|subscription| own(instance, subscription).is_none())
}

impl Resident {
    /// Whether what wakes it is written.
    pub(super) fn is_wired(&self) -> bool {
        self.subscriptions.is_none() || self.subscriptions == self.written_subscriptions && !self.has_moved()
    }

    /// Whether it has another primary record than its row.
    fn has_moved(&self) -> bool {
        self.written.as_ref().is_some_and(|written| written.primary != self.now.primary)
    }

    /// Whether its row tells which fields of the primary record wake it.
    pub(super) fn is_watch_written(&self) -> bool {
        match (&self.subscriptions, &self.written, &self.written_subscriptions) {
            (None, ..) => true,
            (Some(now), Some(row), Some(written)) if !self.has_moved() => {
                all_own(row, written).eq(all_own(&self.now, now))
            }
            _ => false,
        }
    }
}

impl SqliteStore {
    /// The names of the fields of its primary record that wake an instance.
    pub(super) fn watches(&self, resident: &Resident) -> Result<Option<String>> {
        let mut names = String::new();
        let (Some(of), Some(primary)) = (&resident.subscriptions, resident.now.primary) else { return Ok(None) };
        for field in all_own(&resident.now, of) {
            if !names.is_empty() {
                names.push(' ');
            }
            names.push_str(self.field_name(primary.entity, field)?);
        }
        Ok((!names.is_empty()).then_some(names))
    }

    /// What wakes an instance from now on, written behind.
    pub(super) fn set_subscriptions(&mut self, id: i64, to: &[Subscription]) -> Result<()> {
        self.note_watched(to);
        if self.residents.get(id).is_none() {
            self.read_instance(id)?;
        }
        let Some(known) = self.residents.get(id) else {
            // Somebody of whom there is no row.
            self.writing()?;
            return self.write_others(&mut Repeated::new(&self.connection), id, true, to.iter());
        };
        if known.subscriptions.as_deref() != Some(to) {
            let resident = Resident { subscriptions: Some(to.into()), ..known.clone() };
            self.residents.put(id, Some(resident), self.savepoints);
        }
        Ok(())
    }

    fn note_watched(&mut self, by: &[Subscription]) {
        for subscription in by {
            if let Subscription::Field { entity, id, .. } = subscription {
                self.updates.note_watched(RecordRef { entity: *entity, id: *id });
            }
        }
    }

    /// Before an instance gets another primary record: what its row says of the fields of the one that it had is known.
    pub(super) fn know_subscriptions(&mut self, id: i64) -> Result<()> {
        if self.residents.get(id).is_none_or(|known| known.subscriptions.is_some()) {
            return Ok(());
        }
        let found: Option<Arc<[Subscription]>> = Some(self.select_subscriptions(id)?.into());
        if let Some(known) = self.residents.get(id) {
            let resident = Resident { subscriptions: found.clone(), written_subscriptions: found, ..known.clone() };
            self.residents.put(id, Some(resident), self.savepoints);
        }
        Ok(())
    }

    /// Writes the rows of what wakes instances; those of the instances are written.
    pub(super) fn write_wiring<'a>(&self, instances: impl Iterator<Item = &'a Resident>) -> Result<()> {
        let mut statements = Repeated::new(&self.connection);
        for resident in instances.filter(|resident| !resident.is_wired()) {
            let (now, to) = (&resident.now, resident.subscriptions.as_deref().unwrap_or_default());
            let row = resident.written.as_ref().unwrap_or(now);
            let had_others = match &resident.written_subscriptions {
                Some(written) if others(row, written).eq(others(now, to)) => continue,
                written => written.as_ref().is_none_or(|written| others(row, written).next().is_some()),
            };
            self.write_others(&mut statements, now.id, had_others, others(now, to))?;
        }
        Ok(())
    }

    fn write_others<'a>(
        &self,
        statements: &mut Repeated<'_>,
        instance: i64,
        had_others: bool,
        to: impl Iterator<Item = &'a Subscription>,
    ) -> Result<()> {
        if had_others {
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

    /// Before a query of what wakes instances.
    fn write_all_wiring(&mut self) -> Result<()> {
        if self.residents.are_wired() { Ok(()) } else { self.write_instances_behind() }
    }

    pub(super) fn read_subscriptions(&mut self, instance: i64) -> Result<Vec<Subscription>> {
        self.write_all_wiring()?;
        self.select_subscriptions(instance)
    }

    fn select_subscriptions(&self, instance: i64) -> Result<Vec<Subscription>> {
        let mut found = Vec::new();
        let sql =
            "SELECT primary_entity, primary_id, watches FROM abide_instance WHERE id = ?1 AND watches IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([instance])?;
        while let Some(row) = rows.next()? {
            let (entity, id, names): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            for name in names.split(' ') {
                found.push(self.subscription("field", &entity, id, name).ok_or_else(|| damaged(instance))?);
            }
        }
        let sql = "SELECT kind, entity, target, field FROM abide_subscription WHERE instance = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([instance])?;
        while let Some(row) = rows.next()? {
            let (kind, entity): (String, String) = (row.get(0)?, row.get(1)?);
            let field: String = row.get(3)?;
            let subscription = self.subscription(&kind, &entity, row.get(2)?, &field);
            found.push(subscription.ok_or_else(|| damaged(instance))?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    pub(super) fn find_subscribers(&mut self, of: Subscription) -> Result<Vec<i64>> {
        self.write_all_wiring()?;
        let (kind, entity, target, field) = self.key(&of)?;
        let sql = "SELECT instance FROM abide_subscription \
                   WHERE target = ?1 AND entity = ?2 AND kind = ?3 AND field = ?4 ORDER BY instance";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params![target, entity, kind, field], |row| row.get(0))?;
        let mut found: Vec<i64> = found.collect::<rusqlite::Result<_>>()?;
        if let Subscription::Field { entity, id, field } = of {
            let own = self.select_watching(RecordRef { entity, id })?;
            found.extend(own.into_iter().filter(|(of, _)| *of == field).map(|(_, instance)| instance));
            found.sort_unstable();
            found.dedup();
        }
        Ok(found)
    }

    pub(super) fn find_field_subscribers(&mut self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>> {
        if self.open && self.updates.is_unwatched(record) {
            return Ok(Vec::new());
        }
        self.write_all_wiring()?;
        let mut found = self.select_watching(record)?;
        let entity = self.entity_name(record.entity)?;
        let sql = "SELECT field, instance FROM abide_subscription \
                   WHERE target = ?1 AND entity = ?2 AND kind = 'field'";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![record.id, entity])?;
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
        found.dedup();
        if self.open && found.is_empty() {
            self.updates.note_unwatched(record);
        }
        Ok(found)
    }

    /// The instances that fields of their primary record wake, with these fields.
    fn select_watching(&self, record: RecordRef) -> Result<Vec<(FieldIdx, i64)>> {
        let entity = self.entity_name(record.entity)?;
        let sql = "SELECT id, watches FROM abide_instance INDEXED BY abide_instance_watch \
                   WHERE primary_id = ?1 AND watches IS NOT NULL AND primary_entity = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![record.id, entity])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (instance, names): (i64, String) = (row.get(0)?, row.get(1)?);
            for name in names.split(' ') {
                match self.subscription("field", entity, record.id, name) {
                    Some(Subscription::Field { field, .. }) => found.push((field, instance)),
                    _ => return Err(damaged(instance)),
                }
            }
        }
        Ok(found)
    }
}
