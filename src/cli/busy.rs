//! What a terminal shows while something takes long.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is told that it still goes on, and how long it may take without a word.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Does something; on a terminal it is told what, and for how long, until it is done.
pub(super) fn told<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        let (done, waiting) = mpsc::channel();
        scope.spawn(move || tell(what, &waiting, TOLD_EVERY, &mut io::stderr()));
        let answer = work();
        // The other side ends with this one.
        drop::<mpsc::Sender<()>>(done);
        answer
    })
}

/// Tells it on one line until the other side is gone, then takes it away. Where a terminal cannot be written to, there is
/// nobody to tell it.
fn tell(what: &str, waiting: &Receiver<()>, every: Duration, out: &mut impl Write) {
    let began = Instant::now();
    let mut width = 0;
    while waiting.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let line = format!("{what} … {} s", began.elapsed().as_secs());
        width = width.max(line.chars().count());
        let _ = write!(out, "\r{line}").and_then(|()| out.flush());
    }
    if width > 0 {
        let _ = write!(out, "\r{:width$}\r", "").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_for(time: Duration, every: Duration) -> String {
        let (done, waiting) = mpsc::channel::<()>();
        let end = thread::spawn(move || {
            thread::sleep(time);
            drop(done);
        });
        let mut out = Vec::new();
        tell("copies", &waiting, every, &mut out);
        end.join().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_takes_long_is_told_and_leaves_nothing() {
        let told = told_for(Duration::from_millis(50), Duration::from_millis(5));
        assert!(told.starts_with("\rcopies … 0 s\r"), "{told:?}");
        assert!(told.ends_with(&format!("\r{}\r", " ".repeat(12))), "{told:?}");
        assert_eq!(told_for(Duration::ZERO, Duration::from_secs(60)), "");
    }
}
