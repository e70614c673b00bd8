//! `abide check`: everything that is wrong, in one run, for every project below a path.

use crate::cli::args::{CheckArgs, Format};
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::report::{plural, report, tally};
use crate::cli::term::Term;
use crate::pipeline;

pub(in crate::cli) fn run(args: &CheckArgs, term: &Term) -> Exit {
    let loaded = input::load_path(&args.path);
    let front = pipeline::check(loaded);
    let exit = report(&args.report, term, &front.diagnostics, &front.sources);
    if args.report.format != Format::Json {
        let files = front.projects.iter().map(|project| project.files.len()).sum();
        let projects = match front.projects.len() {
            0 | 1 => String::new(),
            several => format!(" of {several} projects"),
        };
        term.out(&format!("checked {}{projects}: {}\n", plural(files, "file"), tally(&front.diagnostics)));
    }
    exit
}
