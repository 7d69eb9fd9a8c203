//! Faults of threads as problems: that the system starts none, and that a panic stopped the work of one.

use std::any::Any;
use std::fmt;

use super::problem::Problem;
use super::text::excerpt;

/// The name of the threads whose panics come back to the thread that waits for them as problems, by [`fault`]: a panic hook says nothing of
/// these.
pub const THREAD: &str = "worker";

/// The problem that the system starts no more threads.
pub fn no_thread(error: impl fmt::Display) -> Problem {
    let what = format_args!("no thread can be started: {error}");
    Problem::environment("system", what, "close some programs, or raise the system's limit (`ulimit -u`)")
}

/// The problem behind a panic for `reason`, if that is a library's own thread which the system did not start.
pub fn refused_thread(reason: &str) -> Option<Problem> {
    // What `std::thread::spawn` says; matrixmultiply calls it.
    let error = reason.strip_prefix("failed to spawn thread: ")?;
    // The error stands there as Rust's debug format shows it; its message says it to a reader.
    let message = error.split_once("message: \"").and_then(|(_, rest)| Some(rest.split_once('"')?.0));
    Some(no_thread(message.unwrap_or(error)))
}

/// The problem that a panic stopped the work that messages call `place`.
pub fn fault(place: &str, panic: &(dyn Any + Send)) -> Problem {
    let reason = reason(panic);
    reason.and_then(refused_thread).unwrap_or_else(|| {
        let what = format!("stopped at a fault of the program: {}", excerpt(reason.unwrap_or("no reason given"), 200));
        Problem::new(place, what, "report it with the log or the command line")
    })
}

/// The text of a panic, if it has one.
pub fn reason(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_a_library_did_not_get_is_no_fault_of_the_program() {
        let problem = refused_thread("failed to spawn thread: Os { code: 11 }").unwrap();
        assert!(problem.is_environment() && problem.what() == "no thread can be started: Os { code: 11 }", "{problem}");
        let said = r#"failed to spawn thread: Os { code: 11, kind: WouldBlock, message: "Resource temporarily unavailable" }"#;
        assert_eq!(refused_thread(said).unwrap().what(), "no thread can be started: Resource temporarily unavailable");
        assert_eq!(refused_thread("index out of bounds"), None);
    }
}
