//! Starts and ends downloads, says which models can be downloaded, and computes with a model that has arrived.

use super::command_id::CommandId;
use super::message::{DownloadNews, Effect};
use super::notice::Notice;
use super::state::State;
use super::state::download::{Download, Offer};
use crate::core::request::{ModelSource, Request};
use crate::core::text::bytes;

/// The offer called `name`.
///
/// # Errors
/// If there is no such offer; the message lists the names that are offered.
pub fn offered<'a>(state: &'a State, name: &str) -> Result<&'a Offer, String> {
    let offers = &state.setting.offers;
    offers.iter().find(|offer| offer.name == name).ok_or_else(|| {
        let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        format!("'{name}' cannot be downloaded; use {}", names.join(" or "))
    })
}

/// Why nothing can be computed with the model `name`, and how to download it.
pub fn absent(state: &State, name: &str) -> String {
    if state.download.as_ref().is_some_and(|download| download.name == name) {
        return format!("{name} is still being downloaded");
    }
    let about = offered(state, name).ok().and_then(|offer| offer.about_bytes);
    let about = about.map_or_else(String::new, |about| format!(" (about {})", bytes(about)));
    format!("{name} is not on this machine; fetch{} downloads it{about}", key(state))
}

fn key(state: &State) -> String {
    state.setting.keymap.key(CommandId::FETCH).map_or_else(String::new, |key| format!(", key {},", key.spoken()))
}

/// Starts to download the model called `name`.
pub fn start(state: &mut State, name: String) -> Vec<Effect> {
    state.downloads += 1;
    state.download = Some(Download::new(state.downloads, name.clone()));
    vec![Effect::Download(state.downloads, name)]
}

/// Cancels the running download, if there is one.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(download) = state.download.take() else { return Vec::new() };
    state.notice = Some(Notice::done(format!("the download of {} was cancelled; what has arrived is kept", download.name)));
    vec![Effect::CancelDownload(download.number)]
}

/// Handles news of the download of that number; news of a cancelled download is dropped. Returns the request to compute now, if
/// the download was waited for.
pub fn news(state: &mut State, number: u64, news: DownloadNews) -> Option<Request> {
    let now = state.now;
    let download = state.download.as_mut().filter(|download| download.number == number)?;
    match news {
        DownloadNews::Progress(progress) => {
            download.advance(progress, now);
            None
        }
        DownloadNews::Ended(Err(problem)) => {
            state.download = None;
            state.notice = Some(Notice::failed(&problem));
            None
        }
        DownloadNews::Ended(Ok(source)) => {
            let name = std::mem::take(&mut download.name);
            state.download = None;
            state.setting.offers.retain(|offer| offer.name != name);
            arrived(state, &name, source)
        }
    }
}

/// A model that was waited for is computed at once. It replaces the demo in the next computation. Any other model was chosen by
/// the user and stays.
fn arrived(state: &mut State, name: &str, source: ModelSource) -> Option<Request> {
    let mut says = format!("{name} is on this machine; start saescope with --model {name} to explore it");
    let mut now = None;
    // A computation that is stopped does not bring the demo back either.
    let before = state.job.as_mut().and_then(|job| job.before.as_mut());
    if let Some(before) = before.filter(|before| before.model == ModelSource::Demo) {
        before.model = source.clone();
    }
    if let Some(request) = &mut state.setting.request {
        let was_waited_for = request.model == ModelSource::Preset(name.to_owned());
        if was_waited_for || request.model == ModelSource::Demo {
            request.model = source;
            let compute = state.setting.keymap.key(CommandId::COMPUTE);
            let compute = compute.map_or_else(|| "the command".to_owned(), |key| format!("key {}", key.spoken()));
            says = format!("{name} is on this machine; compute ({compute}) computes the study with it");
        }
        if was_waited_for && !state.show_published && state.job.is_none() {
            says = format!("{name} is on this machine and is being opened");
            now = Some(request.clone());
        }
    }
    state.notice = Some(Notice::done(says));
    now
}
