//! E06: how an activity is done.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

fn wrong(message: impl Into<String>, span: Span, label: &str) -> Diagnostic {
    Diagnostic::error(codes::E0625, message, span, label)
}

/// `header "{name}" "…"`, `header "a b" "…"`.
#[must_use]
pub fn header_name(span: Span) -> Diagnostic {
    wrong("the name of a header is fixed, and one word", span, "no name of a header")
        .help("write it as a text without slots, such as \"Authorization\"")
}

/// `header "Content-Type" "…"`.
#[must_use]
pub fn own_header(name: &str, span: Span) -> Diagnostic {
    wrong(format!("the header `{name}` is written by the engine"), span, "leave this out")
        .note("the body is always JSON, and all tries of a call have one idempotency key")
}

/// A header that stands twice.
#[must_use]
pub fn header_twice(name: &str, span: Span) -> Diagnostic {
    wrong(format!("the header `{name}` stands twice"), span, "again here")
}

/// `using worker "q" header …`.
#[must_use]
pub fn header_without_http(span: Span) -> Diagnostic {
    wrong("only what is asked over HTTP has headers", span, "nobody would read them")
}

/// `using worker "{q}"`, `using worker ""`.
#[must_use]
pub fn queue_name(span: Span) -> Diagnostic {
    wrong("the name of a queue is fixed: letters, digits, `-`, `_` and `.`", span, "no name of a queue")
        .help("write it as a text without slots, such as \"credit\"")
}

/// `using wasm "../x.wasm"`.
#[must_use]
pub fn plugin_path(span: Span) -> Diagnostic {
    wrong(
        "a plug-in is a file of the project, and its path is fixed",
        span,
        "no path from the folder of the project on",
    )
    .help("write it with `/` and without `..`, such as \"plugins/credit.wasm\"")
}

/// `activity Wait(h: handle of Onboard) using http …`.
#[must_use]
pub fn not_sent(what: &str, ty: &str, span: Span) -> Diagnostic {
    wrong(format!("{what} of the type `{ty}` cannot leave the program"), span, "has no form in JSON")
        .help("give its values by themselves")
}

/// `retry 1 month` of an activity that is done outside.
#[must_use]
pub fn months(span: Span) -> Diagnostic {
    wrong("between two tries there are no months", span, "no exact time").help("write the time in days, hours or less")
}

/// `do` of a job where nothing can wait.
#[must_use]
pub fn job_in_transaction(name: &str, caller: &str, span: Span, head: Span) -> Diagnostic {
    let message = format!("`{name}` is done after the commit, and `{caller}` ends before");
    Diagnostic::error(codes::E0610, message, span, "cannot wait for an answer here")
        .label(head, "done outside of the transaction")
        .help(format!("write `start {name}(…)`, or do it in a background workflow"))
}

/// `do` of a job in a test.
#[must_use]
pub fn job_in_test(name: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0610, format!("a test cannot wait for `{name}`"), span, "nothing waits in a test")
        .label(head, "done outside of the transaction")
        .help("test the workflow that does it, with a `mock` of its answer")
}

/// `do Score() retry 3 times` of an activity that has its own.
#[must_use]
pub fn retry_of_job(name: &str, span: Span, head: Span) -> Diagnostic {
    let message = format!("`{name}` says itself how it is tried again");
    Diagnostic::error(codes::E0610, message, span, "a second rule for it").label(head, "say `retry` here")
}
