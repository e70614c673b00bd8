//! E07: business process flows.

use super::quoted_list;
use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// A flow without stages.
#[must_use]
pub fn no_stages(flow: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0701, format!("the flow `{flow}` has no stage"), span, "no stage")
        .help("write `stage First for lead: Lead { }` in its braces")
}

/// A stage that nothing leads to.
#[must_use]
pub fn unreached(flow: &str, stage: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0701, format!("no stage of `{flow}` leads to `{stage}`"), span, "nobody comes here")
        .help(format!("write `next {stage}` in a stage before it, or leave the stage out"))
}

/// A stage whose arms all have conditions.
#[must_use]
pub fn may_be_stuck(stage: &str, span: Span, last: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0702,
        format!("`{stage}` cannot be left where none of its conditions holds"),
        span,
        "people may be stuck here",
    )
    .label(last, "the last way out has a condition, too")
    .help("add `finish`, or a `next` without a condition, as the last line")
}

/// An arm behind one without a condition.
#[must_use]
pub fn arm_never_reached(span: Span, always: Span) -> Diagnostic {
    Diagnostic::error(codes::E0702, "this way is never taken", span, "comes too late")
        .label(always, "this one is always taken")
        .note("the ways out of a stage are tried in the order in which they are written")
}

/// Stages that lead to each other. Each comes with the arm that leads to the next.
#[must_use]
pub fn cycle(ring: &[(&str, Span)], flow: Span) -> Diagnostic {
    let names: Vec<&str> = ring.iter().map(|(name, _)| *name).collect();
    let first = names.first().copied().unwrap_or_default();
    let (_, span) = ring.last().copied().unwrap_or((first, flow));
    let message = match names.as_slice() {
        [one] => format!("`{one}` leads to itself"),
        _ => format!("{} lead to each other in a circle", quoted_list(&names, "and")),
    };
    let mut diagnostic = Diagnostic::error(codes::E0703, message, span, format!("leads back to `{first}`"));
    for ((_, span), to) in ring.iter().zip(names.iter().skip(1)) {
        diagnostic = diagnostic.label(*span, format!("leads to `{to}`"));
    }
    diagnostic
        .note("a run counts as done with the stages behind it; whoever wants to go back moves back")
        .help("let the last of them lead on, or finish")
}

/// A new record that nothing leads to.
#[must_use]
pub fn no_via(record: &str, earlier: &[&str], span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0704, format!("nothing says how `{record}` is found"), span, "which one?")
        .help(format!("write `via`, and the reference between it and {}", quoted_list(earlier, "or")))
}

/// `via` of the first record.
#[must_use]
pub fn via_of_first(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0704, "a flow begins on its first record, and looks for none", span, "leave this out")
}

/// `via` of a record that was bound above.
#[must_use]
pub fn via_again(record: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0704, format!("`{record}` was bound above"), span, "leave this out")
}

/// `via` something that is no field of one of the two records.
#[must_use]
pub fn via_shape(record: &str, earlier: &[&str], span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0704, "`via` is one reference between two records of the flow", span, "no such reference")
        .help(format!(
            "write a field of `{record}` that leads to {}, or one of theirs that leads to `{record}`",
            quoted_list(earlier, "or")
        ))
}

/// `via` a field that is no reference.
#[must_use]
pub fn via_no_reference(entity: &str, field: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0704, format!("`{entity}.{field}` leads to no record"), span, "no reference")
}

/// `via lead.campaign` for an opportunity.
#[must_use]
pub fn via_elsewhere(owner: &str, field: &str, entity: &str, targets: &[String], span: Span) -> Diagnostic {
    let message = format!("`{owner}.{field}` leads to {}, not to `{entity}`", quoted_list(targets, "or"));
    Diagnostic::error(codes::E0704, message, span, "leads elsewhere")
}

/// `via lead.customer` where that may be of several entities.
#[must_use]
pub fn via_of_several(owner: &str, field: &str, entity: &str, targets: &[String], span: Span) -> Diagnostic {
    let message = format!("`{owner}.{field}` may lead to {}", quoted_list(targets, "or"));
    Diagnostic::error(codes::E0704, message, span, format!("not always to `{entity}`"))
        .help(format!("give `{owner}` a reference to `{entity}` alone, or name one of `{entity}` that leads back"))
}

/// `via deal.campaign` where no record of the flow is a campaign.
#[must_use]
pub fn via_back_elsewhere(owner: &str, field: &str, known: &[&str], targets: &[String], span: Span) -> Diagnostic {
    let message = format!("`{owner}.{field}` leads to {}", quoted_list(targets, "or"));
    Diagnostic::error(codes::E0704, message, span, "leads to no record of the flow")
        .note(format!("the records above are of {}", quoted_list(known, "and")))
}

/// A condition over a field that no step asks for.
#[must_use]
pub fn not_asked(path: &str, stage: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0705,
        format!("no step up to `{stage}` asks for `{path}`"),
        span,
        "nobody was asked for this",
    )
    .note("whoever follows the flow sees the ways on; one that depends on a field which nobody fills in looks like chance")
    .help(format!("add `step {path}` to `{stage}` or to a stage before it"))
}

/// An entity that takes no part in flows.
#[must_use]
pub fn not_enabled(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0706, format!("`{entity}` is not `flow enabled`"), span, "takes no part in flows")
        .label(declared, "declared without it")
        .help(format!("write `entity {entity} flow enabled {{`"))
}

/// A step that is no field of a record of the flow.
#[must_use]
pub fn step_shape(known: &[&str], span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0707, "a step is a field of a record that the run has by then", span, "no such field")
        .help(format!("write a field of {}", quoted_list(known, "or")))
}

/// `for deal` where nothing above is named so.
#[must_use]
pub fn unbound(record: &str, span: Span, near: Option<&str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(codes::E0707, format!("no stage above has a record `{record}`"), span, "not known here");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("say what it is: `for {record}: Opportunity via …`")),
    }
}

/// `for lead: Lead` twice.
#[must_use]
pub fn bound_again(record: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0707, format!("`{record}` is a record of the flow already"), span, "again here")
        .label(first, "first here")
        .help(format!("write `for {record}` alone to go on with it, or choose another name"))
}

/// A field that a flow writes itself.
#[must_use]
pub fn kept(flow: &str, field: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0415,
        format!("`{field}` of a run of `{flow}` is kept by the flow"),
        span,
        "kept by the flow",
    )
    .help("move the run: `update run { stage: Next }`, or end it: `change run to finished`")
}

/// More than people can follow.
#[must_use]
pub fn too_many(name: &str, what: &str, found: usize, max: usize, span: Span) -> Diagnostic {
    let message = format!("`{name}` has {found} {what}; people lose their way beyond {max}");
    Diagnostic::warning(codes::W0701, message, span, format!("{found} {what}"))
        .help(format!("divide it, so that each has at most {max} {what}"))
}
