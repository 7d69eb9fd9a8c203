//! How well a dictionary fits the model it is used on, measured on the prompts of a study.

use serde::{Deserialize, Serialize};

/// A dictionary that explains less than this share of the variance was probably trained on another model or at another place.
pub const LEAST_EXPLAINED: f64 = 0.5;

/// Fit of one dictionary on the prompts of a run, clean and patch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DictionaryReport {
    /// Number of features active at a token, mean over tokens.
    pub active: f64,
    /// Explained variance: `1 - sum |error|^2 / sum |x - mean x|^2`, sums and mean over tokens; negative if the dictionary is
    /// worse than the mean alone. None if all activations are the same.
    pub explained: Option<f64>,
}

impl DictionaryReport {
    /// Whether the dictionary probably belongs to another model or another place.
    pub fn is_suspect(self) -> bool {
        self.explained.is_some_and(|explained| explained < LEAST_EXPLAINED)
    }
}

/// Lengths of the decoder's rows, which are the directions that features write.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DecoderNorms {
    /// Length of the shortest row.
    pub least: f32,
    /// Length of the middle row (the lower of two).
    pub median: f32,
    /// Length of the longest row.
    pub largest: f32,
}

impl DecoderNorms {
    /// What they cannot be, for the end of a sentence; None if they can.
    pub fn fault(&self) -> Option<&'static str> {
        let Self { least, median, largest } = *self;
        if ![least, median, largest].into_iter().all(f32::is_finite) {
            return Some("are not finite numbers");
        }
        (least < 0.0 || median < least || largest < median).then_some("are no least, median and largest length")
    }
}
