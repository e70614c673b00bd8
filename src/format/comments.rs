//! Where comments go: each is printed exactly once, near the words it stood beside.
//!
//! The rules walk the tree in the order of the text. A comment on a line of its own leads the element below; one at
//! the end of a line stays at the end of the line of what stood before it; one amid an expression moves to the end of
//! its line.

use super::doc::{Doc, concat, text};
use crate::base::span::Span;
use crate::syntax::{Comment, CommentKind};

/// The comments of a file, taken one by one from the front.
pub(super) struct Comments<'a> {
    source: &'a str,
    all: &'a [Comment],
    next: usize,
    /// How many of the printed ones are where they will stay.
    resting: usize,
}

impl<'a> Comments<'a> {
    pub(super) fn new(source: &'a str, all: &'a [Comment]) -> Self {
        Self { source, all, next: 0, resting: 0 }
    }

    /// How many were printed.
    pub(super) fn printed(&self) -> usize {
        self.next
    }

    /// How many were printed that may move once more.
    pub(super) fn restless(&self) -> usize {
        self.next - self.resting
    }

    /// Takes comments above, behind or below the lines of a body. One that ends its line stays there for good; a block
    /// may come to stand on a line of its own.
    pub(super) fn at_rest(&mut self, take: impl FnOnce(&mut Self) -> Doc) -> Doc {
        let from = self.next;
        let doc = take(self);
        let taken = self.all.get(from..self.next).unwrap_or(&[]);
        self.resting += taken.iter().filter(|comment| comment.kind != CommentKind::Block).count();
        doc
    }

    fn slice(&self, start: u32, end: u32) -> &'a str {
        self.source.get(start as usize..end as usize).unwrap_or("")
    }

    fn words(&self, comment: &Comment) -> String {
        self.slice(comment.span.start, comment.span.end).trim_end().to_owned()
    }

    fn take_before(&mut self, at: u32) -> Option<&'a Comment> {
        let comment = self.all.get(self.next).filter(|comment| comment.span.start < at)?;
        self.next += 1;
        Some(comment)
    }

    /// Counts the comments of a span that is printed as it stands.
    pub(super) fn skip(&mut self, span: Span) {
        while self.take_before(span.end).is_some() {}
    }

    /// The comments before a place within a line.
    pub(super) fn before(&mut self, at: u32) -> Doc {
        let mut docs = Vec::new();
        while let Some(comment) = self.take_before(at) {
            let words = self.words(comment);
            match comment.kind {
                CommentKind::Block if !words.contains('\n') => docs.push(text(words + " ")),
                _ => docs.push(Doc::Suffix(words)),
            }
        }
        Doc::Concat(docs)
    }

    /// The comments behind the bracket that opens a list, on its line, before the first element at `at`.
    pub(super) fn opening(&mut self, at: u32) -> Doc {
        let mut docs = Vec::new();
        while let Some(comment) = self.all.get(self.next).filter(|comment| comment.span.start < at) {
            let before = self.slice(0, comment.span.start).trim_end_matches([' ', '\t']);
            if !before.ends_with(['{', '(', '[']) || !self.breaks_after(comment.span.end) {
                break;
            }
            self.next += 1;
            docs.push(Doc::Suffix(self.words(comment)));
        }
        Doc::Concat(docs)
    }

    /// The comments above an element that has lines of its own, each with its line end, and a blank line where there
    /// is one above any of them. The first element of a block has none above it.
    pub(super) fn lead(&mut self, at: u32, is_first: bool, keeps_blank: bool) -> Doc {
        let mut docs = Vec::new();
        let mut has_blank = keeps_blank && !is_first;
        while let Some(comment) = self.take_before(at) {
            if has_blank && self.blank_above(comment.span.start) {
                docs.push(Doc::HardLine);
            }
            has_blank = keeps_blank;
            docs.push(text(self.words(comment)));
            let is_inline = comment.kind == CommentKind::Block && !self.breaks_after(comment.span.end);
            docs.push(if is_inline { text(" ") } else { Doc::HardLine });
        }
        if has_blank && self.blank_above(at) {
            docs.push(Doc::HardLine);
        }
        Doc::Concat(docs)
    }

    /// The comments right behind a place, on its line.
    pub(super) fn trail(&mut self, mut end: u32) -> Doc {
        let mut docs = Vec::new();
        while let Some(comment) = self.all.get(self.next) {
            let start = comment.span.start;
            let is_near = start >= end && self.slice(end, start).chars().all(|c| matches!(c, ' ' | '\t' | ','));
            if !is_near {
                break;
            }
            self.next += 1;
            end = comment.span.end;
            let words = self.words(comment);
            match comment.kind {
                CommentKind::Block if !words.contains('\n') => docs.push(text(format!(" {words}"))),
                _ => docs.push(Doc::Suffix(words)),
            }
        }
        Doc::Concat(docs)
    }

    /// The comments between the last element and the brace that closes its list, each after a line break.
    pub(super) fn close(&mut self, at: u32, is_first: bool) -> Doc {
        let mut docs = Vec::new();
        let mut has_blank = !is_first;
        while let Some(comment) = self.take_before(at) {
            docs.push(Doc::HardLine);
            if has_blank && self.blank_above(comment.span.start) {
                docs.push(Doc::HardLine);
            }
            has_blank = true;
            docs.push(text(self.words(comment)));
        }
        concat(docs)
    }

    /// Whether a blank line stands above what comes next: a comment before `at`, or `at` itself.
    pub(super) fn blank_above_next(&self, at: u32) -> bool {
        let next = self.all.get(self.next).map_or(at, |comment| comment.span.start.min(at));
        self.blank_above(next)
    }

    /// Whether the line above a place is blank.
    fn blank_above(&self, at: u32) -> bool {
        let above = self.slice(0, at);
        let gap = above.len() - above.trim_end().len();
        above.get(above.len() - gap..).unwrap_or("").matches('\n').count() > 1
    }

    fn breaks_after(&self, at: u32) -> bool {
        let rest = self.source.get(at as usize..).unwrap_or("");
        rest.trim_start_matches([' ', '\t', ',']).starts_with(['\n', '\r'])
    }

    /// The place of the next character from `at` that is neither layout, comma nor comment.
    pub(super) fn next_token(&self, mut at: u32) -> u32 {
        loop {
            let rest = self.source.get(at as usize..).unwrap_or("");
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            at += u32::try_from(rest.len() - trimmed.len()).unwrap_or(0);
            let index = self.all.partition_point(|comment| comment.span.start < at);
            match self.all.get(index) {
                Some(comment) if comment.span.start == at => at = comment.span.end,
                _ => return at,
            }
        }
    }
}
