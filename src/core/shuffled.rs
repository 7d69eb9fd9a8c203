//! What a list would hold with shuffled partners: the effects of a view, computed by the model from pairs that are dealt out anew
//! ([`Partners`](super::statistics::partners::Partners)).
//!
//! The exchange of [`chance`](super::chance) takes the pairs as they are. Here a prompt meets prompts of other pairs and of its own side too,
//! so that the null also holds what differs from pair to pair: the list that pairs without a common contrast would give.

use serde::{Deserialize, Serialize};

use super::chance::threshold;
use super::effects::ViewEffects;
use super::findings::Findings;
use super::selection::Selection;
use super::submodule::{FeatureId, FeatureIndex};
use super::view::View;

/// Most features of a shuffle that are kept, the strongest ones.
const KEPT: usize = 5_000;

/// Most shuffles of one view. With so many, p goes down to a thousandth, and the file of them has at most 200 MB.
pub const MOST: usize = 1_000;

/// The effects of a view under some shuffles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shuffled {
    /// Names everything that decides the numbers, except how many shuffles there are.
    pub key: String,
    /// The seed of the shuffles.
    pub seed: u64,
    /// The shuffles from number 0 on.
    pub shuffles: Vec<Shuffle>,
}

/// The effects under one shuffle.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shuffle {
    /// The features with the largest |effect|, ascending.
    features: Vec<FeatureId>,
    /// The effect of each.
    effects: Vec<f32>,
    /// The largest |effect| of all other features; 0 if none has one.
    beyond: f32,
}

/// What shuffled partners say of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct OfList {
    /// Number of features that each shuffle would list.
    pub counts: Vec<usize>,
    /// Number of features that the list holds.
    pub selected: usize,
}

/// What shuffled partners say of one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfFeature {
    /// Its largest |effect| under any shuffle.
    pub largest: f32,
    /// Number of shuffles under which its |effect| is at least as large as in the run.
    pub reached: usize,
    /// `(reached + 1) / (shuffles + 1)` (Phipson and Smyth 2010): never below the truth, and never 0.
    pub p: f64,
}

impl Shuffle {
    /// What is kept of `effects`.
    pub fn of(effects: &ViewEffects) -> Self {
        let mut all: Vec<(FeatureId, f32)> = Vec::new();
        for found in &effects.submodules {
            let id = |index: &FeatureIndex| FeatureId { submodule: found.submodule, index: *index };
            all.extend(found.features.iter().map(id).zip(found.effects.iter().copied()).filter(|(_, effect)| *effect != 0.0));
        }
        Self::strongest(all, KEPT)
    }

    fn strongest(mut all: Vec<(FeatureId, f32)>, kept: usize) -> Self {
        all.sort_unstable_by(|(left_id, left), (right_id, right)| {
            right.abs().total_cmp(&left.abs()).then_with(|| left_id.cmp(right_id))
        });
        let beyond = all.get(kept).map_or(0.0, |(_, effect)| effect.abs());
        all.truncate(kept);
        all.sort_unstable_by_key(|(feature, _)| *feature);
        let (features, effects) = all.into_iter().unzip();
        Self { features, effects, beyond }
    }

    /// Whether all parts belong together: a file may hold anything.
    fn is_whole(&self) -> bool {
        self.features.len() == self.effects.len()
            && self.features.is_sorted_by(|left, right| left < right)
            && self.beyond >= 0.0
            && self.effects.iter().all(|effect| effect.is_finite() && effect.abs() >= self.beyond)
    }

    /// The |effect| of `feature`; of one that was not kept the most that it can be.
    fn size(&self, feature: FeatureId) -> f32 {
        self.features.binary_search(&feature).map_or(self.beyond, |place| self.effects[place].abs())
    }

    /// Number of features with a larger |effect| than `threshold`; None if some of them were not kept.
    fn above(&self, threshold: f32) -> Option<usize> {
        (threshold >= self.beyond).then(|| self.effects.iter().filter(|effect| effect.abs() > threshold).count())
    }
}

impl Shuffled {
    /// Whether all parts belong together.
    pub fn is_whole(&self) -> bool {
        self.shuffles.iter().all(Shuffle::is_whole)
    }

    /// Only the first `count` shuffles.
    #[must_use]
    pub fn first(mut self, count: usize) -> Self {
        self.shuffles.truncate(count);
        self
    }

    /// The smallest p that so few shuffles can give.
    pub fn smallest_p(&self) -> f64 {
        1.0 / (self.shuffles.len() + 1) as f64
    }

    /// How many features of `view` each shuffle would list by `selection`. Of a list of the strongest, the weakest of them is the threshold.
    ///
    /// # Errors
    /// Why it is not known, for the end of a sentence.
    pub fn of_list(&self, findings: &Findings, view: View, selection: Selection) -> Result<OfList, String> {
        let selected = findings.view(view).select(selection).features;
        let threshold = threshold(selection, &selected);
        let counts = self.shuffles.iter().map(|shuffle| shuffle.above(threshold));
        let counts: Option<Vec<usize>> = counts.collect();
        let counts = counts.ok_or_else(|| format!("more than {KEPT} features are above {threshold}, and no more are kept"))?;
        Ok(OfList { counts, selected: selected.len() })
    }

    /// How `feature`, whose effect in the run is `effect`, does under the shuffles.
    pub fn of_feature(&self, feature: FeatureId, effect: f32) -> OfFeature {
        let sizes = || self.shuffles.iter().map(|shuffle| shuffle.size(feature));
        let reached = sizes().filter(|size| *size >= effect.abs()).count();
        let p = (reached + 1) as f64 / (self.shuffles.len() + 1) as f64;
        OfFeature { largest: sizes().fold(0.0, f32::max), reached, p }
    }
}

impl OfList {
    /// The mean number of features; None without shuffles.
    pub fn expected(&self) -> Option<f64> {
        let count = self.counts.len();
        (count > 0).then(|| self.counts.iter().sum::<usize>() as f64 / count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> FeatureId {
        format!("resid_0/{index}").parse().unwrap()
    }

    fn shuffle(effects: &[(u32, f32)], kept: usize) -> Shuffle {
        Shuffle::strongest(effects.iter().map(|(index, effect)| (id(*index), *effect)).collect(), kept)
    }

    #[test]
    fn p_counts_the_shuffles_that_reach_the_effect() {
        let three = vec![shuffle(&[(3, 0.25), (1, -0.5)], 9), shuffle(&[(1, 0.125)], 9), shuffle(&[(1, 0.5)], 9)];
        let shuffled = Shuffled { shuffles: three, ..Shuffled::default() };
        assert_eq!(shuffled.of_feature(id(1), -0.5), OfFeature { largest: 0.5, reached: 2, p: 0.75 });
        assert_eq!(shuffled.of_feature(id(2), 0.1), OfFeature { largest: 0.0, reached: 0, p: 0.25 });
        assert_eq!((shuffled.of_feature(id(3), 0.26).reached, shuffled.clone().first(1).smallest_p()), (0, 0.5));
        let counts: Vec<Option<usize>> = shuffled.shuffles.iter().map(|shuffle| shuffle.above(0.125)).collect();
        assert_eq!(counts, [Some(2), Some(0), Some(1)]);
        assert_eq!(OfList { counts: vec![2, 0, 1], selected: 9 }.expected(), Some(1.0));
    }

    /// What was not kept counts as the most that it can be, so that p is never too small, and no count is too low.
    #[test]
    fn what_was_not_kept_is_never_taken_for_less_than_it_may_be() {
        let one = shuffle(&[(1, 0.1), (2, -0.4), (3, 0.3)], 2);
        assert_eq!((one.above(0.2), one.above(0.1), one.above(0.05)), (Some(2), Some(2), None));
        let shuffled = Shuffled { shuffles: vec![one], ..Shuffled::default() };
        assert_eq!(shuffled.of_feature(id(9), 0.05), OfFeature { largest: 0.1, reached: 1, p: 1.0 });
        assert_eq!(shuffled.of_feature(id(9), 0.2).reached, 0);
        let text = serde_json::to_string(&shuffled).unwrap();
        assert_eq!(serde_json::from_str::<Shuffled>(&text).unwrap(), shuffled);
        assert!(shuffled.is_whole());
        assert!(!serde_json::from_str::<Shuffled>(&text.replace("-0.4,", "")).unwrap().is_whole(), "{text}");
    }

    /// The longest that a feature and an effect can be in JSON, with the comma behind each.
    #[test]
    fn the_most_shuffles_fit_into_a_file_that_is_read() {
        let longest = "\"100-res-sm/1048575\",".len() + "-0.000012345678,".len();
        assert!(MOST * (KEPT * longest + 100) < 200_000_000);
    }
}
