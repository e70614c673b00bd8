//! `abide fmt`: the one layout, for every `.proc` file below a path.

use std::path::Path;

use crate::base::cores::on_all_cores;
use crate::base::source::SourceFile;
use crate::cli::args::FmtArgs;
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::output;
use crate::cli::report::{exit_of, plural};
use crate::cli::term::Term;
use crate::diag::codes::{E0906, E0907, E0908, E0909};
use crate::diag::{Diagnostic, render};
use crate::format::{Formatted, Refusal, format_file};
use crate::project::{Loaded, project_files};

pub(in crate::cli) fn run(args: &FmtArgs, term: &Term) -> Exit {
    let loaded = input::load_path(&args.path);
    // Settings do not matter for the layout.
    let settings = [E0906, E0907, E0908, E0909];
    let problems: Vec<Diagnostic> =
        loaded.diagnostics.iter().filter(|d| !settings.contains(&d.code)).cloned().collect();
    term.err(&render::human(&problems, &loaded.sources, &term.messages()));
    let mut run = Run { args, term, loaded: &loaded, changed: 0, exit: exit_of(&problems, None) };
    let files: Vec<_> = project_files(&loaded).collect();
    let formatted = on_all_cores(&files, |(id, file, _)| format_file(*id, &file.text));
    for ((_, file, path), Formatted { text, diagnostics }) in files.into_iter().zip(formatted) {
        run.errors(&diagnostics);
        run.file(file, path, text);
    }
    run.summary();
    run.exit
}

struct Run<'a> {
    args: &'a FmtArgs,
    term: &'a Term,
    loaded: &'a Loaded,
    changed: usize,
    exit: Exit,
}

impl Run<'_> {
    fn is_stdin(&self) -> bool {
        self.args.path == Path::new("-")
    }

    /// Says what does not parse; the layout of that stays as it is.
    fn errors(&mut self, diagnostics: &[Diagnostic]) {
        if !diagnostics.is_empty() {
            self.term.err(&render::human(diagnostics, &self.loaded.sources, &self.term.messages()));
            self.fail(exit_of(diagnostics, None));
        }
    }

    fn file(&mut self, file: &SourceFile, path: &Path, text: Result<String, Refusal>) {
        let text = match text {
            Ok(text) => text,
            Err(refusal) => {
                self.term.err(&format!(
                    "abide: cannot format {}: {refusal}; this is a mistake of abide, please report it with the file\n",
                    file.path
                ));
                self.exit = Exit::Bug;
                return;
            }
        };
        let is_same = text == file.text;
        self.changed += usize::from(!is_same);
        if self.is_stdin() && !self.args.check {
            self.term.out(&text);
        } else if self.args.check && !is_same {
            self.term.out(&format!("{} would change\n", file.path));
            self.fail(Exit::Wrong);
        } else if !is_same && let Err(exit) = output::put(path, text.as_bytes(), self.term) {
            self.changed -= 1;
            self.fail(exit);
        }
    }

    fn fail(&mut self, exit: Exit) {
        if self.exit == Exit::Fine {
            self.exit = exit;
        }
    }

    fn summary(&self) {
        let files = plural(project_files(self.loaded).count(), "file");
        if self.args.check {
            self.term.out(&format!("{} of {files} would change\n", self.changed));
        } else if !self.is_stdin() {
            self.term.out(&format!("formatted {} of {files}\n", self.changed));
        }
    }
}
