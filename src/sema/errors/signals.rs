//! Signals: who gets them, what started a process, and those that nobody emits.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// `emit Approved to 5`.
#[must_use]
pub fn not_a_receiver(found: &str, span: Span) -> Diagnostic {
    let message = format!("expected a record or the handle of a process, found `{found}`");
    Diagnostic::error(codes::E0301, message, span, format!("this is `{found}`"))
        .note("a signal to a record reaches the processes that run for it")
}

/// `trigger.signal` in a process that no signal starts.
#[must_use]
pub fn no_signal(process: &str, span: Span, head: Span) -> Diagnostic {
    Diagnostic::error(codes::E0516, "there is no signal here", span, "nothing was emitted")
        .label(head, format!("no signal starts `{process}`"))
        .help("a process that starts with a signal says `when on` and its name")
}

/// `trigger.signal` in a process that several signals start.
#[must_use]
pub fn several_signals(span: Span, events: &[Span]) -> Diagnostic {
    let mut message =
        Diagnostic::error(codes::E0516, "this may be one of several signals", span, "nothing says which one");
    for event in events {
        message = message.label(*event, "may have started it");
    }
    message.help("write a process for each signal, and let both `start` a third for what they share")
}

/// A signal that processes wait for or start with, and no statement emits.
#[must_use]
pub fn nobody_emits(name: &str, span: Span, uses: &[Span]) -> Diagnostic {
    let mut message = Diagnostic::warning(codes::W0605, format!("nobody emits `{name}`"), span, "never emitted");
    for wait in uses.iter().take(3) {
        message = message.label(*wait, "this never comes");
    }
    message.help(format!("emit it: `emit {name} {{ … }} to …`; a test that does so stands for what comes from outside"))
}
