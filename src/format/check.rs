//! The proof that formatting changed the layout and nothing else.

use super::{RUN_ITEMS, Refusal};
use crate::base::cores::on_all_cores;
use crate::base::span::Span;
use crate::diag::Severity;
use crate::syntax::ast::Item;
use crate::syntax::{Parsed, same_words};

/// Compares a file before and after: the same tree, the same comments, no new errors.
pub(super) fn compare(before: (&str, &Parsed), after: (&str, &Parsed)) -> Result<(), Refusal> {
    if errors(before.1) != errors(after.1) || !same_items(before, after) {
        return Err(Refusal::TreeChanged);
    }
    if comments(before) == comments(after) { Ok(()) } else { Err(Refusal::CommentsChanged) }
}

fn errors(parsed: &Parsed) -> usize {
    parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
}

/// The comments in any order: one amid an expression may have moved to the end of its line.
fn comments<'t>((source, parsed): (&'t str, &Parsed)) -> Vec<&'t str> {
    let mut all: Vec<&str> = parsed.trivia.comments.iter().map(|c| written(source, c.span).trim_end()).collect();
    all.sort_unstable();
    all
}

fn written(source: &str, span: Span) -> &str {
    source.get(span.start as usize..span.end as usize).unwrap_or("")
}

/// Compares the declarations one by one. Where even the words are the same, the tree is: layout has no meaning.
fn same_items(before: (&str, &Parsed), after: (&str, &Parsed)) -> bool {
    let (old, new) = (&before.1.file.items, &after.1.file.items);
    let pairs: Vec<(&Item, &Item)> = old.iter().zip(new).collect();
    let same = |(old, new): &(&Item, &Item)| {
        same_words(written(before.0, old.span), written(after.0, new.span)) || outline(old) == outline(new)
    };
    let runs: Vec<&[(&Item, &Item)]> = pairs.chunks(RUN_ITEMS).collect();
    old.len() == new.len() && on_all_cores(&runs, |run| run.iter().all(same)).into_iter().all(|same| same)
}

/// The tree as text, without positions and doc comments: those are compared as comments, and one in an odd place may
/// come to stand above another part.
fn outline(item: &Item) -> String {
    without_spans(&format!("{item:?}"))
}

/// Removes what a span prints, such as `0:12..15`, and the values of `doc`, outside of texts.
fn without_spans(tree: &str) -> String {
    let mut out = String::with_capacity(tree.len());
    let mut rest = tree;
    while let Some(c) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (kept, passed) = match c {
            '"' => (text_length(rest), 0),
            '0'..='9' => span_length(rest).map_or((word, 0), |span| (0, span)),
            'd' => doc_length(rest).map_or((word, 0), |doc| (0, doc)),
            c => (word.max(c.len_utf8()), 0),
        };
        let (text, behind) = rest.split_at(kept);
        out.push_str(text);
        rest = behind.get(passed..).unwrap_or("");
    }
    out
}

/// The length of the quoted text at the start.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of `doc: None` or `doc: Some("…")` at the start.
fn doc_length(text: &str) -> Option<usize> {
    let value = text.strip_prefix("doc: ")?;
    let length = match value.strip_prefix("Some(") {
        Some(quoted) => "Some()".len() + text_length(quoted),
        None => "None".len(),
    };
    Some("doc: ".len() + length)
}

/// The length of `digits:digits..digits` at the start.
fn span_length(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    for mark in [":", ".."] {
        let rest = text.get(length..)?.strip_prefix(mark)?;
        let count = digits(rest);
        if length == 0 || count == 0 {
            return None;
        }
        length += mark.len() + count;
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_removed_and_texts_stay() {
        let tree =
            r#"Item { doc: Some("a \"b\" 0:1..2"), name: "a \" 0:1..2", span: 0:12..15, doc: None }, (3, 10:0..1)"#;
        assert_eq!(without_spans(tree), r#"Item { , name: "a \" 0:1..2", span: ,  }, (3, )"#);
    }
}
