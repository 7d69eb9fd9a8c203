//! The small study of GPT-2 with residual dictionaries, from its files through the built program to exported effects: the
//! dictionaries read centred activations and were trained with a BOS token, and attention and MLP have none.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use saescope::core::run::Run;
use saescope::store::run_file;
use serde_json::Value;

use super::golden::{GRADIENT_TOLERANCE, Golden, TOLERANCE, assert_close};
use super::host;

const SITES: [&str; 3] = ["resid_0", "resid_1", "resid_2"];
const FEATURES: usize = 128;
const POSITIONS: usize = 5;
const PAIRS: usize = 8;

fn saescope(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    let output = command.args(arguments).current_dir(folder).env("XDG_DATA_HOME", folder.join("data")).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The study's prompts, without BOS, as lines of token ids.
fn write_pairs(path: &Path) {
    let prompts: Value = serde_json::from_slice(&fs::read(host("gpt2/study/prompts.json")).unwrap()).unwrap();
    let names = &prompts["names"];
    let lines = (0..PAIRS).fold(String::new(), |mut lines, pair| {
        let line = serde_json::json!({
            "clean_prefix": names["clean"][pair], "patch_prefix": names["patch"][pair],
            "clean_answer": names["answer_clean"][pair], "patch_answer": names["answer_patch"][pair],
        });
        writeln!(lines, "{line}").unwrap();
        lines
    });
    fs::write(path, lines).unwrap();
}

/// Runs the study by `method`; returns what the program said, the run and its export.
fn study(method: &str) -> (String, Run, Value) {
    let folder = tempfile::tempdir().unwrap();
    write_pairs(&folder.path().join("pairs.json"));
    let [model, dictionaries] = ["gpt2/model_hub", "gpt2/study/dictionaries"].map(|path| host(path).display().to_string());
    let run = ["run", "--model", &model, "--dictionaries", &dictionaries, "--pairs", "pairs.json", "--method", method];
    let said = saescope(folder.path(), &[&run[..], &["--detail", "100000", "--output", "run"]].concat());
    let view = "male";
    let exported = saescope(folder.path(), &["export", "run", "--view", view, "--threshold", "0", "--format", "json"]);
    let read = run_file::read(&folder.path().join("run")).unwrap();
    (said, read, serde_json::from_str(&exported).unwrap())
}

/// The exported effect of every feature, `[FEATURES]`; a feature that is not listed has none.
fn effects(exported: &Value, site: &str) -> Vec<f32> {
    let mut effects = vec![0.0; FEATURES];
    for feature in exported["features"].as_array().unwrap() {
        if feature["submodule"] == site {
            effects[feature["index"].as_u64().unwrap() as usize] = feature["effect"].as_f64().unwrap() as f32;
        }
    }
    effects
}

#[test]
fn node_effects_and_error_terms_from_files_to_the_export() {
    let golden = Golden::open("gpt2/study/ig_names.safetensors");
    for (method, node, error) in [("ig", "node", "node_error"), ("attrib", "attrib_node", "attrib_node_error")] {
        let (said, run, exported) = study(method);
        assert!(said.contains("every prompt begins with the BOS token #119 (number 119)"), "{said}");
        assert_eq!(run.manifest.dictionaries.iter().map(|record| record.submodule.as_str()).collect::<Vec<_>>(), SITES);
        for site in SITES {
            let name = format!("{node}.{site}");
            assert_close(&name, GRADIENT_TOLERANCE, &effects(&exported, site), &golden.get(&name));
        }
        let errors = SITES.map(|site| exported["errors"][site]["effect"].as_f64().unwrap() as f32);
        let expected = SITES.map(|site| golden.get(&format!("{error}.{site}"))[0]);
        assert_close(error, GRADIENT_TOLERANCE, &errors, &expected);
    }
}

/// Effects at single tokens, codes on both sides, metrics and totals, pair by pair in the order of the file.
#[test]
fn effects_at_single_tokens() {
    let golden = Golden::open("gpt2/study/ig_names.safetensors");
    let (_, run, _) = study("ig");
    let view = &run.views[0];
    // The run has the pairs in shuffled order.
    let pairs: Vec<usize> = run.manifest.data[0].examples.iter().map(|example| example.line - 1).collect();
    let examples = &run.manifest.data[0].examples;
    assert!(examples.iter().all(|example| example.clean_tokens[0] == 119 && example.patch_tokens[0] == 119));
    for (name, metrics) in [("metric_clean", &view.clean_metrics), ("metric_patch", &view.patch_metrics)] {
        let mut in_order = vec![0.0; PAIRS];
        pairs.iter().zip(metrics).for_each(|(pair, metric)| in_order[*pair] = *metric);
        assert_close(name, TOLERANCE, &in_order, &golden.get(name));
    }
    let detail = &view.detail;
    let mut found: HashMap<&str, [Vec<f32>; 3]> = HashMap::new();
    for (entry, feature) in detail.entry_features.iter().enumerate() {
        let feature = detail.features[*feature as usize];
        let submodule = feature.submodule.to_string();
        let site = SITES.into_iter().find(|site| *site == submodule).unwrap();
        let arrays = found.entry(site).or_insert_with(|| std::array::from_fn(|_| vec![0.0; PAIRS * POSITIONS * FEATURES]));
        let row = pairs[detail.entry_examples[entry] as usize] * POSITIONS + detail.entry_positions[entry] as usize;
        let place = row * FEATURES + feature.index.0 as usize;
        for (array, values) in arrays.iter_mut().zip([&detail.entry_effects, &detail.entry_clean, &detail.entry_patch]) {
            array[place] = values[entry];
        }
    }
    for site in SITES {
        let [effects, clean, patch] = &found[site];
        assert_close(&format!("effect.{site}"), GRADIENT_TOLERANCE, effects, &golden.get(&format!("effect.{site}")));
        // Codes are kept where a feature has an effect.
        let [golden_clean, golden_patch] = ["clean", "patch"].map(|side| golden.get(&format!("f_{side}.{site}")));
        let has_effect: Vec<bool> = golden.get(&format!("effect.{site}")).iter().map(|effect| effect.abs() > 0.0).collect();
        assert!(has_effect.contains(&true) && has_effect.contains(&false), "{site}");
        for (name, codes, golden) in [("f_clean", clean, &golden_clean), ("f_patch", patch, &golden_patch)] {
            let [codes, golden] = [codes, golden].map(|values| {
                values
                    .iter()
                    .zip(&has_effect)
                    .map(|(value, has_effect)| if *has_effect { *value } else { 0.0 })
                    .collect::<Vec<f32>>()
            });
            assert_close(&format!("{name}.{site}"), TOLERANCE, &codes, &golden);
        }
    }
}

/// The dictionaries of the study, of which `change` makes others, and what a run over them says.
fn said_of(folder: &Path, change: &dyn Fn(&Path), more: &[&str]) -> String {
    let dictionaries = folder.join("dictionaries");
    for name in ["blocks.1.hook_resid_pre", "blocks.2.hook_resid_pre", "blocks.2.hook_resid_post"] {
        fs::create_dir_all(dictionaries.join(name)).unwrap();
        for file in ["cfg.json", "sae_weights.safetensors"] {
            fs::copy(host("gpt2/study/dictionaries").join(name).join(file), dictionaries.join(name).join(file)).unwrap();
        }
    }
    change(&dictionaries);
    write_pairs(&folder.join("pairs.json"));
    let model = host("gpt2/model_hub").display().to_string();
    let run = ["run", "--model", &model, "--dictionaries", "dictionaries", "--pairs", "pairs.json", "--method", "attrib"];
    saescope(folder, &[&run[..], more, &["--output", "run"]].concat())
}

/// Sets keys in the metadata of a dictionary.
fn set(dictionary: &Path, keys: &Value) {
    let path = dictionary.join("cfg.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["metadata"].as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    fs::write(path, config.to_string()).unwrap();
}

#[test]
fn a_run_in_parts_says_of_its_dictionaries_what_the_whole_run_says() {
    let raw = |dictionaries: &Path| {
        let keys = serde_json::json!({"model_from_pretrained_kwargs": {}});
        fs::read_dir(dictionaries).unwrap().for_each(|folder| set(&folder.unwrap().path(), &keys));
    };
    let said = |more: &[&str]| said_of(tempfile::tempdir().unwrap().path(), &raw, more);
    let (whole, parts) = (said(&[]), said(&["--parts", "4"]));
    let rows = |said: &str| said.lines().filter(|line| line.starts_with("resid_")).take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&parts), rows(&whole), "{parts}");
    for words in ["explain less than 50 % of the", "It fits best at resid_2, centred", "-2651.4 %"] {
        assert!(whole.contains(words) && parts.contains(words), "{words}: {parts}");
    }
    assert_eq!(parts.matches("It fits best").count(), whole.matches("It fits best").count(), "{parts}");
}

#[test]
fn a_dictionary_a_block_early_is_named_though_it_explains_more_than_half() {
    let folder = tempfile::tempdir().unwrap();
    let early = |dictionaries: &Path| {
        fs::remove_dir_all(dictionaries.join("blocks.1.hook_resid_pre")).unwrap();
        let hooks =
            [("blocks.2.hook_resid_pre", "blocks.1.hook_resid_pre"), ("blocks.2.hook_resid_post", "blocks.2.hook_resid_pre")];
        for (name, hook) in hooks {
            set(&dictionaries.join(name), &serde_json::json!({"hook_name": hook}));
        }
    };
    let said = said_of(folder.path(), &early, &[]);
    for words in ["It fits best at resid_1, centred", "It fits best at resid_2, centred"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // The right ones are not spoken of.
    let folder = tempfile::tempdir().unwrap();
    assert!(!said_of(folder.path(), &|_| {}, &[]).contains("It fits"));
}

/// Makes another dictionary of the one in a folder.
type Change = Box<dyn Fn(&Path)>;

#[test]
fn folders_that_look_like_dictionaries_and_are_not_used_are_named() {
    let of_key = |key: &'static str, value: Value| {
        move |folder: &Path| {
            set(folder, &serde_json::json!({key: value}));
        }
    };
    let remove = |file: &'static str| move |folder: &Path| fs::remove_file(folder.join(file)).unwrap();
    let rename =
        |to: &'static str| move |folder: &Path| fs::rename(folder.join("sae_weights.safetensors"), folder.join(to)).unwrap();
    let weights = "but no sae_weights.safetensors (SAELens)";
    let cases: [(Change, &str); 8] = [
        (Box::new(remove("cfg.json")), "holds sae_weights.safetensors, but no cfg.json (SAELens)"),
        (Box::new(remove("sae_weights.safetensors")), weights),
        (Box::new(rename("sae_weights.safetensors.incomplete")), weights),
        (Box::new(rename("sae_weights.pt")), "holds cfg.json, sae_weights.pt, but no sae_weights.safetensors (SAELens)"),
        (Box::new(of_key("hook_name", Value::Null)), "says no place: it has no hook_name"),
        (Box::new(of_key("hook_name", "blocks.1.hook_new".into())), "says the place 'blocks.1.hook_new' (hook_name)"),
        (Box::new(of_key("hook_name", "blocks.1.hook_resid_mid".into())), "writes the residual stream in the middle of layer 1"),
        (
            Box::new(of_key("hook_name", "blocks.9.hook_resid_pre".into())),
            "is of resid_8, which a model of 3 layers does not have",
        ),
    ];
    for (change, says) in cases {
        let folder = tempfile::tempdir().unwrap();
        let said = said_of(folder.path(), &|dictionaries| change(&dictionaries.join("blocks.1.hook_resid_pre")), &[]);
        let note = said.lines().find(|line| line.contains("not used: ")).unwrap_or_else(|| panic!("{says}: {said}"));
        assert!(note.contains("blocks.1.hook_resid_pre") && note.contains(says), "{says}: {note}");
    }
    // Of those that nobody asked for nothing is said.
    let folder = tempfile::tempdir().unwrap();
    assert!(!said_of(folder.path(), &|_| {}, &["--layers", "1"]).contains("not used"));
}

#[test]
fn too_many_folders_beside_named_dictionaries_are_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let named = |dictionaries: &Path| {
        let names = [
            ("blocks.1.hook_resid_pre", "0-res-x"),
            ("blocks.2.hook_resid_pre", "1-res-x"),
            ("blocks.2.hook_resid_post", "2-res-x"),
        ];
        names.iter().for_each(|(place, name)| fs::rename(dictionaries.join(place), dictionaries.join(name)).unwrap());
        (0..20_100).for_each(|number| fs::create_dir(dictionaries.join(number.to_string())).unwrap());
    };
    let said = said_of(folder.path(), &named, &["--sites", "resid"]);
    let note = said.lines().find(|line| line.contains("not looked into")).unwrap_or_else(|| panic!("{said}"));
    assert!(note.contains("holds more than 20000 folders") && folder.path().join("run").exists(), "{said}");
}

#[test]
fn prompts_that_begin_with_bos_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = said_of(folder.path(), &|_| {}, &[]);
    assert!(!said.contains("of their own"), "{said}");
    let pairs = fs::read_to_string(folder.path().join("pairs.json")).unwrap();
    fs::write(folder.path().join("bos.json"), pairs.replace("prefix\":[", "prefix\":[119,")).unwrap();
    let model = host("gpt2/model_hub").display().to_string();
    let run = ["run", "--model", &model, "--dictionaries", "dictionaries", "--pairs", "bos.json", "--method", "attrib"];
    let said = saescope(folder.path(), &[&run[..], &["--output", "other"]].concat());
    assert!(said.contains("the prompts of 8 of 8 pairs begin with a BOS token of their own"), "{said}");
}

/// What is said when inputs are opened is said of the run file as well, and of the merged file of its shards: each note once.
#[test]
fn notes_on_inputs_stay_in_the_run_file_and_in_what_is_merged() {
    let folder = tempfile::tempdir().unwrap();
    said_of(folder.path(), &|dictionaries| fs::remove_file(dictionaries.join("blocks.1.hook_resid_pre/cfg.json")).unwrap(), &[]);
    let pairs = fs::read_to_string(folder.path().join("pairs.json")).unwrap();
    fs::write(folder.path().join("bos.json"), pairs.replace("prefix\":[", "prefix\":[119,")).unwrap();
    let model = host("gpt2/model_hub").display().to_string();
    let run = ["run", "--model", &model, "--dictionaries", "dictionaries", "--pairs", "bos.json", "--method", "attrib"];
    let said = saescope(folder.path(), &[&run[..], &["--output", "whole"]].concat());
    let opened = said.split("\ndictionary ").next().unwrap();
    let notes: Vec<&str> =
        opened.lines().filter(|line| line.starts_with("note: ") && !line.starts_with("note: memory")).collect();
    for part in ["not used: ", "every prompt begins with the BOS token", "begin with a BOS token of their own"] {
        assert!(notes.iter().any(|note| note.contains(part)), "{part}: {said}");
    }
    for number in ["1", "2"] {
        saescope(folder.path(), &[&run[..], &["--shard", &format!("{number}/2"), "--output", &format!("part{number}")]].concat());
    }
    let merged = saescope(folder.path(), &["merge", "part1", "part2", "--output", "merged"]);
    let (whole, of_merged) = (saescope(folder.path(), &["check", "whole"]), saescope(folder.path(), &["check", "merged"]));
    saescope(folder.path(), &["report", "merged", "--output", "page.html"]);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    let unwrapped = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for note in notes {
        for said in [&merged, &whole, &of_merged] {
            assert_eq!(unwrapped(said).matches(note).count(), 1, "{note}: {said}");
        }
        let note = note.strip_prefix("note: ").unwrap();
        assert_eq!(page.matches(&format!("<dd>{note}</dd>")).count(), 1, "{note}");
    }
}
