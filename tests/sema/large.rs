//! Programs larger than people write: what the checker says stays readable, and comes in fair time.

use std::fmt::Write;

use super::check_text;

#[test]
fn a_ring_of_many_processes_is_one_message_of_fair_length() {
    let mut text = String::new();
    for number in 0..2_000 {
        let next = (number + 1) % 2_000;
        writeln!(text, "entity D{number} {{ f: int = 0 }}").unwrap();
        writeln!(text, "workflow W{number} for d: D{number} when created {{ create D{next} {{ f: 1 }} }}").unwrap();
    }
    let told = check_text("ring.proc", &text).diagnostics;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].code.0, told[0].labels.len()), ("W0502", 19));
    assert!(told[0].message.ends_with("`W18`, `W19` and 1980 more start each other in a ring"), "{}", told[0].message);
}

#[test]
fn the_search_for_rings_has_a_limit() {
    let mut text = "entity D { f: int = 0 }\n".to_owned();
    for number in 0..400 {
        writeln!(text, "workflow W{number} for d: D when updated(f) {{ update d {{ f: {number} }} }}").unwrap();
    }
    let told = check_text("starts.proc", &text).diagnostics;
    let errors: Vec<&str> =
        told.iter().filter(|d| d.severity == abide::diag::Severity::Error).map(|d| d.message.as_str()).collect();
    assert_eq!(errors, ["the writes of this project start processes in more than 100000 ways"]);
}

#[test]
fn many_names_entities_and_members() {
    let mut text = "workflow Names when on demand {\n".to_owned();
    for number in 0..20_000 {
        writeln!(text, "    let x{number} = {number} log \"{{x{number}}}\"").unwrap();
    }
    text += "}\n";
    for number in 0..2_000 {
        writeln!(text, "entity D{number} {{ r: D{}? }}", (number * 7 + 1) % 2_000).unwrap();
    }
    let members: Vec<String> = (0..6_000).map(|number| format!("m{number}")).collect();
    writeln!(text, "enum E {{ {} }}", members.join(", ")).unwrap();
    let arms: Vec<String> = members.iter().map(|member| format!("{member} => 1")).collect();
    writeln!(text, "fn f(e: E) -> int {{ return match e {{ {} }} }}", arms.join(", ")).unwrap();
    let told = check_text("many.proc", &text).diagnostics;
    assert!(told.is_empty(), "{:?}", told.first().map(|d| &d.message));
}
