//! Measures how well a dictionary fits, over all tokens of a study, batch by batch.

use super::Dictionary;
use crate::core::dictionary_report::{DecoderNorms, DictionaryReport};
use crate::core::problem::Result;
use crate::engine::activation::dot;
use crate::engine::cancel::Cancel;

/// Sums over tokens, in f64, since tokens at different positions have outputs of very different size.
#[derive(Debug, Clone, Default)]
pub struct Fit {
    tokens: usize,
    active: usize,
    squared_error: f64,
    squares: f64,
    sum: Vec<f64>,
}

impl Fit {
    /// Adds a token: the output that the dictionary read, its reconstruction error, and the number of active features.
    pub fn add(&mut self, read: &[f32], error: &[f32], active: usize) {
        self.sum.resize(read.len(), 0.0);
        self.tokens += 1;
        self.active += active;
        self.squared_error += f64::from(dot(error, error));
        self.squares += f64::from(dot(read, read));
        self.sum.iter_mut().zip(read).for_each(|(sum, value)| *sum += f64::from(*value));
    }

    /// Number of tokens that were added.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// The report over all tokens that were added; None before the first.
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
}

/// The least, median and largest norm of all decoder rows.
///
/// # Errors
/// When a value is not finite, or `cancel` is raised.
pub fn decoder_norms(dictionary: &Dictionary, cancel: &Cancel) -> Result<DecoderNorms> {
    let mut norms = dictionary.decoder.row_norms(cancel)?;
    norms.sort_unstable_by(f32::total_cmp);
    let (least, largest) = (norms.first().copied().unwrap_or(0.0), norms.last().copied().unwrap_or(0.0));
    Ok(DecoderNorms { least, median: norms.get((norms.len().max(1) - 1) / 2).copied().unwrap_or(0.0), largest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(tokens: &[([f32; 2], [f32; 2], usize)]) -> DictionaryReport {
        let mut fit = Fit::default();
        tokens.iter().for_each(|(read, error, active)| fit.add(read, error, *active));
        fit.report().unwrap()
    }

    #[test]
    fn a_perfect_dictionary_explains_all_and_the_mean_alone_nothing() {
        assert_eq!(Fit::default().report(), None);
        let perfect = fit(&[([1.0, 0.0], [0.0; 2], 1), ([3.0, 0.0], [0.0; 2], 2), ([2.0, 3.0], [0.0; 2], 0)]);
        assert_eq!(perfect, DictionaryReport { active: 1.0, explained: Some(1.0) });
        // The mean is (2, 1).
        let mean = fit(&[([1.0, 0.0], [-1.0, -1.0], 1), ([3.0, 0.0], [1.0, -1.0], 2), ([2.0, 3.0], [0.0, 2.0], 0)]);
        assert!(mean.explained.unwrap().abs() < 1e-12 && mean.is_suspect(), "{mean:?}");
    }

    #[test]
    fn equal_activations_have_no_variance() {
        assert_eq!(fit(&[([1.0, 2.0], [0.1, 0.0], 1); 2]).explained, None);
    }
}
