//! Tests that checks belong to their run, and are kept with it.

use std::sync::Arc;

use super::{asked, checked, kept, tell, text};
use crate::app::message::{Effect, JobNews, Message};
use crate::core::causal::check::News;
use crate::core::problem::Problem;
use crate::ui::screens::pilot::{Pilot, opened};
use crate::ui::testing::run;

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
fn a_run_of_a_file_is_kept_once_however_many_checks_it_has() {
    let mut pilot = Pilot::study();
    checked(&mut pilot, "d enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepRun(_), Effect::KeepCheck(..)]));
    pilot.press("esc");
    checked(&mut pilot, "b enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::KeepCheck(..)]));
}
