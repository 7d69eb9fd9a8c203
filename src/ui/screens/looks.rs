//! Tests that compare whole screens with the files in `snapshots`. After an intended change, run
//! `INSTA_UPDATE=always cargo test --lib screens` and read the difference.

use insta::{Settings, assert_snapshot};

use super::checks::{checked, kept};
use super::pilot::{Pilot, found, opened};
use crate::app::message::JobNews;
use crate::core::progress::{Progress, Step};
use crate::core::study::testing::MALE;
use crate::ui::testing::run;

const SMALL: (u16, u16) = (70, 20);
const MEDIUM: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (180, 50);
const HUGE: (u16, u16) = (240, 60);
const ALL: [(u16, u16); 3] = [SMALL, MEDIUM, LARGE];

/// Draws the screen of `pilot` at each size and compares it with the file of that name and size.
fn look(name: &str, pilot: &mut Pilot, sizes: &[(u16, u16)]) {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (width, height) in sizes {
            pilot.resize(*width, *height);
            assert_snapshot!(format!("{name}_{width}x{height}"), pilot.screen().join("\n"));
        }
    });
}

fn after(keys: &str) -> Pilot {
    let mut pilot = Pilot::study();
    pilot.press(keys);
    pilot
}

#[test]
fn views() {
    look("male", &mut after(""), &ALL);
    look("male", &mut after(""), &[HUGE]);
    look("difference", &mut after("t ctrl-u 0.1 enter 4"), &[HUGE]);
    look("heat_map", &mut after("H"), &[HUGE]);
    look("heat_map_comparison", &mut after("5 H"), &[MEDIUM, HUGE]);
    look("card", &mut after("j enter"), &[HUGE]);
    look("published", &mut after("p"), &[HUGE]);
    look("copy_box", &mut after("y"), &[HUGE]);
    look("help", &mut after("?"), &[HUGE]);
    look("female", &mut after("2"), &ALL);
    look("baseline", &mut after("3"), &ALL);
    look("baseline_submodule", &mut after("3 h j j"), &ALL);
    look("difference", &mut after("t ctrl-u 0.1 enter 4"), &ALL);
    look("similarity", &mut after("t ctrl-u 0.1 enter 5 v"), &ALL);
    look("card", &mut after("j enter"), &ALL);
    look("heat_map", &mut after("H"), &ALL);
    look("heat_map_scrolled", &mut after("H G"), &ALL);
    look("published", &mut after("p"), &ALL);
    look("published_comparison", &mut after("p T ctrl-u 30 enter 4"), &ALL);
}

#[test]
fn pictures() {
    for (name, keys) in [("counts", "H h h"), ("effects", "H h"), ("views", "H l"), ("intervals", "H l l")] {
        let mut pilot = after(keys);
        pilot.draw_pictures();
        look(&format!("picture_{name}"), &mut pilot, &[SMALL, MEDIUM]);
    }
}

#[test]
fn prompts() {
    look("threshold", &mut after("t ctrl-u 0.15"), &ALL);
    look("threshold_bad", &mut after("t ctrl-u 0.15 x"), &[SMALL]);
    look("filter", &mut after("/ effect>0.1 space kind=mlp"), &[SMALL, MEDIUM]);
    look("filter_bad", &mut after("/ effect>"), &[SMALL]);
    look("filter_others_dimmed", &mut after("/ kind=mlp enter \\"), &[MEDIUM]);
}

#[test]
fn tags() {
    look("tag_chooser", &mut after("j m tab"), &ALL);
    let mut pilot = after("j m p j m x j m e");
    pilot.type_text("seen in \"she\" only");
    pilot.press("enter");
    look("tagged", &mut pilot, &ALL);
}

#[test]
fn lists_of_commands() {
    look("palette", &mut after(": sort"), &ALL);
    look("help", &mut after("?"), &ALL);
    look("help_end", &mut after("? end"), &[MEDIUM]);
}

#[test]
fn causal_checks() {
    for (name, keys) in [
        ("check_set", "space space b enter"),
        ("check_each", "Z enter"),
        ("check_curve", "B enter"),
        ("check_methods", "A"),
        ("check_steering", "d enter"),
    ] {
        let mut pilot = kept();
        checked(&mut pilot, keys);
        look(name, &mut pilot, &ALL);
    }
    let mut pilot = kept();
    for keys in ["b enter", "esc Z enter", "esc B enter", "esc d enter"] {
        checked(&mut pilot, keys);
    }
    look("check_card", pilot.press("esc"), &[MEDIUM, LARGE]);
    look("checks", pilot.press("L"), &[SMALL, MEDIUM]);
}

#[test]
fn too_small() {
    look("too_small", &mut after("j"), &[(59, 15)]);
}

#[test]
fn computing() {
    let run = run();
    let mut pilot = Pilot::computing();
    pilot.press("r");
    let progress = |done| JobNews::Step(Step::Progress(Progress { stage: "resid_0, male".to_owned(), done, total: 180 }));
    pilot.news(1, opened(&run));
    pilot.news(1, progress(0));
    pilot.press("j j");
    found(&run, MALE, 4).into_iter().for_each(|news| pilot.news(1, news));
    pilot.news(1, progress(40));
    look("computing", &mut pilot, &ALL);
    pilot.press("x y");
    look("cancelled", &mut pilot, &[SMALL, MEDIUM]);
}
