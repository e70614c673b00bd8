//! Slips that have a better message than what the grammar expected: habits of other languages, words of the language
//! at the wrong place, and things that are nearly right.

use super::explain::{Failure, Place};
use super::kinds::Kind;
use super::verbs;
use crate::base::distance::did_you_mean;
use crate::base::span::Span;
use crate::diag::Diagnostic;
use crate::syntax::errors::habits;
use crate::syntax::scan::TokenKind;

/// Verbs that are followed by a record.
const OF_RECORDS: [&str; 9] = ["assign", "change", "delete", "link", "route", "share", "unlink", "unshare", "update"];

/// Verbs that are followed by fields in braces.
const OF_FIELDS: [&str; 6] = ["answer", "create", "emit", "given", "raise", "update"];

/// Words that go on with something, as other languages write them.
const NEARLY: [(&str, &str); 10] = [
    ("asc", "ascending"),
    ("cancelled", "canceled"),
    ("desc", "descending"),
    ("groupby", "group by"),
    ("having", "where"),
    ("into", "to"),
    ("orderby", "order by"),
    ("sort", "order by"),
    ("sortby", "order by"),
    ("within", "in"),
];

/// Words for a value that is not there.
pub(in crate::syntax) const NOTHING: [&str; 7] = ["null", "nil", "undefined", "Null", "None", "NULL", "nothing"];

/// The message for a slip that is known, in a part that does not parse.
pub(super) fn known(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    letters(place)
        .or_else(|| number(place))
        .or_else(|| absent(place))
        .or_else(|| match place.kind {
            Kind::Item => head(place, failure),
            Kind::Stmt | Kind::Arm | Kind::WaitArm | Kind::ValueArm => statement(place, failure),
            Kind::EntityPart | Kind::Param => field(place),
            Kind::StatePart => arrow(place),
            _ => None,
        })
        .or_else(|| types(place))
        .or_else(|| nearly(place))
}

/// A name with letters that names do not have.
fn letters(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let word = token.text(place.source);
    let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Name) && !word.starts_with('`');
    (is_name && !word.is_ascii()).then(|| habits::not_ascii(word, place.span(token)))
}

/// `3days`, `0xff`, `1,5`, `.5`.
fn number(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    if token.kind == TokenKind::Number {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_').len();
        let (number, rest) = word.split_at_checked(digits)?;
        if super::explain::UNITS.contains(&rest) {
            return Some(habits::replaced(
                format!("a space is missing in `{word}`"),
                span,
                "a number and a unit are two words",
                &format!("{number} {rest}"),
            ));
        }
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) && place.word(place.at - 1) != "at" {
            let help = "numbers are written `255`, `1_000`, `1.5`, `2e9f`, `20%`, `50 USD`, `3 days`";
            return Some(habits::instead(format!("`{word}` is no number"), span, "not understood", help));
        }
        return None;
    }
    let next = place.token(place.at + 1).filter(|next| next.kind == TokenKind::Number && next.start == token.end)?;
    let is_after_number = place.token(place.at.checked_sub(1)?).is_some_and(|before| {
        before.kind == TokenKind::Number && before.end == token.start && place.kind != Kind::Param
    });
    let digits = next.text(place.source);
    match word {
        "." => Some(habits::instead(
            "a decimal begins with a digit",
            span,
            "no digit before the point",
            format!("write `0.{digits}`"),
        )),
        "," if is_after_number => {
            let whole = place.word(place.at - 1);
            Some(habits::instead(
                "a decimal is written with a point",
                span,
                "a comma separates values",
                format!("write `{whole}.{digits}`"),
            ))
        }
        _ => None,
    }
}

/// `is null`, `is empty`, `is 3`, `not is none`.
fn absent(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, before) = (token.text(place.source), place.word(place.at.checked_sub(1)?));
    let span = place.span(token);
    if word == "is" && before == "not" {
        let both = place.span_of(place.at - 1).to(span);
        return Some(habits::replaced("`not is` is written `is not`", both, "the other way round", "is not"));
    }
    let is_test = before == "is" || (before == "not" && place.at >= 2 && place.word(place.at - 2) == "is");
    if !is_test {
        return None;
    }
    let (sign, test) = if before == "is" { ("==", "is") } else { ("!=", "is not") };
    Some(match word {
        _ if NOTHING.contains(&word) => {
            habits::replaced(format!("an absent value is called `none`, not `{word}`"), span, "unknown word", "none")
        }
        "empty" | "blank" => habits::instead(
            format!("`{test} {word}` tests nothing"),
            span,
            "unknown word",
            format!(
                "write `{sign} \"\"` for a text, `length(x) {sign} 0` for a list, `{test} none` for an absent value"
            ),
        ),
        _ if matches!(token.kind, TokenKind::Number | TokenKind::Text | TokenKind::Word | TokenKind::Moment) => {
            habits::instead(
                format!("`{test}` does not compare values"),
                place.span_of(place.at - 1),
                "only for `none`, `deleted` and the names of entities",
                format!("write `{sign}`"),
            )
        }
        _ => return None,
    })
}

/// A word for another that the language has.
fn nearly(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at).filter(|_| place.at > place.from)?;
    let word = token.text(place.source);
    let (_, right) = NEARLY.iter().find(|(written, _)| *written == word)?;
    Some(habits::replaced(format!("`{word}` is written `{right}`"), place.span(token), "unknown word", right))
}

/// Heads of declarations: the order of their parts, and how events are named.
fn head(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    let before = place.word(place.at.checked_sub(1)?);
    let kind = place.word(place.from);
    let is_process = matches!(kind, "workflow" | "realtime" | "action" | "dialog" | "activity");
    let has = |wanted: &str| (place.from..place.at).any(|at| place.word(at) == wanted);
    if let Some(known) = schedule(place, span) {
        return Some(known);
    }
    if matches!(before, "updated" | "written") && word != "(" {
        let help = format!("name the fields in parentheses: `{before}(amount, title)`");
        return Some(habits::instead(
            format!("`{before}` of which fields?"),
            place.span_of(place.at - 1),
            "no fields",
            help,
        ));
    }
    if matches!(before, "updated" | "written" | "(" | ",") && token.kind == TokenKind::Text && has("when") {
        let text = word.trim_matches('"');
        return Some(habits::replaced("a field is named without quotes", span, "a text", text));
    }
    match word {
        "or" | "and" | "&&" | "||" if has("when") || has("before") || has("after") => {
            Some(habits::replaced("events are separated by commas", span, "between two events", ","))
        }
        "==" | "=" | "is" | "becomes" | "changes" | "change" | "to" if before == "status" => Some(habits::instead(
            "this event is written `status changed`",
            place.span_of(place.at - 1).to(span),
            "unknown event",
            "write `status changed`, `status changed to won` or `status changed from open to won`",
        )),
        "on" if is_process => {
            let event = place.word(place.at + 1);
            let event = if event.is_empty() || event == "{" { "created" } else { event };
            let is_signal = token_is_name(place, place.at + 1) && event.starts_with(|c: char| c.is_ascii_uppercase());
            let written = match event {
                "every" => "every …".to_owned(),
                event if is_signal => format!("on {event}"),
                event => event.to_owned(),
            };
            let help = format!("write `when {written}`");
            Some(habits::instead("an event is named after `when`", span, "begins no clause", help))
        }
        "for" if is_process && !has("for") => Some(habits::instead(
            "`for …` stands before the clauses and the result",
            span,
            "too late",
            format!("write `{kind} Name(inputs) for record: Entity -> result when … {{ … }}`; leave out what it lacks"),
        )),
        "(" if is_process && has("for") => Some(habits::instead(
            "the inputs stand right after the name",
            span,
            "too late",
            format!("write `{kind} Name(inputs) for record: Entity … {{ … }}`"),
        )),
        "{" if kind == "activity" && !has("using") => Some(habits::instead(
            "an activity has no body",
            span,
            "expected `using`",
            "say what does it: `using native`; what the process does itself is an `action`",
        )),
        "owned" if kind == "entity" => Some(habits::instead(
            "`owned by` stands before the flags",
            span,
            "too late",
            "write `entity Name owned by user, audited { … }`",
        )),
        "when" | "{" | "->"
            if place.at >= 2 && place.word(place.at - 2) == "for" && token_is_name(place, place.at - 1) =>
        {
            Some(habits::instead(
                "the record of a process has a name and a type",
                place.span_of(place.at - 1),
                "only one of them",
                "write `for deal: Deal`",
            ))
        }
        ":" if kind == "fn" && before == ")" => {
            Some(habits::replaced("the result of a function stands after `->`", span, "another sign", " ->"))
        }
        "{" if kind == "fn" && before == ")" => Some(habits::instead(
            "a function says what it gives",
            span,
            "expected `->` and a type",
            "write `-> int` after the inputs; what gives nothing is an `action`",
        )),
        "=" if kind == "config" && place.at == place.from + 2 => Some(habits::instead(
            "a setting says its type",
            span,
            "expected `:` and a type",
            format!("write `config {before}: int = …`"),
        )),
        before if kind == "secret" && place.word(place.at + 1) == ":" && place.at == place.from + 1 => {
            Some(habits::instead(
                "a secret has only a name",
                place.span_of(place.at + 1),
                "neither type nor value",
                format!("write `secret {before}`: its value stays out of the program"),
            ))
        }
        ":" | "=" if kind == "secret" => Some(habits::instead(
            "a secret has only a name",
            span,
            "neither type nor value",
            format!("write `secret {before}`: its value stays out of the program"),
        )),
        _ if token.kind == TokenKind::Text && failure.expects_name() && place.at <= place.from + 2 => {
            let name: String = word
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter_map(|part| part.split_at_checked(1).map(|(first, rest)| first.to_ascii_uppercase() + rest))
                .collect();
            Some(habits::instead(
                format!("the name of {} is no text", article(kind)),
                span,
                "a text",
                format!("write `{name}`"),
            ))
        }
        "{" if kind == "test" => Some(habits::instead(
            "a test says what it shows",
            span,
            "expected a text",
            "write `test \"an old deal is closed\" { … }`",
        )),
        "-" if place.token(place.at - 1).is_some_and(|name| name.end == token.start) => Some(habits::instead(
            "a name has no `-`",
            span,
            "ends the name",
            "write the words of a name without it: `ChaseDeals`, `chase_deals`",
        )),
        _ => None,
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "entity" => "an entity",
        "enum" => "an enum",
        "action" => "an action",
        "test" => "this",
        _ => "a process",
    }
}

fn token_is_name(place: &Place<'_>, at: usize) -> bool {
    place.token(at).is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Name))
}

/// `every funday at 09:00`, `every minute`, `every day at 9`.
fn schedule(place: &Place<'_>, span: Span) -> Option<Diagnostic> {
    let (word, before) = (place.word(place.at), place.word(place.at.checked_sub(1)?));
    let start = (place.from..place.at).rev().find(|at| place.word(*at) == "every")?;
    if (start..place.at).any(|at| matches!(place.word(at), "{" | "only" | "run" | "keep")) {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let day = |lower: &str| DAYS.iter().copied().find(|day| *day == lower || format!("{day}s") == lower);
    let in_list = place.at == start + 1 || before == ",";
    if in_list && token_is_name(place, place.at) {
        if let Some(one) =
            super::explain::UNITS.iter().find(|unit| **unit == lower && lower != "day" && lower != "month")
        {
            let help =
                if one.ends_with('s') { format!("write `every 15 {one}`") } else { format!("write `every 1 {one}`") };
            return Some(habits::instead("a schedule says how many", span, "expected a number", help));
        }
        let near = day(&lower).or_else(|| did_you_mean(&lower, DAYS).first().copied());
        return Some(habits::unknown_day(word, near, span));
    }
    if matches!(word, "and" | "or") && day(before).is_some() {
        return Some(habits::replaced("days are separated by commas", span, "between two days", ","));
    }
    if before == "month" && word != "on" {
        let help = "write `every month on day 1 at 06:00`";
        return Some(habits::instead("on which day of the month?", span, "expected `on day …`", help));
    }
    let is_number = |at: usize| place.token(at).is_some_and(|token| token.kind == TokenKind::Number);
    let hour = if is_number(place.at) { word } else { before };
    if before == "at" || (is_number(place.at - 1) && place.word(place.at.checked_sub(2)?) == "at") {
        let digits: String = hour.chars().take_while(char::is_ascii_digit).collect();
        let hours = digits
            .parse::<u8>()
            .ok()
            .map_or(9, |hour| if word.ends_with("pm") && hour < 12 { hour + 12 } else { hour });
        let clock = if hours < 24 { format!("{hours:02}:00") } else { "09:00".to_owned() };
        let at = if before == "at" { span } else { place.span_of(place.at - 1) };
        let help = format!("write `at {clock}`");
        return Some(habits::instead("a time of day has hours and minutes", at, "no time of day", help));
    }
    if word != "at" && day(before).is_some() {
        return Some(habits::instead(
            "at which time of the day?",
            span,
            "expected `at`",
            format!("write `every {before} at 09:00`"),
        ));
    }
    if before == "in" {
        let help = "write it in quotes: `in \"Europe/Berlin\"`";
        return Some(habits::instead("the place of a schedule is a text", span, "expected a text", help));
    }
    None
}

const DAYS: [&str; 9] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekday", "day"];

/// Statements and what stands in them.
fn statement(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    let first = place.word(place.from);
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    let before = place.at.checked_sub(1).map_or("", |before| place.word(before));
    let is_second = place.at == place.from + 1;
    let is_value = matches!(token.kind, TokenKind::Number | TokenKind::Text | TokenKind::Moment | TokenKind::Open('['));
    if is_second && is_value && OF_RECORDS.contains(&first) {
        return Some(habits::no_record(first, &super::explain::found(token, place.source), span));
    }
    if word == "{" && failure.expects("then") {
        return Some(habits::instead(
            "an `if` that gives a value has no braces",
            span,
            "expected `then`",
            "write `if condition then a else b`",
        ));
    }
    if matches!(before, "if" | "while") && matches!(word, "let" | "var") {
        let help = "write `if deal.value is not none { … }`: in the block the value is there";
        return Some(habits::instead(format!("a condition needs no `{word}`"), span, "not needed", help));
    }
    if matches!(before, "await" | "call") && token.kind == TokenKind::Name {
        let help = format!("write `let x = do {word}(…)`; what is started by `start` is waited for by `wait for`");
        return Some(habits::instead(
            format!("`{before}` is written `do`"),
            place.span_of(place.at - 1),
            "unknown word",
            help,
        ));
    }
    if (first, place.word(place.from + 1)) == ("wait", "for") && token.kind == TokenKind::Symbol {
        let help = "write `wait until deal.score > 3`";
        return Some(habits::instead("`wait for` waits for what was started", span, "a condition", help));
    }
    if let Some(at) = open_query(place) {
        let word = place.word(at);
        let help = format!("write `{word} x in Entity where …`; in parentheses as a whole: `({word} x in …)`");
        return Some(habits::instead(
            format!("`{word}` has no parentheses"),
            place.span_of(at + 1),
            "not needed",
            help,
        ));
    }
    match (first, word) {
        ("for", "(") if is_second || before == "each" => Some(habits::instead(
            "`for` has no parentheses",
            span,
            "expected a name",
            "write `for each x in xs { … }`; over numbers `for each i in range(1, 3) { … }`",
        )),
        ("for", ":" | "of" | "from" | "=") if place.at <= place.from + 3 => {
            Some(habits::replaced("what `for` goes through stands after `in`", span, "another word", "in"))
        }
        ("for", "where" | "order" | "limit") => Some(habits::instead(
            "a query begins with `find`",
            span,
            "nothing is sought here",
            format!("write `for each x in find x in … {word} … {{ … }}`"),
        )),
        ("if" | "while", "then" | "do") => Some(habits::instead(
            format!("the statements of `{first}` stand in braces"),
            span,
            "expected `{`",
            format!("write `{first} … {{ … }}`; `if … then … else …` is a value"),
        )),
        ("mock", "=>") if place.word(place.from + 1) == "(" => Some(habits::instead(
            "a mock names what it stands for",
            place.span_of(place.from + 1),
            "expected a name",
            "write `mock Score(1) => …`",
        )),
        (_, ":") if place.at >= 2 && place.word(place.at - 2) == "select" => {
            let help = "write `select (key: k, n: count())`";
            Some(habits::instead("several values stand in parentheses", span, "expected `(` before the first", help))
        }
        ("given", "let" | "var") if is_second => Some(habits::instead(
            format!("`given` needs no `{word}`"),
            span,
            "not needed",
            "write `given a = Account { … }`",
        )),
        ("try", "(") if before == "catch" => Some(habits::instead(
            "`catch` has no parentheses",
            span,
            "expected a name",
            "write `catch e { … }`, or `catch e: Problem { … }`",
        )),
        ("raise", _) if is_second && is_value => Some(habits::instead(
            "what is raised is a declared error",
            span,
            "expected the name of an error",
            "declare `error Problem { reason: text }` and write `raise Problem { reason: \"…\" }`; to end the process `stop canceled \"…\"`",
        )),
        ("update", "set" | "with") => Some(braces(first, "`update` names its fields in braces", span)),
        (_, "(") if OF_FIELDS.contains(&first) || has_verb_of_fields(place) => {
            failure.expects("{").then(|| braces(first, "fields stand in braces", span))
        }
        ("share", _)
            if before != "with" && matches!(word, "read" | "update" | "delete" | "assign" | "share" | "write") =>
        {
            let help = "write `share deal with ann (read, update)`";
            Some(habits::instead("rights stand in parentheses", span, "expected `(`", help))
        }
        (_, "++" | "--") if first == "set" || is_second => {
            let help = if word == "++" { "write `set n += 1`" } else { "write `set n -= 1`" };
            Some(habits::instead(format!("`{word}` does not count"), span, "joins texts and lists", help))
        }
        (_, "*") if before == "*" => Some(habits::instead(
            "there is no power",
            span,
            "a second `*`",
            "write the product out, or a `fn` with a loop",
        )),
        (_, "=>")
            if place.kind == Kind::Stmt
                && matches!(before, "_") | token_is_name(place, place.at.saturating_sub(1))
                && first != "mock" =>
        {
            Some(habits::instead(
                "a function cannot be written as a value",
                span,
                "stands only in arms and mocks",
                "write a query: `find x in xs where … select …`",
            ))
        }
        (_, "," | ")") if failure.at > 0 && before_in_tuple(place) => Some(habits::instead(
            "a list of values stands in brackets",
            span,
            "within parentheses",
            "write `x in [1, 2, 3]`",
        )),
        (_, ",") if place.word(place.at.saturating_sub(2)) == "between" => {
            Some(habits::replaced("the two ends of `between` are joined by `and`", span, "a comma", " and"))
        }
        (_, "like") => Some(habits::instead(
            "there is no `like`",
            span,
            "unknown word",
            "write `contains`, `starts with`, `ends with` or `matches r\"…\"`",
        )),
        _ if before == "new" && token.kind == TokenKind::Name => Some(habits::instead(
            "a record is made by a statement",
            place.span_of(place.at - 1),
            "begins no value",
            format!("write `let x = create {word} {{ … }}`; a value of a record type is `{word} {{ … }}` alone"),
        )),
        _ if verbs::is_reserved(word) && failure.expects_value() && !matches!(word, "if" | "match") => {
            Some(habits::instead(
                format!("`{word}` is a statement, and a value stands here"),
                span,
                "begins a statement",
                format!("write it as a statement of its own: `let x = {word} …`, and use `x` here"),
            ))
            .filter(|_| matches!(word, "do" | "create" | "start" | "ask" | "send"))
        }
        _ => None,
    }
}

/// `exists(x in …)`, where the failure stands in the parentheses: the token of the word.
fn open_query(place: &Place<'_>) -> Option<usize> {
    let heads = ["all", "average", "count", "exists", "find", "max", "min", "sum"];
    let is_open = |at: &usize| {
        heads.contains(&place.word(*at))
            && place.word(at + 1) == "("
            && place.word(at + 3) == "in"
            && place.partner.get(at + 1).copied().flatten().is_some_and(|close| close >= place.at)
    };
    (place.from..place.at).rev().find(is_open)
}

/// The tokens of what was meant as one value and is none: no part of it can be judged.
pub(super) fn region(place: &Place<'_>) -> Option<(usize, usize)> {
    if let Some(at) = open_query(place) {
        return Some((at, place.partner.get(at + 1).copied().flatten()? + 1));
    }
    let before = place.at.checked_sub(1)?;
    match place.word(place.at) {
        "?" => {
            let is_start = |at: &usize| matches!(place.word(*at), "=" | "return" | "log" | ":" | "=>" | "{");
            let start = (place.from..place.at).rev().find(is_start)?;
            Some((start + 1, place.to))
        }
        "=>" => {
            let open = (place.from..place.at).rev().find(|at| place.word(*at) == "(")?;
            let is_outside = |at: &usize| !token_is_name(place, *at) && place.word(*at) != ".";
            let start = (place.from..open).rev().find(is_outside).map_or(place.from, |at| at + 1);
            let start = if matches!(place.word(start), "return" | "log") { start + 1 } else { start };
            Some((start, place.partner.get(open).copied().flatten()? + 1))
        }
        _ if matches!(place.word(before), "await" | "call" | "new") => {
            let open = (place.at..place.to).find(|at| matches!(place.word(*at), "(" | "{"))?;
            Some((before, place.partner.get(open).copied().flatten()? + 1))
        }
        _ => None,
    }
}

/// What to write where a statement lacks the braces of its fields.
pub(super) fn fields(place: &Place<'_>, expected: &[String]) -> Option<&'static str> {
    let is_brace = matches!(expected, [one] if one == "`{`");
    (is_brace && place.kind == Kind::Stmt && OF_FIELDS.contains(&place.word(place.from)))
        .then_some("the fields stand in braces: `{ field: value }`")
}

fn has_verb_of_fields(place: &Place<'_>) -> bool {
    token_is_name(place, place.at.saturating_sub(1))
        && place.at >= 2
        && matches!(place.word(place.at - 2), "create" | "=")
}

fn braces(verb: &str, message: &str, span: Span) -> Diagnostic {
    let help = match verb {
        "update" => "write `update deal { score: 2 }`",
        "given" => "write `given a = Account { name: \"Acme\" }`",
        _ => "write `Name { field: value }`",
    };
    habits::instead(message, span, "expected `{`", help)
}

/// Whether the token stands in `in (1, 2)`.
fn before_in_tuple(place: &Place<'_>) -> bool {
    let open = (place.from..place.at).rev().find(|at| matches!(place.word(*at), "(" | ")"));
    open.is_some_and(|open| place.word(open) == "(" && open > place.from && place.word(open - 1) == "in")
}

/// Fields of entities and records.
fn field(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, span) = (token.text(place.source), place.span(token));
    let next = place.word(place.at + 1);
    match (word, next) {
        ("required" | "mandatory", _) => Some(habits::instead(
            "a field is required by itself",
            span,
            "not needed",
            "leave it out; a field that may be absent has a type with `?`",
        )),
        ("not", "null" | "none") => Some(habits::instead(
            "a field is required by itself",
            span.to(place.span_of(place.at + 1)),
            "not needed",
            "leave it out; a field that may be absent has a type with `?`",
        )),
        ("null" | "nullable" | "optional", "" | "," | "}") => Some(habits::instead(
            "a field that may be absent has a type with `?`",
            span,
            "not written so",
            "write `title: text?`",
        )),
        ("default", _) if next != ":" => {
            Some(habits::replaced("a default is written with `=`", span, "not written so", "="))
        }
        ("(", _) if place.at > place.from && place.word(place.at - 1) == "unique" => Some(habits::instead(
            "the fields of `unique` stand without parentheses",
            span,
            "not needed",
            "write `unique title, customer`",
        )),
        (_, _) if place.at > place.from && place.word(place.at - 1) == "shown" && token.kind == TokenKind::Text => {
            let help = format!("write `shown as {word}`");
            Some(habits::instead("a shown name is written `shown as`", span, "expected `as`", help))
        }
        ("unique", "(") => Some(habits::instead(
            "the fields of `unique` stand without parentheses",
            place.span_of(place.at + 1),
            "not needed",
            "write `unique title, customer`",
        )),
        ("shown", next) if next != "as" => Some(habits::instead(
            "a shown name is written `shown as`",
            span,
            "a word is missing",
            "write `shown as \"{name}\"`",
        )),
        ("=", _) if place.at == place.from + 1 => Some(habits::instead(
            "the type of a field stands after a colon",
            span,
            "expected `:`",
            format!("write `{}: {next}`", place.word(place.from)),
        )),
        (_, _) if place.at == place.from + 1 && token_is_name(place, place.at) && token_is_name(place, place.from) => {
            let first = place.word(place.from);
            let help = format!("write `{word}: {first}`, the name first");
            let known = super::explain::is_type_word(first) || place.token(place.from)?.kind == TokenKind::Name;
            known.then(|| habits::instead("the name of a field stands before its type", span, "expected `:`", help))
        }
        _ => None,
    }
}

/// `open => won` among states.
fn arrow(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let word = token.text(place.source);
    let is_sign = place.at > place.from && matches!(word, "=>" | "-->" | ">");
    is_sign
        .then(|| habits::replaced("a change of states is written with `->`", place.span(token), "another sign", "->"))
}

/// Types as other languages write them.
fn types(place: &Place<'_>) -> Option<Diagnostic> {
    let token = place.token(place.at)?;
    let (word, before) = (token.text(place.source), place.word(place.at.checked_sub(1)?));
    let next = place.word(place.at + 1);
    let span = place.span(token);
    let before_type = super::explain::is_type_word(before) || token_is_name(place, place.at - 1);
    let after_colon = place.at >= 2 && matches!(place.word(place.at - 2), ":" | "->" | "of");
    match word {
        "<" | "[" if matches!(before, "list" | "set" | "List" | "Set" | "array" | "Array" | "Map") && after_colon => {
            Some(habits::instead(
                "a type of many is written with `of`",
                span,
                "no such brackets",
                format!("write `{} of {next}`", if before.eq_ignore_ascii_case("set") { "set" } else { "list" }),
            ))
        }
        "[" if before_type && after_colon && next == "]" => Some(habits::instead(
            "a type of many is written with `of`",
            span,
            "no such brackets",
            format!("write `list of {before}`"),
        )),
        _ if before == "optional" && after_colon && token_is_name(place, place.at) => Some(habits::instead(
            "an optional type ends in `?`",
            place.span_of(place.at - 1),
            "not written so",
            format!("write `{word}?`"),
        )),
        "to" | "of" if matches!(before, "reference" | "ref" | "link" | "lookup") && after_colon => {
            Some(habits::instead(
                "a reference is written as the entity alone",
                place.span_of(place.at - 1),
                "not needed",
                format!("write `{next}`"),
            ))
        }
        _ if place.kind == Kind::Item
            && super::explain::is_type_word(before)
            && token_is_name(place, place.at)
            && place.at >= 2
            && matches!(place.word(place.at - 2), "(" | ",") =>
        {
            Some(habits::instead(
                "the name of an input stands before its type",
                span,
                "expected `:`",
                format!("write `{word}: {before}`"),
            ))
        }
        _ => None,
    }
}
