//! A text with the words of one that is parsed, in another layout: what there is to know of it without parsing it.
//!
//! The grammar sees neither comments nor layout, and a comma before a closing bracket has no meaning to it. So two
//! texts that differ in nothing else have the same tree, in other places. `tests/format` parses them all the same.

use pest::Parser;

use super::ast::Item;
use super::build::Builder;
use super::grammar::{ProcParser, Rule};
use super::scan::{self, Token, TokenKind};
use super::trivia::Trivia;
use super::with_room;
use crate::base::span::Span;

/// A text whose declarations are known by their places.
#[derive(Clone, Debug)]
pub struct Relaid<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// Its comments and blank lines.
    pub trivia: Trivia,
    /// Its declarations, in order.
    pub items: Vec<Span>,
}

/// The declarations of `after`, if it has the words of `before` and was only laid out in another way. `items` are the
/// places of those of `before`, which has no syntax errors.
#[must_use]
pub fn relaid<'t>(before: &str, items: &[Span], after: &'t str) -> Option<Relaid<'t>> {
    let file = items.first()?.file;
    let (old, new) = (scan::scan(before), scan::scan(after));
    let mut spans = Vec::with_capacity(items.len());
    let (mut words, mut others) = (Words { text: before, tokens: &old }, Words { text: after, tokens: &new });
    let mut items = items.iter();
    let mut item = items.next();
    let mut start = None;
    loop {
        let (word, other) = match (words.next(), others.next()) {
            (Some(word), Some(other)) if word.text(before) == other.text(after) => (word, other),
            (None, None) => break,
            _ => return None,
        };
        let Some(span) = item else { continue };
        if word.start == span.start {
            start = Some(other.start);
        }
        if word.end == span.end {
            spans.push(Span::new(file, start.take()?, other.end));
            item = items.next();
        }
    }
    let trivia = Trivia::of(file, after, &new);
    item.is_none().then_some(Relaid { text: after, tokens: new, trivia, items: spans })
}

impl Relaid<'_> {
    /// The tree of one declaration, which is parsed for that.
    #[must_use]
    pub fn parse(&self, span: Span) -> Option<Item> {
        let (start, end) = (span.start as usize, span.end as usize);
        let first = self.tokens.partition_point(|token| token.start < span.start);
        let mut bytes = self.text.get(start..end)?.as_bytes().to_vec();
        let within = self.tokens.iter().skip(first).take_while(|token| token.start < span.end);
        for comment in within.filter(|token| token.is_comment()) {
            scan::blank(&mut bytes, comment.start - span.start, comment.end - span.start);
        }
        let clear = String::from_utf8(bytes).ok()?;
        with_room(|| {
            let mut builder = Builder::new(span.file, self.text, span.start, &self.tokens, &self.trivia);
            let items = builder.items(ProcParser::parse(Rule::chunk, &clear).ok()?);
            let is_sound = builder.diagnostics.is_empty();
            items.into_iter().next().filter(|item| is_sound && item.span == span)
        })
    }
}

/// The words and marks of a text, but commas before a closing bracket.
struct Words<'t> {
    text: &'t str,
    tokens: &'t [Token],
}

impl<'t> Words<'t> {
    fn next_word(&mut self) -> Option<&'t Token> {
        loop {
            let (token, rest) = self.tokens.split_first()?;
            self.tokens = rest;
            if !token.is_comment() {
                return Some(token);
            }
        }
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t Token;

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.next_word()?;
        if token.kind == TokenKind::Symbol && token.text(self.text) == "," {
            let behind = self.tokens.iter().find(|token| !token.is_comment());
            if behind.is_some_and(|behind| matches!(behind.kind, TokenKind::Close(_))) {
                return self.next_word();
            }
        }
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_file;
    use super::*;
    use crate::base::span::FileId;

    fn places(before: &str, after: &str) -> Option<Vec<String>> {
        let items: Vec<Span> = parse_file(FileId(0), before).file.items.iter().map(|item| item.span).collect();
        let again = relaid(before, &items, after)?;
        let text = |span: &Span| after.get(span.start as usize..span.end as usize).unwrap().to_owned();
        Some(again.items.iter().map(text).collect())
    }

    #[test]
    fn layout_comments_and_last_commas_do_not_count() {
        let after = "// x\nenum  E {\n a, // y\n b, /* z */\n}\nuse crm";
        assert_eq!(
            places("enum E { a, b } use crm", after).unwrap(),
            ["enum  E {\n a, // y\n b, /* z */\n}", "use crm"]
        );
    }

    #[test]
    fn other_words_are_another_text() {
        for after in ["enum E { a b }", "enum E { a, c }", "enum E { a, b", "enum E { a, b } use crm", ""] {
            assert_eq!(places("enum E { a, b }", after), None, "{after}");
        }
    }

    #[test]
    fn a_declaration_is_parsed_where_it_stands() {
        let (before, after) = ("use crm enum E { a, b }", "use crm\n\nenum E {\n    a, // of b\n    b,\n}\n");
        let items: Vec<Span> = parse_file(FileId(0), before).file.items.iter().map(|item| item.span).collect();
        let again = relaid(before, &items, after).unwrap();
        let whole = parse_file(FileId(0), after).file.items.pop().unwrap();
        assert_eq!(format!("{:?}", again.parse(again.items[1]).unwrap()), format!("{whole:?}"));
    }
}
