//! Files of former versions stay readable: runs of format 1, which knew one study, and the tags that came with them.
//!
//! `fixtures/format-1` was written by the version before studies became data: runs of the demo model over two pairs of names, with a
//! baseline (`names`, and as shards) and over three pairs without one (`pairs`), tags, and exports of the first run.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use saescope::core::run::FORMAT;
use saescope::core::tags::{Scope, json};
use saescope::core::view::{Direction, View};
use saescope::store::run_file;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1").join(name)
}

fn saescope(arguments: &str) -> String {
    // No folder of the user: tags of the machine's own user are no part of the test.
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    command.args(arguments.split(' ')).current_dir(fixture("")).env("XDG_DATA_HOME", home.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_run_of_the_one_study_opens_as_a_run_of_the_study_of_names() {
    let run = run_file::read(&fixture("names.safetensors")).unwrap();
    let study = &run.manifest.study;
    assert_eq!((run.manifest.format, study.names()), (FORMAT, vec!["male", "female", "baseline"]));
    assert_eq!(study.view(View(1)).direction, Direction::Reversed);
    assert_eq!(
        run.manifest.data.iter().map(|data| data.source.as_str()).collect::<Vec<_>>(),
        ["data/names.json", "data/baseline_names.json"]
    );
    assert_eq!(run.views.iter().map(|view| view.clean_metrics.len()).collect::<Vec<_>>(), [2, 2, 2]);
    assert!(saescope("check names.safetensors").contains("hold"));
}

#[test]
fn a_run_without_a_baseline_has_two_views_and_compares_them() {
    let run = run_file::read(&fixture("pairs.safetensors")).unwrap();
    assert_eq!(run.manifest.study.names(), ["male", "female"]);
    assert_eq!(run.manifest.study.compare, Some((View(0), View(1))));
    assert!(saescope("open pairs.safetensors --plain").contains("difference male-female"));
}

/// The exports of now hold all that the version wrote which wrote the run, letter by letter; more has been added, and the key `set` is called
/// `side` now, as on the screen. Neuronpedia's name of a place is left out where it has no page.
#[test]
fn exports_of_a_former_run_hold_what_they_held() {
    let read = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    let json = saescope("export names.safetensors --view difference --top-k 30 --format json");
    let former = read("names-difference.json").replace("\"set\":", "\"side\":");
    let [now, mut former] = [&json, &former].map(|text| serde_json::from_str::<Value>(text).unwrap());
    for feature in former["features"].as_array_mut().unwrap() {
        feature.as_object_mut().unwrap().remove("neuronpedia");
    }
    assert!(!former["features"].as_array().unwrap().is_empty());
    assert!(holds(&now, &former), "{now:#}");
    let csv = saescope("export names.safetensors --view male --threshold 0 --format csv");
    let (former, now) = (read("names-male.csv"), columns(&csv));
    let former = columns(&former);
    assert!(former.len() > 5 && former[0].len() > 100);
    let (of_site, others): (Vec<_>, Vec<_>) = former.iter().partition(|column| column[0] == "neuronpedia_layer");
    assert!(of_site.len() == 1 && others.iter().all(|column| now.contains(column)));
    let of_site = now.iter().find(|column| column[0] == "neuronpedia_layer").unwrap();
    assert!(of_site[1..].iter().all(|name| name.is_empty()), "{of_site:?}");
}

/// Whether `now` has every value of `former`; objects may have more keys.
fn holds(now: &Value, former: &Value) -> bool {
    match (now, former) {
        (Value::Object(now), Value::Object(former)) => {
            former.iter().all(|(key, value)| now.get(key).is_some_and(|now| holds(now, value)))
        }
        (Value::Array(now), Value::Array(former)) => {
            now.len() == former.len() && now.iter().zip(former).all(|(now, former)| holds(now, former))
        }
        (now, former) => now == former,
    }
}

/// The columns of a CSV text whose cells hold no commas, each with its heading.
fn columns(csv: &str) -> Vec<Vec<&str>> {
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

#[test]
fn former_shards_merge() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("whole.safetensors");
    saescope(&format!("merge shard-1.safetensors shard-2.safetensors --output {}", output.display()));
    let (merged, whole) = (run_file::read(&output).unwrap(), run_file::read(&fixture("names.safetensors")).unwrap());
    assert_eq!((&merged.manifest.data, &merged.manifest.study), (&whole.manifest.data, &whole.manifest.study));
    for (merged, whole) in merged.views.iter().zip(&whole.views) {
        assert!((merged.mean_total_effect() - whole.mean_total_effect()).abs() < 1e-5);
    }
}

#[test]
fn former_tags_are_read_and_written_as_they_were() {
    let text = std::fs::read_to_string(fixture("tags.json")).unwrap();
    let book = json::from_json(&text, "tags.json").unwrap();
    let said: Vec<String> = book
        .entries()
        .map(|(feature, scope, marks)| {
            let tags: Vec<String> = marks.tags.iter().map(ToString::to_string).collect();
            format!("{feature} {scope} {} {} {}", tags.join(","), marks.rejected, marks.note)
        })
        .collect();
    assert_eq!(
        said,
        ["2-res-sm/174 male  true seen on names", "2-res-sm/294 male MN false ", "3-res-sm/490 everywhere FP false "]
    );
    assert!(book.entries().any(|(_, scope, _)| scope == Scope::Everywhere));
    assert_eq!(json::to_json(&book).unwrap(), text);
}
