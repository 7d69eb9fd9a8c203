//! Tests that a text for which its row has no room is read as a whole when the cursor is on the row.

use super::pilot::{Pilot, with_dropped};
use crate::app::list_rows::list_rows;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::app::{choice, copy_box, palette};

const SIZES: [(u16, u16); 5] = [(60, 16), (70, 20), (80, 24), (120, 40), (160, 45)];

/// The small study on a model that no page is about.
fn unhosted() -> Pilot {
    let mut run = with_dropped();
    run.manifest.model.name = "saescope-demo".to_owned();
    Pilot::with(run)
}

/// All words in the open window.
fn words(pilot: &Pilot) -> String {
    let window = list_rows(&pilot.state, pilot.state.size()).unwrap().window;
    let rows = pilot.screen().into_iter().skip(usize::from(window.y)).take(usize::from(window.height));
    let inside =
        |row: String| -> String { row.chars().skip(usize::from(window.x) + 1).take(usize::from(window.width) - 2).collect() };
    rows.map(inside).flat_map(|row| row.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>().join(" ")
}

/// What the row at the cursor says, and whether it is the last row.
fn at_cursor(state: &State) -> (String, bool) {
    let (texts, cursor): (Vec<String>, usize) = match state.overlay.as_ref().unwrap() {
        Overlay::Chooser(chooser) => {
            (choice::choices(*chooser, state).into_iter().map(|choice| choice.explanation).collect(), state.choice)
        }
        Overlay::Copy(cursor) => (copy_box::lines(state).iter().map(copy_box::Line::said).collect(), *cursor),
        Overlay::Palette(list) => {
            let found = palette::found(list, &state.setting.keymap).into_iter();
            (found.map(|command| palette::says(state, command)).collect(), list.cursor)
        }
        other => panic!("{other:?}"),
    };
    (texts[cursor].split_whitespace().collect::<Vec<_>>().join(" "), cursor + 1 == texts.len())
}

#[test]
fn the_row_at_the_cursor_is_read_as_a_whole_and_hidden_rows_are_said() {
    for (width, height) in SIZES {
        for open in [":", "y", "m", "s", "4 s"] {
            let mut pilot = unhosted();
            pilot.resize(width, height);
            pilot.press(open);
            for _ in 0..9 {
                pilot.press("up");
            }
            loop {
                pilot.state.notice = None;
                let (says, is_last) = at_cursor(&pilot.state);
                let shown = words(&pilot);
                assert!(shown.contains(&says), "{open} at {width}x{height}: '{says}' in {shown}");
                let rows = list_rows(&pilot.state, (width, height)).unwrap();
                let screen = pilot.screen().join("\n");
                assert_eq!((screen.contains("↑ more"), screen.contains("↓ more")), rows.hidden(), "{open}: {screen}");
                if is_last {
                    break;
                }
                pilot.press("down");
            }
        }
    }
}

#[test]
fn the_copy_box_begins_on_what_can_be_had() {
    let mut pilot = unhosted();
    pilot.press("y");
    let Some(Overlay::Copy(cursor)) = pilot.state.overlay else { panic!("no box is open") };
    assert!(copy_box::lines(&pilot.state)[cursor].says.is_ok());
    pilot.press("enter");
    assert!(pilot.state.overlay.is_none(), "{}", pilot.notice());
    let mut pilot = Pilot::study();
    pilot.press("y");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Copy(0))));
}
