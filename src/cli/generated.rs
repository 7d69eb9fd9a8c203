//! `saescope completions` and `saescope man`: print texts that are generated from the same definitions as `--help`.

use std::process::ExitCode;

use clap::CommandFactory;

use super::arguments::{Arguments, CompletionsArguments};
use super::output;
use crate::core::problem::{Problem, Result};

/// Prints the completion script for a shell.
pub fn completions(arguments: &CompletionsArguments) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "saescope", &mut script);
    print(&script)
}

/// Prints the manual page in roff, for the program `man`.
pub fn man() -> Result<ExitCode> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
    rendered.map_err(|error| Problem::new("manual page", format_args!("cannot be made: {error}"), "use --help"))?;
    print(&page)
}

fn print(bytes: &[u8]) -> Result<ExitCode> {
    output::print(&String::from_utf8_lossy(bytes))?;
    Ok(ExitCode::SUCCESS)
}
