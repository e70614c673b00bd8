//! E02: names of declarations and types.

use super::quoted_list;
use crate::base::{currencies, span::Span};
use crate::diag::{Applicability, Diagnostic, codes};

/// Adds "did you mean" to a message about `span`: one candidate is a fix, more are listed.
#[must_use]
pub fn suggest(diagnostic: Diagnostic, span: Span, near: &[String]) -> Diagnostic {
    match near {
        [] => diagnostic,
        [one] => diagnostic.help(format!("did you mean `{one}`?")).fix(
            format!("write `{one}`"),
            span,
            one.clone(),
            Applicability::Suggested,
        ),
        many => diagnostic.help(format!("did you mean {}?", quoted_list(many, "or"))),
    }
}

/// `entity Deal` twice.
#[must_use]
pub fn duplicate_declaration(name: &str, span: Span, first: Span, library: Option<&str>) -> Diagnostic {
    let message = match library {
        Some(library) => format!("`{name}` is declared by the library `{library}` already"),
        None => format!("`{name}` is declared twice"),
    };
    let diagnostic = Diagnostic::error(codes::E0201, message, span, "declared again here");
    match library {
        Some("core") => diagnostic.label(first, "the library's declaration"),
        Some(library) => diagnostic
            .label(first, "the library's declaration")
            .note("the project takes it from there, and one name cannot mean two things")
            .help(format!(
                "choose another name, write `extend` to add to the library's, or take less of it: `use {library}.{{…}}`"
            )),
        None => diagnostic
            .label(first, "first declared here")
            .note("all files of a project share their names, and types, processes and functions may not share one"),
    }
}

/// `title` twice in one entity, `hot` twice in one enum.
#[must_use]
pub fn duplicate_part(what: &str, name: &str, owner: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0203, format!("{owner} has the {what} `{name}` twice"), span, "again here")
        .label(first, "first here")
}

/// `entity E { version: int }`.
#[must_use]
pub fn system_name(name: &str, entity: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0203,
        format!("`{entity}` has a field `{name}` by itself"),
        span,
        "every such entity has this field",
    )
    .help(format!("leave it out, or choose another name than `{name}`"))
}

/// The words of types, which other languages begin with a capital letter.
const BUILTIN: [&str; 10] =
    ["bool", "date", "datetime", "decimal", "duration", "float", "int", "money", "text", "time"];

/// A type that nothing declares.
#[must_use]
pub fn unknown_type(name: &str, span: Span, near: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::E0202, format!("there is no type `{name}`"), span, "unknown type");
    if matches!(name, "void" | "unit" | "Void") {
        return diagnostic.help("leave it out: what gives nothing has no `->`");
    }
    let lower = name.to_ascii_lowercase();
    if BUILTIN.contains(&lower.as_str()) {
        return suggest(diagnostic, span, &[lower]);
    }
    suggest(diagnostic, span, near)
}

/// An entity that nothing declares.
#[must_use]
pub fn unknown_entity(name: &str, span: Span, near: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::E0202, format!("there is no entity `{name}`"), span, "unknown entity");
    suggest(diagnostic, span, near)
}

/// A process that nothing declares.
#[must_use]
pub fn unknown_process(kind: &str, name: &str, span: Span, near: &[String]) -> Diagnostic {
    let label = format!("unknown {kind}");
    suggest(Diagnostic::error(codes::E0202, format!("there is no {kind} `{name}`"), span, label), span, near)
}

/// Adds the way to a name that a library has and the file does not use.
#[must_use]
pub fn not_brought_in(diagnostic: Diagnostic, name: &str, library: Option<&str>) -> Diagnostic {
    match library {
        Some(library) => {
            diagnostic.note(format!("the library `{library}` declares `{name}`, and this file does not use it")).help(
                format!("write `use {library}.{{{name}}}`, or `use {library}` for all of it, at the top of the file"),
            )
        }
        None => diagnostic,
    }
}

/// A process or function where a type is expected, a record where an entity is.
#[must_use]
pub fn wrong_kind(name: &str, is: &str, expected: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0204, format!("`{name}` is {is}, not {expected}"), span, format!("expected {expected}"))
        .label(declared, "declared here")
}

/// `type A = B or C`, `type B = A`.
#[must_use]
pub fn type_circle(names: &[String], span: Span) -> Diagnostic {
    let message = match names {
        [one] => format!("the type `{one}` stands for itself"),
        many => format!("the types {} stand for each other", quoted_list(many, "and")),
    };
    Diagnostic::error(codes::E0205, message, span, "comes back to itself")
}

/// A record that holds itself: the fields that hold the next record of the ring, each with that record's name.
#[must_use]
pub fn record_circle(names: &[String], span: Span, holders: &[(Span, String)]) -> Diagnostic {
    let message = match names {
        [one] => format!("a value of `{one}` would hold another one without end"),
        many => format!("values of {} would hold each other without end", quoted_list(many, "and")),
    };
    let mut diagnostic = Diagnostic::error(codes::E0205, message, span, "holds itself");
    for (field, held) in holders {
        diagnostic = diagnostic.label(*field, format!("holds `{held}`"));
    }
    diagnostic.note("a record is a value that is copied; what refers to others of its kind is an entity")
}

/// A construct of a later version: `words` in the plural, such as `dialogs`.
#[must_use]
pub fn later(words: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0206, format!("{words} come with a later version of Abide"), span, "not in this version")
}

/// `let old = 1`, a parameter named `trigger`, `fn round`.
#[must_use]
pub fn reserved_name(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0207,
        format!("`{name}` has a meaning of its own and cannot be declared"),
        span,
        "choose another name",
    )
}

/// `use crmm`.
#[must_use]
pub fn unknown_library(name: &str, span: Span, near: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::E0208, format!("there is no library `{name}`"), span, "unknown library");
    suggest(diagnostic, span, near)
}

/// `use crm.{Acount}`.
#[must_use]
pub fn unknown_library_name(library: &str, name: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = format!("the library `{library}` declares no `{name}`");
    suggest(Diagnostic::error(codes::E0208, message, span, "not in this library"), span, near)
}

/// `A or int`, `Account or Account`.
#[must_use]
pub fn union_of_others(shown: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0209, format!("`{shown}` cannot be an alternative of a type"), span, "expected an entity")
        .note("a value of `A or B` is a reference to a record, and each alternative is an entity")
}

/// `money(Usd)`, `10 XYZ`.
#[must_use]
pub fn bad_currency(code: &str, span: Span) -> Diagnostic {
    let has_the_shape = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    let (message, label) = if has_the_shape {
        (format!("no currency has the code `{code}`"), "not a code of ISO 4217 in use")
    } else {
        (format!("`{code}` is not a currency code"), "expected three capital letters, as `EUR`")
    };
    let near: Vec<String> = currencies::near(code).into_iter().map(str::to_owned).collect();
    suggest(Diagnostic::error(codes::E0210, message, span, label), span, &near)
}

/// `many Note via regarding` as the type of a parameter.
#[must_use]
pub fn many_outside_entity(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0204, "`many` is not a type of its own", span, "only fields of entities may say `many`")
        .note("it names the records that refer to this one, and stores nothing")
        .help("to hold several values, write `list of …`")
}

/// A field that its entity or record does not have.
#[must_use]
pub fn unknown_field(owner: &str, name: &str, span: Span, near: &[String], declared: Option<Span>) -> Diagnostic {
    let message = format!("`{owner}` has no field `{name}`");
    let diagnostic = suggest(Diagnostic::error(codes::E0211, message, span, "unknown field"), span, near);
    match declared {
        Some(declared) => diagnostic.label(declared, format!("`{owner}` is declared here")),
        None => diagnostic,
    }
}

/// `// allow W0501` without a reason.
#[must_use]
pub fn allow_without_reason(code: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0201, format!("`allow {code}` gives no reason"), span, "switches nothing off")
        .help(format!("// allow {code}: why this is right here"))
}

/// `// allow W9999: …`.
#[must_use]
pub fn allow_unknown(code: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0201, format!("there is no lint `{code}`"), span, "switches nothing off")
}

/// `// allow E0301: …`.
#[must_use]
pub fn allow_of_error(code: &str, span: Span) -> Diagnostic {
    let message = format!("`{code}` cannot be switched off");
    Diagnostic::warning(codes::W0201, message, span, "switches nothing off")
        .note("only warnings can, whose codes begin with `W`; a program with an error does not run")
}

/// `// allow W0501: …` where nothing is reported.
#[must_use]
pub fn allow_without_effect(code: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0201, format!("`{code}` is not reported here"), span, "switches nothing off")
}

/// More declarations, fields or members than fit.
#[must_use]
pub fn too_many(what: &str, max: usize, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0903, format!("there are more than {max} {what}"), span, "this one is too many")
}

/// `next Nowhere` in a flow.
#[must_use]
pub fn unknown_stage(flow: &str, name: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = format!("`{flow}` has no stage `{name}`");
    suggest(Diagnostic::error(codes::E0202, message, span, "unknown stage"), span, near)
}
