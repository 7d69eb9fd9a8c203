//! Sparse codes: the features that are active at each token, and the decoder rows that belong to them.

use rayon::prelude::*;

use super::Dictionary;
use super::arithmetic::Written;
pub use super::rule::TokenCodes;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::lanes::dispatched;

/// One feature whose activation differs at one token between the two runs of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Index of the feature in its dictionary.
    pub feature: u32,
    /// Its activation in the first run, from which a view starts.
    pub clean: f32,
    /// Its activation in the second run, toward which a view moves.
    pub patch: f32,
}

/// Every feature that is active at any of `tokens`, ascending.
pub fn active_features(tokens: &[TokenCodes]) -> Vec<u32> {
    let mut is_active = Vec::new();
    for (feature, _) in tokens.iter().flat_map(|codes| codes.iter()) {
        let feature = *feature as usize;
        if feature >= is_active.len() {
            is_active.resize(feature + 1, false);
        }
        is_active[feature] = true;
    }
    (0..).zip(is_active).filter_map(|(feature, is_active)| is_active.then_some(feature)).collect()
}

impl Change {
    /// The change of what the feature writes, in decoder rows, where the runs' tokens multiply what codes write by `clean` and `patch`.
    /// Both are 1 unless the dictionary scales each token.
    pub fn written(&self, clean: f32, patch: f32) -> f32 {
        patch * self.patch - clean * self.clean
    }
}

/// The features whose activation differs between two runs at one token, ascending, or all that are active in one of them if what they
/// write is scaled differently.
pub fn changes_of_scaled(clean: &[(u32, f32)], patch: &[(u32, f32)], factors: (f32, f32)) -> Vec<Change> {
    differing(clean, patch, factors.0.to_bits() == factors.1.to_bits())
}

/// The features whose activation differs between two runs at one token, ascending.
pub fn changes(clean: &[(u32, f32)], patch: &[(u32, f32)]) -> Vec<Change> {
    differing(clean, patch, true)
}

/// The features that are active in one of two runs, ascending; only those that differ, if `only_changed`.
fn differing(clean: &[(u32, f32)], patch: &[(u32, f32)], only_changed: bool) -> Vec<Change> {
    let (mut clean, mut patch) = (clean.iter().copied().peekable(), patch.iter().copied().peekable());
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
        if !only_changed || change.clean.to_bits() != change.patch.to_bits() {
            changes.push(change);
        }
    }
}

/// The slot of a feature whose row was not read.
const NOT_READ: u32 = u32::MAX;

/// What one unit of each feature that a batch needs writes: decoder rows, each read once from the file.
#[derive(Debug, Clone, Default)]
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
        Self::default().read_instead(dictionary, features, cancel)
    }

    /// The same in the memory of rows that are no longer needed: touching so much memory for the first time takes as long as reading.
    pub fn read_instead(self, dictionary: &Dictionary, features: impl IntoIterator<Item = u32>, cancel: &Cancel) -> Result<Self> {
        let width = dictionary.written_width();
        let (mut slots, mut wanted) = (vec![NOT_READ; dictionary.features()], Vec::new());
        for feature in features {
            let slot = &mut slots[feature as usize];
            if *slot == NOT_READ {
                *slot = wanted.len() as u32;
                wanted.push(feature);
            }
        }
        let mut values = self.values;
        let needed = wanted.len() * width;
        // Far more than is needed is not kept, either: one dense dictionary among others would hold its memory for the whole run.
        if values.capacity() < needed || values.capacity() / 4 > needed {
            values = Vec::new();
        }
        values.resize(needed, 0.0);
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

/// The reconstruction error of every token of an autoencoder, the activation minus what the codes write for it; for plain activations
/// `x - (W_dec features + b_dec)`.
///
/// # Shapes
/// - tokens: one `[width]` each; codes: one per token; output: `[tokens, width]`
pub fn reconstruction_errors(
    dictionary: &Dictionary,
    tokens: &[&[f32]],
    codes: &[TokenCodes],
    decoder: &DecoderRows,
) -> Vec<f32> {
    errors_without_skip(dictionary, tokens, tokens, codes, decoder)
}

/// What `targets` have beyond what the codes of the activations `tokens` write, without any skip connection.
///
/// # Shapes
/// As [`transcoding_errors`].
pub fn errors_without_skip(
    dictionary: &Dictionary,
    tokens: &[&[f32]],
    targets: &[&[f32]],
    codes: &[TokenCodes],
    decoder: &DecoderRows,
) -> Vec<f32> {
    let mut errors = targets.concat();
    let rows = errors.par_chunks_exact_mut(dictionary.written_width()).zip(tokens).zip(codes);
    rows.for_each(|((row, x), codes)| subtract_written(row, dictionary.written(x), codes, dictionary, decoder));
    errors
}

/// What `targets` have beyond what the dictionary writes for the activations `tokens`: the reconstruction errors of a transcoder, its
/// skip connection included.
///
/// # Shapes
/// - tokens: one `[width]` each; targets: one `[written width]` each; codes: one per token; output: `[tokens, written width]`
///
/// # Errors
/// When the skip connection holds a value that is not finite.
pub fn transcoding_errors(
    dictionary: &Dictionary,
    tokens: &[&[f32]],
    targets: &[&[f32]],
    codes: &[TokenCodes],
    decoder: &DecoderRows,
) -> Result<Vec<f32>> {
    let mut errors = errors_without_skip(dictionary, tokens, targets, codes, decoder);
    dictionary.subtract_skips(tokens, &mut errors)?;
    Ok(errors)
}

/// Subtracts what `codes` write at a token from `row`.
fn subtract_written(row: &mut [f32], token: Written, codes: &TokenCodes, dictionary: &Dictionary, decoder: &DecoderRows) {
    let Written { factor, offset } = token;
    dispatched(
        #[inline(always)]
        || {
            // Without a scale the factor is 1 and the offset 0, which change no bit.
            for (value, bias) in row.iter_mut().zip(dictionary.decoder_bias()) {
                *value -= factor * bias + offset;
            }
            for (feature, activation) in codes.iter() {
                let activation = factor * activation;
                for (value, weight) in row.iter_mut().zip(decoder.row(*feature)) {
                    *value -= activation * weight;
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dictionary::rule::active;

    fn codes(row: &[f32]) -> TokenCodes {
        active(0, row).collect()
    }

    #[test]
    fn changes_merge_both_sides_and_leave_equal_values_out() {
        let expected = [
            Change { feature: 0, clean: 0.0, patch: 3.0 },
            Change { feature: 2, clean: 2.0, patch: 0.0 },
            Change { feature: 4, clean: 5.0, patch: 6.0 },
        ];
        assert_eq!(changes(&codes(&[0.0, 1.0, 2.0, 0.0, 5.0]), &codes(&[3.0, 1.0, 0.0, 0.0, 6.0])), expected);
    }

    #[test]
    fn active_features_are_listed_once() {
        assert_eq!(active_features(&[codes(&[0.0, 1.0, 2.0]), codes(&[1.0, 3.0, 0.0])]), [0, 1, 2]);
    }
}
