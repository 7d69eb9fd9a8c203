//! Tests of how many features chance would list: asked for, counted elsewhere, and said only beside the list that it is about.

use super::pilot::Pilot;
use crate::app::message::{Effect, Message};
use crate::app::state::chance::Question;
use crate::core::effects::Detail;
use crate::core::pair_effects::PairEffects;
use crate::ui::testing::run;

fn ask(pilot: &mut Pilot) -> Question {
    pilot.asked();
    pilot.press(": c h a n c e enter");
    match &pilot.asked()[..] {
        [Effect::Chance(question)] => (**question).clone(),
        other => panic!("{} effects", other.len()),
    }
}

fn header(pilot: &Pilot) -> String {
    pilot.screen()[2].clone()
}

#[test]
fn the_answer_stands_beside_its_list_only() {
    let mut pilot = Pilot::study();
    pilot.resize(160, 40);
    let question = ask(&mut pilot);
    assert!(header(&pilot).contains("by chance: counting…"), "{}", header(&pilot));
    let answer = question.answered();
    let expected = answer.expected.clone().unwrap().unwrap();
    assert!(expected.selected > 0 && expected.features > 0.0);
    pilot.tell(Message::Chance(Box::new(answer.clone())));
    let said = format!("{:.1} of {}", expected.features, expected.selected);
    assert!(header(&pilot).contains(&said), "{}", header(&pilot));
    // Another list, and a late answer: nothing is said of it. The first view keeps its own answer.
    pilot.press("2");
    assert!(!header(&pilot).contains("by chance"));
    let other = ask(&mut pilot);
    pilot.tell(Message::Chance(Box::new(other.answered())));
    pilot.press("1");
    assert!(header(&pilot).contains(&said), "{}", header(&pilot));
    pilot.press("+");
    assert!(!header(&pilot).contains("by chance"));
    let second = ask(&mut pilot);
    pilot.tell(Message::Chance(Box::new(answer)));
    assert!(header(&pilot).contains("counting…"));
    pilot.tell(Message::Chance(Box::new(second.answered())));
    assert!(!header(&pilot).contains("counting…") && header(&pilot).contains("by chance"));
}

#[test]
fn the_numbers_of_a_comparison_name_the_view_that_they_are_of() {
    let mut pilot = Pilot::study();
    pilot.resize(160, 40);
    pilot.press("4");
    let question = ask(&mut pilot);
    pilot.tell(Message::Chance(Box::new(question.answered())));
    assert!(header(&pilot).contains("by chance in male "), "{}", header(&pilot));
}

#[test]
fn an_answer_that_cannot_be_given_is_a_notice_at_any_width() {
    let mut pilot = Pilot::study();
    let mut answer = ask(&mut pilot).answered();
    answer.expected = Some(Err("chance needs at least two computed pairs".to_owned()));
    pilot.tell(Message::Chance(Box::new(answer)));
    assert_eq!(pilot.notice(), "by chance: not known, chance needs at least two computed pairs");
}

#[test]
fn an_empty_list_says_how_small_p_and_q_can_get() {
    let mut pilot = Pilot::study();
    pilot.resize(160, 40);
    let question = ask(&mut pilot);
    pilot.tell(Message::Chance(Box::new(question.answered())));
    pilot.press("/");
    pilot.type_text("q<0.000001");
    pilot.press("enter");
    let screen = pilot.screen().join("\n");
    assert!(screen.contains("no feature matches the filter: smallest p "), "{screen}");
}

#[test]
fn without_single_pairs_the_command_says_why_it_cannot_run() {
    let mut run = run();
    for view in &mut run.views {
        view.detail = Detail::default();
        view.submodules.iter_mut().for_each(|effects| effects.pair_effects = PairEffects::default());
    }
    let mut pilot = Pilot::with(run);
    pilot.press(": c h a n c e enter");
    let screen = pilot.screen().join("\n");
    assert!(screen.contains("it needs the effects in single pairs"), "{screen}");
    assert!(!pilot.asked().iter().any(|effect| matches!(effect, Effect::Chance(_))));
}
