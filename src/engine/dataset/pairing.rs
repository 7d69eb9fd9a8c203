//! Which examples of several data sets have the same pair of prompts: these share their passes through the model.

use std::collections::HashMap;

use super::Example;

/// A pair of prompts with the examples that consist of it.
pub struct Pair<'a> {
    /// Token ids of the clean prompt of the first data set that has this pair.
    pub clean: &'a [u32],
    /// Token ids of the patch prompt of the first data set that has this pair.
    pub patch: &'a [u32],
    /// For each data set its example of this pair, if it has one.
    pub examples: Vec<Option<Member>>,
}

/// An example of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Index in the data set.
    pub index: usize,
    /// Whether the data set calls clean what the pair calls patch.
    pub exchanged: bool,
}

/// All pairs, in the order in which the data sets bring them; which of its prompts a data set calls clean does not matter. Each
/// holds at most one example of a data set: if a pair returns within one data set, it is a pair of its own, and later data sets
/// join such pairs first to first.
pub fn pairs<'a>(data_sets: &[&'a [Example]]) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    let mut known: HashMap<[&[u32]; 2], Vec<usize>> = HashMap::new();
    for (data_set, examples) in data_sets.iter().enumerate() {
        let mut joined: HashMap<[&[u32]; 2], usize> = HashMap::new();
        for (index, example) in examples.iter().enumerate() {
            let (clean, patch) = (example.clean.as_slice(), example.patch.as_slice());
            let prompts = if clean <= patch { [clean, patch] } else { [patch, clean] };
            let (known, joined) = (known.entry(prompts).or_default(), joined.entry(prompts).or_default());
            if known.len() == *joined {
                known.push(pairs.len());
                pairs.push(Pair { clean, patch, examples: vec![None; data_sets.len()] });
            }
            let pair = &mut pairs[known[*joined]];
            pair.examples[data_set] = Some(Member { index, exchanged: pair.clean != clean });
            *joined += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(clean: u32) -> Example {
        Example { line: 1, clean: vec![clean, 1], patch: vec![clean, 2], clean_answer: 3, patch_answer: 4 }
    }

    #[test]
    fn data_sets_join_equal_prompts_first_to_first_and_bring_their_own() {
        let sets =
            [&[5, 6, 5][..], &[5, 7, 5, 5], &[7, 6]].map(|prompts| prompts.iter().copied().map(example).collect::<Vec<_>>());
        let found = pairs(&sets.each_ref().map(Vec::as_slice));
        let indices = |pair: &Pair<'_>| pair.examples.iter().map(|member| member.map(|member| member.index)).collect();
        let shown: Vec<(u32, Vec<Option<usize>>)> = found.iter().map(|pair| (pair.clean[0], indices(pair))).collect();
        let expected = [
            (5, vec![Some(0), Some(0), None]),
            (6, vec![Some(1), None, Some(1)]),
            (5, vec![Some(2), Some(2), None]),
            (7, vec![None, Some(1), Some(0)]),
            (5, vec![None, Some(3), None]),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn exchanged_prompts_are_the_same_pair() {
        let forward = [example(5), example(6)];
        let exchanged: Vec<Example> = forward
            .iter()
            .rev()
            .map(|one| Example { clean: one.patch.clone(), patch: one.clean.clone(), ..one.clone() })
            .collect();
        let found = pairs(&[&forward, &exchanged]);
        let members: Vec<Option<Member>> = found.iter().map(|pair| pair.examples[1]).collect();
        assert_eq!(members, [1, 0].map(|index| Some(Member { index, exchanged: true })));
        assert!(found.iter().all(|pair| pair.examples[0].is_some_and(|member| !member.exchanged)));
    }
}
