//! The examples are checked, formatted, tested and run by the program itself.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn abide(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_abide")).args(arguments).current_dir(folder).output().unwrap()
}

fn assert_fine(arguments: &[&str], folder: &Path) -> String {
    let output = abide(arguments, folder);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "abide {} gave {}\n{text}", arguments.join(" "), output.status);
    text
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn examples_are_right_and_formatted() {
    for path in [
        "examples",
        "benches/fixtures/approval.proc",
        "benches/fixtures/vm.proc",
        "tests/language",
        "tests/checklist",
        "tests/patterns",
    ] {
        assert_fine(&["check", "--deny", "warnings", path], root());
        assert_fine(&["fmt", "--check", path], root());
    }
}

#[test]
fn examples_pass_their_tests() {
    for path in ["examples", "benches/fixtures/vm.proc", "tests/language", "tests/checklist", "tests/patterns"] {
        assert_fine(&["test", path], root());
    }
}

#[test]
fn examples_run() {
    for example in [
        "callbacks",
        "courses",
        "deals",
        "leave-request",
        "mails",
        "onboarding",
        "sales",
        "telephone",
        "dynamics/permitting",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.db");
        let store = store.to_str().unwrap();
        let story = assert_fine(&["run", &format!("examples/{example}"), "--store", store], root());
        assert_fine(&["doctor", "--store", store], root());
        assert!(story.lines().count() > 20, "the story of {example} is short:\n{story}");
        assert!(!story.contains("parked"), "something went wrong in {example}:\n{story}");
    }
    let story = assert_fine(&["run", "examples/dynamics/scheduling", "--advance", "1 day"], root());
    assert!(story.contains("runs 21 → 22") && !story.contains("parked"), "an hourly process stops:\n{story}");
    let story = assert_fine(&["run", "examples/hello/hello.proc", "--advance", "1 day"], root());
    assert!(story.contains("Hello, World!") && story.contains("Welcome back, World!"), "{story}");
}

/// What goes on when a field is written: for a process, the field of its record or of the record it waits for.
fn update_for(instance: &Value, all: &[Value]) -> Vec<String> {
    if let Some(child) = all.iter().find(|other| other["parent"] == instance["id"]) {
        return update_for(child, all);
    }
    let record = instance["record"].as_str().unwrap();
    let awaited = |entity: &str| {
        let lines = instance["waits_for"].as_array().unwrap().iter().filter_map(Value::as_str);
        let records = lines.filter_map(|line| line.split(" of ").nth(1)).find(|record| record.starts_with(entity));
        records.unwrap_or_else(|| panic!("it does not wait for a {entity}: {instance:#}")).to_owned()
    };
    let update = match instance["process"].as_str().unwrap() {
        "ChaseLargeDeals" => format!("{record}.state=lost"),
        "DecideLeave" => format!("{record}.state=withdrawn"),
        "HandOver" => format!("{}.state=completed", awaited("task:")),
        "Onboard" => format!("{record}.recommended=false"),
        other => panic!("say what {other} waits for"),
    };
    vec!["--update".to_owned(), update]
}

#[test]
fn what_waits_in_an_example_can_be_taken_out_and_goes_on_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut trips = 0;
    for example in ["deals", "leave-request", "onboarding"] {
        let (project, store, snap) = (format!("examples/{example}"), path(&format!("{example}.db")), path("x.snap"));
        assert_fine(&["run", &project, "--store", &store], root());
        let listed: Value = serde_json::from_str(&assert_fine(&["list", "--store", &store, "--json"], root())).unwrap();
        let all = listed["instances"].as_array().unwrap();
        for instance in all {
            let id = instance["id"].to_string();
            assert_fine(&["snapshot", &id, "--store", &store, "-o", &snap], root());
            for updates in [Vec::new(), update_for(instance, all)] {
                let mut arguments = vec!["resume", &snap, &project, "--advance", "1 year", "--json"];
                arguments.extend(updates.iter().map(String::as_str));
                let told: Value = serde_json::from_str(&assert_fine(&arguments, root())).unwrap();
                let lines = told["timeline"].as_array().unwrap();
                let wrong = lines.iter().find(|line| ["park", "refuse"].iter().any(|kind| line["kind"] == *kind));
                assert_eq!(wrong, None, "{} of {example} with {updates:?}\n{told:#}", instance["process"]);
                let ended = |line: &&Value| line["kind"] == "end" && line["instance"] == instance["id"];
                let went_on = match updates.is_empty() {
                    true => instance["until"].is_null() || !lines.is_empty(),
                    false => lines.iter().filter(ended).count() == 1,
                };
                assert!(went_on, "{} of {example} with {updates:?}\n{told:#}", instance["process"]);
                trips += 1;
            }
        }
    }
    assert!(trips >= 10, "{trips}");
}
