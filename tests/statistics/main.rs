//! Intervals, signs, exchange tests and correlations against golden numbers in float64. `fixtures/reference/causal/evidence.md` says what
//! these are.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod cards;
mod labels;
#[path = "../support/manual.rs"]
mod manual;
mod markup;
mod pictures;
mod report;
mod shuffled;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use saescope::core::pair_effects::PairEffects;
use saescope::core::statistics::bootstrap::{Bootstrap, Resamples, bootstrap};
use saescope::core::statistics::correlation::{pearson, spearman};
use saescope::core::statistics::discovery::benjamini_hochberg;
use saescope::core::statistics::exchange::{Patterns, turned};
use saescope::core::statistics::sample::{Signs, mean, standard_error, t_interval, t_test};
use saescope::core::statistics::{Interval, SEED};
use saescope::store::run_file;
use safetensors::SafeTensors;
use serde_json::{Value, json};
use support::Prompts;

const EXAMPLES: usize = 8;

/// The tensors of `statistics.safetensors`.
struct Tensors(Vec<u8>);

impl Tensors {
    fn open() -> Self {
        Self(fs::read(support::reference("causal/statistics.safetensors")).unwrap())
    }

    fn bytes<const N: usize>(&self, name: &str) -> Vec<[u8; N]> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        file.tensor(name).unwrap().data().chunks_exact(N).map(|bytes| bytes.try_into().unwrap()).collect()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.bytes(name).into_iter().map(f64::from_le_bytes).collect()
    }

    fn indices(&self, name: &str) -> Vec<i32> {
        self.bytes(name).into_iter().map(i32::from_le_bytes).collect()
    }

    fn stored_resamples(&self) -> Resamples {
        Resamples::given(EXAMPLES, self.bytes::<1>("bootstrap_indices").into_iter().map(|[place]| u32::from(place)).collect())
    }
}

fn golden() -> Value {
    serde_json::from_slice(&fs::read(support::reference("causal/statistics.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn close(what: &str, actual: f64, golden: &Value, tolerance: f64) {
    let golden = golden.as_f64().unwrap();
    assert!((actual - golden).abs() <= tolerance, "{what}: {actual}, golden {golden}");
}

fn close_ends(what: &str, actual: Interval, golden: &Value, tolerance: f64) {
    close(&format!("{what}, low"), actual.low, &golden[0], tolerance);
    close(&format!("{what}, high"), actual.high, &golden[1], tolerance);
}

/// With the stored resamples everything is equal up to the 13 digits of the file.
fn assert_given(what: &str, found: &Bootstrap, golden: &Value) {
    close_ends(&format!("{what} percentile"), found.percentile, &golden["percentile"], 1e-10);
    close_ends(&format!("{what} bca"), found.bca.unwrap(), &golden["bca"], 1e-9);
    close(&format!("{what} z0"), found.z0, &golden["z0"], 1e-9);
    close(&format!("{what} acceleration"), found.acceleration, &golden["acceleration"], 1e-10);
    close(&format!("{what} standard error"), found.standard_error, &golden["standard_error"], 1e-10);
}

/// The means of all 8^8 resamples of eight values, ascending, each with its share: every way to draw counts that add up to 8.
fn all_means(values: &[f64]) -> Vec<(f64, f64)> {
    fn spread(values: &[f64], left: u32, sum: f64, ways: f64, means: &mut Vec<(f64, f64)>) {
        let Some((value, others)) = values.split_first() else { return };
        let factorial = |count: u32| (1..=count).map(f64::from).product::<f64>();
        let counts = if others.is_empty() { left..=left } else { 0..=left };
        for count in counts {
            let (sum, ways) = (sum + f64::from(count) * value, ways / factorial(count));
            if others.is_empty() { means.push((sum / 8.0, ways)) } else { spread(others, left - count, sum, ways, means) }
        }
    }
    let mut means = Vec::new();
    spread(values, 8, 0.0, 40_320.0 / 8_f64.powi(8), &mut means);
    means.sort_by(|left, right| left.0.total_cmp(&right.0));
    means
}

/// The smallest mean whose share, with all below it, reaches `level`.
fn exact_quantile(means: &[(f64, f64)], level: f64) -> f64 {
    let mut share = 0.0;
    means
        .iter()
        .find(|(_, ways)| {
            share += ways;
            share >= level
        })
        .unwrap()
        .0
}

/// Resamples of our own come within the distance of the exact intervals that the README states, or between exact quantiles whose levels are
/// as far from the asked one as 10,000 draws leave open: with eight examples, some of them 0, a mean can have a share of several percent, and
/// the next one is far away.
fn assert_own(what: &str, values: &[f64], golden: &Value) {
    let own = bootstrap(values, &Resamples::draw(EXAMPLES, 10_000, SEED)).unwrap();
    let error = standard_error(values).unwrap();
    let means = all_means(values);
    let numbers = |name: &str| golden[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect::<Vec<_>>();
    let (percentile, bca, levels) = (numbers("percentile"), numbers("bca"), numbers("bca_levels"));
    let ends = |interval: Interval| [interval.low, interval.high];
    let compared = ends(own.percentile).into_iter().zip(percentile).zip([0.025, 0.975]).map(|compared| (compared, 0.1, 0.005));
    let of_bca = ends(own.bca.unwrap()).into_iter().zip(bca).zip(levels).map(|compared| (compared, 0.2, 0.01));
    for (((end, exact), level), distance, around) in compared.chain(of_bca) {
        assert!((exact_quantile(&means, level) - exact).abs() < 1e-9, "{what}: exact quantile at {level}");
        let between =
            exact_quantile(&means, level - around) <= end && end <= exact_quantile(&means, (level + around).min(1.0 - 1e-9));
        assert!((end - exact).abs() <= distance * error || between, "{what} at {level}: {end}, exact {exact}, error {error}");
    }
}

#[test]
fn intervals_signs_and_paired_differences() {
    let stored = Tensors::open().stored_resamples();
    let golden = golden();
    for feature in golden["features"].as_array().unwrap() {
        let what = format!("{}:{}", feature["submodule"], feature["feature"]);
        let (names, baseline) = (numbers(&feature["names"]), numbers(&feature["baseline"]));
        close(&what, mean(&names), &feature["mean"], 1e-12);
        close(&what, standard_error(&names).unwrap(), &feature["standard_error"], 1e-12);
        assert_given(&what, &bootstrap(&names, &stored).unwrap(), &feature["bootstrap_given_indices"]);
        assert_own(&what, &names, &feature["bootstrap_exact"]);
        let signs = Signs::of(&names);
        for (side, count) in [("positive", signs.positive), ("negative", signs.negative), ("zero", signs.zero)] {
            assert_eq!(feature["signs"][side].as_u64(), Some(count as u64), "{what} {side}");
        }
        close(&what, signs.consistency(mean(&names)).unwrap(), &feature["signs"]["consistency"], 1e-12);
        let of_nonzero = signs.consistency_of_nonzero(mean(&names)).unwrap();
        close(&what, of_nonzero, &feature["signs"]["consistency_of_nonzero"], 1e-12);

        let paired = &feature["paired_difference"];
        let differences: Vec<f64> = names.iter().zip(&baseline).map(|(names, baseline)| names - baseline).collect();
        close(&what, mean(&differences), &paired["mean"], 1e-12);
        let error = standard_error(&differences).unwrap();
        close(&what, error, &paired["standard_error"], 1e-12);
        close(&what, mean(&differences) / error, &paired["t"], 1e-9);
        close_ends(&what, t_interval(&differences).unwrap(), &paired["t_interval"], 1e-9);
        let what = format!("{what} difference");
        assert_given(&what, &bootstrap(&differences, &stored).unwrap(), &paired["bootstrap_given_indices"]);
        assert_own(&what, &differences, &paired["bootstrap_exact"]);

        let reversed = numbers(&feature["exchange"]["reversed_effect"]);
        let patterns = Patterns::new(EXAMPLES, SEED);
        assert!(patterns.is_exact());
        close(&what, patterns.p(&names, &turned(&names)), &feature["exchange"]["p_sign_flip"], 1e-12);
        close(&what, patterns.p(&names, &reversed), &feature["exchange"]["p_reversed_pair"], 1e-12);
    }
}

/// Of all 3282 features that are not zero, the p of every one whose effects are in the file, and the q of all.
#[test]
fn p_of_every_kept_feature_and_q_of_all() {
    let tensors = Tensors::open();
    let kept = tensors.indices("index.kept");
    let [names, female] = ["effect.names", "effect.female"].map(|name| tensors.numbers(name));
    let patterns = Patterns::new(EXAMPLES, SEED);
    for family in ["all", "six", "top30"] {
        let of_family = tensors.indices(&format!("index.{family}"));
        let of = |test: &str| tensors.numbers(&format!("p.{test}.{family}"));
        let (flipped, reversed, student) = (of("sign_flip"), of("reversed_pair"), of("one_sample_t"));
        let mut compared = 0;
        for (row, feature) in kept.iter().enumerate() {
            let Some(place) = of_family.iter().position(|other| other == feature) else { continue };
            let effects = &names[row * EXAMPLES..(row + 1) * EXAMPLES];
            let exchanged = turned(&female[row * EXAMPLES..(row + 1) * EXAMPLES]);
            let same = |what: &str, actual: f64, golden: f64, tolerance: f64| {
                assert!((actual - golden).abs() <= tolerance, "{family} {feature} {what}: {actual}, golden {golden}");
            };
            same("sign flip", patterns.p(effects, &turned(effects)), flipped[place], 1e-12);
            same("reversed pair", patterns.p(effects, &exchanged), reversed[place], 1e-12);
            same("t", t_test(effects).unwrap(), student[place], 1e-9);
            compared += 1;
        }
        assert!(compared >= of_family.len().min(700), "{family}: {compared} of {}", of_family.len());
        for test in ["sign_flip", "reversed_pair", "one_sample_t"] {
            let golden = tensors.numbers(&format!("q.{test}.{family}"));
            let found = benjamini_hochberg(&of(test));
            assert!(found.iter().zip(&golden).all(|(q, golden)| (q - golden).abs() < 1e-12), "{test} {family}");
        }
    }
}

#[test]
fn correlations_of_all_features_between_views() {
    let (tensors, golden) = (Tensors::open(), golden());
    for (left, right) in [("names", "female"), ("names", "baseline"), ("female", "baseline")] {
        let expected = &golden["views"][format!("{left} / {right}")];
        let [left, right] = [left, right].map(|view| tensors.numbers(&format!("node.{view}")));
        let absolute = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value.abs()).collect() };
        close("spearman", spearman(&left, &right).unwrap(), &expected["spearman_all_nonzero"], 1e-10);
        close("pearson", pearson(&left, &right).unwrap(), &expected["pearson_all_nonzero"], 1e-10);
        let absolute = spearman(&absolute(&left), &absolute(&right)).unwrap();
        close("absolute", absolute, &expected["spearman_all_nonzero_absolute"], 1e-10);
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    command
        .args(arguments)
        .current_dir(folder)
        .envs([("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state")].map(|(name, place)| (name, folder.join(place))));
    command
}

fn program(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn saescope(folder: &Path, arguments: &[&str]) -> String {
    let output = program(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn statistics(folder: &Path, arguments: &[&str]) -> Value {
    let text = saescope(folder, &[&["statistics", "run", "--format", "json"], arguments].concat());
    serde_json::from_str(&text).unwrap()
}

/// A folder with a run of the demo model over few pairs in `run`.
fn demo_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    saescope(folder.path(), &["run", "--output", "run", "--examples", "12"]);
    folder
}

/// A folder with a run of the reference's model and prompts in `run`, with the activations of `detail` features.
fn reference_run(detail: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for set in ["names", "baseline"] {
        let prompts = Prompts::of(set);
        let answers = prompts.clean_answer.iter().zip(&prompts.patch_answer);
        let lines =
            prompts.clean.iter().zip(&prompts.patch).zip(answers).map(|((clean, patch), (clean_answer, patch_answer))| {
                format!(
                    "{}\n",
                    json!({
                        "clean_prefix": clean,
                        "patch_prefix": patch,
                        "clean_answer": clean_answer,
                        "patch_answer": patch_answer,
                    })
                )
            });
        fs::write(folder.path().join(set), lines.collect::<String>()).unwrap();
    }
    let [model, dictionaries] = ["model", "saelens"].map(|path| support::reference(path).to_str().unwrap().to_owned());
    let inputs = ["run", "--model", &model, "--dictionaries", &dictionaries, "--pairs", "names", "--baseline", "baseline"];
    saescope(folder.path(), &[&inputs[..], &["--output", "run", "--detail", detail]].concat());
    folder
}

/// The whole way from prompts to what is printed, in f32, with the order of pairs that the shuffle gives.
#[test]
fn what_is_printed_of_a_run_agrees_with_the_golden_numbers() {
    let folder = reference_run("5000");
    let golden = golden();
    let found = statistics(folder.path(), &["--view", "male", "--top-k", "30", "--against", "baseline"]);
    let features = found["features"].as_array().unwrap();
    assert_eq!((features.len(), &found["examples"]), (30, &json!(8)));
    for (row, golden) in features.iter().zip(golden["views"]["top30 names"].as_array().unwrap()) {
        assert_eq!((&row["submodule"], &row["index"]), (&golden[0], &golden[1]));
    }
    let named = golden["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|golden| format!("(submodule={} and index={})", golden["submodule"].as_str().unwrap(), golden["feature"]));
    let filter = named.collect::<Vec<_>>().join(" or ");
    let of_ten = ["--threshold", "0", "--filter", &filter, "--against", "baseline", "--resamples", "10000"];
    let ten = statistics(folder.path(), &of_ten);
    let ten = ten["features"].as_array().unwrap();
    assert_eq!(ten.len(), 10);
    for golden in golden["features"].as_array().unwrap() {
        let is_same = |row: &&Value| row["submodule"] == golden["submodule"] && row["index"] == golden["feature"];
        let row = ten.iter().find(is_same).unwrap();
        let what = &row["feature"].to_string();
        let error = golden["standard_error"].as_f64().unwrap();
        close(what, row["effect"].as_f64().unwrap(), &golden["mean"], 2e-5);
        close(what, row["standard_error"].as_f64().unwrap(), &golden["standard_error"], 2e-5);
        close(what, row["ratio"].as_f64().unwrap(), &json!(golden["mean"].as_f64().unwrap().abs() / error), 1e-2);
        let ends = |value: &Value| Interval { low: value[0].as_f64().unwrap(), high: value[1].as_f64().unwrap() };
        // The order of the pairs differs from the file's, so the same draws pick other examples.
        let effects = numbers(&golden["names"]);
        let own = bootstrap(&effects, &Resamples::draw(EXAMPLES, 10_000, SEED)).unwrap();
        let distance = |name: &str, own: Interval| {
            let found = ends(&row["examples"][name]);
            assert!(found.low < found.high && (found.high - own.high).abs() < 0.3 * error, "{what} {name}: {found:?}, {own:?}");
        };
        distance("percentile", own.percentile);
        distance("bca", own.bca.unwrap());
        assert_eq!(row["examples"]["positive"], golden["signs"]["positive"]);
        assert_eq!(row["exchanged"], "reversed view");
        close(what, row["p"].as_f64().unwrap(), &golden["exchange"]["p_reversed_pair"], 1e-12);
        let (paired, difference) = (&golden["paired_difference"], &row["difference"]);
        close(what, difference["mean"].as_f64().unwrap(), &paired["mean"], 4e-5);
        close_ends(what, ends(&difference["t_interval"]), &paired["t_interval"], 2e-4);
    }
    let chance = &found["chance"];
    let counts =
        [&chance["patterns"], &chance["nonzero"], &chance["tested"], &chance["selected"], &chance["expected_approximated"]];
    assert_eq!(counts, [&json!(256), &json!(3282), &json!(3282), &json!(30), &json!(0)]);
    assert_eq!((&chance["exact"], &chance["smallest_p"]), (&json!(true), &json!(1.0 / 256.0)));
    assert!(chance["expected"].as_f64().unwrap() > 0.0);
    // The golden q of all features: nothing can pass with so few pairs.
    assert!(features.iter().all(|row| row["q"] == 1.0));

    let expected = &golden["views"]["names / baseline"];
    let agreement = &found["agreement"];
    for (found, golden) in [("common", "common"), ("union", "union")] {
        assert_eq!(agreement[found], expected[golden]);
    }
    close("Jaccard", agreement["jaccard"].as_f64().unwrap(), &expected["jaccard"], 1e-10);
    for (part, golden) in [("in_union", "union"), ("in_common", "common"), ("of_nonzero", "all_nonzero")] {
        let tolerance = if part == "of_nonzero" { 1e-4 } else { 1e-10 };
        let found = &agreement[part];
        close(part, found["spearman"].as_f64().unwrap(), &expected[format!("spearman_{golden}")], tolerance);
        let absolute = &expected[format!("spearman_{golden}_absolute")];
        close(part, found["spearman_absolute"].as_f64().unwrap(), absolute, tolerance);
    }
}

/// Effects in single pairs are kept for every feature, activations at single tokens for the strongest.
#[test]
fn every_feature_is_tested_whatever_detail_is_kept() {
    let [few, all] = ["0", "5000"].map(|detail| statistics(reference_run(detail).path(), &["--top-k", "30"]));
    assert_eq!(few, all);
}

/// Where single pairs were not kept, as in runs of former versions, there is no interval and no p, and what chance gives is said to be
/// approximate.
#[test]
fn what_was_not_kept_is_said_so() {
    let folder = reference_run("10");
    let path = folder.path().join("run");
    let mut former = run_file::read(&path).unwrap();
    former
        .views
        .iter_mut()
        .flat_map(|view| &mut view.submodules)
        .for_each(|effects| effects.pair_effects = PairEffects::default());
    fs::write(&path, run_file::to_bytes(&former).unwrap()).unwrap();
    let found = statistics(folder.path(), &["--top-k", "30"]);
    let features = found["features"].as_array().unwrap();
    let (kept, missing): (Vec<&Value>, Vec<&Value>) = features.iter().partition(|row| row["examples"] != "not kept");
    assert_eq!((kept.len(), missing.len()), (10, 20));
    assert!(missing.iter().all(|row| row["p"].is_null() && row["q"].is_null() && row["standard_error"].is_number()));
    assert_eq!((&found["chance"]["tested"], &found["chance"]["expected_approximated"]), (&json!(10), &json!(3272)));
    // The approximation is near what all examples give.
    let whole = statistics(reference_run("5000").path(), &["--top-k", "30"]);
    let [near, exact] = [&found, &whole].map(|found| found["chance"]["expected"].as_f64().unwrap());
    assert!((near - exact).abs() < 0.25 * exact, "{near}, exact {exact}");
    let text = saescope(folder.path(), &["statistics", "run", "--top-k", "30"]);
    assert_eq!(text.matches("not kept").count(), 20, "{text}");
}
