//! `abide backup`: a copy of a store, while workers go on.

use std::path::Path;

use crate::cli::args::BackupArgs;
use crate::cli::busy;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::store;
use crate::cli::term::Term;
use crate::engine::store::sqlite::backup;

pub(in crate::cli) fn run(args: &BackupArgs, term: &Term) -> Exit {
    copy(args, term).unwrap_or_else(|exit| exit)
}

fn copy(args: &BackupArgs, term: &Term) -> Result<Exit, Exit> {
    let (from, to) = (&args.store.store, &args.output);
    if !from.exists() {
        term.err(&format!("error[E0918]: there is no store `{}`\n", from.display()));
        return Err(Exit::Environment);
    }
    if is_in_use(to) {
        term.err(&format!("error[E0921]: `{}` is a store that is in use\n", to.display()));
        term.err("  help: name another file; a backup takes the place of what is there\n");
        return Err(Exit::Environment);
    }
    if let (Ok(from), Ok(to)) = (std::fs::canonicalize(from), std::fs::canonicalize(to))
        && from == to
    {
        term.err("error: the backup would take the place of the store\n  help: name another file\n");
        return Err(Exit::Usage);
    }
    let what = format!("copies `{}`", from.display());
    output::put_made(to, term, |beside| {
        busy::told(&what, || backup(from, beside)).map_err(|error| store::failed(term, error))
    })?;
    let size = std::fs::metadata(to).map(|file| file.len()).unwrap_or_default();
    term.out(&format!("{} holds all of {} ({} KiB)\n", to.display(), from.display(), size >> 10));
    Ok(Exit::Fine)
}

/// A store has its log beside it as long as somebody works on it.
fn is_in_use(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).exists()
}
