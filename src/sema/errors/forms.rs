//! E06: what people are asked, by `ask` and by pages of dialogs.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// `ask ann "…" { addresses: list of Address }`.
#[must_use]
pub fn cannot_be_asked(name: &str, shown: &str, span: Span) -> Diagnostic {
    let message = format!("nobody can fill in `{name}`: it is a `{shown}`");
    Diagnostic::error(codes::E0620, message, span, "asked for here")
        .note("people fill in truths, numbers, amounts, texts, dates and times, members of enums, and records")
        .help("ask for its parts one by one")
}

/// `ask ann "…" { }`.
#[must_use]
pub fn nothing_asked(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0620, "this form asks for nothing", span, "there is no field to fill in")
        .help("name what is to be answered: `{ approve: bool, note: text? }`")
}

/// Two answers of one name in a form.
#[must_use]
pub fn asked_twice(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0203, format!("`{name}` is asked for twice"), span, "again here")
        .label(first, "first here")
}

/// `answer ann { aprove: true }`.
#[must_use]
pub fn unknown_answer(of: &str, name: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = Diagnostic::error(codes::E0621, format!("{of} asks for `{name}`"), span, "not asked for");
    match near {
        [] => message,
        near => message.help(format!("did you mean {}?", super::quoted_list(near, "or"))),
    }
}

/// `answer acme { … }`, `answer Escalate { … }`.
#[must_use]
pub fn not_asked(shown: &str, span: Span) -> Diagnostic {
    let message = format!("`{shown}` cannot be asked: `answer` is for a user with a form, or for a dialog");
    Diagnostic::error(codes::E0621, message, span, "neither a user nor a dialog")
        .help("write `answer ann { approve: true }` or `answer QualifyCall { interested: true }`")
}

/// `answer ann back`.
#[must_use]
pub fn form_back(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0621, "a form has no page before it", span, "only dialogs go back")
}

/// `page "…" { }`.
#[must_use]
pub fn empty_page(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0620, "this page shows nothing", span, "there is nothing to read and nothing to answer")
        .help("write `say \"…\"` or `ask name: type \"…\"` in it")
}

/// `ask name: text "…" as radio`.
#[must_use]
pub fn nothing_to_choose(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` has no choices that could be shown");
    Diagnostic::error(codes::E0620, message, span, "shows choices")
        .help("give them with `from`, or ask for an enum or a `bool`")
}

/// A page in a workflow.
#[must_use]
pub fn page_outside_dialog(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0622, "only a dialog has pages", span, "nobody would see this page")
        .note("a dialog runs for a person who sits before it; a workflow runs by itself")
        .help("write a `dialog`, or let a workflow `ask` somebody: the form waits in their inbox")
}

/// `dialog D for lead: Lead when created`.
#[must_use]
pub fn dialog_trigger(name: &str, event: &str, span: Span) -> Diagnostic {
    let message = format!("the dialog `{name}` cannot be started by `{event}`");
    Diagnostic::error(codes::E0623, message, span, "happens by itself")
        .note("a dialog runs for the person who starts it")
        .help("leave this out; a workflow with this trigger may `ask` somebody")
}

/// `wait` in a dialog.
#[must_use]
pub fn waits_in_dialog(verb: &str, name: &str, span: Span, head: Span) -> Diagnostic {
    let message = Diagnostic::error(codes::E0607, "a dialog cannot wait", span, format!("`{verb}` waits"))
        .label(head, format!("somebody sits before the pages of `{name}`"));
    match verb {
        "ask" => message.help("ask on a page, or `start` a workflow that puts the form into an inbox"),
        _ => message.help("move what follows to a `workflow` and `start` it here"),
    }
}

/// `start QualifyCall(lead)` in a workflow.
#[must_use]
pub fn call_of_dialog(name: &str, is_test: bool, span: Span, declared: Span) -> Diagnostic {
    let message = format!("the dialog `{name}` is started by a person, or by another dialog with `do`");
    let message = Diagnostic::error(codes::E0610, message, span, "nobody sits here").label(declared, "declared here");
    if is_test { message.help(format!("write `start {name}(…)`, then `answer {name} {{ … }}`")) } else { message }
}

/// A dialog that shows nothing.
#[must_use]
pub fn no_page(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0624, format!("the dialog `{name}` shows no page"), span, "nobody would see it run")
        .help("give it a page, or write an `action`")
}
