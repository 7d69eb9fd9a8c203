//! The built program in a terminal: what is on its screen, what reaches its clipboard, and how it leaves.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

#[path = "support/terminal.rs"]
mod terminal;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use saescope::store::atomic::AtomicFile;
use saescope::store::run_file;
use serde_json::Value;
use terminal::{Home, Program, SAESCOPE, files};

/// The whole demo is computed.
const COMPUTED: &str = " · kept";

/// Leaves by `q`, and checks that the terminal is as it was.
fn quit(program: &mut Program, settings_before: &str) {
    program.press("q");
    assert_eq!(program.ended(), Some(0), "{}", program.shown());
    assert_eq!(program.settings(), settings_before);
    program.take_rest();
    expect_left(program);
}

fn expect_left(program: &Program) {
    let screen = program.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

/// A run of the demo with the name of the model that Neuronpedia hosts, in the file `hosted`.
fn hosted_run(home: &Home) {
    home.stdout("run --output run");
    let mut run = run_file::read(&home.file("run")).unwrap();
    "pythia-70m-deduped".clone_into(&mut run.manifest.model.name);
    run.manifest.dictionaries.iter_mut().for_each(|dictionary| dictionary.features = 32_768);
    let submodules = run.views.iter_mut().flat_map(|view| &mut view.submodules);
    submodules.for_each(|effects| effects.dictionary_features = 32_768);
    run_file::write(&run, AtomicFile::reserve(&home.file("hosted")).unwrap()).unwrap();
}

#[test]
fn the_demo_is_computed_and_left() {
    let home = Home::new();
    let mut program = home.explore("", &[]);
    program.wait_for(" saescope  ");
    assert!(program.screen().alternate_screen());
    program.wait_for(COMPUTED);
    program.wait_for("tags saved");
    assert!(program.shown().contains("saescope-demo · 50 names.json pairs · ig 10 steps"), "{}", program.shown());
    let raw = program.settings();
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    assert_eq!(files(&home.runs()).len(), 2, "the kept run, and the lock of the folder");
    assert_ne!(program.settings(), raw);
    program.take_rest();
    expect_left(&program);
    assert_eq!(program.shown().trim(), "", "nothing is left on the screen");
}

#[test]
fn the_terminal_gets_its_settings_back() {
    let home = Home::new();
    let fresh = fresh_settings(&home);
    let mut program = home.explore("--published", &[]);
    program.wait_for("published figures");
    assert_ne!(program.settings(), fresh);
    quit(&mut program, &fresh);
}

#[test]
fn a_light_background_that_the_terminal_tells_is_believed() {
    let home = Home::new();
    let mut program = home.explore("--published", &[]);
    program.wait_until("the question", |program| program.written.windows(7).any(|bytes| bytes == b"\x1b]11;?\x07"));
    program.press("\x1b]11;rgb:ffff/ffff/ffff\x07");
    program.wait_until("the answer in the log", |_| home.log().contains("background: Light"));
    assert!(program.shown().contains("published figures"), "the answer is not a key: {}", program.shown());
}

#[test]
fn copies_reach_a_terminal_over_ssh_as_export_prints_them() {
    let home = Home::new();
    hosted_run(&home);
    for rule in ["--threshold 0.1", "--threshold 0"] {
        let exported = home.stdout(&format!("export hosted --view male {rule} --format url"));
        let addresses: Vec<&str> = exported.lines().collect();
        let mut program = home.explore(&format!("open hosted {rule}"), &["SSH_CONNECTION=10.0.0.1 50000 10.0.0.2 22"]);
        program.wait_for("tags saved");
        program.wait_until("the rows", |program| !program.shown().contains("arranging"));
        for part in 1..=addresses.len() {
            program.press(if part == 1 { "yl" } else { "Y" });
            program.wait_until("the copy", |program| program.copied().len() == part);
            program.wait_for("OSC 52");
        }
        assert_eq!(program.copied(), addresses);
        assert_eq!(addresses.len() > 1, rule.ends_with(" 0"), "{} addresses", addresses.len());
        program.press("yp");
        program.wait_until("the page", |program| program.copied().len() == addresses.len() + 1);
        let page = program.copied().last().unwrap();
        assert!(page.starts_with("https://neuronpedia.org/pythia-70m-deduped/"), "{page}");
    }
}

#[test]
fn published_features_have_pages() {
    let home = Home::new();
    let mut program = home.explore("--published", &["SSH_CONNECTION=10.0.0.1 50000 10.0.0.2 22"]);
    program.wait_until("the rows", |program| {
        program.shown().contains("published figures") && !program.shown().contains("arranging")
    });
    program.press("yl");
    program.wait_until("the copy", |program| program.copied().len() == 1);
    assert!(program.copied()[0].starts_with("https://neuronpedia.org/quick-list/?name="));
}

#[test]
fn a_model_without_pages_is_copied_as_text() {
    let home = Home::new();
    let mut program = home.explore("", &["SSH_CONNECTION=10.0.0.1 50000 10.0.0.2 22"]);
    program.wait_for(COMPUTED);
    program.press("yl");
    program.wait_for("link to list: Neuronpedia does not host saescope-demo");
    assert!(program.copied().is_empty());
    for (number, (keys, begin)) in [("t", "rank\tfeature\t"), ("yc", ""), ("ym", "**Names male ")].into_iter().enumerate() {
        program.press(keys);
        program.wait_until("the copy", |program| program.copied().len() == number + 1);
        let copied = program.copied();
        assert!(copied[number].starts_with(begin), "{}", copied[number]);
    }
}

#[test]
fn every_size_is_drawn_whole() {
    let home = Home::new();
    let mut program = home.explore("", &[]);
    program.wait_for(COMPUTED);
    program.wait_for("tags saved");
    let large = |program: &Program| {
        let shown = program.shown();
        shown.lines().count() == 45
            && !shown.contains("arranging")
            && [COMPUTED, " help ", "tags saved"].iter().all(|part| shown.contains(part))
    };
    program.wait_until("the large screen", large);
    let before = program.shown();
    program.resize(60, 16);
    program.wait_until("the small screen", |program| {
        let shown = program.shown();
        let lines: Vec<&str> = shown.lines().collect();
        lines.len() == 16
            && lines[0].starts_with(" saescope  ")
            && lines[0].contains("tags saved")
            && lines[15].contains(" help ")
    });
    program.resize(20, 5);
    program.wait_until("the size that is needed", |program| {
        let words = program.shown().split_whitespace().collect::<Vec<_>>().join(" ");
        words.contains("needs 60 columns and 16 rows; this terminal has 20 and 5")
    });
    program.resize(160, 45);
    program.wait_until("the large screen", |program| program.shown() == before);
}

#[test]
fn the_screen_is_drawn_again_when_asked() {
    let home = Home::new();
    let mut program = home.explore("--published", &[]);
    program.wait_for(" 5-res-sm/26074 ");
    program.press("j");
    program.wait_for(" help ");
    let before = program.shown();
    // Another program's line, in the middle of the screen.
    program.disturb("\x1b[12;30Hgarbage from elsewhere");
    assert!(program.shown().contains("garbage from elsewhere"));
    program.press("\x0c");
    program.wait_until("the screen as it was", |program| program.shown() == before);
    program.press("q");
    assert_eq!(program.ended(), Some(0));
}

#[test]
fn a_computation_is_stopped_by_its_own_key_and_keeps_what_arrived() {
    let home = Home::new();
    let mut program = home.explore("--steps 100 --threshold 0", &[]);
    let some = |shown: &str| shown.contains("/36 parts") && !shown.contains(" 0/36 parts");
    program.wait_until("the first submodule", |program| some(&program.shown()));
    let rows = |program: &Program| program.shown().matches("-sm/").count();
    program.wait_until("its rows", |program| rows(program) >= 10);
    program.press("\x1b");
    program.wait_for("x stops the work");
    program.press("q");
    program.wait_for("leave? the computation");
    program.press("nx");
    program.wait_for("stop the computation");
    program.press("y");
    program.wait_for("cancelled; on the screen, but not kept: partial, cancelled after ");
    program.press("j");
    program.wait_until("the header to stay", |program| {
        let shown = program.shown();
        shown.lines().next().is_some_and(|line| line.contains(" partial, cancelled after ")) && !shown.contains("kept:")
    });
    assert!(rows(&program) >= 10, "{}", program.shown());
    program.press("q");
    program.wait_for("is not kept and would be lost; y or q again leaves");
    program.press("q");
    assert_eq!(program.ended(), Some(0));
}

/// Only a program with the feature `faults` can be asked for one.
#[cfg(feature = "faults")]
#[test]
fn a_fault_of_the_computation_is_one_line_on_a_screen_that_goes_on() {
    let home = Home::new();
    let mut program = home.explore("", &["SAESCOPE_FAULT=worker-panic"]);
    program.wait_for("fault of the program");
    let shown = program.shown();
    // The notice may take a second line, which names the log.
    let lines: Vec<&str> = shown.lines().collect();
    let start = lines.iter().position(|line| line.contains("fault of the program")).unwrap();
    let notice = lines[start..].concat();
    assert!(notice.starts_with(" error: "), "{notice}");
    assert!(home.log().contains("fault of the program") || home.log().contains("fault on thread"), "{}", home.log());
    let log = home.log_file().display().to_string();
    assert!(notice.contains(&log), "{notice} does not name {log}");
    program.press("?");
    program.wait_for("type to search");
    program.press("\x1b");
    program.wait_until("the help closed", |program| !program.shown().contains("type to search"));
    // The first asks if a part was found before the fault, since it is kept nowhere.
    program.press("qq");
    assert_eq!(program.ended(), Some(0));
}

#[test]
fn suspending_gives_the_shell_its_screen() {
    let home = Home::new();
    let mut shell = home.start("bash", "--norc --noprofile -i", &["PS1=prompt$ "]);
    shell.wait_for("prompt$");
    shell.press(&format!("{SAESCOPE} --published\r"));
    shell.wait_for("published figures");
    assert!(shell.screen().alternate_screen());
    for _ in 0..2 {
        shell.press("\x1a");
        shell.wait_until("the shell", |shell| {
            !shell.screen().alternate_screen()
                && shell.shown().trim_end().ends_with("prompt$")
                && shell.shown().contains("Stopped")
        });
        assert!(!shell.screen().hide_cursor());
        shell.press("fg\r");
        shell.wait_until("the explorer", |shell| {
            shell.screen().alternate_screen() && shell.shown().contains("published figures") && shell.shown().contains(" help ")
        });
    }
    shell.press("q");
    shell.wait_until("the shell", |shell| !shell.screen().alternate_screen() && shell.shown().trim_end().ends_with("prompt$"));
    shell.press("clear; echo status $?\r");
    shell.press("exit\r");
    assert_eq!(shell.ended(), Some(0));
}

/// Features that the tag files say something about.
fn saved(home: &Home) -> usize {
    let names = files(&home.tags());
    let json = names.iter().filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "json"));
    json.map(|name| {
        let text = fs::read_to_string(home.tags().join(name)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["features"].as_array().unwrap().len()
    })
    .sum()
}

/// Rows of the table that show the tag.
fn tagged(program: &Program) -> usize {
    program.shown().matches(" FP ").count()
}

#[test]
fn tags_that_are_called_saved_survive_a_kill() {
    for at in [1, 2, 5, 9] {
        let home = Home::new();
        home.stdout("run --output run");
        let mut program = home.explore("open run --top-k 30", &[]);
        program.wait_for("tags saved");
        program.press(&"mpj".repeat(20));
        program.wait_until("saved tags", |program| program.shown().contains("tags saved") && tagged(program) >= at);
        let shown = tagged(&program);
        program.signal("KILL");
        assert_eq!(program.ended(), None);
        let kept = saved(&home);
        assert!((shown..=20).contains(&kept), "{kept} of {shown}");
        fs::write(home.tags().join(".saescope-cut.partial"), "{\"format\": 1, \"mod").unwrap();
        let mut program = home.explore("open run --top-k 30", &[]);
        program.wait_until("the tags", |program| program.shown().contains("tags saved") && tagged(program) >= kept);
        program.press("Gmpq");
        assert_eq!(program.ended(), Some(0));
        assert!(saved(&home) >= kept.min(19));
    }
}

/// The parameters of all `ESC [ … m`.
fn styles(written: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(written);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|character: char| !"0123456789;:".contains(character))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.collect()
}

#[test]
fn no_color_means_none_and_the_row_is_still_seen() {
    let home = Home::new();
    let mut program = home.explore("", &["NO_COLOR=1"]);
    program.wait_for(COMPUTED);
    program.press("jH");
    program.wait_until("the heat map", |program| program.shown().contains("heat map") || program.shown().contains("position"));
    program.press("H");
    program.wait_for(" help ");
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    program.take_rest();
    let styles = styles(&program.written);
    assert!(styles.iter().any(|style| style.split(';').any(|code| code == "7")), "{styles:?}");
    for style in styles {
        for code in style.split([';', ':']).filter(|code| !code.is_empty()) {
            let code: u32 = code.parse().unwrap();
            assert!(!matches!(code, 30..=38 | 40..=48 | 90..=107), "colour {style}");
        }
    }
}

#[test]
fn without_a_terminal_the_line_says_what_to_use() {
    let home = Home::new();
    hosted_run(&home);
    for arguments in ["", "--published", "open hosted"] {
        let output = home.command(arguments).stdin(Stdio::null()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(["run", "export", "--plain"].iter().all(|part| message.contains(part)), "{message}");
        assert!(output.stdout.is_empty());
    }
    // Only one of the two is a terminal.
    let script = format!("{SAESCOPE} > caught; echo status $?; true | {SAESCOPE}; echo status $?");
    fs::write(home.file("script"), script).unwrap();
    let mut shell = home.start("sh", "script", &[]);
    shell.wait_until("both", |shell| shell.shown().matches("status 2").count() == 2);
    assert!(
        shell.shown().contains("standard output is not a terminal")
            || shell.shown().contains("standard output: is not a terminal")
    );
    assert!(
        shell.shown().contains("standard input is not a terminal") || shell.shown().contains("standard input: is not a terminal")
    );
}

/// The settings of a terminal in which nothing has run yet.
fn fresh_settings(home: &Home) -> String {
    let mut other = home.start("true", "", &[]);
    assert_eq!(other.ended(), Some(0));
    other.settings()
}

#[test]
fn every_signal_that_ends_the_program_gives_the_terminal_back() {
    let home = Home::new();
    let fresh = fresh_settings(&home);
    for signal in [
        "TERM",
        "HUP",
        "INT",
        "QUIT",
        "ABRT",
        "BUS",
        "ALRM",
        "USR1",
        "USR2",
        "VTALRM",
        "PROF",
        "SYS",
        "TRAP",
        "XCPU",
        "SEGV",
        "ILL",
        "FPE",
        #[cfg(target_os = "linux")]
        "IO",
        #[cfg(target_os = "linux")]
        "PWR",
        #[cfg(target_os = "linux")]
        "RTMIN",
    ] {
        let mut program = home.explore("--published", &["SSH_CONNECTION=10.0.0.1 50000 10.0.0.2 22"]);
        program.wait_for("published figures");
        assert_ne!(program.settings(), fresh);
        program.signal(signal);
        let status = program.ended();
        // Some signals have no name that the library knows: the status is the one that a shell gives them.
        assert!(status.is_none_or(|status| matches!(signal, "IO" | "PWR" | "RTMIN") && status > 128), "{signal}: {status:?}");
        assert_eq!(program.settings(), fresh, "{signal}");
        program.take_rest();
        expect_left(&program);
    }
}

#[test]
fn a_request_to_end_does_not_wait_for_the_computation() {
    let home = Home::new();
    let mut program = home.explore("--steps 2000", &[]);
    program.wait_for("/36 parts");
    program.signal("TERM");
    assert_eq!(program.ended(), None);
    program.take_rest();
    expect_left(&program);
}

#[test]
fn a_terminal_that_does_not_read_holds_nothing_up() {
    let home = Home::new();
    let fresh = fresh_settings(&home);
    let mut program = home.explore("--published", &[]);
    program.wait_for("published figures");
    let gate = Arc::clone(&program.gate);
    let closed = gate.lock().unwrap();
    for _ in 0..100 {
        program.press("\x0c");
        thread::sleep(Duration::from_millis(10));
    }
    program.signal("TERM");
    assert_eq!(program.ended(), None);
    assert_eq!(program.settings(), fresh);
    drop(closed);
    program.take_rest();
    expect_left(&program);
}

/// Whether the shell waits for a command on its own screen, where it says that the job was stopped.
fn is_stopped(shell: &Program) -> bool {
    let shown = shell.shown();
    shown.trim_end().ends_with("prompt$") && shown.contains("Stopped")
}

#[test]
fn stops_from_outside_are_those_of_ctrl_z() {
    let home = Home::new();
    let mut shell = home.start("bash", "--norc --noprofile -i", &["PS1=prompt$ "]);
    shell.wait_for("prompt$");
    let at_the_prompt = shell.settings();
    shell.press(&format!("sh -c 'echo $$ > pid; exec {SAESCOPE} --published'\r"));
    shell.wait_for("published figures");
    shell.press("j");
    shell.wait_for(" help ");
    let raw = shell.settings();
    let process = fs::read_to_string(home.file("pid")).unwrap().trim().parse().unwrap();
    for name in ["TSTP", "STOP", "TTIN", "TTOU", "TSTP", "STOP"] {
        terminal::signal(process, name);
        shell.wait_until("the shell", is_stopped);
        if name != "STOP" {
            // Pastes are marked again by the shell itself.
            assert!(!shell.screen().alternate_screen() && !shell.screen().hide_cursor());
            assert_eq!(shell.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        }
        shell.press("fg\r");
        shell.wait_until("the explorer", |shell| {
            shell.screen().alternate_screen()
                && shell.shown().contains("published figures")
                && shell.shown().contains(" help ")
                && !shell.shown().contains("Stopped")
        });
        assert_eq!(shell.settings(), raw, "{name}");
        shell.press("?");
        shell.wait_for("type to search");
        shell.press("\x1b");
        shell.wait_until("the help closed", |shell| !shell.shown().contains("type to search"));
    }
    terminal::signal(process, "CONT");
    shell.press("jq");
    shell.wait_until("the shell", |shell| !shell.screen().alternate_screen() && shell.shown().trim_end().ends_with("prompt$"));
    assert_eq!(shell.settings(), at_the_prompt);
    shell.press("exit\r");
    assert!(shell.ended().is_some());
}

#[test]
fn a_script_is_suspended_with_the_explorer_in_it() {
    let home = Home::new();
    let mut shell = home.start("bash", "--norc --noprofile -i", &["PS1=prompt$ "]);
    shell.wait_for("prompt$");
    fs::write(home.file("script"), format!("{SAESCOPE} --published\necho left with $?\n")).unwrap();
    shell.press("sh script\r");
    shell.wait_for("published figures");
    shell.press("\x1a");
    shell.wait_until("the shell", |shell| !shell.screen().alternate_screen() && is_stopped(shell));
    shell.press("fg\r");
    shell.wait_until("the explorer", |shell| shell.screen().alternate_screen() && shell.shown().contains(" help "));
    shell.press("q");
    shell.wait_for("left with 0");
}

/// A program that was started without a shell of its own terminal, as by `xterm -e` or `docker run`, would never be continued: the system
/// leaves out the default effect of the signal there.
#[test]
fn where_no_shell_would_continue_it_the_program_does_not_stop() {
    let home = Home::new();
    fs::write(home.file("script"), format!("sh -c 'echo $$ > pid; exec {SAESCOPE} --published'\necho left with $?\n")).unwrap();
    let mut program = home.start("sh", "script", &[]);
    program.wait_for("published figures");
    program.press("\x1a");
    program.wait_for("no shell is there to continue it");
    terminal::signal(fs::read_to_string(home.file("pid")).unwrap().trim().parse().unwrap(), "TSTP");
    // Keys that are typed in between are the shell's.
    program.wait_until("the terminal given back", |program| !program.screen().alternate_screen());
    program.wait_until("the explorer", |program| program.screen().alternate_screen() && program.shown().contains("published"));
    program.press("?");
    program.wait_for("type to search");
    program.press("\x1b");
    program.wait_until("the help closed", |program| !program.shown().contains("type to search"));
    program.press("q");
    program.wait_for("left with 0");
}

#[test]
fn a_terminal_that_only_prints_lines_is_refused() {
    let home = Home::new();
    for name in ["dumb", "dumb-emacs-ansi"] {
        let mut program = home.explore("--published", &[&format!("TERM={name}")]);
        assert_eq!(program.ended(), Some(2));
        program.take_rest();
        let text = String::from_utf8(program.written.clone()).unwrap();
        assert!(text.starts_with(&format!("error: TERM: '{name}' ")) && text.contains("--plain"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn an_absurd_size_draws_what_fits() {
    let home = Home::new();
    let mut program = home.explore("--published", &[]);
    program.wait_for("published figures");
    program.press("j");
    program.wait_for(" help ");
    let before = program.shown();
    program.report_size(u16::MAX, 20);
    // Half of 2,000 columns is the card's, the other half the table's; both less their corners.
    let border = |columns: usize| "─".repeat(columns).into_bytes();
    let has = |program: &Program, columns| {
        let border = border(columns);
        program.written.windows(border.len()).any(|bytes| bytes == border)
    };
    program.wait_until("the wide screen", |program| has(program, 998));
    program.report_size(160, 45);
    program.press("\x0c");
    program.wait_until("the screen as it was", |program| program.shown() == before);
    assert!(!has(&program, 999), "the card would be wider than half of 2,000 columns");
}

#[test]
fn a_paste_of_any_size_is_bounded_with_a_word() {
    let home = Home::new();
    let mut program = home.explore("--published", &[]);
    program.wait_for("published figures");
    for key in ["/", "t", "T"] {
        program.press(key);
        program.wait_until("the prompt", |program| !program.screen().hide_cursor());
        program.press(&format!("\x1b[200~{}\x1b[201~", "a".repeat(1_000_000)));
        program.wait_for("the prompt takes at most 4000 characters");
        program.press("\x15\x1b[200~0.2\t\x1b]52;c;AA\x07\nq\x1b[201~");
        program.wait_until("the first line of the short paste", |program| {
            program.shown().lines().last().is_some_and(|line| line.contains("0.2 ]52;c;AA"))
        });
        program.wait_for("only the first line was taken");
        program.press("\x1b");
        program.wait_until("the prompt closed", |program| program.screen().hide_cursor());
    }
    program.press("q");
    assert_eq!(program.ended(), Some(0));
}

#[test]
fn leaving_waits_for_what_was_asked_for() {
    let home = Home::new();
    home.stdout("run --output run");
    for (keys, signal, status) in
        [("w\x15new\rq", None, Some(0)), ("w\x15new\rQ", None, Some(0)), ("w\x15new", Some("TERM"), None)]
    {
        let mut program = home.explore("open run", &[]);
        program.wait_for("tags saved");
        program.press(keys);
        if let Some(signal) = signal {
            // A key that is still on its way is no request yet.
            program.wait_for("new");
            program.press("\r");
            program.wait_until("the prompt closed", |program| {
                program.shown().contains(" help ") || program.shown().contains("wrote")
            });
            program.signal(signal);
        }
        assert_eq!(program.ended(), status, "{}", program.shown());
        assert!(run_file::read(&home.file("new")).is_ok());
        assert_eq!(files(&home.file("")), ["new", "run"]);
        fs::remove_file(home.file("new")).unwrap();
    }
    let mut program = home.explore("open run", &[]);
    program.wait_for("tags saved");
    program.press("w\x15missing/new\rq");
    assert_eq!(program.ended(), Some(2));
    program.take_rest();
    assert!(String::from_utf8_lossy(&program.written).contains("error: missing/new: cannot be written"));
}

#[test]
fn tags_that_could_not_be_saved_are_saved_when_the_cause_is_gone() {
    let home = Home::new();
    home.stdout("run --output run");
    // A file where the folder of tags should be.
    let hinder = || {
        let _ = fs::remove_dir_all(home.tags());
        fs::create_dir_all(home.tags().parent().unwrap()).unwrap();
        fs::write(home.tags(), "").unwrap();
    };
    let tag = |program: &mut Program| {
        program.wait_for("tags saved");
        hinder();
        program.press("mp");
        program.wait_for("TAGS NOT SAVED");
    };
    let mut program = home.explore("open run --top-k 30", &[]);
    tag(&mut program);
    fs::remove_file(home.tags()).unwrap();
    program.wait_for("tags saved");
    assert_eq!(saved(&home), 1);
    tag(&mut program);
    program.press("q");
    program.wait_for("Q leaves without them");
    program.press("Q");
    assert_eq!(program.ended(), Some(2));
    fs::remove_file(home.tags()).unwrap();
    for signal in [None, Some("TERM")] {
        let mut program = home.explore("open run --top-k 30", &[]);
        tag(&mut program);
        fs::remove_file(home.tags()).unwrap();
        match signal {
            None => program.press("q"),
            Some(signal) => program.signal(signal),
        }
        assert_eq!(program.ended(), signal.map_or(Some(0), |_| None), "{}", program.shown());
        assert_eq!(saved(&home), 1);
        fs::remove_dir_all(home.tags()).unwrap();
    }
}

#[test]
fn what_is_no_run_is_refused_before_the_screen_is_taken() {
    let home = Home::new();
    fs::write(home.file("broken"), "no run\n").unwrap();
    for name in ["broken", "missing", "."] {
        let mut program = home.explore(&format!("open {name}"), &[]);
        assert_eq!(program.ended(), Some(2));
        program.take_rest();
        assert!(program.written.starts_with(b"error: "), "{}", program.shown());
        assert_eq!(program.written.split(|byte| *byte == b'\n').count(), 2, "{}", program.shown());
    }
}

#[test]
fn plain_tables_need_no_terminal() {
    let home = Home::new();
    home.stdout("run --output run");
    for arguments in ["--plain", "open run --plain", "--published --plain"] {
        let text = home.stdout(arguments);
        for part in ["male", "female", "baseline", "resid_"] {
            assert!(text.contains(part), "{arguments}: {part} is not in {text}");
        }
        assert!(text.lines().count() > 20 && !text.contains('\x1b'), "{arguments}: {text}");
    }
}

#[test]
fn the_helpers_print_what_they_should() {
    let home = Home::new();
    let doctor = home.stdout("doctor");
    for part in ["clipboard", "saescope.log", "tags"] {
        assert!(doctor.contains(part), "{part} is not in {doctor}");
    }
    let completions = home.stdout("completions bash");
    assert!(
        completions.contains("complete -F _saescope") && completions.contains("\"auto dark light 16 mono\""),
        "{completions}"
    );
    assert!(home.stdout("man").contains(".TH saescope 1"));
}

/// As huggingface_hub does: `HF_HOME` is expanded, and the cache's default below it once more.
#[test]
fn the_cache_is_where_hugging_face_s_own_programs_look() {
    let home = Home::new();
    for (given, cache) in [("/h", "/h/hub"), ("$A", "/deep/hub"), ("$NONE", "$NONE/hub")] {
        let mut command = home.command("doctor");
        command.env("HF_HOME", given).env("A", "$B").env("B", "/deep");
        let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let line = shown.lines().find(|line| line.contains("Hugging Face cache")).unwrap().to_owned();
        assert!(line.contains(&format!("{cache} ")), "{given}: {line}");
    }
}

#[test]
fn with_a_faulty_configuration_the_explorer_starts_and_says_so_and_doctor_lists_every_fault() {
    let home = Home::new();
    fs::write(home.config_file(), "theme = \"pink\"\nmouse = true\nclipboard = \"paper\"\n\n[keys]\nnonsense = \"x\"\n").unwrap();
    let mut program = home.explore("", &[]);
    program.wait_for("config.toml:1: 'pink' is not a theme");
    program.wait_for("(and 2 more)");
    program.wait_for("lists every fault");
    // While something is computed, leaving asks first.
    program.wait_for(COMPUTED);
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    let doctor = home.run("doctor");
    assert_eq!(doctor.status.code(), Some(1));
    let text = String::from_utf8(doctor.stdout).unwrap();
    for line in [1, 3, 6] {
        assert!(text.contains(&format!("config.toml:{line}")), "line {line} is not in {text}");
    }
}
