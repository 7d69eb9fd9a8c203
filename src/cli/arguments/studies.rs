//! The flags of `studies`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Flags of `studies`.
#[derive(Debug, Args)]
pub struct StudiesArguments {
    /// What to do instead of listing them.
    #[command(subcommand)]
    pub command: Option<StudiesCommand>,
}

/// What can be done with studies.
#[derive(Debug, Subcommand)]
pub enum StudiesCommand {
    /// Write a commented study to change into one's own.
    New(NewStudyArguments),
    /// Say what a study consists of.
    Show(ShowStudyArguments),
}

/// Flags of `studies new`.
#[derive(Debug, Args)]
pub struct NewStudyArguments {
    /// The file to write; there must be none yet. The study is called as the file, without `.toml`.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Flags of `studies show`.
#[derive(Debug, Args)]
pub struct ShowStudyArguments {
    /// A study by its name, or a study file.
    #[arg(value_name = "NAME|FILE")]
    pub study: String,

    /// Print the pairs of this view as JSON lines, as the view takes them: of a reversed view, clean and patch exchanged.
    #[arg(long, value_name = "VIEW")]
    pub pairs: Option<String>,
}
