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
    let mut wrong = String::new();
    for mistake in mistakes() {
        let told = told(&planted(&base, &[&mistake], false, false));
        let without_place: Vec<&str> = told.iter().map(|line| line.split_once(' ').unwrap().1).collect();
        if told.len() != 1 || !without_place[0].starts_with(&mistake.code) {
            wrong += &format!("{}: {}\n    {}\n", mistake.code, mistake.text, without_place.join("\n    "));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
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
    assert!(exact >= 95, "{exact} of 100 draws are exact\n{wrong}");
}
