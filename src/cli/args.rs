//! What may be written after `abide`. Declarations only, in order of the alphabet.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::base::distance::did_you_mean;
use crate::engine::store::Status;
use crate::sema::library::{self, Library};

mod record;

pub(super) use record::{
    CreateArgs, DeleteArgs, FindArgs, GetArgs, ImportArgs, RecordArgs, RecordCommand, UpdateArgs, WriteArgs,
};

/// Business processes: write, check, run.
#[derive(Debug, Parser)]
#[command(name = "abide", disable_version_flag = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 fine, 1 the program or its input is wrong, 2 usage, 3 files or environment, 70 a mistake of abide"
)]
pub(super) struct Arguments {
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub color: Color,

    /// Print the version; with --verbose also those of the language and of all formats
    #[arg(short = 'V', long)]
    pub version: bool,

    /// Say more
    #[arg(short, long, requires = "version")]
    pub verbose: bool,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a deployed build the current one, or let deactivated processes start again
    Activate(ActivateArgs),
    /// Copy a store to a file, while workers go on
    Backup(BackupArgs),
    /// Measure how long a function takes
    Bench(BenchArgs),
    /// Compile a project to one file
    Build(BuildArgs),
    /// Cancel instances: their `on cancel` and undo blocks run
    Cancel(CancelArgs),
    /// Find what is wrong in a project
    Check(CheckArgs),
    /// Print a script that completes commands in a shell
    Completions(CompletionsArgs),
    /// Let nothing start a process any more; its instances go on
    Deactivate(DeactivateArgs),
    /// List the builds of a store and the processes of the current one
    Definitions(DefinitionsArgs),
    /// Put a build into a store, as a draft
    Deploy(DeployArgs),
    /// List the instructions of a build or a project
    Disasm(DisasmArgs),
    /// Find what is wrong with a store
    Doctor(DoctorArgs),
    /// Print the page of a code such as E0301
    Explain(ExplainArgs),
    /// Give parked instances up: they unwind, and have failed
    Fail(ChosenArgs),
    /// Give files their one layout
    Fmt(FmtArgs),
    /// List the instances in a store
    List(ListArgs),
    /// Print the log of a store, or of an instance
    Log(LogArgs),
    /// Stop instances where they rest, until they are resumed
    Pause(ChosenArgs),
    /// Stop instances where they rest, until some time has passed
    Postpone(PostponeArgs),
    /// Create, read, write and import records of a store
    Record(RecordArgs),
    /// Let paused or postponed instances of a store go on; or go on with one that `snapshot` took out, on a virtual clock
    Resume(ResumeArgs),
    /// Let parked instances go on where they rest
    Retry(ChosenArgs),
    /// Run a project or a build as a simulation, and tell what happened
    Run(RunArgs),
    /// List all limits, and the settings of a store
    Settings(SettingsArgs),
    /// Show what an instance did and what it waits for, or the text of a library
    Show(ShowArgs),
    /// Send a signal to instances of a store, and start what begins with it
    Signal(SignalArgs),
    /// Take an instance out of a store, as a file
    Snapshot(SnapshotArgs),
    /// Start a process or run an action in a store
    Start(StartArgs),
    /// End instances and their children; nothing of them runs any more
    Terminate(ChosenArgs),
    /// Run the tests of a project
    Test(TestArgs),
    /// Say what an instance waits for, what would wake it, or why it is parked
    Why(WhyArgs),
    /// Run the processes of a store until stopped
    Worker(WorkerArgs),
}

#[derive(Args, Debug)]
pub(super) struct ActivateArgs {
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
pub(super) struct BackupArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct BenchArgs {
    /// A folder, a `.proc` file or a build
    pub path: PathBuf,

    /// The name of a `fn`
    pub function: String,

    /// Its arguments: numbers, true or false, texts
    #[arg(allow_negative_numbers = true)]
    pub args: Vec<String>,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct BuildArgs {
    /// A folder or a `.proc` file
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Where the build goes
    #[arg(short, long, value_name = "FILE", required_unless_present = "manifest")]
    pub output: Option<PathBuf>,

    /// Print as JSON what rests where, and what a snapshot holds there
    #[arg(long)]
    pub manifest: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct CancelArgs {
    #[command(flatten)]
    pub chosen: ChosenArgs,

    /// Why; processes that wait for them are told
    #[arg(long, value_name = "TEXT", default_value = "cancelled by an operator")]
    pub reason: String,
}

/// Which instances an operator means.
#[derive(Args, Debug)]
pub(super) struct ChosenArgs {
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
pub(super) struct FilterArgs {
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
pub(super) struct CheckArgs {
    /// A folder, a `.proc` file, or `-` for standard input
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Change the files: `safe` makes the changes that are right for sure, `all` also guesses, which are told as such
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    pub fix: Option<FixWhich>,

    /// Only show what `--fix` would change
    #[arg(long, requires = "fix")]
    pub dry_run: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// Which shell
    pub shell: Shell,
}

#[derive(Args, Debug)]
pub(super) struct DeactivateArgs {
    /// The processes
    #[arg(required = true)]
    pub processes: Vec<String>,

    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args, Debug)]
pub(super) struct DefinitionsArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct DeployArgs {
    /// A folder, a `.proc` file or a build
    #[arg(default_value = ".")]
    pub path: PathBuf,

    #[command(flatten)]
    pub store: StoreArgs,

    /// Make it the current build at once, if no record loses a value by that
    #[arg(long)]
    pub activate: bool,

    /// As JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct DisasmArgs {
    /// A folder, a `.proc` file or a build
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Only this function or process
    pub function: Option<String>,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// A code, or its name in words
    pub code: String,
}

#[derive(Args, Debug)]
pub(super) struct FmtArgs {
    /// A folder, a `.proc` file, or `-` for standard input
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Write nothing; fail if a file would change
    #[arg(long)]
    pub check: bool,
}

/// How far the clock of a simulation moves after the last event.
#[derive(Args, Debug)]
pub(super) struct ClockArgs {
    /// Move the clock by a duration such as "3 days"
    #[arg(long, value_name = "DURATION", conflicts_with = "until")]
    pub advance: Option<String>,

    /// Move the clock to a moment such as "2026-02-01T09:00[Europe/Berlin]"
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<String>,
}

/// Which store.
#[derive(Args, Debug)]
pub(super) struct StoreArgs {
    /// The file of the store
    #[arg(long, value_name = "FILE")]
    pub store: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Only of this process
    pub process: Option<String>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// Also those that have ended
    #[arg(long)]
    pub all: bool,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct LogArgs {
    /// Only of this instance
    pub instance: Option<i64>,

    #[command(flatten)]
    pub store: StoreArgs,

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

#[derive(Args, Debug)]
pub(super) struct PostponeArgs {
    #[command(flatten)]
    pub chosen: ChosenArgs,

    /// For how long, such as "2 hours"
    #[arg(long = "for", value_name = "DURATION")]
    pub time: String,
}

#[derive(Args, Debug)]
pub(super) struct ResumeArgs {
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
pub(super) struct RunArgs {
    /// A folder, a `.proc` file or a build
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Records and events; without it `data.json` of the project, if there is one
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,

    #[command(flatten)]
    pub clock: ClockArgs,

    /// Give a setting of the project another value, such as large_deal="60000 USD"; may stand several times, and is kept
    /// in the store
    #[arg(long, value_name = "NAME=VALUE")]
    pub config: Vec<String>,

    /// Keep records and instances in this file, or go on with those that are there
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// What happened as JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct SettingsArgs {
    /// The file of a store, whose settings are listed, too
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
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
pub(super) enum Shown {
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
pub(super) struct SignalArgs {
    /// The signal
    pub signal: String,

    /// The record that it is about, such as opportunity:42, then its fields as NAME=VALUE
    pub args: Vec<String>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// Whose rights it has: a user such as user:7; without it the system's
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct SnapshotArgs {
    /// The number of the instance
    pub instance: i64,

    #[command(flatten)]
    pub store: StoreArgs,

    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct StartArgs {
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

    #[command(flatten)]
    pub store: StoreArgs,

    /// Whose rights it has: a user such as user:7; without it the system's
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct TestArgs {
    /// A folder or a `.proc` file
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Only tests whose title contains this
    pub filter: Option<String>,

    /// Give a setting of the project another value in all tests, such as large_deal="60000 USD"; may stand several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub config: Vec<String>,

    /// What came of the tests as JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct WhyArgs {
    /// The number of the instance
    pub instance: i64,

    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct WorkerArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// Stop when nothing is ready or due, instead of waiting for more
    #[arg(long)]
    pub until_idle: bool,
}

/// How messages about sources are told; the same for every command that has any.
#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// How messages look; those for machines go to standard error where standard output has another result
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: Format,

    /// Fail also when there are only warnings
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    Warnings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FixWhich {
    All,
    Safe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Commands of a GitHub workflow, on standard output
    Github,
    /// With the lines of the source, on standard error
    Human,
    /// One object, on standard output
    Json,
    /// A JUnit report, on standard output
    Junit,
    /// A SARIF 2.1.0 log, on standard output
    Sarif,
    /// One line each, on standard error
    Short,
}

impl Format {
    /// Whether it is all that stands on standard output.
    pub(super) fn is_for_machines(self) -> bool {
        !matches!(self, Format::Human | Format::Short)
    }
}
