//! Tests of lists that are too long to be arranged between two frames.

use std::sync::Arc;

use super::pilot::{Pilot, wide};
use crate::app::message::{Effect, Message};
use crate::app::state::table::Arranged;
use crate::app::table::AT_ONCE;

/// The answer to the request for rows, which must be the only effect.
fn answer(effects: &[Effect]) -> Arranged {
    match effects {
        [Effect::Arrange(arrangement)] => arrangement.answer(),
        other => panic!("{} effects", other.len()),
    }
}

/// A study with more rows than are arranged at once, before the first answer.
fn pilot() -> Pilot {
    let mut pilot = Pilot::with(wide(AT_ONCE as u32 + 1));
    pilot.asked();
    pilot
}

#[test]
fn many_rows_are_arranged_elsewhere_and_stale_answers_are_dropped() {
    let mut pilot = pilot();
    assert!(pilot.features().is_empty());
    pilot.press("2");
    let first = answer(&pilot.asked());
    assert!(pilot.screen().join("\n").contains("arranging…"));
    pilot.press("S");
    let second = answer(&pilot.asked());
    assert!(second.number > first.number);
    pilot.tell(Message::Arranged(first));
    assert!(matches!(pilot.asked()[..], [Effect::Discard(_)]));
    assert!(pilot.features().is_empty());
    pilot.tell(Message::Arranged(second.clone()));
    assert_eq!((pilot.features().len(), &pilot.state.table.listing), (AT_ONCE + 1, &second.listing));
    assert!(!pilot.screen().join("\n").contains("arranging…"));
    // A second answer with the same number changes nothing.
    pilot.tell(Message::Arranged(Arranged { listing: Arc::default(), ..second }));
    assert_eq!(pilot.features().len(), AT_ONCE + 1);
}

#[test]
fn an_answer_that_a_smaller_list_overtook_is_dropped() {
    let mut pilot = pilot();
    pilot.press("2");
    let rows = answer(&pilot.asked());
    pilot.press("T ctrl-u 5 enter");
    pilot.asked();
    assert_eq!(pilot.features().len(), 5);
    pilot.tell(Message::Arranged(rows));
    assert_eq!(pilot.features().len(), 5);
}

#[test]
fn a_list_that_is_on_its_way_is_not_copied() {
    let mut pilot = pilot();
    pilot.press("2");
    let rows = answer(&pilot.asked());
    pilot.tell(Message::Arranged(rows));
    pilot.press("S");
    pilot.asked();
    pilot.press("y n");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "names: the rows are still being arranged; try again in a moment");
}

#[test]
fn the_cursor_stays_on_its_feature_when_the_answer_comes() {
    let mut pilot = pilot();
    pilot.press("2");
    let rows = answer(&pilot.asked());
    pilot.tell(Message::Arranged(rows));
    pilot.press(&"j ".repeat(100));
    let feature = pilot.state.feature();
    pilot.press("S");
    let rows = answer(&pilot.asked());
    pilot.tell(Message::Arranged(rows));
    assert_eq!((pilot.state.feature(), pilot.state.table.cursor), (feature, AT_ONCE - 100));
}

#[test]
fn a_preview_is_counted_when_the_answer_comes() {
    let mut pilot = pilot();
    pilot.press("5 t ctrl-u 0.001 5");
    let effects = pilot.asked();
    assert_eq!(pilot.hint().as_deref(), Ok("→ counting"));
    let rows = answer(&effects[effects.len() - 1..]);
    pilot.tell(Message::Arranged(rows));
    assert_eq!(pilot.hint().as_deref(), Ok("→ 20000 features in 1 submodule"));
}
