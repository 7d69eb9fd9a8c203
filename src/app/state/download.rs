//! A model that can be downloaded, and the download that runs.

use std::time::Duration;

use super::job::Pace;
use crate::core::progress::Progress;
use crate::core::text::bytes;

/// A model that is known by name and not, or not whole, on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The name by which it is asked for.
    pub name: String,
    /// How many files it has.
    pub files: usize,
    /// How many of them are missing.
    pub missing: usize,
    /// About how large all of it is, where that is known.
    pub about_bytes: Option<u64>,
}

impl Offer {
    /// What Enter does in the prompt that names it.
    pub fn hint(&self) -> String {
        let about = self.about_bytes.map_or_else(String::new, |about| format!(", about {} in all", bytes(about)));
        format!("{} of {} files{about}; Enter downloads in the background", self.missing, self.files)
    }
}

/// A download that runs.
#[derive(Debug, Clone)]
pub struct Download {
    /// Number of the download; news of any other number is stale.
    pub number: u64,
    /// The model's name.
    pub name: String,
    /// How far it is.
    pub progress: Option<Progress>,
    /// When the first progress of its present stage came, and how much was done then.
    first: Option<(Duration, u64)>,
}

impl Download {
    /// A download of which nothing is known yet.
    pub fn new(number: u64, name: String) -> Self {
        Self { number, name, progress: None, first: None }
    }

    /// Takes how far it is at `now`.
    pub fn advance(&mut self, progress: Progress, now: Duration) {
        if self.progress.as_ref().is_none_or(|before| before.stage != progress.stage) {
            self.first = Some((now, progress.done));
        }
        self.progress = Some(progress);
    }

    /// Speed so far in bytes; none until there is enough progress to measure it.
    pub fn pace(&self, now: Duration) -> Option<Pace> {
        Pace::since(self.first?, self.progress.as_ref()?, now)
    }
}
