//! Tests of the pictures over the screen: each is made once for every change, shows the numbers of the list, and can be read in any window.

use super::pilot::{Pilot, found, opened};
use crate::app::message::{Effect, Message};
use crate::app::pictures::most_scroll;
use crate::app::state::ThemeName;
use crate::core::picture::{Content, Kind, Picture};
use crate::core::study::testing::MALE;
use crate::ui::testing::run;

/// The picture on the screen.
fn shown(pilot: &Pilot) -> &Picture {
    let kind = pilot.state.pictures.kind;
    let drawn = pilot.state.pictures.drawn.iter().find(|drawn| drawn.question.kind == kind).unwrap();
    drawn.picture.as_ref().unwrap()
}

#[test]
fn left_and_right_go_through_all_pictures_and_digits_through_views() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("H");
    for (name, title) in [
        ("views", "Effects in two views: male and "),
        ("intervals", "Effects with intervals: male"),
        ("counts", "Features by submodule: male"),
        ("effects", "Cumulative effect by submodule: male"),
        ("heat map", "effect by submodule and position, male"),
    ] {
        pilot.press("right");
        assert_eq!(pilot.draw_pictures(), usize::from(name != "heat map"), "{name}");
        let screen = pilot.screen().join("\n");
        assert!(screen.contains(&format!("▸{name} · Esc closes · ‹ ")) && screen.contains(title), "{screen}");
    }
    pilot.press("left 2");
    pilot.draw_pictures();
    assert!(pilot.screen().join("\n").contains("Cumulative effect by submodule: female"));
    pilot.press("H");
    assert_eq!(pilot.state.pictures.kind, Kind::Map, "H is the heat map from everywhere");
    pilot.press("H");
    assert!(pilot.state.overlay.is_none());
    for kind in ["counts", "effects", "views", "intervals"] {
        pilot.press(":").type_text(&format!("picture-{kind}"));
        pilot.press("enter");
        assert_eq!(pilot.draw_pictures(), 1);
        assert!(pilot.screen().join("\n").contains(&format!("▸{kind} · Esc closes")));
        pilot.press("esc");
        assert!(pilot.state.overlay.is_none());
    }
}

#[test]
fn a_picture_is_made_once_for_every_change_and_never_of_another_list() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("H l l");
    let first = pilot.asked();
    assert_eq!(first.iter().filter(|effect| matches!(effect, Effect::Picture(_))).count(), 1, "one at a time");
    assert!(pilot.screen().join("\n").contains("it is being drawn"));
    for effect in first {
        if let Effect::Picture(question) = effect {
            pilot.tell(Message::Picture(Box::new(question.answered())));
        }
    }
    // That was the picture that was gone past; the one on the screen is asked for now.
    assert_eq!(pilot.draw_pictures(), 1);
    let male = pilot.screen();
    assert!(male.join("\n").contains("Effects with intervals: male"));
    pilot.press("j k ctrl-l ] [");
    let asked = pilot.asked();
    assert!(asked.iter().filter(|effect| matches!(effect, Effect::Picture(_))).count() <= 1);
    pilot.press("2");
    assert!(!pilot.screen().join("\n").contains("intervals: male"), "a picture of another list");
    pilot.press("1");
    assert!(pilot.screen().join("\n").contains("intervals: male"), "that of this list is still there");
}

#[test]
fn a_picture_shows_the_numbers_of_the_list() {
    let mut pilot = Pilot::study();
    pilot.resize(160, 50);
    pilot.press("t ctrl-u 0.1 enter H l l");
    pilot.draw_pictures();
    let names: Vec<String> = pilot.features().iter().map(ToString::to_string).collect();
    let Content::Intervals(intervals) = &shown(&pilot).content else { panic!("{:?}", shown(&pilot)) };
    assert_eq!(intervals.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>(), names);
    let screen = pilot.screen();
    for row in &intervals.rows {
        let line = screen.iter().find(|line| line.contains(&row.name)).unwrap();
        assert!(line.contains(&format!("{:+.4}", row.effect)) && line.contains('●'), "{line}");
    }
    pilot.press("right");
    pilot.draw_pictures();
    let Content::Bars(panels) = &shown(&pilot).content else { panic!("{:?}", shown(&pilot)) };
    let listed: f64 = panels[1].series[0].1.iter().flatten().sum();
    assert!((listed - names.len() as f64).abs() < 1e-9, "{listed}");
}

#[test]
fn pictures_are_read_to_their_end_in_every_window_and_without_colour() {
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        for right in ["right", "right right", "right right right", "right right right right"] {
            let mut pilot = Pilot::study();
            pilot.resize(width, height);
            pilot.press("H").press(right);
            pilot.draw_pictures();
            let coloured = pilot.screen();
            pilot.state.theme = ThemeName::Monochrome;
            assert_eq!(pilot.screen(), coloured, "signs are characters");
            let hides = coloured.join("\n").contains("↓ more");
            assert_eq!(most_scroll(&pilot.state) > 0, hides, "{width}x{height} {right}: {coloured:#?}");
            pilot.press("G");
            let end = pilot.screen().join("\n");
            // The caption ends every picture.
            let caption = shown(&pilot).caption.join(" ");
            let last = caption.split_whitespace().last().unwrap();
            assert!(end.contains(last) && !end.contains("↓ more"), "{width}x{height}: {end}");
            assert!(hides == end.contains("↑ more"), "{width}x{height}: {end}");
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_said_and_a_computation_draws_again() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("p").press(":").type_text("picture-effects");
    pilot.press("enter");
    pilot.draw_pictures();
    assert!(pilot.screen().join("\n").contains("the study printed neither sums nor error terms"));
    let run = run();
    let mut pilot = Pilot::computing();
    pilot.resize(120, 40);
    pilot.press("r");
    pilot.news(1, opened(&run));
    pilot.press("H h");
    let mut made = pilot.draw_pictures();
    for news in found(&run, MALE, 4) {
        pilot.news(1, news);
        made += pilot.draw_pictures();
        assert!(pilot.screen().join("\n").contains("Cumulative effect"), "the one before stays until it is made");
    }
    assert!(made > 1, "{made}");
    // Nothing is kept of pictures that are closed.
    pilot.press("esc");
    assert!(pilot.state.pictures.drawn.is_empty() && pilot.state.pictures.written.is_none());
}
