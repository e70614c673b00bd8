//! Fields of entities and records, and states.

use super::token_is_name;
use crate::diag::Diagnostic;
use crate::syntax::errors::{self, habits};
use crate::syntax::recover::explain::{self, Place};
use crate::syntax::recover::kinds::Kind;
use crate::syntax::scan::TokenKind;

/// Fields of entities and records.
pub(super) fn field(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    let next = place.word(place.at + 1);
    if token.kind == TokenKind::Number && place.kind == Kind::Param && range_follows(place) {
        return Some(habits::instead(
            "bounds stand at fields of entities only",
            span,
            "not for this one",
            "leave them out, and test the value where it is used; a field of an entity keeps its bounds whatever writes it",
        ));
    }
    match (word, next) {
        ("{", "get" | "set" | "private") if place.at == place.from + 1 => Some(habits::instead(
            "a field has no `get` and `set`",
            span,
            "not needed",
            format!("write `{}: text`; what is calculated is `total: int computed = …`", place.word(place.from)),
        )),
        ("[", _) if place.at == place.from + 1 && place.word(place.from) == "states" => {
            Some(habits::instead("`states` stand in braces", span, "expected `{`", "write `states { open, won }`"))
        }
        (_, _) if place.at == place.from + 1 && place.word(place.from) == "many" && token.kind == TokenKind::Name => {
            Some(habits::instead(
                "the name of a field stands before its type",
                place.span_of(place.from),
                "no name before it",
                format!("write `lines: many {word} via deal`, the name first"),
            ))
        }
        ("as", _) if place.kind == Kind::EntityPart && behind_type(place) => Some(habits::instead(
            "the physical name stands behind the name of a field",
            span,
            "not behind the type",
            format!("write `name as {next}: …`"),
        )),
        ("?", ":") if place.at == place.from + 1 => {
            let name = place.word(place.from);
            let ty = place.word(place.at + 2);
            let help = format!("write `{name}: {ty}?`");
            Some(habits::instead("a field that may be absent has a type with `?`", span, "not behind the name", help))
        }
        ("primary", "key") => Some(habits::instead(
            "every record has an `id` by itself",
            span.to(place.span_of(place.at + 1)),
            "not needed",
            "leave it out; what else identifies a record is `unique name`",
        )),
        ("references" | "foreign", _) => Some(habits::instead(
            "a reference is a field whose type is an entity",
            span,
            "not needed",
            "write `deal: Deal` alone",
        )),
        ("{", _) if place.word(place.from) == "states" => Some(habits::instead(
            "`states` is followed by braces",
            place.span_of(place.at - 1),
            "not needed",
            "write `states { open, won }`",
        )),
        ("required" | "mandatory", _) => Some(habits::instead(
            "a field is required by itself",
            span,
            "not needed",
            "leave it out; a field that may be absent has a type with `?`",
        )),
        ("not", "null" | "none") => Some(habits::instead(
            "a field is required by itself",
            span.to(place.span_of(place.at + 1)),
            "not needed",
            "leave it out; a field that may be absent has a type with `?`",
        )),
        ("null" | "nullable" | "optional", "" | "," | "}") => Some(habits::instead(
            "a field that may be absent has a type with `?`",
            span,
            "not written so",
            "write `title: text?`",
        )),
        ("default", _) if next != ":" => {
            Some(habits::replaced("a default is written with `=`", span, "not written so", "="))
        }
        ("(", _) if place.at > place.from && place.word(place.at - 1) == "unique" => Some(habits::instead(
            "the fields of `unique` stand without parentheses",
            span,
            "not needed",
            "write `unique title, customer`",
        )),
        (_, _) if place.at > place.from && place.word(place.at - 1) == "shown" && token.kind == TokenKind::Text => {
            let help = format!("write `shown as {word}`");
            Some(habits::instead("a shown name is written `shown as`", span, "expected `as`", help))
        }
        ("unique", "(") => Some(habits::instead(
            "the fields of `unique` stand without parentheses",
            place.span_of(place.at + 1),
            "not needed",
            "write `unique title, customer`",
        )),
        ("shown", next) if next != "as" => Some(habits::instead(
            "a shown name is written `shown as`",
            span,
            "a word is missing",
            "write `shown as \"{name}\"`",
        )),
        ("=", _) if place.at == place.from + 1 => Some(habits::instead(
            "the type of a field stands after a colon",
            span,
            "expected `:`",
            format!("write `{}: {next}`", place.word(place.from)),
        )),
        (_, _) if place.at == place.from + 1 && token_is_name(place, place.at) && token_is_name(place, place.from) => {
            let first = place.word(place.from);
            let help = format!("write `{word}: {first}`, the name first");
            let known = explain::is_type_word(first) || place.token(place.from)?.kind == TokenKind::Name;
            known.then(|| habits::instead("the name of a field stands before its type", span, "expected `:`", help))
        }
        _ => None,
    }
}

/// `0..5`, `0%..100%`.
fn range_follows(place: &Place<'_>) -> bool {
    (place.at + 1..place.at + 3).any(|at| place.word(at).starts_with(".."))
}

/// Whether a text follows, and it is no field of the name `as`.
fn behind_type(place: &Place<'_>) -> bool {
    place.token(place.at + 1).is_some_and(|next| next.kind == TokenKind::Text)
}

/// Values of fields: `score++`, `...changes`.
pub(super) fn init(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    match word {
        "++" | "-" if place.at == place.from + 1 => {
            let (sign, right) = if word == "++" { ("++", "+=") } else { ("--", "-=") };
            let help = format!("write `{} {right} 1`", place.word(place.from));
            Some(habits::instead(format!("`{sign}` does not count"), span, "no value follows", help))
        }
        "..." | ".." => Some(habits::instead(
            "fields are named one by one",
            span,
            "spreads nothing",
            "write `{ title: old_deal.title, score: old_deal.score }`",
        )),
        _ => None,
    }
}

/// `open -> won, won -> open`: the comma before the second arrow.
pub(in crate::syntax::recover) fn comma_between_arrows(place: &Place<'_>) -> Option<usize> {
    let is_second = place.word(place.at) == "->" && (place.from..place.at).any(|at| place.word(at) == "->");
    (place.from..place.at).rev().find(|at| place.word(*at) == ",").filter(|_| is_second)
}

/// `open => won` among states.
pub(super) fn arrow(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let word = token.text(place.source);
    if let Some(comma) = comma_between_arrows(place) {
        return Some(errors::comma_between_arrows(place.span_of(comma)));
    }
    let is_sign = place.at > place.from && matches!(word, "=>" | "-->" | ">");
    is_sign
        .then(|| habits::replaced("a change of states is written with `->`", place.span(token), "another sign", "->"))
}
