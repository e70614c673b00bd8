//! Messages as SARIF 2.1.0, the format of code scanning.
//!
//! Only what a message has is written: rules are the codes that occur, with the summary of their page.

use serde::Serialize;

use super::place::place;
use super::severity_word;
use crate::base::source::Sources;
use crate::base::span::Span;
use crate::diag::codes;
use crate::diag::diagnostic::{Code, Diagnostic, Edit, Fix};

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'a str,
    results: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    name: &'a str,
    short_description: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Message<'a>,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Change<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    description: Message<'a>,
    artifact_changes: Vec<ArtifactChange<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: Artifact,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Message<'a>,
}

/// All messages as one line of JSON.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut used: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    used.sort_unstable();
    used.dedup();
    let driver = Driver { name: "abide", version: env!("CARGO_PKG_VERSION"), rules: used.iter().map(rule).collect() };
    let results = diagnostics.iter().map(|diagnostic| found(diagnostic, &used, sources)).collect();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    };
    // A tree of texts and numbers always has a JSON form.
    serde_json::to_string(&log).map(|text| text + "\n").unwrap_or_default()
}

fn rule(code: &Code) -> Rule<'static> {
    let (name, summary) = codes::lookup(code.0).map_or(("", ""), |entry| (entry.name, entry.summary));
    Rule { id: code.0, name, short_description: text(summary) }
}

fn text<'a>(text: impl Into<std::borrow::Cow<'a, str>>) -> Message<'a> {
    Message { text: text.into() }
}

fn found<'a>(diagnostic: &'a Diagnostic, rules: &[Code], sources: &Sources) -> Found<'a> {
    let mut words = vec![diagnostic.message.clone()];
    words.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
    words.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
    let related = diagnostic.labels.iter().zip(1..).filter_map(|(label, id)| {
        let place = physical(label.span, sources)?;
        Some(Location { id: Some(id), physical_location: place, message: Some(text(&label.text)) })
    });
    let primary = physical(diagnostic.primary.span, sources).map(|place| Location {
        id: None,
        physical_location: place,
        message: Some(text(&diagnostic.primary.text)),
    });
    Found {
        rule_id: diagnostic.code.0,
        rule_index: rules.binary_search(&diagnostic.code).unwrap_or_default(),
        level: severity_word(diagnostic.severity),
        message: text(words.join("\n")),
        locations: primary.into_iter().collect(),
        related_locations: related.collect(),
        fixes: diagnostic.fix.iter().filter_map(|fix| change(fix, sources)).collect(),
    }
}

fn change<'a>(fix: &'a Fix, sources: &Sources) -> Option<Change<'a>> {
    // The edits of a fix stand in one file.
    let first = fix.edits.first()?;
    let artifact = Artifact { uri: uri(place(first.span, sources).path) };
    let replacement =
        |edit: &'a Edit| Replacement { deleted_region: region(edit.span, sources), inserted_content: text(&edit.text) };
    let replacements = fix.edits.iter().filter(|edit| edit.span.file == first.span.file).map(replacement).collect();
    Some(Change {
        description: text(&fix.title),
        artifact_changes: vec![ArtifactChange { artifact_location: artifact, replacements }],
    })
}

/// The place of a span; nothing where it is in no file.
fn physical(span: Span, sources: &Sources) -> Option<Physical> {
    let at = place(span, sources);
    (!at.path.is_empty())
        .then(|| Physical { artifact_location: Artifact { uri: uri(at.path) }, region: region(span, sources) })
}

fn region(span: Span, sources: &Sources) -> Region {
    let at = place(span, sources);
    Region {
        start_line: at.start.line,
        start_column: at.start.column,
        end_line: at.end.line,
        end_column: at.end.column,
    }
}

/// A path as a reference: only what RFC 3986 lets stand in a path stays as it is.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::SourceFile;
    use crate::base::span::FileId;
    use crate::diag::Applicability;

    #[test]
    fn a_log_holds_rules_places_and_fixes() {
        let mut sources = Sources::default();
        sources.add(SourceFile::new("a b.proc".into(), "ä titel\ntitle\n".into(), false));
        let (wrong, right) = (Span::new(FileId(0), 3, 8), Span::new(FileId(0), 9, 14));
        let message = Diagnostic::error(codes::E0211, "there is no `titel`", wrong, "unknown")
            .label(right, "declared here")
            .note("so it is")
            .fix("write `title`", wrong, "title", Applicability::Suggested);
        let lint = Diagnostic::warning(codes::E0101, "odd", Span::new(FileId(7), 0, 0), "nowhere");
        let log: serde_json::Value = serde_json::from_str(&sarif(&[message, lint], &sources)).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
    }

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("a/b c#1.proc"), "a/b%20c%231.proc");
        assert_eq!(uri("/tmp/ä"), "file:///tmp/%C3%A4");
    }
}
