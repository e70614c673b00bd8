//! Many mistakes, each planted in a sound program: alone each gives one message, and twelve of them in one file give
//! twelve.
//!
//! `planted/*.txt` holds the mistakes: a line in the first column with its code behind `//` begins one, lines behind `|`
//! go on with it. `§` is a number, so that names differ.

use std::fs;
use std::path::{Path, PathBuf};

use super::check_text;

/// A mistake, and where it can stand.
#[derive(Clone, Debug)]
struct Mistake {
    place: Place,
    text: String,
    code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Declaration,
    Statement,
    Field,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sema/planted")
}

fn base() -> String {
    fs::read_to_string(folder().join("base.proc")).unwrap()
}

fn mistakes() -> Vec<Mistake> {
    let places =
        [("declarations.txt", Place::Declaration), ("statements.txt", Place::Statement), ("fields.txt", Place::Field)];
    let mut mistakes: Vec<Mistake> = Vec::new();
    for (name, place) in places {
        for line in fs::read_to_string(folder().join(name)).unwrap().lines() {
            match (line.strip_prefix('|'), mistakes.last_mut()) {
                (Some(rest), Some(last)) => last.text += &format!("\n{rest}"),
                _ => {
                    let (text, code) = line.rsplit_once(" // ").unwrap_or_else(|| panic!("{line}: no code"));
                    mistakes.push(Mistake { place, text: text.to_owned(), code: code.to_owned() });
                }
            }
        }
    }
    mistakes
}

/// Random numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn numbered(mistake: &Mistake, number: usize, indentation: &str) -> String {
    let lines: Vec<String> =
        mistake.text.replace('§', &number.to_string()).lines().map(|line| format!("{indentation}{line}\n")).collect();
    lines.concat()
}

/// The program with some mistakes; those of one kind share a body, or have one each.
fn planted(base: &str, chosen: &[&Mistake], shared: bool, spaced: bool) -> String {
    let mut text = base.to_owned();
    for (place, head, sound) in [
        (Place::Field, "entity Entity§ {\n", "    name§: text = \"x\"\n"),
        (Place::Statement, "workflow Process§ for deal: Deal\n    when created\n{\n", "    log \"sound §\"\n"),
        (Place::Declaration, "", "config sound§: int = 1\n"),
    ] {
        let of_place = || (1..).zip(chosen).filter(|(_, mistake)| mistake.place == place);
        let mut is_open = false;
        let mut last = String::new();
        for (number, mistake) in of_place() {
            let sound = sound.replace('§', &number.to_string());
            last.clone_from(&sound);
            if !is_open {
                text += "\n";
                text += &head.replace('§', &number.to_string());
                if place == Place::Field {
                    text += "    first: text\n";
                }
            }
            is_open = shared;
            if spaced {
                text += &sound;
            }
            text += &numbered(mistake, number, if head.is_empty() { "" } else { "    " });
            if !shared && !head.is_empty() {
                text += &sound.replace("name", "last");
                text += "}\n";
            }
        }
        if is_open && !head.is_empty() {
            text += &last.replace("name", "last");
            text += "}\n";
        }
    }
    text
}

/// What is told of a program, a line a message.
fn told(text: &str) -> Vec<String> {
    let front = check_text("planted.proc", text);
    let line = |d: &abide::diag::Diagnostic| {
        let position = front.sources.get(d.primary.span.file).unwrap().position(d.primary.span.start);
        let fix = d.fix.as_ref().map(|fix| format!(" [{}]", fix.title)).unwrap_or_default();
        let help = d.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{}: {} {}{help}{fix}", position.line, position.column, d.code.0, d.message)
    };
    front.diagnostics.iter().map(line).collect()
}

#[test]
fn the_program_is_sound_without_them() {
    assert_eq!(told(&base()), Vec::<String>::new());
}

#[test]
fn each_alone_gives_its_one_message() {
    let base = base();
    let (mut wrong, mut all) = (String::new(), String::new());
    for mistake in mistakes() {
        let told = told(&planted(&base, &[&mistake], false, false));
        let without_place: Vec<&str> = told.iter().map(|line| line.split_once(' ').unwrap().1).collect();
        let shown = format!("{}\n    {}\n", mistake.text, without_place.join("\n    "));
        if told.len() != 1 || !without_place[0].starts_with(&mistake.code) {
            wrong += &format!("{}: {shown}", mistake.code);
        }
        all += &shown;
    }
    if let Ok(path) = std::env::var("ABIDE_PLANTED_ALL") {
        fs::write(path, &all).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Every mistake before every other.
#[test]
#[ignore = "takes minutes; to find which mistakes swallow which"]
fn pairs() {
    let base = base();
    let all = mistakes();
    let sound: Vec<&Mistake> = all.iter().filter(|m| told(&planted(&base, &[m], false, false)).len() == 1).collect();
    let mut lines = String::new();
    let mut count = 0;
    let step: usize = std::env::var("ABIDE_PLANTED_STEP").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut dice = Dice(11);
    for first in &sound {
        for second in &sound {
            if first.place != second.place || dice.below(step) != 0 {
                continue;
            }
            count += 1;
            let told = told(&planted(&base, &[first, second], true, false));
            if told.len() != 2 {
                lines += &format!("{} {:?}\n   A {}\n   B {}\n", told.len(), first.place, first.text, second.text);
                for line in &told {
                    lines += &format!("      {line}\n");
                }
            }
        }
    }
    let path = std::env::var("ABIDE_PLANTED_PAIRS").unwrap_or_else(|_| "/tmp/pairs.txt".into());
    fs::write(path, format!("{count} pairs\n{lines}")).unwrap();
}

/// Draws of twelve of different kinds: how many give twelve messages, and those that do not.
fn draws(count: usize) -> (usize, String) {
    let base = base();
    let all = mistakes();
    let kind = |mistake: &Mistake| {
        let told = told(&planted(&base, &[mistake], false, false));
        told.first().and_then(|line| line.split_once(' ')).map(|(_, message)| message.to_owned()).unwrap_or_default()
    };
    let kinds: Vec<String> = all.iter().map(kind).collect();
    let mut dice = Dice(7);
    let mut exact = 0;
    let mut wrong = String::new();
    for _ in 0..count {
        let mut drawn: Vec<usize> = Vec::new();
        while drawn.len() < 12 {
            let one = dice.below(all.len());
            if !drawn.iter().any(|other| kinds[*other] == kinds[one]) {
                drawn.push(one);
            }
        }
        let chosen: Vec<&Mistake> = drawn.iter().map(|one| &all[*one]).collect();
        let text = planted(&base, &chosen, dice.below(3) > 0, dice.below(2) == 0);
        let told = told(&text);
        if told.len() == 12 {
            exact += 1;
        } else {
            wrong +=
                &format!("==== {} messages\n{}\n{}\n", told.len(), text.trim_start_matches(&base), told.join("\n"));
        }
    }
    (exact, wrong)
}

#[test]
fn twelve_in_one_file_give_twelve_messages() {
    let (exact, wrong) = draws(100);
    if let Ok(path) = std::env::var("ABIDE_PLANTED_DRAWS") {
        fs::write(path, &wrong).unwrap();
    }
    assert!(exact >= 95, "{exact} of 100 draws are exact\n{wrong}");
}

/// A sound program with one token changed, as people mistype: left out, written twice, misspelt, or a sign for another.
fn mistyped(token: &str, dice: &mut Dice) -> Option<String> {
    let is_word = token.chars().all(|c| c.is_ascii_alphabetic()) && token.len() > 3;
    Some(match dice.below(4) {
        0 => String::new(),
        1 if !is_word => format!("{token}{token}"),
        1 => format!("{token} {token}"),
        2 if is_word => {
            let at = 1 + dice.below(token.len() - 2);
            let (start, end) = token.split_at(at);
            let second = &end[1..2];
            format!("{start}{second}{}{}", &end[..1], &end[2..])
        }
        3 if is_word => format!("{}{}", &token[..1], &token[2..]),
        3 => match token {
            ":" => "=".to_owned(),
            "=" => ":".to_owned(),
            "," => ";".to_owned(),
            "." => ",".to_owned(),
            "=>" => "->".to_owned(),
            "->" => "=>".to_owned(),
            "==" => "=".to_owned(),
            "{" => "(".to_owned(),
            "(" => "{".to_owned(),
            _ => return None,
        },
        _ => return None,
    })
}

/// Words, texts and signs of a program with their places.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            at += end;
            continue;
        } else if rest.starts_with('"') {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if ["=>", "->", "==", "++", "??", "+=", ">=", "<=", "!="].iter().any(|sign| rest.starts_with(sign)) {
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        if !rest.starts_with(char::is_whitespace) {
            tokens.push((at, &rest[..length]));
        }
        at += length;
    }
    tokens
}

/// Draws of twelve lines with a mistyped token each, of those that alone give one message.
#[test]
#[ignore = "takes minutes; to find what swallows what"]
fn mistyped_tokens() {
    let mut dice = Dice(std::env::var("ABIDE_PLANTED_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(3));
    let mut report = String::new();
    let (mut exact, mut all, mut kinds) = (0, 0, [0usize; 4]);
    for path in
        ["examples/deals/deals.proc", "examples/leave-request/leave.proc", "examples/onboarding/onboarding.proc"]
    {
        let mut text = fs::read_to_string(path).unwrap();
        if path.contains("deals") {
            text += &fs::read_to_string("examples/deals/model.proc").unwrap();
        }
        let before = told(&text);
        if !before.is_empty() {
            report += &format!("{path} is not sound: {before:?}\n");
            continue;
        }
        let tokens = tokens(&text);
        let mut single: Vec<(usize, usize, String, usize)> = Vec::new();
        for _ in 0..220 {
            let (at, token) = tokens[dice.below(tokens.len())];
            let Some(new) = mistyped(token, &mut dice) else { continue };
            let line = text[..at].matches('\n').count();
            if single.iter().any(|(_, _, _, other)| *other == line) {
                continue;
            }
            let changed = format!("{}{new}{}", &text[..at], &text[at + token.len()..]);
            let told = told(&changed);
            kinds[told.len().min(3)] += 1;
            if told.len() > 1 {
                report += &format!(
                    "ALONE {path}:{}: `{token}` -> `{new}` in `{}`\n",
                    line + 1,
                    text.lines().nth(line).unwrap().trim()
                );
                for line in &told {
                    report += &format!("      {line}\n");
                }
            }
            if told.len() == 1 && told[0].split(':').next() == Some(&(line + 1).to_string()) {
                single.push((at, token.len(), new, line));
            }
        }
        for _ in 0..40 {
            let mut drawn: Vec<usize> = Vec::new();
            while drawn.len() < 12 {
                let one = dice.below(single.len());
                if !drawn.contains(&one) {
                    drawn.push(one);
                }
            }
            drawn.sort_by_key(|one| std::cmp::Reverse(single[*one].0));
            let mut changed = text.clone();
            for one in &drawn {
                let (at, length, new, _) = &single[*one];
                changed.replace_range(*at..at + length, new);
            }
            let told = told(&changed);
            all += 1;
            if told.len() == 12 {
                exact += 1;
                continue;
            }
            report += &format!("DRAW {} {path}\n", told.len());
            for one in drawn.iter().rev() {
                report += &format!("   {}: {}\n", single[*one].3 + 1, changed.lines().nth(single[*one].3).unwrap());
            }
            let lines: Vec<String> = drawn.iter().map(|one| (single[*one].3 + 1).to_string()).collect();
            let at = |line: &str| line.split(':').next().unwrap().to_owned();
            for line in lines.iter().rev().filter(|line| !told.iter().any(|t| at(t) == **line)) {
                let number: usize = line.parse().unwrap();
                let around: Vec<&str> = changed.lines().skip(number.saturating_sub(4)).take(6).collect();
                report += &format!("   LOST {line}\n        {}\n", around.join("\n        "));
            }
            for line in lines.iter().filter(|line| told.iter().filter(|t| at(t) == **line).count() > 1) {
                for t in told.iter().filter(|t| at(t) == *line) {
                    report += &format!("   TWICE {t}\n");
                }
            }
            for t in told.iter().filter(|t| !lines.contains(&at(t))) {
                let number: usize = at(t).parse().unwrap();
                let around: Vec<&str> = changed.lines().skip(number.saturating_sub(4)).take(6).collect();
                report += &format!("   MORE {t}\n        {}\n", around.join("\n        "));
            }
        }
    }
    fs::write("/tmp/mistyped.txt", format!("{exact} of {all}; alone {kinds:?}\n{report}")).unwrap();
}
