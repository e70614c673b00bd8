//! E0803, E0804, W0801: roles that say what cannot be, and steps that nobody may do.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

use super::names::suggest;

/// `allow raed Account`.
#[must_use]
pub fn unknown_verb(verb: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = Diagnostic::error(codes::E0803, format!("nobody can be allowed to `{verb}`"), span, "unknown right");
    if near.is_empty() {
        return message.help(
            "with records one may `create`, `read`, `update`, `delete`, `assign`, `share`; with processes `run`, with flows `use`",
        );
    }
    suggest(message, span, near)
}

/// `in bussiness unit`.
#[must_use]
pub fn unknown_depth(depth: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = format!("a right does not reach `in {depth}`");
    let message = Diagnostic::error(codes::E0803, message, span, "unknown depth");
    if near.is_empty() {
        return message.help("write `own`, `business unit`, `business unit tree` or `organization`");
    }
    suggest(message, span, near)
}

/// `allow run Account`, `allow read Escalate`.
#[must_use]
pub fn other_target(verb: &str, target: &str, is: &str, of: &str, span: Span, declared: Option<Span>) -> Diagnostic {
    let message = format!("`{verb}` is a right to {of}, and `{target}` is {is}");
    let message = Diagnostic::error(codes::E0803, message, span, format!("not {of}"));
    declared.map_or(message.clone(), |declared| message.label(declared, "declared here"))
}

/// `allow read` without anything.
#[must_use]
pub fn without_target(verb: &str, of: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0803, format!("`{verb}` is a right to {of}, and none is named"), span, "to what?")
        .help(format!("name some, or write `allow {verb} any`"))
}

/// `allow read Account` of an entity that users own.
#[must_use]
pub fn without_depth(target: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0803, format!("it is not said whose `{target}` records this allows"), span, "no depth")
        .help("add `in own`, `in business unit`, `in business unit tree` or `in organization`")
}

/// `allow read Currency in own` of an entity that nobody owns.
#[must_use]
pub fn depth_of_unowned(target: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("nobody owns a `{target}`, so a right reaches all of them or none");
    Diagnostic::error(codes::E0803, message, span, "no record has an owner")
        .label(declared, "owned by the organization")
        .help("write `in organization`, or leave it out")
}

/// `allow run Escalate in own`.
#[must_use]
pub fn depth_of_process(verb: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0803, format!("`{verb}` is no right to records"), span, "says whose records")
        .help("leave it out")
}

/// Whose rights a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of whoever calls it; it might be otherwise.
    Callers,
    /// Those of whoever calls it, as every action.
    CallersOfAction,
    /// Those of its owner.
    Owners,
}

/// A step that no role allows; an error where the process runs as whoever calls it.
#[must_use]
pub fn nobody_may(process: &str, (verb, has_depth): (&str, bool), what: &str, span: Span, whose: Whose) -> Diagnostic {
    let message = format!("no role allows to {verb} {what}, as `{process}` does");
    let depth = if has_depth { " in …" } else { "" };
    let help = format!("add `allow {verb} {what}{depth}` to a role");
    if whose == Whose::Owners {
        return Diagnostic::warning(codes::W0801, message, span, "refused to everybody but the system")
            .note(format!("`{process}` has the rights of its owner, which is the system unless a user is named"))
            .help(help);
    }
    let or = if whose == Whose::Callers { ", or let the process `run as owner`" } else { "" };
    Diagnostic::error(codes::E0804, message, span, "refused to everybody")
        .note(format!("`{process}` has the rights of whoever calls it"))
        .help(format!("{help}{or}"))
}
