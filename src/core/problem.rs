//! The one error type: every failure is a line that says where, what and what to do about it.

use std::fmt;
use std::path::Path;

use super::text::printable;

/// What went wrong, in one line: the place (a file, a flag), the offending value, and a remedy.
///
/// Shown as `place: what; remedy`. A [`Problem`] always means bad input or an environment that cannot do the job (exit
/// status 2); a check that ran and failed is not a problem but a result (exit status 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    place: String,
    what: String,
    remedy: String,
}

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Problem>;

impl Problem {
    /// `place` names the file or flag, `what` the offending value, `remedy` what the reader can do.
    pub fn new(place: impl fmt::Display, what: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self { place: printable(&place.to_string()), what: printable(&what.to_string()), remedy: printable(&remedy.to_string()) }
    }

    /// What is wrong, without the place and the remedy.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// A file that could not be read or written.
    pub fn from_io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::PermissionDenied => "check the permissions of the file and its folder",
            std::io::ErrorKind::StorageFull => "free some disk space and try again",
            _ => "check that the path names a readable file on a working disk",
        };
        Self::new(path.display(), format_args!("cannot {doing}: {error}"), remedy)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.place, self.what, self.remedy)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line() {
        let problem = Problem::new("a\nb.json", "line 3 is no JSON: \x1b[0m", "fix it");
        assert_eq!(problem.to_string(), "a\\nb.json: line 3 is no JSON: \u{fffd}[0m; fix it");
    }
}
