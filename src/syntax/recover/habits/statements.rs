//! Statements and what stands in them.

use super::{Here, token_is_name, values};
use crate::base::currencies;
use crate::base::span::Span;
use crate::diag::Diagnostic;
use crate::syntax::errors::habits;
use crate::syntax::recover::explain::{self, Failure, Place};
use crate::syntax::recover::kinds::Kind;
use crate::syntax::recover::verbs;
use crate::syntax::scan::TokenKind;

/// Verbs that are followed by a record.
const OF_RECORDS: [&str; 9] = ["assign", "change", "delete", "link", "route", "share", "unlink", "unshare", "update"];

/// Verbs that are followed by fields in braces.
const OF_FIELDS: [&str; 6] = ["answer", "create", "emit", "given", "raise", "update"];

/// What is wrong with a statement.
pub(super) fn known(place: &Place<'_>, failure: &Failure) -> Option<Diagnostic> {
    let here = Here::of(place)?;
    misplaced(&here, failure)
        .or_else(|| block(&here, failure))
        .or_else(|| clause(&here, failure))
        .or_else(|| values::known(&here, failure))
        .or_else(|| sign(&here, failure))
        .or_else(|| value(&here, failure))
}

/// Words that other languages have here.
fn misplaced(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, word, before, first, span, .. } = *here;
    if here.is_second() && here.is_value() && OF_RECORDS.contains(&first) {
        return Some(habits::no_record(first, &explain::found(&here.token, place.source), span));
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
    if matches!(before, "await" | "call") && here.token.kind == TokenKind::Name {
        let help = format!("write `let x = do {word}(…)`; what is started by `start` is waited for by `wait for`");
        return Some(habits::instead(
            format!("`{before}` is written `do`"),
            place.span_of(place.at - 1),
            "unknown word",
            help,
        ));
    }
    if (first, place.word(place.from + 1)) == ("wait", "for") && here.token.kind == TokenKind::Number {
        let help = format!("write `wait {word} {}`", place.word(place.at + 1));
        let for_word = place.span_of(place.from + 1);
        return Some(habits::instead("`wait for` waits for what was started", for_word, "not needed", help));
    }
    if (first, place.word(place.from + 1)) == ("wait", "for") && here.token.kind == TokenKind::Symbol {
        let help = "write `wait until deal.score > 3`";
        return Some(habits::instead("`wait for` waits for what was started", span, "a condition", help));
    }
    if (first, place.word(place.from + 1)) == ("wait", "for") && word == "{" {
        let help = "write `wait { until …, after 3 days => … }`";
        return Some(habits::instead(
            "the arms of a `wait` follow it",
            place.span_of(place.from + 1),
            "not needed",
            help,
        ));
    }
    if let Some(message) = query(here) {
        return Some(message);
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
    None
}

/// Queries as other languages write them.
fn query(here: &Here<'_>) -> Option<Diagnostic> {
    let Here { place, word, before, first, span, .. } = *here;
    let write = |message: &str, at: Span, help: String| Some(habits::instead(message, at, "not a query", help));
    let next = place.word(place.at + 1);
    match before {
        "find" | "exists" | "count" if here.token.kind == TokenKind::Name => {
            write("a query names each record", span, format!("write `{before} x in {word} where …`"))
        }
        "all" | "each" | "every" if place.at >= 2 && place.word(place.at - 2) == "find" && next == "in" => write(
            "`find` gives all by itself",
            place.span_of(place.at - 1),
            format!("write `find {word} in … where …`"),
        ),
        "select" if first != "select" && (place.word(place.at) == "*" || next == "from") => write(
            "a query begins with `find`",
            place.span_of(place.at - 1),
            "write `find x in Entity where …`".to_owned(),
        ),
        "insert" if word == "into" => {
            let help = format!("write `let x = create {next} {{ … }}`");
            write("a record is made by `create`", place.span_of(place.at - 1).to(span), help)
        }
        "from" if first == "delete" => {
            let help = format!("write `for each x in find x in {word} where … {{ delete x }}`");
            write("`delete` takes one record", place.span_of(place.at - 1), help)
        }
        _ => None,
    }
}

/// Loops and branches.
fn block(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, word, before, first, span, .. } = *here;
    match (first, word) {
        ("for", "(") if here.is_second() || before == "each" => Some(habits::instead(
            "`for` has no parentheses",
            span,
            "expected a name",
            "write `for each x in xs { … }`; over numbers `for each i in range(1, 3) { … }`",
        )),
        ("for", ":" | "of" | "from" | "on" | "=") if place.at == place.from + 2 && before != "each" => {
            let help = format!("write `for each {before} in … {{ … }}`");
            Some(habits::instead("what `for each` goes through stands after `in`", span, "another word", help))
        }
        ("for", ":" | "of" | "from" | "on" | "=") if place.at <= place.from + 3 => {
            Some(habits::replaced("what `for` goes through stands after `in`", span, "another word", "in"))
        }
        ("for", _) if place.at <= place.from + 3 && place.at > place.from + 1 && here.token.kind == TokenKind::Name => {
            let help = format!("write `for each {before} in find {before} in {word} {{ … }}`");
            Some(habits::instead("what `for` goes through stands after `in`", span, "expected `in`", help))
        }
        ("if" | "while" | "for" | "try" | "else", ":") if ends_line(place) => Some(habits::instead(
            format!("the statements of `{first}` stand in braces"),
            span,
            "expected `{`",
            format!("write `{first} … {{ … }}`"),
        )),
        ("if" | "while" | "for", _) if verbs::is_verb(word) && !here.token.first_on_line && failure.expects("{") => {
            let head = if before == "else" { "else" } else { first };
            let help = if head == "else" {
                "write `else { … }`".to_owned()
            } else {
                format!("write `{head} … {{ … }}`")
            };
            Some(habits::instead(format!("the statements of `{head}` stand in braces"), span, "expected `{`", help))
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
        _ => None,
    }
}

/// Whether the next token stands on another line.
fn ends_line(place: &Place<'_>) -> bool {
    place.token(place.at + 1).is_none_or(|next| next.first_on_line)
}

/// What follows the verb.
fn clause(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, word, before, first, span, .. } = *here;
    match (first, word) {
        ("case" | "when", _) if matches!(place.kind, Kind::Arm | Kind::ValueArm) && here.is_second() => {
            let help = format!("write `{word} => …`");
            Some(habits::instead(format!("an arm has no `{first}`"), place.span_of(place.from), "not needed", help))
        }
        ("let" | "var", ",") if place.word(place.at + 2) == "=" => {
            let help = format!("write `{first} {} = …` on its own", place.word(place.at + 1));
            Some(habits::instead(format!("each `{first}` gives one name"), span, "a second name", help))
        }
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
        ("given", "let" | "var") if here.is_second() => Some(habits::instead(
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
        ("raise", _) if here.is_second() && here.is_value() => Some(habits::instead(
            "what is raised is a declared error",
            span,
            "expected the name of an error",
            "declare `error Problem { reason: text }` and write `raise Problem { reason: \"…\" }`; to end the process `stop canceled \"…\"`",
        )),
        ("update", "{") if here.is_second() => Some(habits::instead(
            "`update` is followed by a record",
            span,
            "which record?",
            "write `update deal { score: 2 }`",
        )),
        ("create", "{") if here.is_second() => Some(habits::instead(
            "`create` is followed by an entity",
            span,
            "a record of which entity?",
            "write `create Task { subject: \"…\" }`",
        )),
        ("do" | "start", _) if place.at == place.from + 2 && failure.expects("(") => Some(habits::instead(
            "what is passed stands in parentheses",
            span,
            "expected `(`",
            format!("write `{first} {before}({word}, …)`"),
        )),
        ("change" | "assign" | "route" | "link" | "unlink" | "share" | "unshare", _)
            if joining(first).is_some_and(|joint| word != joint && failure.expects(joint)) =>
        {
            let joint = joining(first)?;
            Some(habits::instead(
                format!("`{first}` names what follows after `{joint}`"),
                span,
                format!("expected `{joint}`"),
                format!("write `{}`", joined(place, joint)),
            ))
        }
        ("stage", _) if here.is_second() && token_is_name(place, place.at) => Some(habits::instead(
            "the title of a stage is a text",
            span,
            "expected a text",
            format!("write `stage \"{word}\" {{ … }}`"),
        )),
        ("update", "set" | "with") => Some(braces(first, "`update` names its fields in braces", span)),
        ("update" | "create", _)
            if token_is_name(place, place.at) && failure.expects("{") && place.word(place.at + 1) == ":" =>
        {
            Some(braces(first, "fields stand in braces", span))
        }
        (_, "(") if OF_FIELDS.contains(&first) || has_verb_of_fields(place) => {
            let is_bare = matches!(first, "emit" | "raise") && token_is_name(place, place.at - 1);
            (is_bare || failure.expects("{")).then(|| braces(first, "fields stand in braces", span))
        }
        ("share", _)
            if before != "with" && matches!(word, "read" | "update" | "delete" | "assign" | "share" | "write") =>
        {
            let help = "write `share deal with ann (read, update)`";
            Some(habits::instead("rights stand in parentheses", span, "expected `(`", help))
        }
        _ => None,
    }
}

/// Signs between values.
fn sign(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, word, before, first, span, .. } = *here;
    match (first, word) {
        (_, "++" | "--") if first == "set" || here.is_second() => {
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
                && matches!(before, "_" | ")") | token_is_name(place, place.at.saturating_sub(1))
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
        (_, "if") if place.at > place.from && has_else(place) => Some(habits::instead(
            "the condition of a value stands before it",
            span,
            "too late",
            "write `if condition then a else b`",
        )),
        _ if here.token.kind == TokenKind::Number && currencies::known(before).is_some() => {
            let help = format!("write `{word} {before}`");
            Some(habits::instead("a currency stands behind the amount", place.span_of(place.at - 1), "too early", help))
        }
        (_, ",") if place.word(place.at.saturating_sub(2)) == "between" => {
            Some(habits::replaced("the two ends of `between` are joined by `and`", span, "a comma", " and"))
        }
        (_, "like") => Some(habits::instead(
            "there is no `like`",
            span,
            "unknown word",
            "write `contains`, `starts with`, `ends with` or `matches r\"…\"`",
        )),
        _ => None,
    }
}

/// Values that are statements.
fn value(here: &Here<'_>, failure: &Failure) -> Option<Diagnostic> {
    let Here { place, first, word, before, span, .. } = *here;
    match (first, word) {
        _ if before == "new" && here.token.kind == TokenKind::Name => Some(habits::instead(
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

/// Whether an `else` follows on the line.
fn has_else(place: &Place<'_>) -> bool {
    let rest = (place.at + 1..place.to).map_while(|at| place.token(at).filter(|token| !token.first_on_line));
    rest.map(|token| token.text(place.source)).take_while(|word| *word != "{").any(|word| word == "else")
}

/// `exists(x in …)`, where the failure stands in the parentheses: the token of the word.
fn open_query(place: &Place<'_>) -> Option<usize> {
    let heads = ["all", "average", "count", "exists", "find", "max", "min", "sum"];
    let is_open = |at: &usize| {
        heads.contains(&place.word(*at))
            && place.word(at + 1) == "("
            && (place.word(at + 3) == "in"
                || place.word(at + 2) == "select"
                || (place.word(at + 3) == "where" && matches!(place.word(*at), "count" | "exists" | "find")))
            && place.partner.get(at + 1).copied().flatten().is_some_and(|close| close >= place.at)
    };
    (place.from..place.at).rev().find(is_open)
}

/// The tokens of what was meant as one value and is none: no part of it can be judged.
pub(in crate::syntax::recover) fn region(place: &Place<'_>) -> Option<(usize, usize)> {
    if let Some(region) = values::region(place) {
        return Some(region);
    }
    if let Some(at) = open_query(place) {
        return Some((at, place.partner.get(at + 1).copied().flatten()? + 1));
    }
    let before = place.at.checked_sub(1)?;
    if place.token(place.at).is_some_and(|token| token.kind == TokenKind::Text)
        && place.token(before).is_some_and(|mark| mark.kind == TokenKind::Word && place.touches(before))
    {
        return Some((before, place.at + 1));
    }
    match place.word(place.at) {
        "," if matches!(place.word(place.from), "let" | "var") => Some((before, place.to)),
        "?" => {
            let is_start = |at: &usize| matches!(place.word(*at), "=" | "return" | "log" | ":" | "=>" | "{");
            let start = (place.from..place.at).rev().find(is_start)?;
            Some((start + 1, place.to))
        }
        "=>" => {
            let open = (place.from..place.at).rev().find(|at| place.word(*at) == "(")?;
            let is_outside =
                |at: &usize| place.word(*at) == "in" || (!token_is_name(place, *at) && place.word(*at) != ".");
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

/// The word that a verb is followed by, behind its record.
fn joining(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "change" | "assign" | "route" | "link" => "to",
        "unlink" => "from",
        "share" | "unshare" => "with",
        _ => return None,
    })
}

/// The statement with the right word at the place.
fn joined(place: &Place<'_>, joint: &str) -> String {
    let text = |from: usize, to: usize| {
        let (start, end) = (place.token(from), to.checked_sub(1).and_then(|last| place.token(last)));
        let span = start.zip(end).and_then(|(start, end)| place.source.get(start.start as usize..end.end as usize));
        span.filter(|text| text.len() <= 60 && !text.contains('\n')).unwrap_or("…")
    };
    let is_other =
        matches!(place.word(place.at), "=" | "to" | "with" | "from" | "in" | "into" | "as" | "->" | "=>" | ":");
    let rest = if is_other { place.at + 1 } else { place.at };
    let end = (rest..place.to).take_while(|at| place.token(*at).is_some_and(|token| !token.first_on_line)).last();
    format!("{} {joint} {}", text(place.from, place.at), end.map_or("…", |end| text(rest, end + 1)))
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
