//! Slips that have a better message than what the grammar expected: habits of other languages, words of the language
//! at the wrong place, and things that are nearly right.

mod fields;
mod heads;
mod missing;
mod schedules;
mod statements;
mod types;
mod values;

use super::explain::{self, Failure, Place};
use super::kinds::Kind;
use crate::base::span::Span;
use crate::diag::Diagnostic;
use crate::syntax::errors::{self, habits};
use crate::syntax::scan::{Token, TokenKind};

pub(super) use fields::comma_between_arrows;
pub(super) use missing::help as missing_help;
pub(super) use statements::region;

/// Words that go on with something, as other languages write them.
const NEARLY: [(&str, &str); 12] = [
    ("asc", "ascending"),
    ("cancelled", "canceled"),
    ("desc", "descending"),
    ("except", "catch"),
    ("groupby", "group by"),
    ("having", "where"),
    ("into", "to"),
    ("orderby", "order by"),
    ("rescue", "catch"),
    ("sort", "order by"),
    ("sortby", "order by"),
    ("within", "in"),
];

/// Words for a value that is not there.
pub(in crate::syntax) const NOTHING: [&str; 7] = ["null", "nil", "undefined", "Null", "None", "NULL", "nothing"];

/// The message for a slip that is known, in a part that does not parse.
pub(super) fn known(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    letters(place)
        .or_else(|| marked_text(place))
        .or_else(|| number(place))
        .or_else(|| absent(place))
        .or_else(|| match place.kind {
            Kind::Item => heads::known(place, failure),
            Kind::Stmt | Kind::Arm | Kind::WaitArm | Kind::ValueArm => statements::known(place, failure),
            Kind::EntityPart | Kind::Param => fields::field(place),
            Kind::Field => fields::init(place),
            Kind::StatePart => fields::arrow(place),
            _ => None,
        })
        .or_else(|| types::known(place))
        .or_else(|| nearly(place))
}

/// A name with letters that names do not have.
fn letters(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let word = token.text(place.source);
    let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Name) && !word.starts_with('`');
    (is_name && !word.is_ascii()).then(|| habits::not_ascii(word, place.span(token)))
}

/// `f"…"`.
fn marked_text(place: &Place<'_>) -> Option<Diagnostic> {
    let text = place.token(place.at).filter(|token| token.kind == TokenKind::Text)?;
    let mark = place.token(place.at.checked_sub(1)?).filter(|mark| mark.end == text.start)?;
    (mark.kind == TokenKind::Word).then(|| errors::marked_text(mark.text(place.source), place.span(mark)))
}

/// `3days`, `0xff`, `1,5`, `.5`.
fn number(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    if token.kind == TokenKind::Number {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_').len();
        let (number, rest) = word.split_at_checked(digits)?;
        if explain::UNITS.contains(&rest) {
            return Some(habits::replaced(
                format!("a space is missing in `{word}`"),
                span,
                "a number and a unit are two words",
                &format!("{number} {rest}"),
            ));
        }
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) && place.word(place.at - 1) != "at" {
            let help = "numbers are written `255`, `1_000`, `1.5`, `2e9f`, `20%`, `50 USD`, `3 days`";
            return Some(habits::instead(format!("`{word}` is no number"), span, "not understood", help));
        }
        return None;
    }
    let next = place.token(place.at + 1).filter(|next| next.kind == TokenKind::Number && next.start == token.end)?;
    let is_after_number = place.token(place.at.checked_sub(1)?).is_some_and(|before| {
        before.kind == TokenKind::Number && before.end == token.start && place.kind != Kind::Param
    });
    let digits = next.text(place.source);
    match word {
        "." => Some(habits::instead(
            "a decimal begins with a digit",
            span,
            "no digit before the point",
            format!("write `0.{digits}`"),
        )),
        "," if is_after_number => {
            let whole = place.word(place.at - 1);
            Some(habits::instead(
                "a decimal is written with a point",
                span,
                "a comma separates values",
                format!("write `{}.{digits}`", whole.replace('.', "_")),
            ))
        }
        _ => None,
    }
}

/// `is null`, `is empty`, `is 3`, `not is none`.
fn absent(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, before) = (token.text(place.source), place.word(place.at.checked_sub(1)?));
    let span = place.span(token);
    if word == "is" && before == "not" {
        let both = place.span_of(place.at - 1).to(span);
        return Some(habits::replaced("`not is` is written `is not`", both, "the other way round", "is not"));
    }
    let is_test = before == "is" || (before == "not" && place.at >= 2 && place.word(place.at - 2) == "is");
    if !is_test {
        return None;
    }
    let (sign, test) = if before == "is" { ("==", "is") } else { ("!=", "is not") };
    Some(match word {
        _ if NOTHING.contains(&word) => {
            habits::replaced(format!("an absent value is called `none`, not `{word}`"), span, "unknown word", "none")
        }
        "empty" | "blank" => habits::instead(
            format!("`{test} {word}` tests nothing"),
            span,
            "unknown word",
            format!(
                "write `{sign} \"\"` for a text, `length(x) {sign} 0` for a list, `{test} none` for an absent value"
            ),
        ),
        _ if matches!(token.kind, TokenKind::Number | TokenKind::Text | TokenKind::Word | TokenKind::Moment) => {
            habits::instead(
                format!("`{test}` does not compare values"),
                place.span_of(place.at - 1),
                "only for `none`, `deleted` and the names of entities",
                format!("write `{sign}`"),
            )
        }
        _ => return None,
    })
}

/// A word for another that the language has.
fn nearly(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at).filter(|_| place.at > place.from)?;
    let word = token.text(place.source);
    let (_, right) = NEARLY.iter().find(|(written, _)| *written == word)?;
    Some(habits::replaced(format!("`{word}` is written `{right}`"), place.span(token), "unknown word", right))
}

/// The place of a slip with its words.
#[derive(Clone, Copy)]
struct Here<'p> {
    place: &'p Place<'p>,
    token: Token,
    /// What stands there.
    word: &'p str,
    /// What stands before it.
    before: &'p str,
    /// The first word of the part.
    first: &'p str,
    span: Span,
}

impl<'p> Here<'p> {
    fn of(place: &'p Place<'p>) -> Option<Self> {
        let token = *place.token(place.at)?;
        let before = place.at.checked_sub(1).map_or("", |before| place.word(before));
        let (word, first) = (place.word(place.at), place.word(place.from));
        Some(Self { place, token, word, before, first, span: place.span(&token) })
    }

    fn is_process(&self) -> bool {
        matches!(self.first, "workflow" | "realtime" | "action" | "dialog" | "activity")
    }

    /// Whether a word stands before the place.
    fn has(&self, word: &str) -> bool {
        (self.place.from..self.place.at).any(|at| self.place.word(at) == word)
    }

    fn is_second(&self) -> bool {
        self.place.at == self.place.from + 1
    }

    /// Whether it is a value that is written out.
    fn is_value(&self) -> bool {
        matches!(self.token.kind, TokenKind::Number | TokenKind::Text | TokenKind::Moment | TokenKind::Open('['))
    }
}

fn token_is_name(place: &Place<'_>, at: usize) -> bool {
    place.token(at).is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name))
}
