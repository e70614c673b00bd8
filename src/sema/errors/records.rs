//! E04 and E05: records where they are read and written.

use super::{quoted_list, types};
use crate::base::span::Span;
use crate::diag::{Applicability, Diagnostic, codes};
use crate::sema::schema::SystemField;

/// `create` of an entity that is `not creatable`.
#[must_use]
pub fn not_creatable(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0413, format!("records of `{entity}` cannot be created"), span, "not creatable")
        .label(declared, "declared `not creatable` here")
}

/// `create` without a required field.
#[must_use]
pub fn required_fields(entity: &str, missing: &[&str], span: Span, first: Span) -> Diagnostic {
    let list = quoted_list(missing, "and");
    let lines: Vec<String> = missing.iter().map(|name| format!("{name}: …")).collect();
    Diagnostic::error(codes::E0414, format!("a new `{entity}` needs {list}"), span, "a required field is missing")
        .label(first, "has no default and no `?`")
        .help(format!("write `{}`", lines.join(", ")))
}

/// A field that the engine writes; `is_create` is `None` in a `before` process.
#[must_use]
pub fn system_field(entity: &str, name: &str, system: SystemField, is_create: Option<bool>, span: Span) -> Diagnostic {
    let message = format!("`{name}` of `{entity}` is not written like other fields");
    let message = Diagnostic::error(codes::E0415, message, span, "kept by the system");
    match system {
        SystemField::State | SystemField::Status if is_create == Some(true) => {
            message.help("create the record, then write `change … to …`")
        }
        SystemField::State | SystemField::Status if is_create.is_some() => message.help("write `change … to …`"),
        SystemField::State | SystemField::Status => message.help("write `change … to …` in an `after` workflow"),
        SystemField::Owner if is_create.is_some() => message.help("write `assign … to …`"),
        SystemField::Owner => message.help("write `assign … to …` in an `after` workflow"),
        _ => message,
    }
}

/// `create Deal { number: … }` of an automatic number.
#[must_use]
pub fn number_written(entity: &str, name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0415,
        format!("`{name}` of `{entity}` is a number that every record gets"),
        span,
        "cannot be written",
    )
    .label(declared, "counted here")
}

/// `update deal { total: … }` of a computed field.
#[must_use]
pub fn computed_written(entity: &str, name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0415, format!("`{name}` of `{entity}` stores nothing"), span, "cannot be written")
        .label(declared, "computed whenever it is read")
}

/// `deal.total` of a computed field before the record exists.
#[must_use]
pub fn computed_of_pending(name: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{name}` is computed from the record, which does not exist yet");
    Diagnostic::error(codes::E0512, message, span, "not there before the record is created")
        .label(declared, "computed whenever it is read")
}

/// A computed field where only stored ones have a value: `old.total`, a deleted record, one of several entities.
#[must_use]
pub fn computed_elsewhere(entity: &str, name: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{name}` of `{entity}` is computed, and has no value here");
    Diagnostic::error(codes::E0311, message, span, "needs a record of this entity that exists")
        .label(declared, "computed whenever it is read")
}

/// `create Deal { notes: … }` of a reverse reference.
#[must_use]
pub fn reverse_written(entity: &str, name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0415, format!("`{name}` of `{entity}` stores nothing"), span, "cannot be written")
        .label(declared, "names the records that refer to this one")
        .help("write the reference of the other record; a relation of many to many is written with `link` and `unlink`")
}

/// `deal.notes` as a value.
#[must_use]
pub fn reverse_as_value(entity: &str, name: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{name}` of `{entity}` is no value, it names the records that refer to this one");
    Diagnostic::error(codes::E0423, message, span, "only a query can look through them")
        .label(declared, "declared here")
        .help(format!("write a query: `find x in ….{name}`, `exists x in ….{name}`, `count x in ….{name}`"))
}

/// `assign` of a record that nobody owns.
#[must_use]
pub fn nobody_owns(entity: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("a record of `{entity}` cannot be assigned, since nobody owns it");
    Diagnostic::error(codes::E0416, message, span, "has no owner")
        .label(declared, "declared `owned by organization` here")
        .help("add a field of your own: `responsible: User?`, and write it with `update`")
}

/// `change` of an entity without states.
#[must_use]
pub fn no_states(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0417, format!("`{entity}` has no states"), span, "cannot change its state")
        .label(declared, "declared without `states` here")
}

/// `change deal to x + y`.
#[must_use]
pub fn state_must_be_named(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0405, "the new state is written as a name", span, "expected a state")
        .note("so that forbidden changes are found before the process runs")
        .help("write a state such as `won`, or a state and a status such as `lost.out_sold`")
}

/// `change deal to out_sold`.
#[must_use]
pub fn status_without_state(status: &str, state: &str, span: Span) -> Diagnostic {
    let whole = format!("{state}.{status}");
    Diagnostic::error(codes::E0405, format!("`{status}` is a status of the state `{state}`"), span, "expected a state")
        .help(format!("write `{whole}`"))
        .fix(format!("write `{whole}`"), span, whole, Applicability::Safe)
}

/// `deal.state == lost.out_sold`.
#[must_use]
pub fn status_for_state(entity: &str, state: &str, status: &str, span: Span) -> Diagnostic {
    let message = format!("`{state}.{status}` is a status, and this is a state of `{entity}`");
    Diagnostic::error(codes::E0405, message, span, "expected a state")
        .help(format!("compare the field `status`, or write `{state}`"))
}

/// A change that no arrow allows.
#[must_use]
pub fn impossible_change(entity: &str, from: &[&str], span: Span, declared: Span, arrows: &[Span]) -> Diagnostic {
    let from = quoted_list(from, "or");
    let message = Diagnostic::error(
        codes::E0418,
        format!("no arrow leads from {from} to this state"),
        span,
        "never allowed here",
    );
    super::entities::with_arrows(message, entity, &from, declared, arrows)
        .note(format!("the record is known to be {from} at this place"))
}

/// A record is used after `delete`.
#[must_use]
pub fn used_after_delete(name: &str, span: Span, deleted: Span) -> Diagnostic {
    Diagnostic::error(codes::E0419, format!("`{name}` is deleted at this place"), span, "used after its deletion")
        .label(deleted, "deleted here")
        .help("keep what is needed before the deletion: `let x = …`")
}

/// `a under b` without a hierarchy.
#[must_use]
pub fn no_hierarchy(entity: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0420, format!("`{entity}` has no hierarchy"), span, "nothing to follow")
        .label(declared, "none of its fields is marked `hierarchy`")
        .help(format!("mark a field: `parent: {entity}? hierarchy`"))
}

/// `update 5 { … }`.
#[must_use]
pub fn not_a_record(shown: &str, span: Span) -> Diagnostic {
    let message = format!("expected a record, found `{shown}`");
    let message = Diagnostic::error(codes::E0421, message, span, format!("this is `{shown}`"));
    if shown.ends_with(".State") || shown.ends_with(".Status") {
        return message.help("name the record itself: `change deal to won`");
    }
    message
}

/// `update customer { … }` of a union.
#[must_use]
pub fn several_entities_written(shown: &str, verb: &str, span: Span) -> Diagnostic {
    let message = format!("`{verb}` needs a record of one entity, this is `{shown}`");
    Diagnostic::error(codes::E0421, message, span, format!("this is `{shown}`"))
        .help(format!("say for each which one it is: `match x {{ {} }}`", arms(shown, verb)))
}

/// `A => update x { … }, B => …`.
fn arms(shown: &str, verb: &str) -> String {
    let rest = match verb {
        "change" => "x to …",
        "set" => "x.… = …",
        _ => "x { … }",
    };
    let arms: Vec<String> = shown.split(" or ").map(|entity| format!("{entity} => {verb} {rest}")).collect();
    arms.join(", ")
}

/// `change deal.state = won`.
#[must_use]
pub fn change_with_sign(span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0415,
        "the state of a record is changed with `to`",
        span,
        "`=` gives values in rules only",
    )
    .help("write `change deal to won`, or `change deal to lost.out_sold` for a status")
}

/// `set deal.title = …` of a stored record.
#[must_use]
pub fn set_of_stored(field: &str, base: Span, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0421, "a stored record is written by `update`", base.to(span), "`set` is for names")
        .help(format!("write `update … {{ {field}: … }}`"))
}

/// `regarding.title` of `any`.
#[must_use]
pub fn field_of_any(name: &str, base: Span, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0311, format!("not every entity has `{name}`"), span, "not known here")
        .label(base, "this may be a record of any entity")
        .help("test which one it is: `if x is … { … }`, or `match x { … }`")
}

/// What to do about a field that only some of the entities have, or have with another type.
pub const TEST_WHICH: &str = "test which one it is: `if x is … { … }`, or `match x { … }`";

/// The same where the event left it.
pub const ONE_FOR_EACH: &str = "declare a process for each entity: an event leaves what all of them have alike";

/// A field that not all alternatives have.
#[must_use]
pub fn field_of_some(shown: &str, lacking: &str, name: &str, span: Span, declared: Span, advice: &str) -> Diagnostic {
    Diagnostic::error(codes::E0311, format!("`{lacking}` has no `{name}`"), span, format!("not in all of `{shown}`"))
        .label(declared, format!("`{lacking}` is declared here"))
        .help(advice)
}

/// A field whose types differ between alternatives.
#[must_use]
pub fn field_types_differ(name: &str, a: &str, b: &str, span: Span, advice: &str) -> Diagnostic {
    let message = format!("`{name}` is `{a}` for some and `{b}` for others");
    Diagnostic::error(codes::E0311, message, span, "has several types").help(advice)
}

/// `create Deal { score += 1 }`.
#[must_use]
pub fn operator_in_create(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0422, "a new record has no earlier value to add to", span, "write `:` here")
}

/// `score += 1` where `score` may be absent.
#[must_use]
pub fn compound_on_optional(name: &str, operator: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0422, format!("`{name}` may have no value to change"), span, "may be absent")
        .label(declared, "declared with `?`")
        .help(format!("write the whole value: `{name}: (….{name} ?? …) {operator} …`"))
}

/// `title += 1`.
#[must_use]
pub fn compound_on_type(op: &str, field: &str, operand: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{op}` cannot change `{field}` by `{operand}`");
    let message =
        Diagnostic::error(codes::E0422, message, span, format!("this is `{field}`")).label(declared, "declared here");
    if op == "+=" && field == "text" { message.help("texts are joined by `++=`") } else { message }
}

/// `Team[name]`.
#[must_use]
pub fn particular_needs_constant(span: Span) -> Diagnostic {
    types::particular_not_constant(span)
}

/// `old` in a process that no event with old values starts.
#[must_use]
pub fn no_old(span: Span, trigger: Option<Span>) -> Diagnostic {
    let message = "there are no old values here";
    let message = Diagnostic::error(codes::E0511, message, span, "nothing was before");
    let message = match trigger {
        Some(trigger) => message.label(trigger, "this event has no old values"),
        None => message,
    };
    message.note("`updated`, `written`, `status changed` and `assigned` know what was before")
}

/// `old` alone.
#[must_use]
pub fn old_as_value(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0511, "`old` is no record that can be used as a whole", span, "only its fields are kept")
        .help("write a field of it, such as `old.owner`")
}

/// `old.value` where some of the triggers have no old values.
#[must_use]
pub fn old_may_lack(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0511, "some of the triggers have no old values", span, "may be absent")
        .help(format!("write `old?.{name}`"))
}

/// `changed(deal.value)`.
#[must_use]
pub fn changed_needs_field(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0511, "`changed` asks about one field of the primary record", span, "not one field")
        .help("write `changed(value)`")
}

/// The primary record of `before created` as a whole.
#[must_use]
pub fn not_stored_yet(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is not stored yet");
    Diagnostic::error(codes::E0512, message, span, "has no identity before it is created")
        .note("before it is created, only its fields can be read and `set`")
        .help("do this in `after created`")
}

/// The primary record after its deletion.
#[must_use]
pub fn gone(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0513, format!("`{name}` is deleted already"), span, "only its last values are there")
        .note("a process that is started by a deletion can read the fields of the record, and nothing else")
        .help(format!("write a field of it, such as `{name}.created_on`"))
}

/// A write of the primary record in `before deleted`.
#[must_use]
pub fn is_leaving(name: &str, verb: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is about to be deleted");
    Diagnostic::error(codes::E0513, message, span, format!("`{verb}` has no effect on it"))
}

/// `update` of the primary record in a `before` process.
#[must_use]
pub fn set_only(name: &str, verb: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is about to be written, and `{verb}` would write it once more");
    let help = match verb {
        "assign" | "change" | "delete" => "do this in an `after` workflow".to_owned(),
        _ => format!("change the values about to be written: `set {name}.… = …`"),
    };
    Diagnostic::error(codes::E0514, message, span, "is part of the operation that runs").help(help)
}

/// `set inputs.x = …` after the action.
#[must_use]
pub fn inputs_are_fixed(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0515, format!("the action has run with `{name}` already"), span, "cannot be set any more")
        .help("do this in `before action`")
}

/// `result` before the action.
#[must_use]
pub fn no_result_yet(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0515, "the action has no result yet", span, "only known after the action")
        .help("do this in `after action`")
}

/// `link note to deal.notes` of a reverse reference, `link a to b`.
#[must_use]
pub fn not_a_relation(verb: &str, span: Span) -> Diagnostic {
    let message = format!("`{verb}` takes a relation of many to many, such as `list.members`");
    Diagnostic::error(codes::E0428, message, span, "this is none")
        .note("only what is declared with `many … through` has records that join two others")
        .help("of `many … via`, write the reference of the other record with `update`")
}

/// `share` of a record that nobody owns.
#[must_use]
pub fn nobody_shares(entity: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("a record of `{entity}` cannot be shared, since nobody owns it");
    Diagnostic::error(codes::E0416, message, span, "has no owner")
        .label(declared, "declared `owned by organization` here")
        .note("records that nobody owns are for everybody whose role allows it")
}

/// `share deal with ann`.
#[must_use]
pub fn share_without_rights(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0429, "`share` says which rights it gives", span, "no rights")
        .help("write them in parentheses: `share … with … (read, update)`")
}

/// `unshare deal with ann (read)`.
#[must_use]
pub fn unshare_with_rights(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0429, "`unshare` takes all rights away", span, "not some of them")
        .help("leave the rights out; to take some away, `unshare` and `share` with the others")
}
