//! `--config`, `given config`, and the settings of a store of real processes.

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
        assert_eq!(outcome.code, 1);
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
    assert_eq!(call.run(&["test", "t.proc", "--config", "lest=7"]).code, 1);
}

#[test]
fn a_test_gives_settings() {
    let test = r#"
config least: int = 10
config greeting: text(5)
config desk: Team?
entity Deal { title: text said: text? shown as "{title}" }
workflow Look for deal: Deal when created {
    update deal { said: "{config.greeting} {config.least} {config.desk?.name ?? "nobody"}" }
}
test "given" {
    given config least = 7
    given config greeting = "hi"
    given desk = Team { name: "Night" }
    given config desk = desk
    given deal = Deal { title: "a" }
    expect deal.said == "hi 7 Night"
    given config desk = none
    given other = Deal { title: "b" }
    expect other.said == "hi 7 nobody"
    given config greeting = "hello{other.title}"
}
test "the next one begins anew" {
    given deal = Deal { title: "a" }
    expect 1 parked Look
    given config greeting = "hello"
    retry Look
    expect deal.said == "hello 10 nobody"
}
"#;
    let call = Call::new().file("t.proc", test);
    let outcome = call.run(&["test", "t.proc"]);
    assert_eq!(outcome.code, 1, "{}{}", outcome.out, outcome.err);
    let told = "FAILED  given (t.proc:19)\n        R0110: the text is longer than the type of its place allows\n";
    assert!(outcome.out.contains(told) && outcome.out.ends_with("1 passed, 1 failed\n"), "{}", outcome.out);
}

/// A store of real processes, in which the greeting has no value yet.
fn real() -> Call {
    let action = "action Make(title: text, score: int = 0) { create Deal { title: title, score: score } }\n";
    let call = Call::new().file("p.proc", PROJECT.replace(" = \"hello\"", "") + action);
    let outcome = call.run(&["deploy", "p.proc", "--activate", "--store", "s.db"]);
    let warning = "warning[R0513]: the setting `config.greeting` has no value in this store: processes that read it are \
                   parked\n  help: abide settings greeting=VALUE --store s.db\n";
    outcome.is(0, &outcome.out.clone(), warning);
    call
}

#[track_caller]
fn fine(call: &Call, args: &[&str]) -> String {
    let outcome = call.run(&[args, &["--store", "s.db"]].concat());
    assert_eq!(outcome.code, 0, "{args:?}: {}{}", outcome.out, outcome.err);
    assert!(!outcome.err.contains("warning"), "{args:?}: {}", outcome.err);
    outcome.out
}

#[test]
fn a_store_of_real_processes_gives_settings_their_values() {
    let call = real();
    fine(&call, &["start", "Make", "title=a", "score=20"]);
    fine(&call, &["worker", "--until-idle"]);
    let parked = fine(&call, &["list"]);
    assert!(parked.contains("parked"), "{parked}");
    let doctor = call.run(&["doctor", "--store", "s.db"]);
    let told = "the setting `config.greeting` has no value: processes that read it are parked\n";
    doctor.is(1, told, "  help: abide settings greeting=VALUE --store s.db\n");
    let listed = fine(&call, &["settings", "greeting=hi", "config.least=5"]);
    insta::assert_snapshot!(listed);
    fine(&call, &["retry", "--all", "--yes"]);
    fine(&call, &["start", "Make", "title=b", "score=7"]);
    fine(&call, &["worker", "--until-idle"]);
    let log = fine(&call, &["log"]);
    assert_eq!(log.matches("hi nobody").count(), 2, "{log}");
    fine(&call, &["doctor"]);
    let listed = fine(&call, &["settings", "give_up.after=30 days"]);
    assert!(listed.contains("\ngive_up.after = 30 days  (given here)\n"), "{listed}");
    let listed = fine(&call, &["settings", "give_up.after=never"]);
    assert!(listed.contains("\ngive_up.after = never  (given here)\n"), "{listed}");
    let soon = call.run(&["settings", "give_up.after=soon", "--store", "s.db"]);
    soon.is(1, "", "error: `give_up.after=soon`: give_up.after is an exact time such as \"30 days\", or never\n");
    let unset = fine(&call, &["settings", "--unset", "least"]);
    assert!(unset.starts_with("config.least = 10  (as the project says)\n"), "{unset}");
    fine(&call, &["start", "Make", "title=c", "score=7"]);
    fine(&call, &["worker", "--until-idle"]);
    assert_eq!(fine(&call, &["log"]).matches("hi nobody").count(), 2);
}

#[test]
fn what_is_wrong_with_settings_of_a_store_changes_nothing() {
    let call = real();
    let args = "settings lest=1 least least=many retry.first=soon retry.times=-1 guard.depth=0 level=4 --unset gretting --store s.db";
    let outcome = call.run(&args.split(' ').collect::<Vec<_>>());
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    insta::assert_snapshot!(outcome.err);
    assert!(!fine(&call, &["settings"]).contains("given here"));
    call.run(&["settings", "least=1", "least=2", "--store", "s.db"]).is(
        2,
        "",
        "error: the setting `least` stands twice\n",
    );
    assert_eq!(call.run(&["settings", "least=1"]).code, 2, "without a store");
    call.run(&["run", "p.proc", "--store", "sim.db"]);
    let simulated = call.run(&["settings", "least=1", "--store", "sim.db"]);
    assert!(simulated.code == 3 && simulated.err.contains("E0920"), "{}", simulated.err);
}

#[test]
fn a_deployment_brings_the_values_that_a_new_build_needs() {
    let call = real();
    fine(&call, &["settings", "greeting=hi", "least=5"]);
    let later = call
        .read("p.proc")
        .replace("least: int = 10", "least: text")
        .replace("deal.score >= config.least", "\"{deal.score}\" == config.least")
        + "config fresh: int\n";
    let call = call.file("later/p.proc", later).file("later/abide.toml", "name = \"p\"\nversion = \"2.0.0\"\n");
    let outcome = call.run(&["deploy", "later", "--store", "s.db"]);
    assert!(outcome.err.contains("`config.least` has a value that does not fit it in this store"), "{}", outcome.err);
    // A draft's settings are known, and the ones of the current build hold.
    let listed = fine(&call, &["settings", "fresh=3"]);
    assert!(
        listed.contains("config.fresh = 3  (given here)") && listed.contains("config.least = 5  (given"),
        "{listed}"
    );
    let activated = call.run(&["deploy", "later", "--store", "s.db", "--activate", "--config", "least=7"]);
    activated.is(0, &activated.out.clone(), "");
    fine(&call, &["start", "Make", "title=a", "score=7"]);
    fine(&call, &["worker", "--until-idle"]);
    assert!(fine(&call, &["log"]).contains("hi nobody"));
    let wrong = call.run(&["deploy", "later", "--store", "s.db", "--config", "fresh=many"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
}
