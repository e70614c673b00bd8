//! `abide test`: the `test` blocks of projects.

use crate::cli::args::TestArgs;
use crate::cli::exit::Exit;
use crate::cli::report::plural;
use crate::cli::target;
use crate::cli::term::Term;
use crate::testing::{self, Outcome};

pub(in crate::cli) fn run(args: &TestArgs, term: &Term) -> Exit {
    let targets = match target::compile(&args.path, true, &args.report, term) {
        Ok(targets) => targets,
        Err(exit) => return exit,
    };
    let filter = args.filter.as_deref().unwrap_or("");
    let outcomes: Vec<Outcome> = targets.iter().flat_map(|t| testing::run(&t.program, filter)).collect();
    let failed = outcomes.iter().filter(|o| o.problem.is_some()).count();
    for outcome in &outcomes {
        term.out(&line(outcome));
    }
    term.out(&format!("{}: {} passed, {failed} failed\n", plural(outcomes.len(), "test"), outcomes.len() - failed));
    if failed == 0 { Exit::Fine } else { Exit::Wrong }
}

fn line(outcome: &Outcome) -> String {
    let place = format!("{}:{}", outcome.file, outcome.line);
    let Some(problem) = &outcome.problem else {
        return format!("ok      {} ({place})\n", outcome.title);
    };
    let code = if problem.code.is_empty() { String::new() } else { format!("{}: ", problem.code) };
    let at = if problem.place.is_empty() { place } else { problem.place.clone() };
    let mut text = format!("FAILED  {} ({at})\n        {code}{}\n", outcome.title, problem.message);
    for (name, value) in &problem.values {
        text.push_str(&format!("        {name} = {value}\n"));
    }
    text
}
