//! Checks a data file against a module before anything runs: every name and every value, all mistakes at once.

use std::collections::BTreeMap;

use super::names::{self, Order};
use crate::{
    base::{
        limits::DATA_MESSAGES_MAX,
        span::Spanned,
        value::{EntityIdx, RecordRef},
    },
    bytecode::module::{Module, ParamDef, ProcessDef, ProcessKind, RecordKind},
    data::{
        convert, errors,
        file::{DataFile, EventAction, Fields, RecordData},
    },
    diag::Diagnostic,
};

/// The order of creation, if all is right.
///
/// # Errors
/// Everything that is wrong.
pub fn plan(module: &Module, data: &DataFile) -> Result<Order, Vec<Diagnostic>> {
    let mut planner = Planner { module, named: BTreeMap::new(), problems: Vec::new() };
    planner.collect(data);
    planner.check(data);
    if planner.is_full() {
        return Err(planner.problems);
    }
    let order = match names::order(module, &data.records) {
        Ok(order) => order,
        Err(more) => {
            planner.problems.extend(more);
            Order::default()
        }
    };
    if planner.problems.is_empty() { Ok(order) } else { Err(planner.problems) }
}

struct Planner<'a> {
    module: &'a Module,
    /// Named records with their entity; the id means nothing.
    named: BTreeMap<&'a str, RecordRef>,
    problems: Vec<Diagnostic>,
}

impl<'a> Planner<'a> {
    /// Whether enough is wrong.
    fn is_full(&self) -> bool {
        // LIMIT: DATA_MESSAGES_MAX
        self.problems.len() >= DATA_MESSAGES_MAX
    }

    fn collect(&mut self, data: &'a DataFile) {
        let created = data.events.iter().filter_map(|event| match &event.action {
            EventAction::Create(record) => Some(record),
            _ => None,
        });
        for record in data.records.iter().chain(created) {
            if self.is_full() {
                break;
            }
            match names::entity(self.module, &record.entity) {
                Ok((entity, _)) => self.name(record, entity),
                Err(problem) => self.problems.push(problem),
            }
        }
        self.problems.dedup_by_key(|problem| problem.primary.span);
    }

    fn name(&mut self, record: &'a RecordData, entity: EntityIdx) {
        let Some(name) = &record.name else { return };
        if self.named.insert(&name.node, RecordRef { entity, id: 1 }).is_some() {
            self.problems.push(errors::wrong_value(&format!("`{}`", name.node), "a name of its own", name.span));
        }
    }

    fn check(&mut self, data: &'a DataFile) {
        if let Some(user) = &data.user {
            self.user(user);
        }
        for record in &data.records {
            if self.is_full() {
                return;
            }
            self.fields(&record.entity, &record.fields);
        }
        for event in &data.events {
            if self.is_full() {
                return;
            }
            if let Some(user) = &event.user {
                self.user(user);
            }
            match &event.action {
                EventAction::Create(record) => self.fields(&record.entity, &record.fields),
                EventAction::Update { record, set } => {
                    if let Some(entity) = self.record(record).and_then(|r| self.module.entity(r.entity)) {
                        self.fields(&Spanned::new(entity.name.clone(), record.span), set);
                    }
                }
                EventAction::Assign { record, to } => {
                    self.record(record);
                    self.record(to);
                }
                EventAction::Delete(record) => {
                    self.record(record);
                }
                EventAction::Emit { signal, to, with } => {
                    if let Some(to) = to {
                        self.record(to);
                    }
                    self.signal(signal, with);
                }
                EventAction::Run { process, is_action, record, with } => {
                    self.process(process, *is_action, record.as_ref(), with);
                }
            }
        }
    }

    fn record(&mut self, name: &Spanned<String>) -> Option<RecordRef> {
        let found = self.named.get(name.node.as_str()).copied();
        if found.is_none() {
            let problem = errors::unknown_name("record", &name.node, name.span, self.named.keys().copied());
            self.problems.push(problem.note("a record gets its name by `$id`"));
        }
        found
    }

    fn user(&mut self, name: &Spanned<String>) {
        let found = self.record(name).and_then(|r| self.module.entity(r.entity));
        if found.is_some_and(|entity| entity.name != "User") {
            self.problems.push(errors::wrong_value(&format!("`{}`", name.node), "a user", name.span));
        }
    }

    fn fields(&mut self, entity: &Spanned<String>, fields: &Fields) {
        let Ok((_, entity)) = names::entity(self.module, entity) else { return };
        for (name, json) in fields {
            if self.is_full() {
                return;
            }
            let checked = names::field(entity, name).and_then(|(_, field)| {
                let resolve = |name: &str| self.named.get(name).copied();
                convert::to_value(self.module, field.ty, json, &format!("`{}`", name.node), &resolve)
            });
            self.problems.extend(checked.err());
        }
    }

    fn process(&mut self, name: &Spanned<String>, is_action: bool, record: Option<&Spanned<String>>, with: &Fields) {
        let fits = |p: &&ProcessDef| if is_action { p.kind == ProcessKind::Action } else { p.on_demand };
        let found = self.module.processes.iter().filter(fits).find(|p| p.name == name.node);
        let Some(process) = found else {
            let kind = if is_action { "action" } else { "process on demand" };
            let known = self.module.processes.iter().filter(fits).map(|p| p.name.as_str());
            self.problems.push(errors::unknown_name(kind, &name.node, name.span, known));
            return;
        };
        match (process.primary, record) {
            (Some(_), Some(record)) => {
                self.record(record);
            }
            (Some(_), None) => self.problems.push(errors::missing_key("for", name.span)),
            (None, Some(record)) => self.problems.push(errors::unknown_key("for", record.span, &["with"])),
            (None, None) => {}
        }
        self.values(name, &process.inputs, with);
    }

    fn signal(&mut self, name: &Spanned<String>, with: &Fields) {
        let Some((_, signal)) = self.module.signal_by_name(&name.node) else {
            let signals = self.module.records.iter().filter(|record| record.kind == RecordKind::Signal);
            let known = signals.map(|record| record.name.as_str());
            self.problems.push(errors::unknown_name("signal", &name.node, name.span, known));
            return;
        };
        self.values(name, &signal.fields, with);
    }

    /// Values by name for the inputs of a process or the fields of a signal.
    fn values(&mut self, name: &Spanned<String>, params: &[ParamDef], with: &Fields) {
        let known: Vec<&str> = params.iter().map(|i| i.name.as_str()).collect();
        for (key, json) in with {
            match params.iter().find(|i| i.name == key.node) {
                None => self.problems.push(errors::unknown_key(&key.node, key.span, &known)),
                Some(input) => {
                    let resolve = |name: &str| self.named.get(name).copied();
                    let what = format!("`{}`", key.node);
                    let checked = convert::to_value(self.module, input.ty, json, &what, &resolve);
                    self.problems.extend(checked.err());
                }
            }
        }
        for input in params {
            let given = with.iter().any(|(key, _)| key.node == input.name);
            let optional = matches!(self.module.ty(input.ty), Some(crate::bytecode::types::TypeDef::Optional(_)));
            if !given && input.default.is_none() && !optional {
                self.problems.push(errors::missing_key(&input.name, name.span));
            }
        }
    }
}
