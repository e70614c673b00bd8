//! The formatter: one layout for every file, without options.
//!
//! `doc` decides about line breaks, `comments` puts each comment where it belongs, `rules` know the constructs, and
//! `check` proves the result: the formatter gives text with the same tree and the same comments, or nothing.
//! Formatting twice is formatting once. What does not parse is copied as it stands.

mod check;
mod comments;
mod doc;
mod rules;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::base::cores::on_all_cores;
use crate::base::span::{FileId, Span};
use crate::diag::{Diagnostic, Severity};
use crate::syntax::ast::{Item, ItemKind};
use crate::syntax::{Comment, Parsed, parse_file, relaid};
use doc::Doc;
use rules::Formatter;

/// Layouts that a file may go through until it rests; a comment in an odd place may need two.
const ROUNDS_MAX: usize = 5;

/// Declarations that one core lays out before it takes the next ones.
const RUN_ITEMS: usize = 64;

/// The formatter made a mistake, and gives no text. This is never the author's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The new text would mean something else.
    TreeChanged,
    /// A comment would be lost or printed twice.
    CommentsChanged,
    /// The layout does not come to rest.
    NotStable,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TreeChanged => "the formatted text would mean something else",
            Self::CommentsChanged => "a comment would be lost",
            Self::NotStable => "the layout does not come to rest",
        })
    }
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Formatted {
    /// The text in its one layout, or why there is none; the file must then be left alone.
    pub text: Result<String, Refusal>,
    /// What does not parse; the declarations that it is in are copied as they stand.
    pub diagnostics: Vec<Diagnostic>,
}

/// The text in its one layout. Declarations with syntax errors are copied as they stand.
///
/// # Errors
/// When the result is not what it must be; the text must then be left alone.
pub fn format(source: &str) -> Result<String, Refusal> {
    format_file(FileId(0), source).text
}

/// The text of a file in its one layout, with what is wrong in it.
#[must_use]
pub fn format_file(file: FileId, source: &str) -> Formatted {
    let mut parsed = parse_file(file, source);
    let diagnostics = parsed.diagnostics.clone();
    let mut text = Cow::Borrowed(source);
    if source.contains("\r\n") {
        text = Cow::Owned(source.replace("\r\n", "\n"));
        parsed = parse_file(file, &text);
    }
    Formatted { text: laid_out(source, text, parsed), diagnostics }
}

fn laid_out(source: &str, mut text: Cow<'_, str>, mut parsed: Parsed) -> Result<String, Refusal> {
    if has_loose_text(&text, &parsed) {
        return Ok(source.to_owned());
    }
    let has_errors = parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
    for _ in 0..ROUNDS_MAX {
        let Layout { text: next, restless } = layout(&text, &pieces(&parsed), &parsed.trivia.comments)?;
        if next == text || !has_errors && rests((&text, &parsed), (&next, &restless)) {
            return Ok(next);
        }
        let next_parsed = parse_file(parsed.file.span.file, &next);
        match check::compare((&text, &parsed), (&next, &next_parsed)) {
            Ok(()) => (text, parsed) = (Cow::Owned(next), next_parsed),
            // What follows a mistake may be read in another way on other lines: all of it stays as it is.
            Err(_) if has_errors => return Ok(source.to_owned()),
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::NotStable)
}

/// A declaration that is laid out, or, without a tree, printed as it stands.
struct Piece<'a> {
    span: Span,
    item: Option<Cow<'a, Item>>,
}

fn pieces(parsed: &Parsed) -> Vec<Piece<'_>> {
    let items = parsed.file.items.iter();
    items.map(|item| Piece { span: item.span, item: (!is_bad(item, parsed)).then_some(Cow::Borrowed(item)) }).collect()
}

/// Whether a layout has the words and the comments of what it was made of, and stays as it is when it is laid out: all
/// that is asked of one, for less than parsing it. A declaration whose comments are at rest is so after one layout; how
/// it stands to what is around it may not be. Where this does not hold, the long way tells why.
fn rests((text, parsed): (&str, &Parsed), (next, restless): (&str, &[usize])) -> bool {
    let items: Vec<Span> = parsed.file.items.iter().map(|item| item.span).collect();
    let Some(again) = relaid(text, &items, next) else { return false };
    let mut pieces: Vec<Piece<'_>> = again.items.iter().map(|span| Piece { span: *span, item: None }).collect();
    for index in restless {
        let Some(piece) = pieces.get_mut(*index) else { return false };
        let Some(item) = again.parse(piece.span) else { return false };
        piece.item = Some(Cow::Owned(item));
    }
    let comments = &again.trivia.comments;
    check::same_comments((text, &parsed.trivia.comments), (next, comments))
        && layout(next, &pieces, comments).is_ok_and(|last| last.text == next)
}

/// A file in its layout, and which of its declarations have comments that may move once more.
struct Layout {
    text: String,
    restless: Vec<usize>,
}

/// One round, without the check.
fn layout(source: &str, pieces: &[Piece<'_>], comments: &[Comment]) -> Result<Layout, Refusal> {
    let starts: Vec<usize> = (0..pieces.len().max(1)).step_by(RUN_ITEMS).collect();
    let runs = on_all_cores(&starts, |start| run(source, pieces, comments, *start));
    let mut done = 0;
    let mut text = String::with_capacity(source.len() * 5 / 4);
    let mut restless = Vec::new();
    for Run { text: more, comments, restless: items } in runs {
        restless.extend(items);
        if comments.start != done {
            return Err(Refusal::CommentsChanged);
        }
        done = comments.end;
        text.push_str(&more);
    }
    if done != comments.len() {
        return Err(Refusal::CommentsChanged);
    }
    text.truncate(text.trim_end_matches('\n').len());
    let blank = text.len() - text.trim_start_matches('\n').len();
    text.drain(..blank);
    if !text.is_empty() {
        text.push('\n');
    }
    Ok(Layout { text, restless })
}

/// Some declarations after the other in their layout, and which comments stand in it.
struct Run {
    text: String,
    comments: Range<usize>,
    restless: Vec<usize>,
}

/// The run of [`RUN_ITEMS`] that begins at `start`, with what stands above each; the last ends with the file.
fn run(source: &str, pieces: &[Piece<'_>], comments: &[Comment], start: usize) -> Run {
    let mut formatter = Formatter::new(source, comments);
    let mut last = start.checked_sub(1).and_then(|before| pieces.get(before)).map(|piece| piece.span);
    if let Some(last) = last {
        formatter.pass(last);
    }
    let begin = formatter.printed();
    let mut docs = Vec::new();
    let mut restless = Vec::new();
    for (index, Piece { span, item }) in pieces.iter().enumerate().skip(start).take(RUN_ITEMS) {
        let needs_blank = last.is_some_and(|last| is_tall(source, last) || is_tall(source, *span));
        docs.push(formatter.between_items(span.start, last.is_none(), needs_blank));
        let before = formatter.restless();
        docs.push(match item {
            Some(item) => formatter.item(item),
            None => formatter.as_it_stands(*span),
        });
        docs.push(formatter.after_item(span.end));
        if formatter.restless() > before {
            restless.push(index);
        }
        last = Some(*span);
    }
    if start + RUN_ITEMS >= pieces.len() {
        docs.push(formatter.end_of_file(last.is_none()));
    }
    Run { text: Doc::Concat(docs).print(), comments: begin..formatter.printed(), restless }
}

/// Declarations of several lines stand apart.
fn is_tall(source: &str, span: Span) -> bool {
    source.get(span.start as usize..span.end as usize).is_some_and(|text| text.trim_end().contains('\n'))
}

fn is_bad(item: &Item, parsed: &Parsed) -> bool {
    let touches = |span: Span| span.start <= item.span.end && item.span.start <= span.end;
    matches!(item.kind, ItemKind::Error { .. })
        || parsed.diagnostics.iter().any(|d| d.severity == Severity::Error && touches(d.primary.span))
}

/// Whether text stands between declarations that is neither one nor a comment; such a file is left alone.
fn has_loose_text(source: &str, parsed: &Parsed) -> bool {
    let items = parsed.file.items.iter().map(|item| item.span);
    let comments = parsed.trivia.comments.iter().map(|comment| comment.span);
    let mut covered: Vec<Span> = items.chain(comments).collect();
    covered.sort();
    let mut end = 0;
    for span in covered {
        if span.start > end && !is_blank(source, end, span.start) {
            return true;
        }
        end = end.max(span.end);
    }
    !is_blank(source, end, u32::try_from(source.len()).unwrap_or(u32::MAX))
}

fn is_blank(source: &str, start: u32, end: u32) -> bool {
    source.get(start as usize..end as usize).is_none_or(|text| text.trim().is_empty())
}
