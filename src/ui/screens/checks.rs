//! Tests of causal checks on the screen: asked for, shown while they run, kept, stopped only when that is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check_results::{elsewhere, found};
use super::pilot::{Pilot, opened};
use crate::app::message::{Effect, JobNews, Message};
use crate::app::state::record::Keeping;
use crate::core::causal::approximation::Approximation;
use crate::core::causal::check::{Done, Found, News, Request, What};
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::causal::search::Search;
use crate::core::causal::set;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::Problem;
use crate::core::progress::Progress;
use crate::core::submodule::FeatureId;
use crate::ui::testing::run;

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
    let Found::Each(mut part) = found(&request.check) else { panic!("{request:?}") };
    assert_eq!(part.features.len(), 18);
    part.features.truncate(8);
    let part = Found::Each(part);
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
    pilot.resize(120, 50);
    pilot.press("esc L");
    assert!(text(&pilot).contains("Pearson against exact: ig +"), "{}", text(&pilot));
    pilot.press("esc");
    assert!(text(&pilot).contains("patched alone: exact effect "), "{}", text(&pilot));
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
fn a_check_that_fails_says_why_and_a_run_that_is_not_kept_is_kept_with_it() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, _) = asked(&mut pilot);
    tell(&mut pilot, number, News::Ended(Err(Problem::new("the run's model", "is not on this machine", "put it back"))));
    assert_eq!(pilot.notice(), "the run's model: is not on this machine; put it back (log: saescope.log)");
    assert!(pilot.state.check.is_none() && pilot.state.overlay.is_none(), "an empty window says nothing");
    let mut pilot = Pilot::study();
    let done = checked(&mut pilot, "d enter");
    let kept = pilot.asked();
    let [Effect::KeepRun(run), Effect::KeepCheck(of, check)] = kept.as_slice() else { panic!("{kept:?}") };
    assert!(Arc::ptr_eq(run, of) && *check == done);
    let mut pilot = Pilot::study();
    pilot.state.setting.keeps_runs = false;
    checked(&mut pilot, "d enter");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "the check is done and not kept: runs are not kept (kept_runs in config.toml)");
}

#[test]
fn the_sets_of_a_file_are_ablated_each() {
    let mut pilot = kept();
    pilot.press(":");
    pilot.type_text("ablate-sets resample my sets.json");
    pilot.press("enter");
    let asked_for = pilot.asked();
    let [Effect::ReadSets { path, way: Way::Resample, error: ErrorTreatment::Recomputed }] = asked_for.as_slice() else {
        panic!("{asked_for:?}")
    };
    assert_eq!(path, "my sets.json");
    let read = |text: &str| {
        let (file, error) = ("my sets.json".to_owned(), ErrorTreatment::Recomputed);
        Message::SetsRead(set::parse(text, &file).map(|sets| (sets, file, Way::Resample, error)))
    };
    let many: Vec<String> = (0..1001).map(|number| format!("\"{number}\": []")).collect();
    pilot.tell(read(&format!("{{{}}}", many.join(","))));
    assert!(pilot.asked().is_empty() && pilot.notice().contains("1001 sets are more than the 1000"), "{}", pilot.notice());
    pilot.tell(read(r#"{"one": ["resid_9"]}"#));
    assert!(pilot.asked().is_empty() && pilot.notice().contains("names nothing that this model has"), "{}", pilot.notice());
    pilot.tell(read(r#"{"one\u001b[2J": ["resid_0/5"], "all attn": ["attn", "mlp_0"]}"#));
    let (number, request) = asked(&mut pilot);
    let What::Sets { sets, .. } = &request.check.what else { panic!("{request:?}") };
    assert_eq!(sets.iter().map(|set| set.members.len()).collect::<Vec<_>>(), [1, 2]);
    let found = found(&request.check);
    let done = Done { elsewhere: elsewhere(&found), found, check: request.check, whole: true };
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(done))));
    pilot.resize(180, 60);
    let screen = text(&pilot);
    for part in [
        "ablation of 2 sets of my sets.json, resample, errors recomputed, view male",
        "set one\\x1b[2J",
        "set all attn",
        "Set all attn: attn, mlp_0",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    pilot.press("esc L");
    assert!(text(&pilot).contains("all attn removes the most, +0.3"), "{}", text(&pilot));
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
fn submodules_are_ablated_although_nothing_is_listed() {
    let mut pilot = kept();
    pilot.press("t ctrl-u 99 enter");
    pilot.press("b ctrl-u");
    pilot.type_text("resid_1");
    pilot.press("enter");
    let (_, request) = asked(&mut pilot);
    assert!(matches!(request.check.what, What::Members { .. }));
    let mut pilot = kept();
    pilot.press("t ctrl-u 99 enter b enter");
    assert!(pilot.asked().is_empty() && text(&pilot).contains("no feature is listed"), "{}", text(&pilot));
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

/// A whole result whose side effects are not measured yet, as a check tells it.
fn main_of(done: &Done) -> News {
    let elsewhere = Some(Elsewhere::broken_off(done.check.what.way_elsewhere(), "it was stopped"));
    News::Main(Arc::new(Done { elsewhere, ..done.clone() }))
}

fn whole(request: &Request) -> Done {
    let found = found(&request.check);
    Done { elsewhere: elsewhere(&found), found, check: request.check.clone(), whole: true }
}

#[test]
fn a_whole_result_is_kept_before_its_side_effects_are_measured() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, request) = asked(&mut pilot);
    let done = whole(&request);
    tell(&mut pilot, number, main_of(&done));
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(_, kept)] if kept.whole && kept.lacks_side_effects()));
    tell(&mut pilot, number, News::Progress(Progress { stage: "side effects".to_owned(), done: 1, total: 4 }));
    assert!(text(&pilot).contains("whole but for its side effects; 25 % of side effects"), "{}", text(&pilot));
    pilot.press("esc L");
    assert_eq!(text(&pilot).matches("ablation of ").count(), 1, "it is listed once: {}", text(&pilot));
    pilot.press("esc q");
    assert!(text(&pilot).contains("the side effects of the causal check would be lost"), "{}", text(&pilot));
    pilot.press("n x y");
    assert!(pilot.state.check.is_none() && pilot.notice().contains("the result is whole"), "{}", pilot.notice());
    let [known] = pilot.state.record.checks.as_slice() else { panic!("{:?}", pilot.state.record.checks) };
    assert!(known.whole && known.found == done.found);
    // Asked for again it runs again, since something is missing, and a part of the new run does not replace what is whole.
    pilot.asked();
    pilot.press("b enter");
    let (number, again) = asked(&mut pilot);
    assert_eq!(again.check, request.check);
    tell(&mut pilot, number, News::Partial(Box::new(done.found.clone())));
    tell(&mut pilot, number, News::Ended(Err(Problem::new("a", "b", "c"))));
    assert!(matches!(pilot.state.record.checks.as_slice(), [known] if known.whole));
    pilot.press("esc b enter");
    let (number, _) = asked(&mut pilot);
    tell(&mut pilot, number, main_of(&done));
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(done.clone()))));
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(..), Effect::KeepCheck(_, kept)] if **kept == done));
    assert!(text(&pilot).contains("elsewhere, zero"), "{}", text(&pilot));
    pilot.press("esc b enter");
    assert!(pilot.asked().is_empty() && pilot.notice().contains("known from before"), "{}", pilot.notice());
}

#[test]
fn a_failure_during_side_effects_leaves_the_whole_result() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, request) = asked(&mut pilot);
    let done = whole(&request);
    tell(&mut pilot, number, main_of(&done));
    tell(&mut pilot, number, News::Ended(Err(Problem::new("causal check", "stopped at a fault", "report it"))));
    assert!(matches!(pilot.state.record.checks.as_slice(), [known] if known.whole && known.found == done.found));
    assert!(text(&pilot).contains("Side effects: not measured: it was stopped."), "{}", text(&pilot));
}

#[test]
fn what_was_found_of_files_that_changed_is_dropped() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, request) = asked(&mut pilot);
    tell(&mut pilot, number, News::Partial(Box::new(found(&request.check))));
    tell(&mut pilot, number, News::Withdrawn);
    tell(&mut pilot, number, News::Ended(Err(Problem::new("weights", "was changed while it was used", "compute again"))));
    assert!(pilot.state.record.checks.is_empty() && pilot.state.overlay.is_none(), "{}", text(&pilot));
}

#[test]
fn a_run_of_a_file_is_kept_once_however_many_checks_it_has() {
    let mut pilot = Pilot::study();
    checked(&mut pilot, "d enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepRun(_), Effect::KeepCheck(..)]));
    pilot.press("esc");
    checked(&mut pilot, "b enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(..)]));
}

#[test]
fn features_by_name_are_a_set_that_their_cards_know() {
    let mut pilot = kept();
    let feature = pilot.state.feature().unwrap();
    pilot.press("b ctrl-u");
    pilot.type_text(&feature.to_string());
    pilot.press("enter");
    let (number, request) = asked(&mut pilot);
    let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
    assert_eq!(request.check.what, What::Set { features: BTreeSet::from([feature]), way, error });
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(whole(&request)))));
    pilot.press("esc");
    assert!(text(&pilot).contains("taken out: removes +0.2"), "{}", text(&pilot));
}

#[test]
fn single_features_are_copied_with_their_side_effects_and_narrow_screens_cut_no_column() {
    let mut pilot = kept();
    checked(&mut pilot, "Z enter");
    pilot.asked();
    pilot.press("y");
    let copied = pilot.asked();
    let [Effect::Copy(copied, _)] = copied.as_slice() else { panic!("{copied:?}") };
    let rows: Vec<Vec<&str>> = copied.lines().map(|line| line.split('\t').collect()).collect();
    assert!(rows[0].ends_with(&["bias_baseline_zero", "bias_baseline_zero_low", "bias_baseline_zero_high"]), "{:?}", rows[0]);
    assert!(rows[0].contains(&"divergence_zero") && rows[0].contains(&"bias_female_zero"), "{:?}", rows[0]);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{copied}");
    pilot.resize(80, 200);
    let screen = text(&pilot);
    assert!(["elsewhere, zero", "divergence", "loss", "female", "baseline"].iter().all(|head| screen.contains(head)), "{screen}");
}
