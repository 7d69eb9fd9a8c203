//! The words and numbers of tables of causal checks.

use super::Checked;
pub use crate::core::causal::words::{interval, number};
use crate::core::text::{counted, printable, wrap};
use crate::term::width::of_output;

/// The run, its model and its view, in a line.
pub fn heading(checked: &Checked, examples: usize) -> String {
    format!(
        "run {}, model {}, view {}: {}\n",
        printable(&checked.path.display().to_string()),
        printable(&checked.manifest().model.name),
        checked.view_name(),
        counted(examples, "pair")
    )
}

/// `text` in lines of at most 100 columns, and as wide as the terminal at most.
pub fn wrapped(text: &str) -> String {
    wrap(text, of_output().map_or(100, |columns| usize::from(columns).clamp(20, 100)))
        .into_iter()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}
