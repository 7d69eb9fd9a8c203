//! What the cards of `saescope report` say beyond the run file: the numbers of `lens` and `corpus`, and where there are none, why.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{demo_run, program, saescope};

/// The card of `feature` in the page at `path`, as text without elements.
fn card(path: &Path, feature: &str) -> String {
    let page = fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once(&format!("<article id=\"feature-{}\">", feature.replace('/', "-"))).unwrap();
    let (card, _) = rest.split_once("</article>").unwrap();
    let mut text = String::new();
    for part in card.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&saescope(folder, arguments)).unwrap()
}

/// The names of the features with cards.
fn features(path: &Path) -> Vec<String> {
    let page = fs::read_to_string(path).unwrap();
    let names = page.split("<article id=\"feature-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    names.map(|name| name.rsplit_once('-').map(|(submodule, index)| format!("{submodule}/{index}")).unwrap()).collect()
}

#[test]
fn cards_hold_the_numbers_of_lens_and_corpus() {
    let folder = demo_run();
    saescope(folder.path(), &["report", "run", "--top", "2"]);
    let path = folder.path().join("run.html");
    let features = features(&path);
    assert!(features.len() >= 2);
    let asked: Vec<&str> = features.iter().flat_map(|feature| ["--feature", feature]).collect();
    let corpus = json(folder.path(), &[&["corpus", "run", "--format", "json"], asked.as_slice()].concat());
    for (feature, responses) in features.iter().zip(corpus["features"].as_array().unwrap()) {
        let card = card(&path, feature);
        // The sentence of a card begins with the view that it is about.
        let view =
            ["male", "female", "baseline"].into_iter().find(|view| card.contains(&format!("In the {view} view: "))).unwrap();
        let lens = json(folder.path(), &["lens", "run", feature, "--view", view, "--format", "json"]);
        let of = &lens["features"][0];
        assert!(card.contains(&format!("a value / {:.2} is about", lens["mean_last_sigma"].as_f64().unwrap())), "{card}");
        for end in ["promoted", "suppressed"] {
            let tokens = of["folded"][end].as_array().unwrap();
            assert_eq!(tokens.len(), 10);
            for token in tokens {
                let said = format!("'{}' {:+.2}", token["text"].as_str().unwrap(), token["value"].as_f64().unwrap());
                assert!(card.contains(&said), "{said} is not in {card}");
            }
        }
        let answers = of["folded"]["mean_answer_difference"].as_f64().unwrap();
        assert!(card.contains(&format!("patch − clean {answers:+.3}, mean over pairs in the {view} view")), "{card}");
        for (among, near) in [("its dictionary", "neighbours_within"), ("all dictionaries", "neighbours_across")] {
            for near in of[near].as_array().unwrap() {
                let (name, cosine) = (near["feature"].as_str().unwrap(), near["cosine"].as_f64().unwrap());
                let (both, jaccard) = (&near["both_active"], near["jaccard"].as_f64());
                assert!(card.contains(&format!("{among}{name}{cosine:+.3}{both}")), "{name} is not in {card}");
                assert!(jaccard.is_none_or(|jaccard| card.contains(&format!("{jaccard:.2}"))), "{card}");
            }
        }
        assert_eq!(responses["feature"], feature.as_str());
        let (tokens, rate) = (&responses["fired"], 100.0 * responses["rate"].as_f64().unwrap());
        assert!(card.contains(&format!("fires at {tokens} ({rate:.2} %)")), "{tokens} is not in {card}");
        let best = &responses["best"];
        let [precision, recall] = ["precision", "recall"].map(|share| best[share].as_f64().unwrap());
        let said = format!("best label: {}, precision {precision:.2} (", best["label"].as_str().unwrap());
        assert!(card.contains(&said) && card.contains(&format!("recall {recall:.2}; ")), "{said} is not in {card}");
        let contexts = responses["contexts"].as_array().unwrap();
        assert!(!contexts.is_empty());
        for context in contexts {
            assert!(card.contains(&format!(" in line {}: ", context["line"])), "{context} is not in {card}");
        }
    }
    // What is left out is said, and nothing else changes.
    saescope(folder.path(), &["report", "run", "--top", "2", "--no-model", "--output", "without.html"]);
    for feature in &features {
        let without = card(&folder.path().join("without.html"), feature);
        assert!(without.contains("is not known: not asked, by --no-model."), "{without}");
        assert!(card(&path, feature).starts_with(without.split("What it says").next().unwrap()));
    }
}

/// A model beside its run, which is moved away later, and a text about one of its features.
#[test]
fn cards_show_what_was_read_before_and_say_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(demo.join("model").join(file), model.join(file)).unwrap();
    }
    let dictionaries = demo.join("dictionaries");
    let dictionaries = dictionaries.to_str().unwrap();
    let inputs = ["--model", "model", "--dictionaries", dictionaries];
    saescope(folder.path(), &[&["run", "--output", "run", "--examples", "4"], inputs.as_slice()].concat());
    let run = saescope::store::run_file::read(&folder.path().join("run")).unwrap();
    assert_ne!(run.manifest.model.name, "saescope-demo");
    let report = |arguments: &[&str]| program(folder.path(), &[&["report", "run", "--top", "2"], arguments].concat());
    let path = folder.path().join("run.html");

    assert!(report(&[]).status.success());
    let features = features(&path);
    for feature in &features {
        assert!(card(&path, feature).contains("no text was read for it; name one with saescope report RUN --corpus FILE"));
    }
    // A text that `corpus` read about one of them.
    fs::write(folder.path().join("text"), "John runs because he is <late>.\nAnna waits because she is here.\n").unwrap();
    saescope(folder.path(), &["corpus", "run", "--corpus", "text", "--feature", &features[0]]);
    assert!(report(&[]).status.success());
    let read: Vec<bool> = features.iter().map(|feature| card(&path, feature).contains("in text: ")).collect();
    assert_eq!(read.iter().filter(|read| **read).count(), 1, "{read:?}");
    assert!(read[0]);
    // The text is named: all of them are asked about.
    assert!(report(&["--corpus", "text"]).status.success());
    assert!(features.iter().all(|feature| card(&path, feature).contains("in text: ")));
    assert!(!fs::read_to_string(&path).unwrap().contains("<late>"));
    // Where a feature does not fire, there is no list of contexts.
    fs::write(folder.path().join("empty"), "A\n").unwrap();
    assert!(report(&["--corpus", "empty"]).status.success());
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains("it never fires there") && !page.contains("<ul class=\"prompts\"></ul>"), "{page}");

    fs::rename(&model, folder.path().join("away")).unwrap();
    let output = report(&[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.starts_with("note: the cards hold neither logit lens"), "{said}");
    for feature in &features {
        let card = card(&path, feature);
        assert!(
            card.contains("is not on this machine, or not seen from this folder; put the files back, or name model"),
            "{card}"
        );
    }
    // A flag that names it, or a text, asks for a page with it.
    for arguments in [["--model", "model", "--dictionaries", dictionaries].as_slice(), &["--corpus", "text"]] {
        let output = report(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert!(report(&["--model", "away", "--dictionaries", dictionaries]).status.success());
    assert!(features.iter().all(|feature| card(&path, feature).contains("logit lens, folded")));
}
