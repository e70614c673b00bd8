//! The stages of the compiler in order. Each takes the value of the stage before; none can be skipped.

mod neighbours;
mod plugins;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::base::cores::on_all_cores;
use crate::base::source::{SourceFile, Sources};
use crate::base::span::{FileId, Span};
use crate::bytecode::module::Module;
use crate::codegen;
use crate::diag::{Diagnostic, Severity, codes, render};
use crate::project::{DiskFiles, Loaded, Manifest, load, load_text};
use crate::sema::allow::{self, Allow};
use crate::sema::library::{self, Library, Shelf};
use crate::sema::schema::Settings;
use crate::sema::sessions;
use crate::sema::{Checked, SourceTree, check_project};
use crate::syntax::ast::File;
use crate::syntax::{Parsed, parse_file};
use crate::vm::program::Program;

/// A path, read and checked: what `check` prints, and what the other commands begin with.
#[derive(Debug, Default)]
pub struct Front {
    /// All sources, those of libraries last.
    pub sources: Sources,
    /// The projects in order of their paths.
    pub projects: Vec<CheckedProject>,
    /// All messages by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Front {
    /// Whether there is a message that forbids to compile.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// A project after checking.
#[derive(Debug)]
pub struct CheckedProject {
    /// Its settings.
    pub manifest: Manifest,
    /// Its folder, or its one file.
    pub root: std::path::PathBuf,
    /// Its files.
    pub files: Vec<FileId>,
    /// Its typed program.
    pub checked: Checked,
}

/// Parses and checks everything that was loaded.
#[must_use]
pub fn check(loaded: Loaded) -> Front {
    let Loaded { mut sources, projects, mut diagnostics, .. } = loaded;
    let core = library::CORE.add_to(&mut sources);
    let mut files: Vec<FileId> = projects.iter().flat_map(|p| p.files.iter().copied()).collect();
    files.push(core);
    let parsed = parse_all(&sources, &files);
    diagnostics.extend(parsed.values().flat_map(|p| p.diagnostics.iter().cloned()));
    let sessions = sessions_of(&mut sources, &parsed);
    let mut shelves = Shelf::open_used(&mut sources, parsed.values().map(|p| &p.file));
    let mut checked = Vec::new();
    for project in projects {
        let tree = |file: FileId| Some((&parsed.get(&file)?.file, sources.get(file)?.text.as_str()));
        let written: Vec<(&File, &str)> = project.files.iter().filter_map(|file| tree(*file)).collect();
        let picked: Vec<Vec<usize>> = shelves.iter_mut().map(|shelf| shelf.pick(&written)).collect();
        let core = std::iter::once((core, Some(library::CORE.name)));
        let of_dialogs = project.files.iter().filter_map(|file| sessions.get(file)).filter_map(|(file, parsed)| {
            let text = sources.get(*file)?.text.as_str();
            Some(SourceTree { file: *file, tree: &parsed.file, text, library: Some(library::CORE.name) })
        });
        let own = project.files.iter().map(|file| (*file, None));
        let whole = core.chain(own).filter_map(|(file, library)| {
            let (tree, text) = tree(file)?;
            Some(SourceTree { file, tree, text, library })
        });
        let parts = shelves.iter().zip(&picked).flat_map(|(shelf, picked)| library_trees(shelf, picked));
        let trees: Vec<SourceTree<'_>> = whole.chain(of_dialogs).chain(parts).collect();
        let allows: Vec<Allow> = project.files.iter().flat_map(|file| allows(&sources, *file, &parsed)).collect();
        let mut outcome = check_project(&trees, &allows, settings(&project.manifest));
        let problems = plugins::read(&project.root, &mut outcome.program);
        outcome.diagnostics.extend(problems);
        diagnostics.extend(outcome.diagnostics.iter().cloned());
        checked.push(CheckedProject {
            manifest: project.manifest,
            root: project.root,
            files: project.files,
            checked: outcome,
        });
    }
    // What is wrong with the record of a dialog is told where the dialog names it.
    diagnostics.retain(|d| !sessions.values().any(|(file, _)| *file == d.primary.span.file));
    diagnostics.extend(shelves.iter().flat_map(Shelf::diagnostics).cloned());
    diagnostics.sort_by_key(|d| (d.primary.span, d.code));
    diagnostics.dedup_by_key(|d| (d.primary.span, d.code));
    drop_told_better(&mut diagnostics);
    drop_names_of_unread(&sources, &mut diagnostics);
    drop_lints_of_unread(&mut diagnostics);
    neighbours::explain(&sources, &checked, &parsed, &mut diagnostics);
    Front { sources, projects: checked, diagnostics }
}

/// The sessions that the dialogs of each file declare, as a file of their own.
fn sessions_of(sources: &mut Sources, parsed: &BTreeMap<FileId, Parsed>) -> BTreeMap<FileId, (FileId, Parsed)> {
    let mut found = BTreeMap::new();
    for (file, tree) in parsed {
        let text = sources.get(*file).and_then(|source| sessions::declarations(&tree.file, &source.text));
        let Some(text) = text else { continue };
        let own = sources.add(SourceFile::new(sessions::PATH.to_owned(), text.clone(), true));
        found.insert(*file, (own, parse_file(own, &text)));
    }
    found
}

/// The declarations that were picked from a library, each as a tree of its own.
fn library_trees<'s>(shelf: &'s Shelf, picked: &'s [usize]) -> impl Iterator<Item = SourceTree<'s>> {
    let Library { name, text, .. } = *shelf.library;
    shelf.trees(picked).map(move |tree| SourceTree { file: shelf.file, tree, text, library: Some(name) })
}

/// Drops what the parser says about words of which the checker says what they mean: one place, one message.
fn drop_told_better(diagnostics: &mut Vec<Diagnostic>) {
    let of_syntax = |d: &Diagnostic| d.code.0.starts_with("E01");
    let meant: Vec<Span> = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error && !of_syntax(d) && d.primary.span != Span::default())
        .map(|d| d.primary.span)
        .collect();
    // In order, as the messages are.
    diagnostics.retain(|d| !of_syntax(d) || meant.binary_search(&d.primary.span).is_err());
}

/// Drops what the checker says about unknown names that stand on a line that does not parse: what that line declares or
/// calls was not understood. Lines that do not parse keep all their messages.
fn drop_names_of_unread(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let place = |d: &Diagnostic| {
        let file = sources.get(d.primary.span.file)?;
        Some((d.primary.span.file, file.position(d.primary.span.start).line))
    };
    let of_syntax = |d: &&Diagnostic| d.severity == Severity::Error && d.code.0.starts_with("E01");
    let lines: BTreeSet<(FileId, u32)> = diagnostics.iter().filter(of_syntax).filter_map(place).collect();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (file, line) in &lines {
        let text = sources.get(*file).map_or("", |file| file.line(*line));
        names.extend(text.split(|c: char| !is_part(c)).filter(|name| !name.is_empty()));
    }
    let is_unread = |d: &Diagnostic| {
        let text = sources.slice(d.primary.span);
        let name = text.rsplit(|c: char| !is_part(c)).next();
        let is_lower = |name: &str| name.starts_with(|first: char| first.is_ascii_lowercase());
        let is_type = d.code == codes::E0202;
        matches!(d.code, codes::E0202 | codes::E0211 | codes::E0212)
            && name.is_some_and(|name| names.contains(name) && !(is_type && is_lower(name)))
            && place(d).is_some_and(|place| !lines.contains(&place))
    };
    diagnostics.retain(|d| !is_unread(d));
}

/// Drops the lints of files that do not parse: what was not understood may hold what a lint misses.
fn drop_lints_of_unread(diagnostics: &mut Vec<Diagnostic>) {
    let of_syntax = |d: &&Diagnostic| d.severity == Severity::Error && d.code.0.starts_with("E01");
    let unread: BTreeSet<FileId> = diagnostics.iter().filter(of_syntax).map(|d| d.primary.span.file).collect();
    diagnostics.retain(|d| d.severity == Severity::Error || !unread.contains(&d.primary.span.file));
}

/// The comments of a file that switch lints off.
fn allows(sources: &Sources, file: FileId, parsed: &BTreeMap<FileId, Parsed>) -> Vec<Allow> {
    let Some((source, parsed)) = sources.get(file).zip(parsed.get(&file)) else { return Vec::new() };
    let comments = parsed.trivia.comments.iter().map(|comment| comment.span);
    allow::read(file, &source.text, comments, &parsed.file)
}

/// A checked project, compiled and verified, with its tests: what the simulation and the tests run. The project has no
/// errors.
///
/// # Errors
/// Where the program exceeds what a build can hold.
pub fn compile(sources: &Sources, project: &CheckedProject) -> Result<Arc<Program>, Vec<Diagnostic>> {
    verify(codegen::lower(&project.checked.program, sources)?)
}

/// A checked project as a build: without its tests. The project has no errors. The same sources give the same build,
/// wherever they stand: files are named as they are within the project.
///
/// # Errors
/// Where the program exceeds what a build can hold.
pub fn compile_build(sources: &Sources, project: &CheckedProject) -> Result<Arc<Program>, Vec<Diagnostic>> {
    let mut module = codegen::lower_build(&project.checked.program, sources)?;
    for (file, (_, source)) in module.debug.files.iter_mut().zip(sources.iter()).filter(|(_, (_, s))| !s.is_library) {
        *file = within(&project.root, &source.path);
    }
    verify(module)
}

/// The path of a file within a project; of a project that is one file, its name.
fn within(root: &Path, file: &str) -> String {
    let plain = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let path = plain(Path::new(file));
    let rest = path.strip_prefix(plain(root)).ok().filter(|rest| *rest != Path::new(""));
    let rest = rest.or_else(|| if root.is_dir() { None } else { path.file_name().map(Path::new) });
    rest.unwrap_or(&path).to_string_lossy().replace('\\', "/")
}

/// Why sources do not become a program.
#[derive(Debug)]
pub enum CompileError {
    /// What is wrong with them, by file and place.
    Wrong(Vec<Diagnostic>, Sources),
    /// There is not one project at the path, but so many.
    Projects(usize),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Wrong(diagnostics, sources) => f.write_str(render::short(diagnostics, sources).trim_end()),
            CompileError::Projects(count) => write!(f, "there are {count} projects at the path, not one"),
        }
    }
}

impl Error for CompileError {}

/// The program of one text, without its tests. The path is what messages call it; its name is that of the project.
///
/// # Errors
/// With all that is wrong with the text.
pub fn compile_text(path: &str, text: &str) -> Result<Arc<Program>, CompileError> {
    compile_one(load_text(path, text.as_bytes().to_vec()))
}

/// The program of the one project at a path, without its tests: a folder, or a `.proc` file.
///
/// # Errors
/// With all that is wrong with the files, or if there is not one project.
pub fn compile_path(path: &Path) -> Result<Arc<Program>, CompileError> {
    compile_one(load(&DiskFiles, path))
}

fn compile_one(loaded: Loaded) -> Result<Arc<Program>, CompileError> {
    let Front { sources, projects, mut diagnostics } = check(loaded);
    diagnostics.retain(|d| d.severity == Severity::Error);
    match projects.as_slice() {
        _ if !diagnostics.is_empty() => Err(CompileError::Wrong(diagnostics, sources)),
        [project] => compile_build(&sources, project).map_err(|wrong| CompileError::Wrong(wrong, sources)),
        projects => Err(CompileError::Projects(projects.len())),
    }
}

fn verify(module: Module) -> Result<Arc<Program>, Vec<Diagnostic>> {
    // WHY: what the compiler makes is verified like what comes from outside, so that only verified code runs.
    Program::new(module).map(Arc::new).map_err(|error| {
        let message = format!("the compiler made a build that its own verifier refuses: {error}");
        let diagnostic = Diagnostic::error(codes::E0904, message, Span::default(), "compiled from here on");
        vec![diagnostic.help("please report this program")]
    })
}

fn settings(manifest: &Manifest) -> Settings {
    Settings {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        currency: manifest.currency,
        zone: manifest.zone.clone(),
    }
}

fn parse_all(sources: &Sources, files: &[FileId]) -> BTreeMap<FileId, Parsed> {
    let parse = |id: &FileId| Some((*id, parse_file(*id, &sources.get(*id)?.text)));
    on_all_cores(files, parse).into_iter().flatten().collect()
}
