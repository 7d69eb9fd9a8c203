//! Tests of keys that were typed for something that is not open: they do nothing, and that is said.

use std::sync::Arc;

use super::pilot::{Pilot, opened};
use crate::app::message::{JobNews, Message};
use crate::app::state::tab::Tab;
use crate::core::findings::Findings;
use crate::core::study::testing::MALE;
use crate::ui::testing::{empty, run};

#[test]
fn the_letter_after_a_refused_chooser_is_no_command() {
    for (keys, letter, why) in [
        // A mark that the filter hides: `n` would go to the next match.
        ("space / kind=resid enter m", "n", "tag: 1 marked is hidden by the filter; c drops all marks"),
        ("/ zzz enter y", "m", "copy: no feature is listed"),
        ("x", "y", "cancel: nothing is being computed, checked or downloaded"),
    ] {
        let mut pilot = Pilot::study();
        pilot.press("t 0.0 enter").press(keys);
        assert_eq!(pilot.notice(), why);
        let cursor = pilot.state.table.cursor;
        pilot.press(letter);
        assert_eq!(pilot.notice(), format!("{why}; what was typed after it did nothing"), "{keys}");
        assert!(pilot.state.overlay.is_none() && pilot.state.table.cursor == cursor, "{keys}");
        pilot.press(letter);
        assert_ne!(pilot.notice(), format!("{why}; what was typed after it did nothing"), "one key only");
    }
}

#[test]
fn the_key_that_a_refusal_names_still_works() {
    let mut pilot = Pilot::study();
    pilot.press("space / kind=resid enter m c");
    assert!(pilot.state.marked.is_empty(), "{}", pilot.notice());
}

#[test]
fn a_text_that_is_typed_in_one_go_after_a_refused_prompt_runs_no_command() {
    let mut pilot = Pilot::new(empty());
    pilot.type_text("/2pq");
    assert!(pilot.state.tab == Tab::Single(MALE) && !pilot.state.show_published && pilot.asked().is_empty());
    assert!(pilot.notice().ends_with("; what was typed after it did nothing"), "{}", pilot.notice());
    pilot.press("p");
    assert!(pilot.state.show_published, "who waits has read that no prompt is open");
}

#[test]
fn an_answer_that_comes_when_the_work_has_ended_moves_nothing() {
    for question in ["x", "r", "q"] {
        for answer in ["n", "y", "esc", "ctrl-c"] {
            let mut pilot = Pilot::computing();
            pilot.press("/ kind=mlp enter r");
            pilot.news(1, opened(&run()));
            pilot.press(question);
            let subject = crate::core::tags::Subject { model: "m".to_owned(), dictionaries: "0123456789abcdef".to_owned() };
            let whole = Arc::new(Findings::from_run(run(), None, subject));
            pilot.tell(Message::Job(1, JobNews::Ended(Err(super::pilot::problem())), pilot.now()));
            assert!(pilot.notice().starts_with("tags.json: the disk is full"), "the failure is not hidden");
            pilot.press("r");
            pilot.news(2, opened(&run()));
            pilot.press(question);
            pilot.state.notice = None;
            pilot.news(2, JobNews::Ended(Ok(whole)));
            let shown = pilot.notice().to_owned();
            assert!(shown.ends_with("; the question is settled"), "{shown}");
            pilot.asked();
            let (cursor, filter) = (pilot.state.table.cursor, pilot.state.filter.clone());
            pilot.press(answer);
            assert!(pilot.asked().is_empty() && pilot.state.overlay.is_none(), "{question} {answer}");
            assert_eq!((pilot.state.table.cursor, &pilot.state.filter), (cursor, &filter), "{question} {answer}");
            assert_eq!(pilot.notice(), format!("{shown}; the answer came too late and did nothing"));
            pilot.press("j");
            assert_eq!(pilot.state.table.cursor, cursor + 1);
        }
    }
}

#[test]
fn the_palette_stays_open_when_a_command_is_refused() {
    let mut pilot = Pilot::study();
    for end in ["tab", "enter"] {
        pilot.press(":").type_text("method attrib");
        pilot.press(end);
        let why = "method: this run was read from a file; start saescope without a run file to compute";
        assert_eq!(pilot.notice(), why);
        assert!(pilot.screen().join("\n").contains("method attrib"), "{end}");
        pilot.press("esc");
        assert!(pilot.state.overlay.is_none());
    }
}
