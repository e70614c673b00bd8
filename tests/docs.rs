//! The examples in the documents compile: each block ```` ```proc ```` is a project of its own, and one marked
//! ```` ```proc error E0301 ```` gives just that code. Their tests pass.

use abide::diag::Severity;
use abide::pipeline;
use abide::project::load_text;

/// A block of a document: its first line, the codes it must give, its text.
struct Fixture {
    line: usize,
    errors: Vec<String>,
    text: String,
}

fn fixtures(document: &str) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let mut open: Option<Fixture> = None;
    for (index, line) in document.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let mut words = info.split_whitespace();
                let is_proc = words.next() == Some("proc");
                let errors = words.filter(|w| *w != "error").map(str::to_owned).collect();
                open = Some(Fixture { line: if is_proc { index + 2 } else { 0 }, errors, text: String::new() });
            }
            (Some(_), Some(_)) => fixtures.extend(open.take().filter(|f| f.line > 0)),
            (Some(fixture), None) => {
                fixture.text.push_str(line);
                fixture.text.push('\n');
            }
            (None, None) => {}
        }
    }
    fixtures
}

fn check(path: &str) {
    let document = std::fs::read_to_string(path).unwrap();
    for fixture in fixtures(&document) {
        let front = pipeline::check(load_text("example.proc", fixture.text.clone().into_bytes()));
        let place = format!("{path}:{}", fixture.line);
        let errors: Vec<String> =
            front.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code.0.to_owned()).collect();
        let told = abide::diag::render::short(&front.diagnostics, &front.sources);
        assert_eq!(errors, fixture.errors, "{place}\n{told}");
        if errors.is_empty() {
            pass_their_tests(&front, &place);
        }
        let formatted = abide::format::format(&fixture.text).unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
        assert_eq!(fixture.text, formatted, "{place}: not as `abide fmt` writes it");
    }
}

/// The `test` blocks of an example hold.
fn pass_their_tests(front: &pipeline::Front, place: &str) {
    for project in &front.projects {
        let program = pipeline::compile(&front.sources, project).unwrap();
        for outcome in abide::testing::run(&program, "") {
            assert!(outcome.problem.is_none(), "{place}: {}: {:?}", outcome.title, outcome.problem);
        }
    }
}

/// One test for each document, and one that none is left out.
macro_rules! documents {
    ($($name:ident $path:literal)*) => {
        $(
            #[test]
            fn $name() {
                check($path);
            }
        )*

        const LISTED: &[&str] = &[$($path),*];
    };
}

documents! {
    readme "README.md"
    dynamics "docs/dynamics.md"
    from_dynamics "docs/from-dynamics.md"
    operating "docs/operating.md"
    embedding "docs/embedding.md"
    patterns "docs/patterns.md"
    reference "docs/reference/README.md"
    reference_absent "docs/reference/absent.md"
    reference_actions "docs/reference/actions.md"
    reference_activities "docs/reference/activities.md"
    reference_background "docs/reference/background.md"
    reference_children "docs/reference/children.md"
    reference_dialogs "docs/reference/dialogs.md"
    reference_entities "docs/reference/entities.md"
    reference_errors "docs/reference/errors.md"
    reference_expressions "docs/reference/expressions.md"
    reference_forms "docs/reference/forms.md"
    reference_flows "docs/reference/flows.md"
    reference_functions "docs/reference/functions.md"
    reference_mails "docs/reference/mails.md"
    reference_parallel "docs/reference/parallel.md"
    reference_projects "docs/reference/projects.md"
    reference_queries "docs/reference/queries.md"
    reference_realtime "docs/reference/realtime.md"
    reference_relations "docs/reference/relations.md"
    reference_rules "docs/reference/rules.md"
    reference_sagas "docs/reference/sagas.md"
    reference_schedules "docs/reference/schedules.md"
    reference_settings "docs/reference/settings.md"
    reference_roles "docs/reference/roles.md"
    reference_sharing "docs/reference/sharing.md"
    reference_signals "docs/reference/signals.md"
    reference_statements "docs/reference/statements.md"
    reference_states "docs/reference/states.md"
    reference_tests "docs/reference/tests.md"
    reference_types "docs/reference/types.md"
    reference_waits "docs/reference/waits.md"
    tutorial "docs/tutorial.md"
}

#[test]
fn every_document_is_listed() {
    let mut found = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/reference"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md") {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    let mut listed: Vec<String> = LISTED.iter().map(|p| (*p).to_owned()).collect();
    listed.sort();
    assert_eq!(found, listed);
}

/// `docs/dynamics.md` has each number once, leads to files that are there, and to tests that name what they show.
#[test]
fn each_feature_of_the_checklist_has_its_row_and_its_proof() {
    let text = std::fs::read_to_string("docs/dynamics.md").unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| F-")).collect();
    let numbers: Vec<String> = rows.iter().map(|row| row[2..7].to_owned()).collect();
    let all: Vec<String> = (1..=211).map(|number| format!("F-{number:03}")).collect();
    assert_eq!(numbers, all);
    let mut wrong = Vec::new();
    for (row, number) in rows.iter().zip(&numbers) {
        let file = row.rsplit_once("](../").map(|(_, link)| link.trim_end_matches(") |"));
        let is_absent = row.contains("*not there") || row.contains("*different");
        match file {
            None if is_absent => {}
            None => wrong.push(format!("{number}: no test, and not said to be absent")),
            Some(file) if !std::path::Path::new(file).exists() => wrong.push(format!("{number}: no file {file}")),
            Some(file) if file.starts_with("tests/checklist/") => {
                let names = |test: &str| test.starts_with("test ") && (test.contains(number) || is_absent);
                let tests = std::fs::read_to_string(file).unwrap();
                if !tests.lines().any(names) {
                    wrong.push(format!("{number}: no test of {file} names it"));
                }
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
