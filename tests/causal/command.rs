//! The built program: `run`, then `ablate`, `steer` and `circuit` on the reference's model.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::support::{self, Prompts, reference};
use super::{assert_near, golden};

fn saescope(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    command.args(arguments).current_dir(folder).env("XDG_DATA_HOME", folder.join("data")).output().unwrap()
}

pub fn stdout(folder: &Path, arguments: &[&str]) -> String {
    let output = saescope(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub fn parsed(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(folder, arguments)).unwrap()
}

/// A folder with the run `run` of the reference's prompts, and its sets in `sets.json`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let prompts = Prompts::of("names");
    let line = |index: usize| {
        json!({
            "clean_prefix": prompts.clean[index], "patch_prefix": prompts.patch[index],
            "clean_answer": [prompts.clean_answer[index]], "patch_answer": [prompts.patch_answer[index]],
        })
    };
    let lines: String = (0..prompts.clean.len()).map(|index| line(index).to_string() + "\n").collect();
    std::fs::write(folder.path().join("pairs.json"), lines).unwrap();
    let [model, dictionaries] = ["model", "saelens"].map(|part| reference(part).display().to_string());
    let run = ["run", "--model", &model, "--dictionaries", &dictionaries, "--pairs", "pairs.json", "--output", "run"];
    stdout(folder.path(), &run);
    let sets = golden("ablation")["sets"].clone();
    let members = |value: &Value| -> Vec<String> {
        let features = value["features"].as_array().into_iter().flatten();
        let features = features.map(|pair| format!("{}/{}", pair[0].as_str().unwrap(), pair[1]));
        features
            .chain(value["submodules"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()))
            .collect()
    };
    let sets: serde_json::Map<String, Value> =
        sets.as_object().unwrap().iter().map(|(name, value)| (name.clone(), json!(members(value)))).collect();
    std::fs::write(folder.path().join("sets.json"), Value::Object(sets).to_string()).unwrap();
    folder
}

#[test]
fn the_run_s_own_model_gives_the_golden_numbers_and_another_is_refused() {
    let folder = folder();
    let arguments =
        ["ablate", "run", "--view", "male", "--set", "sets.json", "--way", "mean_position_patch", "--error", "clean_touched"];
    let found = parsed(folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    let golden = &golden("ablation")["names"]["mean_position_patch"]["clean_touched"];
    let lines: Vec<usize> = serde_json::from_value(found["lines"].clone()).unwrap();
    assert_eq!(found["sets"].as_object().unwrap().len(), 29);
    for (name, expected) in golden["sets"].as_object().unwrap() {
        let set = &found["sets"][name];
        for (key, tolerance) in [("faithfulness", 3e-3), ("completeness", 3e-3), ("bias", 3e-3)] {
            assert_near(&format!("{name} {key}"), set[key]["mean"].as_f64().unwrap(), expected[key].as_f64().unwrap(), tolerance);
        }
        for key in ["F_C", "F_Cbar"] {
            assert_near(
                &format!("{name} {key}"),
                set[key]["mean"].as_f64().unwrap(),
                expected[key]["mean"].as_f64().unwrap(),
                2e-4,
            );
            for (place, line) in lines.iter().enumerate() {
                let (found, golden) = (&set[key]["per_example"][place], &expected[key]["per_example"][line - 1]);
                assert_near(&format!("{name} {key} line {line}"), found.as_f64().unwrap(), golden.as_f64().unwrap(), 2e-4);
            }
        }
    }
    let text = stdout(folder.path(), &arguments);
    assert!(text.contains("the error of the clean prompt is kept") && text.contains("above 0.1"), "{text}");
    let refused = saescope(folder.path(), &["ablate", "run", "--set", "sets.json", "--model", "demo"]);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && message.contains("is not the run's"), "{message}");
}

#[test]
fn features_one_by_one_steering_and_edges() {
    let folder = folder();
    let each = parsed(folder.path(), &["ablate", "run", "--each", "--top-k", "5", "--format", "json"]);
    let expected = golden("ablation");
    let single = each["features"].as_array().unwrap().iter().find(|single| single["feature"] == "1-res-sm/364").unwrap();
    for (key, way) in [("bias_zero", "zero"), ("bias_resample", "resample")] {
        let golden = &expected["names"][way]["recomputed"]["sets"]["single resid_1"]["bias"];
        assert_near(key, single[key]["mean"].as_f64().unwrap(), golden.as_f64().unwrap(), 3e-3);
    }
    let steer = ["steer", "run", "--feature", "resid_1/364", "--coefficients=-20,60", "--samples", "1"];
    let steered = parsed(folder.path(), &[&steer[..], &["--format", "json"]].concat());
    let golden = &golden("steering")["runs"]["resid_1:364"];
    let flip = &steered["flip"]["positive"]["mean"]["coefficient"];
    assert_eq!(flip.as_f64(), golden["all"]["flip"]["positive"]["mean"]["coefficient"].as_f64());
    let lines: Vec<usize> = serde_json::from_value(steered["lines"].clone()).unwrap();
    for mode in ["all", "all_but_last", "every"] {
        for (place, line) in lines.iter().enumerate() {
            let (found, golden) =
                (&steered["continuations"]["60"][mode]["tokens"], &golden["continuations"]["60.0"][mode]["tokens"]);
            assert_eq!(found[place], golden[line - 1], "{mode}, line {line}");
        }
    }
    assert!(stdout(folder.path(), &steer).contains("all_but_last"));
    let circuit = ["circuit", "run", "--top-k", "6", "--edge-threshold", "0"];
    let edges = parsed(folder.path(), &[&circuit[..], &["--format", "json"]].concat());
    assert!(!edges["edges"].as_array().unwrap().is_empty() && edges["nodes"].as_array().unwrap().len() == 6);
    let graph = parsed(folder.path(), &[&circuit[..], &["--format", "neuronpedia-graph"]].concat());
    let ids: Vec<&Value> = graph["nodes"].as_array().unwrap().iter().map(|node| &node["node_id"]).collect();
    assert_eq!(graph["links"].as_array().unwrap().len(), edges["edges"].as_array().unwrap().len());
    let joined = |link: &Value| ids.contains(&&link["source"]) && ids.contains(&&link["target"]) && link["weight"].is_number();
    assert!(ids.len() == 6 && graph["links"].as_array().unwrap().iter().all(joined), "{graph}");
    for (part, keys) in [
        (&graph["metadata"], &["slug", "scan", "prompt_tokens", "prompt"][..]),
        (&graph["nodes"][0], &["node_id", "feature", "layer", "ctx_idx", "feature_type", "jsNodeId", "clerp"]),
        (&graph, &["metadata", "qParams", "nodes", "links"]),
    ] {
        assert!(keys.iter().all(|key| !part[key].is_null()), "{part} lacks one of {keys:?}");
    }
    let methods = parsed(folder.path(), &["compare-methods", "run", "--top-k", "6", "--format", "json"]);
    assert!(
        methods["features"].as_array().unwrap().len() == 6 && methods["error_terms"].as_object().unwrap().len() == 9,
        "{methods}"
    );
    for name in ["methods.svg", "methods.png", "methods.svg"] {
        let table = stdout(folder.path(), &["compare-methods", "run", "--top-k", "6", "--picture", name]);
        assert!(["Spearman", "at 0", "┤", "exact effect, logits"].iter().all(|part| table.contains(part)), "{table}");
    }
    let picture = std::fs::read_to_string(folder.path().join("methods.svg")).unwrap();
    for part in ["exact effect in the male view, logits", "equal effects", "by ig", "by attrib", "Run run of saescope", "List: "]
    {
        assert!(picture.contains(part), "{part} is missing: {picture}");
    }
    assert!(std::fs::read(folder.path().join("methods.png")).unwrap().starts_with(b"\x89PNG"));
    let search = parsed(folder.path(), &["ablate", "run", "--search", "--top-k", "3", "--format", "json"]);
    assert!(search["exhaustive"]["features"].is_array() && search["greedy"].is_array(), "{search}");
    let dot = stdout(folder.path(), &[&circuit[..], &["--format", "dot"]].concat());
    assert!(dot.starts_with("digraph") && dot.contains("->") && dot.contains("dashed: prediction"), "{dot}");
    let tree = stdout(folder.path(), &[&circuit[..], &["--format", "tree"]].concat());
    assert!(tree.contains("!: prediction and measurement"), "{tree}");
    let is_direct = |edge: &Value| !edge["direct"].is_null();
    let direct = edges["edges"].as_array().unwrap().iter().any(is_direct);
    assert!(tree.contains("· direct ") == direct && dot.contains("\\ndirect ") == direct, "{tree}{dot}");
}

#[test]
fn faults_are_one_line_with_a_remedy() {
    let folder = folder();
    std::fs::write(folder.path().join("bad.json"), r#"{"a": ["resid_9/1"]}"#).unwrap();
    std::fs::write(folder.path().join("ids.txt"), "[1, 2, 3]\n").unwrap();
    std::fs::write(folder.path().join("notes.svg"), "notes").unwrap();
    for (arguments, says) in [
        (vec!["ablate", "run", "--set", "bad.json"], "bad.json: set 'a'"),
        (vec!["ablate", "run", "--curve", "--top-k", "2", "--also", "professions"], "--also: is not measured along a curve"),
        (
            vec!["steer", "run", "--feature", "resid_1/1", "--side-effects", "none", "--corpus", "texts"],
            "--corpus: is for side effects",
        ),
        (vec!["ablate", "run", "--top-k", "2", "--way", "resample", "--corpus", "ids.txt"], "use zero or mean_all"),
        (
            vec!["ablate", "run", "--curve", "--top-k", "2", "--sizes", "1,3"],
            "--sizes 3: is more than the 2 features of the list; use at most 2",
        ),
        (vec!["ablate", "run", "--top-k", "2", "--corpus", "absent.txt"], "absent.txt"),
        (vec!["ablate", "run", "--set", "absent.json"], "absent.json"),
        (vec!["compare-methods", "run", "--picture", "a.txt"], "call it .svg or .png"),
        (vec!["compare-methods", "run", "--picture", "absent/a.svg"], "absent"),
        (vec!["compare-methods", "run", "--picture", "notes.svg"], "is no picture that saescope made"),
        (vec!["ablate", "run", "--view", "nobody", "--each"], "nobody"),
        (vec!["ablate", "run", "--threshold", "1000"], "has no feature"),
        (vec!["steer", "run", "--feature", "resid_1"], "one feature"),
        (
            vec!["steer", "run", "--feature", "resid_1/512"],
            "--feature 1-res-sm/512: its dictionary has 512 features; use an index from 0 to 511",
        ),
        (vec!["steer", "run", "--feature", "resid_1/1", "--positions", "5"], "0 to 4"),
    ] {
        let output = saescope(folder.path(), &arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && message.contains(says) && message.lines().count() == 1,
            "{arguments:?}: {message}"
        );
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("notes.svg")).unwrap(), "notes");
    assert!(support::reference("model").exists());
}

/// Writes `name`, the run with the first `count` dictionaries recorded as centred.
fn recorded_as_centred(folder: &Path, count: usize, name: &str) {
    let bytes = std::fs::read(folder.join("run")).unwrap();
    let (length, rest) = bytes.split_at(8);
    let (header, tensors) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
    let header = std::str::from_utf8(header).unwrap();
    let mut header = header.trim_end().replacen("b_dec subtracted", "b_dec subtracted, centred", count);
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat();
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// The files of a preset need not say that it is centred: its run does.
#[test]
fn a_run_in_another_frame_finds_its_dictionaries_or_is_refused() {
    let folder = folder();
    recorded_as_centred(folder.path(), 9, "centred");
    let ablate = |run: &'static str| ["ablate", run, "--top-k", "2", "--format", "json"];
    let [raw, centred] = ["run", "centred"].map(|run| parsed(folder.path(), &ablate(run)));
    assert_eq!(raw["F_M"]["mean"], centred["F_M"]["mean"]);
    assert_ne!(raw["F_empty"]["mean"], centred["F_empty"]["mean"]);
    recorded_as_centred(folder.path(), 1, "mixed");
    let refused = saescope(folder.path(), &ablate("mixed"));
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && message.contains("the run records ReLU, b_dec subtracted, centred"), "{message}");
}
