//! Plug-ins: WebAssembly that computes an answer from a question, and can do nothing else.
//!
//! A plug-in imports nothing, so it sees no clock, no file and no network. It exports `memory`, `alloc` (from a number of
//! bytes to an address) and one function for each activity, named like the activity. That function gets the address
//! and the length of the inputs as JSON, and gives the address (upper 32 bits) and the length (lower 32 bits) of its
//! answer. If the highest bit is set, the answer is what went wrong, in words. Each call finds the memory as the file
//! describes it: nothing of an earlier call is left.

#[cfg(feature = "wasm")]
mod machine;
#[cfg(not(feature = "wasm"))]
#[path = "absent.rs"]
mod machine;

pub use machine::Plugin;

/// Why a plug-in gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It says so itself, for this reason.
    Said(String),
    /// It made a mistake, or took too much of something.
    Broke(String),
}

impl Stop {
    /// What happened, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Stop::Said(message) | Stop::Broke(message) => message,
        }
    }
}
