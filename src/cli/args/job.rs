//! What may be written after `abide job`.

use clap::{Args, Subcommand};

use super::StoreArgs;

#[derive(Args, Debug)]
pub(in crate::cli) struct JobArgs {
    #[command(subcommand)]
    pub command: JobCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JobCommand {
    /// Record the result of a job; its caller goes on
    Complete(CompleteArgs),
    /// Keep a job for longer
    Extend(ExtendArgs),
    /// Say that a job could not be done
    Fail(FailArgs),
    /// Take the next job of a queue
    Fetch(FetchArgs),
    /// List the queues, and the hosts whose calls are held back
    List(QueuesArgs),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FetchArgs {
    /// The name of the queue: `using worker "NAME"`
    pub queue: String,

    #[command(flatten)]
    pub store: StoreArgs,

    /// For how long it is yours, such as `5m` or "5 minutes"; else as long as its activity may take
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub lease: Option<i64>,

    /// How long to wait for one
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub wait: Option<i64>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ExtendArgs {
    /// The ticket that `fetch` gave, such as 42-1
    pub ticket: String,

    #[command(flatten)]
    pub store: StoreArgs,

    /// For how long from now on
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub lease: i64,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct CompleteArgs {
    /// The ticket that `fetch` gave, such as 42-1
    pub ticket: String,

    #[command(flatten)]
    pub store: StoreArgs,

    /// The result as JSON; `-` reads it from the input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub result: String,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FailArgs {
    /// The ticket that `fetch` gave, such as 42-1
    pub ticket: String,

    #[command(flatten)]
    pub store: StoreArgs,

    /// What happened, for people
    #[arg(long, value_name = "TEXT")]
    pub error: String,

    /// Trying again would not help
    #[arg(long)]
    pub for_good: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct QueuesArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `5m`, `10s`, "2 hours" in microseconds.
fn time(text: &str) -> Result<i64, String> {
    let short = |seconds: i64| {
        let number: i64 = text.get(..text.len().checked_sub(1)?)?.parse().ok()?;
        number.checked_mul(seconds)?.checked_mul(1_000_000)
    };
    let micros = match text.chars().last() {
        Some('s') if short(1).is_some() => short(1),
        Some('m') => short(60),
        Some('h') => short(3_600),
        Some('d') => short(86_400),
        _ => crate::data::moments::parse_duration(text)
            .filter(|time| time.months == 0)
            .and_then(|time| i64::from(time.days).checked_mul(86_400_000_000)?.checked_add(time.micros)),
    };
    micros.filter(|micros| *micros >= 0).ok_or_else(|| "write a time such as 10s, 5m or \"2 hours\"".to_owned())
}
