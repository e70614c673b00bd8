//! E02: names where they are used.

use super::{names::suggest, quoted_list};
use crate::base::span::Span;
use crate::diag::{Applicability, Diagnostic, codes};
use crate::sema::{names::Def, types::kind_words};

pub(super) fn owned(near: &[&str]) -> Vec<String> {
    near.iter().map(|name| (*name).to_owned()).collect()
}

/// `self` outside of computed fields and shown names.
#[must_use]
pub fn no_self(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0212, "there is no `self` here", span, "means the record of a computed field")
        .help("write the name of the record")
}

/// `titel` where nothing is called so.
#[must_use]
pub fn unknown_name(name: &str, span: Span, near: &[&str], homes: &[String], field: Option<&str>) -> Diagnostic {
    let message = Diagnostic::error(codes::E0212, format!("there is no `{name}` here"), span, "unknown name");
    if name.contains([' ', '{', '$']) {
        return message.help("a text stands in double quotes, its slots in braces: `\"Call {name}\"`");
    }
    if let Some((right, help)) = foreign_value(name) {
        return match right {
            Some(right) => message.help(help).fix(format!("write `{right}`"), span, right, Applicability::Suggested),
            None => message.help(help),
        };
    }
    match (field, homes) {
        (Some(field), _) => message.help(format!("write `{field}`")).fix(
            format!("write `{field}`"),
            span,
            field,
            Applicability::Suggested,
        ),
        (None, [_, ..]) => message.help(format!("write {}", quoted_list(homes, "or"))),
        (None, []) => suggest(message, span, &owned(near)),
    }
}

/// `total-price` where no `price` is known.
#[must_use]
pub fn hyphenated(first: &str, last: &str, span: Span) -> Diagnostic {
    let message = format!("there is no `{last}` here to be subtracted from `{first}`");
    let right = format!("{first}_{last}");
    Diagnostic::error(codes::E0212, message, span, "a name has no `-`").help(format!("write `{right}`")).fix(
        format!("write `{right}`"),
        span,
        right,
        Applicability::Suggested,
    )
}

/// Values as other languages write them: what replaces the word, and what to write.
fn foreign_value(name: &str) -> Option<(Option<&'static str>, &'static str)> {
    Some(match name {
        "NULL" | "Nil" | "None" | "Null" | "nil" | "null" | "undefined" => {
            (Some("none"), "a value that is not there is written `none`")
        }
        "FALSE" | "False" => (Some("false"), "write `false`"),
        "TRUE" | "True" | "yes" => (Some("true"), "write `true`"),
        "await" | "call" => (None, "write `let x = do Name(…)` as a statement of its own"),
        "new" => (None, "write `let x = create Name { … }` as a statement of its own"),
        "now" => (Some("now()"), "write `now()`"),
        "this" => (None, "write the name of the record, as it stands after `for`"),
        "today" => (Some("today()"), "write `today()`"),
        "days" | "hours" | "minutes" | "months" | "weeks" | "years" => {
            (None, "a duration has a number: `3 days`; of a number that is computed: `days(n)`")
        }
        _ => return None,
    })
}

/// Functions as other languages call them.
pub(super) fn foreign_function(name: &str) -> Option<&'static str> {
    Some(match name {
        "ceil" | "floor" | "int" | "trunc" => {
            "write `whole(x)` to cut off, `x div 1` to round down, `round(x, 0)` to round"
        }
        "coalesce" | "ifnull" | "isnull" | "nvl" => "write `a ?? b`",
        "concat" => "write `a ++ b`, or a text with slots: `\"{a} {b}\"`",
        "console" | "print" | "println" => "write `log \"…\"` as a statement",
        "count" => "write `(count x in Entity where …) > 3`",
        "exists" => "write `exists x in Entity where …`",
        "iif" | "iff" => "write `if condition then a else b`",
        "len" | "Length" | "Count" | "size" | "strlen" => "write `length(…)`",
        "str" | "string" | "tostring" | "toString" | "ToString" | "to_string" | "format" => "write `text(…)`",
        "substr" | "mid" | "slice" | "Substring" => "write `substring(t, from, count)`",
        "lowercase" | "toLowerCase" | "toLower" | "ToLower" | "lcase" => "write `lower(…)`",
        "uppercase" | "toUpperCase" | "toUpper" | "ToUpper" | "ucase" => "write `upper(…)`",
        "contains" | "includes" | "Contains" => "write `a contains b`, with a space on both sides",
        "startsWith" | "startswith" | "StartsWith" | "hasPrefix" => "write `a starts with b`",
        "endsWith" | "endswith" | "EndsWith" | "hasSuffix" => "write `a ends with b`",
        "indexOf" | "IndexOf" | "find" => "write `a contains b`, `a matches r\"…\"`",
        "strip" | "Trim" => "write `trim(…)`",
        "push" | "Add" | "add" => "write `append(list, x)`, or `++` between two lists",
        "getFullYear" | "getYear" | "Year" => "write `year(…)`",
        "getMonth" | "Month" => "write `month(…)`",
        "getDate" | "Day" => "write `day(…)`",
        "datediff" | "DATEDIFF" | "DateDiff" => "write `a - b` for the days between two dates",
        "dateadd" | "DATEADD" | "AddDays" | "addDays" | "add_days" => "write `a + 3 days`, `a + days(n)`",
        "Date" | "date" | "getdate" | "GETDATE" | "DateTime" => "write `today()` or `now()`",
        _ => return None,
    })
}

/// `rating: Hot`.
#[must_use]
pub fn member_in_upper_case(name: &str, member: &str, span: Span) -> Diagnostic {
    let message = format!("nothing is called `{name}`");
    suggest(Diagnostic::error(codes::E0202, message, span, "unknown name"), span, &[member.to_owned()])
        .note("members and states begin with a lower-case letter")
}

/// `while x in xs`, where nothing is called `x`.
#[must_use]
pub fn while_in(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0212, format!("there is no `{name}` here"), span, "unknown name")
        .note("`while` repeats as long as a condition holds; it goes through nothing")
        .help(format!("write `for each {name} in … {{ … }}`"))
}

/// An upper-case name that nothing declares, where a value stands.
#[must_use]
pub fn unknown_upper(name: &str, span: Span, near: &[String]) -> Diagnostic {
    let message = Diagnostic::error(codes::E0202, format!("nothing is called `{name}`"), span, "unknown name");
    if let Some((Some(right), help)) = foreign_value(name) {
        return message.help(help).fix(format!("write `{right}`"), span, right, Applicability::Suggested);
    }
    suggest(message, span, near)
}

/// `rund(x)`.
#[must_use]
pub fn unknown_function(name: &str, span: Span, near: &[&str]) -> Diagnostic {
    let message = Diagnostic::error(codes::E0212, format!("there is no function `{name}`"), span, "unknown function");
    if let Some(help) = foreign_function(name) {
        return message.help(help);
    }
    suggest(message, span, &owned(near))
}

/// `trigger.usr`.
#[must_use]
pub fn unknown_part(owner: &str, name: &str, span: Span, near: &[&str]) -> Diagnostic {
    let message = Diagnostic::error(codes::E0212, format!("`{owner}` has no `{name}`"), span, "unknown name");
    suggest(message, span, &owned(near))
}

/// `trigger` alone.
#[must_use]
pub fn only_members(name: &str, span: Span) -> Diagnostic {
    let known = match name {
        "trigger" => "`trigger.kind`, `trigger.user`, `trigger.at` or `trigger.stage`",
        _ => "`process.user`, `process.caller`, `process.owner`, `process.instance` or `process.depth`",
    };
    Diagnostic::error(codes::E0204, format!("`{name}` alone is not a value"), span, "names nothing by itself")
        .help(format!("write {known}"))
}

/// `deal.titel`.
#[must_use]
pub fn unknown_field(owner: &str, name: &str, span: Span, declared: Span, near: &[&str]) -> Diagnostic {
    super::names::unknown_field(owner, name, span, &owned(near), Some(declared))
}

/// `Rating.hott`.
#[must_use]
pub fn unknown_member(name: &str, owner: &str, span: Span, declared: Span, near: &[&str], all: &[&str]) -> Diagnostic {
    if matches!(name, "_" | "default" | "otherwise") {
        return Diagnostic::error(codes::E0213, format!("`{owner}` has no member `{name}`"), span, "unknown member")
            .help("the arm for everything else is `else => …`");
    }
    let message = format!("`{owner}` has no member `{name}`");
    let message = Diagnostic::error(codes::E0213, message, span, "unknown member").label(declared, "declared here");
    if near.is_empty() && all.len() <= 8 {
        return message.help(format!("its members are {}", quoted_list(all, "and")));
    }
    suggest(message, span, &owned(near))
}

/// `do Escalate(case, reson: "late")`.
#[must_use]
pub fn unknown_argument(callee: &str, name: &str, span: Span, declared: Span, near: &[&str]) -> Diagnostic {
    let message = format!("`{callee}` takes no `{name}`");
    let message = Diagnostic::error(codes::E0214, message, span, "unknown input").label(declared, "declared here");
    suggest(message, span, &owned(near))
}

/// `let deal = …` within the reach of another `deal`.
#[must_use]
pub fn shadowing(name: &str, span: Span, earlier: Span) -> Diagnostic {
    Diagnostic::error(codes::E0215, format!("`{name}` is in use already"), span, "the same name again")
        .label(earlier, "its first meaning")
        .note("one name has one meaning within its block, so that a reader need not look which one is meant")
        .help("choose another name")
}

/// `hot` where both a variable and a member of the expected enum are called so.
#[must_use]
pub fn ambiguous_member(name: &str, member: &str, span: Span, earlier: Span) -> Diagnostic {
    let message = format!("`{name}` may mean the name in scope or the member `{member}`");
    Diagnostic::error(codes::E0216, message, span, "means two things")
        .label(earlier, "the name in scope")
        .help(format!("write `{member}`, or give the name another spelling"))
        .fix(format!("write `{member}`"), span, member, Applicability::Suggested)
}

/// A field or input that stands twice.
#[must_use]
pub fn given_twice(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0217, format!("`{name}` is given twice"), span, "given a second time")
}

/// A type, process or function where a value stands.
#[must_use]
pub fn not_a_value(name: &str, def: &Def, span: Span) -> Diagnostic {
    let message = format!("`{name}` is {}, not a value", kind_words(def));
    let message = Diagnostic::error(codes::E0204, message, span, "expected a value");
    match def {
        Def::Enum(_) => message.help(format!("write one of its members: `{name}.…`")),
        Def::Entity(_) => message.help(format!("to read its records, write `find x in {name}`")),
        _ => message,
    }
}

/// `Deal { title: "…" }` as a value.
#[must_use]
pub fn not_a_record_type(name: &str, def: &Def, span: Span) -> Diagnostic {
    let message = format!("`{name}` is {}, not a record type", kind_words(def));
    let message = Diagnostic::error(codes::E0204, message, span, "expected a record type");
    match def {
        Def::Entity(_) => message.help(format!("to store a new record, write `create {name} {{ … }}` as a statement")),
        Def::Error(_) => message.help(format!("write `raise {name} {{ … }}`")),
        Def::Signal(_) => message.help(format!("write `emit {name} {{ … }}` as a statement")),
        _ => message,
    }
}

/// `find x in Rating`.
#[must_use]
pub fn not_a_source(name: &str, def: &Def, span: Span) -> Diagnostic {
    let message = format!("`{name}` is {}, and has no records to look through", kind_words(def));
    let message = Diagnostic::error(codes::E0204, message, span, "expected an entity or a list");
    match def {
        Def::Enum(_) => message.help(format!("write `{name}.values` for the list of its members")),
        _ => message,
    }
}

/// `raise Deal { … }`.
#[must_use]
pub fn not_an_error(name: &str, def: &Def, span: Span) -> Diagnostic {
    let message = format!("`{name}` is {}, not an error", kind_words(def));
    Diagnostic::error(codes::E0204, message, span, "expected an error")
}

/// A name that nothing reads.
#[must_use]
pub fn unused_name(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0202, format!("nothing reads `{name}`"), span, "never read")
        .help(format!("leave it out, or call it `_{name}`"))
}

/// More names than a body can have.
#[must_use]
pub fn too_many_names(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0903, "a body has more than 65,535 names", span, "one too many")
        .help("move a part of it to a function or process of its own")
}
