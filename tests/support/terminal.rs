//! The built program in a terminal of its own, with a home that holds nothing.

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};

/// The program.
pub const SAESCOPE: &str = env!("CARGO_BIN_EXE_saescope");

/// Nothing that is waited for takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(20);

/// A user's folders, empty at first, and the only environment that programs get.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        for folder in ["work", "config/saescope", "data", "state"] {
            fs::create_dir_all(home.0.path().join(folder)).unwrap();
        }
        home
    }

    /// A file in the folder where programs are started.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    pub fn config_file(&self) -> PathBuf {
        self.0.path().join("config/saescope/config.toml")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }

    pub fn log_file(&self) -> PathBuf {
        self.0.path().join("state/saescope/saescope.log")
    }

    /// The folder of the runs that the explorer keeps.
    pub fn runs(&self) -> PathBuf {
        self.0.path().join("state/saescope/runs")
    }

    /// The folder of tag files.
    pub fn tags(&self) -> PathBuf {
        self.0.path().join("data/saescope/tags")
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let folder = |name: &str| self.0.path().join(name).display().to_string();
        vec![
            ("PATH", std::env::var("PATH").unwrap()),
            ("TERM", "xterm-256color".to_owned()),
            ("HOME", folder("")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_DATA_HOME", folder("data")),
            ("XDG_STATE_HOME", folder("state")),
        ]
    }

    /// The program with these arguments, not in a terminal.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(SAESCOPE);
        command.args(arguments.split_whitespace()).current_dir(self.file("")).env_clear().envs(self.environment());
        command
    }

    /// What it says there.
    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it prints there when all is well.
    pub fn stdout(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The program in a terminal of 160 columns and 45 rows, with more variables, written `NAME=value`.
    pub fn explore(&self, arguments: &str, variables: &[&str]) -> Program {
        self.start(SAESCOPE, arguments, variables)
    }

    /// Any program in such a terminal.
    pub fn start(&self, program: &str, arguments: &str, variables: &[&str]) -> Program {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.args(arguments.split_whitespace());
        command.cwd(self.file(""));
        self.environment().into_iter().for_each(|(name, value)| command.env(name, value));
        for (name, value) in variables.iter().map(|variable| variable.split_once('=').unwrap()) {
            command.env(name, value);
        }
        Program::start(command)
    }
}

/// What a terminal notes beside the screen.
#[derive(Default)]
pub struct Noted {
    /// The texts that its clipboard got, in order.
    copied: Vec<String>,
}

impl vt100::Callbacks for Noted {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.copied.push(String::from_utf8(STANDARD.decode(data).unwrap()).unwrap());
    }
}

/// A program in a terminal like xterm, ended when this goes.
pub struct Program {
    terminal: vt100::Parser<Noted>,
    /// Everything that it wrote.
    pub written: Vec<u8>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    /// Whoever holds this keeps the terminal from reading.
    pub gate: Arc<Mutex<()>>,
    child: Box<dyn Child + Send + Sync>,
    /// Kept, so that the terminal's settings outlive the program.
    slave: Option<Box<dyn SlavePty + Send>>,
    master: Box<dyn MasterPty + Send>,
}

fn count(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

impl Program {
    fn start(command: CommandBuilder) -> Self {
        let (cols, rows) = (160, 45);
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        let gate = Arc::<Mutex<()>>::default();
        let opened = Arc::clone(&gate);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                drop(opened.lock());
                // Nobody listens any more at the end of the test.
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        let terminal = vt100::Parser::new_with_callbacks(count(rows), count(cols), 0, Noted::default());
        let keyboard = pair.master.take_writer().unwrap();
        Self { terminal, written: Vec::new(), keyboard, output, gate, child, slave: Some(pair.slave), master: pair.master }
    }

    /// Types on the keyboard.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// The text on the screen.
    pub fn shown(&self) -> String {
        self.terminal.screen().contents()
    }

    /// The screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.terminal.screen()
    }

    /// The texts that the clipboard got, in order.
    pub fn copied(&self) -> &[String] {
        &self.terminal.callbacks().copied
    }

    /// The terminal's settings: raw or not, echo and the like.
    pub fn settings(&self) -> String {
        format!("{:?}", self.master.get_termios().unwrap())
    }

    /// Waits until this is on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |program| program.shown().contains(text));
    }

    /// Waits until something is so.
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        self.wait_within(PATIENCE, what, is_so);
    }

    /// Waits until something is so, and no longer than `patience`.
    pub fn wait_within(&mut self, patience: Duration, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + patience;
        while self.is_in_frame() || !is_so(self) {
            assert!(Instant::now() < end, "waited in vain for {what}:\n{}", self.shown());
            self.take_output(Duration::from_millis(10));
        }
    }

    /// Whether the screen shows a part of a frame whose rest is still to come.
    fn is_in_frame(&self) -> bool {
        let last = |mark: &[u8]| self.written.windows(mark.len()).rposition(|bytes| bytes == mark);
        last(b"\x1b[?2026h") > last(b"\x1b[?2026l")
    }

    /// Takes the next piece of output; false when no more will come.
    fn take_output(&mut self, patience: Duration) -> bool {
        match self.output.recv_timeout(patience) {
            Ok(bytes) => {
                self.terminal.process(&bytes);
                self.written.extend(bytes);
                true
            }
            Err(error) => error == RecvTimeoutError::Timeout,
        }
    }

    /// Writes on the terminal beside the program.
    pub fn disturb(&mut self, text: &str) {
        self.terminal.process(text.as_bytes());
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.terminal.screen_mut().set_size(count(rows), count(cols));
        self.report_size(cols, rows);
    }

    /// Tells the program another size than the terminal has.
    pub fn report_size(&mut self, cols: u16, rows: u16) {
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal, by name.
    pub fn signal(&self, name: &str) {
        signal(self.process(), name);
    }

    /// Waits for the end, takes the last output and returns the exit status; none after a signal.
    pub fn ended(&mut self) -> Option<u32> {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "waited in vain for the end:\n{}", self.shown());
            self.take_output(Duration::from_millis(10));
        };
        status.signal().is_none().then(|| status.exit_code())
    }

    /// Takes what was written before the end.
    pub fn take_rest(&mut self) {
        self.slave = None;
        while self.take_output(PATIENCE) {}
    }
}

/// Sends a signal, by name, to a process.
pub fn signal(process: u32, name: &str) {
    assert!(Command::new("sh").arg("-c").arg(format!("kill -s {name} {process}")).status().unwrap().success());
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The files in a folder, by name; none where there is no folder.
pub fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).map_or_else(|_| Vec::new(), Iterator::collect);
    let mut names: Vec<String> =
        entries.into_iter().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
