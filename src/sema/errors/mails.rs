//! Mails: whom they go to, and what they are made of.

use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// `to 5`, `to deal`.
#[must_use]
pub fn not_a_party(found: &str, span: Span, lacks: Option<(&str, Span)>) -> Diagnostic {
    let message = format!("no mail can go to `{found}`");
    let diagnostic = match lacks {
        Some((entity, declared)) => {
            Diagnostic::error(codes::E0322, message, span, format!("`{entity}` has no field `email`"))
                .label(declared, "declared here")
        }
        None => Diagnostic::error(codes::E0322, message, span, format!("this is `{found}`")),
    };
    diagnostic
        .note("a mail goes to a text, or to a record with a text `email`, such as a user, a team or a queue; to several in a list")
        .help("write the record of somebody, or an address")
}

/// `from [ann, bo]`.
#[must_use]
pub fn several_senders(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0322, "a mail comes from one party", span, "these may be several")
        .help("write one user, team or queue, or one address")
}

/// `attach 5`.
#[must_use]
pub fn not_an_attachment(found: &str, span: Span) -> Diagnostic {
    let message = format!("expected an `Attachment` or a list of them, found `{found}`");
    Diagnostic::error(codes::E0301, message, span, format!("this is `{found}`"))
        .help("create one before: `let sheet = create Attachment { name: \"…\", content: \"…\" }`")
}

/// `send email Reminder(deal)`.
#[must_use]
pub fn nobody(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0323, "this mail goes to nobody", span, "says neither `to` nor `cc` nor `bcc`")
        .help("write `to` and somebody at its end; in braces `to: …`")
}

/// An e-mail without a line `subject`; a template has a name.
#[must_use]
pub fn no_subject(name: Option<&str>, span: Span) -> Diagnostic {
    let what = name.map_or("this mail".to_owned(), |name| format!("`{name}`"));
    Diagnostic::error(codes::E0323, format!("{what} has no subject"), span, "a mail has one")
        .help("write `subject \"…\"` into it; in the braces of `send email` it is `subject: \"…\"`")
}

/// Two lines `subject`, or a `body` and a `body html`.
#[must_use]
pub fn line_twice(word: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::E0323, format!("`{word}` stands twice in this mail"), span, "again")
        .label(first, "stands here first")
        .help("leave one of them out")
}

/// `body html page(deal)`.
#[must_use]
pub fn html_not_written(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0323, "a body in html is written out", span, "this is not a text with slots")
        .note("values in its slots are escaped, so that nobody else's text becomes a part of the page")
        .help("write `\"\"\"…{…}…\"\"\"`; a slot `{raw(…)}` takes html as it is")
}

/// `let page = raw(x)`.
#[must_use]
pub fn raw_elsewhere(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0323, "`raw` stands in a slot of a body in html", span, "not here")
        .note("everywhere else a text is a text, and nothing of it is escaped")
        .help("leave it out; in the body write `{raw(x)}`")
}

/// `raw(a, b)`.
#[must_use]
pub fn raw_takes_one(span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0314, "`raw` takes one text of html", span, "in a slot of a body in html")
        .help("write `{raw(x)}`")
}
