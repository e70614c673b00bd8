//! What happened, for people: moment by moment, which record, which fields, who and why.

use std::fmt::Write as _;

use crate::base::value::{EntityIdx, RecordRef, Value};
use crate::bytecode::{module::Module, types::TypeIdx};
use crate::data::show::Show;
use crate::engine::clock::SECOND;
use crate::engine::store::{Change, LogEntry, LogKind, Status};
use crate::engine::view::InstanceView;

use super::recorder::Names;

/// Shows lines of the log.
pub struct Timeline<'a> {
    /// Shows values.
    pub show: &'a Show<'a>,
    /// Shown names of records, as far as they exist.
    pub names: &'a Names,
}

/// System fields that follow from others and tell nothing new.
const QUIET: &[&str] =
    &["id", "created_on", "created_by", "modified_on", "modified_by", "version", "owning_unit", "state", "next_try"];

/// What stands for the value of a private field.
const PRIVATE: &str = "(private)";

impl Timeline<'_> {
    /// All lines, grouped by moment.
    #[must_use]
    pub fn text(&self, entries: &[LogEntry]) -> String {
        self.more(entries, &mut None)
    }

    /// The lines that follow others, the last of which stood below the moment `shown_at`.
    #[must_use]
    pub fn more(&self, entries: &[LogEntry], shown_at: &mut Option<i64>) -> String {
        let mut out = String::new();
        for entry in entries {
            // Nothing is shown of parts of a second.
            if shown_at.map(|at| at.div_euclid(SECOND)) != Some(entry.at.div_euclid(SECOND)) {
                if shown_at.is_some() {
                    out.push('\n');
                }
                let _ = writeln!(out, "{}", self.heading(entry.at));
                *shown_at = Some(entry.at);
            }
            self.entry(&mut out, entry);
        }
        out
    }

    /// Instances: where they stand, what they wait for, and until when.
    #[must_use]
    pub fn instances(&self, instances: &[InstanceView]) -> String {
        let mut out = String::new();
        for instance in instances {
            let record = instance.record.map(|r| self.record(r)).unwrap_or_default();
            let subject = with_record(&format!("{} #{}", instance.process, instance.id), &record);
            let place = instance.point.as_ref().map(|p| format!(" at {p}")).unwrap_or_default();
            let _ = writeln!(out, "  {:<9} {subject}{place}", instance.status.word());
            for line in self.reasons(instance) {
                let _ = writeln!(out, "            {line}");
            }
        }
        out
    }

    fn reasons(&self, instance: &InstanceView) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(fault) = &instance.fault {
            lines.push(fault.sentence());
            lines.extend(fault.values.iter().map(|(name, value)| format!("{name} = {value}")));
            lines.extend((fault.tries > 0).then(|| format!("tried {}", times(fault.tries))));
        } else if !instance.message.is_empty() {
            lines.push(instance.message.clone());
        }
        let what = if instance.status == Status::Parked { "is given up" } else { "until" };
        lines.extend(instance.until.map(|due| format!("{what} {}", self.heading(due))));
        lines.extend(instance.waits_for.iter().map(|what| format!("for {what}")));
        lines
    }

    /// `Mon 2026-01-05 09:00`.
    #[must_use]
    pub fn heading(&self, at: i64) -> String {
        let day = jiff::Timestamp::from_microsecond(at)
            .map(|t| t.to_zoned(self.show.zone.clone()).strftime("%a").to_string())
            .unwrap_or_default();
        format!("{day} {}", self.show.moment(at))
    }

    fn entry(&self, out: &mut String, entry: &LogEntry) {
        let (verb, subject) = self.verb_and_subject(entry);
        let _ = write!(out, "  {verb:<9} {subject}");
        let actor = self.actor(entry);
        if !actor.is_empty() {
            let _ = write!(out, "  ({actor})");
        }
        out.push('\n');
        for line in self.details(entry) {
            let _ = writeln!(out, "            {line}");
        }
    }

    fn verb_and_subject(&self, entry: &LogEntry) -> (&'static str, String) {
        let record = entry.record.map(|r| self.record(r)).unwrap_or_default();
        let instance = instance_name(entry);
        match entry.kind {
            LogKind::Create => ("created", record),
            LogKind::Update => ("updated", record),
            LogKind::Delete => ("deleted", record),
            LogKind::Refuse => {
                ("refused", if record.is_empty() { refused(entry).1.map_or(instance, str::to_owned) } else { record })
            }
            LogKind::Start => ("started", with_record(&instance, &record)),
            LogKind::Wait => ("waits", with_place(&instance, &entry.place)),
            LogKind::Park => ("parked", with_record(&instance, &record)),
            LogKind::End => ("ended", instance),
            LogKind::Emit if record.is_empty() => ("emitted", entry.message.clone()),
            LogKind::Emit => ("emitted", format!("{} to {record}", entry.message)),
            LogKind::Note => ("log", entry.message.clone()),
        }
    }

    /// Who did it: the process with its stage, else the user.
    fn actor(&self, entry: &LogEntry) -> String {
        let is_own_line = matches!(entry.kind, LogKind::Start | LogKind::Wait | LogKind::Park | LogKind::End);
        if is_own_line {
            return String::new();
        }
        let user = entry.user.map_or_else(|| "system".to_owned(), |u| self.user(u));
        // What has no subject but the process has told of it already.
        let is_told = entry.kind == LogKind::Refuse && entry.record.is_none() && refused(entry).1.is_none();
        match &entry.process {
            Some(_) if !is_told => {
                let stage = if entry.stage.is_empty() { String::new() } else { format!(", {}", entry.stage) };
                format!("{}{stage}, as {user}", instance_name(entry))
            }
            _ => user,
        }
    }

    fn details(&self, entry: &LogEntry) -> Vec<String> {
        let mut lines = Vec::new();
        match entry.kind {
            LogKind::Create | LogKind::Emit => {
                let shown: Vec<String> = self
                    .changes(entry)
                    .filter(|c| self.is_private(entry, c) || !c.new.is_none() && !is_empty(&c.new))
                    .map(|c| format!("{} {}", c.field, self.field_value(entry, c, &c.new)))
                    .collect();
                lines.extend(wrap(&shown));
            }
            LogKind::Update => {
                let shown: Vec<String> = self
                    .changes(entry)
                    .map(|c| {
                        if self.is_private(entry, c) {
                            return format!("{} {PRIVATE}", c.field);
                        }
                        let old = self.field_value(entry, c, &c.old);
                        format!("{} {old} → {}", c.field, self.field_value(entry, c, &c.new))
                    })
                    .collect();
                if shown.is_empty() {
                    lines.push("nothing changed".to_owned());
                }
                lines.extend(wrap(&shown));
            }
            LogKind::Delete | LogKind::Start | LogKind::Wait | LogKind::Note => {}
            LogKind::Refuse | LogKind::Park | LogKind::End => {}
        }
        if entry.kind == LogKind::Wait {
            lines.extend(wrap(
                &entry.message.replace(", or ", ",\nor ").split(",\n").map(str::to_owned).collect::<Vec<_>>(),
            ));
        } else if !entry.message.is_empty() && !matches!(entry.kind, LogKind::Note | LogKind::Emit) {
            lines.push(refused(entry).0.to_owned());
        }
        if matches!(entry.kind, LogKind::Park | LogKind::Refuse) && !entry.place.is_empty() {
            lines.push(format!("at {}", entry.place));
        }
        lines
    }

    fn changes<'e>(&self, entry: &'e LogEntry) -> impl Iterator<Item = &'e Change> {
        entry.changes.iter().filter(|c| !QUIET.contains(&c.field.as_str()))
    }

    pub(super) fn field_value(&self, entry: &LogEntry, change: &Change, value: &Value) -> String {
        let name = |record: RecordRef| self.names.get(&record).cloned();
        match self.field(entry, change) {
            Some((_, true)) => PRIVATE.to_owned(),
            Some((ty, false)) => self.show.value(ty, value, &name),
            None => self.show.plain(value, &name),
        }
    }

    fn is_private(&self, entry: &LogEntry, change: &Change) -> bool {
        self.field(entry, change).is_some_and(|(_, private)| private)
    }

    /// The type of the field of the record or of the signal, and whether it is private.
    fn field(&self, entry: &LogEntry, change: &Change) -> Option<(TypeIdx, bool)> {
        if entry.kind == LogKind::Emit {
            // The message begins with the name of the signal.
            let name = entry.message.split(',').next().unwrap_or_default();
            let (_, signal) = self.module().signal_by_name(name)?;
            return signal.fields.iter().find(|field| field.name == change.field).map(|field| (field.ty, false));
        }
        let entity = self.module().entity(entry.record?.entity)?;
        entity.field_by_name(&change.field).map(|(_, field)| (field.ty, field.private))
    }

    fn module(&self) -> &Module {
        self.show.module
    }

    /// `opportunity:42 "Turbines"`.
    #[must_use]
    pub fn record(&self, record: RecordRef) -> String {
        self.show.record(record, &|r| self.names.get(&r).cloned())
    }

    pub(super) fn user(&self, id: i64) -> String {
        let entity = self.module().entity_by_name("User").map_or(EntityIdx(0), |(idx, _)| idx);
        self.bare_name(RecordRef { entity, id })
    }

    fn bare_name(&self, record: RecordRef) -> String {
        self.names.get(&record).cloned().unwrap_or_else(|| self.show.module.identity(record))
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Text(t) if t.is_empty()) || matches!(value, Value::List(items) if items.is_empty())
}

/// `once`, `3 times`.
#[must_use]
pub fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Why something was refused, and what, if it was a new record: `a new Deal`. Of other lines the message.
fn refused(entry: &LogEntry) -> (&str, Option<&str>) {
    let whole = (entry.message.as_str(), None);
    if entry.kind != LogKind::Refuse || entry.record.is_some() {
        return whole;
    }
    let parts = entry.message.strip_suffix(')').and_then(|message| message.rsplit_once(" ("));
    parts.filter(|(_, what)| what.starts_with("a new ")).map_or(whole, |(why, what)| (why, Some(what)))
}

/// `ChaseLargeDeals #12`; a real-time process has no number.
fn instance_name(entry: &LogEntry) -> String {
    match (&entry.process, entry.instance) {
        (Some(process), Some(id)) => format!("{process} #{id}"),
        (Some(process), None) => process.clone(),
        (None, Some(id)) => format!("#{id}"),
        (None, None) => String::new(),
    }
}

fn with_record(instance: &str, record: &str) -> String {
    if record.is_empty() { instance.to_owned() } else { format!("{instance} for {record}") }
}

fn with_place(instance: &str, place: &str) -> String {
    if place.is_empty() { instance.to_owned() } else { format!("{instance} at {place}") }
}

/// Joins pieces by commas into lines of at most 96 characters.
fn wrap(pieces: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.chars().count() + piece.chars().count() + 2 <= 96 => {
                line.push_str(", ");
                line.push_str(piece);
            }
            Some(line) => {
                line.push(',');
                lines.push(piece.clone());
            }
            None => lines.push(piece.clone()),
        }
    }
    lines
}
