//! Which examples are computed together: prompts of one length, and each pair of prompts once for all views that ask about it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::core::view::View;
use crate::engine::compute::{Answers, TOKENS_AT_ONCE};
use crate::engine::dataset::Example;

/// Pairs of prompts of equal length.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<'a> {
    /// Clean prompts.
    pub clean: Vec<&'a [u32]>,
    /// Patch prompts.
    pub patch: Vec<&'a [u32]>,
    /// Tokens per prompt.
    pub positions: usize,
    /// The views that ask about these prompts.
    pub views: Vec<ViewBatch>,
}

impl Batch<'_> {
    /// How many different beginnings its prompts have: so many tokens are encoded.
    pub fn prefixes(&self) -> usize {
        prefixes(std::slice::from_ref(self))
    }
}

/// How many different beginnings the prompts of all `batches` have.
pub fn prefixes(batches: &[Batch<'_>]) -> usize {
    let prompts = batches.iter().flat_map(|batch| batch.clean.iter().chain(&batch.patch));
    prompts.flat_map(|prompt| (1..=prompt.len()).map(|length| prompt.split_at(length).0)).collect::<HashSet<_>>().len()
}

/// What one view asks about a batch; one entry per pair of prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewBatch {
    /// Which view.
    pub view: View,
    /// Index of each example in its data set.
    pub examples: Vec<usize>,
    /// The answers as this view sees them: exchanged for the female view.
    pub answers: Vec<Answers>,
}

/// A pair of prompts with the examples that consist of it.
struct Pair<'a> {
    clean: &'a [u32],
    patch: &'a [u32],
    /// Index and answers in the pair file.
    pairs: Option<(usize, Answers)>,
    /// Index and answers in the baseline file.
    baseline: Option<(usize, Answers)>,
}

/// Splits the data into batches of at most `size` pairs of prompts; whatever is asked for, long prompts make small batches, so that
/// memory does not grow with their length. The baseline usually has the same prompts as the pairs with other
/// answers: these share one forward pass and one encoding.
pub fn plan<'a>(pairs: &'a [Example], baseline: &'a [Example], size: usize) -> Vec<Batch<'a>> {
    let answers = |example: &Example| Answers { clean: example.clean_answer, patch: example.patch_answer };
    let mut all: Vec<Pair<'a>> = Vec::new();
    let mut alone: HashMap<(&[u32], &[u32]), Vec<usize>> = HashMap::new();
    for (index, example) in pairs.iter().enumerate() {
        alone.entry((&example.clean, &example.patch)).or_default().push(all.len());
        all.push(Pair { clean: &example.clean, patch: &example.patch, pairs: Some((index, answers(example))), baseline: None });
    }
    // Taken from the back below: the first example of a prompt pair is the first to find its partner.
    alone.values_mut().for_each(|indices| indices.reverse());
    for (index, example) in baseline.iter().enumerate() {
        let entry = Some((index, answers(example)));
        match alone.get_mut(&(example.clean.as_slice(), example.patch.as_slice())).and_then(Vec::pop) {
            Some(partner) => all[partner].baseline = entry,
            None => all.push(Pair { clean: &example.clean, patch: &example.patch, pairs: None, baseline: entry }),
        }
    }
    let mut groups: BTreeMap<(usize, bool, bool), Vec<Pair<'a>>> = BTreeMap::new();
    for pair in all {
        groups.entry((pair.clean.len(), pair.pairs.is_none(), pair.baseline.is_none())).or_default().push(pair);
    }
    let limit = |positions: usize| size.min(TOKENS_AT_ONCE / positions.max(1)).max(1);
    groups.iter().flat_map(|((positions, ..), group)| group.chunks(limit(*positions))).map(batch).collect()
}

fn batch<'a>(group: &[Pair<'a>]) -> Batch<'a> {
    let view = |view: View, pick: &dyn Fn(&Pair<'a>) -> Option<(usize, Answers)>| {
        let (examples, answers): (Vec<usize>, Vec<Answers>) = group.iter().filter_map(pick).unzip();
        (!examples.is_empty()).then_some(ViewBatch { view, examples, answers })
    };
    let exchanged =
        |pair: &Pair<'a>| pair.pairs.map(|(index, answers)| (index, Answers { clean: answers.patch, patch: answers.clean }));
    Batch {
        clean: group.iter().map(|pair| pair.clean).collect(),
        patch: group.iter().map(|pair| pair.patch).collect(),
        positions: group.first().map_or(0, |pair| pair.clean.len()),
        views: [
            view(View::Male, &|pair| pair.pairs),
            view(View::Female, &exchanged),
            view(View::Baseline, &|pair| pair.baseline),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(clean: &[u32], patch: &[u32], answers: (u32, u32)) -> Example {
        Example { line: 1, clean: clean.to_vec(), patch: patch.to_vec(), clean_answer: answers.0, patch_answer: answers.1 }
    }

    #[test]
    fn equal_prompts_of_both_files_share_a_batch_and_lengths_do_not_mix() {
        let pairs =
            [example(&[1, 2], &[3, 2], (7, 8)), example(&[1, 2, 3], &[4, 2, 3], (7, 8)), example(&[5, 2], &[6, 2], (7, 8))];
        let baseline = [example(&[5, 2], &[6, 2], (5, 6)), example(&[9, 2], &[3, 2], (9, 3))];
        let batches = plan(&pairs, &baseline, 8);
        let shapes: Vec<(usize, usize, Vec<View>)> = batches
            .iter()
            .map(|batch| (batch.positions, batch.clean.len(), batch.views.iter().map(|view| view.view).collect()))
            .collect();
        assert_eq!(
            shapes,
            [
                (2, 1, View::ALL.to_vec()),
                (2, 1, vec![View::Male, View::Female]),
                (2, 1, vec![View::Baseline]),
                (3, 1, vec![View::Male, View::Female]),
            ]
        );
        assert_eq!(batches[0].views[0].examples, [2]);
        assert_eq!(batches[0].views[2].examples, [0]);
        assert_eq!(batches[0].views[1].answers, [Answers { clean: 8, patch: 7 }]);
    }

    #[test]
    fn every_example_is_in_exactly_one_batch_of_its_views() {
        let pairs: Vec<Example> = (0..7).map(|index| example(&[index % 3, 1], &[2, 1], (7, 8))).collect();
        let batches = plan(&pairs, &pairs, 2);
        for view in View::ALL {
            let mut seen: Vec<usize> = batches
                .iter()
                .flat_map(|batch| &batch.views)
                .filter(|entry| entry.view == view)
                .flat_map(|entry| entry.examples.clone())
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..7).collect::<Vec<_>>());
        }
    }
}
