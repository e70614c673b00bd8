//! The proof that formatting changed the layout and nothing else.

use super::{RUN_ITEMS, Refusal};
use crate::base::cores::on_all_cores;
use crate::base::span::Span;
use crate::diag::Severity;
use crate::syntax::ast::Item;
use crate::syntax::{Comment, Parsed};

/// Compares a file before and after: the same tree, the same comments, no new errors.
pub(super) fn compare(before: (&str, &Parsed), after: (&str, &Parsed)) -> Result<(), Refusal> {
    if errors(before.1) != errors(after.1) || !same_items(before, after) {
        return Err(Refusal::TreeChanged);
    }
    if same_comments((before.0, &before.1.trivia.comments), (after.0, &after.1.trivia.comments)) {
        Ok(())
    } else {
        Err(Refusal::CommentsChanged)
    }
}

fn errors(parsed: &Parsed) -> usize {
    parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
}

/// Compares comments in any order: one amid an expression may have moved to the end of its line.
pub(super) fn same_comments(before: (&str, &[Comment]), after: (&str, &[Comment])) -> bool {
    before.1.len() == after.1.len() && sorted(before) == sorted(after)
}

fn sorted<'t>((source, comments): (&'t str, &[Comment])) -> Vec<&'t str> {
    let mut all: Vec<&str> = comments.iter().map(|comment| written(source, comment.span).trim_end()).collect();
    all.sort_unstable();
    all
}

fn written(source: &str, span: Span) -> &str {
    source.get(span.start as usize..span.end as usize).unwrap_or("")
}

/// Compares the declarations one by one.
fn same_items(before: (&str, &Parsed), after: (&str, &Parsed)) -> bool {
    let (old, new) = (&before.1.file.items, &after.1.file.items);
    let pairs: Vec<(&Item, &Item)> = old.iter().zip(new).collect();
    let same = |(old, new): &(&Item, &Item)| outline(old) == outline(new);
    let runs: Vec<&[(&Item, &Item)]> = pairs.chunks(RUN_ITEMS).collect();
    old.len() == new.len() && on_all_cores(&runs, |run| run.iter().all(same)).into_iter().all(|same| same)
}

/// The tree as text, without positions and doc comments: those are compared as comments, and one in an odd place may
/// come to stand above another part.
fn outline(item: &Item) -> String {
    without_docs(&format!("{item:-?}"))
}

/// Removes the values of `doc`, outside of texts.
fn without_docs(tree: &str) -> String {
    let mut out = String::with_capacity(tree.len());
    let mut rest = tree;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'd')) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (kept, passed) = match doc_length(from).filter(|_| out.ends_with(' ')) {
            Some(doc) => (0, doc),
            None if from.starts_with('"') => (text_length(from), 0),
            None => (1, 0),
        };
        out.push_str(from.get(..kept).unwrap_or(""));
        rest = from.get(kept + passed..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// The length of the quoted text at the start.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::span::{FileId, Span};

    #[test]
    fn doc_comments_are_removed_and_texts_stay() {
        let tree = r#"Item { doc: Some("a \"b\" doc: None"), name: "a \" doc: None", doc: None }, (d)"#;
        assert_eq!(without_docs(tree), r#"Item { , name: "a \" doc: None",  }, (d)"#);
    }

    #[test]
    fn places_are_left_out() {
        let span = Some((1, Span::new(FileId(0), 12, 15)));
        assert_eq!(format!("{span:?} {span:-?}"), "Some((1, 0:12..15)) Some((1, ))");
    }
}
