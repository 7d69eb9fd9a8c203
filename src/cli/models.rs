//! `saescope models`: what dictionaries can be read and what is refused, from the readers themselves.

use std::process::ExitCode;

use super::output;
use crate::core::problem::Result;
use crate::core::text::wrap;
use crate::engine::dictionary::formats;

/// Columns of a line.
const COLUMNS: usize = 100;

/// Prints the page.
pub fn models() -> Result<ExitCode> {
    let mut text = String::from("Dictionaries, by the files in a folder\n");
    for capability in formats::capabilities() {
        text.push_str(&format!("\n{} ({})\n", capability.format, capability.files));
        for (what, said) in [("read", &capability.reads), ("refused", &capability.refuses)] {
            for (index, line) in wrap(said, COLUMNS - 12).into_iter().enumerate() {
                text.push_str(&format!("  {:<8}  {}\n", if index == 0 { what } else { "" }, line.trim_end()));
            }
        }
    }
    text.push_str(
        "\nAttribution decomposes the outputs of attention, MLP and layers, with sparse autoencoders that read\n\
         what they write. `saescope inspect MODEL FOLDER` measures where a dictionary fits.\n\
         More: `saescope manual models`.\n",
    );
    output::print_lines(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The same as a table in Markdown, for the manual.
pub fn markdown() -> String {
    let row = |cells: [&str; 4]| format!("| {} |\n", cells.join(" | "));
    let mut text = row(["format", "files of a folder", "read", "refused"]) + "|---|---|---|---|\n";
    for capability in formats::capabilities() {
        text.push_str(&row([capability.format, &format!("`{}`", capability.files), &capability.reads, &capability.refuses]));
    }
    text
}
