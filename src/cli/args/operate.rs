//! What may be written after the commands that look at the instances of a store and operate them.

use std::path::PathBuf;

use clap::Args;

use super::{ClockArgs, ReportArgs, StoreArgs, WriteArgs};
use crate::base::distance::did_you_mean;
use crate::engine::store::{LogKind, Status};
use crate::sema::library::{self, Library};

#[derive(Args, Debug)]
pub(in crate::cli) struct CancelArgs {
    #[command(flatten)]
    pub chosen: ChosenArgs,

    /// Why; processes that wait for them are told
    #[arg(long, value_name = "TEXT", default_value = "canceled by an operator")]
    pub reason: String,
}

/// Which instances an operator means.
#[derive(Args, Debug)]
pub(in crate::cli) struct ChosenArgs {
    /// The numbers of the instances
    #[arg(value_name = "INSTANCE")]
    pub instances: Vec<i64>,

    #[command(flatten)]
    pub store: StoreArgs,

    #[command(flatten)]
    pub filter: FilterArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Many instances at once: those that the command may be done to, and for which all that is given holds.
#[derive(Args, Debug)]
pub(in crate::cli) struct FilterArgs {
    /// Instances of this process, instead of numbers
    #[arg(long, value_name = "PROCESS")]
    pub process: Option<String>,

    /// Instances in this status, such as parked
    #[arg(long, value_name = "STATUS", value_parser = live_status)]
    pub status: Option<Status>,

    /// Instances with this primary record, such as opportunity:42
    #[arg(long, value_name = "RECORD")]
    pub record: Option<String>,

    /// All instances that the command may be done to
    #[arg(long)]
    pub all: bool,

    /// Do it; without this, instances that no number names are only counted
    #[arg(long)]
    pub yes: bool,
}

fn live_status(word: &str) -> Result<Status, String> {
    let known = Status::ALL.into_iter().filter(|status| status.is_live());
    Status::parse(word).filter(|status| status.is_live()).ok_or_else(|| {
        let words: Vec<&str> = known.map(Status::word).collect();
        format!("it is one of: {}", words.join(", "))
    })
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DoctorArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListArgs {
    /// Only of this process
    pub process: Option<String>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// The same as the name without an option
    #[arg(long = "process", value_name = "PROCESS", conflicts_with = "process")]
    pub process_option: Option<String>,

    /// Only in this status, such as parked or failed
    #[arg(long, value_name = "STATUS", value_parser = any_status)]
    pub status: Option<Status>,

    /// Only with this primary record, such as opportunity:42
    #[arg(long, value_name = "RECORD")]
    pub record: Option<String>,

    /// Also those that have ended
    #[arg(long)]
    pub all: bool,

    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,

    /// Only those behind this one, by number
    #[arg(long, value_name = "INSTANCE", default_value_t = 0)]
    pub after: i64,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

fn any_status(word: &str) -> Result<Status, String> {
    Status::parse(word).ok_or_else(|| format!("it is one of: {}", Status::ALL.map(Status::word).join(", ")))
}

#[derive(Args, Debug)]
pub(in crate::cli) struct LogArgs {
    /// Only of this instance
    pub instance: Option<i64>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// Only of this process
    #[arg(long, value_name = "PROCESS")]
    pub process: Option<String>,

    /// Only about this record, such as opportunity:42
    #[arg(long, value_name = "RECORD")]
    pub record: Option<String>,

    /// Only of this kind: create, update, delete, refuse, start, wait, park, end, emit or note; several with commas
    #[arg(long = "kind", value_name = "KIND", value_parser = kind, value_delimiter = ',')]
    pub kinds: Vec<LogKind>,

    /// Only the last so many lines
    #[arg(long, value_name = "N", conflicts_with_all = ["limit", "after"])]
    pub last: Option<usize>,

    /// At most so many lines
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,

    /// Only lines after the one with this key
    #[arg(long, value_name = "KEY", default_value_t = 0)]
    pub after: i64,

    /// As JSON, each line with its key
    #[arg(long)]
    pub json: bool,
}

fn kind(word: &str) -> Result<LogKind, String> {
    LogKind::parse(word).ok_or_else(|| format!("it is one of: {}", LogKind::ALL.map(LogKind::word).join(", ")))
}

#[derive(Args, Debug)]
pub(in crate::cli) struct PostponeArgs {
    #[command(flatten)]
    pub chosen: ChosenArgs,

    /// For how long, such as "2 hours"
    #[arg(long = "for", value_name = "DURATION")]
    pub time: String,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ResumeArgs {
    /// With --store the numbers of instances; else the file that `snapshot` wrote, then the build that the instance
    /// began with, or its project
    #[arg(value_name = "INSTANCE… | SNAPSHOT BUILD")]
    pub what: Vec<String>,

    /// The file of the store whose instances go on
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    #[command(flatten)]
    pub filter: FilterArgs,

    #[command(flatten)]
    pub clock: ClockArgs,

    /// Write a field before the clock moves, such as opportunity:42.state=won; may stand several times
    #[arg(long, value_name = "RECORD.FIELD=VALUE")]
    pub update: Vec<String>,

    /// Whose rights `--update` has: a user of the snapshot, such as user:7 or Ann; without it the system's
    #[arg(long = "as", value_name = "USER", requires = "update")]
    pub user: Option<String>,

    /// Give a setting of the project another value, such as large_deal="60000 USD"; may stand several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub config: Vec<String>,

    /// What happened as JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct SettingsArgs {
    /// Give settings of a store of real processes another value, such as large_deal="60000 USD" or retry.times=3, at once
    /// for all that work on it
    #[arg(value_name = "NAME=VALUE", requires = "store")]
    pub given: Vec<String>,

    /// The file of a store, whose settings are listed, too
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// Let the project say again what this setting is; may stand several times
    #[arg(long, value_name = "NAME", requires = "store")]
    pub unset: Vec<String>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ShowArgs {
    /// The number of an instance, or the name of a library: core, crm
    #[arg(value_parser = shown)]
    pub what: Shown,

    /// The file of the store that the instance is in
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What `show` shows.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Shown {
    /// An instance of a store.
    Instance(i64),
    /// The text of a library.
    Library(&'static Library),
}

fn shown(word: &str) -> Result<Shown, String> {
    let library = library::find(word).map(Shown::Library);
    library.or_else(|| word.parse().ok().map(Shown::Instance)).ok_or_else(|| {
        let near = did_you_mean(word, library::ALL.map(|library| library.name));
        let hint = near.first().map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("neither the number of an instance nor a library{hint}")
    })
}

#[derive(Args, Debug)]
pub(in crate::cli) struct SignalArgs {
    /// The signal
    pub signal: String,

    /// The record that it is about, such as opportunity:42, then its fields as NAME=VALUE
    pub args: Vec<String>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct SnapshotArgs {
    /// The number of the instance
    pub instance: i64,

    #[command(flatten)]
    pub store: StoreArgs,

    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct WhyArgs {
    /// The number of the instance
    pub instance: i64,

    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}
