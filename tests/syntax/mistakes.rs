//! Programs with mistakes, and what the author is told.

use abide::base::source::Sources;
use abide::diag::{Diagnostic, render};
use abide::syntax::ast::ItemKind;

use super::parse;

fn fixture(name: &str) -> (String, Vec<Diagnostic>, Sources, usize) {
    let path = format!("{}/tests/syntax/bad/{name}.proc", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let (parsed, sources) = parse(&text);
    let items = parsed.file.items.iter().filter(|item| !matches!(item.kind, ItemKind::Error { .. })).count();
    (text, parsed.diagnostics, sources, items)
}

/// The source, then all messages with their places.
fn told(name: &str) -> String {
    let (text, diagnostics, sources, _) = fixture(name);
    let shown: Vec<String> =
        diagnostics.chunks(20).map(|some| render::human(some, &sources, &render::Options::default())).collect();
    format!("{text}\n----\n\n{}", shown.join("\n"))
}

#[test]
fn twelve_mistakes_give_twelve_messages() {
    let (_, diagnostics, sources, items) = fixture("twelve");
    let places: Vec<(u32, &str)> = diagnostics
        .iter()
        .map(|d| (sources.get(d.primary.span.file).unwrap().position(d.primary.span.start).line, d.code.0))
        .collect();
    let expected = [
        (2, "E0101"),
        (4, "E0101"),
        (8, "E0121"),
        (11, "E0101"),
        (13, "E0101"),
        (14, "E0120"),
        (15, "E0122"),
        (16, "E0121"),
        (19, "E0101"),
        (22, "E0120"),
        (23, "E0110"),
        (24, "E0110"),
        (28, "E0113"),
        (33, "E0101"),
    ];
    assert_eq!(places, expected);
    assert_eq!(items, 3, "the entity, the process after the unclosed block, and the enum are in the tree");
}

#[test]
fn twelve() {
    insta::assert_snapshot!(told("twelve"));
}

#[test]
fn habits_of_other_languages() {
    insta::assert_snapshot!(told("foreign"));
}

#[test]
fn texts_and_moments() {
    insta::assert_snapshot!(told("texts"));
}

#[test]
fn braces_and_conflicts() {
    insta::assert_snapshot!(told("braces"));
}

#[test]
fn heads_and_parts() {
    insta::assert_snapshot!(told("heads"));
}

#[test]
fn sections() {
    insta::assert_snapshot!(told("sections"));
}

#[test]
fn habits() {
    insta::assert_snapshot!(told("habits"));
}

#[test]
fn recovery() {
    insta::assert_snapshot!(told("recovery"));
}

/// A line that holds a mistake ends with its code.
#[test]
fn each_marked_mistake_gives_its_one_message() {
    for name in ["sections", "habits", "recovery"] {
        let (text, diagnostics, sources, _) = fixture(name);
        let mut expected: Vec<String> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if let Some((_, code)) = line.rsplit_once("// E") {
                expected.push(format!("{number}: E{code}"));
            }
        }
        let place = |d: &Diagnostic| sources.get(d.primary.span.file).unwrap().position(d.primary.span.start).line;
        let mut told: Vec<(u32, &str)> = diagnostics.iter().map(|d| (place(d), d.code.0)).collect();
        told.sort_unstable();
        let told: Vec<String> = told.iter().map(|(line, code)| format!("{line}: {code}")).collect();
        let missing: Vec<&String> = expected.iter().filter(|line| !told.contains(line)).collect();
        let more: Vec<&String> = told.iter().filter(|line| !expected.contains(line)).collect();
        assert_eq!((missing, more, told.len()), (Vec::new(), Vec::new(), expected.len()), "{name}");
    }
}
