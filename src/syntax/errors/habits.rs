//! The words of messages about habits from other languages, and about words at the wrong place.

use crate::base::span::Span;
use crate::diag::{Applicability, Diagnostic, codes};

/// Statements of other languages and what is written here.
const STATEMENTS: [(&[&str], &str); 20] = [
    (&["foreach", "forEach"], "write `for each x in xs { … }`"),
    (&["switch", "case", "when", "select"], "write `match value { a => …, b => …, else => … }`"),
    (&["throw", "error", "fail"], "write `raise Problem { … }` for an `error Problem { … }`, or `stop canceled \"…\"`"),
    (&["print", "println", "echo", "puts", "write", "printf", "trace"], "write `log \"…\"`"),
    (
        &["const", "final", "val", "dim", "auto", "my", "int", "text", "string", "bool", "decimal", "float", "double"],
        "write `let x = …`, or `var x = …` for a value that changes",
    ),
    (&["unless"], "write `if not … { … }`"),
    (&["repeat", "loop", "until"], "write `while … { … }`"),
    (&["end", "endif", "fi", "done", "begin"], "a block stands in `{ }`"),
    (&["else", "elif", "elsif", "elseif"], "`else` follows the `}` of its `if`"),
    (&["catch", "finally"], "it follows the `}` of its `try`"),
    (&["exit", "quit", "abort", "halt", "terminate"], "write `stop succeeded` or `stop canceled \"…\"`"),
    (&["sleep", "delay", "pause"], "write `wait 3 days`"),
    (&["assert", "verify"], "write `expect …`"),
    (&["call", "invoke", "execute", "exec", "run", "perform", "await"], "write `do Name(…)`"),
    (&["new", "insert", "add", "make"], "write `create Name { … }`"),
    (&["modify", "edit", "save", "patch", "put"], "write `update record { field: value }`"),
    (&["remove", "drop", "erase"], "write `delete record`"),
    (&["mail", "notify"], "write `send email …`"),
    (&["function", "def", "fn", "func"], "a function is declared outside, with `fn`"),
    (&["pass", "nop"], "leave it out: a block may be empty"),
];

/// Declarations of other languages and what is written here.
const DECLARATIONS: [(&[&str], &str); 11] = [
    (&["function", "func", "fun", "def", "sub", "procedure", "method"], "write `fn name(a: int) -> int { … }`"),
    (
        &["class", "table", "object", "model", "interface"],
        "write `entity` for what is stored, `record` for a value with fields",
    ),
    (&["struct", "data"], "write `record`"),
    (&["import", "include", "using", "require", "package", "from"], "write `use` and the name of a library: `use crm`"),
    (
        &["pub", "public", "private", "export", "async", "static", "abstract", "final", "internal"],
        "leave it out: all files of a project see its names",
    ),
    (
        &["process", "trigger", "automation", "job", "task", "on", "when"],
        "write `workflow Name for record: Entity when … { … }`",
    ),
    (
        &["const", "let", "var", "define", "set"],
        "write `config name: int = 10` for a setting; values live in processes and functions",
    ),
    (&["event", "message"], "write `signal Name { … }`"),
    (&["exception"], "write `error Name { … }`"),
    (&["typedef", "alias"], "write `type Name = …`"),
    (
        &["if", "for", "while", "match", "create", "update", "delete", "do", "log", "wait", "start", "send", "change"],
        "statements stand in a process or function, such as `workflow Name when … { … }`",
    ),
];

fn meaning(word: &str, of: &[(&[&str], &'static str)]) -> Option<&'static str> {
    of.iter().find(|(words, _)| words.contains(&word)).map(|(_, help)| *help)
}

/// What a statement that begins with a word of another language is here.
pub(in crate::syntax) fn statement(word: &str) -> Option<&'static str> {
    meaning(word, &STATEMENTS)
}

/// What a declaration that begins with a word of another language is here.
pub(in crate::syntax) fn declaration(word: &str) -> Option<&'static str> {
    meaning(word, &DECLARATIONS)
}

/// A statement of another language.
pub(in crate::syntax) fn foreign_statement(word: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0121, format!("`{word}` begins no statement"), span, "unknown verb").help(help)
}

/// A declaration of another language.
pub(in crate::syntax) fn foreign_declaration(word: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0121, format!("`{word}` begins no declaration"), span, "unknown declaration").help(help)
}

/// Something that is written another way: the words at fault, and what to write.
pub(in crate::syntax) fn instead(
    message: impl Into<String>,
    span: Span,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(codes::E0101, message, span, label).help(help)
}

/// The same, where replacing the words mends it.
pub(in crate::syntax) fn replaced(message: impl Into<String>, span: Span, label: &str, right: &str) -> Diagnostic {
    let title = format!("write `{}`", right.trim());
    instead(message, span, label, title.clone()).fix(title, span, right, Applicability::Suggested)
}

/// `if … then … end`, `while … do … done`.
pub(in crate::syntax) fn no_braces(head: &str, word: &str, span: Span, end: Span) -> Diagnostic {
    let message = format!("the statements of `{head}` stand in braces");
    let help = match head {
        "if" => "write `if … { … } else { … }`; `if … then … else …` is a value",
        _ => "write `while … { … }`",
    };
    instead(message, span, format!("`{{` instead of `{word}`"), help).label(end, "and `}` here")
}

/// `update 3 { … }`.
pub(in crate::syntax) fn no_record(verb: &str, found: &str, span: Span) -> Diagnostic {
    let message = format!("`{verb}` is followed by a record, and {found} is none");
    instead(message, span, "not a record", format!("name the record: `{verb} deal …`"))
}

/// `every funday`.
pub(in crate::syntax) fn unknown_day(word: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let message = format!("`{word}` is no day of a schedule");
    match near {
        Some(day) => replaced(message, span, "neither a day nor a duration", day),
        None => instead(
            message,
            span,
            "neither a day nor a duration",
            "write `every 15 minutes`, `every day at 09:00`, `every monday, thursday at 09:00` or `every month on day 1 at 06:00`",
        ),
    }
}

/// `größe`, `Straße`.
pub(in crate::syntax) fn not_ascii(word: &str, span: Span) -> Diagnostic {
    let message = format!("`{word}` is no name");
    if word.chars().next().is_some_and(char::is_uppercase) {
        return instead(
            message,
            span,
            "holds other letters than `A` to `Z`",
            "write it with the letters `A` to `Z`, digits and `_`",
        );
    }
    replaced(message, span, "holds other letters than `a` to `z`", &format!("`{word}`"))
        .note("names have the letters `a` to `z`, digits and `_`; in back-ticks, everything but a line end")
        .help(format!("put it in back-ticks, here and where it is used: `` `{word}` ``"))
}
