//! Tests of what is asked about features beyond their effects: of a corpus, of decoder rows, of copies along the stream.

use std::sync::Arc;

use super::pilot::{Pilot, problem};
use crate::app::message::{Effect, Message};
use crate::app::state::evidence::{EvidenceNews, EvidenceQuestion, Wanted};
use crate::core::corpus::context::Context;
use crate::core::corpus::responses::{LabelRecord, OfFeature, Place, Responses};
use crate::core::corpus::tally::Tally;
use crate::core::families::{Alike, Families};
use crate::core::lens::{Lens, LensForm, Lenses, OfFeature as LensOf, TokenValue};
use crate::core::shuffled::{Shuffle, Shuffled};
use crate::core::study::testing::MALE;
use crate::core::submodule::FeatureId;

/// The question that was asked last.
fn question(pilot: &mut Pilot) -> EvidenceQuestion {
    let asked = pilot.asked().into_iter().find_map(|effect| match effect {
        Effect::Ask(question) => Some(*question),
        _ => None,
    });
    asked.expect("nothing was asked")
}

fn tell(pilot: &mut Pilot, question: &EvidenceQuestion, news: EvidenceNews) {
    pilot.tell(Message::Evidence(question.number, news));
}

fn card(pilot: &Pilot) -> String {
    pilot.screen().join("\n")
}

/// An answer about `feature`, of which `read` of 100 bytes are read.
fn responses(feature: FeatureId, read: u64) -> Arc<Responses> {
    let mut tally = Tally::new();
    (0..3).for_each(|_| tally.count(1.5, 1, 1));
    tally.count(0.5, 0, 1);
    tally.contexts.offer(Context {
        line: 7,
        position: 1,
        tokens: vec!["The".to_owned(), " king".to_owned(), "\u{1b}[31m".to_owned()],
        activations: vec![0.0, 1.5, 0.0],
        strongest: 1,
    });
    Arc::new(Responses {
        corpus: "/texts/novels.txt".to_owned(),
        bytes: 100,
        place: Place { read, lines: 9, in_line: false },
        tokens: 40,
        labels: vec![LabelRecord { name: "male word".to_owned(), meaning: String::new(), tag: None, tokens: 6 }],
        features: vec![OfFeature { feature, tally }],
        ..Responses::default()
    })
}

#[test]
fn a_corpus_is_read_in_the_background_and_stands_on_the_card() {
    let mut pilot = Pilot::study();
    pilot.resize(240, 60);
    let before = card(&pilot);
    pilot.press("e");
    assert!(pilot.hint().unwrap_err().contains("a text file is needed"));
    pilot.type_text("/texts/novels.txt");
    pilot.press("enter");
    let asked = question(&mut pilot);
    assert_eq!(asked.wanted, Wanted::Corpus(Some("/texts/novels.txt".to_owned())));
    assert_eq!(asked.features, pilot.features());
    assert!(card(&pilot).contains("novels.txt…"));
    let (first, second) = (pilot.features()[0], pilot.features()[1]);
    tell(&mut pilot, &asked, EvidenceNews::Responses(responses(first, 30)));
    let shown = card(&pilot);
    assert!(shown.contains("novels.txt 30 %") && shown.contains("40 tokens, so far: 30 % is read"), "{shown}");
    tell(&mut pilot, &asked, EvidenceNews::Responses(responses(first, 100)));
    tell(&mut pilot, &asked, EvidenceNews::Ended(Ok(())));
    let shown = card(&pilot);
    for says in [
        "in novels.txt: 40 tokens",
        "fires at 4 (10.00 %), mean activation 1.25, up to 1.50",
        "best label: male word, precision 0.75 (3 of 4 firing tokens; 1.00 of their stronger half), recall 0.50; 15.0 % of all",
        "1.50   The king",
    ] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    assert!(!shown.contains('\u{1b}') && !shown.contains("so far"));
    // Of another feature nothing is known, and nothing is said of published figures.
    pilot.press("j");
    assert_eq!(pilot.state.feature(), Some(second));
    assert!(card(&pilot).contains("not among the 1 features"));
    pilot.press("k");
    tell(&mut pilot, &asked, EvidenceNews::Responses(responses(second, 100)));
    assert!(card(&pilot).contains("fires at 4"), "a late answer replaced the one on the card");
    assert_ne!(card(&pilot), before);
}

#[test]
fn a_former_answer_stays_until_another_one_says_something() {
    let mut pilot = Pilot::study();
    pilot.resize(240, 60);
    let ask = |pilot: &mut Pilot, file: &str| {
        pilot.press("e ctrl-u");
        pilot.type_text(file);
        pilot.press("enter");
        question(pilot)
    };
    let nothing = Arc::new(Responses { tokens: 0, ..(*responses(pilot.features()[0], 0)).clone() });
    let first = ask(&mut pilot, "/texts/bad.txt");
    tell(&mut pilot, &first, EvidenceNews::Responses(Arc::clone(&nothing)));
    assert!(card(&pilot).contains("nothing is read yet"), "{}", card(&pilot));
    tell(&mut pilot, &first, EvidenceNews::Ended(Err(problem())));
    assert!(!card(&pilot).contains("nothing is read yet"), "{}", card(&pilot));
    let second = ask(&mut pilot, "/texts/novels.txt");
    let whole = responses(pilot.features()[0], 100);
    tell(&mut pilot, &second, EvidenceNews::Responses(whole));
    tell(&mut pilot, &second, EvidenceNews::Ended(Ok(())));
    let third = ask(&mut pilot, "/texts/bad.txt");
    tell(&mut pilot, &third, EvidenceNews::Responses(nothing));
    tell(&mut pilot, &third, EvidenceNews::Ended(Err(problem())));
    assert!(card(&pilot).contains("fires at 4"), "{}", card(&pilot));
}

#[test]
fn families_of_features_without_activations_are_not_claimed() {
    let mut pilot = Pilot::study();
    pilot.resize(160, 40);
    pilot.press("z");
    let asked = question(&mut pilot);
    let families = Families::new(asked.features.iter().copied(), &[], &crate::core::detail_index::DetailIndex::default());
    tell(&mut pilot, &asked, EvidenceNews::Families(MALE, Arc::new(families)));
    assert!(pilot.notice().contains("families: none can be found, the activations of them are not kept"), "{}", pilot.notice());
    assert!(card(&pilot).contains("families not known"));
}

#[test]
fn a_question_can_be_stopped_and_a_failure_is_said() {
    let mut pilot = Pilot::study();
    pilot.press(": s t o p - a s k i n g enter");
    assert!(pilot.notice().contains("no corpus and no decoder rows are being read"), "{}", pilot.notice());
    pilot.press("W");
    let asked = question(&mut pilot);
    assert_eq!(asked.wanted, Wanted::Lens(MALE));
    pilot.press(": s t o p - a s k i n g enter");
    assert!(pilot.asked().iter().any(|effect| matches!(effect, Effect::StopAsking(number) if *number == asked.number)));
    pilot.press("W");
    let again = question(&mut pilot);
    tell(&mut pilot, &asked, EvidenceNews::Ended(Err(problem())));
    assert!(!pilot.notice().contains("disk"), "{}", pilot.notice());
    tell(&mut pilot, &again, EvidenceNews::Ended(Err(problem())));
    assert!(pilot.notice().contains("disk"), "{}", pilot.notice());
    assert!(pilot.state.evidence.open.is_none());
    pilot.press("p e");
    assert!(pilot.notice().contains("published figures have no model here"), "{}", pilot.notice());
}

#[test]
fn the_lens_names_its_form_and_its_tokens() {
    let mut pilot = Pilot::study();
    pilot.resize(180, 50);
    pilot.press("W");
    let asked = question(&mut pilot);
    let token = |text: &str, value| TokenValue { token: 1, text: text.to_owned(), value };
    let lens = Lens {
        form: LensForm::Folded,
        promoted: vec![token(" she", 2.5)],
        suppressed: vec![token(" he", -1.25)],
        answers: Vec::new(),
    };
    let of = |feature: &FeatureId| LensOf {
        feature: *feature,
        norm: 1.0,
        mean: 0.0,
        lenses: vec![lens.clone()],
        within: Vec::new(),
        across: Vec::new(),
    };
    let found = |is_centred| Lenses {
        mean_residual_norm: 1.0,
        mean_last_sigma: 4.0,
        is_centred,
        softcap: None,
        prompts: 4,
        features: asked.features.iter().map(of).collect(),
    };
    for (is_centred, formula) in [(true, "folded: U (gamma * (d - mean(d)))"), (false, "folded: U (gamma * d)")] {
        tell(&mut pilot, &asked, EvidenceNews::Lenses(MALE, Arc::new(found(is_centred))));
        let shown = card(&pilot);
        assert!(shown.contains(formula) && shown.contains("a value / 4.00"), "{shown}");
        assert!(shown.contains("promotes    ' she' +2.50") && shown.contains("suppresses  ' he' -1.25"), "{shown}");
    }
}

/// What shuffles say stands beside the list of their own view, and follows the threshold.
#[test]
fn shuffled_partners_are_computed_in_the_background_and_counted_for_the_list() {
    let mut pilot = Pilot::study();
    pilot.resize(200, 40);
    let (first, second) = (pilot.features()[0], pilot.features()[1]);
    pilot.press(": s h u f f l e enter");
    let asked = question(&mut pilot);
    assert_eq!(asked.wanted, Wanted::Shuffled(MALE));
    assert!(card(&pilot).contains("shuffled partners…"));
    let shuffle = |names: &[String], effects: &[f32]| {
        let text = serde_json::json!({ "features": names, "effects": effects, "beyond": 0.0 });
        serde_json::from_value::<Shuffle>(text).unwrap()
    };
    let mut names = [first.to_string(), second.to_string()];
    names.sort();
    let two = vec![shuffle(&names, &[2.0, -2.0]), shuffle(&names[..1], &[2.0])];
    let answer = Arc::new(Shuffled { shuffles: two, ..Shuffled::default() });
    tell(&mut pilot, &asked, EvidenceNews::Shuffled(Arc::clone(&asked.findings), MALE, answer));
    let said = format!("shuffled 1.5 of {} (2 of 20 shuffles)", pilot.features().len());
    assert!(card(&pilot).contains(&said), "{}", card(&pilot));
    tell(&mut pilot, &asked, EvidenceNews::Ended(Ok(())));
    assert!(!card(&pilot).contains("in the card"));
    pilot.press("2");
    assert!(!card(&pilot).contains("shuffled"), "{}", card(&pilot));
}

#[test]
fn copies_are_folded_into_one_row_and_counted_wherever_they_are_left_out() {
    let mut pilot = Pilot::study();
    pilot.resize(180, 50);
    let all = pilot.features();
    let of_stream: Vec<FeatureId> = all.iter().copied().filter(|feature| feature.to_string().contains("-res-sm/5")).collect();
    let [one, other] = of_stream[..] else { panic!("{of_stream:?}") };
    pilot.press("z");
    let asked = question(&mut pilot);
    assert_eq!((asked.wanted.clone(), asked.features.clone()), (Wanted::Families(MALE), all.clone()));
    assert!(card(&pilot).contains("families not known"));
    let detail = asked.findings.detail(MALE);
    let alike = [Alike { left: one.min(other), right: one.max(other), cosine: 0.9 }];
    let families = Families::new(asked.features.iter().copied(), &alike, detail);
    tell(&mut pilot, &asked, EvidenceNews::Families(MALE, Arc::new(families)));
    tell(&mut pilot, &asked, EvidenceNews::Ended(Ok(())));
    let folded = pilot.features();
    assert_eq!(folded.len() + 1, all.len());
    let kept = if folded.contains(&one) { one } else { other };
    let place = folded.iter().position(|feature| *feature == kept).unwrap();
    // The strongest member stays where it was: the order is that of strength.
    assert_eq!(all.iter().position(|feature| of_stream.contains(feature)), Some(place));
    assert!(card(&pilot).contains("1 folded"));
    for _ in 0..place {
        pilot.press("j");
    }
    assert!(card(&pilot).contains("copies along the residual stream, folded"), "{}", card(&pilot));
    pilot.press(": c o p y - n a m e s enter");
    let copied = pilot.asked().into_iter().find_map(|effect| match effect {
        Effect::Copy(text, what) => Some((text, what)),
        _ => None,
    });
    let (text, what) = copied.unwrap();
    assert_eq!(text.lines().count(), folded.len());
    assert!(what.contains("folded copies left out: 1"), "{what}");
    // A filter that only the folded member matches brings it back in its own row.
    let hidden = if kept == one { other } else { one };
    pilot.press("/");
    pilot.type_text(&format!("kind=resid and layer={} and index={}", hidden.submodule.layer.0, hidden.index.0));
    pilot.press("enter");
    assert_eq!(pilot.features(), [hidden]);
    pilot.press("esc z");
    assert_eq!(pilot.features(), all);
}
