//! The words that statements begin with.

use crate::syntax::scan::{Token, TokenKind};

/// Verbs that cannot name anything else.
const RESERVED: [&str; 27] = [
    "let",
    "var",
    "set",
    "create",
    "update",
    "change",
    "assign",
    "delete",
    "send",
    "do",
    "start",
    "wait",
    "ask",
    "if",
    "match",
    "for",
    "while",
    "break",
    "continue",
    "parallel",
    "try",
    "raise",
    "saga",
    "compensate",
    "stop",
    "return",
    "emit",
];

/// Verbs that are ordinary names elsewhere.
const CONTEXTUAL: [&str; 31] = [
    "cancel",
    "route",
    "share",
    "unshare",
    "link",
    "unlink",
    "stage",
    "atomic",
    "checkpoint",
    "log",
    "act",
    "on",
    "give",
    "page",
    "require",
    "refuse",
    "default",
    "lock",
    "unlock",
    "show",
    "hide",
    "optional",
    "recommend",
    "given",
    "advance",
    "standstill",
    "mock",
    "answer",
    "expect",
    "retry",
    "say",
];

/// All verbs, for suggestions.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    RESERVED.into_iter().chain(CONTEXTUAL)
}

/// `letlet`: the verb that stands there twice.
pub(super) fn twice(word: &str) -> Option<&'static str> {
    all().find(|verb| word.strip_prefix(verb) == Some(*verb))
}

/// Whether the word can only be a verb.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Whether a verb on the same line ends the statement before it: it begins no part of one.
pub(super) fn ends_before(word: &str) -> bool {
    is_verb(word) && !matches!(word, "retry" | "on" | "default" | "give" | "for" | "if" | "match")
}

/// Whether a statement may begin with the word.
pub(super) fn is_verb(word: &str) -> bool {
    all().any(|verb| verb == word)
}

/// Whether a statement seems to begin at the token `at`: a verb at the start of its line, or a reserved verb after
/// something that ends a statement.
pub(super) fn begins_statement(source: &str, tokens: &[Token], at: usize) -> bool {
    let Some(token) = tokens.get(at).filter(|token| token.kind == TokenKind::Word) else { return false };
    let word = token.text(source);
    let next = tokens.get(at + 1).map_or("", |next| next.text(source));
    let is_name_here = matches!(next, ":" | "=" | "+=" | "-=" | "*=" | "++=" | "." | "==" | "," | ")");
    let is_name_here = is_name_here && !(word == "on" && next == ".");
    if is_name_here {
        return false;
    }
    if token.first_on_line {
        return is_verb(word);
    }
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let after_operand = before.is_some_and(|b| {
        matches!(b.kind, TokenKind::Close(_) | TokenKind::Text | TokenKind::Number | TokenKind::Moment)
            || (b.kind == TokenKind::Word && !JOINING.contains(&b.text(source)))
    });
    after_operand && RESERVED.contains(&word) && !matches!(word, "if" | "match" | "for" | "start" | "delete")
}

/// Whether the line that begins with the token `at` is a statement, wherever it stands: its first word is a reserved
/// verb that no value begins with.
pub(super) fn begins_line(source: &str, tokens: &[Token], at: usize) -> bool {
    let word = tokens.get(at).map_or("", |token| token.text(source));
    RESERVED.contains(&word) && !matches!(word, "if" | "match") && begins_statement(source, tokens, at)
}

/// Words after which an expression, an effect or a name follows.
const JOINING: [&str; 26] = [
    "and", "or", "not", "in", "is", "then", "else", "by", "where", "select", "satisfy", "return", "on", "wait", "for",
    "each", "parallel", "with", "to", "from", "as", "if", "until", "after", "expect", "set",
];

/// Whether the word is a verb only where a statement begins.
pub(super) fn is_contextual(word: &str) -> bool {
    CONTEXTUAL.contains(&word)
}
