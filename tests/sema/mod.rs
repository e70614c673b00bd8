//! What the checker says: each `tests/ui/<topic>/<case>.proc` with its messages in the snapshot beside it.
//!
//! A case is named after what it shows. The snapshot holds the messages as a person sees them; reviewing it means
//! reading them.

mod large;
mod pages;
mod planted;
mod schema;
mod several;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use abide::diag::{Diagnostic, render};
use abide::pipeline::{self, Front};
use abide::project::load_text;

/// Checks one text as a project of its own.
pub(crate) fn check_text(path: &str, text: &str) -> Front {
    pipeline::check(load_text(path, text.as_bytes().to_vec()))
}

fn rendered(front: &Front) -> String {
    let text = render::human(&front.diagnostics, &front.sources, &render::Options::default());
    if text.is_empty() { "nothing to say\n".to_owned() } else { text }
}

fn folder(topic: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(topic)
}

/// Compares every case of a topic, and lists all that differ.
fn topic(topic: &str) {
    let folder = folder(topic);
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "proc"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases in {}", folder.display());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);

    let mut failed = Vec::new();
    for case in cases {
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&case).unwrap();
        let front = check_text(&format!("{name}.proc"), &text);
        let messages = rendered(&front);
        let compare = || settings.bind(|| insta::assert_snapshot!(name.clone(), messages));
        if catch_unwind(AssertUnwindSafe(compare)).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "cases of {topic} that differ: {failed:?}");
}

macro_rules! topics {
    ($($name:ident)*) => {
        $(#[test] fn $name() { topic(stringify!($name)); })*

        #[test]
        fn every_folder_of_cases_is_a_topic() {
            let mut found: Vec<String> = fs::read_dir(folder(""))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),*]);
        }
    };
}

topics! {
    access
    calls
    entities
    facts
    flows
    kinds
    mails
    names
    records
    rings
    several
    testing
    triggers
    values
    waits
}

/// The codes of messages, for tests that need no more.
pub(crate) fn codes(diagnostics: &[Diagnostic]) -> Vec<&'static str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code.0).collect()
}
