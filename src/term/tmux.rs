//! Commands of the program `tmux`, for work that a program inside tmux cannot do by itself.
//!
//! With tmux's defaults an OSC 52 sequence from a pane is lost, and so is one passed through in a DCS; `load-buffer -w` is
//! delivered.

use std::ffi::OsString;
use std::process::Command;

use super::process::{PATIENCE, run};

/// The program and arguments that reach a tmux server.
#[derive(Debug, Clone)]
pub struct Tmux {
    program: OsString,
    /// Arguments before the command; empty for the server that `TMUX` names.
    arguments: Vec<OsString>,
}

impl Default for Tmux {
    /// The server that this process runs in.
    fn default() -> Self {
        Self { program: "tmux".into(), arguments: Vec::new() }
    }
}

impl Tmux {
    /// Another program or server, for tests.
    #[cfg(test)]
    pub fn with_arguments(program: &str, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect() }
    }

    /// Whether the program can be started: inside a container the variable `TMUX` may be set without the program.
    pub fn is_available(&self) -> bool {
        run(Command::new(&self.program).arg("-V"), b"", PATIENCE).is_ok()
    }

    /// Puts `text` into a buffer of tmux, which passes it on to the clipboard of its terminal.
    ///
    /// # Errors
    /// The reason in a few words. Success means that tmux has the text; terminals do not give tmux a receipt either.
    pub fn load_buffer(&self, text: &str) -> Result<(), String> {
        self.command(&["load-buffer", "-w", "-"], text.as_bytes()).map(drop)
    }

    /// Whether the terminal that last attached to the session did so over SSH. The process may not know: its own environment is
    /// that of the start of the session, perhaps at the desk.
    pub fn is_attached_over_ssh(&self) -> bool {
        // The command fails for an unknown variable; a variable that was removed is printed as `-SSH_CONNECTION`.
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
