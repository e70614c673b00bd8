//! Names that are written as in other languages: with hyphens, or as texts.

use super::Repair;
use crate::base::span::Span;
use crate::syntax::errors::habits;
use crate::syntax::scan::{Token, TokenKind};

/// Words after which something is named.
const NAMING: [&str; 18] = [
    "action", "activity", "as", "catch", "config", "dialog", "each", "entity", "enum", "error", "fn", "for", "let",
    "record", "set", "signal", "var", "workflow",
];

/// So many words before a brace are looked at.
const HEAD_MAX: usize = 12;

/// So many different words with hyphens are looked for in a file.
const HYPHENATED_MAX: usize = 100;

impl Repair<'_> {
    /// `{ "title": "x" }`: the names of fields are taken as such. One message for each pair of braces.
    pub(super) fn quoted_keys(&mut self, tokens: &[Token]) {
        let mut told = None;
        let mut open: Vec<usize> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                TokenKind::Open(_) => open.push(at),
                TokenKind::Close(_) => drop(open.pop()),
                TokenKind::Text => {
                    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                    let begins =
                        token.first_on_line || before.is_some_and(|b| matches!(b.text(self.source), "{" | ","));
                    let is_key = tokens.get(at + 1).is_some_and(|next| next.text(self.source) == ":");
                    let brace = open.last().copied().filter(|brace| self.holds_fields(tokens, *brace));
                    if let Some(brace) = brace.filter(|_| begins && is_key) {
                        self.key(token, told != Some(brace));
                        told = Some(brace);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether a bracket is a brace, and no `match` or `wait` stands before it.
    fn holds_fields(&self, tokens: &[Token], open: usize) -> bool {
        let is_head = |token: &&Token| !matches!(token.kind, TokenKind::Open('{') | TokenKind::Close('}'));
        let head = tokens.get(..open).unwrap_or(&[]).iter().rev().take_while(is_head).take(HEAD_MAX);
        let has_arms = |token: &Token| matches!(token.text(self.source), "match" | "wait" | "switch");
        tokens.get(open).is_some_and(|token| token.kind == TokenKind::Open('{')) && !head.into_iter().any(has_arms)
    }

    fn key(&mut self, token: &Token, is_first: bool) {
        let name = token.text(self.source).trim_matches('"').to_owned();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !is_name || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return;
        }
        self.put(token.start, b' ');
        self.put(token.end - 1, b' ');
        if is_first {
            let span = token.span(self.file);
            self.diagnostics.push(habits::replaced("a field is named without quotes", span, "a text", &name));
        }
    }

    /// `enum Color { "red", "green" }`: the members are taken as names. One message for each enum.
    pub(super) fn quoted_members(&mut self, tokens: &[Token]) {
        let mut told = None;
        for (open, window) in tokens.windows(4).enumerate() {
            let [word, name, brace, _] = window else { continue };
            let is_enum = word.text(self.source) == "enum" && name.kind == TokenKind::Name;
            let is_states = name.text(self.source) == "states";
            if !(is_enum || is_states) || brace.kind != TokenKind::Open('{') {
                continue;
            }
            let inside = tokens.get(open + 2..).unwrap_or(&[]);
            let inside = inside.iter().take_while(|token| token.kind != TokenKind::Close('}'));
            let mut before = "";
            for token in inside {
                if token.kind == TokenKind::Text && (matches!(before, "{" | ",") || token.first_on_line) {
                    self.member(token, if is_enum { "member of an enum" } else { "state" }, told != Some(open));
                    told = Some(open);
                }
                before = token.text(self.source);
            }
        }
    }

    fn member(&mut self, token: &Token, what: &str, is_first: bool) {
        let text = token.text(self.source).trim_matches('"').to_owned();
        let name: String =
            text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        if name.len() != text.len() || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return;
        }
        self.blank(token.start, token.end);
        (token.start + 1..).zip(name.bytes()).for_each(|(at, byte)| self.put(at, byte));
        if is_first {
            let written = if name == text { name } else { format!("{name} \"{text}\"") };
            self.diagnostics.push(habits::instead(
                format!("a {what} is a name, and no text"),
                token.span(self.file),
                "a text",
                format!("write `{written}`; what people see may stand behind it: `hot \"Very hot\"`"),
            ));
        }
    }

    /// `total-price`: where such a word names something, it is one name, here and everywhere. One message for each word.
    pub(super) fn hyphens(&mut self, tokens: &[Token]) {
        let mut known: Vec<String> = Vec::new();
        for at in 0..tokens.len() {
            let Some(last) = self.hyphenated(tokens, at) else { continue };
            let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map_or("", |t| t.text(self.source));
            let after = tokens.get(last + 1).map_or("", |token| token.text(self.source));
            let names = NAMING.contains(&before) || (after == ":" && matches!(before, "{" | "," | "("));
            let names = names || (after == ":" && tokens.get(at).is_some_and(|token| token.first_on_line));
            let Some(span) = self.span_of(tokens, at, last).filter(|_| names) else { continue };
            let written = self.source.get(span.start as usize..span.end as usize).unwrap_or("").to_owned();
            // LIMIT: HYPHENATED_MAX
            if known.len() < HYPHENATED_MAX && !known.contains(&written) {
                let is_type = matches!(before, "action" | "activity" | "dialog" | "entity" | "enum" | "error")
                    || matches!(before, "record" | "signal" | "workflow");
                self.one_name(&written, span, is_type);
                known.push(written);
            }
        }
    }

    /// The last token of words that are joined by `-` without spaces; none if the token begins no such word.
    fn hyphenated(&self, tokens: &[Token], at: usize) -> Option<usize> {
        let is_word = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::Name);
        let first = tokens.get(at).filter(|token| is_word(token))?;
        let mut last = at;
        let mut end = first.end;
        while let (Some(sign), Some(word)) = (tokens.get(last + 1), tokens.get(last + 2)) {
            let is_part = is_word(word) || (word.kind == TokenKind::Number && is_digits(word.text(self.source)));
            if sign.text(self.source) != "-" || sign.start != end || word.start != sign.end || !is_part {
                break;
            }
            (last, end) = (last + 2, word.end);
        }
        (last > at).then_some(last)
    }

    fn span_of(&self, tokens: &[Token], from: usize, last: usize) -> Option<Span> {
        Some(Span::new(self.file, tokens.get(from)?.start, tokens.get(last)?.end))
    }

    /// Tells a word once, and takes it as one name wherever it stands.
    fn one_name(&mut self, written: &str, span: Span, is_type: bool) {
        let parts = written.split('-').filter_map(|part| part.split_at_checked(1));
        let right = if is_type {
            parts.map(|(first, rest)| first.to_ascii_uppercase() + rest).collect()
        } else {
            written.replace('-', "_")
        };
        let mut name = written.replace('-', "_");
        if let Some(first) = name.get_mut(..1).filter(|_| is_type) {
            first.make_ascii_uppercase();
        }
        let help = format!("write `{right}`, here and where it is used");
        self.diagnostics.push(habits::instead("a name has no `-`", span, "words joined by `-`", help));
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        for (start, _) in self.source.match_indices(written) {
            let before = self.source.get(..start).and_then(|before| before.chars().next_back());
            let after = self.source.get(start + written.len()..).and_then(|after| after.chars().next());
            if before.is_some_and(is_part) || after.is_some_and(is_part) {
                continue;
            }
            if let Some(place) = self.bytes.get_mut(start..start + name.len()) {
                place.copy_from_slice(name.as_bytes());
            }
        }
    }
}

fn is_digits(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}
