//! Repairs of single characters and words: what no declaration, statement or expression may hold.

mod blocks;
mod foreign;
mod keyboard;
mod names;

use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;
use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::errors;
use crate::syntax::recover::verbs;
use crate::syntax::scan::{self, Token, TokenKind, offset};

/// The hole of the grammar.
pub(super) const HOLE: u8 = 1;

/// The text without comments, with texts closed and foreign characters gone; every byte at its place. And where such
/// characters were.
pub(super) fn repair(
    file: FileId,
    source: &str,
    tokens: &[Token],
    diagnostics: &mut Vec<Diagnostic>,
) -> (String, Vec<u32>) {
    let mut repair =
        Repair { file, source, bytes: source.as_bytes().to_vec(), diagnostics, strays: Vec::new(), spaces: Vec::new() };
    repair.conflicts();
    let code: Vec<Token> = tokens.iter().filter(|token| !token.is_comment()).copied().collect();
    repair.quoted_members(&code);
    repair.hyphens(&code);
    repair.quoted_keys(&code);
    repair.worded_blocks(&code);
    let foreign = foreign::parts(source, &code);
    let is_foreign = |token: &Token| foreign.iter().any(|part| part.contains(&token.start));
    let mut semicolons = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        if repair.is_gone(token) {
            continue;
        }
        let known = repair.diagnostics.len();
        match token.kind {
            TokenKind::Comment(_) => repair.blank(token.start, token.end),
            TokenKind::OpenComment => {
                let span = Span::new(file, token.start, token.start + 2);
                repair.diagnostics.push(errors::unclosed_comment(span));
                // What follows was hardly meant: the comment goes on to where a body or declaration seems to end it.
                let end = repair.end_of_prose(token.start, token.end);
                repair.blank(token.start, end);
                // What stood there may have been meant: nothing is missing.
                if token.first_on_line && !token.first_column {
                    repair.put(token.start, HOLE);
                }
                let rest = source.get(end as usize..).unwrap_or("");
                for comment in scan::scan(rest).iter().filter(|token| token.is_comment()) {
                    repair.blank(end + comment.start, end + comment.end);
                }
            }
            TokenKind::Symbol if token.first_on_line && repair.is_foreign_comment(token) => {
                index = repair.foreign_comment(tokens, token);
            }
            TokenKind::OpenText => repair.open_text(token),
            TokenKind::Symbol if token.text(source) == ";" => {
                if !is_foreign(token) {
                    semicolons.push(token.span(file));
                }
                repair.blank(token.start, token.end);
            }
            TokenKind::Symbol if matches!(token.text(source), "&" | "|") => repair.bar(&code, token),
            TokenKind::Stray => index = repair.strays(tokens, index - 1),
            _ => {}
        }
        if is_foreign(token) {
            repair.diagnostics.truncate(known);
        }
    }
    if !semicolons.is_empty() {
        repair.diagnostics.push(errors::semicolons(&semicolons));
    }
    let mut spaces = std::mem::take(&mut repair.spaces);
    let written = |span: &Span| source.get(span.start as usize..span.end as usize).unwrap_or("");
    while let Some(first) = spaces.first().map(written) {
        let (same, others): (Vec<Span>, Vec<Span>) = spaces.iter().partition(|span| written(span) == first);
        repair.diagnostics.push(errors::foreign_spaces(first, &same));
        spaces = others;
    }
    let strays = std::mem::take(&mut repair.strays);
    (String::from_utf8(repair.bytes).unwrap_or_default(), strays)
}

/// Whether a line within an open comment is one of a program: a declaration, the end of a block, a field, or a verb and
/// marks that prose does not have.
fn looks_like_code(line: &str) -> bool {
    let text = line.trim();
    let word = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
    let rest = text.get(word.len()..).unwrap_or("");
    let is_declaration = line.starts_with(word) && DECLARATIONS.contains(&word);
    let has_marks = text.contains(['{', '}', '(', '=', '"']);
    let is_field = rest.starts_with(": ") && word.starts_with(|c: char| c.is_ascii_lowercase());
    text.starts_with('}') || is_declaration || is_field || (has_marks && verbs::is_verb(word))
}

fn is_nothing(word: &str) -> bool {
    word == "none" || super::habits::NOTHING.contains(&word)
}

fn is_operand_at(token: &Token, start: u32) -> bool {
    token.start == start && matches!(token.kind, TokenKind::Text | TokenKind::Number)
}

/// What is kept of an open text, with the ends of the slots that it opens.
fn with_slots<'t>(inside: &'t str, kept: &'t str) -> &'t str {
    let count = |mark: char| kept.matches(mark).count();
    let open = count('{').saturating_sub(count('}'));
    let rest = inside.get(kept.len()..).unwrap_or("");
    let end = rest.match_indices('}').take(open).last().map_or(0, |(at, _)| at + 1);
    inside.get(..kept.len() + end).unwrap_or(kept)
}

struct Repair<'a> {
    file: FileId,
    source: &'a str,
    bytes: Vec<u8>,
    diagnostics: &'a mut Vec<Diagnostic>,
    strays: Vec<u32>,
    /// Characters that look like spaces, or like nothing, and are told together.
    spaces: Vec<Span>,
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
        let slot =
            first_line.rfind('{').filter(|at| !triple && !first_line.get(*at..).is_some_and(|s| s.contains('}')));
        let is_open = slot.is_some() && first_line.trim_end_matches([',', ')', ' ', '}']).ends_with('"');
        self.diagnostics.push(errors::unclosed_text(triple, is_open, span));
        let inside = if triple { written } else { first_line };
        let kept = inside.trim_end_matches([' ', '\t', '\r', '\n', ',', ')', ']', '}']);
        let kept = with_slots(inside, kept);
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
            "“" | "”" | "„" | "‟" | "″" => {
                self.quotes(tokens, from, &['“', '”', '„', '‟', '″', '"'], errors::curly_quotes)
            }
            "«" | "»" | "‹" | "›" => self.quotes(tokens, from, &['«', '»', '‹', '›'], errors::angled_quotes),
            "'" | "‘" | "’" | "‚" | "´" => {
                self.quotes(tokens, from, &['\'', '‘', '’', '‚', '´'], errors::single_quotes)
            }
            written if keyboard::is_space(written) => self.space(first, from),
            written if keyboard::meant(written).is_some() => self.sign(first, from),
            "#" if first.first_on_line => self.foreign_comment(tokens, first),
            // `$"…"` and `$50`: what belongs to it is told with it.
            "$" if tokens.get(from + 1).is_some_and(|next| is_operand_at(next, first.end)) => self.dollar(tokens, from),
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

    /// `-- note`, `<!-- note -->`.
    fn is_foreign_comment(&self, token: &Token) -> bool {
        let rest = self.source.get(token.start as usize..).unwrap_or("");
        rest.starts_with("--") || rest.starts_with("<!--")
    }

    /// A line that other languages take as a comment; gives the next token to look at.
    fn foreign_comment(&mut self, tokens: &[Token], first: &Token) -> usize {
        let line = self.source.get(first.start as usize..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let end = first.start + offset(line.len());
        let mark = ["<!--", "--", "#"].into_iter().find(|mark| line.starts_with(mark)).unwrap_or("#");
        let span = Span::new(self.file, first.start, first.start + offset(mark.len()));
        self.diagnostics.push(errors::foreign_comment(mark, span));
        self.blank(first.start, end);
        tokens.partition_point(|token| token.start < end)
    }

    /// Where the text that follows an open comment looks like a program again.
    fn end_of_prose(&self, start: u32, end: u32) -> u32 {
        let rest = self.source.get(start as usize..end as usize).unwrap_or("");
        let mut at = start;
        for (number, line) in rest.split_inclusive('\n').enumerate() {
            if number > 0 && looks_like_code(line) {
                return at;
            }
            at += offset(line.len());
        }
        end
    }

    /// `a | b`: told once for a line.
    fn bar(&mut self, code: &[Token], token: &Token) {
        let at = code.partition_point(|other| other.start < token.start);
        let word = |at: Option<usize>| at.and_then(|at| code.get(at)).map_or("", |token| token.text(self.source));
        let line = (0..at).rev().find(|at| code.get(*at).is_some_and(|token| token.first_on_line));
        let next = code.get(at + 1).filter(|next| is_nothing(next.text(self.source)));
        if let Some(next) = next.filter(|next| !next.first_on_line) {
            let span = Span::new(self.file, token.start, next.end);
            self.strays.push(token.start);
            self.diagnostics.push(errors::optional_by_bar(word(at.checked_sub(1)), span));
            self.blank(token.start, next.end);
            return self.put(token.start, b'?');
        }
        let first = line.unwrap_or(0);
        let is_told = code.get(first..at).unwrap_or(&[]).iter().any(|other| other.text(self.source) == "|");
        if is_told || word(Some(first)) == "enum" {
            return self.blank(token.start, token.end);
        }
        self.stray(token, token.end);
    }

    /// `$"…"`, `$50`.
    fn dollar(&mut self, tokens: &[Token], from: usize) -> usize {
        let Some((first, next)) = tokens.get(from).zip(tokens.get(from + 1)) else { return from + 1 };
        if next.kind == TokenKind::Text {
            let span = first.span(self.file);
            self.diagnostics.push(errors::marked_text("$", span));
            self.blank(first.start, first.end);
            return from + 2;
        }
        self.stray(first, first.end);
        if next.kind == TokenKind::Number {
            self.fill(first.start, next.end, HOLE);
            return from + 2;
        }
        from + 1
    }

    fn stray(&mut self, first: &Token, end: u32) {
        self.strays.push(first.start);
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
