//! Partners drawn anew: which prompts would form a pair if the pairs carried no concept?
//!
//! The prompts of both sides are dealt out again to the places of all pairs of their length, so that clean and patch prompt of a new pair are
//! as likely as not of one side. What all pairs share, clean here and patch there, is gone; what single prompts say is not.

use std::collections::BTreeMap;

use super::draw::Draw;

/// A prompt of a list of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prompt {
    /// Index of the pair that it comes from.
    pub pair: usize,
    /// Whether it is the patch prompt of that pair.
    pub is_patch: bool,
}

/// The prompts that stand at the clean and at the patch place of each pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partners(Vec<[Prompt; 2]>);

impl Partners {
    /// Every prompt at its own place.
    pub fn own(pairs: usize) -> Self {
        Self((0..pairs).map(|pair| [false, true].map(|is_patch| Prompt { pair, is_patch })).collect())
    }

    /// Shuffle number `number` from `seed` of pairs whose prompts have `lengths` tokens: uniform over all ways to deal prompts out to places
    /// of their own length. More shuffles do not change earlier ones.
    pub fn shuffled(lengths: &[usize], seed: u64, number: u64) -> Self {
        let mut draw = Draw::keyed(&[seed, number]);
        let mut of_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (pair, length) in lengths.iter().enumerate() {
            of_length.entry(*length).or_default().push(pair);
        }
        let mut partners = Self::own(lengths.len());
        for pairs in of_length.values() {
            let mut prompts: Vec<Prompt> = pairs.iter().flat_map(|pair| partners.0[*pair]).collect();
            // Fisher and Yates.
            for last in (1..prompts.len()).rev() {
                prompts.swap(last, draw.below(last as u32 + 1) as usize);
            }
            for (pair, dealt) in pairs.iter().zip(prompts.chunks_exact(2)) {
                partners.0[*pair] = [dealt[0], dealt[1]];
            }
        }
        partners
    }

    /// For each pair the prompts at its clean and at its patch place.
    pub fn all(&self) -> &[[Prompt; 2]] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_prompt_is_dealt_out_once_to_a_place_of_its_length(lengths in prop::collection::vec(1_usize..4, 0..20), seed: u64) {
            let shuffled = Partners::shuffled(&lengths, seed, 3);
            prop_assert_eq!(&shuffled, &Partners::shuffled(&lengths, seed, 3));
            let dealt: BTreeSet<Prompt> = shuffled.all().iter().flatten().copied().collect();
            let own: BTreeSet<Prompt> = Partners::own(lengths.len()).all().iter().flatten().copied().collect();
            prop_assert_eq!(dealt, own);
            for (pair, prompts) in shuffled.all().iter().enumerate() {
                prop_assert!(prompts.iter().all(|prompt| lengths[prompt.pair] == lengths[pair]));
            }
        }
    }

    /// Of 40 pairs, 39 of 79 partners are of the same side; numbers and seeds give other shuffles.
    #[test]
    fn half_of_the_partners_are_of_one_side() {
        let lengths = [3; 40];
        let of_one_side = |number: u64| {
            let shuffled = Partners::shuffled(&lengths, 5, number);
            shuffled.all().iter().filter(|[clean, patch]| clean.is_patch == patch.is_patch).count()
        };
        let share = (0..200).map(of_one_side).sum::<usize>() as f64 / (200.0 * 40.0);
        assert!((share - 39.0 / 79.0).abs() < 0.02, "{share}");
        let different: Vec<Partners> =
            [(5, 0), (5, 1), (6, 0)].map(|(seed, number)| Partners::shuffled(&lengths, seed, number)).to_vec();
        assert!(different[0] != different[1] && different[0] != different[2]);
    }
}
