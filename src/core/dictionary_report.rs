//! How well a dictionary fits the model it is used on, as far as the prompts of a study show it.

use serde::{Deserialize, Serialize};

/// A dictionary that explains less than this share of the variance was probably trained on another model or at another place.
pub const LEAST_EXPLAINED: f64 = 0.5;

/// Figures of one dictionary on the prompts of a run, clean and patch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DictionaryReport {
    /// Features active at a token, mean over tokens.
    pub active: f64,
    /// `1 - sum |error|^2 / sum |x - mean x|^2`, sums and mean over tokens; negative where the dictionary is worse than the mean alone. None
    /// where all activations are the same.
    pub explained: Option<f64>,
}

impl DictionaryReport {
    /// Whether the dictionary probably belongs elsewhere.
    pub fn is_suspect(self) -> bool {
        self.explained.is_some_and(|explained| explained < LEAST_EXPLAINED)
    }
}

/// Lengths of the decoder's rows, the directions that features write.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DecoderNorms {
    /// Of the shortest.
    pub least: f32,
    /// Of the middle one (the lower of two).
    pub median: f32,
    /// Of the longest.
    pub largest: f32,
}
