//! What may be written after the commands with which people answer what processes ask.

use std::path::PathBuf;

use clap::Args;

use super::{StoreArgs, WriteArgs};

#[derive(Args, Debug)]
pub(in crate::cli) struct AnswerArgs {
    /// The form, such as form:12
    pub form: String,

    /// The answers as NAME=VALUE; without any a terminal asks for them
    #[arg(value_name = "NAME=VALUE")]
    pub answers: Vec<String>,

    /// Read the answers from a file, as one JSON object; `-` is standard input
    #[arg(long = "answers", value_name = "FILE", conflicts_with = "answers")]
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct InboxArgs {
    /// Only what this user and the teams of this user are asked, such as user:7
    pub user: Option<String>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DialogArgs {
    /// The dialog; without it `--resume` names a session
    #[arg(required_unless_present = "resume")]
    pub dialog: Option<String>,

    /// The record that it is for, such as lead:42, then its inputs as NAME=VALUE
    pub args: Vec<String>,

    /// Go on with a session, such as qualify_call_session:7
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["dialog", "args"])]
    pub resume: Option<String>,

    /// Take the answers from a file instead of a terminal: a JSON list with an object for each page, "back" or "cancel";
    /// `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,

    #[command(flatten)]
    pub write: WriteArgs,
}
