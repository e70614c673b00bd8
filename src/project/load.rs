//! From a path to projects: walks folders in sorted order and reads what belongs to each project.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::errors;
use super::files::{Files, Kind};
use super::manifest::Manifest;
use crate::base::limits::{MANIFEST_BYTES_MAX, PROJECT_BYTES_MAX, PROJECT_FILES_MAX, SOURCE_BYTES_MAX};
use crate::base::source::{SourceFile, Sources};
use crate::base::span::{FileId, Span};
use crate::diag::Diagnostic;

/// The name of the file that makes a folder a project.
pub const MANIFEST_NAME: &str = "abide.toml";

/// Files that share one namespace, and their settings.
#[derive(Clone, Debug)]
pub struct Project {
    /// The settings.
    pub manifest: Manifest,
    /// The folder of `abide.toml`, or the one file.
    pub root: PathBuf,
    /// The `.proc` files that could be read, in order of their paths.
    pub files: Vec<FileId>,
}

/// What a path led to.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// All files of all projects.
    pub sources: Sources,
    /// The projects in order of their paths.
    pub projects: Vec<Project>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// The path of each of the sources on disk, by number of file.
    pub paths: Vec<PathBuf>,
}

/// Loads every project at and below a path: a folder, an `abide.toml`, or one `.proc` file.
#[must_use]
pub fn load(files: &dyn Files, path: &Path) -> Loaded {
    let mut loader = Loader { files, loaded: Loaded::default(), seen: BTreeSet::new(), bytes: 0, count: 0 };
    loader.start(path);
    loader.loaded
}

/// One text as a project of its own, as from standard input.
#[must_use]
pub fn load_text(shown_path: &str, bytes: Vec<u8>) -> Loaded {
    let mut loaded = Loaded::default();
    if let Some(file) = loaded.add_source(shown_path, Path::new(shown_path), bytes) {
        let name = stem(Path::new(shown_path.trim_matches(['<', '>'])));
        loaded.projects.push(Project {
            manifest: Manifest::of_single_file(&name),
            root: PathBuf::from(shown_path),
            files: vec![file],
        });
    }
    loaded
}

/// What is to be said when a text, as from standard input, cannot be read.
#[must_use]
pub fn load_unreadable(shown_path: &str, error: &io::Error) -> Loaded {
    let mut loaded = Loaded::default();
    let file = loaded.add(shown_path, Path::new(shown_path), String::new());
    loaded.diagnostics.push(errors::not_readable(file, shown_path, error));
    loaded
}

/// The source files of all projects with their paths on disk.
pub fn project_files(loaded: &Loaded) -> impl Iterator<Item = (FileId, &SourceFile, &Path)> {
    loaded.projects.iter().flat_map(|project| &project.files).filter_map(|id| {
        let path = loaded.paths.get(id.0 as usize)?;
        Some((*id, loaded.sources.get(*id)?, path.as_path()))
    })
}

impl Loaded {
    fn add(&mut self, shown: &str, path: &Path, text: String) -> FileId {
        self.paths.push(path.to_owned());
        self.sources.add(SourceFile::new(shown.to_owned(), text, false))
    }

    /// Adds a source file, or says why not.
    fn add_source(&mut self, shown: &str, path: &Path, bytes: Vec<u8>) -> Option<FileId> {
        // LIMIT: `SOURCE_BYTES_MAX`
        if bytes.len() > SOURCE_BYTES_MAX {
            let file = self.add(shown, path, String::new());
            self.diagnostics.push(errors::file_too_large(file, shown, SOURCE_BYTES_MAX));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                Some(self.add(shown, path, text))
            }
            Err(error) => {
                let at = u32::try_from(error.utf8_error().valid_up_to()).unwrap_or(u32::MAX);
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let file = self.add(shown, path, text);
                self.diagnostics.push(errors::not_utf8(Span::new(file, at, at + 3), shown));
                None
            }
        }
    }
}

struct Loader<'a> {
    files: &'a dyn Files,
    loaded: Loaded,
    /// Folders that were read, without links in their paths.
    seen: BTreeSet<PathBuf>,
    bytes: usize,
    count: usize,
}

impl Loader<'_> {
    fn start(&mut self, path: &Path) {
        let is_manifest = path.file_name().is_some_and(|name| name == MANIFEST_NAME);
        let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let path = if is_manifest { parent } else { path };
        match self.files.kind(path) {
            Err(error) => self.unreadable(path, &error),
            Ok(Kind::Folder) => {
                self.folder(path, None);
                let (sources, diagnostics) = (&self.loaded.sources, &self.loaded.diagnostics);
                if diagnostics.is_empty() && !sources.iter().any(|(_, file)| is_source(Path::new(&file.path))) {
                    self.report(path, errors::no_source_files);
                }
            }
            Ok(Kind::File) if is_source(path) => self.source(path, None),
            Ok(Kind::File) => self.report(path, errors::not_a_source_file),
            Ok(Kind::Other) => self.report(path, errors::not_a_file),
        }
    }

    fn report(&mut self, path: &Path, message: impl FnOnce(FileId, &str) -> Diagnostic) {
        let shown = shown(path);
        let file = self.loaded.add(&shown, path, String::new());
        self.loaded.diagnostics.push(message(file, &shown));
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.report(path, |file, shown| errors::not_readable(file, shown, error));
    }

    /// Reads a folder; `project` is the one whose `abide.toml` stands above.
    fn folder(&mut self, folder: &Path, project: Option<usize>) {
        let identity = match self.files.identity(folder) {
            Ok(identity) => identity,
            Err(error) => return self.unreadable(folder, &error),
        };
        if !self.seen.insert(identity) {
            return self.report(folder, errors::read_twice);
        }
        let mut names = match self.files.names(folder) {
            Ok(names) => names,
            Err(error) => return self.unreadable(folder, &error),
        };
        names.sort();
        let has_manifest = names.iter().any(|name| name == MANIFEST_NAME);
        let project = if has_manifest { Some(self.manifest(folder)) } else { project };
        for name in names.iter().filter(|name| !name.starts_with('.')) {
            let path = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
            if self.is_full() {
                return;
            }
            match self.files.kind(&path) {
                Ok(Kind::Folder) => self.folder(&path, project),
                Ok(Kind::File) if is_source(&path) => self.source(&path, project),
                Ok(Kind::Other) if is_source(&path) => self.report(&path, errors::not_a_file),
                Err(error) if is_source(&path) => self.unreadable(&path, &error),
                Ok(Kind::File | Kind::Other) | Err(_) => {}
            }
        }
    }

    fn manifest(&mut self, folder: &Path) -> usize {
        let path = if folder == Path::new(".") { PathBuf::from(MANIFEST_NAME) } else { folder.join(MANIFEST_NAME) };
        let default_name = stem(folder);
        let manifest = match self.files.read(&path, MANIFEST_BYTES_MAX + 1) {
            Err(error) => {
                self.unreadable(&path, &error);
                None
            }
            // LIMIT: `MANIFEST_BYTES_MAX`
            Ok(bytes) if bytes.len() > MANIFEST_BYTES_MAX => {
                self.report(&path, |file, shown| errors::manifest_too_large(file, shown, MANIFEST_BYTES_MAX));
                None
            }
            Ok(bytes) => self.loaded.add_source(&shown(&path), &path, bytes),
        };
        let text = manifest.and_then(|file| self.loaded.sources.get(file)).map(|file| file.text.clone());
        let manifest = match manifest.zip(text) {
            Some((file, text)) => {
                let (manifest, diagnostics) = Manifest::parse(file, &text, &default_name);
                self.loaded.diagnostics.extend(diagnostics);
                manifest
            }
            None => Manifest::of_single_file(&default_name),
        };
        self.loaded.projects.push(Project { manifest, root: folder.to_owned(), files: Vec::new() });
        self.loaded.projects.len() - 1
    }

    fn source(&mut self, path: &Path, project: Option<usize>) {
        let bytes = match self.files.read(path, SOURCE_BYTES_MAX + 1) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(path, &error),
        };
        self.count += 1;
        self.bytes += bytes.len();
        let Some(file) = self.loaded.add_source(&shown(path), path, bytes) else {
            return;
        };
        match project.and_then(|index| self.loaded.projects.get_mut(index)) {
            Some(project) => project.files.push(file),
            None => self.loaded.projects.push(Project {
                manifest: Manifest::of_single_file(&stem(path)),
                root: path.to_owned(),
                files: vec![file],
            }),
        }
        if self.count > PROJECT_FILES_MAX {
            // LIMIT: `PROJECT_FILES_MAX`
            self.report(path, |file, shown| errors::too_many_files(file, shown, PROJECT_FILES_MAX));
        } else if self.bytes > PROJECT_BYTES_MAX {
            // LIMIT: `PROJECT_BYTES_MAX`
            self.report(path, |file, shown| errors::project_too_large(file, shown, PROJECT_BYTES_MAX));
        }
    }

    fn is_full(&self) -> bool {
        self.count > PROJECT_FILES_MAX || self.bytes > PROJECT_BYTES_MAX
    }
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "proc")
}

/// The name of a project that does not give one.
fn stem(path: &Path) -> String {
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "project".to_owned())
}

/// A path as messages show it: forward slashes, no `./` in front.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests;
