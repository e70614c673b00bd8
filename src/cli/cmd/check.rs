//! `abide check`: everything that is wrong, in one run, for every project below a path; `--fix` mends what it can.

use std::path::Path;

use crate::base::source::SourceFile;
use crate::base::span::FileId;
use crate::cli::args::{CheckArgs, FixWhich};
use crate::cli::exit::Exit;
use crate::cli::input;
use crate::cli::output;
use crate::cli::report::{plural, report, tally};
use crate::cli::term::Term;
use crate::diag::fix::{self, Wanted};
use crate::diag::{Applicability, Diagnostic, Fix};
use crate::pipeline::{self, Front};
use crate::project::project_files;

/// Changes uncover others; so many rounds are enough for any file that people write.
const ROUNDS_MAX: usize = 8;

pub(in crate::cli) fn run(args: &CheckArgs, term: &Term) -> Exit {
    if let Some(which) = args.fix
        && let Err(exit) = mend(args, which, term)
    {
        return exit;
    }
    let front = pipeline::check(input::load_path(&args.path));
    let exit = report(&args.report, term, &front.diagnostics, &front.sources);
    if !args.report.format.is_for_machines() {
        let files = front.projects.iter().map(|project| project.files.len()).sum();
        let projects = match front.projects.len() {
            0 | 1 => String::new(),
            several => format!(" of {several} projects"),
        };
        term.out(&format!("checked {}{projects}: {}\n", plural(files, "file"), tally(&front.diagnostics)));
    }
    exit
}

/// Changes the files until nothing is left to change; a dry run shows the first round.
fn mend(args: &CheckArgs, which: FixWhich, term: &Term) -> Result<(), Exit> {
    if args.path == Path::new("-") {
        term.err("error: `--fix` changes files; standard input is none\n");
        return Err(Exit::Usage);
    }
    let wanted = match which {
        FixWhich::All => Wanted::Suggested,
        FixWhich::Safe => Wanted::Safe,
    };
    let mut guesses = 0;
    for _ in 0..ROUNDS_MAX {
        if !round(args, wanted, term, &mut guesses)? || args.dry_run {
            break;
        }
    }
    if guesses > 0 {
        term.err(&format!("{} guessed: read what is new before you keep it\n", plural(guesses, "change")));
    }
    Ok(())
}

/// One round over all files; whether anything was changed. Counts the guesses.
fn round(args: &CheckArgs, wanted: Wanted, term: &Term, guesses: &mut usize) -> Result<bool, Exit> {
    let loaded = input::load_path(&args.path);
    let paths: Vec<(FileId, std::path::PathBuf)> =
        project_files(&loaded).map(|(id, _, path)| (id, path.to_path_buf())).collect();
    let front = pipeline::check(loaded);
    let mut changed = false;
    for (id, path) in paths {
        let Some(file) = front.sources.get(id) else { continue };
        let fixed = fix::apply(id, &file.text, of_file(&front, id), wanted);
        if fixed.applied.is_empty() {
            continue;
        }
        if !args.dry_run {
            output::put(&path, fixed.text.as_bytes(), term)?;
        }
        changed = true;
        for (diagnostic, fix) in &fixed.applied {
            *guesses += usize::from(fix.applicability == Applicability::Suggested);
            term.err(&told(file, diagnostic, fix, args.dry_run));
        }
    }
    Ok(changed)
}

/// The messages of one file: they are in order of the files.
fn of_file(front: &Front, id: FileId) -> &[Diagnostic] {
    let start = front.diagnostics.partition_point(|d| d.primary.span.file < id);
    let end = front.diagnostics.partition_point(|d| d.primary.span.file <= id);
    front.diagnostics.get(start..end).unwrap_or_default()
}

/// `fixed a.proc:3:5: write `==` (E0110)`, `guessed a.proc:4:7: write `title` (E0211)`.
fn told(file: &SourceFile, diagnostic: &Diagnostic, fix: &Fix, is_dry: bool) -> String {
    let at = file.position(diagnostic.primary.span.start);
    let verb = match (fix.applicability, is_dry) {
        (Applicability::Safe, false) => "fixed",
        (Applicability::Safe, true) => "would fix",
        (Applicability::Suggested, false) => "guessed",
        (Applicability::Suggested, true) => "would guess",
    };
    format!("{verb} {}:{}:{}: {} ({})\n", file.path, at.line, at.column, fix.title, diagnostic.code.0)
}
