//! Data files and `abide.toml` that are damaged: messages with a place in the file, or a program that runs.

use std::{
    io::{self, Cursor, Read, Seek, SeekFrom},
    sync::Arc,
};

use abide::{
    base::{
        source::{SourceFile, Sources},
        span::FileId,
    },
    data::reader::Trouble,
    diag::{Diagnostic, codes, render},
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
    let input = Box::new(Cursor::new(text.as_bytes().to_vec()));
    let wrong = |trouble| match trouble {
        Trouble::Wrong(problem) => *problem,
        other => panic!("{other:?} after {text}"),
    };
    let plan = plan::plan(program.module(), input, FileId(0));
    let mut plan = plan.map_err(|troubles| troubles.into_iter().map(wrong).collect::<Vec<_>>())?;
    let store = Box::new(MemoryStore::new());
    let beginning = plan.data.now.unwrap_or_default();
    let mut simulation = Simulation::open(store, Arc::clone(program), "test".into(), beginning).unwrap();
    // Errors of the store are no part of it: what is wrong in the data was found before.
    simulation.carry_out(&mut plan, Progress::default()).map_err(|error| panic!("{error} after {text}"))
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
    for (text, code) in [
        (format!("{{\"version\": 1, \"now\": [{}1]}}", "1,".repeat(2_100_000)), codes::E0903),
        (format!("{{\"version\": 1, \"nwo\": {}", "[".repeat(9_000_000)), codes::E0912),
    ] {
        let problems = carried_out(&program, &text).unwrap_err();
        assert_eq!(problems[0].code, code);
    }
}

/// A long data file that is nowhere as a whole: what is asked of it is made on the spot.
struct Made {
    records: usize,
    at: u64,
}

/// Bytes of each record of [`Made`].
const MADE: usize = 64;

impl Made {
    fn line(&self, number: usize) -> String {
        let line = match number {
            0 => "{\"version\": 1, \"records\": {\"User\": [{}".to_owned(),
            n if n <= self.records => format!(",{{\"$id\": \"u{n}\", \"name\": \"User {n}\"}}"),
            n if n == self.records + 1 => "]}}".to_owned(),
            _ => return String::new(),
        };
        format!("{line:<width$}\n", width = MADE - 1)
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).unwrap();
        let line = self.line(at / MADE);
        let rest = line.as_bytes().get(at % MADE..).unwrap_or_default();
        let bytes = rest.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&rest[..bytes]);
        self.at += bytes as u64;
        Ok(bytes)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else { panic!("{to:?}") };
        self.at = at;
        Ok(at)
    }
}

#[test]
fn little_is_kept_of_a_long_data_file() {
    let records = 50_000;
    let plan = plan::plan(program().module(), Box::new(Made { records, at: 0 }), FileId(0));
    let mut plan = plan.unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!(plan.data.records(), records + 1);
    let last = plan.data.record(records).unwrap();
    assert_eq!(last.name.unwrap().node, format!("u{records}"));
    let bytes_a_record = plan.kept_bytes() / records;
    assert!(bytes_a_record < 80, "{bytes_a_record}");
}
