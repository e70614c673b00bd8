//! Values as other languages write them: slices, comprehensions, `select * from`, functions as values.

use super::{Here, token_is_name};
use crate::diag::Diagnostic;
use crate::syntax::errors::{self, habits};
use crate::syntax::recover::explain::{Failure, Place};
use crate::syntax::recover::kinds::Kind;
use crate::syntax::recover::{verbs, words};
use crate::syntax::scan::TokenKind;

/// Words after which a value stands.
const BEFORE_VALUES: [&str; 9] = ["(", ",", ":", "=", "=>", "[", "in", "log", "return"];

/// What is wrong with a value.
pub(super) fn known(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, word, before, first, span, .. } = *here;
    if let Some(select) = select(place) {
        return Some(habits::instead(
            "a query begins with `find`",
            place.span_of(select),
            "not a query",
            "write `find x in Entity where …`",
        ));
    }
    let open = open_bracket(place);
    let bracket = open.map_or("", |open| place.word(open));
    match word {
        ":" | ".." if bracket == "[" && open.is_some_and(|open| open > 0 && is_operand_end(place, open - 1)) => {
            Some(habits::instead(
                "a place in brackets is one number",
                span,
                "no range here",
                "write `substring(text, from, count)` for a part of a text, `find x in xs limit 3` for the first of a list",
            ))
        }
        "for" if matches!(bracket, "[" | "(" | "{") => Some(habits::instead(
            "a list is made from another one by a query",
            span,
            "no loop within a value",
            "write `find x in xs where … select x.amount`",
        )),
        "->" if place.kind == Kind::Stmt && (before == ")" || token_is_name(place, place.at.saturating_sub(1))) => {
            Some(habits::instead(
                "a function cannot be written as a value",
                span,
                "stands only behind the inputs of a declaration",
                "write a query: `find x in xs where … select …`",
            ))
        }
        "=>" if matches!(first, "if" | "while") && bracket.is_empty() => {
            Some(habits::replaced("this comparison is written `>=`", span, "the other way round", ">="))
        }
        "{" if failure.expects_value() && place.word(place.at + 2) == ":" => Some(habits::instead(
            "a value with fields begins with the name of its type",
            span,
            "of which type?",
            "write `Address { city: \"Bonn\" }`, or `(city: \"Bonn\")` for named results",
        )),
        _ if matches!(bracket, "[" | "(") && is_operand_start(place) && is_gap(place) => {
            let gap = place.span_of(place.at - 1).at_end();
            Some(errors::comma_between(gap, span))
        }
        _ => None,
    }
}

/// Whether nothing joins the two values around the place.
fn is_gap(place: &Place<'_>) -> bool {
    let before = place.at.saturating_sub(1);
    let is_number = place.token(before).is_some_and(|token| token.kind == TokenKind::Number);
    let is_unit = is_number && token_is_name(place, place.at);
    let joins = words::CLAUSES.contains(&place.word(place.at)) || verbs::is_reserved(place.word(place.at));
    is_operand_end(place, before) && !is_unit && !joins && !verbs::is_reserved(place.word(before))
}

fn is_operand_end(place: &Place<'_>, at: usize) -> bool {
    place.token(at).is_some_and(|token| {
        matches!(token.kind, TokenKind::Number | TokenKind::Text | TokenKind::Moment | TokenKind::Close(_))
            || (token_is_name(place, at) && !BEFORE_VALUES.contains(&token.text(place.source)))
    })
}

fn is_operand_start(place: &Place<'_>) -> bool {
    place.token(place.at).is_some_and(|token| {
        let is_value = matches!(token.kind, TokenKind::Number | TokenKind::Text | TokenKind::Moment);
        !token.first_on_line && (is_value || token_is_name(place, place.at))
    })
}

/// The innermost bracket that is open at the place.
fn open_bracket(place: &Place<'_>) -> Option<usize> {
    let is_open = |at: &usize| {
        place.token(*at).is_some_and(|token| matches!(token.kind, TokenKind::Open(_)))
            && place.partner.get(*at).copied().flatten().is_none_or(|close| close >= place.at)
    };
    (place.from..place.at).rev().find(is_open)
}

/// `select … from`, where a value begins: the token of the word.
fn select(place: &Place<'_>) -> Option<usize> {
    let begins = |at: &usize| place.word(*at) == "select" && BEFORE_VALUES.contains(&place.word(at.saturating_sub(1)));
    let at = (place.from + 1..=place.at).find(begins)?;
    let mut rest = (at + 1..place.to).take_while(|next| place.token(*next).is_some_and(|token| !token.first_on_line));
    rest.any(|next| place.word(next) == "from").then_some(at)
}

/// The tokens of a value that is none as a whole.
pub(super) fn region(place: &Place<'_>) -> Option<(usize, usize)> {
    if let Some(select) = select(place) {
        let goes_on =
            |at: &usize| place.token(*at).is_some_and(|token| !token.first_on_line && token.text(place.source) != "{");
        let end = (select + 1..place.to).take_while(goes_on).last()? + 1;
        return Some((select, end));
    }
    let open = open_bracket(place)?;
    let close = place.partner.get(open).copied().flatten()?;
    match (place.word(place.at), place.word(open)) {
        (":" | "..", "[") => {
            let goes_back = |at: &usize| token_is_name(place, *at) || matches!(place.word(*at), "." | "?.");
            let start = (place.from..open).rev().take_while(goes_back).last()?;
            (start > place.from).then_some((start, close + 1))
        }
        ("for", _) => Some((open, close + 1)),
        _ if place.word(open) == "[" && is_operand_start(place) && is_gap(place) => Some((open, close + 1)),
        _ => None,
    }
}
