//! The user's own files, and what a user types.

use clap::Parser;
use saescope::app::config::Config;
use saescope::app::key::Key;
use saescope::cli::arguments::Arguments;
use saescope::core::filter::Filter;
use saescope::core::neuronpedia::{Reference, quick_lists};
use saescope::core::selection::Selection;
use saescope::core::session::{Looked, Session};
use saescope::core::submodule::{FeatureId, FeatureIndex, LayerIndex, Submodule, SubmoduleKind};
use saescope::core::tags::Subject;
use saescope::store::hub::records::Records;
use saescope::store::presets::{Preset, Presets};
use saescope::store::{published, studies};

use super::{repository, text};
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

#[test]
fn configuration() {
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => {
            let outcome = Config::parse(text, "config.toml");
            Verdict::of(outcome.map_err(|problems| problems[0].to_string()), |_| Ok(()))
        }
        Err(error) => Verdict::Refused(error),
    };
    let seed = b"theme = \"light\"\nclipboard = \"tmux\"\nmouse = false\n[keys]\nquit = [\"x\", \"ctrl-q\"]\ndown = \"j\"\n";
    Door { name: "configuration", seeds: vec![seed.to_vec()], mutator: Mutator::Text, one_in: 1, read: &read }.pass();
}

#[test]
fn sessions() {
    let looked = Looked { subject: Subject { model: "m".to_owned(), dictionaries: "0".to_owned() }, study: "names".to_owned() };
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(Session::from_json(text, "session.json", &looked), |_| Ok(())),
        Err(error) => Verdict::Refused(error),
    };
    let seed = br#"{"format": 1, "model": "m", "dictionaries": "0", "study": "names", "tab": {"view": "male"}, "compared": ["male", "female"],
"is_top_k": true, "threshold": 0.1, "top_k": 30, "sort": "effect", "descending": true, "filter": "kind=mlp", "keep_others": false,
"submodule": "mlp_2", "pane": "card", "cursor": "resid_1/374", "marked": ["resid_1/374", "attn_0/5"]}"#;
    Door { name: "sessions", seeds: vec![seed.to_vec()], mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

#[test]
fn models() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("models.toml");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Verdict::of(Presets::load(&path), |presets| {
            let files = presets.all().iter().flat_map(Preset::repositories).flat_map(|repository| &repository.files);
            match files.into_iter().find(|file| file.path.starts_with('/') || file.path.split('/').any(|part| part == "..")) {
                None => Ok(()),
                Some(file) => Err(format!("the path {}", file.path)),
            }
        })
    };
    Door { name: "models", seeds: vec![repository("data/models.toml")], mutator: Mutator::Text, one_in: 2, read: &read }.pass();
}

#[test]
fn download_records() {
    let place = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(place.path().join("downloads.json"), bytes).unwrap();
        Verdict::of(Records::open(place.path()), |_| Ok(()))
    };
    let seed = br#"{"format": "saescope downloads 1", "repositories": {"o/n": {"main": {"commit": "0123456789012345678901234567890123456789",
"first_complete": "2024-01-01T00:00:00Z", "files": {"config.json": {"bytes": 3, "hash": "0123456789012345678901234567890123456789"}}}}}}"#;
    Door { name: "download_records", seeds: vec![seed.to_vec()], mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

#[test]
fn published_figures() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("published.json");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Verdict::of(published::read(&path), |_| Ok(()))
    };
    let seeds = vec![repository("data/published/names_comparison.json")];
    Door { name: "published_figures", seeds, mutator: Mutator::Json, one_in: 4, read: &read }.pass();
}

#[test]
fn filters() {
    let study = studies::names().unwrap().study;
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(Filter::parse(text, &study).map_err(|error| error.to_string()), |_| Ok(())),
        Err(error) => Verdict::Refused(error),
    };
    let seeds = ["effect > 0.1 and (kind = mlp or not tag = FP)", "layer >= 2 note:\"a b\" male>0", "17 -resid"];
    let seeds = seeds.map(|text| text.as_bytes().to_vec()).to_vec();
    Door { name: "filters", seeds, mutator: Mutator::Text, one_in: 1, read: &read }.pass();
}

#[test]
fn words_of_the_command_line() {
    let read = |bytes: &[u8]| {
        let Ok(text) = text(bytes) else { return Verdict::Refused("not UTF-8".to_owned()) };
        let numbers = ["run", "--steps", text, "--threads", text, "--shard", text, "--batch", text];
        drop(Arguments::try_parse_from(std::iter::once("saescope").chain(numbers)));
        if let Ok(arguments) = Arguments::try_parse_from(["saescope", "--threshold", text])
            && let Selection::Threshold(number) = arguments.explore.display.selection()
            && (!number.is_finite() || number < 0.0)
        {
            return Verdict::Wrong(format!("the threshold {number}"));
        }
        match text.parse::<Key>() {
            Ok(key) if key.to_string().parse() == Ok(key) => Verdict::Read,
            Ok(key) => Verdict::Wrong(format!("{key} is another key")),
            Err(_) => Verdict::Read,
        }
    };
    let seeds = ["ctrl-alt-enter", "f12", "0.25", "3/8", "1e-9", "12"].map(|text| text.as_bytes().to_vec()).to_vec();
    Door { name: "words_of_the_command_line", seeds, mutator: Mutator::Text, one_in: 1, read: &read }.pass();
}

#[test]
fn names_of_quick_lists() {
    let submodule = Submodule { layer: LayerIndex(1), kind: SubmoduleKind::Residual };
    let feature = |index| Reference::new("pythia-70m-deduped", FeatureId { submodule, index: FeatureIndex(index) });
    let references: Vec<Reference> = (0..40).map(|index| feature(index * 800)).collect();
    let read = |bytes: &[u8]| {
        let Ok(text) = text(bytes) else { return Verdict::Refused("not UTF-8".to_owned()) };
        let lists = quick_lists(text, &references);
        Verdict::of(lists, |lists| match lists.iter().find(|list| list.len() > 14_000 || !list.is_ascii()) {
            None => Ok(()),
            Some(list) => Err(format!("an address of {} bytes", list.len())),
        })
    };
    let seeds = ["male names", "名前 & \"quotes\"/#?", ""].map(|text| text.as_bytes().to_vec()).to_vec();
    Door { name: "names_of_quick_lists", seeds, mutator: Mutator::Text, one_in: 2, read: &read }.pass();
}
