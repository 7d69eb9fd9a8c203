//! Tests with a real tmux, on a server of their own in a terminal of their own; skipped if tmux is not installed.

use portable_pty::CommandBuilder;

use super::*;
use crate::term::testing::{Program, skipped, wait_until};

/// A tmux server that is independent of any other server of the user.
pub struct Server {
    pub tmux: Tmux,
    /// The tmux client that is attached to a terminal.
    client: Program,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a server; None, with the reason printed, if tmux is not installed.
    pub fn start() -> Option<Self> {
        if !Tmux::default().is_available() {
            skipped("the program tmux is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<OsString> = vec!["-S".into(), folder.path().join("s").into(), "-f".into(), "/dev/null".into()];
        let mut command = CommandBuilder::new("tmux");
        command.args(&arguments);
        command.args(["new-session", "sleep 60"]);
        let server = Self { client: Program::start(command), tmux: Tmux::with_arguments("tmux", arguments), _folder: folder };
        wait_until("tmux is attached", || server.tmux.command(&["list-clients"], b"").is_ok_and(|clients| !clients.is_empty()));
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A failure means that the server is gone already.
        let _ = self.tmux.command(&["kill-server"], b"");
    }
}

#[test]
fn the_terminal_around_tmux_gets_the_text() {
    let Some(mut server) = Server::start() else { return };
    let text = "5/resid 26074 “naïve”\n".repeat(200);
    server.tmux.load_buffer(&text).unwrap();
    server.client.wait_for("the text arrives", |terminal| terminal.copied() == [text.as_str()]);
}

#[test]
fn a_session_knows_whether_it_was_attached_over_ssh() {
    let Some(server) = Server::start() else { return };
    for (change, over_ssh) in [
        (["set-environment", "SSH_CONNECTION", "10.0.0.1 5000 10.0.0.2 22"].as_slice(), true),
        (&["set-environment", "-r", "SSH_CONNECTION"], false),
        (&["set-environment", "-u", "SSH_CONNECTION"], false),
    ] {
        server.tmux.command(change, b"").unwrap();
        assert_eq!(server.tmux.is_attached_over_ssh(), over_ssh, "{change:?}");
    }
}

#[test]
fn what_tmux_complains_about_is_told() {
    if !Tmux::default().is_available() {
        return skipped("the program tmux is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Tmux::with_arguments("tmux", ["-S".into(), folder.path().join("s").into()]);
    let why = nowhere.load_buffer("text").unwrap_err();
    assert!(why.contains("ended with exit status: 1, saying: "), "{why}");
}
