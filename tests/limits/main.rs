//! What the system refuses or takes away while the built program runs: threads, room for output, and the files that it reads.
//! Each ends with one line and status 2, and the explorer goes on.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[allow(dead_code, reason = "each test binary uses its own part")]
#[path = "../support/terminal.rs"]
mod terminal;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use terminal::Home;

/// One example for the reference model.
const PAIR: &[u8] = br#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": 6}"#;

/// The one line of a program that ended with status 2.
fn line(output: &Output, about: &str) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{about}: {} {said}", output.status);
    said
}

#[test]
fn a_system_that_starts_no_thread_is_one_line() {
    let home = Home::new();
    for arguments in ["run --output run", "run --threads 1 --output run", "synth --preset tiny --output weights"] {
        // No system has room for such a stack.
        let output = home.command(arguments).env("RUST_MIN_STACK", "99999999999999999").output().unwrap();
        let said = line(&output, arguments);
        assert!(said.contains("no thread can be started") && said.contains("ulimit -u"), "{arguments}: {said}");
    }
}

#[test]
fn output_that_finds_no_room_is_an_error_also_for_help() {
    let home = Home::new();
    for arguments in ["--help", "--version", "-h", "run --help", "help fetch", "man", "completions bash", "doctor"] {
        let output = home.command(arguments).stdout(File::options().write(true).open("/dev/full").unwrap()).output().unwrap();
        assert!(line(&output, arguments).contains("standard output: cannot be written: No space left"), "{arguments}");
    }
    // A reader that wants no more is no failure.
    let mut child = home.command("--help").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// The reference model and its dictionaries in the folder where programs are started, and a pipe for the pairs: whoever opens it
/// for reading waits until the pairs are written.
struct Inputs {
    pairs: PathBuf,
}

impl Inputs {
    const ARGUMENTS: &str = "--model model --dictionaries saelens --pairs pairs";

    fn new(home: &Home) -> Self {
        let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference");
        for folder in ["model", "saelens"] {
            let copied = Command::new("cp").arg("-r").arg(reference.join(folder)).arg(home.file(folder)).status();
            assert!(copied.unwrap().success());
        }
        let pairs = home.file("pairs");
        assert!(Command::new("mkfifo").arg(&pairs).status().unwrap().success());
        Self { pairs }
    }

    /// Waits until the process has mapped every dictionary, then empties one and gives the pairs.
    fn lose_a_dictionary(&self, home: &Home, process: u32) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string(format!("/proc/{process}/maps")).unwrap().contains("2-res-sm/sae_weights.safetensors") {
            assert!(Instant::now() < deadline, "the dictionaries are not opened");
            thread::sleep(Duration::from_millis(5));
        }
        // Opening waits until the program reads its pairs, after the dictionaries.
        let mut pairs = File::options().write(true).open(&self.pairs).unwrap();
        File::options().write(true).open(home.file("saelens/1-mlp-sm/sae_weights.safetensors")).unwrap().set_len(0).unwrap();
        pairs.write_all(PAIR).unwrap();
    }
}

#[test]
fn a_dictionary_that_is_emptied_while_a_run_reads_it_is_one_line() {
    let home = Home::new();
    let inputs = Inputs::new(&home);
    let mut command = home.command(&format!("run {} --output run", Inputs::ARGUMENTS));
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    inputs.lose_a_dictionary(&home, child.id());
    let said = line(&child.wait_with_output().unwrap(), "run");
    assert!(said.contains("1-mlp-sm/sae_weights.safetensors") && said.contains("was changed while it was used"), "{said}");
    assert!(!home.file("run").exists());
}

#[test]
fn the_explorer_survives_a_dictionary_that_is_emptied() {
    let home = Home::new();
    let inputs = Inputs::new(&home);
    let mut program = home.explore(Inputs::ARGUMENTS, &[]);
    inputs.lose_a_dictionary(&home, program.process());
    program.wait_for("was changed while it was used");
    // What was found before, if anything was, is on the screen and kept nowhere: then the first q asks.
    program.press("qq");
    assert_eq!(program.ended(), Some(0), "{}", program.shown());
}
