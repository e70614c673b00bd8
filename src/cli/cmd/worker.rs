//! `abide worker`: runs the processes of a store until it is stopped.

use crate::cli::args::WorkerArgs;
use crate::cli::exit::Exit;
use crate::cli::term::Term;
use crate::cli::{stop, store};

pub(in crate::cli) fn run(args: &WorkerArgs, term: &Term) -> Exit {
    work(args, term).unwrap_or_else(|exit| exit)
}

fn work(args: &WorkerArgs, term: &Term) -> Result<Exit, Exit> {
    let stop = stop::on_signals(term)?;
    let path = &args.store.store;
    let mut engine = store::engine(path, term)?;
    let meta = &engine.module().meta;
    term.err(&format!("works on {} {} in `{}`; ctrl-c stops it\n", meta.name, meta.version, path.display()));
    let turns = engine.work(&stop, args.until_idle).map_err(|failure| store::failed(term, failure))?;
    term.err(&format!("stopped after {turns} {}\n", if turns == 1 { "turn" } else { "turns" }));
    Ok(Exit::Fine)
}
