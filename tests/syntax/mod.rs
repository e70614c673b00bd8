//! Text to tree: what is accepted, what is refused and in which words.

mod constructs;
mod hostile;
mod mistakes;

use std::path::{Path, PathBuf};

use abide::base::source::{SourceFile, Sources};
use abide::diag::render;
use abide::syntax::{self, Parsed};

/// Parses a text as the only file.
fn parse(text: &str) -> (Parsed, Sources) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("test.proc".into(), text.into(), false));
    (syntax::parse_file(file, text), sources)
}

/// The messages of a text as people see them.
fn messages(text: &str) -> String {
    let (parsed, sources) = parse(text);
    render::human(&parsed.diagnostics, &sources, &render::Options::default())
}

/// All `.proc` files below a folder of the project.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proc") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
