//! Any text at all: a message perhaps, never a crash, never a hang.

use std::time::{Duration, Instant};

use super::{files_below, parse};
use crate::mutate::Numbers;

/// Parses; checks what holds for every text.
fn survives(text: &str) {
    let started = Instant::now();
    let (parsed, sources) = parse(text);
    let length = u32::try_from(text.len()).unwrap();
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.primary.span;
        assert!(span.start <= span.end && span.end <= length, "{diagnostic:?} in {text:?}");
        assert_ne!(diagnostic.message, "the compiler cannot read what it accepted", "{text:?}");
    }
    let shown = abide::diag::render::human(&parsed.diagnostics, &sources, &abide::diag::render::Options::default());
    assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
    assert!(started.elapsed() < Duration::from_secs(20), "{} bytes took {:?}", text.len(), started.elapsed());
}

#[test]
fn odd_characters_and_line_ends() {
    let good = "entity Deal { title: text }\nfn f() -> int { return 1 }\n";
    for text in [good.to_owned(), format!("\u{FEFF}{good}"), good.replace('\n', "\r\n"), good.replace('\n', "\r")] {
        assert_eq!(parse(&text).0.diagnostics, [], "{text:?}");
    }
    for text in [
        "",
        "\0",
        "\u{1}",
        "entity \u{1}",
        "fn f() -> int { return \u{1} }",
        "\u{FEFF}\u{FEFF}",
        "\r",
        "}",
        "{",
        "\"",
        "\"{",
        "\"\"\"{\"",
        "/*",
        "`",
        "@",
        "r\"",
        "🙂",
        "\\",
    ] {
        survives(text);
    }
    assert_ne!(parse("fn f() -> int { return \u{1} }").0.diagnostics, []);
}

#[test]
fn nesting_is_limited_and_long_chains_are() {
    let nested = |open: &str, close: &str, n: usize| {
        format!("fn f() -> int {{ return {}1{} }}", open.repeat(n), close.repeat(n))
    };
    assert_eq!(parse(&nested("(", ")", 63)).0.diagnostics, []);
    let codes = |text: &str| parse(text).0.diagnostics.iter().map(|d| d.code.0).collect::<Vec<_>>();
    assert_eq!(codes(&nested("(", ")", 64)), ["E0102"]);
    assert_eq!(codes(&nested("(", ")", 100_000)), ["E0102"]);
    assert_eq!(codes(&nested("-", "", 1000)), ["E0102"]);
    assert_eq!(codes(&nested("not ", "", 1000)), ["E0102"]);
    assert_eq!(codes(&nested("1 + ", "", 1000)), ["E0102"]);
    assert_eq!(codes(&nested("", ".a", 1000)), ["E0102"]);
    assert_eq!(codes(&nested("if a then b else ", "", 500)), ["E0102"]);
    assert_eq!(codes(&format!("type A = {}int", "list of ".repeat(1000))), ["E0102"]);
    for open in ["(", "[", "{", "\"{", "if a then ", "not ", "-", "list of ", "exists a in b where ", "x => ", "wait {"]
    {
        survives(&format!("workflow W when called {{ log {} }}", open.repeat(3000)));
        survives(&format!("type T = {}", open.repeat(3000)));
    }
}

#[test]
fn long_lines_and_many_mistakes_take_fair_time() {
    survives(&format!("fn f() -> text {{ return \"{}\" }}", "x".repeat(500_000)));
    survives(&format!("workflow W when called {{\n{}}}", "    lett x = 1\n".repeat(1500)));
    survives(&format!("enum E {{ {} }}", "a = , ".repeat(1500)));
}

const PIECES: [&str; 40] = [
    "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "{x}", ",", ":", "=", "==", "=>", "->", "?", "!", ".", "..", "@",
    "if", "else", "match", "wait", "create", "find", "in", "not", "entity", "workflow", "when", "\n", "//", "/*", "`",
    "3 days", "5 USD", "A", "a", "\u{1}",
];

#[test]
fn mutations_of_good_programs() {
    let mut numbers = Numbers(0x5EED);
    let texts: Vec<String> =
        files_below("tests/syntax/good").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for round in 0..300 {
        let mut characters: Vec<char> = texts[round % texts.len()].chars().collect();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(characters.len());
            let length = numbers.below(30).min(characters.len() - at);
            let piece: Vec<char> = PIECES[numbers.below(PIECES.len())].chars().collect();
            match numbers.below(3) {
                0 => drop(characters.splice(at..at, piece)),
                1 => drop(characters.splice(at..at + length, piece)),
                _ => drop(characters.drain(at..at + length)),
            }
        }
        survives(&characters.into_iter().collect::<String>());
    }
}

#[test]
fn random_pieces() {
    let mut numbers = Numbers(0xB17E5);
    for _ in 0..400 {
        let count = numbers.below(60);
        let text: String = (0..count)
            .map(|_| {
                let piece = PIECES[numbers.below(PIECES.len())];
                if numbers.below(3) == 0 { piece.to_owned() } else { format!("{piece} ") }
            })
            .collect();
        survives(&text);
    }
}
