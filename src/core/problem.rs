//! The only error type: every failure is one line that says where it happened, what is wrong and what to do about it.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use super::text::printable;

/// A failure in one line: the place (a file, a flag), the offending value, and a remedy.
///
/// Shown as `place: what; remedy`. A command that ends with a problem of any kind has exit status 2. A check that ran and
/// failed is not a problem but a result (exit status 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    place: String,
    what: String,
    remedy: String,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The input is wrong.
    Input,
    /// The machine, the network or another program prevents the work: the same input may work later or elsewhere.
    Environment,
    /// The work was asked to stop.
    Cancelled,
}

/// The result of an operation that can fail with a [`Problem`].
pub type Result<T> = std::result::Result<T, Problem>;

impl Problem {
    /// Wrong input: `place` names the file or flag, `what` the offending value, `remedy` what the reader can do.
    pub fn new(place: impl fmt::Display, what: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self::of_kind(Kind::Input, &place, &what, &remedy)
    }

    /// A failure of the environment; the parts are as in [`Problem::new`].
    pub fn environment(place: impl fmt::Display, what: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self::of_kind(Kind::Environment, &place, &what, &remedy)
    }

    /// Work that was asked to stop; `remedy` says how to get its result after all.
    pub fn cancelled(work: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self::of_kind(Kind::Cancelled, &work, &"was cancelled", &remedy)
    }

    /// A file that could not be read or written. A path that does not exist counts as wrong input.
    pub fn from_io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        let (kind, remedy) = match error.kind() {
            ErrorKind::NotFound => (Kind::Input, "check the path"),
            ErrorKind::PermissionDenied => (Kind::Environment, "check the permissions of the file and its folder"),
            ErrorKind::StorageFull => (Kind::Environment, "free some disk space and try again"),
            _ => (Kind::Environment, "check that the path names a readable file on a working disk"),
        };
        Self::of_kind(kind, &path.display(), &format_args!("cannot {doing}: {error}"), &remedy)
    }

    /// The problem that there is something else than a file at `path`: a pipe may have no end, and opening one may wait for ever.
    pub fn no_regular_file(path: &Path) -> Self {
        Self::new(
            path.display(),
            "is no file but a folder, a device or a pipe",
            "name a regular file; write the output of a program to one",
        )
    }

    fn of_kind(kind: Kind, place: &dyn fmt::Display, what: &dyn fmt::Display, remedy: &dyn fmt::Display) -> Self {
        let shown = |part: &dyn fmt::Display| printable(&part.to_string());
        Self { kind, place: shown(place), what: shown(what), remedy: shown(remedy) }
    }

    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.kind == Kind::Cancelled
    }

    /// Whether the same input may work later or elsewhere.
    pub fn is_environment(&self) -> bool {
        self.kind == Kind::Environment
    }

    /// The `what` part of the message, without the place and the remedy.
    pub fn what(&self) -> &str {
        &self.what
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
        let problem = Problem::new("a\nb.json", "line 3 is not JSON: \x1b[0m", "fix it");
        assert_eq!(problem.to_string(), "a\\nb.json: line 3 is not JSON: \\x1b[0m; fix it");
    }

    #[test]
    fn a_problem_knows_its_kind() {
        let kinds = |problem: Problem| (problem.is_cancelled(), problem.is_environment());
        let cancelled = Problem::cancelled("download", "start it again");
        assert_eq!(cancelled.to_string(), "download: was cancelled; start it again");
        assert_eq!(kinds(cancelled), (true, false));
        assert_eq!(kinds(Problem::new("download", "was cancelled", "start it again")), (false, false));
        assert_eq!(kinds(Problem::environment("disk", "is full", "free some space")), (false, true));
        let io = |kind: ErrorKind| kinds(Problem::from_io(Path::new("a"), "read it", &kind.into()));
        assert_eq!((io(ErrorKind::NotFound), io(ErrorKind::PermissionDenied)), ((false, false), (false, true)));
    }
}
