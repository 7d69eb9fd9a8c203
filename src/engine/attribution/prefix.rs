//! Tokens that read the same text up to themselves: what a causal model computes there is the same, so it is encoded once.

use std::collections::HashMap;

use crate::core::submodule::Submodule;
use crate::engine::activation::Activation;
use crate::engine::compute::Trace;
use crate::engine::dictionary::codes::Codes;

/// The different prefixes among the prompts of a batch.
pub struct Prefixes<'a> {
    /// The tokens of each.
    texts: Vec<&'a [u32]>,
    /// One token of each prefix: the side (0 clean, 1 patch) and the row there.
    first: Vec<(usize, usize)>,
    /// For each side, the prefix of every row.
    sides: [Vec<usize>; 2],
}

impl<'a> Prefixes<'a> {
    /// Of prompts of equal length.
    pub fn of(clean: &[&'a [u32]], patch: &[&'a [u32]]) -> Self {
        let mut known: HashMap<&[u32], usize> = HashMap::new();
        let (mut texts, mut first) = (Vec::new(), Vec::new());
        let sides = [(0, clean), (1, patch)].map(|(side, prompts)| {
            let prefixes = prompts.iter().flat_map(|prompt| (1..=prompt.len()).map(|length| prompt.split_at(length).0));
            let number = |(row, prefix)| {
                *known.entry(prefix).or_insert_with(|| {
                    texts.push(prefix);
                    first.push((side, row));
                    first.len() - 1
                })
            };
            prefixes.enumerate().map(number).collect()
        });
        Self { texts, first, sides }
    }

    /// The tokens of each prefix.
    pub fn texts(&self) -> &[&'a [u32]] {
        &self.texts
    }

    /// The output of `submodule` at one token of each prefix, `[prefixes, 1, width]`.
    pub fn outputs(&self, clean: &Trace, patch: &Trace, submodule: Submodule) -> Activation {
        let sides = [clean.output(submodule), patch.output(submodule)];
        let values = self.first.iter().flat_map(|(side, row)| sides[*side].row(*row)).copied().collect();
        Activation::new(values, [self.first.len(), 1, sides[0].width])
    }

    /// From one row per prefix to one per token of side `side`.
    pub fn codes(&self, codes: &Codes, side: usize) -> Codes {
        let mut rows = Codes::new();
        self.sides[side].iter().for_each(|prefix| rows.push(codes.row(*prefix)));
        rows
    }

    /// The same for activations of shape `shape`.
    pub fn activation(&self, values: &Activation, side: usize, shape: [usize; 3]) -> Activation {
        Activation::new(self.sides[side].iter().flat_map(|prefix| values.row(*prefix)).copied().collect(), shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_beginnings_are_one_prefix_on_both_sides() {
        let prefixes = Prefixes::of(&[&[1, 2, 3], &[1, 2, 4]], &[&[5, 2, 3], &[1, 2, 3]]);
        assert_eq!(prefixes.sides, [vec![0, 1, 2, 0, 1, 3], vec![4, 5, 6, 0, 1, 2]]);
        assert_eq!(prefixes.texts()[4..], [&[5][..], &[5, 2], &[5, 2, 3]]);
        assert_eq!(prefixes.first, [(0, 0), (0, 1), (0, 2), (0, 5), (1, 0), (1, 1), (1, 2)]);
        let mut codes = Codes::new();
        (0..7_u32).for_each(|prefix| codes.push([(prefix, 1.0)]));
        let clean = prefixes.codes(&codes, 0);
        assert_eq!((clean.rows(), clean.row(5).next()), (6, Some((3, 1.0))));
    }
}
