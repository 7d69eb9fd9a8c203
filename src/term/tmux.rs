//! The program `tmux`, asked to do what a program inside tmux cannot do by itself.
//!
//! With tmux's defaults an OSC 52 sequence from a pane is lost, and so is one passed through in a DCS; `load-buffer -w` is delivered.

use std::ffi::OsString;
use std::process::Command;

use super::process::{PATIENCE, run};

/// How to reach the tmux server.
#[derive(Debug, Clone)]
pub struct Tmux {
    program: OsString,
    /// Come before the command; empty for the server that `TMUX` names.
    arguments: Vec<OsString>,
}

impl Default for Tmux {
    /// The server that this process runs in.
    fn default() -> Self {
        Self { program: "tmux".into(), arguments: Vec::new() }
    }
}

impl Tmux {
    /// A server of its own, for tests.
    #[cfg(test)]
    pub fn with_arguments(program: &str, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect() }
    }

    /// Whether the program is there: inside a container the variable `TMUX` can be, and the program not.
    pub fn is_available(&self) -> bool {
        run(Command::new(&self.program).arg("-V"), b"", PATIENCE).is_ok()
    }

    /// Puts `text` into a buffer of tmux, which passes it on to the clipboard of its terminal.
    ///
    /// # Errors
    /// Why not, in a few words. Success means that tmux has it; terminals give tmux no receipt either.
    pub fn load_buffer(&self, text: &str) -> Result<(), String> {
        self.command(&["load-buffer", "-w", "-"], text.as_bytes()).map(drop)
    }

    /// Whether the terminal that last attached to the session did so over SSH. The process may know nothing of it: its own
    /// environment is from when the session began, perhaps at the desk.
    pub fn is_attached_over_ssh(&self) -> bool {
        // An unknown variable fails; one that is not set any more is printed as `-SSH_CONNECTION`.
        self.command(&["show-environment", "SSH_CONNECTION"], b"").is_ok_and(|line| line.starts_with("SSH_CONNECTION="))
    }

    /// Runs one command of tmux and returns what it prints.
    pub fn command(&self, command: &[&str], input: &[u8]) -> Result<String, String> {
        run(Command::new(&self.program).args(&self.arguments).args(command), input, PATIENCE)
    }
}

#[cfg(test)]
#[cfg(unix)]
#[path = "tmux_tests.rs"]
pub(super) mod tests;
