//! A simulation as JSON: the same facts as the timeline, one object, which is written while they come.

use serde_json::{Value as Json, json};

use super::timeline::Timeline;
use crate::engine::{store::LogEntry, view::InstanceView};

/// The version of the object's shape.
const VERSION: u32 = 1;

/// How the object begins: its list of lines follows.
#[must_use]
pub fn opening() -> String {
    format!("{{\n  \"version\": {VERSION},\n  \"timeline\": [")
}

/// Lines of the list. Moments are RFC 3339 in UTC, values as listings show them.
#[must_use]
pub fn lines(timeline: &Timeline<'_>, entries: &[LogEntry], is_first: bool) -> String {
    let mut out = String::new();
    for line in entries {
        if !is_first || !out.is_empty() {
            out.push(',');
        }
        out.push_str("\n    ");
        out.push_str(&indented(&entry(timeline, line), "    "));
    }
    out
}

/// How the object ends.
#[must_use]
pub fn closing(timeline: &Timeline<'_>, now: i64, instances: &[InstanceView], is_empty: bool) -> String {
    let instances: Vec<Json> = instances.iter().map(|view| instance(timeline, view)).collect();
    let close = if is_empty { "]" } else { "\n  ]" };
    let instances = indented(&Json::Array(instances), "  ");
    format!("{close},\n  \"now\": {},\n  \"instances\": {instances}\n}}\n", Json::String(moment(now)))
}

/// A value over several lines; those after the first begin with `by`.
#[must_use]
pub fn indented(value: &Json, by: &str) -> String {
    // A line break in a text is an escape.
    format!("{value:#}").replace('\n', &format!("\n{by}"))
}

/// An instance.
#[must_use]
pub fn instance(timeline: &Timeline<'_>, view: &InstanceView) -> Json {
    json!({
        "id": view.id,
        "process": view.process,
        "record": view.record.map(|r| timeline.show.module.identity(r)),
        "name": some(&view.record_name),
        "status": view.status.word(),
        "point": view.point,
        "waits_for": view.waits_for,
        "until": view.until.map(moment),
        "message": some(&view.message),
        "parent": view.parent,
        "started": moment(view.created),
        "changed": moment(view.changed),
        "fault": view.fault.as_ref().map(|f| json!({
            "code": f.code,
            "message": f.message,
            "place": f.place,
            "tries": f.tries,
            "values": f.values.iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
        })),
    })
}

/// A line of the log.
#[must_use]
pub fn entry(timeline: &Timeline<'_>, entry: &LogEntry) -> Json {
    json!({
        "at": moment(entry.at),
        "kind": entry.kind.word(),
        "instance": entry.instance,
        "process": entry.process,
        "stage": some(&entry.stage),
        "place": some(&entry.place),
        "user": entry.user.map(|id| timeline.user(id)),
        "record": entry.record.map(|r| timeline.show.module.identity(r)),
        "name": entry.record.and_then(|r| timeline.names.get(&r)),
        "changes": entry.changes.iter().map(|change| json!({
            "field": change.field,
            "old": timeline.field_value(entry, change, &change.old),
            "new": timeline.field_value(entry, change, &change.new),
        })).collect::<Vec<_>>(),
        "message": some(&entry.message),
    })
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A moment as RFC 3339 in UTC.
#[must_use]
pub fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |t| t.to_string())
}
