//! Which examples of several data sets have the same pair of prompts: these share their passes through the model.

use std::collections::HashMap;

use super::Example;

/// A pair of prompts with the examples that consist of it.
pub struct Pair<'a> {
    /// Token ids of the clean prompt.
    pub clean: &'a [u32],
    /// Token ids of the patch prompt.
    pub patch: &'a [u32],
    /// For each data set the index of its example of this pair, if it has one.
    pub examples: Vec<Option<usize>>,
}

/// All pairs, in the order in which the data sets bring them. Each holds at most one example of a data set: if a pair returns
/// within one data set, it is a pair of its own, and later data sets join such pairs first to first.
pub fn pairs<'a>(data_sets: &[&'a [Example]]) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    let mut known: HashMap<(&[u32], &[u32]), Vec<usize>> = HashMap::new();
    for (data_set, examples) in data_sets.iter().enumerate() {
        let mut joined: HashMap<(&[u32], &[u32]), usize> = HashMap::new();
        for (index, example) in examples.iter().enumerate() {
            let (clean, patch) = (example.clean.as_slice(), example.patch.as_slice());
            let (known, joined) = (known.entry((clean, patch)).or_default(), joined.entry((clean, patch)).or_default());
            if known.len() == *joined {
                known.push(pairs.len());
                pairs.push(Pair { clean, patch, examples: vec![None; data_sets.len()] });
            }
            pairs[known[*joined]].examples[data_set] = Some(index);
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
        let shown: Vec<(u32, &[Option<usize>])> = found.iter().map(|pair| (pair.clean[0], pair.examples.as_slice())).collect();
        let expected: [(u32, &[Option<usize>]); 5] = [
            (5, &[Some(0), Some(0), None]),
            (6, &[Some(1), None, Some(1)]),
            (5, &[Some(2), Some(2), None]),
            (7, &[None, Some(1), Some(0)]),
            (5, &[None, Some(3), None]),
        ];
        assert_eq!(shown, expected);
    }
}
