//! The records of a data file: which are created in which order, and what their names stand for.

use std::collections::BTreeMap;

use crate::base::{span::Spanned, value::EntityIdx};
use crate::bytecode::{
    module::{EntityDef, FieldDef, Module, SystemField},
    types::{FieldIdx, TypeDef},
};
use crate::data::{
    errors,
    file::{Fields, RecordData},
    json::{Json, JsonKind},
};
use crate::diag::Diagnostic;

/// The entity of this name.
///
/// # Errors
/// E0915 if there is none.
pub fn entity<'m>(module: &'m Module, name: &Spanned<String>) -> Result<(EntityIdx, &'m EntityDef), Diagnostic> {
    module.entity_by_name(&name.node).ok_or_else(|| {
        errors::unknown_name("entity", &name.node, name.span, module.entities.iter().map(|e| e.name.as_str()))
    })
}

/// The field of this name, if a data file may write it: declared fields, `owner`, `state` and `status`.
///
/// # Errors
/// E0915 if there is none.
pub fn field<'m>(entity: &'m EntityDef, name: &Spanned<String>) -> Result<(FieldIdx, &'m FieldDef), Diagnostic> {
    let writable = |field: &&FieldDef| {
        matches!(field.system, None | Some(SystemField::Owner | SystemField::State | SystemField::Status))
    };
    entity.field_by_name(&name.node).filter(|(_, field)| writable(field)).ok_or_else(|| {
        let known = entity.fields.iter().filter(writable).map(|f| f.name.as_str());
        errors::unknown_name(&format!("field of `{}` named", entity.name), &name.node, name.span, known)
    })
}

/// The order in which records are created: that of the file, but each after the records that it needs. References in a
/// circle are left out where the field is optional, and written afterwards.
#[derive(Debug, Default)]
pub struct Order {
    /// Indexes of records, in order of creation.
    pub create: Vec<usize>,
    /// Fields that are written afterwards: their names by the record's index.
    pub later: BTreeMap<usize, Vec<String>>,
}

/// Finds the order.
///
/// # Errors
/// E0914 where required references form a circle.
pub fn order(module: &Module, records: &[RecordData]) -> Result<Order, Vec<Diagnostic>> {
    let by_name: BTreeMap<&str, usize> =
        records.iter().enumerate().filter_map(|(i, r)| r.name.as_ref().map(|name| (name.node.as_str(), i))).collect();
    let mut walk = Walk {
        module,
        records,
        by_name,
        state: vec![Visit::New; records.len()],
        order: Order::default(),
        problems: Vec::new(),
    };
    for index in 0..records.len() {
        walk.visit(index);
    }
    if walk.problems.is_empty() { Ok(walk.order) } else { Err(walk.problems) }
}

/// Records that a record needs: the field that says so, and the record's index.
type Needs<'a> = Vec<(&'a Spanned<String>, usize)>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

struct Walk<'a> {
    module: &'a Module,
    records: &'a [RecordData],
    by_name: BTreeMap<&'a str, usize>,
    state: Vec<Visit>,
    order: Order,
    problems: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    /// Depth first with a stack of its own: data files are long.
    fn visit(&mut self, first: usize) {
        let mut stack: Vec<(usize, Needs<'a>)> = Vec::new();
        if self.state.get(first) == Some(&Visit::New) {
            stack.push((first, self.open(first)));
        }
        while let Some((index, needs)) = stack.last_mut() {
            let index = *index;
            let Some((field, target)) = needs.pop() else {
                stack.pop();
                self.set(index, Visit::Done);
                self.order.create.push(index);
                continue;
            };
            match self.state.get(target) {
                Some(Visit::New) => {
                    let needs = self.open(target);
                    stack.push((target, needs));
                }
                Some(Visit::Open) => self.circle(index, field),
                _ => {}
            }
        }
    }

    fn set(&mut self, index: usize, to: Visit) {
        if let Some(state) = self.state.get_mut(index) {
            *state = to;
        }
    }

    /// What a record needs, the first need last.
    fn open(&mut self, index: usize) -> Needs<'a> {
        self.set(index, Visit::Open);
        let Some(record) = self.records.get(index) else { return Vec::new() };
        let mut needs = Vec::new();
        for (field, value) in &record.fields {
            mentioned(value, &mut |name| {
                if let Some(target) = self.by_name.get(name) {
                    needs.push((field, *target));
                }
            });
        }
        needs.reverse();
        needs
    }

    fn circle(&mut self, index: usize, field: &Spanned<String>) {
        let Some(record) = self.records.get(index) else { return };
        let optional = self
            .module
            .entity_by_name(&record.entity.node)
            .and_then(|(_, entity)| entity.field_by_name(&field.node))
            .is_none_or(|(_, def)| matches!(self.module.ty(def.ty), Some(TypeDef::Optional(_))));
        if optional {
            self.order.later.entry(index).or_default().push(field.node.clone());
        } else {
            let what = format!("`{}`, which refers back to this record,", field.node);
            self.problems.push(errors::wrong_value(&what, "something that can exist before it", field.span));
        }
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

/// The fields that are written at once, without those of `later`.
pub fn at_once<'f>(
    order: &'f Order,
    index: usize,
    fields: &'f Fields,
) -> impl Iterator<Item = &'f (Spanned<String>, Json)> {
    let later = order.later.get(&index).map_or(&[][..], Vec::as_slice);
    fields.iter().filter(move |(name, _)| !later.contains(&name.node))
}
