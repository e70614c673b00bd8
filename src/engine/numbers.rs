//! Automatic numbers of new records. Each prefix has a counter of its own, which is undone with the transaction.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    base::{
        numbering::{self, NumberDay},
        value::{EntityIdx, Value},
    },
    bytecode::module::{EntityDef, FieldDef},
};

use super::{Engine, faults::Answer, store::Row};

impl Engine {
    /// Gives a new record its numbers.
    pub(crate) fn give_numbers(&mut self, entity: EntityIdx, row: &mut Row) -> Answer<()> {
        let program = std::sync::Arc::clone(&self.definitions.program);
        let Some(def) = program.module().entity(entity) else { return Ok(()) };
        for (field, place) in def.fields.iter().zip(row.iter_mut()).filter(|(field, _)| !field.numbering.is_empty()) {
            let day = self.day();
            let counter = counter(def, field, &numbering::counter(&field.numbering, day));
            let number = self.store.count_up(&counter)?;
            *place = Value::Text(numbering::render(&field.numbering, day, number));
        }
        Ok(())
    }

    /// Counts on from the numbers of a record that comes from another store.
    pub(crate) fn count_numbers(&mut self, entity: EntityIdx, row: &Row) -> Answer<()> {
        let program = std::sync::Arc::clone(&self.definitions.program);
        let Some(def) = program.module().entity(entity) else { return Ok(()) };
        for (field, value) in def.fields.iter().zip(row).filter(|(field, _)| !field.numbering.is_empty()) {
            let Value::Text(number) = value else { continue };
            if let Some((of, number)) = numbering::read(&field.numbering, number) {
                self.store.raise_counter(&counter(def, field, &of), number)?;
            }
        }
        Ok(())
    }

    /// Today, in the zone of the project.
    fn day(&self) -> NumberDay {
        let wall = self.wall_day();
        NumberDay { year: wall.year(), month: wall.month(), day: wall.day() }
    }

    /// Today, in the zone of the project, in days since 1970.
    pub(crate) fn today(&self) -> i32 {
        let days = jiff::civil::date(1970, 1, 1).duration_until(self.wall_day()).as_hours() / 24;
        i32::try_from(days).unwrap_or_default()
    }

    fn wall_day(&self) -> Date {
        let zone = TimeZone::get(&self.module().meta.zone).unwrap_or(TimeZone::UTC);
        zone.to_datetime(Timestamp::from_microsecond(self.now).unwrap_or_default()).date()
    }
}

fn counter(entity: &EntityDef, field: &FieldDef, of: &str) -> String {
    format!("number {}.{} {of}", entity.table, field.column)
}
