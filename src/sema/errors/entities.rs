//! E04: declarations of entities, enums and records.

use super::names::suggest;
use super::quoted_list;
use crate::base::{numbering::BadPattern, span::Span};
use crate::diag::{Applicability, Diagnostic, codes};

/// `int 100..0`.
#[must_use]
pub fn bounds_reversed(low: Span, high: Span) -> Diagnostic {
    Diagnostic::error(codes::E0401, "the lowest value is above the highest", low, "the lowest value")
        .label(high, "the highest value")
}

/// `bool 0..1`.
#[must_use]
pub fn bounds_of_type(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0401,
        format!("a `{ty}` has no bounds"),
        span,
        "only numbers, amounts, dates and times have",
    )
}

/// `score: int caseless`.
#[must_use]
pub fn caseless_of_value(ty: &str, span: Span, of: Span) -> Diagnostic {
    Diagnostic::error(codes::E0410, format!("`caseless` means nothing for a `{ty}`"), span, "leave this out")
        .label(of, "has no letters")
}

/// `title: text on delete clear`.
#[must_use]
pub fn on_delete_of_value(ty: &str, span: Span, of: Span) -> Diagnostic {
    let message = format!("`on delete` means nothing for a `{ty}`");
    Diagnostic::error(codes::E0424, message, span, "leave this out").label(of, "refers to no record")
}

/// `account: Account on delete clear`.
#[must_use]
pub fn clear_of_required(ty: &str, span: Span, of: Span) -> Diagnostic {
    let message = "only a reference that may be absent can be cleared";
    Diagnostic::error(codes::E0424, message, span, "would leave the field without a value")
        .label(of, "must have a value")
        .help(format!("write `{ty}?`, or `on delete cascade` to delete the record as well"))
}

/// `number: int autonumber "{seq}"`.
#[must_use]
pub fn number_of_type(ty: &str, span: Span, of: Span) -> Diagnostic {
    let message = format!("an automatic number is a text, not of the type `{ty}`");
    Diagnostic::error(codes::E0425, message, span, "gives texts").label(of, "write `text` here")
}

/// `number: text autonumber "{seq}" = "1"`.
#[must_use]
pub fn number_with_default(span: Span, default: Span) -> Diagnostic {
    let message = "a field with an automatic number has no default";
    Diagnostic::error(codes::E0425, message, default, "leave this out").label(span, "every record gets its number here")
}

/// `number: text(3) autonumber "OPP-{seq:5}"`.
#[must_use]
pub fn number_too_long(length: u32, max: u32, span: Span, of: Span) -> Diagnostic {
    let message = format!("these numbers have at least {length} characters, of at most {max}");
    Diagnostic::error(codes::E0425, message, span, "too long for the field").label(of, "the longest text")
}

/// `autonumber "OPP"`, `autonumber "{year}-{seq}"`.
#[must_use]
pub fn bad_number_pattern(mistake: &BadPattern, span: Span) -> Diagnostic {
    let (message, label) = match mistake {
        BadPattern::Brace => ("a brace has no counterpart".to_owned(), "needs `{` and `}` in pairs"),
        BadPattern::Sequences(0) => ("all records would get the same number".to_owned(), "counts nothing"),
        BadPattern::Sequences(_) => ("a number counts once".to_owned(), "counts several times"),
        BadPattern::Slot(slot) => (format!("`{{{slot}}}` means nothing in a number"), "unknown here"),
    };
    Diagnostic::error(codes::E0425, message, span, label)
        .help("a pattern has one `{seq}`, or `{seq:5}` for five digits, and may have `{yyyy}`, `{yy}`, `{MM}`, `{dd}`")
}

/// `total: int computed = 1 private`.
#[must_use]
pub fn computed_with(name: &str, span: Span, of: Span) -> Diagnostic {
    let message = format!("`{name}` is computed, and stores nothing that this could be about");
    Diagnostic::error(codes::E0426, message, span, "leave this out").label(of, "computed whenever it is read")
}

/// `total: int computed = self.total + 1`: the fields on the circle, each with its place.
#[must_use]
pub fn computed_circle(fields: &[(String, Span)]) -> Diagnostic {
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let first = fields.first().map_or(Span::default(), |(_, span)| *span);
    let message = format!("{} can never be computed", quoted_list(&names, "and"));
    let diagnostic = Diagnostic::error(codes::E0426, message, first, "is computed from itself");
    let others = fields.iter().skip(1);
    others.fold(diagnostic, |diagnostic, (_, span)| diagnostic.label(*span, "by way of this"))
}

/// `int 0..many`.
#[must_use]
pub fn bound_not_constant(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0401, "a bound of a field is a literal of its type", span, format!("expected `{ty}`"))
}

/// `text(0)`.
#[must_use]
pub fn text_length(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0401, "a text of no characters can hold nothing", span, "expected 1 or more")
}

/// `rate: decimal(30)`.
#[must_use]
pub fn too_many_places(max: u32, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0401, format!("a field keeps at most {max} places"), span, "too many places")
        .help("write `decimal`, which keeps up to 28")
}

/// `decimal(2)` as the type of an input, a result, a name or within a list.
#[must_use]
pub fn places_here(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0401, "only a field of an entity has places", span, "is not the type of a field")
        .note("places say how a number is stored; while it is calculated with, it is exact")
        .help("write `decimal` here, and `round(x, 2)` where the number is to be rounded")
}

/// `score: int = "high"`.
#[must_use]
pub fn default_type(ty: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0402, format!("the default is not of the type `{ty}`"), span, format!("expected `{ty}`"))
        .label(declared, "the type is given here")
}

/// `rating: Rating = hto`.
#[must_use]
pub fn default_member(name: &str, enumeration: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = format!("`{enumeration}` has no member `{name}`");
    suggest(Diagnostic::error(codes::E0402, message, span, "unknown member"), span, near)
}

/// `score: int 0..100 = 200`.
#[must_use]
pub fn default_outside(why: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0402, format!("the default {why}"), span, "this value could never be stored")
}

/// A default of a parameter or of a field of a record that is no fixed value.
#[must_use]
pub fn default_not_constant(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0402, "this default is not a fixed value", span, "expected a literal or a member")
        .note("defaults of inputs and of records are part of the declaration and are the same for every call")
}

/// `hierarchy` on a field that is no optional reference to its own entity.
#[must_use]
pub fn hierarchy_type(entity: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0403,
        format!("a hierarchy of `{entity}` needs an optional reference to `{entity}`"),
        span,
        format!("expected `{entity}?`"),
    )
    .note("the record at the top has nothing above it")
}

/// `hierarchy` on two fields.
#[must_use]
pub fn second_hierarchy(entity: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0403, format!("`{entity}` has two hierarchies"), span, "the second one")
        .label(first, "the first one")
        .note("`under` follows one reference; it could not know which")
}

/// `states { }`, `enum E { }`.
#[must_use]
pub fn no_members(message: &str, member: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0404, message, span, format!("expected a {member}"))
}

/// `open -> wno`.
#[must_use]
pub fn unknown_state(entity: &str, name: &str, span: Span, near: &[String], states: Span) -> Diagnostic {
    let message = format!("`{entity}` has no state `{name}`");
    suggest(Diagnostic::error(codes::E0405, message, span, "unknown state"), span, near)
        .label(states, "its states are declared here")
}

/// `open -> lost.bored`.
#[must_use]
pub fn unknown_status(entity: &str, state: &str, name: &str, span: Span, near: &[String], states: Span) -> Diagnostic {
    let message = format!("the state `{state}` of `{entity}` has no status `{name}`");
    suggest(Diagnostic::error(codes::E0405, message, span, "unknown status"), span, near)
        .label(states, "its states are declared here")
}

/// A status alone where `state.status` is needed.
#[must_use]
pub fn status_without_state(name: &str, whole: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0405, format!("`{name}` is a status, not a state"), span, "a status of some state")
        .help(format!("write `{whole}`"))
        .fix(format!("write `{whole}`"), span, whole.to_owned(), Applicability::Suggested)
}

/// An arrow between statuses of two states, where the states may not follow each other.
#[must_use]
pub fn arrow_twice(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0405, "this change is allowed already", span, "again here").label(first, "first here")
}

/// `many Note via about` where `about` is no reference to this entity.
#[must_use]
pub fn not_a_reference(other: &str, field: &str, here: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0406,
        format!("`{other}.{field}` does not refer to `{here}`"),
        span,
        format!("expected a reference to `{here}`"),
    )
    .label(declared, "declared here")
}

/// An extension that needs a value in records that exist.
#[must_use]
pub fn extension_requires(field: &str, entity: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0407,
        format!("an extension cannot add the required field `{field}` to `{entity}`"),
        span,
        "needs `?` or a default",
    )
    .note("what creates such records without this extension does not know the field")
}

/// `extend entity Task owned by organization { }`, `extend … { shown as … }`.
#[must_use]
pub fn extension_changes(what: &str, entity: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0407,
        format!("an extension cannot change {what} of `{entity}`"),
        span,
        "only the declaration itself can",
    )
    .note("an extension adds fields, members, states, statuses and arrows, and removes nothing")
}

/// `extend entity Note { states { … } }`.
#[must_use]
pub fn extension_states(entity: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0407,
        format!("an extension cannot give states to `{entity}`, which has none"),
        span,
        "the declaration has no states",
    )
    .note("records that exist would be in no state")
}

/// Two members with one stored number.
#[must_use]
pub fn stored_twice(value: i64, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0408, format!("the stored value {value} is used twice"), span, "again here")
        .label(first, "first here")
}

/// A stored number of more than 32 bits.
#[must_use]
pub fn stored_too_large(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0408, "this stored value is too large", span, "expected a number of 32 bits")
}

/// An activity whose own states lack those that every activity has.
#[must_use]
pub fn activity_states(entity: &str, missing: &[&str], span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0409,
        format!("the activity `{entity}` has no state {}", quoted_list(missing, "or")),
        span,
        "the states of this activity",
    )
    .note("everything that works with activities relies on `open`, `completed` and `canceled`")
}

/// `entity E fancy { }`.
#[must_use]
pub fn unknown_flag(what: &str, name: &str, span: Span, near: &[String]) -> Diagnostic {
    suggest(Diagnostic::error(codes::E0410, format!("`{name}` is no {what}"), span, "means nothing here"), span, near)
}

/// A flag that stands twice.
#[must_use]
pub fn flag_twice(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0410, format!("`{name}` stands twice"), span, "again here")
}

/// `running: handle of Ship` as a field.
#[must_use]
pub fn not_storable(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0411, format!("a record cannot hold a `{ty}`"), span, "cannot be stored")
}

/// `unique lines` of a reverse reference, `unique title, title`.
#[must_use]
pub fn unique_field(message: String, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0412, message, span, "cannot be part of a key")
}

/// So many arrows are pointed at; more are no help.
const ARROWS_SHOWN: usize = 4;

/// Points at the arrows that leave the states `from`, or at the entity where none is written.
#[must_use]
pub fn with_arrows(message: Diagnostic, entity: &str, from: &str, declared: Span, arrows: &[Span]) -> Diagnostic {
    if arrows.is_empty() || arrows.len() > ARROWS_SHOWN {
        return message.label(declared, format!("the states of `{entity}` are declared here"));
    }
    let words = if from.is_empty() { "the only ways there are".to_owned() } else { format!("the ways from {from}") };
    arrows.iter().fold(message, |message, arrow| message.label(*arrow, words.clone()))
}

/// `through Membership(list, name)` where `name` is no reference to the side that it stands for.
#[must_use]
pub fn bad_side(field: &str, wanted: &str, found: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`{field}` has the type `{found}`, and cannot be a side of this relation");
    Diagnostic::error(codes::E0427, message, span, format!("expected a reference to `{wanted}`"))
        .label(declared, "declared here")
        .note("both sides of a link are always there, and each is a record of one entity")
}

/// `through Membership(list, list)`.
#[must_use]
pub fn same_side_twice(field: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0427, format!("`{field}` cannot be both sides of a relation"), span, "the same field")
        .label(first, "stands for this side")
}

/// `through Membership` where not exactly one reference leads to each side.
#[must_use]
pub fn unclear_sides(link: &str, sides: &[(&str, Vec<String>); 2], span: Span, declared: Span) -> Diagnostic {
    let missing = sides.iter().find(|(_, fields)| fields.is_empty()).map(|(entity, _)| *entity);
    let (message, label) = match missing {
        Some(entity) => (format!("`{link}` has no required reference to `{entity}`"), "cannot join the two".to_owned()),
        None => (format!("`{link}` has several references to one side"), "which ones join the two?".to_owned()),
    };
    let message = Diagnostic::error(codes::E0427, message, span, label).label(declared, "the link entity");
    match missing {
        Some(entity) => message.help(format!("give it one: `{}: {entity}`", lower(entity))),
        None => {
            let [(_, this), (_, far)] = sides;
            let first = this.first().map_or("", String::as_str);
            let second = far.iter().find(|name| name.as_str() != first).map_or("", String::as_str);
            message.help(format!("name them, this side first: `through {link}({first}, {second})`"))
        }
    }
}

/// A link entity with a required field besides its two sides.
#[must_use]
pub fn link_needs_more(relation: &str, link: &str, field: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("`link` could not create a record of `{link}`: `{field}` is required");
    Diagnostic::error(codes::E0427, message, span, format!("`{relation}` goes through `{link}`"))
        .label(declared, "has neither default nor `?`")
        .help(format!("give `{field}` a default, or make it optional"))
}

/// A name for a field that refers to an entity: `Contact` becomes `contact`.
fn lower(entity: &str) -> String {
    let mut letters = entity.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// An entity with more fields than fit; `own` of them it has by itself.
#[must_use]
pub fn too_many_fields(entity: &str, max: usize, own: usize, span: Span) -> Diagnostic {
    let message = format!("`{entity}` has more than {max} fields");
    Diagnostic::error(codes::E0903, message, span, "this one is too many")
        .note(format!("the {own} fields count that every such entity has by itself"))
}
