//! Tests of checks while they run: behind their window, stopped only when that is asked for, in parts.

use std::sync::Arc;

use super::{asked, kept, progress, tell, text, whole};
use crate::app::message::Effect;
use crate::core::causal::check::{Done, Found, News};
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::problem::Problem;
use crate::core::progress::Progress;
use crate::ui::screens::check_results::{elsewhere, found};

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
fn leaving_asks_while_a_check_runs() {
    let mut pilot = kept();
    pilot.press("b enter");
    pilot.asked();
    pilot.press("esc q");
    assert!(text(&pilot).contains("the causal check would be lost"), "{}", text(&pilot));
    assert!(pilot.asked().is_empty());
}

/// A whole result whose side effects are not measured yet, as a check tells it.
fn main_of(done: &Done) -> News {
    let elsewhere = Some(Elsewhere::broken_off(done.check.what.way_elsewhere(), "it was stopped"));
    News::Main(Arc::new(Done { elsewhere, ..done.clone() }))
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

/// What was measured before it was broken off stays while the same is measured again, and where that is stopped.
#[test]
fn side_effects_that_were_measured_in_part_stay_until_they_are_measured_again() {
    let mut pilot = kept();
    pilot.press("b enter");
    let (number, request) = asked(&mut pilot);
    let done = whole(&request);
    let broken_off = done.elsewhere.clone().map(|elsewhere| Elsewhere { broken_off: true, ..elsewhere });
    let part = Done { elsewhere: broken_off, ..done.clone() };
    assert!(part.lacks_side_effects());
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(part.clone()))));
    pilot.asked();
    assert!(text(&pilot).contains("elsewhere, zero"), "{}", text(&pilot));
    pilot.press("esc b enter");
    let (number, _) = asked(&mut pilot);
    tell(&mut pilot, number, main_of(&done));
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(_, kept)] if **kept == part));
    tell(&mut pilot, number, News::Ended(Err(Problem::new("a", "b", "c"))));
    assert!(matches!(pilot.state.record.checks.as_slice(), [known] if **known == part));
    pilot.press("esc b enter");
    let (number, _) = asked(&mut pilot);
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(done.clone()))));
    assert!(matches!(pilot.state.record.checks.as_slice(), [known] if **known == done));
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
fn what_a_stopped_check_found_is_not_left_without_a_question() {
    let mut pilot = kept();
    pilot.press("T ctrl-u 4 enter Z enter");
    let (number, request) = asked(&mut pilot);
    tell(&mut pilot, number, News::Partial(Box::new(found(&request.check))));
    pilot.press("x y esc q");
    assert!(text(&pilot).contains("leave? what was found of the stopped ablation of 4 features"), "{}", text(&pilot));
    pilot.press("n");
    assert!(!text(&pilot).contains("leave?"), "{}", text(&pilot));
    pilot.asked();
    pilot.press("r");
    let asks = "? what was found of the stopped ablation of 4 features";
    assert!(pilot.asked().is_empty() && text(&pilot).contains(asks), "{}", text(&pilot));
    pilot.press("n");
    assert!(pilot.asked().is_empty() && !text(&pilot).contains(asks), "{}", text(&pilot));
}
