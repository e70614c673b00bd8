//! `abide test`: the `test` blocks of projects.

use serde_json::{Value as Json, json};

use crate::cli::args::TestArgs;
use crate::cli::exit::Exit;
use crate::cli::report::plural;
use crate::cli::term::Term;
use crate::cli::{settings, target};
use crate::testing::{self, Outcome};
use crate::vm::fault::told;

/// The version of the object's shape.
const VERSION: u32 = 1;

pub(in crate::cli) fn run(args: &TestArgs, term: &Term) -> Exit {
    let targets = match target::compile(&args.path, true, &args.report, term) {
        Ok(targets) => targets,
        Err(exit) => return exit,
    };
    let filter = args.filter.as_deref().unwrap_or("");
    let given = targets.iter().map(|target| settings::parse(target.program.module(), &args.config, term));
    let given = match given.collect::<Result<Vec<_>, Exit>>() {
        Ok(given) => given,
        Err(exit) => return exit,
    };
    let outcomes = targets.iter().zip(&given).flat_map(|(t, given)| testing::run_with(&t.program, filter, given));
    let outcomes: Vec<Outcome> = outcomes.collect();
    let failed = outcomes.iter().filter(|o| o.problem.is_some()).count();
    let passed = outcomes.len() - failed;
    if args.json {
        let tests: Vec<Json> = outcomes.iter().map(json).collect();
        let object = json!({ "version": VERSION, "tests": tests, "passed": passed, "failed": failed });
        term.out(&format!("{object:#}\n"));
    } else {
        outcomes.iter().for_each(|outcome| term.out(&line(outcome)));
        term.out(&format!("{}: {passed} passed, {failed} failed\n", plural(outcomes.len(), "test")));
    }
    if outcomes.is_empty() && !filter.is_empty() {
        term.err(&format!(
            "error: no test has `{filter}` in its title\n  help: `abide test` without it runs them all\n"
        ));
        return Exit::Usage;
    }
    if failed == 0 { Exit::Fine } else { Exit::Wrong }
}

fn json(outcome: &Outcome) -> Json {
    let problem = outcome.problem.as_ref().map(|problem| {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let value = |(name, value): &(String, String)| json!({ "name": name, "value": value });
        json!({
            "code": some(&problem.code),
            "message": problem.message,
            "place": some(&problem.place),
            "values": problem.values.iter().map(value).collect::<Vec<_>>(),
        })
    });
    json!({
        "title": outcome.title,
        "file": outcome.file,
        "line": outcome.line,
        "outcome": if problem.is_none() { "passed" } else { "failed" },
        "problem": problem,
    })
}

fn line(outcome: &Outcome) -> String {
    let place = format!("{}:{}", outcome.file, outcome.line);
    let Some(problem) = &outcome.problem else {
        return format!("ok      {} ({place})\n", outcome.title);
    };
    let said = match problem.code.as_str() {
        "" => problem.message.clone(),
        code => told(code, ": ", &problem.message),
    };
    let at = if problem.place.is_empty() { place } else { problem.place.clone() };
    let mut text = format!("FAILED  {} ({at})\n        {said}\n", outcome.title);
    for (name, value) in &problem.values {
        text.push_str(&format!("        {name} = {value}\n"));
    }
    text
}
