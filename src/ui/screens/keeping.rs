//! Tests of what outlives a session: kept runs, their list, and how a study was looked at last.

use std::path::PathBuf;
use std::sync::Arc;

use super::pilot::{Pilot, found, opened, problem, request};
use crate::app::message::{Effect, JobNews, Message};
use crate::app::notice::Notice;
use crate::app::state::overlay::Overlay;
use crate::app::state::tab::Tab;
use crate::app::state::{Resumed, State};
use crate::app::{question, session};
use crate::core::findings::Findings;
use crate::core::kept_run::{About, KeptRun};
use crate::core::selection::Selection;
use crate::core::session::{Looked, Session};
use crate::core::study::testing::{FEMALE, MALE};
use crate::core::tags::Subject;
use crate::ui::testing::run;

fn whole() -> Arc<Findings> {
    let subject = Subject { model: "pythia-70m-deduped".to_owned(), dictionaries: "0123456789abcdef".to_owned() };
    Arc::new(Findings::from_run(run(), None, subject))
}

/// An explorer that has just computed a run and asked for it to be kept.
fn computed() -> (Pilot, Arc<Findings>) {
    let mut pilot = Pilot::computing();
    pilot.press("r");
    pilot.news(1, opened(&run()));
    pilot.asked();
    pilot.news(1, JobNews::Ended(Ok(whole())));
    let asked = pilot.asked().into_iter().find_map(|effect| match effect {
        Effect::KeepRun(findings) => Some(findings),
        _ => None,
    });
    (pilot, asked.unwrap())
}

fn header(pilot: &Pilot) -> String {
    pilot.screen()[0].clone()
}

#[test]
fn a_whole_computation_is_kept_and_the_header_says_what_is_true() {
    let (mut pilot, findings) = computed();
    assert!(header(&pilot).contains(" · being kept"), "{}", header(&pilot));
    pilot.tell(Message::RunKept(Arc::clone(&findings), Ok(())));
    assert!(header(&pilot).contains(" · kept"), "{}", header(&pilot));
    // A computation that is stopped brings the run back with what was known of it.
    pilot.press("r");
    pilot.news(2, opened(&run()));
    found(&run(), MALE, 2).into_iter().for_each(|news| pilot.news(2, news));
    pilot.press("x y");
    assert!(header(&pilot).contains(" · kept"), "{}", header(&pilot));
    pilot.tell(Message::RunWritten(Arc::clone(&findings), "mine".to_owned()));
    assert!(header(&pilot).contains(" · written to mine"), "{}", header(&pilot));
    // A path that has no room leaves the word.
    pilot.tell(Message::RunWritten(findings, "folder/".repeat(30)));
    assert!(header(&pilot).contains(" · written ") && !header(&pilot).contains("folder"), "{}", header(&pilot));
    pilot.asked();
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
}

#[test]
fn a_run_that_could_not_be_kept_is_not_left_without_a_question() {
    let (mut pilot, findings) = computed();
    pilot.tell(Message::RunKept(findings, Err(problem())));
    assert_eq!(pilot.notice(), "tags.json: the disk is full; free some space");
    assert!(header(&pilot).contains(" · not kept"), "{}", header(&pilot));
    pilot.press("q");
    assert!(pilot.asked().is_empty());
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
}

#[test]
fn whoever_keeps_no_runs_is_not_asked_about_them() {
    let mut pilot = Pilot::computing();
    pilot.state.setting.keeps_runs = false;
    pilot.press("r");
    pilot.asked();
    pilot.news(1, JobNews::Ended(Ok(whole())));
    assert!(pilot.asked().is_empty() && header(&pilot).contains(" · not kept"), "{}", header(&pilot));
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
}

pub fn kept(name: &str, is_whole: bool) -> KeptRun {
    let about = About {
        study: "names".to_owned(),
        model: "saescope-demo".to_owned(),
        method: "ig 10 steps".to_owned(),
        pairs: "50 + 50".to_owned(),
    };
    let (path, when) = (PathBuf::from(format!("/runs/{name}.safetensors")), "2026-11-26 04:12".to_owned());
    KeptRun { name: name.to_owned(), path, when, bytes: 2_100_000, about: if is_whole { Ok(about) } else { Err(problem()) } }
}

#[test]
fn opening_the_run_on_the_screen_again_says_so() {
    let (mut pilot, findings) = computed();
    pilot.tell(Message::RunKept(findings, Ok(())));
    let mut again = run();
    again.manifest.created_unix_seconds += 1000;
    let subject = whole().subject.clone().unwrap();
    pilot.tell(Message::RunRead(Ok(Arc::new(Findings::from_run(again.clone(), None, subject.clone())))));
    assert_eq!(pilot.notice(), "this run is on the screen already");
    assert!(header(&pilot).contains(" · kept") && !pilot.state.record.opened, "{}", header(&pilot));
    pilot.press("p");
    pilot.tell(Message::RunRead(Ok(whole())));
    assert_eq!(pilot.notice(), "this run is opened already; p goes back from the published figures to it");
    again.manifest.seed += 1;
    pilot.tell(Message::RunRead(Ok(Arc::new(Findings::from_run(again, None, subject)))));
    assert_eq!(pilot.notice(), "the run was opened; p goes back from the published figures to it");
}

#[test]
fn kept_runs_are_listed_and_opened_or_it_is_said_why_not() {
    let mut pilot = Pilot::computing();
    pilot.asked();
    pilot.press("R");
    assert!(matches!(pilot.asked().as_slice(), [Effect::ListRuns]));
    assert!(pilot.screen().join("\n").contains("looking…"));
    pilot.press("enter");
    pilot.tell(Message::RunsListed(Ok(vec![kept("damaged", false), kept("final", true)])));
    for width in [70, 120, 180] {
        pilot.resize(width, 30);
        let screen = pilot.screen().join("\n");
        assert!(screen.contains("> 2026-11-26 04:12") && screen.contains("damaged: the disk is full"), "{screen}");
        assert!(screen.contains("2026-11-26 04:12 final   names      saescope-demo"), "{screen}");
    }
    pilot.press("enter");
    assert_eq!(pilot.notice(), "tags.json: the disk is full; free some space");
    pilot.press("j enter");
    let path = PathBuf::from("/runs/final.safetensors");
    assert!(matches!(pilot.asked().as_slice(), [Effect::ReadKeptRun(asked)] if *asked == path));
    assert!(pilot.state.overlay.is_none());
    let mut pilot = Pilot::computing();
    pilot.press("r R");
    pilot.asked();
    pilot.tell(Message::RunsListed(Ok(vec![kept("final", true)])));
    pilot.press("d");
    assert_eq!(pilot.notice(), "d does nothing here; `saescope runs` names and deletes runs");
    pilot.press("enter");
    assert_eq!(asked(&pilot), "stop the computation and open final? y does, n lets it go on");
    pilot.press("n");
    assert!(pilot.state.job.is_some() && pilot.asked().is_empty());
    pilot.press("R");
    pilot.tell(Message::RunsListed(Ok(vec![kept("final", true)])));
    pilot.asked();
    pilot.press("enter y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Cancel(1), Effect::ReadKeptRun(asked)] if *asked == path));
    assert!(pilot.state.job.is_none());
    pilot.press("R");
    pilot.tell(Message::RunsListed(Err(problem())));
    assert!(pilot.state.overlay.is_none());
}

#[test]
fn an_earlier_run_is_offered_at_the_start() {
    let mut pilot = Pilot::new(crate::ui::testing::empty());
    pilot.state.setting.request = Some(request());
    pilot.tell(Message::LastRun(Box::new(kept("final", true))));
    let says =
        "R lists the kept runs and opens them; the last is names, saescope-demo, ig 10 steps, 2026-11-26 04:12 UTC; ? help";
    assert_eq!(pilot.notice(), says);
}

/// The open question.
fn asked(pilot: &Pilot) -> String {
    assert!(matches!(pilot.state.overlay, Some(Overlay::Question(_))));
    question::notice(&pilot.state).unwrap().text
}

/// The study whose session was asked for.
fn looked(pilot: &mut Pilot) -> Looked {
    let effects = session::ask(&mut pilot.state);
    pilot.effects(effects);
    match &pilot.state.resumed {
        Resumed::Asked(looked) => looked.clone(),
        other => panic!("{other:?}"),
    }
}

fn resume(pilot: &mut Pilot, session: &Session) {
    let looked = looked(pilot);
    pilot.tell(Message::SessionRead(looked, Some(Box::new(session.clone()))));
}

/// The small study as it was left.
fn left() -> (Session, State) {
    let mut pilot = Pilot::study();
    let looked = looked(&mut pilot);
    pilot.tell(Message::SessionRead(looked, None));
    pilot.press("4 v : top-k enter ctrl-u 7 enter / kind=attn enter \\ s e j h j l space");
    let (looked, session) = session::of(&pilot.state).unwrap();
    assert_eq!(
        (looked.study.as_str(), looked.subject.model.as_str()),
        ("names of pairs.json, baseline.json", "pythia-70m-deduped")
    );
    (session, pilot.state)
}

#[test]
fn the_study_is_looked_at_as_it_was_left() {
    let (session, before) = left();
    let mut pilot = Pilot::study();
    assert!(session::of(&pilot.state).is_none(), "nothing is stored before it is known what was");
    resume(&mut pilot, &session);
    let now = &pilot.state;
    assert_eq!((now.tab, now.pair, now.selection, now.sort), (before.tab, before.pair, before.selection, before.sort));
    assert_eq!((now.keep_others, now.pane, now.submodule), (before.keep_others, before.pane, before.submodule));
    assert_eq!((now.feature(), &now.marked, &now.filter), (before.feature(), &before.marked, &before.filter));
    assert_eq!(session::of(now).unwrap().1, session);
}

/// The small study with another model.
fn of_another_model() -> Arc<Findings> {
    let mut run = run();
    run.manifest.model.name = "another".to_owned();
    let subject = Subject { model: "another".to_owned(), dictionaries: "fedcba9876543210".to_owned() };
    Arc::new(Findings::from_run(run, None, subject))
}

#[test]
fn each_study_is_looked_at_in_its_own_way() {
    let (session, _) = left();
    let mut pilot = Pilot::study();
    resume(&mut pilot, &session);
    let first = looked_at(&pilot);
    pilot.tell(Message::RunRead(Ok(of_another_model())));
    let state = &pilot.state;
    assert!(state.marked.is_empty() && state.submodule.is_none(), "features of another model are other features");
    assert!(session::of(state).is_none(), "nothing is stored of it before it is known what was");
    let asked = pilot.asked();
    assert!(asked.iter().any(|effect| matches!(effect, Effect::OpenSession(looked) if *looked != first)), "{asked:?}");
    // An answer about the study before it comes too late.
    pilot.tell(Message::SessionRead(first, Some(Box::new(session.clone()))));
    assert!(pilot.state.marked.is_empty());
    pilot.press("1");
    let other = Session { filter: Some("kind=mlp".to_owned()), ..session };
    resume(&mut pilot, &other);
    assert_eq!(session::of(&pilot.state).unwrap().1.filter, other.filter);
}

fn looked_at(pilot: &Pilot) -> Looked {
    session::of(&pilot.state).unwrap().0
}

#[test]
fn what_the_user_has_done_or_asked_for_comes_before_the_last_session() {
    let (session, before) = left();
    let mut pilot = Pilot::study();
    pilot.press("2");
    resume(&mut pilot, &session);
    assert_eq!((pilot.state.tab, &pilot.state.filter), (Tab::Single(FEMALE), &before.filter), "the rest comes back");
    let mut pilot = Pilot::study();
    pilot.state.setting.selection_chosen = true;
    resume(&mut pilot, &session);
    assert_eq!((pilot.state.tab, pilot.state.selection), (Tab::Difference, Selection::Threshold(0.0)));
}

/// The notice of a faulty configuration was seen by nobody before the run arrived.
#[test]
fn a_run_that_arrives_takes_no_other_notice_away_than_that_it_is_opened() {
    let mut pilot = Pilot::study();
    for (notice, stays) in [("config.toml: the key 'x' is unknown", true), ("opening kept-3", false)] {
        pilot.state.notice = Some(Notice::done(notice));
        pilot.tell(Message::RunRead(Ok(of_another_model())));
        assert_eq!(pilot.notice(), if stays { notice } else { "" });
        pilot.tell(Message::RunRead(Ok(whole())));
    }
}
