//! Tests of causal checks on the screen: asked for, shown while they run, kept, stopped only when that is asked for.

mod ablation;
mod drawings;
mod keeping;
mod running;

use std::sync::Arc;

use crate::app::message::{Effect, Message};
use crate::app::state::record::Keeping;
use crate::core::causal::check::{Done, News, Request};
use crate::core::progress::Progress;
use crate::ui::screens::check_results::{elsewhere, found};
use crate::ui::screens::pilot::Pilot;

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

fn whole(request: &Request) -> Done {
    let found = found(&request.check);
    Done { elsewhere: elsewhere(&found), found, check: request.check.clone(), whole: true }
}
