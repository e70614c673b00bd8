//! The formatter: what it makes of ugly files, and that it always comes to rest without losing anything.

use std::fs;
use std::path::{Path, PathBuf};

use abide::base::span::FileId;
use abide::format::format;
use abide::syntax::parse_file;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn proc_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "proc") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The tree without places, if the text has no mistakes.
fn tree(text: &str) -> Option<String> {
    let parsed = parse_file(FileId(0), text);
    parsed.diagnostics.is_empty().then(|| format!("{:-?}", parsed.file.items))
}

/// Formats, and asserts that the text has the same tree, and that formatting again changes nothing.
#[track_caller]
fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|refusal| panic!("{refusal}:\n{text}"));
    // A doc comment in an odd place may come to stand above another part.
    let without_docs = |text: &str| tree(&text.replace("///", "//"));
    assert_eq!(without_docs(text), without_docs(&once), "{text}");
    let twice = format(&once).unwrap_or_else(|refusal| panic!("{refusal}:\n{once}"));
    assert_eq!(once, twice, "formatting twice");
    once
}

fn fixture(name: &str) -> String {
    let text = fs::read_to_string(root().join("tests/format").join(name)).unwrap();
    assert_eq!(parse_file(FileId(0), &text).diagnostics, [], "a fixture with a mistake is only copied");
    formatted(&text)
}

#[test]
fn declarations() {
    insta::assert_snapshot!(fixture("declarations.proc"));
}

#[test]
fn statements() {
    insta::assert_snapshot!(fixture("statements.proc"));
}

#[test]
fn expressions() {
    insta::assert_snapshot!(fixture("expressions.proc"));
}

#[test]
fn comments() {
    insta::assert_snapshot!(fixture("comments.proc"));
}

#[test]
fn long_lines_are_broken() {
    insta::assert_snapshot!(fixture("long.proc"));
}

#[test]
fn edges() {
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\n\n"), "");
    assert_eq!(formatted("// only a comment"), "// only a comment\n");
    assert_eq!(formatted("\n// a\n\n\n\n// b\n"), "// a\n\n// b\n");
    assert_eq!(formatted("enum E { a }\r\n// x\r\nenum F { b }\r\n"), "enum E { a }\n// x\nenum F { b }\n");
    assert_eq!(formatted("enum E { a } enum F { b }"), "enum E { a }\nenum F { b }\n");
    let zone = "workflow W\n    when every  day at 09:00   in \"a  b\"\n{\n    log \"x\"\n}\n";
    assert!(formatted(zone).contains("when every day at 09:00 in \"a  b\"\n"), "{}", formatted(zone));
}

#[test]
fn what_does_not_parse_stays_byte_for_byte() {
    let bad = "workflow  Broken  for {\n  ???   \n}";
    assert!(formatted(&format!("enum A {{ a }}\n\n{bad}\n")).contains(bad));
    for text in ["???", "}", "enum", "\"", "/*", "enum E { a } }", "enum E { a\n\nenum F { b }\n", "\u{0}"] {
        formatted(text);
    }
}

#[test]
fn examples_rest() {
    let mut files = proc_files("examples");
    files.extend(proc_files("src/library"));
    assert!(files.len() > 3);
    for file in files {
        formatted(&fs::read_to_string(&file).unwrap());
    }
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Comments are put wherever there is a space, and spaces become line breaks: no comment is lost, and the layout rests.
#[test]
fn comments_anywhere() {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for name in ["declarations.proc", "statements.proc", "expressions.proc"] {
        let text = fs::read_to_string(root().join("tests/format").join(name)).unwrap();
        let spaces: Vec<usize> = text.match_indices([' ', '\n']).map(|(at, _)| at).collect();
        for round in 0..60 {
            let mut mixed = text.clone();
            let mut places: Vec<usize> = (0..1 + round % 4).map(|_| spaces[numbers.below(spaces.len())]).collect();
            places.sort_unstable();
            places.dedup();
            for (number, at) in places.into_iter().enumerate().rev() {
                let words = ["// c#\n", "\n// c#\n", "/* c# */", "\n\n/* c#\n   d */\n", "\n"][numbers.below(5)];
                mixed.insert_str(at, &format!(" {}", words.replace('#', &number.to_string())));
            }
            formatted(&mixed);
        }
    }
}

#[test]
fn a_large_file_is_laid_out_like_its_parts() {
    let part = |number: usize| {
        let head = if number.is_multiple_of(3) { "\n// Above.\n/// What it is.\n" } else { "" };
        format!(
            "{head}fn   f{number}(x: int)->int {{ return x + {number} }} // behind {number}\n/* alone */ enum E{number} {{ a,b }}\n"
        )
    };
    let parts: Vec<String> = (0..1_500).map(part).collect();
    let whole = parts.concat();
    assert!(whole.len() > 128 << 10, "{} bytes are too few to be shared", whole.len());
    let expected: Vec<String> = parts.iter().map(|part| formatted(part)).collect();
    let found = formatted(&whole);
    let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&found), lines(&expected.concat()));
    let parsed = parse_file(FileId(0), &found);
    assert_eq!((parsed.diagnostics.len(), parsed.file.items.len()), (0, 3_000));
    let wrong = format!("{found}enum F {{ a, 7 }}\n");
    assert_eq!(parse_file(FileId(0), &wrong).diagnostics.len(), 1);
}
