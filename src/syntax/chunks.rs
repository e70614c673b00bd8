//! Cuts a file into pieces.
//!
//! A file with mistakes is cut into chunks that cannot hurt each other: each begins where a declaration seems to begin.
//! Layout has no meaning in a correct file, but after a mistake the first column is the best hint there is: a
//! declaration keyword there begins a declaration even inside a block that somebody forgot to close, and outside of
//! blocks any word there does, so that a misspelt keyword does too.
//!
//! A correct file is cut into parts only to parse it with less memory; layout says nothing there.

use std::ops::Range;

use super::scan::{Token, TokenKind};

/// Words that begin a declaration.
pub(super) const DECLARATIONS: [&str; 25] = [
    "use", "enum", "record", "type", "error", "signal", "config", "secret", "entity", "extend", "fn", "workflow",
    "realtime", "action", "dialog", "activity", "flow", "rule", "email", "role", "calendar", "test", "migrate",
    "process", "event",
];

/// Words that go on with the head of a declaration.
pub(super) const CLAUSES: [&str; 15] = [
    "for",
    "when",
    "before",
    "after",
    "only",
    "run",
    "scope",
    "rank",
    "keep",
    "limit",
    "in",
    "independent",
    "using",
    "on",
    "order",
];

/// The chunks of a file as ranges of tokens. The first begins with the first token, the last ends with the last.
pub(super) fn chunks(source: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        if token.first_column && begins_chunk(source, token, next, depth) {
            starts.push(index);
            depth = 0;
        }
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if starts.first() != Some(&0) && !tokens.is_empty() {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(tokens.len()));
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

fn begins_chunk(source: &str, token: &Token, next: Option<&Token>, depth: usize) -> bool {
    let word = token.text(source);
    let is_word = matches!(token.kind, TokenKind::Word | TokenKind::Name);
    if depth == 0 {
        return is_word && !CLAUSES.contains(&word);
    }
    let named = next.is_some_and(|n| match n.kind {
        TokenKind::Name => true,
        TokenKind::Word => matches!(word, "fn" | "config" | "secret" | "extend" | "realtime"),
        TokenKind::Text => word == "test",
        _ => false,
    });
    named && DECLARATIONS.contains(&word)
}

/// Bytes of a part that are worth a parser of their own.
const PART_BYTES_MIN: usize = 4 << 10;

/// A sound text in parts that are parsed one by one, as ranges of bytes: so what the parser notes down of a text is
/// dropped soon. A part ends where a brace closes a declaration and a word begins the next one; nothing else can follow
/// such a brace with such a word. Of a text that is not sound some part will not parse.
pub(super) fn parts(source: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0usize;
    let mut closed = false;
    for token in tokens.iter().filter(|token| !token.is_comment()) {
        let at = token.start as usize;
        if closed && at - start >= PART_BYTES_MIN && DECLARATIONS.contains(&token.text(source)) {
            parts.push(start..at);
            start = at;
        }
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        closed = depth == 0 && token.kind == TokenKind::Close('}');
    }
    parts.push(start..source.len());
    parts
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn starts(source: &str) -> Vec<&str> {
        let tokens = scan(source);
        chunks(source, &tokens).into_iter().map(|range| tokens[range.start].text(source)).collect()
    }

    #[test]
    fn a_sound_text_is_cut_between_declarations_wherever_they_stand() {
        let filler = format!("let x = {}1", "1 + ".repeat(PART_BYTES_MIN / 4));
        let text = format!("fn f() -> int {{ {filler} }} // }} test\n  extend enum A {{}} test \"a\" {{ enum }}");
        let tokens = scan(&text);
        let found: Vec<&str> = parts(&text, &tokens).into_iter().filter_map(|part| text.get(part)).collect();
        assert_eq!(found.len(), 2);
        assert!(found[1].starts_with("extend enum A"));
    }

    #[test]
    fn a_declaration_in_the_first_column_ends_an_open_block() {
        assert_eq!(starts("workflow A {\n  if x {\nentity B {\n}\n"), ["workflow", "entity"]);
    }

    #[test]
    fn a_statement_in_the_first_column_of_a_block_does_not() {
        assert_eq!(starts("workflow A {\nlet x = 1\nemail y\n}\nfn f() {}"), ["workflow", "fn"]);
    }

    #[test]
    fn outside_of_blocks_any_word_begins_a_chunk_but_clauses_do_not() {
        assert_eq!(
            starts("workfow A {\n}\nenity B { }\nworkflow C\nwhen created\n{\n}"),
            ["workfow", "enity", "workflow"]
        );
    }
}
