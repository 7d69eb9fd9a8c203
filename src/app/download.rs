//! The running download: which models can be had, how far it is, and what becomes possible when it ends.

use std::time::Duration;

use super::job::{self, Pace};
use super::message::{DownloadNews, Effect};
use super::notice::Notice;
use super::state::State;
use crate::core::progress::Progress;
use crate::core::request::ModelSource;
use crate::core::text::bytes;

/// A model that is known by name and not, or not whole, on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// How many files it has.
    pub files: usize,
    /// How many of them are missing.
    pub missing: usize,
    /// About how large all of it is, where that is known.
    pub about_bytes: Option<u64>,
}

impl Offer {
    /// What Enter would do.
    pub fn hint(&self) -> String {
        let about = self.about_bytes.map_or_else(String::new, |about| format!(", about {} in all", bytes(about)));
        format!("{} of {} files{about}; Enter downloads in the background", self.missing, self.files)
    }
}

/// A download that runs.
#[derive(Debug, Clone)]
pub struct Download {
    /// Its number: news of any other is stale.
    pub number: u64,
    /// The model's name.
    pub name: String,
    /// How far it is.
    pub progress: Option<Progress>,
    /// When the first progress of its present stage came, and how much was done then.
    first: Option<(Duration, u64)>,
}

impl Download {
    /// How fast it goes, in bytes; none until that can be told.
    pub fn pace(&self, now: Duration) -> Option<Pace> {
        Pace::since(self.first?, self.progress.as_ref()?, now)
    }
}

/// The offer of that name.
///
/// # Errors
/// When there is none: with those that there are.
pub fn offered<'a>(state: &'a State, name: &str) -> Result<&'a Offer, String> {
    let offers = &state.setting.offers;
    offers.iter().find(|offer| offer.name == name).ok_or_else(|| {
        let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        format!("'{name}' cannot be downloaded; use {}", names.join(" or "))
    })
}

/// Why nothing can be computed with that model, and what to do.
pub fn absent(state: &State, name: &str) -> String {
    if state.download.as_ref().is_some_and(|download| download.name == name) {
        return format!("{name} is still being downloaded");
    }
    let about = offered(state, name).ok().and_then(|offer| offer.about_bytes);
    let about = about.map_or_else(String::new, |about| format!(" (about {})", bytes(about)));
    format!("{name} is not on this machine; fetch{} downloads it{about}", key(state))
}

/// Says, where the demo is computed for want of real weights, that these can be had.
pub fn mention(state: &mut State) {
    let is_demo = state.setting.request.as_ref().is_some_and(|request| request.model == ModelSource::Demo);
    if let Some(offer) = state.setting.offers.first().filter(|_| is_demo) {
        // It stands where the keys stand otherwise.
        let help = super::commands::find("help").and_then(|help| state.setting.keymap.keys(help).first().copied());
        let help = help.map_or_else(String::new, |key| format!("; {key} help"));
        state.notice = Some(Notice::done(format!("this is the demo model; {}{help}", absent(state, &offer.name))));
    }
}

fn key(state: &State) -> String {
    let fetch = super::commands::find("fetch").and_then(|fetch| state.setting.keymap.keys(fetch).first().copied());
    fetch.map_or_else(String::new, |key| format!(", key {key},"))
}

/// Starts to download the model of that name.
pub fn start(state: &mut State, name: String) -> Vec<Effect> {
    state.downloads += 1;
    state.download = Some(Download { number: state.downloads, name: name.clone(), progress: None, first: None });
    vec![Effect::Download(state.downloads, name)]
}

/// Ends the running download.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(download) = state.download.take() else { return Vec::new() };
    state.notice = Some(Notice::done(format!("the download of {} was cancelled; what has arrived is kept", download.name)));
    vec![Effect::CancelDownload(download.number)]
}

/// Takes news of the download of that number; those of one that was cancelled are dropped.
pub fn news(state: &mut State, number: u64, news: DownloadNews) -> Vec<Effect> {
    let now = state.now;
    let Some(download) = state.download.as_mut().filter(|download| download.number == number) else { return Vec::new() };
    match news {
        DownloadNews::Progress(progress) => {
            if download.progress.as_ref().is_none_or(|before| before.stage != progress.stage) {
                download.first = Some((now, progress.done));
            }
            download.progress = Some(progress);
            Vec::new()
        }
        DownloadNews::Ended(Err(problem)) => {
            state.download = None;
            state.notice = Some(Notice::failed(&problem));
            Vec::new()
        }
        DownloadNews::Ended(Ok(source)) => {
            let name = std::mem::take(&mut download.name);
            state.download = None;
            state.setting.offers.retain(|offer| offer.name != name);
            arrived(state, &name, source)
        }
    }
}

/// What was waited for is computed at once; the demo makes room for it when it is asked to; anything else was chosen by the user and stays.
fn arrived(state: &mut State, name: &str, source: ModelSource) -> Vec<Effect> {
    let mut says = format!("{name} is on this machine; start saescope with --model {name} to explore it");
    let mut effects = Vec::new();
    if let Some(request) = &mut state.setting.request {
        let was_waited_for = request.model == ModelSource::Preset(name.to_owned());
        if was_waited_for || request.model == ModelSource::Demo {
            request.model = source;
            says = format!("{name} is on this machine; compute (key r) computes the study with it");
        }
        let request = request.clone();
        if was_waited_for && !state.show_published && state.job.is_none() {
            says = format!("{name} is on this machine and is being opened");
            effects = job::start(state, request);
        }
    }
    state.notice = Some(Notice::done(says));
    effects
}
