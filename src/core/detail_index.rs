//! Effects at single tokens, grouped by feature. A feature card shows them for each example.

use std::collections::BTreeMap;

use super::effects::Detail;
use super::submodule::FeatureId;

/// One token at which a feature differed between clean and patch.
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
    /// Rows of `detail`, in order of example and position, by feature.
    rows: BTreeMap<FeatureId, Vec<u32>>,
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
        let rows = detail.features.iter().copied().zip(groups).collect();
        Self { detail, rows }
    }

    /// The [`Detail`] this index was built from, for a run file.
    pub fn detail(&self) -> &Detail {
        &self.detail
    }

    /// The entries of `feature` in order of example and position; None if its entries were not kept.
    pub fn entries(&self, feature: FeatureId) -> Option<impl ExactSizeIterator<Item = Entry> + '_> {
        let rows = self.rows.get(&feature)?;
        Some(rows.iter().map(|row| {
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
}
