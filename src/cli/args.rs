//! What may be written after `abide`. Declarations only, in order of the alphabet.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

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
    /// Find what is wrong in a project
    Check(CheckArgs),
    /// Print a script that completes commands in a shell
    Completions(CompletionsArgs),
    /// Print the page of a code such as E0301
    Explain(ExplainArgs),
    /// Give files their one layout
    Fmt(FmtArgs),
}

#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// A folder, a `.proc` file, or `-` for standard input
    #[arg(default_value = ".")]
    pub path: PathBuf,

    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// Which shell
    pub shell: Shell,
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

/// How messages about sources are told; the same for every command that has any.
#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// How messages look
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
pub(super) enum Format {
    /// With the lines of the source, on standard error
    Human,
    /// One object, on standard output
    Json,
    /// One line each, on standard error
    Short,
}
