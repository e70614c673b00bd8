//! What a command runs: a project that is compiled on the spot, or a build.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::ReportArgs;
use super::exit::Exit;
use super::input;
use super::report::report_aside;
use super::term::Term;
use crate::base::limits::BUILD_BYTES_MAX;
use crate::bytecode::container;
use crate::pipeline;
use crate::vm::program::Program;

/// Something that can run.
pub(super) struct Target {
    /// The verified program.
    pub program: Arc<Program>,
    /// Its bytes as a build, and their hash.
    pub build: Vec<u8>,
    /// The hash of the build.
    pub hash: String,
    /// The folder of the project, or of the one file.
    pub folder: PathBuf,
}

/// The ending of builds.
const BUILD_ENDING: &str = "procb";

/// Reads a build, or compiles the one project at a path, without its tests. Messages are told here.
pub(super) fn load(path: &Path, args: &ReportArgs, term: &Term) -> Result<Target, Exit> {
    if path.extension().is_some_and(|ending| ending == BUILD_ENDING) {
        return load_build(path, term);
    }
    let mut targets = compile(path, false, args, term)?;
    match (targets.pop(), targets.is_empty()) {
        (Some(target), true) => Ok(target),
        (Some(last), false) => {
            targets.push(last);
            let folders: Vec<String> = targets.iter().map(|t| format!("  {}\n", t.folder.display())).collect();
            term.err(&format!(
                "error: there are {} projects here; name one of them\n{}",
                folders.len(),
                folders.concat()
            ));
            Err(Exit::Usage)
        }
        (None, _) => Err(Exit::Wrong),
    }
}

/// Compiles every project at and below a path. Messages are told here.
pub(super) fn compile(path: &Path, tests: bool, args: &ReportArgs, term: &Term) -> Result<Vec<Target>, Exit> {
    let front = pipeline::check(input::load_path(path));
    let exit = report_aside(args, term, &front.diagnostics, &front.sources);
    if front.has_errors() || exit != Exit::Fine {
        return Err(if exit == Exit::Fine { Exit::Wrong } else { exit });
    }
    let mut targets = Vec::new();
    for project in &front.projects {
        let compiled = if tests {
            pipeline::compile(&front.sources, project)
        } else {
            pipeline::compile_build(&front.sources, project)
        };
        let program = compiled.map_err(|problems| report_aside(args, term, &problems, &front.sources))?;
        let parent = || project.root.parent().map(Path::to_path_buf).unwrap_or_default();
        let folder = if project.root.is_dir() { project.root.clone() } else { parent() };
        let build = container::encode(program.module()).map_err(|error| refused(term, path, "E0903", &error))?;
        targets.push(Target { hash: program.build().to_string(), program, build, folder });
    }
    Ok(targets)
}

fn load_build(path: &Path, term: &Term) -> Result<Target, Exit> {
    // LIMIT: BUILD_BYTES_MAX
    let bytes = input::read_bytes(path, BUILD_BYTES_MAX, term)?;
    let program = Program::load(&bytes).map_err(|error| refused(term, path, error.code(), &error))?;
    Ok(Target {
        hash: program.build().to_string(),
        program: Arc::new(program),
        build: bytes,
        folder: path.parent().map(Path::to_path_buf).unwrap_or_default(),
    })
}

/// Tells that a build is refused.
fn refused(term: &Term, path: &Path, code: &str, error: &dyn std::fmt::Display) -> Exit {
    term.err(&format!("error[{code}]: `{}`: {error}\n", path.display()));
    Exit::Wrong
}
