//! Tests of a computation that runs, is superseded, is cancelled or fails.

use std::sync::Arc;

use super::keeping::kept;
use super::pilot::{Pilot, found, opened, problem, request};
use crate::app::message::{Effect, JobNews, Message};
use crate::core::findings::Findings;
use crate::core::progress::{Progress, Step};
use crate::core::quadrature::{Quadrature, Rule};
use crate::core::study::testing::MALE;
use crate::core::tags::Subject;
use crate::ui::testing::run;

fn subject() -> Subject {
    Subject { model: "pythia-70m-deduped".to_owned(), dictionaries: "0123456789abcdef".to_owned() }
}

fn whole() -> JobNews {
    JobNews::Ended(Ok(Arc::new(Findings::from_run(run(), None, subject()))))
}

/// A job that has found the first two submodules.
fn half_done() -> Pilot {
    let mut pilot = Pilot::computing();
    pilot.press("r");
    pilot.news(1, opened(&run()));
    found(&run(), MALE, 2).into_iter().for_each(|news| pilot.news(1, news));
    assert_eq!(pilot.features().len(), 6);
    pilot.asked();
    pilot
}

#[test]
fn a_computation_starts_and_its_results_arrive_one_after_another() {
    let mut pilot = Pilot::computing();
    pilot.asked();
    pilot.press("r");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(1, asked)] if **asked == request()));
    assert_eq!(pilot.features().len(), 18, "the old study stays until the inputs are open");
    pilot.news(1, opened(&run()));
    assert!(pilot.features().is_empty());
    for (index, news) in found(&run(), MALE, 6).into_iter().enumerate() {
        pilot.news(1, news);
        assert_eq!(pilot.features().len(), 3 * (index + 1));
    }
    pilot.news(1, JobNews::Identified(subject()));
    pilot.press("m");
    assert!(pilot.state.overlay.is_some(), "{}", pilot.notice());
    pilot.press("esc");
    pilot.news(1, whole());
    assert!(pilot.state.job.is_none() && pilot.state.standing.is_none());
    assert!(!pilot.screen()[0].contains("partial"));
}

#[test]
fn news_of_a_superseded_job_are_dropped() {
    let mut pilot = half_done();
    pilot.press("r");
    let asked = crate::app::question::notice(&pilot.state).unwrap().text;
    assert_eq!(asked, "stop the computation and compute names with ig 10 steps? y does, n lets it go on");
    pilot.press("n");
    assert_eq!((pilot.asked().len(), pilot.state.job.as_ref().unwrap().number), (0, 1), "nothing was superseded");
    pilot.press("r y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(2, _)]));
    let before = pilot.features();
    for news in found(&run(), MALE, 6).into_iter().chain([opened(&run()), whole(), JobNews::Ended(Err(problem()))]) {
        pilot.news(1, news);
        assert_eq!((pilot.features(), pilot.notice(), pilot.state.job.as_ref().unwrap().number), (before.clone(), "", 2));
    }
    assert_eq!((before.len(), &pilot.state.standing), (18, &None), "the whole run before both is on the screen");
    pilot.news(2, opened(&run()));
    assert_eq!((pilot.features().len(), &pilot.state.standing), (0, &None));
}

#[test]
fn a_partial_result_never_replaces_a_whole_one() {
    for end in ["x y", "r y"] {
        let mut pilot = half_done();
        pilot.press("2");
        pilot.press(end);
        assert_eq!((pilot.features().len(), &pilot.state.standing), (18, &None), "{end}");
    }
    let mut pilot = half_done();
    pilot.press("x y");
    assert_eq!(pilot.notice(), "cancelled; the run before it is on the screen again");
    let mut pilot = half_done();
    pilot.news(1, JobNews::Ended(Err(problem())));
    let says = "tags.json: the disk is full; free some space; the run before it is on the screen again (log: saescope.log)";
    assert_eq!((pilot.notice(), pilot.features().len()), (says, 18));
}

/// What is computed again is what is on the screen, not what was cancelled or failed.
#[test]
fn the_request_comes_back_with_its_run() {
    let steps = |pilot: &Pilot| pilot.state.setting.request.as_ref().unwrap().settings.steps;
    for (end, is_opened) in [("x y", true), ("x y", false), ("fails", true), ("fails", false)] {
        let mut pilot = Pilot::computing();
        let shown = steps(&pilot);
        pilot.press(": s t e p s space 3 3 enter");
        assert_eq!(steps(&pilot), 33);
        let number = pilot.state.job.as_ref().unwrap().number;
        if is_opened {
            pilot.news(number, opened(&run()));
        }
        if end == "fails" {
            pilot.news(number, JobNews::Ended(Err(problem())));
        } else {
            pilot.press(end);
        }
        assert_eq!((steps(&pilot), pilot.features().len()), (shown, 18), "{end} {is_opened}");
        pilot.asked();
        pilot.press("r");
        assert!(matches!(pilot.asked().as_slice(), [Effect::Start(_, request)] if request.settings.steps == shown), "{end}");
    }
}

#[test]
fn stopping_is_asked_for_and_escape_never_stops() {
    let mut pilot = half_done();
    for keys in ["esc", "x n", "x esc", "x ctrl-c", "x x j q esc", "q n", "q esc", "ctrl-c n"] {
        pilot.press(keys);
        assert!(pilot.asked().is_empty() && pilot.state.job.is_some() && pilot.state.overlay.is_none(), "{keys}");
    }
    pilot.press("x");
    let footer = pilot.screen().last().unwrap().clone();
    assert!(footer.contains("stop the computation? y stops it and shows the run before it again, n goes on"), "{footer}");
    pilot.news(1, whole());
    assert!(pilot.state.overlay.is_none(), "there is nothing to stop any more");
    pilot.press("j x");
    assert_eq!(pilot.notice(), "cancel: nothing is being computed, checked or downloaded");
}

/// An answer that comes after the work has ended is meant for the question, so it moves and closes nothing.
#[test]
fn a_late_answer_to_a_question_is_no_command() {
    for question in ["x", "q", "r"] {
        for answer in ["y", "n", "esc", "ctrl-c"] {
            let mut pilot = half_done();
            pilot.press("/ kind=attn enter");
            pilot.press(question);
            pilot.asked();
            pilot.news(1, whole());
            assert!(pilot.notice().ends_with("; the question is settled"), "{question}: {}", pilot.notice());
            let cursor = pilot.state.table.cursor;
            pilot.asked();
            pilot.press(answer);
            assert!(pilot.asked().is_empty() && pilot.state.overlay.is_none() && pilot.state.filter.is_some(), "{answer}");
            assert_eq!(pilot.state.table.cursor, cursor, "{answer}");
            assert!(pilot.notice().ends_with("; the answer came too late and did nothing"), "{answer}");
            // Once is enough: the next key is a command again.
            pilot.press("esc");
            assert!(pilot.state.filter.is_none(), "{answer}");
        }
    }
    let mut pilot = half_done();
    pilot.press("/ kind=attn enter x");
    pilot.news(1, whole());
    pilot.press("k esc");
    assert!(pilot.state.filter.is_none(), "another key shows that the question is out of mind");
}

/// Table and header say the same of a computation that has not come far.
#[test]
fn what_is_opened_and_what_is_computed_is_said_apart() {
    let mut pilot = Pilot::new(crate::ui::testing::empty());
    pilot.state.setting.request = Some(request());
    pilot.press("r");
    assert!(pilot.screen()[0].contains("opening… · x stops"), "{}", pilot.screen()[0]);
    pilot.news(1, opened(&run()));
    pilot.press("2");
    let says = |pilot: &Pilot, words: &str| pilot.screen().iter().any(|line| line.contains(words));
    assert!(says(&pilot, "view female is still being computed") && says(&pilot, "computing… · x stops"));
    found(&run(), MALE, 2).into_iter().for_each(|news| pilot.news(1, news));
    pilot.press("x y r y");
    assert!(says(&pilot, "opening… · x stops"), "{}", pilot.screen()[0]);
    assert!(says(&pilot, "nothing was computed of the view female; the inputs of the"), "{:#?}", pilot.screen());
}

#[test]
fn leaving_asks_once_while_something_is_computed() {
    for keys in ["q q", "q y", "ctrl-c ctrl-c", "ctrl-c y", "Q"] {
        let mut pilot = half_done();
        pilot.press(keys);
        assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]), "{keys}");
    }
    let mut pilot = half_done();
    pilot.press("q");
    let footer = pilot.screen().last().unwrap().clone();
    assert!(footer.contains("leave? the computation would be lost; y or q again leaves, n stays"), "{footer}");
    let mut pilot = Pilot::study();
    pilot.asked();
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
}

#[test]
fn escape_drops_one_thing_of_the_interface_after_another() {
    let mut pilot = half_done();
    pilot.press("h j l space / kind=attn enter");
    for (filter, marks, restricted) in [(false, 1, true), (false, 0, true), (false, 0, false)] {
        pilot.press("esc");
        let state = &pilot.state;
        assert_eq!((state.filter.is_some(), state.marked.len(), state.submodule.is_some()), (filter, marks, restricted));
    }
    pilot.press("esc");
    assert_eq!(pilot.notice(), "back: there is no filter, mark or restriction to drop; x stops the work; q leaves");
    assert!(pilot.asked().is_empty() && pilot.state.job.is_some());
}

#[test]
fn a_comparison_says_that_a_view_is_still_being_computed() {
    let mut pilot = half_done();
    pilot.press("4");
    let screen = pilot.screen().join("\n");
    assert!(screen.contains("view baseline is still being computed") && !screen.contains("nothing is known"), "{screen}");
}

/// A first job that has found the first two submodules.
fn first_half_done() -> Pilot {
    let mut pilot = Pilot::new(crate::ui::testing::empty());
    pilot.state.setting.request = Some(super::pilot::request());
    pilot.press("r");
    pilot.news(1, opened(&run()));
    found(&run(), MALE, 2).into_iter().for_each(|news| pilot.news(1, news));
    pilot.asked();
    pilot
}

#[test]
fn cancelling_a_first_computation_leaves_what_is_done_on_the_screen_and_says_that_it_is_not_kept() {
    for keys in ["x y", ": cancel enter y"] {
        let mut pilot = first_half_done();
        pilot.press(keys);
        assert!(matches!(pilot.asked().as_slice(), [Effect::Cancel(1)]));
        assert_eq!(pilot.notice(), "cancelled; on the screen, but not kept: partial, cancelled after 2 of 18 parts");
        for news in found(&run(), MALE, 6).into_iter().chain([whole(), JobNews::Ended(Err(problem()))]) {
            pilot.news(1, news);
            assert_eq!(pilot.features().len(), 6);
        }
        for size in [(70, 20), (120, 40), (180, 50)] {
            pilot.resize(size.0, size.1);
            let header = pilot.screen()[0].clone();
            assert!(header.contains("partial, cancelled after 2 of 18"), "{header}");
        }
        pilot.press("w");
        assert_eq!(pilot.notice(), "write-run: a run is written when all of it is computed");
        pilot.press("m");
        assert_eq!(
            pilot.notice(),
            "tag: the computation ended before the dictionaries were identified, on which tags hang; r computes again"
        );
    }
}

/// A first job that found two submodules and was cancelled.
fn partial() -> Pilot {
    let mut pilot = first_half_done();
    pilot.press("x");
    let footer = pilot.screen().last().unwrap().clone();
    assert!(footer.contains("y stops it, what is done stays on the screen but is not kept, n goes on"), "{footer}");
    pilot.press("y");
    pilot.asked();
    pilot
}

#[test]
fn a_partial_result_is_not_lost_without_a_question() {
    let mut pilot = partial();
    pilot.press("q");
    let footer = pilot.screen().last().unwrap().clone();
    let says = "leave? the result is partial, cancelled after 2 of 18 parts, is not kept and would be lost; y or q again leaves";
    assert!(footer.contains(says), "{footer}");
    pilot.press("n");
    assert!(pilot.asked().is_empty() && pilot.features().len() == 6);
    pilot.press("r");
    let asked = crate::app::question::notice(&pilot.state).unwrap().text;
    let says = "compute names with ig 10 steps in place of the partial result, which is not kept? y does, n does not";
    assert_eq!(asked, says);
    pilot.press("n");
    assert!(pilot.asked().is_empty() && pilot.state.job.is_none() && pilot.features().len() == 6);
    pilot.press("r y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(2, _)]));
    let mut pilot = partial();
    pilot.press("q y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
    for mut pilot in [partial(), first_half_done()] {
        pilot.press("R");
        pilot.tell(Message::RunsListed(Ok(vec![kept("other", true)])));
        pilot.press("enter");
        assert!(crate::app::question::notice(&pilot.state).unwrap().text.contains("open other"));
        pilot.press("y");
        assert!(pilot.asked().iter().any(|effect| matches!(effect, Effect::ReadKeptRun(_))), "it is asked once");
        assert!(pilot.state.overlay.is_none());
    }
}

#[test]
fn who_keeps_no_runs_and_who_has_no_part_is_not_asked() {
    let mut pilot = partial();
    pilot.state.setting.keeps_runs = false;
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
    let mut pilot = Pilot::new(crate::ui::testing::empty());
    pilot.state.setting.request = Some(request());
    pilot.press("r");
    pilot.news(1, opened(&run()));
    pilot.press("x y");
    pilot.asked();
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]), "no part has arrived");
}

#[test]
fn cancelling_before_anything_is_known_keeps_the_old_study() {
    let mut pilot = Pilot::computing();
    pilot.press("r x y");
    assert_eq!((pilot.notice(), pilot.features().len()), ("cancelled; nothing was computed yet", 18));
    pilot.news(1, opened(&run()));
    assert_eq!(pilot.features().len(), 18);
}

#[test]
fn a_failure_keeps_what_is_done_and_names_the_log() {
    let mut pilot = first_half_done();
    pilot.news(1, JobNews::Ended(Err(problem())));
    assert_eq!(pilot.notice(), "tags.json: the disk is full; free some space (log: saescope.log)");
    assert_eq!(pilot.state.standing.as_deref(), Some("partial, stopped by a failure after 2 of 18 parts"));
    assert_eq!(pilot.features().len(), 6);
}

#[test]
fn a_running_job_says_on_every_size_how_to_stop_it() {
    let mut pilot = half_done();
    let progress = Progress { stage: "resid_0, baseline".to_owned(), done: 7, total: 18_000 };
    for _ in 0..2 {
        pilot.news(1, JobNews::Step(Step::Progress(progress.clone())));
        pilot.press("j j");
        pilot.news(1, JobNews::Step(Step::Progress(Progress { done: 90, ..progress.clone() })));
        for width in [60, 70, 80, 120, 180] {
            pilot.resize(width, 20);
            let header = pilot.screen()[0].clone();
            assert!(header.trim_end().ends_with("x stops · tags saved"), "{width}: {header}");
        }
    }
}

#[test]
fn published_figures_are_not_computed_here() {
    let mut pilot = Pilot::computing();
    pilot.asked();
    for key in ["r", "P", "w"] {
        pilot.press("p").press(key);
        assert!(pilot.asked().is_empty() && pilot.state.overlay.is_none(), "{key}");
        assert!(pilot.notice().contains("published figures are"), "{}", pilot.notice());
        pilot.press("p");
    }
}

#[test]
fn another_number_of_points_is_asked_for_and_computed() {
    let mut pilot = Pilot::computing();
    pilot.asked();
    pilot.press(": steps enter ctrl-u 0 enter");
    assert!(pilot.hint().unwrap_err().starts_with("not taken: '0' is not a number of steps"));
    pilot.press("ctrl-u 25 enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(1, asked)] if asked.settings.steps == 25));
    pilot.press(": steps enter ctrl-u 5 space m");
    assert!(pilot.hint().unwrap_err().starts_with("'m' is no rule; use riemann, midpoint, gauss"));
    pilot.press("tab");
    assert!(pilot.hint().unwrap().starts_with("Enter computes again with 5 midpoint steps"));
    // Something is being computed, so it is asked whether that may end.
    pilot.press("enter y");
    let chosen = |pilot: &mut Pilot| match pilot.asked().as_slice() {
        [.., Effect::Start(_, asked)] => asked.settings.quadrature(),
        _ => None,
    };
    assert_eq!(chosen(&mut pilot), Some(Quadrature { rule: Rule::Midpoint, steps: 5 }));
    // The rule stays where only the number changes.
    pilot.press(": steps enter ctrl-u 3 enter y");
    assert_eq!(chosen(&mut pilot), Some(Quadrature { rule: Rule::Midpoint, steps: 3 }));
    pilot.press(": steps enter ctrl-u 1001 space gauss enter");
    assert!(pilot.hint().unwrap_err().ends_with("use a whole number from 1 to 1000"));
}
