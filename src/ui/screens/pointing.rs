//! Tests of the mouse in windows and of the wheel, and of choosing by arrows.

use super::keeping::kept;
use super::pilot::{Pilot, wide};
use crate::app::layout;
use crate::app::list_rows::window;
use crate::app::message::{Effect, Message, Mouse};
use crate::app::state::overlay::{Chooser, Overlay};
use crate::core::rows::column::Column;
use crate::core::selection::Selection;
use crate::core::study::testing::{name, tag};

/// Clicks on the line of the open window that contains `text`.
fn click(pilot: &mut Pilot, text: &str) {
    let area = window(&pilot.state, pilot.state.size()).unwrap();
    let row = pilot.screen().iter().enumerate().skip(usize::from(area.y)).find(|(_, line)| line.contains(text)).unwrap().0;
    pilot.tell(Message::Mouse(Mouse::Click, area.x + 5, row as u16));
}

#[test]
fn a_click_on_a_row_of_a_window_chooses_it_and_one_beside_it_closes_the_window() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("m");
    click(&mut pilot, "rejected");
    let feature = pilot.state.feature().unwrap();
    assert!(pilot.state.tags()[&feature].in_scope(crate::core::tags::Scope::Everywhere).rejected);
    pilot.press("m");
    click(&mut pilot, " FP ");
    assert!(pilot.state.tags()[&feature].has(tag("FP"), name("male")));
    pilot.press("s");
    click(&mut pilot, "s.e.");
    assert_eq!(pilot.state.sort.column, Column::StandardError);
    pilot.press(": threshold");
    click(&mut pilot, "above a value");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Prompt(_))));
    for window in ["m", "s", ":"] {
        pilot.press("esc").press(window);
        pilot.tell(Message::Mouse(Mouse::Click, 0, 4));
        assert!(pilot.state.overlay.is_none(), "{window}");
    }
}

#[test]
fn a_click_clears_a_notice_as_a_key_does_and_meets_what_was_drawn_with_it() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    for place in [(50, 9), (5, 0), (5, 39)] {
        pilot.press("ctrl-t");
        assert!(!pilot.notice().is_empty());
        pilot.tell(Message::Mouse(Mouse::Click, place.0, place.1));
        assert_eq!(pilot.notice(), "", "{place:?}");
        assert!(pilot.state.overlay.is_none(), "the key bar was not there to be clicked");
    }
    assert_eq!(pilot.state.table.cursor, 3);
    pilot.press("ctrl-t");
    pilot.tell(Message::Mouse(Mouse::WheelDown, 50, 9));
    assert_ne!(pilot.notice(), "", "the wheel only turns");
}

#[test]
fn a_click_in_the_help_runs_or_explains_and_one_in_the_list_of_runs_opens() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("?").type_text("standard error");
    click(&mut pilot, "the drawn bar");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Topic(_))), "{}", pilot.screen().join("\n"));
    pilot.press("esc esc ?").type_text("heat-map");
    click(&mut pilot, "sums by submodule");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Pictures)), "{}", pilot.screen().join("\n"));
    pilot.press("esc R");
    pilot.asked();
    pilot.tell(Message::RunsListed(Ok(vec![kept("first", true), kept("second", true)])));
    click(&mut pilot, "when (UTC)");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Runs(_))), "the heading is no run");
    click(&mut pilot, "second");
    assert!(
        matches!(pilot.asked().as_slice(), [Effect::ReadKeptRun(path)] if path.ends_with("second.safetensors")),
        "{}",
        pilot.screen().join("\n")
    );
}

#[test]
fn arrows_and_enter_choose_and_a_key_that_chooses_nothing_says_so() {
    let mut pilot = Pilot::study();
    pilot.press("s down down enter");
    assert_eq!(pilot.state.sort.column, Column::Effect);
    pilot.press("m q");
    assert_eq!(pilot.notice(), "q chooses nothing here");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Chooser(Chooser::Tags))));
    pilot.press("up enter");
    let feature = pilot.state.feature().unwrap();
    assert!(pilot.state.tags()[&feature].has(tag("FP"), name("male")));
    // Only a comparison has sides to sort by.
    pilot.press("s i");
    assert_eq!(pilot.notice(), "i chooses nothing here");
    pilot.press("esc 4 s i");
    assert_eq!(pilot.state.sort.column, Column::Side);
}

#[test]
fn the_wheel_scrolls_the_table_and_the_cursor_stays_on_its_feature_while_it_is_visible() {
    let mut pilot = Pilot::with(wide(200));
    pilot.resize(120, 24);
    let rows = layout::table_rows(&pilot.state);
    pilot.press("j j j j");
    let feature = pilot.state.feature();
    let turn = |pilot: &mut Pilot, wheel| pilot.tell(Message::Mouse(wheel, 80, 8));
    turn(&mut pilot, Mouse::WheelDown);
    assert_eq!((pilot.state.table.top, pilot.state.feature()), (3, feature));
    turn(&mut pilot, Mouse::WheelDown);
    assert_eq!((pilot.state.table.top, pilot.state.table.cursor), (6, 6));
    (0..100).for_each(|_| turn(&mut pilot, Mouse::WheelDown));
    assert_eq!((pilot.state.table.top, pilot.state.table.cursor), (200 - rows, 200 - rows));
    (0..100).for_each(|_| turn(&mut pilot, Mouse::WheelUp));
    assert_eq!((pilot.state.table.top, pilot.state.table.cursor), (0, rows - 1));
}

#[test]
fn what_hides_every_feature_says_what_would_show_some() {
    let mut pilot = Pilot::computing();
    pilot.resize(240, 60);
    let says = |pilot: &Pilot, text: &str| pilot.screen().iter().any(|line| line.contains(text));
    pilot.press("t 9 enter");
    assert!(says(&pilot, "the selection holds no feature: the largest |effect| is 0."), "{:#?}", pilot.screen());
    assert!(says(&pilot, "T lists the 30 strongest"));
    pilot.press("T enter");
    assert_eq!((pilot.state.selection, pilot.features().len()), (Selection::TopK(30), 18));
    let mut empty = Pilot::new(crate::ui::testing::empty());
    empty.state.setting.request = Some(super::pilot::request());
    empty.resize(240, 60);
    assert!(says(&empty, "there is no study; r computes one, P takes a pair file, C another study"));
    empty.press("p p");
    assert_eq!(empty.notice(), "nothing is computed of the study yet; r computes it");
}

#[test]
fn the_heat_map_leaves_the_panes_alone_and_says_how_it_closes() {
    let mut pilot = Pilot::study();
    let pane = pilot.state.pane;
    pilot.press("H");
    assert!(pilot.screen()[4].contains("heat map · Esc closes"));
    for key in ["tab", "backtab"] {
        pilot.press(key);
        assert_eq!(pilot.state.pane, pane, "{key}");
        assert!(pilot.notice().ends_with("the heat map hides the panes; Esc closes it"), "{}", pilot.notice());
    }
    pilot.press("l h left right h");
    assert_eq!(pilot.state.pane, pane, "other pictures");
    pilot.press("tab");
    assert!(pilot.notice().ends_with("the picture hides the panes; Esc closes it"), "{}", pilot.notice());
}

#[test]
fn the_order_is_named_where_no_column_shows_it() {
    let mut pilot = Pilot::study();
    for width in [60, 70, 80, 100, 120, 140, 160, 180, 240] {
        pilot.resize(width, 30);
        let screen = pilot.screen();
        assert!(screen.iter().any(|line| line.contains("#▲") || line.contains("by rank ▲")), "{width}: {screen:#?}");
    }
}

#[test]
fn a_click_on_an_answer_gives_it_and_one_beside_it_leaves_the_question() {
    // On the narrow screen the question takes two lines.
    for width in [60, 160] {
        let asked = || {
            let mut pilot = Pilot::computing();
            pilot.resize(width, 40);
            pilot.press("r x");
            assert!(matches!(pilot.state.overlay, Some(Overlay::Question(_))));
            pilot
        };
        let at = |pilot: &mut Pilot, text: &str| {
            let screen = pilot.screen();
            let found = screen.iter().enumerate().rev().find_map(|(row, line)| Some((line.find(text)?, row)));
            let (x, y) = found.unwrap_or_else(|| panic!("{text}: {screen:?}"));
            pilot.tell(Message::Mouse(Mouse::Click, x as u16, y as u16));
        };
        let mut pilot = asked();
        at(&mut pilot, "stops it");
        assert!(pilot.state.job.is_none() && pilot.state.overlay.is_none(), "{}", pilot.notice());
        let mut pilot = asked();
        at(&mut pilot, "goes on");
        assert!(pilot.state.job.is_some() && pilot.state.overlay.is_none());
        let mut pilot = asked();
        at(&mut pilot, "the computation");
        pilot.tell(Message::Mouse(Mouse::Click, 5, 5));
        pilot.tell(Message::Mouse(Mouse::Click, width - 1, 39));
        assert!(pilot.state.job.is_some() && matches!(pilot.state.overlay, Some(Overlay::Question(_))));
    }
}
