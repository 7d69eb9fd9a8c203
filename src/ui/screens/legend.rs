//! Tests of the legend, the line above the table.

use super::pilot::{Pilot, found, opened, request};
use crate::core::effects::Detail;
use crate::core::study::testing::{BASELINE, FEMALE, MALE};
use crate::ui::fit::width;
use crate::ui::testing::{empty, run};

fn text(pilot: &mut Pilot, columns: u16) -> String {
    pilot.resize(columns, 40);
    pilot.screen()[3].clone()
}

fn after(keys: &str) -> Pilot {
    let mut pilot = Pilot::study();
    pilot.press(keys);
    pilot
}

#[test]
fn the_directions_are_those_of_the_view_on_the_screen() {
    assert!(text(&mut after("1"), 200).contains("+ towards ' she', - towards ' he'"));
    assert!(text(&mut after("2"), 200).contains("+ towards ' he', - towards ' she'"), "a reversed view exchanges the answers");
    // Male and baseline of this small study have the same answers, male and female the opposite ones.
    assert!(text(&mut after("4"), 200).contains("+ towards ' she', - towards ' he'"));
    assert!(text(&mut after("4 v"), 240).contains("+ towards each view's patch answer, - towards its clean answer"));
    let mut run = run();
    run.manifest.data[0].examples[1].patch_answer_text = " her".to_owned();
    assert!(text(&mut Pilot::with(run), 200).contains("+ towards the she-prompt's answer, - towards ' he'"));
}

#[test]
fn published_figures_are_about_prompts_and_say_why_cells_are_empty() {
    for (columns, reason) in [(200, "empty cell: not printed by the study"), (60, "empty: not printed")] {
        let shown = text(&mut after("p"), columns);
        assert!(shown.contains("+ towards the she-prompt's answer") && shown.contains(reason), "{shown}");
    }
}

#[test]
fn a_figure_that_is_still_missing_is_explained_while_the_rest_is_computed() {
    let mut pilot = Pilot::new(empty());
    pilot.state.setting.request = Some(request());
    pilot.press("r");
    pilot.news(1, opened(&run()));
    found(&run(), MALE, 2).into_iter().for_each(|news| pilot.news(1, news));
    let shown = text(&mut pilot, 200);
    assert!(shown.contains("empty cell: ") && shown.contains(" is not computed yet in female"), "{shown}");
    // Activations are kept at the end, and are not yet lost before it.
    let views = [MALE, FEMALE, BASELINE];
    views.into_iter().flat_map(|view| found(&run(), view, 6)).for_each(|news| pilot.news(1, news));
    for (columns, says) in [(200, "empty cell: activations arrive when the run is whole"), (70, "empty: activations come last")] {
        assert!(text(&mut pilot, columns).contains(says), "{}", text(&mut pilot, columns));
    }
    pilot.press("x y");
    assert!(text(&mut pilot, 70).contains("empty: the run is not whole"), "{}", text(&mut pilot, 70));
}

#[test]
fn a_cell_without_activations_or_with_one_pair_says_why_it_is_empty() {
    let mut without = run();
    without.views.iter_mut().for_each(|view| view.detail = Detail::default());
    let mut pilot = Pilot::with(without);
    assert!(text(&mut pilot, 200).contains("empty cell: the run kept no activations"));
    assert!(text(&mut pilot, 70).contains("empty: activations not kept"));
    let mut single = run();
    single.manifest.data.iter_mut().for_each(|data| data.examples.truncate(1));
    assert!(text(&mut Pilot::with(single), 200).contains("empty cell: one pair has no standard error"));
    // The list of the second view decides, too.
    let mut single = run();
    single.manifest.data[1].examples.truncate(1);
    let mut pilot = Pilot::with(single);
    assert!(!text(&mut pilot, 200).contains("empty cell"));
    pilot.press("t ctrl-u 0.1 enter 4");
    assert!(
        text(&mut pilot, 240).contains("empty cell: one pair in baseline has no standard error"),
        "{}",
        text(&mut pilot, 240)
    );
    assert!(text(&mut pilot, 70).contains("empty: one pair"), "{}", text(&mut pilot, 70));
}

/// A cell of a comparison's map is a difference, whatever answers the views push towards.
#[test]
fn the_heat_map_of_a_comparison_says_that_its_cells_are_differences() {
    for (keys, first, second) in [("4 H", "male", "baseline"), ("5 H", "male", "baseline"), ("4 v H", "male", "female")] {
        for columns in [60, 70, 80, 120, 180, 240] {
            let shown = text(&mut after(keys), columns);
            assert!(shown.contains(&format!("Δ {first} - {second}")), "{keys} in {columns}: {shown}");
            assert!(
                shown.contains(&format!("+ larger in {first}")) && !shown.contains("towards"),
                "{keys} in {columns}: {shown}"
            );
        }
        assert!(text(&mut after(keys), 180).contains(&format!(", - larger in {second}")), "{keys}");
    }
}

#[test]
fn every_form_fits_and_the_shortest_still_tells_the_directions() {
    for keys in ["1", "2", "3", "4", "5", "H", "4 H", "p"] {
        for columns in [60, 70, 80, 100, 120, 160, 240] {
            let shown = text(&mut after(keys), columns);
            assert!(width(&shown) <= usize::from(columns), "{keys} in {columns}: {shown}");
            let says = shown.contains("+ towards")
                || (["4", "5"].contains(&keys) && shown.contains("Δ: male - "))
                || shown.contains("+ larger in");
            assert!(says && !shown.contains('…'), "{keys} in {columns}: {shown}");
        }
    }
}

#[test]
fn names_that_begin_alike_are_told_apart_in_both_directions() {
    let mut run = run();
    run.manifest.study.views[0].clean = "the prompt of the study of names with men".to_owned();
    run.manifest.study.views[0].patch = "the prompt of the study of names with women".to_owned();
    run.manifest.data[0].examples[1].patch_answer_text = " her".to_owned();
    run.manifest.data[0].examples[1].clean_answer_text = " him".to_owned();
    let mut pilot = Pilot::with(run);
    for columns in [60, 70] {
        let shown = text(&mut pilot, columns);
        assert!(width(&shown) <= usize::from(columns) && shown.contains("women's answer, - the …men's"), "{shown}");
    }
    assert!(text(&mut pilot, 200).contains("+ towards the prompt of the study of names with women's answer"));
}

#[test]
fn a_study_without_numbers_says_what_to_press() {
    for (columns, says) in [
        (200, "nothing is computed yet: r computes, p shows published figures, ? explains"),
        (70, "nothing yet: r computes, p published figures, ? help"),
        (60, "nothing yet: r computes, p published figures, ? help"),
    ] {
        let shown = text(&mut Pilot::new(empty()), columns);
        assert_eq!(shown.trim(), says, "{columns}");
    }
}
