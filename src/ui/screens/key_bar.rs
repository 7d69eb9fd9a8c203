//! Tests of the key bar, the last line of the screen.

use ratatui::buffer::Buffer;

use super::pilot::{Pilot, request};
use crate::app::key_bar::hints;
use crate::app::message::{Message, Mouse};
use crate::app::state::download::Offer;
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

/// The explorer with a model to download, after these keys.
fn with_download(keys: &str, columns: u16) -> Pilot {
    let mut pilot = Pilot::computing();
    pilot.state.setting.offers = vec![Offer { name: "pythia-70m".to_owned(), files: 2, missing: 1, about_bytes: None }];
    pilot.resize(columns, 40);
    pilot.press("D enter").press(keys);
    pilot.asked();
    pilot
}

/// Starts an explorer, presses keys, and has so many columns.
type Start<'a> = &'a dyn Fn(&str, u16) -> Pilot;

/// What a hint did: the effects that it asked for, and the screen.
fn outcome(mut pilot: Pilot) -> (String, Buffer) {
    (format!("{:?}", pilot.asked()), pilot.buffer())
}

#[test]
fn a_click_on_any_hint_of_any_screen_does_what_its_key_does() {
    let empty = |_: &str, columns: u16| {
        let mut pilot = Pilot::new(crate::ui::testing::empty());
        pilot.state.setting.request = Some(request());
        pilot.resize(columns, 40);
        pilot
    };
    let screens: [(&str, Start<'_>); 10] = [
        ("", &after),
        ("h", &after),
        ("l", &after),
        ("H", &after),
        ("4 H", &after),
        ("p", &after),
        ("m p", &after),
        ("", &empty),
        ("", &with_download),
        ("H", &with_download),
    ];
    for columns in [60, 80, 120, 160] {
        for (keys, start) in &screens {
            // A notice would stand in the place of the bar.
            let start = |keys: &str, columns: u16| {
                let mut pilot = start(keys, columns);
                pilot.state.notice = None;
                pilot.asked();
                pilot
            };
            for hint in hints(&start(keys, columns).state, columns) {
                let key = start(keys, columns).state.setting.keymap.key(hint.command).unwrap();
                let mut pressed = start(keys, columns);
                pressed.tell(Message::Key(key, pressed.now()));
                let pressed = outcome(pressed);
                for x in [hint.x, hint.x + hint.width - 1] {
                    let mut clicked = start(keys, columns);
                    let drawn: Vec<char> = bar(&clicked).chars().skip(usize::from(hint.x)).collect();
                    let drawn: String = drawn.into_iter().take(usize::from(hint.width)).collect();
                    assert_eq!(drawn, format!("{} {}", hint.key, hint.says), "after '{keys}' in {columns}: {}", bar(&clicked));
                    clicked.tell(Message::Mouse(Mouse::Click, x, 39));
                    assert_eq!(outcome(clicked), pressed, "{} after '{keys}' in {columns}", hint.says);
                }
            }
        }
    }
}

#[test]
fn a_click_in_the_heat_map_switches_views_or_says_that_it_does_nothing() {
    let mut pilot = after("H", 120);
    let second = pilot.screen()[1].chars().position(|character| character == '2').unwrap();
    pilot.tell(Message::Mouse(Mouse::Click, second as u16, 1));
    assert!(pilot.screen().join("\n").contains("effect by submodule and position, female"));
    for (x, y) in [(0, 4), (60, 20)] {
        pilot.press("ctrl-l");
        pilot.tell(Message::Mouse(Mouse::Click, x, y));
        assert_eq!(pilot.notice(), "the heat map takes no clicks; Esc closes it");
    }
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
