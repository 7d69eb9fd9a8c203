//! Tests of the key bar, the last line of the screen.

use super::pilot::Pilot;
use crate::app::key_bar::hints;
use crate::app::message::{Message, Mouse};
use crate::app::state::overlay::Overlay;
use crate::ui::fit::width;

fn bar(pilot: &Pilot) -> String {
    pilot.screen().pop().unwrap()
}

fn after(keys: &str, columns: u16) -> Pilot {
    let mut pilot = Pilot::study();
    pilot.resize(columns, 40);
    pilot.press(keys);
    pilot
}

#[test]
fn the_bar_holds_whole_keys_and_says_how_to_leave_at_any_width() {
    for columns in 60..200 {
        for keys in ["", "h", "l", "H"] {
            let pilot = after(keys, columns);
            let said: Vec<String> =
                hints(&pilot.state, columns).iter().map(|hint| format!("{} {}  ", hint.key, hint.says)).collect();
            let said = said.concat();
            assert!(width(said.trim_end()) < usize::from(columns));
            assert_eq!(bar(&pilot).trim(), said.trim(), "'{keys}' in {columns}");
            assert!(said.contains("? help") && said.contains("q quit"), "'{keys}' in {columns}: {said}");
        }
    }
}

#[test]
fn each_column_of_a_hint_is_where_it_is_drawn() {
    let pilot = after("", 140);
    let row: Vec<char> = bar(&pilot).chars().collect();
    for hint in hints(&pilot.state, 140) {
        let drawn: String = row[usize::from(hint.x)..usize::from(hint.x + hint.width)].iter().collect();
        assert_eq!(drawn, format!("{} {}", hint.key, hint.says));
    }
}

#[test]
fn a_click_on_a_hint_does_what_its_key_does() {
    let mut pilot = after("", 140);
    let hint = hints(&pilot.state, 140).into_iter().find(|hint| hint.says == "filter").unwrap();
    pilot.tell(Message::Mouse(Mouse::Click, hint.x, 39));
    assert!(matches!(pilot.state.overlay, Some(Overlay::Prompt(_))));
}

#[test]
fn the_bar_follows_what_is_on_the_screen() {
    assert!(bar(&after("", 70)).contains("Enter card") && bar(&after("", 70)).contains("Tab pane"), "a pane is hidden");
    assert!(bar(&after("h", 120)).contains("Enter features"));
    assert!(bar(&after("l", 120)).contains("Enter table"));
    assert!(bar(&after("H", 120)).contains("Esc close") && !bar(&after("H", 120)).contains("m tag"));
    assert!(bar(&after("m", 120)).contains("Esc closes") && bar(&after("s", 120)).contains("again reverses"));
    assert!(bar(&after("?", 120)).contains("Enter runs or explains"));
}

#[test]
fn the_bar_offers_only_what_can_be_done() {
    let mut pilot = after("", 200);
    assert!(!bar(&pilot).contains("undo"), "nothing can be undone");
    pilot.press("m p j");
    assert!(bar(&pilot).contains("u undo") && bar(&pilot).contains("p published"));
    pilot.press("p j");
    let published = bar(&pilot);
    assert!(published.contains("p study") && !published.contains("p published") && !published.contains("undo"), "{published}");
    pilot.press("p j");
    assert!(bar(&pilot).contains("u undo") && bar(&pilot).contains("p published"), "{}", bar(&pilot));
    for (keys, way) in [("", "Enter card"), ("h", "Enter features")] {
        for nothing in ["t 9 enter", "/ zzz enter"] {
            let mut pilot = after(keys, 70);
            assert!(bar(&pilot).contains(way), "{}", bar(&pilot));
            pilot.press(nothing);
            pilot.press("ctrl-l");
            assert!(!bar(&pilot).contains("Enter"), "'{keys}' with '{nothing}': {}", bar(&pilot));
        }
    }
}
