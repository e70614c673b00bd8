//! The examples on the pages of the codes: the first block gives exactly that code (of an error: no other error), the
//! second nothing.

use abide::diag::Severity;
use abide::diag::codes::{self, Entry};

use super::{check_text, codes as codes_of, rendered};

/// The families whose pages show programs.
const FAMILIES: [&str; 12] = ["E01", "E02", "E03", "E04", "E05", "E06", "E07", "W02", "W03", "W05", "W06", "W07"];

/// The `proc` blocks of a page.
fn blocks(entry: &Entry) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in entry.page.lines() {
        match &mut open {
            None if line == "```proc" => open = Some(String::new()),
            None => {}
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    blocks
}

#[test]
fn the_wrong_block_of_a_page_gives_its_code_and_the_right_one_nothing() {
    let mut wrong = Vec::new();
    for entry in codes::ALL.iter().filter(|entry| FAMILIES.iter().any(|family| entry.code.0.starts_with(family))) {
        let blocks = blocks(entry);
        let [bad, good] = blocks.as_slice() else {
            wrong.push(format!("{}: {} `proc` blocks instead of two\n", entry.code.0, blocks.len()));
            continue;
        };
        let front = check_text("wrong.proc", bad);
        let is_error = entry.code.0.starts_with('E');
        let told = front.diagnostics.iter().filter(|d| !is_error || d.severity == Severity::Error).cloned();
        if codes_of(&told.collect::<Vec<_>>()) != [entry.code.0] {
            wrong.push(format!("{}: the first block gives\n{}", entry.code.0, rendered(&front)));
        }
        let front = check_text("right.proc", good);
        if !front.diagnostics.is_empty() {
            wrong.push(format!("{}: the second block gives\n{}", entry.code.0, rendered(&front)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pages_have_their_headings() {
    for entry in codes::ALL.iter().filter(|entry| !entry.code.0.starts_with('R')) {
        for heading in ["What it means", "Example", "Why it is an error", "How to fix it", "See also"] {
            assert!(entry.page.contains(&format!("\n## {heading}\n")), "{} lacks {heading}", entry.code.0);
        }
        assert!(entry.page.starts_with(&format!("# {}: {}\n", entry.code.0, entry.name)), "{}", entry.code.0);
    }
}
