//! Tests of a model that is not on this machine: offered, downloaded, cancelled, computed.

use std::path::PathBuf;

use super::pilot::{Pilot, problem, request};
use crate::app::message::{DownloadNews, Effect, Message};
use crate::app::state::download::Offer;
use crate::core::progress::Progress;
use crate::core::release::Release;
use crate::core::request::{ModelSource, Request};
use crate::ui::testing::empty;

const NAME: &str = "pythia-70m";

fn offer(name: &str) -> Offer {
    Offer { name: name.to_owned(), files: 39, missing: 20, about_bytes: Some(2_586_000_000) }
}

fn source() -> ModelSource {
    ModelSource::Folder {
        model: PathBuf::from("/cache/model"),
        dictionaries: vec![PathBuf::from("/cache/att")],
        name: None,
        release: Release::default(),
    }
}

/// An explorer that was started with a model that is not on this machine.
fn waiting() -> Pilot {
    let mut pilot = Pilot::new(empty());
    pilot.state.setting.offers = vec![offer("other"), offer(NAME)];
    pilot.state.setting.request = Some(Request { model: ModelSource::Preset(NAME.to_owned()), ..request() });
    pilot
}

/// The explorer of [`waiting`] with the download running.
fn downloading() -> Pilot {
    let mut pilot = waiting();
    pilot.press("D enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Download(1, name)] if name == NAME));
    pilot
}

impl Pilot {
    fn download(&mut self, number: u64, news: DownloadNews) {
        let now = self.now();
        self.tell(Message::Download(number, news, now));
    }

    fn progress(&mut self, done: u64) {
        let progress = Progress { stage: "downloading".to_owned(), done, total: 2_000_000_000 };
        self.download(1, DownloadNews::Progress(progress));
    }

    fn footer(&self) -> String {
        self.screen().last().cloned().unwrap_or_default()
    }
}

#[test]
fn a_model_that_is_not_there_is_offered_and_nothing_is_computed() {
    let mut pilot = waiting();
    for width in [70, 120, 180] {
        pilot.resize(width, 40);
        let header = pilot.screen()[0].clone();
        assert!(header.contains("pythia-70m is not on this machine; fetch, key D,"), "{header}");
    }
    for key in ["r", "P"] {
        pilot.press(key);
        assert!(pilot.asked().is_empty() && pilot.state.overlay.is_none());
        assert!(pilot.notice().ends_with(": pythia-70m is not on this machine; fetch, key D, downloads it (about 2.59 GB)"));
    }
    pilot.press("D");
    assert_eq!(pilot.hint().as_deref(), Ok("20 of 39 files, about 2.59 GB in all; Enter downloads in the background"));
    pilot.press("end x enter");
    assert_eq!(pilot.hint(), Err("not taken: 'pythia-70mx' cannot be downloaded; use other or pythia-70m".to_owned()));
    pilot.press("esc");
    assert!(pilot.asked().is_empty() && pilot.state.download.is_none());
}

#[test]
fn the_footer_says_how_far_it_is_and_how_to_stop_it() {
    let mut pilot = downloading();
    assert!(pilot.footer().starts_with(" pythia-70m: asking the hub · x stops"), "{}", pilot.footer());
    pilot.progress(500_000_000);
    pilot.press("j j");
    pilot.state.notice = None;
    pilot.progress(600_000_000);
    pilot.resize(180, 50);
    let says = " pythia-70m: downloading 30 % · 600.0 MB of 2.00 GB · 50.0 MB/s · 28 s left · x stops ";
    assert!(pilot.footer().starts_with(says), "{}", pilot.footer());
    assert!(pilot.footer().contains("? help"), "the keys follow: {}", pilot.footer());
    for (width, says) in [(60, " pythia-70m: downloading 30 % · 28 s left · x stops"), (70, " pythia-70m: downloading 30 %")] {
        pilot.resize(width, 20);
        assert!(pilot.footer().starts_with(says) && pilot.footer().contains("x stops"), "{}", pilot.footer());
    }
    let stage = "trying again in 4 s: the hub answers 503: it is in trouble".to_owned();
    pilot.download(1, DownloadNews::Progress(Progress { stage, done: 0, total: 0 }));
    for (width, says) in [
        (120, " pythia-70m: trying again in 4 s: the hub answers 503: it is in trouble · x stops"),
        (60, " pythia-70m · x stops"),
    ] {
        pilot.resize(width, 20);
        assert!(pilot.footer().starts_with(says), "{}", pilot.footer());
    }
    // The speed of hashing says nothing about the speed of the download.
    pilot.download(1, DownloadNews::Progress(Progress { stage: "checking".to_owned(), done: 0, total: 10 }));
    assert!(!pilot.footer().contains("/s"), "{}", pilot.footer());
}

#[test]
fn what_was_waited_for_is_computed_at_once() {
    let mut pilot = downloading();
    pilot.download(1, DownloadNews::Ended(Ok(source())));
    let expected = Request { model: source(), ..request() };
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(1, asked)] if **asked == expected));
    assert!(pilot.state.download.is_none());
    assert_eq!(pilot.notice(), "pythia-70m is on this machine and is being opened");
    pilot.press(": fetch enter");
    // A model that nobody has asked for is not filled in.
    pilot.type_text("other");
    assert_eq!(pilot.hint().as_deref(), Ok("20 of 39 files, about 2.59 GB in all; Enter downloads in the background"));
    assert_eq!(pilot.state.setting.offers, [offer("other")], "what is here is offered no more");
}

#[test]
fn the_demo_stays_until_something_else_is_asked_for() {
    let mut pilot = Pilot::computing();
    pilot.state.setting.offers = vec![offer(NAME)];
    pilot.press("D enter");
    pilot.asked();
    pilot.download(1, DownloadNews::Ended(Ok(source())));
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "pythia-70m is on this machine; compute (key r) computes the study with it");
    pilot.press("r");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(1, asked)] if asked.model == source()));
    pilot.press("D");
    assert_eq!(pilot.notice(), "fetch: every model that is known by name is on this machine");
}

#[test]
fn a_model_that_arrives_during_a_computation_is_computed_next_even_if_that_is_stopped() {
    let mut pilot = Pilot::computing();
    pilot.state.setting.offers = vec![offer(NAME)];
    pilot.press("r D enter");
    pilot.download(1, DownloadNews::Ended(Ok(source())));
    pilot.press("x y");
    pilot.asked();
    pilot.press("r");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Start(2, asked)] if asked.model == source()));
}

#[test]
fn a_large_model_is_downloaded_only_by_its_name() {
    let mut pilot = Pilot::computing();
    pilot.state.setting.offers = vec![offer("gemma-2-2b"), offer(NAME)];
    pilot.press("D");
    assert!(pilot.footer().contains("download: pythia-70m"), "{}", pilot.footer());
    pilot.press("esc");
    // The study's model is here already.
    pilot.state.setting.offers = vec![offer("gemma-2-2b"), offer("llama-3.1-8b")];
    pilot.press("D enter");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.hint(), Err("not taken: '' cannot be downloaded; use gemma-2-2b or llama-3.1-8b".to_owned()));
    pilot.type_text("gemma-2-2b");
    pilot.press("enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Download(1, name)] if name == "gemma-2-2b"));
}

#[test]
fn a_model_that_the_user_chose_stays_chosen() {
    let mut pilot = Pilot::computing();
    let own =
        ModelSource::Folder { model: PathBuf::from("mine"), dictionaries: Vec::new(), name: None, release: Release::default() };
    pilot.state.setting.request = Some(Request { model: own.clone(), ..request() });
    pilot.state.setting.offers = vec![offer(NAME)];
    pilot.press("D enter");
    pilot.download(1, DownloadNews::Ended(Ok(source())));
    assert_eq!(pilot.notice(), "pythia-70m is on this machine; start saescope with --model pythia-70m to explore it");
    assert_eq!(pilot.state.setting.request.as_ref().unwrap().model, own);
}

#[test]
fn cancelling_and_failing_leave_the_offer() {
    for keys in ["x y", ": cancel-fetch enter y"] {
        let mut pilot = downloading();
        pilot.progress(1_000);
        pilot.press("D");
        assert_eq!(pilot.notice(), "fetch: pythia-70m is being downloaded; cancel-fetch stops that");
        pilot.press(keys);
        assert!(matches!(pilot.asked().as_slice(), [Effect::CancelDownload(1)]));
        assert_eq!(pilot.notice(), "the download of pythia-70m was cancelled; what has arrived is kept");
        // News that the threads still send comes too late.
        pilot.progress(2_000);
        pilot.download(1, DownloadNews::Ended(Err(problem())));
        pilot.download(1, DownloadNews::Ended(Ok(source())));
        assert!(pilot.state.download.is_none() && pilot.asked().is_empty());
        assert_eq!(pilot.notice(), "the download of pythia-70m was cancelled; what has arrived is kept");
        pilot.press("D enter");
        assert!(matches!(pilot.asked().as_slice(), [Effect::Download(2, name)] if name == NAME));
        pilot.download(2, DownloadNews::Ended(Err(problem())));
        assert_eq!(pilot.notice(), "tags.json: the disk is full; free some space");
        assert!(pilot.state.download.is_none() && pilot.state.setting.offers.len() == 2);
    }
}

#[test]
fn a_computation_is_cancelled_before_a_download() {
    let mut pilot = Pilot::computing();
    pilot.state.setting.offers = vec![offer(NAME)];
    pilot.press("r D enter");
    pilot.asked();
    pilot.press("x y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Cancel(1)]));
    pilot.press("x y");
    assert!(matches!(pilot.asked().as_slice(), [Effect::CancelDownload(1)]));
    pilot.press("x");
    assert!(pilot.asked().is_empty());
}

#[test]
fn whoever_starts_with_the_demo_is_told_what_to_press_and_nobody_is_told_to_download() {
    let mut pilot = waiting();
    crate::app::welcome::greet(&mut pilot.state);
    assert_eq!(pilot.state.notice, None, "this model was asked for");
    pilot.state.setting.request = Some(request());
    crate::app::welcome::greet(&mut pilot.state);
    for (width, height) in [(60, 16), (120, 40)] {
        pilot.resize(width, height);
        let screen = pilot.screen().join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["This is the demo", "j k walk, Enter opens the card, m tags, ? help explains the screen"] {
            assert!(screen.contains(part), "{screen}");
        }
        assert!(!pilot.notice().contains("download"));
    }
    pilot.press("D");
    assert!(pilot.footer().contains("download"), "{}", pilot.footer());
}
