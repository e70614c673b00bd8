//! Messages about sources, in the format that was asked for.

use super::args::{Deny, Format, ReportArgs};
use super::exit::Exit;
use super::term::Term;
use crate::base::source::Sources;
use crate::diag::codes::E0901;
use crate::diag::{Diagnostic, Severity, render};

/// Prints the messages and says how the program ends because of them.
pub(super) fn report(args: &ReportArgs, term: &Term, diagnostics: &[Diagnostic], sources: &Sources) -> Exit {
    let text = text(args.format, term, diagnostics, sources);
    if args.format.is_for_machines() {
        term.out(&text)
    } else {
        term.err(&text)
    }
    exit_of(diagnostics, args.deny)
}

/// The same for commands whose result is something else: standard output is left to it.
pub(super) fn report_aside(args: &ReportArgs, term: &Term, diagnostics: &[Diagnostic], sources: &Sources) -> Exit {
    if !diagnostics.is_empty() {
        term.err(&text(args.format, term, diagnostics, sources));
    }
    exit_of(diagnostics, args.deny)
}

fn text(format: Format, term: &Term, diagnostics: &[Diagnostic], sources: &Sources) -> String {
    match format {
        Format::Github => render::github(diagnostics, sources),
        Format::Human => render::human(diagnostics, sources, &term.messages()),
        Format::Json => render::json(diagnostics, sources),
        Format::Junit => render::junit(diagnostics, sources),
        Format::Sarif => render::sarif(diagnostics, sources),
        Format::Short => render::short(diagnostics, sources),
    }
}

/// How the program ends because of these messages.
pub(super) fn exit_of(diagnostics: &[Diagnostic], deny: Option<Deny>) -> Exit {
    let fails = |d: &Diagnostic| d.severity == Severity::Error || deny == Some(Deny::Warnings);
    if diagnostics.iter().any(|d| d.code == E0901) {
        Exit::Environment
    } else if diagnostics.iter().any(fails) {
        Exit::Wrong
    } else {
        Exit::Fine
    }
}

/// `no errors`, `1 error`, `2 errors, 1 warning`.
pub(super) fn tally(diagnostics: &[Diagnostic]) -> String {
    let (errors, warnings) = render::count(diagnostics);
    let errors = if errors == 0 { "no errors".to_owned() } else { plural(errors, "error") };
    if warnings == 0 { errors } else { format!("{errors}, {}", plural(warnings, "warning")) }
}

/// `1 file`, `2 files`, `3 processes`.
pub(super) fn plural(count: usize, word: &str) -> String {
    let ending = match count {
        1 => "",
        _ if word.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {word}{ending}")
}
