//! Whole programs: all examples compile to modules that the verifier accepts, and one of many constructs runs.

use std::path::Path;

use abide::{
    diag::Severity,
    pipeline,
    project::{DiskFiles, load},
};

#[test]
fn all_examples_and_fixtures_compile_and_verify() {
    for folder in ["examples", "benches/fixtures"] {
        let front = pipeline::check(load(&DiskFiles, Path::new(folder)));
        let errors = front.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        let messages: Vec<&str> = errors.map(|d| d.message.as_str()).collect();
        assert!(messages.is_empty(), "{messages:#?}");
        for project in &front.projects {
            let program = pipeline::compile(&front.sources, project);
            assert!(program.is_ok(), "{}: {program:#?}", project.root.display());
            let build = pipeline::compile_build(&front.sources, project).unwrap();
            assert!(build.module().tests.is_empty());
        }
    }
}

#[test]
fn constructs_do_what_their_tests_say() {
    let program = super::compile(include_str!("constructs.proc"));
    let outcomes = abide::testing::run(&program, "");
    assert_eq!(outcomes.len(), 4);
    for outcome in outcomes {
        assert_eq!(outcome.problem, None, "{}", outcome.title);
    }
}
