//! Settings and secrets.

use super::{names::suggest, uses::owned};
use crate::base::span::Span;
use crate::diag::{Diagnostic, codes};

/// `config lines: list of int`.
#[must_use]
pub fn type_of_setting(ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        codes::E0218,
        format!("a setting cannot be of the type `{ty}`"),
        span,
        "no value for a deployment",
    )
    .help("a setting holds one value: a number, text, amount, date or time, a member of an enum, or a record")
}

/// `config` alone.
#[must_use]
pub fn alone(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0204, format!("`{name}` alone is not a value"), span, "names nothing by itself")
        .help(format!("write `{name}.` and the name of one"))
}

/// `config.larg_deal`.
#[must_use]
pub fn unknown(kind: &str, name: &str, span: Span, near: &[&str]) -> Diagnostic {
    let message = Diagnostic::error(codes::E0212, format!("there is no `{kind}.{name}`"), span, "nothing declares it");
    let message = suggest(message, span, &owned(near));
    if near.is_empty() { message.help(format!("declare it: `{}`", declaration(kind, name))) } else { message }
}

fn declaration(kind: &str, name: &str) -> String {
    if kind == "config" { format!("config {name}: int = 10") } else { format!("secret {name}") }
}

/// `set config.large_deal = …`.
#[must_use]
pub fn set(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0309, "a process cannot set a setting", span, "belongs to the deployment").help(format!(
        "give it a value from outside: `--config {name}=…`, in a test `given config {name} = …`; what processes change is a field of a record"
    ))
}

/// `secret.key` where others could read it.
#[must_use]
pub fn secret_outside(name: &str, span: Span) -> Diagnostic {
    let message = format!("`secret.{name}` may stand in the clauses of an activity only");
    Diagnostic::error(codes::E0802, message, span, "would get into snapshots and logs")
        .help("call an activity that uses it")
}
