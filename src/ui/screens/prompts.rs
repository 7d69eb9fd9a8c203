//! Tests of typing a value: every key previews it, Enter keeps it, Esc restores the value before.

use super::pilot::{Pilot, found, opened, wide};
use crate::app::state::overlay::Overlay;
use crate::app::state::tab::Tab;
use crate::core::filter::Filter;
use crate::core::selection::Selection;
use crate::core::study::testing::{FEMALE, MALE};
use crate::ui::testing::run;

#[test]
fn a_threshold_previews_on_every_key() {
    let mut pilot = Pilot::study();
    pilot.press("t");
    assert_eq!((pilot.hint().as_deref(), pilot.features().len()), (Ok("→ 18 features in 6 submodules"), 18));
    pilot.press("end .");
    assert_eq!(pilot.features().len(), 18);
    pilot.press("1");
    assert_eq!((pilot.hint().as_deref(), pilot.features().len()), (Ok("→ 10 features in 6 submodules"), 10));
    pilot.press("7");
    assert_eq!((pilot.hint().as_deref(), pilot.features().len()), (Ok("→ 3 features in 3 submodules"), 3));
    assert!(pilot.screen().iter().any(|line| line.contains("|effect| > 0.17 → 3 features in 3 submodules")));
    pilot.press("backspace");
    assert_eq!(pilot.features().len(), 10);
    pilot.press("enter");
    assert_eq!((pilot.state.selection, pilot.state.threshold), (Selection::Threshold(0.1), 0.1));
    assert!(pilot.state.overlay.is_none());
}

#[test]
fn escape_restores_the_selection_exactly_even_across_kinds() {
    for keys in ["t ctrl-u 0.1", "T ctrl-u 3", "t ctrl-u", "t ctrl-u 0.1 x", "t ctrl-u 999"] {
        for before in ["", "t ctrl-u .0875 enter", "T ctrl-u 7 enter"] {
            let mut pilot = Pilot::study();
            pilot.press(before).press("j j j");
            let (selection, features, cursor) = (pilot.state.selection, pilot.features(), pilot.state.table.cursor);
            let remembered = (pilot.state.threshold, pilot.state.top_k);
            for leave in ["esc", "ctrl-c"] {
                pilot.press(keys).press(leave);
                assert!(pilot.state.overlay.is_none());
                assert_eq!(
                    (pilot.state.selection, pilot.features(), pilot.state.table.cursor),
                    (selection, features.clone(), cursor)
                );
                assert_eq!((pilot.state.threshold, pilot.state.top_k), remembered, "{before} {keys}");
            }
        }
    }
}

#[test]
fn text_that_is_no_value_leaves_the_last_preview_and_is_not_taken() {
    let mut pilot = Pilot::study();
    for (keys, why) in [("t ctrl-u 0.1 z", "'0.1z' is not a threshold; use a number from 0 up, such as 0.1"), ("backspace", "")] {
        pilot.press(keys);
        assert_eq!(pilot.hint().err().unwrap_or_default(), why);
        assert_eq!((pilot.state.selection, pilot.features().len()), (Selection::Threshold(0.1), 10));
    }
    for text in ["nan", "inf", "-1", "1e999", ""] {
        pilot.press("ctrl-u").type_text(text);
        pilot.press("enter");
        assert!(matches!(pilot.state.overlay, Some(Overlay::Prompt(_))), "{text}");
        assert!(pilot.hint().unwrap_err().starts_with(&format!("not taken: '{text}' is not a threshold")), "{text}");
        assert!(pilot.notice().contains("is not a threshold"));
    }
    pilot.press("esc T ctrl-u 0 enter");
    assert!(pilot.hint().unwrap_err().starts_with("not taken: '0' is not a k"));
    pilot.press("esc");
    assert_eq!(pilot.state.selection, Selection::Threshold(0.0));
}

#[test]
fn a_top_k_and_a_threshold_remember_each_other() {
    let mut pilot = Pilot::study();
    pilot.press("t ctrl-u 0.1 enter T ctrl-u 5 enter");
    assert_eq!((pilot.state.selection, pilot.features().len()), (Selection::TopK(5), 5));
    pilot.press("t");
    assert_eq!(pilot.hint().as_deref(), Ok("→ 10 features in 6 submodules"));
    pilot.press("enter T enter");
    assert_eq!(pilot.state.selection, Selection::TopK(5));
}

/// The cursor behind the text has a cell of its own.
#[test]
fn a_prompt_never_hides_the_beginning_of_a_text_that_fits() {
    let mut pilot = Pilot::study();
    pilot.press("/");
    pilot.type_text("kind=mlp layer=1");
    for width in 60..130 {
        pilot.resize(width, 40);
        let screen = pilot.screen();
        assert!(screen.last().unwrap().starts_with(" filter: kind=mlp layer=1"), "{width}: {screen:#?}");
    }
}

#[test]
fn a_filter_previews_and_escape_restores_it_exactly() {
    let mut pilot = Pilot::study();
    pilot.press("/ kind=mlp enter");
    assert_eq!(pilot.notice(), "filtered: 6 of 18 features; Esc shows all again");
    let (filter, features) = (pilot.state.filter.clone(), pilot.features());
    pilot.press("/ end space layer=1");
    assert_eq!((pilot.hint().as_deref(), pilot.features().len()), (Ok("3 of 18 features"), 3));
    pilot.press("esc");
    assert_eq!((&pilot.state.filter, pilot.features()), (&filter, features.clone()));
    pilot.press("/ ctrl-u");
    assert_eq!((&pilot.state.filter, pilot.features().len()), (&None, 18));
    pilot.press("( enter");
    assert!(pilot.hint().is_err());
    assert_eq!(pilot.features().len(), 18);
    pilot.press("esc");
    assert_eq!((&pilot.state.filter, pilot.features()), (&filter, features));
    pilot.press("/ ctrl-u enter");
    assert_eq!((&pilot.state.filter, pilot.notice()), (&None, ""));
}

#[test]
fn escape_drops_the_filter_then_the_marks() {
    let mut pilot = Pilot::study();
    pilot.press("space space / kind=mlp enter esc");
    assert_eq!((&pilot.state.filter, pilot.state.marked.len()), (&None, 2));
    pilot.press("esc");
    assert!(pilot.state.marked.is_empty());
}

#[test]
fn a_preview_counts_what_arrives_while_it_is_open() {
    let mut pilot = Pilot::computing();
    pilot.press("r");
    pilot.news(1, opened(&run()));
    pilot.press("t");
    for (news, says) in found(&run(), MALE, 2).into_iter().zip(["→ 3 features in 1 submodule", "→ 6 features in 2 submodules"])
    {
        pilot.news(1, news);
        assert_eq!(pilot.hint().as_deref(), Ok(says));
    }
}

#[test]
fn digits_switch_views_at_once_however_fast_they_are_typed() {
    let mut pilot = Pilot::study();
    pilot.type_text("12");
    assert_eq!(pilot.state.tab, Tab::Single(FEMALE));
    pilot.press("j");
    assert_eq!(pilot.state.table.cursor, 1);
    pilot.type_text("45");
    assert_eq!(pilot.state.tab, Tab::Similarity);
    pilot.press("6");
    assert_eq!(pilot.state.tab, Tab::Similarity);
    assert_eq!(pilot.notice(), "view-6: the study names has 3 views and 2 comparisons");
}

#[test]
fn tagged_features_alone_are_listed_by_one_key_and_all_by_the_next() {
    let mut pilot = Pilot::study();
    pilot.press("m p j F");
    assert_eq!(pilot.features().len(), 1);
    pilot.press("F");
    assert_eq!((&pilot.state.filter, pilot.features().len()), (&None, 18));
    pilot.press("/ kind=mlp enter F F");
    assert_eq!(pilot.state.filter.as_ref().map(Filter::text), Some("kind=mlp"));
    pilot.press("/ ctrl-u kind=mlp space or space kind=attn enter F");
    assert_eq!(pilot.state.filter.as_ref().map(Filter::text), Some("(kind=mlp or kind=attn) and tag=any"));
}

#[test]
fn what_was_said_without_a_tag_does_not_go_from_the_list_in_silence() {
    let mut pilot = Pilot::study();
    pilot.press("m p j m e").type_text("plural");
    pilot.press("enter j m x esc F");
    assert_eq!(pilot.features().len(), 1);
    assert_eq!(pilot.notice(), "2 features with a note or a reject mark but without a tag are not listed");
    pilot.press("F");
    assert_eq!((pilot.features().len(), pilot.notice()), (18, ""));
}

#[test]
fn half_pages_are_half_of_the_rows_on_the_screen() {
    let mut pilot = Pilot::with(wide(200));
    pilot.resize(120, 24);
    let rows = crate::app::layout::table_rows(&pilot.state);
    pilot.press("ctrl-d");
    assert_eq!(pilot.state.table.cursor, rows / 2);
    pilot.press("ctrl-d ctrl-u");
    assert_eq!(pilot.state.table.cursor, rows / 2);
}

#[test]
fn raising_never_lowers_and_stays_a_number() {
    let mut pilot = Pilot::study();
    for start in ["1e-40", "0.000001", "0", "0.1", "1e38", "3.4e38"] {
        pilot.press("t ctrl-u").type_text(start);
        pilot.press("enter");
        for keys in ["+", "+ + +"] {
            let Selection::Threshold(before) = pilot.state.selection else { panic!("no threshold") };
            pilot.press(keys);
            let Selection::Threshold(after) = pilot.state.selection else { panic!("no threshold") };
            assert!(after.is_finite() && after >= before, "{start}: {before} {after}");
        }
    }
}

#[test]
fn a_key_without_a_command_says_where_help_is() {
    let mut pilot = Pilot::study();
    pilot.press("%");
    assert_eq!(pilot.notice(), "% is not a command here; ? lists what is");
    pilot.press("v");
    assert_eq!(pilot.notice(), "compared-views: the view male compares nothing; 4 and 5 do");
}
