//! Tests of names that begin alike: on every screen they can be told apart.

use super::pilot::Pilot;
use crate::core::name::Name;
use crate::ui::testing::run;

/// The study with two views whose names differ in their last letter.
fn alike() -> Pilot {
    let mut run = run();
    for (view, name) in run.manifest.study.views.iter_mut().zip(["singular-noun-subject-a", "singular-noun-subject-b"]) {
        view.name = Name::new(name).unwrap();
    }
    Pilot::with(run)
}

#[test]
fn views_are_told_apart_on_the_card_in_the_table_and_in_the_tabs() {
    let mut pilot = alike();
    pilot.resize(240, 60);
    let screen = pilot.screen();
    let row = |text: &str| screen.iter().any(|line| line.contains(text));
    assert!(row("> …a ") && row("  …b "), "{screen:#?}");
    pilot.press("3");
    let screen = pilot.screen();
    let heads = screen.iter().find(|line| line.contains("fires on")).unwrap();
    assert!(heads.contains("…a ") && heads.contains("…b "), "{heads}");
    pilot.resize(70, 20);
    let tabs = pilot.screen()[1].clone();
    assert!(tabs.contains(" 1 …a ") && tabs.contains(" 2 …b "), "{tabs}");
}
