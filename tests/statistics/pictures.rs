//! `saescope plot`: every picture in every form, with the numbers of the run.

use std::io::BufReader;

use saescope::core::selection::Selection;
use saescope::store::run_file;

use super::markup::elements;
use super::{demo_run, saescope};

const KINDS: [&str; 5] = ["counts", "effects", "map", "views", "intervals"];

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
        assert!(words.contains("logits") || kind == "counts", "{kind} has no unit: {words}");
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
    refused(&["plot", "run", "pie"], "possible values: counts, effects, map, views, intervals");
    assert!(!folder.path().join("map.gif").exists());
}
