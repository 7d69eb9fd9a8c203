//! Measures how well a dictionary fits: over all tokens of a study, batch by batch.

use super::Dictionary;
use super::codes::Codes;
use crate::core::dictionary_report::{DecoderNorms, DictionaryReport};
use crate::core::problem::Result;
use crate::engine::activation::{Activation, dot};
use crate::engine::cancel::Cancel;

/// Sums over tokens, in f64: positions of very different size meet in them.
#[derive(Debug, Clone, Default)]
pub struct Fit {
    tokens: usize,
    active: usize,
    squared_error: f64,
    squares: f64,
    sum: Vec<f64>,
}

impl Fit {
    /// Adds tokens: what the dictionary read, what it left unexplained, and its codes.
    ///
    /// # Shapes
    /// - activation and error: `[examples, positions, width]`; codes: one row per example and position
    pub fn add(&mut self, activation: &Activation, error: &Activation, codes: &Codes) {
        self.sum.resize(activation.width, 0.0);
        for (index, (row, error)) in activation.rows().zip(error.rows()).enumerate() {
            self.tokens += 1;
            self.active += codes.row(index).count();
            self.squared_error += f64::from(dot(error, error));
            self.squares += f64::from(dot(row, row));
            self.sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
    }

    /// Over all tokens that were added; none without any.
    pub fn report(&self) -> Option<DictionaryReport> {
        let tokens = self.tokens as f64;
        let variance = self.squares - self.sum.iter().map(|sum| sum * sum).sum::<f64>() / tokens;
        // Squares are f32 sums: what is left of equal vectors is rounding.
        let varies = variance > 1e-6 * self.squares;
        (self.tokens > 0).then(|| DictionaryReport {
            active: self.active as f64 / tokens,
            explained: varies.then(|| 1.0 - self.squared_error / variance),
        })
    }
}

/// The norms of all decoder rows.
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

    fn activation(values: &[f32]) -> Activation {
        Activation::new(values.to_vec(), [1, values.len() / 2, 2])
    }

    #[test]
    fn a_perfect_dictionary_explains_all_and_the_mean_alone_nothing() {
        let x = activation(&[1.0, 0.0, 3.0, 0.0, 2.0, 3.0]);
        let mut codes = Codes::new();
        for row in [&[(4, 1.0)][..], &[(4, 1.0), (7, 2.0)], &[]] {
            codes.push(row.iter().copied());
        }
        let mut fit = Fit::default();
        assert_eq!(fit.report(), None);
        fit.add(&x, &activation(&[0.0; 6]), &codes);
        assert_eq!(fit.report(), Some(DictionaryReport { active: 1.0, explained: Some(1.0) }));
        // The mean is (2, 1).
        let mut fit = Fit::default();
        fit.add(&x, &activation(&[-1.0, -1.0, 1.0, -1.0, 0.0, 2.0]), &codes);
        let report = fit.report().unwrap();
        assert!(report.explained.unwrap().abs() < 1e-12 && report.is_suspect(), "{report:?}");
    }

    #[test]
    fn batches_do_not_show_and_equal_activations_have_no_variance() {
        let mut codes = Codes::new();
        codes.push([(0, 1.0)]);
        let (first, second, error) = (activation(&[1.0, 2.0]), activation(&[3.0, -2.0]), activation(&[0.1, 0.0]));
        let mut fit = Fit::default();
        fit.add(&first, &error, &codes);
        fit.add(&second, &error, &codes);
        let mut whole_codes = Codes::new();
        (0..2).for_each(|_| whole_codes.push([(0, 1.0)]));
        let mut whole = Fit::default();
        whole.add(&activation(&[1.0, 2.0, 3.0, -2.0]), &activation(&[0.1, 0.0, 0.1, 0.0]), &whole_codes);
        assert_eq!(fit.report(), whole.report());
        let mut same = Fit::default();
        same.add(&first, &error, &codes);
        same.add(&first, &error, &codes);
        assert_eq!(same.report().unwrap().explained, None);
    }
}
