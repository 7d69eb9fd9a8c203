//! Connections and programs that end early: the next try goes on where they were.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::hub::{Reply, Request};
use crate::user::{FILES, User, is_weights, noise, repositories};

#[test]
fn what_was_cut_at_any_byte_goes_on_there() {
    for at in [0, 1, 65_535, 65_536, 300_017, 700_000] {
        let mut user = User::with(move |request, usual| is_weights(request).then(|| usual.clone().cut(at)));
        let said = user.fails(user.fetch("--parallel 1"));
        assert!(said.contains("model.safetensors of me/tiny: the connection broke after "), "{said}");
        assert_eq!(user.partial(), user.repositories[0].files["model.safetensors"][..at]);
        user.moves_to(|_, _| None);
        user.succeeds(user.fetch(""));
        user.expect_complete();
        let starts: Vec<usize> =
            user.hub.files_asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
        assert_eq!(starts, [at]);
    }
}

#[test]
fn a_connection_that_breaks_again_and_again_is_made_again() {
    let user = User::with(|request, usual| is_weights(request).then(|| usual.clone().cut(usual.body.len().min(200_000))));
    user.succeeds(user.command("fetch tiny --retries 3 --wait 0.01"));
    user.expect_complete();
    let starts: Vec<usize> = user.hub.files_asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
    assert_eq!(starts, [0, 200_000, 400_000, 600_000]);
}

#[test]
fn a_program_that_is_killed_goes_on_where_it_was() {
    let mut user =
        User::with(|request, usual| is_weights(request).then(|| usual.clone().pace(10_000, Duration::from_millis(20))));
    let mut program = user.fetch("").stdout(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while user.partial().len() < 50_000 {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(5));
    }
    program.kill().unwrap();
    program.wait().unwrap();
    user.expect_nothing_false();
    let arrived = user.partial().len();
    assert!((50_000..700_001).contains(&arrived));
    user.moves_to(|_, _| None);
    let said = user.succeeds(user.fetch("--dry-run"));
    assert!(said.contains(" of it here\n"), "{said}");
    user.succeeds(user.fetch(""));
    user.expect_complete();
    let starts: Vec<usize> = user.hub.files_asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
    assert_eq!(starts, [arrived]);
}

#[test]
fn a_part_that_is_not_of_this_file_is_dropped() {
    for length in [100, 700_001, 800_000] {
        let user = User::new();
        fs::create_dir_all(user.incomplete().parent().unwrap()).unwrap();
        fs::write(user.incomplete(), noise(9, length)).unwrap();
        user.succeeds(user.command("fetch tiny --retries 1 --wait 0.01"));
        user.expect_complete();
    }
}

#[test]
fn a_hub_that_sends_no_parts_sends_all() {
    let user = User::with(|request, _| {
        is_weights(request).then(|| Reply::new(200, repositories()[0].files["model.safetensors"].clone()))
    });
    fs::create_dir_all(user.incomplete().parent().unwrap()).unwrap();
    fs::write(user.incomplete(), &user.repositories[0].files["model.safetensors"][..5000]).unwrap();
    user.succeeds(user.fetch(""));
    user.expect_complete();
}

#[test]
fn two_programs_at_once_download_each_file_once() {
    let user = User::with(|request, usual| {
        request.path.contains("safetensors").then(|| usual.clone().pace(20_000, Duration::from_millis(10)))
    });
    let start = |_| user.fetch("").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let programs: Vec<_> = (0..3).map(start).collect();
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    user.expect_nothing_false();
    user.expect_complete();
    assert_eq!(user.hub.files_asked().len(), FILES, "{:?}", user.hub.files_asked());
}
