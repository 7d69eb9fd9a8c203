//! `saescope plot`: every picture in every form, with the numbers of the run.

use std::io::BufReader;

use saescope::core::selection::Selection;
use saescope::core::submodule::SubmoduleKind;
use saescope::engine::cancel::Cancel;
use saescope::engine::compute;
use saescope::engine::demo;
use saescope::store::run_file;

use super::markup::elements;
use super::support::FEMALE;
use super::{demo_run, saescope};

const KINDS: [&str; 6] = ["counts", "effects", "map", "views", "intervals", "attention"];

#[test]
fn every_picture_can_be_drawn_in_every_form() {
    let folder = demo_run();
    for kind in KINDS {
        let text = saescope(folder.path(), &["plot", "run", kind]);
        for form in ["svg", "png"] {
            let file = format!("{kind}.{form}");
            assert_eq!(saescope(folder.path(), &["plot", "run", kind, "--output", &file]), "");
        }
        let svg = std::fs::read_to_string(folder.path().join(format!("{kind}.svg"))).unwrap();
        let all = elements(&svg);
        let texts: Vec<&str> = all.iter().filter(|element| element.name == "text").map(|element| element.text.trim()).collect();
        let words = texts.join(" ");
        for said in ["Run run of saescope", "method ig (10 steps)", "View male: "] {
            let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(said) && plain.contains(said), "{kind}: {said} is not in {words}");
        }
        assert!(words.contains("logits") || ["counts", "attention"].contains(&kind), "{kind} has no unit: {words}");
        let title = all.iter().find(|element| element.name == "title").unwrap();
        assert!(texts.contains(&title.text.as_str()) && text.starts_with(&title.text));
        png(&std::fs::read(folder.path().join(format!("{kind}.png"))).unwrap());
    }
    // A difference of two views has pictures, too.
    let difference = saescope(folder.path(), &["plot", "run", "map", "--view", "difference"]);
    assert!(difference.contains("male − baseline"), "{difference}");
}

/// The picture has its size, a caption, and more than a few dark pixels in the rows of the title: text needs no fonts of the machine.
fn png(bytes: &[u8]) {
    let mut reader = png::Decoder::new(BufReader::new(std::io::Cursor::new(bytes))).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    reader.finish().unwrap();
    assert!(info.width == 1920 && info.height > 400);
    let texts = &reader.info().utf8_text;
    assert!(texts.iter().any(|text| text.keyword == "Description"));
    let title = pixels.chunks_exact(1920 * 3).skip(30).take(50).flat_map(|row| row.chunks_exact(3));
    let dark = title.filter(|pixel| pixel.iter().all(|part| *part < 128)).count();
    assert!((500..30_000).contains(&dark), "{dark} dark pixels");
}

#[test]
fn counts_and_sums_are_those_of_the_run() {
    let folder = demo_run();
    let run = run_file::read(&folder.path().join("run")).unwrap();
    let male = run.view(super::support::MALE);
    let text = saescope(folder.path(), &["plot", "run", "counts"]);
    let selected = super::support::select(male, Selection::Threshold(0.1));
    let numbers = |text: &str, name: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.split_whitespace().next() == Some(name));
        rows.map(|line| line.split_whitespace().last().unwrap().to_owned()).collect()
    };
    for effects in &male.submodules {
        let name = effects.submodule.to_string();
        let nonzero = effects.effects.iter().filter(|effect| **effect != 0.0).count();
        let listed = selected.iter().filter(|selected| selected.feature.submodule == effects.submodule).count();
        assert_eq!(numbers(&text, &name), [nonzero.to_string(), listed.to_string()], "{name}");
    }
    let text = saescope(folder.path(), &["plot", "run", "effects"]);
    for effects in &male.submodules {
        // The first of the three lines of a submodule is the sum over all features.
        assert_eq!(numbers(&text, &effects.submodule.to_string()), [format!("{:+.4}", effects.feature_sum())]);
    }
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = demo_run();
    let refused = |arguments: &[&str], says: &str| {
        let output = super::program(folder.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(says), "{error}");
    };
    refused(&["plot", "run", "map", "--format", "png"], "name a file with --output");
    refused(&["plot", "run", "map", "--output", "map.gif"], "call it .svg, .png or .txt");
    refused(&["plot", "run", "pie"], "possible values: counts, effects, map, views, intervals, attention");
    refused(&["plot", "run", "map", "--head", "0"], "--head: is only for the picture attention");
    refused(&["plot", "run", "map", "--model", "demo"], "--model: is only for the picture attention");
    refused(&["plot", "run", "attention", "--top-k", "3"], "selects features, of which attention shows none");
    refused(&["plot", "run", "attention", "--view", "difference"], "attention is of one prompt; name one view");
    refused(
        &["plot", "run", "attention", "--view", "nope"],
        "--view nope: is not a view of run; name one of male, female, baseline",
    );
    refused(
        &["plot", "run", "attention", "--pair", "900"],
        "--pair 900: is no pair of run, view male: its pairs are from the lines ",
    );
    refused(&["plot", "run", "attention", "--layer", "4"], "is not a layer of saescope-demo; give 0 to 3");
    refused(&["plot", "run", "attention", "--head", "4"], "layer 2 has 4 heads; give 0 to 3");
    assert!(!folder.path().join("map.gif").exists());
}

/// The numbers are those of the model for that prompt, and the layer is where the attention has most effect.
#[test]
fn attention_is_that_of_the_chosen_prompt_layer_and_heads() {
    let folder = demo_run();
    let run = run_file::read(&folder.path().join("run")).unwrap();
    let cancel = Cancel::default();
    let compute = compute::open(None, &demo::config().unwrap(), &demo::weights().unwrap(), &cancel).unwrap();
    let attention = run.view(FEMALE).submodules.iter().filter(|effects| effects.submodule.kind == SubmoduleKind::Attention);
    let strongest = attention.max_by(|left, right| left.feature_sum().abs().total_cmp(&right.feature_sum().abs())).unwrap();
    let example = &run.manifest.data(FEMALE).examples[3];
    let line = example.line.to_string();
    // The female view exchanges the prompts of the pair list.
    for (side, tokens, text) in
        [("clean", &example.patch_tokens, &example.patch_text), ("patch", &example.clean_tokens, &example.clean_text)]
    {
        for layer in [None, Some(1)] {
            let layer_text = layer.map(|layer: usize| layer.to_string());
            let of_layer: Vec<&str> = layer_text.iter().flat_map(|layer| ["--layer", layer]).collect();
            let asked = ["plot", "run", "attention", "--view", "female", "--pair", &line, "--side", side, "--head", "2"];
            let drawn = saescope(folder.path(), &[&asked[..], &of_layer].concat());
            let layer = layer.unwrap_or(strongest.submodule.layer.0);
            assert!(drawn.starts_with(&format!("Attention in layer {layer}, head 2: ")), "{drawn}");
            let plain = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                plain.contains(&format!("Pair at line {line}, ")) && plain.contains(&format!("“{}”", text.concat())),
                "{drawn}"
            );
            let patterns = compute.attention_patterns(layer, &[tokens], &cancel).unwrap();
            let size = tokens.len();
            let rows = drawn.lines().skip_while(|line| !line.starts_with("head 2")).skip(1);
            for (query, row) in rows.take(size).enumerate() {
                let (name, cells) = row.split_once(text[query].trim()).unwrap();
                assert_eq!(name.trim(), query.to_string());
                let shares: Vec<&str> = cells.split_whitespace().step_by(2).collect();
                let first = (2 * size + query) * size;
                let expected: Vec<String> =
                    patterns[0][first..=first + query].iter().map(|share| format!("{share:.2}")).collect();
                assert_eq!(shares, expected, "{drawn}");
            }
        }
    }
    let svg = saescope(folder.path(), &["plot", "run", "attention", "--format", "svg"]);
    let texts: Vec<String> = elements(&svg).into_iter().map(|element| element.text.trim().to_owned()).collect();
    for name in ["head 0", "head 3", "query", "key: the token that is read; cells: share of attention"] {
        assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
    }
}
