//! E05 and W05: what starts a process, and what its writes start.

use super::names::suggest;
use crate::base::{limits::STARTS_MAX, span::Span};
use crate::diag::{Applicability, Diagnostic, Severity, codes};

/// An event of an entity with the flag `not triggerable`.
#[must_use]
pub fn not_triggerable(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0501, format!("nothing can be started by `{entity}`"), span, "this event starts nothing")
        .label(declared, "declared `not triggerable`")
}

/// `assigned` of an entity that nobody owns.
#[must_use]
pub fn assigned_without_owner(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0502,
        format!("a record of `{entity}` is never assigned"),
        span,
        "nobody owns such a record",
    )
    .label(declared, "declared `owned by organization`")
}

/// `status changed` of an entity without states.
#[must_use]
pub fn status_without_states(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0503, format!("`{entity}` has no states"), span, "this event cannot happen")
        .label(declared, "declares no `states`")
}

/// `updated()`.
#[must_use]
pub fn no_fields(word: &str, entity: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0504, format!("`{word}` of no field"), span, "name the fields in parentheses")
        .note(format!("a process that runs on every change of `{entity}` would also run on its own"))
}

/// `updated(valeu)`.
#[must_use]
pub fn unknown_trigger_field(entity: &str, name: &str, span: Span, near: &[String], declared: Span) -> Diagnostic {
    let message = format!("`{entity}` has no field `{name}`");
    suggest(Diagnostic::error(codes::E0504, message, span, "unknown field"), span, near)
        .label(declared, format!("`{entity}` is declared here"))
}

/// An event of a process for several entities, one of which lacks what is named.
#[must_use]
pub fn of_each_entity(message: Diagnostic) -> Diagnostic {
    message.note("the process is for records of several entities, and its events must be possible for each of them")
}

/// `updated(modified_on)`, `updated(owner)`.
#[must_use]
pub fn system_trigger_field(word: &str, name: &str, instead: Option<&str>, span: Span) -> Diagnostic {
    let message = format!("`{name}` is written by the system, not by an update");
    let diagnostic = Diagnostic::error(codes::E0504, message, span, format!("`{word}` never sees this field"));
    match instead {
        Some(event) => diagnostic.help(format!("the event for this is `{event}`")),
        None => diagnostic,
    }
}

/// `updated(total)` of a computed field.
#[must_use]
pub fn computed_trigger_field(entity: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0504, format!("`{entity}.{name}` stores nothing"), span, "never written")
        .note("it is computed whenever it is read; name the fields that it is computed from")
}

/// `updated(notes)` of a reverse reference.
#[must_use]
pub fn field_not_stored(entity: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0504, format!("`{entity}.{name}` stores nothing"), span, "never written")
        .note("it names the records that refer to this one; their own events tell when one is added")
}

/// `updated(value, value)`.
#[must_use]
pub fn field_twice(word: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0506, format!("`{name}` stands in `{word}` twice"), span, "again here")
}

/// `status changed from won to open` against the arrows.
#[must_use]
pub fn impossible_change(entity: &str, from: &str, span: Span, declared: Span, arrows: &[Span]) -> Diagnostic {
    let message = format!("a record of `{entity}` can never change this way");
    let message = Diagnostic::error(codes::E0505, message, span, "never happens");
    super::entities::with_arrows(message, entity, from, declared, arrows)
}

/// `when created, created`.
#[must_use]
pub fn same_event(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0506, "this event starts the process already", span, "again here")
        .label(first, "first here")
        .note("one operation starts a process at most once")
}

/// `when called, called`.
#[must_use]
pub fn start_twice(words: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0506, format!("`{words}` stands twice"), span, "again here")
}

/// `before updated(x)` of a background workflow.
#[must_use]
pub fn phase_in_background(word: &str, process: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0507,
        format!("`{word}` needs a real-time workflow"),
        span,
        "a background workflow runs after the operation",
    )
    .note("a background workflow starts when the operation has been stored, so nothing comes before it")
    .help(format!("write `when …`, or make it `realtime workflow {process}`"))
}

/// `when created` of a real-time workflow.
#[must_use]
pub fn when_in_realtime(event: &str, span: Span) -> Diagnostic {
    if matches!(event, "every" | "on") {
        return no_operation(event, span);
    }
    Diagnostic::error(
        codes::E0507,
        "a real-time workflow runs `before` or `after` its event",
        span,
        "before or after this?",
    )
    .help(format!("write `before {event}` or `after {event}`; `when` takes only `on demand` and `called`"))
}

/// A schedule or a signal of a real-time workflow: there is no operation of which it could be part.
fn no_operation(event: &str, span: Span) -> Diagnostic {
    let what = if event == "every" { "a schedule" } else { "a signal" };
    let message = format!("{what} starts no real-time workflow");
    Diagnostic::error(codes::E0507, message, span, "no operation on a record")
        .note("a real-time workflow is part of the operation that starts it: it can change or refuse it")
        .help("make it a `workflow`, without `realtime`")
}

/// `before called`.
#[must_use]
pub fn start_in_phase(words: &str, span: Span) -> Diagnostic {
    if matches!(words, "every" | "on") {
        return no_operation(words, span);
    }
    Diagnostic::error(
        codes::E0507,
        format!("`{words}` is not an operation on a record"),
        span,
        "nothing to come before or after",
    )
    .help(format!("write `when {words}`"))
}

/// A trigger of an action.
#[must_use]
pub fn action_with_trigger(action: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0507, "an action runs only when it is called", span, "starts nothing")
        .help(format!("let a workflow with this event say `do {action}(…)`"))
}

/// `when action Escalate` of a background workflow.
#[must_use]
pub fn action_in_background(action: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0507,
        format!("only a real-time workflow stands at the action `{action}`"),
        span,
        "never starts this",
    )
}

/// A process that nothing starts.
#[must_use]
pub fn nothing_starts(process: &str, is_realtime: bool, span: Span) -> Diagnostic {
    let help = if is_realtime {
        "add `before …`, `after …`, `when on demand` or `when called`"
    } else {
        "add `when created`, `when on demand`, `when called` …"
    };
    Diagnostic::error(codes::E0508, format!("nothing ever starts `{process}`"), span, "has no event").help(help)
}

/// `scope user` on an entity that nobody owns.
#[must_use]
pub fn narrow_scope(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0509, format!("nobody owns a record of `{entity}`"), span, "would never apply")
        .label(declared, "declared `owned by organization`")
        .help("leave the scope out")
        .fix("write `organization`", span, "organization", Applicability::Suggested)
}

/// `scope user` of a process that no event of a record starts.
#[must_use]
pub fn scope_of_nothing(process: &str, span: Span) -> Diagnostic {
    let message = format!("no event of a record starts `{process}`, so there is nothing to choose from");
    Diagnostic::error(codes::E0509, message, span, "chooses among the records whose events start a process")
        .help("leave the scope out")
}

/// `before action Chase` where `Chase` is a workflow.
#[must_use]
pub fn not_an_action(name: &str, kind: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0510, format!("`{name}` is {kind}, not an action"), span, "expected an action")
        .label(declared, "declared here")
}

/// `before action Escalate` for another record than the action's.
#[must_use]
pub fn action_of_other(action: &str, expected: Option<&str>, span: Span, primary: Span, is: &str) -> Diagnostic {
    let (message, help) = match expected {
        Some(entity) => (format!("`{action}` is an action for `{entity}`"), format!("`for …: {entity}`")),
        None => (format!("`{action}` is an action without a record"), "leave `for …` out".to_owned()),
    };
    Diagnostic::error(codes::E0510, message, span, "another record")
        .label(primary, format!("this process {is}"))
        .help(help)
}

/// A process whose write starts the process itself.
#[must_use]
pub fn self_trigger(process: &str, span: Span, is_synchronous: bool) -> Diagnostic {
    if is_synchronous {
        let message = format!("`{process}` starts itself again within one operation");
        return Diagnostic { severity: Severity::Error, ..Diagnostic::warning(codes::W0503, message, span, "this write starts it again") }
            .note("each run would begin before the last has ended, until the limit undoes everything")
            .help("write only what differs (`if … != … { … }`), or make fields part of the operation with `set` in a `before` workflow");
    }
    Diagnostic::warning(codes::W0501, format!("`{process}` starts itself"), span, "this write starts it again")
        .note("each run starts the next; the ninth in a chain is refused")
        .help("add `only if` with a condition that is false after this write, or `wait` an hour or more before it; where it waits for a moment that is so far away, say so with `// allow W0501: …`")
}

/// Processes that do each other on every way: who, and the statement, in order.
#[must_use]
pub fn endless_calls(steps: &[(&str, Span)], is_synchronous: bool) -> Option<Diagnostic> {
    let ((first, span), rest) = steps.split_first()?;
    let next = rest.first().map_or(*first, |(name, _)| *name);
    let message = if rest.is_empty() {
        format!("`{first}` does itself on every way")
    } else {
        let names: Vec<String> = steps.iter().map(|(name, _)| (*name).to_owned()).collect();
        format!("{} do each other on every way", super::quoted_list(&names, "and"))
    };
    let mut diagnostic = Diagnostic::warning(codes::W0504, message, *span, format!("waits for another `{next}`"));
    for ((_, span), to) in rest.iter().zip(rest.iter().skip(1).map(|(name, _)| *name).chain([*first])) {
        diagnostic = diagnostic.label(*span, format!("waits for another `{to}`"));
    }
    let diagnostic = diagnostic.help("do it only where there is something left to do: `if … { do … }`");
    Some(if is_synchronous {
        Diagnostic { severity: Severity::Error, ..diagnostic }
            .note("all of it happens within one operation, until the limit undoes everything")
    } else {
        diagnostic.note("no run ends by itself; the ninth in a chain is refused")
    })
}

/// How many steps of a ring are shown.
const STEPS_SHOWN: usize = 20;

/// Processes that start each other: from, to, and the statement, in order.
#[must_use]
pub fn ring(steps: &[(&str, &str, Span)], is_synchronous: bool) -> Option<Diagnostic> {
    let (first, rest) = steps.split_first()?;
    let names: Vec<String> = steps.iter().take(STEPS_SHOWN).map(|(from, _, _)| (*from).to_owned()).collect();
    let left = steps.len().saturating_sub(STEPS_SHOWN);
    let message = if left == 0 {
        format!("{} start each other in a ring", super::quoted_list(&names, "and"))
    } else {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("{} and {left} more start each other in a ring", names.join(", "))
    };
    let label = |to: &str| format!("this starts `{to}`");
    let code = if is_synchronous { codes::W0503 } else { codes::W0502 };
    let mut diagnostic = Diagnostic::warning(code, message, first.2, label(first.1));
    for (_, to, span) in rest.iter().take(STEPS_SHOWN - 1) {
        diagnostic = diagnostic.label(*span, label(to));
    }
    Some(if is_synchronous {
        Diagnostic { severity: Severity::Error, ..diagnostic }
            .note("all of it happens within one operation, until the limit undoes everything")
    } else {
        diagnostic.note("the ninth start in a chain is refused")
    })
}

/// `when every day at 09:00` of a process for a record.
#[must_use]
pub fn schedule_with_record(record: &str, span: Span, primary: Span) -> Diagnostic {
    Diagnostic::error(codes::E0517, "a schedule has no record to start for", span, "comes for nobody")
        .label(primary, format!("which `{record}` would it be?"))
        .help("leave out `for …`, and go through the records: `for each x in find x in … where … { … }`")
}

/// `every day at 25:00`.
#[must_use]
pub fn bad_schedule(reason: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0517, format!("this schedule never comes: {reason}"), span, "no such moment")
}

/// More pairs of a write and a process that it starts than are looked at.
#[must_use]
pub fn too_many_starts(span: Span) -> Diagnostic {
    let message = format!("the writes of this project start processes in more than {STARTS_MAX} ways");
    Diagnostic::error(codes::E0903, message, span, "this write starts one too many")
        .note("so many processes for the same fields cannot be checked for rings")
        .help("let one process do what many do that wait for the same change, or split the project")
}
