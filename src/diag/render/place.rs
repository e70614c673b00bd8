//! Where a span is, for machines: path, lines and columns.

use crate::base::source::{Position, Sources};
use crate::base::span::Span;

/// A place in a file. Lines and columns count from 1, columns in characters; the end is behind the last character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The path, with `/`.
    pub(super) path: &'a str,
    pub(super) start: Position,
    pub(super) end: Position,
}

/// The place of a span.
pub(super) fn place(span: Span, sources: &Sources) -> Place<'_> {
    let first = Position { line: 1, column: 1 };
    match sources.get(span.file) {
        Some(file) => Place { path: &file.path, start: file.position(span.start), end: file.position(span.end) },
        None => Place { path: "", start: first, end: first },
    }
}
