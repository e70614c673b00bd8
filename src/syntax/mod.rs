//! Text to tree.
//!
//! [`parse_file`] is the whole interface: it never fails, and what it cannot read is an error node with a message.

pub mod ast;
mod build;
mod chunks;
mod errors;
mod grammar;
pub mod outline;
mod recover;
mod relaid;
mod scan;
pub mod trivia;

use std::ops::Range;

use pest::Parser;

use crate::base::cores::on_all_cores;
use crate::base::span::FileId;
use crate::diag::Diagnostic;
use build::Builder;
use grammar::{ProcParser, Rule};
pub use relaid::{Relaid, relaid};
pub use scan::CommentKind;
use scan::{Token, TokenKind};
pub use trivia::{Comment, Trivia};

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree; places that did not parse are error nodes.
    pub file: ast::File,
    /// Comments and blank lines.
    pub trivia: Trivia,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Stack for parsing: enough for [`crate::base::limits::NESTING_MAX`] levels in builds without optimisation, so that
/// what is accepted does not depend on the thread that asks. It is address space; memory is taken as it is used.
const STACK_BYTES: usize = 64 << 20;

/// Bytes of a text that are worth more than one core.
const SHARED_BYTES_MIN: usize = 64 << 10;

/// Parses one file. The caller has checked `limits::SOURCE_BYTES_MAX`.
#[must_use]
pub fn parse_file(file: FileId, text: &str) -> Parsed {
    with_room(|| parse_here(file, text))
}

/// Runs a parser with [`STACK_BYTES`] at least.
fn with_room<T>(parse: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_BYTES, STACK_BYTES, parse)
}

fn parse_here(file: FileId, text: &str) -> Parsed {
    let tokens = scan::scan(text);
    let trivia = Trivia::of(file, text, &tokens);
    let (items, mut diagnostics) =
        parse_sound(file, text, &tokens, &trivia).unwrap_or_else(|| recover::recover(file, text, &tokens, &trivia));
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    Parsed { file: build::file(file, items, scan::offset(text.len())), trivia, diagnostics }
}

/// The declarations of a text, if it has no syntax errors.
fn parse_sound(
    file: FileId,
    text: &str,
    tokens: &[Token],
    trivia: &Trivia,
) -> Option<(Vec<ast::Item>, Vec<Diagnostic>)> {
    // The grammar takes U+0001 for a hole, and other control characters for layout.
    let is_clean = tokens.iter().all(|token| token.kind != TokenKind::Stray) && !text.contains('\u{1}');
    if !is_clean || recover::too_deep(tokens).is_some() {
        return None;
    }
    let clear = scan::without_comments(text, tokens);
    let parse = |part: &Range<usize>| {
        let mut builder = Builder::new(file, text, scan::offset(part.start), tokens, trivia);
        let pairs = ProcParser::parse(Rule::chunk, clear.get(part.clone())?).ok()?;
        Some((builder.items(pairs), builder.diagnostics))
    };
    let parts = chunks::parts(text, tokens);
    let parsed = if text.len() < SHARED_BYTES_MIN {
        parts.iter().map(parse).collect()
    } else {
        on_all_cores(&parts, parse).into_iter().collect::<Option<Vec<_>>>()
    };
    let (items, diagnostics): (Vec<_>, Vec<_>) = parsed?.into_iter().unzip();
    Some((items.into_iter().flatten().collect(), diagnostics.into_iter().flatten().collect()))
}
