//! What the tree leaves out and the formatter needs: comments and blank lines, in the order of the text.

use super::scan::{CommentKind, Token, TokenKind, offset};
use crate::base::span::{FileId, Span};

/// A comment with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Line, block or doc.
    pub kind: CommentKind,
    /// With its marks, without the line end.
    pub span: Span,
}

/// The comments and blank lines of a file, each sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trivia {
    /// All comments. An unclosed block comment counts as one.
    pub comments: Vec<Comment>,
    /// Where blank lines begin: lines with nothing but spaces, outside texts and comments.
    pub blank_lines: Vec<u32>,
}

impl Trivia {
    pub(crate) fn of(file: FileId, source: &str, tokens: &[Token]) -> Self {
        let comments = tokens
            .iter()
            .filter_map(|token| match token.kind {
                TokenKind::Comment(kind) => Some(Comment { kind, span: token.span(file) }),
                TokenKind::OpenComment => Some(Comment { kind: CommentKind::Block, span: token.span(file) }),
                _ => None,
            })
            .collect();
        let mut blank_lines = Vec::new();
        let mut end = 0;
        let tail = std::iter::once((source.len(), source.len()));
        for (start, next_end) in tokens.iter().map(|t| (t.start as usize, t.end as usize)).chain(tail) {
            let between = source.get(end..start).unwrap_or("");
            let breaks = between.match_indices('\n').map(|(at, _)| end + at + 1);
            let lines = between.matches('\n').count();
            if end == 0 && lines > 0 {
                blank_lines.push(0);
            }
            blank_lines.extend(breaks.take(lines.saturating_sub(1)).map(offset));
            end = next_end;
        }
        Self { comments, blank_lines }
    }

    /// Whether a blank line stands between two places.
    #[must_use]
    pub fn blank_between(&self, start: u32, end: u32) -> bool {
        let first = self.blank_lines.partition_point(|at| *at < start);
        self.blank_lines.get(first).is_some_and(|at| *at < end)
    }

    /// The doc comment that ends right above `start`, its lines joined, marks removed.
    pub(crate) fn doc_above(&self, source: &str, start: u32) -> Option<String> {
        let mut lines = Vec::new();
        let mut below = start;
        let last = self.comments.partition_point(|c| c.span.end <= start);
        for comment in self.comments.get(..last)?.iter().rev() {
            let gap = source.get(comment.span.end as usize..below as usize)?;
            if comment.kind != CommentKind::Doc || !gap.trim().is_empty() || gap.matches('\n').count() > 1 {
                break;
            }
            let text = source.get(comment.span.start as usize..comment.span.end as usize)?;
            let text = text.trim_start_matches('/');
            lines.push(text.strip_prefix(' ').unwrap_or(text).trim_end());
            below = comment.span.start;
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn trivia(source: &str) -> Trivia {
        Trivia::of(FileId(0), source, &scan(source))
    }

    #[test]
    fn blank_lines_count_outside_of_texts() {
        let source = "\nuse crm\n\n\n// a\nlet x = \"\"\"\n\n\"\"\"\n  \n";
        let found = trivia(source);
        let lines: Vec<usize> = found
            .blank_lines
            .iter()
            .map(|at| source.get(..*at as usize).unwrap_or("").matches('\n').count() + 1)
            .collect();
        assert_eq!(lines, [1, 3, 4, 9]);
    }

    #[test]
    fn a_doc_comment_is_the_lines_right_above() {
        let source = "/// far\n\n/// One\n/// two.\nuse crm";
        let start = u32::try_from(source.find("use").unwrap()).unwrap();
        assert_eq!(trivia(source).doc_above(source, start).as_deref(), Some("One\ntwo."));
    }
}
