//! `assets/screen.svg`, the picture in the README, is what the program draws of its demo, and so are the figures in the manual's pictures.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod demo;
mod figures;
mod svg;

use std::fs;
use std::path::Path;

use figures::Figures;
use saescope::app::manual::TOPICS;
use svg::{same, same_figures, svg};

/// Whether pictures are written instead of compared.
fn updates() -> bool {
    std::env::var_os("UPDATE_SCREEN").is_some_and(|update| update == "1")
}

/// With `UPDATE_SCREEN=1` the picture is written instead of compared.
#[test]
fn the_picture_in_the_readme_is_what_the_program_draws() {
    let drawn = svg(&demo::SCREEN);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screen.svg");
    if updates() {
        fs::write(&path, &drawn).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        same(&drawn, &kept),
        "assets/screen.svg differs from the screen; write it with: UPDATE_SCREEN=1 cargo test --test picture, and look at it"
    );
}

const START: &str = "<!-- demo -->\n";
const END: &str = "<!-- /demo -->\n";

/// Between the marks every figure is the screen's, and no figure of a listed feature stands outside of them. With `UPDATE_SCREEN=1` the
/// figures are written instead of compared.
#[test]
fn the_figures_in_the_manual_s_pictures_are_those_of_the_screen() {
    let figures = Figures::of(&demo::SCREEN);
    let mut marked = 0;
    for topic in TOPICS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/manual/{}.md", topic.name));
        let text = fs::read_to_string(&path).unwrap();
        let mut renewed = String::new();
        for (index, part) in text.split(START).enumerate() {
            let (block, after) = if index == 0 { ("", part) } else { part.split_once(END).unwrap() };
            if index > 0 {
                marked += 1;
                renewed.push_str(&format!("{START}{}{END}", figures.renewed(block)));
            }
            assert_eq!(figures.named(after), None, "{}: figures of the demo belong between {START}and {END}", topic.name);
            renewed.push_str(after);
        }
        if updates() {
            fs::write(&path, &renewed).unwrap();
            continue;
        }
        assert!(
            same_figures(&renewed, &text),
            "assets/manual/{}.md differs from the screen; write it with: UPDATE_SCREEN=1 cargo test --test picture, and look at it",
            topic.name
        );
    }
    assert_eq!(marked, 4, "the tour's row and the three pictures of the screen");
    let says = format!("{} layers with a dictionary for each of its {} submodules", figures.layers(), figures.submodules());
    assert!(TOPICS.iter().any(|topic| topic.name == "models" && topic.text.contains(&says)), "{says}");
}

#[test]
fn a_picture_may_differ_in_the_last_digit_only() {
    let line = |color: &str, figure: &str| format!("<text x=\"8\" fill=\"{color}\">{figure}</text>");
    assert!(same(&line("#102030", "+0.0999"), &line("#112130", "+0.1000")));
    assert!(!same(&line("#102030", "+0.0999"), &line("#102030", "+0.1999")));
    assert!(!same(&line("#102030", "+0.0999"), &line("#902030", "+0.0999")));
    assert!(!same(&line("#102030", "12 pairs"), &line("#102030", "13 pairs")));
}
