//! A model that can be downloaded, and the running download.

use std::time::Duration;

use super::job::Pace;
use crate::core::progress::Progress;
use crate::core::text::{bytes, counted};

/// A model that is known by name and is missing on this machine, at least in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The name of the model, such as `pythia-70m`.
    pub name: String,
    /// Number of its files.
    pub files: usize,
    /// Number of its files that are missing.
    pub missing: usize,
    /// Approximate size of all its files in bytes, if known.
    pub about_bytes: Option<u64>,
}

impl Offer {
    /// The hint of the prompt that names the model: missing files, size, and the action of Enter.
    pub fn hint(&self) -> String {
        let about = self.about_bytes.map_or_else(String::new, |about| format!(", about {} in all", bytes(about)));
        format!("{} of {}{about}; Enter downloads in the background", self.missing, counted(self.files, "file"))
    }
}

/// The running download.
#[derive(Debug, Clone)]
pub struct Download {
    /// Number of the download; news of any other number is stale.
    pub number: u64,
    /// Name of the model.
    pub name: String,
    /// The latest progress; None before the first.
    pub progress: Option<Progress>,
    /// Time of the first progress of the present stage, and the bytes that were done then.
    first: Option<(Duration, u64)>,
}

impl Download {
    /// A download without progress yet.
    pub fn new(number: u64, name: String) -> Self {
        Self { number, name, progress: None, first: None }
    }

    /// Records the progress at `now`.
    pub fn advance(&mut self, progress: Progress, now: Duration) {
        if self.progress.as_ref().is_none_or(|before| before.stage != progress.stage) {
            self.first = Some((now, progress.done));
        }
        self.progress = Some(progress);
    }

    /// Speed of the present stage in bytes a second; None until there is enough progress to measure it.
    pub fn pace(&self, now: Duration) -> Option<Pace> {
        Pace::since(self.first?, self.progress.as_ref()?, now)
    }
}
