//! The font of PNG files has every sign that the program itself writes, and shows what it lacks.

use std::collections::BTreeSet;

use plotters::prelude::*;

use super::draw::{png, svg};
use super::paper::{INK, Paper};
use crate::core::findings::Findings;
use crate::core::picture::attention::Attention;
use crate::core::picture::{Content, Kind, Picture};
use crate::core::rows::{Shown, Spec};
use crate::core::selection::Selection;
use crate::core::sides::alone;
use crate::core::tags::Features;
use crate::core::text::cut;
use crate::core::view::View;

/// The pixels of a letter.
fn pixels(letter: char) -> Vec<u8> {
    let mut pixels = vec![0; 60 * 60 * 3];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, (60, 60)).into_drawing_area();
        root.fill(&WHITE).unwrap();
        root.draw(&Text::new(letter.to_string(), (10, 10), Paper { scale: 1 }.text(30, INK))).unwrap();
    }
    pixels
}

fn dark(pixels: &[u8]) -> usize {
    pixels.chunks_exact(3).filter(|pixel| pixel.iter().all(|part| *part < 128)).count()
}

/// Everything that a picture says.
fn said(picture: &Picture) -> String {
    let drawn = svg(picture).unwrap();
    let texts = drawn.split("<text").skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once("</text>"));
    texts.map(|(text, _)| text).collect()
}

#[test]
fn the_font_has_every_sign_of_the_program_and_draws_a_box_for_others() {
    let run = crate::ui::testing::run();
    let subject = crate::engine::identity::subject_of(&run);
    let findings = Findings::from_run(run, None, subject);
    let of = Attention { view: View(0), place: 0, is_patch: false, layer: 1, heads: Vec::new() };
    let positions = of.prompt(&findings).unwrap().len();
    let mut attention = Picture::of_attention(&of, &vec![0.5; positions * positions], &findings).unwrap();
    // Tokens of spaces, of a part of a character, and a long one.
    let Content::Grids(grids) = &mut attention.content else { panic!("{attention:?}") };
    grids[0].rows[0] = ["  ", "", &"long ".repeat(10)].map(|token| cut(&alone(token), 16)).join(" ");
    let mut words = said(&attention);
    assert!(words.contains('␣') && words.contains('·') && words.contains('…'), "{words}");
    let mut drawn = 0;
    for selection in [Selection::Threshold(0.1), Selection::TopK(5)] {
        for shown in [Shown::Single(View(0)), Shown::Difference(View(0), View(1)), Shown::Similarity(View(0), View(1))] {
            for kind in Kind::ALL {
                let Ok(picture) = Picture::of(kind, &findings, &Features::default(), &Spec::all(shown, selection)) else {
                    continue;
                };
                words.push_str(&said(&picture));
                drawn += 1;
            }
        }
    }
    assert!(drawn >= 20, "{drawn} pictures");
    let signs: BTreeSet<char> = words.chars().filter(|letter| !letter.is_whitespace()).collect();
    // No font has a letter at this place, which is for private use.
    let missing = pixels('\u{e000}');
    let lacking: Vec<char> = signs.into_iter().filter(|sign| pixels(*sign) == missing || dark(&pixels(*sign)) == 0).collect();
    assert!(lacking.is_empty(), "the font lacks {lacking:?}");
    assert!(dark(&missing) > 50 && pixels('漢') == missing, "{} dark pixels", dark(&missing));
    assert!(!png(&attention).unwrap().is_empty());
}
