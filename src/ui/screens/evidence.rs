//! Tests of the way from the list to the evidence: on which prompt features fire, and how few keys it takes to read and tag.

use super::pilot::Pilot;
use crate::app::columns::{Item, place};
use crate::app::layout::Layout;
use crate::app::state::Pane;
use crate::core::rows::column::Column;
use crate::core::run::Run;
use crate::ui::testing::run;

/// The small study with features that fire on the clean prompt, on the patch prompt, on both, and one that was not kept.
fn firing() -> Run {
    let mut run = run();
    for view in &mut run.views {
        let detail = &mut view.detail;
        for (entry, feature) in detail.entry_features.iter().enumerate() {
            let (clean, patch) = [(2.0, 0.0), (0.0, 2.0), (2.0, 2.0)][*feature as usize % 3];
            (detail.entry_clean[entry], detail.entry_patch[entry]) = (clean, patch);
        }
        let last = detail.features.len() as u32 - 1;
        let kept: Vec<bool> = detail.entry_features.iter().map(|feature| *feature != last).collect();
        let keep = |numbers: &mut Vec<f32>| {
            let mut kept = kept.iter();
            numbers.retain(|_| *kept.next().unwrap());
        };
        for numbers in [&mut detail.entry_effects, &mut detail.entry_clean, &mut detail.entry_patch] {
            keep(numbers);
        }
        for indices in [&mut detail.entry_features, &mut detail.entry_examples, &mut detail.entry_positions] {
            let mut kept = kept.iter();
            indices.retain(|_| *kept.next().unwrap());
        }
        detail.features.pop();
    }
    run
}

/// The texts in the column "fires on" from top to bottom, read from the screen.
fn fires(pilot: &Pilot) -> Vec<String> {
    let state = &pilot.state;
    let area = Layout::of(state.size(), state.pane).unwrap().features.unwrap().inside();
    let placed = place(area.width, state.shown(), state.about());
    let column = placed.into_iter().find(|placed| placed.item == Item::Cell(Column::Fires)).unwrap();
    let (x, width) = (usize::from(area.x + column.x), usize::from(column.width));
    let screen = pilot.screen();
    let rows = &screen[usize::from(area.y) + 1..][..state.table.len()];
    rows.iter().map(|row| row.chars().skip(x).take(width).collect::<String>().trim().to_owned()).collect()
}

fn count(texts: &[String], wanted: &str) -> usize {
    texts.iter().filter(|text| *text == wanted).count()
}

#[test]
fn the_table_says_on_which_prompt_features_fire_in_the_words_of_the_view() {
    let mut pilot = Pilot::with(firing());
    pilot.resize(120, 60);
    for (view, clean, patch) in [("1", "he-prompt", "she-prompt"), ("2", "she-prompt", "he-prompt")] {
        pilot.press(view);
        let texts = fires(&pilot);
        assert_eq!(
            [count(&texts, clean), count(&texts, patch), count(&texts, "both"), count(&texts, "")],
            [6, 6, 5, 1],
            "{texts:?}"
        );
    }
    pilot.press("1 s o");
    let texts = fires(&pilot);
    let runs: Vec<&str> = texts.chunk_by(|left, right| left == right).map(|run| run[0].as_str()).collect();
    assert_eq!(runs, ["he-prompt", "both", "she-prompt", ""]);
    pilot.press("s o");
    let texts = fires(&pilot);
    let runs: Vec<&str> = texts.chunk_by(|left, right| left == right).map(|run| run[0].as_str()).collect();
    assert_eq!(runs, ["she-prompt", "both", "he-prompt", ""]);
}

#[test]
fn a_filter_finds_features_by_the_prompt_on_which_they_fire() {
    let mut pilot = Pilot::with(firing());
    pilot.resize(120, 60);
    for (filter, view, matching) in [
        ("fires=patch", "1", 6),
        ("fires=he-prompt", "1", 6),
        ("fires=he-prompt", "2", 6),
        ("fires!=both", "1", 12),
        ("fires=both", "3", 5),
    ] {
        pilot.press(view).press("/ ctrl-u").type_text(filter);
        pilot.press("enter");
        assert_eq!(pilot.state.table.listing.total().matching, matching, "{filter}");
    }
    // In the female view the same word names the patch prompt.
    pilot.press("2 / ctrl-u").type_text("fires=he-prompt");
    pilot.press("enter");
    assert_eq!(fires(&pilot).iter().filter(|text| *text != "he-prompt").count(), 0);
    pilot.press("1");
    assert_eq!(fires(&pilot).iter().filter(|text| *text != "he-prompt").count(), 0);
}

#[test]
fn the_card_says_why_it_is_not_known_on_what_a_feature_fires() {
    let mut pilot = Pilot::with(firing());
    pilot.resize(240, 60);
    pilot.press("s o G");
    assert_eq!(fires(&pilot).last().unwrap(), "");
    let screen = pilot.screen().join("\n");
    assert!(
        screen.contains("what it fires on is not known: the run kept activations of the 17 strongest features only"),
        "{screen}"
    );
}

/// Sentence, effects, positions and the first prompts of the feature at the cursor, tag, next feature: three keys each.
#[test]
fn a_feature_is_read_and_tagged_with_three_keys() {
    for size in [(120, 40), (160, 50), (180, 50), (240, 60)] {
        let mut pilot = Pilot::study();
        pilot.resize(size.0, size.1);
        for place in 0..5 {
            assert_eq!(pilot.state.table.cursor, place);
            let screen = pilot.screen();
            let rank = format!("rank {} of 18", place + 1);
            for part in
                [&*rank, "fires on both", "± s.e.", "> male", "mean effect by position, male", "prompts by |effect|", "line "]
            {
                assert!(screen.iter().any(|row| row.contains(part)), "{size:?} {part} {screen:#?}");
            }
            pilot.press("m p j");
        }
        assert_eq!(pilot.state.book().unwrap().features().len(), 5);
    }
}

#[test]
fn a_card_that_was_scrolled_to_its_end_comes_back_at_once() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    let start = pilot.screen();
    pilot.press("enter G");
    let end = pilot.screen();
    assert!(end.iter().any(|row| row.contains("https://")), "{end:#?}");
    pilot.press("j");
    let (last, above) = end.split_last().unwrap();
    assert_eq!((&pilot.screen()[..above.len()], pilot.notice()), (above, "the card ends here"), "{last}");
    pilot.press("k");
    assert_ne!(pilot.screen(), end);
    pilot.press("g enter");
    assert_eq!(pilot.screen(), start);
}

#[test]
fn one_pair_of_keys_acts_on_the_other_pane() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("J J J K");
    assert_eq!((pilot.state.table.cursor, pilot.state.card_scroll), (0, 2));
    assert!(pilot.screen().iter().any(|row| row.contains("↑ more")));
    pilot.press("enter J J");
    assert_eq!((pilot.state.pane, pilot.state.table.cursor, pilot.state.card_scroll), (Pane::Card, 2, 0));
    pilot.press("K");
    assert_eq!(pilot.state.table.cursor, 1);
    for (keys, says) in [
        ("K K", "other-up: this is the first feature"),
        ("l h g K", "other-up: the card begins here"),
        ("G l J", "other-down: this is the last feature"),
        ("h g j", ""),
    ] {
        pilot.press(keys);
        assert_eq!(pilot.notice(), says, "{keys}");
    }
    pilot.press("h h J");
    assert_eq!((pilot.state.pane, pilot.state.table.cursor), (Pane::Submodules, 2));
    // On a small screen the table hides the card, and a key that did nothing would say nothing.
    pilot.press("l");
    pilot.resize(70, 20);
    pilot.press("J");
    assert_eq!(pilot.notice(), "other-down: the card is not on the screen; Enter shows it");
    pilot.press("enter J");
    assert_eq!((pilot.state.table.cursor, pilot.notice()), (3, ""));
}
