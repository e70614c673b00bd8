//! The words of every message about syntax.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// The compiler contradicts itself.
pub(super) fn parser_defect(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "the compiler cannot read what it accepted", span, "here")
        .note("this is a mistake of the compiler, not of the program; please report it with this declaration")
}

/// The grammar stops here.
pub(super) fn unreadable(found: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, format!("{found} cannot stand here"), span, "not understood from here on")
}

/// Brackets, blocks or expressions are nested too deeply.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0102, "nested too deeply", span, "more than 64 levels")
        .help("move the inner part into a `fn`, an `action` or a `let` of its own")
}

/// A chain of operators is too long.
pub(super) fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0102, "this expression is too long", span, "more than 250 operators")
        .help("name parts of it with `let`")
}

/// A number that its type cannot hold.
pub(super) fn number_too_large(span: Span, limit: &str) -> Diagnostic {
    Diagnostic::error(codes::E0103, "this number is too large", span, limit)
}

/// What is wrong with a date, time or instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadMoment {
    /// Not of the shape of a date, time or instant.
    Shape,
    /// The calendar has no such day.
    NoSuchDate,
    /// The clock has no such time.
    NoSuchTime,
    /// An instant without zone.
    NoZone,
    /// A zone that the database of zones lacks.
    UnknownZone(String),
}

/// A date, time or instant that means nothing.
pub(super) fn bad_moment(bad: &BadMoment, written: &str, span: Span) -> Diagnostic {
    let error = |message: String, label: &str| Diagnostic::error(codes::E0104, message, span, label);
    match bad {
        BadMoment::Shape => error(format!("`{written}` is no date, time or instant"), "not of a known form")
            .help("write `@2026-11-22`, `@09:30` or `@2026-11-22T09:30[Europe/Berlin]`"),
        BadMoment::NoSuchDate => error(format!("`{written}` does not exist"), "no such day"),
        BadMoment::NoSuchTime => error(format!("`{written}` does not exist"), "no such time of day"),
        BadMoment::NoZone => error(format!("`{written}` has no time zone"), "at which place?")
            .note("the same wall time is another moment in another place")
            .help(format!("write `{written}Z` or `{written}[Europe/Berlin]`")),
        BadMoment::UnknownZone(zone) => error(format!("there is no time zone `{zone}`"), "unknown zone")
            .help("write a place such as `Europe/Berlin`"),
    }
}

/// An escape that texts do not have.
pub(super) fn unknown_escape(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0105, format!("`{written}` is no escape"), span, "unknown escape")
        .help("write `\\\"`, `\\\\`, `\\n`, `\\t`, `\\{` or `\\u{1F600}`")
}

/// A slot in a title or label.
pub(super) fn slot_in_fixed_text(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0106, "this text cannot have slots", span, "`{` opens a slot")
        .note("titles and labels are the same for every record")
        .help("write `\\{` for the character itself")
}

/// A slot of a one-line text goes over several lines.
pub(super) fn slot_over_lines(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0106, "a slot ends on the line where it began", span, "goes over several lines")
        .help("name the value with `let`, or write the text with `\"\"\"`")
}

/// `a < b < c`.
pub(super) fn chained_comparison(operator: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0107, "comparisons do not chain", operator, "a second comparison")
        .label(first, "this is already true or false")
        .help("join two comparisons with `and`, or write `x between a and b`")
}

/// `int(5)`.
pub(super) fn wrong_type_argument(word: &str, argument: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0108, format!("`{word}` cannot take `{argument}`"), span, "not possible here")
        .help("only `text(200)`, `decimal(2)` and `money(USD)` take something in parentheses")
}
