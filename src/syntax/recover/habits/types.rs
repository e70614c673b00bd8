//! Types as other languages write them.

use super::token_is_name;
use crate::diag::Diagnostic;
use crate::syntax::errors::habits;
use crate::syntax::recover::explain::{self, Place};
use crate::syntax::recover::kinds::Kind;

/// What is wrong with a type.
pub(super) fn known(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, before) = (token.text(place.source), place.word(place.at.checked_sub(1)?));
    let next = place.word(place.at + 1);
    let span = place.span(token);
    let before_type = explain::is_type_word(before) || token_is_name(place, place.at - 1);
    let after_colon = place.at >= 2 && matches!(place.word(place.at - 2), ":" | "->" | "of");
    match word {
        "<" | "[" if matches!(before, "list" | "set" | "List" | "Set" | "array" | "Array" | "Map") && after_colon => {
            Some(habits::instead(
                "a type of many is written with `of`",
                span,
                "no such brackets",
                format!("write `{} of {next}`", if before.eq_ignore_ascii_case("set") { "set" } else { "list" }),
            ))
        }
        "[" if before_type && after_colon && next == "]" => Some(habits::instead(
            "a type of many is written with `of`",
            span,
            "no such brackets",
            format!("write `list of {before}`"),
        )),
        _ if before == "optional" && after_colon && token_is_name(place, place.at) => Some(habits::instead(
            "an optional type ends in `?`",
            place.span_of(place.at - 1),
            "not written so",
            format!("write `{word}?`"),
        )),
        "to" | "of" if matches!(before, "reference" | "ref" | "link" | "lookup") && after_colon => {
            Some(habits::instead(
                "a reference is written as the entity alone",
                place.span_of(place.at - 1),
                "not needed",
                format!("write `{next}`"),
            ))
        }
        _ if place.kind == Kind::Item
            && explain::is_type_word(before)
            && token_is_name(place, place.at)
            && place.at >= 2
            && matches!(place.word(place.at - 2), "(" | ",") =>
        {
            Some(habits::instead(
                "the name of an input stands before its type",
                span,
                "expected `:`",
                format!("write `{word}: {before}`"),
            ))
        }
        _ => None,
    }
}
