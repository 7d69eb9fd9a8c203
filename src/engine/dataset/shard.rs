//! A part of a study for one of several machines: every N-th pair.

use super::Example;
use super::pairing::pairs;
use crate::core::request::Shard;

/// For each data set the indices of the examples that `shard` computes, ascending.
///
/// Pairs are dealt out one by one, so that all shards have about as much to do. A pair keeps all its examples, since these share
/// their passes.
pub fn deal(data_sets: &[&[Example]], shard: Shard) -> Vec<Vec<usize>> {
    let mut ours = vec![Vec::new(); data_sets.len()];
    for pair in pairs(data_sets).iter().skip(shard.number - 1).step_by(shard.of) {
        for (ours, example) in ours.iter_mut().zip(&pair.examples) {
            ours.extend(example.map(|member| member.index));
        }
    }
    ours.iter_mut().for_each(|examples| examples.sort_unstable());
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(clean: u32) -> Example {
        Example { line: 1, clean: vec![clean, 1], patch: vec![clean, 2], clean_answer: 3, patch_answer: 4 }
    }

    #[test]
    fn every_example_is_dealt_once_and_partners_stay_together() {
        let pairs: Vec<Example> = [5, 6, 5, 7, 8].map(example).to_vec();
        let baseline: Vec<Example> = [8, 5, 9, 5, 5].map(example).to_vec();
        let shards = [1, 2, 3].map(|number| deal(&[&pairs, &baseline], Shard { number, of: 3 }));
        assert_eq!(shards.each_ref().map(|shard| &shard[0][..]), [&[0, 3][..], &[1, 4], &[2]]);
        // 8 is pair 4, the first two of 5 are pairs 0 and 2; 9 and the third 5 have no partner.
        assert_eq!(shards.each_ref().map(|shard| &shard[1][..]), [&[1, 4][..], &[0], &[2, 3]]);
    }
}
