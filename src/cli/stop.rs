//! What ends a long command early: ctrl-c, and the other signals that ask a program to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::TERM_SIGNALS;

use super::exit::Exit;
use super::term::Term;

/// A flag that such a signal sets, so that what was begun can be finished. A second signal does not wait for that.
pub(super) fn on_signals(term: &Term) -> Result<Arc<AtomicBool>, Exit> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        let armed = signal_hook::flag::register_conditional_shutdown(*signal, 130, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(*signal, Arc::clone(&stop)));
        if let Err(error) = armed {
            term.err(&format!("error: signals cannot be received: {error}\n"));
            return Err(Exit::Environment);
        }
    }
    Ok(stop)
}
