//! Runs that the explorer keeps by itself: bounded, the same result once, never one that is open or has a name; listed, named,
//! deleted and opened.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[allow(dead_code, reason = "each test binary uses its own part")]
#[path = "support/terminal.rs"]
mod terminal;

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use saescope::core::problem::Problem;
use saescope::core::run::Run;
use saescope::store::kept_runs::{KeptRuns, Limits};
use saescope::store::run_file;
use terminal::Home;

const LIMITS: Limits = Limits { runs: 3, bytes: 1 << 30 };

/// A small run, and a folder for kept runs.
fn small() -> (Home, Run, KeptRuns) {
    let home = Home::new();
    home.stdout("run --method attrib --examples 2 --output run");
    let run = run_file::read(&home.file("run")).unwrap();
    let runs = KeptRuns::new(home.runs());
    (home, run, runs)
}

/// The run of another seed, which is another result.
fn with_seed(run: &Run, seed: u64) -> Run {
    let mut run = run.clone();
    run.manifest.seed = seed;
    run
}

/// Keeps the run as if `minutes` ago. Nobody has it open afterwards.
fn keep_ago(runs: &KeptRuns, run: &Run, limits: Limits, minutes: u64) -> String {
    let held = runs.keep(run, limits).unwrap();
    let name = held.name.clone();
    drop(held);
    let file = File::options().write(true).open(runs.find(&name).unwrap().path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_mins(minutes)).unwrap();
    name
}

fn names(runs: &KeptRuns) -> Vec<String> {
    runs.list().unwrap().into_iter().map(|run| run.name).collect()
}

#[test]
fn the_oldest_runs_go_first_but_none_that_is_open_or_has_a_name() {
    let (_home, run, runs) = small();
    let open = keep_ago(&runs, &with_seed(&run, 1), LIMITS, 90);
    let (read, _held) = runs.open(&runs.find(&open).unwrap().path).unwrap();
    assert_eq!(read, with_seed(&run, 1), "a kept run is an ordinary run file");
    let named = keep_ago(&runs, &with_seed(&run, 2), LIMITS, 80);
    runs.rename(&named, "final").unwrap();
    let old = keep_ago(&runs, &with_seed(&run, 3), LIMITS, 70);
    let young: Vec<String> =
        [(4, 3), (5, 2), (6, 1)].map(|(seed, ago)| keep_ago(&runs, &with_seed(&run, seed), LIMITS, ago)).into();
    let left = names(&runs);
    assert!(!left.contains(&old), "{left:?}");
    let expected = [young[2].as_str(), &young[1], &young[0], "final", &open];
    assert_eq!(left, expected, "the latest comes first");
    let problem = runs.delete(&open).unwrap_err();
    assert_eq!(problem.what(), "is open in an explorer");
}

#[test]
fn runs_are_bounded_in_bytes_and_the_one_on_the_screen_stays() {
    let (_home, run, runs) = small();
    let size = run_file::to_bytes(&run).unwrap().len() as u64;
    let limits = Limits { runs: 9, bytes: size * 5 / 2 };
    for seed in 1..=4 {
        keep_ago(&runs, &with_seed(&run, seed), limits, 60 - seed);
    }
    assert_eq!(runs.list().unwrap().len(), 2);
    let problem = runs.keep(&run, Limits { runs: 9, bytes: size - 1 }).unwrap_err();
    assert!(problem.what().starts_with("is not kept: it has "), "{problem}");
    assert_eq!(runs.list().unwrap().len(), 2, "nothing was removed for it");
}

#[test]
fn the_same_result_is_kept_once_whenever_it_was_computed() {
    let (_home, run, runs) = small();
    let first = keep_ago(&runs, &run, LIMITS, 50);
    let other = keep_ago(&runs, &with_seed(&run, 9), LIMITS, 40);
    let mut again = run.clone();
    again.manifest.created_unix_seconds += 1000;
    again.manifest.seconds.attribution += 1.0;
    assert_eq!(runs.keep(&again, LIMITS).unwrap().name, first);
    assert_eq!(names(&runs), [first.clone(), other], "it is the latest again");
    // A whole run is only asked for where a record agrees.
    let nobody = || panic!("no kept run has this record");
    assert!(runs.kept_as(&with_seed(&run, 5).manifest, nobody).unwrap().is_none());
    let (path, _held) = runs.kept_as(&again.manifest, || Ok(again.clone())).unwrap().unwrap();
    assert_eq!(path, runs.path(&first));
    let mut other = run.clone();
    other.views[0].clean_metrics[0] += 1.0;
    assert!(runs.kept_as(&run.manifest, || Ok(other)).unwrap().is_none(), "its numbers are others");
    assert!(runs.kept_as(&run.manifest, || Err(Problem::new("run", "is not whole", "compute it again"))).is_err());
}

#[test]
fn a_name_is_one_that_a_file_can_have_and_none_that_is_taken() {
    let (_home, run, runs) = small();
    let first = keep_ago(&runs, &run, LIMITS, 50);
    runs.rename(&first, "mine").unwrap();
    runs.rename("mine", "mine").unwrap();
    runs.rename("1", "mine").unwrap();
    assert_eq!(names(&runs), ["mine"], "its own name is no other run's");
    let second = keep_ago(&runs, &with_seed(&run, 9), LIMITS, 40);
    for wrong in ["", "a/b", ".hidden", "-x", "7", "a b", "x-20261126T041233", &"n".repeat(300)] {
        let problem = runs.rename(&second, wrong).unwrap_err();
        assert_eq!(problem.what(), "is no name for a run", "{wrong}");
    }
    assert_eq!(runs.rename(&second, "mine").unwrap_err().what(), "is the name of another kept run");
    assert_eq!(runs.rename("nothing", "x").unwrap_err().what(), "is no kept run");
}

#[test]
fn the_explorer_keeps_what_it_computes_and_opens_it_again() {
    let home = Home::new();
    assert!(home.stdout("runs").starts_with("no run is kept yet"));
    for method in ["attrib", "ig"] {
        let mut program = home.explore(&format!("--examples 3 --method {method}"), &[]);
        program.wait_for(" · kept");
        program.press("q");
        assert_eq!(program.ended(), Some(0));
    }
    let list = home.stdout("runs");
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines.len() == 3 && lines[1].starts_with("1 ") && lines[1].contains("ig 10 steps"), "{list}");
    assert!(lines[2].contains("saescope-demo  attrib"), "{list}");
    assert!(home.stdout("open 2 --plain").contains("method attrib"));
    home.stdout("runs name 2 first-try");
    let mut program = home.explore("--examples 2", &[]);
    program.wait_for(" lists the kept runs and opens them; the last is names, saescope-demo, ig 10 steps");
    program.wait_for(" · kept");
    program.press("R");
    program.wait_for("first-try");
    program.press("G\r");
    program.wait_until("the run", |program| {
        program
            .shown()
            .lines()
            .next()
            .is_some_and(|line| line.contains("3 of 50 names.json pairs · attrib") && line.contains(" · kept"))
    });
    let deleting = home.run("runs delete first-try");
    assert_eq!(deleting.status.code(), Some(2), "it is open");
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    assert_eq!(home.stdout("runs delete first-try"), "deleted first-try\n");
    let nothing = home.run("open first-try");
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("is neither a file nor a kept run"), "{nothing:?}");
}

#[test]
fn every_command_takes_a_kept_run_by_name_and_number_and_a_file_of_that_name_first() {
    let (home, run, runs) = small();
    let kept = keep_ago(&runs, &run, LIMITS, 50);
    runs.rename(&kept, "mine").unwrap();
    let of_file = home.stdout("export run --format names --top-k 5");
    for named in ["mine", "1"] {
        assert_eq!(home.stdout(&format!("export {named} --format names --top-k 5")), of_file);
        assert!(home.stdout(&format!("check {named}")).contains(" hold"));
        home.stdout(&format!("plot {named} counts"));
        home.stdout(&format!("statistics {named} --top-k 3"));
        home.stdout(&format!("report {named}"));
        assert!(home.file("mine.html").exists(), "the page is called after the run, not after its number");
        fs::remove_file(home.file("mine.html")).unwrap();
    }
    let latest = home.run("export --format names --top-k 5");
    assert_eq!(String::from_utf8_lossy(&latest.stdout), of_file);
    assert_eq!(String::from_utf8_lossy(&latest.stderr), "note: of the latest kept run, mine\n");
    fs::write(home.file("mine"), "no run").unwrap();
    let file = home.run("export mine");
    assert!(String::from_utf8_lossy(&file.stderr).starts_with("error: mine: "), "{file:?}");
    let nothing = home.run("check his");
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("his: is neither a file nor a kept run"), "{nothing:?}");
}

#[test]
fn a_run_that_cannot_be_kept_is_called_so_and_asked_about() {
    let home = Home::new();
    fs::create_dir_all(home.runs().parent().unwrap()).unwrap();
    fs::write(home.runs(), "a file in the place of the folder").unwrap();
    let mut program = home.explore("--examples 2", &[]);
    program.wait_for(" · not kept");
    program.press("q");
    program.wait_for("the run could not be kept and would be lost; w writes it; y or q again leaves");
    program.press("nw\x15mine\r");
    program.wait_for(" · written to mine");
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    assert!(run_file::read(&home.file("mine")).is_ok());
}

#[test]
fn what_was_looked_at_comes_back_at_the_next_start() {
    let home = Home::new();
    let mut program = home.explore("--examples 3", &[]);
    program.wait_for(" · kept");
    program.wait_for("tags saved");
    program.press("2/kind=mlp\rjjse");
    program.wait_for("by effect");
    // The views, the selection with filter and order, and the place of the cursor.
    let first = |program: &terminal::Program| program.shown().lines().skip(1).take(3).collect::<Vec<_>>().join("\n");
    let before = first(&program);
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    let mut program = home.explore("--examples 3", &[]);
    program.wait_for(" · kept");
    program.wait_until("the same view, filter and order", |program| first(program) == before);
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    let mut program = home.explore("--examples 3 --top-k 7", &[]);
    program.wait_for(" · kept");
    program.wait_for("top 7 →");
    program.wait_for("by effect");
    program.press("q");
    assert_eq!(program.ended(), Some(0));
}

/// The file of checks beside the run called `name`.
fn checks(home: &Home, name: &str) -> std::path::PathBuf {
    home.runs().join(format!("{name}.checks.json"))
}

#[test]
fn causal_checks_run_in_the_explorer_and_are_kept_with_their_run() {
    let home = Home::new();
    let mut program = home.explore("--examples 3 --method attrib", &[]);
    program.wait_for(" · kept");
    program.wait_for("tags saved");
    program.press("b\x15resample\r");
    program.wait_for("bias removed");
    let removed = |program: &terminal::Program| {
        let shown = program.shown();
        shown.split("bias removed").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    let in_window = removed(&program);
    program.press("\x1be\r");
    program
        .wait_until("every feature", |program| program.shown().contains(" · 3 pairs") && !program.shown().contains("stops it"));
    program.press("q");
    program.wait_for("taken out: removes");
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    // The same numbers as on the command line.
    let json: serde_json::Value = serde_json::from_str(&home.stdout("ablate 1 --top-k 1 --way resample --format json")).unwrap();
    let printed = json["sets"]["list"]["bias"]["mean"].as_f64().unwrap();
    assert_eq!(format!("{printed:+.4}"), in_window);
    // Opened again, nothing is run again.
    let mut program = home.explore("open 1", &[]);
    program.wait_for("taken out: removes");
    program.press("b\x15resample\r");
    program.wait_for("known from before; it was not run again");
    assert_eq!(removed(&program), in_window);
    program.press("qq");
    assert_eq!(program.ended(), Some(0));
    let name = fs::read_dir(home.runs()).unwrap().flatten().find_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.strip_suffix(".checks.json").map(str::to_owned)
    });
    let name = name.unwrap();
    home.stdout("runs name 1 mine");
    assert!(checks(&home, "mine").exists() && !checks(&home, &name).exists());
    // A file of the user's own with the same run has its checks, too, and takes more of them.
    let file = home.runs().with_file_name("own.safetensors");
    fs::copy(home.runs().join("mine.safetensors"), &file).unwrap();
    let again = home.runs().with_file_name("sets.json");
    fs::write(&again, r#"{"a": ["resid_1"], "b": ["attn", "mlp"]}"#).unwrap();
    let opening = format!("open {}", file.display());
    let mut program = home.explore(&opening, &[]);
    program.wait_for("taken out: removes");
    program.press(&format!(":ablate-sets {}\r", again.display()));
    program.wait_for("Set b: attn, mlp");
    program.wait_until("the check has ended", |program| !program.shown().contains("stops it"));
    program.press("qq");
    assert_eq!(program.ended(), Some(0));
    home.stdout("runs delete mine");
    let mut program = home.explore(&opening, &[]);
    program.wait_for("|effect| > 0.1 →");
    program.press(":ablate-search zero\r");
    program.wait_for("all subsets: not tried");
    program.wait_until("the check has ended", |program| !program.shown().contains("stops it"));
    program.press("qq");
    assert_eq!(program.ended(), Some(0));
    let mut program = home.explore(&opening, &[]);
    program.wait_for("|effect| > 0.1 →");
    program.press("L");
    program.wait_for("greedy, ");
    program.press("qq");
    assert_eq!(program.ended(), Some(0));
    home.stdout("runs name 1 mine");
    fs::write(checks(&home, "mine"), "{").unwrap();
    let mut program = home.explore("open mine", &[]);
    program.wait_for("holds no readable checks");
    // The next check puts what it cannot read aside.
    program.press("b\r");
    program.wait_for("put aside as");
    program.wait_until("the check has ended", |program| !program.shown().contains("stops it"));
    program.press("qq");
    assert_eq!(program.ended(), Some(0));
    let unread = home.runs().join("mine.checks.json.unread");
    assert_eq!(fs::read_to_string(unread).unwrap(), "{");
    home.stdout("runs delete mine");
    assert!(!checks(&home, "mine").exists());
}
