//! What the upper-case names and the functions of a project stand for.
//!
//! All files of a project share one namespace; library names are seen in files that `use` them (`core` everywhere).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    library,
    schema::{ConfigId, EmailId, EntityId, EnumId, FunctionId, ProcessId, RecordId, RoleId},
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
    /// `config`: its name is `config.x`.
    Config(ConfigId),
    /// `email`.
    Email(EmailId),
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
    /// `role`.
    Role(RoleId),
    /// `secret`: its name is `secret.x`.
    Secret,
    /// `signal`.
    Signal(RecordId),
}

/// A name with its declaration.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it stands for.
    pub def: Def,
    /// The name in the declaration.
    pub span: Span,
    /// The library that declares it; `None` for the project.
    pub library: Option<&'static str>,
}

/// All names. Types, processes and functions cannot collide: case tells functions from the rest.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By name.
    pub entries: BTreeMap<String, Entry>,
    /// The longest text of each `type` name that limits one: `type Code = text(3)`.
    pub text_limits: BTreeMap<String, u32>,
    /// For each file and library, what its `use` lines bring in (`core` is not listed).
    pub used: BTreeMap<(FileId, &'static str), Brought>,
}

/// What `use` brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// `use crm`.
    All,
    /// `use crm.{Account, Contact}`.
    Names(BTreeSet<String>),
}

impl Brought {
    fn has(&self, name: &str) -> bool {
        // `Opportunity.State` comes with `Opportunity`.
        let owner = name.split('.').next().unwrap_or(name);
        match self {
            Self::All => true,
            Self::Names(names) => names.contains(owner),
        }
    }
}

impl Names {
    /// What `name` stands for in `file`; `None` also where a library name was not brought in.
    #[must_use]
    pub fn get(&self, file: FileId, name: &str) -> Option<&Entry> {
        let entry = self.entries.get(name)?;
        let seen = match entry.library {
            None | Some("core") => true,
            Some(library) => entry.span.file == file || self.brings(file, library, name),
        };
        seen.then_some(entry)
    }

    /// Whether the `use` lines of `file` bring in `name` of `library`, if it has that name.
    fn brings(&self, file: FileId, library: &'static str, name: &str) -> bool {
        self.used.get(&(file, library)).is_some_and(|brought| brought.has(name))
    }

    /// The names of libraries, with the word that says what each is, that `file` uses and that were not read because
    /// nothing meant them: for suggestions.
    pub fn unread(&self, file: FileId) -> impl Iterator<Item = (&'static str, &'static str)> {
        let libraries = library::ALL.into_iter().filter(move |library| self.used.contains_key(&(file, library.name)));
        libraries.flat_map(move |library| {
            let declared = library.declared().iter().copied();
            declared.filter(move |(name, _)| self.brings(file, library.name, name) && !self.entries.contains_key(*name))
        })
    }

    /// The library that declares `name`, where `file` does not use it.
    #[must_use]
    pub fn home(&self, file: FileId, name: &str) -> Option<&'static str> {
        let declares = |library: &&library::Library| library.declared().iter().any(|(known, _)| *known == name);
        let home = library::ALL.into_iter().find(declares)?.name;
        self.get(file, name).is_none().then_some(home)
    }
}
