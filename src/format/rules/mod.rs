//! The layout of each construct. One function a node: it walks its parts in the order of the text and takes the
//! comments that stand before each.

mod effect;
mod entity;
mod expr;
mod flow;
mod item;
mod list;
mod process;
mod query;
mod stmt;
mod test_stmt;
mod types;

use super::comments::Comments;
use super::doc::{Doc, concat, text};
use crate::base::span::Span;
use crate::syntax::Comment;
use crate::syntax::ast::Ident;

/// What the layout of a file needs besides its tree.
pub(super) struct Formatter<'a> {
    source: &'a str,
    comments: Comments<'a>,
}

impl<'a> Formatter<'a> {
    pub(super) fn new(source: &'a str, comments: &'a [Comment]) -> Self {
        Self { source, comments: Comments::new(source, comments) }
    }

    /// How many comments were printed.
    pub(super) fn printed(&self) -> usize {
        self.comments.printed()
    }

    /// How many comments were printed that may move once more.
    pub(super) fn restless(&self) -> usize {
        self.comments.restless()
    }

    /// What stands above a declaration, with the line break that ends the one before.
    pub(super) fn between_items(&mut self, start: u32, is_first: bool, needs_blank: bool) -> Doc {
        if is_first {
            return self.comments.lead(start, true, true);
        }
        let adds_blank = needs_blank && !self.comments.blank_above_next(start);
        let blank = if adds_blank { Doc::HardLine } else { Doc::Nil };
        concat([Doc::HardLine, blank, self.comments.lead(start, false, true)])
    }

    /// The comments behind a declaration.
    pub(super) fn after_item(&mut self, end: u32) -> Doc {
        concat([self.comments.before(end), self.comments.at_rest(|comments| comments.trail(end))])
    }

    /// Takes the comments within and behind a declaration that is printed elsewhere.
    pub(super) fn pass(&mut self, span: Span) {
        self.comments.skip(span);
        self.comments.trail(span.end);
    }

    /// The comments below the last declaration.
    pub(super) fn end_of_file(&mut self, is_first: bool) -> Doc {
        self.comments.close(u32::MAX, is_first)
    }

    /// A declaration that did not parse, or that is at rest.
    pub(super) fn as_it_stands(&mut self, span: Span) -> Doc {
        self.comments.skip(span);
        text(self.slice(span.start, span.end).trim_end().to_owned())
    }

    fn slice(&self, start: u32, end: u32) -> &'a str {
        self.source.get(start as usize..end as usize).unwrap_or("")
    }

    /// The source as it stands, with the comments inside.
    fn verbatim(&mut self, span: Span) -> Doc {
        let before = self.comments.before(span.start);
        self.comments.skip(span);
        concat([before, text(self.slice(span.start, span.end).to_owned())])
    }

    /// A literal of one line whose parts may stand apart: with one space between them, and texts as they are.
    fn spaced(&mut self, span: Span) -> Doc {
        let mut words: Vec<String> = Vec::new();
        for (index, piece) in self.slice(span.start, span.end).split('"').enumerate() {
            match index % 2 {
                0 => words.extend(piece.split_whitespace().map(str::to_owned)),
                _ => words.push(format!("\"{piece}\"")),
            }
        }
        let joined = words.join(" ");
        if joined.contains("//") || joined.contains("/*") { self.verbatim(span) } else { text(joined) }
    }

    /// A name with the back-ticks it was written with.
    fn name(&self, ident: &Ident) -> String {
        let written = self.slice(ident.span.start, ident.span.end);
        if written.starts_with('`') { written.to_owned() } else { ident.name.clone() }
    }

    fn names(&self, idents: &[Ident]) -> String {
        idents.iter().map(|ident| self.name(ident)).collect::<Vec<_>>().join(", ")
    }

    /// `open`, `lost.out_sold`.
    fn path(&self, idents: &[Ident]) -> String {
        idents.iter().map(|ident| self.name(ident)).collect::<Vec<_>>().join(".")
    }

    /// The text literal of a span.
    fn title(&mut self, span: Span, value: &str) -> String {
        let written = self.slice(span.start, span.end);
        if written.starts_with('"') { written.to_owned() } else { quote(value) }
    }

    /// The first character of what follows a place.
    fn follows(&self, at: u32, words: &str) -> bool {
        let next = self.comments.next_token(at);
        self.source.get(next as usize..).is_some_and(|rest| rest.starts_with(words))
    }

    /// The place of the next word or sign.
    fn next_token(&self, at: u32) -> u32 {
        self.comments.next_token(at)
    }
}

/// A text literal for a value whose place in the source is not known.
fn quote(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
