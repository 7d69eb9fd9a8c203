//! What features did in a corpus, with everything that the numbers follow from.

use serde::{Deserialize, Serialize};

use super::tally::Tally;
use crate::core::submodule::FeatureId;
use crate::core::tags::Tag;

/// A label with its frequency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRecord {
    /// The label's name.
    pub name: String,
    /// What it says of a token.
    pub meaning: String,
    /// The tag that says the same of a feature.
    #[serde(default)]
    pub tag: Option<Tag>,
    /// Number of tokens of the corpus that have it.
    pub tokens: u64,
}

/// What one feature did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfFeature {
    /// The feature.
    pub feature: FeatureId,
    /// Its counts and contexts.
    pub tally: Tally,
}

/// A place in a corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Bytes before it.
    pub read: u64,
    /// Lines that were begun before it.
    pub lines: u64,
    /// Whether it is inside of the last of them, which is very long.
    pub in_line: bool,
}

/// What a corpus was asked, and how much of it was read so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Responses {
    /// SHA-256 over everything that decides the numbers: model, dictionaries, corpus, features, labels, windows.
    pub key: String,
    /// The corpus's name: its path, or words for one of the program's own.
    pub corpus: String,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the corpus.
    pub corpus_sha256: String,
    /// Bytes of the corpus.
    pub bytes: u64,
    /// Where reading goes on: at the end in a whole result.
    pub place: Place,
    /// Windows that were run so far.
    pub windows: u64,
    /// Tokens that were counted so far; a BOS token in front of a window is not.
    pub tokens: u64,
    /// Most tokens of a window, a BOS token not counted.
    pub window: usize,
    /// The BOS token in front of each window; None if there is none.
    pub bos: Option<u32>,
    /// The labels that features are tested against.
    pub labels: Vec<LabelRecord>,
    /// The features, in the order in which they were asked for.
    pub features: Vec<OfFeature>,
}

impl Responses {
    /// What `feature` did; None if it was not asked for.
    pub fn of(&self, feature: FeatureId) -> Option<&OfFeature> {
        self.features.iter().find(|found| found.feature == feature)
    }

    /// The place of the label called `name`.
    pub fn label(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|label| label.name == name)
    }

    /// Whether all of the corpus was read.
    pub fn is_whole(&self) -> bool {
        self.place.read == self.bytes
    }

    /// Whether they go on with what was `begun`, and all their parts belong together: a file may hold anything.
    pub fn go_on_with(&self, begun: &Self) -> bool {
        let asked = |responses: &Self| -> Vec<FeatureId> { responses.features.iter().map(|found| found.feature).collect() };
        let labels = |responses: &Self| -> Vec<String> { responses.labels.iter().map(|label| label.name.clone()).collect() };
        (self.bytes, self.window, self.bos, &self.corpus_sha256) == (begun.bytes, begun.window, begun.bos, &begun.corpus_sha256)
            && (asked(self), labels(self)) == (asked(begun), labels(begun))
            && self.place.read <= self.bytes
            && self.labels.iter().all(|label| label.tokens <= self.tokens)
            && self.features.iter().all(|found| found.tally.fired <= self.tokens && found.tally.is_whole(self.labels.len()))
    }

    /// How much of the corpus was read, in percent.
    pub fn percent_read(&self) -> f64 {
        100.0 * self.place.read as f64 / self.bytes.max(1) as f64
    }

    /// The share of the tokens at which a feature fired; None if there are none.
    pub fn rate(&self, feature: &OfFeature) -> Option<f64> {
        (self.tokens > 0).then(|| feature.tally.fired as f64 / self.tokens as f64)
    }
}
