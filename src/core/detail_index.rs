//! Effects at single tokens, grouped by feature. A feature card shows them for each example.

use std::collections::BTreeMap;

use super::effects::Detail;
use super::firing::Firing;
use super::submodule::FeatureId;

/// One token at which a feature's activation differed between clean and patch prompt. At a token without an entry it was the same
/// in both, which says nothing about its size: before the first token that differs, every activation is the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Index of the example in the view's data.
    pub example: usize,
    /// Position in the prompt.
    pub position: usize,
    /// Effect at that token.
    pub effect: f32,
    /// Activation in the clean run.
    pub clean: f32,
    /// Activation in the patch run.
    pub patch: f32,
}

/// A [`Detail`] with its entries grouped by feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetailIndex {
    detail: Detail,
    features: BTreeMap<FeatureId, OfFeature>,
}

/// The entries of one feature.
#[derive(Debug, Clone, PartialEq)]
struct OfFeature {
    /// Rows of the [`Detail`], in order of example and position.
    rows: Vec<u32>,
    firing: Option<Firing>,
}

impl DetailIndex {
    /// Groups the entries of `detail` by feature.
    pub fn new(detail: Detail) -> Self {
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); detail.features.len()];
        for (row, feature) in detail.entry_features.iter().enumerate() {
            if let Some(group) = groups.get_mut(*feature as usize) {
                group.push(row as u32);
            }
        }
        for group in &mut groups {
            group.sort_unstable_by_key(|row| (detail.entry_examples[*row as usize], detail.entry_positions[*row as usize]));
        }
        // A signed code (absolute TopK) fires with either sign.
        let sum = |rows: &[u32], activations: &[f32]| rows.iter().map(|row| f64::from(activations[*row as usize].abs())).sum();
        let of_feature = |rows: Vec<u32>| {
            let firing = Firing::of(sum(&rows, &detail.entry_clean), sum(&rows, &detail.entry_patch));
            OfFeature { rows, firing }
        };
        let features = detail.features.iter().copied().zip(groups.into_iter().map(of_feature)).collect();
        Self { detail, features }
    }

    /// The [`Detail`] this index was built from, for a run file.
    pub fn detail(&self) -> &Detail {
        &self.detail
    }

    /// The entries of `feature` in order of example and position; None if its entries were not kept.
    pub fn entries(&self, feature: FeatureId) -> Option<impl ExactSizeIterator<Item = Entry> + '_> {
        let of_feature = self.features.get(&feature)?;
        Some(of_feature.rows.iter().map(|row| {
            let row = *row as usize;
            Entry {
                example: self.detail.entry_examples[row] as usize,
                position: self.detail.entry_positions[row] as usize,
                effect: self.detail.entry_effects[row],
                clean: self.detail.entry_clean[row],
                patch: self.detail.entry_patch[row],
            }
        }))
    }

    /// The prompt on which `feature` fires; None if its entries were not kept, or its activation never
    /// differed.
    pub fn firing(&self, feature: FeatureId) -> Option<Firing> {
        self.features.get(&feature)?.firing
    }
}
