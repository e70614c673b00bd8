//! The order in which the records of a data file are created: that of the file, but each after the records that it needs.

use crate::base::span::Spanned;
use crate::bytecode::{module::Module, types::TypeDef};
use crate::data::{
    errors,
    file::{DataFile, Fields, RecordData},
    json::{Json, JsonKind},
    reader::{Answer, Trouble},
};

use super::names::Named;

/// The order. References in a circle are left out where the field is optional, and written afterwards.
#[derive(Debug, Default)]
pub struct Order {
    /// How many records there are.
    records: usize,
    /// Their numbers in order of creation; nothing where that is the order of the file.
    create: Option<Vec<u32>>,
    /// Fields that are written afterwards: the record's number and the field's place in it, ascending.
    later: Vec<(u32, u32)>,
}

impl Order {
    /// The number of the record that is created at this step.
    #[must_use]
    pub fn created_at(&self, step: usize) -> Option<usize> {
        match &self.create {
            Some(create) => create.get(step).map(|number| *number as usize),
            None => Some(step).filter(|step| *step < self.records),
        }
    }

    /// How many records are created.
    #[must_use]
    pub fn creations(&self) -> usize {
        self.records
    }

    /// What is written afterwards.
    #[must_use]
    pub fn later(&self) -> &[(u32, u32)] {
        &self.later
    }

    /// The fields of a record that are written at once, without those of [`Order::later`].
    pub fn at_once<'f>(&self, number: usize, fields: &'f Fields) -> impl Iterator<Item = &'f (Spanned<String>, Json)> {
        let of = |(record, _): &(u32, u32)| (*record as usize).cmp(&number);
        let begin = self.later.partition_point(|entry| of(entry).is_lt());
        let later: Vec<u32> =
            self.later.iter().skip(begin).take_while(|entry| of(entry).is_eq()).map(|(_, place)| *place).collect();
        (0u32..).zip(fields).filter(move |(place, _)| !later.contains(place)).map(|(_, field)| field)
    }

    /// What is kept, in bytes.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        let create = self.create.as_ref().map_or(0, Vec::capacity);
        create * size_of::<u32>() + self.later.capacity() * size_of::<(u32, u32)>()
    }
}

/// The records that a record mentions: the place of the field, and the number of the record, in order.
pub(super) fn needs(named: &Named, fields: &Fields) -> Vec<(u32, u32)> {
    let mut needs = Vec::new();
    for (place, (_, value)) in (0u32..).zip(fields) {
        mentioned(value, &mut |name| needs.extend(named.number(name).map(|target| (place, target))));
    }
    needs
}

/// Finds the order. `forward` are the records that mention themselves or one that stands behind them, ascending.
///
/// # Errors
/// E0914 where required references form a circle.
pub(super) fn order(
    module: &Module,
    data: &mut DataFile,
    named: &Named,
    forward: &[u32],
) -> Result<Order, Vec<Trouble>> {
    let records = data.records();
    if forward.is_empty() {
        return Ok(Order { records, ..Order::default() });
    }
    let state = vec![Visit::New; records];
    let order = Order { records, create: Some(Vec::with_capacity(records)), later: Vec::new() };
    let mut walk = Walk { module, data, named, state, order, problems: Vec::new() };
    for number in (0u32..).take(records) {
        if forward.binary_search(&number).is_ok() {
            walk.visit(number).map_err(|trouble| vec![trouble])?;
        } else {
            walk.pass(number);
        }
    }
    walk.order.later.sort_unstable();
    walk.order.later.dedup();
    if walk.problems.is_empty() { Ok(walk.order) } else { Err(walk.problems) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    module: &'a Module,
    data: &'a mut DataFile,
    named: &'a Named,
    state: Vec<Visit>,
    order: Order,
    problems: Vec<Trouble>,
}

impl Walk<'_> {
    /// A record that needs only what stands before it, all of which is done.
    fn pass(&mut self, number: u32) {
        if self.state(number) == Some(Visit::New) {
            self.done(number);
        }
    }

    /// Depth first with a stack of its own: data files are long.
    fn visit(&mut self, first: u32) -> Answer<()> {
        let mut stack: Vec<(u32, Vec<(u32, u32)>)> = Vec::new();
        if self.state(first) == Some(Visit::New) {
            stack.push((first, self.open(first)?));
        }
        while let Some((number, needs)) = stack.last_mut() {
            let number = *number;
            let Some((place, target)) = needs.pop() else {
                stack.pop();
                self.done(number);
                continue;
            };
            match self.state(target) {
                Some(Visit::New) => {
                    let needs = self.open(target)?;
                    stack.push((target, needs));
                }
                Some(Visit::Open) => self.circle(number, place)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn state(&self, number: u32) -> Option<Visit> {
        self.state.get(number as usize).copied()
    }

    fn set(&mut self, number: u32, to: Visit) {
        if let Some(state) = self.state.get_mut(number as usize) {
            *state = to;
        }
    }

    fn done(&mut self, number: u32) {
        self.set(number, Visit::Done);
        self.order.create.get_or_insert_default().push(number);
    }

    /// What a record needs, the first need last.
    fn open(&mut self, number: u32) -> Answer<Vec<(u32, u32)>> {
        self.set(number, Visit::Open);
        let record = self.data.record(number as usize)?;
        let mut needs = needs(self.named, &record.fields);
        needs.reverse();
        needs.shrink_to_fit();
        Ok(needs)
    }

    fn circle(&mut self, number: u32, place: u32) -> Answer<()> {
        let RecordData { entity, fields, .. } = self.data.record(number as usize)?;
        let Some((field, _)) = fields.get(place as usize) else { return Ok(()) };
        let optional = self
            .module
            .entity_by_name(&entity.node)
            .and_then(|(_, entity)| entity.field_by_name(&field.node))
            .is_none_or(|(_, def)| matches!(self.module.ty(def.ty), Some(TypeDef::Optional(_))));
        if optional {
            self.order.later.push((number, place));
        } else {
            let what = format!("`{}`, which refers back to this record,", field.node);
            let expected = "something that can exist before it";
            self.problems.push(errors::wrong_value(&what, expected, field.span).into());
        }
        Ok(())
    }
}

/// Calls `found` for each `$name` in a value.
fn mentioned(json: &Json, found: &mut dyn FnMut(&str)) {
    match &json.kind {
        JsonKind::Text(text) => {
            if let Some(name) = text.strip_prefix('$') {
                found(name);
            }
        }
        JsonKind::List(items) => items.iter().for_each(|item| mentioned(item, found)),
        JsonKind::Object(entries) => entries.iter().for_each(|(_, value)| mentioned(value, found)),
        JsonKind::Null | JsonKind::Bool(_) | JsonKind::Number(_) => {}
    }
}
