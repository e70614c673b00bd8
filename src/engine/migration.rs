//! From the tables of one build to those of the next: planned, shown, then done.
//!
//! Both builds have the numbers of the store, so a field keeps its place, and one that a build lacks is a place that
//! holds nothing. What would lose values is done only if that is asked for; what cannot be done at all says why.

use crate::{
    base::value::{EntityIdx, Value},
    bytecode::{
        module::{CompareOp, DefaultDef, EnumDef, FieldDef, Module},
        types::{FieldIdx, TypeDef, TypeIdx},
    },
};

use super::{
    faults::Answer,
    index,
    store::{
        Condition, Schema, Source, Store, TableChange,
        schema::{Column, Kind, Table},
    },
};

/// A step, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `adds opportunity.discount`.
    pub words: String,
    /// How many records lose a value by it.
    pub loses: i64,
    /// Why it cannot be done.
    pub refused: Option<String>,
}

/// What has to be done to a store.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// The tables that change.
    pub(crate) changes: Vec<TableChange>,
}

impl Plan {
    /// How many records lose a value.
    #[must_use]
    pub fn loses(&self) -> i64 {
        self.steps.iter().map(|step| step.loses).sum()
    }

    /// The steps that cannot be done.
    pub fn refusals(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.refused.is_some())
    }
}

/// One side: a build with the numbers of the store.
pub(crate) struct Side<'a> {
    pub(crate) module: &'a Module,
    pub(crate) schema: &'a Schema,
}

/// Plans the way from the tables that the store has to those of a build.
pub(crate) fn plan(store: &mut dyn Store, old: &Side<'_>, new: &Side<'_>) -> Answer<Plan> {
    let mut planner = Planner { store, plan: Plan::default() };
    for (number, (from, to)) in (0u16..).zip(old.schema.tables.iter().zip(&new.schema.tables)) {
        planner.table(EntityIdx(number), (old, from), (new, to))?;
    }
    Ok(planner.plan)
}

struct Planner<'a> {
    store: &'a mut dyn Store,
    plan: Plan,
}

impl Planner<'_> {
    fn step(&mut self, words: String, loses: i64) {
        self.plan.steps.push(Step { words, loses, refused: None });
    }

    fn refuse(&mut self, words: String, why: String) {
        self.plan.steps.push(Step { words, loses: 0, refused: Some(why) });
    }

    fn table(&mut self, entity: EntityIdx, old: (&Side<'_>, &Table), new: (&Side<'_>, &Table)) -> Answer<()> {
        let (from, to) = (old.1, new.1);
        match (from.is_gone(), to.is_gone()) {
            (true, true) => {}
            (true, false) => {
                self.step(format!("makes the table {}", to.name), 0);
                self.plan.changes.push(TableChange::Create(entity));
            }
            (false, true) => {
                let rows = self.store.count(entity, &[])?;
                self.step(format!("drops the table {} with {}", from.name, records(rows)), rows);
                self.plan.changes.push(TableChange::Drop(entity));
            }
            (false, false) => {
                let before = self.plan.steps.len();
                if from.name != to.name {
                    self.step(format!("renames the table {} to {}", from.name, to.name), 0);
                }
                let mut sources = Vec::new();
                for (number, (from, to)) in (0u16..).zip(from.columns.iter().zip(&to.columns)) {
                    let at = Place { entity, field: FieldIdx(number), name: format!("{}.{}", new.1.entity, to.field) };
                    let fields = (field(old.0.module, &at), field(new.0.module, &at));
                    sources.push(self.column(&at, (old.0.module, from, fields.0), (new.0.module, to, fields.1))?);
                }
                if from.unique != to.unique {
                    self.step(format!("changes the unique keys of {}", to.name), 0);
                }
                if self.plan.steps.len() > before {
                    self.plan.changes.push(TableChange::Copy(entity, sources));
                }
            }
        }
        Ok(())
    }

    fn column(
        &mut self,
        at: &Place,
        old: (&Module, &Column, Option<&FieldDef>),
        new: (&Module, &Column, Option<&FieldDef>),
    ) -> Answer<Source> {
        let (from, to) = (old.1, new.1);
        match (&from.kind, &to.kind) {
            (Kind::Gone, Kind::Gone) => return Ok(Source::Fill(Value::None)),
            (Kind::Gone, _) => return self.added(at, to, new.2, format!("adds {}", at.name)),
            (_, Kind::Gone) => {
                let present = self.present(at)?;
                self.step(format!("drops {}, which {} a value of", at.name, have(present)), present);
                return Ok(Source::Fill(Value::None));
            }
            _ => {}
        }
        if from.name != to.name {
            self.step(format!("renames the column of {} from {} to {}", at.name, from.name, to.name), 0);
        }
        if from.kind != to.kind {
            return self.converted(at, from, to, new.2);
        }
        if let (Kind::Enum, Some(old_field), Some(new_field)) = (&to.kind, old.2, new.2)
            && let (Some(was), Some(is)) = (members(old.0, old_field.ty), members(new.0, new_field.ty))
            && was.members.iter().map(|m| (&m.name, m.value)).ne(is.members.iter().map(|m| (&m.name, m.value)))
        {
            return self.renumbered(at, was, is);
        }
        if from.optional && !to.optional {
            let missing = self.store.count(at.entity, &[at.condition(CompareOp::IsNone)])?;
            let words = format!("makes {} required", at.name);
            return match (missing, default(new.2)) {
                (0, _) => {
                    self.step(words, 0);
                    Ok(Source::Keep)
                }
                (_, Some(value)) => {
                    self.step(format!("{words}: {} the default", get(missing)), 0);
                    Ok(Source::KeepOr(value))
                }
                (_, None) => {
                    self.refuse(words, format!("{} no value of it, and it has no default", have(missing)));
                    Ok(Source::Keep)
                }
            };
        }
        if !from.optional && to.optional {
            self.step(format!("makes {} optional", at.name), 0);
        }
        Ok(Source::Keep)
    }

    /// A column that is new.
    fn added(&mut self, at: &Place, to: &Column, field: Option<&FieldDef>, words: String) -> Answer<Source> {
        if let Some(value) = default(field) {
            self.step(words, 0);
            return Ok(Source::Fill(value));
        }
        if to.optional {
            self.step(words, 0);
            return Ok(Source::Fill(Value::None));
        }
        if let Kind::List(_) = to.kind {
            self.step(words, 0);
            return Ok(Source::Fill(Value::List(Vec::new())));
        }
        match self.store.count(at.entity, &[])? {
            0 => self.step(words, 0),
            rows => {
                let why = format!("it is required and has no default, and {} would have no value of it", records(rows));
                self.refuse(words, why);
            }
        }
        Ok(Source::Fill(Value::None))
    }

    /// A column whose values become others.
    fn converted(&mut self, at: &Place, from: &Column, to: &Column, field: Option<&FieldDef>) -> Answer<Source> {
        let words = format!("changes the type of {}", at.name);
        let kept = match (&from.kind, &to.kind) {
            (Kind::Int, Kind::Decimal | Kind::Scaled(_)) | (Kind::Scaled(_), Kind::Decimal) => true,
            (Kind::Scaled(few), Kind::Scaled(many)) => few <= many,
            (Kind::Text, Kind::Caseless) | (Kind::Caseless, Kind::Text) => true,
            _ => false,
        };
        if kept && (to.optional || !from.optional) {
            self.step(words, 0);
            return Ok(Source::Convert);
        }
        let present = self.present(at)?;
        let words = format!("{words}, and drops its values, which {} now", have(present));
        let before = self.plan.steps.len();
        let source = self.added(at, to, field, words)?;
        if let Some(step) = self.plan.steps.get_mut(before) {
            step.loses = present;
        }
        Ok(source)
    }

    fn renumbered(&mut self, at: &Place, was: &EnumDef, is: &EnumDef) -> Answer<Source> {
        let mut numbers = Vec::new();
        for member in &was.members {
            match is.members.iter().find(|new| new.name == member.name) {
                Some(new) => numbers.push((member.value, new.value)),
                None => {
                    let value = Value::Enum(member.value);
                    let test = Condition { argument: value, ..at.condition(CompareOp::Equal) };
                    let rows = self.store.count(at.entity, &[test])?;
                    if rows > 0 {
                        let words = format!("takes {} away from {}", member.name, is.name);
                        self.refuse(words, format!("{} this value in {}", have(rows), at.name));
                    }
                }
            }
        }
        if numbers.iter().all(|(old, new)| old == new) {
            return Ok(Source::Keep);
        }
        self.step(format!("gives {} the new numbers of {}", at.name, is.name), 0);
        Ok(Source::Renumber(numbers))
    }

    fn present(&mut self, at: &Place) -> Answer<i64> {
        Ok(self.store.count(at.entity, &[at.condition(CompareOp::IsPresent)])?)
    }
}

/// A field of an entity.
struct Place {
    entity: EntityIdx,
    field: FieldIdx,
    name: String,
}

impl Place {
    fn condition(&self, op: CompareOp) -> Condition {
        Condition { path: vec![self.field], op, argument: Value::None }
    }
}

fn field<'a>(module: &'a Module, at: &Place) -> Option<&'a FieldDef> {
    module.entity(at.entity)?.fields.get(at.field.index())
}

fn default(field: Option<&FieldDef>) -> Option<Value> {
    match &field?.default {
        DefaultDef::Const(value) => Some(value.clone()),
        DefaultDef::None | DefaultDef::Function(_) => None,
    }
}

fn members(module: &Module, ty: TypeIdx) -> Option<&EnumDef> {
    match index::present(module, ty)? {
        TypeDef::Enum(index) => module.enum_def(index),
        _ => None,
    }
}

fn records(count: i64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn have(count: i64) -> String {
    if count == 1 { "1 record has".to_owned() } else { format!("{count} records have") }
}

fn get(count: i64) -> String {
    if count == 1 { "1 record gets".to_owned() } else { format!("{count} records get") }
}

/// What a build that instances began with needs of the tables of another one, and does not find there.
pub(crate) fn misfits(earlier: &Side<'_>, new: &Side<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (number, (from, to)) in (0u16..).zip(earlier.schema.tables.iter().zip(&new.schema.tables)) {
        for (index, (old, now)) in (0u16..).zip(from.columns.iter().zip(&to.columns)) {
            let at = Place {
                entity: EntityIdx(number),
                field: FieldIdx(index),
                name: format!("{}.{}", from.entity, old.field),
            };
            if old.kind == Kind::Gone {
                continue;
            }
            if now.kind == Kind::Gone {
                found.push(format!("{} is gone", at.name));
            } else if old.kind != now.kind || (now.optional && !old.optional) {
                found.push(format!("{} has another type", at.name));
            } else if let (Some(was), Some(is)) = (field(earlier.module, &at), field(new.module, &at))
                && let (Some(was), Some(is)) = (members(earlier.module, was.ty), members(new.module, is.ty))
                && !was.members.iter().all(|m| is.members.iter().any(|n| (&n.name, n.value) == (&m.name, m.value)))
            {
                found.push(format!("{} has other members", was.name));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}
