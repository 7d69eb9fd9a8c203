//! Tokens that read the same text up to themselves: what a causal model computes there is the same, so it is encoded once.

use std::collections::HashMap;

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
    /// Of prompts of equal length; a row is a token of a side, prompt after prompt.
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

    /// One token of each prefix: its side and row.
    pub fn tokens(&self) -> &[(usize, usize)] {
        &self.first
    }

    /// Which prefix ends at row `row` of side `side`.
    pub fn at(&self, side: usize, row: usize) -> usize {
        self.sides[side][row]
    }

    /// Tokens of a side.
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
