//! Helpers for the tests of `term`: environments in one line, a terminal that reads bytes, and programs in a terminal of their
//! own.

use std::io::Write;
use std::num::NonZero;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::environment::{Environment, System};

/// The environment of a Unix process with these variables, written `NAME=value` and separated by spaces.
pub fn unix(variables: &str) -> Environment {
    let variables: Vec<(&str, &str)> =
        variables.split_whitespace().map(|assignment| assignment.split_once('=').unwrap()).collect();
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Environment::from_lookup(lookup, System::Unix)
}

/// A terminal that understands OSC 52.
pub struct Terminal(vt100::Parser<Copied>);

#[derive(Default)]
struct Copied(Vec<String>);

impl vt100::Callbacks for Copied {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(String::from_utf8(STANDARD.decode(data).unwrap()).unwrap());
    }
}

impl Terminal {
    pub fn new() -> Self {
        let size = |count| NonZero::new(count).unwrap();
        Self(vt100::Parser::new_with_callbacks(size(24), size(80), 0, Copied::default()))
    }

    pub fn read(&mut self, bytes: &[u8]) {
        self.0.process(bytes);
    }

    /// The text on the screen.
    pub fn shown(&self) -> String {
        self.0.screen().contents()
    }

    /// The texts that the clipboard of the terminal got, in order.
    pub fn copied(&self) -> &[String] {
        &self.0.callbacks().0
    }
}

/// Says why a test did nothing. It does not use `eprintln`, which the lints keep for the command line.
pub fn skipped(why: &str) {
    writeln!(std::io::stderr(), "skipped: {why}").unwrap();
}

#[cfg(unix)]
pub use pseudo_terminal::{Program, wait_until};

#[cfg(unix)]
mod pseudo_terminal {
    use std::io::{Read, Write};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

    use super::Terminal;

    /// A program in a terminal like xterm; dropping it ends the program.
    pub struct Program {
        pub terminal: Terminal,
        pub keyboard: Box<dyn Write + Send>,
        output: Receiver<Vec<u8>>,
        child: Box<dyn Child + Send + Sync>,
        _master: Box<dyn MasterPty + Send>,
    }

    impl Program {
        pub fn start(mut command: CommandBuilder) -> Self {
            let pair = native_pty_system().openpty(PtySize::default()).unwrap();
            command.env("TERM", "xterm-256color");
            for inherited in ["TMUX", "STY"] {
                command.env_remove(inherited);
            }
            let child = pair.slave.spawn_command(command).unwrap();
            let (sender, output) = channel();
            let mut reader = pair.master.try_clone_reader().unwrap();
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = reader.read(&mut buffer) {
                    // The receiver is gone at the end of the test.
                    let _ = sender.send(buffer[..count].to_vec());
                }
            });
            let keyboard = pair.master.take_writer().unwrap();
            Self { terminal: Terminal::new(), keyboard, output, child, _master: pair.master }
        }

        /// Feeds the program's output to the terminal until `seen` holds.
        pub fn wait_for(&mut self, what: &str, seen: impl Fn(&Terminal) -> bool) {
            wait_until(what, || {
                self.output.try_iter().for_each(|bytes| self.terminal.read(&bytes));
                seen(&self.terminal)
            });
        }
    }

    impl Drop for Program {
        fn drop(&mut self) {
            // The program may have ended by itself.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !done() {
            assert!(Instant::now() < end, "waited in vain until {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}
