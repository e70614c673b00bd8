//! What may be written after `abide record`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{StoreArgs, WriteArgs};

#[derive(Args, Debug)]
pub(in crate::cli) struct RecordArgs {
    #[command(subcommand)]
    pub command: RecordCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RecordCommand {
    /// Create a record
    Create(CreateArgs),
    /// Delete a record
    Delete(DeleteArgs),
    /// List the records of an entity
    Find(FindArgs),
    /// Show a record with its fields
    Get(GetArgs),
    /// Show who did what to a record, and when
    History(GetArgs),
    /// Create a record of each row of a file: JSON lines, a JSON list, or CSV
    Import(ImportArgs),
    /// Write fields of a record
    Update(UpdateArgs),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct CreateArgs {
    /// The entity, such as Opportunity
    pub entity: String,

    /// Its fields
    #[arg(value_name = "NAME=VALUE")]
    pub fields: Vec<String>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DeleteArgs {
    /// The record, such as opportunity:42
    pub record: String,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FindArgs {
    /// The entity, such as Opportunity
    pub entity: String,

    /// Only those with these values; NAME=none are those without one
    #[arg(value_name = "NAME=VALUE")]
    pub fields: Vec<String>,

    #[command(flatten)]
    pub store: StoreArgs,

    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,

    /// Only those behind this one, by number
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub after: i64,

    /// As JSON, with all fields
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct FormArgs {
    /// A record such as opportunity:42, or an entity such as Opportunity for a new one
    #[arg(value_name = "RECORD|ENTITY")]
    pub subject: String,

    /// What was filled in
    #[arg(value_name = "NAME=VALUE")]
    pub fields: Vec<String>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct GetArgs {
    /// The record, such as opportunity:42
    pub record: String,

    #[command(flatten)]
    pub store: StoreArgs,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ImportArgs {
    /// The entity, such as Opportunity
    pub entity: String,

    /// The rows. A name that ends in `.csv` is CSV with a line of column names; all else is JSON
    pub file: PathBuf,

    /// A column that is called otherwise than its field; without a field it is left out. May stand several times
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub map: Vec<String>,

    /// Where rows go that are refused, each with the reason; without it beside the file
    #[arg(long, value_name = "FILE")]
    pub refused: Option<PathBuf>,

    /// Pass over the first rows, whatever the store knows of an earlier import of the file; 0 imports all of them again
    #[arg(long, value_name = "N")]
    pub skip: Option<u64>,

    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct UpdateArgs {
    /// The record, such as opportunity:42
    pub record: String,

    /// The fields with their new values
    #[arg(value_name = "NAME=VALUE", required = true)]
    pub fields: Vec<String>,

    #[command(flatten)]
    pub write: WriteArgs,
}
