//! Data files and `abide.toml` that are damaged: messages with a place in the file, or a program that runs.

use std::sync::Arc;

use abide::{
    base::{
        source::{SourceFile, Sources},
        span::FileId,
    },
    data::{file, json},
    diag::{Diagnostic, render},
    engine::store::memory::MemoryStore,
    pipeline,
    project::{Manifest, load_text},
    simulation::{Simulation, plan, progress::Progress},
    vm::program::Program,
};

use crate::mutate::Numbers;

/// Every place lies in the file, and every message can be shown.
fn shown(text: &str, diagnostics: &[Diagnostic]) {
    let mut sources = Sources::default();
    sources.add(SourceFile::new("input".to_owned(), text.to_owned(), false));
    for diagnostic in diagnostics {
        let span = diagnostic.primary.span;
        let range = span.start as usize..span.end as usize;
        assert!(text.get(range).is_some(), "{diagnostic:?} in {text:?}");
    }
    let human = render::human(diagnostics, &sources, &render::Options::default());
    assert_eq!(human.is_empty(), diagnostics.is_empty());
}

/// Damaged bytes as the text that a reader of UTF-8 would be given.
fn damaged(numbers: &mut Numbers, good: &str) -> String {
    let mut bytes = good.as_bytes().to_vec();
    numbers.damage(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn program() -> Arc<Program> {
    let source = include_str!("../examples/hello/hello.proc");
    let front = pipeline::check(load_text("hello.proc", source.into()));
    pipeline::compile(&front.sources, &front.projects[0]).unwrap()
}

/// What is wrong with a data file; else it is carried out.
fn carried_out(program: &Arc<Program>, text: &str) -> Result<(), Vec<Diagnostic>> {
    let json = json::parse(FileId(0), text).map_err(|problem| vec![problem])?;
    let data = file::read(&json)?;
    let order = plan::plan(program.module(), &data)?;
    let store = Box::new(MemoryStore::new());
    let beginning = data.now.unwrap_or_default();
    let mut simulation = Simulation::open(store, Arc::clone(program), "test".into(), beginning).unwrap();
    // Errors of the store are no part of it: what is wrong in the data was found before.
    simulation.carry_out(&data, &order, Progress::default()).map_err(|error| panic!("{error} after {text}"))
}

#[test]
fn damaged_data_files() {
    let program = program();
    let good = include_str!("../examples/hello/hello.json");
    carried_out(&program, good).unwrap();
    let mut numbers = Numbers(0x0A81_DE00_0000_0004);
    let mut accepted = 0;
    for _ in 0..2_000 {
        let text = damaged(&mut numbers, good);
        match carried_out(&program, &text) {
            Ok(()) => accepted += 1,
            Err(problems) => shown(&text, &problems),
        }
    }
    assert!(accepted > 20, "{accepted}");
}

#[test]
fn damaged_manifests() {
    let good = "name = \"orders\"\nversion = \"1.4.0\"\ncurrency = \"EUR\"\nzone = \"Europe/Berlin\"\n\n[libraries]\n\
                crm = \"0.1.0\"\n";
    assert_eq!(Manifest::parse(FileId(0), good, "folder").1, []);
    let mut numbers = Numbers(0x0A81_DE00_0000_0005);
    let mut accepted = 0;
    for _ in 0..5_000 {
        let text = damaged(&mut numbers, good);
        let (_, diagnostics) = Manifest::parse(FileId(0), &text, "folder");
        shown(&text, &diagnostics);
        accepted += usize::from(diagnostics.is_empty());
    }
    assert!(accepted > 20, "{accepted}");
}

#[test]
fn a_data_file_of_mistakes_is_told_in_fair_time() {
    let program = program();
    let keys: String = (0..100_000).map(|n| format!("\"key{n}\": 1,")).collect();
    let records: String = (0..100_000).map(|n| format!("{{\"$id\": \"a{n}\", \"owner\": \"$b{n}\"}},")).collect();
    for text in [
        format!("{{{keys} \"version\": 1}}"),
        format!("{{\"version\": 1, \"records\": {{\"User\": [{records} {{}}]}}}}"),
        format!("{{\"version\": 1, \"records\": {{\"User\": [{}1]}}}}", "1,".repeat(100_000)),
        format!("{{\"version\": 1, \"events\": [{}1]}}", "{},".repeat(100_000)),
    ] {
        let problems = carried_out(&program, &text).unwrap_err();
        assert!((1..=200).contains(&problems.len()), "{}", problems.len());
    }
    let problem = json::parse(FileId(0), &"[".repeat(9_000_000)).unwrap_err();
    assert_eq!(problem.message, "the data file has more than 8000000 values");
}
