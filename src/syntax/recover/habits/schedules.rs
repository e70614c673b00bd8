//! Schedules: `every …`.

use super::token_is_name;
use crate::base::distance::did_you_mean;
use crate::base::span::Span;
use crate::diag::Diagnostic;
use crate::syntax::errors::habits;
use crate::syntax::recover::explain::{Place, UNITS};
use crate::syntax::scan::TokenKind;

/// `every funday at 09:00`, `every minute`, `every day at 9`.
pub(super) fn known(place: &Place<'_>, span: Span) -> Option<Diagnostic> {
    let (word, before) = (place.word(place.at), place.word(place.at.checked_sub(1)?));
    let start = (place.from..place.at).rev().find(|at| place.word(*at) == "every")?;
    if (start..place.at).any(|at| matches!(place.word(at), "{" | "only" | "run" | "keep")) {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let day = |lower: &str| DAYS.iter().copied().find(|day| *day == lower || format!("{day}s") == lower);
    let in_list = place.at == start + 1 || before == ",";
    if in_list && token_is_name(place, place.at) {
        if let Some(one) = UNITS.iter().find(|unit| **unit == lower && lower != "day" && lower != "month") {
            let help =
                if one.ends_with('s') { format!("write `every 15 {one}`") } else { format!("write `every 1 {one}`") };
            return Some(habits::instead("a schedule says how many", span, "expected a number", help));
        }
        let near = day(&lower).or_else(|| did_you_mean(&lower, DAYS).first().copied());
        return Some(habits::unknown_day(word, near, span));
    }
    if matches!(word, "and" | "or") && day(before).is_some() {
        return Some(habits::replaced("days are separated by commas", span, "between two days", ","));
    }
    if before == "month" && word != "on" {
        let help = "write `every month on day 1 at 06:00`";
        return Some(habits::instead("on which day of the month?", span, "expected `on day …`", help));
    }
    let is_number = |at: usize| place.token(at).is_some_and(|token| token.kind == TokenKind::Number);
    let hour = if is_number(place.at) { word } else { before };
    if before == "at" || (is_number(place.at - 1) && place.word(place.at.checked_sub(2)?) == "at") {
        let digits: String = hour.chars().take_while(char::is_ascii_digit).collect();
        let hours = digits
            .parse::<u8>()
            .ok()
            .map_or(9, |hour| if word.ends_with("pm") && hour < 12 { hour + 12 } else { hour });
        let clock = if hours < 24 { format!("{hours:02}:00") } else { "09:00".to_owned() };
        let at = if before == "at" { span } else { place.span_of(place.at - 1) };
        let help = format!("write `at {clock}`");
        return Some(habits::instead("a time of day has hours and minutes", at, "no time of day", help));
    }
    if word != "at" && day(before).is_some() {
        return Some(habits::instead(
            "at which time of the day?",
            span,
            "expected `at`",
            format!("write `every {before} at 09:00`"),
        ));
    }
    if before == "in" {
        let help = "write it in quotes: `in \"Europe/Berlin\"`";
        return Some(habits::instead("the place of a schedule is a text", span, "expected a text", help));
    }
    None
}

const DAYS: [&str; 9] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekday", "day"];
