//! `abide explain CODE`.

use crate::cli::args::ExplainArgs;
use crate::cli::exit::Exit;
use crate::cli::term::Term;
use crate::diag::explain;

pub(in crate::cli) fn run(args: &ExplainArgs, term: &Term) -> Exit {
    match explain::find(&args.code) {
        Ok(entry) => {
            term.out(&explain::page(entry, term.colour_out()));
            Exit::Fine
        }
        Err(unknown) => {
            term.err(&format!("error: {unknown}\n"));
            Exit::Usage
        }
    }
}
