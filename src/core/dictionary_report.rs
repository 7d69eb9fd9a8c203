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

/// What a [`DictionaryReport`] follows from: sums over tokens, in f64, since tokens at different positions have outputs of very different
/// size. Those of the parts of a study add up to those of the whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FitSums {
    /// Number of tokens.
    pub tokens: usize,
    /// Active features of all tokens.
    pub active: usize,
    /// Sum of |error|^2.
    pub squared_error: f64,
    /// Sum of |x|^2.
    pub squares: f64,
    /// Sum of x, as long as the activation that was reconstructed is wide.
    pub sum: Vec<f64>,
}

impl FitSums {
    /// The report over all tokens; None if there is none.
    pub fn report(&self) -> Option<DictionaryReport> {
        let tokens = self.tokens as f64;
        let variance = self.squares - self.sum.iter().map(|sum| sum * sum).sum::<f64>() / tokens;
        // Squares are f32 sums: for equal vectors the difference is rounding.
        let varies = variance > 1e-6 * self.squares;
        (self.tokens > 0).then(|| DictionaryReport {
            active: self.active as f64 / tokens,
            explained: varies.then(|| 1.0 - self.squared_error / variance),
        })
    }

    /// These sums and `other`'s; None if they are of activations of another width, which only a damaged file has.
    pub fn and(mut self, other: &Self) -> Option<Self> {
        // A file may claim any counts.
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.active = self.active.saturating_add(other.active);
        self.squared_error += other.squared_error;
        self.squares += other.squares;
        self.sum.iter_mut().zip(&other.sum).for_each(|(sum, more)| *sum += more);
        (self.sum.len() == other.sum.len()).then_some(self)
    }

    /// Whether every sum is a finite number: JSON has no others.
    pub fn is_finite(&self) -> bool {
        self.squared_error.is_finite() && self.squares.is_finite() && self.sum.iter().all(|sum| sum.is_finite())
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
