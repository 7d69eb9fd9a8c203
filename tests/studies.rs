//! The studies that the program ships, with the demo model's tokenizer, and `saescope studies` as a user runs it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use saescope::core::request::Options;
use saescope::engine::cancel::Cancel;
use saescope::engine::dataset::{DataSet, Limits, load};
use saescope::engine::demo;
use saescope::store::studies::Studies;
use serde_json::Value;

/// A pair list of a built-in study as the demo model takes it.
fn demo_data(study: &str, list: usize) -> DataSet {
    let source = Studies::with(None).open(study).unwrap();
    let config = demo::config().unwrap();
    let limits = Limits { vocabulary: config.vocabulary, context: config.context };
    let options = Options { seed: 12, tokens: None, examples: None };
    load(&source.lists[list], Some(&demo::tokenizer().unwrap()), options, limits, &Cancel::default()).unwrap()
}

#[test]
fn shipped_studies_keep_enough_pairs_on_the_demo() {
    let kept = |study: &str, list: usize| {
        let data = demo_data(study, list);
        (data.lines, data.examples.len(), data.dropped.unequal_length)
    };
    assert_eq!((kept("names", 0), kept("names", 1)), ((50, 50, 0), (50, 50, 0)));
    // 12 of 17 female-stereotyped professions are one token.
    assert_eq!((kept("professions", 0), kept("professions", 1)), ((17, 12, 5), (17, 12, 5)));
    // All nouns but three have both numbers, each after two words.
    assert_eq!(kept("template", 0), (26, 20, 6));
}

#[test]
fn anti_stereotyped_pairs_exchange_prompts_and_keep_answers() {
    let [stereotyped, anti] = [0, 1].map(|list| demo_data("professions", list).examples);
    for (one, other) in stereotyped.iter().zip(&anti) {
        assert_eq!((one.line, &one.clean, &one.patch), (other.line, &other.patch, &other.clean));
        assert_eq!((one.clean_answer, one.patch_answer), (other.clean_answer, other.patch_answer));
    }
}

fn saescope(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    command.args(arguments).current_dir(folder).env("XDG_CONFIG_HOME", folder.join("config"));
    command.output().unwrap()
}

fn stdout(folder: &Path, arguments: &[&str]) -> String {
    let output = saescope(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = saescope(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn studies_are_listed_with_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(folder.path(), &["studies"]);
    for (name, views) in
        [("names", "male, female, baseline"), ("professions", "stereotyped, anti-stereotyped"), ("template", "singular, plural")]
    {
        assert!(text.lines().any(|line| line.starts_with(name) && line.contains(views)), "{name}: {text}");
    }
    let own = folder.path().join("config/saescope/studies");
    fs::create_dir_all(&own).unwrap();
    stdout(folder.path(), &["studies", "new", own.join("mine.toml").to_str().unwrap()]);
    assert!(stdout(folder.path(), &["studies"]).lines().any(|line| line.starts_with("mine") && line.ends_with("Number")));
    fs::write(own.join("wrong.toml"), "views = 1\n").unwrap();
    let output = saescope(folder.path(), &["studies"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stdout).unwrap().contains("mine"));
    assert!(String::from_utf8(output.stderr).unwrap().contains("wrong.toml:1: 'views' is a number"));
}

#[test]
fn a_new_study_is_written_once_and_works() {
    let folder = tempfile::tempdir().unwrap();
    assert!(stdout(folder.path(), &["studies", "new", "mine.toml"]).starts_with("wrote mine.toml"));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/studies/template.toml");
    assert_eq!(fs::read(folder.path().join("mine.toml")).unwrap(), fs::read(shipped).unwrap());
    fs::write(folder.path().join("mine.toml"), "mine").unwrap();
    let problem = refused(folder.path(), &["studies", "new", "mine.toml"]);
    assert_eq!(problem, "error: mine.toml: is there already; choose another file name\n");
    assert_eq!(fs::read(folder.path().join("mine.toml")).unwrap(), b"mine");
    assert!(refused(folder.path(), &["studies", "new", "no/mine.toml"]).contains("no/mine.toml: cannot be written"));
    stdout(folder.path(), &["studies", "new", "again.toml"]);
    assert!(stdout(folder.path(), &["studies", "show", "again.toml"]).starts_with("again: Number\n"));
}

#[test]
fn a_study_is_shown_with_its_views_tags_and_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(folder.path(), &["studies", "show", "names"]);
    for part in ["data/names.json, reversed", "he-prompt", "compared first: male and baseline", "female pronoun"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let pairs = |view: &str| {
        let text = stdout(folder.path(), &["studies", "show", "names", "--pairs", view]);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let (male, female) = (pairs("male"), pairs("female"));
    assert_eq!((male.len(), female.len()), (50, 50));
    for (male, female) in male.iter().zip(&female) {
        for part in ["prefix", "answer"] {
            let [clean, patch] = [format!("clean_{part}"), format!("patch_{part}")];
            assert_eq!((&male[&clean], &male[&patch]), (&female[&patch], &female[&clean]));
        }
    }
    let problem = refused(folder.path(), &["studies", "show", "names", "--pairs", "neutral"]);
    assert_eq!(problem, "error: view 'neutral': is not one of the study 'names'; use male, female, baseline\n");
    assert!(refused(folder.path(), &["studies", "show", "nams"]).starts_with("error: study 'nams': is not known; use names,"));
}
