//! Tests that a key that can do nothing here says why, and that no key changes what is hidden.

use super::pilot::Pilot;
use crate::app::heat_map;
use crate::app::key_bar::hints;
use crate::app::state::Pane;
use crate::app::state::overlay::Overlay;

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
                assert_eq!(heat_map::most_scroll(&pilot.state) > 0, hides, "{what}: {:#?}", pilot.screen());
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
        assert!(matches!(pilot.state.overlay, Some(Overlay::HeatMap)));
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
