//! What a person sees of a run: the timeline, what waits and why, what is parked, and what to do next.

use super::Call;

const SOURCE: &str = r#"enum Mood { calm, cross = 5 "Quite cross" }

record Line {
    name: text(20)
    count: int
}

error Refused { people: int, day: date }

entity Deal {
    title: text(40)
    value: int = 0
    closes: date?
    shown as "{title}"
}

action Ask(people: int) for deal: Deal {
    raise Refused { people: people, day: @2026-02-01 }
}

workflow Chase for deal: Deal
    when created
{
    wait {
        until deal.value > 100 => log "big",
        until deal.closes => log "closed",
        after 3 days => log "late",
    }
    do Deliver(deal) timeout 2 weeks
}

workflow Deliver for deal: Deal
    when called
{
    let mood: Mood = cross
    let lines = [Line { name: "Bolt", count: 3 }]
    let price = 9.5 USD
    try {
        do Ask(deal, 4)
        let _never = 1
    } catch e: Refused {
        let share = 100 div deal.value
        log "{share} for {e.people}, {mood}, {length(lines)}, {price}"
    }
}
"#;

const DATA: &str = r#"{
    "version": 1,
    "now": "2026-01-05T09:00[UTC]",
    "records": {"Deal": [{"$id": "a", "title": "Pumps", "closes": "2026-01-07"}]},
    "events": [{"after": "1 hour", "update": "$a", "set": {"title": "Pumps"}}]
}"#;

fn call() -> Call {
    Call::new().file("deals.proc", SOURCE).file("deals.json", DATA)
}

#[test]
fn a_run_says_what_is_waited_for_and_what_stands_still() {
    let call = call();
    let outcome = call.run(&["run", "deals.proc", "--advance", "2 days", "--store", "s.db"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    insta::assert_snapshot!(outcome.out);
}

#[test]
fn what_is_parked_is_tried_again_where_it_is_resumed() {
    let call = call();
    call.run(&["run", "deals.proc", "--advance", "2 days", "--store", "s.db"]);
    let listed: serde_json::Value =
        serde_json::from_str(&call.run(&["list", "Deliver", "--json", "--store", "s.db"]).out).unwrap();
    let id = listed["instances"][0]["id"].to_string();
    assert_eq!(call.run(&["snapshot", &id, "--store", "s.db", "-o", "x.snap"]).code, 0);
    let mended = call.run(&["resume", "x.snap", "deals.proc", "--update", "deal:2.value=50"]);
    assert!(mended.out.contains("log       2 for 4, Quite cross, 1, 9.50 USD"), "{}{}", mended.out, mended.err);
    assert!(mended.out.ends_with("No process waits.\n"), "{}", mended.out);
    let again = call.run(&["resume", "x.snap", "deals.proc"]);
    assert!(again.out.contains("R0102 division by zero"), "its cause is still there\n{}", again.out);
}

#[test]
fn an_update_of_what_is_resumed_is_by_the_user_who_is_named() {
    let data = DATA.replace(
        "{\"Deal\": [{",
        "{\"User\": [{\"$id\": \"ann\", \"name\": \"Ann\"}], \"Deal\": [{\"owner\": \"$ann\", ",
    );
    let call = Call::new().file("deals.proc", SOURCE).file("deals.json", data);
    let ran = call.run(&["run", "deals.proc", "--store", "s.db"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let listed: serde_json::Value =
        serde_json::from_str(&call.run(&["list", "Chase", "--json", "--store", "s.db"]).out).unwrap();
    let id = listed["instances"][0]["id"].to_string();
    assert_eq!(call.run(&["snapshot", &id, "--store", "s.db", "-o", "x.snap"]).code, 0);
    let update = ["resume", "x.snap", "deals.proc", "--update", "deal:3.value=500"];
    let resume = |more: &[&str]| call.run(&[&update[..], more].concat());
    let line = |more: &[&str]| {
        let outcome = resume(more);
        let line = outcome.out.lines().find(|line| line.contains("update")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{}{}", outcome.out, outcome.err))
    };
    assert!(line(&[]).ends_with("(system)"), "{}", line(&[]));
    assert!(line(&["--as", "Ann"]).ends_with("(Ann)"), "{}", line(&["--as", "Ann"]));
    assert_eq!(line(&["--as", "user:2"]), line(&["--as", "Ann"]));
    let next = resume(&["--as", "Ann"]).out;
    assert!(!next.contains("Next:") || next.contains("--update 'deal:3.value=500' --as Ann"), "{next}");
    let refused = call.run(&["resume", "x.snap", "deals.proc", "--update", "deal:999.value=1"]);
    assert_eq!((refused.code, refused.out.contains("R0401")), (1, true), "{}", refused.out);
    let unknown = resume(&["--as", "Bob"]);
    assert_eq!(unknown.code, 2);
    assert_eq!(
        unknown.err,
        "error: `--as Bob` is no user of the snapshot\n  help: it has user:1 (System), user:2 (Ann)\n"
    );
}

#[test]
fn nothing_is_kept_without_a_store_and_that_is_said() {
    let outcome = call().run(&["run", "deals.proc"]);
    let next = outcome.out.split("\nNext:\n").nth(1).unwrap();
    assert_eq!(
        next,
        "  abide run deals.proc --until \"2026-01-07T00:00:00[UTC]\"  # Chase #3 goes on\n  \
         abide run deals.proc --store simulation.db               # keeps records and instances\n"
    );
}

#[test]
fn an_expectation_that_does_not_hold_says_what_is_parked() {
    let source = r#"entity Deal { n: int = 0 }
workflow P for d: Deal when created {
    log "{1 div d.n}"
}
test "ends" {
    create Deal { }
    expect P is succeeded
}
"#;
    let outcome = Call::new().file("t.proc", source).run(&["test", "t.proc"]);
    let told = "that holds for 0 of 1; 1 is parked: R0102 division by zero (t.proc:3)";
    assert!(outcome.code == 1 && outcome.out.contains(told), "{}{}", outcome.out, outcome.err);
}

#[test]
fn what_is_refused_is_told_once_and_makes_the_run_fail() {
    let text = r#"
entity Deal { title: text n: int = 1 shown as "{title}" }
realtime workflow Guard for deal: Deal before created { if deal.title == "bad" { stop canceled "no bad ones" } }
fn inverse(n: int) -> decimal { return 1 / n }
realtime workflow Calc for deal: Deal after created { stage "Sums" { log "{inverse(deal.n)}" } }
"#;
    let data = r#"{"version": 1, "now": "2026-01-05T09:00Z", "records": {"Deal": [
        {"title": "bad"}, {"title": "z", "n": 0}, {"title": "ok", "n": 2}]}}"#;
    let call = Call::new().file("p.proc", text).file("p.json", data);
    let outcome = call.run(&["run", "p.proc"]);
    let told = "  refused   a new Deal  (Guard, as system)
            R0501: refused by Guard: no bad ones
  refused   a new Deal  (Calc, Sums, as system)
            R0102: division by zero
            at p.proc:4, called at p.proc:5
  created   deal:2 \"ok\"  (system)
";
    assert!(outcome.out.contains(told), "{}", outcome.out);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, "error: refused 2 records of the data file\n"));
    let json: serde_json::Value = serde_json::from_str(&call.run(&["run", "p.proc", "--json"]).out).unwrap();
    let lines: Vec<_> = json["timeline"].as_array().unwrap().iter().filter(|line| line["kind"] == "refuse").collect();
    assert_eq!((lines[0]["process"].as_str(), lines[0]["stage"].as_str()), (Some("Guard"), None));
    assert_eq!((lines[1]["process"].as_str(), lines[1]["stage"].as_str()), (Some("Calc"), Some("Sums")));
}

#[test]
fn a_data_file_that_cannot_be_is_told_with_its_place() {
    let far = "{\"version\": 1, \"events\": [\n    {\"after\": \"9000 years\", \"create\": \"Deal\", \"set\": {\"title\": \"a\"}}]}";
    let call = Call::new().file("p.proc", "entity Deal { title: text }\n").file("empty.json", "").file("far.json", far);
    let empty = call.run(&["run", "p.proc", "--data", "empty.json"]);
    let told = "error[E0912]: the data file is not valid JSON\n  at empty.json: the file is empty\n";
    assert!(empty.code == 1 && empty.err.starts_with(told), "{}", empty.err);
    let far = call.run(&["run", "p.proc", "--data", "far.json"]);
    let place = "error[E0914]: `after` is not before the end of the year 9999\n   ╭─[far.json:2:15]\n";
    assert!((far.code, far.out.as_str()) == (1, "") && far.err.starts_with(place), "{}{}", far.out, far.err);
}

#[test]
fn a_simulation_has_one_build() {
    let call = Call::new().file("p.proc", "workflow Sleep when on demand { wait 1 day }\n");
    assert_eq!(call.run(&["run", "p.proc", "--store", "s.db"]).code, 0);
    let listed = call.run(&["definitions", "--store", "s.db"]);
    assert_eq!((listed.code, listed.err.as_str()), (0, ""));
    assert!(listed.out.starts_with("current  "), "{}", listed.out);
    assert!(listed.out.ends_with("of a simulation\n  active    background Sleep\n"), "{}", listed.out);
    let missing = call.run(&["show", "99", "--store", "s.db"]);
    let told =
        "error[R0402]: there is no instance 99, or no longer\n  help: `abide list --all --store s.db` names them\n";
    missing.is(1, "", told);
}
