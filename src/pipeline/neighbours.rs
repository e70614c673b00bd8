//! Names that a file lacks and a file beside it declares: without an `abide.toml` each file is a project of its own.

use std::collections::BTreeMap;

use super::CheckedProject;
use crate::base::{source::Sources, span::FileId};
use crate::diag::{Diagnostic, codes};
use crate::syntax::Parsed;

/// Tells at the first unknown name of a file that a file beside it declares the name. Where one does, no other name
/// was meant.
pub(super) fn explain(
    sources: &Sources,
    projects: &[CheckedProject],
    parsed: &BTreeMap<FileId, Parsed>,
    diagnostics: &mut [Diagnostic],
) {
    let alone: Vec<(FileId, &CheckedProject)> =
        projects.iter().filter_map(|project| Some((alone(project)?, project))).collect();
    if alone.len() < 2 {
        return;
    }
    let mut told: Vec<FileId> = Vec::new();
    for diagnostic in diagnostics.iter_mut().filter(|d| d.code == codes::E0202 || d.code == codes::E0212) {
        let span = diagnostic.primary.span;
        let Some((_, here)) = alone.iter().find(|(file, _)| *file == span.file) else { continue };
        let name = sources.get(span.file).and_then(|file| file.text.get(span.start as usize..span.end as usize));
        let declares = |file: &FileId| {
            let items = parsed.get(file).map(|parsed| parsed.file.items.iter()).into_iter().flatten();
            items.filter_map(|item| item.kind.declares()).any(|declared| Some(declared.name.as_str()) == name)
        };
        let beside = alone
            .iter()
            .find(|(file, other)| *file != span.file && other.root.parent() == here.root.parent() && declares(file));
        let Some((name, beside)) = name.zip(beside.and_then(|(file, _)| sources.get(*file))) else { continue };
        if diagnostic.fix.is_some() || diagnostic.help.as_ref().is_some_and(|help| help.starts_with("did you mean")) {
            diagnostic.fix = None;
            diagnostic.help = None;
        }
        if !told.contains(&span.file) {
            told.push(span.file);
            diagnostic.notes.push(format!("`{name}` is declared in `{}`, which is another project", beside.path));
            diagnostic.help = Some("put an `abide.toml` into the folder: its files are one project then".to_owned());
        }
    }
}

/// The file of a project that is one file without an `abide.toml`.
fn alone(project: &CheckedProject) -> Option<FileId> {
    let is_file = project.root.extension().is_some_and(|extension| extension == "proc");
    project.files.first().copied().filter(|_| is_file)
}
