//! Tokens that read the same text up to themselves: a causal model computes the same for them, so each such text (a prefix) is
//! encoded once.

use std::collections::HashMap;

/// The different prefixes among the prompts of a batch.
pub struct Prefixes<'a> {
    /// Token ids of each prefix.
    texts: Vec<&'a [u32]>,
    /// One token of each prefix: the side (0 clean, 1 patch) and the row there.
    first: Vec<(usize, usize)>,
    /// The number of the prefix that ends at every row, for each side.
    sides: [Vec<usize>; 2],
}

impl<'a> Prefixes<'a> {
    /// The prefixes of prompts of equal length. A row is a token of a side, prompt after prompt.
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

    /// Token ids of each prefix.
    pub fn texts(&self) -> &[&'a [u32]] {
        &self.texts
    }

    /// One token of each prefix, as side (0 clean, 1 patch) and row.
    pub fn tokens(&self) -> &[(usize, usize)] {
        &self.first
    }

    /// The number of the prefix that ends at row `row` of side `side`.
    pub fn at(&self, side: usize, row: usize) -> usize {
        self.sides[side][row]
    }

    /// Number of tokens of a side.
    pub fn rows(&self) -> usize {
        self.sides[0].len()
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
        assert_eq!(prefixes.tokens(), [(0, 0), (0, 1), (0, 2), (0, 5), (1, 0), (1, 1), (1, 2)]);
        assert_eq!((prefixes.rows(), prefixes.at(0, 5), prefixes.at(1, 3)), (6, 3, 0));
    }
}
