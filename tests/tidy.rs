//! House rules that a compiler does not check: who may import whom, sizes, docs, codes with their pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use abide::diag::codes;

/// Which folders of `src` a folder may import, besides itself. `cli`, `lib.rs` and `main.rs` may import all.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("bytecode", &["base", "diag"]),
    ("codegen", &["base", "bytecode", "diag", "sema", "syntax"]),
    ("data", &["base", "bytecode", "diag"]),
    ("diag", &["base"]),
    ("engine", &["base", "bytecode", "data", "diag", "sandbox", "vm"]),
    ("format", &["base", "diag", "syntax"]),
    ("mail", &["engine"]),
    ("outside", &["base", "engine"]),
    ("pipeline", &["base", "bytecode", "codegen", "diag", "project", "sandbox", "sema", "syntax", "vm"]),
    ("project", &["base", "diag", "syntax"]),
    ("sandbox", &["base"]),
    ("sema", &["base", "diag", "syntax"]),
    ("simulation", &["base", "bytecode", "data", "diag", "engine", "vm"]),
    ("syntax", &["base", "diag"]),
    (
        "testing",
        &[
            "base",
            "bytecode",
            "codegen",
            "data",
            "diag",
            "engine",
            "pipeline",
            "project",
            "sema",
            "simulation",
            "syntax",
            "vm",
        ],
    ),
    ("vm", &["base", "bytecode", "data", "diag"]),
];

/// The one place where a crate may be named.
const HOMES: &[(&str, &[&str])] = &[
    ("bincode", &["src/bytecode/codec.rs"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("lettre", &["src/mail/smtp.rs"]),
    ("miette", &["src/diag/render/human.rs"]),
    ("pest", &["src/syntax/"]),
    ("pest_derive", &["src/syntax/"]),
    ("regex", &["src/base/pattern.rs"]),
    ("rusqlite", &["src/engine/store/sqlite"]),
    ("ureq", &["src/outside/"]),
    ("wasmi", &["src/sandbox/"]),
];

const LINES_MAX: usize = 800;
/// Tables and lists of types, where a seam would only hide.
const LONG: &[&str] = &["src/diag/codes.rs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder that end in one of `endings`, with their paths from the root, in order.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing found in {folder}");
    found
}

fn sources() -> Vec<(String, String)> {
    files("src", &[".rs"])
}

/// Lines that are not comments, with their numbers; without unit tests at the end of the file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines
        .take_while(|(_, line)| *line != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(at, line)| (at, line.split(" // ").next().unwrap_or(line)))
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn imports_point_downward() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let area = name.trim_start_matches("src/").split(['/', '.']).next().unwrap_or("");
        if matches!(area, "cli" | "lib" | "main") || is_test(&name) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == area) else {
            wrong.push(format!("{name}: `{area}` has no line in LAYERS"));
            continue;
        };
        for target in imported(&text) {
            if target != area && !allowed.contains(&target.as_str()) {
                wrong.push(format!("{name}: `{area}` must not import `{target}`"));
            }
        }
    }
    none(wrong);
}

/// The folders that a file names as `crate::folder` or in `crate::{folder::…, folder::…}`.
fn imported(text: &str) -> BTreeSet<String> {
    let code: String = code(text).flat_map(|(_, line)| [line, "\n"]).collect();
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut is_start = true;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => is_start = true,
                c if is_start && depth == 0 && !c.is_whitespace() => {
                    found.insert(word(&list[at..]));
                    is_start = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn imports_in_braces_are_seen() {
    let text = "use crate::{\n    base::{a, b},\n    diag,\n};\nlet x = crate::vm::y();\n// crate::sema\n";
    assert_eq!(imported(text).into_iter().collect::<Vec<_>>(), ["base", "diag", "vm"]);
}

#[test]
fn crates_stay_at_home() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        for (line, words) in code(&text) {
            for (library, homes) in HOMES {
                let is_named = words
                    .match_indices(&format!("{library}::"))
                    .any(|(at, _)| !words[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':'));
                if is_named && !homes.iter().any(|home| name.starts_with(home)) {
                    wrong.push(format!("{name}:{line}: `{library}` is named outside of {homes:?}"));
                }
            }
        }
    }
    none(wrong);
}

#[test]
fn files_have_a_size_and_a_doc() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let lines = text.lines().count();
        if lines > LINES_MAX && !is_test(&name) && !LONG.contains(&name.as_str()) {
            wrong.push(format!("{name}: {lines} lines, at most {LINES_MAX}"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{name}: does not begin with a module doc"));
        }
    }
    none(wrong);
}

#[test]
fn nothing_is_left_over() {
    let mut wrong = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !is_test(name)) {
        for (line, words) in code(&text) {
            for left in ["dbg!(", ".unwrap()", ".expect(\"", "todo!(", "unimplemented!("] {
                if words.contains(left) {
                    wrong.push(format!("{name}:{line}: {left}"));
                }
            }
        }
        for (line, words) in text.lines().enumerate().filter(|(_, words)| words.contains("TODO")) {
            wrong.push(format!("{name}:{}: {words}", line + 1));
        }
    }
    none(wrong);
}

#[test]
fn no_test_is_passed_over() {
    let mark = format!("#[{}", "ignore");
    let files = ["src", "tests"].into_iter().flat_map(|folder| files(folder, &[".rs"]));
    none(files.filter(|(_, text)| text.contains(&mark)).map(|(name, _)| name).collect());
}

#[test]
fn no_path_of_some_machine() {
    let mut wrong = Vec::new();
    let machine: Vec<String> = ["root", "home", "work", "Users"].iter().map(|folder| format!("/{folder}/")).collect();
    for folder in ["src", "tests", "docs", "examples", "grammar", "benches"] {
        for (name, text) in files(folder, &[".rs", ".md", ".proc", ".pest", ".toml", ".json", ".snap"]) {
            for (line, words) in text.lines().enumerate() {
                if machine.iter().any(|path| words.contains(path.as_str())) {
                    wrong.push(format!("{name}:{}: {words}", line + 1));
                }
            }
        }
    }
    none(wrong);
}

#[test]
fn codes_are_sorted_and_have_pages() {
    let mut wrong = Vec::new();
    let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for entry in codes::ALL {
        let code = entry.code.0;
        let is_code =
            code.len() == 5 && code.starts_with(['E', 'W', 'R']) && code[1..].bytes().all(|b| b.is_ascii_digit());
        if !is_code {
            wrong.push(format!("{code}: not a letter and four digits"));
        }
        if !names.insert(entry.name)
            || !entry.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            wrong.push(format!("{code}: the name `{}` is taken or not in kebab-case", entry.name));
        }
        if entry.summary.ends_with('.') || entry.summary.starts_with(char::is_uppercase) {
            wrong.push(format!("{code}: the summary is not one clause: {}", entry.summary));
        }
        families.entry(&code[..3]).or_default().push(code);
        let mut expected = vec![format!("# {code}: {}", entry.name)];
        let headings: &[&str] = if code.starts_with('R') {
            &["What it means", "When it happens", "What to do"]
        } else {
            &["What it means", "Example", "Why it is an error", "How to fix it", "See also"]
        };
        expected.extend(headings.iter().map(|heading| format!("## {heading}")));
        let found = headings_of(entry.page);
        if found != expected {
            wrong.push(format!("{code}: the headings are {found:?}, not {expected:?}"));
        }
    }
    for all in families.values().filter(|all| !all.is_sorted_by(|a, b| a < b)) {
        wrong.push(format!("not sorted: {all:?}"));
    }
    for (name, _) in files("src/diag/codes", &[".md"]) {
        let code = name.trim_start_matches("src/diag/codes/").trim_end_matches(".md");
        if codes::lookup(code).is_none() {
            wrong.push(format!("{name}: a page without a code"));
        }
    }
    none(wrong);
}

/// The headings of a page, outside of code.
fn headings_of(page: &str) -> Vec<String> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        if !in_code && line.starts_with('#') {
            found.push(line.to_owned());
        }
    }
    found
}
