//! Tests that a key that can do nothing here says why, and that no key changes what is hidden.

use super::pilot::{Pilot, opened, request};
use crate::app::key_bar::hints;
use crate::app::pictures;
use crate::app::state::Pane;
use crate::app::state::overlay::Overlay;
use crate::core::agreement::agreement;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
use crate::ui::testing::{run, run_of};

/// The small study on a screen of that size.
fn on(width: u16, height: u16) -> Pilot {
    let mut pilot = Pilot::study();
    pilot.resize(width, height);
    pilot
}

#[test]
fn the_ends_of_table_list_and_card_are_said() {
    for (keys, says) in [
        ("G j", "down: this is the last feature"),
        ("G G", "last: this is the last feature"),
        ("G pagedown", "page-down: this is the last feature"),
        ("g k", "up: this is the first feature"),
        ("j g k", "up: this is the first feature"),
        ("ctrl-u", "half-page-up: this is the first feature"),
        ("h k", "up: the list begins here"),
        ("h G j", "down: the list ends here"),
        ("l k", "up: the card begins here"),
        ("h K", "other-up: this is the first feature"),
        ("t 9 enter j", "down: no feature is listed"),
        ("/ zzz enter l j", "down: no feature is listed"),
        ("G k", ""),
        ("g j", ""),
        ("h j", ""),
    ] {
        let mut pilot = on(160, 50);
        pilot.press(keys);
        assert_eq!(pilot.notice(), says, "{keys}");
    }
}

#[test]
fn the_heat_map_offers_scrolling_exactly_where_something_is_hidden() {
    let mut whole = 0;
    for width in [60, 80, 100, 160, 200] {
        for height in 16..40 {
            for tab in ["1", "2", "4"] {
                let mut pilot = on(width, height);
                pilot.press(tab);
                pilot.press("H");
                let hides = pilot.screen().join("\n").contains(" more below");
                let what = format!("{width}x{height}, {tab}");
                assert_eq!(pictures::most_scroll(&pilot.state) > 0, hides, "{what}: {:#?}", pilot.screen());
                let said = |pilot: &Pilot| hints(&pilot.state, width).iter().any(|hint| hint.says == "down");
                assert!(said(&pilot) == hides || width < 80, "{what}");
                pilot.press("j");
                assert_eq!(pilot.notice(), if hides { "" } else { "down: everything is shown" }, "{what}");
                pilot.press("G");
                if hides {
                    let screen = pilot.screen().join("\n");
                    assert!(screen.contains(" more above") && !screen.contains(" more below"), "{what}: {screen}");
                    pilot.press("j");
                    assert_eq!(pilot.notice(), "down: the map ends here", "{what}");
                    pilot.press("g k");
                    assert_eq!(pilot.notice(), "up: the map begins here", "{what}");
                }
                whole += usize::from(!hides);
            }
        }
    }
    assert!(whole > 0);
}

#[test]
fn in_the_heat_map_no_key_changes_the_hidden_table() {
    let mut pilot = on(120, 40);
    pilot.press("/ resid enter H");
    let before = (pilot.state.sort, pilot.state.filter.clone(), pilot.state.keep_others, pilot.features());
    for (key, name) in [("S", "reverse"), ("F", "tagged"), ("\\", "keep-others"), ("n", "next-match"), ("N", "previous-match")] {
        pilot.press(key);
        assert_eq!(pilot.notice(), format!("{name}: the heat map hides the panes; Esc closes it"));
        assert!(matches!(pilot.state.overlay, Some(Overlay::Pictures)));
        let after = (pilot.state.sort, pilot.state.filter.clone(), pilot.state.keep_others, pilot.features());
        assert_eq!(after, before, "{name}");
    }
}

#[test]
fn escape_goes_back_to_the_table_where_a_pane_covers_it() {
    for (size, keys) in [((70, 20), "enter"), ((70, 20), "h"), ((110, 20), "l")] {
        let mut pilot = on(size.0, size.1);
        pilot.press("/ resid enter").press(keys);
        assert_ne!(pilot.state.pane, Pane::Features);
        pilot.press("esc");
        assert_eq!((pilot.state.pane, pilot.notice()), (Pane::Features, ""), "{keys}");
        assert!(pilot.state.filter.is_some(), "one thing at a time");
        pilot.press("esc");
        assert!(pilot.state.filter.is_none());
        pilot.press("esc");
        assert_eq!(pilot.notice(), "back: there is no filter, mark or restriction to drop; q leaves");
    }
    let mut pilot = on(160, 50);
    pilot.press("l esc");
    assert_eq!(pilot.state.pane, Pane::Card, "nothing is covered");
}

#[test]
fn the_last_word_about_one_feature_is_singular() {
    let mut pilot = Pilot::study();
    pilot.press("m p E enter");
    let what = pilot.asked().into_iter().find_map(|effect| match effect {
        crate::app::message::Effect::WriteText { what, .. } => Some(what),
        _ => None,
    });
    assert_eq!(what.as_deref(), Some("tags of 1 feature"));
}

#[test]
fn the_heat_map_is_offered_only_where_there_is_one() {
    let offers = |pilot: &Pilot| hints(&pilot.state, 180).iter().any(|hint| hint.says == "heat map");
    let mut pilot = on(180, 50);
    assert!(offers(&pilot));
    pilot.press("p");
    assert!(!offers(&pilot));
    pilot.press("H");
    let says = "heat-map: the study printed no effects by position and no error terms of the male view";
    assert_eq!((pilot.notice(), pilot.state.overlay.is_none()), (says, true));
    // One that is open can be closed whatever it shows.
    let mut pilot = on(180, 50);
    pilot.press("H p H");
    assert!(pilot.state.overlay.is_none(), "{}", pilot.notice());
    // While it is computed it fills up by itself.
    let mut pilot = Pilot::computing();
    pilot.press("r");
    pilot.news(1, opened(&run()));
    pilot.press("H");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Pictures)));
}

#[test]
fn marks_that_are_hidden_are_no_empty_list() {
    let mut pilot = on(180, 50);
    pilot.press("space / marked=no enter");
    for keys in [": ablate-search enter", "A"] {
        pilot.press(keys);
        assert!(pilot.notice().ends_with("1 marked is hidden by the filter; c drops all marks"), "{keys}: {}", pilot.notice());
        pilot.press("esc");
        pilot.press("/ ctrl-u marked=no enter");
    }
    let said = crate::app::checks::asking::each(&pilot.state, crate::core::causal::way::ErrorTreatment::Recomputed).unwrap_err();
    assert_eq!(said, "1 marked is hidden by the filter; c drops all marks");
    let said = crate::app::checks::asking::circuit(&pilot.state).unwrap_err();
    assert_eq!(said, "a circuit needs at least two features; 1 marked is hidden by the filter");
}

/// Two directions of one pair list.
fn without_baseline() -> Pilot {
    let mut study = names();
    study.views.truncate(2);
    study.compare = Some((MALE, FEMALE));
    let mut pilot = Pilot::with(run_of(study));
    pilot.state.setting.request = Some(request());
    pilot
}

#[test]
fn a_comparison_without_a_baseline_says_how_to_get_one_on_every_screen() {
    let way = "no baseline: P with a second file gives one";
    for width in [60, 80, 100, 120, 180] {
        for keys in ["3", "4"] {
            let mut pilot = without_baseline();
            pilot.resize(width, 24);
            pilot.press(keys);
            let screen = pilot.screen();
            assert!(screen[2].contains("no baseline") || width < 80, "{width}: {}", screen[2]);
            let all = screen.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(all.contains(way), "{width}: {all}");
            pilot.press("v");
            let says = "the study has two views, which are compared already; both views are of one pair list, so there is ";
            assert!(pilot.notice().ends_with(&format!("{says}{way}")), "{}", pilot.notice());
        }
    }
    // With a baseline nothing is said.
    let mut pilot = on(80, 24);
    pilot.press("4");
    assert!(pilot.notice().is_empty() && !pilot.screen()[2].contains("baseline:"), "{}", pilot.notice());
}

#[test]
fn a_comparison_says_how_far_its_lists_are_alike() {
    let mut pilot = on(200, 50);
    for keys in ["t ctrl-u 0.1 enter 4", "5"] {
        pilot.press(keys);
        let line = pilot.screen()[2].clone();
        let findings = pilot.state.findings().unwrap();
        let found = agreement(findings, MALE, BASELINE, pilot.state.selection).unwrap();
        let (jaccard, spearman) = (found.jaccard.unwrap(), found.in_union.signed.unwrap());
        let says = format!("Jaccard {jaccard:.3} ({} of {}), Spearman {spearman:+.3}", found.common, found.union);
        assert!(line.contains(&says), "{line}, not {says}");
    }
    pilot.press("1");
    assert!(!pilot.screen()[2].contains("Jaccard"));
}
