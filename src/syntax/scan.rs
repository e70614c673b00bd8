//! One quick pass over a file, before the grammar sees it: words, texts, brackets and comments with their places.
//!
//! The scan never fails. It gives what needs no grammar: comments for the formatter, brackets for the limit on
//! nesting, line starts for chunks, and tokens for recovery.

use crate::base::span::{FileId, Span};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word in lower case or back-ticks.
    Word,
    /// A word that begins with an upper-case letter.
    Name,
    /// A number with what is glued to it.
    Number,
    /// `@2026-11-22`.
    Moment,
    /// A text with its slots, closed.
    Text,
    /// A text that its line, or the file, does not close.
    OpenText,
    /// `(`, `[`, `{`.
    Open(char),
    /// `)`, `]`, `}`.
    Close(char),
    /// An operator or a mark, as long as possible.
    Symbol,
    /// A comment.
    Comment(CommentKind),
    /// A block comment that the file does not close.
    OpenComment,
    /// A character that the language does not use.
    Stray,
}

/// What a comment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `/* … */`
    Block,
    /// `/// …`: belongs to the declaration, field or parameter below.
    Doc,
}

/// A token with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// First byte.
    pub(crate) start: u32,
    /// One past the last byte.
    pub(crate) end: u32,
    /// Whether it is the first on its line.
    pub(crate) first_on_line: bool,
    /// Whether it stands in the first column.
    pub(crate) first_column: bool,
    /// Slots of texts within each other in this token, for the limit on nesting.
    pub(crate) depth: u16,
}

impl Token {
    /// The words of the token.
    pub(crate) fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// Its place.
    pub(crate) fn span(&self, file: FileId) -> Span {
        Span::new(file, self.start, self.end)
    }

    /// Whether it is a comment.
    pub(crate) fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::Comment(_) | TokenKind::OpenComment)
    }
}

const SYMBOLS: [&str; 19] = [
    "++=", "...", "===", "==", "!=", "<=", ">=", "=>", "->", "+=", "-=", "*=", "/=", "++", "??", "?.", "..", "&&", "||",
];

/// The text without its comments, every other byte at its place: what the grammar sees.
pub(super) fn without_comments(source: &str, tokens: &[Token]) -> String {
    let mut bytes = source.as_bytes().to_vec();
    for token in tokens.iter().filter(|token| token.is_comment()) {
        blank(&mut bytes, token.start, token.end);
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Fills a place with spaces; line breaks stay.
pub(super) fn blank(bytes: &mut [u8], start: u32, end: u32) {
    for byte in bytes.get_mut(start as usize..end as usize).unwrap_or(&mut []) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// The tokens of a file, comments among them.
pub(crate) fn scan(source: &str) -> Vec<Token> {
    let mut scanner = Scanner { source, at: 0, line_start: 0, fresh_line: true, tokens: Vec::new() };
    scanner.run();
    scanner.tokens
}

struct Scanner<'t> {
    source: &'t str,
    at: usize,
    line_start: usize,
    fresh_line: bool,
    tokens: Vec<Token>,
}

/// How a text begins and what is special in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Simple,
    Triple,
    /// A slot, with the braces open in it.
    Slot(u32),
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn run(&mut self) {
        while let Some(next) = self.rest().chars().next() {
            match next {
                '\n' => {
                    self.at += 1;
                    self.line_start = self.at;
                    self.fresh_line = true;
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '\u{FEFF}' if self.at == 0 => {
                    self.at += next.len_utf8();
                    self.line_start = self.at;
                }
                _ => self.token(next),
            }
        }
    }

    fn token(&mut self, next: char) {
        let start = self.at;
        let (first_on_line, first_column) = (self.fresh_line, start == self.line_start);
        let mut depth = 0;
        let kind = match next {
            '/' if self.rest().starts_with("//") => self.line_comment(),
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '"' => self.text(&mut depth),
            'r' if self.rest().starts_with("r\"") => self.raw_text(),
            '`' => self.quoted(),
            '@' => self.moment(),
            '(' | '[' | '{' => self.one(next, TokenKind::Open(next)),
            ')' | ']' | '}' => self.one(next, TokenKind::Close(next)),
            _ if next.is_ascii_digit() => self.number(),
            _ if next.is_alphabetic() || next == '_' => {
                self.skip_while(|c| c.is_alphanumeric() || c == '_');
                if next.is_uppercase() { TokenKind::Name } else { TokenKind::Word }
            }
            _ => self.symbol(next),
        };
        self.fresh_line = false;
        let (start, end) = (offset(start), offset(self.at));
        self.tokens.push(Token { kind, start, end, first_on_line, first_column, depth });
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !keep(c)).unwrap_or(rest.len());
    }

    fn one(&mut self, next: char, kind: TokenKind) -> TokenKind {
        self.at += next.len_utf8();
        kind
    }

    fn symbol(&mut self, next: char) -> TokenKind {
        let rest = self.rest();
        let is_long = rest.as_bytes().get(1).is_some_and(|second| b"+.=>?&|".contains(second));
        if let Some(symbol) = SYMBOLS.iter().find(|s| is_long && rest.starts_with(**s)) {
            self.at += symbol.len();
            return TokenKind::Symbol;
        }
        let known = "+-*/<>=!?:,.;%&|".contains(next);
        self.one(next, if known { TokenKind::Symbol } else { TokenKind::Stray })
    }

    fn number(&mut self) -> TokenKind {
        self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut rest = self.rest().chars();
        if rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
        }
        if self.rest().starts_with('%') {
            self.at += 1;
        }
        TokenKind::Number
    }

    fn moment(&mut self) -> TokenKind {
        self.at += 1;
        loop {
            self.skip_while(|c| c.is_ascii_alphanumeric());
            let mut rest = self.rest().chars();
            let joined = rest.next().is_some_and(|c| "-:.+".contains(c));
            if !(joined && rest.next().is_some_and(|c| c.is_ascii_alphanumeric())) {
                break;
            }
            self.at += 1;
        }
        let rest = self.rest();
        if rest.starts_with('[')
            && let Some(end) = rest.find([']', '\n'])
            && rest.get(end..).is_some_and(|r| r.starts_with(']'))
        {
            self.at += end + 1;
        }
        TokenKind::Moment
    }

    fn quoted(&mut self) -> TokenKind {
        let rest = self.rest().get(1..).unwrap_or("");
        match rest.find(['`', '\n']) {
            Some(end) if end > 0 && rest.get(end..).is_some_and(|r| r.starts_with('`')) => {
                self.at += end + 2;
                TokenKind::Word
            }
            _ => self.one('`', TokenKind::Stray),
        }
    }

    fn line_comment(&mut self) -> TokenKind {
        let doc = self.rest().starts_with("///") && !self.rest().starts_with("////");
        self.skip_while(|c| c != '\n' && c != '\r');
        TokenKind::Comment(if doc { CommentKind::Doc } else { CommentKind::Line })
    }

    fn block_comment(&mut self) -> TokenKind {
        let mut depth = 0usize;
        while let Some(next) = self.rest().chars().next() {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return TokenKind::Comment(CommentKind::Block);
                }
            } else {
                self.step(next);
            }
        }
        TokenKind::OpenComment
    }

    fn step(&mut self, next: char) {
        self.at += next.len_utf8();
        if next == '\n' {
            self.line_start = self.at;
        }
    }

    fn raw_text(&mut self) -> TokenKind {
        self.at += 2;
        self.skip_while(|c| c != '"' && c != '\n');
        if self.rest().starts_with('"') { self.one('"', TokenKind::Text) } else { TokenKind::OpenText }
    }

    /// A text with its slots, which may hold texts with slots. A line break in a simple text ends it unclosed.
    fn text(&mut self, depth: &mut u16) -> TokenKind {
        let first_line_end = self.rest().find('\n').map_or(self.source.len(), |n| self.at + n);
        let mut stack = vec![self.text_start()];
        while let (Some(inside), Some(next)) = (stack.last().copied(), self.rest().chars().next()) {
            *depth = (*depth).max(u16::try_from(stack.len() / 2).unwrap_or(u16::MAX));
            let triple = stack.contains(&Inside::Triple);
            match (inside, next) {
                (Inside::Simple, '"') => {
                    self.at += 1;
                    stack.pop();
                }
                (Inside::Triple, '"') if self.rest().starts_with("\"\"\"") => {
                    self.at += 3;
                    stack.pop();
                }
                (Inside::Simple, '\n') => break,
                (Inside::Slot(_), '\n') if !triple => break,
                (Inside::Simple | Inside::Triple, '\\') => {
                    self.at += 1;
                    if let Some(escaped) = self.rest().chars().next().filter(|c| *c != '\n') {
                        self.step(escaped);
                    }
                }
                (Inside::Simple | Inside::Triple, '{') => {
                    self.at += 1;
                    stack.push(Inside::Slot(0));
                }
                (Inside::Slot(_), '"') => {
                    let start = self.text_start();
                    stack.push(start);
                }
                (Inside::Slot(open), '{' | '}') => {
                    self.at += 1;
                    stack.pop();
                    match (next, open) {
                        ('{', _) => stack.push(Inside::Slot(open + 1)),
                        (_, 0) => {}
                        (_, _) => stack.push(Inside::Slot(open - 1)),
                    }
                }
                _ => self.step(next),
            }
        }
        if stack.is_empty() {
            return TokenKind::Text;
        }
        if stack.first() == Some(&Inside::Simple) {
            self.at = first_line_end;
        }
        TokenKind::OpenText
    }

    fn text_start(&mut self) -> Inside {
        let triple = self.rest().starts_with("\"\"\"");
        self.at += if triple { 3 } else { 1 };
        if triple { Inside::Triple } else { Inside::Simple }
    }
}

pub(crate) fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
