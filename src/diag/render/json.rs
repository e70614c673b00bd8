//! Messages for machines: one object, with all messages of a run.
//!
//! The shapes here are a promise to other programs; they change only together with `version`.

use serde::Serialize;

use super::{count, severity_word};
use crate::base::source::{Position, Sources};
use crate::base::span::Span;
use crate::diag::diagnostic::{Applicability, Diagnostic, Fix, Label};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    diagnostics: Vec<Message<'a>>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Message<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    file: &'a str,
    span: Range,
    label: &'a str,
    labels: Vec<Place<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fixes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    span: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Range {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    applicability: &'a str,
    edits: Vec<Place<'a>>,
}

/// All messages as one line of JSON. Lines and columns count from 1, columns in characters.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let (errors, warnings) = count(diagnostics);
    let report =
        Report { version: 1, diagnostics: diagnostics.iter().map(|d| message(d, sources)).collect(), errors, warnings };
    // A tree of texts and numbers always has a JSON form.
    serde_json::to_string(&report).map(|text| text + "\n").unwrap_or_default()
}

fn message<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Message<'a> {
    Message {
        code: diagnostic.code.0,
        severity: severity_word(diagnostic.severity),
        message: &diagnostic.message,
        file: path(diagnostic.primary.span, sources),
        span: range(diagnostic.primary.span, sources),
        label: &diagnostic.primary.text,
        labels: diagnostic.labels.iter().map(|label| place(label, sources)).collect(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fixes: diagnostic.fix.iter().map(|fix| change(fix, sources)).collect(),
    }
}

fn place<'a>(label: &'a Label, sources: &'a Sources) -> Place<'a> {
    Place { file: path(label.span, sources), span: range(label.span, sources), text: &label.text }
}

fn change<'a>(fix: &'a Fix, sources: &'a Sources) -> Change<'a> {
    let applicability = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Suggested => "suggested",
    };
    let edits = fix
        .edits
        .iter()
        .map(|edit| Place { file: path(edit.span, sources), span: range(edit.span, sources), text: &edit.text })
        .collect();
    Change { title: &fix.title, applicability, edits }
}

fn path(span: Span, sources: &Sources) -> &str {
    sources.get(span.file).map_or("", |file| &file.path)
}

fn range(span: Span, sources: &Sources) -> Range {
    let point = |at: u32| {
        let place = sources.get(span.file).map_or(Position { line: 1, column: 1 }, |file| file.position(at));
        Point { line: place.line, column: place.column }
    };
    Range { start: point(span.start), end: point(span.end) }
}
