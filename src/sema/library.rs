//! The libraries that ship with the program, written in the language itself.

use crate::base::{
    source::{SourceFile, Sources},
    span::FileId,
};

/// A library: its name and its text.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// As in `use crm`.
    pub name: &'static str,
    /// The path that messages show.
    pub path: &'static str,
    /// Its source.
    pub text: &'static str,
}

/// All libraries; `core` is in scope everywhere.
pub const ALL: &[Library] = &[Library { name: "core", path: "<core>", text: include_str!("../library/core.proc") }];

/// Adds the libraries to the sources of a project.
pub fn add_to(sources: &mut Sources) -> Vec<(FileId, &'static Library)> {
    let add = |library: &'static Library| {
        let file = SourceFile::new(library.path.to_owned(), library.text.to_owned(), true);
        (sources.add(file), library)
    };
    ALL.iter().map(add).collect()
}
