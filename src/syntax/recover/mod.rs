//! What happens to a file that does not parse as a whole.
//!
//! 1. [`repair`] mends what is wrong with the characters (quotes, comments, semicolons, conflict markers).
//! 2. The file is cut into chunks, and [`brackets`] balances the braces of each.
//! 3. A chunk that parses now is built as it is.
//! 4. Of the others, [`mend`] finds the statements, fields, arms and clauses at fault, says what is wrong with each,
//!    and fills it with *holes*, until the chunk parses. So there is one grammar and one builder, and each mistake is
//!    an error node where it stands.
//!
//! All repairs keep every other character at its place, so positions stay true.

mod brackets;
mod explain;
pub(super) mod habits;
mod kinds;
mod mend;
mod repair;
mod verbs;
mod words;

use pest::Parser;

use super::ast::{Item, ItemKind};
use super::build::Builder;
use super::grammar::{ProcParser, Rule};
use super::scan::{self, Token, offset};
use super::trivia::Trivia;
use super::{chunks, errors};
use crate::base::limits::NESTING_MAX;
use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;
use mend::Mender;

/// Room behind a chunk for the braces that it lacks.
const ROOM: usize = 2 * NESTING_MAX;

/// The declarations of a file with mistakes, and a message for each mistake.
pub(super) fn recover(file: FileId, source: &str, tokens: &[Token], trivia: &Trivia) -> (Vec<Item>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let (text, strays) = repair::repair(file, source, tokens, &mut diagnostics);
    let tokens_now = scan::scan(&text);
    let mut items = Vec::new();
    for range in chunks::chunks(&text, &tokens_now) {
        let Some(first) = tokens_now.get(range.start) else { continue };
        let end = tokens_now.get(range.end).map_or(text.len(), |next| next.start as usize);
        let place = first.start as usize..end;
        let mut work = Work::new(file, first.start, text.get(place.clone()).unwrap_or(""), &strays);
        work.written = source.get(place).unwrap_or("").to_owned();
        if let Some(deep) = too_deep(tokens_now.get(range).unwrap_or(&[])) {
            diagnostics.push(errors::too_deep(deep.span(file)));
            items.push(Item { doc: None, kind: ItemKind::Error { name: None }, span: work.span(0, work.length) });
            continue;
        }
        brackets::balance(&mut work, &mut diagnostics);
        if ProcParser::parse(Rule::chunk, work.text()).is_err() {
            Mender::new(&mut work, &mut diagnostics).mend();
        }
        let mut builder = Builder::new(file, source, first.start, tokens, trivia);
        builder.guesses.clone_from(&work.guesses);
        match ProcParser::parse(Rule::chunk, work.text()) {
            Ok(pairs) => items.extend(builder.items(pairs)),
            Err(_) => diagnostics.push(errors::parser_defect(work.span(0, work.length))),
        }
        diagnostics.append(&mut builder.diagnostics);
    }
    (items, diagnostics)
}

/// The first token that is nested too deeply.
pub(super) fn too_deep(tokens: &[Token]) -> Option<Token> {
    let mut depth = 0usize;
    for token in tokens {
        match token.kind {
            scan::TokenKind::Open(_) => depth += 1,
            scan::TokenKind::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        // LIMIT: NESTING_MAX
        if depth + usize::from(token.depth) > NESTING_MAX {
            return Some(*token);
        }
    }
    None
}

/// The text of a chunk while it is mended. Offsets count from its start; what lies behind `length` is room.
struct Work {
    file: FileId,
    base: u32,
    length: usize,
    bytes: Vec<u8>,
    /// What the author wrote there.
    written: String,
    /// Where characters stood that were told and taken out, in the file.
    strays: Vec<u32>,
    /// Where brackets were put in that seem to be missing, in the file.
    guesses: Vec<u32>,
}

impl Work {
    fn new(file: FileId, base: u32, text: &str, strays: &[u32]) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len() + ROOM, b' ');
        Self {
            file,
            base,
            length: text.len(),
            bytes,
            written: String::new(),
            strays: strays.to_vec(),
            guesses: Vec::new(),
        }
    }

    /// Whether something between the two places was told and taken out.
    fn is_stray(&self, start: usize, end: usize) -> bool {
        let (start, end) = (self.base + offset(start), self.base + offset(end));
        self.strays.iter().any(|stray| (start..end).contains(stray))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or("")
    }

    fn slice(&self, start: usize, end: usize) -> &str {
        self.text().get(start..end).unwrap_or("")
    }

    /// The place in the file; never behind the chunk.
    fn span(&self, start: usize, end: usize) -> Span {
        let (start, end) = (start.min(self.length), end.min(self.length));
        Span::new(self.file, self.base + offset(start), self.base + offset(end))
    }

    fn fill(&mut self, start: usize, end: usize, with: u8) {
        if let Some(bytes) = self.bytes.get_mut(start..end) {
            bytes.fill(with);
        }
    }

    fn copy(&self, start: usize, end: usize) -> Vec<u8> {
        self.bytes.get(start..end).unwrap_or(&[]).to_vec()
    }

    fn restore(&mut self, start: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}
