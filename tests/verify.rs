//! `saescope verify` against figures that a run's own numbers make: reproduced, off, or not comparable.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use saescope::core::effects::ViewEffects;
use saescope::core::neuronpedia::Reference;
use saescope::core::run::Run;
use saescope::core::selection::Selection;
use saescope::engine::identity::prompts_sha256;
use saescope::store::run_file;
use serde_json::{Map, Value, json};

fn saescope(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments.split(' ')).current_dir(folder).output().unwrap()
}

/// What a notebook would have printed of the run.
fn figures(run: &Run) -> Value {
    let view = |view: &ViewEffects| {
        let mut features = Map::new();
        for selected in support::select(view, Selection::Threshold(0.1)) {
            let submodule = features.entry(selected.feature.submodule.to_string()).or_insert_with(|| json!({}));
            submodule[selected.feature.index.0.to_string()] = json!(selected.effect);
        }
        json!({
            "clean_metric_mean": view.mean_clean_metric(),
            "total_effect_mean": view.mean_total_effect(),
            "total_effects": view.total_effects().collect::<Vec<f32>>(),
            "threshold_features": features,
        })
    };
    let tags = |view: &ViewEffects| {
        let strongest = support::select(view, Selection::TopK(30)).into_iter();
        strongest
            .map(|selected| {
                let reference = serde_json::to_value(Reference::new("m", selected.feature)).unwrap();
                json!({"layer": reference["layer"], "index": selected.feature.index.0, "rejected": false, "note": ""})
            })
            .collect::<Vec<_>>()
    };
    let [male, female, baseline] = [support::MALE, support::FEMALE, support::BASELINE].map(|kind| run.view(kind));
    let ids =
        |view| support::select(view, Selection::TopK(30)).into_iter().map(|selected| selected.feature).collect::<BTreeSet<_>>();
    let common = ids(male).intersection(&ids(baseline)).count();
    json!({
        "model": "m",
        "method": "ig",
        "steps": 10,
        "examples": male.clean_metrics.len(),
        "tokens": 3,
        "threshold": 0.1,
        "top_k": 30,
        "prompts_sha256": {
            "pairs": prompts_sha256(&run.manifest.data[0]),
            "baseline": prompts_sha256(&run.manifest.data[1]),
        },
        "views": {"male": view(male), "female": view(female), "baseline": view(baseline)},
        "comparison": {"differing": 60 - 2 * common, "common": common},
        "top30_tags": {"male": tags(male), "female": tags(female)},
    })
}

#[test]
fn a_run_reproduces_its_own_figures_and_no_others() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    assert!(saescope(folder, "run --tokens 3 --output run").status.success());
    let mut figures = figures(&run_file::read(&folder.join("run")).unwrap());
    let write = |figures: &Value| fs::write(folder.join("figures.json"), figures.to_string()).unwrap();
    write(&figures);
    let output = saescope(folder, "verify run --figures figures.json");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("all 18 figures are reproduced"), "{text}");
    let compared =
        "published: printed in figures.json; here: a run of this program, read from run, model saescope-demo, backend ";
    assert!(text.contains(compared), "{text}");

    // Computed again from files, with another batch size.
    for name in ["names", "baseline_names"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(format!("{name}.json"));
        fs::copy(from, folder.join(format!("{name}.json"))).unwrap();
    }
    let again = "verify --model demo --figures figures.json --pairs names.json --baseline baseline_names.json --batch 7";
    let output = saescope(folder, again);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(0) && text.contains("here: a run of this program, computed now, "), "{text}");

    figures["views"]["female"]["total_effects"][4] = json!(0.0);
    write(&figures);
    let output = saescope(folder, "verify run --figures figures.json");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("1 of 18 figures differ") && text.contains("largest in example 5"), "{text}");
}

#[test]
fn other_prompts_are_not_comparable() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    assert!(saescope(folder, "run --method attrib --output run").status.success());
    for (arguments, said) in [
        ("verify run", "are not the study's"),
        ("verify --model demo", "needs the study's own prompts"),
        ("verify missing", "is neither a file nor a kept run"),
        ("verify --model demo --pairs p --steps 3", "the study has 50 examples of 3 tokens and is computed by ig with 10 steps"),
        ("verify --model demo --pairs p --examples 3", "leave --method, --rule, --steps, --tokens and --examples out"),
    ] {
        let output = saescope(folder, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(said) && error.lines().count() == 1, "{arguments}: {error}");
    }
}
