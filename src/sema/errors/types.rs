//! E03 and W03: types of values.

use super::{facts::Loss, quoted_list};
use crate::base::{span::Span, value::Currency};
use crate::diag::{Applicability, Diagnostic, codes};
use crate::sema::hir::Arithmetic;

/// `text` where `int` is expected.
#[must_use]
pub fn mismatch(expected: &str, found: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0301,
        format!("expected `{expected}`, found `{found}`"),
        span,
        format!("this is `{found}`"),
    )
}

/// Adds what a literal of another type was probably meant as.
#[must_use]
pub fn write_literal(message: Diagnostic, right: String, span: Span) -> Diagnostic {
    let title = format!("write `{right}`");
    message.help(title.clone()).fix(title, span, right, Applicability::Suggested)
}

/// Something else than `bool` as a condition.
#[must_use]
pub fn not_a_condition(found: &str, is_optional: bool, is_truth: bool, span: Span) -> Diagnostic {
    let message = format!("a condition is `bool`, this is `{found}`");
    let message = Diagnostic::error(codes::E0301, message, span, format!("this is `{found}`"));
    match (is_optional, is_truth) {
        (true, true) => message.help("compare it: `… == true`, or test `… is not none`"),
        (true, false) => message.help("test whether it is there: `… is not none`"),
        (false, _) => message,
    }
}

/// Something else than a list.
#[must_use]
pub fn not_a_list(found: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0301, format!("expected a list, found `{found}`"), span, format!("this is `{found}`"))
}

/// Something else than a handle.
#[must_use]
pub fn not_a_handle(found: &str, span: Span) -> Diagnostic {
    let message = format!("expected a handle of a started process, found `{found}`");
    Diagnostic::error(codes::E0301, message, span, format!("this is `{found}`"))
        .help("keep what `start` gives: `let h = start …`")
}

/// `if c then 1 else "x"`.
#[must_use]
pub fn alternatives_differ(first: &str, first_span: Span, other: &str, span: Span) -> Diagnostic {
    let message = format!("these values have different types, `{first}` and `{other}`");
    Diagnostic::error(codes::E0301, message, span, format!("this is `{other}`"))
        .label(first_span, format!("this is `{first}`"))
}

/// `5 contains 3`.
#[must_use]
pub fn contains_nothing(found: &str, span: Span) -> Diagnostic {
    let message = format!("`contains` looks into a text or a list, this is `{found}`");
    Diagnostic::error(codes::E0301, message, span, format!("this is `{found}`"))
}

/// `none` where a value must be.
#[must_use]
pub fn none_not_allowed(expected: &str, span: Span) -> Diagnostic {
    let message = if expected == "a value" || expected == "a record" {
        format!("expected {expected}, found `none`")
    } else {
        format!("expected `{expected}`, found `none`")
    };
    Diagnostic::error(codes::E0301, message, span, "nothing is here")
        .note("only a type that ends in `?` may have no value")
}

/// `5!`-less use of `T?`.
#[must_use]
pub fn absent(shown: &str, span: Span, loss: Option<Loss>) -> Diagnostic {
    let message = Diagnostic::error(codes::E0302, "this value may be absent", span, format!("this is `{shown}`"));
    match loss {
        Some(loss) => loss.explain(message),
        None => message.help("test it with `is not none`, or give a value for that case: `… ?? …`"),
    }
}

/// `1 USD + 1 EUR`.
#[must_use]
pub fn currencies_differ(a: Currency, b: Currency, span: Span, other: Option<Span>) -> Diagnostic {
    let message = format!("amounts in `{a}` and `{b}` do not mix");
    let (label, other_label) = match other {
        Some(_) => (format!("this is `money({b})`"), format!("this is `money({a})`")),
        None => (format!("this is `money({a})`, expected `money({b})`"), String::new()),
    };
    let message = Diagnostic::error(codes::E0303, message, span, label);
    match other {
        Some(other) => message.label(other, other_label),
        None => message,
    }
}

/// `"a" + 1`.
#[must_use]
pub fn cannot_calculate(op: Arithmetic, a: &str, b: &str, op_span: Span, left: Span, right: Span) -> Diagnostic {
    let (symbol, word) = match op {
        Arithmetic::Add => ("+", "add"),
        Arithmetic::Subtract => ("-", "subtract"),
        Arithmetic::Multiply => ("*", "multiply"),
        Arithmetic::Divide => ("/", "divide"),
        Arithmetic::IntDivide => ("div", "divide"),
        Arithmetic::Modulo => ("mod", "divide"),
        Arithmetic::Append => ("++", "join"),
    };
    let message = format!("`{symbol}` cannot {word} `{a}` and `{b}`");
    let message = Diagnostic::error(codes::E0304, message, op_span, "not for these types")
        .label(left, format!("this is `{a}`"))
        .label(right, format!("this is `{b}`"));
    let is_text = a == "text" || b == "text";
    match op {
        Arithmetic::Add if a == "text" && b == "text" => {
            message.help("texts are joined by `++`").fix("write `++`", op_span, "++", Applicability::Safe)
        }
        Arithmetic::Add | Arithmetic::Append if is_text => message.help("put the value into a text: `\"… {…}\"`"),
        Arithmetic::IntDivide if a == "float" && b == "float" => {
            message.help("write `whole(a / b)`, which cuts towards zero: a float has no exact quotient to round down")
        }
        _ if a == "float" && matches!(b, "int" | "decimal") || b == "float" && matches!(a, "int" | "decimal") => {
            message.help("a float meets only floats: write `float(…)`, or a number such as `2f`")
        }
        Arithmetic::Add if a == "duration" => message.help("write the date first: `date + duration`"),
        Arithmetic::Add | Arithmetic::Subtract if (a, b) == ("date", "int") || (a, b) == ("datetime", "int") => {
            message.help("write the unit: `3 days`, or `days(…)`")
        }
        Arithmetic::Add | Arithmetic::Subtract if a.starts_with("money") && (b == "int" || b == "decimal") => {
            message.help("write the currency of the amount, such as `5 USD`")
        }
        _ => message,
    }
}

/// `-"text"`.
#[must_use]
pub fn cannot_negate(shown: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("`{shown}` has no negative"), span, format!("this is `{shown}`"))
}

/// `@2026-01-01 + 3 hours`.
#[must_use]
pub fn exact_time_on_date(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, "hours and minutes cannot be added to a date", span, "shorter than a day")
        .note("a `date` is a whole day; a moment of a day is a `datetime`")
        .help("write `datetime(…, @00:00) + …`, or use whole days")
}

/// `@09:30 + 3 days`.
#[must_use]
pub fn days_on_time(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, "days and months cannot be added to a time of day", span, "a day or longer")
        .note("a `time` goes round the clock; a moment of a day is a `datetime`")
        .help("write `datetime(…, …) + …`, or use hours and minutes")
}

/// `sum d in Deal select d.title`.
#[must_use]
pub fn cannot_fold(shown: &str, head: Span, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("this query cannot combine values of `{shown}`"), span, "selected here")
        .label(head, "needs numbers, or values that have an order")
        .help("write what is combined after `select`")
}

/// `price.base` of an amount in a fixed currency.
#[must_use]
pub fn base_of_fixed(currency: Currency, base: Currency, span: Span) -> Diagnostic {
    let message = format!("an amount of `money({currency})` has no rate of its own");
    Diagnostic::error(codes::E0311, message, span, format!("its record does not keep what it is in {base}"))
        .help(format!("write `convert(…, {base}, at: …)`, or let the field be `money`"))
}

/// `total.base` of a value that is no field.
#[must_use]
pub fn base_of_value(amount: Span, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0311, "only an amount in a field of a record has a rate", span, "which day's rate?")
        .label(amount, "this is no field of a record")
        .help("write `.base` after the field, or `convert(…, …, at: …)` with a day")
}

/// `convert(m, "EUR")`.
#[must_use]
pub fn code_of_currency(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0210, "`convert` takes the code of a currency", span, "no code")
        .help("write it without quotes: `convert(amount, EUR)`")
}

/// `count d in Deal group by …`.
#[must_use]
pub fn groups_are_found(head: Span, key: Span) -> Diagnostic {
    Diagnostic::error(codes::E0321, "only `find` and `find one` give groups", head, "gives one value for everything")
        .label(key, "makes groups")
        .help("write `find … group by … select …`; of each group, `count()` and `sum(…)` can be selected")
}

/// `find d in Deal group by d.rating as k`.
#[must_use]
pub fn groups_select(key: Span) -> Diagnostic {
    Diagnostic::error(codes::E0321, "nothing says what is wanted of each group", key, "makes groups")
        .help("write `select (key: k, n: count())` at the end")
}

/// `… group by d.rating as k select d.title`.
#[must_use]
pub fn one_of_many(name: &str, span: Span, key: Span) -> Diagnostic {
    let message = format!("`{name}` is one of many in its group");
    Diagnostic::error(codes::E0321, message, span, "which one?")
        .label(key, "elements with the same key are one group")
        .help(format!("write the name of the key, or combine all: `sum({name}.…)`, `min({name}.…)`, `count()`"))
}

/// `person.email in emails` of a caseless field.
#[must_use]
pub fn caseless_in_list(span: Span, list: Span) -> Diagnostic {
    let message = "a caseless text can only be looked for in a list that is written out";
    Diagnostic::error(codes::E0305, message, list, "the case of its texts matters")
        .label(span, "has no case")
        .help("write `exists x in … where x == …`, which compares without case")
}

/// `a < b` of types without order.
#[must_use]
pub fn cannot_compare(a: &str, b: &str, is_equality: bool, op_span: Span, span: Span) -> Diagnostic {
    let message = if a == b && !is_equality {
        format!("values of `{a}` have no order")
    } else {
        format!("`{a}` and `{b}` cannot be compared")
    };
    let message = Diagnostic::error(codes::E0305, message, op_span, "not for these types")
        .label(span, format!("compares `{a}` with `{b}`"));
    match (a, b) {
        ("date", "datetime") | ("datetime", "date") => message.help("write `date(…)` for the day of the moment"),
        ("text", "int") | ("int", "text") => message.help("write `text(…)` for a number as text"),
        _ => message,
    }
}

/// `order by d.customer`.
#[must_use]
pub fn cannot_order(shown: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0305, format!("values of `{shown}` have no order"), span, format!("this is `{shown}`"))
        .help("order by one of its fields")
}

/// `deal == account`.
#[must_use]
pub fn entities_never_equal(a: &str, b: &str, op_span: Span, left: Span, right: Span) -> Diagnostic {
    Diagnostic::error(codes::E0306, format!("a record of `{a}` is never one of `{b}`"), op_span, "never the same")
        .label(left, format!("this is `{a}`"))
        .label(right, format!("this is `{b}`"))
        .help("compare references to one entity, such as a field of the record")
}

/// `deal is Account`.
#[must_use]
pub fn never_is(shown: &str, tested: &str, value: Span, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0306, format!("`{shown}` is never `{tested}`"), span, "cannot be this")
        .label(value, format!("this is `{shown}`"))
}

/// A `match` that leaves values out.
#[must_use]
pub fn not_exhaustive(shown: &str, missing: &[String], span: Span) -> Diagnostic {
    let shown_missing: Vec<&String> = missing.iter().take(5).collect();
    let more = missing.len().saturating_sub(5);
    let list = quoted_list(&shown_missing, "and");
    if missing.iter().any(|pattern| pattern == "else") {
        return Diagnostic::error(
            codes::E0307,
            format!("this `match` over `{shown}` has no arm for every other value"),
            span,
            format!("`{shown}` has more values than the arms name"),
        )
        .help("add `else => …`");
    }
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let arms: Vec<String> = shown_missing.iter().map(|pattern| format!("{pattern} => …")).collect();
    Diagnostic::error(
        codes::E0307,
        format!("this `match` has no arm for {list}{rest}"),
        span,
        format!("this is `{shown}`"),
    )
    .note("if none of the arms fits, the process would not know how to go on")
    .help(format!("add `{}`", arms.join(", ")))
}

/// An enum of a library without `else`.
#[must_use]
pub fn library_needs_else(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0307, format!("a `match` over `{name}` needs `else`"), span, "declared by a library")
        .note("another version of the library may have more members")
        .help("add `else => …`")
}

/// `set n = …` of a `let`.
#[must_use]
pub fn not_mutable(name: &str, is_param: bool, span: Span, declared: Span) -> Diagnostic {
    let message = Diagnostic::error(codes::E0309, format!("`{name}` cannot be set"), span, "its value is fixed");
    if is_param {
        return message.label(declared, "given by the caller").help(format!("copy it: `var other = {name}`"));
    }
    message.label(declared, "declared with a fixed value").help(format!("declare it as `var {name}`"))
}

/// `set f(x) = 1`.
#[must_use]
pub fn not_a_place(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0309, "only a name, or a field of one, can be set", span, "not a place for a value")
}

/// `5.title`.
#[must_use]
pub fn no_members(shown: &str, name: &str, base: Span, span: Span) -> Diagnostic {
    let message = format!("`{shown}` has no `{name}`");
    let message =
        Diagnostic::error(codes::E0311, message, span, "unknown field").label(base, format!("this is `{shown}`"));
    let is_function = matches!(
        name,
        "amount"
            | "currency"
            | "day"
            | "first"
            | "hour"
            | "last"
            | "length"
            | "lower"
            | "minute"
            | "month"
            | "sum"
            | "trim"
            | "upper"
            | "weekday"
            | "year"
    );
    match super::uses::foreign_function(name) {
        _ if is_function => message.help(format!("write `{name}(…)`")),
        _ if name == "count" => message.help("write `length(…)`"),
        Some(help) => message.help(help),
        None => message,
    }
}

/// `e.text` of a caught fault.
#[must_use]
pub fn fault_part(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0311, format!("a caught fault has no `{name}`"), span, "unknown field")
        .help("write `.code`, `.message` or `.at`; `catch e: SomeError` gives the fields of that error")
}

/// `let x`.
#[must_use]
pub fn name_needs_type(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0312, format!("the type of `{name}` is not known"), span, "nothing here tells its type")
        .help(format!("write the type: `{name}: …`"))
}

/// `[]`.
#[must_use]
pub fn unknown_elements(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0312, "the type of the elements is not known", span, "no element tells it")
        .help("write the type where the list goes: `let xs: list of … = []`")
}

/// `(a: 1, b: 2)` outside of `return`.
#[must_use]
pub fn named_values_here(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0312, "named values have no type here", span, "no named results are expected")
        .note("they are what a process with several results returns, and what a query may select")
        .help("declare a `record` and write `Name { … }`")
}

/// A record value without all of its fields.
#[must_use]
pub fn missing_fields(owner: &str, missing: &[&str], span: Span, declared: Span) -> Diagnostic {
    let list = quoted_list(missing, "and");
    let more = if missing.len() == 1 { "a value is missing" } else { "values are missing" };
    Diagnostic::error(codes::E0313, format!("`{owner}` needs {list}"), span, more).label(declared, "declared here")
}

/// A statement without a result as a value.
#[must_use]
pub fn no_value(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0315, "this gives no value", span, "has no result")
        .help("let it stand alone as a statement")
}

/// A default that is computed where it must be fixed.
#[must_use]
pub fn not_constant(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0316, "this value must be fixed", span, "depends on when it is computed")
        .help("write a literal or a member of an enum")
}

/// A pattern that is computed.
#[must_use]
pub fn pattern_not_constant(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0316, "a pattern is a fixed value", span, "has to be computed")
        .help("write `else if …`, or a condition after the pattern: `… if … => …`")
}

/// `Team[name]`.
#[must_use]
pub fn particular_not_constant(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0316, "the key of a particular record is a fixed text", span, "has to be computed")
        .note("it is looked up when the build is activated, so that a missing record is noticed then")
        .help("write a query: `find one t in Team where t.name == …`")
}

/// A list in a text.
#[must_use]
pub fn not_printable(shown: &str, span: Span, hint: Option<&str>) -> Diagnostic {
    let message = format!("`{shown}` cannot stand in a text");
    let message = Diagnostic::error(codes::E0317, message, span, format!("this is `{shown}`"));
    match hint {
        Some(hint) => message.help(hint),
        None => message,
    }
}

/// `code matches "("`.
#[must_use]
pub fn unreadable_pattern(reason: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0320, format!("this pattern cannot be read: {reason}"), span, "no pattern")
        .help("write `\\` before a character that stands for itself, in a text `r\"…\"` that has no escapes of its own")
}

/// `code matches other`.
#[must_use]
pub fn pattern_not_fixed(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0320, "a pattern is a fixed text", span, "is not fixed")
        .note("a pattern is read when the program is compiled, so that none can fail or take long when it runs")
        .help("write `contains`, `starts with` or `ends with` for a text that is not fixed")
}

/// `{name:"0.00"}`.
#[must_use]
pub fn pattern_of_type(shown: &str, hint: Option<&str>, span: Span) -> Diagnostic {
    let message = format!("a `{shown}` is not shown by a pattern");
    let message = Diagnostic::error(codes::E0319, message, span, "numbers, dates and times are");
    match hint {
        Some(hint) => message.help(hint),
        None => message.help("leave the pattern out"),
    }
}

/// `{number:"dd.MM"}`.
#[must_use]
pub fn pattern_without_digits(pattern: &str, span: Span) -> Diagnostic {
    let message = format!("the pattern `{pattern}` has no place for the digits of a number");
    Diagnostic::error(codes::E0319, message, span, "is a number").help("write a pattern such as `#,##0.00` or `0.0%`")
}

/// `{day:"DD.MM.YYYY"}`.
#[must_use]
pub fn pattern_part(part: &str, shown: &str, known: &[String], span: Span) -> Diagnostic {
    let message = format!("`{part}` in a pattern shows nothing of a `{shown}`");
    let message = Diagnostic::error(codes::E0319, message, span, format!("is a `{shown}`"));
    if known.is_empty() {
        return message.help("write a pattern such as `dd.MM.yyyy` or `HH:mm`");
    }
    let near = known.iter().find(|known| known.eq_ignore_ascii_case(part));
    let parts = format!("the parts are `{}`; other words stand in single quotes", known.join("`, `"));
    match near {
        Some(near) => message.help(format!("write `{near}`")).note(parts),
        None => message.note(parts),
    }
}

/// `0.00001 USD`.
#[must_use]
pub fn amount_does_not_fit(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0103, "an amount has at most four decimals and 922 trillion", span, "does not fit")
}

/// `hot` as a pattern of an `int`.
#[must_use]
pub fn member_pattern_of_other(shown: &str, span: Span, subject: Span) -> Diagnostic {
    let message = format!("a pattern of `{shown}` is a fixed value, `none` or `else`");
    Diagnostic::error(codes::E0301, message, span, "is the name of a member")
        .label(subject, format!("this is `{shown}`"))
        .note("a pattern never binds a name")
}

/// `not (x > 5)` where `x` may be absent.
#[must_use]
pub fn negated_comparison(span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0301, "this also holds where the value is absent", span, "negates a comparison")
        .note("a comparison with an absent value is false, so that its negation is true")
        .help("turn the comparison round, or test `is none` as well")
}

/// `x ?? y` of a value that is always there.
#[must_use]
pub fn never_absent(span: Span, other: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0302, "this value is never absent", span, "always has a value")
        .label(other, "is never used")
}

/// `x is none` of a value that is always there.
#[must_use]
pub fn never_none(shown: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0302, "this value is never absent", span, format!("this is `{shown}`"))
}

/// An arm that the arms above leave nothing.
#[must_use]
pub fn arm_never_reached(span: Span) -> Diagnostic {
    Diagnostic::warning(codes::W0303, "this arm is never reached", span, "the arms above fit first")
}

/// A fixed text that is longer than its place allows.
#[must_use]
pub fn text_too_long(length: usize, max: u32, span: Span, cause: Option<Span>) -> Diagnostic {
    let message = format!("this text has {length} characters, of at most {max}");
    let message = Diagnostic::error(codes::E0318, message, span, "too long for its place");
    match cause {
        Some(cause) => message.label(cause, format!("at most {max} characters")),
        None => message,
    }
}

/// A fixed value that is lower or higher than its field allows.
#[must_use]
pub fn out_of_bounds(field: &str, is_below: bool, span: Span, declared: Span) -> Diagnostic {
    let (side, label) = if is_below { ("below the lowest", "too low") } else { ("above the highest", "too high") };
    Diagnostic::error(codes::E0318, format!("this is {side} value that `{field}` takes"), span, label)
        .label(declared, "its bounds are declared here")
}

/// `deal.value in this month`, where that is no day.
#[must_use]
pub fn not_in_time(word: &str, shown: &str, span: Span, period: Span) -> Diagnostic {
    let message = format!("expected a day or a moment before `{word}`, found `{shown}`");
    Diagnostic::error(codes::E0324, message, span, "no date and no datetime").label(period, "a period")
}
