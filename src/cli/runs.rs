//! `saescope runs`: lists the runs that the explorer kept by itself, names and deletes them.

use std::process::ExitCode;

use super::arguments::{DeleteRunsArguments, NameRunArguments, RunsArguments, RunsCommand};
use super::output;
use super::table::Table;
use crate::core::problem::Result;
use crate::core::text::{bytes, printable};
use crate::store::folders;
use crate::store::kept_runs::KeptRuns;

/// Runs `runs`.
pub fn runs(arguments: &RunsArguments) -> Result<ExitCode> {
    let runs = KeptRuns::new(folders::runs()?);
    match &arguments.command {
        None => list(&runs)?,
        Some(RunsCommand::Name(NameRunArguments { run, new })) => runs.rename(run, new)?,
        Some(RunsCommand::Delete(arguments)) => delete(&runs, arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(runs: &KeptRuns) -> Result<()> {
    let listed = runs.list()?;
    if listed.is_empty() {
        return output::print("no run is kept yet; the explorer keeps every whole computation\n");
    }
    let mut table = Table::new(7, &["run", "when (UTC)", "study", "model", "method", "pairs", "name", "size"]);
    let mut problems = Vec::new();
    for (place, run) in listed.into_iter().enumerate() {
        let about = run.about.map_or_else(
            |problem| {
                problems.push(problem);
                ["cannot be opened", "", "", ""].map(str::to_owned)
            },
            |about| [about.study, about.model, about.method, about.pairs].map(|text| printable(&text)),
        );
        let row = [(place + 1).to_string(), run.when].into_iter().chain(about);
        table.push(row.chain([printable(&run.name), bytes(run.bytes)]).collect());
    }
    output::print(&table.plain())?;
    problems.iter().for_each(|problem| output::note(&format!("error: {problem}")));
    Ok(())
}

/// Deletes the runs; numbers are those of the list before.
fn delete(runs: &KeptRuns, arguments: &DeleteRunsArguments) -> Result<()> {
    let names: Vec<String> = arguments.runs.iter().map(|run| Ok(runs.find(run)?.name)).collect::<Result<_>>()?;
    for name in names {
        let deleted = runs.delete(&name)?;
        output::print(&format!("deleted {}\n", printable(&deleted)))?;
    }
    Ok(())
}
