//! Measures how well a dictionary fits, over all tokens of a study, batch by batch.

use super::Dictionary;
use crate::core::dictionary_report::{DecoderNorms, DictionaryReport, FitSums};
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::lanes::dot;

/// The sums over the tokens that were seen so far.
#[derive(Debug, Clone, Default)]
pub struct Fit(FitSums);

impl Fit {
    /// Adds a token: the output that the dictionary read, its reconstruction error, and the number of active features.
    pub fn add(&mut self, read: &[f32], error: &[f32], active: usize) {
        let FitSums { tokens, active: all, squared_error, squares, sum } = &mut self.0;
        sum.resize(read.len(), 0.0);
        *tokens += 1;
        *all += active;
        *squared_error += f64::from(dot(error, error));
        *squares += f64::from(dot(read, read));
        sum.iter_mut().zip(read).for_each(|(sum, value)| *sum += f64::from(*value));
    }

    /// Number of tokens that were added.
    pub fn tokens(&self) -> usize {
        self.0.tokens
    }

    /// The sums over all tokens that were added.
    pub fn sums(&self) -> &FitSums {
        &self.0
    }

    /// The report over all tokens that were added; None before the first.
    pub fn report(&self) -> Option<DictionaryReport> {
        self.0.report()
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
    fn the_sums_of_parts_are_those_of_the_whole() {
        let tokens = [([1.0, 0.0], [0.5, 0.0], 1), ([3.0, 1.0], [0.0, 0.25], 2), ([2.0, 3.0], [1.0, 0.0], 0)];
        let of = |tokens: &[([f32; 2], [f32; 2], usize)]| {
            let mut fit = Fit::default();
            tokens.iter().for_each(|(read, error, active)| fit.add(read, error, *active));
            fit.sums().clone()
        };
        assert_eq!(of(&tokens[..1]).and(&of(&tokens[1..])), Some(of(&tokens)));
        // One token alone has no variance, and a mean of the parts' reports has none that is right.
        assert_eq!(of(&tokens[..1]).report().unwrap().explained, None);
        assert!(FitSums::default().and(&of(&tokens)).is_none());
    }

    #[test]
    fn equal_activations_have_no_variance() {
        assert_eq!(fit(&[([1.0, 2.0], [0.1, 0.0], 1); 2]).explained, None);
    }
}
