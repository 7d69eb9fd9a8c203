//! `saescope bench` as a user runs it, with so little to do that it ends soon.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::process::Command;

use serde_json::Value;

fn saescope(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments.split(' ')).output().unwrap();
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
