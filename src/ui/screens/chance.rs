//! Tests of how many features chance would list: asked for, counted elsewhere, and said only beside the list that it is about.

use super::pilot::Pilot;
use crate::app::message::{Effect, Message};
use crate::app::state::chance::Question;
use crate::core::effects::Detail;
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
    // Another list, and a late answer: nothing is said of it.
    pilot.press("2");
    assert!(!header(&pilot).contains("by chance"));
    pilot.press("1 +");
    assert!(!header(&pilot).contains("by chance"));
    let second = ask(&mut pilot);
    pilot.tell(Message::Chance(Box::new(answer)));
    assert!(header(&pilot).contains("counting…"));
    pilot.tell(Message::Chance(Box::new(second.answered())));
    assert!(!header(&pilot).contains("counting…") && header(&pilot).contains("by chance"));
}

#[test]
fn without_single_examples_the_command_says_why_it_cannot_run() {
    let mut run = run();
    run.views.iter_mut().for_each(|view| view.detail = Detail::default());
    let mut pilot = Pilot::with(run);
    pilot.press(": c h a n c e enter");
    let screen = pilot.screen().join("\n");
    assert!(screen.contains("it needs the effects in single pairs"), "{screen}");
    assert!(!pilot.asked().iter().any(|effect| matches!(effect, Effect::Chance(_))));
}
