//! The examples are checked, formatted, tested and run by the program itself.

use std::path::Path;
use std::process::{Command, Output};

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
    for path in ["examples", "benches/fixtures/approval.proc", "benches/fixtures/vm.proc", "tests/language"] {
        assert_fine(&["check", "--deny", "warnings", path], root());
        assert_fine(&["fmt", "--check", path], root());
    }
}

#[test]
fn examples_pass_their_tests() {
    for path in ["examples", "benches/fixtures/vm.proc", "tests/language/first_milestone.proc"] {
        assert_fine(&["test", path], root());
    }
}

#[test]
fn examples_run() {
    for example in ["deals", "leave-request", "onboarding", "dynamics/permitting"] {
        let story = assert_fine(&["run", &format!("examples/{example}")], root());
        assert!(story.lines().count() > 20, "the story of {example} is short:\n{story}");
        assert!(!story.contains("parked"), "something went wrong in {example}:\n{story}");
    }
    let story = assert_fine(&["run", "examples/hello/hello.proc", "--advance", "1 day"], root());
    assert!(story.contains("Hello, World!") && story.contains("Welcome back, World!"), "{story}");
}
