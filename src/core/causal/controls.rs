//! Control sets: features drawn without regard to what they do, as a null for sets that were chosen.
//!
//! Both samplers are those of the study of gender bias (`feature_selection.py` of github.com/aboehret/SAE_gender_bias), which draw among
//! the features with an effect other than 0. Its draws come from numpy's generator; these come from another, so the rule is the same and
//! the sets are not.

use serde::{Deserialize, Serialize};

use crate::core::statistics::draw::Draw;
use crate::core::submodule::FeatureId;

/// How control sets are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampler {
    /// Every feature with an effect is as likely as any other.
    Random,
    /// A third each from the features of lowest, of middle and of highest effect, by its sign too; what does not divide by three is of
    /// the highest.
    Stratified,
}

impl Sampler {
    /// Every sampler, in the order of lists.
    pub const ALL: [Self; 2] = [Self::Random, Self::Stratified];

    /// The sampler's name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Stratified => "stratified",
        }
    }

    /// Draws `sets` sets of `size` features from `pool`, features with their effects. The draw depends on `seed`, the sampler and `size`
    /// alone. No set holds more than the pool.
    pub fn draw(self, pool: &[(FeatureId, f32)], size: usize, sets: usize, seed: u64) -> Vec<Vec<FeatureId>> {
        let mut draw = Draw::keyed(&[seed, self as u64, size as u64]);
        let mut ordered = pool.to_vec();
        ordered.sort_by(|left, right| left.1.total_cmp(&right.1).then_with(|| left.0.cmp(&right.0)));
        let size = size.min(ordered.len());
        let strata: Vec<(&[(FeatureId, f32)], usize)> = match self {
            Self::Random => vec![(&ordered[..], size)],
            Self::Stratified => {
                let third = ordered.len() / 3;
                let (low, rest) = ordered.split_at(third);
                let (middle, high) = rest.split_at(third);
                let of_high = (size - 2 * (size / 3)).min(high.len());
                vec![(low, size / 3), (middle, size - size / 3 - of_high), (high, of_high)]
            }
        };
        let set =
            |draw: &mut Draw| strata.iter().flat_map(|(stratum, count)| without_replacement(stratum, *count, draw)).collect();
        (0..sets).map(|_| set(&mut draw)).collect()
    }
}

/// `count` of `features`, each at most once (Fisher and Yates 1938, in the form of Durstenfeld 1964).
fn without_replacement(features: &[(FeatureId, f32)], count: usize, draw: &mut Draw) -> Vec<FeatureId> {
    let mut left: Vec<FeatureId> = features.iter().map(|(feature, _)| *feature).collect();
    for place in 0..count {
        let other = place + draw.below((left.len() - place) as u32) as usize;
        left.swap(place, other);
    }
    left.truncate(count);
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::submodule::{FeatureIndex, Submodule, SubmoduleKind};

    fn pool(count: u32) -> Vec<(FeatureId, f32)> {
        let submodule = Submodule::new(SubmoduleKind::Residual, 0);
        (0..count).map(|index| (FeatureId { submodule, index: FeatureIndex(index) }, index as f32 - 7.5)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn sets_have_their_size_and_no_feature_twice(count in 1..40_u32, size in 1..50_usize, seed: u64) {
            let pool = pool(count);
            for sampler in Sampler::ALL {
                let sets = sampler.draw(&pool, size, 3, seed);
                prop_assert_eq!(&sets, &sampler.draw(&pool, size, 3, seed));
                for mut set in sets {
                    set.sort_unstable();
                    set.dedup();
                    prop_assert_eq!(set.len(), size.min(pool.len()), "{:?}", sampler);
                }
            }
        }
    }

    #[test]
    fn strata_are_thirds_by_effect() {
        for set in Sampler::Stratified.draw(&pool(30), 7, 20, 12) {
            let within = |from, to| set.iter().filter(|feature| (from..to).contains(&feature.index.0)).count();
            assert_eq!((within(0, 10), within(10, 20), within(20, 30)), (2, 2, 3));
        }
    }

    #[test]
    fn every_feature_is_as_likely_as_any_other() {
        let mut counts = [0; 10];
        Sampler::Random
            .draw(&pool(10), 3, 5000, 12)
            .into_iter()
            .flatten()
            .for_each(|feature| counts[feature.index.0 as usize] += 1);
        assert!(counts.iter().all(|count| (1350..1650).contains(count)), "{counts:?}");
    }
}
