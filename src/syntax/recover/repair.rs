//! Repairs of single characters: what no declaration, statement or expression may hold.

use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;
use crate::syntax::errors;
use crate::syntax::scan::{self, Token, TokenKind, offset};

/// The hole of the grammar.
pub(super) const HOLE: u8 = 1;

/// The text without comments, with texts closed and foreign characters gone; every byte at its place.
pub(super) fn repair(file: FileId, source: &str, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) -> String {
    let mut repair = Repair { file, source, bytes: source.as_bytes().to_vec(), diagnostics };
    repair.conflicts();
    let mut semicolons = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        if repair.is_gone(token) {
            continue;
        }
        match token.kind {
            TokenKind::Comment(_) => repair.blank(token.start, token.end),
            TokenKind::OpenComment => {
                let span = Span::new(file, token.start, token.start + 2);
                repair.diagnostics.push(errors::unclosed_comment(span));
                repair.blank(token.start, token.end);
            }
            TokenKind::OpenText => repair.open_text(token),
            TokenKind::Symbol if token.text(source) == ";" => {
                semicolons.push(token.span(file));
                repair.blank(token.start, token.end);
            }
            TokenKind::Symbol if matches!(token.text(source), "&" | "|") => repair.stray(token, token.end),
            TokenKind::Stray => index = repair.strays(tokens, index - 1),
            _ => {}
        }
    }
    if !semicolons.is_empty() {
        repair.diagnostics.push(errors::semicolons(&semicolons));
    }
    String::from_utf8(repair.bytes).unwrap_or_default()
}

struct Repair<'a> {
    file: FileId,
    source: &'a str,
    bytes: Vec<u8>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Repair<'_> {
    fn blank(&mut self, start: u32, end: u32) {
        scan::blank(&mut self.bytes, start, end);
    }

    fn put(&mut self, at: u32, byte: u8) {
        if let Some(place) = self.bytes.get_mut(at as usize) {
            *place = byte;
        }
    }

    /// Whether the token has been blanked with the lines of a conflict.
    fn is_gone(&self, token: &Token) -> bool {
        let now = self.bytes.get(token.start as usize..token.end as usize).unwrap_or(&[]);
        now.iter().all(|byte| matches!(byte, b' ' | b'\n'))
    }

    /// Merge conflicts: the first side stays.
    fn conflicts(&mut self) {
        let mut at = 0u32;
        let mut in_second = false;
        for line in self.source.split_inclusive('\n') {
            let end = at + offset(line.len());
            let marker = ["<<<<<<< ", "||||||| ", "=======", ">>>>>>> "].iter().find(|m| line.starts_with(**m));
            match marker.copied() {
                Some("<<<<<<< ") => {
                    let span = Span::new(self.file, at, at + offset(line.trim_end().len()));
                    self.diagnostics.push(errors::merge_conflict(span));
                    self.blank(at, end);
                }
                Some("=======" | "||||||| ") => {
                    in_second = true;
                    self.blank(at, end);
                }
                Some(_) => {
                    in_second = false;
                    self.blank(at, end);
                }
                None if in_second => self.blank(at, end),
                None => {}
            }
            at = end;
        }
    }

    /// A text without its closing quote: what follows on its line and looks like the end of something around it is
    /// not taken as part of it.
    fn open_text(&mut self, token: &Token) {
        let written = token.text(self.source);
        let first_line = written.lines().next().unwrap_or("");
        let triple = written.starts_with("\"\"\"");
        let span = Span::new(self.file, token.start, token.start + offset(first_line.len()));
        self.diagnostics.push(errors::unclosed_text(triple, span));
        let inside = if triple { written } else { first_line };
        let kept = inside.trim_end_matches([' ', '\t', '\r', '\n', ',', ')', ']', '}']);
        let end = token.start + offset(kept.len());
        if kept.len() < 3 {
            return self.fill(token.start, end.max(token.start + 1), HOLE);
        }
        self.fill(token.start, end, b'x');
        self.put(token.start, b'"');
        self.put(end - 1, b'"');
    }

    fn fill(&mut self, start: u32, end: u32, with: u8) {
        if let Some(bytes) = self.bytes.get_mut(start as usize..end as usize) {
            bytes.fill(with);
        }
    }

    /// Characters that the language does not use, from one token on; gives the next token to look at.
    fn strays(&mut self, tokens: &[Token], from: usize) -> usize {
        let Some(first) = tokens.get(from) else { return from + 1 };
        match first.text(self.source) {
            "“" | "”" | "„" => self.quotes(tokens, from, &['“', '”', '„'], errors::curly_quotes),
            "'" | "‘" | "’" => self.quotes(tokens, from, &['\'', '‘', '’'], errors::single_quotes),
            "#" if first.first_on_line => {
                let line = self.source.get(first.start as usize..).and_then(|rest| rest.lines().next());
                let end = first.start + offset(line.map_or(1, str::len));
                self.diagnostics.push(errors::foreign_comment(first.span(self.file)));
                self.blank(first.start, end);
                tokens.partition_point(|token| token.start < end)
            }
            _ => {
                let glued = tokens
                    .get(from..)
                    .unwrap_or(&[])
                    .windows(2)
                    .take_while(|pair| matches!(pair, [a, b] if b.kind == TokenKind::Stray && a.end == b.start));
                let next = from + 1 + glued.count();
                let end = tokens.get(next - 1).map_or(first.end, |last| last.end);
                self.stray(first, end);
                next
            }
        }
    }

    fn stray(&mut self, first: &Token, end: u32) {
        let span = Span::new(self.file, first.start, end);
        let written = self.source.get(first.start as usize..end as usize).unwrap_or("");
        self.diagnostics.push(errors::stray_characters(written, span));
        self.blank(first.start, end);
    }

    /// A text between foreign quotes on one line.
    fn quotes(
        &mut self,
        tokens: &[Token],
        from: usize,
        marks: &[char],
        error: impl Fn(Span, Span) -> Diagnostic,
    ) -> usize {
        let Some(first) = tokens.get(from) else { return from + 1 };
        let rest = self.source.get(first.end as usize..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let Some(closing) = rest.find(marks) else {
            self.stray(first, first.end);
            return from + 1;
        };
        let start = first.end + offset(closing);
        let end = start + rest.get(closing..).and_then(|r| r.chars().next()).map_or(1, |c| offset(c.len_utf8()));
        self.diagnostics.push(error(first.span(self.file), Span::new(self.file, start, end)));
        self.fill(first.start, end, b'x');
        self.put(first.start, b'"');
        self.put(end - 1, b'"');
        tokens.partition_point(|token| token.start < end)
    }
}
