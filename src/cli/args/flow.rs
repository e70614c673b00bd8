//! What may be written after `abide flow`.

use clap::{Args, Subcommand};

use super::{StoreArgs, WriteArgs};

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowArgs {
    #[command(subcommand)]
    pub command: FlowCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum FlowCommand {
    /// End a run before it is done
    Abort(FlowTurnArgs),
    /// Move a run to the stage before
    Back(FlowTurnArgs),
    /// End a run that is done
    Finish(FlowTurnArgs),
    /// Move a run to the stage that follows
    Next(FlowNextArgs),
    /// Press a button of the stage in which a run is
    Press(FlowPressArgs),
    /// Take up a run that has ended
    Reactivate(FlowTurnArgs),
    /// Show a run with its stages and steps, and the other runs on the same record
    Show(FlowShowArgs),
    /// Begin a run of a flow on a record
    Start(FlowStartArgs),
    /// Go on with another flow on the same record
    Switch(FlowSwitchArgs),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowTurnArgs {
    /// The run, such as sales_pipeline:7, or a record of it, such as lead:42
    pub run: String,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowNextArgs {
    /// The run, such as sales_pipeline:7, or a record of it, such as lead:42
    pub run: String,

    /// The record of the new stage, where there are several, such as opportunity:5
    #[arg(long, value_name = "RECORD")]
    pub record: Option<String>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowPressArgs {
    /// The run, such as sales_pipeline:7, or a record of it, such as lead:42
    pub run: String,

    /// The title of the button
    pub button: String,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowShowArgs {
    /// The run, such as sales_pipeline:7, or a record of it, such as lead:42
    pub run: String,

    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowStartArgs {
    /// The flow
    pub flow: String,

    /// The record that the run is about, such as lead:42
    pub record: String,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FlowSwitchArgs {
    /// The run, such as sales_pipeline:7, or a record of it, such as lead:42
    pub run: String,

    /// The flow to go on with
    pub flow: String,

    #[command(flatten)]
    pub write: WriteArgs,
}
