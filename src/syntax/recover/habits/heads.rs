//! Heads of declarations: the order of their parts, and how events are named.

use super::{Here, schedules, token_is_name};
use crate::diag::Diagnostic;
use crate::syntax::errors::habits;
use crate::syntax::recover::explain::{Failure, Place};
use crate::syntax::scan::TokenKind;

/// What ends a schedule.
const ENDS: [&str; 10] = ["{", "only", "run", "keep", "limit", "scope", "rank", "before", "after", ","];

/// What is wrong with a head.
pub(super) fn known(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    place.at.checked_sub(1)?;
    let here = Here::of(place)?;
    schedules::known(place, here.span)
        .or_else(|| event(&here))
        .or_else(|| order(&here))
        .or_else(|| result(&here))
        .or_else(|| setting(&here))
        .or_else(|| name(&here, failure))
}

/// Events.
fn event(here: &Here<'_>) -> Option<Diagnostic> {
    let Here { place, word, before, span, .. } = *here;
    if matches!(before, "updated" | "written") && word != "(" {
        let help = format!("name the fields in parentheses: `{before}(amount, title)`");
        return Some(habits::instead(
            format!("`{before}` of which fields?"),
            place.span_of(place.at - 1),
            "no fields",
            help,
        ));
    }
    if matches!(before, "updated" | "written" | "(" | ",") && here.token.kind == TokenKind::Text && here.has("when") {
        let text = word.trim_matches('"');
        return Some(habits::replaced("a field is named without quotes", span, "a text", text));
    }
    match word {
        "or" | "and" | "&&" | "||" if here.has("when") || here.has("before") || here.has("after") => {
            Some(habits::replaced("events are separated by commas", span, "between two events", ","))
        }
        "==" | "=" | "is" | "becomes" | "changes" | "change" | "to" if before == "status" => Some(habits::instead(
            "this event is written `status changed`",
            place.span_of(place.at - 1).to(span),
            "unknown event",
            "write `status changed`, `status changed to won` or `status changed from open to won`",
        )),
        "every" | "cron" if here.is_process() && !here.has("when") => {
            let rest = (place.at..place.to).map_while(|at| Some(place.word(at)).filter(|word| !ENDS.contains(word)));
            let help = format!("write `when {}`", rest.collect::<Vec<_>>().join(" "));
            Some(habits::instead("a schedule is an event, named after `when`", span, "expected `when`", help))
        }
        "on" if here.is_process() => {
            let event = place.word(place.at + 1);
            let event = if event.is_empty() || event == "{" { "created" } else { event };
            let is_signal = token_is_name(place, place.at + 1) && event.starts_with(|c: char| c.is_ascii_uppercase());
            let written = match event {
                "every" => "every …".to_owned(),
                event if is_signal => format!("on {event}"),
                event => event.to_owned(),
            };
            let help = format!("write `when {written}`");
            Some(habits::instead("an event is named after `when`", span, "begins no clause", help))
        }
        _ => None,
    }
}

/// What stands too late, and what is missing.
fn order(here: &Here<'_>) -> Option<Diagnostic> {
    let Here { place, word, before, first: kind, span, .. } = *here;
    match word {
        "if" | "where" | "unless" | "filter" if here.is_process() && here.has("when") => Some(habits::instead(
            "a condition of the start is written `only if`",
            span,
            "begins no clause",
            "write `only if deal.value > 10_000 USD`",
        )),
        "as" if here.is_process() && before != "run" => Some(habits::instead(
            "whose rights a process has is written `run as`",
            span,
            "begins no clause",
            "write `run as owner` or `run as caller`",
        )),
        "extends" | "inherits" | ":" if kind == "entity" => Some(habits::instead(
            "an entity takes nothing from another one",
            span,
            "begins no clause",
            "write a reference `base: Deal`; fields are added to an entity of a library with `extend entity Deal { … }`",
        )),
        "=" if kind == "enum" => Some(habits::instead(
            "the members of an enum stand in braces",
            span,
            "expected `{`",
            "write `enum Rating { cold, warm, hot }`",
        )),
        _ if here.token.kind == TokenKind::Name
            && place.token(place.at - 1).is_some_and(|b| b.kind == TokenKind::Name)
            && place.at <= place.from + 3 =>
        {
            let help = format!("write `{before}{word}`");
            Some(habits::instead("a name is one word", place.span_of(place.at - 1).to(span), "two words", help))
        }
        "for" if here.is_process() && !here.has("for") => Some(habits::instead(
            "`for …` stands before the clauses and the result",
            span,
            "too late",
            format!("write `{kind} Name(inputs) for record: Entity -> result when … {{ … }}`; leave out what it lacks"),
        )),
        "(" if here.is_process() && here.has("for") => Some(habits::instead(
            "the inputs stand right after the name",
            span,
            "too late",
            format!("write `{kind} Name(inputs) for record: Entity … {{ … }}`"),
        )),
        "{" if kind == "activity" && !here.has("using") => Some(habits::instead(
            "an activity has no body",
            span,
            "expected `using`",
            "say what does it: `using native`; what the process does itself is an `action`",
        )),
        "owned" if kind == "entity" => Some(habits::instead(
            "`owned by` stands before the flags",
            span,
            "too late",
            "write `entity Name owned by user, audited { … }`",
        )),
        "when" | "{" | "->"
            if place.at >= 2 && place.word(place.at - 2) == "for" && token_is_name(place, place.at - 1) =>
        {
            Some(habits::instead(
                "the record of a process has a name and a type",
                place.span_of(place.at - 1),
                "only one of them",
                "write `for deal: Deal`",
            ))
        }
        _ => None,
    }
}

/// `fn f(): int`.
fn result(here: &Here<'_>) -> Option<Diagnostic> {
    let Here { word, before, first: kind, span, .. } = *here;
    match word {
        ":" if kind == "fn" && before == ")" => {
            Some(habits::replaced("the result of a function stands after `->`", span, "another sign", " ->"))
        }
        ":" if here.is_process() && !here.has("when") && token_is_name(here.place, here.place.at + 1) => {
            Some(habits::replaced("the result stands after `->`", span, "another sign", " ->"))
        }
        "{" if kind == "fn" && before == ")" => Some(habits::instead(
            "a function says what it gives",
            span,
            "expected `->` and a type",
            "write `-> int` after the inputs; what gives nothing is an `action`",
        )),
        _ => None,
    }
}

/// Settings and secrets.
fn setting(here: &Here<'_>) -> Option<Diagnostic> {
    let Here { place, word, before, first: kind, span, .. } = *here;
    match word {
        "=" if kind == "config" && place.at == place.from + 2 => Some(habits::instead(
            "a setting says its type",
            span,
            "expected `:` and a type",
            format!("write `config {before}: int = …`"),
        )),
        before if kind == "secret" && place.word(place.at + 1) == ":" && place.at == place.from + 1 => {
            Some(habits::instead(
                "a secret has only a name",
                place.span_of(place.at + 1),
                "neither type nor value",
                format!("write `secret {before}`: its value stays out of the program"),
            ))
        }
        ":" | "=" if kind == "secret" => Some(habits::instead(
            "a secret has only a name",
            span,
            "neither type nor value",
            format!("write `secret {before}`: its value stays out of the program"),
        )),
        _ => None,
    }
}

/// Names.
fn name(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, word, first: kind, span, .. } = *here;
    match word {
        _ if here.token.kind == TokenKind::Text && failure.expects_name() && place.at <= place.from + 2 => {
            let name: String = word
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter_map(|part| part.split_at_checked(1).map(|(first, rest)| first.to_ascii_uppercase() + rest))
                .collect();
            Some(habits::instead(
                format!("the name of {} is no text", article(kind)),
                span,
                "a text",
                format!("write `{name}`"),
            ))
        }
        "{" if kind == "test" => Some(habits::instead(
            "a test says what it shows",
            span,
            "expected a text",
            "write `test \"an old deal is closed\" { … }`",
        )),
        "-" if place.token(place.at - 1).is_some_and(|name| name.end == here.token.start) => Some(habits::instead(
            "a name has no `-`",
            span,
            "ends the name",
            "write the words of a name without it: `ChaseDeals`, `chase_deals`",
        )),
        _ => None,
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "entity" => "an entity",
        "enum" => "an enum",
        "action" => "an action",
        "test" => "this",
        _ => "a process",
    }
}
