//! The libraries that ship with the program, written in the language itself.
//!
//! `core` is in scope everywhere and read as a whole. The others are read one declaration at a time: what the files
//! that `use` a library name, and what those declarations name in turn. So a project pays for nothing else, and its
//! build holds nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::base::{
    source::{SourceFile, Sources},
    span::FileId,
};
use crate::diag::Diagnostic;
use crate::syntax::Parsed;
use crate::syntax::ast::{File, ItemKind};
use crate::syntax::outline::{Outline, Part, names_in};

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

/// In scope everywhere.
pub const CORE: Library = Library { name: "core", path: "<core>", text: include_str!("../library/core.proc") };

/// Sales and service.
pub const CRM: Library = Library { name: "crm", path: "<crm>", text: include_str!("../library/crm.proc") };

/// All libraries.
pub const ALL: [&Library; 2] = [&CORE, &CRM];

/// What each library declares, once somebody asks.
static DECLARED: LazyLock<BTreeMap<&'static str, Vec<(&'static str, &'static str)>>> = LazyLock::new(|| {
    let names = |library: &Library| Outline::of(library.text).parts().iter().map(|p| (p.name, p.keyword)).collect();
    ALL.iter().map(|library| (library.name, names(library))).collect()
});

/// The library of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Library> {
    ALL.into_iter().find(|library| library.name == name)
}

impl Library {
    /// Adds its text to the sources of a project.
    pub fn add_to(&self, sources: &mut Sources) -> FileId {
        sources.add(SourceFile::new(self.path.to_owned(), self.text.to_owned(), true))
    }

    /// The names that it declares, with the word that says what each is. Needs the whole text: for messages only.
    #[must_use]
    pub fn declared(&self) -> &'static [(&'static str, &'static str)] {
        DECLARED.get(self.name).map(Vec::as_slice).unwrap_or_default()
    }

    fn is_used_by(&self, tree: &File) -> bool {
        uses(tree, self.name).next().is_some()
    }
}

/// The `use` lines of a file for one library: the names that each takes, `None` for all.
fn uses<'t>(tree: &'t File, library: &str) -> impl Iterator<Item = Option<Vec<&'t str>>> {
    tree.items.iter().filter_map(move |item| match &item.kind {
        ItemKind::Use { library: used, names } if used.name == library => {
            Some(names.as_ref().map(|names| names.iter().map(|name| name.name.as_str()).collect()))
        }
        _ => None,
    })
}

/// A library that some file uses, and what was read of it so far.
#[derive(Debug)]
pub struct Shelf {
    /// Its file.
    pub file: FileId,
    /// Which one.
    pub library: &'static Library,
    outline: Outline<'static>,
    /// The declarations of each name.
    index: BTreeMap<&'static str, Vec<usize>>,
    read: BTreeMap<usize, Parsed>,
}

impl Shelf {
    /// Opens the libraries besides `core` that these files use.
    pub fn open_used<'t>(sources: &mut Sources, trees: impl Iterator<Item = &'t File> + Clone) -> Vec<Self> {
        let used = |library: &&&'static Library| trees.clone().any(|tree| library.is_used_by(tree));
        let others = ALL.iter().filter(|library| library.name != CORE.name);
        others.filter(used).map(|library| Self::open(sources, library)).collect()
    }

    fn open(sources: &mut Sources, library: &'static Library) -> Self {
        let outline = Outline::of(library.text);
        let mut index: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        for (at, part) in outline.parts().iter().enumerate() {
            index.entry(part.name).or_default().push(at);
        }
        Self { file: library.add_to(sources), library, outline, index, read: BTreeMap::new() }
    }

    /// Reads what a project needs; gives the places of these declarations, in the order of the library.
    pub fn pick(&mut self, project: &[(&File, &str)]) -> Vec<usize> {
        let picked: Vec<usize> = self.reachable(self.wanted(project)).into_iter().collect();
        let unread: Vec<usize> = picked.iter().copied().filter(|at| !self.read.contains_key(at)).collect();
        let parsed = self.outline.parse(self.file, &unread);
        self.read.extend(unread.into_iter().zip(parsed));
        picked
    }

    /// The names in files that use all of it, the names that others take, and, where a file uses all of it, what the
    /// project declares itself: such a name must not stand for two things there.
    fn wanted<'p>(&self, project: &[(&'p File, &'p str)]) -> Vec<&'p str> {
        let mut wanted = Vec::new();
        let mut uses_all = false;
        for (tree, text) in project {
            for taken in uses(tree, self.library.name) {
                uses_all |= taken.is_none();
                wanted.extend(taken.unwrap_or_else(|| names_in(text)));
            }
        }
        if uses_all {
            let items = project.iter().flat_map(|(tree, _)| &tree.items);
            wanted.extend(items.filter_map(|item| item.kind.declares()).map(|name| name.name.as_str()));
        }
        wanted
    }

    fn reachable(&self, mut names: Vec<&str>) -> BTreeSet<usize> {
        let mut picked = BTreeSet::new();
        while let Some(name) = names.pop() {
            for at in self.index.get(name).into_iter().flatten() {
                if picked.insert(*at) {
                    let part: Option<&Part<'static>> = self.outline.parts().get(*at);
                    names.extend(part.map(|part| self.outline.names(part)).unwrap_or_default());
                }
            }
        }
        picked
    }

    /// The trees of declarations that were picked.
    pub fn trees<'s>(&'s self, picked: &'s [usize]) -> impl Iterator<Item = &'s File> {
        picked.iter().filter_map(|at| self.read.get(at)).map(|parsed| &parsed.file)
    }

    /// What is wrong with what was read: nothing, in a program that passed its tests.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.read.values().flat_map(|parsed| &parsed.diagnostics)
    }
}
