//! The program as people call it: exact output and exit codes.

mod check;
mod deploy;
mod exits;
mod explain;
mod fmt;
mod job;
mod json;
mod limits;
mod listing;
mod long;
mod mails;
mod operate;
mod people;
mod record;
mod settings;
mod store;
mod story;
mod usage;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

/// One call of the program in a folder of its own.
pub(crate) struct Call {
    folder: tempfile::TempDir,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code.
    pub code: i32,
}

impl Call {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Puts a file into the folder.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A path in the folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The text of a file in the folder.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Calls the program.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, "")
    }

    /// Calls the program with text on its standard input.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Outcome {
        let mut child = Command::new(env!("CARGO_BIN_EXE_abide"))
            .args(args)
            .current_dir(self.folder.path())
            .env("COLUMNS", "80")
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // A program that does not read its input may have ended already.
        let _ = input.write_all(stdin.as_bytes());
        drop(input);
        let output = child.wait_with_output().unwrap();
        Outcome {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }
}

impl Outcome {
    /// Asserts everything at once.
    #[track_caller]
    pub(crate) fn is(&self, code: i32, out: &str, err: &str) {
        assert_eq!((self.code, self.out.as_str(), self.err.as_str()), (code, out, err));
    }
}

/// Waits until a program has read and written so often, or has ended: says whether it has. That is a place in what it
/// does, and no time; where the system does not count it, looks are counted.
fn has_ended_before(child: &mut Child, calls: u64) -> bool {
    let counts = format!("/proc/{}/io", child.id());
    let number = |line: &str| line.strip_prefix("sysc").and_then(|rest| rest.split(' ').nth(1)?.parse::<u64>().ok());
    let mut looks = 0;
    while child.try_wait().unwrap().is_none() {
        let made = fs::read_to_string(&counts).map_or(looks, |text| text.lines().filter_map(number).sum());
        if made >= calls {
            return false;
        }
        looks += 1;
        thread::yield_now();
    }
    true
}

/// Runs a command that must succeed.
#[track_caller]
fn fine(call: &Call, args: &[&str]) -> Outcome {
    let outcome = call.run(args);
    assert_eq!(outcome.code, 0, "{args:?}: {}{}", outcome.out, outcome.err);
    outcome
}
