//! Which examples are computed together: prompts of one length, and each pair once for all views that ask about it.

use std::collections::{BTreeMap, HashSet};

use super::ViewInput;
use crate::core::view::Direction;
use crate::engine::compute::{Answers, TOKENS_AT_ONCE};
use crate::engine::dataset::Example;
use crate::engine::dataset::pairing::{Pair, pairs};

/// Pairs whose prompts all have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<'a> {
    /// The clean prompts as token ids, one per pair.
    pub clean: Vec<&'a [u32]>,
    /// The patch prompts as token ids, one per pair.
    pub patch: Vec<&'a [u32]>,
    /// Tokens per prompt.
    pub positions: usize,
    /// The views that ask about these pairs, one or more.
    pub views: Vec<ViewBatch>,
}

/// What one view asks about a batch; one entry per pair.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewBatch {
    /// The view's place among all of the study.
    pub place: usize,
    /// Which prompt of a pair the view starts from.
    pub direction: Direction,
    /// Index of each example in its data set.
    pub examples: Vec<usize>,
    /// The answers as this view sees them: the clean one belongs to the prompt that the view starts from.
    pub answers: Vec<Answers>,
}

impl Batch<'_> {
    /// The number of different prefixes among the batch's prompts, which is the number of tokens that are encoded.
    pub fn prefixes(&self) -> usize {
        prefixes(std::slice::from_ref(self))
    }
}

/// The number of different prefixes among the prompts of all `batches`.
pub fn prefixes(batches: &[Batch<'_>]) -> usize {
    let prompts = batches.iter().flat_map(|batch| batch.clean.iter().chain(&batch.patch));
    prompts.flat_map(|prompt| (1..=prompt.len()).map(|length| prompt.split_at(length).0)).collect::<HashSet<_>>().len()
}

/// What the pairs of a batch have in common: the number of tokens, and for each data set whether it lacks the pair, and whether it
/// has the pair's prompts exchanged. Ordered so that pairs of more data sets come first.
type Group = (usize, Vec<(bool, bool)>);

/// Splits the examples of `views` into batches of at most `size` pairs. Whatever `size` is, long prompts make small batches
/// ([`TOKENS_AT_ONCE`]), so that memory does not grow with their length.
///
/// Views that name one data set ask about the same examples. Where data sets have the same pairs with other answers, they share
/// a batch and everything that does not depend on answers.
pub fn batches<'a>(views: &[ViewInput<'a>], size: usize) -> Vec<Batch<'a>> {
    let mut data_sets: Vec<&'a [Example]> = Vec::new();
    let of_view: Vec<usize> = views
        .iter()
        .map(|view| {
            data_sets.iter().position(|examples| std::ptr::eq(*examples, view.examples)).unwrap_or_else(|| {
                data_sets.push(view.examples);
                data_sets.len() - 1
            })
        })
        .collect();
    let mut groups: BTreeMap<Group, Vec<Pair<'a>>> = BTreeMap::new();
    for pair in pairs(&data_sets) {
        let members =
            pair.examples.iter().map(|member| (member.is_none(), member.is_some_and(|member| member.exchanged))).collect();
        groups.entry((pair.clean.len(), members)).or_default().push(pair);
    }
    let at_most = |positions: usize| size.min(TOKENS_AT_ONCE / positions.max(1)).max(1);
    let cut = |((positions, _), group): (&Group, &Vec<Pair<'a>>)| -> Vec<Batch<'a>> {
        group.chunks(at_most(*positions)).map(|pairs| batch(views, &of_view, pairs)).collect()
    };
    groups.iter().flat_map(cut).collect()
}

/// The batch of `pairs`, which all have examples of the same data sets in the same directions.
fn batch<'a>(views: &[ViewInput<'a>], of_view: &[usize], pairs: &[Pair<'a>]) -> Batch<'a> {
    let ask = |(place, (view, data_set)): (usize, (&ViewInput<'a>, &usize))| {
        let members = || pairs.iter().filter_map(|pair| pair.examples[*data_set]);
        let exchanged = members().next()?.exchanged;
        let examples: Vec<usize> = members().map(|member| member.index).collect();
        let answers = examples.iter().map(|index| {
            let example = &view.examples[*index];
            let (clean, patch) = view.direction.orient(example.clean_answer, example.patch_answer);
            Answers { clean, patch }
        });
        let answers = answers.collect();
        let direction = if exchanged { view.direction.reversed() } else { view.direction };
        Some(ViewBatch { place, direction, examples, answers })
    };
    Batch {
        clean: pairs.iter().map(|pair| pair.clean).collect(),
        patch: pairs.iter().map(|pair| pair.patch).collect(),
        positions: pairs.first().map_or(0, |pair| pair.clean.len()),
        views: views.iter().zip(of_view).enumerate().filter_map(ask).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::attribution::testing::views;

    fn example(clean: &[u32], patch: &[u32], answers: (u32, u32)) -> Example {
        Example { line: 1, clean: clean.to_vec(), patch: patch.to_vec(), clean_answer: answers.0, patch_answer: answers.1 }
    }

    #[test]
    fn equal_prompts_of_both_files_share_a_batch_and_lengths_do_not_mix() {
        let pairs =
            [example(&[1, 2, 3], &[4, 2, 3], (7, 8)), example(&[1, 2], &[4, 2], (7, 8)), example(&[5, 2], &[6, 2], (7, 8))];
        let baseline = [example(&[5, 2], &[6, 2], (1, 2)), example(&[9, 2], &[6, 2], (1, 2))];
        let batches = batches(&views(&pairs, Some(&baseline)), 64);
        let shapes: Vec<(usize, usize, Vec<usize>)> = batches
            .iter()
            .map(|batch| (batch.positions, batch.clean.len(), batch.views.iter().map(|view| view.place).collect()))
            .collect();
        assert_eq!(shapes, [(2, 1, vec![0, 1, 2]), (2, 1, vec![0, 1]), (2, 1, vec![2]), (3, 1, vec![0, 1])]);
        assert_eq!(batches[0].views[0].examples, [2]);
        assert_eq!(batches[0].views[2].examples, [0]);
        assert_eq!(batches[0].views[1].answers, [Answers { clean: 8, patch: 7 }]);
    }

    #[test]
    fn every_example_is_in_exactly_one_batch_of_its_views() {
        let pairs: Vec<Example> = (0..7).map(|index| example(&[index % 3, 1], &[2, 1], (7, 8))).collect();
        let again = pairs.clone();
        for batches in [batches(&views(&pairs, Some(&pairs)), 2), batches(&views(&pairs, Some(&again)), 2)] {
            for place in 0..3 {
                let asked = batches.iter().flat_map(|batch| &batch.views).filter(|view| view.place == place);
                let mut seen: Vec<usize> = asked.flat_map(|view| view.examples.clone()).collect();
                seen.sort_unstable();
                assert_eq!(seen, (0..7).collect::<Vec<_>>());
            }
        }
    }

    /// Prompts exchanged and answers kept, as against a stereotype: the same runs the other way round, by the same metric.
    #[test]
    fn lists_with_exchanged_prompts_share_their_batches() {
        let forward = [example(&[1, 2], &[4, 2], (7, 8)), example(&[5, 2], &[6, 2], (7, 8))];
        let exchanged = [example(&[4, 2], &[1, 2], (7, 8)), example(&[6, 2], &[5, 2], (7, 8))];
        let batches = batches(&views(&forward, Some(&exchanged)), 64);
        assert_eq!(batches.len(), 1);
        let directions: Vec<Direction> = batches[0].views.iter().map(|view| view.direction).collect();
        assert_eq!(directions, [Direction::Forward, Direction::Reversed, Direction::Reversed]);
        let answers: Vec<Answers> = batches[0].views.iter().map(|view| view.answers[0]).collect();
        let kept = Answers { clean: 7, patch: 8 };
        assert_eq!(answers, [kept, Answers { clean: 8, patch: 7 }, kept]);
    }
}
