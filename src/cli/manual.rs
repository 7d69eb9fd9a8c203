//! `saescope manual`: prints a topic of the manual, as wide as the terminal.

use std::process::ExitCode;

use super::arguments::ManualArguments;
use super::output;
use crate::app::manual::page::{Kind, Line, lines};
use crate::app::manual::{TOPICS, find};
use crate::core::problem::{Problem, Result};
use crate::term::width::of_output;

/// Width of a page over a pipe, in columns: one of the pictures of the screen fits.
const WIDTH: usize = 100;

/// Widest page in columns: longer lines are hard to read.
const WIDEST: usize = 100;

/// Prints a topic, or without a topic the list of all.
pub fn manual(arguments: &ManualArguments) -> Result<ExitCode> {
    let columns = width();
    let text = match &arguments.topic {
        None => contents(columns),
        Some(name) => laid_out(find(name).ok_or_else(|| unknown(name))?.text, columns),
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Columns of a page: those of the terminal, if the output is one.
fn width() -> usize {
    of_output().map_or(WIDTH, usize::from).min(WIDEST)
}

fn unknown(name: &str) -> Problem {
    let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    Problem::new(format_args!("manual: topic '{name}'"), "is not known", format_args!("use {}", names.join(", ")))
}

/// The list of all topics.
fn contents(columns: usize) -> String {
    let rows: Vec<String> = TOPICS.iter().map(|topic| format!("| {} | {} |\n", topic.name, topic.title())).collect();
    let rows = rows.concat();
    let text = format!(
        "# The manual of saescope\n\n| topic | about |\n|---|---|\n{rows}\n`saescope manual tour` prints the first topic."
    );
    laid_out(&text, columns)
}

/// Headings at the margin, everything else two columns further in.
fn laid_out(markdown: &str, columns: usize) -> String {
    let lines = lines(markdown, columns.saturating_sub(2).max(20));
    let line = |line: Line| {
        let margin = if line.kind == Kind::Heading || line.text.is_empty() { "" } else { "  " };
        format!("{margin}{}\n", line.text)
    };
    lines.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_listed_and_an_unknown_one_names_them() {
        let (listed, problem) = (contents(80), unknown("x").to_string());
        for topic in TOPICS {
            assert!(listed.contains(topic.title()) && problem.contains(topic.name), "{}", topic.name);
        }
    }
}
