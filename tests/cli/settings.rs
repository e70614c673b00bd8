//! `--config`.

use super::Call;

const PROJECT: &str = r#"
config least: int = 10
config desk: Team?
config level: int = 1
config greeting: text(5) = "hello"
entity Deal { title: text score: int shown as "{title}" }
workflow Greet for deal: Deal when created {
    if deal.score >= config.least { log "{config.greeting} {config.desk?.name ?? "nobody"}" }
}
"#;

const DATA: &str = r#"{ "version": 1, "now": "2026-01-05T09:00Z", "records": {
    "Team": [{ "name": "Night" }], "Deal": [{ "title": "a", "score": 7 }] } }"#;

fn call() -> Call {
    Call::new().file("p.proc", PROJECT).file("p.json", DATA)
}

#[test]
fn a_run_takes_settings_and_its_store_keeps_them() {
    let call = call().file("more.json", DATA.replace("Night", "Day"));
    let silent = call.run(&["run", "p.proc"]);
    assert!(!silent.out.contains("hello"), "{}", silent.out);
    let args = ["run", "p.proc", "--store", "s.db", "--config", "least=7", "--config", "desk=Night"];
    let told = call.run(&args);
    assert!(told.out.contains("hello Night"), "{}", told.out);
    let again = call.run(&["run", "p.proc", "--store", "s.db", "--data", "more.json", "--config", "greeting=hi"]);
    assert!(again.out.contains("hi Night"), "{}", again.out);
}

#[test]
fn the_clock_of_a_store_goes_on_where_it_stands() {
    let call = call();
    call.run(&["run", "p.proc", "--store", "s.db"]);
    let later = call.run(&["run", "p.proc", "--store", "s.db", "--advance", "1 day"]);
    assert!(later.out.contains("It is Tue 2026-01-06 09:00."), "{}", later.out);
    let before = call.run(&["run", "p.proc", "--store", "s.db", "--until", "2026-01-05T10:00Z"]);
    assert!(before.err.contains("does not go back"), "{}", before.err);
    assert!(before.out.contains("It is Tue 2026-01-06 09:00."), "{}", before.out);
}

#[test]
fn all_that_is_wrong_with_settings_is_told_before_anything_happens() {
    let args = "run p.proc --store s.db --config lest=1 --config least --config least=many --config greeting=welcome --config level=none";
    let call = call();
    let outcome = call.run(&args.split(' ').collect::<Vec<_>>());
    insta::assert_snapshot!(outcome.err);
    assert!(!call.path("s.db").exists());
}

#[test]
fn nothing_behind_the_sign_is_an_empty_text_and_nothing_else() {
    let call = call();
    assert_eq!(call.run(&["run", "p.proc", "--config", "greeting="]).code, 0);
    for setting in ["least=", "desk="] {
        let outcome = call.run(&["run", "p.proc", "--config", setting]);
        assert_eq!(outcome.code, 2);
        assert!(outcome.err.contains("there is no value behind `=`"), "{}", outcome.err);
    }
}

#[test]
fn tests_take_settings() {
    let test = r#"
config least: int = 10
fn is_enough(n: int) -> bool { return n >= 7 }
entity Deal { title: text  open: bool = false  shown as "{title}" }
workflow Look for deal: Deal when created { if config.least < 8 { update deal { open: true } } }
test "seven is enough" {
    let deal = create Deal { title: "a" }
    expect deal.open
}
"#;
    let call = Call::new().file("t.proc", test);
    assert_eq!(call.run(&["test", "t.proc"]).code, 1);
    let outcome = call.run(&["test", "t.proc", "--config", "least=7"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    assert_eq!(call.run(&["test", "t.proc", "--config", "lest=7"]).code, 2);
}
