//! The shape of a data file: what there is at the beginning, and what happens when.
//!
//! ```json
//! {"version": 1, "now": "2026-01-05T09:00[Europe/Berlin]", "as": "ann",
//!  "records": {"User": [{"$id": "ann", "name": "Ann"}]},
//!  "events": [{"after": "2 days", "as": "ann", "update": "$deal", "set": {"state": "won"}}]}
//! ```
//!
//! A file may be larger than memory: [`DataFile::scan`] reads it once and keeps where its records and events stand; each
//! of them is read again when it is needed.
//!
//! An event is one of `create` (an entity), `update`, `assign` (with `to`), `delete` (a record), `emit` (a signal,
//! with `to` and `with`), `start` (a process on demand) and `do` (an action), the last two with `for` and `with`. `after`
//! counts from `now`.

use std::{collections::HashMap, io};

use super::{
    errors,
    input::Input,
    json::{Json, JsonKind},
    moments::{parse_duration, parse_moment},
    reader::{Answer, Begin, Reader, Trouble},
};
use crate::base::{
    limits::{DATA_ITEMS_MAX, DATA_MESSAGES_MAX},
    span::{FileId, Span, Spanned},
    value::Duration,
};
use crate::diag::Diagnostic;

/// A data file.
pub struct DataFile {
    /// The beginning in microseconds since 1970-01-01T00:00Z.
    pub now: Option<i64>,
    /// Who creates the records: the name of a `User` record of this file.
    pub user: Option<Spanned<String>>,
    /// The entities of `records`, each with the number of its first record.
    entities: Vec<(Spanned<String>, usize)>,
    /// Where each record stands: what there is at the beginning, in the order of the file.
    records: Vec<u32>,
    /// Where each event stands and when it happens, in the order of the file.
    events: Vec<(u32, When)>,
    reader: Reader,
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
    /// Where that stands.
    pub when_at: Span,
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
    /// Somebody fills in the oldest form in an inbox, or submits the page of a dialog.
    Answer {
        /// `$ann`, or the name of a dialog.
        who: Spanned<String>,
        /// The answers by name.
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
const VERBS: &[&str] = &["create", "update", "assign", "delete", "emit", "start", "do", "answer"];

/// The other keys of events.
const KEYS: &[&str] = &["after", "at", "as", "$id", "set", "to", "with", "for"];

/// What is told of each record while a file is scanned: the record, and its number unless an event creates it.
pub type Seen<'a> = dyn FnMut(&RecordData, Option<usize>) + 'a;

impl DataFile {
    /// A file without anything.
    #[must_use]
    pub fn of_nothing() -> Self {
        let reader = Reader::new(Box::new(io::empty()), FileId::default());
        Self { now: None, user: None, entities: Vec::new(), records: Vec::new(), events: Vec::new(), reader }
    }

    /// Reads a whole file once. Names of entities, fields and records are not looked up.
    ///
    /// # Errors
    /// Every mistake of its shape: E0913 keys, E0914 values; or the first place that is no JSON.
    pub fn scan(input: Box<dyn Input>, file: FileId, seen: &mut Seen<'_>) -> Result<Self, Vec<Trouble>> {
        let data = Self { reader: Reader::new(input, file), ..Self::of_nothing() };
        let mut scan = Scan { data, shape: Shape::default(), seen };
        match scan.file() {
            Err(trouble) => Err(vec![trouble]),
            Ok(()) if scan.shape.problems.is_empty() => Ok(scan.data),
            Ok(()) => Err(scan.shape.problems.into_iter().map(Trouble::from).collect()),
        }
    }

    /// The entities of `records`.
    pub fn entities(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.entities.iter().map(|(entity, _)| entity)
    }

    /// How many records there are at the beginning.
    #[must_use]
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// When each event happens, in the order of the file.
    pub fn moments(&self) -> impl Iterator<Item = When> {
        self.events.iter().map(|(_, when)| *when)
    }

    /// What is kept of the file, in bytes.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.records.capacity() * size_of::<u32>() + self.events.capacity() * size_of::<(u32, When)>()
    }

    /// Reads a record again.
    ///
    /// # Errors
    /// If the file cannot be read, or is not what it was.
    pub fn record(&mut self, number: usize) -> Answer<RecordData> {
        let place = self.records.get(number).copied();
        let group = self.entities.partition_point(|(_, first)| *first <= number);
        let entity = group.checked_sub(1).and_then(|group| self.entities.get(group)).map(|(entity, _)| entity.clone());
        let (Some(place), Some(entity)) = (place, entity) else { return Err(errors::changed().into()) };
        let mut shape = Shape::default();
        let record = shape.record(entity, &self.value_at(place)?);
        shape.problems.pop().map_or(Ok(record), |problem| Err(problem.into()))
    }

    /// Reads an event again.
    ///
    /// # Errors
    /// If the file cannot be read, or is not what it was.
    pub fn event(&mut self, number: usize) -> Answer<EventData> {
        let Some((place, _)) = self.events.get(number).copied() else { return Err(errors::changed().into()) };
        let mut shape = Shape::default();
        let event = shape.event(&self.value_at(place)?);
        event.ok_or_else(|| shape.problems.pop().map_or_else(|| errors::changed().into(), Trouble::from))
    }

    fn value_at(&mut self, place: u32) -> Answer<Json> {
        self.reader.go_to(place)?;
        self.reader.value()
    }
}

/// The one reading of a whole file.
struct Scan<'a> {
    data: DataFile,
    shape: Shape,
    seen: &'a mut Seen<'a>,
}

impl Scan<'_> {
    fn file(&mut self) -> Answer<()> {
        let (begin, start) = self.data.reader.ahead()?;
        let mut version = None;
        if self.enters(begin, Begin::Object, "the data file", "an object")? {
            let mut known = Known::new();
            let mut is_first = true;
            while let Some(key) = self.data.reader.next_key(&mut is_first)? {
                refuse_known(&mut known, &key)?;
                match key.node.as_str() {
                    "records" => self.records()?,
                    "events" => self.events()?,
                    _ if self.shape.is_full() => drop(self.data.reader.skip()?),
                    "version" => version = Some(self.data.reader.value()?),
                    "now" => self.data.now = self.shape.moment(&self.data.reader.value()?, "`now`"),
                    "as" => self.data.user = self.shape.record_name(&self.data.reader.value()?, "`as`"),
                    other => {
                        self.shape.problems.push(errors::unknown_key(other, key.span, TOP));
                        self.data.reader.skip()?;
                    }
                }
            }
            let whole = self.data.reader.since(start);
            self.shape.version(version, whole);
        }
        self.data.reader.end()
    }

    /// Steps into what is ahead if it is of the right kind; else it is passed over and told.
    fn enters(&mut self, begin: Begin, wanted: Begin, what: &str, expected: &str) -> Answer<bool> {
        if begin == wanted {
            self.data.reader.enter();
            return Ok(true);
        }
        let span = self.data.reader.skip()?;
        if !self.shape.is_full() {
            self.shape.problems.push(errors::wrong_value(what, expected, span));
        }
        Ok(false)
    }

    fn records(&mut self) -> Answer<()> {
        let (begin, _) = self.data.reader.ahead()?;
        if !self.enters(begin, Begin::Object, "`records`", "an object")? {
            return Ok(());
        }
        let mut known = Known::new();
        let mut is_first = true;
        while let Some(entity) = self.data.reader.next_key(&mut is_first)? {
            refuse_known(&mut known, &entity)?;
            self.rows(&entity)?;
        }
        Ok(())
    }

    fn rows(&mut self, entity: &Spanned<String>) -> Answer<()> {
        let (begin, _) = self.data.reader.ahead()?;
        if !self.enters(begin, Begin::List, &format!("`{}`", entity.node), "a list")? {
            return Ok(());
        }
        self.data.entities.push((entity.clone(), self.data.records.len()));
        let mut is_first = true;
        while self.data.reader.next_item(&mut is_first)? {
            if self.shape.is_full() {
                self.data.reader.skip()?;
                continue;
            }
            let row = self.data.reader.value()?;
            let record = self.shape.record(entity.clone(), &row);
            (self.seen)(&record, Some(self.data.records.len()));
            self.room(self.data.records.len(), row.span)?;
            self.data.records.push(row.span.start);
        }
        Ok(())
    }

    fn events(&mut self) -> Answer<()> {
        let (begin, _) = self.data.reader.ahead()?;
        if !self.enters(begin, Begin::List, "`events`", "a list")? {
            return Ok(());
        }
        let mut is_first = true;
        while self.data.reader.next_item(&mut is_first)? {
            if self.shape.is_full() {
                self.data.reader.skip()?;
                continue;
            }
            let value = self.data.reader.value()?;
            let Some(event) = self.shape.event(&value) else { continue };
            if let EventAction::Create(record) = &event.action {
                (self.seen)(record, None);
            }
            self.room(self.data.events.len(), value.span)?;
            self.data.events.push((value.span.start, event.when));
        }
        Ok(())
    }

    fn room(&self, items: usize, span: Span) -> Answer<()> {
        // LIMIT: DATA_ITEMS_MAX
        if items < DATA_ITEMS_MAX {
            return Ok(());
        }
        let reason = format!("is one more than {DATA_ITEMS_MAX}, which is what a file may have");
        Err(errors::too_large(span, &reason).into())
    }
}

/// Keys that were there, with their places.
type Known = HashMap<String, Span>;

/// Refuses a key that stands twice.
fn refuse_known(known: &mut Known, key: &Spanned<String>) -> Answer<()> {
    match known.insert(key.node.clone(), key.span) {
        Some(first) => Err(errors::twice(&key.node, key.span, first).into()),
        None => Ok(()),
    }
}

/// Reads the shape of values.
#[derive(Default)]
struct Shape {
    problems: Vec<Diagnostic>,
}

impl Shape {
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

    /// The version of the file. Behind the last mistake nothing was looked at.
    fn version(&mut self, version: Option<Json>, whole: Span) {
        match version {
            None if self.is_full() => {}
            None => self.problems.push(errors::missing_key("version", whole).help("write `\"version\": 1`")),
            Some(v) if v.kind != JsonKind::Number("1".into()) => {
                self.problems.push(errors::wrong_value("`version`", "1, the only version of data files", v.span));
            }
            Some(_) => {}
        }
    }

    fn record(&mut self, entity: Spanned<String>, row: &Json) -> RecordData {
        let mut fields = self.object(row, "a record").to_vec();
        let name = self.take_name(&mut fields);
        RecordData { entity, name, fields, span: row.span }
    }

    fn take_name(&mut self, fields: &mut Fields) -> Option<Spanned<String>> {
        let index = fields.iter().position(|(key, _)| key.node == "$id")?;
        let (_, value) = fields.remove(index);
        self.record_name(&value, "`$id`")
    }

    fn event(&mut self, json: &Json) -> Option<EventData> {
        let entries = self.object(json, "an event");
        let verbs: Vec<&(Spanned<String>, Json)> =
            entries.iter().filter(|(key, _)| VERBS.contains(&key.node.as_str())).collect();
        let (verb, target) = match verbs.as_slice() {
            [one] => (&one.0, &one.1),
            [] => {
                let is_known = |key: &str| KEYS.contains(&key);
                let unknown = entries.iter().map(|(key, _)| key).find(|key| !is_known(&key.node));
                if let Some(key) = unknown {
                    self.problems.push(errors::unknown_key(&key.node, key.span, VERBS));
                } else if matches!(json.kind, JsonKind::Object(_)) {
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
            "answer" => &["after", "at", "as", "with"],
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
        let when_at = json.get("after").or(json.get("at")).map_or(json.span, |when| when.span);
        Some(EventData { when: when?, when_at, user, action, span: json.span })
    }

    /// When it happens. Where another key was told to be misspelt, that one may have meant the time.
    fn when(&mut self, json: &Json, misspelt: bool) -> Option<When> {
        match (json.get("after"), json.get("at")) {
            (Some(after), None) => {
                let is_ahead = |span: &Duration| span.months >= 0 && span.days >= 0 && span.micros >= 0;
                let duration = after.as_text().and_then(parse_duration).filter(is_ahead);
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
            "answer" => {
                let with = json.get("with").map(|with| self.object(with, "`with`").to_vec()).unwrap_or_default();
                Some(EventAction::Answer { who: self.text(target, &what)?, with })
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
    use std::io::Cursor;

    fn scan(text: &str) -> Result<DataFile, Vec<Trouble>> {
        DataFile::scan(Box::new(Cursor::new(text.to_owned().into_bytes())), FileId(0), &mut |_, _| {})
    }

    fn problems(text: &str) -> Vec<String> {
        let told = |trouble: Trouble| match trouble {
            Trouble::Wrong(d) => format!("{} {}", d.code.0, d.message),
            other => format!("{other:?}"),
        };
        scan(text).err().unwrap_or_default().into_iter().map(told).collect()
    }

    #[test]
    fn all_mistakes_of_a_file_are_told() {
        let text = r#"{"version": 2, "nwo": 1, "records": {"User": {}},
            "events": [{"after": "2 moons", "update": "$a"}, {"in": "1 day", "delete": "$a"}, {"after": "1 day"}, {"after": "1 day", "updat": "$a"}, {"after": "-1 day", "delete": "$a"}, {"at": "2026-01-01", "delete": "$a", "set": {}}]}"#;
        assert_eq!(
            problems(text),
            [
                "E0913 `nwo` means nothing here",
                "E0914 `User` is not a list",
                "E0914 `after` is not a duration such as \"2 days\"",
                "E0913 `in` means nothing here",
                "E0913 `create` is missing",
                "E0913 `updat` means nothing here",
                "E0914 `after` is not a duration such as \"2 days\"",
                "E0913 `set` means nothing here",
                "E0914 `at` is not a moment with its zone, such as \"2026-01-05T09:00[Europe/Berlin]\"",
                "E0914 `version` is not 1, the only version of data files",
            ]
        );
    }

    #[test]
    fn names_lose_their_dollar() {
        let text = r#"{"version": 1, "events": [{"after": "1 day", "assign": "$a", "to": "$b"}]}"#;
        let event = scan(text).unwrap().event(0).unwrap();
        let EventAction::Assign { record, to } = &event.action else { panic!("not assign") };
        assert_eq!((record.node.as_str(), to.node.as_str()), ("a", "b"));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_every_level() {
        for text in [
            r#"{"version": 1, "version": 1}"#,
            r#"{"version": 1, "records": {"User": [], "User": []}}"#,
            r#"{"version": 1, "records": {"User": [{"name": "a", "name": "b"}]}}"#,
        ] {
            let found = problems(text);
            assert!(found.len() == 1 && found[0].contains("stands twice"), "{found:?}");
        }
    }

    #[test]
    fn what_is_left_over_is_still_read() {
        assert_eq!(problems(r#"{"version": 1, "records": []} x"#), ["E0912 the data file is not valid JSON"]);
        let mut data =
            scan(r#"{"events": [], "records": {"User": [{"$id": "$a"}], "Task": [{}, {"b": 1}]}, "version": 1}"#)
                .unwrap();
        let second = data.record(2).unwrap();
        assert_eq!((second.entity.node.as_str(), second.fields.len()), ("Task", 1));
        let first = data.record(0).unwrap();
        assert_eq!((first.entity.node.as_str(), first.name.unwrap().node.as_str()), ("User", "a"));
    }
}
