//! Standard output and standard error.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

use super::args::Color;
use super::exit::Exit;
use crate::diag::render;

/// Lines are wrapped to this width where the terminal does not say its own.
const WIDTH_DEFAULT: usize = 100;

/// Where text goes, and what it may look like there.
pub(super) struct Term {
    colour_out: bool,
    colour_err: bool,
    width: usize,
    failed: RefCell<Option<io::Error>>,
}

impl Term {
    /// Looks at the terminal and its environment.
    pub(super) fn new(color: Color) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let wanted = |is_terminal: bool| match color {
            Color::Auto => is_terminal && !plain,
            Color::Always => true,
            Color::Never => false,
        };
        let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Self {
            colour_out: wanted(io::stdout().is_terminal()),
            colour_err: wanted(io::stderr().is_terminal()),
            width: width.unwrap_or(WIDTH_DEFAULT).clamp(40, 200),
            failed: RefCell::new(None),
        }
    }

    /// Whether standard output takes colours.
    pub(super) fn colour_out(&self) -> bool {
        self.colour_out
    }

    /// How messages on standard error look.
    pub(super) fn messages(&self) -> render::Options {
        render::Options { colour: self.colour_err, width: self.width }
    }

    /// Writes a result.
    pub(super) fn out(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        self.note(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
    }

    /// Writes a message.
    pub(super) fn err(&self, text: &str) {
        self.note(io::stderr().lock().write_all(text.as_bytes()));
    }

    /// Keeps the first failure: what follows it has no other cause.
    fn note(&self, result: io::Result<()>) {
        if let Err(error) = result {
            self.failed.borrow_mut().get_or_insert(error);
        }
    }

    /// Whether nobody reads any more, so that there is no use in writing more.
    pub(super) fn is_closed(&self) -> bool {
        self.failed.borrow().is_some()
    }

    /// The exit of the program: what came of it, unless its text could not be written. A reader that has seen enough
    /// (`abide explain E0301 | head -3`) is no failure.
    pub(super) fn finish(&self, exit: Exit) -> Exit {
        match self.failed.take() {
            None => exit,
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
            Some(error) => {
                // Where this cannot be written either, the exit code is all that is left.
                self.err(&format!("error[E0921]: cannot write what there is to tell: {error}\n"));
                self.err("  help: what a store was given is in it; only the text is not whole\n");
                Exit::Environment
            }
        }
    }
}

/// `1 row`, `3 rows`.
pub(super) fn counted(count: impl std::fmt::Display, one: &str) -> String {
    let count = count.to_string();
    if count == "1" { format!("1 {one}") } else { format!("{count} {one}s") }
}
