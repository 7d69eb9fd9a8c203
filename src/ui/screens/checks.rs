//! Tests of causal checks on the screen: asked for, shown while they run, kept, stopped only when that is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pilot::{Pilot, opened};
use crate::app::message::{Effect, JobNews, Message};
use crate::app::state::record::Keeping;
use crate::core::causal::approximation::{Approximation, Effects};
use crate::core::causal::check::{Check, Done, Found, News, Request, What};
use crate::core::causal::circuit::Circuit;
use crate::core::causal::curve::{Curve, Rung, ladder};
use crate::core::causal::each::{Each, Single};
use crate::core::causal::edges::Edge;
use crate::core::causal::elsewhere::{Elsewhere, Neutral, Other};
use crate::core::causal::scores::{AblatedSet, Ablation, Scores, denominator_of, removed_bias, resamples, score_of};
use crate::core::causal::set::Member;
use crate::core::causal::side_effects::{Damage, NEUTRAL, TextSums};
use crate::core::causal::steering::{Continuation, Dose, Flip, Flips, Mode, Positions, Steered, Written};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::Problem;
use crate::core::progress::Progress;
use crate::core::quadrature::Quadrature;
use crate::core::submodule::{FeatureId, Submodule};
use crate::ui::testing::{EXAMPLES, run};

/// The metric of each pair with nothing ablated.
const ALL: [f32; EXAMPLES] = [-2.0, -1.5, -1.0, -3.0];

/// A study whose run is kept.
pub fn kept() -> Pilot {
    let mut pilot = Pilot::computing();
    pilot.state.record.keeping = Keeping::Kept;
    pilot
}

/// The check that was asked for last.
fn asked(pilot: &mut Pilot) -> (u64, Request) {
    match pilot.asked().pop() {
        Some(Effect::StartCheck(number, request)) => (number, *request),
        other => panic!("{other:?}"),
    }
}

fn tell(pilot: &mut Pilot, number: u64, news: News) {
    let now = pilot.now();
    pilot.tell(Message::Check(number, news, now));
}

/// The result of a check, the same numbers for every feature but the first, which does more.
pub fn found(check: &Check) -> Found {
    let less = |share: f32| ALL.map(|metric| metric * (1.0 - share) + 0.01 * metric * metric).to_vec();
    match &check.what {
        What::Members { members, way, error } => {
            let ablation =
                Ablation { way: *way, error: *error, all: vec![-2.0; EXAMPLES], empty: vec![0.0; EXAMPLES], sets: Vec::new() };
            let set = AblatedSet {
                name: "the list".to_owned(),
                members: members.clone(),
                kept: vec![-0.5; EXAMPLES],
                removed: vec![-1.0; EXAMPLES],
            };
            let ablation = Ablation { sets: vec![set], ..ablation };
            let scores = Scores::of(&ablation);
            Found::Set(ablation, scores)
        }
        What::Set { features, way, error } => {
            let members = features.iter().copied().map(Member::Feature).collect();
            let ablated = AblatedSet { name: "the list".to_owned(), members, kept: less(0.9), removed: less(0.2) };
            let ablation =
                Ablation { way: *way, error: *error, all: ALL.to_vec(), empty: vec![0.1; EXAMPLES], sets: vec![ablated] };
            let scores = Scores::of(&ablation);
            Found::Set(ablation, scores)
        }
        What::Each { features, error } => Found::Each(Each::new(*error, &ALL, singles(features))),
        What::Curve { strongest, way, error, controls, .. } => Found::Curve(curve(strongest.len(), (*way, *error), *controls)),
        What::Circuit { features } => Found::Circuit(circuit(features)),
        What::Methods { features } => Found::Methods(methods(features)),
        What::Steering { feature, positions } => Found::Steering(steered(*feature, *positions)),
    }
}

/// Every size removes more, and its controls a little.
fn curve(features: usize, (way, error): (Way, ErrorTreatment), controls: usize) -> Curve {
    let (all, empty) = (ALL.to_vec(), vec![0.1; EXAMPLES]);
    let ablation = |sets| Ablation { way, error, all: all.clone(), empty: empty.clone(), sets };
    let rung = |size: usize| {
        let set = |place: usize| {
            let share = if place == 0 { 1.0 - 1.0 / (1 + size) as f32 } else { 0.1 - 0.2 * (place % 7) as f32 / 7.0 };
            let removed = ALL.map(|metric| metric * (1.0 - share) + 0.05 * metric * metric * share).to_vec();
            let kept = ALL.map(|metric| metric * share).to_vec();
            AblatedSet { name: String::new(), members: Vec::new(), kept, removed }
        };
        Rung::new(size, &ablation((0..=2 * controls).map(set).collect()), &[], controls)
    };
    let Scores { all: whole, empty: nothing, span, bias, .. } = Scores::of(&ablation(Vec::new()));
    let rungs = ladder(features).into_iter().map(rung).collect();
    Curve { way, error, all: whole, empty: nothing, span, bias, pool: 3000, controls, seed: 12, rungs }
}

/// Every feature moves all that come after it, by less each time.
fn circuit(features: &BTreeSet<FeatureId>) -> Circuit {
    let all: Vec<FeatureId> = features.iter().copied().collect();
    let edge = |upstream: usize, downstream: usize| {
        let weight = 0.9 / (1 + upstream + downstream) as f64;
        let (upstream, downstream) = (all[upstream], all[downstream]);
        Edge { upstream, downstream, weight, measured: weight / 3.0, direct: None, silent: 0 }
    };
    let edges = (0..all.len()).flat_map(|downstream| (0..downstream).map(move |upstream| (upstream, downstream)));
    Circuit {
        examples: EXAMPLES,
        features: features.clone(),
        edges: edges.map(|(upstream, downstream)| edge(upstream, downstream)).collect(),
    }
}

/// Every feature does less than the one before it, ig says more of it, and attrib is right except for a third of them.
fn methods(features: &BTreeSet<FeatureId>) -> Approximation {
    let effects = |place: usize| {
        let exact = if place.is_multiple_of(2) { 1.0 } else { -0.5 } / (place + 1) as f64;
        Effects { ig: 1.25 * exact + 0.05, attrib: if place.is_multiple_of(3) { -0.1 } else { exact }, exact }
    };
    let errors = Submodule::all(6).into_iter().enumerate().map(|(place, submodule)| (submodule, effects(place))).collect();
    let features = features.iter().enumerate().map(|(place, feature)| (*feature, effects(place))).collect();
    Approximation { examples: EXAMPLES, quadrature: Quadrature::riemann(10), features, errors }
}

fn singles(features: &BTreeSet<FeatureId>) -> Vec<Single> {
    let draws = resamples(EXAMPLES);
    let share = |share: f32| removed_bias(&ALL, &ALL.map(|metric| metric * (1.0 - share)), &draws);
    let single = |(place, feature): (usize, &FeatureId)| {
        let strength = 0.3 / (place + 1) as f32;
        Single { feature: *feature, on_clean: EXAMPLES, on_patch: place % 5, zero: share(strength), resample: share(-strength) }
    };
    features.iter().enumerate().map(single).collect()
}

fn steered(feature: FeatureId, positions: Positions) -> Steered {
    let coefficients = [-20.0_f32, -10.0, 0.0, 10.0, 20.0];
    let metrics = |coefficient: f32| ALL.map(|metric| metric + 0.2 * coefficient).to_vec();
    let dose = |coefficient: &f32| Dose {
        coefficient: *coefficient,
        metrics: metrics(*coefficient),
        clean: vec![0.4 - 0.01 * f64::from(*coefficient); EXAMPLES],
        patch: vec![0.2 + 0.005 * f64::from(*coefficient); EXAMPLES],
    };
    let doses: Vec<Dose> = coefficients.iter().map(dose).collect();
    let draws = resamples(EXAMPLES);
    let written = |(coefficient, mode): (f32, Mode)| {
        let continuation =
            Continuation { coefficient, mode, greedy: vec![vec![1]; 2], smallest_gap: vec![0.5; 2], sampled: Vec::new() };
        let text = |prompt: &str| format!("{prompt} goes\u{1b}[2J on {coefficient}");
        Written { continuation, greedy: vec![text(" she"), text(" he")], sampled: Vec::new() }
    };
    let modes = [-20.0, 20.0].into_iter().flat_map(|coefficient| Mode::ALL.map(|mode| (coefficient, mode)));
    let flip = Some(Flip { coefficient: 9.5, before: -0.1, at: 0.1 });
    Steered {
        feature,
        positions,
        decoder_norm: 1.0,
        is_scaled: false,
        activations: [Some(0.5), None],
        unsteered: Some(-1.0),
        metrics: doses.iter().map(|dose| score_of(&dose.metrics, &draws)).collect(),
        doses,
        flips: Some([Flips { per_example: vec![flip; EXAMPLES], mean: flip }, Flips::none(EXAMPLES)]),
        written: std::iter::once((0.0, Mode::All)).chain(modes).map(written).collect(),
    }
}

/// Side effects of each edit, the larger the later it stands.
fn elsewhere(found: &Found) -> Option<Elsewhere> {
    let edits = match found {
        Found::Set(..) => 1,
        Found::Each(found) => found.features.len(),
        Found::Steering(found) => found.doses.len(),
        Found::Curve(_) | Found::Circuit(_) | Found::Methods(_) => return None,
    };
    let all = [-2.0, -1.0, -1.5];
    let sums = |edit: usize| {
        let divergence = 0.001 * edit as f64;
        TextSums { tokens: 10, loss_before: 20.0, loss_after: 20.0 + divergence, divergence }
    };
    let damage = (0..edits).map(|edit| Damage::of(&[sums(edit), sums(edit + 1)], &resamples(2))).collect();
    let bias = |edit: usize| removed_bias(&all, &all.map(|metric| metric + 0.01 * edit as f32), &resamples(3));
    let other = |name: &str| Other {
        name: name.to_owned(),
        examples: 3,
        all: denominator_of(&all),
        bias: (0..edits).map(bias).collect(),
    };
    let text = Neutral::Measured(NEUTRAL.to_owned(), damage);
    Some(Elsewhere { text, others: vec![other("female"), other("baseline")] })
}

/// Runs the check that `keys` ask for to its end.
pub fn checked(pilot: &mut Pilot, keys: &str) -> Arc<Done> {
    pilot.asked();
    pilot.press(keys);
    let (number, request) = asked(pilot);
    let found = found(&request.check);
    let done = Arc::new(Done { elsewhere: elsewhere(&found), found, check: request.check, whole: true });
    tell(pilot, number, News::Ended(Ok(Arc::clone(&done))));
    done
}

fn text(pilot: &Pilot) -> String {
    pilot.screen().join("\n")
}

fn progress(done: u64) -> News {
    News::Progress(Progress { stage: "zero, recomputed".to_owned(), done, total: 12 })
}

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
fn the_marked_features_are_ablated_together_and_without_marks_the_one_at_the_cursor() {
    let mut pilot = kept();
    pilot.press("space space");
    let marked: BTreeSet<FeatureId> = pilot.state.marked.iter().copied().collect();
    pilot.press("b ctrl-u resample space clean_touched enter");
    let (_, request) = asked(&mut pilot);
    let expected = What::Set { features: marked, way: Way::Resample, error: ErrorTreatment::CleanTouched };
    assert_eq!((request.check.view.as_str(), request.check.what), ("male", expected));
    assert!(request.model.is_none(), "the run was read from a file: its record says where its model is");
    let mut pilot = kept();
    pilot.press("2 j b enter");
    let (_, request) = asked(&mut pilot);
    let features = BTreeSet::from([pilot.state.feature().unwrap()]);
    let expected = What::Set { features, way: Way::Zero, error: ErrorTreatment::Recomputed };
    assert_eq!((request.check.view.as_str(), request.check.what), ("female", expected));
    let mut pilot = kept();
    pilot.press("space b ctrl-u listed enter");
    let (_, request) = asked(&mut pilot);
    assert!(matches!(request.check.what, What::Set { features, .. } if features.len() == 18));
}

#[test]
fn whole_submodules_and_kinds_are_ablated_by_name_and_unknown_ones_are_named() {
    let mut pilot = kept();
    pilot.press("b ctrl-u");
    pilot.type_text("attn resid_1 resample attn resid_0/5");
    pilot.press("enter");
    let (number, request) = asked(&mut pilot);
    let members = ["resid_0/5", "attn", "resid_1"].map(|member| member.parse().unwrap()).to_vec();
    let error = ErrorTreatment::Recomputed;
    assert_eq!(request.check.what, What::Members { members, way: Way::Resample, error });
    let found = found(&request.check);
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(Done { check: request.check, found, elsewhere: None, whole: true }))));
    let screen = text(&pilot);
    assert!(screen.contains("ablation of 0-res-sm/5, attn, resid_1, resample, errors recomputed"), "{screen}");
    for (typed, says) in [
        ("resid_9", "names nothing that this model has a dictionary of"),
        ("attn listed", "two sets"),
        ("all", "'all' is not known"),
    ] {
        let mut pilot = kept();
        pilot.press("b ctrl-u");
        pilot.type_text(typed);
        pilot.press("enter");
        assert!(pilot.asked().is_empty() && text(&pilot).contains(says), "{typed}: {}", text(&pilot));
    }
}

#[test]
fn the_palette_takes_way_and_treatment_and_wrong_words_are_named() {
    let mut pilot = kept();
    pilot.press(":");
    pilot.type_text("ablate mean_all clean");
    pilot.press("enter");
    let (_, request) = asked(&mut pilot);
    assert!(matches!(request.check.what, What::Set { way: Way::MeanAll, error: ErrorTreatment::Clean, .. }));
    let mut pilot = kept();
    pilot.press("b ctrl-u half");
    assert!(pilot.hint().unwrap_err().starts_with("'half' is not known here; use zero, mean_position,"));
    pilot.press("enter");
    assert!(pilot.asked().is_empty() && pilot.state.check.is_none());
    pilot.press("ctrl-u clea tab");
    assert_eq!(pilot.hint(), Ok("clean_touched  clean".to_owned()));
}

#[test]
fn a_check_runs_behind_its_window_and_closing_that_does_not_end_it() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, request) = asked(&mut pilot);
    tell(&mut pilot, number, progress(3));
    assert!(text(&pilot).contains("25 % of zero, recomputed; x stops it, Esc only closes this window"), "{}", text(&pilot));
    pilot.press("esc esc");
    assert!(pilot.state.overlay.is_none() && pilot.state.check.is_some() && pilot.asked().is_empty());
    assert!(pilot.screen()[0].contains("check: 25 % of zero, recomputed"), "{}", pilot.screen()[0]);
    pilot.press("b");
    assert!(pilot.notice().starts_with("ablate: one check at a time: ablation of "), "{}", pilot.notice());
    // Stale news changes nothing.
    tell(&mut pilot, number + 1, News::Ended(Err(Problem::new("a", "b", "c"))));
    let found = found(&request.check);
    let done = Arc::new(Done { elsewhere: elsewhere(&found), found, check: request.check, whole: true });
    tell(&mut pilot, number, News::Ended(Ok(Arc::clone(&done))));
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(_, kept)] if *kept == done));
    let said = pilot.notice().to_owned();
    assert!(said.contains("removes +0.2") && said.ends_with("; L shows it"), "{said}");
    // The card says it, and asking again shows it without another run.
    assert!(text(&pilot).contains("taken out: removes +0.2"), "{}", text(&pilot));
    pilot.press("b enter");
    assert!(pilot.asked().is_empty() && pilot.state.check.is_none());
    for line in
        ["F(M)", "F(empty)", "F(C)", "F(not C)", "bias removed", "faithfulness", "completeness", "4 pairs", "Errors recomputed"]
    {
        assert!(text(&pilot).contains(line), "{line} is missing: {}", text(&pilot));
    }
}

#[test]
fn the_key_that_cancels_asks_and_what_was_found_stays_as_a_part() {
    let mut pilot = kept();
    pilot.press("Z enter");
    let (number, request) = asked(&mut pilot);
    let What::Each { features, error } = &request.check.what else { panic!("{request:?}") };
    assert_eq!(features.len(), 18);
    let some: BTreeSet<FeatureId> = features.iter().copied().take(8).collect();
    let part = Found::Each(Each::new(*error, &ALL, singles(&some)));
    tell(&mut pilot, number, News::Partial(Box::new(part)));
    tell(&mut pilot, number, progress(6));
    assert!(text(&pilot).contains("so far; 50 % of"), "{}", text(&pilot));
    pilot.press("x");
    assert!(text(&pilot).contains("stop the ablation of 18 features"), "{}", text(&pilot));
    pilot.press("n");
    assert!(pilot.state.check.is_some() && pilot.asked().is_empty());
    pilot.press("x y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::CancelCheck(_)]) && pilot.state.check.is_none());
    tell(&mut pilot, number, progress(9));
    pilot.press("L enter");
    assert!(text(&pilot).contains("partial: the check did not come to its end"), "{}", text(&pilot));
    // A part is no answer: asked again, it is run again.
    pilot.press("esc Z enter");
    assert_eq!(asked(&mut pilot).1.check, request.check);
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
    pilot.resize(120, 40);
    pilot.press("esc L");
    assert!(text(&pilot).contains("Pearson against exact: ig +"), "{}", text(&pilot));
    pilot.press("esc");
    assert!(text(&pilot).contains("patched alone: exact effect "), "{}", text(&pilot));
}

#[test]
fn leaving_asks_while_a_check_runs() {
    let mut pilot = kept();
    pilot.press("b enter");
    pilot.asked();
    pilot.press("esc q");
    assert!(text(&pilot).contains("the causal check would be lost"), "{}", text(&pilot));
    assert!(pilot.asked().is_empty());
}

#[test]
fn single_features_are_ordered_copied_and_gone_to() {
    let mut pilot = kept();
    let done = checked(&mut pilot, "Z enter");
    let Found::Each(each) = &done.found else { panic!("{done:?}") };
    let first = |pilot: &Pilot| {
        // The table beneath the window has a space after the cursor.
        let cursors = pilot
            .screen()
            .into_iter()
            .filter_map(|line| line.rsplit("│>").next().filter(|rest| *rest != line).map(str::to_owned));
        let row = cursors.into_iter().rfind(|rest| !rest.starts_with(' ')).unwrap();
        row.split_whitespace().next().unwrap().to_owned()
    };
    // The order of effects is that of the table; zero removes most with the first feature in order of names.
    assert_eq!(first(&pilot), pilot.features()[0].to_string());
    pilot.press("s");
    assert_eq!(first(&pilot), each.features[0].feature.to_string());
    pilot.press("S");
    assert_eq!(first(&pilot), each.features[17].feature.to_string());
    pilot.asked();
    pilot.press("y");
    let copied = pilot.asked();
    let [Effect::Copy(table, what)] = copied.as_slice() else { panic!("{copied:?}") };
    assert_eq!((table.lines().count(), what.starts_with("ablation of 18 features")), (19, true));
    let share = each.features[17].zero.mean.unwrap().to_string();
    assert!(table.lines().nth(1).unwrap().contains(&share), "{table}");
    pilot.press("enter");
    assert!(pilot.state.overlay.is_none());
    assert_eq!(pilot.state.feature(), Some(each.features[17].feature));
    assert!(text(&pilot).contains("taken out: removes +0.0167 (+0.017 .. +0.017) zero, -0.0167"), "{}", text(&pilot));
}

#[test]
fn checks_belong_to_their_run() {
    let mut pilot = kept();
    checked(&mut pilot, "b enter");
    pilot.press("esc");
    let before = Arc::clone(pilot.state.study.as_ref().unwrap());
    // While another computation shows its results they are away, and come back with the run.
    pilot.press("r");
    let job = pilot.state.job.as_ref().unwrap().number;
    pilot.news(job, opened(&run()));
    assert!(!text(&pilot).contains("taken out"));
    pilot.press("b");
    assert!(pilot.notice().starts_with("ablate: a check needs a whole run"), "{}", pilot.notice());
    pilot.news(job, JobNews::Ended(Err(Problem::new("a", "b", "c"))));
    assert!(Arc::ptr_eq(&before, pilot.state.study.as_ref().unwrap()) && text(&pilot).contains("taken out"));
    // Those that were kept come with the run that they are of, and with no other.
    let done = pilot.state.record.checks.clone();
    let mut again = kept();
    again.tell(Message::ChecksRead(before, done.clone()));
    assert!(!text(&again).contains("taken out"));
    let shown = Arc::clone(again.state.study.as_ref().unwrap());
    again.tell(Message::ChecksRead(shown, done));
    assert!(text(&again).contains("taken out"));
    again.press("p");
    assert!(!text(&again).contains("taken out"));
    again.press("b");
    assert!(again.notice().starts_with("ablate: the published figures have no model here"), "{}", again.notice());
}

#[test]
fn a_check_that_fails_says_why_and_a_run_that_is_not_kept_is_said() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, _) = asked(&mut pilot);
    tell(&mut pilot, number, News::Ended(Err(Problem::new("the run's model", "is not on this machine", "put it back"))));
    assert_eq!(pilot.notice(), "the run's model: is not on this machine; put it back (log: saescope.log)");
    assert!(pilot.state.check.is_none() && pilot.state.overlay.is_none(), "an empty window says nothing");
    let mut pilot = Pilot::study();
    checked(&mut pilot, "d enter");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "the check is done and not kept: its run is not among the kept runs");
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
