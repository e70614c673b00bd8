//! What may be written after `abide`. Declarations only, in order of the alphabet.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

mod deploy;
mod flow;
mod job;
mod operate;
mod people;
mod record;

pub(super) use deploy::{ActivateArgs, BackupArgs, DeactivateArgs, DefinitionsArgs, DeployArgs, StartArgs, WorkerArgs};
pub(super) use flow::{
    FlowArgs, FlowCommand, FlowNextArgs, FlowPressArgs, FlowShowArgs, FlowStartArgs, FlowSwitchArgs, FlowTurnArgs,
};
pub(super) use job::{CompleteArgs, ExtendArgs, FailArgs, FetchArgs, JobArgs, JobCommand, QueuesArgs};
pub(super) use operate::{
    CancelArgs, ChosenArgs, DoctorArgs, FilterArgs, ListArgs, LogArgs, PostponeArgs, ResumeArgs, SettingsArgs,
    ShowArgs, Shown, SignalArgs, SnapshotArgs, WhyArgs,
};
pub(super) use people::{AnswerArgs, DialogArgs, InboxArgs};
pub(super) use record::{
    CreateArgs, DeleteArgs, FindArgs, FormArgs, GetArgs, ImportArgs, RecordArgs, RecordCommand, UpdateArgs,
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
    /// Fill in a form that a process asks for
    Answer(AnswerArgs),
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
    /// Run a dialog page by page, or go on with one
    Dialog(DialogArgs),
    /// List the instructions of a build or a project
    Disasm(DisasmArgs),
    /// Find what is wrong with a store
    Doctor(DoctorArgs),
    /// Print the page of a code such as E0301
    Explain(ExplainArgs),
    /// Give parked instances up: they unwind, and have failed
    Fail(ChosenArgs),
    /// Show, begin and move runs of business process flows
    Flow(FlowArgs),
    /// Give files their one layout
    Fmt(FmtArgs),
    /// Show a record as a form, with what the rules say of each field
    Form(FormArgs),
    /// List the forms that processes ask people to fill in
    Inbox(InboxArgs),
    /// Take jobs from the queues of a store, and answer for them
    Job(JobArgs),
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
    /// List all limits, and the settings of a store; or give these other values
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

/// How a command that writes to a store does it.
#[derive(Args, Debug)]
pub(super) struct WriteArgs {
    #[command(flatten)]
    pub store: StoreArgs,

    /// Whose rights it has: a user such as user:7; without it the system's
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
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
