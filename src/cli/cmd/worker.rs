//! `abide worker`: runs the processes of a store until it is stopped.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::TERM_SIGNALS;

use crate::cli::args::WorkerArgs;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;

pub(in crate::cli) fn run(args: &WorkerArgs, term: &Term) -> Exit {
    work(args, term).unwrap_or_else(|exit| exit)
}

fn work(args: &WorkerArgs, term: &Term) -> Result<Exit, Exit> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        // A second signal does not wait for the turn that runs.
        let armed = signal_hook::flag::register_conditional_shutdown(*signal, 130, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(*signal, Arc::clone(&stop)));
        if let Err(error) = armed {
            term.err(&format!("error: signals cannot be received: {error}\n"));
            return Err(Exit::Environment);
        }
    }
    let path = &args.store.store;
    let mut engine = store::engine(path, term)?;
    let meta = &engine.module().meta;
    term.err(&format!("works on {} {} in `{}`; ctrl-c stops it\n", meta.name, meta.version, path.display()));
    let turns = engine.work(&stop, args.until_idle).map_err(|failure| store::failed(term, failure))?;
    term.err(&format!("stopped after {turns} {}\n", if turns == 1 { "turn" } else { "turns" }));
    Ok(Exit::Fine)
}
