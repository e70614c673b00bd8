//! How the program ends: each exit code, and readers that have seen enough. Code 70 is tested in `src/cli/exit.rs`.

use std::io::Read;
use std::process::{Command, Stdio};

use super::Call;

#[test]
fn done_is_0() {
    let call = Call::new().file("a.proc", "fn one() -> int { return 1 }\n");
    assert_eq!(call.run(&["check", "a.proc"]).code, 0);
    assert_eq!(call.run(&["run", "a.proc"]).code, 0);
}

#[test]
fn a_wrong_program_or_input_is_1() {
    let call = Call::new()
        .file("bad.proc", "fn  one() -> int { return \"1\" }\n")
        .file("good.proc", "entity Deal { title: text(9) }\n\ntest \"no\" {\n    expect 1 == 2\n}\n")
        .file("data.json", "{\"version\": 1, \"records\": {\"Dael\": [{\"title\": \"x\"}]}}")
        .file("none.json", "{\"version\": 1, \"records\": {\"Dael\": []}}")
        .file("x.procb", "no build")
        .file("x.snap", "no snapshot");
    for args in [
        &["check", "bad.proc"][..],
        &["run", "bad.proc"],
        &["test", "good.proc"],
        &["run", "good.proc", "--data", "data.json"],
        &["run", "good.proc", "--data", "none.json"],
        &["run", "x.procb"],
        &["resume", "x.snap", "good.proc"],
        &["fmt", "--check", "bad.proc"],
    ] {
        let outcome = call.run(args);
        assert_eq!(outcome.code, 1, "{args:?}\n{}{}", outcome.out, outcome.err);
    }
}

#[test]
fn a_wrong_command_line_is_2() {
    let call = Call::new().file("a.proc", "fn one() -> int { return 1 }\n");
    for args in [
        &["run", "a.proc", "--advance", "soon"][..],
        &["run", "a.proc", "--until", "2026-01-01"],
        &["show", "x", "--store", "s.db"],
        &["list"],
        &["explain", "E9999"],
        &[],
    ] {
        let outcome = call.run(args);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{args:?}\n{}", outcome.err);
        assert!(!outcome.err.is_empty(), "{args:?}");
    }
}

#[test]
fn files_and_stores_in_the_way_are_3() {
    let call = Call::new().file("a.proc", "fn one() -> int { return 1 }\n").file("s.db", "this is no store at all");
    for args in [
        &["check", "gone"][..],
        &["run", "gone.proc"],
        &["run", "gone.procb"],
        &["list", "--store", "gone.db"],
        &["list", "--store", "s.db"],
        &["run", "a.proc", "--data", "gone.json"],
        &["resume", "gone.snap", "a.proc"],
        &["build", "a.proc", "-o", "no/such/folder/x.procb"],
    ] {
        let outcome = call.run(args);
        assert_eq!(outcome.code, 3, "{args:?}\n{}{}", outcome.out, outcome.err);
        assert!(outcome.err.starts_with("error"), "{args:?}\n{}", outcome.err);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_mistake() {
    for args in [&["run", "examples/deals"][..], &["disasm", "examples/deals"], &["completions", "zsh"], &["--help"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_abide"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 8]).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn the_same_sources_are_the_same_build_wherever_they_stand() {
    let call = Call::new()
        .file("p/abide.toml", "name = \"p\"\nversion = \"1.0.0\"\n")
        .file("p/a.proc", "fn one() -> int { return 1 }\n")
        .file("p/sub/b.proc", "fn two() -> int { return 2 }\n");
    let hash = |path: &str| {
        let outcome = call.run(&["build", path, "-o", "x.procb"]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        outcome.out.rsplit(' ').next().unwrap().to_owned()
    };
    let first = hash("p");
    let whole = call.path("p");
    for path in ["./p/", "p/../p", whole.to_str().unwrap()] {
        assert_eq!(hash(path), first, "{path}");
    }
    assert_eq!(hash("p/a.proc"), hash("./p/a.proc"));
}

#[test]
fn no_clock_goes_beyond_the_calendar() {
    let call = Call::new().file("a.proc", "test \"far\" {\n    advance 9000 years\n}\n");
    let outcome = call.run(&["test", "a.proc"]);
    assert!(outcome.code == 1 && outcome.out.contains("R0203"), "{}", outcome.out);
    let told = "error: `--advance` leads beyond the year 9999\n";
    call.run(&["run", "a.proc", "--advance", "9000 years"]).is(2, "", told);
    let data = r#"{"version": 1, "now": "2026-01-01T00:00Z", "records": {"Deal": [{"$id": "a", "title": "x"}]},
        "events": [{"after": "9000 years", "update": "a", "set": {"title": "y"}}]}"#;
    let call = call.file("late.json", data).file("b.proc", "entity Deal {\n    title: text\n}\n");
    let outcome = call.run(&["run", "b.proc", "--data", "late.json"]);
    assert!(outcome.code == 1 && outcome.err.starts_with("error[E0914]"), "{outcome:?}");
}
