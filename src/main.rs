//! The `abide` program: parses nothing, calls the command line, maps the outcome to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    abide::cli::main()
}
