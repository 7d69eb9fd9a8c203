//! The built program, killed at any moment: files are whole, old or new, and what was called saved is there.
//!
//! `SAESCOPE_KILLS=200 cargo test --release --test kills` kills so many times in each test, with tags and kept runs as with written files;
//! 200 is what tags and kept runs are held to, of which none may be lost. Without it there are few kills: 8 of each, and fewer where a
//! kill takes seconds.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[allow(dead_code, reason = "each test binary uses its own part")]
#[path = "support/terminal.rs"]
mod terminal;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rand_mt::Mt64;
use saescope::store::run_file;
use serde_json::Value;
use terminal::{Home, files};

fn kills() -> usize {
    kills_or(8)
}

/// As many kills as were asked for, else `few`.
fn kills_or(few: usize) -> usize {
    std::env::var("SAESCOPE_KILLS").map_or(few, |text| text.parse().unwrap())
}

/// What is said of many kills; shown only when they were asked for.
fn report(line: &str) {
    if std::env::var_os("SAESCOPE_KILLS").is_some() {
        std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Kills `command`, which writes the file `target` over another, at random moments up to a little after its end. The file is
/// always the one before or the one that the command writes, as `is_new` knows it. Returns how often it was which.
fn kill_writers(home: &Home, command: &str, target: &str, is_new: &dyn Fn(&[u8]) -> bool) -> [usize; 2] {
    let path = home.file(target);
    let before = fs::read(&path).unwrap();
    assert!(!is_new(&before));
    let start = Instant::now();
    home.stdout(command);
    let whole = start.elapsed();
    let (mut numbers, mut counts) = (Mt64::new(7), [0, 0]);
    for _ in 0..kills() {
        fs::write(&path, &before).unwrap();
        let mut child = home.command(command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(whole.mul_f64(1.2 * (numbers.next_u64() % 1000) as f64 / 1000.0));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = fs::read(&path).unwrap();
        assert!(now == before || is_new(&now), "{command}: neither the old nor the new file");
        counts[usize::from(now != before)] += 1;
    }
    counts
}

#[test]
fn a_killed_run_leaves_the_old_or_the_new_file() {
    let home = Home::new();
    home.stdout("run --method attrib --examples 2 --output run");
    let is_new = |bytes: &[u8]| run_file::from_bytes(bytes, "run").unwrap().manifest.examples == Some(40);
    let [old, new] = kill_writers(&home, "run --method attrib --examples 40 --output run", "run", &is_new);
    report(&format!("run: {old} old, {new} new"));
    expect_nothing_else(&home, &["run"], "run --method attrib --examples 2 --output run");
}

#[test]
fn a_killed_merge_leaves_the_old_or_the_new_file() {
    let home = Home::new();
    home.stdout("run --method attrib --examples 2 --output run");
    for shard in 1..=2 {
        home.stdout(&format!("run --method attrib --examples 40 --shard {shard}/2 --output shard{shard}"));
    }
    let is_new = |bytes: &[u8]| run_file::from_bytes(bytes, "run").unwrap().manifest.examples == Some(40);
    let [old, new] = kill_writers(&home, "merge shard1 shard2 --output run", "run", &is_new);
    report(&format!("merge: {old} old, {new} new"));
    expect_nothing_else(&home, &["run", "shard1", "shard2"], "merge shard1 shard2 --output run");
}

/// After a write some time later, nothing is left in the folder but these files: what killed programs began is taken away.
fn expect_nothing_else(home: &Home, expected: &[&str], write: &str) {
    for name in files(&home.file("")).iter().filter(|name| !expected.contains(&name.as_str())) {
        let left = fs::File::options().write(true).open(home.file(name)).unwrap();
        left.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
    }
    home.stdout(write);
    assert_eq!(files(&home.file("")), expected);
}

/// The tagged features in the only tags file.
fn tagged(home: &Home) -> usize {
    let names = files(&home.tags());
    let Some(name) = names.iter().find(|name| std::path::Path::new(name).extension().is_some_and(|end| end == "json")) else {
        return 0;
    };
    let book: Value = serde_json::from_slice(&fs::read(home.tags().join(name)).unwrap()).unwrap();
    book["features"].as_array().unwrap().len()
}

#[test]
fn no_tag_that_is_called_saved_is_lost() {
    let home = Home::new();
    home.stdout("run --method attrib --output run");
    let mut numbers = Mt64::new(11);
    let mut seen = 0;
    for _ in 0..kills_or(2) {
        // With no tags, the first row is the same feature each time.
        let _ = fs::remove_dir_all(home.tags());
        let mut program = home.explore("open run --top-k 60", &[]);
        program.wait_for("tags saved");
        program.press(&format!("g{}", "mpj".repeat(50)));
        // No more than the table shows at once: the rows go by faster than they are looked at.
        let at = 1 + (numbers.next_u64() % 20) as usize;
        let shown = |program: &terminal::Program| program.shown().matches(" FP ").count();
        program.wait_until("saved tags", |program| program.shown().contains("tags saved") && shown(program) >= at);
        let saved = shown(&program);
        program.signal("KILL");
        assert_eq!(program.ended(), None);
        let kept = tagged(&home);
        assert!((saved..=50).contains(&kept), "{kept} of {saved} tags that were shown as saved");
        seen += saved;
    }
    report(&format!("tags: none of {seen} lost"));
}

/// The explorer is killed at random moments while it computes and keeps runs, so many that none is removed. Every run that it called kept
/// is there and whole, and no other file is half a run.
#[test]
fn no_run_that_is_called_kept_is_lost() {
    let home = Home::new();
    fs::write(home.config_file(), "kept_runs = 100000\n").unwrap();
    let compute = |seed: usize| format!("--method attrib --examples 2 --seed {seed}");
    let is_kept = |program: &terminal::Program| program.shown().contains(" · kept");
    let start = Instant::now();
    let mut program = home.explore(&compute(0), &[]);
    program.wait_until("the first kept run", is_kept);
    let whole = start.elapsed();
    program.signal("KILL");
    assert_eq!(program.ended(), None);
    let (mut numbers, mut called_kept) = (Mt64::new(13), 1);
    for seed in 1..=kills() {
        let mut program = home.explore(&compute(seed), &[]);
        let moment = Instant::now() + whole.mul_f64(1.2 * (numbers.next_u64() % 1000) as f64 / 1000.0);
        program.wait_until("the moment", |program| is_kept(program) || Instant::now() >= moment);
        called_kept += usize::from(is_kept(&program));
        program.signal("KILL");
        assert_eq!(program.ended(), None);
        let read: Vec<_> = runs(&home).iter().map(|name| run_file::read(&home.runs().join(name)).unwrap()).collect();
        assert!(read.len() >= called_kept, "{} of {called_kept} runs that were called kept", read.len());
    }
    report(&format!("kept runs: none of {called_kept} lost"));
}

/// The names of the files of kept runs.
fn runs(home: &Home) -> Vec<String> {
    let is_run = |name: &String| std::path::Path::new(name).extension().is_some_and(|end| end == "safetensors");
    files(&home.runs()).into_iter().filter(is_run).collect()
}

/// Runs that are older than those that the bound keeps: so many that removing them takes a while.
const OLD: usize = 1000;

/// The explorer is killed while it removes the oldest runs. Of the runs that were kept, the latest that the bound keeps are there and whole
/// each time, and the next run that is kept removes what was left.
#[test]
fn no_run_within_the_bound_is_lost_while_older_ones_are_removed() {
    const BOUND: usize = 2;
    let home = Home::new();
    fs::write(home.config_file(), format!("kept_runs = {BOUND}\n")).unwrap();
    let compute = |seed: usize| format!("--method attrib --examples 2 --seed {seed}");
    let is_kept = |program: &terminal::Program| program.shown().contains(" · kept");
    let keep = |seed: usize| {
        let mut program = home.explore(&compute(seed), &[]);
        program.wait_until("a kept run", is_kept);
        program.press("q");
        assert_eq!(program.ended(), Some(0));
    };
    keep(0);
    let [name] = runs(&home).try_into().unwrap();
    let old = home.file("old");
    fs::rename(home.runs().join(&name), &old).unwrap();
    fs::File::options().write(true).open(&old).unwrap().set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
    let olds: Vec<String> = (2..2 + OLD).map(|number| name.replace(".safetensors", &format!("-{number}.safetensors"))).collect();
    let left = || olds.iter().filter(|old| home.runs().join(old).exists()).count();

    let (mut numbers, mut kept, mut halfway) = (Mt64::new(19), BTreeSet::new(), 0);
    for seed in 1..=kills() {
        for old_name in olds.iter().filter(|old| !home.runs().join(old).exists()) {
            fs::hard_link(&old, home.runs().join(old_name)).unwrap();
        }
        let mut program = home.explore(&compute(seed), &[]);
        program.wait_until("the removal", |program| is_kept(program) || left() < OLD);
        thread::sleep(Duration::from_micros(numbers.next_u64() % 30_000));
        kept.extend(is_kept(&program).then_some(seed as u64));
        program.signal("KILL");
        assert_eq!(program.ended(), None);
        halfway += usize::from((1..OLD).contains(&left()));
        let young = runs(&home).into_iter().filter(|name| !olds.contains(name));
        let there: BTreeSet<u64> = young.map(|name| run_file::read(&home.runs().join(name)).unwrap().manifest.seed).collect();
        kept.extend(&there);
        let latest: Vec<u64> = kept.iter().rev().take(BOUND).copied().collect();
        assert!(latest.iter().all(|seed| there.contains(seed)), "{there:?} of {kept:?}");
    }
    report(&format!("removed runs: none of the latest {BOUND} lost, {halfway} of {} kills in the middle of a removal", kills()));
    keep(kills() + 1);
    assert_eq!((runs(&home).len(), left()), (BOUND, 0));
}

/// After a kill at any moment the tags that were called saved can still be undone one by one, or at most the last one is not in the
/// history.
#[test]
fn tags_of_a_killed_program_can_be_undone() {
    let home = Home::new();
    home.stdout("run --method attrib --output run");
    let mut numbers = Mt64::new(17);
    for _ in 0..kills_or(1) {
        let _ = fs::remove_dir_all(home.tags());
        let mut program = home.explore("open run --top-k 60", &[]);
        program.wait_for("tags saved");
        program.press(&format!("g{}", "mpj".repeat(30)));
        let at = 2 + (numbers.next_u64() % 20) as usize;
        program.wait_until("saved tags", |program| {
            program.shown().contains("tags saved") && program.shown().matches(" FP ").count() >= at
        });
        program.signal("KILL");
        assert_eq!(program.ended(), None);
        let kept = tagged(&home);
        let mut program = home.explore("open run --top-k 60", &[]);
        program.wait_for("tags saved");
        program.press("uu");
        program.wait_for("undone: ");
        program.wait_until("the save", |program| program.shown().contains("tags saved") && tagged(&home) < kept);
        program.press("q");
        assert_eq!(program.ended(), Some(0));
        assert!((kept - 2..kept).contains(&tagged(&home)), "{} of {kept}", tagged(&home));
    }
}
