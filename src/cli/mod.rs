//! The command line. `args` declares it, each file of `cmd` is one command, `exit` says how the program ends.
//!
//! Results go to standard output, messages and progress to standard error; with a machine format nothing but that
//! format is on standard output.

mod args;
mod busy;
mod cmd;
mod exit;
mod input;
mod manifest;
mod output;
mod prompt;
mod report;
mod settings;
mod stop;
mod store;
mod story;
mod target;
mod term;
mod version;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use exit::Exit;
use term::Term;

use crate::engine::operate::Operation;

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    exit::guarded(run).into()
}

fn run() -> Exit {
    // Where that cannot be arranged, the system ends the program there, as it would have.
    write_errors_at_size_limits().ok();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let term = Term::new(arguments.color);
    let outcome = dispatch(&arguments, &term);
    term.finish(outcome)
}

/// A write beyond the largest size that the system allows a file fails with its reason, instead of ending the program.
fn write_errors_at_size_limits() -> std::io::Result<()> {
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}

fn dispatch(arguments: &Arguments, term: &Term) -> Exit {
    if arguments.version {
        term.out(&version::text(arguments.verbose));
        return Exit::Fine;
    }
    match &arguments.command {
        Some(Command::Activate(args)) => cmd::deploy::activate(args, term),
        Some(Command::Answer(args)) => cmd::people::answer(args, term),
        Some(Command::Backup(args)) => cmd::backup::run(args, term),
        Some(Command::Bench(args)) => cmd::bench::run(args, term),
        Some(Command::Build(args)) => cmd::build::run(args, term),
        Some(Command::Cancel(args)) => cmd::operate::cancel(args, term),
        Some(Command::Check(args)) => cmd::check::run(args, term),
        Some(Command::Completions(args)) => cmd::completions::run(args, term),
        Some(Command::Deactivate(args)) => cmd::deploy::deactivate(args, term),
        Some(Command::Definitions(args)) => cmd::deploy::definitions(args, term),
        Some(Command::Deploy(args)) => cmd::deploy::deploy(args, term),
        Some(Command::Dialog(args)) => cmd::dialog::run(args, term),
        Some(Command::Disasm(args)) => cmd::disasm::run(args, term),
        Some(Command::Doctor(args)) => cmd::doctor::run(args, term),
        Some(Command::Explain(args)) => cmd::explain::run(args, term),
        Some(Command::Fail(args)) => cmd::operate::run(&Operation::Fail, args, term),
        Some(Command::Flow(args)) => cmd::flow::run(args, term),
        Some(Command::Fmt(args)) => cmd::fmt::run(args, term),
        Some(Command::Form(args)) => cmd::form::run(args, term),
        Some(Command::Inbox(args)) => cmd::people::inbox(args, term),
        Some(Command::List(args)) => cmd::list::list(args, term),
        Some(Command::Log(args)) => cmd::log::run(args, term),
        Some(Command::Pause(args)) => cmd::operate::run(&Operation::Pause, args, term),
        Some(Command::Postpone(args)) => cmd::operate::postpone(args, term),
        Some(Command::Record(args)) => cmd::record::run(args, term),
        Some(Command::Resume(args)) => cmd::operate::resume(args, term),
        Some(Command::Retry(args)) => cmd::operate::run(&Operation::Retry, args, term),
        Some(Command::Run(args)) => cmd::run::run(args, term),
        Some(Command::Settings(args)) => cmd::settings::run(args, term),
        Some(Command::Show(args)) => cmd::list::show(args, term),
        Some(Command::Signal(args)) => cmd::signal::run(args, term),
        Some(Command::Snapshot(args)) => cmd::snapshot::snapshot(args, term),
        Some(Command::Start(args)) => cmd::start::run(args, term),
        Some(Command::Terminate(args)) => cmd::operate::run(&Operation::Terminate, args, term),
        Some(Command::Test(args)) => cmd::test::run(args, term),
        Some(Command::Job(args)) => cmd::job::run(args, term),
        Some(Command::Why(args)) => cmd::why::run(args, term),
        Some(Command::Worker(args)) => cmd::worker::run(args, term),
        None => {
            term.err(&Arguments::command().render_help().to_string());
            Exit::Usage
        }
    }
}

/// Help is a result; everything else is a wrong command line.
fn usage(error: &clap::Error) -> Exit {
    // Nothing can be done when even this cannot be written.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Fine }
}
