//! A part of a study for one of several machines: every N-th pair of prompts.

use std::collections::HashMap;

use super::Example;
use crate::core::request::Shard;

/// The indices of the examples that `shard` computes, of the pairs and of the baseline.
///
/// Pairs are dealt out one by one, so that all shards have about as much to do; a baseline example goes where the pair with its prompts
/// goes, since they share their passes.
pub fn deal<'a>(pairs: &'a [Example], baseline: &'a [Example], shard: Shard) -> [Vec<usize>; 2] {
    let mut partners: HashMap<(&'a [u32], &'a [u32]), Vec<usize>> = HashMap::new();
    // From the back, so that the first example of equal prompts is the first to be taken.
    for (index, pair) in pairs.iter().enumerate().rev() {
        partners.entry((&pair.clean, &pair.patch)).or_default().push(index);
    }
    let mut alone = pairs.len();
    let mut place = |example: &'a Example| {
        partners.get_mut(&(example.clean.as_slice(), example.patch.as_slice())).and_then(Vec::pop).unwrap_or_else(|| {
            alone += 1;
            alone - 1
        })
    };
    let is_ours = |place: usize| place % shard.of == shard.number - 1;
    [
        (0..pairs.len()).filter(|index| is_ours(*index)).collect(),
        baseline.iter().enumerate().filter(|(_, example)| is_ours(place(example))).map(|(index, _)| index).collect(),
    ]
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
        let shards = [1, 2, 3].map(|number| deal(&pairs, &baseline, Shard { number, of: 3 }));
        assert_eq!(shards.clone().map(|[pairs, _]| pairs), [vec![0, 3], vec![1, 4], vec![2]]);
        // 8 is pair 4, the first two of 5 are pairs 0 and 2; 9 and the third 5 have no partner.
        assert_eq!(shards.map(|[_, baseline]| baseline), [vec![1, 4], vec![0], vec![2, 3]]);
    }
}
