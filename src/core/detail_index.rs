//! Effects at single tokens, grouped by feature. A feature card shows them for each example.

use std::collections::BTreeMap;

use super::effects::Detail;
use super::firing::Firing;
use super::run::DataRecord;
use super::submodule::FeatureId;
use super::total::total;

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
    /// Activation at the clean prompt.
    pub clean: f32,
    /// Activation at the patch prompt.
    pub patch: f32,
}

/// A [`Detail`] with its entries grouped by feature.
#[derive(Debug, Clone, Default)]
pub struct DetailIndex {
    detail: Detail,
    examples: usize,
    features: BTreeMap<FeatureId, OfFeature>,
}

/// The entries of one feature.
#[derive(Debug, Clone)]
struct OfFeature {
    /// Rows of the [`Detail`], in order of example and position.
    rows: Vec<u32>,
    firing: Option<Firing>,
}

/// Everything else follows from these.
impl PartialEq for DetailIndex {
    fn eq(&self, other: &Self) -> bool {
        self.detail == other.detail && self.examples == other.examples
    }
}

impl DetailIndex {
    /// Groups the entries of `detail`, which are of `examples` examples, by feature.
    pub fn new(detail: Detail, examples: usize) -> Self {
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
        Self { detail, examples, features }
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

    /// The effect of `feature` in each example, summed over positions; None if its entries were not kept, or name an example that the
    /// view does not have.
    pub fn by_example(&self, feature: FeatureId) -> Option<Vec<f64>> {
        let mut effects = vec![0.0; self.examples];
        for entry in self.entries(feature)? {
            *effects.get_mut(entry.example)? += f64::from(entry.effect);
        }
        Some(effects)
    }

    /// The effect of `feature` at the last position of the prompts, in units of the metric: the mean over the examples of `data`, which the
    /// view has in this order. None if its entries were not kept, or there is no example.
    pub fn at_last_position(&self, feature: FeatureId, data: &DataRecord) -> Option<f64> {
        let is_last = |entry: &Entry| {
            data.examples.get(entry.example).is_some_and(|example| entry.position + 1 == example.clean_tokens.len())
        };
        let sum = total(self.entries(feature)?.filter(is_last).map(|entry| f64::from(entry.effect)));
        (!data.examples.is_empty()).then(|| sum / data.examples.len() as f64)
    }

    /// The prompt on which `feature` fires; None if its entries were not kept, or its activation never
    /// differed.
    pub fn firing(&self, feature: FeatureId) -> Option<Firing> {
        self.features.get(&feature)?.firing
    }
}

#[cfg(test)]
mod tests {
    use crate::core::findings::Findings;
    use crate::core::view::View;

    #[test]
    fn an_effect_that_no_pair_has_at_the_last_position_is_zero_without_a_sign() {
        let run = crate::ui::testing::run();
        let subject = crate::engine::identity::subject_of(&run);
        let findings = Findings::from_run(run, None, subject);
        let mut data = findings.data(View(0)).unwrap().clone();
        // No entry of the run is as far behind.
        for example in &mut data.examples {
            example.clean_tokens.resize(1000, 0);
        }
        let kept = findings.detail(View(0)).detail().features[0];
        let effect = findings.detail(View(0)).at_last_position(kept, &data).unwrap();
        assert_eq!((effect, effect.is_sign_negative()), (0.0, false));
    }
}
