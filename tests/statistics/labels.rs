//! `saescope import neuronpedia`: labels are kept, filtered by, exported, and only shown for the dictionaries that they are of.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::{demo_run, program, saescope};

/// An export with a label for each of `features`.
fn export(folder: &Path, source: &str, features: &[(u32, &str)]) {
    let lines = features.iter().fold(String::new(), |mut lines, (index, label)| {
        let line = serde_json::json!({
            "modelId": "saescope-demo", "layer": source, "index": index.to_string(), "description": label,
            "typeName": "np_max-act", "explanationModelName": "gpt-4o-mini", "embedding": [0.5, 0.25],
        });
        writeln!(lines, "{line}").unwrap();
        lines
    });
    let folder = folder.join("export").join(source).join("explanations");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("batch-0.jsonl"), lines).unwrap();
}

#[test]
fn imported_labels_are_listed_filtered_and_exported() {
    let folder = demo_run();
    let strongest = |filter: &str| -> Vec<Value> {
        let arguments = ["export", "run", "--threshold", "0", "--format", "json", "--filter", filter];
        let found: Value = serde_json::from_str(&saescope(folder.path(), &arguments)).unwrap();
        found["features"].as_array().unwrap().clone()
    };
    assert!(strongest("label~e").is_empty());
    let first = strongest("submodule=resid_3 and rank<=500").remove(0);
    let index = first["index"].as_u64().unwrap() as u32;
    assert_eq!(first["label"], "");
    export(folder.path(), "3-res-sm", &[(index, "words of Gender\u{1b}[31m"), (0, "verbs")]);
    let said = saescope(folder.path(), &["import", "neuronpedia", "export"]);
    assert!(said.contains("3-res-sm") && said.contains("np_max-act by gpt-4o-mini (2)") && said.contains("1 file in "), "{said}");
    let found = strongest("label~gender");
    assert_eq!((found.len(), &found[0]["feature"]), (1, &first["feature"]));
    assert_eq!(found[0]["label"], "words of Gender\\x1b[31m");
    assert_eq!(found[0]["site_largest_activation"], Value::Null);
    // The other file of the export adds to it.
    let line = format!("{{\"modelId\":\"saescope-demo\",\"layer\":\"3-res-sm\",\"index\":\"{index}\",\"maxActApprox\":2.5}}\n");
    std::fs::write(folder.path().join("features.jsonl"), line).unwrap();
    saescope(folder.path(), &["import", "neuronpedia", "features.jsonl"]);
    let found = strongest("label=gender");
    assert_eq!((found.len(), &found[0]["site_largest_activation"]), (1, &Value::from(2.5)));
    let markdown =
        saescope(folder.path(), &["export", "run", "--format", "markdown", "--filter", "label~gender", "--threshold", "0"]);
    assert!(markdown.contains("| label |") && markdown.contains("words of Gender"), "{markdown}");
    saescope(folder.path(), &["report", "run"]);
    assert!(std::fs::read_to_string(folder.path().join("run.html")).unwrap().contains("words of Gender"));
}

#[test]
fn labels_of_another_dictionary_are_left_out_and_named() {
    let folder = demo_run();
    export(folder.path(), "0-att-sm", &[(3, "fits"), (1_000_000, "of a wider one")]);
    export(folder.path(), "1-att-sm", &[(3, "fits")]);
    saescope(folder.path(), &["import", "neuronpedia", "export"]);
    let output = program(
        folder.path(),
        &["export", "run", "--threshold", "0", "--format", "names", "--filter", "label~fits or label~wider"],
    );
    let (names, note) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && names.lines().all(|name| name == "1-att-sm/3"), "{names}");
    assert!(note.contains("labels of attn_0 are of a dictionary with more than 1000000 features"), "{note}");
}

/// p and q of the test against chance are in exports and can be asked for.
#[test]
fn p_and_q_are_exported_and_filtered_by() {
    let folder = demo_run();
    let arguments = ["export", "run", "--threshold", "0.05", "--format", "json"];
    let all: Value = serde_json::from_str(&saescope(folder.path(), &arguments)).unwrap();
    let tests: Value =
        serde_json::from_str(&saescope(folder.path(), &["statistics", "run", "--threshold", "0.05", "--format", "json"]))
            .unwrap();
    let [all, tests] = [&all, &tests].map(|found| found["features"].as_array().unwrap());
    let mut small = 0;
    for (exported, tested) in all.iter().zip(tests) {
        for key in ["p", "q"] {
            let (exported, tested) = (exported[key].as_f64().unwrap(), tested[key].as_f64().unwrap());
            assert!((exported - tested).abs() <= 1e-6 * tested);
        }
        small += usize::from(tested["p"].as_f64().unwrap() < 0.02);
    }
    let names = saescope(folder.path(), &["export", "run", "--threshold", "0.05", "--format", "names", "--filter", "p<0.02"]);
    assert!(small > 0 && small < all.len(), "{small} of {}", all.len());
    assert_eq!(names.lines().count(), small);
}
