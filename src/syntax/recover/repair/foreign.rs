//! Parts that are written in another language as a whole. They are told once, as what they are; what their statements
//! end with, or their texts are enclosed by, is not told for itself.

use std::ops::Range;

use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::errors::habits;
use crate::syntax::recover::brackets::partners;
use crate::syntax::recover::too_deep;
use crate::syntax::scan::{Token, TokenKind};

/// So many words may stand between the word of such a part and its braces.
const HEAD_MAX: usize = 40;

/// The places of such parts, in the order of the text.
pub(super) fn parts(source: &str, tokens: &[Token]) -> Vec<Range<u32>> {
    if too_deep(tokens).is_some() {
        return Vec::new();
    }
    let partner = partners(source, tokens);
    let mut found: Vec<Range<u32>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if found.last().is_some_and(|part| part.end > token.start) {
            continue;
        }
        let next = tokens.get(at + 1).map_or("", |next| next.text(source));
        let open = match token.text(source) {
            "for" if next == "(" => Some(at + 1),
            "switch" if token.first_on_line && !matches!(next, ":" | "." | "=") => brace_behind(source, tokens, at),
            word if token.first_column && is_foreign(word, next) => brace_behind(source, tokens, at),
            "{" if is_accessors(source, tokens, at) => Some(at),
            _ => None,
        };
        let close = open.and_then(|open| partner.get(open).copied().flatten());
        found.extend(close.and_then(|close| tokens.get(close)).map(|close| token.start..close.end));
    }
    found
}

/// `class Deal {`, and no `process Name` that is nearly right.
fn is_foreign(word: &str, next: &str) -> bool {
    let is_first = |letter: char| letter.is_ascii_alphabetic();
    !DECLARATIONS.contains(&word)
        && habits::declaration(word).is_some()
        && !DECLARATIONS.contains(&next)
        && next.starts_with(is_first)
}

/// The brace that the head of a part ends with.
fn brace_behind(source: &str, tokens: &[Token], at: usize) -> Option<usize> {
    let open = (at + 1..tokens.len().min(at + HEAD_MAX))
        .find(|open| tokens.get(*open).is_some_and(|token| token.kind == TokenKind::Open('{') || token.first_column))?;
    tokens.get(open).is_some_and(|token| token.text(source) == "{").then_some(open)
}

/// `{ get; set; }`.
fn is_accessors(source: &str, tokens: &[Token], open: usize) -> bool {
    let inside = tokens.get(open + 1..).unwrap_or(&[]).iter().map(|token| token.text(source));
    let mut words = inside.take_while(|word| *word != "}").peekable();
    matches!(words.peek(), Some(&"get" | &"set" | &"private"))
        && words.all(|word| matches!(word, "get" | "set" | "init" | "private" | "protected" | "internal" | ";"))
}
