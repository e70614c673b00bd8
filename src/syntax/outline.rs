//! The declarations of a text that is known to be sound, without parsing it: what each is called and which names it
//! speaks of. Libraries are read this way, one declaration at a time, as a project comes to need them.

use std::ops::Range;

use pest::Parser;

use super::ast::File;
use super::build::{self, Builder};
use super::grammar::{ProcParser, Rule};
use super::scan::{self, Token, TokenKind, offset};
use super::trivia::Trivia;
use super::{Parsed, chunks, errors, with_room};
use crate::base::span::{FileId, Span};

/// The declarations of a text in order.
#[derive(Debug)]
pub struct Outline<'t> {
    text: &'t str,
    /// The text without comments.
    clear: String,
    tokens: Vec<Token>,
    parts: Vec<Part<'t>>,
}

/// One declaration.
#[derive(Clone, Debug)]
pub struct Part<'t> {
    /// The word that says what is declared: `entity`, `action`, `fn`.
    pub keyword: &'t str,
    /// What it is called.
    pub name: &'t str,
    tokens: Range<usize>,
}

impl<'t> Outline<'t> {
    /// Cuts a text that `abide fmt` has formatted: each declaration begins in the first column.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        let tokens = scan::scan(text);
        let parts = chunks::chunks(text, &tokens).into_iter().filter_map(|range| part(text, &tokens, range)).collect();
        Self { text, clear: scan::without_comments(text, &tokens), tokens, parts }
    }

    /// The declarations; what has no name is left out.
    #[must_use]
    pub fn parts(&self) -> &[Part<'t>] {
        &self.parts
    }

    /// The names that a declaration may mean: every upper-case name, and every word before a parenthesis.
    #[must_use]
    pub fn names(&self, part: &Part<'t>) -> Vec<&'t str> {
        names_of(self.text, self.tokens.get(part.tokens.clone()).unwrap_or(&[]))
    }

    /// Parses some of the declarations, with their places in the whole text.
    #[must_use]
    pub fn parse(&self, file: FileId, parts: &[usize]) -> Vec<Parsed> {
        let trivia = Trivia::of(file, self.text, &self.tokens);
        let parts: Vec<&Part<'t>> = parts.iter().filter_map(|index| self.parts.get(*index)).collect();
        with_room(|| parts.iter().map(|part| self.parse_part(file, part, &trivia)).collect())
    }

    fn parse_part(&self, file: FileId, part: &Part<'t>, trivia: &Trivia) -> Parsed {
        let start = self.tokens.get(part.tokens.start).map_or(0, |token| token.start);
        let end = self.tokens.get(part.tokens.end).map_or(offset(self.text.len()), |next| next.start);
        let text = self.clear.get(start as usize..end as usize).unwrap_or("");
        let mut builder = Builder::new(file, self.text, start, &self.tokens, trivia);
        let items = match ProcParser::parse(Rule::chunk, text) {
            Ok(pairs) => builder.items(pairs),
            Err(_) => {
                builder.diagnostics.push(errors::parser_defect(Span::new(file, start, end)));
                Vec::new()
            }
        };
        let diagnostics = std::mem::take(&mut builder.diagnostics);
        let tree: File = build::file(file, items, offset(self.text.len()));
        Parsed { file: tree, trivia: Trivia::default(), diagnostics }
    }
}

/// The names that a text may mean, as [`Outline::names`] gives them for one declaration.
#[must_use]
pub fn names_in(text: &str) -> Vec<&str> {
    names_of(text, &scan::scan(text))
}

/// The keyword is the last word before the name: `realtime workflow X`, `extend entity X`.
fn part<'t>(text: &'t str, all: &[Token], range: Range<usize>) -> Option<Part<'t>> {
    let mut keyword = None;
    for token in all.get(range.clone())?.iter().filter(|token| !token.is_comment()) {
        let word = token.text(text);
        match (token.kind, keyword) {
            (TokenKind::Name, Some(keyword)) | (TokenKind::Word, Some(keyword @ ("fn" | "config" | "secret"))) => {
                return Some(Part { keyword, name: word, tokens: range });
            }
            (TokenKind::Word, _) => keyword = Some(word),
            _ => return None,
        }
    }
    None
}

fn names_of<'t>(text: &'t str, tokens: &[Token]) -> Vec<&'t str> {
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let word = token.text(text);
        let next = tokens.get(index + 1).map(|next| next.kind);
        match token.kind {
            TokenKind::Name => names.push(word),
            TokenKind::Word if next == Some(TokenKind::Open('(')) => names.push(word),
            // What stands in a slot cannot be told from the rest of a text here; a name too many does no harm.
            TokenKind::Text if word.contains('{') => {
                names.extend(word.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()));
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::ast::ItemKind;

    const TEXT: &str = "// head\n\n/// A.\nentity A {\n    b: B? // C\n    shown as \"{d(b)} E\"\n}\n\nextend enum B { x }\n\n\
                        fn d(x: B) -> text { return \"\" }\n";

    #[test]
    fn declarations_are_found_with_the_names_they_speak_of() {
        let outline = Outline::of(TEXT);
        let found: Vec<(&str, &str)> = outline.parts().iter().map(|part| (part.keyword, part.name)).collect();
        assert_eq!(found, [("entity", "A"), ("enum", "B"), ("fn", "d")]);
        assert_eq!(outline.names(&outline.parts()[0]), ["A", "B", "d", "b", "E"]);
        assert_eq!(outline.names(&outline.parts()[1]), ["B"]);
    }

    #[test]
    fn a_part_is_parsed_at_its_place_with_its_doc_comment() {
        let parsed = Outline::of(TEXT).parse(FileId(3), &[0, 2]);
        let items: Vec<_> = parsed.iter().flat_map(|parsed| &parsed.file.items).collect();
        assert_eq!(items[0].doc.as_deref(), Some("A."));
        assert_eq!(items[0].span.start as usize, TEXT.find("entity").unwrap());
        assert_eq!(items[1].span.start as usize, TEXT.find("fn d").unwrap());
        assert!(matches!(items[1].kind, ItemKind::Function { .. }));
        assert!(parsed.iter().all(|parsed| parsed.diagnostics.is_empty()));
    }
}
