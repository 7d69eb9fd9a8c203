//! The width of what the program prints on.

use std::io::{IsTerminal, stdout};

/// Columns of the terminal behind the standard output; None if that is a pipe or a file.
pub fn of_output() -> Option<u16> {
    let size = if stdout().is_terminal() { crossterm::terminal::size().ok() } else { None };
    size.map(|(columns, _)| columns)
}
