//! `abide completions SHELL`.

use clap::CommandFactory;

use crate::cli::args::{Arguments, CompletionsArgs};
use crate::cli::exit::Exit;
use crate::cli::term::Term;

pub(in crate::cli) fn run(args: &CompletionsArgs, term: &Term) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "abide", &mut script);
    term.out(&String::from_utf8_lossy(&script));
    Exit::Fine
}
