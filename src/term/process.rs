//! Runs a small helper program with a time limit, because the caller waits while it runs.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use crate::core::text::excerpt;

/// How long a helper may take. Its work takes milliseconds, so a longer wait means that it hangs.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Time between two checks whether the helper has ended.
const PAUSE: Duration = Duration::from_millis(2);

/// How long to wait for the output of a helper that has ended: a grandchild that inherited the pipe may hold it open for ever.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Feeds `input` to `command` and returns what it prints.
///
/// # Errors
/// The reason in a few words: the helper cannot be started, it failed (with its message), or it took too long.
pub fn run(command: &mut Command, input: &[u8], patience: Duration) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    // The helper must never read the keys or draw on the screen.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // On its own thread, because writing more than a pipe holds blocks if the helper reads nothing. A helper that ends
        // without reading everything is judged by its status.
        start(&mut child, move || drop(stdin.write_all(&input)))?;
    }
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (said, complained) = (read_all(&mut child, stdout)?, read_all(&mut child, stderr)?);
    let status = wait(&mut child, patience).map_err(|why| format!("`{program}` {why}"))?;
    if status.success() {
        return Ok(said.recv_timeout(LAST_WORDS).unwrap_or_default());
    }
    let complaint = complained.recv_timeout(LAST_WORDS).unwrap_or_default();
    let complaint = match complaint.trim() {
        "" => "without a word".to_owned(),
        words => format!("saying: {}", excerpt(words, 200)),
    };
    Err(format!("`{program}` ended with {status}, {complaint}"))
}

fn wait(child: &mut Child, patience: Duration) -> Result<ExitStatus, String> {
    let end = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => thread::sleep(PAUSE),
            Ok(None) => {
                // The helper is gone after this, even if it has just ended by itself, and `wait` leaves no zombie.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("gave no answer within {:.1} s", patience.as_secs_f32()));
            }
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

/// Starts a thread that does `work`; if the system has none, the helper is ended.
fn start(child: &mut Child, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    Builder::new().name("helper".to_owned()).spawn(work).map(drop).map_err(|error| {
        // The helper is gone after this, even if it has just ended by itself, and `wait` leaves no zombie.
        let _ = child.kill();
        let _ = child.wait();
        format!("no thread can be started for a helper: {error}")
    })
}

fn read_all(child: &mut Child, pipe: Option<impl Read + Send + 'static>) -> Result<Receiver<String>, String> {
    let (sender, receiver) = channel();
    start(child, move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // The bytes that were read before a failure are still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        // The receiver is gone if the helper took too long.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    })?;
    Ok(receiver)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn input_goes_in_and_output_comes_out() {
        let long = "abc".repeat(100_000);
        assert_eq!(run(&mut shell("cat"), long.as_bytes(), PATIENCE), Ok(long));
    }

    #[test]
    fn a_failure_says_what_the_helper_said() {
        let why = run(&mut shell("printf 'no \\033[1mserver' >&2; exit 3"), b"", PATIENCE).unwrap_err();
        assert_eq!(why, "`sh` ended with exit status: 3, saying: no \\x1b[1mserver");
        assert!(run(&mut shell("exit 1"), b"", PATIENCE).unwrap_err().ends_with("without a word"));
        let missing = run(&mut Command::new("no-such-helper"), b"", PATIENCE).unwrap_err();
        assert!(missing.starts_with("`no-such-helper` cannot be started: "), "{missing}");
    }

    #[test]
    fn a_helper_that_hangs_is_ended() {
        let start = Instant::now();
        // More input than a pipe holds, never read.
        let why = run(&mut shell("exec sleep 20"), &vec![b'a'; 1 << 20], Duration::from_millis(100)).unwrap_err();
        assert_eq!(why, "`sh` gave no answer within 0.1 s");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
