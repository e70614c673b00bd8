//! Plug-ins of activities: files of the project that become a part of its builds.

use std::path::Path;

use crate::{
    base::{limits::PLUGIN_BYTES_MAX, words::snake_case},
    diag::{Diagnostic, codes},
    project::{DiskFiles, Files},
    sandbox::Plugin,
    sema::{hir::Program, schema::Doer},
};

/// Reads the plug-ins that a program calls, and looks whether they can do what they are for.
pub(super) fn read(root: &Path, program: &mut Program) -> Vec<Diagnostic> {
    let folder = if root.is_dir() { root } else { root.parent().unwrap_or(Path::new("")) };
    let mut problems = Vec::new();
    for head in &program.schema.processes {
        let Some(limits) = &head.limits else { continue };
        let Doer::Wasm(file) = &limits.by else { continue };
        if file.is_empty() {
            continue;
        }
        let refused = |problem: String| {
            let message = format!("the plug-in `{file}` cannot be used: {problem}");
            Diagnostic::error(codes::E0926, message, limits.by_span, "named here")
        };
        // LIMIT: PLUGIN_BYTES_MAX
        let bytes = match DiskFiles.read(&folder.join(file), PLUGIN_BYTES_MAX + 1) {
            Err(error) => {
                problems.push(refused(error.to_string()));
                continue;
            }
            Ok(bytes) if bytes.len() > PLUGIN_BYTES_MAX => {
                problems.push(refused(format!("it is larger than {PLUGIN_BYTES_MAX} bytes")));
                continue;
            }
            Ok(bytes) => bytes,
        };
        if let Err(problem) = Plugin::new(&bytes, &snake_case(&head.name)) {
            problems.push(refused(problem));
        }
        program.plugins.insert(file.clone(), bytes);
    }
    problems
}
