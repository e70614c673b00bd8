//! Activities: who does what stands outside of the program, how long it may take, and how it is tried again.

use super::ConditionDef;

/// How an activity is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityDef {
    /// How long one try may take, in microseconds.
    pub timeout: i64,
    /// How it is tried again; without one as the engine tries again what may pass by itself.
    pub retry: Option<RetryDef>,
    /// The name of the primary record, if it has one.
    pub record: Option<String>,
    /// By whom.
    pub by: ActivityBy,
}

/// `retry n times after d doubling up to m`; times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryDef {
    /// How often after the first try.
    pub times: u32,
    /// The first delay.
    pub after: i64,
    /// Each delay twice the last.
    pub doubling: bool,
    /// The longest delay.
    pub up_to: Option<i64>,
}

/// Who does an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityBy {
    /// The program that embeds the engine, within the transaction.
    Native,
    /// A plug-in in a sandbox, within the transaction.
    Wasm(PluginDef),
    /// Somebody who answers over HTTP, after the commit.
    Http(HttpDef),
    /// A program that takes jobs from the queue of this name, after the commit.
    Worker(String),
}

impl ActivityBy {
    /// Whether it is done outside of the transaction, as a job.
    #[must_use]
    pub fn is_job(&self) -> bool {
        match self {
            ActivityBy::Native | ActivityBy::Wasm(_) => false,
            ActivityBy::Http(_) | ActivityBy::Worker(_) => true,
        }
    }
}

/// A plug-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginDef {
    /// Its file within the project.
    pub file: String,
    /// The function that does the activity.
    pub function: String,
    /// WebAssembly.
    pub bytes: Vec<u8>,
}

/// What is asked over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpDef {
    /// `get`, `post`, `put`, `patch` or `delete`.
    pub method: String,
    /// A function of primary record and inputs that gives a list of texts: one for each piece below that is no secret.
    pub texts: ConditionDef,
    /// The address.
    pub url: Vec<PieceDef>,
    /// The headers.
    pub headers: Vec<HeaderDef>,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderDef {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Vec<PieceDef>,
}

/// A piece of a text that leaves the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceDef {
    /// The next text as it is.
    Plain,
    /// The next text, with all that means something in an address written as `%20`.
    Escaped,
    /// The value of the secret of this name, which only he knows who sends it.
    Secret(String),
}

impl HttpDef {
    /// The pieces in order: those of the address, then those of the headers.
    pub fn pieces(&self) -> impl Iterator<Item = &PieceDef> {
        self.url.iter().chain(self.headers.iter().flat_map(|header| &header.value))
    }
}
