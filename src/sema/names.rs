//! What the upper-case names and the functions of a project stand for.
//!
//! All files of a project share one namespace; library names are seen in files that `use` them (`core` everywhere).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    schema::{EntityId, EnumId, FunctionId, ProcessId, RecordId},
    ty::Ty,
};
use crate::base::span::{FileId, Span};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Def {
    /// `type T = …`.
    Alias(Ty),
    /// A declaration that did not parse or was refused: uses of it are silent.
    Broken,
    /// `entity`.
    Entity(EntityId),
    /// `enum`.
    Enum(EnumId),
    /// `error`.
    Error(RecordId),
    /// `fn`.
    Function(FunctionId),
    /// A declaration that runs with a later milestone; the word names its kind (`dialog`).
    Later(&'static str),
    /// A workflow, real-time workflow or action.
    Process(ProcessId),
    /// `record`.
    Record(RecordId),
}

/// A name with its declaration.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it stands for.
    pub def: Def,
    /// The name in the declaration.
    pub span: Span,
    /// The library that declares it; `None` for the project.
    pub library: Option<String>,
}

/// All names. Types, processes and functions cannot collide: case tells functions from the rest.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By name.
    pub entries: BTreeMap<String, Entry>,
    /// The longest text of each `type` name that limits one: `type Code = text(3)`.
    pub text_limits: BTreeMap<String, u32>,
    /// For each file, the library names that its `use` lines bring in (`core` is not listed).
    pub used: BTreeMap<FileId, BTreeSet<String>>,
}

impl Names {
    /// What `name` stands for in `file`; `None` also where a library name was not brought in.
    #[must_use]
    pub fn get(&self, file: FileId, name: &str) -> Option<&Entry> {
        let entry = self.entries.get(name)?;
        let seen = match entry.library.as_deref() {
            None | Some("core") => true,
            Some(_) => entry.span.file == file || self.used.get(&file).is_some_and(|used| used.contains(name)),
        };
        seen.then_some(entry)
    }
}
