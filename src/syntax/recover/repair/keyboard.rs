//! Characters that keyboards, word processors and web pages put in the place of those that the language has.

use super::Repair;
use crate::syntax::errors;
use crate::syntax::scan::Token;

/// Whether a character only looks like a space, or like nothing at all.
pub(super) fn is_space(written: &str) -> bool {
    let is_blank =
        |c: char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}');
    !written.is_ascii() && written.chars().all(is_blank)
}

/// The sign of the language that a character looks like.
pub(super) fn meant(written: &str) -> Option<&'static str> {
    Some(match written {
        "–" | "—" | "−" | "‐" | "‑" => "-",
        "×" | "∙" => "*",
        "÷" => "/",
        "≠" => "!=",
        "≤" => "<=",
        "≥" => ">=",
        "→" => "->",
        "⇒" => "=>",
        "：" => ":",
        "，" => ",",
        "（" => "(",
        "）" => ")",
        _ => return None,
    })
}

impl Repair<'_> {
    /// A space is taken as one; gives the next token to look at.
    pub(super) fn space(&mut self, token: &Token, at: usize) -> usize {
        self.spaces.push(token.span(self.file));
        self.blank(token.start, token.end);
        at + 1
    }

    /// A sign is taken as the one that it looks like, close to what follows: `–>`.
    pub(super) fn sign(&mut self, token: &Token, at: usize) -> usize {
        let written = token.text(self.source);
        let meant = meant(written).unwrap_or("");
        self.diagnostics.push(errors::other_sign(written, meant, token.span(self.file)));
        self.blank(token.start, token.end);
        let start = token.end.saturating_sub(crate::syntax::scan::offset(meant.len()));
        (start..).zip(meant.bytes()).for_each(|(at, byte)| self.put(at, byte));
        at + 1
    }
}
