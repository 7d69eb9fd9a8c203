//! The flags of `runs`.

use clap::{Args, Subcommand};

/// Flags of `runs`.
#[derive(Debug, Args)]
pub struct RunsArguments {
    /// What to do instead of listing them.
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
}

/// What can be done with kept runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Give a run a name of one's own; it is then not removed by itself any more.
    Name(NameRunArguments),
    /// Delete runs.
    Delete(DeleteRunsArguments),
}

/// Flags of `runs name`.
#[derive(Debug, Args)]
pub struct NameRunArguments {
    /// A kept run by its name or its number in the list.
    #[arg(value_name = "RUN")]
    pub run: String,

    /// The new name.
    #[arg(value_name = "NEW")]
    pub new: String,
}

/// Flags of `runs delete`.
#[derive(Debug, Args)]
pub struct DeleteRunsArguments {
    /// Kept runs by their names or their numbers in the list.
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<String>,
}
