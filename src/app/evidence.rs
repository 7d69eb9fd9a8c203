//! Asks other threads what the listed features respond to and what their decoder rows say, and takes the answers.

use std::sync::Arc;

use super::chance::in_view;
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::evidence::{EvidenceNews, EvidenceQuestion, Open, SHUFFLES, Wanted};
use super::{table, targets};
use crate::core::corpus::responses::Responses;
use crate::core::findings::{Findings, Source};
use crate::core::lens::Lenses;
use crate::core::request::DEMO_NAME;
use crate::core::rows::Row;
use crate::core::submodule::FeatureId;
use crate::core::tags::Subject;
use crate::core::text::{counted, excerpt, printable};
use crate::core::view::View;

/// Most features of one question; of a longer list, the first ones.
pub const MOST: usize = 500;

/// Ok if something can be asked about the listed features, else the reason.
pub fn can_ask(state: &State) -> Result<(), String> {
    whole(state)?;
    if state.table.is_empty() { targets::some(state) } else { Ok(()) }
}

/// Whether the run on the screen was computed with the demo model.
pub fn is_demo(state: &State) -> bool {
    state.findings().is_some_and(|findings| findings.model == DEMO_NAME)
}

/// Asks about the listed features, in place of a question that is still open: its answer goes on from what was kept when it is asked again.
pub fn ask(state: &mut State, wanted: Wanted) -> Vec<Effect> {
    let Ok((findings, subject)) = whole(state) else { return Vec::new() };
    let listing = &state.table.listing;
    let with_copies = |row: &Row| {
        let copies = listing.folded.get(&row.feature).into_iter().flatten();
        std::iter::once(row.feature).chain(copies.copied()).collect::<Vec<_>>()
    };
    let all = listing.rows.len() + listing.folded();
    let features: Vec<FeatureId> = listing.rows.iter().flat_map(with_copies).take(MOST).collect();
    let about = match &wanted {
        Wanted::Corpus(None) => "the demo's corpus".to_owned(),
        Wanted::Corpus(Some(path)) => printable(path.rsplit('/').next().unwrap_or(path)),
        Wanted::Lens(_) => "logit lens".to_owned(),
        Wanted::Families(_) => "families".to_owned(),
        Wanted::Shuffled(_) => "shuffled partners".to_owned(),
    };
    if all > MOST && !matches!(wanted, Wanted::Shuffled(_)) {
        state.notice = Some(Notice::done(format!("{about}: the first {MOST} of {all} listed features")));
    }
    // A part of an answer is shown as the share of the question that is open; a whole one stays until this one says something.
    state.evidence.responses.take_if(|(_, responses)| matches!(wanted, Wanted::Corpus(_)) && !responses.is_whole());
    state.evidence.questions += 1;
    let number = state.evidence.questions;
    state.evidence.open = Some(Open { number, wanted: wanted.clone(), about, subject });
    vec![Effect::Ask(Box::new(EvidenceQuestion { number, findings, features, wanted }))]
}

/// Stops the open question. What a corpus has answered so far stays on the card.
pub fn stop(state: &mut State) -> Vec<Effect> {
    let Some(open) = state.evidence.open.take() else { return Vec::new() };
    let text = format!("{}: stopped; a corpus and shuffles go on from here when they are asked again", open.about);
    state.notice = Some(Notice::done(text));
    vec![Effect::StopAsking(open.number)]
}

/// Handles news of the question of that number; news of another one is dropped.
pub fn news(state: &mut State, number: u64, news: EvidenceNews) -> Vec<Effect> {
    let Some(open) = state.evidence.open.as_ref().filter(|open| open.number == number) else { return Vec::new() };
    match news {
        // Where nothing was read yet, a former answer stays: this one may fail before it says anything.
        EvidenceNews::Responses(responses) if responses.tokens == 0 && state.evidence.responses.is_some() => {}
        EvidenceNews::Responses(responses) => state.evidence.responses = Some((open.subject.clone(), responses)),
        EvidenceNews::Lenses(view, lenses) => state.evidence.lenses = Some((open.subject.clone(), view, lenses)),
        EvidenceNews::Families(view, families) => {
            let subject = open.subject.clone();
            let looked_at = counted(families.looked_at(), "feature");
            let gap = families.gap();
            let nothing = families.looked_at() == 0;
            state.evidence.families = Some((subject, view, families));
            let effects = table::refresh(state);
            let name = state.about().name(view).to_string();
            state.notice = Some(match gap {
                Some(gap) if nothing => Notice::refused(format!("families: none can be found, {gap}")),
                gap => {
                    let gap = gap.map_or_else(String::new, |gap| format!("; {gap}"));
                    Notice::done(format!("families: {looked_at} looked at, by the activations of the {name} view{gap}"))
                }
            });
            return effects;
        }
        EvidenceNews::Shuffled(findings, view, shuffled) => state.evidence.shuffled = Some((findings, view, shuffled)),
        EvidenceNews::Ended(outcome) => {
            let (about, is_on_card) = (open.about.clone(), !matches!(open.wanted, Wanted::Shuffled(_)));
            state.evidence.open = None;
            match outcome {
                Ok(()) if !is_on_card || state.evidence.folds || state.notice.is_some() => {}
                Ok(()) => {
                    state.card_scroll = 0;
                    state.notice = Some(Notice::done(format!("{about}: in the card, below its first prompts")));
                }
                Err(problem) => {
                    state.evidence.responses.take_if(|(_, responses)| responses.tokens == 0);
                    state.notice = Some(Notice::failed(&problem));
                }
            }
        }
    }
    Vec::new()
}

/// Folds families of the listed features, or unfolds them.
pub fn fold(state: &mut State) -> Vec<Effect> {
    state.evidence.folds = !state.evidence.folds;
    // The question is about all rows, so it comes before they are folded.
    let view = state.shown().first();
    let mut effects = if state.evidence.folds { ask(state, Wanted::Families(view)) } else { Vec::new() };
    effects.extend(table::refresh(state));
    effects
}

/// Words for the header about folded rows; None if nothing is to be folded.
pub fn folded(state: &State) -> Option<String> {
    if !state.evidence.folds {
        return None;
    }
    let subject = state.findings()?.subject.as_ref()?;
    let families = state.evidence.families_of(subject).map(|(_, families)| families).filter(|families| families.looked_at() > 0);
    Some(families.map_or_else(|| "families not known".to_owned(), |_| format!("{} folded", state.table.listing.folded())))
}

/// Words for the header about how many features shuffled partners would list; None unless they are known of the list on the screen.
pub fn shuffled(state: &State) -> Option<String> {
    let (of, view, shuffled) = state.evidence.shuffled.as_ref()?;
    let findings = state.findings().filter(|findings| Arc::ptr_eq(findings, of) && state.shown().first() == *view)?;
    let count = shuffled.shuffles.len();
    let so_far = if count < SHUFFLES { format!(" ({count} of {SHUFFLES} shuffles)") } else { String::new() };
    Some(match shuffled.of_list(findings, *view, state.selection) {
        Ok(of_list) => format!("shuffled{} {:.1} of {}{so_far}", in_view(state), of_list.expected()?, of_list.selected),
        Err(why) => format!("shuffled{}: not known, {why}", in_view(state)),
    })
}

/// Words for the header about the open question; None without one.
pub fn said(state: &State) -> Option<String> {
    let open = state.evidence.open.as_ref()?;
    let about = excerpt(&open.about, 30);
    let share = responses(state).filter(|found| !found.is_whole()).map(Responses::percent_read);
    Some(share.map_or_else(|| format!("{about}…"), |share| format!("{about} {share:.0} %")))
}

/// What a corpus has answered about the model and dictionaries on the screen, as far as it is known.
pub fn responses(state: &State) -> Option<&Responses> {
    let subject = state.findings()?.subject.as_ref()?;
    state.evidence.responses.as_ref().filter(|(of, _)| of == subject).map(|(_, responses)| responses.as_ref())
}

/// What decoder rows say about the model and dictionaries on the screen, with the name of the view whose prompts were used.
pub fn lenses(state: &State) -> Option<(View, &Lenses)> {
    let subject = state.findings()?.subject.as_ref()?;
    state.evidence.lenses.as_ref().filter(|(of, ..)| of == subject).map(|(_, view, lenses)| (*view, lenses.as_ref()))
}

/// The whole run on the screen with its subject, or the reason why there is none.
fn whole(state: &State) -> Result<(Arc<Findings>, Subject), String> {
    let findings = state.findings().ok_or("nothing is computed yet")?;
    match (&findings.source, &findings.subject) {
        (Source::Run { .. }, Some(subject)) => Ok((Arc::clone(findings), subject.clone())),
        (Source::Published { .. }, _) => Err("published figures have no model here".to_owned()),
        _ => Err("it is asked when the run is whole".to_owned()),
    }
}
