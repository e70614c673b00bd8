//! E06: clauses and parts that do not fit the kind of a process.

use super::names::suggest;
use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// `run as owner` of an action.
#[must_use]
pub fn clause_of_kind(word: &str, kind: &str, span: Span, is_identity: bool) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(codes::E0601, format!("`{word}` means nothing for {kind}"), span, "leave this out");
    if is_identity { diagnostic.note("an action always has the rights of whoever calls it") } else { diagnostic }
}

/// `rank 1` and `rank 2` of one process.
#[must_use]
pub fn clause_twice(word: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0602, format!("`{word}` stands twice"), span, "again here").label(first, "first here")
}

/// A record trigger of a process without a primary record.
#[must_use]
pub fn no_primary(process: &str, event: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0603,
        format!("the event `{event}` needs a record, and `{process}` names none"),
        span,
        "an event of a record",
    )
    .label(head, "no record is named here")
    .help(format!("name it after the inputs: `{process} for deal: Opportunity`"))
}

/// `for count: int`.
#[must_use]
pub fn primary_type(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0603,
        format!("a process is for a stored record, not for `{ty}`"),
        span,
        "expected an entity",
    )
    .note("values are passed as inputs, in parentheses after the name")
}

/// A body without a statement.
#[must_use]
pub fn no_statements(process: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0604, format!("`{process}` does nothing"), span, "expected a statement")
}

/// Inputs without a default in a process that an event starts.
#[must_use]
pub fn input_without_default(process: &str, input: &str, event: Span, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0605,
        format!("nothing gives `{process}` its input `{input}` when an event starts it"),
        span,
        "needs a default, or `?`",
    )
    .label(event, "this event starts it")
}

/// `run as nobody`.
#[must_use]
pub fn unknown_word(clause: &str, word: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = format!("`{clause} {word}` means nothing");
    suggest(Diagnostic::error(codes::E0606, message, span, "unknown word"), span, near)
}

/// `keep x`.
#[must_use]
pub fn fixed_duration(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0606, "`keep` takes a fixed time", span, "expected a time such as `90 days`")
        .help("`keep 90 days`, `keep for ever` or `keep nothing`")
}

/// `keep -3 days`.
#[must_use]
pub fn negative_keep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0606, "`keep` takes no time before zero", span, "less than nothing")
        .help("`keep 90 days`, `keep for ever` or `keep nothing`")
}

/// `in zone "Europe/Berlim"`.
#[must_use]
pub fn unknown_zone(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0606, "there is no such time zone", span, "expected a name such as \"Europe/Berlin\"")
}

/// An activity that does not say how long it may take.
#[must_use]
pub fn activity_without_timeout(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` does not say how long it may take");
    Diagnostic::warning(codes::W0606, message, span, "may take 2 minutes, the default")
        .help("say it after `using`: `timeout 10 seconds`")
}

/// `timeout 1 month`, `timeout 0 seconds`.
#[must_use]
pub fn exact_duration(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0606, "expected a time longer than nothing, and without months", span, "no exact time")
        .help("write it in days, hours, minutes or seconds")
}

/// `retry n times` in the declaration of an activity.
#[must_use]
pub fn fixed_number(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0606, "expected a fixed number", span, "must be known when the program is compiled")
}

/// `limit many at once`, `limit 0 at once`.
#[must_use]
pub fn fixed_count(max: u32, span: Span) -> Diagnostic {
    let message = format!("`limit` takes a fixed whole number from 1 to {max}");
    Diagnostic::error(codes::E0606, message, span, "expected a number such as `10`")
}

/// `per deal.tags`, where that is a list.
#[must_use]
pub fn not_counted_by(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0619,
        format!("runs cannot be counted by a value of the type `{ty}`"),
        span,
        "not one value",
    )
    .note("`per` takes what can be looked up: a record, a text, a number, a date, a bool or a member of an enum")
}

/// `per 5`, `per config.region`.
#[must_use]
pub fn counted_by_nothing(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0619, "this is the same for every run", span, "reads neither the record nor an input")
        .help("leave `per` out to count all runs together")
}
