//! Why a part does not parse: what was expected, what was found, and which mistake that probably is.

use std::sync::Mutex;

use pest::Parser;
use pest::error::InputLocation;

use super::kinds::Kind;
use super::{Work, habits, verbs, words};
use crate::base::currencies;
use crate::base::distance::did_you_mean;
use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;
use crate::syntax::chunks::DECLARATIONS;
use crate::syntax::errors;
use crate::syntax::grammar::ProcParser;
use crate::syntax::scan::{Token, TokenKind};

/// Where the strict rule gave up, and what would have let it go on.
pub(super) struct Failure {
    /// The offset in the chunk.
    pub(super) at: usize,
    /// In words, the likeliest first.
    pub(super) expected: Vec<String>,
    /// The words of the language that could have stood there.
    words: Vec<String>,
}

impl Failure {
    /// Whether this mark or word would have let the parser go on.
    pub(super) fn expects(&self, mark: &str) -> bool {
        self.words.iter().any(|word| word == mark) || self.expected.iter().any(|word| word.trim_matches('`') == mark)
    }

    /// Whether a value would have.
    pub(super) fn expects_value(&self) -> bool {
        self.expects("a value")
    }

    /// Whether a name would have.
    pub(super) fn expects_name(&self) -> bool {
        self.expected.iter().any(|word| word.starts_with("a name"))
    }
}

/// Where a bad part stands.
pub(super) struct Place<'a> {
    pub(super) file: FileId,
    pub(super) base: u32,
    /// What the author wrote, comments and all.
    pub(super) written: &'a str,
    /// What is left of it after the repair of characters.
    pub(super) source: &'a str,
    pub(super) tokens: &'a [Token],
    /// For each token the one that closes it.
    pub(super) partner: &'a [Option<usize>],
    pub(super) kind: Kind,
    /// The first token of the part.
    pub(super) from: usize,
    /// The token at which the rule gave up.
    pub(super) at: usize,
    /// Behind the last token of the part.
    pub(super) to: usize,
}

/// The switch for details is one for the whole process; others are only slower while it is on.
static DETAILS: Mutex<()> = Mutex::new(());

/// Parses a part once more, with details.
pub(super) fn failure(kind: Kind, work: &Work, start: usize, end: usize, tokens: &[Token]) -> Failure {
    // What may follow the last word may need a space before it.
    let mut text = format!("{} ", work.slice(start, end));
    let first = attempt(kind, &text, start);
    // Where only other letters of a word would have helped, the word as a whole is wrong.
    let is_word = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::Name | TokenKind::Number);
    let within = |token: &&Token| (token.start as usize) < first.at && first.at <= token.end as usize;
    let word = tokens.iter().find(within).filter(|token| is_word(token));
    let Some(word) = word.filter(|_| first.expected.is_empty()) else { return first };
    let (from, to) = (word.start as usize, word.end as usize);
    let Some(blind) = from.checked_sub(start).zip(to.checked_sub(start)).filter(|(_, to)| *to <= text.len()) else {
        return first;
    };
    text.replace_range(blind.0..blind.1, &"\u{2}".repeat(blind.1 - blind.0));
    let second = attempt(kind, &text, start);
    if second.at == from { second } else { first }
}

fn attempt(kind: Kind, text: &str, start: usize) -> Failure {
    let guard = DETAILS.lock();
    pest::set_error_detail(true);
    let result = ProcParser::parse(kind.whole(), text);
    pest::set_error_detail(false);
    drop(guard);
    let nothing = |at: usize| Failure { at, expected: Vec::new(), words: Vec::new() };
    let Err(error) = result else { return nothing(start) };
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let Some(attempts) = error.parse_attempts().filter(|attempts| attempts.max_position >= at) else {
        return nothing(start + at);
    };
    let stacks = attempts.call_stacks();
    let tried = words::Tried {
        tokens: attempts.expected_tokens().iter().map(ToString::to_string).collect(),
        rules: stacks.iter().map(|stack| (stack.deepest.get_rule().copied(), stack.parent)).collect(),
    };
    let expected = words::expected(&tried);
    let mut words = tried.tokens;
    words.retain(|token| token.len() > 1 && token.bytes().all(|b| b.is_ascii_lowercase()));
    Failure { at: start + attempts.max_position, expected, words }
}

impl Place<'_> {
    pub(super) fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index).filter(|_| index < self.to)
    }

    pub(super) fn word(&self, index: usize) -> &str {
        self.token(index).map_or("", |token| token.text(self.source))
    }

    pub(super) fn span(&self, token: &Token) -> Span {
        Span::new(self.file, self.base + token.start, self.base + token.end)
    }

    pub(super) fn span_of(&self, index: usize) -> Span {
        self.tokens.get(index).map_or(Span::new(self.file, self.base, self.base), |token| self.span(token))
    }

    /// Whether nothing stands between a token and the next one.
    pub(super) fn touches(&self, index: usize) -> bool {
        let end = self.token(index).map(|token| token.end);
        end.is_some() && end == self.token(index + 1).map(|next| next.start)
    }

    /// The place behind the last token before the failure: something is missing there.
    fn gap(&self) -> Span {
        let before = self.at.checked_sub(1).and_then(|index| self.tokens.get(index));
        let end = self.base + before.map_or(0, |token| token.end);
        Span::new(self.file, end, end)
    }
}

/// The message for a bad part.
pub(super) fn explain(place: &Place<'_>, failure: &Failure) -> Diagnostic {
    if let Some(known) = unclosed_bracket(place).or_else(|| known_mistake(place, failure)) {
        return known;
    }
    let first = place.at == place.from;
    let mut expected = if first { vec![place.kind.words().to_owned()] } else { failure.expected.clone() };
    // Between a field and its value other signs than the colon are rare.
    if place.kind == Kind::Field && expected.iter().any(|sign| sign == "`+=`") {
        expected = vec!["`:`".to_owned()];
    }
    let next = place.tokens.get(place.at);
    // A word on the next line belongs to the part if it is nearly one that goes on with it.
    let goes_on = |token: &&Token| {
        let word = token.text(place.source);
        !token.first_on_line
            || (word.len() > 3 && !did_you_mean(word, failure.words.iter().map(String::as_str)).is_empty())
    };
    let Some(token) = next.filter(|token| first || (place.at < place.to && goes_on(token))) else {
        let before = place.tokens.get(place.at - 1).map_or("", |token| token.text(place.written));
        let error = errors::expected_after(&words::list(&expected), before, place.gap());
        return match habits::missing_help(place, &expected) {
            Some(help) => error.help(help),
            None => error,
        };
    };
    if let Some((slot, span)) = in_slot(place, failure, token) {
        return match slot {
            "" | "}" => errors::empty_slot(span),
            "/*" | "//" => errors::comment_in_slot(span),
            word => errors::expected("a value", &format!("`{word}`"), span),
        };
    }
    if expected.is_empty() {
        return errors::unreadable(&found(token, place.source), place.span(token));
    }
    let error = errors::expected(&words::list(&expected), &found(token, place.source), place.span(token));
    let word = token.text(place.source);
    let is_known = words::CLAUSES.contains(&word);
    let near = if is_known { Vec::new() } else { did_you_mean(word, failure.words.iter().map(String::as_str)) };
    match habits::missing_help(place, &expected).filter(|_| near.is_empty()) {
        Some(help) => error.help(help),
        None => errors::with_suggestion(error, &near, place.span(token)),
    }
}

/// The word within a text at which a slot went wrong.
fn in_slot<'s>(place: &Place<'s>, failure: &Failure, token: &Token) -> Option<(&'s str, Span)> {
    let (start, end) = (token.start as usize, token.end as usize);
    if token.kind != TokenKind::Text || failure.at <= start || failure.at >= end {
        return None;
    }
    let from = place.source.get(start..failure.at)?.trim_end_matches(char::is_alphanumeric).len() + start;
    let comment = |from: usize| {
        let mark = place.source.get(from..from + 2).filter(|mark| matches!(*mark, "/*" | "//"))?;
        Some((mark, from))
    };
    let at = |offset: usize| place.base + crate::syntax::scan::offset(offset);
    if let Some((mark, from)) = comment(from).or_else(|| comment(from.checked_sub(1)?)) {
        return Some((mark, Span::new(place.file, at(from), at(from + 2))));
    }
    let rest = place.source.get(from..end)?;
    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let length = if length == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { length };
    Some((rest.get(..length)?, Span::new(place.file, at(from), at(from + length))))
}

pub(super) fn found(token: &Token, source: &str) -> String {
    match token.kind {
        TokenKind::Text | TokenKind::OpenText => "a text".to_owned(),
        _ => format!("`{}`", token.text(source)),
    }
}

/// Slips that have a better message than what was expected.
fn known_mistake(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    let first = place.token(place.from)?;
    let word = first.text(place.source);
    let is_word = matches!(first.kind, TokenKind::Word | TokenKind::Name);
    if is_word && (place.at <= place.from + 1 || is_foreign_verb(place)) {
        match place.kind {
            Kind::Stmt if !verbs::is_verb(word) => {
                if let Some(help) = errors::habits::statement(word) {
                    return Some(errors::habits::foreign_statement(word, help, place.span(first)));
                }
                let near = match verbs::twice(word) {
                    Some(verb) => vec![verb],
                    None => did_you_mean(word, verbs::all()),
                };
                return Some(errors::unknown_verb(word, &near, place.span(first)));
            }
            Kind::Item if !DECLARATIONS.contains(&word) || matches!(word, "process" | "event") => {
                if let Some(help) = errors::habits::declaration(word) {
                    return Some(errors::habits::foreign_declaration(word, help, place.span(first)));
                }
                return Some(errors::unknown_declaration(word, &did_you_mean(word, DECLARATIONS), place.span(first)));
            }
            _ => {}
        }
    }
    habits::known(place, failure)
        .or_else(|| unit(place, failure))
        .or_else(|| ternary(place))
        .or_else(|| arrow(place))
        .or_else(|| extra_bracket(place))
}

/// `foreach (var l in lines) {`: a verb of another language, whatever follows it.
fn is_foreign_verb(place: &Place<'_>) -> bool {
    let word = place.word(place.from);
    let goes_on = place.token(place.from + 1).is_some_and(|next| {
        let is_operand = matches!(next.kind, TokenKind::Word | TokenKind::Name | TokenKind::Text | TokenKind::Number);
        !next.first_on_line && (is_operand || next.kind == TokenKind::Open('('))
    });
    place.kind == Kind::Stmt && goes_on && errors::habits::statement(word).is_some()
}

/// `f(3))`: a bracket that closes nothing.
fn extra_bracket(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let TokenKind::Close(bracket @ (')' | ']')) = token.kind else { return None };
    let is_closing = place.partner.contains(&Some(place.at));
    (!is_closing).then(|| errors::extra_bracket(bracket, place.span(token)))
}

/// `(a + 3` at the end of its line, or before what no value goes on with.
fn unclosed_bracket(place: &Place<'_>) -> Option<Diagnostic> {
    let (open, bracket) = open_bracket(place)?;
    Some(errors::unclosed_bracket(bracket, place.span_of(open), place.gap()))
}

/// The bracket that is still open where the part goes wrong, if that it is open is what is wrong.
pub(super) fn open_bracket(place: &Place<'_>) -> Option<(usize, char)> {
    let heads = ["for", "when", "before", "after", "only", "run"];
    let ends = |token: &Token| {
        let text = token.text(place.source);
        token.first_on_line
            || matches!(text, "{" | "}" | "=>" | "->")
            || (place.kind == Kind::Item && heads.contains(&text))
    };
    if !place.token(place.at).is_none_or(ends) {
        return None;
    }
    let before = place.at.checked_sub(1).and_then(|before| place.token(before))?;
    let is_comma = before.text(place.source) == ",";
    if matches!(before.kind, TokenKind::Symbol | TokenKind::Open(_)) && !is_comma {
        return None;
    }
    let is_open = |at: &usize| place.partner.get(*at).copied().flatten().is_none_or(|closing| closing >= place.to);
    (place.from..place.at).rev().find_map(|at| match place.token(at)?.kind {
        TokenKind::Open(bracket @ ('(' | '[')) if is_open(&at) => Some((at, bracket)),
        _ => None,
    })
}

/// `3 dayz`, `50 usd`.
fn unit(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let number = place.at.checked_sub(1).and_then(|before| place.token(before))?;
    let glued = number.text(place.source).trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    if number.kind != TokenKind::Number || !matches!(token.kind, TokenKind::Word | TokenKind::Name) || !glued.is_empty()
    {
        return None;
    }
    if token.first_on_line || place.word(place.at + 1) == ":" {
        return None;
    }
    let word = token.text(place.source);
    if UNITS.contains(&word) {
        return None;
    }
    let near = did_you_mean(word, UNITS);
    if currencies::known(&word.to_ascii_uppercase()).is_some() && near.is_empty() {
        return Some(errors::currency_in_lower_case(word, place.span(token)));
    }
    // A word that goes on with what stands around it, or should, is no unit.
    let goes_on = verbs::is_verb(word)
        || words::CLAUSES.contains(&word)
        || !did_you_mean(word, failure.words.iter().map(String::as_str)).is_empty();
    let takes_unit = failure.expects("day") || failure.expected.is_empty();
    if near.is_empty() && (goes_on || !takes_unit) {
        return None;
    }
    if word == "min" || word == "mins" {
        return Some(errors::unknown_unit(word, &["minutes"], place.span(token)));
    }
    Some(errors::unknown_unit(word, &near, place.span(token)))
}

/// Whether this is the word of a type that is built in, here or in other languages.
pub(super) fn is_type_word(word: &str) -> bool {
    matches!(
        word,
        "any"
            | "bool"
            | "boolean"
            | "date"
            | "datetime"
            | "decimal"
            | "double"
            | "duration"
            | "float"
            | "int"
            | "integer"
            | "money"
            | "number"
            | "string"
            | "text"
            | "time"
    )
}

pub(super) const UNITS: [&str; 18] = [
    "microsecond",
    "microseconds",
    "millisecond",
    "milliseconds",
    "second",
    "seconds",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
];

/// `a ? b : c`.
fn ternary(place: &Place<'_>) -> Option<Diagnostic> {
    (place.word(place.at) == "?").then(|| errors::ternary(place.span_of(place.at)))
}

/// An arm with another sign than `=>`.
fn arrow(place: &Place<'_>) -> Option<Diagnostic> {
    if !matches!(place.kind, Kind::Arm | Kind::ValueArm | Kind::WaitArm) {
        return None;
    }
    let mut signs = (place.from..place.to).filter(|at| matches!(place.word(*at), "=>" | "=" | "->" | ":" | "{"));
    let sign = signs.next().filter(|at| matches!(place.word(*at), "=" | "->" | ":"))?;
    Some(errors::arm_sign(place.word(sign), place.span_of(sign)))
}
