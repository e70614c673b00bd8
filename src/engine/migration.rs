//! From the tables of one build to those of the next: planned, shown, then done.
//!
//! Both builds have the numbers of the store, so a field keeps its place, and one that a build lacks is a place that
//! holds nothing. What would lose values is done only if that is asked for; what cannot be done at all says why.

use std::collections::BTreeSet;

use crate::{
    base::value::{EntityIdx, RecordRef, Value},
    bytecode::{
        module::{CompareOp, DefaultDef, EnumDef, FieldDef, Module, ParamDef},
        types::{FieldIdx, TypeDef, TypeIdx},
    },
};

use super::{
    faults::Answer,
    index,
    operation::is_within,
    store::{
        Condition, Schema, Source, Store, TableChange, migrate,
        schema::{Column, Kind, Table},
    },
};

/// Records that are read at a time.
const BATCH: u32 = 1_000;

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
    /// What callers from outside no longer find. It holds nothing up.
    pub notes: Vec<String>,
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
    let pairs = || old.schema.tables.iter().zip(&new.schema.tables);
    let drops = pairs().any(|(from, to)| !from.is_gone() && to.is_gone());
    let mut planner = Planner { store, plan: Plan::default(), drops };
    for (number, (from, to)) in (0u16..).zip(pairs()) {
        planner.table(EntityIdx(number), (old, from), (new, to))?;
    }
    Ok(planner.plan)
}

struct Planner<'a> {
    store: &'a mut dyn Store,
    plan: Plan,
    /// Whether a table goes, so that references to any entity may lead nowhere.
    drops: bool,
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
            (false, false) => self.changed(entity, old, new)?,
        }
        Ok(())
    }

    fn changed(&mut self, entity: EntityIdx, old: (&Side<'_>, &Table), new: (&Side<'_>, &Table)) -> Answer<()> {
        let (from, to) = (old.1, new.1);
        let before = self.plan.steps.len();
        if from.name != to.name {
            self.step(format!("renames the table {} to {}", from.name, to.name), 0);
        }
        let mut columns = Vec::new();
        for (number, (from, to)) in (0u16..).zip(from.columns.iter().zip(&to.columns)) {
            let at = Place { entity, field: FieldIdx(number), name: format!("{}.{}", new.1.entity, to.field) };
            let fields = (field(old.0.module, &at), field(new.0.module, &at));
            let known = self.plan.steps.len();
            let source = self.column(&at, (old.0.module, from, fields.0), (new.0.module, to, fields.1))?;
            let is_refused = self.plan.steps.iter().skip(known).any(|step| step.refused.is_some());
            columns.push((source, is_refused));
        }
        let leads_nowhere = self.drops && to.columns.iter().any(|column| column.kind == Kind::AnyRef);
        let rows_change = self.plan.steps.len() > before || leads_nowhere;
        for key in from.unique.iter().filter(|key| !to.unique.contains(key)) {
            self.step(format!("lets {} of {} repeat", key_name(from, key), to.name), 0);
        }
        for key in to.unique.iter().filter(|key| !from.unique.contains(key)) {
            self.step(format!("makes {} of {} unique", key_name(to, key), to.name), 0);
        }
        if rows_change || from.unique != to.unique {
            self.check_rows(entity, &columns, to, new.0.schema)?;
            let sources = columns.into_iter().map(|(source, _)| source).collect();
            self.plan.changes.push(TableChange::Copy(entity, sources));
        }
        Ok(())
    }

    /// Whether all rows fit into the new table, and no two have the same key. Columns come with whether their change is
    /// refused, which is told already.
    fn check_rows(&mut self, entity: EntityIdx, columns: &[(Source, bool)], to: &Table, schema: &Schema) -> Answer<()> {
        let unclear = |key: &[FieldIdx]| {
            let is_refused = |field: &FieldIdx| columns.get(field.index()).is_some_and(|(_, is_refused)| *is_refused);
            let is_enum = |field: &FieldIdx| to.columns.get(field.index()).is_some_and(|c| c.kind == Kind::Enum);
            // The number of a member that is gone may be that of another one.
            key.iter().any(|field| is_refused(field) && is_enum(field))
        };
        let keys: Vec<&Vec<FieldIdx>> = to.unique.iter().filter(|key| !unclear(key)).collect();
        let mut seen: Vec<BTreeSet<String>> = vec![BTreeSet::new(); keys.len()];
        let mut repeated = vec![0; keys.len()];
        let (mut after, mut misfits) = (0, 0);
        loop {
            let ids = self.store.candidates(entity, &[], after, BATCH)?;
            let Some(last) = ids.last() else { break };
            after = *last;
            for id in ids {
                let Some(row) = self.store.get(RecordRef { entity, id })? else { continue };
                let values = columns.iter().enumerate().map(|(index, (source, _))| {
                    // A field that is new has no place in the row yet.
                    migrate::value(row.get(index).unwrap_or(&Value::None), source, to, index, schema).ok()
                });
                let values: Vec<Option<Value>> = values.collect();
                misfits += i64::from(values.iter().zip(columns).any(|(value, (_, told))| value.is_none() && !told));
                for ((key, seen), repeated) in keys.iter().zip(&mut seen).zip(&mut repeated) {
                    if let Some(key) = key_of(to, key, &values)
                        && !seen.insert(key)
                    {
                        *repeated += 1;
                    }
                }
            }
        }
        if misfits > 0 {
            self.refuse(format!("changes {}", to.name), format!("{} a value that does not fit", have(misfits)));
        }
        for (key, repeated) in keys.into_iter().zip(repeated).filter(|(_, repeated)| *repeated > 0) {
            let words = format!("makes {} of {} unique", key_name(to, key), to.name);
            self.plan.steps.retain(|step| step.words != words);
            self.refuse(words, format!("{} it from another record", have(repeated)));
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
        let enums = (old.2.and_then(|f| members(old.0, f.ty)), new.2.and_then(|f| members(new.0, f.ty)));
        let numbers = match enums {
            (Some(was), Some(is)) => self.renumbered(at, &to.kind, was, is)?,
            _ => Vec::new(),
        };
        let shape = |module, field: Option<&FieldDef>| field.map(|field| shape(module, field.ty));
        let elements = |module, field: Option<&FieldDef>| field.and_then(|field| elements(module, field.ty));
        let is_gathered = match (elements(old.0, old.2), elements(new.0, new.2)) {
            (Some((false, was)), Some((true, is))) => was == is,
            _ => false,
        };
        let is_other = from.kind != to.kind
            || (matches!(enums, (None, _) | (_, None))
                && !is_gathered
                && is_nested(&to.kind)
                && shape(old.0, old.2) != shape(new.0, new.2));
        if is_other && !is_widened(&from.kind, &to.kind) {
            return self.replaced(at, to, new.2);
        }
        if is_other {
            self.step(format!("changes the type of {}", at.name), 0);
        }
        if let (Some(was), Some(is), false) = (old.2, new.2, is_other) {
            self.narrowed(at, was, is)?;
        }
        let absent = self.optional(at, from, to, new.2)?;
        let is_set = |module, field: Option<&FieldDef>| {
            matches!(field.and_then(|field| index::present(module, field.ty)), Some(TypeDef::Set(_)))
        };
        let orders = is_set(new.0, new.2) && (!numbers.is_empty() || !is_set(old.0, old.2));
        if is_set(new.0, new.2) && !is_set(old.0, old.2) {
            self.gathered(at)?;
        }
        Ok(Source::Kept { numbers, orders, absent })
    }

    /// Tells of values that a field no longer takes: they stay until somebody writes the field.
    fn narrowed(&mut self, at: &Place, was: &FieldDef, is: &FieldDef) -> Answer<()> {
        if (&was.low, &was.high, was.text_max) == (&is.low, &is.high, is.text_max) {
            return Ok(());
        }
        let beyond = self.count(at, |value| !value.is_none() && !is_within(is, value))?;
        if beyond > 0 {
            self.step(
                format!("narrows {}: {} a value beyond it, which stays until it is written", at.name, have(beyond)),
                0,
            );
        }
        Ok(())
    }

    /// A list becomes a set: what stands in it again is lost.
    fn gathered(&mut self, at: &Place) -> Answer<()> {
        let repeats = |value: &Value| {
            matches!(value, Value::List(items)
                if matches!(Value::set_of(items.clone()), Value::List(set) if set.len() < items.len()))
        };
        let loses = self.count(at, repeats)?;
        let told = if loses > 0 { format!(": {} a value there more than once", have(loses)) } else { String::new() };
        self.step(format!("makes the lists of {} sets{told}", at.name), loses);
        Ok(())
    }

    /// How many records have such a value.
    fn count(&mut self, at: &Place, is_such: impl Fn(&Value) -> bool) -> Answer<i64> {
        let (mut after, mut found) = (0, 0);
        loop {
            let ids = self.store.candidates(at.entity, &[], after, BATCH)?;
            let Some(last) = ids.last() else { return Ok(found) };
            after = *last;
            for id in ids {
                let row = self.store.get(RecordRef { entity: at.entity, id })?.unwrap_or_default();
                found += i64::from(row.get(at.field.index()).is_some_and(&is_such));
            }
        }
    }

    /// What stands where a field has no value, if it must have one now.
    fn optional(&mut self, at: &Place, from: &Column, to: &Column, field: Option<&FieldDef>) -> Answer<Value> {
        if !from.optional && to.optional {
            self.step(format!("makes {} optional", at.name), 0);
        }
        if !from.optional || to.optional {
            return Ok(Value::None);
        }
        let missing = self.store.count(at.entity, &[at.condition(CompareOp::IsNone)])?;
        let words = format!("makes {} required", at.name);
        match (missing, default(field)) {
            (0, _) => self.step(words, 0),
            (_, Some(value)) => {
                self.step(format!("{words}: {} the default", get(missing)), 0);
                return Ok(value);
            }
            (_, None) => self.refuse(words, format!("{} no value of it, and it has no default", have(missing))),
        }
        Ok(Value::None)
    }

    /// A column that is new.
    fn added(&mut self, at: &Place, to: &Column, field: Option<&FieldDef>, words: String) -> Answer<Source> {
        let value = match (default(field), &to.kind) {
            (Some(value), _) => value,
            (None, _) if to.optional => Value::None,
            (None, Kind::List(_)) => Value::List(Vec::new()),
            (None, _) => {
                match self.store.count(at.entity, &[])? {
                    0 => self.step(words, 0),
                    rows => {
                        let rows = records(rows);
                        let why = format!("it is required and has no default, and {rows} would have no value of it");
                        self.refuse(words, why);
                    }
                }
                return Ok(Source::Fill(Value::None));
            }
        };
        self.step(words, 0);
        Ok(Source::Fill(value))
    }

    /// A column whose values cannot become those of the new type.
    fn replaced(&mut self, at: &Place, to: &Column, field: Option<&FieldDef>) -> Answer<Source> {
        let present = self.present(at)?;
        let words = format!("changes the type of {}, and drops its values, which {} now", at.name, have(present));
        let before = self.plan.steps.len();
        let source = self.added(at, to, field, words)?;
        if let Some(step) = self.plan.steps.get_mut(before) {
            step.loses = present;
        }
        Ok(source)
    }

    /// The new numbers of members.
    fn renumbered(&mut self, at: &Place, kind: &Kind, was: &EnumDef, is: &EnumDef) -> Answer<Vec<(i32, i32)>> {
        let mut numbers = Vec::new();
        for member in &was.members {
            match is.members.iter().find(|new| new.name == member.name) {
                Some(new) => numbers.push((member.value, new.value)),
                None => {
                    let rows = self.holding(at, kind, member.value)?;
                    if rows > 0 {
                        let words = format!("takes {} away from {}", member.name, is.name);
                        self.refuse(words, format!("{} this value in {}", have(rows), at.name));
                    }
                }
            }
        }
        if numbers.iter().all(|(old, new)| old == new) {
            return Ok(Vec::new());
        }
        self.step(format!("gives {} the new numbers of {}", at.name, is.name), 0);
        Ok(numbers)
    }

    /// How many records hold a member of an enum.
    fn holding(&mut self, at: &Place, kind: &Kind, member: i32) -> Answer<i64> {
        let value = Value::Enum(member);
        if !matches!(kind, Kind::List(_)) {
            let test = Condition { argument: value, ..at.condition(CompareOp::Equal) };
            return Ok(self.store.count(at.entity, &[test])?);
        }
        self.count(at, |held| matches!(held, Value::List(items) if items.contains(&value)))
    }

    fn present(&mut self, at: &Place) -> Answer<i64> {
        Ok(self.store.count(at.entity, &[at.condition(CompareOp::IsPresent)])?)
    }
}

/// Whether each value of a kind is also one of another.
fn is_widened(from: &Kind, to: &Kind) -> bool {
    match (from, to) {
        (Kind::Int, Kind::Decimal | Kind::Scaled(_)) | (Kind::Scaled(_), Kind::Decimal) => true,
        (Kind::Text, Kind::Caseless) | (Kind::Caseless, Kind::Text) => true,
        (Kind::Scaled(few), Kind::Scaled(many)) => few <= many,
        _ => false,
    }
}

pub(crate) fn is_nested(kind: &Kind) -> bool {
    matches!(kind, Kind::List(_) | Kind::Record(_))
}

fn key_name(table: &Table, key: &[FieldIdx]) -> String {
    let names = key.iter().filter_map(|field| table.columns.get(field.index()));
    names.map(|column| column.field.as_str()).collect::<Vec<_>>().join(" and ")
}

/// A key of a row as a text that equal keys share; none if a part is absent, or not known.
fn key_of(table: &Table, key: &[FieldIdx], row: &[Option<Value>]) -> Option<String> {
    let mut text = String::new();
    for field in key {
        let (column, value) = (table.columns.get(field.index())?, row.get(field.index())?.clone()?);
        let value = match column.kind.compared(value) {
            Value::None => return None,
            Value::Decimal(number) => Value::Decimal(number.normalize()),
            value => value,
        };
        text.push_str(&format!("{value:?};"));
    }
    Some(text)
}

/// Whether a field is a set, and what it or a list holds.
fn elements(module: &Module, ty: TypeIdx) -> Option<(bool, String)> {
    match index::present(module, ty)? {
        TypeDef::List(inner) => Some((false, shape(module, inner))),
        TypeDef::Set(inner) => Some((true, shape(module, inner))),
        _ => None,
    }
}

/// A type with all that it is made of, as a text.
pub(crate) fn shape(module: &Module, ty: TypeIdx) -> String {
    let of_field = |field: &ParamDef| format!("{}: {}", field.name, shape(module, field.ty));
    match module.ty(ty) {
        Some(TypeDef::Optional(inner)) => format!("{}?", shape(module, *inner)),
        Some(TypeDef::List(inner)) => format!("list<{}>", shape(module, *inner)),
        Some(TypeDef::Set(inner)) => format!("set<{}>", shape(module, *inner)),
        Some(TypeDef::Enum(index)) => {
            let members = module.enum_def(*index).map(|def| def.members.as_slice()).unwrap_or_default();
            format!("{:?}", members.iter().map(|member| (&member.name, member.value)).collect::<Vec<_>>())
        }
        Some(TypeDef::Record(index)) => {
            let fields = module.record(*index).map(|def| def.fields.as_slice()).unwrap_or_default();
            format!("{:?}", fields.iter().map(of_field).collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}

/// A field of an entity.
pub(crate) struct Place {
    pub(crate) entity: EntityIdx,
    pub(crate) field: FieldIdx,
    pub(crate) name: String,
}

impl Place {
    fn condition(&self, op: CompareOp) -> Condition {
        Condition { path: vec![self.field], op, argument: Value::None }
    }
}

pub(crate) fn field<'a>(module: &'a Module, at: &Place) -> Option<&'a FieldDef> {
    module.entity(at.entity)?.fields.get(at.field.index())
}

fn default(field: Option<&FieldDef>) -> Option<Value> {
    match &field?.default {
        DefaultDef::Const(value) => Some(value.clone()),
        DefaultDef::None | DefaultDef::Function(_) => None,
    }
}

/// The enum of a field, or of what its list or set holds.
pub(crate) fn members(module: &Module, ty: TypeIdx) -> Option<&EnumDef> {
    match index::present(module, ty)? {
        TypeDef::Enum(index) => module.enum_def(index),
        TypeDef::List(inner) | TypeDef::Set(inner) => match module.ty(inner)? {
            TypeDef::Enum(index) => module.enum_def(*index),
            _ => None,
        },
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
