//! What happened, as lines of text: the log, then the records and instances that there are in the end.

use std::collections::HashMap;

use abide::{
    base::value::Value,
    bytecode::module::Module,
    engine::store::{LogEntry, LogKind},
};

use super::events::{START, Side};

/// Identities as numbers in order of appearance.
#[derive(Default)]
struct Names(HashMap<i64, usize>);

impl Names {
    fn of(&mut self, id: i64) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(id).or_insert(next)
    }

    fn value(&mut self, value: &Value) -> String {
        match value {
            Value::Ref(record) => format!("#{}", self.of(record.id)),
            Value::Instance(id) => format!("instance #{}", self.of(*id)),
            Value::List(items) | Value::Record(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Decimal(number) => number.normalize().to_string(),
            other => format!("{other:?}"),
        }
    }
}

/// Everything that a side tells.
pub(super) fn lines(module: &Module, side: &mut dyn Side) -> Vec<String> {
    let mut names = Names::default();
    let mut lines: Vec<String> = side.log().iter().map(|entry| line(entry, &mut names)).collect();
    for (index, entity) in (0u16..).zip(&module.entities) {
        for (record, row) in side.rows(index) {
            let mut line = format!("{} #{}:", entity.name, names.of(record.id));
            for (field, value) in entity.fields.iter().zip(&row).skip(1) {
                line.push_str(&format!(" {}={}", field.name, names.value(value)));
            }
            lines.push(line);
        }
    }
    for (id, seen) in side.instances() {
        let record = seen.record.map(|record| names.of(record.id));
        let (due, result) = (seen.due.map(|due| due - START), seen.result.map(|result| names.value(&result)));
        lines.push(format!(
            "{} #{} of {record:?}: {} at {:?}, fault {:?}, result {result:?}, due {due:?}",
            seen.process,
            names.of(id),
            seen.status.word(),
            seen.point,
            seen.fault,
        ));
    }
    lines
}

fn line(entry: &LogEntry, names: &mut Names) -> String {
    let mut line = format!("{:>9} {:6}", (entry.at - START) / 1_000_000, entry.kind.word());
    // Of what a user was refused only the engine says in which process.
    if let Some(process) = entry.process.as_ref().filter(|_| entry.kind != LogKind::Refuse) {
        line.push_str(&format!(" {process}"));
    }
    if let Some(id) = entry.instance {
        line.push_str(&format!(" #{}", names.of(id)));
    }
    if let Some(user) = entry.user {
        line.push_str(&format!(" as #{}", names.of(user)));
    }
    if let Some(record) = entry.record {
        line.push_str(&format!(" of #{}", names.of(record.id)));
    }
    if entry.kind == LogKind::Wait {
        line.push_str(&format!(" at {}", entry.place));
    }
    for change in &entry.changes {
        line.push_str(&format!(" {}: {} -> {};", change.field, names.value(&change.old), names.value(&change.new)));
    }
    let message = match entry.kind {
        LogKind::Park => fault(&entry.message),
        LogKind::Refuse => fault(entry.message.split(" (a new ").next().unwrap_or_default()),
        LogKind::End => ending(&entry.message),
        // When it ends is in the list of instances.
        LogKind::Wait => String::new(),
        _ => said(&entry.message),
    };
    line.push_str(&format!(" {message}"));
    line
}

/// A fault by its code; its words only where programs can see them.
fn fault(message: &str) -> String {
    let code = message.split(':').next().unwrap_or_default();
    let words = !code.starts_with("R0") || matches!(code, "R0501" | "R0503");
    if words { said(message) } else { code.to_owned() }
}

fn ending(message: &str) -> String {
    if message.starts_with("failed") { "failed".to_owned() } else { said(message) }
}

/// Words, without those that name a record by its number.
fn said(message: &str) -> String {
    if message.contains(" was deleted") {
        return "… was deleted".to_owned();
    }
    let given_up = "while it was given up";
    if message.starts_with(given_up) { given_up.to_owned() } else { message.to_owned() }
}
