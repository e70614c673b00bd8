//! The `abide` program: parses nothing, calls the command line, maps the outcome to an exit code.

fn main() {}
