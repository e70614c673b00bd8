//! How the program ends.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Done, nothing is wrong.
    Fine = 0,
    /// The program or its input is wrong.
    Wrong = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A file, a store or the environment is in the way.
    Environment = 3,
    /// A mistake of this program.
    Bug = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Room for walks over trees: they recurse, and a text of many operators is a deep tree. Only what is used is taken.
const STACK_BYTES: usize = 256 << 20;

/// Runs `work` on a large stack; a panic in it is reported as a mistake of this program. Where panics unwind (in tests),
/// that is the answer; else the report ends the program.
pub(super) fn guarded(work: impl FnOnce() -> Exit) -> Exit {
    panic::set_hook(Box::new(report));
    // WHY: not on a thread of its own, whose memory the system hands out in small pieces.
    panic::catch_unwind(AssertUnwindSafe(|| stacker::grow(STACK_BYTES, work))).unwrap_or(Exit::Bug)
}

fn report(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, ToString::to_string);
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let message = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let command: Vec<String> = std::env::args().collect();
    eprintln!("{}", report_text(message, &place, &command.join(" ")));
    #[cfg(panic = "abort")]
    std::process::exit(Exit::Bug as i32);
}

fn report_text(message: &str, place: &str, command: &str) -> String {
    format!(
        "abide stopped because of a mistake of its own, not of yours.\n\n  \
         message  {message}\n  place    {place}\n  version  {}\n  command  {command}\n\n\
         Please report it with these lines and, if it may be shown, the file that caused it.\n\
         Nothing was written half: files are replaced as a whole, and records in transactions.",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_mistake_of_the_program() {
        assert_eq!(guarded(|| panic!("for the test")), Exit::Bug);
        let _ = panic::take_hook();
    }

    #[test]
    fn each_end_has_its_number() {
        let all = [(Exit::Fine, 0), (Exit::Wrong, 1), (Exit::Usage, 2), (Exit::Environment, 3), (Exit::Bug, 70)];
        for (exit, code) in all {
            assert_eq!(format!("{:?}", ExitCode::from(exit)), format!("{:?}", ExitCode::from(code)));
        }
    }

    #[test]
    fn the_report_says_what_is_needed_to_find_the_mistake() {
        let text = report_text("index 3", "src/x.rs:1:2", "abide check a");
        for part in ["index 3", "src/x.rs:1:2", "abide check a", env!("CARGO_PKG_VERSION")] {
            assert!(text.contains(part), "{text}");
        }
    }
}
