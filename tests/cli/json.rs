//! Results for other programs: each command that gives JSON, read back, with the names that `docs/operating.md` lists.

use serde_json::Value;

use super::Call;

const SOURCE: &str = r#"entity Deal {
    title: text(40)
    value: int = 0
    shown as "{title}"
}

workflow Chase for deal: Deal
    when created, updated(value)
{
    let share = 100 div deal.value
    wait {
        until deal.value > 100 => log "{share}",
        after 3 days => create Task { subject: "Call about {deal.title}", regarding: deal },
    }
}

test "right" {
    expect 1 == 1
}

test "wrong" {
    expect 1 == 2
}
"#;

const DATA: &str = r#"{
    "version": 1,
    "now": "2026-01-05T09:00[UTC]",
    "records": {"Deal": [{"$id": "a", "title": "Pumps", "value": 4}, {"title": "Gears"}]}
}"#;

fn call() -> Call {
    Call::new().file("deals.proc", SOURCE).file("deals.json", DATA)
}

fn parse(text: &str) -> Value {
    let object: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(object["version"], 1);
    object
}

/// The names of an object's fields, which `docs/operating.md` has to list.
#[track_caller]
fn names(object: &Value, expected: &[&str]) {
    let mut found: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    let mut sorted = expected.to_vec();
    sorted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, sorted);
    let page = include_str!("../../docs/operating.md");
    for name in expected {
        assert!(page.contains(&format!("`{name}`")), "docs/operating.md does not speak of `{name}`");
    }
}

const INSTANCE: &[&str] = &[
    "id",
    "process",
    "record",
    "name",
    "status",
    "point",
    "waits_for",
    "until",
    "message",
    "parent",
    "started",
    "changed",
    "fault",
];
const LINE: &[&str] =
    &["at", "kind", "instance", "process", "stage", "place", "user", "record", "name", "changes", "message"];

#[test]
fn run_list_and_show() {
    let call = call();
    let ran = call.run(&["run", "deals.proc", "--json", "--store", "s.db"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let ran = parse(&ran.out);
    names(&ran, &["version", "now", "timeline", "instances"]);
    assert_eq!(ran["now"], "2026-01-05T09:00:00Z");
    let lines = ran["timeline"].as_array().unwrap();
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["create", "start", "wait", "create", "start", "park"]);
    names(&lines[0], LINE);
    names(&lines[0]["changes"][0], &["field", "old", "new"]);
    assert_eq!(lines[2]["message"], "until deal.value > 100, or after 3 days (2026-01-08 09:00)");

    let listed = parse(&call.run(&["list", "--json", "--store", "s.db"]).out);
    names(&listed, &["version", "now", "instances", "next"]);
    assert_eq!(listed["instances"], ran["instances"]);
    let [waiting, parked] = listed["instances"].as_array().unwrap().as_slice() else { panic!("{listed:#}") };
    names(waiting, INSTANCE);
    assert_eq!((&waiting["status"], &waiting["until"]), (&"waiting".into(), &"2026-01-08T09:00:00Z".into()));
    assert_eq!(waiting["waits_for"][0], "value of deal:2");
    assert_eq!(parked["status"], "parked");
    names(&parked["fault"], &["code", "message", "place", "tries", "values"]);
    assert_eq!(parked["fault"]["values"], serde_json::json!([{ "name": "deal", "value": "deal:4" }]));

    let id = waiting["id"].to_string();
    let shown = parse(&call.run(&["show", &id, "--json", "--store", "s.db"]).out);
    names(&shown, &["version", "instance", "result", "log"]);
    assert_eq!(shown["instance"], *waiting);
    names(&shown["log"][0], LINE);
}

#[test]
fn test() {
    let outcome = call().run(&["test", "deals.proc", "--json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, ""));
    let told = parse(&outcome.out);
    names(&told, &["version", "tests", "passed", "failed"]);
    assert_eq!((&told["passed"], &told["failed"]), (&1.into(), &1.into()));
    names(&told["tests"][0], &["title", "file", "line", "outcome", "problem"]);
    assert_eq!((&told["tests"][0]["outcome"], &told["tests"][0]["problem"]), (&"passed".into(), &Value::Null));
    assert_eq!(told["tests"][1]["outcome"], "failed");
    names(&told["tests"][1]["problem"], &["code", "message", "place", "values"]);
}

#[test]
fn check() {
    let call = call().file("bad.proc", "fn one() -> int {\n    return \"1\"\n}\n");
    let outcome = call.run(&["check", "bad.proc", "--format", "json"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, ""));
    let told = parse(&outcome.out);
    names(&told, &["version", "diagnostics", "errors", "warnings"]);
    let message = &told["diagnostics"][0];
    names(message, &["code", "severity", "message", "file", "span", "label", "labels", "notes", "help", "fixes"]);
    assert_eq!(message["span"]["start"], serde_json::json!({ "line": 2, "column": 12 }));
    let aside = call.run(&["run", "bad.proc", "--format", "json", "--json"]);
    assert_eq!((aside.code, aside.out.as_str()), (1, ""), "standard output is for the result");
    assert_eq!(parse(&aside.err)["errors"], 1);
}
