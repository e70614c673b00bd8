//! Pairs of the grammar to the syntax tree.
//!
//! The builder trusts the shape that the grammar promises, but never with its life: where a promise is not kept, a
//! `presume_` helper gives a [`Defect`], which becomes a message about an error of the compiler.

mod effect;
mod entity;
mod expr;
mod flow;
mod item;
mod literal;
mod mistakes;
mod pattern;
mod process;
mod query;
mod stmt;
mod testing;
mod text;
mod types;

use pest::iterators::{Pair, Pairs};

use super::ast::{File, Ident, Item, ItemKind};
use super::errors;
use super::grammar::Rule;
use super::scan::{Token, offset};
use super::trivia::Trivia;
use crate::base::limits::NESTING_MAX;
use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;

/// The tree does not have the shape that the grammar promises: an error of the compiler, not of the author.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defect {
    /// Where.
    pub(super) span: Span,
}

/// What is built, or a defect.
pub(super) type Built<T> = Result<T, Defect>;

/// Expressions and types within each other; one bracket may hold two. The tree walks of later stages rely on it.
const DEPTH_MAX: usize = 2 * NESTING_MAX;

/// Turns pairs into nodes of the tree.
pub(super) struct Builder<'t> {
    file: FileId,
    source: &'t str,
    /// Where the parsed text begins in the file.
    base: u32,
    tokens: &'t [Token],
    trivia: &'t Trivia,
    depth: usize,
    /// Whether this declaration was already said to be nested too deeply.
    told_depth: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Where brackets were put in that seem to be missing: how what stands before them ends is not known.
    pub(super) guesses: Vec<u32>,
}

impl<'t> Builder<'t> {
    /// A builder for pairs of text that begins at `base` in the file.
    pub(super) fn new(file: FileId, source: &'t str, base: u32, tokens: &'t [Token], trivia: &'t Trivia) -> Self {
        Self {
            file,
            source,
            base,
            tokens,
            trivia,
            depth: 0,
            told_depth: false,
            diagnostics: Vec::new(),
            guesses: Vec::new(),
        }
    }

    /// The declarations of a chunk.
    pub(super) fn items(&mut self, chunk: Pairs<'_, Rule>) -> Vec<Item> {
        let items = chunk.flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::item);
        items.map(|pair| self.item_or_defect(&pair)).collect()
    }

    fn item_or_defect(&mut self, pair: &Pair<'_, Rule>) -> Item {
        let span = self.span(pair);
        self.told_depth = false;
        self.item(pair.clone()).unwrap_or_else(|defect| {
            self.diagnostics.push(errors::parser_defect(defect.span));
            Item { doc: None, kind: ItemKind::Error { name: None }, span }
        })
    }

    /// The place of a pair, without the layout that the grammar may count to its end.
    pub(super) fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        self.trimmed(pair.as_str(), self.base + offset(start), self.base + offset(end))
    }

    fn trimmed(&self, text: &str, start: u32, end: u32) -> Span {
        if !text.ends_with([' ', '\t', '\n', '\r']) {
            return Span::new(self.file, start, end);
        }
        let before = self.tokens.partition_point(|token| token.end <= end);
        let last = self.tokens.get(..before).and_then(|tokens| tokens.iter().rev().find(|token| !token.is_comment()));
        let end = match last {
            Some(token) if token.end > start => token.end,
            _ => start + offset(text.trim_end().len()),
        };
        Span::new(self.file, start, end)
    }

    /// The children of a pair.
    pub(super) fn nodes<'i>(&self, pair: Pair<'i, Rule>) -> Nodes<'i> {
        Nodes { span: self.span(&pair), pairs: pair.into_inner() }
    }

    /// A name as an identifier, back-ticks removed.
    pub(super) fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { name: pair.as_str().trim_end().trim_matches('`').to_owned(), span: self.span(pair) }
    }

    /// Words of the language as one name, joined by single spaces.
    pub(super) fn phrase(&self, pair: &Pair<'_, Rule>) -> Ident {
        let words: Vec<&str> = pair.as_str().split_whitespace().collect();
        Ident { name: words.join(" "), span: self.span(pair) }
    }

    /// All names among the children of a list rule.
    pub(super) fn idents(&self, list: Pair<'_, Rule>) -> Vec<Ident> {
        self.nodes(list).map(|pair| self.ident(&pair)).collect()
    }

    pub(super) fn doc(&self, start: u32) -> Option<String> {
        self.trivia.doc_above(self.source, start)
    }

    /// Counts nesting; `None` and a message where it is too deep.
    pub(super) fn deeper<T>(&mut self, span: Span, build: impl FnOnce(&mut Self) -> Built<T>) -> Built<Option<T>> {
        // LIMIT: DEPTH_MAX
        if self.depth >= DEPTH_MAX {
            if !self.told_depth {
                self.diagnostics.push(errors::too_deep(span));
            }
            self.told_depth = true;
            return Ok(None);
        }
        self.depth += 1;
        let built = build(self);
        self.depth -= 1;
        built.map(Some)
    }
}

/// The children of a pair, in order. Keywords are passed over: the rule says what was written.
pub(super) struct Nodes<'i> {
    pairs: Pairs<'i, Rule>,
    pub(super) span: Span,
}

impl<'i> Nodes<'i> {
    /// Whether `keyword` is among the children that are left.
    pub(super) fn has(&self, keyword: Rule) -> bool {
        self.pairs.clone().any(|pair| pair.as_rule() == keyword)
    }

    /// The rule of the next child.
    pub(super) fn peek(&self) -> Option<Rule> {
        self.pairs.clone().map(|pair| pair.as_rule()).find(|rule| !is_keyword(*rule))
    }

    /// The next child, if it is of this rule.
    pub(super) fn option(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        if self.peek() == Some(rule) { self.next() } else { None }
    }

    /// The next child, which the grammar promises.
    pub(super) fn presume_next(&mut self) -> Built<Pair<'i, Rule>> {
        let span = self.span;
        self.next().ok_or(Defect { span })
    }

    /// The next child, which the grammar promises to be of this rule.
    pub(super) fn presume(&mut self, rule: Rule) -> Built<Pair<'i, Rule>> {
        let span = self.span;
        self.option(rule).ok_or(Defect { span })
    }

    /// Builds each child that is left.
    pub(super) fn each<T>(self, build: impl FnMut(Pair<'i, Rule>) -> Built<T>) -> Built<Vec<T>> {
        self.map(build).collect::<Built<Vec<T>>>().map(exact)
    }

    /// A defect here.
    pub(super) fn defect<T>(&self) -> Built<T> {
        Err(Defect { span: self.span })
    }
}

impl<'i> Iterator for Nodes<'i> {
    type Item = Pair<'i, Rule>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pairs.find(|pair| !is_keyword(pair.as_rule()))
    }
}

/// A list without room for more: a tree has many short ones, and none of them grows.
pub(super) fn exact<T>(mut list: Vec<T>) -> Vec<T> {
    list.shrink_to_fit();
    list
}

/// Whether a rule is a word of the language without a meaning of its own; they stand last in the grammar.
pub(super) fn is_keyword(rule: Rule) -> bool {
    rule >= Rule::k_abort || rule == Rule::EOI
}

/// An empty file's tree.
pub(super) fn file(file: FileId, items: Vec<Item>, length: u32) -> File {
    File { items, span: Span::new(file, 0, length) }
}
