//! E05, E06, W05: rules.

use super::names::suggest;
use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// A rule without `on …`.
#[must_use]
pub fn no_events(rule: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0518, format!("`{rule}` does not say when it applies"), span, "no `on` behind its record")
        .help("write `on load, change, save`, or those of the three that are meant")
}

/// `on open`.
#[must_use]
pub fn unknown_event(word: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = format!("a rule does not apply `on {word}`");
    let message = Diagnostic::error(codes::E0518, message, span, "unknown word");
    let message = message.note("a rule applies on `load` (a form is shown), `change` (it is filled in) and `save`");
    suggest(message, span, near)
}

/// `on save, save`.
#[must_use]
pub fn event_twice(word: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0518, format!("`{word}` stands twice"), span, "again here").label(first, "first here")
}

/// `rule X for customer: Customer`, where that is an account or a contact.
#[must_use]
pub fn several_entities(shown: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0603, "a rule is for the records of one entity", span, format!("this is a `{shown}`"))
        .help("write a rule for each; what they share can be a `fn`")
}

/// `create` in a rule.
#[must_use]
pub fn acts(verb: &str, rule: &str, span: Span, head: Span) -> Diagnostic {
    let message = Diagnostic::error(codes::E0627, format!("a rule does not `{verb}`"), span, "more than a rule may do")
        .label(head, format!("`{rule}` is a rule"))
        .note("rules also run for a form that nobody saves: they read, and speak of the fields of their own record");
    match verb {
        "stop" | "raise" => message.help("write `refuse` with the field and a message"),
        "wait" | "ask" | "checkpoint" => message.help("write a `workflow` with `when created, updated(…)`"),
        _ => message.help("write a `realtime workflow` with `before` or `after`"),
    }
}

/// `exists x in Quote` in a rule.
#[must_use]
pub fn query(rule: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0627, "a rule does not search", span, "looks at other records")
        .label(head, format!("`{rule}` is a rule"))
        .note("a rule reads its own record, and others through its references")
        .help("ask in a `realtime workflow` with `before`, which can refuse the operation as well")
}

/// `do` of a rule.
#[must_use]
pub fn called(rule: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("`{rule}` is a rule"), span, "not called")
        .label(declared, "declared here")
        .note("rules apply by themselves, whenever a record of their entity is written or its form is shown")
}

/// `require …` outside of a rule.
#[must_use]
pub fn outside(verb: &str, span: Span) -> Diagnostic {
    let message = format!("`{verb}` belongs to rules");
    let message = Diagnostic::error(codes::E0626, message, span, "not in a rule");
    match verb {
        "refuse" | "require" => message.help("write `stop canceled \"…\"` under a condition"),
        "default" => message.help("write `set` under a condition"),
        _ => message.help("move it to a `rule`"),
    }
}

/// `lock customer.name`, `lock q`.
#[must_use]
pub fn not_own_field(verb: &str, record: &str, span: Span) -> Diagnostic {
    let message = format!("`{verb}` takes a field of the rule's own record");
    Diagnostic::error(codes::E0626, message, span, "no such field")
        .help(format!("write `{verb} {record}.` and the name of the field"))
}

/// `lock q.price = 3`, `default q.price`, `refuse q.price`.
#[must_use]
pub fn wrong_parts(verb: &str, span: Span) -> Diagnostic {
    let (takes, example) = match verb {
        "change" | "default" => ("a value", "q.valid_until = today() + 30 days"),
        "recommend" => ("a value, a title, and details", "q.rating = hot \"Rate it\" \"It is worth much.\""),
        "refuse" => ("one message", "q.discount \"A discount cannot be negative\""),
        "require" => ("at most one message", "q.reason \"Explain it\" when q.discount > 20%"),
        _ => ("neither value nor message", "q.price when q.state != draft"),
    };
    let message = format!("`{verb}` takes {takes}");
    Diagnostic::error(codes::E0626, message, span, "not so").help(format!("write it as in `{verb} {example}`"))
}

/// `lock q.price` in a rule that no form sees.
#[must_use]
pub fn unseen(verb: &str, span: Span, on: Span) -> Diagnostic {
    let message = format!("`{verb}` means nothing to a rule that applies `on save` alone");
    Diagnostic::warning(codes::W0505, message, span, "only forms show it")
        .label(on, "applies on save")
        .help("write `on load, change, save`")
}

/// A rule that sets what an earlier one has read to set what this one reads.
#[must_use]
pub fn ring((later, set): (&str, &str), (earlier, computed): (&str, &str), span: Span, first: Span) -> Diagnostic {
    let message = format!("`{later}` sets `{set}`, from which `{earlier}` has set `{computed}` before");
    Diagnostic::warning(codes::W0506, message, span, "comes too late")
        .label(first, format!("`{earlier}` has run by then"))
        .note(format!("`{later}` reads `{computed}` in turn, so that no order of the two is right; each runs once"))
        .help("write both in one rule")
}
