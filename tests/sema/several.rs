//! Twelve mistakes of twelve kinds in one file give twelve messages: none is swallowed, none brings others with it.
//!
//! A line of `tests/ui/several/*.proc` that holds a mistake ends with `// E0301`, its code.

use std::fs;

use super::{check_text, folder};

/// The line and code of each mark.
fn planted(text: &str) -> Vec<(u32, String)> {
    let mark = |line: &str| {
        let (_, code) = line.rsplit_once("// ")?;
        let is_code = code.len() == 5 && code.starts_with('E') && code[1..].bytes().all(|b| b.is_ascii_digit());
        is_code.then(|| code.to_owned())
    };
    (1..).zip(text.lines()).filter_map(|(number, line)| Some((number, mark(line)?))).collect()
}

#[test]
fn each_planted_mistake_gives_its_one_message() {
    let mut wrong = String::new();
    for entry in fs::read_dir(folder("several")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "proc") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let front = check_text("several.proc", &text);
        let told: Vec<(u32, String)> = front
            .diagnostics
            .iter()
            .map(|d| {
                let line = front.sources.get(d.primary.span.file).unwrap().position(d.primary.span.start).line;
                (line, d.code.0.to_owned())
            })
            .collect();
        let planted = planted(&text);
        let mut kinds: Vec<&String> = planted.iter().map(|(_, code)| code).collect();
        kinds.sort();
        kinds.dedup();
        assert!(planted.len() >= 12 && kinds.len() >= 12, "{}: {} mistakes", path.display(), planted.len());
        for (line, code) in planted.iter().filter(|mistake| !told.contains(mistake)) {
            wrong += &format!("{}:{line}: {code} is not told\n", path.display());
        }
        for (line, code) in told.iter().filter(|mistake| !planted.contains(mistake)) {
            wrong += &format!("{}:{line}: {code} is told besides\n", path.display());
        }
        if told.len() != planted.len() {
            wrong += &format!("{}: {} messages for {} mistakes\n", path.display(), told.len(), planted.len());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
