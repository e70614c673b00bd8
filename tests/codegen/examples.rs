//! All examples compile to modules that the verifier accepts.

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
