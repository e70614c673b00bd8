//! Text to tree.
//!
//! [`parse_file`] is the whole interface: it never fails, and what it cannot read is an error node with a message.

pub mod ast;
mod build;
mod errors;
mod grammar;
mod scan;
pub mod trivia;

use pest::Parser;

use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;
use build::Builder;
use grammar::{ProcParser, Rule};
pub use scan::CommentKind;
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

/// Parses one file. The caller has checked `limits::SOURCE_BYTES_MAX`.
#[must_use]
pub fn parse_file(file: FileId, text: &str) -> Parsed {
    let tokens = scan::scan(text);
    let trivia = Trivia::of(file, text, &tokens);
    let mut builder = Builder::new(file, text, 0, &tokens, &trivia);
    let items = match ProcParser::parse(Rule::chunk, text) {
        Ok(pairs) => builder.items(pairs),
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            let next = tokens.iter().find(|token| token.end as usize > at && !token.is_comment());
            let found = next.map_or("the end of the file".to_owned(), |token| format!("`{}`", token.text(text)));
            let end = scan::offset(text.len());
            let span = next.map_or(Span::new(file, end, end), |token| token.span(file));
            builder.diagnostics.push(errors::unreadable(&found, span));
            Vec::new()
        }
    };
    let diagnostics = std::mem::take(&mut builder.diagnostics);
    Parsed { file: build::file(file, items, scan::offset(text.len())), trivia, diagnostics }
}
