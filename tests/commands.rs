//! The built program as a user runs it: run, export and check on the demo model.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use saescope::core::effects::SubmoduleEffects;
use saescope::core::neuronpedia::{Reference, quick_lists};
use saescope::core::pair_effects::PairEffects;
use saescope::core::run::Run;
use saescope::core::selection::Selection;
use saescope::core::tags::{Edit, Scope, Tag};
use saescope::core::view::View;
use saescope::engine::identity;
use saescope::engine::tokenizer::Tokenizer;
use saescope::store::atomic::AtomicFile;
use saescope::store::run_file;
use saescope::store::tags_file::{Saved, TagsFile};
use serde_json::{Value, json};

fn saescope(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    // Tags of the machine's own user are no part of the tests.
    command.args(arguments.split(' ')).current_dir(folder).env("XDG_DATA_HOME", folder.join("data")).output().unwrap()
}

fn stdout(folder: &Path, arguments: &str) -> String {
    let output = saescope(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with a run of the demo model in `run`.
fn demo() -> (tempfile::TempDir, Run) {
    let folder = tempfile::tempdir().unwrap();
    stdout(folder.path(), "run --output run");
    let run = run_file::read(&folder.path().join("run")).unwrap();
    (folder, run)
}

/// A slip of the keyboard is said, not turned into gigabytes or days.
#[test]
fn numbers_beyond_all_reason_are_refused_at_their_flags() {
    let (home, _) = demo();
    for (arguments, most) in [
        ("ablate run --curve --controls", "10000"),
        ("statistics run --resamples", "100000"),
        ("statistics run --shuffled", "1000"),
        ("steer run --feature 0-mlp-sm/99 --tokens", "10000"),
        ("steer run --feature 0-mlp-sm/99 --samples", "10000"),
        ("synth --output folder --pairs", "1000000"),
        ("fetch pythia-70m --parallel", "64"),
        ("run --steps", "100000"),
        ("bench ui --features", "100000000"),
        ("bench ui --keys", "10000000"),
        ("bench engine --runs", "10000"),
        ("bench pairs --output folder --counts", "1000000"),
    ] {
        for number in ["99999999999", "18446744073709551615"] {
            let output = saescope(home.path(), &format!("{arguments} {number}"));
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(2) && said.contains(&format!(" to {most}")), "{arguments} {number}: {said}");
        }
    }
}

#[test]
fn a_run_says_what_it_found_and_writes_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(folder.path(), "run");
    for part in ["saescope-demo", "data/names.json: 50 of 50 lines", "male", "female", "baseline", "demo-ig.safetensors"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["demo-ig.safetensors"]);
    assert!(stdout(folder.path(), "check demo-ig.safetensors").contains("all 36 hold"));
}

#[test]
fn a_run_file_reads_back_bit_for_bit() {
    let (folder, run) = demo();
    let bytes = fs::read(folder.path().join("run")).unwrap();
    assert_eq!(run_file::to_bytes(&run).unwrap(), bytes);
    assert_eq!(run.manifest.model.sha256.len(), 64);
    assert_eq!(run.manifest.data[0].examples.len(), 50);
    assert_eq!(run.manifest.dictionaries.len(), 12);
}

#[test]
fn every_cut_of_a_run_file_is_noticed() {
    let (_folder, run) = demo();
    let bytes = run_file::to_bytes(&run).unwrap();
    for end in (0..bytes.len()).step_by(bytes.len() / 97) {
        assert!(run_file::from_bytes(&bytes[..end], "cut").is_err(), "cut at {end}");
    }
}

type Damage = fn(&mut SubmoduleEffects);

#[test]
fn a_run_with_a_changed_number_fails_the_check() {
    let (folder, run) = demo();

    let damages: [(Damage, &str); 3] = [
        (|effects| effects.effects[0] += 0.5, "sum + error differs"),
        (|effects| effects.position_effects[0] += 0.5, "positions do not add up"),
        (
            |effects| {
                effects.pair_effects = PairEffects::default();
                effects.effects.iter().for_each(|effect| effects.pair_effects.push(Some([(0, effect + 0.5)])));
            },
            "pairs do not add up",
        ),
    ];
    for (damage, says) in damages {
        let mut changed = run.clone();
        damage(&mut changed.views[1].submodules[8]);
        run_file::write(&changed, AtomicFile::reserve(&folder.path().join("changed")).unwrap()).unwrap();
        let output = saescope(folder.path(), "check changed");
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("1 of 36 are broken") && text.contains(says), "{text}");
    }
    // `sum` is here what it is on the screen and in the manual: the features alone.
    let text = stdout(folder.path(), "check run");
    let header: Vec<&str> = text.lines().next().unwrap().split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(header[2..5], ["sum", "error term", "sum + error term"]);
    assert!(text.contains("sum = effects of all features"), "{text}");
}

#[test]
fn a_list_without_a_name_is_refused() {
    let (folder, _) = demo();
    let output = saescope(folder.path(), "export run --format markdown --title=");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--title: is empty; name the list, or leave --title out"), "{text}");
}

/// An empty table alone would look as if nothing carried the concept.
#[test]
fn an_export_that_lists_nothing_says_so_beside_the_table() {
    let (folder, _) = demo();
    for (arguments, says) in [
        ("export run --view male --threshold 50", "note: Names male |effect| > 50 lists no feature"),
        ("export run --view male --tag FP --format json", "filter tag=FP lists no feature"),
        ("export run --view male --top-k 5", ""),
    ] {
        let output = saescope(folder.path(), arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.contains(says) && said.contains("lists no") != says.is_empty(), "{said}");
    }
}

#[test]
fn exports_agree_with_the_run_and_with_each_other() {
    let (folder, run) = demo();
    let male = run.view(support::MALE);
    let selected = support::select(male, Selection::TopK(30));
    let json: Value = serde_json::from_str(&stdout(folder.path(), "export run --view male --top-k 30 --format json")).unwrap();
    assert_eq!(json["view"], "male");
    assert_eq!(json["selection"]["top_k"], 30);
    assert_eq!(json["errors"].as_object().unwrap().len(), 12);
    let features = json["features"].as_array().unwrap();
    assert_eq!(features.len(), 30);
    let csv = stdout(folder.path(), "export run --view male --top-k 30 --format csv");
    let markdown = stdout(folder.path(), "export run --view male --top-k 30 --format markdown");
    for (((selected, feature), line), row) in selected.iter().zip(features).zip(csv.lines().skip(1)).zip(markdown.lines().skip(4))
    {
        let (submodule, index) = (selected.feature.submodule.to_string(), selected.feature.index.0);
        assert_eq!(feature["submodule"], submodule.as_str());
        assert_eq!(feature["index"], index);
        // The shortest decimals that read back as the same f32.
        assert_eq!(feature["effect"].to_string().parse::<f32>().unwrap().to_bits(), selected.effect.to_bits());
        assert!(feature["standard_error"].is_number());
        // The demo model has no pages there.
        assert_eq!(feature["neuronpedia"], serde_json::Value::Null);
        let cells = format!("{submodule},{index},{}", selected.effect);
        assert!(line.contains(&cells), "{line} lacks {cells}");
        assert!(row.contains(&format!(" | {} | {:+.4} | ", selected.feature, selected.effect)), "{row}");
    }
    let names = stdout(folder.path(), "export run --top-k 30 --format names");
    let listed: String = selected.iter().map(|selected| selected.feature.to_string() + "\n").collect();
    assert_eq!(names, listed);
    hosted(folder.path());
    let references: Vec<Reference> =
        selected.iter().map(|selected| Reference::new("pythia-70m-deduped", selected.feature)).collect();
    let url = stdout(folder.path(), "export hosted --view male --top-k 30 --format url --title mine");
    assert_eq!(url.trim_end(), quick_lists("mine", &references).unwrap()[0]);
}

/// Makes of `run` in `folder` a run `hosted` of a model that has pages.
fn hosted(folder: &Path) {
    let mut run = run_file::read(&folder.join("run")).unwrap();
    "pythia-70m-deduped".clone_into(&mut run.manifest.model.name);
    run.manifest.dictionaries.iter_mut().for_each(|dictionary| dictionary.features = 32_768);
    let submodules = run.views.iter_mut().flat_map(|view| &mut view.submodules);
    submodules.for_each(|effects| effects.dictionary_features = 32_768);
    run_file::write(&run, AtomicFile::reserve(&folder.join("hosted")).unwrap()).unwrap();
}

#[test]
fn an_export_needs_no_flags_and_filters_by_tags() {
    let (folder, run) = demo();
    let male = run.view(support::MALE);
    let above = support::select(male, Selection::Threshold(0.1));
    let all = stdout(folder.path(), "export run");
    assert_eq!(all, stdout(folder.path(), "export run --view male --threshold 0.1 --format tsv"));
    assert_eq!(all.lines().count() - 1, above.len());
    // Tags of the user, where the explorer keeps them.
    let subject = identity::subject_of(&run);
    let tags = folder.path().join("data/saescope/tags");
    fs::create_dir_all(&tags).unwrap();
    let (mut file, mut book) = TagsFile::open(&tags, &subject).unwrap();
    let tag = |name: &str| Tag::new(name).unwrap();
    book.apply(Edit::Toggle(above[3].feature, Scope::Everywhere, tag("FP")));
    book.apply(Edit::Toggle(above[5].feature, Scope::Everywhere, tag("MN")));
    book.apply(Edit::Note(above[5].feature, Scope::Everywhere, "at the name".to_owned()));
    assert!(matches!(file.save(&book).unwrap(), Saved::Written));
    let names = |flags: &str| {
        let text = stdout(folder.path(), &format!("export run --format names {flags}"));
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let [third, fifth] = [3, 5].map(|place: usize| above[place].feature.to_string());
    assert_eq!(names("--tag FP"), [third.as_str()]);
    assert_eq!(names("--tag mn --tag FP"), [third.as_str(), fifth.as_str()]);
    assert_eq!(names("--filter rank<=4 --tag FP --tag MN"), [third.as_str()]);
    assert_eq!(names("--filter name"), [fifth.as_str()]);
    let markdown = stdout(folder.path(), "export run --tag MN --format markdown");
    assert!(markdown.ends_with("| MN | at the name |\n"), "{markdown}");
    assert!(markdown.starts_with("**Names male \\|effect\\| \\> 0, filter tag=MN**\n"), "{markdown}");
}

/// Whoever asks for a tag means every feature that carries it, and every check says which features it is of.
#[test]
fn a_tag_lists_weak_features_too_and_checks_say_what_is_listed() {
    let (folder, run) = demo();
    let male = run.view(support::MALE);
    let all = support::select(male, Selection::Threshold(0.0));
    let [strong, weak] = [all[2].feature, all.iter().find(|selected| selected.effect.abs() < 0.05).unwrap().feature];
    let subject = identity::subject_of(&run);
    let tags = folder.path().join("data/saescope/tags");
    fs::create_dir_all(&tags).unwrap();
    let (mut file, mut book) = TagsFile::open(&tags, &subject).unwrap();
    for feature in [strong, weak] {
        book.apply(Edit::Toggle(feature, Scope::Everywhere, Tag::new("FN").unwrap()));
    }
    assert!(matches!(file.save(&book).unwrap(), Saved::Written));
    let both = [strong, weak].map(|feature| feature.to_string());
    assert_eq!(stdout(folder.path(), "export run --tag FN --format names").lines().collect::<Vec<_>>(), both);
    // What only one of two selections holds follows from the threshold, which a tag leaves as it is.
    let difference = |flags: &str| stdout(folder.path(), &format!("export run --view difference --format names {flags}"));
    assert_eq!(difference("--tag FN"), difference("--tag FN --threshold 0.1"));
    for check in [
        "ablate run --side-effects none",
        "ablate run --each --side-effects none",
        "ablate run --curve --controls 2 --side-effects none",
        "ablate run --search --side-effects none",
        "circuit run --edge-threshold 0",
        "compare-methods run",
    ] {
        let found: Value = serde_json::from_str(&stdout(folder.path(), &format!("{check} --tag FN --format json"))).unwrap();
        let expected = json!({ "selection": "|effect| > 0", "filter": "tag=FN", "features": 2, "order": both });
        assert_eq!(found["list"], expected, "{check}");
        assert_eq!(found["examples"].as_u64().unwrap() as usize, found["lines"].as_array().unwrap().len(), "{check}");
        let table = stdout(folder.path(), &format!("{check} --tag FN"));
        let says = format!("list: 2 features, |effect| > 0, filter tag=FN; strongest first: {}\n", both.join(", "));
        assert!(table.contains(&says), "{check}: {table}");
        let above = stdout(folder.path(), &format!("{check} --tag FN --threshold 0.1 --format json"));
        assert!(check.starts_with("circuit") || above.contains("\"features\": 1,"), "{check}: {above}");
    }
    for (flags, says) in [
        ("--tag FP", format!("has {} features with |effect| > 0 in the view male, none of which matches tag=FP", all.len())),
        ("--top-k 2 --filter layer>=9", "has 2 features with top 2 in the view male, none of which matches layer>=9".to_owned()),
        ("--threshold 1000", "has no feature with |effect| > 1000 in the view male".to_owned()),
    ] {
        let refused = String::from_utf8(saescope(folder.path(), &format!("ablate run {flags}")).stderr).unwrap();
        assert!(refused.contains(&says), "{flags}: {refused}");
    }
    let graph = stdout(folder.path(), "circuit run --tag FN --edge-threshold 0.001 --format neuronpedia-graph");
    assert!(graph.contains("\"edge_weight_above\": 0.001\n"), "{graph}");
}

/// What steering is not asked for, or cannot do, is said before anything is computed.
#[test]
fn flags_of_steering_that_would_do_nothing_are_refused_and_each_coefficient_counts_once() {
    let (folder, run) = demo();
    let feature = support::select(run.view(support::MALE), Selection::TopK(1))[0].feature;
    for (flags, says) in [
        ("--seed 3", "--seed: is for draws"),
        ("--temperature 0.5", "--temperature: is for draws"),
        ("--top-p 0.5 --samples 0", "--top-p: is for draws"),
        ("--samples 2 --tokens 0", "--samples: draws nothing"),
        ("--samples 1 --top-p 2", "at most 1"),
        ("--samples 1 --top-p 0", "at most 1"),
        ("--coefficients=1e10", "up to 1e9"),
        ("--tokens 5000", "has no room for 5000 new tokens behind the longest of the continued prompts; continue by at most "),
    ] {
        let refused = saescope(folder.path(), &format!("steer run --feature {feature} --no-scan --side-effects none {flags}"));
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && message.contains(says), "{flags}: {message}");
    }
    let unknown = saescope(folder.path(), "steer run --feature resid_1/99999");
    let message = String::from_utf8(unknown.stderr).unwrap();
    assert!(message.starts_with("error: --feature 1-res-sm/99999: its dictionary has "), "{message}");
    let flags = format!("steer run --feature {feature} --no-scan --prompts 1 --tokens 1 --coefficients=5,5,-0,0,0.1");
    let found: Value = serde_json::from_str(&stdout(folder.path(), &format!("{flags} --format json"))).unwrap();
    let coefficients: Vec<&Value> = found["dose"].as_array().unwrap().iter().map(|dose| &dose["coefficient"]).collect();
    assert_eq!(json!(coefficients), json!([5.0, 0.0, 0.1]));
    assert_eq!(found["continuations"].as_object().unwrap().keys().collect::<Vec<_>>(), ["0", "5", "0.1"]);
    assert_eq!(found["side_effects"]["sets"].as_object().unwrap().len(), 3);
}

/// A share of a bias near zero says nothing; the metric that is left does.
#[test]
fn checks_of_single_features_and_searches_have_the_metric_that_is_left() {
    let (folder, _) = demo();
    let read = |arguments: &str| -> Value {
        let text = stdout(folder.path(), &format!("ablate run --top-k 1 --side-effects none --format json {arguments}"));
        serde_json::from_str(&text).unwrap()
    };
    let of_way = |way: &str| read(&format!("--way {way}"))["sets"]["list"]["F_Cbar"].clone();
    let each = read("--each");
    for way in ["zero", "resample"] {
        assert_eq!(each["features"][0][format!("F_Cbar_{way}")], of_way(way), "{way}");
    }
    let search = read("--search --way resample");
    assert_eq!(search["greedy"][0]["F_Cbar"], of_way("resample"));
    assert_eq!(search["exhaustive"]["F_Cbar"], of_way("resample"));
    let mean = of_way("resample")["mean"].as_f64().unwrap();
    for check in ["--each", "--search --way resample"] {
        let table = stdout(folder.path(), &format!("ablate run --top-k 1 --side-effects none {check}"));
        assert!(table.contains(&format!(" {mean:+.4} ")), "{check}: {table}");
    }
}

/// Every listed feature is in a line or named by one; a run without its model says so only where the model is needed.
#[test]
fn families_are_folded_into_lines_that_name_their_members() {
    let (folder, _) = demo();
    let read = |arguments: &str| -> Vec<Value> {
        let object: Value = serde_json::from_str(&stdout(folder.path(), arguments)).unwrap();
        object["features"].as_array().unwrap().clone()
    };
    let all = read("export run --threshold 0.1 --format json");
    let lines = read("export run --threshold 0.1 --format json --fold-families");
    assert!(lines.len() < all.len() && all.iter().all(|feature| feature.get("copies").is_none()));
    let mut named: Vec<&str> = Vec::new();
    for feature in &lines {
        named.push(feature["feature"].as_str().unwrap());
        for copy in feature["copies"].as_array().unwrap() {
            let copy = copy.as_str().unwrap();
            assert!(copy.contains("-res-") && named[named.len() - 1].contains("-res-"), "{copy}");
            named.push(copy);
        }
    }
    let mut expected: Vec<&str> = all.iter().map(|feature| feature["feature"].as_str().unwrap()).collect();
    named.sort_unstable();
    expected.sort_unstable();
    assert_eq!(named, expected);
    let output = saescope(folder.path(), "export run --model demo");
    assert!(String::from_utf8_lossy(&output.stderr).contains("--model: is only for --fold-families"), "{output:?}");
}

#[test]
fn a_list_of_links_is_refused_where_they_lead_nowhere() {
    let (folder, _) = demo();
    let output = saescope(folder.path(), "export run --format url");
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(message.contains("Neuronpedia does not host saescope-demo") && message.lines().count() == 1, "{message}");
}

#[test]
fn threshold_zero_lists_every_feature_with_an_effect() {
    let (folder, run) = demo();
    let csv = stdout(folder.path(), "export run --view female --threshold 0 --format csv");
    let expected: usize =
        run.views[1].submodules.iter().map(|effects| effects.effects.iter().filter(|effect| **effect != 0.0).count()).sum();
    assert_eq!(csv.lines().count() - 1, expected);
    assert!(expected > 300);
    // More features than one address takes: several lists, one a line.
    hosted(folder.path());
    let urls = stdout(folder.path(), "export hosted --view female --threshold 0 --format url");
    assert_eq!(urls.matches("modelId").count(), expected);
    assert!(urls.lines().count() > 1 && urls.lines().all(|url| url.len() <= 14_000));
}

#[test]
fn a_difference_says_which_side_holds_each_feature() {
    let (folder, _) = demo();
    let read = |arguments: &str| serde_json::from_str::<Value>(&stdout(folder.path(), arguments)).unwrap();
    let difference = read("export run --view difference --of male,baseline --top-k 30 --format json");
    let similarity = read("export run --view similarity --of male,baseline --top-k 30 --format json");
    let (differing, common) = (difference["features"].as_array().unwrap(), similarity["features"].as_array().unwrap());
    assert_eq!(differing.len() + 2 * common.len(), 60);
    // What the demo is for: the concept's features are not those of the names themselves.
    assert!(differing.len() >= 10, "{}", differing.len());
    for feature in differing {
        let side = feature["side"].as_str().unwrap();
        assert!(["male", "baseline"].contains(&side));
        assert_eq!(feature["effect"], feature["effects"][side]);
    }
    assert!(common.iter().all(|feature| feature["side"] == "both"));
    assert_eq!(difference["errors"]["attn_0"].as_object().unwrap().len(), 2);
}

#[test]
fn a_filter_of_a_comparison_is_noted_where_nothing_is_compared() {
    let (folder, _) = demo();
    let says = "note: delta and side are known only in a comparison: --view difference or similarity\n\
                note: Names male |effect| > 0, filter side=male lists no feature\n";
    for (view, noted) in [("male", says), ("difference", "")] {
        let output = saescope(folder.path(), &format!("export run --view {view} --filter side=male"));
        assert_eq!((output.status.success(), String::from_utf8_lossy(&output.stderr).as_ref()), (true, noted));
    }
}

/// The demo behaves as the study's model does: the figures that its training promises.
#[test]
fn the_demo_model_behaves_as_promised() {
    let (_folder, run) = demo();
    let view = |view: View| run.view(view);
    assert!(view(support::MALE).mean_clean_metric() <= -2.0);
    assert!(view(support::FEMALE).mean_clean_metric() < 0.0);
    assert!(view(support::MALE).mean_total_effect() >= 2.0);
    assert!(view(support::BASELINE).mean_total_effect() >= 2.0);
}

/// The same data as token ids, tokenised elsewhere.
#[test]
fn token_ids_give_what_their_text_gives() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tokenizer = Tokenizer::open(&root.join("assets/demo/model/tokenizer.json")).unwrap();
    let names = fs::read_to_string(root.join("data/names.json")).unwrap();
    let ids: Vec<String> = names
        .lines()
        .map(|line| {
            let mut pair: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
            pair.values_mut().for_each(|value| *value = tokenizer.encode(value.as_str().unwrap()).unwrap().into());
            Value::Object(pair).to_string()
        })
        .collect();
    fs::write(folder.path().join("text.json"), &names).unwrap();
    fs::write(folder.path().join("ids.json"), ids.join("\n")).unwrap();
    stdout(folder.path(), "run --pairs text.json --output text");
    stdout(folder.path(), "run --pairs ids.json --output ids");
    let read = |name: &str| run_file::read(&folder.path().join(name)).unwrap();
    assert_eq!(read("text").views, read("ids").views);
}

#[test]
fn prompts_of_different_lengths_run_together_and_drops_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let line = |clean: &str, patch: &str, answer: &str| {
        format!(
            "{{\"clean_prefix\": {clean:?}, \"patch_prefix\": {patch:?}, \"clean_answer\": {answer:?}, \"patch_answer\": \" she\"}}\n"
        )
    };
    let data = [
        line("John", "Anna", " he"),
        line("John because", "Anna because", " he"),
        line("John because", "Anna", " he"),
        line("John because", "Anna because", " he he"),
    ];
    fs::write(folder.path().join("mixed.json"), data.concat()).unwrap();
    let text = stdout(folder.path(), "run --pairs mixed.json --output run");
    for part in [
        "2 of 4 lines",
        "1 to 2 tokens",
        "1 line with prompts of unequal length",
        "1 line with an answer that is not one token",
        "\n  line ",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(stdout(folder.path(), "check run").contains("all 24 hold"));
    assert!(
        stdout(folder.path(), "run --pairs mixed.json --tokens 2 --output run")
            .contains("1 line of another length than asked for")
    );
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let (folder, _) = demo();
    let mut child = Command::new(env!("CARGO_BIN_EXE_saescope"))
        .args("export run --view male --threshold 0 --format json".split(' '))
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Only a program with the feature `faults` can be asked for one.
#[cfg(feature = "faults")]
#[test]
fn a_fault_of_the_program_is_one_line_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saescope"));
    let output = command.arg("run").env("SAESCOPE_FAULT", "worker-panic").current_dir(folder.path()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("fault of the program: SAESCOPE_FAULT"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_backend_that_is_not_there_is_a_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let output = saescope(folder.path(), "run --backend cuda");
    let message = String::from_utf8(output.stderr).unwrap();
    if output.status.success() {
        return; // A machine with a GPU and a program with CUDA.
    }
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("backend 'cuda'") && message.contains("--backend") | message.contains("auto"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}
