//! Checks a data file against a module before anything runs: every name and every value, all mistakes at once.

use super::{
    names::{self, Named},
    order::{self, Order},
};
use crate::{
    base::{
        limits::DATA_MESSAGES_MAX,
        span::{FileId, Spanned},
        value::RecordRef,
    },
    bytecode::{
        module::{Module, ParamDef, ProcessDef, ProcessKind, RecordKind},
        types::TypeDef,
    },
    data::{
        convert, errors,
        file::{DataFile, EventAction, EventData, Fields, RecordData, When},
        input::Input,
        reader::{Answer, Trouble},
    },
    diag::Diagnostic,
    engine::later,
};

/// A data file that can be carried out.
pub struct Plan {
    /// The file.
    pub data: DataFile,
    /// The order in which its records are created.
    pub order: Order,
    /// Its records with names.
    pub named: Named,
}

impl Plan {
    /// What is to do where there is no file.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self { data: DataFile::of_nothing(), order: Order::default(), named: Named::default() }
    }

    /// What is kept of the file, in bytes: what grows with it.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.data.kept_bytes() + self.order.kept_bytes() + self.named.kept_bytes()
    }
}

/// Reads a data file and checks all of it, piece by piece.
///
/// # Errors
/// Everything that is wrong.
pub fn plan(module: &Module, input: Box<dyn Input>, file: FileId) -> Result<Plan, Vec<Trouble>> {
    let mut planner = Planner { module, named: Named::default(), forward: Vec::new(), problems: Vec::new() };
    let mut data = DataFile::scan(input, file, &mut |record, number| planner.collect(record, number))?;
    planner.check(&mut data).map_err(|trouble| vec![trouble])?;
    let Planner { named, forward, mut problems, .. } = planner;
    let wrong = |problems: Vec<Diagnostic>| problems.into_iter().map(Trouble::from);
    if problems.len() >= DATA_MESSAGES_MAX {
        return Err(wrong(problems).collect());
    }
    match order::order(module, &mut data, &named, &forward) {
        Ok(order) if problems.is_empty() => Ok(Plan { data, order, named }),
        Ok(_) => Err(wrong(problems).collect()),
        Err(more) => Err(wrong(std::mem::take(&mut problems)).chain(more).collect()),
    }
}

struct Planner<'a> {
    module: &'a Module,
    named: Named,
    /// The records that mention themselves or one that stands behind them, ascending.
    forward: Vec<u32>,
    problems: Vec<Diagnostic>,
}

impl Planner<'_> {
    /// Whether enough is wrong.
    fn is_full(&self) -> bool {
        // LIMIT: DATA_MESSAGES_MAX
        self.problems.len() >= DATA_MESSAGES_MAX
    }

    fn collect(&mut self, record: &RecordData, number: Option<usize>) {
        if self.is_full() || self.problems.last().is_some_and(|last| last.primary.span == record.entity.span) {
            return;
        }
        let entity = match names::entity(self.module, &record.entity) {
            Ok((entity, _)) => entity,
            Err(problem) => return self.problems.push(problem),
        };
        if let Some(name) = &record.name
            && !self.named.add(&name.node, entity, number)
        {
            self.problems.push(errors::wrong_value(&format!("`{}`", name.node), "a name of its own", name.span));
        }
    }

    fn check(&mut self, data: &mut DataFile) -> Answer<()> {
        if let Some(user) = data.user.clone() {
            self.user(&user);
        }
        // Records were looked at when they were collected; an entity may have none.
        for entity in data.entities() {
            if let Err(problem) = names::entity(self.module, entity)
                && self.problems.iter().all(|told| told.primary.span != entity.span)
            {
                self.problems.push(problem);
            }
        }
        for (number, index) in (0u32..).zip(0..data.records()) {
            if self.is_full() {
                return Ok(());
            }
            let record = data.record(index)?;
            self.fields(&record.entity, &record.fields);
            if order::needs(&self.named, &record.fields).iter().any(|(_, target)| *target >= number) {
                self.forward.push(number);
            }
        }
        // Without `now` the clock stands somewhere behind 1970; what still leads too far is told when the file begins.
        let began = data.now.unwrap_or_default();
        for index in 0..data.events() {
            if self.is_full() {
                return Ok(());
            }
            let event = data.event(index)?;
            if let When::After(span) = event.when
                && later(began, span, &self.module.meta.zone).is_none()
            {
                self.problems.push(errors::wrong_value("`after`", "before the end of the year 9999", event.when_at));
            }
            self.event(&event);
        }
        Ok(())
    }

    fn event(&mut self, event: &EventData) {
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
            EventAction::Answer { who, .. } => match who.node.strip_prefix('$') {
                Some(name) => self.user(&Spanned::new(name.to_owned(), who.span)),
                None => self.dialog(who),
            },
            EventAction::Run { process, is_action, record, with } => {
                self.process(process, *is_action, record.as_ref(), with);
            }
        }
    }

    fn record(&mut self, name: &Spanned<String>) -> Option<RecordRef> {
        let found = self.named.planned(&name.node);
        if found.is_none() {
            self.problems.push(self.named.unknown(name));
        }
        found
    }

    fn user(&mut self, name: &Spanned<String>) {
        let found = self.record(name).and_then(|r| self.module.entity(r.entity));
        if found.is_some_and(|entity| entity.name != "User") {
            self.problems.push(errors::wrong_value(&format!("`{}`", name.node), "a user", name.span));
        }
    }

    fn dialog(&mut self, name: &Spanned<String>) {
        let dialogs = || self.module.processes.iter().filter(|process| process.kind == ProcessKind::Dialog);
        if !dialogs().any(|process| process.name == name.node) {
            let known = dialogs().map(|process| process.name.as_str());
            let problem = errors::unknown_name("dialog", &name.node, name.span, known);
            self.problems.push(problem.help("a user is written as \"$ann\""));
        }
    }

    fn fields(&mut self, entity: &Spanned<String>, fields: &Fields) {
        let Ok((_, entity)) = names::entity(self.module, entity) else { return };
        for (name, json) in fields {
            if self.is_full() {
                return;
            }
            let checked = names::field(entity, name).and_then(|(_, field)| {
                let resolve = |name: &str| self.named.planned(name);
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
                    let resolve = |name: &str| self.named.planned(name);
                    let what = format!("`{}`", key.node);
                    let checked = convert::to_value(self.module, input.ty, json, &what, &resolve);
                    self.problems.extend(checked.err());
                }
            }
        }
        for input in params {
            let given = with.iter().any(|(key, _)| key.node == input.name);
            let optional = matches!(self.module.ty(input.ty), Some(TypeDef::Optional(_)));
            if !given && input.default.is_none() && !optional {
                self.problems.push(errors::missing_key(&input.name, name.span));
            }
        }
    }
}
