//! Tests of checks that are shown as a drawing or step by step: circuits, curves, methods, searches, steering.

use std::sync::Arc;

use super::{asked, checked, kept, tell, text};
use crate::app::message::{Effect, Message};
use crate::core::causal::approximation::Approximation;
use crate::core::causal::check::{Done, Found, News, What};
use crate::core::causal::search::Search;
use crate::core::causal::way::Way;
use crate::core::submodule::FeatureId;
use crate::ui::screens::check_results::{elsewhere, found};
use crate::ui::screens::pilot::Pilot;

#[test]
fn a_circuit_is_drawn_from_the_metric_down() {
    let mut pilot = kept();
    pilot.press("T ctrl-u 3 enter f");
    let (number, request) = asked(&mut pilot);
    let What::Circuit { features } = &request.check.what else { panic!("{request:?}") };
    assert_eq!(features.len(), 3);
    let found = found(&request.check);
    tell(
        &mut pilot,
        number,
        News::Ended(Ok(Arc::new(Done { check: request.check.clone(), found, elsewhere: None, whole: true }))),
    );
    let screen = pilot.screen().join("\n");
    assert!(screen.contains("circuit of 3 features") && screen.contains("3 of 3 possible edges"), "{screen}");
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}: {screen}"));
    let last = features.last().unwrap().to_string();
    assert!(
        at("metric\u{20}") < at(&format!("└─ {last} · effect")) && screen.contains("   ├─ ") && screen.contains(" !"),
        "{screen}"
    );
    pilot.press("esc space f");
    assert!(pilot.notice().contains("a circuit needs at least two features"), "{}", pilot.notice());
}

#[test]
fn a_curve_takes_the_strongest_first_and_is_drawn() {
    let mut pilot = kept();
    pilot.press("B ctrl-u resample space 5");
    let hint = pilot.hint().unwrap();
    assert!(
        hint.starts_with("curve of 18 features, resample, errors recomputed, 5 control sets of each kind and size"),
        "{hint}"
    );
    assert!(hint.contains("176 runs of each pair"), "{hint}");
    pilot.press("enter");
    let (number, request) = asked(&mut pilot);
    let What::Curve { strongest, controls: 5, .. } = &request.check.what else { panic!("{request:?}") };
    let effect = |feature: &FeatureId| request.pool.iter().find(|(other, _)| other == feature).unwrap().1.abs();
    assert!(strongest.len() == 18 && strongest.is_sorted_by(|one, other| effect(one) >= effect(other)), "{strongest:?}");
    assert!(request.pool.len() >= 18);
    let found = found(&request.check);
    tell(&mut pilot, number, News::Partial(Box::new(found.clone())));
    assert!(text(&pilot).contains("so far") && text(&pilot).contains('●'), "{}", text(&pilot));
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(Done { check: request.check, found, elsewhere: None, whole: true }))));
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(..)]));
    let size = pilot.state.setting.size;
    // Intervals, for which a narrow screen has no room, are copied all the same, and there are no rows to order.
    pilot.tell(Message::Resize(70, 20));
    assert!(!pilot.screen().last().unwrap().contains("s S order"));
    pilot.press("y");
    let copied = pilot.asked();
    pilot.tell(Message::Resize(size.0, size.1));
    let [Effect::Copy(copied, _)] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(copied.contains("95 % of pairs") && copied.contains("95 % of sets"), "{copied}");
    assert!(["bias", "faithfulness", "completeness", "░", "▒"].iter().all(|part| copied.contains(part)), "{copied}");
    pilot.press("esc L");
    assert!(text(&pilot).contains("all 18 remove +1.0500"), "{}", text(&pilot));
    let mut pilot = kept();
    pilot.press("B ctrl-u 201");
    assert!(pilot.hint().unwrap_err().ends_with("clean, or a number of control sets up to 200"), "{:?}", pilot.hint());
}

#[test]
fn methods_are_compared_and_drawn() {
    let mut pilot = kept();
    pilot.press("A");
    let (number, request) = asked(&mut pilot);
    let What::Methods { features } = &request.check.what else { panic!("{request:?}") };
    assert_eq!(features.len(), 18);
    let Found::Methods(whole) = found(&request.check) else { panic!("{request:?}") };
    let part = Approximation { features: whole.features[..2].to_vec(), errors: whole.errors[..1].to_vec(), ..whole.clone() };
    tell(&mut pilot, number, News::Partial(Box::new(Found::Methods(part))));
    assert!(text(&pilot).contains("so far") && text(&pilot).contains("against exact"), "{}", text(&pilot));
    tell(
        &mut pilot,
        number,
        News::Ended(Ok(Arc::new(Done { check: request.check, found: Found::Methods(whole), elsewhere: None, whole: true }))),
    );
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(..)]));
    // However narrow the screen is, no column is lost: those without room stand below.
    pilot.resize(70, 20);
    let mut seen = String::new();
    for _ in 0..60 {
        seen.push_str(&text(&pilot));
        pilot.press("down");
    }
    for part in [
        "Spearman",
        "other sign",
        "furthest off",
        "error term",
        "share",
        "at 0",
        "%",
        "effect by ig and attrib, logits",
        "exact effect",
    ] {
        assert!(seen.contains(part), "{part} is missing: {seen}");
    }
    pilot.press("y");
    let copied = pilot.asked();
    let [Effect::Copy(copied, what)] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(what == "comparison of methods on 18 features, view male" && copied.contains('○'), "{what}: {copied}");
    pilot.resize(120, 50);
    pilot.press("esc L");
    assert!(text(&pilot).contains("Pearson against exact: ig +"), "{}", text(&pilot));
    pilot.press("esc");
    assert!(text(&pilot).contains("patched alone: exact effect "), "{}", text(&pilot));
}

#[test]
fn a_subset_is_searched_and_shown_step_by_step() {
    let mut pilot = kept();
    pilot.press("T ctrl-u 4 enter :");
    pilot.type_text("ablate-search mean_all");
    pilot.press("enter");
    let (number, request) = asked(&mut pilot);
    assert!(matches!(&request.check.what, What::Search { features, way: Way::MeanAll, .. } if features.len() == 4));
    let Found::Search(whole) = found(&request.check) else { panic!("{request:?}") };
    let part = Search { greedy: whole.greedy[..1].to_vec(), exhaustive: None, ..whole.clone() };
    tell(&mut pilot, number, News::Partial(Box::new(Found::Search(part))));
    assert!(text(&pilot).contains("so far") && text(&pilot).contains("all subsets: not yet tried"), "{}", text(&pilot));
    let found = Found::Search(whole);
    let done = Done { elsewhere: elsewhere(&found), found, check: request.check, whole: true };
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(done))));
    let screen = text(&pilot);
    for part in ["search among 4 features, mean_all", "added", "+0.5000", "all subsets: least is left without", "exhaustive"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    pilot.press("esc L");
    assert!(text(&pilot).contains("greedy, 2 features: removes +0.5000"), "{}", text(&pilot));
}

#[test]
fn a_steered_feature_shows_its_curve_and_its_words() {
    let mut pilot = kept();
    pilot.resize(180, 50);
    checked(&mut pilot, "d ctrl-u all_but_last enter");
    let screen = text(&pilot);
    assert!(screen.contains('●') && screen.contains("turns at +9.5, does not turn up to -100"), "{screen}");
    assert!(screen.contains("unsteered") && screen.contains("she goes\\x1b[2J on 20"), "{screen}");
    pilot.press("esc");
    assert!(text(&pilot).contains("steered at all positions but the last: the"), "{}", text(&pilot));
}

#[test]
fn a_curve_names_its_features() {
    let mut pilot = kept();
    pilot.resize(180, 90);
    let done = checked(&mut pilot, "T ctrl-u 2 enter B enter");
    let What::Curve { strongest, .. } = &done.check.what else { panic!("{done:?}") };
    let names = strongest.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let screen = text(&pilot);
    assert!(screen.contains(&format!("The features, the strongest first: {names}")), "{screen}");
}

/// Sentence, intervals, positions and the strongest prompts stay in sight however much was checked, and a figure that two checks found
/// stands once.
#[test]
fn what_checks_found_stands_on_the_card_behind_the_first_prompts() {
    let mut pilot = kept();
    pilot.resize(120, 40);
    checked(&mut pilot, "b ctrl-u zero space recomputed enter");
    checked(&mut pilot, "esc b ctrl-u mean_all space recomputed enter");
    let before = pilot.press("esc l").screen();
    for keys in ["Z enter", "esc d enter"] {
        checked(&mut pilot, keys);
    }
    pilot.press("esc h l");
    assert!(text(&pilot).contains("prompts by |effect|") && text(&pilot).contains("mean effect by position"), "{}", text(&pilot));
    let card = |pilot: &Pilot| crate::ui::card::text(&pilot.state);
    let whole = card(&pilot);
    let [prompts, checks, others] = ["prompts by |effect|", "causal checks, male", "more prompts by |effect|"]
        .map(|text| whole.find(text).unwrap_or_else(|| panic!("{text}: {whole}")));
    assert!(prompts < checks && checks < others, "{whole}");
    assert_eq!(whole.matches("taken out: ").count(), 2, "the ablation to zero is that of the single ablations: {whole}");
    assert!(!before.is_empty());
}
