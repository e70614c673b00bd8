//! The words of family E09 for projects.

use std::io;

use crate::base::span::{FileId, Span};
use crate::diag::codes::{E0901, E0902, E0903, E0906, E0907, E0908, E0909, E0910, E0911};
use crate::diag::{Applicability, Diagnostic};

fn whole(file: FileId) -> Span {
    Span::new(file, 0, 0)
}

pub(super) fn not_readable(file: FileId, path: &str, error: &io::Error) -> Diagnostic {
    let reason = match error.kind() {
        // What a folder lists under such a name cannot be asked for.
        io::ErrorKind::NotFound if path.contains(char::REPLACEMENT_CHARACTER) => {
            "its name is not UTF-8; rename it, or name it by itself".to_owned()
        }
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "the system does not allow it".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::error(E0901, format!("cannot read `{path}`: {reason}"), whole(file), "")
}

pub(super) fn not_a_file(file: FileId, path: &str) -> Diagnostic {
    Diagnostic::error(E0901, format!("cannot read `{path}`: it is neither a file nor a folder"), whole(file), "")
}

pub(super) fn not_utf8(span: Span, path: &str) -> Diagnostic {
    Diagnostic::error(E0902, format!("`{path}` is not UTF-8"), span, "this byte starts no character")
        .help("save the file with the encoding UTF-8")
}

pub(super) fn file_too_large(file: FileId, path: &str, limit: usize) -> Diagnostic {
    Diagnostic::error(E0903, format!("`{path}` is larger than {}", megabytes(limit)), whole(file), "")
        .help("split the file: all files of a project share one namespace")
}

pub(super) fn manifest_too_large(file: FileId, path: &str, limit: usize) -> Diagnostic {
    Diagnostic::error(E0903, format!("`{path}` is larger than {}", megabytes(limit)), whole(file), "")
        .help("it holds settings only: name, version, currency, zone, calendar, libraries")
}

pub(super) fn project_too_large(file: FileId, path: &str, limit: usize) -> Diagnostic {
    let message = format!("the sources of `{path}` are larger than {} together", megabytes(limit));
    Diagnostic::error(E0903, message, whole(file), "").help("give the folder of one project")
}

pub(super) fn too_many_files(file: FileId, path: &str, limit: usize) -> Diagnostic {
    Diagnostic::error(E0903, format!("`{path}` holds more than {limit} `.proc` files"), whole(file), "")
        .help("give the folder of one project")
}

fn megabytes(bytes: usize) -> String {
    format!("{} MB", bytes >> 20)
}

pub(super) fn no_source_files(file: FileId, path: &str) -> Diagnostic {
    Diagnostic::error(E0910, format!("`{path}` holds no `.proc` file"), whole(file), "")
}

pub(super) fn not_a_source_file(file: FileId, path: &str) -> Diagnostic {
    Diagnostic::error(E0910, format!("`{path}` is not a `.proc` file"), whole(file), "")
        .help("give a `.proc` file, or the folder of a project")
}

pub(super) fn read_twice(file: FileId, path: &str) -> Diagnostic {
    let message = format!("the link `{path}` leads to a folder that is read already");
    Diagnostic::error(E0911, message, whole(file), "")
}

pub(super) fn manifest_syntax(span: Span, reason: &str) -> Diagnostic {
    let reason = reason.lines().next().unwrap_or("").trim_end_matches('.');
    Diagnostic::error(E0906, "`abide.toml` is not valid TOML", span, reason)
}

pub(super) fn unknown_key(span: Span, key: &str, near: &[&str], known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(E0907, format!("`abide.toml` has no key `{key}`"), span, "not a key");
    match near {
        [] => diagnostic.help(format!("the keys are `{}`", known.join("`, `"))),
        [one] => diagnostic.fix(format!("write `{one}`"), span, *one, Applicability::Suggested),
        several => diagnostic.help(format!("write `{}`", several.join("` or `"))),
    }
}

pub(super) fn wrong_value(span: Span, key: &str, expected: &str) -> Diagnostic {
    Diagnostic::error(E0908, format!("`{key}` takes {expected}"), span, "")
}

pub(super) fn missing_name(file: FileId) -> Diagnostic {
    Diagnostic::error(E0909, "`abide.toml` has no `name`", whole(file), "the project is not named")
        .note("a store belongs to one project and knows it by its name")
        .help("write `name = \"orders\"`")
}
