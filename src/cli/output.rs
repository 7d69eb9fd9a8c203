//! Output to the standard streams, which may be pipes whose readers stop reading at any time.

use std::io::{self, Write};

use crate::core::escape::visible;
use crate::core::problem::{Problem, Result};
use crate::core::text::wrap;
use crate::term::width::of_output;

/// Prints `text` on standard output, in which nothing is invisible. A reader that has gone away, such as `head`, is not a failure.
pub fn print(text: &str) -> Result<()> {
    print_with(|| io::stdout().write_all(visible(text).as_bytes()))
}

/// Prints `text` like [`print`]; on a terminal, lines that are longer than it is wide are broken between words, except those of tables, which
/// have gaps.
pub fn print_lines(text: &str) -> Result<()> {
    let Some(columns) = of_output().map(usize::from) else { return print(text) };
    let broken = |line: &str| {
        let is_table = line.trim_start().contains("  ");
        let lines = if is_table { vec![line.to_owned()] } else { wrap(line, columns.max(20)) };
        lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect::<String>()
    };
    print(&text.lines().map(broken).collect::<String>())
}

/// Prints on standard output what `write` writes there; the failures are those of [`print`].
pub fn print_with(write: impl FnOnce() -> io::Result<()>) -> Result<()> {
    match write().and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::environment(
            "standard output",
            format_args!("cannot be written: {error}"),
            "check where it is redirected to",
        )),
        _ => Ok(()),
    }
}

/// Prints `line` on standard error. If that is closed or full, the line is lost.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible(line));
}
