//! E06 and W06: waiting.

use crate::base::span::Span;
use crate::diag::{Applicability, Diagnostic, codes};

/// `wait` in a real-time workflow or action.
#[must_use]
pub fn waits_in_transaction(verb: &str, kind: &str, name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0607, format!("{kind} cannot wait"), span, format!("`{verb}` waits"))
        .label(head, format!("`{name}` runs inside the transaction of its caller"))
        .note("while it waited, the caller and everybody who needs the same records would wait too")
        .help("move what follows to a `workflow` and `start` it here")
}

/// `wait` in `atomic`, `finally` or `on cancel`.
#[must_use]
pub fn waits_in_block(verb: &str, block: &str, span: Span, around: Span) -> Diagnostic {
    let message = format!("a process cannot wait inside `{block}`");
    let message = Diagnostic::error(codes::E0607, message, span, format!("`{verb}` waits"))
        .label(around, format!("`{block}` begins here"));
    match block {
        "atomic" => message.note("all that `atomic` does happens at one moment or not at all"),
        "on cancel" => message.note("the process has been canceled; nothing is left that could wait"),
        _ => message.note("`finally` also runs when the process ends, and cannot hold it up"),
    }
}

/// `wait` in a test.
#[must_use]
pub fn waits_in_test(verb: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0607, "a test does not wait", span, format!("`{verb}` waits"))
        .note("after each statement of a test, background work runs until there is none")
        .help("move the clock: `advance 3 days`")
}

/// A statement that no way leads to.
#[must_use]
pub fn unreachable(span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0601, "this is never reached", span, "every way ends before it")
}

/// A wait that may last for ever.
#[must_use]
pub fn no_limit(span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0602, "this wait has no limit", span, "may wait for ever")
        .help("add an arm such as `after 30 days => …`")
}

/// `wait @2026-01-01`.
#[must_use]
pub fn needs_until(shown: &str, is_arm: bool, span: Span) -> Diagnostic {
    let message = format!("expected how long to wait, found `{shown}`");
    let message = Diagnostic::error(codes::E0614, message, span, "not a duration");
    if is_arm {
        return message.help("write `until … =>`");
    }
    message.help("write `wait until …`").fix("write `until`", span.at_start(), "until ", Applicability::Suggested)
}

/// `wait until 3 days`.
#[must_use]
pub fn needs_after(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0614, "expected a condition or a moment, found `duration`", span, "says how long")
        .help("write `wait 3 days`, in an arm `after 3 days =>`")
}

/// `wait until 5`.
#[must_use]
pub fn neither_condition_nor_moment(shown: &str, span: Span) -> Diagnostic {
    let message = format!("expected a condition or a moment, found `{shown}`");
    Diagnostic::error(codes::E0614, message, span, format!("this is `{shown}`"))
}

/// `due 5`.
#[must_use]
pub fn neither_duration_nor_moment(shown: &str, span: Span) -> Diagnostic {
    let message = format!("expected when it is due, found `{shown}`");
    Diagnostic::error(codes::E0614, message, span, "neither a duration nor a moment")
        .help("write `due 2 days` or `due deal.close_on`")
}

/// `until now() > x`.
#[must_use]
pub fn until_now(span: Span, moment: Span) -> Diagnostic {
    let before = Span { end: moment.start, ..span };
    let after = Span { start: moment.end, ..span };
    let mut message = Diagnostic::error(
        codes::E0613,
        "the clock does not wake a condition",
        span,
        "is looked at only when a record changes",
    )
    .label(moment, "the moment that is meant")
    .help("wait for the moment itself: `until …`");
    let edits = [before, after].into_iter().filter(|edit| edit.start < edit.end);
    message.fix = Some(crate::diag::Fix {
        title: "wait for the moment".to_owned(),
        edits: edits.map(|span| crate::diag::Edit { span, text: String::new() }).collect(),
        applicability: Applicability::Suggested,
    });
    message
}

/// `until now() + 3 days`.
#[must_use]
pub fn moving_moment(span: Span, clock: Span) -> Diagnostic {
    let message = Diagnostic::error(codes::E0613, "this moment moves with the clock", clock, "later at each look");
    let message = if span == clock { message } else { message.label(span, "so this never comes") };
    message.note("a moment is computed again when the process wakes").help(
        "wait for a duration (`wait 3 days`, in an arm `after 3 days =>`), or bind the moment before: `let due = …`",
    )
}

/// `now()` somewhere in a condition.
#[must_use]
pub fn clock_in_condition(span: Span, clock: Span, within: Option<Span>) -> Diagnostic {
    let label = if within.is_some() { "reads the clock" } else { "changes without any record" };
    let message = Diagnostic::error(codes::E0612, "the clock does not wake a condition", clock, label);
    let message = match within {
        Some(within) => message.label(within, "the clock, in the function"),
        None => message,
    };
    let message = if span == clock {
        message.note("a condition is looked at when a record changes")
    } else {
        message.label(span, "this condition is looked at when a record changes")
    };
    message.help("wait for the moment in an arm of its own: `until …`")
}

/// A condition over names alone.
#[must_use]
pub fn nothing_wakes(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0612, "nothing can wake this condition", span, "reads no field of a record")
        .note("a condition is looked at again when a field that it reads changes; names change only by this process")
        .help("read a field of a record, or wait for a moment or a duration")
}

/// A query that is not tied to a record of the process.
#[must_use]
pub fn query_without_record(span: Span, within: Option<Span>) -> Diagnostic {
    let message = Diagnostic::error(codes::E0612, "nothing can wake this query", span, "looks through all records");
    let message = match within {
        Some(within) => message.label(within, "this query"),
        None => message,
    };
    message
        .note("every write of such a record, by anybody, would wake the process")
        .help("compare a reference with a record of the process: `where x.regarding == deal and …`")
}

/// `while true` without a way out: the name of the process where it is a background workflow that waits.
#[must_use]
pub fn never_finishes(process: Option<&str>, span: Span) -> Diagnostic {
    let label = "nothing leaves this loop";
    match process {
        Some(name) => Diagnostic::warning(codes::W0603, format!("`{name}` never finishes"), span, label)
            .note("its instances stay until somebody cancels them or their record is deleted")
            .help("leave the loop with `break`, or end the process with `stop succeeded`"),
        None => Diagnostic::warning(codes::W0603, "this loop never ends", span, label)
            .note("it runs into the limit of steps, and what it did is undone")
            .help("leave it with `break` or `return`"),
    }
}

/// A loop over any number of records that writes or looks for records, and has no end of a turn in it.
#[must_use]
pub fn long_turn(span: Span, work: Span, is_write: bool) -> Diagnostic {
    let label = if is_write { "writes each time" } else { "looks for records each time" };
    Diagnostic::warning(codes::W0604, "this loop does all of its work in one turn", span, "may go round many times")
        .label(work, label)
        .note("until its end nobody else can write, and a fault undoes all of it")
        .help("write `checkpoint` at the end of its body: what was done so far stays, and the next turn goes on")
}
