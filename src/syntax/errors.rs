//! The words of every message about syntax.

pub(super) mod habits;

use crate::base::span::Span;
use crate::diag::{Applicability, Diagnostic, Edit, Fix, codes};

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

/// `text | null`.
pub(super) fn optional_by_bar(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0118, "an optional type ends in `?`", span, "not written so")
        .help(format!("write `{ty}?`"))
}

/// `$"…"`, `f"…"`.
pub(super) fn marked_text(mark: &str, span: Span) -> Diagnostic {
    let message = format!("a text with slots needs no `{mark}`");
    Diagnostic::error(codes::E0118, message, span, "not needed").help("leave it out: every text has slots").fix(
        format!("remove `{mark}`"),
        span,
        "",
        Applicability::Suggested,
    )
}

/// `varchar(80)`, `int(5)`.
pub(super) fn wrong_type_argument(word: &str, argument: &str, span: Span) -> Diagnostic {
    let instead = match word {
        "char" | "nchar" | "nvarchar" | "str" | "string" | "varchar" => Some("text"),
        "dec" | "numeric" => Some("decimal"),
        _ => None,
    };
    if let Some(right) = instead {
        return Diagnostic::error(codes::E0108, format!("there is no type `{word}`"), span, "unknown type")
            .help(format!("write `{right}({argument})`"));
    }
    Diagnostic::error(codes::E0108, format!("`{word}` cannot take `{argument}`"), span, "not possible here")
        .help("only `text(200)`, `decimal(2)` and `money(USD)` take something in parentheses")
}

/// `&&`, `||`, `!` and the like, and `=` between operands.
pub(super) fn foreign_operator(written: &str, span: Span) -> Diagnostic {
    let right = match written {
        "&&" => "and",
        "||" => "or",
        "!" => "not",
        "%" => "mod",
        "=" | "===" => "==",
        _ => "!=",
    };
    let fix = if written == "!" { "not " } else { right };
    if written == "=" {
        return Diagnostic::error(codes::E0110, "a comparison is written `==`", span, "one `=` gives a name its value")
            .help("write `==`")
            .fix("write `==`", span, fix, Applicability::Safe);
    }
    Diagnostic::error(codes::E0109, format!("`{written}` is written `{right}`"), span, format!("write `{right}`")).fix(
        format!("write `{right}`"),
        span,
        fix,
        Applicability::Safe,
    )
}

/// `let x == 1`.
pub(super) fn assignment_sign(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0110, "a value is given with one `=`", span, format!("`{written}` does not give a value"))
        .help("write `=`")
        .fix("write `=`", span, "=", Applicability::Safe)
}

/// `do Escalate(deal, reason = "late")`.
pub(super) fn argument_sign(name: &str, span: Span) -> Diagnostic {
    let message = "an input is named with a colon";
    Diagnostic::error(codes::E0110, message, span, "`=` instead of `:`").help(format!("write `{name}: …`"))
}

/// `count t in Task where t.open == true == 3`.
pub(super) fn open_query(head: &str, operator: Span, query: Span) -> Diagnostic {
    Diagnostic::error(codes::E0107, "comparisons do not chain", operator, "belongs to the condition of the query")
        .label(query, "this query goes as far right as it can")
        .help(format!("put the query in parentheses: `({head} x in … where …) == 1`"))
}

/// `create Task { subject = "…" }`: one message for all fields within the braces.
pub(super) fn field_signs(all: &[(&str, Span)]) -> Option<Diagnostic> {
    let (written, first) = all.first()?;
    let message = "a field in braces is written with a colon";
    let mut error =
        Diagnostic::error(codes::E0110, message, *first, format!("`{written}` instead of `:`")).help("write `:`");
    if all.len() > 1 {
        error = error.note(format!("{} fields are written so; the fix changes all", all.len()));
    }
    let edits = all.iter().map(|(_, span)| Edit { span: *span, text: ":".into() }).collect();
    error.fix = Some(Fix { title: "write `:`".into(), edits, applicability: Applicability::Suggested });
    Some(error)
}

/// `2026-11-22` for `@2026-11-22`.
pub(super) fn date_without_at(date: &str, span: Span) -> Diagnostic {
    let written = format!("@{date}");
    Diagnostic::error(codes::E0104, "a date begins with `@`", span, "this is a calculation with three numbers")
        .help(format!("write `{written}`; a calculation has spaces: `2026 - 11 - 22`"))
        .fix(format!("write `{written}`"), span, written, Applicability::Suggested)
}

/// `let n int = 1`.
pub(super) fn note_without_colon(name: &str, word: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a type stands after a colon", span, "expected `:` or `=`")
        .help(format!("write `{name}: {word} = …`, or leave the type out"))
}

/// `x /= 2`.
pub(super) fn no_divide_assign(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0109, "there is no `/=`", span, "only `+=`, `-=`, `*=` and `++=`")
        .help("write the division out: `set n = n / 2`")
}

/// `elif`.
pub(super) fn else_if(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0111, format!("`{written}` is written `else if`"), span, "two words").fix(
        "write `else if`",
        span,
        "else if",
        Applicability::Safe,
    )
}

/// `Escalate(case)` as a statement.
pub(super) fn call_without_do(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0112, format!("`{name}` is called without `do`"), span, "a statement begins with a verb")
        .help(format!("write `do {name}(…)`, or `start {name}(…)` to go on without waiting"))
        .fix("write `do`", span.at_start(), "do ", Applicability::Suggested)
}

/// `notify(x)` as a statement.
pub(super) fn call_without_effect(name: &str, span: Span) -> Diagnostic {
    let (first, last) = name.rsplit_once('.').unwrap_or(("", name));
    let instead = match first {
        "console" => Some("write `log \"…\"`".to_owned()),
        _ if last.starts_with(|c: char| c.is_ascii_uppercase()) => Some(format!("write `do {last}({first}, …)`")),
        "" => habits::statement(last).filter(|help| help.starts_with("write `log")).map(str::to_owned),
        _ => None,
    };
    if let Some(help) = instead {
        return Diagnostic::error(
            codes::E0112,
            format!("`{name}(…)` is no statement"),
            span,
            "a statement begins with a verb",
        )
        .help(help);
    }
    Diagnostic::error(codes::E0112, format!("`{name}(…)` alone does nothing"), span, "a statement begins with a verb")
        .note("functions only give values; actions and workflows act, and their names begin with a capital letter")
        .help(format!("use the value: `let result = {name}(…)`"))
}

/// `n = 1` as a statement.
pub(super) fn assignment_without_set(target: &str, is_field: bool, span: Span) -> Diagnostic {
    let error = Diagnostic::error(
        codes::E0112,
        format!("`{target}` is assigned without a verb"),
        span,
        "a statement begins with a verb",
    );
    if is_field {
        return error.help("a stored record is written with `update r { field: value }`, a local value with `set`");
    }
    error.help(format!("write `let {target} = …` for a new name, `set {target} = …` for a `var`")).fix(
        "write `set`",
        span.at_start(),
        "set ",
        Applicability::Suggested,
    )
}

/// An arm without a comma behind it.
pub(super) fn missing_comma(end: Span) -> Diagnostic {
    Diagnostic::error(codes::E0113, "a comma is missing between two arms", end, "expected `,`")
        .note("only after a block `{ … }` and after the last arm the comma may be left out")
        .fix("write `,`", end, ",", Applicability::Safe)
}

/// `[1 2]`.
pub(super) fn comma_between(gap: Span, next: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a comma is missing between two values", gap, "expected `,`")
        .label(next, "another value begins here")
        .help("write `,` between them")
}

/// `open, won, open -> won` and `open -> won, won -> open` among states.
pub(super) fn comma_between_arrows(comma: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0101,
        "no comma stands before an arrow between states",
        comma,
        "joins what stands around it",
    )
    .note("a comma joins states: `won, lost -> open` is an arrow from both")
    .help("leave it out, or write each arrow on a line of its own: `open -> won`")
    .fix("remove `,`", comma, "", Applicability::Suggested)
}

/// `for x in xs { … }`.
pub(super) fn for_without_each(word: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a loop is written `for each`", word, "`each` is missing behind it").fix(
        "write `for each`",
        word,
        "for each",
        Applicability::Safe,
    )
}

/// A word of the language as a new name.
pub(super) fn reserved_word(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0114, format!("`{word}` is a word of the language"), span, "cannot be a name here")
        .help(format!("choose another name, or put it in back-ticks: `` `{word}` ``"))
}

/// `let Total = 1`.
pub(super) fn name_in_upper_case(name: &str, span: Span) -> Diagnostic {
    let right = first_letter(name, char::to_ascii_lowercase);
    Diagnostic::error(codes::E0115, format!("`{name}` must begin with a lower-case letter"), span, "a name of a value")
        .note("capital letters begin the names of types, entities and processes")
        .help(format!("write `{right}`"))
}

/// `enum Rating { Cold, Hot }`: one message for all members.
pub(super) fn members_in_upper_case(all: &[(String, Span)]) -> Option<Diagnostic> {
    let (name, span) = all.first()?;
    let right = first_letter(name, char::to_ascii_lowercase);
    let message = format!("`{name}` must begin with a lower-case letter");
    let mut error = Diagnostic::error(codes::E0115, message, *span, "a name of a member")
        .help(format!("write `{right}`; what people see may stand behind it: `{right} \"{name}\"`"));
    if all.len() > 1 {
        error = error.note(format!("{} of the members begin with a capital letter; the fix changes all", all.len()));
    }
    let edit = |(name, span): &(String, Span)| Edit { span: *span, text: first_letter(name, char::to_ascii_lowercase) };
    let edits = all.iter().map(edit).collect();
    error.fix = Some(Fix { title: format!("write `{right}`"), edits, applicability: Applicability::Suggested });
    Some(error)
}

/// `entity deal`.
pub(super) fn type_in_lower_case(name: &str, span: Span) -> Diagnostic {
    let right = first_letter(name, char::to_ascii_uppercase);
    let label = "a name of a type, entity or process";
    Diagnostic::error(codes::E0115, format!("`{name}` must begin with a capital letter"), span, label)
        .help(format!("write `{right}`"))
}

pub(super) fn first_letter(name: &str, change: impl Fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(|c| change(&c)).into_iter().chain(letters).collect()
}

/// Something else should stand here.
pub(super) fn expected(what: &str, found: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, format!("expected {what}, found {found}"), span, format!("expected {what}"))
}

/// Something is missing at the end of a line.
pub(super) fn expected_after(what: &str, before: &str, gap: Span) -> Diagnostic {
    let message = format!("expected {what} after `{before}`");
    Diagnostic::error(codes::E0101, message, gap, format!("expected {what}"))
}

fn meant(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

/// Adds what was probably meant.
pub(super) fn with_suggestion(error: Diagnostic, near: &[&str], span: Span) -> Diagnostic {
    match near {
        [] => error,
        [one] => error.help(format!("did you mean `{one}`?")).fix(
            format!("write `{one}`"),
            span,
            *one,
            Applicability::Suggested,
        ),
        _ => error.help(format!("did you mean {}?", meant(near))),
    }
}

/// A statement begins with a word that is no verb.
pub(super) fn unknown_verb(word: &str, near: &[&str], span: Span) -> Diagnostic {
    let error = Diagnostic::error(codes::E0121, format!("`{word}` begins no statement"), span, "unknown verb");
    if near.is_empty() {
        return error
            .note("every statement begins with its own word, such as `let`, `create`, `update`, `do`, `if`, `wait`");
    }
    with_suggestion(error, near, span)
}

/// A declaration begins with a word that is no kind of declaration.
pub(super) fn unknown_declaration(word: &str, near: &[&str], span: Span) -> Diagnostic {
    let error = Diagnostic::error(codes::E0121, format!("`{word}` begins no declaration"), span, "unknown declaration");
    if near.is_empty() {
        return error.note("a file holds declarations such as `entity`, `workflow`, `action`, `fn` and `test`");
    }
    with_suggestion(error, near, span)
}

/// `3 dayz`.
pub(super) fn unknown_unit(word: &str, near: &[&str], span: Span) -> Diagnostic {
    let error = Diagnostic::error(codes::E0122, format!("`{word}` is no unit"), span, "neither of time nor a currency");
    match near {
        [] => error
            .help("units of time are `minutes`, `hours`, `days`, `weeks`, `months`; currencies are codes like `USD`"),
        _ => error.help(format!("did you mean {}?", meant(near))),
    }
}

/// `50 usd`.
pub(super) fn currency_in_lower_case(word: &str, span: Span) -> Diagnostic {
    let right = word.to_ascii_uppercase();
    Diagnostic::error(codes::E0122, format!("`{word}` is no unit"), span, "neither of time nor a currency")
        .help(format!("currencies are written in capital letters: `{right}`"))
        .fix(format!("write `{right}`"), span, right, Applicability::Suggested)
}

/// `a ? b : c`.
pub(super) fn ternary(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0123, "`?` does not choose between values", span, "only types and `?.` have a `?`")
        .help("write `if condition then a else b`; for a value that may be missing write `a ?? b`")
}

/// Semicolons, all of a file in one message.
pub(super) fn semicolons(all: &[Span]) -> Diagnostic {
    let first = all.first().copied().unwrap_or_default();
    let edits = all.iter().map(|span| Edit { span: *span, text: String::new() }).collect();
    let mut error = Diagnostic::error(codes::E0116, "statements do not end with `;`", first, "not needed")
        .help("leave it out: a statement ends where the next one begins");
    if all.len() > 1 {
        error = error.note(format!("the file has {} of them; the fix removes all", all.len()));
    }
    error.fix = Some(Fix { title: "remove all `;`".into(), edits, applicability: Applicability::Safe });
    error
}

/// A text without closing quotes.
pub(super) fn unclosed_text(triple: bool, open_slot: bool, span: Span) -> Diagnostic {
    let (message, help) = if open_slot {
        ("a slot of this text is not closed on its line", "close it with `}`; for the character itself write `\\{`")
    } else if triple {
        ("this text is never closed", "close it with `\"\"\"`")
    } else {
        ("this text is not closed on its line", "close it with `\"`; a text of several lines stands in `\"\"\"`")
    };
    Diagnostic::error(codes::E0117, message, span, "begins here").help(help)
}

/// A block comment that goes to the end of the file.
pub(super) fn unclosed_comment(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0117, "this comment is never closed", span, "begins here")
        .note("block comments may stand within each other; each needs its `*/`")
        .help("close it with `*/`")
}

/// `“text”`.
pub(super) fn curly_quotes(open: Span, close: Span) -> Diagnostic {
    straight_quotes("curly quotes do not enclose a text", open, close)
}

/// `«text»`.
pub(super) fn angled_quotes(open: Span, close: Span) -> Diagnostic {
    straight_quotes("angled quotes do not enclose a text", open, close)
}

/// Spaces that are none to the language, all of a file in one message.
pub(super) fn foreign_spaces(written: &str, all: &[Span]) -> Diagnostic {
    let first = all.first().copied().unwrap_or_default();
    let code = u32::from(written.chars().next().unwrap_or(' '));
    let message = format!("U+{code:04X} looks like a space, and is none");
    let edits = all.iter().map(|span| Edit { span: *span, text: " ".into() }).collect();
    let mut error = Diagnostic::error(codes::E0118, message, first, "write an ordinary space")
        .note("word processors and web pages put such characters into a text that is copied");
    if all.len() > 1 {
        error = error.note(format!("the file has {} of this kind; the fix replaces all", all.len()));
    }
    error.fix = Some(Fix { title: "write ordinary spaces".into(), edits, applicability: Applicability::Safe });
    error
}

/// `5 – 3`.
pub(super) fn other_sign(written: &str, meant: &str, span: Span) -> Diagnostic {
    let code = u32::from(written.chars().next().unwrap_or(' '));
    Diagnostic::error(
        codes::E0118,
        format!("`{written}` is not the sign `{meant}`"),
        span,
        format!("this is U+{code:04X}"),
    )
    .fix(format!("write `{meant}`"), span, meant, Applicability::Suggested)
}

/// `'text'`.
pub(super) fn single_quotes(open: Span, close: Span) -> Diagnostic {
    straight_quotes("single quotes do not enclose a text", open, close)
}

fn straight_quotes(message: &str, open: Span, close: Span) -> Diagnostic {
    let edits = [open, close].into_iter().map(|span| Edit { span, text: "\"".into() }).collect();
    let mut error = Diagnostic::error(codes::E0118, message, open, "write `\"`").label(close, "and here");
    error.fix = Some(Fix { title: "write straight double quotes".into(), edits, applicability: Applicability::Safe });
    error
}

/// `# comment`, `-- comment`.
pub(super) fn foreign_comment(mark: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0118, format!("`{mark}` does not begin a comment"), span, "write `//`").fix(
        "write `//`",
        span,
        "//",
        Applicability::Suggested,
    )
}

/// Characters that nothing uses.
pub(super) fn stray_characters(written: &str, span: Span) -> Diagnostic {
    let shown: String = written.chars().take(10).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    let hidden = written.chars().next().filter(|c| c.is_control() || !c.is_ascii());
    let error =
        Diagnostic::error(codes::E0118, format!("`{shown}` has no meaning here"), span, "cannot stand in a program");
    let error = match written {
        "|" => error.help("write `or`"),
        "&" => error.help("write `and`"),
        "$" => error.help("an amount is written with its currency behind it: `50 USD`"),
        "€" | "£" | "¥" => error.help("an amount is written with the code of its currency behind it: `50 EUR`"),
        "…" => error.help("write out what it stands for; a text may hold it"),
        "^" | "~" => error.help("there are no operators on bits, and none for powers"),
        _ => error,
    };
    match hidden {
        Some(first) => error.note(format!("the first of these characters is U+{:04X}", u32::from(first))),
        None => error,
    }
}

/// `"{}"`.
pub(super) fn empty_slot(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "this slot has no value", span, "expected a value")
        .help("write the value between `{` and `}`; for the character itself write `\\{`")
}

/// `"{a /* note */}"`.
pub(super) fn comment_in_slot(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0101, "a text holds no comment", span, "not a comment here")
        .help("write the comment beside the text; name the value with `let` to say more about it")
}

/// `try { … }` without `catch` and `finally`.
pub(super) fn lone_try(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0124, "this `try` catches nothing", span, "neither `catch` nor `finally` follows")
        .help("write `try { … } catch e { … }`, or leave `try` out")
}

/// `<<<<<<< ours`.
pub(super) fn merge_conflict(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0119, "the file holds a merge that nobody has finished", span, "the conflict begins here")
        .help("decide for one side, and remove the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`")
}

/// `{` without `}`.
pub(super) fn unclosed_brace(open: Span, end: Span) -> Diagnostic {
    Diagnostic::error(codes::E0120, "this `{` is never closed", open, "opens here")
        .label(end, "judging by the indentation, it should close here")
        .fix("write `}`", end, "\n}", Applicability::Suggested)
}

/// `if a` before a body that ends with `}`.
pub(super) fn unopened_block(before: &str, gap: Span) -> Diagnostic {
    expected_after("`{`", before, gap).help("write `{` where the block begins").fix(
        "write `{`",
        gap,
        " {",
        Applicability::Suggested,
    )
}

/// `wait (` before a body that ends with `}`.
pub(super) fn other_bracket(found: &str, right: char, span: Span) -> Diagnostic {
    let title = format!("write `{right}`");
    Diagnostic::error(codes::E0120, format!("expected `{right}`, found `{found}`"), span, "another bracket closes it")
        .fix(title, span, right, Applicability::Suggested)
}

/// `{{`.
pub(super) fn double_brace(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0120, "this `{` is one too many", span, "nothing closes it").fix(
        "remove `{`",
        span,
        "",
        Applicability::Suggested,
    )
}

/// `(` or `[` without its end.
pub(super) fn unclosed_bracket(open: char, span: Span, end: Span) -> Diagnostic {
    let close = if open == '(' { ")" } else { "]" };
    Diagnostic::error(codes::E0120, format!("this `{open}` is never closed"), span, "opens here")
        .label(end, format!("expected `{close}` here at the latest"))
        .fix(format!("write `{close}`"), end, close, Applicability::Suggested)
}

/// `)` or `]` that closes nothing.
pub(super) fn extra_bracket(bracket: char, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0120, format!("this `{bracket}` closes nothing"), span, "nothing is open here").fix(
        format!("remove `{bracket}`"),
        span,
        "",
        Applicability::Suggested,
    )
}

/// `}` without `{`.
pub(super) fn extra_brace(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0120, "this `}` closes nothing", span, "no block is open here").fix(
        "remove `}`",
        span,
        "",
        Applicability::Suggested,
    )
}

/// An arm with another sign than `=>`.
pub(super) fn arm_sign(written: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0110, "an arm is written with `=>`", span, format!("`{written}` instead of `=>`"))
        .help("write `=>`")
        .fix("write `=>`", span, "=>", Applicability::Suggested)
}
