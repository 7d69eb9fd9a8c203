//! Sparse codes: which features are active at which token, and the decoder rows that belong to them.

use pulp::Arch;
use rayon::prelude::*;

use super::Dictionary;
use crate::core::problem::Result;
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;

/// The active features of many tokens, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Codes {
    /// Row `r` owns the entries `starts[r]..starts[r + 1]`.
    starts: Vec<usize>,
    /// Ascending within a row.
    features: Vec<u32>,
    values: Vec<f32>,
}

/// One feature at one token, on both sides of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Which feature.
    pub feature: u32,
    /// Its activation in the clean run.
    pub clean: f32,
    /// Its activation in the patch run.
    pub patch: f32,
}

impl Codes {
    /// No rows yet.
    pub fn new() -> Self {
        Self { starts: vec![0], features: Vec::new(), values: Vec::new() }
    }

    /// Appends one row: its active features, ascending, with their activations.
    pub fn push(&mut self, active: impl IntoIterator<Item = (u32, f32)>) {
        for (feature, value) in active {
            self.features.push(feature);
            self.values.push(value);
        }
        self.starts.push(self.features.len());
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The active features of row `row` with their activations.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[row]..self.starts[row + 1];
        self.features[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    /// Every feature active in any row, ascending.
    pub fn active(&self) -> Vec<u32> {
        let mut active = self.features.clone();
        active.sort_unstable();
        active.dedup();
        active
    }

    /// The features of row `row` whose activation differs between two runs, ascending.
    pub fn changes(&self, patch: &Self, row: usize) -> Vec<Change> {
        let (mut clean, mut patch) = (self.row(row).peekable(), patch.row(row).peekable());
        let mut changes = Vec::new();
        loop {
            let change = match (clean.peek().copied(), patch.peek().copied()) {
                (None, None) => return changes,
                (Some((feature, value)), None) => Change { feature, clean: value, patch: 0.0 },
                (None, Some((feature, value))) => Change { feature, clean: 0.0, patch: value },
                (Some((left, clean)), Some((right, patch))) => Change {
                    feature: left.min(right),
                    clean: if left <= right { clean } else { 0.0 },
                    patch: if right <= left { patch } else { 0.0 },
                },
            };
            clean.next_if(|(feature, _)| *feature == change.feature);
            patch.next_if(|(feature, _)| *feature == change.feature);
            if change.clean.to_bits() != change.patch.to_bits() {
                changes.push(change);
            }
        }
    }
}

/// The active ones among the features from `first` on, with their activations.
pub fn active(first: usize, activations: &[f32]) -> impl Iterator<Item = (u32, f32)> + '_ {
    activations.iter().enumerate().filter(|(_, value)| **value > 0.0).map(move |(index, value)| ((first + index) as u32, *value))
}

impl Default for Codes {
    fn default() -> Self {
        Self::new()
    }
}

/// No row.
const NOT_READ: u32 = u32::MAX;

/// Decoder rows of the features that a batch needs, read once from the file.
#[derive(Debug, Clone)]
pub struct DecoderRows {
    width: usize,
    /// For every feature of the dictionary its row among `values`, or [`NOT_READ`].
    slots: Vec<u32>,
    /// `[features read, width]`
    values: Vec<f32>,
}

impl DecoderRows {
    /// Reads the rows of `features` from `dictionary`'s file, unless `cancel` is raised.
    pub fn read(dictionary: &Dictionary, features: impl IntoIterator<Item = u32>, cancel: &Cancel) -> Result<Self> {
        let width = dictionary.width();
        let (mut slots, mut wanted) = (vec![NOT_READ; dictionary.features()], Vec::new());
        for feature in features {
            let slot = &mut slots[feature as usize];
            if *slot == NOT_READ {
                *slot = wanted.len() as u32;
                wanted.push(feature);
            }
        }
        let mut values = vec![0.0; wanted.len() * width];
        let read = |(row, feature): (&mut [f32], &u32)| {
            cancel.check()?;
            dictionary.read_decoder_row(*feature, row)
        };
        values.par_chunks_exact_mut(width).zip(&wanted).try_for_each(read)?;
        Ok(Self { width, slots, values })
    }

    /// The decoder row of `feature`.
    ///
    /// # Panics
    /// When the feature was not asked for in [`DecoderRows::read`]: a fault of the caller.
    pub fn row(&self, feature: u32) -> &[f32] {
        let slot = self.slots[feature as usize] as usize;
        &self.values[slot * self.width..(slot + 1) * self.width]
    }
}

/// What the dictionary does not explain: `x - (W_dec features + b_dec)`, for every token.
///
/// # Shapes
/// - activation and output: `[examples, positions, width]`; codes: one row per example and position
pub fn reconstruction_error(
    dictionary: &Dictionary,
    activation: &Activation,
    codes: &Codes,
    decoder: &DecoderRows,
) -> Activation {
    let mut error = activation.clone();
    error.values.par_chunks_exact_mut(activation.width).enumerate().for_each(|(index, row)| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (value, bias) in row.iter_mut().zip(dictionary.decoder_bias()) {
                    *value -= bias;
                }
                for (feature, activation) in codes.row(index) {
                    for (value, weight) in row.iter_mut().zip(decoder.row(feature)) {
                        *value -= activation * weight;
                    }
                }
            },
        );
    });
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rows: &[&[f32]]) -> Codes {
        let mut codes = Codes::new();
        rows.iter().for_each(|row| codes.push(active(0, row)));
        codes
    }

    #[test]
    fn changes_merge_both_sides_and_leave_equal_values_out() {
        let clean = codes(&[&[0.0, 1.0, 2.0, 0.0, 5.0]]);
        let patch = codes(&[&[3.0, 1.0, 0.0, 0.0, 6.0]]);
        let expected = [
            Change { feature: 0, clean: 0.0, patch: 3.0 },
            Change { feature: 2, clean: 2.0, patch: 0.0 },
            Change { feature: 4, clean: 5.0, patch: 6.0 },
        ];
        assert_eq!(clean.changes(&patch, 0), expected);
    }

    #[test]
    fn active_features_are_listed_once() {
        assert_eq!(codes(&[&[0.0, 1.0, 2.0], &[1.0, 3.0, 0.0]]).active(), [0, 1, 2]);
    }
}
