//! `abide check`: everything that is wrong, in one run, for every project below a path.

use crate::cli::args::{CheckArgs, Format};
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::report::{plural, report, tally};
use crate::cli::term::Term;
use crate::diag::Sink;

pub(in crate::cli) fn run(args: &CheckArgs, term: &Term) -> Exit {
    let loaded = input::load_path(&args.path);
    let mut sink = Sink::default();
    sink.extend(loaded.diagnostics);
    let diagnostics = sink.finish();
    let exit = report(&args.report, term, &diagnostics, &loaded.sources);
    if args.report.format != Format::Json {
        let files = loaded.projects.iter().map(|project| project.files.len()).sum();
        let projects = match loaded.projects.len() {
            0 | 1 => String::new(),
            several => format!(" of {several} projects"),
        };
        term.out(&format!("checked {}{projects}: {}\n", plural(files, "file"), tally(&diagnostics)));
    }
    exit
}
