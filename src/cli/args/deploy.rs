//! What may be written after the commands that put builds into a store of real processes and run them.

use std::path::PathBuf;

use clap::Args;

use super::{ReportArgs, StoreArgs, WriteArgs};
use crate::base::limits::{CALLS_AT_ONCE, CALLS_AT_ONCE_MAX};

#[derive(Args, Debug)]
pub(in crate::cli) struct ActivateArgs {
    /// Deactivated processes that may start again; without any, the newest build becomes the current one
    pub processes: Vec<String>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// The beginning of the hash of another build than the newest
    #[arg(long, value_name = "HASH", conflicts_with = "processes")]
    pub build: Option<String>,

    /// Only show what would happen to the tables
    #[arg(long, conflicts_with = "processes")]
    pub dry_run: bool,

    /// Also do what makes records lose values
    #[arg(long, conflicts_with = "processes")]
    pub lose_data: bool,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct BackupArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DeactivateArgs {
    /// The processes
    #[arg(required = true)]
    pub processes: Vec<String>,

    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DefinitionsArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DeployArgs {
    /// A folder, a `.proc` file or a build
    #[arg(default_value = ".")]
    pub path: PathBuf,

    #[command(flatten)]
    pub store: StoreArgs,

    /// Make it the current build at once, if no record loses a value by that
    #[arg(long)]
    pub activate: bool,

    /// With --activate: also do what makes records lose values
    #[arg(long, requires = "activate")]
    pub lose_data: bool,

    /// Give a setting of the project another value, such as large_deal="60000 USD"; may stand several times, and is kept
    /// in the store
    #[arg(long, value_name = "NAME=VALUE")]
    pub config: Vec<String>,

    /// As JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct StartArgs {
    /// The process or action
    pub process: String,

    /// Its primary record, such as opportunity:42, then its inputs as NAME=VALUE
    pub args: Vec<String>,

    /// On each record that it takes, many in a transaction; what is refused is told, the others are started
    #[arg(long)]
    pub each: bool,

    /// With --each: only on records with this value; may stand several times
    #[arg(long = "where", value_name = "NAME=VALUE", requires = "each")]
    pub conditions: Vec<String>,

    /// With --each: only on the records behind this one, by number; 0 is all of them, also where an earlier call was cut
    /// short
    #[arg(long, value_name = "RECORD", requires = "each")]
    pub after: Option<String>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct WorkerArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// Stop when nothing is ready or due, instead of waiting for more
    #[arg(long)]
    pub until_idle: bool,

    /// How many calls over HTTP may be under way at once; 0 leaves them to other workers
    #[arg(long, value_name = "COUNT", default_value_t = CALLS_AT_ONCE, value_parser = clap::value_parser!(u32).range(0..=i64::from(CALLS_AT_ONCE_MAX)))]
    pub calls: u32,

    /// A file of secrets, lines NAME=VALUE, besides the variables ABIDE_SECRET_NAME
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,

    /// A file of certificates (PEM) that are trusted instead of the well-known ones
    #[arg(long, value_name = "FILE")]
    pub roots: Option<PathBuf>,
}
