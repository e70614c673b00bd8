//! The shape of a data file: what there is at the beginning, and what happens when.
//!
//! ```json
//! {"version": 1, "now": "2026-01-05T09:00[Europe/Berlin]", "as": "ann",
//!  "records": {"User": [{"$id": "ann", "name": "Ann"}]},
//!  "events": [{"after": "2 days", "as": "ann", "update": "$deal", "set": {"state": "won"}}]}
//! ```
//!
//! An event is one of `create` (an entity), `update`, `assign` (with `to`), `delete` (a record), `emit` (a signal,
//! with `to` and `with`), `start` (a process on demand) and `do` (an action), the last two with `for` and `with`. `after`
//! counts from `now`.

use super::{
    errors,
    json::{Json, JsonKind},
    moments::{parse_duration, parse_moment},
};
use crate::base::{
    limits::DATA_MESSAGES_MAX,
    span::{Span, Spanned},
    value::Duration,
};
use crate::diag::Diagnostic;

/// A data file.
#[derive(Clone, Debug, Default)]
pub struct DataFile {
    /// The beginning in microseconds since 1970-01-01T00:00Z.
    pub now: Option<i64>,
    /// Who creates the records: the name of a `User` record of this file.
    pub user: Option<Spanned<String>>,
    /// What there is at the beginning, in the order of the file.
    pub records: Vec<RecordData>,
    /// What happens, in the order of the file.
    pub events: Vec<EventData>,
}

/// Fields with their values.
pub type Fields = Vec<(Spanned<String>, Json)>;

/// A record.
#[derive(Clone, Debug)]
pub struct RecordData {
    /// The entity.
    pub entity: Spanned<String>,
    /// The name that other places of the file use, without `$`.
    pub name: Option<Spanned<String>>,
    /// Its fields.
    pub fields: Fields,
    /// The whole object.
    pub span: Span,
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Counted from the beginning.
    After(Duration),
    /// A moment.
    At(i64),
}

/// Something that happens.
#[derive(Clone, Debug)]
pub struct EventData {
    /// When.
    pub when: When,
    /// As which user.
    pub user: Option<Spanned<String>>,
    /// What.
    pub action: EventAction,
    /// The whole object.
    pub span: Span,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum EventAction {
    /// A record comes.
    Create(RecordData),
    /// Fields of a record change.
    Update {
        /// The record.
        record: Spanned<String>,
        /// The new values.
        set: Fields,
    },
    /// A record gets an owner.
    Assign {
        /// The record.
        record: Spanned<String>,
        /// The owner.
        to: Spanned<String>,
    },
    /// A record goes.
    Delete(Spanned<String>),
    /// A signal is emitted.
    Emit {
        /// The signal.
        signal: Spanned<String>,
        /// The record that gets it.
        to: Option<Spanned<String>>,
        /// Its fields by name.
        with: Fields,
    },
    /// A process starts on demand, or an action runs.
    Run {
        /// The process.
        process: Spanned<String>,
        /// Whether it is an action, written `do`.
        is_action: bool,
        /// The primary record.
        record: Option<Spanned<String>>,
        /// Inputs by name.
        with: Fields,
    },
}

const TOP: &[&str] = &["version", "now", "as", "records", "events"];
const VERBS: &[&str] = &["create", "update", "assign", "delete", "emit", "start", "do"];

/// Reads the shape of a data file; names of entities, fields and records are not looked up.
///
/// # Errors
/// Every mistake of the file: E0913 keys, E0914 values.
pub fn read(json: &Json) -> Result<DataFile, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    let file = reader.file(json);
    if reader.problems.is_empty() { Ok(file) } else { Err(reader.problems) }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Diagnostic>,
}

impl Reader {
    /// Whether enough is wrong.
    fn is_full(&self) -> bool {
        // LIMIT: DATA_MESSAGES_MAX
        self.problems.len() >= DATA_MESSAGES_MAX
    }

    fn object<'a>(&mut self, json: &'a Json, what: &str) -> &'a [(Spanned<String>, Json)] {
        if let JsonKind::Object(entries) = &json.kind {
            return entries;
        }
        self.problems.push(errors::wrong_value(what, "an object", json.span));
        &[]
    }

    fn list<'a>(&mut self, json: &'a Json, what: &str) -> &'a [Json] {
        if let JsonKind::List(items) = &json.kind {
            return items;
        }
        self.problems.push(errors::wrong_value(what, "a list", json.span));
        &[]
    }

    fn text(&mut self, json: &Json, what: &str) -> Option<Spanned<String>> {
        if let Some(text) = json.as_text() {
            return Some(Spanned::new(text.to_owned(), json.span));
        }
        self.problems.push(errors::wrong_value(what, "a text", json.span));
        None
    }

    /// A record's name, with or without `$`.
    fn record_name(&mut self, json: &Json, what: &str) -> Option<Spanned<String>> {
        let mut name = self.text(json, what)?;
        if let Some(bare) = name.node.strip_prefix('$') {
            name.node = bare.to_owned();
        }
        Some(name)
    }

    fn moment(&mut self, json: &Json, what: &str) -> Option<i64> {
        let text = self.text(json, what)?;
        let moment = parse_moment(&text.node);
        if moment.is_none() {
            let expected = "a moment with its zone, such as \"2026-01-05T09:00[Europe/Berlin]\"";
            self.problems.push(errors::wrong_value(what, expected, json.span));
        }
        moment
    }

    fn file(&mut self, json: &Json) -> DataFile {
        let mut file = DataFile::default();
        let mut version = None;
        for (key, value) in self.object(json, "the data file") {
            if self.is_full() {
                break;
            }
            match key.node.as_str() {
                "version" => version = Some(value),
                "now" => file.now = self.moment(value, "`now`"),
                "as" => file.user = self.record_name(value, "`as`"),
                "records" => file.records = self.records(value),
                "events" => file.events = self.events(value),
                other => self.problems.push(errors::unknown_key(other, key.span, TOP)),
            }
        }
        match version {
            // What is behind the last mistake was not looked at.
            None if self.is_full() => {}
            None => self.problems.push(errors::missing_key("version", json.span).help("write `\"version\": 1`")),
            Some(v) if v.kind != JsonKind::Number("1".into()) => {
                self.problems.push(errors::wrong_value("`version`", "1, the only version of data files", v.span));
            }
            Some(_) => {}
        }
        file
    }

    fn records(&mut self, json: &Json) -> Vec<RecordData> {
        let mut records = Vec::new();
        for (entity, rows) in self.object(json, "`records`") {
            for row in self.list(rows, &format!("`{}`", entity.node)) {
                if self.is_full() {
                    return records;
                }
                let mut fields = self.object(row, "a record").to_vec();
                let name = self.take_name(&mut fields);
                records.push(RecordData { entity: entity.clone(), name, fields, span: row.span });
            }
        }
        records
    }

    fn take_name(&mut self, fields: &mut Fields) -> Option<Spanned<String>> {
        let index = fields.iter().position(|(key, _)| key.node == "$id")?;
        let (_, value) = fields.remove(index);
        self.record_name(&value, "`$id`")
    }

    fn events(&mut self, json: &Json) -> Vec<EventData> {
        let mut events = Vec::new();
        for event in self.list(json, "`events`") {
            if self.is_full() {
                break;
            }
            events.extend(self.event(event));
        }
        events
    }

    fn event(&mut self, json: &Json) -> Option<EventData> {
        let entries = self.object(json, "an event");
        let verbs: Vec<&(Spanned<String>, Json)> =
            entries.iter().filter(|(key, _)| VERBS.contains(&key.node.as_str())).collect();
        let (verb, target) = match verbs.as_slice() {
            [one] => (&one.0, &one.1),
            [] => {
                if matches!(json.kind, JsonKind::Object(_)) {
                    let expected = "one of `create`, `update`, `assign`, `delete`, `emit`, `start` and `do`";
                    self.problems
                        .push(errors::missing_key("create", json.span).help(format!("an event has {expected}")));
                }
                return None;
            }
            [first, second, ..] => {
                let message = errors::unknown_key(&second.0.node, second.0.span, &[first.0.node.as_str()]);
                self.problems.push(message.label(first.0.span, "an event does one thing"));
                return None;
            }
        };
        let known: &[&str] = match verb.node.as_str() {
            "create" => &["after", "at", "as", "$id", "set"],
            "update" => &["after", "at", "as", "set"],
            "assign" => &["after", "at", "as", "to"],
            "delete" => &["after", "at", "as"],
            "emit" => &["after", "at", "as", "to", "with"],
            _ => &["after", "at", "as", "for", "with"],
        };
        let mut misspelt = false;
        for (key, _) in entries.iter().filter(|(key, _)| key.node != verb.node) {
            if !known.contains(&key.node.as_str()) {
                self.problems.push(errors::unknown_key(&key.node, key.span, known));
                misspelt = true;
            }
        }
        let when = self.when(json, misspelt);
        let user = json.get("as").and_then(|value| self.record_name(value, "`as`"));
        let action = self.action(json, verb, target)?;
        Some(EventData { when: when?, user, action, span: json.span })
    }

    /// When it happens. Where another key was told to be misspelt, that one may have meant the time.
    fn when(&mut self, json: &Json, misspelt: bool) -> Option<When> {
        match (json.get("after"), json.get("at")) {
            (Some(after), None) => {
                let duration = after.as_text().and_then(parse_duration);
                if duration.is_none() {
                    self.problems.push(errors::wrong_value("`after`", "a duration such as \"2 days\"", after.span));
                }
                duration.map(When::After)
            }
            (None, Some(at)) => self.moment(at, "`at`").map(When::At),
            (None, None) if misspelt => None,
            (None, None) => {
                self.problems.push(errors::missing_key("after", json.span).help("write `\"after\": \"2 days\"`"));
                None
            }
            (Some(after), Some(at)) => {
                let message = errors::unknown_key("at", at.span, &["after"]);
                self.problems.push(message.label(after.span, "an event has `after` or `at`"));
                None
            }
        }
    }

    fn action(&mut self, json: &Json, verb: &Spanned<String>, target: &Json) -> Option<EventAction> {
        let what = format!("`{}`", verb.node);
        let set = json.get("set").map(|set| self.object(set, "`set`").to_vec()).unwrap_or_default();
        match verb.node.as_str() {
            "create" => {
                let entity = self.text(target, &what)?;
                let name = json.get("$id").and_then(|id| self.record_name(id, "`$id`"));
                Some(EventAction::Create(RecordData { entity, name, fields: set, span: json.span }))
            }
            "update" => Some(EventAction::Update { record: self.record_name(target, &what)?, set }),
            "assign" => {
                let Some(to) = json.get("to") else {
                    self.problems.push(errors::missing_key("to", json.span));
                    return None;
                };
                Some(EventAction::Assign {
                    record: self.record_name(target, &what)?,
                    to: self.record_name(to, "`to`")?,
                })
            }
            "delete" => Some(EventAction::Delete(self.record_name(target, &what)?)),
            "emit" => {
                let to = json.get("to").and_then(|value| self.record_name(value, "`to`"));
                let with = json.get("with").map(|with| self.object(with, "`with`").to_vec()).unwrap_or_default();
                Some(EventAction::Emit { signal: self.text(target, &what)?, to, with })
            }
            _ => {
                let record = json.get("for").and_then(|value| self.record_name(value, "`for`"));
                let with = json.get("with").map(|with| self.object(with, "`with`").to_vec()).unwrap_or_default();
                let process = self.text(target, &what)?;
                Some(EventAction::Run { process, is_action: verb.node == "do", record, with })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::FileId;
    use crate::data::json::parse;

    fn problems(text: &str) -> Vec<String> {
        let json = parse(FileId(0), text).unwrap();
        read(&json).err().unwrap_or_default().into_iter().map(|d| format!("{} {}", d.code.0, d.message)).collect()
    }

    #[test]
    fn all_mistakes_of_a_file_are_told() {
        let text = r#"{"version": 2, "nwo": 1, "records": {"User": {}},
            "events": [{"after": "2 moons", "update": "$a"}, {"in": "1 day", "delete": "$a"}, {"after": "1 day"}, {"at": "2026-01-01", "delete": "$a", "set": {}}]}"#;
        assert_eq!(
            problems(text),
            [
                "E0913 `nwo` means nothing here",
                "E0914 `User` is not a list",
                "E0914 `after` is not a duration such as \"2 days\"",
                "E0913 `in` means nothing here",
                "E0913 `create` is missing",
                "E0913 `set` means nothing here",
                "E0914 `at` is not a moment with its zone, such as \"2026-01-05T09:00[Europe/Berlin]\"",
                "E0914 `version` is not 1, the only version of data files",
            ]
        );
    }

    #[test]
    fn names_lose_their_dollar() {
        let text = r#"{"version": 1, "events": [{"after": "1 day", "assign": "$a", "to": "$b"}]}"#;
        let file = read(&parse(FileId(0), text).unwrap()).unwrap();
        let EventAction::Assign { record, to } = &file.events[0].action else { panic!("not assign") };
        assert_eq!((record.node.as_str(), to.node.as_str()), ("a", "b"));
    }
}
