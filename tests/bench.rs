//! `saescope bench` as a user runs it, with so little to do that it ends soon.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments.split(' ')).output().unwrap()
}

fn saescope(arguments: &str) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_figures_are_one_json_object() {
    let report: Value = serde_json::from_str(&saescope("bench ui --features 2000 --keys 50 --idle --json")).unwrap();
    // 18 dictionaries of 112 features.
    assert_eq!((&report["features"], &report["rows"], &report["busy"]), (&2000.into(), &2016.into(), &false.into()));
    assert_eq!(report["studies"], Value::Null);
    assert_eq!(report["key_to_frame_ms"]["count"], 50);
    for figures in ["key_to_frame_ms", "frame_ms", "frame_bytes", "update_ms"] {
        let figure = |name: &str| report[figures][name].as_f64().unwrap();
        assert!(figure("median") <= figure("p99") && figure("p99") <= figure("max"), "{figures}");
        assert!(figure("max") > 0.0, "{figures}");
    }
    for claim in ["key_to_frame_p99_below_16_ms", "frame_median_below_3_ms", "frame_p99_below_3_ms"] {
        assert!(report["holds"][claim].is_boolean(), "{claim}");
    }
    let kinds = report["kinds"].as_object().unwrap();
    let keys: u64 = kinds.values().map(|kind| kind["key_to_frame_ms"]["count"].as_u64().unwrap()).sum();
    assert_eq!(keys, 50);
}

#[test]
fn people_get_tables_and_the_claims() {
    let text = saescope("bench ui --features 2000 --keys 20 --idle");
    for said in ["rows: 2016", "engine: idle", "key to frame (ms)", "key to frame p99 < 16 ms: ", "frame p99 < 3 ms: "] {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn the_engine_is_held_against_its_floor() {
    let report: Value = serde_json::from_str(&saescope("bench --examples 4 --runs 2 --json")).unwrap();
    assert_eq!((&report["runs"], &report["pairs"], &report["backend"]), (&2.into(), &4.into(), &"ndarray".into()));
    let median = |key: &str| report[key]["median"].as_f64().unwrap();
    let parts = ["plain_runs_s", "encoders_s", "decoder_rows_s", "paths_s", "effects_s"].map(median);
    assert!(parts.iter().all(|part| *part > 0.0) && median("attribution_s") > 0.0, "{report}");
    assert!(median("rate_of_layers_gf_s") > 0.0 && median("floor_s") > 0.0 && median("ratio_to_floor") > 0.0, "{report}");
}

#[test]
fn more_pairs_make_a_table_and_figures() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("figures");
    saescope(&format!("bench pairs --counts 6,3 --steps 2 --runs 2 --output {}", output.display()));
    let read = |name: &str| std::fs::read_to_string(output.join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("pairs.json")).unwrap();
    let counts = report["counts"].as_array().unwrap();
    let pairs: Vec<u64> = counts.iter().map(|count| count["pairs"].as_u64().unwrap()).collect();
    assert_eq!(pairs, [3, 6]);
    for count in counts {
        let figure = |name: &str| count["attribution_seconds"][name].as_f64().unwrap();
        assert!(figure("count") > 1.0 && figure("median") > 0.0 && figure("median") <= figure("max"), "{count}");
    }
    assert!(read("pairs.md").lines().filter(|line| line.starts_with('|')).count() == 4, "{}", read("pairs.md"));
    let output = run(&format!("bench pairs --counts 51 --output {}", output.display()));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("--counts 51: only 50 pairs are there"), "{error}");
}

#[test]
fn computing_again_uses_what_is_remembered() {
    let report: Value = serde_json::from_str(&saescope("bench again --examples 5 --runs 1 --json")).unwrap();
    let figure = |change: &str, key: &str| report[change][key].as_u64().unwrap();
    // Both directions of a pair share what they have of each layer's output: 4 layers, 4 pairs.
    assert_eq!(figure("first", "remembered"), 4 * 4);
    assert!(figure("one_more_pair", "remembered") > figure("one_more_pair", "computed"));
    assert_eq!((figure("same_again", "computed"), figure("method_attrib", "computed")), (0, 0));
    assert_eq!(figure("one_more_step", "computed"), 5 * (3 * 12 - 4));
}
