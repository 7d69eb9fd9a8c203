//! Tests of state that stays while something else changes: the feature at the cursor, marks, rows under a long notice.

use super::pilot::{Pilot, found, opened, problem, request};
use crate::app::message::{Effect, JobNews, Message};
use crate::app::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::core::progress::{Progress, Step};
use crate::core::study::testing::MALE;
use crate::ui::testing::{empty, run};

#[test]
fn the_published_figures_and_the_study_keep_their_own_cursor_and_marks() {
    let mut pilot = Pilot::study();
    pilot.press("3 j space j h j l");
    let (feature, marked, submodule) = (pilot.state.feature(), pilot.state.marked.clone(), pilot.state.submodule);
    assert!(feature.is_some() && marked.len() == 1 && submodule.is_some());
    pilot.press("p");
    assert!(pilot.state.marked.is_empty() && pilot.state.submodule.is_none());
    pilot.press("j j space");
    let published = pilot.state.feature();
    pilot.press("p");
    assert_eq!((pilot.state.feature(), &pilot.state.marked, pilot.state.submodule), (feature, &marked, submodule));
    pilot.press("p");
    assert_eq!((pilot.state.feature(), pilot.state.marked.len()), (published, 1));
}

#[test]
fn the_cursor_stays_on_its_feature_from_the_first_key_on() {
    for keys in ["S", "s e s e", "2", "5 5 1 t ctrl-u 0.17 enter t ctrl-u 0 enter", "/ kind=mlp enter esc"] {
        let mut pilot = Pilot::study();
        let first = pilot.state.feature();
        pilot.press(keys);
        assert_eq!(pilot.state.feature(), first, "{keys}");
    }
}

#[test]
fn while_rows_arrive_the_cursor_stays_on_the_strongest() {
    let mut pilot = Pilot::new(empty());
    pilot.state.setting.request = Some(request());
    pilot.press("r");
    pilot.news(1, opened(&run()));
    for news in found(&run(), MALE, 6) {
        pilot.news(1, news);
        pilot.press("2 1");
        assert_eq!(pilot.state.table.cursor, 0);
    }
}

#[test]
fn the_heat_map_scrolls_and_hides_what_it_cannot_show() {
    let mut pilot = Pilot::study();
    pilot.resize(60, 16);
    pilot.press("H");
    let top = pilot.screen();
    assert!(top.iter().any(|line| line.contains(" · ↓ ")), "{top:?}");
    pilot.press("G");
    let bottom = pilot.screen();
    assert!(bottom.iter().any(|line| line.contains("resid_1")) && !bottom.iter().any(|line| line.contains("more below")));
    pilot.press("k g");
    assert_eq!(pilot.screen(), top);
    pilot.asked();
    for (key, name) in [("m", "tag"), ("space", "mark"), ("y", "copy")] {
        pilot.press(key);
        assert_eq!(pilot.notice(), format!("{name}: the heat map hides the panes; Esc closes it"));
        assert!(matches!(pilot.state.overlay, Some(Overlay::Pictures)) && pilot.asked().is_empty());
    }
}

#[test]
fn a_long_notice_is_read_to_its_end_and_covers_no_cursor() {
    let mut pilot = Pilot::study();
    pilot.resize(70, 20);
    pilot.press("G");
    let before = pilot.screen();
    let words: Vec<String> = (0..30).map(|number| format!("word{number}")).collect();
    pilot.tell(Message::Done(words.join(" ")));
    let screen = pilot.screen();
    assert!(screen.join(" ").contains("word29"), "{screen:?}");
    let row = pilot.state.table.row().map(|row| row.feature.to_string()).unwrap();
    assert!(screen.iter().any(|line| line.contains('>') && line.contains(&row)), "{screen:?}");
    // A notice that is too long ends in `…`, and the next key gives the room back.
    pilot.state.notice = Some(Notice::done(words.join(" ").repeat(9)));
    assert!(pilot.screen().last().unwrap().ends_with('…'));
    pilot.press("ctrl-l");
    assert_eq!(pilot.screen(), before);
}

#[test]
fn the_shell_is_one_key_away_from_everywhere() {
    for keys in ["", "t", "/", "m", "?", ":", "H", "s"] {
        let mut pilot = Pilot::study();
        pilot.press(keys);
        pilot.asked();
        let overlay = format!("{:?}", pilot.state.overlay);
        pilot.press("ctrl-z");
        assert!(matches!(pilot.asked().as_slice(), [Effect::Suspend]), "{keys}");
        assert_eq!(format!("{:?}", pilot.state.overlay), overlay, "{keys}");
    }
}

#[test]
fn the_header_says_how_tags_stand_while_it_computes() {
    let mut pilot = Pilot::computing();
    let subject = pilot.state.study.as_ref().and_then(|study| study.subject.clone()).unwrap();
    pilot.press("r");
    pilot.news(1, opened(&run()));
    pilot.news(1, JobNews::Identified(subject));
    pilot.news(1, JobNews::Step(Step::Progress(Progress { stage: "attn_0, male".to_owned(), done: 1, total: 4 })));
    found(&run(), MALE, 6).into_iter().for_each(|news| pilot.news(1, news));
    for width in [60, 120, 180] {
        pilot.resize(width, 30);
        pilot.tell(Message::TagsSaved(9));
        assert!(pilot.screen()[0].ends_with("x stops · tags saved"), "{}", pilot.screen()[0]);
        pilot.press("m p");
        pilot.tell(Message::TagsNotSaved(problem()));
        pilot.press("j");
        assert!(pilot.screen()[0].ends_with("x stops · TAGS NOT SAVED"), "{}", pilot.screen()[0]);
        pilot.press("p");
        assert!(pilot.screen()[0].ends_with("TAGS NOT SAVED"), "beside other tags, too: {}", pilot.screen()[0]);
        pilot.press("p u");
    }
}

#[test]
fn without_a_study_the_reason_names_the_key_that_makes_one() {
    let mut pilot = Pilot::new(empty());
    pilot.press("H");
    assert_eq!(pilot.notice(), "heat-map: there is no study; r computes one");
}

#[test]
fn a_path_may_begin_in_the_home_folder() {
    let mut pilot = Pilot::study();
    pilot.state.setting.home = Some("/home/me".to_owned());
    pilot.asked();
    pilot.press("I ctrl-u ~/lists/tags.md enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::ReadTags(path)] if path == "/home/me/lists/tags.md"));
    pilot.press("m p E ctrl-u");
    pilot.asked();
    pilot.type_text("a, b.md");
    pilot.press("enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::WriteText { path, .. }] if path == "a, b.md"));
}

#[test]
fn many_features_are_told_what_was_done_to_them() {
    let mut pilot = Pilot::study();
    pilot.press("space space space space space space m x");
    assert_eq!(pilot.notice(), "6 features: everywhere rejected");
}

#[test]
fn what_was_not_printed_is_not_counted_as_nothing() {
    let mut pilot = Pilot::study();
    pilot.press("p t ctrl-u 0.05 enter");
    let screen = pilot.screen();
    assert!(screen[2].contains("0.05 → at least 19 features"), "{}", screen[2]);
    let line = |name: &str| screen.iter().find(|line| line.contains(name)).unwrap().clone();
    let unknown = line("│mlp_0 ");
    assert!(unknown.split('│').nth(1).is_some_and(|text| text.trim_end() == "mlp_0"), "{unknown}");
    assert!(line("│resid_1 ").contains("3+"), "{}", line("│resid_1 "));
    // The three lists of thirty were printed.
    pilot.press("T ctrl-u 30 enter 4");
    assert!(pilot.screen()[2].contains("top 30 → 28 features"), "{}", pilot.screen()[2]);
    pilot.press("5");
    assert!(pilot.screen()[2].contains("top 30 → 16 features"), "{}", pilot.screen()[2]);
}
