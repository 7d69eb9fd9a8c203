//! The demo's concept: its strongest features against control sets, on the built program.

use serde::Deserialize;
use serde_json::Value;

use super::command::{parsed, stdout};
use super::manual::says;

/// The strongest gender features remove more of the bias than 20 random and than 20 stratified sets of as many features.
#[test]
#[allow(clippy::print_stdout, reason = "shown with --nocapture: the figures behind the verdict")]
fn the_strongest_features_remove_more_bias_than_control_sets() {
    let folder = tempfile::tempdir().unwrap();
    stdout(folder.path(), &["run", "--examples", "12", "--output", "run"]);
    let curve = ["ablate", "run", "--view", "male", "--curve", "--top-k", "5", "--way", "resample", "--format", "json"];
    let found = parsed(folder.path(), &curve);
    let rungs = found["curve"].as_array().unwrap();
    let sizes: Vec<u64> = rungs.iter().map(|rung| rung["features"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [1, 2, 3, 5]);
    for rung in rungs {
        let bias = rung["bias"]["mean"].as_f64().unwrap();
        for sampler in ["random", "stratified"] {
            let controls = &rung["controls"][sampler]["bias"];
            let sets: Vec<f64> = serde_json::from_value(controls["per_set"].clone()).unwrap();
            println!("{}: bias {bias:.3}, {sampler}: mean {}, {}", rung["features"], controls["mean"], controls["interval"]);
            assert_eq!(sets.len(), 20);
            assert!(sets.iter().all(|control| *control < bias), "bias {bias}, {sampler}: {sets:?}");
        }
    }
    let drawn = |name: &str| found["controls"][name].as_u64().unwrap();
    assert!(drawn("drawn_from") > 500 && drawn("seed") == 12, "{}", found["controls"]);
}

/// Ten features from the top of the list remove more of the bias than each of 20 random and 20 stratified sets of ten, and the predictions
/// on neutral text change less than under these sets on the mean.
#[test]
#[allow(clippy::print_stdout, reason = "shown with --nocapture: the figures behind the verdict")]
fn the_strongest_features_remove_more_bias_than_control_sets_at_less_damage() {
    let folder = tempfile::tempdir().unwrap();
    stdout(folder.path(), &["run", "--output", "run"]);
    for view in ["male", "female"] {
        let curve = ["ablate", "run", "--view", view, "--curve", "--top-k", "10", "--sizes", "10", "--side-effects", "all"];
        let found = parsed(folder.path(), &[&curve[..], &["--format", "json"]].concat());
        let [rung] = &found["curve"].as_array().unwrap()[..] else { panic!("{}", found["curve"]) };
        let mean = |score: &Value| score["mean"].as_f64().unwrap();
        let (bias, damage) = (mean(&rung["bias"]), mean(&rung["divergence"]));
        let [low, _] = <[f64; 2]>::deserialize(&rung["bias"]["interval"]).unwrap();
        for sampler in ["random", "stratified"] {
            let controls = &rung["controls"][sampler];
            let sets = <Vec<f64>>::deserialize(&controls["bias"]["per_set"]).unwrap();
            println!("{view}: bias {bias:.3} {}, divergence {damage:.6}; {sampler}: {}", rung["bias"]["interval"], controls);
            assert!(
                sets.len() == 20 && sets.iter().all(|control| *control < low),
                "{view}, {sampler}: bias from {low}, {sets:?}"
            );
            assert!(damage < mean(&controls["divergence"]), "{view}, {sampler}: {damage}, {}", controls["divergence"]);
        }
        if view == "male" {
            let random = &rung["controls"]["random"];
            let ends = |score: &Value| <[f64; 2]>::deserialize(&score["interval"]).unwrap();
            let ([low, high], [least, most]) = (ends(&rung["bias"]), ends(&random["bias"]));
            let [least_damage, most_damage] = ends(&random["divergence"]);
            let per_set = |score: &Value| <Vec<f64>>::deserialize(&score["per_set"]).unwrap();
            let sets: Vec<(f64, f64)> = per_set(&random["bias"]).into_iter().zip(per_set(&random["divergence"])).collect();
            let harmless: Vec<f64> = sets.iter().filter(|(_, other)| *other <= damage).map(|(bias, _)| *bias).collect();
            let strongest = harmless.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let controls = format!("{:.3} ({least:.3} .. {most:.3})", mean(&random["bias"]));
            let damages = format!("{:.4} ({least_damage:.4} .. {most_damage:.4})", mean(&random["divergence"]));
            says(
                "causal",
                &format!(
                    "the ten strongest features remove {bias:.3} ({low:.3} .. {high:.3}) of the bias at a divergence of {damage:.5} nats a \
                     token; 20 random sets of ten remove {controls} at {damages}. {} of these sets do no more damage than the strongest features, and \
                     remove at most {strongest:.3}.",
                    harmless.len()
                ),
            );
        }
    }
}

/// How near both approximations come to exact effects on the demo, and what its strongest feature does by itself, is what the manual says.
#[test]
fn the_manual_says_how_good_the_approximation_is() {
    let folder = tempfile::tempdir().unwrap();
    stdout(folder.path(), &["run", "--output", "run"]);
    for count in ["5", "20", "50"] {
        let compared = parsed(folder.path(), &["compare-methods", "run", "--top-k", count, "--format", "json"]);
        let agreement = |method: &str| &compared["agreement"][method];
        let [ig, attrib] = ["ig", "attrib"].map(|method| agreement(method)["pearson"].as_f64().unwrap());
        says("causal", &format!("| {count} | {ig:.2} | {attrib:.2} |"));
        assert_eq!(
            (&agreement("ig")["other_sign"], &agreement("attrib")["other_sign"]),
            (&0.into(), &0.into()),
            "no sign differs"
        );
    }
    let found = parsed(folder.path(), &["ablate", "run", "--each", "--top-k", "1", "--format", "json"]);
    let (removed, bias) = (&found["features"][0]["bias_zero"], &found["F_M"]["mean"]);
    let [low, high] = <[f64; 2]>::deserialize(&removed["interval"]).unwrap();
    let [removed, bias] = [&removed["mean"], bias].map(|number| number.as_f64().unwrap());
    says("causal", &format!("\"taken out: removes {removed:+.4} ({low:+.3} .. {high:+.3}) of the bias {bias:+.4}\""));
}

/// Side effects have the other direction, another study's pairs and neutral text, and a way without values there says so.
#[test]
fn side_effects_are_reported_beside_every_set() {
    let folder = tempfile::tempdir().unwrap();
    stdout(folder.path(), &["run", "--examples", "8", "--output", "run"]);
    let list = ["ablate", "run", "--top-k", "3", "--format", "json"];
    let found = parsed(folder.path(), &[&list[..], &["--also", "professions"]].concat());
    let side_effects = &found["side_effects"];
    let set = &side_effects["sets"]["list"];
    let views: Vec<&String> = set["bias"].as_object().unwrap().keys().collect();
    assert!(views.len() > 2 && ["female", "baseline"].iter().all(|view| views.iter().any(|name| name == view)), "{views:?}");
    assert!(views.iter().any(|view| view.starts_with("professions: ")), "{views:?}");
    assert!(set["neutral_text"]["divergence"]["mean"].as_f64().unwrap() > 0.0);
    assert!(side_effects["neutral_text"]["texts"] == 60 && side_effects["neutral_text"]["corpus"] == "data/neutral.txt");
    let resampled = parsed(folder.path(), &[&list[..], &["--way", "resample"]].concat());
    assert_eq!(resampled["side_effects"]["neutral_text"], Value::Null);
    std::fs::write(folder.path().join("texts"), "The train was late.\n[5, 6, 7, 8]\n").unwrap();
    let curve = ["ablate", "run", "--curve", "--top-k", "3", "--controls", "2", "--corpus", "texts"];
    let text = stdout(folder.path(), &curve);
    assert!(text.contains("knee") && text.contains("of 2 texts") && text.contains(" ┤●") && !text.contains("<="), "{text}");
    assert!(stdout(folder.path(), &[&curve[..], &["--side-effects", "all"]].concat()).contains("<="));
    // Steering has them, too, and what was turned off is not there.
    let steer =
        ["steer", "run", "--feature", "resid_1/374", "--coefficients=-5,0,5", "--no-scan", "--tokens", "0", "--format", "json"];
    let steered = parsed(folder.path(), &steer);
    let of =
        |coefficient: &str| steered["side_effects"]["sets"][coefficient]["neutral_text"]["divergence"]["mean"].as_f64().unwrap();
    assert!(of("5") > 1e-4 && of("-5") > 1e-4 && of("0") == 0.0, "{}", steered["side_effects"]["sets"]);
    assert!(steered["side_effects"]["sets"]["5"]["bias"]["female"]["mean"].is_number(), "{}", steered["side_effects"]["sets"]);
    let without = parsed(folder.path(), &[&steer[..], &["--side-effects", "none"]].concat());
    assert!(without.get("side_effects").is_none());
}
